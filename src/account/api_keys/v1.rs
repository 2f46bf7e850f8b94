use axum::{Json, extract::State};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    service::{ApiKeys, Made},
    store::KeyRow,
};
use crate::{
    identity::bearer::{Principal, Scope},
    kit::id::ApiKeyId,
    platform::{
        api::{Body, Page, PageQuery, Path, Query, Refused},
        refusal::Refusal,
        routes::Routes,
    },
};

/// What programs use.
pub fn routes(keys: ApiKeys) -> Routes {
    let documented = OpenApiRouter::default().routes(routes!(list, make)).routes(routes!(end));
    Routes::new().documented(documented).with_state(keys)
}

/// A key, without the key.
#[derive(Serialize, ToSchema)]
pub struct ApiKey {
    id: ApiKeyId,
    name: String,
    /// The first characters of the key.
    prefix: String,
    scopes: Vec<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// Absent where it works until it is revoked.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    expires_at: Option<OffsetDateTime>,
    /// To the minute; absent before its first use.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    last_used_at: Option<OffsetDateTime>,
}

impl From<KeyRow> for ApiKey {
    fn from(row: KeyRow) -> Self {
        let KeyRow { id, name, prefix, scopes, created_at, expires_at, last_used_at } = row;
        Self { id, name, prefix, scopes, created_at, expires_at, last_used_at }
    }
}

/// What a key is to be called, and what it may do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(min_items = 1, max_items = 20, value_type = Vec<Scope>)]
    scopes: Vec<String>,
    /// Within three years; without it the key works until it is revoked.
    #[serde(default, with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
pub struct MadeApiKey {
    /// The key itself. It is shown this once and cannot be shown again.
    key: String,
    api_key: ApiKey,
}

/// Lists the keys that were not revoked
#[utoipa::path(
    get,
    path = "/api/v1/api-keys",
    operation_id = "list_api_keys",
    tag = "api keys",
    security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, body = Page<ApiKey>), Refused)
)]
async fn list(
    State(keys): State<ApiKeys>,
    principal: Principal,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<ApiKey>>, Refusal> {
    principal.session()?;
    let rows = keys.list(principal.user, page.after()?, page.rows()?).await?;
    Ok(Json(Page::of(rows, &page, |row| row.id, ApiKey::from)?))
}

/// Makes a key
///
/// Needs a proof of who you are that is not older than 10 minutes: sign in, then make it.
#[utoipa::path(
    post,
    path = "/api/v1/api-keys",
    operation_id = "make_api_key",
    tag = "api keys",
    security(("bearer" = [])),
    request_body = NewApiKey,
    responses((status = 201, body = MadeApiKey), Refused)
)]
async fn make(
    State(keys): State<ApiKeys>,
    principal: Principal,
    Body(new): Body<NewApiKey>,
) -> Result<(StatusCode, HeaderMap, Json<MadeApiKey>), Refusal> {
    principal.recent_session(keys.now())?;
    let Made { row, key } = keys.make(principal.user, &new.name, &new.scopes, new.expires_at).await?;
    let headers = HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
    Ok((StatusCode::CREATED, headers, Json(MadeApiKey { key: key.to_string(), api_key: row.into() })))
}

/// Revokes a key
///
/// It opens nothing from the next request on.
#[utoipa::path(
    delete,
    path = "/api/v1/api-keys/{id}",
    operation_id = "revoke_api_key",
    tag = "api keys",
    security(("bearer" = [])),
    params(("id" = ApiKeyId, Path)),
    responses((status = 204, description = "Revoked."), Refused)
)]
async fn end(
    State(keys): State<ApiKeys>,
    principal: Principal,
    Path(id): Path<ApiKeyId>,
) -> Result<StatusCode, Refusal> {
    principal.session()?;
    keys.end(principal.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
