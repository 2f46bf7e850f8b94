//! The services that can be connected, as people look for them: on `/integrations` before they sign in (`site`), and on
//! `/connections` after (`view::catalogue`).
//!
//! `model` is what is told of a service, `search` finds in it on the server and in the browser alike, and `words` makes
//! it from an entry of the catalogue; `gallery` adds what this installation has set up.

pub mod model;
pub mod search;

#[cfg(feature = "ssr")]
mod gallery;
#[cfg(feature = "ssr")]
pub mod v1;
#[cfg(feature = "ssr")]
mod words;

#[cfg(feature = "ssr")]
pub use words::ServiceDetails;
