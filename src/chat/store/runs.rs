//! Runs and what was read for them.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    kit::id::{ConversationId, MessageId, RunId, ToolResultId, UserId},
    platform::db::Db,
};

pub(in crate::chat) struct NewRun {
    pub id: RunId,
    pub conversation: ConversationId,
    pub question: MessageId,
    pub answer: MessageId,
}

pub(in crate::chat) async fn insert(
    connection: &mut PgConnection,
    user: UserId,
    run: &NewRun,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into runs (id, conversation_id, user_id, question_id, answer_id, state, heartbeat_at, created_at)
         values ($1, $2, $3, $4, $5, 'running', $6, $6)",
        run.id as RunId,
        run.conversation as ConversationId,
        user as UserId,
        run.question as MessageId,
        run.answer as MessageId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(in crate::chat) struct RunRow {
    pub id: RunId,
    pub answer: MessageId,
    pub state: String,
    pub model: Option<String>,
    pub error_message: Option<String>,
    pub last_seq: i32,
}

pub(in crate::chat) async fn find(db: &Db, user: UserId, id: RunId) -> sqlx::Result<Option<RunRow>> {
    sqlx::query_as!(
        RunRow,
        r#"select id as "id: RunId", answer_id as "answer: MessageId", state, model, error_message, last_seq
           from runs where id = $2 and user_id = $1"#,
        user as UserId,
        id as RunId,
    )
    .fetch_optional(db)
    .await
}

/// The runs that write these answers.
pub(in crate::chat) async fn of_answers(
    connection: &mut PgConnection,
    user: UserId,
    answers: &[MessageId],
) -> sqlx::Result<Vec<RunRow>> {
    sqlx::query_as!(
        RunRow,
        r#"select id as "id: RunId", answer_id as "answer: MessageId", state, model, error_message, last_seq
           from runs where answer_id = any($2) and user_id = $1
           order by created_at"#,
        user as UserId,
        answers as &[MessageId],
    )
    .fetch_all(connection)
    .await
}

/// All runs of a conversation.
pub(in crate::chat) async fn all_of(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
) -> sqlx::Result<Vec<RunId>> {
    sqlx::query_scalar!(
        r#"select id as "id: RunId" from runs where conversation_id = $2 and user_id = $1"#,
        user as UserId,
        conversation as ConversationId,
    )
    .fetch_all(connection)
    .await
}

/// The runs of a conversation that have not ended, oldest first.
pub(in crate::chat) async fn unsettled(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
) -> sqlx::Result<Vec<RunRow>> {
    sqlx::query_as!(
        RunRow,
        r#"select id as "id: RunId", answer_id as "answer: MessageId", state, model, error_message, last_seq
           from runs where conversation_id = $2 and user_id = $1 and settled_at is null
           order by created_at"#,
        user as UserId,
        conversation as ConversationId,
    )
    .fetch_all(connection)
    .await
}

/// Notes the wish to stop; the conversation when the run is theirs, and whether it was still running.
pub(in crate::chat) async fn request_stop(
    connection: &mut PgConnection,
    user: UserId,
    id: RunId,
    now: OffsetDateTime,
) -> sqlx::Result<Option<(ConversationId, bool)>> {
    let row = sqlx::query!(
        r#"update runs
           set stop_requested_at = case when state = 'running' then coalesce(stop_requested_at, $3) else stop_requested_at end
           where id = $2 and user_id = $1
           returning conversation_id as "conversation: ConversationId", state"#,
        user as UserId,
        id as RunId,
        now,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.conversation, row.state == "running")))
}

/// What one call read, sealed.
pub(in crate::chat) struct SealedRow {
    pub id: ToolResultId,
    pub run: RunId,
    pub call_id: String,
    pub sealed: String,
}

pub(in crate::chat) async fn results_of(
    connection: &mut PgConnection,
    user: UserId,
    runs: &[RunId],
) -> sqlx::Result<Vec<SealedRow>> {
    sqlx::query_as!(
        SealedRow,
        r#"select t.id as "id: ToolResultId", t.run_id as "run: RunId", t.call_id, t.sealed_result as sealed
           from tool_results t where t.run_id = any($2) and t.user_id = $1"#,
        user as UserId,
        runs as &[RunId],
    )
    .fetch_all(connection)
    .await
}

pub(in crate::chat) async fn result(
    db: &Db,
    user: UserId,
    run: RunId,
    call_id: &str,
) -> sqlx::Result<Option<SealedRow>> {
    sqlx::query_as!(
        SealedRow,
        r#"select id as "id: ToolResultId", run_id as "run: RunId", call_id, sealed_result as sealed
           from tool_results where run_id = $2 and user_id = $1 and call_id = $3"#,
        user as UserId,
        run as RunId,
        call_id,
    )
    .fetch_optional(db)
    .await
}
