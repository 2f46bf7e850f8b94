//! Runs that wait for their person, and what they propose.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    kit::id::{ApprovalId, ConversationId, MessageId, RunId, UserId},
    platform::db::Db,
};

pub(in crate::chat) struct NewWait<'a> {
    pub run: RunId,
    pub user: UserId,
    pub reason: &'a str,
    pub sealed_turn: &'a str,
    pub now: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// Puts a running run to wait.
pub(in crate::chat) async fn insert(connection: &mut PgConnection, wait: &NewWait<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "with waiting as (update runs set state = 'waiting' where id = $1 and user_id = $2 and state = 'running' returning id)
         insert into run_waits (id, user_id, reason, sealed_turn, created_at, expires_at)
         select id, $2, $3, $4, $5, $6 from waiting",
        wait.run as RunId,
        wait.user as UserId,
        wait.reason,
        wait.sealed_turn,
        wait.now,
        wait.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes which run proposes what.
pub(in crate::chat) async fn insert_proposal(
    connection: &mut PgConnection,
    user: UserId,
    run: RunId,
    approval: ApprovalId,
    call: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into run_proposals (approval_id, run_id, user_id, call_id, created_at)
         select $3, r.id, $1, $4, $5 from runs r where r.id = $2 and r.user_id = $1",
        user as UserId,
        run as RunId,
        approval as ApprovalId,
        call,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whose proposal it is.
pub(in crate::chat) struct ProposedBy {
    pub run: RunId,
    pub conversation: ConversationId,
}

pub(in crate::chat) async fn proposed_by(
    db: &Db,
    user: UserId,
    approval: ApprovalId,
) -> sqlx::Result<Option<ProposedBy>> {
    sqlx::query_as!(
        ProposedBy,
        r#"select r.id as "run: RunId", r.conversation_id as "conversation: ConversationId"
           from run_proposals p join runs r on r.id = p.run_id and r.user_id = $1
           where p.approval_id = $2 and p.user_id = $1"#,
        user as UserId,
        approval as ApprovalId,
    )
    .fetch_optional(db)
    .await
}

/// What a run has proposed, in the order in which it did.
pub(in crate::chat) async fn proposals_of(
    connection: &mut PgConnection,
    user: UserId,
    run: RunId,
) -> sqlx::Result<Vec<ApprovalId>> {
    sqlx::query_scalar!(
        r#"select approval_id as "approval: ApprovalId" from run_proposals where run_id = $2 and user_id = $1
           order by created_at, approval_id"#,
        user as UserId,
        run as RunId,
    )
    .fetch_all(connection)
    .await
}

/// A run that waits.
pub(in crate::chat) struct Waiting {
    pub run: RunId,
    pub user: UserId,
    pub sealed_turn: String,
}

/// A run that waits and has not waited too long, held until the transaction ends.
pub(in crate::chat) async fn lock(
    connection: &mut PgConnection,
    user: UserId,
    run: RunId,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Waiting>> {
    sqlx::query_as!(
        Waiting,
        r#"select id as "run: RunId", user_id as "user: UserId", sealed_turn
           from run_waits where id = $2 and user_id = $1 and expires_at > $3 for update"#,
        user as UserId,
        run as RunId,
        now,
    )
    .fetch_optional(connection)
    .await
}

/// What waits in a conversation.
pub(in crate::chat) async fn in_conversation(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
) -> sqlx::Result<Vec<Waiting>> {
    sqlx::query_as!(
        Waiting,
        r#"select w.id as "run: RunId", w.user_id as "user: UserId", w.sealed_turn
           from run_waits w join runs r on r.id = w.id
           where r.conversation_id = $2 and w.user_id = $1 for update of w"#,
        user as UserId,
        conversation as ConversationId,
    )
    .fetch_all(connection)
    .await
}

/// What waits as this run; none where it does not.
pub(in crate::chat) async fn of_run(
    connection: &mut PgConnection,
    user: UserId,
    run: RunId,
) -> sqlx::Result<Option<Waiting>> {
    sqlx::query_as!(
        Waiting,
        r#"select id as "run: RunId", user_id as "user: UserId", sealed_turn
           from run_waits where id = $2 and user_id = $1 for update"#,
        user as UserId,
        run as RunId,
    )
    .fetch_optional(connection)
    .await
}

/// A run that goes on.
pub(in crate::chat) struct Resumed {
    pub conversation: ConversationId,
    pub question: MessageId,
    pub answer: MessageId,
    /// The number of the event that says so.
    pub last_seq: i32,
}

/// Lets a run go on: of any number of callers at once, one gets it.
pub(in crate::chat) async fn resume(
    connection: &mut PgConnection,
    user: UserId,
    run: RunId,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Resumed>> {
    sqlx::query_as!(
        Resumed,
        r#"with gone as (delete from run_waits where id = $2 and user_id = $1)
           update runs set state = 'running', heartbeat_at = $3, last_seq = last_seq + 1, stop_requested_at = null
           where id = $2 and user_id = $1 and state = 'waiting'
           returning conversation_id as "conversation: ConversationId", question_id as "question: MessageId",
               answer_id as "answer: MessageId", last_seq"#,
        user as UserId,
        run as RunId,
        now,
    )
    .fetch_optional(connection)
    .await
}

/// Ends a waiting run; the number of its last event, or nothing where it does not wait.
pub(in crate::chat) async fn end(
    connection: &mut PgConnection,
    user: UserId,
    run: RunId,
    state: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "with gone as (delete from run_waits where id = $2 and user_id = $1)
         update runs set state = $3, last_seq = last_seq + 1, settled_at = $4
         where id = $2 and user_id = $1 and state = 'waiting'
         returning last_seq",
        user as UserId,
        run as RunId,
        state,
        now,
    )
    .fetch_optional(connection)
    .await
}

/// Makes room for one more event in the log of a run that waits; its number.
pub(in crate::chat) async fn next_number(
    connection: &mut PgConnection,
    user: UserId,
    run: RunId,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "update runs set last_seq = last_seq + 1 where id = $2 and user_id = $1 and state = 'waiting' returning last_seq",
        user as UserId,
        run as RunId,
    )
    .fetch_optional(connection)
    .await
}

/// Whether anything was read for an answer of this conversation.
pub(in crate::chat) async fn has_read(db: &Db, user: UserId, conversation: ConversationId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from run_events e join runs r on r.id = e.run_id
               where r.conversation_id = $2 and r.user_id = $1 and e.kind in ('tool_finished', 'decided')) as "read!""#,
        user as UserId,
        conversation as ConversationId,
    )
    .fetch_one(db)
    .await
}

/// What these runs have proposed, with the run.
pub(in crate::chat) async fn of_runs(
    connection: &mut PgConnection,
    user: UserId,
    runs: &[RunId],
) -> sqlx::Result<Vec<(RunId, ApprovalId)>> {
    let rows = sqlx::query!(
        r#"select run_id as "run: RunId", approval_id as "approval: ApprovalId" from run_proposals
           where run_id = any($2) and user_id = $1
           order by created_at, approval_id"#,
        user as UserId,
        runs as &[RunId],
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.run, row.approval)).collect())
}
