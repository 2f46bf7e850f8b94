//! The messages of conversations, each of which follows another.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::kit::id::{ConversationId, MessageId, UserId};

/// A message of the path that is shown.
#[derive(Clone)]
pub(in crate::chat) struct MessageRow {
    pub id: MessageId,
    pub parent: Option<MessageId>,
    pub author: String,
    pub content: String,
    pub created_at: OffsetDateTime,
}

/// The way to a message, from its beginning on; of a long one the last `limit` messages.
pub(in crate::chat) async fn path(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
    to: MessageId,
    limit: i64,
) -> sqlx::Result<Vec<MessageRow>> {
    sqlx::query_as!(
        MessageRow,
        r#"with recursive path as (
               select m.id, m.parent_id, 1::bigint as steps
               from messages m join conversations c on c.id = m.conversation_id
               where m.id = $3 and c.id = $2 and c.user_id = $1
               union all
               select m.id, m.parent_id, path.steps + 1
               from path join messages m on m.id = path.parent_id and m.conversation_id = $2
               where path.steps < $4
           )
           select m.id as "id: MessageId", m.parent_id as "parent: MessageId", m.author, m.content, m.created_at
           from path join messages m on m.id = path.id
           order by path.steps desc"#,
        user as UserId,
        conversation as ConversationId,
        to as MessageId,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// What follows a message on the way to `leaf`, the nearest `limit` of it, oldest first. Nothing where the message does
/// not stand on that way, or ends it.
pub(in crate::chat) async fn following(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
    after: MessageId,
    leaf: MessageId,
    limit: i64,
) -> sqlx::Result<Vec<MessageRow>> {
    let rows = sqlx::query_as!(
        MessageRow,
        r#"with recursive path as (
               select m.id, m.parent_id, 1::bigint as steps
               from messages m join conversations c on c.id = m.conversation_id
               where m.id = $4 and m.id <> $3 and c.id = $2 and c.user_id = $1
               union all
               select m.id, m.parent_id, path.steps + 1
               from path join messages m on m.id = path.parent_id and m.conversation_id = $2
               where m.id <> $3
           )
           select m.id as "id: MessageId", m.parent_id as "parent: MessageId", m.author, m.content, m.created_at
           from (select id, steps from path order by steps desc limit $5) nearest join messages m on m.id = nearest.id
           order by nearest.steps desc"#,
        user as UserId,
        conversation as ConversationId,
        after as MessageId,
        leaf as MessageId,
        limit,
    )
    .fetch_all(connection)
    .await?;
    // Whoever asks from another branch has walked to its beginning.
    let follows = rows.first().is_some_and(|first| first.parent == Some(after));
    Ok(if follows { rows } else { Vec::new() })
}

/// All messages of a conversation, in the order in which they were written.
pub(in crate::chat) async fn all(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
) -> sqlx::Result<Vec<MessageRow>> {
    sqlx::query_as!(
        MessageRow,
        r#"select m.id as "id: MessageId", m.parent_id as "parent: MessageId", m.author, m.content, m.created_at
           from messages m join conversations c on c.id = m.conversation_id
           where c.id = $2 and c.user_id = $1
           order by m.created_at, m.id"#,
        user as UserId,
        conversation as ConversationId,
    )
    .fetch_all(connection)
    .await
}

/// A message and what it follows.
pub(in crate::chat) struct VersionRow {
    pub id: MessageId,
    pub parent: Option<MessageId>,
}

/// The versions of these messages, oldest first, given by what they follow.
pub(in crate::chat) async fn versions(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
    parents: &[MessageId],
    of_the_first: bool,
) -> sqlx::Result<Vec<VersionRow>> {
    sqlx::query_as!(
        VersionRow,
        r#"select m.id as "id: MessageId", m.parent_id as "parent: MessageId"
           from messages m join conversations c on c.id = m.conversation_id
           where c.id = $2 and c.user_id = $1 and m.conversation_id = $2
               and (m.parent_id = any($3) or ($4 and m.parent_id is null))
           order by m.created_at, m.id"#,
        user as UserId,
        conversation as ConversationId,
        parents as &[MessageId],
        of_the_first,
    )
    .fetch_all(connection)
    .await
}

