//! Letters that were given up, and addresses that get none: what operators look at.

use time::OffsetDateTime;

use super::{MailError, Mailer, outbox};
use crate::{kit::id::MailId, platform::jobs::Jobs};

/// A letter that did not leave. Its content stays sealed.
#[derive(Clone, Debug)]
pub struct FailedMail {
    pub id: MailId,
    pub recipient: String,
    pub template: String,
    /// Why it failed last, in our words.
    pub problem: String,
    pub tries: i16,
    pub created_at: OffsetDateTime,
    pub failed_at: Option<OffsetDateTime>,
}

/// An address that no mail is sent to.
#[derive(Clone, Debug)]
pub struct Suppressed {
    pub email: String,
    /// `bounced` or `complained`.
    pub reason: String,
    pub created_at: OffsetDateTime,
}

impl Mailer {
    /// The letters that were given up, the newest first.
    pub async fn failed(&self, limit: i64) -> Result<Vec<FailedMail>, MailError> {
        let failed = sqlx::query_as!(
            FailedMail,
            r#"select id as "id: MailId", recipient as "recipient: String", template,
                   coalesce(problem, '') as "problem!", tries, created_at, settled_at as failed_at
               from mails where state = 'failed' order by settled_at desc, id limit $1"#,
            limit,
        )
        .fetch_all(&self.db)
        .await?;
        Ok(failed)
    }

    /// Lets a letter that was given up be sent after all; false where there is none of that id.
    pub async fn retry(&self, id: MailId) -> Result<bool, MailError> {
        let mut transaction = self.db.begin().await?;
        let found = sqlx::query!(
            "update mails set state = 'waiting', tries = 0, due_at = $2, settled_at = null, created_at = $2
             where id = $1 and state = 'failed' and sealed_content is not null",
            id as MailId,
            self.clock.now(),
        )
        .execute(&mut *transaction)
        .await?;
        if found.rows_affected() == 0 {
            return Ok(false);
        }
        let payload = serde_json::json!({ "mail": id });
        Jobs::new().enqueue(&mut transaction, outbox::TASK, Some(&id.to_string()), payload).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The addresses that no mail is sent to, the newest first.
    pub async fn suppressed(&self, limit: i64) -> Result<Vec<Suppressed>, MailError> {
        let suppressed = sqlx::query_as!(
            Suppressed,
            r#"select email as "email: String", reason, created_at from mail_suppressions
               order by created_at desc, email limit $1"#,
            limit,
        )
        .fetch_all(&self.db)
        .await?;
        Ok(suppressed)
    }

    /// Lets mail to an address leave again; false where nothing held it back.
    pub async fn allow(&self, email: &str) -> Result<bool, MailError> {
        let gone =
            sqlx::query!("delete from mail_suppressions where email = $1", email as &str).execute(&self.db).await?;
        Ok(gone.rows_affected() > 0)
    }
}
