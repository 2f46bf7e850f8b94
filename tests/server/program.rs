//! A program as the tests need one: an app on a device, which keeps its tokens and speaks JSON.

use std::net::SocketAddr;

use aura::{
    identity::service::{ArrivingProgram, IssuedTokens, Method, ProgramDevice},
    kit::id::{DeviceId, SessionId, UserId},
};
use axum::{Router, body::Body, extract::ConnectInfo};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{Request, Response, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{
    browser::{Answer, Browser},
    support::TestApp,
};

#[derive(Clone)]
pub struct Program {
    router: Router,
    address: SocketAddr,
    pub user: UserId,
    pub session: SessionId,
    pub device: DeviceId,
    pub access: String,
    pub refresh: String,
}

/// A person with this address, who has signed in with a browser.
pub async fn person_at(app: &TestApp, email: &str) -> (UserId, Browser) {
    let mut browser = Browser::new(app);
    browser.sign_in(app, email).await;
    let user: Uuid = sqlx::query_scalar("select user_id from user_emails where email = $1::text::citext")
        .bind(email)
        .fetch_one(app.db())
        .await
        .unwrap();
    (UserId::from(user), browser)
}

impl Program {
    /// Signed in for a person on a new device.
    pub async fn new(app: &TestApp, user: UserId) -> Self {
        Self::on(app, user, None, "Mira's phone").await
    }

    /// Signed in on this device, or a new one of this name.
    pub async fn on(app: &TestApp, user: UserId, device: Option<DeviceId>, name: &str) -> Self {
        let device = ProgramDevice { id: device, name, platform: "ios", app_version: Some("2.4.1") };
        let arriving =
            ArrivingProgram { user_agent: "Aura/2.4.1", address: "192.0.2.7", limit_key: "192.0.2.7", device };
        let mut tx = app.db().begin().await.unwrap();
        let method = Method::EmailCode;
        let issued = app.identity().open_program_session(&mut tx, user, false, &method, &arriving).await.unwrap();
        tx.commit().await.unwrap();
        let IssuedTokens { access_token, refresh_token, session, device, .. } = issued;
        let refresh = refresh_token.to_string();
        let address = SocketAddr::from(([192, 0, 2, 7], 50_000));
        Self { router: app.router(), address, user, session, device, access: access_token, refresh }
    }

    /// The same program, talking to another process.
    pub fn at(&self, app: &TestApp) -> Self {
        Self { router: app.router(), ..self.clone() }
    }

    /// The same, from another network address.
    pub fn coming_from(&self, address: [u8; 4]) -> Self {
        Self { address: SocketAddr::from((address, 50_000)), ..self.clone() }
    }

    /// The same, with another access token.
    pub fn showing(&self, access: &str) -> Self {
        Self { access: access.to_owned(), ..self.clone() }
    }

    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        Answer::of(self.begin(method, path, body, &[]).await).await
    }

    /// An answer whose body is not read, with these headers sent beside the usual ones.
    pub async fn begin(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Response<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:3000")
            .header(header::USER_AGENT, "Aura/2.4.1");
        if !self.access.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.access));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(value) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(value.to_string())
            }
            None => Body::empty(),
        };
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(self.address));
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    /// Asks something that only a signed-in program is told: the status, and the code of a refusal.
    pub async fn asks(&self) -> (StatusCode, String) {
        let answer = self.get("/api/v1/sessions").await;
        let code = if answer.status == StatusCode::OK { String::new() } else { answer.code() };
        (answer.status, code)
    }

    pub async fn is_signed_in(&self) -> bool {
        self.asks().await.0 == StatusCode::OK
    }

    /// Brings a refresh token, and keeps nothing of the answer. It shows no access token: it may have expired.
    pub async fn brings(&self, token: &str) -> Answer {
        self.showing("").send("POST", "/api/v1/tokens/refresh", Some(&json!({ "refresh_token": token }))).await
    }

    /// Renews, and keeps what it was answered.
    pub async fn renew(&mut self) -> Answer {
        let answer = self.brings(&self.refresh).await;
        if answer.status == StatusCode::OK {
            let said = answer.value();
            self.access = said["access_token"].as_str().unwrap().to_owned();
            self.refresh = said["refresh_token"].as_str().unwrap().to_owned();
        }
        answer
    }
}

/// The header and the claims of a token, unchecked.
pub fn decoded(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap());
    let mut part = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (part(), part())
}
