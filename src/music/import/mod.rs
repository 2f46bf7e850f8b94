//! Files of plays that people bring.
//!
//! A file comes by the form of `page` (`routes`) into the file store; from then on a row says where reading it stands. A job
//! (`jobs`) reads it in a thread (`reading`: which file of an archive, `split`: its rows, `row`: what they say), and each
//! step writes its plays and the place behind them in one transaction. So a process may die at any point: another goes on
//! from the last place. The file is removed when it is read.

pub mod api;
pub mod model;
mod page;

#[cfg(feature = "ssr")]
pub mod error;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
mod reading;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
mod row;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod source_file;
#[cfg(feature = "ssr")]
mod split;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod visit;

pub use page::ImportPage;
#[cfg(feature = "ssr")]
pub use routes::routes;
#[cfg(feature = "ssr")]
pub use service::{Imports, Parts};
