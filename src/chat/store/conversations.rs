//! Conversations and their messages.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    chat::model::Sent,
    kit::id::{ConversationId, MessageId, RunId, TeamId, UserId},
    platform::db::Db,
};

/// A message with the run that writes it, where it is an answer.
pub(in crate::chat) struct MessageRow {
    pub id: MessageId,
    pub author: String,
    pub content: String,
    pub created_at: OffsetDateTime,
}

/// A line of the list.
pub(in crate::chat) struct RecentRow {
    pub id: ConversationId,
    pub title: String,
    pub updated_at: OffsetDateTime,
}

/// Until the transaction ends, no other send of this person with this key goes on.
pub(in crate::chat) async fn lock_send(connection: &mut PgConnection, user: UserId, key: &str) -> sqlx::Result<()> {
    let name = format!("chat send {user} {key}");
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", name).execute(connection).await?;
    Ok(())
}

/// What an earlier arrival of the same send made.
pub(in crate::chat) async fn sent(
    connection: &mut PgConnection,
    user: UserId,
    key: &str,
) -> sqlx::Result<Option<Sent>> {
    let row = sqlx::query!(
        r#"select c.id as "conversation: ConversationId", r.id as "run: RunId"
           from conversations c
           join messages m on m.conversation_id = c.id and m.client_key = $2
           join runs r on r.question_id = m.id and r.user_id = $1
           where c.user_id = $1
           order by r.created_at desc
           limit 1"#,
        user as UserId,
        key,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Sent { conversation: row.conversation, run: row.run }))
}

pub(in crate::chat) async fn insert(
    connection: &mut PgConnection,
    id: ConversationId,
    team: TeamId,
    user: UserId,
    title: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into conversations (id, team_id, user_id, title, created_at, updated_at) values ($1, $2, $3, $4, $5, $5)",
        id as ConversationId,
        team as TeamId,
        user as UserId,
        title,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves a conversation to the top of the list; false when it is not theirs.
pub(in crate::chat) async fn touch(
    connection: &mut PgConnection,
    user: UserId,
    id: ConversationId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update conversations set updated_at = $3 where id = $2 and user_id = $1",
        user as UserId,
        id as ConversationId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(in crate::chat) struct NewMessage<'a> {
    pub id: MessageId,
    pub conversation: ConversationId,
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
        "insert into messages (id, conversation_id, author, content, client_key, created_at)
         select $2, c.id, $4, $5, $6,
             greatest($7, (select max(m.created_at) + interval '1 microsecond' from messages m where m.conversation_id = c.id))
         from conversations c where c.id = $3 and c.user_id = $1",
        user as UserId,
        message.id as MessageId,
        message.conversation as ConversationId,
        message.author,
        message.content,
        message.key,
        message.at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(in crate::chat) async fn title(
    connection: &mut PgConnection,
    user: UserId,
    id: ConversationId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select title from conversations where id = $2 and user_id = $1",
        user as UserId,
        id as ConversationId,
    )
    .fetch_optional(connection)
    .await
}

pub(in crate::chat) async fn messages(
    connection: &mut PgConnection,
    user: UserId,
    id: ConversationId,
) -> sqlx::Result<Vec<MessageRow>> {
    sqlx::query_as!(
        MessageRow,
        r#"select m.id as "id: MessageId", m.author, m.content, m.created_at
           from messages m join conversations c on c.id = m.conversation_id
           where c.id = $2 and c.user_id = $1
           order by m.created_at, m.id"#,
        user as UserId,
        id as ConversationId,
    )
    .fetch_all(connection)
    .await
}

pub(in crate::chat) async fn recent(db: &Db, user: UserId, limit: i64) -> sqlx::Result<Vec<RecentRow>> {
    sqlx::query_as!(
        RecentRow,
        r#"select id as "id: ConversationId", title, updated_at
           from conversations where user_id = $1
           order by updated_at desc
           limit $2"#,
        user as UserId,
        limit,
    )
    .fetch_all(db)
    .await
}

/// What was said before a question, newest first, with the model that wrote each answer (none: the rules).
pub(in crate::chat) struct HistoryRow {
    pub author: String,
    pub content: String,
    pub model: Option<String>,
}

pub(in crate::chat) async fn history(
    db: &Db,
    user: UserId,
    conversation: ConversationId,
    before: MessageId,
    limit: i64,
) -> sqlx::Result<Vec<HistoryRow>> {
    sqlx::query_as!(
        HistoryRow,
        r#"select m.author, m.content, r.model as "model?"
           from messages m
           join conversations c on c.id = m.conversation_id and c.user_id = $1
           join messages q on q.id = $3 and q.conversation_id = c.id
           left join runs r on r.answer_id = m.id
           where c.id = $2 and m.created_at < q.created_at and m.content <> ''
           order by m.created_at desc, m.id desc
           limit $4"#,
        user as UserId,
        conversation as ConversationId,
        before as MessageId,
        limit,
    )
    .fetch_all(db)
    .await
}
