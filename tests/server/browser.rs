//! A browser as the tests need one: it keeps cookies and posts forms, with and without a script.

use std::collections::BTreeMap;

use aura::platform::{clock::Clock, crypto::Place, mail::Letter};
use axum::{Router, body::Body};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use time::Duration;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::support::TestApp;

const ORIGIN: &str = "http://localhost:3000";

#[derive(Clone)]
pub struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    clock: Clock,
    user_agent: String,
    /// Where a link that is followed stands, as the browser tells it; empty: it does not.
    site: &'static str,
}

/// An answer whose body was read.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: String,
}

impl Browser {
    pub fn new(app: &TestApp) -> Self {
        Self {
            router: app.router(),
            cookies: BTreeMap::new(),
            clock: app.clock().clone(),
            user_agent: String::new(),
            site: "",
        }
    }

    /// The same browser, talking to another process.
    pub fn at(&self, app: &TestApp) -> Self {
        Self { router: app.router(), clock: app.clock().clone(), ..self.clone() }
    }

    /// The same browser, calling itself so.
    pub fn called(self, user_agent: &str) -> Self {
        Self { user_agent: user_agent.into(), ..self }
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.get(name).cloned()
    }

    /// All of them, as a browser sends them.
    pub fn cookies(&self) -> String {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        cookies.join("; ")
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.into(), value.into());
    }

    pub async fn get(&mut self, address: &str) -> Answer {
        self.send("GET", address, "text/html,application/xhtml+xml", None).await
    }

    /// Follows a link on a page of ours.
    pub async fn click(&mut self, address: &str) -> Answer {
        self.come_from("same-origin", address).await
    }

    /// Follows a link on a page of that kind of site.
    pub async fn come_from(&mut self, site: &'static str, address: &str) -> Answer {
        self.site = site;
        let answer = self.get(address).await;
        self.site = "";
        answer
    }

    pub async fn head(&mut self, address: &str) -> Answer {
        self.send("HEAD", address, "text/html", None).await
    }

    pub async fn get_json(&mut self, address: &str) -> Answer {
        self.send("GET", address, "application/json", None).await
    }

    /// Posts a form of identity's as a browser without a script does.
    pub async fn form(&mut self, verb: &str, fields: &[(&str, &str)]) -> Answer {
        self.form_from("/verify-email", verb, fields).await
    }

    /// The same, from another page.
    pub async fn form_from(&mut self, page: &str, verb: &str, fields: &[(&str, &str)]) -> Answer {
        self.post(page, verb, fields, "text/html,application/xhtml+xml").await
    }

    /// Posts it as the running app does.
    pub async fn json(&mut self, verb: &str, fields: &[(&str, &str)]) -> Answer {
        self.post("/verify-email", verb, fields, "application/json").await
    }

    /// Asks for a code. A moment passes first, so that of two letters one is the newest.
    pub async fn start(&mut self, email: &str, next: &str) -> Answer {
        self.clock.advance(Duration::milliseconds(1));
        self.form_from("/signin", "start-sign-in", &[("email", email), ("next", next), ("time_zone", "")]).await
    }

    pub async fn start_json(&mut self, email: &str) -> Answer {
        self.json("start-sign-in", &[("email", email), ("next", ""), ("time_zone", "")]).await
    }

    /// Goes the whole way in.
    pub async fn sign_in(&mut self, app: &TestApp, email: &str) {
        let started = self.start(email, "").await;
        assert_eq!(started.status, StatusCode::FOUND, "{}", started.text());
        let code = newest_mail(app, email).await.code();
        let done = self.form("verify-code", &[("code", &code)]).await;
        assert_eq!(done.location(), "/chat", "{}", done.text());
    }

    /// Who the server says is signed in, as it says it.
    pub async fn viewer(&mut self) -> Option<String> {
        let answer = self.get_json("/api/identity/viewer").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        (answer.body != "null").then_some(answer.body)
    }

    async fn post(&mut self, page: &str, verb: &str, fields: &[(&str, &str)], accept: &str) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send("POST", &format!("/api/identity/{verb}"), accept, Some((page, body))).await
    }

    /// Posts a form to any address, as a browser without a script does.
    pub async fn post_form(&mut self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send("POST", address, "text/html,application/xhtml+xml", Some(("/", body))).await
    }

    /// Posts a form to any address as the running app does.
    pub async fn json_at(&mut self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send("POST", address, "application/json", Some(("/", body))).await
    }

    /// Posts the form of a page, accepting this kind of answer.
    pub async fn post_from(&mut self, page: &str, address: &str, fields: &[(&str, &str)], accept: &str) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send("POST", address, accept, Some((page, body))).await
    }

    /// Posts JSON to any address, as the app does.
    pub async fn post_json(&mut self, address: &str, value: &serde_json::Value) -> Answer {
        self.send("POST", address, "application/json", Some(("/", value.to_string()))).await
    }

    /// Follows a stream of events, which is not read yet.
    pub async fn follow(&self, address: &str) -> Response<Body> {
        self.follow_after(address, "").await
    }

    /// The same, for one who has heard everything up to this event.
    pub async fn follow_after(&self, address: &str, last: &str) -> Response<Body> {
        let request = Request::builder()
            .uri(address)
            .header(header::HOST, "localhost:3000")
            .header(header::ACCEPT, "text/event-stream")
            .header(header::COOKIE, self.cookies())
            .header("last-event-id", last);
        self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn send(&mut self, method: &str, address: &str, accept: &str, form: Option<(&str, String)>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(address.strip_prefix(ORIGIN).unwrap_or(address))
            .header(header::HOST, "localhost:3000")
            .header(header::ACCEPT, accept);
        if !self.user_agent.is_empty() {
            request = request.header(header::USER_AGENT, &self.user_agent);
        }
        if !self.cookies.is_empty() {
            request = request.header(header::COOKIE, self.cookies());
        }
        let body = match form {
            Some((page, body)) => {
                let kind = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
                request = request
                    .header(header::CONTENT_TYPE, kind)
                    .header(header::ORIGIN, ORIGIN)
                    .header(header::REFERER, format!("{ORIGIN}{page}"))
                    .header("sec-fetch-site", "same-origin");
                Body::from(body)
            }
            None if self.site.is_empty() => Body::empty(),
            None => {
                request = request.header("sec-fetch-site", self.site);
                Body::empty()
            }
        };
        let response: Response<Body> = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let answer = Answer::of(response).await;
        for cookie in answer.set_cookies() {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.into(), value.into());
            }
        }
        answer
    }
}

