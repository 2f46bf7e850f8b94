//! Files that a person keeps here.
//!
//! A file arrives piece by piece (`service/arrival`): its room is set aside in its row first (`store`), what comes is
//! counted, looked at (`kind`, `inspection`) and handed on to the file store, and only when all of it is there and is
//! what its name says does the row show it. `download` gives it back, whole or in parts, to its owner and to whoever has
//! a signed address (`address`). `v1` is the API, `routes` what the browser's forms and links use, `page` the place in
//! the settings; `jobs` removes what was deleted, and what a crash has left.

pub mod api;
pub mod model;
mod page;

#[cfg(feature = "ssr")]
mod address;
#[cfg(feature = "ssr")]
mod download;
#[cfg(feature = "ssr")]
mod error;
#[cfg(feature = "ssr")]
mod inspection;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
mod kind;
#[cfg(feature = "ssr")]
mod name;
#[cfg(feature = "ssr")]
mod refusals;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod v1;
#[cfg(feature = "ssr")]
mod visit;

#[cfg(feature = "ssr")]
pub use error::FileError;
#[cfg(feature = "ssr")]
pub use kind::{Nature, accepted_for_questions, nature};
pub use page::FilesPage;
#[cfg(feature = "ssr")]
pub use routes::{UPLOAD, routes, signed};
#[cfg(feature = "ssr")]
pub use service::{Arriving, Parts, UserFiles};
#[cfg(feature = "ssr")]
pub use store::FileRow;
