//! Requests that may arrive twice: a `POST` with an `Idempotency-Key` is done once for its person, and its answer is
//! given again to whoever repeats it (draft-ietf-httpapi-idempotency-key-header).
//!
//! The key is written down before the work and the answer after it. A process that dies in between leaves the key
//! without an answer: nobody can tell then whether the work was done, so the repetition is refused and says so, rather
//! than done a second time.

use std::collections::BTreeMap;

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use serde::{Deserialize, Serialize};
use sqlx::query;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    error::{AppError, ErrorKind},
    kit::id::{IdempotencyKeyId, UserId},
    platform::{
        clock::Clock,
        crypto::{Place, Vault, digest},
        db::Db,
        random::Random,
        refusal::Refusal,
        telemetry,
    },
};

const HEADER: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// How long an answer is kept.
const KEPT: Duration = Duration::hours(24);
/// Longer than any request of this kind can take.
const SURELY_OVER: Duration = Duration::minutes(2);
const LARGEST: usize = 1024 * 1024;
/// What of the head is given again.
const HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::CACHE_CONTROL];

/// Who a request acts for, put into its extensions by whoever finds out.
#[derive(Clone, Copy)]
pub struct Owner(pub UserId);

/// Remembers requests and their answers.
#[derive(Clone)]
pub struct Idempotency {
    db: Db,
    clock: Clock,
    random: Random,
    vault: Vault,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

enum Begun {
    /// The work is ours.
    New(IdempotencyKeyId),
    /// It was done, or is being done.
    Known { id: IdempotencyKeyId, same: bool, sealed_answer: Option<String>, created_at: OffsetDateTime },
}

impl Idempotency {
    /// Over the given parts.
    #[must_use]
    pub fn new(db: Db, clock: Clock, random: Random, vault: Vault) -> Self {
        Self { db, clock, random, vault }
    }

    /// Removes what is older than a day.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn purge(&self) -> sqlx::Result<u64> {
        let before = self.clock.now() - KEPT;
        Ok(query!("delete from idempotency_keys where created_at < $1", before)
            .execute(&self.db)
            .await?
            .rows_affected())
    }

    async fn begin(&self, owner: UserId, key: &str, request_hash: &[u8]) -> sqlx::Result<Begun> {
        let now = self.clock.now();
        let id: IdempotencyKeyId = self.random.id(now);
        let inserted = query!(
            "insert into idempotency_keys (id, user_id, key, request_hash, created_at) values ($1, $2, $3, $4, $5)
             on conflict on constraint idempotency_keys_key do nothing",
            id as IdempotencyKeyId,
            owner as UserId,
            key,
            request_hash,
            now,
        )
        .execute(&self.db)
        .await?;
        if inserted.rows_affected() == 1 {
            return Ok(Begun::New(id));
        }
        let row = query!(
            r#"select id as "id: IdempotencyKeyId", request_hash, sealed_answer, created_at from idempotency_keys
               where user_id = $1 and key = $2"#,
            owner as UserId,
            key,
        )
        .fetch_one(&self.db)
        .await?;
        let same = row.request_hash == request_hash;
        Ok(Begun::Known { id: row.id, same, sealed_answer: row.sealed_answer, created_at: row.created_at })
    }

    async fn settle(&self, owner: UserId, id: IdempotencyKeyId, sealed_answer: Option<&str>) -> sqlx::Result<()> {
        match sealed_answer {
            Some(answer) => {
                query!(
                    "update idempotency_keys set sealed_answer = $3 where id = $1 and user_id = $2",
                    id as IdempotencyKeyId,
                    owner as UserId,
                    answer,
                )
                .execute(&self.db)
                .await?
            }
            None => {
                query!(
                    "delete from idempotency_keys where id = $1 and user_id = $2",
                    id as IdempotencyKeyId,
                    owner as UserId,
                )
                .execute(&self.db)
                .await?
            }
        };
        Ok(())
    }

    /// Does the request, and keeps its answer. Faults of ours are not kept: repeating them may help.
    async fn work(&self, owner: UserId, id: IdempotencyKeyId, request: Request, next: Next) -> Response {
        let response = next.run(request).await;
        if response.status().is_server_error() || response.status() == StatusCode::TOO_MANY_REQUESTS {
            if let Err(error) = self.settle(owner, id, None).await {
                telemetry::report(&error, "idempotency");
            }
            return response;
        }
        // A refusal gets its body further out; what it says stands in its extensions.
        let refusal = response.extensions().get::<AppError>().cloned();
        let (parts, body) = response.into_parts();
        let Ok(bytes) = to_bytes(body, LARGEST).await else { return Refusal(AppError::internal()).into_response() };
        let text = |name: &HeaderName| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        };
        let body = match &refusal {
            Some(error) => serde_json::to_string(error).unwrap_or_default(),
            None => String::from_utf8_lossy(&bytes).into_owned(),
        };
        let headers = HEADERS.iter().filter_map(text).collect();
        let answer =
            serde_json::to_string(&Answer { status: parts.status.as_u16(), headers, body }).unwrap_or_default();
        let kept = match self.vault.seal(&place(owner, id), answer.as_bytes()) {
            Ok(sealed) => self.settle(owner, id, Some(&sealed)).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = kept {
            tracing::error!(%error, "the answer to a repeatable request could not be kept");
        }
        Response::from_parts(parts, Body::from(bytes))
    }

