use axum::{
    Json,
    body::Body as Content,
    extract::{DefaultBodyLimit, State},
    response::Response,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    UserFiles, download,
    service::{Arriving, SignedAddress},
    store::FileRow,
};
use crate::{
    identity::bearer::{Principal, Scope},
    kit::id::FileId,
    platform::{
        api::{Body, Bytes, Page, PageQuery, Path, Query, Refused},
        refusal::Refusal,
        routes::Routes,
    },
};

/// Where files are sent to; it takes more than other addresses do.
pub const UPLOAD: &str = "/api/v1/files";

/// What programs use.
pub fn routes(files: UserFiles) -> Routes {
    let documented = OpenApiRouter::default()
        .routes(routes!(list, keep))
        .routes(routes!(show, delete))
        .routes(routes!(content))
        .routes(routes!(address))
        // The size is counted while it comes in.
        .layer(DefaultBodyLimit::disable());
    Routes::new().documented(documented).with_state(files)
}

/// A file that a person keeps here.
#[derive(Serialize, ToSchema)]
pub struct File {
    id: FileId,
    name: String,
    /// Where it lies in the file store: `{generated}/{filename}`.
    key: String,
    media_type: String,
    /// In bytes.
    #[schema(minimum = 0)]
    size: i64,
    /// Of its content, in hexadecimal digits.
    sha256: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl From<FileRow> for File {
    fn from(row: FileRow) -> Self {
        let FileRow { id, key, name, media_type, size, digest, created_at } = row;
        Self { id, name, key, media_type, size, sha256: hex::encode(digest), created_at }
    }
}

/// What a file is called.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Named {
    /// With its extension: `report.pdf`. Of a path, the last part counts.
    #[param(min_length = 1, max_length = 1000)]
    name: String,
}

/// How long an address is to last.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressWish {
    /// Five minutes unless it is said.
    #[serde(default = "usual_seconds")]
    #[schema(minimum = 1, maximum = 300, default = 300)]
    seconds: u16,
}

const fn usual_seconds() -> u16 {
    300
}

/// An address that opens a file to whoever has it.
#[derive(Serialize, ToSchema)]
pub struct FileAddress {
    #[schema(format = "uri")]
    url: String,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// Lists the files, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/files",
    operation_id = "list_files",
    tag = "files",
    security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, body = Page<File>), Refused)
)]
async fn list(
    State(files): State<UserFiles>,
    principal: Principal,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<File>>, Refusal> {
    principal.allow(Scope::FilesRead)?;
    let rows = files.list(principal.user, page.after()?, page.rows()?).await?;
    Ok(Json(Page::of(rows, &page, |row| row.id, File::from)?))
}

/// Keeps a file
///
/// The body is the file itself; it may come in chunks. Its name, its `Content-Type` and its content must agree; send
/// `application/octet-stream` where the type is not known. An `Idempotency-Key` counts for nothing here.
#[utoipa::path(
    post,
    path = "/api/v1/files",
    operation_id = "keep_file",
    tag = "files",
    security(("bearer" = [])),
    params(Named),
    request_body(content = Bytes, content_type = "application/octet-stream", description = "The file."),
    responses(
        (status = 201, description = "It is kept.", body = File,
         headers(("Location" = String, description = "Where it is described."))),
        Refused
    )
)]
async fn keep(
    State(files): State<UserFiles>,
    principal: Principal,
    Query(named): Query<Named>,
    headers: HeaderMap,
    body: Content,
) -> Result<(StatusCode, HeaderMap, Json<File>), Refusal> {
    principal.allow(Scope::FilesWrite)?;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let arriving = Arriving {
        name: &named.name,
        media_type: text(header::CONTENT_TYPE).unwrap_or_default(),
        size: text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
    };
    let row = files.keep(principal.user, arriving, body.into_data_stream()).await?;
    let location = HeaderValue::try_from(format!("{UPLOAD}/{}", row.id)).ok();
    let headers = location.map(|place| (header::LOCATION, place)).into_iter().collect();
    Ok((StatusCode::CREATED, headers, Json(row.into())))
}

/// Describes a file
#[utoipa::path(
    get,
    path = "/api/v1/files/{id}",
    operation_id = "get_file",
    tag = "files",
    security(("bearer" = [])),
    params(("id" = FileId, Path)),
    responses((status = 200, body = File), Refused)
)]
async fn show(
    State(files): State<UserFiles>,
    principal: Principal,
    Path(id): Path<FileId>,
) -> Result<Json<File>, Refusal> {
    principal.allow(Scope::FilesRead)?;
    Ok(Json(files.file(principal.user, id).await?.into()))
}

/// Gives what is in a file
///
/// Whole, or the one part that `Range` names; with its digest as `ETag`. It is always to be saved and never to be
/// shown as a page.
#[utoipa::path(
    get,
    path = "/api/v1/files/{id}/content",
    operation_id = "get_file_content",
    tag = "files",
    security(("bearer" = [])),
    params(("id" = FileId, Path)),
    responses(
        (status = 200, description = "All of it.", content_type = "*/*", body = Bytes),
        (status = 206, description = "The part.", content_type = "*/*", body = Bytes),
        (status = 304, description = "It is what `If-None-Match` names."),
        Refused
    )
)]
async fn content(
    State(files): State<UserFiles>,
    principal: Principal,
    Path(id): Path<FileId>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    principal.allow(Scope::FilesRead)?;
    let file = files.file(principal.user, id).await?;
    download::answer(&files, &file, &method, &headers).await
}

/// Makes an address that opens a file without a token
///
/// For up to five minutes, to whoever has the address, by GET and HEAD alone.
#[utoipa::path(
    post,
    path = "/api/v1/files/{id}/address",
    operation_id = "make_file_address",
    tag = "files",
    security(("bearer" = [])),
    params(("id" = FileId, Path)),
    request_body = AddressWish,
    responses((status = 200, body = FileAddress), Refused)
)]
async fn address(
    State(files): State<UserFiles>,
    principal: Principal,
    Path(id): Path<FileId>,
    Body(wish): Body<AddressWish>,
) -> Result<([(header::HeaderName, &'static str); 1], Json<FileAddress>), Refusal> {
    principal.allow(Scope::FilesRead)?;
    let lasts = Duration::seconds(wish.seconds.into());
    let SignedAddress { address, expires_at } = files.address(principal.user, id, lasts).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(FileAddress { url: address.into(), expires_at })))
}

/// Deletes a file
///
/// It is gone at once, also at addresses that were made for it. A second time there is no such file.
#[utoipa::path(
    delete,
    path = "/api/v1/files/{id}",
    operation_id = "delete_file",
    tag = "files",
    security(("bearer" = [])),
    params(("id" = FileId, Path)),
    responses((status = 204, description = "It is gone."), Refused)
)]
async fn delete(
    State(files): State<UserFiles>,
    principal: Principal,
    Path(id): Path<FileId>,
) -> Result<StatusCode, Refusal> {
    principal.allow(Scope::FilesWrite)?;
    files.delete(principal.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
