//! Names that a model gives to conversations.

use sqlx::PgConnection;

use crate::kit::id::{ConversationId, UserId};

/// Gives a conversation of theirs this name, unless its person has given it one; whether it has it now.
pub(in crate::chat) async fn name(
    connection: &mut PgConnection,
    user: UserId,
    id: ConversationId,
    name: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update conversations set title = $3, named_by = 'model' where id = $2 and user_id = $1 and named_by = 'rule'",
        user as UserId,
        id as ConversationId,
        name,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
