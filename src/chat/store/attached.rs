//! The files that questions come with.

use sqlx::PgConnection;

use crate::{
    kit::id::{ConversationId, FileId, MessageId, UserId},
    platform::db::Db,
};

/// A file of a question.
#[derive(Clone)]
pub(in crate::chat) struct AttachedRow {
    pub message: MessageId,
    /// None: it is deleted.
    pub file: Option<FileId>,
    pub name: String,
    pub media_type: String,
    /// In bytes.
    pub size: i64,
}

/// What a question comes with, column by column.
#[derive(Default)]
pub(in crate::chat) struct NewAttached {
    pub files: Vec<FileId>,
    pub names: Vec<String>,
    pub media_types: Vec<String>,
    pub sizes: Vec<i64>,
}

/// Notes the files of a question of theirs, in this order.
pub(in crate::chat) async fn insert(
    connection: &mut PgConnection,
    user: UserId,
    message: MessageId,
    new: &NewAttached,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into message_files (message_id, position, user_id, file_id, name, media_type, size)
         select m.id, (f.number - 1)::smallint, $1, f.file_id, f.name, f.media_type, f.size
         from unnest($3::uuid[], $4::text[], $5::text[], $6::bigint[]) with ordinality
                  as f (file_id, name, media_type, size, number),
              messages m join conversations c on c.id = m.conversation_id
         where m.id = $2 and c.user_id = $1",
        user as UserId,
        message as MessageId,
        &new.files as &[FileId],
        &new.names,
        &new.media_types,
        &new.sizes,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The files of these questions, of each in their order.
pub(in crate::chat) async fn of_messages(
    connection: &mut PgConnection,
    user: UserId,
    messages: &[MessageId],
) -> sqlx::Result<Vec<AttachedRow>> {
    sqlx::query_as!(
        AttachedRow,
        r#"select message_id as "message: MessageId", file_id as "file: FileId", name, media_type, size
           from message_files where user_id = $1 and message_id = any($2)
           order by message_id, position"#,
        user as UserId,
        messages as &[MessageId],
    )
    .fetch_all(connection)
    .await
}

/// Which files the questions of a conversation came with, those that are still there.
pub(in crate::chat) async fn of_conversation(
    connection: &mut PgConnection,
    user: UserId,
    conversation: ConversationId,
) -> sqlx::Result<Vec<FileId>> {
    sqlx::query_scalar!(
        r#"select distinct f.file_id as "file!: FileId"
           from message_files f join messages m on m.id = f.message_id
           where m.conversation_id = $2 and f.user_id = $1 and f.file_id is not null"#,
        user as UserId,
        conversation as ConversationId,
    )
    .fetch_all(connection)
    .await
}

/// Those of these files that no question comes with any more.
pub(in crate::chat) async fn unused(
    connection: &mut PgConnection,
    user: UserId,
    files: &[FileId],
) -> sqlx::Result<Vec<FileId>> {
    sqlx::query_scalar!(
        r#"select f.id as "id!: FileId" from unnest($2::uuid[]) as f (id)
           where not exists (select from message_files m where m.file_id = f.id and m.user_id = $1)"#,
        user as UserId,
        files as &[FileId],
    )
    .fetch_all(connection)
    .await
}

/// Whether any question of a conversation came with a file, also one that is deleted.
pub(in crate::chat) async fn any(db: &Db, user: UserId, conversation: ConversationId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from message_files f join messages m on m.id = f.message_id
               where m.conversation_id = $2 and f.user_id = $1
           ) as "any!""#,
        user as UserId,
        conversation as ConversationId,
    )
    .fetch_one(db)
    .await
}
