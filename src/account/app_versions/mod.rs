//! Which versions of the apps there are, and which of them are still served.
//!
//! Operators publish versions; one that is required ends the service of all that are older. An app says what it is in
//! two headers, and an old one is refused with 426 by the layer here, with the address of the new one. The rows are
//! read on every request that has the headers: they are few and found by an index, and no process serves an old app on
//! for seconds that others refuse.

mod layer;
mod service;
mod store;
pub mod v1;
mod version;

pub use layer::layer;
pub use service::{AppVersionError, AppVersions};
