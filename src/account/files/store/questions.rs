//! Files that are uploaded for questions.

use sqlx::{PgConnection, query_as, query_scalar};

use super::FileRow;
use crate::{
    kit::id::{FileId, UserId},
    platform::db::Db,
};

/// Lets files stay that would go by themselves; all of these that are there.
pub async fn hold(connection: &mut PgConnection, user: UserId, ids: &[FileId]) -> sqlx::Result<Vec<FileRow>> {
    query_as!(
        FileRow,
        r#"update files set passes_at = null where user_id = $1 and id = any($2) and arrived_at is not null
           returning id as "id: FileId", key, name, media_type, size, digest as "digest!", created_at"#,
        user as UserId,
        ids as &[FileId],
    )
    .fetch_all(connection)
    .await
}

pub async fn some(db: &Db, user: UserId, ids: &[FileId]) -> sqlx::Result<Vec<FileRow>> {
    query_as!(
        FileRow,
        r#"select id as "id: FileId", key, name, media_type, size, digest as "digest!", created_at from files
           where user_id = $1 and id = any($2) and arrived_at is not null"#,
        user as UserId,
        ids as &[FileId],
    )
    .fetch_all(db)
    .await
}

/// Removes the rows of those that were uploaded for a question, and tells where they lie.
pub async fn release(connection: &mut PgConnection, user: UserId, ids: &[FileId]) -> sqlx::Result<Vec<String>> {
    query_scalar!(
        "delete from files where user_id = $1 and id = any($2) and purpose = 'question' and arrived_at is not null
         returning key",
        user as UserId,
        ids as &[FileId],
    )
    .fetch_all(connection)
    .await
}
