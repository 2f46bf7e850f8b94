//! What people thought of answers.

use std::collections::HashMap;

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    chat::model::Feedback,
    kit::id::{MessageId, UserId},
    platform::db::Db,
};

/// What a person said of these answers.
pub(in crate::chat) async fn of_answers(
    connection: &mut PgConnection,
    user: UserId,
    answers: &[MessageId],
) -> sqlx::Result<HashMap<MessageId, Feedback>> {
    let rows = sqlx::query!(
        r#"select message_id as "message: MessageId", verdict = 'up' as "good!", words
           from message_feedback where message_id = any($2) and user_id = $1"#,
        user as UserId,
        answers as &[MessageId],
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.message, Feedback { good: row.good, words: row.words })).collect())
}

/// Keeps it in place of what was said before; whether there is such an answer of theirs.
pub(in crate::chat) async fn put(
    db: &Db,
    user: UserId,
    answer: MessageId,
    feedback: &Feedback,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into message_feedback (message_id, user_id, verdict, words, created_at)
         select m.id, c.user_id, $3, $4, $5
         from messages m join conversations c on c.id = m.conversation_id
         where m.id = $2 and c.user_id = $1 and m.author = 'assistant'
         on conflict (message_id) do update
             set verdict = excluded.verdict, words = excluded.words, created_at = excluded.created_at",
        user as UserId,
        answer as MessageId,
        if feedback.good { "up" } else { "down" },
        feedback.words,
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes back what was said.
pub(in crate::chat) async fn remove(db: &Db, user: UserId, answer: MessageId) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from message_feedback where message_id = $2 and user_id = $1",
        user as UserId,
        answer as MessageId,
    )
    .execute(db)
    .await?;
    Ok(())
}
