use axum::{
    Json,
    extract::{Path, RawQuery, State},
    response::{IntoResponse as _, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, header};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    error::{AppError, ErrorKind},
    identity::{
        bearer,
        service::{ArrivingProgram, ProgramDevice},
    },
    integrations::{
        connect_routes::returned,
        routes::quietly,
        service::{
            Error, Integrations,
            broker::{Issued, Wish},
        },
    },
    kit::id::{ConnectionId, UserId},
    platform::{
        api::{Body, Refused},
        refusal::Refusal,
        routes::Routes,
        security::{Client, shown_address},
    },
};

/// What front ends use. A cookie plays no part here.
pub fn routes(integrations: Integrations) -> Routes {
    let documented = OpenApiRouter::default().routes(routes!(login)).routes(routes!(token)).routes(routes!(refresh));
    Routes::new().documented(documented).get("/auth/{service}/callback", callback).with_state(integrations)
}

/// What a front end begins with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BrokerLogin {
    /// The base64url of the SHA-256 of a verifier that the front end keeps (RFC 7636).
    #[schema(pattern = "^[A-Za-z0-9_-]{43}$")]
    code_challenge: String,
    #[serde(default = "s256")]
    #[schema(pattern = "^S256$")]
    code_challenge_method: String,
    /// Comes back with the code; the front end compares it with what it sent.
    #[schema(min_length = 16, max_length = 512, pattern = "^[A-Za-z0-9._~-]{16,512}$")]
    state: String,
}

fn s256() -> String {
    "S256".to_owned()
}

/// Where the front end sends the browser.
#[derive(Serialize, ToSchema)]
pub struct BrokerBegun {
    authorization_url: String,
    /// How many seconds the visit may take.
    expires_in: i64,
}

/// What a front end brings for its token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BrokerCode {
    /// As it came back in the address; good for one try within 60 seconds.
    #[schema(min_length = 1, max_length = 128)]
    code: String,
    /// The verifier behind the challenge.
    #[schema(pattern = "^[A-Za-z0-9._~-]{43,128}$")]
    code_verifier: String,
}

/// A token for the broker, and what it stands for.
#[derive(Serialize, ToSchema)]
pub struct BrokerToken {
    /// A signed token (JWT, RS256) for `Authorization: Bearer`; it opens `/auth/{service}/refresh` and nothing else.
    token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// How many seconds it works; renew it before.
    expires_in: i64,
    user_id: UserId,
    connection: ConnectionId,
    /// The account at the service, as people know it.
    account: String,
    scopes: Vec<String>,
    /// In direct mode alone: the service's own access token. Keep it in memory, and nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    access_token_expires_at: Option<OffsetDateTime>,
}

impl From<Issued> for BrokerToken {
    fn from(issued: Issued) -> Self {
        let Issued { token, expires_in, user, account, scopes, connection } = issued;
        let token_type = "Bearer";
        let (access_token, access_token_expires_at) = (None, None);
        let user_id = user;
        Self {
            token,
            token_type,
            expires_in,
            user_id,
            connection,
            account,
            scopes,
            access_token,
            access_token_expires_at,
        }
    }
}

fn unkept(answer: BrokerToken) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(answer)).into_response()
}

/// A page of another origin is refused; programs without pages send none.
fn of_front_end(integrations: &Integrations, service: &str, headers: &HeaderMap) -> Result<(), AppError> {
    let (_, front) = integrations.brokered(service)?;
    let ours = front.origin().ascii_serialization();
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => Ok(()),
        (Some(origin), None) if origin.as_bytes() == ours.as_bytes() => Ok(()),
        _ => Err(AppError::new(
            ErrorKind::Forbidden,
            "origin_refused",
            "Only pages of the front end that this installation names may ask for this.",
        )),
    }
}

fn malformed(field: &'static str, what: &str) -> AppError {
    AppError::new(ErrorKind::Unprocessable, "invalid_body", format!("`{field}` is not {what}.")).on_field(field)
}

fn is_made_of(text: &str, lengths: std::ops::RangeInclusive<usize>, signs: &[u8]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || signs.contains(&byte))
}

