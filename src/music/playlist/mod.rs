//! Playlists that people make: of what they played most, or of a list that they type, paste or bring as a file.
//!
//! `file` reads and writes the usual formats; `service` keeps the lines in their order, the same track as often as it
//! stands there. From a playlist's page it goes on to an account (`crate::music::export`) or into a file.

pub mod api;
pub mod model;
mod page;
mod view;

#[cfg(feature = "ssr")]
pub mod error;
#[cfg(feature = "ssr")]
pub mod file;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
pub(in crate::music) mod store;
#[cfg(feature = "ssr")]
mod visit;

pub use page::{PlaylistPage, PlaylistsPage};
#[cfg(feature = "ssr")]
pub use routes::routes;
#[cfg(feature = "ssr")]
pub use service::{NewPlaylist, Parts, Playlists};
