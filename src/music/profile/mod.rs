//! What somebody shows of their music at `/@{handle}`, for everybody.
//!
//! Its owner works on a draft at `/music/profile` (`page`, `api`, `visit`): a text, featured artists, and sections, of
//! which none is shown until it is chosen. `service` keeps the draft and publishes it; `panels` makes of what is chosen
//! what is seen, at the moment when somebody looks; `view` draws that, here as a preview and in `site` for everybody.
//! `views` counts visitors. What was not chosen never leaves `panels`.

pub mod api;
pub mod model;
mod page;
pub mod view;

#[cfg(feature = "ssr")]
pub mod error;
#[cfg(feature = "ssr")]
mod letter;
#[cfg(feature = "ssr")]
mod panels;
#[cfg(feature = "ssr")]
pub mod reports;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod views;
#[cfg(feature = "ssr")]
mod visit;
#[cfg(feature = "ssr")]
pub mod visitor;

pub use page::ProfilePage;
#[cfg(feature = "ssr")]
pub use service::{Parts, Profiles, Published};
