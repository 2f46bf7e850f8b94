//! The OAuth 2 engine: it takes an entry of the catalogue, the client's credentials and the outgoing HTTP, and knows
//! no user and no table.

use secrecy::SecretString;

pub mod authorize;
pub mod errors;
pub mod exchange;
pub mod openid;
pub mod probe;
pub mod refresh;
pub mod reply;
mod request;
pub mod revoke;
pub mod scopes;
pub mod state;

/// A client that was registered at a service: by this installation, or by a person for themselves.
#[derive(Clone)]
pub struct Client {
    pub id: String,
    /// None: a public client (RFC 6749 §2.1), which proves itself by its code verifier alone.
    pub secret: Option<SecretString>,
}
