use sqlx::PgExecutor;
use time::OffsetDateTime;

use crate::kit::id::{ApprovalId, ConnectionId, UserId};

/// An approval that was used up.
pub struct ApprovalRow {
    pub connection: ConnectionId,
    pub tool: String,
    pub sealed_arguments: String,
    pub call_hash: Vec<u8>,
}

/// Puts a call before the person.
#[expect(clippy::too_many_arguments, reason = "they are the columns of the row")]
pub async fn insert_approval(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ApprovalId,
    connection: ConnectionId,
    tool: &str,
    sealed_arguments: &str,
    call_hash: &[u8; 32],
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into approvals (id, user_id, connection_id, tool, sealed_arguments, call_hash, created_at, expires_at)
         select $2, $1, connections.id, $4, $5, $6, $7, $8 from connections
         where connections.user_id = $1 and connections.id = $3",
        user as UserId,
        id as ApprovalId,
        connection as ConnectionId,
        tool,
        sealed_arguments,
        &call_hash[..],
        now,
        expires_at,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Records the person's yes or no. False: it was decided before, is too late, or is not theirs.
pub async fn decide_approval(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ApprovalId,
    approve: bool,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update approvals set state = case when $3 then 'approved' else 'denied' end, decided_at = $4
         where user_id = $1 and id = $2 and state = 'waiting' and expires_at > $4",
        user as UserId,
        id as ApprovalId,
        approve,
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Uses an approval up: of any number of callers at once, one gets it.
pub async fn consume_approval(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ApprovalId,
    now: OffsetDateTime,
) -> Result<Option<ApprovalRow>, sqlx::Error> {
    sqlx::query_as!(
        ApprovalRow,
        r#"update approvals set state = 'consumed', consumed_at = $3
           where user_id = $1 and id = $2 and state = 'approved' and expires_at > $3
           returning connection_id as "connection: ConnectionId", tool, sealed_arguments, call_hash"#,
        user as UserId,
        id as ApprovalId,
        now,
    )
    .fetch_optional(db)
    .await
}
