//! Where calls were made, and for how long their results are kept.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    kit::id::{ApprovalId, ConversationId, RunId, UserId},
    platform::db::Db,
};

/// For which answer of which conversation something was done.
pub(super) struct OriginRow {
    pub run: RunId,
    pub approval: Option<ApprovalId>,
    pub conversation: ConversationId,
    pub title: String,
}

/// Where these runs and these proposals stand.
pub(super) async fn origins(
    db: &Db,
    user: UserId,
    runs: &[RunId],
    approvals: &[ApprovalId],
) -> sqlx::Result<Vec<OriginRow>> {
    sqlx::query_as!(
        OriginRow,
        r#"select r.id as "run!: RunId", null::uuid as "approval: ApprovalId", c.id as "conversation!: ConversationId",
               c.title as "title!"
           from runs r join conversations c on c.id = r.conversation_id
           where r.user_id = $1 and r.id = any($2)
           union all
           select r.id, a.id, c.id, c.title
           from approvals a join run_proposals p on p.approval_id = coalesce(a.undoes, a.id) and p.user_id = $1
           join runs r on r.id = p.run_id join conversations c on c.id = r.conversation_id
           where a.user_id = $1 and a.id = any($3)"#,
        user as UserId,
        runs as &[RunId],
        approvals as &[ApprovalId],
    )
    .fetch_all(db)
    .await
}

/// For how many days somebody wants kept what was read; none where they have not said.
pub(super) async fn days_kept(db: &Db, user: UserId) -> sqlx::Result<Option<i16>> {
    sqlx::query_scalar!("select days from reading_choices where user_id = $1", user as UserId).fetch_optional(db).await
}

/// Notes how long somebody wants it kept.
pub(super) async fn keep_for(
    connection: &mut PgConnection,
    user: UserId,
    days: i16,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into reading_choices (user_id, days, updated_at) values ($1, $2, $3)
         on conflict (user_id) do update set days = $2, updated_at = $3",
        user as UserId,
        days,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes what is older, of answers that are there.
pub(super) async fn remove_older(
    connection: &mut PgConnection,
    user: UserId,
    before: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from tool_results t using runs r
         where t.user_id = $1 and t.created_at <= $2 and r.id = t.run_id and r.settled_at is not null",
        user as UserId,
        before,
    )
    .execute(connection)
    .await?;
    Ok(())
}
