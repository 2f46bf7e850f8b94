//! Keys with which a program acts for a person, within scopes that the person chose.
//!
//! A key is shown once, when it is made (`service`), and only its digest is kept (`store`). A request that shows one
//! meets the layer here, which looks its row up on every use and puts the same `Principal` into the request as a signed
//! token does. `v1` is the API for them, `page` the place in the settings.

pub mod api;
pub mod model;
mod page;

#[cfg(feature = "ssr")]
mod key;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod v1;
#[cfg(feature = "ssr")]
mod visit;

pub use page::DeveloperPage;
#[cfg(feature = "ssr")]
pub use service::{ApiKeys, layer};
