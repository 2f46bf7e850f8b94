//! The table of profiles, and what of a person's catalogue is asked for them.

pub mod reports;
pub mod views;

use serde_json::Value;
use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::UserId;

/// A profile, as it is kept.
pub struct ProfileRow {
    pub draft: Value,
    pub shown: Option<Value>,
    pub published_at: Option<OffsetDateTime>,
}

pub async fn profile(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<ProfileRow>> {
    query_as!(ProfileRow, "select draft, shown, published_at from music_profiles where user_id = $1", user as UserId)
        .fetch_optional(connection)
        .await
}

/// The same, and nobody else changes it until the transaction ends.
pub async fn profile_locked(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<ProfileRow>> {
    query_as!(
        ProfileRow,
        "select draft, shown, published_at from music_profiles where user_id = $1 for update",
        user as UserId,
    )
    .fetch_optional(connection)
    .await
}

pub async fn save(connection: &mut PgConnection, user: UserId, draft: &Value, now: OffsetDateTime) -> sqlx::Result<()> {
    query!(
        "insert into music_profiles (user_id, draft, updated_at) values ($1, $2, $3)
         on conflict (user_id) do update set draft = excluded.draft, updated_at = excluded.updated_at",
        user as UserId,
        draft,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets everybody see this, or nobody anything.
pub async fn show(
    connection: &mut PgConnection,
    user: UserId,
    shown: Option<&Value>,
    published_at: Option<OffsetDateTime>,
) -> sqlx::Result<()> {
    query!(
        "update music_profiles set shown = $2, published_at = $3 where user_id = $1",
        user as UserId,
        shown,
        published_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// An artist of the person's.
pub struct ArtistRow {
    pub key: String,
    pub name: String,
    pub plays: i64,
}

/// The artists whom the person has played most in all, and of equal ones the first by name.
pub async fn top_artists(connection: &mut PgConnection, user: UserId, most: i64) -> sqlx::Result<Vec<ArtistRow>> {
    query_as!(
        ArtistRow,
        r#"select a.key, a.name, sum(f.plays)::bigint as "plays!"
           from music_track_totals f
           join music_tracks t on t.id = f.track_id
           join music_artists a on a.id = t.artist_id
           where f.user_id = $1
           group by a.id
           order by 3 desc, a.key collate "C"
           limit $2"#,
        user as UserId,
        most,
    )
    .fetch_all(connection)
    .await
}

/// Those of these artists whom the person has played.
pub async fn artists(connection: &mut PgConnection, user: UserId, keys: &[String]) -> sqlx::Result<Vec<ArtistRow>> {
    query_as!(
        ArtistRow,
        r#"select a.key, a.name, sum(f.plays)::bigint as "plays!"
           from music_artists a
           join music_tracks t on t.artist_id = a.id
           join music_track_totals f on f.track_id = t.id and f.user_id = a.user_id
           where a.user_id = $1 and a.key = any($2)
           group by a.id"#,
        user as UserId,
        keys,
    )
    .fetch_all(connection)
    .await
}

/// Where plays of the person's come from.
pub struct SourceRow {
    pub kind: String,
    /// The account, as its service writes it.
    pub account: String,
    pub verified_at: Option<OffsetDateTime>,
}

pub async fn sources(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Vec<SourceRow>> {
    query_as!(
        SourceRow,
        r#"select s.kind, coalesce(a.name, s.account) as "account!", s.verified_at
           from music_sources s left join music_accounts a on a.source_id = s.id
           where s.user_id = $1
           order by s.created_at, s.id"#,
        user as UserId,
    )
    .fetch_all(connection)
    .await
}

/// Which kinds of sources told of a play of theirs within this time.
pub async fn kinds(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Vec<String>> {
    query_scalar!(
        "select distinct s.kind from music_sources s
         where s.user_id = $1 and exists (select from music_sightings g where g.source_id = s.id)",
        user as UserId,
    )
    .fetch_all(connection)
    .await
}
