//! Who somebody is: people, signing in by a code or a link in a mail, and the browsers that are signed in.
//!
//! A person gives an address on `/signin`; `service` writes a ceremony (`store`) and puts the letter into the outbox in
//! the same transaction. On `/verify-email` the browser that began proves the code or the link, which consumes the
//! ceremony and makes a session row; its secret is in the cookie, only its hash in the database. On every later
//! request the layer in `session` finds that row and puts a `Session` before the handlers, which ask `session::require`
//! or take the `CurrentSession` extractor.

pub mod api;
pub mod model;
pub mod next;
pub mod page;
pub mod password;
pub mod phone;
pub mod privy;
pub mod view;

#[cfg(feature = "ssr")]
pub mod arrival;
#[cfg(feature = "ssr")]
pub mod bearer;
#[cfg(feature = "ssr")]
pub mod caller;
#[cfg(feature = "ssr")]
mod cookies;
#[cfg(feature = "ssr")]
pub mod email;
#[cfg(feature = "ssr")]
pub mod export;
#[cfg(feature = "ssr")]
pub mod gate;
#[cfg(feature = "ssr")]
mod handle;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
mod letter;
#[cfg(feature = "ssr")]
pub mod moment;
#[cfg(feature = "ssr")]
mod own_mailbox;
#[cfg(feature = "ssr")]
mod own_ways;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
mod safety;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
pub mod session;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
pub mod v1;
#[cfg(feature = "ssr")]
mod visit;
#[cfg(feature = "ssr")]
mod wallet;

#[cfg(feature = "ssr")]
pub use service::Identity;
#[cfg(feature = "ssr")]
pub use store::{HandleOwner, PersonRow, SEALED};
#[cfg(feature = "ssr")]
pub use visit::{proved, sign_off};
