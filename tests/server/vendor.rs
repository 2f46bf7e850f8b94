//! A vendor of services as the tests need one: one listener that stands for every host, and counts what it is asked.

use std::time::Duration;

use aura::{
    integrations::tools::{Caller, TimeContext, ToolAnswer, ToolError},
    kit::id::{ConnectionId, UserId},
    platform::crypto::Place,
};
use axum::body::Body;
use http::{Request as HttpRequest, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;
use tower::ServiceExt as _;
use url::Url;
use uuid::Uuid;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path},
};

use crate::{browser::Browser, support::TestApp};

pub const GITHUB_TOKEN: &str = "/github.com/login/oauth/access_token";
pub const GOOGLE_TOKEN: &str = "/oauth2.googleapis.com/token";
pub const EVENTS: &str = "/www.googleapis.com/calendar/v3/calendars/primary/events";

pub struct Vendor {
    pub server: MockServer,
}

impl Vendor {
    pub async fn start() -> Self {
        Self { server: MockServer::start().await }
    }

    /// An app that sees this vendor, with a client at each service.
    pub async fn app(&self, db: PgPool) -> TestApp {
        self.app_with(db, &[]).await
    }

    pub async fn app_with(&self, db: PgPool, changes: &[(&str, &str)]) -> TestApp {
        Self::app_at(&self.server.uri(), db, changes).await
    }

    /// An app that sees the vendor at this address, which may be another process's.
    pub async fn app_at(address: &str, db: PgPool, changes: &[(&str, &str)]) -> TestApp {
        let world = format!("*={address}");
        let mut variables = vec![
            ("HOST_OVERRIDES", world.as_str()),
            // A hundred callers at one connection are no fault of a test.
            ("CALLS_PER_CONNECTION", "1000"),
            ("GITHUB_CLIENT_ID", "client-of-github"),
            ("GITHUB_CLIENT_SECRET", "canary-secret-of-github"),
            ("GOOGLE_CLIENT_ID", "client-of-google"),
            ("GOOGLE_CLIENT_SECRET", "canary-secret-of-google"),
            ("SLACK_CLIENT_ID", "client-of-slack"),
            ("SLACK_CLIENT_SECRET", "canary-secret-of-slack"),
            ("SPOTIFY_CLIENT_ID", "client of spotify"),
            ("SPOTIFY_CLIENT_SECRET", "canary:secret/of spotify"),
            ("LINEAR_CLIENT_ID", "client-of-linear"),
            ("LINEAR_CLIENT_SECRET", "canary-secret-of-linear"),
        ];
        variables.extend_from_slice(changes);
        Box::pin(TestApp::with(db, &variables)).await
    }

    /// What an address answers, from now on.
    pub async fn answers(&self, verb: &str, at: &str, answer: ResponseTemplate) {
        Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(&self.server).await;
    }

    /// What an address answers the next times only; it goes before what it answers always.
    pub async fn answers_times(&self, times: u64, verb: &str, at: &str, answer: ResponseTemplate) {
        let mock = Mock::given(method(verb)).and(path(at)).respond_with(answer);
        mock.up_to_n_times(times).with_priority(1).mount(&self.server).await;
    }

    pub async fn json(&self, verb: &str, at: &str, body: Value) {
        self.answers(verb, at, ResponseTemplate::new(200).set_body_json(body)).await;
    }

    /// A whole sign-in at GitHub that works.
    pub async fn github(&self) {
        let reply =
            json!({"access_token": "canary-access-1", "scope": "read:user,notifications,repo", "token_type": "bearer"});
        self.json("POST", GITHUB_TOKEN, reply).await;
        self.json("GET", "/api.github.com/user", json!({"id": 7, "login": "mira-okafor"})).await;
    }

    pub async fn asked(&self, at: &str) -> Vec<Request> {
        let all = self.server.received_requests().await.unwrap();
        all.into_iter().filter(|request| request.url.path() == at).collect()
    }

    /// Requests to any token endpoint.
    pub async fn token_requests(&self) -> usize {
        let all = self.server.received_requests().await.unwrap();
        let token = ["access_token", "/token", "oauth.v2.access"];
        all.iter().filter(|request| token.iter().any(|end| request.url.path().ends_with(end))).count()
    }
}

/// The fields of a form that was posted.
pub fn fields(request: &Request) -> std::collections::BTreeMap<String, String> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

