//! `/api/spotify/…`: a person's own Spotify app and what is connected, for programs and for pages of ours.

use axum::{
    Extension, Json,
    extract::{RawQuery, State},
    response::Response,
};
use http::{HeaderMap, HeaderValue, header};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    model::{OwnAppsView, Standing},
    service::{Given, Released, Secret, Told},
};
use crate::{
    error::{AppError, ErrorKind},
    identity::{bearer::Scope, caller::Caller, session::Session},
    integrations::{
        connect_routes::arrive,
        service::{Error, Integrations, Purpose},
    },
    kit::id::ConnectionId,
    platform::{
        api::{Body, Query, Refused},
        refusal::Refusal,
        routes::Routes,
    },
};

const SPOTIFY: &str = "spotify";

/// Where consent to a person's own app comes back.
pub(super) const CALLBACK: &str = "/api/spotify/callback";

pub(super) async fn callback(
    State(integrations): State<Integrations>,
    RawQuery(query): RawQuery,
    session: Option<Extension<Session>>,
) -> Response {
    arrive(&integrations, Purpose::OwnApp, SPOTIFY, query.as_deref(), session).await
}

/// What browsers use with their cookie and programs with a token.
pub fn routes(integrations: Integrations) -> Routes {
    let documented =
        OpenApiRouter::default().routes(routes!(show, put, remove)).routes(routes!(post)).routes(routes!(status));
    Routes::new().documented(documented).with_state(integrations)
}

/// A person's own app, without its client id and secret.
#[derive(Serialize, ToSchema)]
pub struct SpotifyApp {
    /// Whether this installation keeps apps of people at all.
    available: bool,
    /// Whether the person has given one.
    configured: bool,
    /// The address that the app has to allow, to the letter.
    redirect_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The first and last letters of the client id.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id_hint: Option<String>,
    /// Whether a secret was given with it.
    has_secret: bool,
    /// What the last look at Spotify has shown: `ready`, `refused`, or `unchecked` where it could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// Why it is refused, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// How many accounts are connected by it.
    connections: usize,
}

impl From<OwnAppsView> for SpotifyApp {
    fn from(view: OwnAppsView) -> Self {
        let app = view.app;
        Self {
            available: view.off.is_none(),
            configured: app.is_some(),
            redirect_uri: view.redirect,
            has_secret: app.as_ref().is_some_and(|app| app.has_secret),
            state: app.as_ref().map(|app| Standing::as_str(app.state)),
            connections: app.as_ref().map_or(0, |app| app.connections),
            message: app.as_ref().and_then(|app| app.trouble.clone()),
            client_id_hint: app.as_ref().map(|app| app.client_hint.clone()),
            name: app.map(|app| app.name),
        }
    }
}

/// An app that the person has registered at Spotify.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotifyAppGiven {
    #[schema(pattern = "^[0-9a-f]{32}$")]
    client_id: String,
    /// Without it the one that is stored stays, where the client id is the same.
    #[serde(default)]
    #[schema(min_length = 4, max_length = 512)]
    client_secret: Option<String>,
    /// Whether the app has no secret and proves itself by a code verifier (PKCE).
    #[serde(default)]
    public_client: bool,
    /// What the person calls it.
    #[serde(default)]
    #[schema(max_length = 60)]
    name: String,
}

impl From<SpotifyAppGiven> for Given {
    fn from(given: SpotifyAppGiven) -> Self {
        let secret = match given.client_secret {
            _ if given.public_client => Secret::None,
            Some(secret) => Secret::Is(secret.into()),
            None => Secret::Kept,
        };
        Self { name: given.name, client_id: given.client_id, secret }
    }
}

/// What removing an app has ended.
#[derive(Serialize, ToSchema)]
pub struct SpotifyAppRemoved {
    /// How many accounts were disconnected with it.
    disconnected: usize,
}

/// Shows the person's own Spotify app
///
/// Never its client id or secret. A key needs `connections:read`.
#[utoipa::path(
    get,
    path = "/api/spotify/client-credentials",
    operation_id = "show_spotify_app",
    tag = "connections",
    security(("bearer" = [])),
    responses((status = 200, body = SpotifyApp), Refused)
)]
async fn show(State(integrations): State<Integrations>, caller: Caller) -> Result<Json<SpotifyApp>, Refusal> {
    caller.allow(Scope::ConnectionsRead)?;
    Ok(Json(shown(&integrations, &caller).await?))
}

async fn shown(integrations: &Integrations, caller: &Caller) -> Result<SpotifyApp, Error> {
    Ok(integrations.own_app_view(caller.user(), "UTC", SPOTIFY).await?.into())
}

/// Keeps a Spotify app of the person's own
///
/// Spotify is asked at once whether it knows the app. Refused with `wrong_id`, `wrong_secret` or `app_refused` nothing is
/// kept; the answer tells of what can be mended at Spotify, such as a redirect address that is missing there. Another
/// client id than before ends what is connected. A key needs `connections:write`.
#[utoipa::path(
    put,
    path = "/api/spotify/client-credentials",
    operation_id = "keep_spotify_app",
    tag = "connections",
    security(("bearer" = [])),
    request_body = SpotifyAppGiven,
    responses((status = 200, body = SpotifyApp), Refused)
)]
async fn put(
    State(integrations): State<Integrations>,
    caller: Caller,
    Body(given): Body<SpotifyAppGiven>,
) -> Result<Json<SpotifyApp>, Refusal> {
    caller.allow(Scope::ConnectionsWrite)?;
    integrations.keep_own_app(caller.user(), SPOTIFY, &given.into()).await?;
    Ok(Json(shown(&integrations, &caller).await?))
}

