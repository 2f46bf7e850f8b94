//! Links to conversations.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    kit::id::{ConversationId, ConversationShareId, MessageId, UserId},
    platform::db::Db,
};

pub(in crate::chat) struct NewShare {
    pub id: ConversationShareId,
    pub conversation: ConversationId,
    pub leaf: MessageId,
    pub hash: [u8; 32],
    pub with_results: bool,
}

pub(in crate::chat) async fn insert(
    connection: &mut PgConnection,
    user: UserId,
    share: &NewShare,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into conversation_shares (id, conversation_id, user_id, leaf_id, secret_hash, with_results, created_at)
         select $2, c.id, c.user_id, $4, $5, $6, $7 from conversations c where c.id = $3 and c.user_id = $1",
        user as UserId,
        share.id as ConversationShareId,
        share.conversation as ConversationId,
        share.leaf as MessageId,
        share.hash.as_slice(),
        share.with_results,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(in crate::chat) async fn count(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from conversation_shares where conversation_id = $2 and user_id = $1"#,
        user as UserId,
        conversation as ConversationId,
    )
    .fetch_one(connection)
    .await
}

pub(in crate::chat) struct ShareRow {
    pub id: ConversationShareId,
    pub with_results: bool,
    pub created_at: OffsetDateTime,
}

/// The links to a conversation, newest first.
pub(in crate::chat) async fn of_conversation(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
) -> sqlx::Result<Vec<ShareRow>> {
    sqlx::query_as!(
        ShareRow,
        r#"select id as "id: ConversationShareId", with_results, created_at
           from conversation_shares where conversation_id = $2 and user_id = $1
           order by created_at desc, id desc"#,
        user as UserId,
        conversation as ConversationId,
    )
    .fetch_all(connection)
    .await
}

/// Removes a link; to which conversation it led, where it is theirs.
pub(in crate::chat) async fn remove(
    db: &Db,
    user: UserId,
    share: ConversationShareId,
) -> sqlx::Result<Option<ConversationId>> {
    sqlx::query_scalar!(
        r#"delete from conversation_shares where id = $2 and user_id = $1
           returning conversation_id as "conversation: ConversationId""#,
        user as UserId,
        share as ConversationShareId,
    )
    .fetch_optional(db)
    .await
}

pub(in crate::chat) struct SharedRow {
    pub user: UserId,
    pub conversation: ConversationId,
    pub leaf: MessageId,
    pub title: String,
    pub with_results: bool,
    pub created_at: OffsetDateTime,
}

/// What the link with this secret leads to.
pub(in crate::chat) async fn by_secret(
    connection: &mut PgConnection,
    hash: &[u8; 32],
) -> sqlx::Result<Option<SharedRow>> {
    sqlx::query_as!(
        SharedRow,
        r#"select s.user_id as "user: UserId", s.conversation_id as "conversation: ConversationId",
               s.leaf_id as "leaf: MessageId", c.title, s.with_results, s.created_at
           from conversation_shares s join conversations c on c.id = s.conversation_id
           where s.secret_hash = $1"#,
        hash.as_slice(),
    )
    .fetch_optional(connection)
    .await
}
