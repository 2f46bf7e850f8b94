//! Signing in by way of Privy, for installations that have an app there: `auth.privy.io` asks a person for a code, a
//! consent or a signature and vouches for them with a token; `sync` checks the token, reads what Privy knows of the
//! person and opens a session of ours, tied to theirs. Nothing of Privy's runs in a browser: `ways` speaks to its REST
//! endpoints from the server. What Privy tells afterwards arrives at `webhook`.
//!
//! A person at Privy is one way in, by an id that never changes hands. The addresses, numbers and accounts that Privy
//! lists are kept to be looked at; none of them opens or links anything here.

pub mod api;
pub mod model;

#[cfg(feature = "ssr")]
mod client;
#[cfg(feature = "ssr")]
mod error;
#[cfg(feature = "ssr")]
mod offer;
#[cfg(feature = "ssr")]
mod person;
#[cfg(feature = "ssr")]
mod profile;
#[cfg(feature = "ssr")]
pub mod refresh;
#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
mod siwe;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod sync;
#[cfg(feature = "ssr")]
pub mod visit;
#[cfg(feature = "ssr")]
pub mod ways;
#[cfg(feature = "ssr")]
mod webhook;

#[cfg(feature = "ssr")]
pub use error::PrivyError;
#[cfg(feature = "ssr")]
pub use person::Person;
#[cfg(feature = "ssr")]
pub use service::Privy;
#[cfg(feature = "ssr")]
pub use sync::Synced;
#[cfg(feature = "ssr")]
pub use webhook::SOURCE;
