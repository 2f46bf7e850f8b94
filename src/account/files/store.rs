pub mod questions;
pub mod system;

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{FileId, UserId};

/// What a person has, in files that are here or on their way.
pub struct Taken {
    /// In bytes.
    pub size: i64,
    pub files: i64,
    pub arriving: i64,
}

/// Their row is locked, so that two files cannot both take the last of the room.
pub async fn taken_locked(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Taken> {
    query!("select from users where id = $1 for update", user as UserId).execute(&mut *connection).await?;
    taken(connection, user).await
}

pub async fn taken(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Taken> {
    query_as!(
        Taken,
        r#"select coalesce(sum(size), 0)::bigint as "size!", count(*) as "files!",
                  count(*) filter (where arrived_at is null) as "arriving!"
           from files where user_id = $1"#,
        user as UserId,
    )
    .fetch_one(connection)
    .await
}

pub struct NewFile<'a> {
    pub id: FileId,
    pub user: UserId,
    pub key: &'a str,
    pub name: &'a str,
    pub media_type: &'a str,
    /// What is set aside for it.
    pub size: i64,
    /// `kept` or `question`.
    pub purpose: &'a str,
    /// When it goes by itself.
    pub passes_at: Option<OffsetDateTime>,
    pub now: OffsetDateTime,
}

pub async fn insert_arriving(connection: &mut PgConnection, new: &NewFile<'_>) -> sqlx::Result<()> {
    query!(
        "insert into files (id, user_id, key, name, media_type, size, created_at, purpose, passes_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id as FileId,
        new.user as UserId,
        new.key,
        new.name,
        new.media_type,
        new.size,
        new.now,
        new.purpose,
        new.passes_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A file, as its owner sees it.
#[derive(Clone)]
pub struct FileRow {
    pub id: FileId,
    pub key: String,
    pub name: String,
    pub media_type: String,
    pub size: i64,
    pub digest: Vec<u8>,
    pub created_at: OffsetDateTime,
}

/// Shows a file that has arrived; none where its row was removed meanwhile.
pub async fn arrived(
    connection: &mut PgConnection,
    user: UserId,
    id: FileId,
    size: i64,
    digest: &[u8],
    now: OffsetDateTime,
) -> sqlx::Result<Option<FileRow>> {
    query_as!(
        FileRow,
        r#"update files set size = $3, digest = $4, arrived_at = $5
           where id = $1 and user_id = $2 and arrived_at is null
           returning id as "id: FileId", key, name, media_type, size, digest as "digest!", created_at"#,
        id as FileId,
        user as UserId,
        size,
        digest,
        now,
    )
    .fetch_optional(connection)
    .await
}

/// Gives back the room of a file that did not arrive: whether it still had some.
pub async fn remove_arriving(connection: &mut PgConnection, user: UserId, id: FileId) -> sqlx::Result<bool> {
    let removed = query!(
        "delete from files where id = $1 and user_id = $2 and arrived_at is null",
        id as FileId,
        user as UserId,
    )
    .execute(connection)
    .await?;
    Ok(removed.rows_affected() == 1)
}

/// A person's files, the newest first.
pub async fn list(
    connection: &mut PgConnection,
    user: UserId,
    after: Option<FileId>,
    rows: i64,
) -> sqlx::Result<Vec<FileRow>> {
    query_as!(
        FileRow,
        r#"select id as "id: FileId", key, name, media_type, size, digest as "digest!", created_at from files
           where user_id = $1 and arrived_at is not null and ($2::uuid is null or id < $2)
           order by id desc limit $3"#,
        user as UserId,
        after as Option<FileId>,
        rows,
    )
    .fetch_all(connection)
    .await
}

pub async fn file(connection: &mut PgConnection, user: UserId, id: FileId) -> sqlx::Result<Option<FileRow>> {
    query_as!(
        FileRow,
        r#"select id as "id: FileId", key, name, media_type, size, digest as "digest!", created_at from files
           where id = $1 and user_id = $2 and arrived_at is not null"#,
        id as FileId,
        user as UserId,
    )
    .fetch_optional(connection)
    .await
}

/// The file that a signed address names, while its owner's account is open.
pub async fn file_by_secret(connection: &mut PgConnection, id: FileId) -> sqlx::Result<Option<FileRow>> {
    query_as!(
        FileRow,
        r#"select f.id as "id: FileId", f.key, f.name, f.media_type, f.size, f.digest as "digest!", f.created_at
           from files f join users u on u.id = f.user_id
           where f.id = $1 and f.arrived_at is not null and u.status = 'active' and u.leaves_at is null"#,
        id as FileId,
    )
    .fetch_optional(connection)
    .await
}

/// Removes a file's row and tells where the file lies and what it was called.
pub async fn remove(connection: &mut PgConnection, user: UserId, id: FileId) -> sqlx::Result<Option<(String, String)>> {
    let row = query!(
        "delete from files where id = $1 and user_id = $2 and arrived_at is not null returning key, name",
        id as FileId,
        user as UserId,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.key, row.name)))
}

/// Where some of a person's files lie, also of those that are on their way.
pub async fn some_keys(connection: &mut PgConnection, user: UserId, rows: i64) -> sqlx::Result<Vec<String>> {
    query_scalar!("select key from files where user_id = $1 order by id limit $2", user as UserId, rows)
        .fetch_all(connection)
        .await
}

pub async fn remove_keys(connection: &mut PgConnection, user: UserId, keys: &[String]) -> sqlx::Result<()> {
    query!("delete from files where user_id = $1 and key = any($2)", user as UserId, keys).execute(connection).await?;
    Ok(())
}
