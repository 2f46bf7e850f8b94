//! Values that every part of Aura shares, in the browser and on the server, without a dependency.

pub mod id;
pub mod keys;
pub mod money;
pub mod time;
