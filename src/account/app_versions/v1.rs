use axum::{
    Json,
    extract::{Path, State},
};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    AppVersions,
    service::{Counting, NewAppVersion},
    store::AppVersionRow,
};
use crate::{
    error::AppError,
    identity::{bearer::Principal, v1::device_given::Platform},
    kit::id::AppVersionId,
    platform::{
        api::{Body, Page, PageQuery, Query, Refused},
        refusal::Refusal,
        routes::Routes,
    },
};

/// What programs use.
pub fn routes(versions: AppVersions) -> Routes {
    let documented =
        OpenApiRouter::default().routes(routes!(list, publish)).routes(routes!(show)).routes(routes!(take_back));
    Routes::new().documented(documented).with_state(versions)
}

/// A version of an app.
#[derive(Serialize, ToSchema)]
pub struct AppVersion {
    id: AppVersionId,
    platform: Platform,
    /// Semantic versioning 2.0.
    version: String,
    /// Whether older ones are no longer served.
    required: bool,
    /// Where it is to be had.
    store_url: String,
    notes: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl From<AppVersionRow> for AppVersion {
    fn from(row: AppVersionRow) -> Self {
        let AppVersionRow { id, platform, version, required, store_url, notes, created_at } = row;
        Self { id, platform: Platform::parse(&platform), version, required, store_url, notes, created_at }
    }
}

/// The versions of a platform that count.
#[derive(Serialize, ToSchema)]
pub struct CountingVersions {
    platform: Platform,
    /// Absent where none was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<AppVersion>,
    /// The oldest that is served; absent where all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<AppVersion>,
    /// Where the newest is to be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    store_url: Option<String>,
}

/// A version to be published.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVersion {
    platform: Platform,
    /// Semantic versioning 2.0; `2.4` means `2.4.0`.
    #[schema(min_length = 1, max_length = 50)]
    version: String,
    /// Whether older ones are no longer served from now on.
    required: bool,
    /// Where it is to be had; https.
    #[schema(format = "uri", min_length = 9, max_length = 2000)]
    store_url: String,
    /// What is new, for people.
    #[serde(default)]
    #[schema(max_length = 2000)]
    notes: String,
}

/// Tells the newest version of a platform, and the oldest that is served
///
/// Open to everybody. Apps that are older are answered 426 `app_outdated` by other routes, if they say what they are in
/// `X-App-Platform` and `X-App-Version`.
#[utoipa::path(
    get,
    path = "/api/v1/app-versions/{platform}",
    operation_id = "get_app_versions",
    tag = "app versions",
    security(()),
    params(("platform" = Platform, Path)),
    responses((status = 200, description = "The versions.", body = CountingVersions), Refused)
)]
async fn show(
    State(versions): State<AppVersions>,
    Path(name): Path<String>,
) -> Result<Json<CountingVersions>, Refusal> {
    let platform = known(&name)?;
    let Counting { newest, minimum } = versions.counting(platform.as_str()).await?;
    let store_url = newest.as_ref().map(|newest| newest.store_url.clone());
    let (newest, minimum) = (newest.map(Into::into), minimum.map(Into::into));
    Ok(Json(CountingVersions { platform, newest, minimum, store_url }))
}

fn known(name: &str) -> Result<Platform, AppError> {
    let platform = Platform::parse(name);
    if platform.as_str() == name { Ok(platform) } else { Err(AppError::not_found("platform")) }
}

/// Lists all versions
///
/// The newest first. For operators.
#[utoipa::path(
    get,
    path = "/api/v1/app-versions",
    operation_id = "list_app_versions",
    tag = "app versions",
    security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, description = "Versions.", body = Page<AppVersion>), Refused)
)]
async fn list(
    State(versions): State<AppVersions>,
    principal: Principal,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<AppVersion>>, Refusal> {
    principal.operator()?;
    let rows = versions.list(page.after()?, page.rows()?).await?;
    Ok(Json(Page::of(rows, &page, |row| row.id, AppVersion::from)?))
}

/// Publishes a version
///
/// For operators. Where it is required, older ones are refused from the next request on.
#[utoipa::path(
    post,
    path = "/api/v1/app-versions",
    operation_id = "publish_app_version",
    tag = "app versions",
    security(("bearer" = [])),
    request_body = NewVersion,
    responses(
        (status = 201, description = "Published.", body = AppVersion,
         headers(("Location" = String, description = "Where its platform's are found."))),
        Refused
    )
)]
async fn publish(
    State(versions): State<AppVersions>,
    principal: Principal,
    Body(new): Body<NewVersion>,
) -> Result<(StatusCode, [(header::HeaderName, String); 1], Json<AppVersion>), Refusal> {
    principal.operator()?;
    let NewVersion { platform, version, required, store_url, notes } = &new;
    let new = NewAppVersion { platform: platform.as_str(), version, required: *required, store_url, notes };
    let row = versions.publish(principal.user, new).await?;
    let address = format!("/api/v1/app-versions/{}", row.platform);
    Ok((StatusCode::CREATED, [(header::LOCATION, address)], Json(row.into())))
}

/// Takes a version back
///
/// For operators. Where it was required, older ones are served again from the next request on.
#[utoipa::path(
    delete,
    path = "/api/v1/app-versions/{platform}/{version}",
    operation_id = "take_app_version_back",
    tag = "app versions",
    security(("bearer" = [])),
    params(("platform" = Platform, Path), ("version" = String, Path)),
    responses((status = 204, description = "Taken back."), Refused)
)]
async fn take_back(
    State(versions): State<AppVersions>,
    principal: Principal,
    Path((name, version)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    principal.operator()?;
    versions.take_back(principal.user, known(&name)?.as_str(), &version).await?;
    Ok(StatusCode::NO_CONTENT)
}
