//! The music side of a person: what they listen to, and how they show it.
//!
//! So far it is what its front end asks first: who is signed in, and whether music can be read for them (`session`). A
//! request comes to `/api/auth/session` with the session's cookie; the person comes from `identity`, the state of the
//! connection from `integrations`.

#[cfg(feature = "ssr")]
mod session;

#[cfg(feature = "ssr")]
pub use session::routes;
