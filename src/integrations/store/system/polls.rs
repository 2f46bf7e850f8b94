use sqlx::PgExecutor;
use time::OffsetDateTime;

use crate::kit::id::{ConnectionId, UserId};

/// One look that is due.
pub struct DuePoll {
    pub user: UserId,
    pub connection: ConnectionId,
    pub kind: String,
    pub cursor: Option<String>,
    pub failures: i32,
}

/// Plans a kind of look for connections that have none of it yet; the first one is spread over `spread` seconds.
pub async fn plan_polls(
    db: impl PgExecutor<'_>,
    kind: &str,
    now: OffsetDateTime,
    spread: i32,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "insert into connection_polls (connection_id, kind, due_at)
         select id, $1, greatest($2, created_at)
             + make_interval(secs => (hashtext(id::text)::bigint + 2147483648) % greatest($3::bigint, 1))
         from connections
         where state <> 'needs_reauth' and not exists (
             select from connection_polls where connection_id = connections.id and kind = $1
         )
         limit 10000
         on conflict do nothing",
        kind,
        now,
        i64::from(spread),
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Takes looks that are due, the longest due first. Until `again` nobody else takes them; if this process dies, they are
/// taken up then.
pub async fn claim_polls(
    db: impl PgExecutor<'_>,
    now: OffsetDateTime,
    again: OffsetDateTime,
    most: i64,
) -> Result<Vec<DuePoll>, sqlx::Error> {
    sqlx::query_as!(
        DuePoll,
        r#"with due as (
               select poll.connection_id, poll.kind, connection.user_id
               from connection_polls as poll join connections as connection on connection.id = poll.connection_id
               where poll.due_at <= $1 and connection.state <> 'needs_reauth'
               order by poll.due_at limit $3
               for update of poll skip locked
           )
           update connection_polls as poll set due_at = $2
           from due where poll.connection_id = due.connection_id and poll.kind = due.kind
           returning due.user_id as "user: UserId", poll.connection_id as "connection: ConnectionId", poll.kind,
               poll.cursor, poll.failures"#,
        now,
        again,
        most,
    )
    .fetch_all(db)
    .await
}

/// Notes how a look ended: where to go on, and when the next one is due. `failures` is 0 after one that worked.
pub async fn settle_poll(
    db: impl PgExecutor<'_>,
    poll: &DuePoll,
    cursor: Option<&str>,
    failures: i32,
    due_at: OffsetDateTime,
    done_at: Option<OffsetDateTime>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update connection_polls set cursor = $3, failures = $4, due_at = $5, last_done_at = coalesce($6, last_done_at)
         where connection_id = $1 and kind = $2",
        poll.connection as ConnectionId,
        poll.kind,
        cursor,
        failures,
        due_at,
        done_at,
    )
    .execute(db)
    .await?;
    Ok(())
}
