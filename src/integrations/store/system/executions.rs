use sqlx::PgExecutor;
use time::OffsetDateTime;

use crate::kit::id::{ApprovalId, UserId};

/// A call of which nobody has heard any more.
pub struct LostExecution {
    pub id: ApprovalId,
    pub user: UserId,
}

/// Notes of calls that began before this moment, and of which nothing was heard, that they may have been done.
pub async fn give_up_executions(
    db: impl PgExecutor<'_>,
    before: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Vec<LostExecution>, sqlx::Error> {
    sqlx::query_as!(
        LostExecution,
        r#"update executions set outcome = 'unknown', finished_at = $2 where outcome is null and started_at < $1
           returning id as "id: ApprovalId", user_id as "user: UserId""#,
        before,
        now,
    )
    .fetch_all(db)
    .await
}