    fn replay(&self, owner: UserId, id: IdempotencyKeyId, sealed: &str) -> Option<Response> {
        let opened = self.vault.open(&place(owner, id), sealed).ok()?;
        let Answer { status, headers, body } = serde_json::from_slice(&opened).ok()?;
        let status = StatusCode::from_u16(status).ok()?;
        let mut response = match serde_json::from_str::<AppError>(&body) {
            Ok(error) if status.is_client_error() => Refusal(error).into_response(),
            _ => (status, body).into_response(),
        };
        response.headers_mut().remove(header::CONTENT_TYPE);
        for (name, value) in headers {
            response.headers_mut().insert(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
        }
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        Some(response)
    }
}

fn place(owner: UserId, id: IdempotencyKeyId) -> Place<'static> {
    Place { table: "idempotency_keys", column: "sealed_answer", row: id.into(), owner: Uuid::from(owner), provider: "" }
}

/// Goes around what may be repeated, inside of whoever puts an [`Owner`] into the request. Without an owner, and where
/// the body is a file, the header counts for nothing.
pub async fn layer(State(idempotency): State<Idempotency>, request: Request, next: Next) -> Response {
    let (Some(Owner(owner)), Some(key)) =
        (request.extensions().get::<Owner>().copied(), request.headers().get(HEADER).cloned())
    else {
        return next.run(request).await;
    };
    if request.method() != Method::POST || !is_small(&request) {
        return next.run(request).await;
    }
    let key = match key.to_str() {
        Ok(key) if (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) => key.to_owned(),
        _ => return refused(ErrorKind::Invalid, "invalid_idempotency_key", KEY_IS_WRONG, None),
    };
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        return Refusal(crate::platform::refusal::too_large()).into_response();
    };
    let hash = hash(&parts, &bytes);
    let request = Request::from_parts(parts, Body::from(bytes));
    match idempotency.begin(owner, &key, &hash).await {
        Ok(Begun::New(id)) => idempotency.work(owner, id, request, next).await,
        Ok(Begun::Known { same: false, .. }) => {
            refused(ErrorKind::Unprocessable, "idempotency_key_reused", KEY_IS_ANOTHERS, None)
        }
        Ok(Begun::Known { id, sealed_answer: Some(sealed), .. }) => idempotency
            .replay(owner, id, &sealed)
            .unwrap_or_else(|| refused(ErrorKind::Conflict, "idempotency_unknown", NOBODY_KNOWS, None)),
        Ok(Begun::Known { created_at, .. }) if idempotency.clock.now() - created_at > SURELY_OVER => {
            refused(ErrorKind::Conflict, "idempotency_unknown", NOBODY_KNOWS, None)
        }
        Ok(Begun::Known { .. }) => refused(ErrorKind::Conflict, "idempotency_running", STILL_AT_IT, Some(1)),
        Err(error) => {
            telemetry::report(&error, "idempotency");
            Refusal(AppError::internal()).into_response()
        }
    }
}

const KEY_IS_WRONG: &str = "An idempotency key has 1 to 255 visible ASCII characters. A random UUID is a good one.";
const KEY_IS_ANOTHERS: &str = "This idempotency key belongs to another request. Choose a new one for each thing to do.";
const NOBODY_KNOWS: &str = "The first request with this key was cut off, and it is not known whether it was done. Look at what is there; then repeat it with a new key.";
const STILL_AT_IT: &str = "The first request with this key is still being done. Ask again in a second.";

fn refused(kind: ErrorKind, code: &str, told: &str, retry_after: Option<u32>) -> Response {
    let mut error = AppError::new(kind, code, told);
    error.retry_after = retry_after;
    Refusal(error).into_response()
}

fn hash(parts: &Parts, body: &[u8]) -> [u8; 32] {
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let mut all = format!("{}\n{target}\n", parts.method).into_bytes();
    all.extend_from_slice(body);
    digest(&all)
}

fn is_small(request: &Request) -> bool {
    request.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"application/json"))
}