impl Answer {
    /// Reads what was answered to its end.
    pub async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    pub fn text(&self) -> &str {
        &self.body
    }

    /// The body as JSON.
    pub fn value(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    pub fn retry_after(&self) -> u32 {
        self.header("retry-after").parse().unwrap_or(0)
    }

    /// The code of a refusal.
    pub fn code(&self) -> String {
        let value: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_default();
        value["code"].as_str().unwrap_or(&self.body).to_owned()
    }

    /// The confirmation on a page that has this id, from its first tag to its last.
    pub fn dialog(&self, id: &str) -> &str {
        let id = format!(" id=\"{id}\"");
        let mut all = self.body.split("<dialog ").skip(1).map(|rest| rest.split("</dialog>").next().unwrap());
        let found = all.find(|dialog| dialog.split('>').next().is_some_and(|tag| format!(" {tag}").contains(&id)));
        let found = found.unwrap_or_else(|| panic!("no confirmation with{id}: {}", self.body));
        // It opens without a script.
        assert!(found.split('>').next().unwrap().contains("popover=\"auto\""), "{found}");
        found
    }

    /// The names of all headers, in order.
    pub fn header_names(&self) -> Vec<String> {
        self.headers.keys().map(ToString::to_string).collect()
    }

    pub fn set_cookie(&self, name: &str) -> String {
        self.set_cookies().find(|cookie| cookie.starts_with(&format!("{name}="))).unwrap_or_default().to_owned()
    }

    fn set_cookies(&self) -> impl Iterator<Item = &str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap())
    }
}

/// A letter that waits in the outbox.
pub struct Mail(pub Letter);

impl Mail {
    pub fn code(&self) -> String {
        self.0.subject.chars().take(6).collect()
    }

    /// The path behind the button.
    pub fn link(&self) -> String {
        self.link_to("/verify-email")
    }

    /// The path of the link that leads to this page.
    pub fn link_to(&self, page: &str) -> String {
        let start = self.0.text.find(&format!("{page}?token=")).unwrap_or_else(|| panic!("no link: {}", self.0.text));
        self.0.text[start..].split_whitespace().next().unwrap().to_owned()
    }

    pub fn token(&self) -> String {
        self.link().split_once("token=").unwrap().1.to_owned()
    }
}

/// The last letter to a mailbox. Those of one moment are told apart by where their rows lie: their ids have no order.
pub async fn newest_mail(app: &TestApp, email: &str) -> Mail {
    let (id, sealed): (Uuid, String) = sqlx::query_as(
        "select id, sealed_content from mails where recipient = $1::text::citext and sealed_content is not null
         order by created_at desc, ctid desc limit 1",
    )
    .bind(email)
    .fetch_one(app.db())
    .await
    .unwrap();
    let place = Place { table: "mails", column: "sealed_content", row: id, owner: Uuid::nil(), provider: "" };
    Mail(serde_json::from_slice(&app.vault().open(&place, &sealed).unwrap()).unwrap())
}

/// How many letters to a mailbox were put into the outbox.
pub async fn mails_to(app: &TestApp, email: &str) -> i64 {
    sqlx::query_scalar("select count(*) from mails where recipient = $1::text::citext")
        .bind(email)
        .fetch_one(app.db())
        .await
        .unwrap()
}

/// Moves the app's clock.
pub fn wait(app: &TestApp, by: Duration) {
    app.clock().advance(by);
}

/// Every row of every table, as text.
pub async fn dump(app: &TestApp) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', table_schema, table_name) from information_schema.tables
         where table_type = 'BASE TABLE' and table_schema in ('public', 'graphile_worker') order by 1",
    )
    .fetch_all(app.db())
    .await
    .unwrap();
    let mut dump = String::new();
    for table in tables {
        let statement = format!("select coalesce(jsonb_agg(to_jsonb(t))::text, '') from {table} t");
        let rows: String = sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(app.db()).await.unwrap();
        dump.push_str(&format!("{table}: {rows}\n"));
    }
    dump
}

/// The forms in which a secret might lie in a table: as the browser has it, and its bytes as the database shows them.
pub fn forms_of(secret: &str) -> [String; 2] {
    [secret.to_owned(), hex::encode(BASE64_URL_SAFE_NO_PAD.decode(secret).unwrap())]
}
