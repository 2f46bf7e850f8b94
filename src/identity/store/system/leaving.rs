use sqlx::query_scalar;
use time::OffsetDateTime;

use crate::{kit::id::UserId, platform::db::Db};

/// The people whose time to come back is over, the longest first; at most so many.
pub async fn due(db: &Db, now: OffsetDateTime, most: i64) -> sqlx::Result<Vec<UserId>> {
    query_scalar!(
        r#"select id as "id: UserId" from users where leaves_at <= $1 order by leaves_at, id limit $2"#,
        now,
        most,
    )
    .fetch_all(db)
    .await
}
