//! A token endpoint that rotates, spends and remembers, and an API behind it that believes no token but the newest. It
//! can hold a request back at the moment a test wants, and knows nothing of Aura.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use aura::platform::clock::Clock;
use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode, Uri};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use tokio::sync::watch;

/// Where the next requests are held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    Nowhere,
    /// On their way: the endpoint has not seen them.
    Before,
    /// The token is spent, and the answer does not come.
    After,
    /// At the API, when the token is long stored.
    AtApi,
}

/// How a grant fares.
#[derive(Default)]
struct Grant {
    /// Which refresh token is good.
    generation: u32,
    /// When the newest access token ends.
    ends_at: Option<OffsetDateTime>,
    /// How often a refresh token was spent.
    exchanges: u32,
}

struct Desk {
    clock: Clock,
    life: Duration,
    grants: Mutex<HashMap<String, Grant>>,
    hold: watch::Sender<Hold>,
    /// How many requests were held.
    held: watch::Sender<usize>,
    /// Calls that the API refused.
    refused: Mutex<u32>,
}

/// The desk, running.
#[derive(Clone)]
pub struct TokenDesk {
    desk: Arc<Desk>,
    pub address: String,
}

impl TokenDesk {
    /// Access tokens live so long by this clock.
    pub async fn start(clock: Clock, life: Duration) -> Self {
        let desk = Arc::new(Desk {
            clock,
            life,
            grants: Mutex::default(),
            hold: watch::Sender::new(Hold::Nowhere),
            held: watch::Sender::new(0),
            refused: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { desk, address }
    }

    /// Holds back what comes from now on, or lets go what is held and all that comes.
    pub fn hold(&self, at: Hold) {
        self.desk.held.send_replace(0);
        self.desk.hold.send_replace(at);
    }

    /// Until so many requests are held.
    pub async fn holds(&self, count: usize) {
        let mut held = self.desk.held.subscribe();
        let all = held.wait_for(|held| *held >= count);
        tokio::time::timeout(std::time::Duration::from_secs(60), all).await.expect("requests arrive").unwrap();
    }

    /// By which its tokens end.
    pub fn clock(&self) -> Clock {
        self.desk.clock.clone()
    }

    /// How often tokens of this grant were spent.
    pub fn exchanges(&self, name: &str) -> u32 {
        self.desk.grants.lock().unwrap().get(name).map_or(0, |grant| grant.exchanges)
    }

    pub fn all_exchanges(&self) -> u32 {
        self.desk.grants.lock().unwrap().values().map(|grant| grant.exchanges).sum()
    }

    /// Calls that the API refused.
    pub fn refused(&self) -> u32 {
        *self.desk.refused.lock().unwrap()
    }
}

/// The first tokens of a grant.
pub fn first_tokens(name: &str) -> (String, String) {
    (access(name, 0), refresh(name, 0))
}

fn access(name: &str, generation: u32) -> String {
    format!("canary-access.{name}.{generation}")
}

fn refresh(name: &str, generation: u32) -> String {
    format!("canary-refresh.{name}.{generation}")
}

/// Name and generation of a token.
fn parts(token: &str) -> Option<(String, u32)> {
    let mut parts = token.split('.').skip(1);
    Some((parts.next()?.to_owned(), parts.next()?.parse().ok()?))
}

impl Desk {
    async fn wait_if(&self, at: Hold) {
        if *self.hold.borrow() == at {
            self.held.send_modify(|held| *held += 1);
            let mut hold = self.hold.subscribe();
            hold.wait_for(|hold| *hold == Hold::Nowhere).await.unwrap();
        }
    }

    /// Spends a refresh token. A service whose host has `linear` in it takes the one before once more, as long as the
    /// newest is unused; the others do not.
    fn spend(&self, token: &str, forgiving: bool) -> Option<(String, u32)> {
        let (name, generation) = parts(token)?;
        let mut grants = self.grants.lock().unwrap();
        let grant = grants.entry(name.clone()).or_default();
        grant.exchanges += 1;
        let again = forgiving && generation + 1 == grant.generation;
        if generation != grant.generation && !again {
            return None;
        }
        if !again {
            grant.generation += 1;
        }
        grant.ends_at = Some(self.clock.now() + self.life);
        Some((name, grant.generation))
    }

    fn believes(&self, token: &str) -> bool {
        let Some((name, generation)) = parts(token) else { return false };
        let mut grants = self.grants.lock().unwrap();
        let grant = grants.entry(name).or_default();
        let ends_at = *grant.ends_at.get_or_insert(self.clock.now() + self.life);
        generation == grant.generation && self.clock.now() < ends_at
    }
}

async fn answer(State(desk): State<Arc<Desk>>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let path = uri.path();
    if path.ends_with("/access_token") || path.ends_with("/token") {
        desk.wait_if(Hold::Before).await;
        let sent = url::form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "refresh_token");
        let token = sent.map(|(_, token)| token.into_owned()).unwrap_or_default();
        let spent = desk.spend(&token, path.contains("linear"));
        desk.wait_if(Hold::After).await;
        return match spent {
            Some((name, generation)) => Json(json!({
                "access_token": access(&name, generation),
                "refresh_token": refresh(&name, generation),
                "expires_in": desk.life.whole_seconds(),
                "token_type": "bearer",
            }))
            .into_response(),
            None => (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response(),
        };
    }
    desk.wait_if(Hold::AtApi).await;
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !desk.believes(token.trim_start_matches("Bearer ")) {
        *desk.refused.lock().unwrap() += 1;
        return (StatusCode::UNAUTHORIZED, Json(json!({"message": "Bad credentials"}))).into_response();
    }
    if path.contains("graphql") {
        let nothing = json!({"data": {"viewer": {"assignedIssues": {"nodes": []}}, "teams": {"nodes": []}}});
        return Json(nothing).into_response();
    }
    if path.contains("calendar") { Json(json!({"items": []})).into_response() } else { Json(json!([])).into_response() }
}