/// One message of theirs.
pub(in crate::chat) async fn find(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
    id: MessageId,
) -> sqlx::Result<Option<MessageRow>> {
    sqlx::query_as!(
        MessageRow,
        r#"select m.id as "id: MessageId", m.parent_id as "parent: MessageId", m.author, m.content, m.created_at
           from messages m join conversations c on c.id = m.conversation_id
           where m.id = $3 and c.id = $2 and c.user_id = $1"#,
        user as UserId,
        conversation as ConversationId,
        id as MessageId,
    )
    .fetch_optional(connection)
    .await
}

/// The end of the path that is shown; none in a conversation without messages.
pub(in crate::chat) async fn leaf(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
) -> sqlx::Result<Option<MessageId>> {
    let leaf = sqlx::query_scalar!(
        r#"select coalesce(c.leaf_id, (
               select m.id from messages m where m.conversation_id = c.id order by m.created_at desc, m.id desc limit 1
           )) as "leaf: MessageId"
           from conversations c where c.id = $2 and c.user_id = $1"#,
        user as UserId,
        conversation as ConversationId,
    )
    .fetch_optional(connection)
    .await?;
    Ok(leaf.flatten())
}

/// Shows the path to this message from now on.
pub(in crate::chat) async fn show(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
    leaf: MessageId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update conversations set leaf_id = $3 where id = $2 and user_id = $1",
        user as UserId,
        conversation as ConversationId,
        leaf as MessageId,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest message below this one that nothing follows; itself where nothing follows it.
pub(in crate::chat) async fn newest_below(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
    id: MessageId,
) -> sqlx::Result<Option<MessageId>> {
    sqlx::query_scalar!(
        r#"with recursive below as (
               select m.id, m.created_at
               from messages m join conversations c on c.id = m.conversation_id
               where m.id = $3 and c.id = $2 and c.user_id = $1
               union all
               select m.id, m.created_at
               from below join messages m on m.conversation_id = $2 and m.parent_id = below.id
           )
           select b.id as "id!: MessageId" from below b
           where not exists (select from messages m where m.conversation_id = $2 and m.parent_id = b.id)
           order by b.created_at desc, b.id desc
           limit 1"#,
        user as UserId,
        conversation as ConversationId,
        id as MessageId,
    )
    .fetch_optional(connection)
    .await
}

/// Removes a message with all that follows it; how many went.
pub(in crate::chat) async fn remove_below(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
    id: MessageId,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "with recursive below as (
             select m.id
             from messages m join conversations c on c.id = m.conversation_id
             where m.id = $3 and c.id = $2 and c.user_id = $1
             union all
             select m.id from below join messages m on m.conversation_id = $2 and m.parent_id = below.id
         )
         delete from messages where id in (select id from below)",
        user as UserId,
        conversation as ConversationId,
        id as MessageId,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

pub(in crate::chat) struct NewMessage<'a> {
    pub id: MessageId,
    pub conversation: ConversationId,
    /// What it follows.
    pub parent: Option<MessageId>,
    pub author: &'a str,
    pub content: &'a str,
    pub key: Option<&'a str>,
    pub at: OffsetDateTime,
}

/// Adds a message at its moment, but after all that are there: two processes whose clocks differ keep the order.
pub(in crate::chat) async fn insert_message(
    connection: &mut PgConnection,
    user: UserId,
    message: &NewMessage<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into messages (id, conversation_id, author, content, client_key, parent_id, created_at)
         select $2, c.id, $4, $5, $6, $8,
             greatest($7, (select max(m.created_at) + interval '1 microsecond' from messages m where m.conversation_id = c.id))
         from conversations c where c.id = $3 and c.user_id = $1",
        user as UserId,
        message.id as MessageId,
        message.conversation as ConversationId,
        message.author,
        message.content,
        message.key,
        message.at,
        message.parent as Option<MessageId>,
    )
    .execute(connection)
    .await?;
    Ok(())
}
