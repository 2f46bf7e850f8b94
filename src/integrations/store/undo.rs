//! Changes that are taken back.

use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::id::{ApprovalId, ToolCallId, UserId};

/// The approval of the call that takes another one back.
pub struct NewUndo<'a> {
    pub id: ApprovalId,
    pub user: UserId,
    pub undoes: ApprovalId,
    pub tool: &'a str,
    pub sealed_arguments: &'a str,
    pub call_hash: &'a [u8; 32],
    pub now: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// Which approval takes which back, and the rows of both in the log of calls.
pub struct UndoRow {
    pub id: ApprovalId,
    pub undoes: ApprovalId,
    pub call: Option<ToolCallId>,
    pub undone_call: Option<ToolCallId>,
}

/// Notes that something that was done is to be taken back. False: it was not done, or somebody takes it back already, or
/// has, or may have.
pub async fn insert_undo(db: impl PgExecutor<'_>, new: &NewUndo<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into approvals (id, user_id, connection_id, tool, sealed_arguments, call_hash, created_at, expires_at,
             undoes, undo_attempt)
         select $2, $1, a.connection_id, $4, $5, $6, $7, $8, a.id,
             (select coalesce(max(u.undo_attempt), 0) + 1 from approvals u where u.user_id = $1 and u.undoes = a.id)
         from approvals a join executions e on e.id = a.id and e.user_id = $1
         where a.user_id = $1 and a.id = $3 and a.undoes is null and e.outcome = 'done'
             and not exists (
                 select from approvals u left join executions tried on tried.id = u.id
                 where u.user_id = $1 and u.undoes = a.id and tried.outcome is distinct from 'failed')
         on conflict on constraint approvals_undone_once do nothing",
        new.user as UserId,
        new.id as ApprovalId,
        new.undoes as ApprovalId,
        new.tool,
        new.sealed_arguments,
        &new.call_hash[..],
        new.now,
        new.expires_at,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Of these approvals: what takes them back, and what they take back, the latest attempt of each.
pub async fn undoing(db: impl PgExecutor<'_>, user: UserId, ids: &[ApprovalId]) -> Result<Vec<UndoRow>, sqlx::Error> {
    let ids: Vec<Uuid> = ids.iter().copied().map(Into::into).collect();
    sqlx::query_as!(
        UndoRow,
        r#"select distinct on (u.undoes) u.id as "id: ApprovalId", u.undoes as "undoes!: ApprovalId",
               taking.id as "call?: ToolCallId", taken.id as "undone_call?: ToolCallId"
           from approvals u
           left join tool_calls taking on taking.approval_id = u.id and taking.user_id = $1
           left join tool_calls taken on taken.approval_id = u.undoes and taken.user_id = $1
           where u.user_id = $1 and u.undoes is not null and (u.undoes = any($2) or u.id = any($2))
           order by u.undoes, u.undo_attempt desc"#,
        user as UserId,
        &ids,
    )
    .fetch_all(db)
    .await
}
