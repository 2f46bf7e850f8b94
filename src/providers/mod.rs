//! The outside services as data, and the OAuth 2 engine that speaks their dialects. It knows no user.
//!
//! A service is one file in `catalogue/`, read into a [`Provider`] once. Whoever connects an account takes the entry,
//! builds the consent address ([`oauth::authorize`]), trades the code ([`oauth::exchange`]), renews the access
//! ([`oauth::refresh`]) and gives it back ([`oauth::revoke`]); what a service answers is read leniently
//! ([`oauth::reply`]) and its refusals are sorted by what has to be done next ([`oauth::errors`]).

mod address;
mod api;
mod blanks;
mod catalogue;
mod credential;
mod dialect;
mod entry;
mod form;
mod freshness;
pub mod oauth;
pub mod oauth1;
mod own_app;
mod pages;
pub mod redirect_address;
mod registration;
pub mod session;
mod sign_in;
mod step;
mod template;
mod tool;
mod undo;

pub use address::Address;
pub use api::{Api, ApiErrors, Auth, ResetUnit, Retry};
pub use blanks::{BlankError, Blanks};
pub use catalogue::{Catalogue, catalogue};
pub use credential::Credential;
pub use dialect::{
    Oauth, Oauth1, Pkce, Revoke, RevokeStyle, Rotation, Scope, SecondTokens, TokenAuth, TokenBody, TokenFields,
};
pub use entry::{Category, Choice, Identity, Kind, ModelUse, Provider};
pub use form::{Blank, BlankSource, KeyField, KeyForm, Session};
pub use freshness::FACTS_LAST;
pub use own_app::{AppFailure, OwnApp};
pub use pages::Pages;
pub use registration::ReturnPath;
pub use sign_in::{OpenId, Owned, SignIn};
pub use step::{Condition, Idempotency, Items, KeyStyle, Made, Names, Pick, Step};
pub use template::Template;
pub use tool::{Answers, Effect, Intent, ToolEntry};
pub use undo::Undo;
