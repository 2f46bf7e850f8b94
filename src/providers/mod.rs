//! The outside services as data, and the OAuth 2 engine that speaks their dialects. It knows no user.
//!
//! A service is one file in `catalogue/`, read into a [`Provider`] once. Whoever connects an account takes the entry,
//! builds the consent address ([`oauth::authorize`]), trades the code ([`oauth::exchange`]), renews the access
//! ([`oauth::refresh`]) and gives it back ([`oauth::revoke`]); what a service answers is read leniently
//! ([`oauth::reply`]) and its refusals are sorted by what has to be done next ([`oauth::errors`]).

mod address;
mod api;
mod catalogue;
mod dialect;
mod entry;
mod form;
pub mod oauth;
mod sign_in;
mod template;
mod tool;

pub use address::Address;
pub use api::{Api, ApiErrors, Auth, ResetUnit, Retry};
pub use catalogue::{Catalogue, catalogue};
pub use dialect::{
    Oauth, Oauth1, Pkce, Revoke, RevokeStyle, Rotation, Scope, SecondTokens, TokenAuth, TokenBody, TokenFields,
};
pub use entry::{Category, Choice, Identity, Kind, ModelUse, Provider};
pub use form::{Blank, BlankSource, KeyField, KeyForm, Session};
pub use sign_in::{OpenId, Owned, SignIn};
pub use template::Template;
pub use tool::{Condition, Effect, Intent, Items, Names, Pages, Pick, Step, ToolEntry};
