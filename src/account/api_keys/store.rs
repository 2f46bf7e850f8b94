pub mod system;

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{ApiKeyId, UserId};

pub struct NewKey<'a> {
    pub id: ApiKeyId,
    pub user: UserId,
    pub name: &'a str,
    pub prefix: &'a str,
    pub key_hash: &'a [u8],
    pub scopes: &'a [String],
    pub expires_at: Option<OffsetDateTime>,
    pub now: OffsetDateTime,
}

pub async fn insert(connection: &mut PgConnection, new: &NewKey<'_>) -> sqlx::Result<()> {
    query!(
        "insert into api_keys (id, user_id, name, prefix, key_hash, scopes, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id as ApiKeyId,
        new.user as UserId,
        new.name,
        new.prefix,
        new.key_hash,
        new.scopes,
        new.now,
        new.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How many of a person's keys work. Their row is locked, so that two requests cannot both make the last one.
pub async fn count_locked(connection: &mut PgConnection, user: UserId, now: OffsetDateTime) -> sqlx::Result<i64> {
    query!("select from users where id = $1 for update", user as UserId).execute(&mut *connection).await?;
    query_scalar!(
        r#"select count(*) as "count!" from api_keys
           where user_id = $1 and ended_at is null and (expires_at is null or expires_at > $2)"#,
        user as UserId,
        now,
    )
    .fetch_one(connection)
    .await
}

/// A key, as its owner looks at it.
pub struct KeyRow {
    pub id: ApiKeyId,
    pub name: String,
    pub prefix: String,
    pub scopes: Vec<String>,
    pub created_at: OffsetDateTime,
    pub expires_at: Option<OffsetDateTime>,
    pub last_used_at: Option<OffsetDateTime>,
}

/// A person's keys that were not revoked, the newest first.
pub async fn list(
    connection: &mut PgConnection,
    user: UserId,
    after: Option<ApiKeyId>,
    rows: i64,
) -> sqlx::Result<Vec<KeyRow>> {
    query_as!(
        KeyRow,
        r#"select id as "id: ApiKeyId", name, prefix, scopes, created_at, expires_at, last_used_at from api_keys
           where user_id = $1 and ended_at is null and ($2::uuid is null or id < $2)
           order by id desc limit $3"#,
        user as UserId,
        after as Option<ApiKeyId>,
        rows,
    )
    .fetch_all(connection)
    .await
}

/// Revokes a key and tells its name; none where there is no such key of theirs that works.
pub async fn end(
    connection: &mut PgConnection,
    user: UserId,
    id: ApiKeyId,
    now: OffsetDateTime,
) -> sqlx::Result<Option<String>> {
    query_scalar!(
        "update api_keys set ended_at = $3 where id = $1 and user_id = $2 and ended_at is null returning name",
        id as ApiKeyId,
        user as UserId,
        now,
    )
    .fetch_optional(connection)
    .await
}

/// Whom a key acts for.
pub struct ActingKey {
    pub id: ApiKeyId,
    pub user: UserId,
    pub is_admin: bool,
    pub scopes: Vec<String>,
    pub last_used_at: Option<OffsetDateTime>,
}

pub async fn key_by_secret(
    connection: &mut PgConnection,
    key_hash: &[u8],
    now: OffsetDateTime,
) -> sqlx::Result<Option<ActingKey>> {
    query_as!(
        ActingKey,
        r#"select k.id as "id: ApiKeyId", k.user_id as "user: UserId", u.role = 'admin' as "is_admin!", k.scopes,
                  k.last_used_at
           from api_keys k join users u on u.id = k.user_id
           where k.key_hash = $1 and k.ended_at is null and (k.expires_at is null or k.expires_at > $2)
             and u.status = 'active' and u.leaves_at is null"#,
        key_hash,
        now,
    )
    .fetch_optional(connection)
    .await
}

pub async fn note_use(
    connection: &mut PgConnection,
    user: UserId,
    id: ApiKeyId,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "update api_keys set last_used_at = $3 where id = $1 and user_id = $2",
        id as ApiKeyId,
        user as UserId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
