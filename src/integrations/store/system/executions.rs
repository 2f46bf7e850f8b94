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
        r#"with lost as (
               update executions set outcome = 'unknown', finished_at = $2 where outcome is null and started_at < $1
               returning id, user_id),
           told as (
               update tool_calls t set outcome = 'unknown', finished_at = $2
               from lost where t.approval_id = lost.id and t.outcome is null)
           select id as "id: ApprovalId", user_id as "user: UserId" from lost"#,
        before,
        now,
    )
    .fetch_all(db)
    .await
}

/// The same of what was looked up, and of changes whose proposal was deleted meanwhile: nobody heard how they ended.
pub async fn give_up_calls(
    db: impl PgExecutor<'_>,
    before: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "update tool_calls set outcome = 'unknown', finished_at = $2
         where outcome is null and started_at < $1 and approval_id is null",
        before,
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
