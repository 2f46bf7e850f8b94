//! The outside world as the tests need it: one listener that stands for every host. It plays a model by a script and
//! answers for services what a test gives it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aura::{
    kit::id::{ConnectionId, UserId},
    platform::crypto::Place,
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, Uri, header};
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::support::TestApp;

const MODEL: &str = "/api.openai.com/v1/chat/completions";

/// What the model does with one request.
pub enum Reply {
    /// Streams.
    Stream(Vec<Step>),
    /// Refuses.
    Status(u16, &'static [(&'static str, &'static str)], &'static str),
    /// Answers with a page.
    Html,
    /// Says nothing, not even a status.
    Hang,
}

/// One thing in a stream.
pub enum Step {
    Text(&'static str),
    /// A whole call in one piece: tool and arguments.
    Call(&'static str, Value),
    /// Waits until the test lets it go on.
    Gate(Arc<Notify>),
    /// Says nothing any more and keeps the line open.
    Silence,
    /// Any line of data.
    Raw(&'static str),
    /// The finish reason and the end.
    Finish(&'static str),
    /// The finish reason; more follows.
    Finishing(&'static str),
    /// The end.
    End,
}

#[derive(Default)]
struct World {
    replies: Mutex<VecDeque<Reply>>,
    asked: Mutex<Vec<Value>>,
    services: Mutex<BTreeMap<String, (u16, String)>>,
    /// What the services were asked: path and body.
    called: Mutex<Vec<(String, String)>>,
    hung_up: AtomicUsize,
}

#[derive(Clone)]
pub struct Outside {
    world: Arc<World>,
    address: String,
}

impl Outside {
    pub async fn start() -> Self {
        let world = Arc::new(World::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("*=http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(world.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { world, address }
    }

    /// What a process needs that is to see this world, with a model.
    pub fn variables(&self) -> [(&str, &str); 4] {
        [
            ("HOST_OVERRIDES", self.address.as_str()),
            ("OPENAI_API_KEY", "sk-canary-model-key"),
            ("OPENAI_MODEL", "gpt-4o-mini"),
            ("MODEL_WIRE", "chat"),
        ]
    }

    /// An app that sees this world, with a model.
    pub async fn app(&self, db: sqlx::PgPool) -> TestApp {
        self.app_with(db, &[]).await
    }

    /// The same, with further variables.
    pub async fn app_with(&self, db: sqlx::PgPool, changes: &[(&str, &str)]) -> TestApp {
        let mut all = self.variables().to_vec();
        all.extend(changes);
        TestApp::with(db, &all).await
    }

    /// An app that sees this world, without a model.
    pub async fn app_without_model(&self, db: sqlx::PgPool) -> TestApp {
        TestApp::with(db, &[("HOST_OVERRIDES", &self.address)]).await
    }

    /// What the model does with its next request.
    pub fn model(&self, reply: Reply) {
        self.world.replies.lock().unwrap().push_back(reply);
    }

    /// The same in the place of what was said last.
    pub fn swap_last(&self, reply: Reply) {
        self.world.replies.lock().unwrap().pop_back();
        self.model(reply);
    }

    /// What a service answers under `/{host}{path}`.
    pub fn service(&self, path: &str, status: u16, body: &Value) {
        self.world.services.lock().unwrap().insert(path.into(), (status, body.to_string()));
    }

    /// The bodies with which an address was asked, in order.
    pub fn called(&self, path: &str) -> Vec<String> {
        let called = self.world.called.lock().unwrap();
        called.iter().filter(|(known, _)| known == path).map(|(_, body)| body.clone()).collect()
    }

    /// What the model was asked, in order.
    pub fn asked(&self) -> Vec<Value> {
        self.world.asked.lock().unwrap().clone()
    }

    /// How many streams ended because Aura hung up.
    pub fn hung_up(&self) -> usize {
        self.world.hung_up.load(Ordering::SeqCst)
    }
}

async fn answer(State(world): State<Arc<World>>, uri: Uri, body: Bytes) -> Response {
    if uri.path() == MODEL {
        world.asked.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        let reply = world.replies.lock().unwrap().pop_front();
        return match reply {
            Some(Reply::Stream(steps)) => stream(world, steps),
            Some(Reply::Status(status, headers, body)) => {
                let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
                for (name, value) in headers {
                    response.headers_mut().insert(*name, value.parse().unwrap());
                }
                response
            }
            Some(Reply::Html) => ([(header::CONTENT_TYPE, "text/html")], "<html>hello</html>").into_response(),
            Some(Reply::Hang) => std::future::pending().await,
            None => StatusCode::IM_A_TEAPOT.into_response(),
        };
    }
    world.called.lock().unwrap().push((uri.path().into(), String::from_utf8_lossy(&body).into_owned()));
    match world.services.lock().unwrap().get(uri.path()) {
        Some((status, body)) => {
            let status = StatusCode::from_u16(*status).unwrap();
            (status, [(header::CONTENT_TYPE, "application/json")], body.clone()).into_response()
        }
        None => (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "application/json")], "{}").into_response(),
    }
}

/// Notices when the other side hangs up before the end.
struct Line {
    world: Arc<World>,
    steps: VecDeque<Step>,
    over: bool,
}

impl Line {
    fn end(&mut self) {
        self.over = true;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.over {
            self.world.hung_up.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn stream(world: Arc<World>, steps: Vec<Step>) -> Response {
    let line = Line { world, steps: steps.into(), over: false };
    let pieces = futures::stream::unfold(line, |mut line| async move {
        if line.over {
            return None;
        }
        loop {
            let data = match line.steps.pop_front() {
                Some(Step::Text(text)) => chunk(&json!({ "content": text }), None),
                Some(Step::Call(name, arguments)) => chunk(
                    &json!({ "tool_calls": [{ "index": 0, "id": "call_a", "type": "function",
                        "function": { "name": name, "arguments": arguments.to_string() } }] }),
                    None,
                ),
                Some(Step::Gate(gate)) => {
                    gate.notified().await;
                    continue;
                }
                Some(Step::Silence) => std::future::pending().await,
                Some(Step::Raw(line)) => format!("data: {line}\n\n"),
                Some(Step::Finish(reason)) => {
                    line.over = true;
                    format!("{}data: [DONE]\n\n", chunk(&json!({}), Some(reason)))
                }
                Some(Step::Finishing(reason)) => chunk(&json!({}), Some(reason)),
                // Said to be over, or the steps are used up: the line is cut.
                Some(Step::End) | None => {
                    line.end();
                    return None;
                }
            };
            return Some((Ok::<_, std::io::Error>(data), line));
        }
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(pieces)).into_response()
}

fn chunk(delta: &Value, reason: Option<&str>) -> String {
    format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }] }))
}

/// A person in the database.
pub async fn person(app: &TestApp, name: &str) -> aura::chat::Asker {
    let now = app.clock().now();
    let user: UserId = app.state().random.id(now);
    sqlx::query("insert into users (id, display_name, time_zone, created_at) values ($1, $2, 'Europe/Berlin', $3)")
        .bind(Uuid::from(user))
        .bind(name)
        .bind(now)
        .execute(app.db())
        .await
        .unwrap();
    aura::chat::Asker { user, name: name.into(), zone: "Europe/Berlin".into() }
}

/// An account of theirs at a service, with all its scopes and a token that does not expire, which the model may see.
pub async fn connect(app: &TestApp, user: UserId, provider: &str) -> ConnectionId {
    let id = connect_unasked(app, user, provider).await;
    agree(app, id).await;
    id
}

/// Its owner has agreed that this installation's model sees what is read there.
pub async fn agree(app: &TestApp, id: ConnectionId) {
    if let Some(vendor) = app.state().integrations.vendor() {
        sqlx::query(
            "update connections set agreed_vendor = $2, agreed_name = $3, agreed_model = $4, agreed_at = $5 where id = $1",
        )
        .bind(Uuid::from(id))
        .bind(&vendor.mark)
        .bind(&vendor.name)
        .bind(vendor.models())
        .bind(app.clock().now())
        .execute(app.db())
        .await
        .unwrap();
    }
}

/// The same account, before anybody has asked about models.
pub async fn connect_unasked(app: &TestApp, user: UserId, provider: &str) -> ConnectionId {
    let now = app.clock().now();
    let id: ConnectionId = app.state().random.id(now);
    let place = Place {
        table: "connections",
        column: "sealed_access_token",
        row: Uuid::from(id),
        owner: Uuid::from(user),
        provider,
    };
    let token = app.vault().seal(&place, b"canary-access-token").unwrap();
    let scopes: Vec<String> = aura::providers::catalogue()
        .get(provider)
        .and_then(|provider| provider.oauth.as_ref())
        .map(|oauth| oauth.scope_names())
        .unwrap_or_default();
    sqlx::query(
        "insert into connections (id, user_id, provider, account_id, account_label, state, scopes, sealed_access_token,
             created_at, updated_at)
         values ($1, $2, $3, 'a1', 'mira', 'active', $4, $5, $6, $6)",
    )
    .bind(Uuid::from(id))
    .bind(Uuid::from(user))
    .bind(provider)
    .bind(scopes)
    .bind(token)
    .bind(now)
    .execute(app.db())
    .await
    .unwrap();
    id
}

/// Tries until it is there.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..500 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} did not happen within ten seconds");
}
