use sqlx::{PgConnection, query, query_as, query_scalar};
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

/// An account elsewhere that opens a person's account.
pub struct IdentityRow {
    pub id: IdentityId,
    pub provider: String,
    pub label: String,
    pub created_at: OffsetDateTime,
}

pub async fn identities(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Vec<IdentityRow>> {
    query_as!(
        IdentityRow,
        r#"select id as "id: IdentityId", provider, label, created_at
           from identities where user_id = $1 order by created_at, id"#,
        user as UserId,
    )
    .fetch_all(connection)
    .await
}

/// Whom this account opens. Holding it was just proved, so this needs no owner.
pub async fn owner_of_identity(
    connection: &mut PgConnection,
    provider: &str,
    issuer: &str,
    subject: &str,
) -> sqlx::Result<Option<UserId>> {
    query_scalar!(
        r#"select user_id as "user: UserId" from identities where provider = $1 and issuer = $2 and subject = $3"#,
        provider,
        issuer,
        subject,
    )
    .fetch_optional(connection)
    .await
}

/// Removes a way in and tells which it was: the provider and the label.
pub async fn delete_identity(
    connection: &mut PgConnection,
    user: UserId,
    id: IdentityId,
) -> sqlx::Result<Option<(String, String)>> {
    let gone = query!(
        "delete from identities where id = $1 and user_id = $2 returning provider, label",
        id as IdentityId,
        user as UserId,
    )
    .fetch_optional(connection)
    .await?;
    Ok(gone.map(|gone| (gone.provider, gone.label)))
}

/// Lets changes to one person's ways in wait for each other, so that two cannot each take the other for the one that
/// stays.
pub async fn lock_person(connection: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    query!("select id from users where id = $1 for update", user as UserId).fetch_optional(connection).await?;
    Ok(())
}

/// How many ways in a person has: their address and their accounts elsewhere.
pub async fn count_ways(connection: &mut PgConnection, user: UserId) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select (select count(*) from user_emails where user_id = $1)
                + (select count(*) from identities where user_id = $1) as "ways!""#,
        user as UserId,
    )
    .fetch_one(connection)
    .await
}

/// The kinds of accounts that a person signs in with, each once.
pub async fn providers_of(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Vec<String>> {
    query_scalar!("select distinct provider from identities where user_id = $1 order by provider", user as UserId)
        .fetch_all(connection)
        .await
}
