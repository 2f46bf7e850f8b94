//! Conversations and their messages.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    chat::model::Sent,
    kit::id::{ConversationId, MessageId, RunId, TeamId, UserId},
    platform::db::Db,
};

/// A line of the list.
pub(in crate::chat) struct RecentRow {
    pub id: ConversationId,
    pub title: String,
    pub updated_at: OffsetDateTime,
    pub pinned: bool,
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
           join runs r on (r.question_id = m.id or r.answer_id = m.id) and r.user_id = $1
           where c.user_id = $1
           order by r.created_at, r.id
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

/// The conversation that goes on.
pub(in crate::chat) struct Touched {
    /// Whose plan pays.
    pub team: TeamId,
    /// When it went on before.
    pub last: OffsetDateTime,
}

/// Moves a conversation to the top of the list; none when it is not theirs.
pub(in crate::chat) async fn touch(
    connection: &mut PgConnection,
    user: UserId,
    id: ConversationId,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Touched>> {
    sqlx::query_as!(
        Touched,
        r#"with before as (select id, updated_at from conversations where id = $2 and user_id = $1 for update)
           update conversations c set updated_at = $3 from before where c.id = before.id
           returning c.team_id as "team: TeamId", before.updated_at as last"#,
        user as UserId,
        id as ConversationId,
        now,
    )
    .fetch_optional(connection)
    .await
}

/// Keeps everybody else from changing a conversation until the transaction ends; whether it is theirs.
pub(in crate::chat) async fn lock(
    connection: &mut PgConnection,
    user: UserId,
    id: ConversationId,
) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select id as "id: ConversationId" from conversations where id = $2 and user_id = $1 for update"#,
        user as UserId,
        id as ConversationId,
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

/// The team that a conversation of theirs is in.
pub(in crate::chat) async fn team(
    connection: &mut PgConnection,
    user: UserId,
    id: ConversationId,
) -> sqlx::Result<Option<TeamId>> {
    sqlx::query_scalar!(
        r#"select team_id as "team: TeamId" from conversations where id = $2 and user_id = $1"#,
        user as UserId,
        id as ConversationId,
    )
    .fetch_optional(connection)
    .await
}

/// Whether a person has conversations in a team.
pub(in crate::chat) async fn any_in(connection: &mut PgConnection, user: UserId, team: TeamId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from conversations where user_id = $1 and team_id = $2) as "any!""#,
        user as UserId,
        team as TeamId,
    )
    .fetch_one(connection)
    .await
}

/// Moves all of a person's conversations from one team to another; how many.
pub(in crate::chat) async fn take_home(
    connection: &mut PgConnection,
    user: UserId,
    from: TeamId,
    to: TeamId,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update conversations set team_id = $3 where user_id = $1 and team_id = $2",
        user as UserId,
        from as TeamId,
        to as TeamId,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// What stands above a conversation.
pub(in crate::chat) struct HeadRow {
    pub title: String,
    pub pinned: bool,
    pub archived: bool,
}

pub(in crate::chat) async fn head(
    connection: &mut PgConnection,
    user: UserId,
    id: ConversationId,
) -> sqlx::Result<Option<HeadRow>> {
    sqlx::query_as!(
        HeadRow,
        r#"select title, pinned_at is not null as "pinned!", archived_at is not null as "archived!"
           from conversations where id = $2 and user_id = $1"#,
        user as UserId,
        id as ConversationId,
    )
    .fetch_optional(connection)
    .await
}

/// What is not put away: first what is pinned, then the newest.
pub(in crate::chat) async fn recent(db: &Db, user: UserId, limit: i64) -> sqlx::Result<Vec<RecentRow>> {
    sqlx::query_as!(
        RecentRow,
        r#"select id as "id: ConversationId", title, updated_at, pinned_at is not null as "pinned!"
           from conversations where user_id = $1 and archived_at is null
           order by pinned_at is null, updated_at desc
           limit $2"#,
        user as UserId,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Renames a conversation; whether it is theirs.
pub(in crate::chat) async fn rename(db: &Db, user: UserId, id: ConversationId, title: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update conversations set title = $3, named_by = 'person' where id = $2 and user_id = $1",
        user as UserId,
        id as ConversationId,
        title,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Pins a conversation, or no longer; whether it is theirs. What is pinned is not put away.
pub(in crate::chat) async fn pin(
    db: &Db,
    user: UserId,
    id: ConversationId,
    at: Option<OffsetDateTime>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update conversations
         set pinned_at = $3, archived_at = case when $3::timestamptz is null then archived_at end
         where id = $2 and user_id = $1",
        user as UserId,
        id as ConversationId,
        at,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts a conversation away, or back; whether it is theirs. What is put away is not pinned.
pub(in crate::chat) async fn archive(
    db: &Db,
    user: UserId,
    id: ConversationId,
    at: Option<OffsetDateTime>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update conversations
         set archived_at = $3, pinned_at = case when $3::timestamptz is null then pinned_at end
         where id = $2 and user_id = $1",
        user as UserId,
        id as ConversationId,
        at,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// All conversations of a person, oldest first.
pub(in crate::chat) async fn ids(db: &Db, user: UserId) -> sqlx::Result<Vec<ConversationId>> {
    sqlx::query_scalar!(
        r#"select id as "id: ConversationId" from conversations where user_id = $1 order by created_at, id"#,
        user as UserId,
    )
    .fetch_all(db)
    .await
}

/// Removes a conversation with everything in it.
pub(in crate::chat) async fn delete(
    connection: &mut PgConnection,
    user: UserId,
    id: ConversationId,
) -> sqlx::Result<()> {
    sqlx::query!("delete from conversations where id = $2 and user_id = $1", user as UserId, id as ConversationId,)
        .execute(connection)
        .await?;
    Ok(())
}

/// What was said on the way to a question, newest first, with the model that wrote each answer (none: the rules). What
/// was said in other versions is no part of it.
pub(in crate::chat) struct HistoryRow {
    pub id: MessageId,
    pub author: String,
    pub content: String,
    pub model: Option<String>,
    /// The services from which its model has seen something.
    pub services: Vec<String>,
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
        r#"with recursive path as (
               select q.parent_id, 0::bigint as steps
               from messages q join conversations c on c.id = q.conversation_id
               where q.id = $3 and c.id = $2 and c.user_id = $1
               union all
               select m.parent_id, path.steps + 1
               from path join messages m on m.id = path.parent_id and m.conversation_id = $2
               where path.steps < $4
           )
           select m.id as "id: MessageId", m.author, m.content, r.model as "model?", array(
                   select distinct e.payload ->> 'service' from run_events e
                   where e.run_id = r.id and e.payload ? 'service' and e.kind in ('tool_finished', 'proposed')
                       and e.payload -> 'alone' is distinct from 'true'
               ) as "services!"
           from path
           join messages m on m.id = path.parent_id and m.conversation_id = $2
           left join runs r on r.answer_id = m.id and r.user_id = $1
           where m.content <> '' or m.author = 'person'
           order by path.steps
           limit $4"#,
        user as UserId,
        conversation as ConversationId,
        before as MessageId,
        limit,
    )
    .fetch_all(db)
    .await
}
