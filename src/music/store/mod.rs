//! The tables of what people listen to. Each query names the person.

pub mod names;
pub mod plays;

use sqlx::{PgConnection, query, query_scalar};
use time::OffsetDateTime;

use crate::{
    kit::id::{MusicSourceId, UserId},
    music::source::SourceKind,
};

/// Lets nobody else write plays of this person until the transaction ends.
pub async fn lock(connection: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    query!("select pg_advisory_xact_lock(hashtextextended('aura music ' || $1::text, 0))", user.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether a source is this person's.
pub async fn has_source(connection: &mut PgConnection, user: UserId, source: MusicSourceId) -> sqlx::Result<bool> {
    let found = query_scalar!(
        "select id from music_sources where id = $1 and user_id = $2 for key share",
        source as MusicSourceId,
        user as UserId,
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

/// A person's source of this kind and account, which is made where there is none yet.
pub async fn source(
    connection: &mut PgConnection,
    new: MusicSourceId,
    user: UserId,
    kind: SourceKind,
    account: &str,
    now: OffsetDateTime,
) -> sqlx::Result<MusicSourceId> {
    query_scalar!(
        r#"with made as (
               insert into music_sources (id, user_id, kind, account, created_at) values ($1, $2, $3, $4, $5)
               on conflict on constraint music_sources_account do nothing returning id
           )
           select id as "id!: MusicSourceId" from made
           union all
           select id from music_sources where user_id = $2 and kind = $3 and account = $4"#,
        new as MusicSourceId,
        user as UserId,
        kind.as_str(),
        account,
        now,
    )
    .fetch_one(connection)
    .await
}

/// Removes a source and all that only it told; whether it was there.
pub async fn remove_source(connection: &mut PgConnection, user: UserId, source: MusicSourceId) -> sqlx::Result<bool> {
    let removed =
        query!("delete from music_sources where id = $1 and user_id = $2", source as MusicSourceId, user as UserId)
            .execute(connection)
            .await?;
    Ok(removed.rows_affected() == 1)
}

/// Removes names that no play has any more.
pub async fn forget_names(connection: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    query!("select music_forget_names(array[$1::uuid])", user as UserId).execute(connection).await?;
    Ok(())
}
