use sqlx::{PgConnection, query, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{IdentityId, UserId};

/// An account elsewhere, as it is about to be a way in.
pub struct NewIdentity<'a> {
    pub id: IdentityId,
    pub user: UserId,
    pub provider: &'a str,
    pub issuer: &'a str,
    pub subject: &'a str,
    pub label: &'a str,
    pub now: OffsetDateTime,
}

/// Who signs in with this account. Holding it was just proved, so this needs no owner. Notes the use and the label it
/// has now.
pub async fn user_by_identity(
    connection: &mut PgConnection,
    provider: &str,
    issuer: &str,
    subject: &str,
    label: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<UserId>> {
    query_scalar!(
        r#"update identities set last_used_at = $5, label = $4
           where provider = $1 and issuer = $2 and subject = $3
           returning user_id as "user: UserId""#,
        provider,
        issuer,
        subject,
        label,
        now,
    )
    .fetch_optional(connection)
    .await
}

pub async fn insert_identity(connection: &mut PgConnection, new: &NewIdentity<'_>) -> sqlx::Result<()> {
    query!(
        "insert into identities (id, user_id, provider, issuer, subject, label, created_at, last_used_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)",
        new.id as IdentityId,
        new.user as UserId,
        new.provider,
        new.issuer,
        new.subject,
        new.label,
        new.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
