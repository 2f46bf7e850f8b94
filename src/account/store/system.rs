//! What has no owner: files that nobody has any more.

use sqlx::query_scalar;

use crate::platform::db::Db;

/// Which of these keys are somebody's picture.
pub async fn pictures_in_use(db: &Db, keys: &[String]) -> sqlx::Result<Vec<String>> {
    query_scalar!(r#"select avatar_key as "key!" from users where avatar_key = any($1)"#, keys).fetch_all(db).await
}
