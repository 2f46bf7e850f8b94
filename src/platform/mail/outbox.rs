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

/// Takes letters in.
#[derive(Clone, Debug)]
pub struct Outbox {
    vault: Vault,
    random: Random,
    clock: Clock,
    jobs: Jobs,
}

/// A letter as it lies in the outbox.
pub(super) struct Waiting {
    pub(super) recipient: String,
    pub(super) sealed_content: Option<String>,
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
            "insert into mails (id, recipient, template, sealed_content, created_at) values ($1, $2, $3, $4, $5)",
            id as MailId,
            recipient as &str,
            letter.template,
            sealed,
            now,
        )
        .execute(&mut *connection)
        .await?;
        self.jobs.enqueue(connection, TASK, Some(&id.to_string()), serde_json::json!({ "mail": id })).await?;
        Ok(())
    }
}

/// Counts a try and hands the letter out; `None` if it is settled or gone.
pub(super) async fn take(db: &Db, id: MailId) -> Result<Option<Waiting>, sqlx::Error> {
    sqlx::query_as!(
        Waiting,
        r#"update mails set tries = tries + 1 where id = $1 and state = 'waiting'
           returning recipient as "recipient: String", sealed_content"#,
        id as MailId,
    )
    .fetch_optional(db)
    .await
}

/// Notes that a letter has left, and empties it.
pub(super) async fn sent(db: &Db, id: MailId, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    settle(db, id, "sent", now).await
}

/// Notes that a letter will never leave, and empties it.
pub(super) async fn failed(db: &Db, id: MailId, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    settle(db, id, "failed", now).await
}

async fn settle(db: &Db, id: MailId, state: &str, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update mails set state = $2, settled_at = $3, sealed_content = null where id = $1 and state = 'waiting'",
        id as MailId,
        state,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Drops the rows of letters that are older than seven days; returns how many.
pub async fn purge(db: &Db, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let before = now - Duration::days(7);
    Ok(sqlx::query!("delete from mails where created_at < $1", before).execute(db).await?.rows_affected())
}
