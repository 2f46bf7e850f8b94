//! The broker of access tokens: hands one out that is good, and has it renewed by exactly one caller of all processes.
//!
//! Whoever finds a token due takes the lease on its row by one statement; the others use what is still good or wait
//! until the row has changed, and never ask the service themselves. The holder's exchange and save run in a task of
//! their own, so that a browser that goes away cannot lose a rotated token.

use std::{sync::PoisonError, time::Duration as Wait};

use secrecy::SecretString;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Integrations, connect::state_of, sealed::Column};
use crate::{
    account::notifications::NotificationError,
    integrations::{
        model::ConnectionState,
        store::{self, ConnectionRow, Lease, Renewed},
    },
    kit::id::{ConnectionId, UserId},
    platform::{
        bus::{Event, Subscription, Topic},
        crypto::{VaultError, digest},
        telemetry,
    },
    providers::{
        Oauth, Provider,
        oauth::{errors::OauthError, refresh, reply::TokenReply},
    },
};

/// A lease is longer than any exchange may take.
const LEASE: Duration = Duration::seconds(60);
/// How long a caller waits for another's renewal.
const PATIENCE: Wait = Wait::from_secs(25);
/// How often a waiting caller looks without having been told.
const POLL: Wait = Wait::from_millis(250);

/// An access token on loan for one call.
pub(super) struct Access {
    pub(super) token: SecretString,
    /// Of the tokens it belongs to.
    pub(super) version: i64,
    pub(super) account_label: String,
    pub(super) provider: &'static Provider,
}

