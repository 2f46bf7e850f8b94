//! One connection, for its owner: how it fares, what it may do, what happened to it, and what can be done about it.
//!
//! The page at `/connections/{id}` (`page`, `view`) asks `api`; programs ask `v1`; `export` is the log as a file. All of
//! them read through `service::history` of the feature.

pub mod api;
pub mod model;
pub mod page;
mod view;

#[cfg(feature = "ssr")]
mod export;
#[cfg(feature = "ssr")]
pub mod v1;

#[cfg(feature = "ssr")]
pub use export::routes;
pub use page::ConnectionPage;
