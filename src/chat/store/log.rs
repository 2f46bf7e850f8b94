//! The numbered log of a run.

use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    kit::id::{ConnectionId, MessageId, RunId, UserId},
    platform::db::Db,
};

#[derive(Clone)]
pub(in crate::chat) struct EventRow {
    pub run: RunId,
    pub seq: i32,
    pub kind: String,
    pub payload: Value,
}

/// What comes after a number, oldest first.
pub(in crate::chat) async fn after(
    db: &Db,
    user: UserId,
    run: RunId,
    after: i32,
    limit: i64,
) -> sqlx::Result<Vec<EventRow>> {
    sqlx::query_as!(
        EventRow,
        r#"select e.run_id as "run: RunId", e.seq, e.kind, e.payload
           from run_events e join runs r on r.id = e.run_id
           where e.run_id = $2 and r.user_id = $1 and e.seq > $3
           order by e.seq
           limit $4"#,
        user as UserId,
        run as RunId,
        after,
        limit,
    )
    .fetch_all(db)
    .await
}

/// The text up to a number.
pub(in crate::chat) async fn text_until(db: &Db, user: UserId, run: RunId, until: i32) -> sqlx::Result<String> {
    let text = sqlx::query_scalar!(
        "select string_agg(e.payload ->> 'text', '' order by e.seq)
         from run_events e join runs r on r.id = e.run_id
         where e.run_id = $2 and r.user_id = $1 and e.kind = 'text' and e.seq <= $3",
        user as UserId,
        run as RunId,
        until,
    )
    .fetch_one(db)
    .await?;
    Ok(text.unwrap_or_default())
}

/// What a page needs of these runs: all but the text, which settled answers have in their message.
pub(in crate::chat) async fn of_runs(
    connection: &mut PgConnection,
    user: UserId,
    runs: &[RunId],
) -> sqlx::Result<Vec<EventRow>> {
    sqlx::query_as!(
        EventRow,
        r#"select e.run_id as "run: RunId", e.seq, e.kind, e.payload
           from run_events e join runs r on r.id = e.run_id
           where e.run_id = any($2) and r.user_id = $1 and (e.kind <> 'text' or r.state = 'running')
           order by e.run_id, e.seq"#,
        user as UserId,
        runs as &[RunId],
    )
    .fetch_all(connection)
    .await
}

/// Removes what was read through a connection; how many rows went.
pub(in crate::chat) async fn forget_results(db: &Db, user: UserId, connection: ConnectionId) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "delete from tool_results where user_id = $1 and connection_id = $2",
        user as UserId,
        connection as ConnectionId,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// What one write does to its run.
pub(in crate::chat) struct Advance<'a> {
    pub run: RunId,
    pub user: UserId,
    /// The number that the log must stand at.
    pub from: i32,
    /// The number that it stands at afterwards.
    pub to: i32,
    pub model: Option<&'a str>,
    pub now: OffsetDateTime,
}

/// Renews the heartbeat and moves the number on; whether a stop was asked for, or nothing when the run is not where it
/// was left.
pub(in crate::chat) async fn advance(
    connection: &mut PgConnection,
    advance: &Advance<'_>,
) -> sqlx::Result<Option<bool>> {
    let row = sqlx::query!(
        r#"update runs
           set last_seq = $4, heartbeat_at = $6, model = coalesce($5, model)
           where id = $2 and user_id = $1 and state = 'running' and last_seq = $3
           returning stop_requested_at is not null as "stop!""#,
        advance.user as UserId,
        advance.run as RunId,
        advance.from,
        advance.to,
        advance.model,
        advance.now,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| row.stop))
}

/// Appends events, numbered from `first`.
pub(in crate::chat) async fn append(
    connection: &mut PgConnection,
    run: RunId,
    user: UserId,
    first: i32,
    kinds: &[String],
    payloads: &[Value],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into run_events (run_id, seq, kind, payload, created_at)
         select r.id, $3 + e.position::integer - 1, e.kind, e.payload, $6
         from runs r, unnest($4::text[], $5::jsonb[]) with ordinality as e (kind, payload, position)
         where r.id = $2 and r.user_id = $1",
        user as UserId,
        run as RunId,
        first,
        kinds,
        payloads,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes what was read for an answer whose person wants nothing of that kept.
pub(in crate::chat) async fn forget_unkept(
    connection: &mut PgConnection,
    user: UserId,
    run: RunId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from tool_results where user_id = $1 and run_id = $2
             and exists (select from reading_choices where user_id = $1 and days = 0)",
        user as UserId,
        run as RunId,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes the text so far into the answer.
pub(in crate::chat) async fn materialise(
    connection: &mut PgConnection,
    user: UserId,
    answer: MessageId,
    text: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update messages m set content = $3
         from conversations c
         where m.id = $2 and c.id = m.conversation_id and c.user_id = $1",
        user as UserId,
        answer as MessageId,
        text,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(in crate::chat) struct Settling<'a> {
    pub run: RunId,
    pub user: UserId,
    pub state: &'a str,
    pub error_code: Option<&'a str>,
    pub error_message: Option<&'a str>,
    pub now: OffsetDateTime,
}

pub(in crate::chat) async fn settle(connection: &mut PgConnection, settling: &Settling<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "update runs set state = $3, error_code = $4, error_message = $5, settled_at = $6
         where id = $2 and user_id = $1 and state = 'running'",
        settling.user as UserId,
        settling.run as RunId,
        settling.state,
        settling.error_code,
        settling.error_message,
        settling.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
