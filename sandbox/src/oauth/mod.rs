//! The authorization servers: authorize → consent page → code → token, refresh, revocation,
//! each vendor after its row in the dialect table.

pub mod authorize;
pub mod consent;
pub mod grants;
pub mod openid;
pub mod own_clients;
mod pkce;
pub mod refusal;
pub mod revoke;
#[cfg(test)]
mod tests;
pub mod token;
pub mod whose;

/// The secret of every client; ids begin with `sandbox-`.
const SECRET: &str = "sandbox-secret";

/// Whether a client of that id is registered here.
pub fn known_client(id: &str) -> bool {
    id.strip_prefix("sandbox-").is_some_and(|name| !name.is_empty())
}

/// Whether the secret is that of the client.
pub fn right_secret(secret: &str) -> bool {
    secret == SECRET
}
