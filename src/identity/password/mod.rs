//! Passwords: which are taken, and how they are kept.
//!
//! Whatever a password is brought for goes through [`Passwords`]. Hashing is slow and large on purpose, so it happens in
//! a pool of its own (`pool`): many at once wait for each other and for nobody else.

pub mod api;

#[cfg(feature = "ssr")]
mod breaches;
#[cfg(feature = "ssr")]
mod error;
#[cfg(feature = "ssr")]
mod hash;
#[cfg(feature = "ssr")]
mod passwords;
#[cfg(feature = "ssr")]
mod policy;
#[cfg(feature = "ssr")]
mod pool;
#[cfg(feature = "ssr")]
mod visit;

#[cfg(feature = "ssr")]
pub use error::PasswordError;
#[cfg(feature = "ssr")]
pub use passwords::{Match, Passwords};
#[cfg(feature = "ssr")]
pub use policy::{LONGEST, Password, SHORTEST};
