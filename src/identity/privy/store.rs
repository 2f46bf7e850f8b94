//! The rows about people at Privy. Holding the id was proved by a token or told by a signed post before any of these
//! look one up by it.

pub(super) mod system;

use serde_json::Value;
use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    kit::id::{IdentityId, SessionId, UserId},
    platform::db::Db,
};

/// Somebody whom Privy no longer has.
pub(super) struct Departed {
    pub(super) moved_to: Option<String>,
}

pub(super) struct Flow {
    pub(super) way: String,
    pub(super) target: String,
    pub(super) message: Option<String>,
    pub(super) next_path: String,
    pub(super) expires_at: OffsetDateTime,
}

pub(super) struct NewFlow<'a> {
    pub(super) id: Uuid,
    pub(super) browser_hash: &'a [u8],
    pub(super) way: &'a str,
    pub(super) target: &'a str,
    pub(super) state_hash: Option<&'a [u8]>,
    pub(super) message: Option<&'a str>,
    pub(super) next_path: &'a str,
    pub(super) created_at: OffsetDateTime,
    pub(super) expires_at: OffsetDateTime,
}

/// What is shown of a person to programs.
pub(super) struct PersonRow {
    pub(super) handle: Option<String>,
    pub(super) display_name: String,
}

pub(super) async fn user_of(connection: &mut PgConnection, did: &str) -> sqlx::Result<Option<UserId>> {
    query_scalar!(
        r#"select user_id as "user: UserId" from identities
           where provider = 'privy' and issuer = 'privy.io' and subject = $1"#,
        did,
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn departed(connection: &mut PgConnection, did: &str) -> sqlx::Result<Option<Departed>> {
    query_as!(Departed, "select moved_to from privy_departed where subject = $1", did).fetch_optional(connection).await
}

/// Notes that somebody is gone. What is known of whom they became and whose way in they were is kept.
pub(super) async fn note_departed(
    connection: &mut PgConnection,
    did: &str,
    moved_to: Option<&str>,
    user: Option<UserId>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "insert into privy_departed as known (subject, moved_to, user_id, created_at) values ($1, $2, $3, $4)
         on conflict (subject) do update set
             moved_to = coalesce(known.moved_to, excluded.moved_to),
             user_id = coalesce(known.user_id, excluded.user_id)",
        did,
        moved_to,
        user as Option<UserId>,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the way in from somebody who is gone, to give it to whom they became.
pub(super) async fn take_departed_user(connection: &mut PgConnection, did: &str) -> sqlx::Result<Option<UserId>> {
    let held = query_scalar!(
        r#"update privy_departed as now set user_id = null
           from (select subject, user_id from privy_departed where subject = $1 for update) as before
           where now.subject = before.subject
           returning before.user_id as "user: UserId""#,
        did,
    )
    .fetch_optional(connection)
    .await?;
    Ok(held.flatten())
}

/// Whose way in this was.
pub(super) async fn delete_identity(connection: &mut PgConnection, did: &str) -> sqlx::Result<Option<UserId>> {
    query_scalar!(
        r#"delete from identities where provider = 'privy' and issuer = 'privy.io' and subject = $1
           returning user_id as "user: UserId""#,
        did,
    )
    .fetch_optional(connection)
    .await
}

/// Whether it was nobody's yet.
pub(super) async fn insert_identity(
    connection: &mut PgConnection,
    id: IdentityId,
    user: UserId,
    did: &str,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let inserted = query!(
        "insert into identities (id, user_id, provider, issuer, subject, label, created_at, last_used_at)
         values ($1, $2, 'privy', 'privy.io', $3, 'Privy', $4, $4)
         on conflict on constraint identities_subject_key do nothing",
        id as IdentityId,
        user as UserId,
        did,
        now,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Whether the person has ended a session here that this one at Privy had opened, and has none of it left.
pub(super) async fn was_signed_out(connection: &mut PgConnection, user: UserId, sid: &str) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select coalesce(bool_and(ended_at is not null), false) as "ended!"
           from sessions where user_id = $1 and privy_session = $2"#,
        user as UserId,
        sid,
    )
    .fetch_one(connection)
    .await
}

pub(super) async fn is_session_for(
    connection: &mut PgConnection,
    user: UserId,
    session: SessionId,
    sid: &str,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (
               select from sessions where id = $1 and user_id = $2 and privy_session = $3 and ended_at is null
           ) as "is!""#,
        session as SessionId,
        user as UserId,
        sid,
    )
    .fetch_one(connection)
    .await
}

/// Ends the sessions that were opened by way of Privy, and all others too where the person has no way in left.
pub(super) async fn end_sessions(
    connection: &mut PgConnection,
    user: UserId,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<SessionId>> {
    query_scalar!(
        r#"update sessions set ended_at = $2
           where user_id = $1 and ended_at is null
               and (privy_session is not null
                   or not exists (select from identities where user_id = $1)
                       and not exists (select from user_emails where user_id = $1))
           returning id as "id: SessionId""#,
        user as UserId,
        now,
    )
    .fetch_all(connection)
    .await
}

pub(super) async fn synced_at(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<OffsetDateTime>> {
    query_scalar!("select max(synced_at) from privy_accounts where user_id = $1", user as UserId)
        .fetch_one(connection)
        .await
}

pub(super) async fn drop_other_accounts(
    connection: &mut PgConnection,
    user: UserId,
    kinds: &[String],
    subjects: &[String],
) -> sqlx::Result<()> {
    query!(
        "delete from privy_accounts as account
         where user_id = $1 and not exists (
             select from unnest($2::text[], $3::text[]) as kept (kind, subject)
             where kept.kind = account.kind and kept.subject = account.subject
         )",
        user as UserId,
        kinds,
        subjects,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn upsert_accounts(
    connection: &mut PgConnection,
    user: UserId,
    kinds: &[String],
    subjects: &[String],
    data: &[Value],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "insert into privy_accounts (user_id, kind, subject, data, synced_at)
         select $1, listed.kind, listed.subject, listed.data, $5
         from unnest($2::text[], $3::text[], $4::jsonb[]) as listed (kind, subject, data)
         on conflict (user_id, kind, subject) do update set data = excluded.data, synced_at = excluded.synced_at",
        user as UserId,
        kinds,
        subjects,
        data,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn drop_accounts(connection: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    query!("delete from privy_accounts where user_id = $1", user as UserId).execute(connection).await?;
    Ok(())
}

pub(super) async fn accounts(db: &Db, user: UserId) -> sqlx::Result<Vec<Value>> {
    query_scalar!(
        "select data from privy_accounts
         where user_id = $1 and exists (select from identities where user_id = $1 and provider = 'privy')
         order by kind, subject",
        user as UserId,
    )
    .fetch_all(db)
    .await
}

pub(super) async fn person(db: &Db, user: UserId) -> sqlx::Result<Option<PersonRow>> {
    query_as!(
        PersonRow,
        r#"select (select h.handle::text from handles h where h.user_id = u.id and h.is_current) as handle,
                  u.display_name
           from users u where u.id = $1"#,
        user as UserId,
    )
    .fetch_optional(db)
    .await
}

/// Begins a step; it replaces the one that the browser had under way.
pub(super) async fn insert_flow(db: &Db, new: &NewFlow<'_>) -> sqlx::Result<()> {
    query!(
        "insert into privy_flows
             (id, browser_hash, way, target, state_hash, message, next_path, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict on constraint privy_flows_browser_key do update set
             id = excluded.id, way = excluded.way, target = excluded.target, state_hash = excluded.state_hash,
             message = excluded.message, next_path = excluded.next_path, created_at = excluded.created_at,
             expires_at = excluded.expires_at",
        new.id,
        new.browser_hash,
        new.way,
        new.target,
        new.state_hash,
        new.message,
        new.next_path,
        new.created_at,
        new.expires_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The step under way in the browser that keeps this secret.
pub(super) async fn flow_by_secret(db: &Db, browser_hash: &[u8]) -> sqlx::Result<Option<Flow>> {
    query_as!(
        Flow,
        "select way, target, message, next_path, expires_at from privy_flows where browser_hash = $1",
        browser_hash,
    )
    .fetch_optional(db)
    .await
}

/// Takes the step away, so that it is finished once.
pub(super) async fn take_flow_by_secret(
    db: &Db,
    browser_hash: &[u8],
    way: &str,
    state_hash: Option<&[u8]>,
) -> sqlx::Result<Option<Flow>> {
    query_as!(
        Flow,
        "delete from privy_flows
         where browser_hash = $1 and way = $2 and state_hash is not distinct from $3
         returning way, target, message, next_path, expires_at",
        browser_hash,
        way,
        state_hash,
    )
    .fetch_optional(db)
    .await
}
