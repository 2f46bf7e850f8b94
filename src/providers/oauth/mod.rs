//! The OAuth 2 engine: it takes an entry of the catalogue, the client's credentials and the outgoing HTTP, and knows
//! no user and no table.

use secrecy::SecretString;

pub mod authorize;
pub mod errors;
pub mod exchange;
pub mod openid;
pub mod refresh;
pub mod reply;
mod request;
pub mod revoke;
pub mod state;

/// The client that this installation registered at a service.
#[derive(Clone)]
pub struct Client {
    pub id: String,
    pub secret: SecretString,
}