/// Keeps a Spotify app of the person's own, as PUT does
#[utoipa::path(
    post,
    path = "/api/spotify/client-credentials",
    operation_id = "give_spotify_app",
    tag = "connections",
    security(("bearer" = [])),
    request_body = SpotifyAppGiven,
    responses((status = 200, body = SpotifyApp), Refused)
)]
async fn post(
    integrations: State<Integrations>,
    caller: Caller,
    given: Body<SpotifyAppGiven>,
) -> Result<Json<SpotifyApp>, Refusal> {
    put(integrations, caller, given).await
}

/// Removes the person's own Spotify app
///
/// What is connected by it is disconnected; what is connected by Aura's app stays. A key needs `connections:write`.
#[utoipa::path(
    delete,
    path = "/api/spotify/client-credentials",
    operation_id = "remove_spotify_app",
    tag = "connections",
    security(("bearer" = [])),
    responses((status = 200, body = SpotifyAppRemoved), Refused)
)]
async fn remove(State(integrations): State<Integrations>, caller: Caller) -> Result<Json<SpotifyAppRemoved>, Refusal> {
    caller.allow(Scope::ConnectionsWrite)?;
    let disconnected = integrations.remove_own_app(caller.user(), SPOTIFY).await?;
    Ok(Json(SpotifyAppRemoved { disconnected }))
}

/// Whether an access token is asked for too.
#[derive(Deserialize, Default, PartialEq, ToSchema)]
enum WithToken {
    #[default]
    #[serde(rename = "0")]
    No,
    #[serde(rename = "1")]
    Yes,
}

/// What is asked of the status.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StatusQuery {
    /// `1` brings an access token of Spotify too. Only for programs; a key needs `tokens:read`.
    #[serde(default)]
    #[param(inline)]
    token: WithToken,
    /// Of which connection; without it, the first that works, one by the person's own app before others.
    #[serde(default)]
    connection: Option<ConnectionId>,
}

/// One Spotify account that is connected.
#[derive(Serialize, ToSchema)]
pub struct SpotifyConnection {
    id: ConnectionId,
    /// `standard` by Aura's app, `own_app` by the person's own.
    kind: &'static str,
    account: String,
    /// `active`, `partial` where not everything was granted, `needs_reauth` where the person must sign in there again.
    health: String,
    /// What is wrong, in a word: `revoked`, `own_app_refused`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    scopes: Vec<String>,
    /// When the access token that is stored ends; it is renewed before.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    expires_at: Option<OffsetDateTime>,
}

/// An access token of Spotify.
#[derive(Serialize, ToSchema)]
pub struct SpotifyToken {
    connection: ConnectionId,
    access_token: String,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    expires_at: Option<OffsetDateTime>,
}

/// What is connected at Spotify.
#[derive(Serialize, ToSchema)]
pub struct SpotifyStatus {
    /// Whether at least one account works.
    connected: bool,
    connections: Vec<SpotifyConnection>,
    /// Where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<SpotifyToken>,
}

impl From<Told> for SpotifyConnection {
    fn from(told: Told) -> Self {
        let kind = if told.own_app { "own_app" } else { "standard" };
        let Told { id, account, state, reason, scopes, expires_at, .. } = told;
        Self { id, kind, account, health: state.as_str().to_owned(), reason, scopes, expires_at }
    }
}

/// Tells what is connected at Spotify
///
/// Tokens that are about to end are renewed first. `?token=1` also gives an access token, and writes a line into the
/// account's log; a browser gets none. A key needs `connections:read`, and `tokens:read` for the token.
#[utoipa::path(
    get,
    path = "/api/spotify/status",
    operation_id = "show_spotify_status",
    tag = "connections",
    security(("bearer" = [])),
    params(StatusQuery),
    responses((status = 200, body = SpotifyStatus), Refused)
)]
async fn status(
    State(integrations): State<Integrations>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<StatusQuery>,
) -> Result<(HeaderMap, Json<SpotifyStatus>), Refusal> {
    caller.allow(Scope::ConnectionsRead)?;
    let wanted = query.token == WithToken::Yes;
    if wanted {
        for_programs(&caller, &headers)?;
    }
    let told = integrations.told(caller.user(), SPOTIFY).await?;
    let connected = told.iter().any(Told::works);
    let token = if wanted {
        let Released { connection, token, expires_at } =
            integrations.release(caller.user(), SPOTIFY, query.connection, "api").await?;
        Some(SpotifyToken { connection, access_token: token.expose_secret().to_owned(), expires_at })
    } else {
        None
    };
    let connections = told.into_iter().map(SpotifyConnection::from).collect();
    let headers = HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
    Ok((headers, Json(SpotifyStatus { connected, connections, token })))
}

/// Pages get no token of a service here, whatever they show: what runs in a page can be made to tell it.
fn for_programs(caller: &Caller, headers: &HeaderMap) -> Result<(), AppError> {
    let in_page = headers.contains_key("sec-fetch-mode");
    match caller.program().filter(|_| !in_page) {
        Some(program) => program.allow(Scope::TokensRead),
        None => Err(AppError::new(
            ErrorKind::Forbidden,
            "scope_missing",
            "A browser is given no token of a service here. Ask without `token`, or with a key that has `tokens:read`.",
        )),
    }
}
