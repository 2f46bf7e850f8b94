//! Reads an address of a service through a person's connection, for a part of Aura that knows the service's answers
//! itself. Tools have `ask`.

use http::Method;
use serde_json::Value;

use super::{Integrations, refresh::TokenError};
use crate::{
    integrations::{
        executor::{Body, Failure, Outgoing},
        store,
    },
    kit::id::{ConnectionId, OwnAppId, UserId},
    platform::{
        http::{HttpError, Response},
        telemetry,
    },
};

/// Why there is no answer of the service.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("no such connection")]
    NotConnected,
    #[error("the person must sign in again")]
    NeedsReauth,
    /// The service's token endpoint asks to wait so many seconds, or this connection was used too often.
    #[error("asked to wait")]
    Limited(u32),
    #[error("the service is away")]
    Away,
    #[error("the service does not accept this installation")]
    ClientRefused,
    #[error("a fault of ours")]
    Internal,
}

/// A connection, as far as it decides which app at the service is asked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Through {
    pub provider: String,
    /// By which the service knows the account, and the name people know it by.
    pub account_id: String,
    pub account_label: String,
    /// The person's own app; none: this installation's.
    pub own_app: Option<OwnAppId>,
    /// What was granted.
    pub scopes: Vec<String>,
}

/// A call that a part of Aura makes itself.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    pub method: &'a Method,
    /// Behind the base of the service's API.
    pub path: &'a str,
    pub query: &'a [(&'a str, String)],
    pub json: Option<&'a Value>,
}

impl Integrations {
    /// What a person's connection leads to; none where it is not theirs.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn through(&self, user: UserId, connection: ConnectionId) -> Result<Option<Through>, sqlx::Error> {
        let row = store::connection(&self.db, user, connection).await?;
        Ok(row.map(|row| Through {
            provider: row.provider,
            account_id: row.account_id,
            account_label: row.account_label,
            own_app: row.own_app,
            scopes: row.scopes,
        }))
    }

    /// Whatever the service answers to a GET, except that the token is not good any more: then it is renewed once, and
    /// the person asked to sign in again if that does not help.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn fetch(
        &self,
        user: UserId,
        connection: ConnectionId,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Response, FetchError> {
        self.send(user, connection, Sent { method: &Method::GET, path, query, json: None }).await
    }

    /// The same for any call. One that was refused for its token has changed nothing, so it is made again.
    ///
    /// # Errors
    /// When there is no answer; where the service is away, nobody knows whether it did what it was asked.
    pub async fn send(&self, user: UserId, connection: ConnectionId, sent: Sent<'_>) -> Result<Response, FetchError> {
        let mut access = self.access(user, connection, None).await?;
        for again in [true, false] {
            let mut outgoing = Outgoing::with(sent.method.clone());
            sent.path.clone_into(&mut outgoing.path);
            outgoing.body = sent.json.map_or(Body::None, |json| Body::Json(json.clone()));
            outgoing.query = sent.query.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            let line = self.line(access.provider, &access.credential);
            let request = line.request(outgoing).map_err(|_: Failure| FetchError::Internal)?;
            let response = self.http.send(request).await?;
            if response.status != 401 {
                return Ok(response);
            }
            if again {
                access = self.access(user, connection, Some(access.version)).await?;
            } else {
                self.refused(user, connection, access.version).await?;
            }
        }
        Err(FetchError::NeedsReauth)
    }
}

impl From<HttpError> for FetchError {
    fn from(_: HttpError) -> Self {
        Self::Away
    }
}

impl From<TokenError> for FetchError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::NotConnected => Self::NotConnected,
            TokenError::NeedsReauth(_) => Self::NeedsReauth,
            TokenError::Limited(_, wait) => Self::Limited(wait),
            TokenError::Away(_) | TokenError::Slow(_) => Self::Away,
            TokenError::ClientRefused(_) => Self::ClientRefused,
            TokenError::Database(_) | TokenError::Vault(_) | TokenError::Lost(_) | TokenError::Untold(_) => {
                telemetry::report(&error, "no access token for a read");
                Self::Internal
            }
        }
    }
}
