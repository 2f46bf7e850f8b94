use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::{
    key,
    store::{self, KeyRow, NewKey},
};
use crate::{
    error::{AppError, ErrorKind},
    identity::{
        Identity,
        bearer::{self, Credential, Principal, Scope},
        model::Role,
        service::{IdentityError, Notice},
    },
    kit::id::{ApiKeyId, UserId},
    platform::{audit, clock::Clock, db::Db, random::Random, telemetry},
};

/// How many keys of a person work at a time.
pub const MOST_KEYS: i64 = 20;
/// How exactly the last use is known.
const USE_NOTED_EVERY: Duration = Duration::minutes(1);
/// How long a key that opens nothing stays in the table.
const REMEMBERED: Duration = Duration::days(30);
/// The longest that a key can be made to last.
const LONGEST: Duration = Duration::days(3 * 365);

/// Keys that people give to programs.
#[derive(Clone)]
pub struct ApiKeys {
    db: Db,
    clock: Clock,
    random: Random,
    identity: Identity,
}

/// Why a key was not made, found or revoked.
#[derive(Debug, Error)]
pub enum ApiKeyError {
    /// It is none of ours, was revoked, or has come to its end.
    #[error("no such key")]
    NotBelieved,
    /// There is no such key of theirs.
    #[error("not theirs")]
    NoSuchKey,
    /// A name has 1 to 100 characters.
    #[error("no name")]
    Name,
    /// A key without a scope could do nothing.
    #[error("no scope")]
    NoScope,
    /// It is no scope.
    #[error("no such scope")]
    NoSuchScope,
    /// The end lies in the past or too far ahead.
    #[error("no such end")]
    Expiry,
    /// So many at most.
    #[error("too many keys")]
    TooMany,
    /// The letter about it failed.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The database failed.
    #[error("keys: the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<ApiKeyError> for AppError {
    fn from(error: ApiKeyError) -> Self {
        let (kind, code, message, field) = match error {
            ApiKeyError::NotBelieved => (
                ErrorKind::Unauthenticated,
                "key_invalid",
                "This key opens nothing: it is not complete, was revoked, or has expired. Make a new one in the settings.",
                None,
            ),
            ApiKeyError::NoSuchKey => return Self::not_found("key"),
            ApiKeyError::Name => {
                (ErrorKind::Unprocessable, "name_invalid", "Give the key a name of 1 to 100 characters.", Some("name"))
            }
            ApiKeyError::NoScope => (
                ErrorKind::Unprocessable,
                "scope_missing",
                "Choose at least one thing that the key may do.",
                Some("scopes"),
            ),
            ApiKeyError::NoSuchScope => {
                (ErrorKind::Unprocessable, "scope_unknown", "There is no such scope.", Some("scopes"))
            }
            ApiKeyError::Expiry => (
                ErrorKind::Unprocessable,
                "expiry_invalid",
                "A key ends some time from now, and within three years.",
                Some("expires_at"),
            ),
            ApiKeyError::TooMany => {
                (ErrorKind::Conflict, "too_many_keys", "You have 20 keys that work. Revoke one that is not used.", None)
            }
            ApiKeyError::Identity(error) => return error.into(),
            ApiKeyError::Database(_) => {
                telemetry::report(&error, "API keys");
                return Self::internal();
            }
        };
        let told = Self::new(kind, code, message);
        match field {
            Some(field) => told.on_field(field),
            None => told,
        }
    }
}

/// A key that was just made.
pub struct Made {
    pub row: KeyRow,
    /// The key itself, shown this once.
    pub key: Zeroizing<String>,
}

impl ApiKeys {
    /// Over the given parts.
    #[must_use]
    pub fn new(db: Db, clock: Clock, random: Random, identity: Identity) -> Self {
        Self { db, clock, random, identity }
    }

