use axum::{Json, extract::State};
use http::{HeaderMap, header};
use serde::{Deserialize, Deserializer, de::Error as _};
use utoipa::ToSchema;

use crate::{
    account::{Account, model::Theme, service::ProfileEdit},
    identity::{
        bearer::{Principal, Scope},
        v1::users::{User, UserTheme},
    },
    platform::{
        api::{Body, Refused, etag},
        refusal::Refusal,
    },
};

/// A person, with the tag that a change of them can name.
pub(super) type Tagged = ([(header::HeaderName, String); 1], Json<User>);

pub(super) fn tagged(user: User) -> Tagged {
    ([(header::ETAG, etag::of(&user))], Json(user))
}

/// What is to become another; the rest stays (RFC 7396).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserEdit {
    /// Taken on one line, with at least one letter or digit.
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 100)]
    display_name: Option<String>,
    /// One that was given up stays taken, and leads to the new one.
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 3, max_length = 30, pattern = "^[A-Za-z0-9][A-Za-z0-9_]*[A-Za-z0-9]$")]
    handle: Option<String>,
    /// IANA name of a zone; `null`: that of the browser, from the next sign-in on.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    time_zone: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(inline)]
    theme: Option<UserTheme>,
}

/// Tells `null` from nothing.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Refuses `null`: what always has a value cannot be taken away.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)?.map(Some).ok_or_else(|| D::Error::custom("this cannot be null"))
}

/// Shows the person who asks
#[utoipa::path(
    get,
    path = "/api/v1/users/me",
    operation_id = "get_me",
    tag = "users",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The person.", body = User,
         headers(("ETag" = String, description = "Give it as `If-Match` with a change."))),
        Refused
    )
)]
pub async fn show(State(account): State<Account>, principal: Principal) -> Result<Tagged, Refusal> {
    principal.allow(Scope::ProfileRead)?;
    Ok(tagged(account.person(principal.user).await?.into()))
}

/// Changes the name, handle, time zone or look
///
/// All of it or nothing. With `If-Match`, only what was seen is overwritten. The address, the role and the status are
/// not changed here.
#[utoipa::path(
    patch,
    path = "/api/v1/users/me",
    operation_id = "change_me",
    tag = "users",
    security(("bearer" = [])),
    params(("If-Match" = Option<String>, Header, description = "The tag that was read last.")),
    request_body = UserEdit,
    responses(
        (status = 200, description = "As it is now.", body = User,
         headers(("ETag" = String, description = "The new tag."))),
        Refused
    )
)]
pub async fn change(
    State(account): State<Account>,
    principal: Principal,
    headers: HeaderMap,
    Body(edit): Body<UserEdit>,
) -> Result<Tagged, Refusal> {
    principal.allow(Scope::ProfileWrite)?;
    let theme = edit.theme.map(Theme::from);
    let edit = ProfileEdit {
        display_name: edit.display_name.as_deref(),
        handle: edit.handle.as_deref(),
        time_zone: edit.time_zone.as_ref().map(Option::as_deref),
        theme,
    };
    let seen = |row| etag::require(&headers, &etag::of(&User::from(row)));
    Ok(tagged(account.change(principal.user, &edit, seen).await?.into()))
}
