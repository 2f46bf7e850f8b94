//! The rows of text messages.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::{kit::id::TextMessageId, platform::db::Db};

/// How long a message waits for the job or the process that should be sending it, before another takes it up. Longer
/// than any attempt may take.
pub(super) const PATIENCE: Duration = Duration::minutes(1);
/// For how long a row counts as spent.
pub(super) const DAY: Duration = Duration::days(1);

/// What was taken in within the last day.
pub(super) struct Taken {
    pub(super) in_all: i64,
    pub(super) to_country: i64,
}

/// Counts, and keeps everybody else who wants to take one in waiting until this transaction ends.
pub(super) async fn taken_locked(
    connection: &mut PgConnection,
    country: &str,
    now: OffsetDateTime,
) -> Result<Taken, sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('text_messages', 0))")
        .execute(&mut *connection)
        .await?;
    sqlx::query_as!(
        Taken,
        r#"select count(*) as "in_all!", count(*) filter (where country = $1) as "to_country!"
           from text_messages where created_at > $2"#,
        country,
        now - DAY,
    )
    .fetch_one(connection)
    .await
}

pub(super) struct NewRow<'a> {
    pub(super) id: TextMessageId,
    pub(super) template: &'a str,
    pub(super) country: &'a str,
    pub(super) sealed_recipient: &'a str,
    pub(super) sealed_content: &'a str,
    pub(super) created_at: OffsetDateTime,
    pub(super) useless_at: OffsetDateTime,
}

pub(super) async fn insert(connection: &mut PgConnection, new: &NewRow<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into text_messages
             (id, template, country, sealed_recipient, sealed_content, created_at, due_at, useless_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id as TextMessageId,
        new.template,
        new.country,
        new.sealed_recipient,
        new.sealed_content,
        new.created_at,
        new.created_at + PATIENCE,
        new.useless_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A message whose sending begins.
pub(super) struct Begun {
    /// Counted from one.
    pub(super) tries: i16,
    /// Whether the attempt before this one ended without a word: it may have sent the message.
    pub(super) cut_off: bool,
}

/// Notes, and commits, that an attempt begins; `None` where the message is settled, not due, or being sent.
pub(super) async fn begin(db: &Db, id: TextMessageId, now: OffsetDateTime) -> Result<Option<Begun>, sqlx::Error> {
    sqlx::query_as!(
        Begun,
        r#"with before as (
               select id, taken_at, problem from text_messages
               where id = $1 and state = 'waiting' and (tries = 0 or due_at <= $2)
               for update skip locked
           )
           update text_messages set tries = tries + 1, taken_at = $2, due_at = $3, problem = null
           from before where text_messages.id = before.id
           returning text_messages.tries, (before.problem is null and before.taken_at is not null) as "cut_off!""#,
        id as TextMessageId,
        now,
        now + PATIENCE,
    )
    .fetch_optional(db)
    .await
}

/// A message that nobody else can send for as long as the transaction lasts.
pub(super) struct Held {
    pub(super) template: String,
    pub(super) sealed_recipient: Option<String>,
    pub(super) sealed_content: Option<String>,
    pub(super) useless_at: OffsetDateTime,
}

/// Locks the row. Where the process dies, the database lets go of it.
pub(super) async fn hold(transaction: &mut PgConnection, id: TextMessageId) -> Result<Option<Held>, sqlx::Error> {
    sqlx::query_as!(
        Held,
        "select template, sealed_recipient, sealed_content, useless_at
         from text_messages where id = $1 and state = 'waiting' for update skip locked",
        id as TextMessageId,
    )
    .fetch_optional(transaction)
    .await
}

/// Notes that a message has left, and empties it.
pub(super) async fn sent(
    connection: &mut PgConnection,
    id: TextMessageId,
    service_id: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update text_messages set state = 'sent', service_id = $2, settled_at = $3, sealed_recipient = null,
             sealed_content = null, problem = null
         where id = $1 and state = 'waiting'",
        id as TextMessageId,
        service_id,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes why a message did not leave and when it is tried again.
pub(super) async fn postpone(
    connection: &mut PgConnection,
    id: TextMessageId,
    problem: &str,
    due_at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update text_messages set problem = $2, due_at = $3 where id = $1 and state = 'waiting'",
        id as TextMessageId,
        problem,
        due_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that a message is given up, and empties it: nobody wants its code later on.
pub(super) async fn give_up(
    connection: &mut PgConnection,
    id: TextMessageId,
    problem: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update text_messages set state = 'failed', problem = $2, settled_at = $3, sealed_recipient = null,
             sealed_content = null
         where id = $1 and state = 'waiting'",
        id as TextMessageId,
        problem,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Messages that wait although nobody sends them, the longest waiting first.
pub(super) async fn due(db: &Db, now: OffsetDateTime) -> Result<Vec<TextMessageId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select id as "id: TextMessageId" from text_messages where state = 'waiting' and due_at <= $1
           order by due_at limit 100"#,
        now,
    )
    .fetch_all(db)
    .await
}

/// Drops the rows of messages that are older than seven days; returns how many.
pub async fn purge(db: &Db, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let before = now - Duration::days(7);
    Ok(sqlx::query!("delete from text_messages where created_at < $1", before).execute(db).await?.rows_affected())
}
