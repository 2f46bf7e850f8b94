//! The log of what was done through a person's accounts. A row is there before its call is made, and is ended once.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::id::{ApprovalId, ConnectionId, ToolCallId, UserId};

/// Something that is to be looked up, or that somebody tried to have changed without a yes.
pub struct NewCall<'a> {
    pub id: ToolCallId,
    pub user: UserId,
    pub connection: ConnectionId,
    pub provider: &'a str,
    pub tool: &'a str,
    pub effect: &'a str,
    pub caller_kind: &'a str,
    pub caller: Uuid,
    pub arguments_hash: &'a [u8; 32],
    pub now: OffsetDateTime,
}

/// How a call ended.
pub struct Ended<'a> {
    pub outcome: &'a str,
    pub code: Option<&'a str>,
    pub result_bytes: Option<i64>,
    pub now: OffsetDateTime,
}

/// A call, as its person may know it.
pub struct CallRow {
    pub id: ToolCallId,
    pub provider: String,
    pub account_label: String,
    pub tool: String,
    pub effect: String,
    pub caller_kind: Option<String>,
    pub caller: Option<Uuid>,
    pub arguments_hash: Option<Vec<u8>>,
    pub approval: Option<ApprovalId>,
    pub approved: Option<String>,
    pub started_at: OffsetDateTime,
    pub outcome: Option<String>,
    pub code: Option<String>,
    pub result_bytes: Option<i64>,
    pub finished_at: Option<OffsetDateTime>,
}

/// Which calls are wanted.
#[derive(Clone, Copy, Default)]
pub struct Wanted<'a> {
    pub provider: Option<&'a str>,
    /// Whether they change something.
    pub changes: Option<bool>,
}

/// Notes that a call is about to be made. False: the connection is not theirs, or not one to this service.
pub async fn begin_call(db: impl PgExecutor<'_>, new: &NewCall<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into tool_calls (id, user_id, connection_id, provider, account_label, tool, effect, caller_kind, caller_id,
             arguments_hash, started_at)
         select $2, $1, c.id, c.provider, c.account_label, $5, $6, $7, $8, $9, $10 from connections c
         where c.user_id = $1 and c.id = $3 and c.provider = $4",
        new.user as UserId,
        new.id as ToolCallId,
        new.connection as ConnectionId,
        new.provider,
        new.tool,
        new.effect,
        new.caller_kind,
        new.caller,
        &new.arguments_hash[..],
        new.now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes how a call ended, once.
pub async fn end_call(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ToolCallId,
    ended: &Ended<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update tool_calls set outcome = $3, code = $4, result_bytes = $5, finished_at = $6
         where user_id = $1 and id = $2 and outcome is null",
        user as UserId,
        id as ToolCallId,
        ended.outcome,
        ended.code,
        ended.result_bytes,
        ended.now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes a change that was decided: one that may leave now, or with an outcome one that will not be made.
pub async fn note_decided(
    connection: &mut PgConnection,
    user: UserId,
    approval: ApprovalId,
    id: ToolCallId,
    effect: &str,
    outcome: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into tool_calls (id, user_id, connection_id, provider, account_label, tool, effect, arguments_hash,
             approval_id, approved, started_at, outcome, finished_at)
         select $3, $1, c.id, c.provider, c.account_label, a.tool, $4, a.call_hash,
             a.id, case when a.state <> 'consumed' then null when a.by_standing then 'standing' else 'person' end,
             $6::timestamptz, $5, case when $5::text is null then null else $6::timestamptz end
         from approvals a join connections c on c.id = a.connection_id and c.user_id = $1
         where a.user_id = $1 and a.id = $2",
        user as UserId,
        approval as ApprovalId,
        id as ToolCallId,
        effect,
        outcome,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A person's calls, the newest first, from before one on; at most so many.
pub async fn calls(
    db: impl PgExecutor<'_>,
    user: UserId,
    wanted: Wanted<'_>,
    before: Option<ToolCallId>,
    most: i64,
) -> Result<Vec<CallRow>, sqlx::Error> {
    sqlx::query_as!(
        CallRow,
        r#"select id as "id: ToolCallId", provider, account_label, tool, effect, caller_kind, caller_id as caller,
               arguments_hash, approval_id as "approval: ApprovalId", approved, started_at, outcome, code, result_bytes,
               finished_at
           from tool_calls
           where user_id = $1 and ($2::text is null or provider = $2)
             and ($3::boolean is null or (effect <> 'read') = $3) and ($4::uuid is null or id < $4)
           order by id desc limit $5"#,
        user as UserId,
        wanted.provider,
        wanted.changes,
        before as Option<ToolCallId>,
        most,
    )
    .fetch_all(db)
    .await
}

/// The services through which anything was done for a person.
pub async fn called_services(db: impl PgExecutor<'_>, user: UserId) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!("select distinct provider from tool_calls where user_id = $1 order by provider", user as UserId)
        .fetch_all(db)
        .await
}

/// Takes out of the log what was derived from the words of conversations: of calls that these had made, of these
/// proposals, and of what took them back. That they were made stays.
pub async fn forget_arguments(
    connection: &mut PgConnection,
    user: UserId,
    callers: &[Uuid],
    approvals: &[Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update tool_calls set arguments_hash = null
         where user_id = $1 and (caller_id = any($2) or approval_id = any($3) or approval_id in
             (select id from approvals where user_id = $1 and undoes = any($3)))",
        user as UserId,
        callers,
        approvals,
    )
    .execute(connection)
    .await?;
    Ok(())
}
