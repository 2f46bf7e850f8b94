//! A program that is signed in nowhere: it registers, signs in and recovers.

use std::net::SocketAddr;

use axum::{Router, body::Body, extract::ConnectInfo};
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{
    browser::{Answer, newest_mail},
    support::TestApp,
};

/// A password that is taken.
pub const GOOD: &str = "zwölf Boxkämpfer jagen";

#[derive(Clone)]
pub struct Stranger {
    router: Router,
    address: [u8; 4],
}

impl Stranger {
    pub fn new(app: &TestApp) -> Self {
        Self { router: app.router(), address: [192, 0, 2, 7] }
    }

    /// The same program, talking to another process.
    pub fn at(&self, app: &TestApp) -> Self {
        Self { router: app.router(), ..*self }
    }

    /// The same, from another network address: limits count it apart.
    pub fn from(&self, address: [u8; 4]) -> Self {
        Self { address, ..self.clone() }
    }

    pub async fn send(&self, method: &str, path: &str, access: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:3000")
            .header(header::USER_AGENT, "Aura/2.4.1")
            .header(header::CONTENT_TYPE, "application/json");
        if !access.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {access}"));
        }
        let mut request = request.body(body.into()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((self.address, 50_000))));
        Answer::of(self.router.clone().oneshot(request).await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", &format!("/api/v1/{path}"), "", body.to_string()).await
    }

    pub async fn register(&self, email: &str, password: &str) -> Answer {
        self.post("registrations", &json!({ "email": email, "password": password })).await
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Answer {
        self.post("tokens", &json!({ "email": email, "password": password, "device": device() })).await
    }

    /// Types a code for what `begun` answered at this path.
    pub async fn confirm(&self, path: &str, begun: &Answer, code: &str) -> Answer {
        let id = verification(begun);
        self.post(&format!("{path}/{id}/confirm"), &json!({ "code": code, "device": device() })).await
    }

    pub async fn recover(&self, begun: &Answer, code: &str, new: &str) -> Answer {
        let id = verification(begun);
        self.post(&format!("recoveries/{id}/confirm"), &json!({ "code": code, "new_password": new })).await
    }

    /// Goes the whole way to an account with a password: its access token.
    pub async fn joins(&self, app: &TestApp, email: &str, password: &str) -> String {
        let begun = self.register(email, password).await;
        assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text());
        let code = newest_mail(app, email).await.code();
        access(&self.confirm("registrations", &begun, &code).await)
    }
}

pub fn device() -> Value {
    json!({ "name": "Mira's phone", "platform": "ios", "app_version": "2.4.1" })
}

pub fn verification(begun: &Answer) -> String {
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text());
    begun.value()["verification_id"].as_str().unwrap().to_owned()
}

/// The access token of an answer that signs in.
pub fn access(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.value()["access_token"].as_str().unwrap().to_owned()
}

/// Six digits that are not these.
pub fn other_than(code: &str) -> String {
    if code == "000000" { "000001".to_owned() } else { "000000".to_owned() }
}

/// What is the same in two answers that shall tell nothing apart: the status, the headers, the members of the body.
pub fn shape(answer: &Answer) -> (StatusCode, Vec<String>, Vec<String>) {
    let members = answer.value().as_object().unwrap().keys().cloned().collect();
    (answer.status, answer.header_names(), members)
}

pub fn refused(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

/// A refusal with this status and code.
pub fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
