//! The accounts of a person that are read, and what they told last.

use sqlx::{PgConnection, PgExecutor, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{ConnectionId, MusicSourceId, UserId};

/// A source with how far it is read.
pub struct SourceRow {
    pub id: MusicSourceId,
    pub kind: String,
    pub account: String,
    pub connection: Option<ConnectionId>,
    pub verified_at: Option<OffsetDateTime>,
    pub page: Option<i32>,
    pub pages: Option<i32>,
    pub next_at: OffsetDateTime,
    pub leased_until: Option<OffsetDateTime>,
    pub synced_at: Option<OffsetDateTime>,
    pub problem: Option<String>,
    pub name: Option<String>,
    pub plays: Option<i64>,
    pub country: Option<String>,
    pub registered_at: Option<OffsetDateTime>,
    pub url: Option<String>,
}

/// The sources of a person that are read from an account.
pub async fn sources(db: impl PgExecutor<'_>, user: UserId) -> Result<Vec<SourceRow>, sqlx::Error> {
    query_as!(
        SourceRow,
        r#"select s.id as "id: MusicSourceId", s.kind, s.account, s.connection_id as "connection: ConnectionId",
               s.verified_at, y.page, y.pages, y.next_at, y.leased_until, y.synced_at, y.problem, a.name as "name?",
               a.plays, a.country, a.registered_at, a.url
           from music_sources s
           join music_syncs y on y.source_id = s.id
           left join music_accounts a on a.source_id = s.id
           where s.user_id = $1
           order by s.created_at, s.id"#,
        user as UserId,
    )
    .fetch_all(db)
    .await
}

/// Lets nobody else add sources of this person until the transaction ends; how many names they have.
pub async fn lastfm_names(connection: &mut PgConnection, user: UserId) -> Result<Vec<String>, sqlx::Error> {
    query!("select pg_advisory_xact_lock(hashtextextended('aura music sources ' || $1::text, 0))", user.to_string())
        .execute(&mut *connection)
        .await?;
    query_scalar!("select account from music_sources where user_id = $1 and kind = 'lastfm'", user as UserId)
        .fetch_all(connection)
        .await
}

/// A source that is new.
pub struct NewSource<'a> {
    pub id: MusicSourceId,
    pub kind: &'a str,
    pub account: &'a str,
    pub connection: Option<ConnectionId>,
    pub verified_at: Option<OffsetDateTime>,
    pub now: OffsetDateTime,
}

/// Whether it was new indeed. A connection must be this person's.
pub async fn insert(connection: &mut PgConnection, user: UserId, new: &NewSource<'_>) -> Result<bool, sqlx::Error> {
    let added = query!(
        "insert into music_sources (id, user_id, kind, account, connection_id, verified_at, created_at)
         select $1, $2, $3, $4, $5, $6, $7
         where $5::uuid is null or exists (select from connections c where c.id = $5 and c.user_id = $2)
         on conflict do nothing",
        new.id as MusicSourceId,
        user as UserId,
        new.kind,
        new.account,
        new.connection as Option<ConnectionId>,
        new.verified_at,
        new.now,
    )
    .execute(connection)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// The owner of these accounts showed that they are theirs; names are told apart without their case.
pub async fn verify(
    db: impl PgExecutor<'_>,
    user: UserId,
    accounts: &[String],
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    query!(
        "update music_sources set verified_at = $3
         where user_id = $1 and kind = 'lastfm' and verified_at is null and lower(account) = any($2)",
        user as UserId,
        accounts,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A play, as a source told it.
pub struct PlayRow {
    pub source: MusicSourceId,
    pub title: String,
    pub artist: String,
    pub at: OffsetDateTime,
}

/// The last plays that each of a person's sources told, the newest first.
pub async fn last_plays(db: impl PgExecutor<'_>, user: UserId, most: i64) -> Result<Vec<PlayRow>, sqlx::Error> {
    query_as!(
        PlayRow,
        r#"select s.id as "source: MusicSourceId", t.title, a.name as artist, p.at
           from music_sources s
           join music_syncs y on y.source_id = s.id
           cross join lateral (
               select track_id, at from music_sightings where source_id = s.id order by at desc limit $2
           ) p
           join music_tracks t on t.id = p.track_id
           join music_artists a on a.id = t.artist_id
           where s.user_id = $1
           order by s.id, p.at desc"#,
        user as UserId,
        most,
    )
    .fetch_all(db)
    .await
}