/// A service that was away: how often in a row, and until when it is left alone.
#[derive(Clone, Copy)]
pub(super) struct Pause {
    failures: u32,
    until: OffsetDateTime,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenError {
    #[error("no such connection")]
    NotConnected,
    #[error("the person must sign in again")]
    NeedsReauth(&'static Provider),
    #[error("the service asks to wait")]
    Limited(&'static Provider, u32),
    #[error("the service is away")]
    Away(&'static Provider),
    #[error("the renewal takes too long")]
    Slow(&'static Provider),
    #[error("integrations: the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("integrations: sealing failed: {0}")]
    Vault(#[from] VaultError),
    #[error("integrations: a task was lost: {0}")]
    Lost(#[from] tokio::task::JoinError),
    #[error("integrations: nobody could be told: {0}")]
    Untold(#[from] NotificationError),
}

/// How far a row's tokens carry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Freshness {
    Good,
    /// Good for the moment, but to be renewed ahead.
    Due,
    Dead,
}

impl Integrations {
    /// An access token of this connection. `rejected` names the version that the service has just refused: only newer
    /// tokens will do then.
    pub(super) async fn access(
        &self,
        user: UserId,
        id: ConnectionId,
        rejected: Option<i64>,
    ) -> Result<Access, TokenError> {
        let mut news = self.bus.subscribe(Topic::ConnectionChanged);
        let give_up_at = Instant::now() + PATIENCE;
        loop {
            let row = store::connection(&self.db, user, id).await?.ok_or(TokenError::NotConnected)?;
            let provider = self.catalogue.get(&row.provider).ok_or(TokenError::NotConnected)?;
            if ConnectionState::parse(&row.state) == ConnectionState::NeedsReauth {
                return Err(TokenError::NeedsReauth(provider));
            }
            let now = self.clock.now();
            let freshness = match rejected {
                Some(version) if row.version <= version => Freshness::Dead,
                _ => freshness(&row, now),
            };
            if freshness == Freshness::Good {
                return self.lend(user, provider, &row).await;
            }
            let Some((oauth, sealed)) = provider.oauth.as_ref().zip(row.sealed_refresh_token.clone()) else {
                if freshness == Freshness::Due {
                    return self.lend(user, provider, &row).await;
                }
                let reason = if rejected.is_some() { "revoked" } else { "expired" };
                self.end_grant(user, provider, &row, reason).await?;
                continue;
            };
            if let Some(pause) = self.pause(id).filter(|pause| pause.until > now) {
                if freshness == Freshness::Due {
                    return self.lend(user, provider, &row).await;
                }
                let seconds = u32::try_from((pause.until - now).whole_seconds()).unwrap_or(0);
                return Err(if seconds > 0 {
                    TokenError::Limited(provider, seconds)
                } else {
                    TokenError::Away(provider)
                });
            }
            let owner = Uuid::from_bytes(self.random.bytes());
            match store::take(&self.db, user, id, row.version, owner, now, now + LEASE).await? {
                Some(lease) => {
                    let service = self.clone();
                    let held =
                        Held { user, id, provider, oauth, lease, sealed, fingerprint: row.client_fingerprint.clone() };
                    let outcome = tokio::spawn(async move { service.renew(&held).await }).await?;
                    match outcome {
                        Ok(()) => {}
                        Err(TokenError::Away(_) | TokenError::Limited(..)) if freshness == Freshness::Due => {
                            return self.lend(user, provider, &row).await;
                        }
                        Err(error) => return Err(error),
                    }
                }
                None if freshness == Freshness::Due => return self.lend(user, provider, &row).await,
                None if Instant::now() >= give_up_at => return Err(TokenError::Slow(provider)),
                None => wait(&mut news, user).await,
            }
        }
    }

    async fn lend(&self, user: UserId, provider: &'static Provider, row: &ConnectionRow) -> Result<Access, TokenError> {
        match self.open_token(Column::Access, row.id, user, &provider.id, &row.sealed_access_token) {
            Ok(token) => Ok(Access { token, version: row.version, account_label: row.account_label.clone(), provider }),
            Err(error) => {
                // Someone wrote into the table, or the key ring is not whole. Either way this token is not used.
                telemetry::report(&error, "a stored access token did not open");
                self.end_grant(user, provider, row, "sealed_broken").await?;
                Err(TokenError::NeedsReauth(provider))
            }
        }
    }

    /// Says that the person must sign in again, unless the tokens have changed since the row was read.
    pub(super) async fn end_grant(
        &self,
        user: UserId,
        provider: &'static Provider,
        row: &ConnectionRow,
        reason: &str,
    ) -> Result<(), TokenError> {
        let mut transaction = self.db.begin().await?;
        if store::needs_reauth(&mut *transaction, user, row.id, row.version, reason, self.clock.now()).await? {
            self.broken(&mut transaction, user, row.id, provider, reason).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Notes that a connection no longer works, and tells its owner: once, because only its end gets here.
    async fn broken(
        &self,
        transaction: &mut PgConnection,
        user: UserId,
        id: ConnectionId,
        provider: &Provider,
        reason: &str,
    ) -> Result<(), TokenError> {
        self.changed_within(transaction, user, Some(id), &provider.id, "needs_reauth", Some(reason)).await?;
        Ok(self.notifications.connection_broken(transaction, user, &provider.name).await?)
    }

    /// As `end_grant`, for tokens of a version that the service has refused twice.
    pub(super) async fn refused(&self, user: UserId, id: ConnectionId, version: i64) -> Result<(), TokenError> {
        if let Some(row) = store::connection(&self.db, user, id).await?
            && let Some(provider) = self.catalogue.get(&row.provider).filter(|_| row.version == version)
        {
            self.end_grant(user, provider, &row, "revoked").await?;
        }
        Ok(())
    }

    async fn renew(&self, held: &Held) -> Result<(), TokenError> {
        let Held { user, id, provider, oauth, lease, .. } = *held;
        let Some(client) = self.clients.get(provider.id.as_str()) else {
            store::release(&self.db, user, id, lease, false).await?;
            return Err(TokenError::Away(provider));
        };
        let ours = digest(client.id.as_bytes());
        if held.fingerprint.as_ref().is_some_and(|print| print.as_slice() != ours) {
            return self.lost(held, "client_changed").await;
        }
        let token = match self.open_token(Column::Refresh, id, user, &provider.id, &held.sealed) {
            Ok(token) => token,
            Err(error) => {
                telemetry::report(&error, "a stored refresh token did not open");
                return self.lost(held, "sealed_broken").await;
            }
        };
        let mut reply = refresh::refresh(&self.http, oauth, client, &token, self.clock.now()).await;
        if matches!(reply, Err(OauthError::NoReply)) && oauth.rotation.may_retry() {
            // The token may be spent, and this service still takes a spent one for a while.
            reply = refresh::refresh(&self.http, oauth, client, &token, self.clock.now()).await;
        }
        match reply {
            Ok(tokens) => self.save(held, &tokens).await,
            Err(OauthError::InvalidGrant | OauthError::AccessDenied) => {
                let reason = if lease.maybe_spent { "lost_rotation" } else { "revoked" };
                self.lost(held, reason).await
            }
            Err(error) => {
                if !error.passes() {
                    telemetry::report(&error, "a renewal was refused for a reason that the person cannot mend");
                }
                store::release(&self.db, user, id, lease, error == OauthError::NoReply).await?;
                let wait = self.rest(id, error);
                Err(match error {
                    OauthError::Limited { .. } => TokenError::Limited(provider, wait),
                    _ => TokenError::Away(provider),
                })
            }
        }
    }

    async fn save(&self, held: &Held, tokens: &TokenReply) -> Result<(), TokenError> {
        let Held { user, id, provider, oauth, lease, .. } = *held;
        let access = self.seal_token(Column::Access, id, user, &provider.id, &tokens.access)?;
        let seal = |token: &SecretString| self.seal_token(Column::Refresh, id, user, &provider.id, token);
        let refresh = tokens.refresh.as_ref().map(seal).transpose()?;
        let row = store::connection(&self.db, user, id).await?.ok_or(TokenError::NotConnected)?;
        let granted = tokens.scopes.as_ref().unwrap_or(&row.scopes);
        let new = Renewed {
            sealed_access_token: &access,
            sealed_refresh_token: refresh.as_deref(),
            access_expires_at: tokens.expires_at,
            scopes: tokens.scopes.as_deref(),
            state: state_of(oauth, granted).as_str(),
            now: self.clock.now(),
        };
        let mut transaction = self.db.begin().await?;
        if store::save(&mut *transaction, user, id, lease, &new).await? {
            self.changed_within(&mut transaction, user, Some(id), &provider.id, "renewed", None).await?;
            transaction.commit().await?;
            self.forget_pause(id);
        }
        Ok(())
    }

    /// The grant is dead, unless somebody has stored other tokens meanwhile: the caller reads the row again.
    async fn lost(&self, held: &Held, reason: &str) -> Result<(), TokenError> {
        let mut transaction = self.db.begin().await?;
        let Held { user, id, provider, lease, .. } = *held;
        if store::give_up(&mut *transaction, user, id, lease, reason, self.clock.now()).await? {
            self.broken(&mut transaction, user, id, provider, reason).await?;
        }
        Ok(transaction.commit().await?)
    }

    fn pause(&self, id: ConnectionId) -> Option<Pause> {
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    pub(super) fn forget_pause(&self, id: ConnectionId) {
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Leaves a service alone after a failure, each time twice as long up to five minutes, or as long as it asks.
    fn rest(&self, id: ConnectionId, error: OauthError) -> u32 {
        let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = pauses.get(&id).map_or(0, |pause| pause.failures).saturating_add(1);
        let seconds = match error {
            OauthError::Limited { retry_after } => retry_after.clamp(1, 3_600),
            _ => (1_u32 << failures.min(8)).min(300) + self.random.below(2),
        };
        pauses.insert(id, Pause { failures, until: self.clock.now() + Duration::seconds(i64::from(seconds)) });
        seconds
    }
}

/// A renewal in hand.
struct Held {
    user: UserId,
    id: ConnectionId,
    provider: &'static Provider,
    oauth: &'static Oauth,
    lease: Lease,
    sealed: String,
    fingerprint: Option<Vec<u8>>,
}

/// Tokens are renewed five minutes ahead or a fifth of their life, whichever is more, but never before half of it.
fn freshness(row: &ConnectionRow, now: OffsetDateTime) -> Freshness {
    let Some(expires_at) = row.access_expires_at else {
        return Freshness::Good;
    };
    if now >= expires_at {
        return Freshness::Dead;
    }
    let life = (expires_at - row.updated_at).max(Duration::ZERO);
    let ahead = (life / 5_i32).max(Duration::minutes(5)).min(life / 2_i32);
    if now >= expires_at - ahead { Freshness::Due } else { Freshness::Good }
}

/// Until something of this person's connections changes, or the time to look anyway has come.
async fn wait(news: &mut Subscription, user: UserId) {
    let ours = user.to_string();
    let told = async {
        loop {
            match news.next().await {
                Some(Event::Id(id)) if *id != *ours => {}
                Some(_) => return,
                None => std::future::pending::<()>().await,
            }
        }
    };
    let _told_or_not = tokio::time::timeout(POLL, told).await;
}
