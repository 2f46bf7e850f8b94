//! Sessions that are begun with a password: each lives for a while unused, and a new one is begun when somebody needs
//! it, by exactly one caller.

use time::OffsetDateTime;

use super::{TokenError, schedule::Freshness};
use crate::{
    integrations::{
        executor::Failure,
        service::{Integrations, sealed::Column},
        store::{self, ConnectionRow, Lease, Renewed},
    },
    kit::id::UserId,
    platform::telemetry,
    providers::{Provider, session::login::Login},
};

/// Good for as long as it was not left unused for too long. It is never begun ahead of need.
pub(super) fn freshness(login: &Login<'_>, row: &ConnectionRow, now: OffsetDateTime) -> Freshness {
    let begun = row.issued_at.unwrap_or(row.updated_at);
    let used = row.last_used_at.map_or(begun, |used| used.max(begun));
    if now < login.ends(used) { Freshness::Good } else { Freshness::Dead }
}

impl Integrations {
    /// In a task of its own: whoever waits for it may go away.
    pub(super) async fn log_in_apart(
        &self,
        user: UserId,
        provider: &'static Provider,
        row: ConnectionRow,
        lease: Lease,
    ) -> Result<(), TokenError> {
        let service = self.clone();
        tokio::spawn(async move { service.log_in_again(user, provider, &row, lease).await }).await?
    }

    async fn log_in_again(
        &self,
        user: UserId,
        provider: &'static Provider,
        row: &ConnectionRow,
        lease: Lease,
    ) -> Result<(), TokenError> {
        let now = self.clock.now();
        let credential = match self.open_credential(user, row) {
            Ok(credential) => credential,
            Err(error) => {
                telemetry::report(&error, "a stored password did not open");
                return self.end_session(user, provider, row, lease, "sealed_broken").await;
            }
        };
        let outcome = self.log_in(provider, &credential).await;
        let Some(login) = provider.session.as_ref().and_then(Login::of) else {
            return Err(TokenError::NeedsReauth(provider));
        };
        let session = match outcome {
            Ok(Some(session)) => session,
            // The password was changed there, or the account is closed. It is not tried again: that could lock it.
            Ok(None) | Err(Failure::Unauthorized | Failure::Forbidden) => {
                return self.end_session(user, provider, row, lease, "revoked").await;
            }
            Err(failure) => {
                let failures = store::failures(&self.db, user, row.id).await?.saturating_add(1);
                let rest = match failure {
                    Failure::Limited(seconds) => time::Duration::seconds(i64::from(seconds.clamp(1, 3_600))),
                    _ => super::rest(failures, self.random.below(1_000)),
                };
                store::postpone(&self.db, user, row.id, lease, false, now, now + rest).await?;
                return Err(match failure {
                    Failure::Limited(seconds) => TokenError::Limited(provider, seconds),
                    _ => TokenError::Away(provider),
                });
            }
        };
        let sealed = self.seal_token(Column::Access, row.id, user, &provider.id, &session)?;
        let new = Renewed {
            sealed_access_token: &sealed,
            sealed_refresh_token: None,
            access_expires_at: Some(login.ends(now)),
            refresh_expires_at: None,
            refresh_due_at: None,
            scopes: None,
            state: "active",
            now,
        };
        let mut transaction = self.db.begin().await?;
        if store::save(&mut *transaction, user, row.id, lease, &new).await? {
            self.changed_within(&mut transaction, user, Some(row.id), &provider.id, "renewed", None).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn end_session(
        &self,
        user: UserId,
        provider: &'static Provider,
        row: &ConnectionRow,
        lease: Lease,
        reason: &str,
    ) -> Result<(), TokenError> {
        let mut transaction = self.db.begin().await?;
        if store::give_up(&mut *transaction, user, row.id, lease, reason, self.clock.now()).await? {
            self.broken(&mut transaction, user, row.id, provider, reason).await?;
        }
        Ok(transaction.commit().await?)
    }
}
