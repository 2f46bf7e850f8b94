//! Leaving: what happens to everything of a person when they do not want their account any more.
//!
//! The form in the settings (`view`, `api`) and `DELETE /api/v1/users/me` (`v1`) begin it: the account waits for a week,
//! signed out everywhere, and signing in takes it back. After that the sweep in `jobs` lets every feature remove what it
//! keeps outside of the database (`service`), and then the person's row goes, with all rows that hang on it.

pub mod api;
pub mod view;

#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
pub mod v1;

#[cfg(feature = "ssr")]
pub use service::Departures;
