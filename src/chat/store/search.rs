//! Conversations by their names and their words.

use time::OffsetDateTime;

use crate::{
    kit::id::{ConversationId, MessageId, UserId},
    platform::db::Db,
};

/// Between these stands what was found.
pub(in crate::chat) const START: char = '\u{2}';
pub(in crate::chat) const END: char = '\u{3}';

pub(in crate::chat) struct Asked<'a> {
    /// As `to_tsquery` reads it; none: whatever their words are.
    pub words: Option<&'a str>,
    /// Only what is pinned.
    pub pinned: bool,
    /// Only what was put away, or only the rest; none: both.
    pub archived: Option<bool>,
    /// Nothing older.
    pub since: Option<OffsetDateTime>,
    /// Only these conversations.
    pub within: Option<&'a [ConversationId]>,
    pub skip: i64,
    pub limit: i64,
}

pub(in crate::chat) struct HitRow {
    pub id: ConversationId,
    /// The message that fits.
    pub message: Option<MessageId>,
    pub title: String,
    /// Around what was found; none where that is the title, or nothing was looked for.
    pub snippet: Option<String>,
    pub author: Option<String>,
    pub at: OffsetDateTime,
    pub pinned: bool,
    pub archived: bool,
}

/// What fits, newest first: of each conversation the newest message that does.
pub(in crate::chat) async fn conversations(db: &Db, user: UserId, asked: &Asked<'_>) -> sqlx::Result<Vec<HitRow>> {
    match asked.words {
        Some(words) => by_words(db, user, words, asked).await,
        None => all(db, user, asked).await,
    }
}

async fn by_words(db: &Db, user: UserId, words: &str, asked: &Asked<'_>) -> sqlx::Result<Vec<HitRow>> {
    sqlx::query_as!(
        HitRow,
        r#"with found as (
               select c.id, null::uuid as message, c.updated_at as at
               from conversations c
               where c.user_id = $1 and c.title_words @@ to_tsquery('words', $2)
               union all
               select m.conversation_id, m.id, m.created_at
               from messages m join conversations c on c.id = m.conversation_id
               where c.user_id = $1 and m.words @@ to_tsquery('words', $2)
           ), newest as (
               -- A message says more than a title that fits as well.
               select distinct on (id) id, message, at from found
               where $5::timestamptz is null or at >= $5
               order by id, (message is null), at desc
           ), shown as (
               select n.id, n.message, n.at, c.title, c.pinned_at, c.archived_at
               from newest n join conversations c on c.id = n.id
               where (not $3 or c.pinned_at is not null)
                   and ($4::boolean is null or (c.archived_at is not null) = $4)
                   and ($10::uuid[] is null or c.id = any($10))
               order by n.at desc, n.id desc
               offset $6 limit $7
           )
           select s.id as "id!: ConversationId", m.id as "message?: MessageId",
               ts_headline('words', s.title, to_tsquery('words', $2), $8) as "title!",
               ts_headline('words', left(m.content, 200000), to_tsquery('words', $2), $9) as snippet,
               m.author as "author?", s.at as "at!",
               s.pinned_at is not null as "pinned!", s.archived_at is not null as "archived!"
           from shown s left join messages m on m.id = s.message
           order by s.at desc, s.id desc"#,
        user as UserId,
        words,
        asked.pinned,
        asked.archived,
        asked.since,
        asked.skip,
        asked.limit,
        format!("StartSel={START}, StopSel={END}, HighlightAll=true"),
        format!("StartSel={START}, StopSel={END}, MinWords=12, MaxWords=30, MaxFragments=1"),
        asked.within as Option<&[ConversationId]>,
    )
    .fetch_all(db)
    .await
}

async fn all(db: &Db, user: UserId, asked: &Asked<'_>) -> sqlx::Result<Vec<HitRow>> {
    sqlx::query_as!(
        HitRow,
        r#"select id as "id!: ConversationId", null::uuid as "message?: MessageId", title as "title!", null::text as snippet, null::text as "author?",
               updated_at as "at!", pinned_at is not null as "pinned!", archived_at is not null as "archived!"
           from conversations
           where user_id = $1 and (not $2 or pinned_at is not null)
               and ($3::boolean is null or (archived_at is not null) = $3)
               and ($4::timestamptz is null or updated_at >= $4)
               and ($7::uuid[] is null or id = any($7))
           order by updated_at desc, id desc
           offset $5 limit $6"#,
        user as UserId,
        asked.pinned,
        asked.archived,
        asked.since,
        asked.skip,
        asked.limit,
        asked.within as Option<&[ConversationId]>,
    )
    .fetch_all(db)
    .await
}

/// The conversations in which a service was read, or in which a change was made or proposed there that was asked about.
pub(in crate::chat) async fn with_service(db: &Db, user: UserId, provider: &str) -> sqlx::Result<Vec<ConversationId>> {
    sqlx::query_scalar!(
        r#"select r.conversation_id as "id!: ConversationId"
           from tool_calls t join runs r on r.id = t.caller_id and r.user_id = $1
           where t.user_id = $1 and t.provider = $2 and t.caller_kind = 'run'
           union
           select r.conversation_id
           from tool_calls t
               join run_proposals p on p.approval_id = t.approval_id and p.user_id = $1
               join runs r on r.id = p.run_id and r.user_id = $1
           where t.user_id = $1 and t.provider = $2"#,
        user as UserId,
        provider,
    )
    .fetch_all(db)
    .await
}
