//! The outbox: letters that wait in the database.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Letter, MailError};
use crate::{
    kit::id::MailId,
    platform::{
        clock::Clock,
        crypto::{Place, Vault},
        db::Db,
        jobs::Jobs,
        random::Random,
    },
};

/// The task that sends one letter.
pub(super) const TASK: &str = "send_mail";

/// How long a letter waits for the job or the process that should be sending it, before another takes it up. Longer
/// than any attempt may take.
const PATIENCE: Duration = Duration::minutes(1);

/// Takes letters in.
#[derive(Clone, Debug)]
pub struct Outbox {
    vault: Vault,
    random: Random,
    clock: Clock,
    jobs: Jobs,
}

/// Where a letter's content is sealed; it belongs to nobody with an account, perhaps.
pub(super) fn place(id: MailId) -> Place<'static> {
    Place { table: "mails", column: "sealed_content", row: Uuid::from(id), owner: Uuid::nil(), provider: "" }
}

impl Outbox {
    /// An outbox whose letters are sealed by this vault.
    #[must_use]
    pub fn new(vault: Vault, random: Random, clock: Clock, jobs: Jobs) -> Self {
        Self { vault, random, clock, jobs }
    }

    /// Puts a letter and the job that sends it into the caller's transaction.
    pub async fn enqueue(
        &self,
        connection: &mut PgConnection,
        recipient: &str,
        letter: Letter,
    ) -> Result<(), MailError> {
        let now = self.clock.now();
        let id: MailId = self.random.id(now);
        let content = serde_json::to_vec(&letter).map_err(|error| MailError::Broken(error.to_string()))?;
        let sealed = self.vault.seal(&place(id), &content)?;
        sqlx::query!(
            "insert into mails (id, recipient, template, sealed_content, created_at, due_at)
             values ($1, $2, $3, $4, $5, $6)",
            id as MailId,
            recipient as &str,
            letter.template,
            sealed,
            now,
            now + PATIENCE,
        )
        .execute(&mut *connection)
        .await?;
        self.jobs.enqueue(connection, TASK, Some(&id.to_string()), serde_json::json!({ "mail": id })).await?;
        Ok(())
    }
}

/// A letter whose sending begins.
pub(super) struct Begun {
    /// Counted from one.
    pub(super) tries: i16,
    pub(super) created_at: OffsetDateTime,
    /// When the attempt before this one began, if that ended without a word: it may have sent the letter.
    pub(super) cut_off_at: Option<OffsetDateTime>,
}

/// Notes, and commits, that an attempt begins; `None` where the letter is settled, not due, or being sent.
pub(super) async fn begin(db: &Db, id: MailId, now: OffsetDateTime) -> Result<Option<Begun>, sqlx::Error> {
    sqlx::query_as!(
        Begun,
        r#"with before as (
               select id, taken_at, problem from mails
               where id = $1 and state = 'waiting' and (tries = 0 or due_at is null or due_at <= $2)
               for update skip locked
           )
           update mails set tries = tries + 1, taken_at = $2, due_at = $3, problem = null
           from before where mails.id = before.id
           returning mails.tries, mails.created_at,
               case when before.problem is null then before.taken_at end as cut_off_at"#,
        id as MailId,
        now,
        now + PATIENCE,
    )
    .fetch_optional(db)
    .await
}

/// A letter that nobody else can send for as long as the transaction lasts.
pub(super) struct Held {
    pub(super) recipient: String,
    pub(super) sealed_content: Option<String>,
    /// Mail to this address is not wanted, or does not arrive.
    pub(super) suppressed: bool,
}

/// Locks the row. Where the process dies, the database lets go of it.
pub(super) async fn hold(transaction: &mut PgConnection, id: MailId) -> Result<Option<Held>, sqlx::Error> {
    sqlx::query_as!(
        Held,
        r#"select recipient as "recipient: String", sealed_content,
               exists (select from mail_suppressions where email = mails.recipient) as "suppressed!"
           from mails where id = $1 and state = 'waiting' for update skip locked"#,
        id as MailId,
    )
    .fetch_optional(transaction)
    .await
}

/// Notes that a letter has left, or never will because its address is suppressed, and empties it.
pub(super) async fn settle(
    connection: &mut PgConnection,
    id: MailId,
    state: &str,
    service_id: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update mails set state = $2, service_id = $3, settled_at = $4, sealed_content = null, problem = null
         where id = $1 and state = 'waiting'",
        id as MailId,
        state,
        service_id,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes why a letter did not leave and when it is tried again.
pub(super) async fn postpone(
    connection: &mut PgConnection,
    id: MailId,
    problem: &str,
    due_at: OffsetDateTime,
    counted: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update mails set problem = $2, due_at = $3, tries = case when $4 then tries else greatest(tries - 1, 1) end
         where id = $1 and state = 'waiting'",
        id as MailId,
        problem,
        due_at,
        counted,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that a letter is given up. It stays sealed, so that it can be sent again.
pub(super) async fn give_up(
    connection: &mut PgConnection,
    id: MailId,
    problem: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update mails set state = 'failed', settled_at = $3, problem = $2 where id = $1 and state = 'waiting'",
        id as MailId,
        problem,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Letters that wait although nobody sends them, the longest waiting first.
pub(super) async fn due(db: &Db, now: OffsetDateTime) -> Result<Vec<MailId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select id as "id: MailId" from mails where state = 'waiting' and (due_at is null or due_at <= $1)
           order by due_at nulls first limit 100"#,
        now,
    )
    .fetch_all(db)
    .await
}

/// Drops the rows of letters that are older than seven days; returns how many.
pub async fn purge(db: &Db, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let before = now - Duration::days(7);
    Ok(sqlx::query!("delete from mails where created_at < $1", before).execute(db).await?.rows_affected())
}