/// Begins a sign-in at a service
///
/// For pages of the front end. With the broker's token of a person as bearer, the account is added to that person;
/// without, it is that of whoever the account belongs to. Ten a minute from an address.
#[utoipa::path(
    post,
    path = "/auth/{service}/login",
    operation_id = "begin_broker_login",
    tag = "broker",
    security(()),
    params(("service" = String, Path, description = "`spotify`, `soundcloud` or `youtube`.")),
    request_body = BrokerLogin,
    responses((status = 200, body = BrokerBegun), Refused)
)]
async fn login(
    State(integrations): State<Integrations>,
    Path(service): Path<String>,
    client: Client,
    headers: HeaderMap,
    Body(given): Body<BrokerLogin>,
) -> Result<Response, Refusal> {
    of_front_end(&integrations, &service, &headers)?;
    if given.code_challenge_method != "S256" {
        return Err(malformed("code_challenge_method", "`S256`, the only method that is taken").into());
    }
    if !is_made_of(&given.code_challenge, 43..=43, b"-_") {
        return Err(malformed("code_challenge", "the base64url of 32 bytes").into());
    }
    if !is_made_of(&given.state, 16..=512, b"-._~") {
        return Err(malformed("state", "16 to 512 letters, digits or -._~").into());
    }
    integrations.broker_limit(&client.limit_key()).await?;
    let user = match bearer::presented(&headers) {
        Some(token) => Some(integrations.broker_bearer(token).await?),
        None => None,
    };
    let wish = Wish { challenge: &given.code_challenge, state: &given.state, user };
    let (address, expires_in) = integrations.broker_begin(&service, &wish).await?;
    let begun = BrokerBegun { authorization_url: address.into(), expires_in };
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(begun)).into_response())
}

/// Comes back from the consent page, and goes on to the front end: to its one origin, whatever an address says.
async fn callback(
    State(integrations): State<Integrations>,
    Path(service): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let arrived = async {
        let returned = returned(query.as_deref().unwrap_or_default())?;
        integrations.broker_return(&service, returned).await
    };
    match arrived.await {
        Ok(onwards) => quietly(Redirect::to(onwards.as_str())),
        Err(error) => quietly(Refusal::from(error)),
    }
}

/// Redeems a one-time code
///
/// Needs the verifier behind the challenge that the sign-in began with. A code is good for one try.
#[utoipa::path(
    post,
    path = "/auth/{service}/token",
    operation_id = "redeem_broker_code",
    tag = "broker",
    security(()),
    params(("service" = String, Path, description = "As in the login.")),
    request_body = BrokerCode,
    responses((status = 200, body = BrokerToken), Refused)
)]
async fn token(
    State(integrations): State<Integrations>,
    Path(service): Path<String>,
    client: Client,
    headers: HeaderMap,
    Body(given): Body<BrokerCode>,
) -> Result<Response, Refusal> {
    of_front_end(&integrations, &service, &headers)?;
    if !is_made_of(&given.code_verifier, 43..=128, b"-._~") {
        return Err(malformed("code_verifier", "43 to 128 letters, digits or -._~").into());
    }
    let (_, front) = integrations.brokered(&service)?;
    let device =
        ProgramDevice { id: None, name: front.host_str().unwrap_or_default(), platform: "web", app_version: None };
    let address = shown_address(&client.ip.to_string());
    let arriving =
        ArrivingProgram { user_agent: &client.user_agent, address: &address, limit_key: &client.limit_key(), device };
    let issued = integrations.broker_redeem(&service, &given.code, &given.code_verifier, &arriving).await?;
    Ok(unkept(issued.into()))
}

/// Renews a token of the broker
///
/// The access at the service is renewed first, if it is due. In direct mode (set for the installation, and allowed by
/// the person) the answer holds the service's own access token; each time is written into the account's log. Twenty a
/// minute a person; 404 `not_connected` where nothing is connected.
#[utoipa::path(
    post,
    path = "/auth/{service}/refresh",
    operation_id = "refresh_broker_token",
    tag = "broker",
    security(("bearer" = [])),
    params(("service" = String, Path, description = "As in the login.")),
    responses((status = 200, body = BrokerToken), Refused)
)]
async fn refresh(
    State(integrations): State<Integrations>,
    Path(service): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    of_front_end(&integrations, &service, &headers)?;
    let Some(shown) = bearer::presented(&headers) else {
        return Err(Error::Told(Box::new(AppError::unauthenticated())).into());
    };
    let (issued, direct) = integrations.broker_refresh(&service, shown).await?;
    let mut answer = BrokerToken::from(issued);
    if let Some(direct) = direct {
        answer.access_token = Some(direct.token.expose_secret().to_owned());
        answer.access_token_expires_at = direct.expires_at;
    }
    Ok(unkept(answer))
}
