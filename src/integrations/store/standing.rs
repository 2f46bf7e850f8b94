use sqlx::PgExecutor;
use time::OffsetDateTime;

use crate::kit::id::{ConnectionId, UserId};

/// A yes in advance.
pub struct StandingRow {
    pub tool: String,
    pub tool_hash: Vec<u8>,
    pub created_at: OffsetDateTime,
}

/// Keeps a yes in advance. False: the connection is not theirs.
pub async fn stand_by(
    db: impl PgExecutor<'_>,
    user: UserId,
    connection: ConnectionId,
    tool: &str,
    tool_hash: &[u8; 32],
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into standing_approvals (connection_id, tool, user_id, tool_hash, created_at)
         select c.id, $3, $1, $4, $5 from connections c where c.user_id = $1 and c.id = $2
         on conflict (connection_id, tool) do update set tool_hash = excluded.tool_hash, created_at = excluded.created_at",
        user as UserId,
        connection as ConnectionId,
        tool,
        &tool_hash[..],
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The tools of a connection to which its person has said yes in advance.
pub async fn standing(
    db: impl PgExecutor<'_>,
    user: UserId,
    connection: ConnectionId,
) -> Result<Vec<StandingRow>, sqlx::Error> {
    sqlx::query_as!(
        StandingRow,
        "select tool, tool_hash, created_at from standing_approvals where user_id = $1 and connection_id = $2 order by tool",
        user as UserId,
        connection as ConnectionId,
    )
    .fetch_all(db)
    .await
}

/// Takes a yes back. False: there was none.
pub async fn stand_no_more(
    db: impl PgExecutor<'_>,
    user: UserId,
    connection: ConnectionId,
    tool: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "delete from standing_approvals where user_id = $1 and connection_id = $2 and tool = $3",
        user as UserId,
        connection as ConnectionId,
        tool,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
