//! Renewing what a program is signed in with. A refresh token works once and brings the next one; whoever brings a used
//! one may have copied it, so that ends the session. The one exception is an answer that got lost on its way: what took
//! a token's place is kept, sealed, for half a minute, and given again as long as nobody has used it.

use sqlx::PgConnection;
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Identity, IdentityError, IssuedTokens, Notice};
use crate::{
    error::{AppError, ErrorKind},
    identity::{
        model::Role,
        store::{self, RefreshTokenRow},
    },
    kit::id::{DeviceId, RefreshTokenId, UserId},
    platform::{
        audit,
        bus::Topic,
        crypto::{Place, VaultError, digest},
        limits::{Bucket, Limited, Rule},
        telemetry,
    },
};

/// How long an answer that got lost can be asked for again.
pub const LOST_ANSWER_WAITS: Duration = Duration::seconds(30);

/// A program that wants to stay signed in.
#[derive(Clone, Copy)]
pub struct Renewing<'a> {
    /// The refresh token, as it was sent.
    pub token: &'a str,
    /// Which device it says it is on; the token must be that one's.
    pub device: Option<DeviceId>,
    pub app_version: Option<&'a str>,
    /// The network address, as the limits count it.
    pub limit_key: &'a str,
}

/// Why nothing was renewed.
#[derive(Debug, Error)]
pub enum RenewalError {
    /// It is no refresh token of ours, or another device's.
    #[error("unknown refresh token")]
    Unknown,
    /// The last day of the session is over.
    #[error("the refresh token has expired")]
    Expired,
    /// It was used before, so its session has ended now.
    #[error("the refresh token was used before")]
    Reused,
    /// Its session has ended.
    #[error("the session has ended")]
    Ended,
    /// A successor could not be sealed or opened.
    #[error("identity: sealing a successor failed: {0}")]
    Sealing(#[from] VaultError),
    /// Everything that signing in can meet.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl From<sqlx::Error> for RenewalError {
    fn from(error: sqlx::Error) -> Self {
        Self::Identity(error.into())
    }
}

impl From<Limited> for RenewalError {
    fn from(limited: Limited) -> Self {
        Self::Identity(limited.into())
    }
}

impl From<RenewalError> for AppError {
    fn from(error: RenewalError) -> Self {
        let (code, message) = match error {
            RenewalError::Unknown => ("refresh_invalid", "This is no refresh token that works here. Sign in again."),
            RenewalError::Expired => ("refresh_expired", "This refresh token has expired. Sign in again."),
            RenewalError::Reused => (
                "refresh_reused",
                "This refresh token was used before, as a copied one would be, so its session has ended. Sign in again.",
            ),
            RenewalError::Ended => ("session_ended", "This session has ended. Sign in again."),
            RenewalError::Sealing(error) => {
                telemetry::report(&error, "renewing tokens");
                return Self::internal();
            }
            RenewalError::Identity(error) => return error.into(),
        };
        Self::new(ErrorKind::Unauthenticated, code, message)
    }
}

impl Identity {
    /// Takes a refresh token and gives the next one with a new access token; to whoever brings the same one again
    /// within half a minute, because the answer got lost, the same next one.
    ///
    /// # Errors
    /// When the token is not one that works, the person is suspended, renews too often, or the database is away.
    pub async fn renew(&self, renewing: Renewing<'_>) -> Result<IssuedTokens, RenewalError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let found = store::refresh_token_by_secret(&mut tx, &digest(renewing.token.as_bytes())).await?;
        let ours = found.filter(|row| renewing.device.is_none_or(|device| row.device == Some(device)));
        let Some(row) = ours else {
            // Counting may ask the database too: nobody does so while holding one of its connections.
            drop(tx);
            self.limits.hit(Bucket::UnknownToken, renewing.limit_key).await?;
            return Err(RenewalError::Unknown);
        };
        if row.suspended {
            return Err(IdentityError::Suspended.into());
        }
        if row.expires_at <= now {
            return Err(RenewalError::Expired);
        }
        let device = row.device.filter(|_| !row.ended).ok_or(RenewalError::Ended)?;
        let refresh_token = match &row.rotated_at {
            None => self.rotate(&mut tx, &row, now).await?,
            Some(at) if now < *at + LOST_ANSWER_WAITS => match self.repeated(&mut tx, &row).await? {
                Some(successor) => successor,
                None => return self.end_reused(tx, &row, now).await,
            },
            Some(_) => return self.end_reused(tx, &row, now).await,
        };
        store::note_device(&mut tx, row.user, device, renewing.app_version, now).await?;
        store::note_use(&mut tx, row.user, row.session, now, now).await?;
        tx.commit().await?;
        let role = if row.is_admin { Role::Admin } else { Role::Member };
        Ok(self.issued(row.user, row.session, device, role, refresh_token, row.expires_at, now)?)
    }

