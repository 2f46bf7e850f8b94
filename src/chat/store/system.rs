//! What has no owner: the sweep over runs whose process died, and the removal of old readings.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::waits::Waiting;
use crate::{
    kit::id::{ConversationId, MessageId, RunId, TeamId, UserId},
    platform::db::Db,
};

pub(in crate::chat) struct Abandoned {
    pub id: RunId,
    pub user: UserId,
    pub conversation: ConversationId,
    pub question: MessageId,
    pub answer: MessageId,
    pub last_seq: i32,
}

/// Runs whose heartbeat is older than this, locked, so that two sweeps do not settle the same.
pub(in crate::chat) async fn abandoned(
    connection: &mut PgConnection,
    beat_before: OffsetDateTime,
) -> sqlx::Result<Vec<Abandoned>> {
    sqlx::query_as!(
        Abandoned,
        r#"select id as "id: RunId", user_id as "user: UserId", conversation_id as "conversation: ConversationId",
               question_id as "question: MessageId", answer_id as "answer: MessageId", last_seq
           from runs
           where state = 'running' and heartbeat_at < $1
           order by heartbeat_at
           limit 100
           for update skip locked"#,
        beat_before,
    )
    .fetch_all(connection)
    .await
}

/// The whole text of a run's log.
pub(in crate::chat) async fn text(connection: &mut PgConnection, run: RunId) -> sqlx::Result<String> {
    let text = sqlx::query_scalar!(
        "select string_agg(payload ->> 'text', '' order by seq) from run_events where run_id = $1 and kind = 'text'",
        run as RunId,
    )
    .fetch_one(connection)
    .await?;
    Ok(text.unwrap_or_default())
}

/// Removes what was read longer ago than its person wants it kept, and than these days; how many rows went. What is kept
/// not at all stays until its answer is there.
pub(in crate::chat) async fn remove_results(db: &Db, now: OffsetDateTime, days: i32) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "delete from tool_results where created_at < $1::timestamptz - make_interval(days => $2)
             or id in (
                 select t.id from reading_choices c join tool_results t on t.user_id = c.user_id
                 join runs r on r.id = t.run_id
                 where t.created_at < $1::timestamptz - make_interval(days => c.days) and r.settled_at is not null)",
        now,
        days,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Runs that have waited too long.
pub(in crate::chat) async fn overdue(db: &Db, now: OffsetDateTime) -> sqlx::Result<Vec<Waiting>> {
    sqlx::query_as!(
        Waiting,
        r#"select id as "run: RunId", user_id as "user: UserId", sealed_turn from run_waits
           where expires_at <= $1 order by expires_at limit 100"#,
        now,
    )
    .fetch_all(db)
    .await
}

/// Runs that wait.
pub(in crate::chat) async fn waiting(db: &Db, now: OffsetDateTime) -> sqlx::Result<Vec<(UserId, RunId)>> {
    let rows = sqlx::query!(
        r#"select id as "run: RunId", user_id as "user: UserId" from run_waits where expires_at > $1
           order by created_at desc limit 1000"#,
        now,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.user, row.run)).collect())
}

/// A conversation whose first answer is there, and which nobody has named.
pub(in crate::chat) struct Unnamed {
    pub id: ConversationId,
    pub user: UserId,
    pub team: TeamId,
    /// Its first question.
    pub question: String,
}

/// Conversations that a model has answered in and was not asked to name, of those begun since a moment; from now on it
/// was.
pub(in crate::chat) async fn unnamed(
    db: &Db,
    since: OffsetDateTime,
    now: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<Vec<Unnamed>> {
    sqlx::query_as!(
        Unnamed,
        r#"update conversations c set name_asked_at = $2
           where c.id in (
               select u.id from conversations u
               where u.name_asked_at is null and u.named_by = 'rule' and u.created_at > $1
                   and exists (select from runs r where r.conversation_id = u.id and r.state = 'finished'
                       and r.model is not null)
               order by u.created_at limit $3 for update skip locked)
           returning c.id as "id: ConversationId", c.user_id as "user: UserId", c.team_id as "team: TeamId",
               coalesce((select m.content from messages m where m.conversation_id = c.id and m.parent_id is null
                   order by m.created_at, m.id limit 1), '') as "question!""#,
        since,
        now,
        limit,
    )
    .fetch_all(db)
    .await
}
