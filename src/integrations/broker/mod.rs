//! The token broker for front ends of their own: `/auth/{service}/login`, `/callback`, `/token`, `/refresh` (`routes`).
//!
//! A page of the front end begins with a PKCE challenge and a state; the callback sends the browser back to the front end
//! with a one-time code; code and verifier are redeemed for a signed token of ours, which opens `/refresh` and nothing
//! else. What happens in between is `integrations::service::broker`, over the tables in `store`.

mod direct;
mod routes;
pub(super) mod store;

pub use direct::direct;
pub use routes::routes;