    /// Puts a new token in the place of one that was not used yet. Only this counts against the limit: what is asked
    /// again, because an answer got lost or several asked at once, is free.
    async fn rotate(
        &self,
        tx: &mut PgConnection,
        row: &RefreshTokenRow,
        now: OffsetDateTime,
    ) -> Result<Zeroizing<String>, RenewalError> {
        // One after the other for a person, so that the rows that are counted are all there are.
        store::lock_key(tx, &format!("renewals of {}", row.user)).await?;
        let rule = Rule::from(Bucket::Refresh);
        let most = i64::try_from(rule.max).unwrap_or(i64::MAX);
        let renewals = store::renewals_since(tx, row.user, now - rule.window, most).await?;
        if let Some(oldest) = renewals.get(rule.max - 1) {
            return Err(self.limits.met(rule, *oldest, now).into());
        }
        let (successor, _) =
            self.new_refresh_token(tx, row.user, row.session, Some(row.id), row.expires_at, now).await?;
        let sealed = self.vault.seal(&place(row.id, row.user), successor.as_bytes())?;
        store::note_rotated(tx, row.user, row.id, row.parent, &sealed, now).await?;
        Ok(successor)
    }

    /// What took the token's place a moment ago, where nobody has used it yet.
    async fn repeated(
        &self,
        tx: &mut PgConnection,
        row: &RefreshTokenRow,
    ) -> Result<Option<Zeroizing<String>>, RenewalError> {
        let Some(sealed) = &row.sealed_successor else { return Ok(None) };
        if !store::successor_is_unused(tx, row.user, row.id).await? {
            return Ok(None);
        }
        let opened = self.vault.open(&place(row.id, row.user), sealed)?;
        Ok(Some(Zeroizing::new(String::from_utf8_lossy(&opened).into_owned())))
    }

    /// Ends a session one of whose used tokens came back, and tells its owner once.
    async fn end_reused<T>(
        &self,
        mut tx: sqlx::PgTransaction<'_>,
        row: &RefreshTokenRow,
        now: OffsetDateTime,
    ) -> Result<T, RenewalError> {
        if store::end_session(&mut tx, row.user, row.session, now).await? {
            self.bus.notify(&mut tx, Topic::SessionEnded, &row.session.to_string()).await?;
            let device = row.device_name.as_deref().unwrap_or_default();
            let detail = serde_json::json!({ "device": device });
            audit::record(&mut tx, &self.random, now, row.user, "refresh_reused", detail).await?;
            self.notify(&mut tx, row.user, &Notice::RefreshReused { device }).await?;
        }
        tx.commit().await?;
        Err(RenewalError::Reused)
    }

    /// Takes away what was kept for lost answers and is too old to be asked for.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget_successors(&self) -> Result<u64, IdentityError> {
        Ok(store::system::forget_successors(&self.db, self.clock.now() - LOST_ANSWER_WAITS).await?)
    }
}

fn place(row: RefreshTokenId, owner: UserId) -> Place<'static> {
    Place {
        table: "refresh_tokens",
        column: "sealed_successor",
        row: row.into(),
        owner: Uuid::from(owner),
        provider: "",
    }
}
