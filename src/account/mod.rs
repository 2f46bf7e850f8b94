//! What people decide about themselves: their name, picture and handle as others see them, how Aura looks and which
//! time it means.
//!
//! `/settings` (`page`, in the frame that all settings share: `view/settings_frame.rs`) reads one `Profile` through
//! `api` and `service`; each of its forms is a server function of its own. A picture comes as a plain multipart form to
//! `routes`, is read and drawn anew in `picture`, and lies in the file store under a key made here. `/@{handle}` is an
//! axum route beside them that shows strangers the name and the picture, and leads from an old handle to the new one.

pub mod api;
pub mod api_keys;
mod browser;
pub mod files;
pub mod model;
pub mod notifications;
pub mod page;
pub mod view;

#[cfg(feature = "ssr")]
pub mod app_versions;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
mod mixed;
#[cfg(feature = "ssr")]
pub mod picture;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod v1;

#[cfg(feature = "ssr")]
pub use routes::{UPLOAD, pictures, routes};
#[cfg(feature = "ssr")]
pub use service::Account;
