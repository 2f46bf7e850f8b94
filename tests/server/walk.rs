//! What tests need that walk every route.

use aura::platform::routes::Listed;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use sqlx::PgPool;
use tower::ServiceExt as _;

use crate::support::TestApp;

/// The name of a header and its value.
pub type Header<'a> = (&'a str, &'a str);

/// What one's own pages send.
pub const OWN: &[Header<'static>] = &[("sec-fetch-site", "same-origin"), ("origin", "http://localhost:3000")];

/// With everything set up that is optional, so that no route answers that it is off. Nothing outside can be reached.
pub async fn everything(db: PgPool) -> TestApp {
    let variables = [
        ("PRIVY_APP_ID", "an-app-at-privy"),
        ("PRIVY_APP_SECRET", "a-secret-of-that-app"),
        ("PRIVY_WEBHOOK_SECRET", "whsec_cHJpdnkgc2VjcmV0IGZvciB0ZXN0cw=="),
        ("RESEND_WEBHOOK_SECRET", "whsec_cmVzZW5kIHNlY3JldCBmb3IgdGVzdHM="),
        ("GITHUB_CLIENT_ID", "a-client-at-github"),
        ("GITHUB_CLIENT_SECRET", "its-secret"),
        ("GOOGLE_CLIENT_ID", "a-client-at-google"),
        ("GOOGLE_CLIENT_SECRET", "its-secret"),
        ("TEXT_MESSAGES", "log"),
    ];
    TestApp::with(db, &variables).await
}

/// What server functions and forms ask for, all at once, so that none of them stops at a field that is missing.
pub fn fields() -> String {
    let id = "0192f0c1-0000-7000-8000-000000000000";
    let fields = [
        ("address", "0x52908400098527886e0f7030069857d2e4169ee7"),
        ("after", id),
        ("answer", id),
        ("approval", id),
        ("approvals", id),
        ("asking[key]", "a-key"),
        ("before", id),
        ("bio", "Small rooms."),
        ("chainId", "1"),
        ("chat", id),
        ("checkout", id),
        ("code", "123456"),
        ("connection", id),
        ("conversation", id),
        ("display_name", "Mira"),
        ("email", "somebody@example.com"),
        ("handle", "mira_okafor"),
        ("id", id),
        ("invitation", id),
        ("kept", "week"),
        ("key", "a-key"),
        ("kind", "bio"),
        ("last_seen", id),
        ("member", id),
        ("name", "a key"),
        ("new_password", "zwölf Boxkämpfer jagen"),
        ("number", "+4915123456789"),
        ("password", "zwölf Boxkämpfer jagen"),
        ("period", "monthly"),
        ("plan", "pro"),
        ("reason", "none"),
        ("role", "member"),
        ("run", id),
        ("service", "spotify"),
        ("share", id),
        ("signature", "0x00"),
        ("target", "somebody@example.com"),
        ("team", id),
        ("text", "Hello?"),
        ("theme", "dark"),
        ("time_zone", "Europe/Berlin"),
        ("title", "A trip"),
        ("token", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("tool", "github__close_issue"),
        ("tracks", "Somebody - Something"),
        ("uri", "spotify:track:x"),
        ("version", id),
        ("wallet", "0x52908400098527886e0f7030069857d2e4169ee7"),
        ("way", "email"),
        ("words", "mira"),
        ("yes", "true"),
    ];
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Every route.
pub fn routes(app: &TestApp) -> Vec<Listed> {
    aura::serve::routes(app.state())
}

/// An address of the route, with something in the place of each parameter.
pub fn address(route: &Listed) -> String {
    let services = ["/api/integrations/", "/api/auth/"].iter().any(|place| route.path.starts_with(place));
    let fill = |part: &str| match part {
        "{id}" if services && !route.path.ends_with("/disconnect") => "github".to_owned(),
        "{service}" | "{provider}" => "google".to_owned(),
        "{handle}" => "mira".to_owned(),
        "@{handle}" => "@mira".to_owned(),
        "{place}" => "people".to_owned(),
        part if part.starts_with('{') => "0192f0c1-0000-7000-8000-000000000000".to_owned(),
        part => part.to_owned(),
    };
    route.path.split('/').map(fill).collect::<Vec<_>>().join("/")
}

/// A dump of the database without these tables.
pub fn without(tables: &[&str], dump: &str) -> String {
    let left_out = |line: &&str| tables.iter().any(|table| line.starts_with(&format!("public.{table}:")));
    dump.lines().filter(|line| !left_out(line)).collect::<Vec<_>>().join("\n")
}

/// An answer.
pub struct Told {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Told {
    /// The code of a refusal.
    pub fn code(&self) -> String {
        let value: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_default();
        value["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Sends one request with exactly these headers beside `Host`.
pub async fn ask(app: &TestApp, method: &Method, address: &str, headers: &[Header<'_>], body: &str) -> Told {
    let mut request = Request::builder().method(method).uri(address);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "localhost:3000");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = app.router().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    // A stream of events has no end; what is refused has one.
    let body = if parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream") {
        String::new()
    } else {
        String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned()
    };
    Told { status: parts.status, headers: parts.headers, body }
}
