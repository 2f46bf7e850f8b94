use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::id::{ConnectionId, UserId};

/// The right to renew one connection's tokens until a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The tokens that it was taken for.
    pub version: i64,
    /// Counts leases: whoever holds an older one saves nothing.
    pub fence: i64,
    /// An earlier holder had begun an exchange whose end is not known: the refresh token may be spent.
    pub maybe_spent: bool,
}

/// Takes the lease, if the tokens are still those of this version and nobody holds it. The same statement notes that
/// an exchange begins: where the database cannot be written, no token is spent.
pub async fn take(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
    version: i64,
    owner: Uuid,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<Option<Lease>, sqlx::Error> {
    let row = sqlx::query!(
        r#"update connections set lease_owner = $4, lease_until = $6, fence = connections.fence + 1,
               exchange_started_at = $5
           from (
               select id, exchange_started_at from connections where user_id = $1 and id = $2 for update
           ) as before
           where connections.id = before.id and connections.version = $3 and connections.state <> 'needs_reauth'
               and (connections.lease_until is null or connections.lease_until <= $5)
           returning connections.fence, before.exchange_started_at is not null as "maybe_spent!""#,
        user as UserId,
        id as ConnectionId,
        version,
        owner,
        now,
        until,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Lease { version, fence: row.fence, maybe_spent: row.maybe_spent }))
}

/// New tokens, sealed.
pub struct Renewed<'a> {
    pub sealed_access_token: &'a str,
    /// None keeps the old one.
    pub sealed_refresh_token: Option<&'a str>,
    pub access_expires_at: Option<OffsetDateTime>,
    /// None keeps what was known.
    pub refresh_expires_at: Option<OffsetDateTime>,
    /// When the tokens are renewed though nobody asks.
    pub refresh_due_at: Option<OffsetDateTime>,
    /// None keeps what was granted.
    pub scopes: Option<&'a [String]>,
    pub state: &'a str,
    pub now: OffsetDateTime,
}

/// Saves new tokens and ends the lease, in one statement. When consent ends does not move. False: another holder came
/// after, and its tokens stand.
pub async fn save(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
    lease: Lease,
    new: &Renewed<'_>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update connections set sealed_access_token = $5,
             sealed_refresh_token = coalesce($6, sealed_refresh_token),
             rotation_observed = rotation_observed or $6::text is not null,
             access_expires_at = $7, scopes = coalesce($8, scopes), state = $9, reason = null,
             version = version + 1, lease_owner = null, lease_until = null, exchange_started_at = null,
             updated_at = $10, issued_at = $10, refresh_expires_at = coalesce($11, refresh_expires_at),
             refresh_due_at = $12, failures = 0, failing_since = null, paused_until = null
         where user_id = $1 and id = $2 and version = $3 and fence = $4",
        user as UserId,
        id as ConnectionId,
        lease.version,
        lease.fence,
        new.sealed_access_token,
        new.sealed_refresh_token,
        new.access_expires_at,
        new.scopes,
        new.state,
        new.now,
        new.refresh_expires_at,
        new.refresh_due_at,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the lease without new tokens and leaves the service alone until a moment. `unknown` leaves the note that the
/// refresh token may be spent; such a note of an earlier holder stays in any case.
pub async fn postpone(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
    lease: Lease,
    unknown: bool,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update connections set lease_owner = null, lease_until = null,
             exchange_started_at = case when $5 then exchange_started_at end,
             failures = failures + 1, failing_since = coalesce(failing_since, $6), paused_until = $7
         where user_id = $1 and id = $2 and version = $3 and fence = $4",
        user as UserId,
        id as ConnectionId,
        lease.version,
        lease.fence,
        unknown || lease.maybe_spent,
        now,
        until,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How often in a row renewals of a connection have failed.
pub async fn failures(db: impl PgExecutor<'_>, user: UserId, id: ConnectionId) -> Result<u32, sqlx::Error> {
    let failures = sqlx::query_scalar!(
        "select failures from connections where user_id = $1 and id = $2",
        user as UserId,
        id as ConnectionId,
    )
    .fetch_optional(db)
    .await?;
    Ok(failures.and_then(|failures| u32::try_from(failures).ok()).unwrap_or(0))
}

/// Ends the lease with the knowledge that the grant is dead. False: the tokens were replaced meanwhile.
pub async fn give_up(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
    lease: Lease,
    reason: &str,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update connections set state = 'needs_reauth', reason = $5, lease_owner = null, lease_until = null,
             exchange_started_at = null, updated_at = $6, refresh_due_at = null, failures = 0, failing_since = null,
             paused_until = null
         where user_id = $1 and id = $2 and version = $3 and fence = $4",
        user as UserId,
        id as ConnectionId,
        lease.version,
        lease.fence,
        reason,
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes when the tokens of a consent that was just given are renewed, and forgets what was wrong before it.
pub async fn plan(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
    refresh_due_at: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update connections set issued_at = $3, refresh_due_at = $4, failures = 0, failing_since = null,
             paused_until = null
         where user_id = $1 and id = $2",
        user as UserId,
        id as ConnectionId,
        now,
        refresh_due_at,
    )
    .execute(db)
    .await?;
    Ok(())
}
