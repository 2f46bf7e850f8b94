//! A playlist's way into a person's account at Spotify, line by line, and back out of it.
//!
//! A row says how far an export is (`store`). Whoever takes it (`jobs`) has it for some minutes and goes on (`run`): each
//! line is looked up (`lookup`) and judged by `crate::music::matching`, then what was found is added in hundreds, read back
//! and compared. What is begun is written down before it is asked for, so that a process may die at any point: the next
//! one reads the account first, and adds nothing twice. A service that asks to wait makes its app wait, and no line of it
//! is called missing.

pub mod model;

#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
mod lookup;
#[cfg(feature = "ssr")]
mod run;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod v1;

#[cfg(feature = "ssr")]
pub use service::{Exports, Parts, Shown};
#[cfg(feature = "ssr")]
pub(in crate::music) use store::ExportRow;
