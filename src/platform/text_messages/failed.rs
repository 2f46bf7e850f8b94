//! Text messages that were given up: what operators look at. Their number and words are gone by then, and nobody wants
//! their codes any more, so none of them can be sent again.

use time::OffsetDateTime;

use super::TextError;
use crate::platform::db::Db;

/// A text message that did not leave. Its row stays for a week.
#[derive(Clone, Debug)]
pub struct FailedText {
    pub template: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Why it failed last, in our words.
    pub problem: String,
    pub tries: i16,
    pub created_at: OffsetDateTime,
}

/// The text messages that were given up, the newest first.
pub async fn failed(db: &Db, limit: i64) -> Result<Vec<FailedText>, TextError> {
    let failed = sqlx::query_as!(
        FailedText,
        r#"select template, country, coalesce(problem, '') as "problem!", tries, created_at
           from text_messages where state = 'failed' order by settled_at desc, id limit $1"#,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(failed)
}

/// How many were given up within the last week.
pub async fn count_failed(db: &Db) -> Result<i64, TextError> {
    let counted = sqlx::query_scalar!(r#"select count(*) as "count!" from text_messages where state = 'failed'"#);
    Ok(counted.fetch_one(db).await?)
}
