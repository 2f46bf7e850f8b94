//! The broker of access tokens: hands one out that is good, and has it renewed by exactly one caller of all processes.
//!
//! Whoever finds a token due takes the lease on its row by one statement; the others use what is still good or wait
//! until the row has changed, and never ask the service themselves. The holder's exchange and save run in a task of
//! their own (`renew`), so that a browser that goes away cannot lose a rotated token. `sweep` renews what is due by its
//! schedule though nobody asks.

mod renew;
mod schedule;
mod session;
mod sweep;

use std::time::Duration as Wait;

use sqlx::PgConnection;
use time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

use super::Integrations;
use crate::{
    account::notifications::NotificationError,
    integrations::{
        model::ConnectionState,
        store::{self, ConnectionRow},
    },
    kit::id::{ConnectionId, UserId},
    platform::{
        bus::{Event, Subscription, Topic},
        crypto::VaultError,
        telemetry,
    },
    providers::{Credential, Provider, oauth::reply::TokenReply, session::login::Login},
};
use renew::Held;
use schedule::{Freshness, freshness};
pub(super) use schedule::{Rights, due, rest, share};

/// A lease is longer than any exchange may take.
const LEASE: Duration = Duration::seconds(60);
/// How long a caller waits for another's renewal.
const PATIENCE: Wait = Wait::from_secs(25);
/// How often a waiting caller looks without having been told.
const POLL: Wait = Wait::from_millis(250);

/// What one call is made with, on loan.
pub(in crate::integrations) struct Access {
    pub(in crate::integrations) credential: Credential,
    /// Of the tokens it belongs to.
    pub(in crate::integrations) version: i64,
    pub(in crate::integrations) account_id: String,
    pub(in crate::integrations) account_label: String,
    /// What was granted.
    pub(in crate::integrations) scopes: Vec<String>,
    pub(in crate::integrations) provider: &'static Provider,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("no such connection")]
    NotConnected,
    #[error("the person must sign in again")]
    NeedsReauth(&'static Provider),
    #[error("the service asks to wait")]
    Limited(&'static Provider, u32),
    #[error("the service is away")]
    Away(&'static Provider),
    #[error("the service does not accept this installation's client")]
    ClientRefused(&'static Provider),
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

impl Integrations {
    /// What a call through this connection is made with. `rejected` names the version of the tokens that the service
    /// has just refused: only newer ones will do then.
    pub(in crate::integrations) async fn access(
        &self,
        user: UserId,
        id: ConnectionId,
        rejected: Option<i64>,
    ) -> Result<Access, TokenError> {
        let mut waiting = None;
        let give_up_at = Instant::now() + PATIENCE;
        loop {
            let row = store::connection(&self.db, user, id).await?.ok_or(TokenError::NotConnected)?;
            let provider = self.catalogue.get(&row.provider).ok_or(TokenError::NotConnected)?;
            if ConnectionState::parse(&row.state) == ConnectionState::NeedsReauth {
                return Err(TokenError::NeedsReauth(provider));
            }
            let now = self.clock.now();
            let login = provider.session.as_ref().and_then(Login::of);
            let freshness = match (rejected, &login) {
                (Some(version), _) if row.version <= version => Freshness::Dead,
                (_, Some(login)) => session::freshness(login, &row, now),
                _ => freshness(&row, now),
            };
            if freshness == Freshness::Good {
                return self.lend(user, provider, &row).await;
            }
            let oauth = provider.oauth.as_ref().filter(|_| row.sealed_refresh_token.is_some());
            if oauth.is_none() && login.is_none() {
                if freshness == Freshness::Due {
                    return self.lend(user, provider, &row).await;
                }
                let reason = if rejected.is_some() { "revoked" } else { "expired" };
                self.end_grant(user, provider, &row, reason).await?;
                continue;
            }
            if row.paused_until.is_some_and(|until| until > now) {
                if freshness == Freshness::Due {
                    return self.lend(user, provider, &row).await;
                }
                return Err(TokenError::Away(provider));
            }
            // Before the first look at the lease, so that its end is not missed.
            let news = waiting.get_or_insert_with(|| self.bus.subscribe(Topic::ConnectionChanged));
            let owner = Uuid::from_bytes(self.random.bytes());
            match store::take(&self.db, user, id, row.version, owner, now, now + LEASE).await? {
                Some(lease) => {
                    let renewed = match oauth {
                        Some(oauth) => {
                            let held = Held { user, provider, oauth, lease, wanted: true };
                            self.renew_apart(held, row.clone()).await
                        }
                        None => self.log_in_apart(user, provider, row.clone(), lease).await,
                    };
                    match renewed {
                        Ok(()) => {}
                        Err(TokenError::Away(_) | TokenError::Limited(..) | TokenError::ClientRefused(_))
                            if freshness == Freshness::Due =>
                        {
                            return self.lend(user, provider, &row).await;
                        }
                        Err(error) => return Err(error),
                    }
                }
                None if freshness == Freshness::Due => return self.lend(user, provider, &row).await,
                None if Instant::now() >= give_up_at => return Err(TokenError::Slow(provider)),
                None => wait(news, user).await,
            }
        }
    }

    /// In a task of its own: whoever waits for it may go away.
    async fn renew_apart(&self, held: Held, row: ConnectionRow) -> Result<(), TokenError> {
        let service = self.clone();
        tokio::spawn(async move { service.renew(&held, &row).await }).await?
    }

    async fn lend(&self, user: UserId, provider: &'static Provider, row: &ConnectionRow) -> Result<Access, TokenError> {
        match self.open_credential(user, row) {
            Ok(credential) => {
                let (account_id, account_label) = (row.account_id.clone(), row.account_label.clone());
                let scopes = row.scopes.clone();
                Ok(Access { credential, version: row.version, account_id, account_label, scopes, provider })
            }
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

    /// As `end_grant`, for tokens of a version that the service has refused twice.
    pub(super) async fn refused(&self, user: UserId, id: ConnectionId, version: i64) -> Result<(), TokenError> {
        if let Some(row) = store::connection(&self.db, user, id).await?
            && let Some(provider) = self.catalogue.get(&row.provider).filter(|_| row.version == version)
        {
            self.end_grant(user, provider, &row, "revoked").await?;
        }
        Ok(())
    }
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

impl Integrations {
    /// Plans when the tokens of a consent that was just stored are renewed, in the same transaction.
    pub(super) async fn plan_renewal(
        &self,
        transaction: &mut PgConnection,
        user: UserId,
        id: ConnectionId,
        tokens: &TokenReply,
    ) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        let (access_expires_at, refresh_expires_at) = (tokens.expires_at, tokens.refresh_expires_at);
        let rights = Rights { access_expires_at, refresh_expires_at, first: true, attended: true };
        let due_at = tokens.refresh.as_ref().and_then(|_| due(id, rights, now));
        store::plan(transaction, user, id, due_at, now).await
    }
}