/// Clicks «Connect» on a page of ours.
pub async fn click(app: &TestApp, browser: &Browser, address: &str, site: &str) -> http::Response<Body> {
    let request = HttpRequest::get(address)
        .header("host", "localhost:3000")
        .header("accept", "text/html")
        .header("sec-fetch-site", site)
        .header("cookie", format!("__Host-aura={}", browser.cookie("__Host-aura").unwrap_or_default()))
        .body(Body::empty())
        .unwrap();
    app.router().oneshot(request).await.unwrap()
}

/// Begins a visit to a consent page and gives its address.
pub async fn begin(app: &TestApp, browser: &Browser, provider: &str) -> Url {
    let response = click(app, browser, &format!("/api/integrations/{provider}"), "same-origin").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    Url::parse(response.headers()["location"].to_str().unwrap()).unwrap()
}

/// A parameter of an address.
pub fn parameter(address: &Url, name: &str) -> Option<String> {
    address.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

pub fn state_of(address: &Url) -> String {
    parameter(address, "state").unwrap()
}

/// The address of a return, with these parameters.
pub fn return_address(provider: &str, parameters: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("/api/integrations/{provider}/callback?{query}")
}

/// The user behind a mailbox.
pub async fn user_of(app: &TestApp, email: &str) -> UserId {
    let id: Uuid = sqlx::query_scalar("select user_id from user_emails where email = $1::text::citext")
        .bind(email)
        .fetch_one(app.db())
        .await
        .unwrap();
    id.into()
}

/// A person without a mailbox.
pub async fn person(app: &TestApp) -> UserId {
    let user: UserId = app.state().random.id(app.clock().now());
    sqlx::query("insert into users (id, display_name, time_zone, created_at) values ($1, 'Mira', 'Europe/Berlin', $2)")
        .bind(Uuid::from(user))
        .bind(app.clock().now())
        .execute(app.db())
        .await
        .unwrap();
    user
}

/// A connection with these tokens, all scopes granted.
pub async fn connect(
    app: &TestApp,
    user: UserId,
    provider: &str,
    access: &str,
    refresh: Option<&str>,
    expires_at: Option<OffsetDateTime>,
) -> ConnectionId {
    let now = app.clock().now();
    let id: ConnectionId = app.state().random.id(now);
    let seal = |column, token: &str| {
        let place = Place { table: "connections", column, row: Uuid::from(id), owner: Uuid::from(user), provider };
        app.vault().seal(&place, token.as_bytes()).unwrap()
    };
    let entry = aura::providers::catalogue().get(provider).unwrap();
    let scopes = entry.oauth.as_ref().map(|oauth| oauth.scope_names()).unwrap_or_default();
    sqlx::query(
        "insert into connections (id, user_id, provider, account_id, account_label, state, scopes, sealed_access_token,
             sealed_refresh_token, access_expires_at, created_at, updated_at)
         values ($1, $2, $3, $4, 'mira', 'active', $5, $6, $7, $8, $9, $9)",
    )
    .bind(Uuid::from(id))
    .bind(Uuid::from(user))
    .bind(provider)
    .bind(id.to_string())
    .bind(scopes)
    .bind(seal("sealed_access_token", access))
    .bind(refresh.map(|token| seal("sealed_refresh_token", token)))
    .bind(expires_at)
    .bind(now)
    .execute(app.db())
    .await
    .unwrap();
    id
}

/// State and reason of a connection.
pub async fn state(app: &TestApp, id: ConnectionId) -> (String, Option<String>) {
    sqlx::query_as("select state, reason from connections where id = $1")
        .bind(Uuid::from(id))
        .fetch_one(app.db())
        .await
        .unwrap()
}

pub async fn count(app: &TestApp, table: &str) -> i64 {
    let statement = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(app.db()).await.unwrap()
}

/// Asks through a connection.
pub async fn ask(
    app: &TestApp,
    user: UserId,
    connection: ConnectionId,
    tool: &str,
    arguments: Value,
) -> Result<ToolAnswer, ToolError> {
    let caller = Caller { kind: "test", id: Uuid::nil(), label: "a test".into() };
    let time = TimeContext { now: app.clock().now(), zone: "Europe/Berlin".into() };
    app.state().integrations.read(&caller, user, connection, tool, arguments, &time).await
}

/// An answer that takes its time.
pub fn slow(milliseconds: u64, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body).set_delay(Duration::from_millis(milliseconds))
}
