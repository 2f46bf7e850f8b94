//! The music side of a person: what they listen to, and how they show it.
//!
//! So far it is what its front end asks first: who is signed in, and whether music can be read for them (`session`). A
//! request comes to `/api/auth/session` with the session's cookie; the person comes from `identity`, the state of the
//! connection from `integrations`.

pub mod export;
pub mod import;
pub mod listening;
pub mod playlist;
pub mod profile;
pub mod sources;
pub mod taste;

#[cfg(feature = "ssr")]
pub mod card;
#[cfg(feature = "ssr")]
pub mod error;
#[cfg(feature = "ssr")]
pub mod genres;
#[cfg(feature = "ssr")]
pub mod heard;
#[cfg(feature = "ssr")]
pub mod lastfm;
#[cfg(feature = "ssr")]
pub mod matching;
#[cfg(feature = "ssr")]
pub mod moment;
#[cfg(feature = "ssr")]
pub mod names;
#[cfg(feature = "ssr")]
pub mod policy;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
mod session;
#[cfg(feature = "ssr")]
pub mod source;
#[cfg(feature = "ssr")]
pub mod spotify;
#[cfg(feature = "ssr")]
pub mod statistics;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod sync;
#[cfg(feature = "ssr")]
pub mod told;
#[cfg(feature = "ssr")]
pub mod trouble;

#[cfg(feature = "ssr")]
pub use service::{Music, Parts};
#[cfg(feature = "ssr")]
pub use session::routes;