    /// Makes a key, and tells its owner by letter.
    ///
    /// # Errors
    /// When name, scopes or end do not fit, there are too many, or the database is away.
    pub async fn make(
        &self,
        user: UserId,
        name: &str,
        scopes: &[String],
        expires_at: Option<OffsetDateTime>,
    ) -> Result<Made, ApiKeyError> {
        let now = self.clock.now();
        let name = name.trim();
        if !(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(ApiKeyError::Name);
        }
        if expires_at.is_some_and(|end| end <= now || end > now + LONGEST) {
            return Err(ApiKeyError::Expiry);
        }
        let mut chosen = Vec::new();
        for scope in scopes {
            chosen.push(Scope::parse(scope).ok_or(ApiKeyError::NoSuchScope)?);
        }
        chosen.sort_unstable();
        chosen.dedup();
        if chosen.is_empty() {
            return Err(ApiKeyError::NoScope);
        }
        let scopes: Vec<String> = chosen.iter().map(|scope| scope.as_str().to_owned()).collect();
        let mut tx = self.db.begin().await?;
        if store::count_locked(&mut tx, user, now).await? >= MOST_KEYS {
            return Err(ApiKeyError::TooMany);
        }
        let key = key::make(&self.random);
        let id: ApiKeyId = self.random.id(now);
        let prefix = key::prefix(&key).to_owned();
        let key_hash = key::hash(&key).ok_or(ApiKeyError::NotBelieved)?;
        let new = NewKey { id, user, name, prefix: &prefix, key_hash: &key_hash, scopes: &scopes, expires_at, now };
        store::insert(&mut tx, &new).await?;
        let detail = serde_json::json!({ "key": prefix, "scopes": scopes });
        audit::record(&mut tx, &self.random, now, user, "api_key_made", detail).await?;
        self.identity.notify(&mut tx, user, &Notice::ApiKeyMade { name }).await?;
        tx.commit().await?;
        let row = KeyRow { id, name: name.to_owned(), prefix, scopes, created_at: now, expires_at, last_used_at: None };
        Ok(Made { row, key })
    }

    /// A person's keys, the newest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn list(&self, user: UserId, after: Option<ApiKeyId>, rows: i64) -> Result<Vec<KeyRow>, ApiKeyError> {
        Ok(store::list(&mut *self.db.acquire().await?, user, after, rows).await?)
    }

    /// Revokes a key: it opens nothing from the next request on.
    ///
    /// # Errors
    /// When there is no such key of theirs, or the database is away.
    pub async fn end(&self, user: UserId, id: ApiKeyId) -> Result<(), ApiKeyError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::end(&mut tx, user, id, now).await?.ok_or(ApiKeyError::NoSuchKey)?;
        audit::record(&mut tx, &self.random, now, user, "api_key_revoked", serde_json::json!({})).await?;
        Ok(tx.commit().await?)
    }

    /// Removes keys that were revoked or have expired a month ago: until then their owner can ask what they were.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn purge(&self) -> Result<u64, ApiKeyError> {
        Ok(store::system::purge(&self.db, self.clock.now() - REMEMBERED).await?)
    }

    /// The time by which keys are judged.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    async fn principal(&self, credential: &str) -> Result<Principal, ApiKeyError> {
        let now = self.clock.now();
        let hash = key::hash(credential).ok_or(ApiKeyError::NotBelieved)?;
        let mut connection = self.db.acquire().await?;
        let found = store::key_by_secret(&mut connection, &hash, now).await?.ok_or(ApiKeyError::NotBelieved)?;
        if found.last_used_at.is_none_or(|last| last + USE_NOTED_EVERY <= now) {
            store::note_use(&mut connection, found.user, found.id, now).await?;
        }
        Ok(Principal {
            user: found.user,
            role: if found.is_admin { Role::Admin } else { Role::Member },
            credential: Credential::Key {
                id: found.id,
                scopes: found.scopes.iter().filter_map(|scope| Scope::parse(scope)).collect(),
            },
        })
    }
}

/// Finds whom a key acts for. It stands around the layer that does the same for signed tokens.
pub async fn layer(State(keys): State<ApiKeys>, mut request: Request, next: Next) -> Response {
    if let Some(credential) = bearer::presented(request.headers()).filter(|credential| key::is_meant(credential)) {
        match keys.principal(credential).await {
            Ok(principal) => bearer::admit(&mut request, principal),
            Err(error) => bearer::refuse(&mut request, error.into()),
        }
    }
    next.run(request).await
}
