use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    integrations::store::Lease,
    kit::id::{ConnectionId, UserId},
};

/// A connection whose tokens are to be renewed, with the lease on it.
pub struct DueRenewal {
    pub user: UserId,
    pub id: ConnectionId,
    pub lease: Lease,
}

/// Takes leases on connections that are due, the longest due first: no more at once than `cap` for one service, running
/// leases counted, and for a service that does not accept this installation's client one at a time, while none rests from
/// the last try. What another process is taking at this moment is passed over.
pub async fn claim_renewals(
    db: impl PgExecutor<'_>,
    owner: Uuid,
    now: OffsetDateTime,
    until: OffsetDateTime,
    cap: i64,
    most: i64,
) -> Result<Vec<DueRenewal>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with busy as (
               select provider, count(*) as leases from connections where lease_until > $2 group by provider
           ), resting as (
               select distinct provider, client_fingerprint from connections where paused_until > $2
           ), due as (
               select id, refresh_due_at, provider, client_fingerprint,
                   row_number() over (partition by provider order by refresh_due_at, id) as place
               from connections
               where refresh_due_at <= $2 and state <> 'needs_reauth'
                   and (paused_until is null or paused_until <= $2) and (lease_until is null or lease_until <= $2)
           ), chosen as (
               select due.id from due
               left join busy on busy.provider = due.provider
               left join client_faults as fault
                   on fault.provider = due.provider and fault.client_fingerprint = due.client_fingerprint
               left join resting
                   on resting.provider = due.provider and resting.client_fingerprint = due.client_fingerprint
               where due.place + coalesce(busy.leases, 0) <= case
                   when fault.provider is null then $4::bigint
                   when resting.provider is null then 1
                   else 0 end
               order by due.refresh_due_at limit $5::bigint
           ), before as (
               select id, exchange_started_at from connections
               where id in (select id from chosen) and refresh_due_at <= $2 and state <> 'needs_reauth'
                   and (lease_until is null or lease_until <= $2)
               for update skip locked
           )
           update connections set lease_owner = $1, lease_until = $3, fence = connections.fence + 1,
               exchange_started_at = $2
           from before where connections.id = before.id
           returning connections.id as "id: ConnectionId", connections.user_id as "user: UserId", connections.version,
               connections.fence, before.exchange_started_at is not null as "maybe_spent!""#,
        owner,
        now,
        until,
        cap,
        most,
    )
    .fetch_all(db)
    .await?;
    let due = rows.into_iter().map(|row| DueRenewal {
        user: row.user,
        id: row.id,
        lease: Lease { version: row.version, fence: row.fence, maybe_spent: row.maybe_spent },
    });
    Ok(due.collect())
}

/// A connection of which it is not noted when its tokens were handed out.
pub struct UnplannedRow {
    pub user: UserId,
    pub id: ConnectionId,
    /// When they were, for lack of anything better.
    pub updated_at: OffsetDateTime,
    pub created_at: OffsetDateTime,
    pub last_used_at: Option<OffsetDateTime>,
    pub access_expires_at: Option<OffsetDateTime>,
    pub refresh_expires_at: Option<OffsetDateTime>,
    pub renewable: bool,
}

/// Connections from before it was noted when they are renewed; at most so many.
pub async fn unplanned(db: impl PgExecutor<'_>, most: i64) -> Result<Vec<UnplannedRow>, sqlx::Error> {
    sqlx::query_as!(
        UnplannedRow,
        r#"select user_id as "user: UserId", id as "id: ConnectionId", updated_at, created_at, last_used_at,
               access_expires_at, refresh_expires_at, sealed_refresh_token is not null as "renewable!"
           from connections where issued_at is null order by id limit $1"#,
        most,
    )
    .fetch_all(db)
    .await
}
