use axum::{Json, extract::State};
use http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::device_given::Platform;
use crate::{
    identity::{Identity, bearer::Principal, store::SessionListRow},
    kit::id::{DeviceId, SessionId},
    platform::{
        api::{Page, PageQuery, Path, Query, Refused},
        refusal::Refusal,
        security::{browser_name, shown_address},
    },
};

/// What is signed in.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SessionKind {
    /// By a cookie, on our pages.
    Browser,
    /// By tokens.
    App,
}

/// The device that an app is signed in on.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionDevice {
    pub id: DeviceId,
    pub name: String,
    pub platform: Platform,
}

/// A place where the person is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionShown {
    pub id: SessionId,
    pub kind: SessionKind,
    /// Of an app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<SessionDevice>,
    /// Of a browser: «Safari on macOS».
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// How it signed in: `password`, `email_code`, `email_link`, `wallet`, `privy`, or the id of a service.
    pub method: String,
    /// Where it signed in from, with the last part hidden.
    pub address: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// To the minute.
    #[serde(with = "time::serde::rfc3339")]
    pub last_used_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// Whether it is the one that asks.
    pub current: bool,
}

fn shown(row: SessionListRow, current: SessionId) -> SessionShown {
    let device = match (row.device, row.device_name, row.platform) {
        (Some(id), Some(name), Some(platform)) => {
            Some(SessionDevice { id, name, platform: Platform::parse(&platform) })
        }
        _ => None,
    };
    SessionShown {
        id: row.id,
        kind: if row.is_app { SessionKind::App } else { SessionKind::Browser },
        device,
        browser: (!row.is_app).then(|| browser_name(&row.user_agent)),
        method: row.method,
        address: shown_address(&row.address),
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
        current: row.id == current,
    }
}

/// Lists where the person is signed in
///
/// Browsers and apps, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/sessions",
    operation_id = "list_sessions",
    tag = "sessions",
    security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, description = "Living sessions.", body = Page<SessionShown>), Refused)
)]
pub async fn list(
    State(identity): State<Identity>,
    principal: Principal,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<SessionShown>>, Refusal> {
    let current = principal.session()?;
    let rows = identity.sessions(principal.user, query.after()?, query.rows()?).await?;
    Ok(Json(Page::of(rows, &query, |row| row.id, |row| shown(row, current))?))
}

/// Signs out everywhere
///
/// Every browser and app, this one too. It needs no proof: it has to work at once, and helps nobody to stay.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions",
    operation_id = "end_all_sessions",
    tag = "sessions",
    security(("bearer" = [])),
    responses((status = 204, description = "Signed out everywhere."), Refused)
)]
pub async fn end_all(State(identity): State<Identity>, principal: Principal) -> Result<StatusCode, Refusal> {
    principal.session()?;
    identity.sign_out_everywhere(principal.user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs one browser or app out
///
/// Another one than this needs a proof that is not older than 10 minutes, so that who found an open app cannot shut its
/// owner out.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions/{id}",
    operation_id = "end_session",
    tag = "sessions",
    security(("bearer" = [])),
    params(("id" = SessionId, Path, description = "Of the list.")),
    responses((status = 204, description = "Signed out."), Refused)
)]
pub async fn end_one(
    State(identity): State<Identity>,
    principal: Principal,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, Refusal> {
    if principal.session()? == id {
        identity.end_own_session(principal.user, id).await?;
    } else {
        principal.recent_session(identity.clock.now())?;
        identity.end_device(principal.user, id).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Signs this program out
///
/// The access token and its refresh tokens stop working at once.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions/current",
    operation_id = "end_current_session",
    tag = "sessions",
    security(("bearer" = [])),
    responses((status = 204, description = "Signed out."), Refused)
)]
pub async fn end_current(State(identity): State<Identity>, principal: Principal) -> Result<StatusCode, Refusal> {
    let session = principal.session()?;
    identity.end_own_session(principal.user, session).await?;
    Ok(StatusCode::NO_CONTENT)
}
