//! The outside services as data, and the OAuth 2 engine that speaks their dialects. It knows no user.
//!
//! A service is one file in `catalogue/`, read into a [`Provider`] once. Whoever connects an account takes the entry,
//! builds the consent address ([`oauth::authorize`]), trades the code ([`oauth::exchange`]), renews the access
//! ([`oauth::refresh`]) and gives it back ([`oauth::revoke`]); what a service answers is read leniently
//! ([`oauth::reply`]) and its refusals are sorted by what has to be done next ([`oauth::errors`]).

mod address;
mod catalogue;
mod entry;
pub mod oauth;
mod sign_in;
mod tool;

pub use address::Address;
pub use catalogue::{Catalogue, catalogue};
pub use entry::Provider;
pub use entry::{
    Api, ApiErrors, Identity, KeyForm, Kind, ModelUse, Oauth, Pkce, ResetUnit, Retry, Revoke, RevokeStyle, Rotation,
    TokenAuth, TokenBody, TokenFields,
};
pub use sign_in::{OpenId, Owned, SignIn};
pub use tool::{Condition, Effect, Intent, Items, Names, Pages, Pick, Step, ToolEntry};
