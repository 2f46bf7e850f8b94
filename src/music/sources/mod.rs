//! The accounts whose plays are read: a Last.fm name that somebody typed, a Spotify account that they connected.
//!
//! `service` adds and removes them and says how each fares; `crate::music::sync` reads them in the background. The page
//! at `/music/sources` (`page`) asks `api`, and everything on it is a form.

pub mod api;
pub mod model;
mod page;

#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod visit;

pub use page::SourcesPage;
#[cfg(feature = "ssr")]
pub use service::{Parts, Sources};
