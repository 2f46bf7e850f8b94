use sqlx::{PgConnection, query, query_as};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::id::UserId;

/// An account elsewhere that waits for its owner's yes.
pub struct NewPendingLink<'a> {
    pub id: Uuid,
    pub browser_hash: &'a [u8],
    pub user: UserId,
    pub provider: &'a str,
    pub issuer: &'a str,
    pub subject: &'a str,
    pub label: &'a str,
    pub now: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// The same, as it is stored.
pub struct PendingLink {
    pub provider: String,
    pub issuer: String,
    pub subject: String,
    pub label: String,
}

pub async fn insert_pending_link(connection: &mut PgConnection, new: &NewPendingLink<'_>) -> sqlx::Result<()> {
    query!(
        "insert into pending_links (id, browser_hash, user_id, provider, issuer, subject, label, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.browser_hash,
        new.user as UserId,
        new.provider,
        new.issuer,
        new.subject,
        new.label,
        new.now,
        new.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What waits for this person in the browser that keeps this secret.
pub async fn pending_link_by_secret(
    connection: &mut PgConnection,
    browser_hash: &[u8],
    user: UserId,
    now: OffsetDateTime,
) -> sqlx::Result<Option<PendingLink>> {
    query_as!(
        PendingLink,
        "select provider, issuer, subject, label from pending_links
         where browser_hash = $1 and user_id = $2 and expires_at > $3",
        browser_hash,
        user as UserId,
        now,
    )
    .fetch_optional(connection)
    .await
}

/// Takes it away, so that it is answered once.
pub async fn take_pending_link_by_secret(
    connection: &mut PgConnection,
    browser_hash: &[u8],
    user: UserId,
    now: OffsetDateTime,
) -> sqlx::Result<Option<PendingLink>> {
    query_as!(
        PendingLink,
        "delete from pending_links where browser_hash = $1 and user_id = $2 and expires_at > $3
         returning provider, issuer, subject, label",
        browser_hash,
        user as UserId,
        now,
    )
    .fetch_optional(connection)
    .await
}
