//! Apps that people register at services themselves, and connect by in the place of this installation's own.
//!
//! A person gives client id and secret on `/connections/apps/{service}` (`page`, `api`) or over the API (`spotify`).
//! `service` looks at the service whether they are right before it seals them into the table (`store`), under a key of
//! their own. A visit to the consent page then leaves with that app (`routes`), and the connection that comes of it is
//! renewed by it and ends with it; which client is whose is answered in one place, `integrations::service::own_apps`.

pub mod api;
pub mod model;
pub mod page;

#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
pub mod spotify;
#[cfg(feature = "ssr")]
pub(super) mod store;
#[cfg(feature = "ssr")]
mod visit;
#[cfg(feature = "ssr")]
pub(super) mod words;

pub use page::OwnAppPage;
#[cfg(feature = "ssr")]
pub(super) use routes::mends;
#[cfg(feature = "ssr")]
pub use routes::routes;
