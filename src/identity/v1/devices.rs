use axum::{Json, extract::State};
use http::{StatusCode, header};
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::device_given::{Platform, checked_name, checked_version};
use crate::{
    error::{AppError, ErrorKind},
    identity::{
        Identity,
        bearer::{Credential, Principal},
        service::{DeviceChange, ProgramDevice},
        store::ProgramDeviceRow,
    },
    kit::id::DeviceId,
    platform::{
        api::{Body, Page, PageQuery, Path, Query, Refused},
        refusal::Refusal,
    },
};

const LONGEST_PUSH_TOKEN: usize = 4_096;

/// A device that an app runs on.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceShown {
    pub id: DeviceId,
    pub name: String,
    pub platform: Platform,
    /// Of the app, as it last said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// Whether news can be sent to it. What by is not shown to anybody.
    pub has_push_token: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When an app on it last signed in or renewed.
    #[serde(with = "time::serde::rfc3339")]
    pub last_used_at: OffsetDateTime,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// A device to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    name: String,
    platform: Platform,
    /// Of the app.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 50, pattern = "^[0-9A-Za-z.+_-]+$")]
    app_version: Option<String>,
    /// What the platform's own service takes messages for it by; it is kept sealed.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 4096, pattern = "^[ -~]+$")]
    push_token: Option<String>,
}

/// What is to become another; the rest stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceEdit {
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    name: Option<String>,
    /// Of the app.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 50, pattern = "^[0-9A-Za-z.+_-]+$")]
    app_version: Option<String>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096, pattern = "^[ -~]+$")]
    push_token: Option<Option<String>>,
}

/// Tells `null` from nothing.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn checked_push_token(token: &str) -> Result<&str, AppError> {
    if (1..=LONGEST_PUSH_TOKEN).contains(&token.len()) && token.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Ok(token);
    }
    let told = "A push token has 1 to 4096 characters of ASCII, as the platform gave it.";
    Err(AppError::new(ErrorKind::Unprocessable, "push_token_invalid", told).on_field("push_token"))
}

/// The device that asks.
fn current(principal: &Principal) -> Option<DeviceId> {
    match principal.credential {
        Credential::Token { device, .. } => device,
        Credential::Key { .. } => None,
    }
}

fn shown(row: ProgramDeviceRow, current: Option<DeviceId>) -> DeviceShown {
    DeviceShown {
        id: row.id,
        name: row.name,
        platform: Platform::parse(&row.platform),
        app_version: row.app_version,
        has_push_token: row.has_push_token,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        current: current == Some(row.id),
    }
}

/// Lists the person's devices
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/api/v1/devices",
    operation_id = "list_devices",
    tag = "devices",
    security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, description = "Devices.", body = Page<DeviceShown>), Refused)
)]
pub async fn list(
    State(identity): State<Identity>,
    principal: Principal,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<DeviceShown>>, Refusal> {
    principal.session()?;
    let this = current(&principal);
    let rows = identity.devices(principal.user, query.after()?, query.rows()?).await?;
    Ok(Json(Page::of(rows, &query, |row| row.id, |row| shown(row, this))?))
}

/// Adds a device
///
/// Signing in adds one by itself. The session that asks is on the new one from then on. There can be 50.
#[utoipa::path(
    post,
    path = "/api/v1/devices",
    operation_id = "add_device",
    tag = "devices",
    security(("bearer" = [])),
    request_body = NewDevice,
    responses(
        (status = 201, description = "Added.", body = DeviceShown,
         headers(("Location" = String, description = "Where it is found."))),
        Refused
    )
)]
pub async fn add(
    State(identity): State<Identity>,
    principal: Principal,
    Body(new): Body<NewDevice>,
) -> Result<(StatusCode, [(header::HeaderName, String); 1], Json<DeviceShown>), Refusal> {
    let session = principal.session()?;
    let device = ProgramDevice {
        id: None,
        name: checked_name(&new.name)?,
        platform: new.platform.as_str(),
        app_version: new.app_version.as_deref().map(checked_version).transpose()?,
    };
    let push_token = new.push_token.as_deref().map(checked_push_token).transpose()?;
    let row = identity.add_device(principal.user, session, &device, push_token).await?;
    let (id, address) = (row.id, format!("/api/v1/devices/{}", row.id));
    Ok((StatusCode::CREATED, [(header::LOCATION, address)], Json(shown(row, Some(id)))))
}

/// Shows a device
#[utoipa::path(
    get,
    path = "/api/v1/devices/{id}",
    operation_id = "get_device",
    tag = "devices",
    security(("bearer" = [])),
    params(("id" = DeviceId, Path, description = "Of the list.")),
    responses((status = 200, description = "The device.", body = DeviceShown), Refused)
)]
pub async fn show(
    State(identity): State<Identity>,
    principal: Principal,
    Path(id): Path<DeviceId>,
) -> Result<Json<DeviceShown>, Refusal> {
    principal.session()?;
    let row = identity.own_device(principal.user, id).await?;
    Ok(Json(shown(row, current(&principal))))
}

/// Changes a device's name, app version or push token
#[utoipa::path(
    patch,
    path = "/api/v1/devices/{id}",
    operation_id = "change_device",
    tag = "devices",
    security(("bearer" = [])),
    params(("id" = DeviceId, Path, description = "Of the list.")),
    request_body = DeviceEdit,
    responses((status = 200, description = "As it is now.", body = DeviceShown), Refused)
)]
pub async fn change(
    State(identity): State<Identity>,
    principal: Principal,
    Path(id): Path<DeviceId>,
    Body(edit): Body<DeviceEdit>,
) -> Result<Json<DeviceShown>, Refusal> {
    principal.session()?;
    let change = DeviceChange {
        name: edit.name.as_deref().map(checked_name).transpose()?,
        app_version: edit.app_version.as_deref().map(checked_version).transpose()?,
        push_token: match &edit.push_token {
            Some(Some(token)) => Some(Some(checked_push_token(token)?)),
            Some(None) => Some(None),
            None => None,
        },
    };
    let row = identity.change_device(principal.user, id, change).await?;
    Ok(Json(shown(row, current(&principal))))
}

/// Removes a device
///
/// Ends what is signed in on it, at once. Another device than this needs a proof that is not older than 10 minutes.
#[utoipa::path(
    delete,
    path = "/api/v1/devices/{id}",
    operation_id = "remove_device",
    tag = "devices",
    security(("bearer" = [])),
    params(("id" = DeviceId, Path, description = "Of the list.")),
    responses((status = 204, description = "Removed."), Refused)
)]
pub async fn remove(
    State(identity): State<Identity>,
    principal: Principal,
    Path(id): Path<DeviceId>,
) -> Result<StatusCode, Refusal> {
    principal.session()?;
    if current(&principal) != Some(id) {
        principal.recent_session(identity.clock.now())?;
    }
    identity.remove_device(principal.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
