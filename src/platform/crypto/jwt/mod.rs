//! Signed tokens (JWT, RFC 7519): ours are made here, and all are checked in one place and by rules that leave nothing to the token itself
//! (RFC 8725): which algorithms are taken is said by the caller and by the key, the time is the caller's, and every
//! claim that is looked at must be there.

mod claims;
mod error;
mod issuer;
mod keys;
mod remote;
mod roca;
mod signed;
mod strict;

pub use claims::{Claims, Expected, verify};
pub use error::JwtError;
pub use issuer::Issuer;
pub use keys::{Algorithm, KeySet};
pub use remote::RemoteKeys;
pub use signed::{LONGEST, signed_payload};
