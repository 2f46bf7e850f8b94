//! The contract of the JSON API (OpenAPI 3.1), as the code says it.

use std::sync::Arc;

use axum::{
    Router,
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderValue, Method, header};
use utoipa::openapi::{
    Info, OpenApi, Server, Tag,
    schema::ComponentsBuilder,
    security::{Http, HttpAuthScheme, SecurityScheme},
};

use crate::platform::{
    api::{BEARER, Problem},
    routes::{Listed, RouteList},
};

const PATH: &str = "/api/openapi.json";

/// What the operations are sorted by.
const TAGS: &[(&str, &str)] = &[
    ("registration", "Making an account, once its address is proved."),
    ("tokens", "Signing in, by a password or by a code, and renewing what a program was given."),
    ("passwords", "Setting a password, proving anew who one is, and a new password where the old one is lost."),
    ("sessions", "Where a person is signed in, and signing out."),
    ("devices", "The devices that apps run on."),
    ("users", "The person, as they see and change themselves, and as operators see them."),
    ("api keys", "Keys with which other programs act for the person, within scopes."),
    ("notifications", "What the person is told."),
    ("billing", "The plan of a team, and what is left of it."),
    ("teams", "The person's teams, who is in them, and inviting others."),
    ("files", "What the person keeps here."),
    ("broker", "Tokens for front ends of their own, whose people sign in at a service."),
    ("connections", "Accounts at outside services, and apps of the person's own there."),
    ("webhooks", "Addresses to which Aura posts what happens to connections, signed as Standard Webhooks tells."),
    ("phone", "The person's number, proved by a text message."),
    ("app versions", "Which versions of an app are published, and which still work."),
];

fn tag(name: &str, told: &str) -> Tag {
    Tag::builder().name(name).description(Some(told)).build()
}

/// The route under which the contract of all routes so far is found.
pub(super) fn routes(list: &mut RouteList) -> Router {
    list.routes.push(Listed { method: Method::GET, path: PATH.to_owned() });
    let json: Arc<str> = document(list.contract.clone()).to_pretty_json().unwrap_or_default().into();
    Router::new().route(PATH, get(move || show(json.clone())))
}

async fn show(json: Arc<str>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    (headers, json.to_string()).into_response()
}

/// With what stands around the routes.
pub(super) fn document(routes: OpenApi) -> OpenApi {
    let mut info = Info::new("Aura", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "What an app or a partner needs to act for a person: signing in, their devices, notifications and files."
            .to_owned(),
    );
    let bearer = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("An access token, or a key that a person made in their settings."))
        .build();
    let own =
        ComponentsBuilder::new().schema_from::<Problem>().security_scheme(BEARER, SecurityScheme::Http(bearer)).build();
    let mut document = OpenApi::new(info, utoipa::openapi::Paths::new());
    document.components = Some(own);
    document.servers = Some(vec![Server::new("/")]);
    document.tags = Some(TAGS.iter().map(|(name, told)| tag(name, told)).collect());
    document.merge(routes);
    document
}
