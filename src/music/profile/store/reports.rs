//! What readers told about profiles.

use sqlx::{PgConnection, PgExecutor, query, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{MusicProfileReportId, UserId};

/// What is kept of a report.
pub struct NewReport<'a> {
    pub id: MusicProfileReportId,
    pub reason: &'a str,
    pub words: &'a str,
    pub now: OffsetDateTime,
}

pub async fn insert(connection: &mut PgConnection, user: UserId, new: &NewReport<'_>) -> sqlx::Result<()> {
    query!(
        "insert into music_profile_reports (id, user_id, reason, words, created_at) values ($1, $2, $3, $4, $5)",
        new.id as MusicProfileReportId,
        user as UserId,
        new.reason,
        new.words,
        new.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether there is a report of this profile from after then. Nobody else reports it until the transaction ends.
pub async fn any_since(connection: &mut PgConnection, user: UserId, since: OffsetDateTime) -> sqlx::Result<bool> {
    query_scalar!("select user_id from music_profiles where user_id = $1 for update", user as UserId)
        .fetch_optional(&mut *connection)
        .await?;
    query_scalar!(
        r#"select exists (
               select from music_profile_reports where user_id = $1 and created_at > $2
           ) as "any!""#,
        user as UserId,
        since,
    )
    .fetch_one(connection)
    .await
}

pub async fn purge(db: impl PgExecutor<'_>, before: OffsetDateTime) -> sqlx::Result<u64> {
    Ok(query!("delete from music_profile_reports where created_at < $1", before).execute(db).await?.rows_affected())
}
