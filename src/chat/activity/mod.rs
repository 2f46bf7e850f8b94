//! What Aura did through a person's accounts, for that person: every look-up and every change, in which conversation,
//! and how it ended; never what was read or written.
//!
//! The page at `/settings/activity/services` (`page`) asks `api`, programs ask `v1`, and `export` is all of it as a file.
//! Each goes through `service`, which puts the calls (`integrations`), the conversations (`store`) and what the answers
//! took of the model (`billing`) side by side.

pub mod api;
pub mod model;
mod page;

#[cfg(feature = "ssr")]
mod export;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod v1;

#[cfg(feature = "ssr")]
pub use export::routes;
pub use page::{CallsPage, HERE as PLACE};
