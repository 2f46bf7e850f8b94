use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use super::Ended;
use crate::kit::id::{ApprovalId, ConnectionId, UserId};

/// A call that is put before its person.
pub struct NewApproval<'a> {
    pub id: ApprovalId,
    pub user: UserId,
    pub connection: ConnectionId,
    pub tool: &'a str,
    pub sealed_arguments: &'a str,
    pub call_hash: &'a [u8; 32],
    pub sealed_before: Option<&'a str>,
    pub now: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// An approval that was used up.
pub struct ApprovalRow {
    pub connection: ConnectionId,
    pub tool: String,
    pub sealed_arguments: String,
    pub call_hash: Vec<u8>,
}

/// An approval with what became of it.
pub struct ProposalRow {
    pub id: ApprovalId,
    pub connection: ConnectionId,
    pub account_label: String,
    pub account_id: String,
    pub tool: String,
    pub undoes: Option<ApprovalId>,
    pub sealed_arguments: String,
    pub sealed_before: Option<String>,
    pub state: String,
    pub edited: bool,
    pub by_standing: bool,
    pub decided_at: Option<OffsetDateTime>,
    pub expires_at: OffsetDateTime,
    pub outcome: Option<String>,
    pub sealed_outcome: Option<String>,
}

/// Puts a call before the person. False: the connection is not theirs.
pub async fn insert_approval(db: impl PgExecutor<'_>, new: &NewApproval<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into approvals (id, user_id, connection_id, tool, sealed_arguments, call_hash, sealed_before, created_at, expires_at)
         select $2, $1, connections.id, $4, $5, $6, $7, $8, $9 from connections
         where connections.user_id = $1 and connections.id = $3",
        new.user as UserId,
        new.id as ApprovalId,
        new.connection as ConnectionId,
        new.tool,
        new.sealed_arguments,
        &new.call_hash[..],
        new.sealed_before,
        new.now,
        new.expires_at,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Records the person's yes or no. False: it was decided before, is too late, or is not theirs.
pub async fn decide_approval(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ApprovalId,
    approve: bool,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update approvals set state = case when $3 then 'approved' else 'denied' end, decided_at = $4
         where user_id = $1 and id = $2 and state = 'waiting' and expires_at > $4",
        user as UserId,
        id as ApprovalId,
        approve,
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Records the person's yes to a call that they have changed before: the words and what they are known by change in the
/// statement that decides.
pub async fn approve_edited(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ApprovalId,
    sealed_arguments: &str,
    call_hash: &[u8; 32],
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update approvals set state = 'approved', decided_at = $5, sealed_arguments = $3, call_hash = $4, edited = true
         where user_id = $1 and id = $2 and state = 'waiting' and expires_at > $5",
        user as UserId,
        id as ApprovalId,
        sealed_arguments,
        &call_hash[..],
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Records a yes that was given in advance, while it stands for the tool as it is described now.
pub async fn approve_by_standing(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ApprovalId,
    tool_hash: &[u8; 32],
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update approvals a set state = 'approved', decided_at = $4, by_standing = true
         from standing_approvals s
         where a.user_id = $1 and a.id = $2 and a.state = 'waiting' and a.expires_at > $4
           and s.user_id = $1 and s.connection_id = a.connection_id and s.tool = a.tool and s.tool_hash = $3",
        user as UserId,
        id as ApprovalId,
        &tool_hash[..],
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Uses an approval up, and notes that its call may have left: of any number of callers at once, one gets it.
pub async fn consume_approval(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ApprovalId,
    now: OffsetDateTime,
) -> Result<Option<ApprovalRow>, sqlx::Error> {
    sqlx::query_as!(
        ApprovalRow,
        r#"with used as (
               update approvals set state = 'consumed', consumed_at = $3
               where user_id = $1 and id = $2 and state = 'approved' and expires_at > $3
               returning id, user_id, connection_id, tool, sealed_arguments, call_hash),
           noted as (insert into executions (id, user_id, started_at) select id, user_id, $3 from used)
           select connection_id as "connection: ConnectionId", tool, sealed_arguments, call_hash from used"#,
        user as UserId,
        id as ApprovalId,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Notes what became of a call, once, in the log of calls as well. False: it was noted before.
pub async fn note_outcome(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ApprovalId,
    ended: &Ended<'_>,
    sealed_outcome: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with noted as (
               update executions set outcome = $3, sealed_outcome = $4, finished_at = $5
               where user_id = $1 and id = $2 and outcome is null returning id),
           told as (
               update tool_calls t set outcome = $3, code = $6, result_bytes = $7, finished_at = $5
               from noted where t.user_id = $1 and t.approval_id = noted.id and t.outcome is null)
           select count(*) > 0 as "noted!" from noted"#,
        user as UserId,
        id as ApprovalId,
        ended.outcome,
        sealed_outcome,
        ended.now,
        ended.code,
        ended.result_bytes,
    )
    .fetch_one(db)
    .await
}

/// The tool that a proposal would use.
pub async fn tool_of(db: impl PgExecutor<'_>, user: UserId, id: ApprovalId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("select tool from approvals where user_id = $1 and id = $2", user as UserId, id as ApprovalId,)
        .fetch_optional(db)
        .await
}

/// Removes what was proposed in conversations that are deleted.
pub async fn delete_approvals(
    connection: &mut PgConnection,
    user: UserId,
    ids: &[uuid::Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from approvals where user_id = $1 and id = any($2)", user as UserId, ids)
        .execute(connection)
        .await?;
    Ok(())
}

/// These proposals of a person, with what became of them.
pub async fn proposals(
    db: impl PgExecutor<'_>,
    user: UserId,
    ids: &[ApprovalId],
) -> Result<Vec<ProposalRow>, sqlx::Error> {
    let ids: Vec<uuid::Uuid> = ids.iter().copied().map(Into::into).collect();
    sqlx::query_as!(
        ProposalRow,
        r#"select a.id as "id: ApprovalId", a.connection_id as "connection: ConnectionId", c.account_label, c.account_id, a.tool,
               a.undoes as "undoes: ApprovalId", a.sealed_arguments, a.sealed_before, a.state, a.edited, a.by_standing, a.decided_at, a.expires_at,
               e.outcome as "outcome?", e.sealed_outcome as "sealed_outcome?"
           from approvals a
           join connections c on c.id = a.connection_id and c.user_id = $1
           left join executions e on e.id = a.id
           where a.user_id = $1 and a.id = any($2)"#,
        user as UserId,
        &ids,
    )
    .fetch_all(db)
    .await
}

/// How many of these wait for a word, or for what the service says.
pub async fn open_proposals(
    db: impl PgExecutor<'_>,
    user: UserId,
    ids: &[ApprovalId],
    now: OffsetDateTime,
) -> Result<i64, sqlx::Error> {
    let ids: Vec<uuid::Uuid> = ids.iter().copied().map(Into::into).collect();
    sqlx::query_scalar!(
        r#"select count(*) as "open!" from approvals a left join executions e on e.id = a.id
           where a.user_id = $1 and a.id = any($2)
             and (a.state = 'waiting' and a.expires_at > $3 or a.state = 'consumed' and e.outcome is null)"#,
        user as UserId,
        &ids,
        now,
    )
    .fetch_one(db)
    .await
}
