//! What the people who run an installation need: jobs and mails that failed, events of outside services, services that
//! refuse this installation, people, and invitations.
//!
//! Whoever has the role `admin` opens `/admin`; for everybody else there is nothing there (`routes`). The pages ask
//! `api`, where a `Desk` (`desk`) checks the role once more and, for acts, that the operator has proved lately who they
//! are. `service` calls what the platform and identity offer for it; each act leaves a line that names the operator.

pub mod api;
pub mod model;
pub mod page;
mod view;

#[cfg(feature = "ssr")]
mod desk;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
mod service;

#[cfg(feature = "ssr")]
pub use routes::keep_out;
#[cfg(feature = "ssr")]
pub use service::{Admin, AdminError};
