//! All people, for operators.

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::{
    kit::id::{SessionId, UserId},
    platform::db::Db,
};

/// A person as an operator sees them.
pub struct Person {
    pub id: UserId,
    pub display_name: String,
    pub email: Option<String>,
    pub handle: Option<String>,
    pub is_admin: bool,
    pub suspended_at: Option<OffsetDateTime>,
    pub suspended_because: Option<String>,
    pub created_at: OffsetDateTime,
    pub last_signed_in_at: Option<OffsetDateTime>,
}

/// How many there are of what.
pub struct Counts {
    pub people: i64,
    pub suspended: i64,
    pub admins: i64,
    pub sessions: i64,
    pub invitations: i64,
}

/// A browser or an app that somebody is signed in with.
pub struct Browser {
    pub id: SessionId,
    pub method: String,
    pub user_agent: String,
    /// Of the device that an app runs on.
    pub device_name: Option<String>,
    pub platform: Option<String>,
    pub created_at: OffsetDateTime,
    pub last_used_at: OffsetDateTime,
}

/// Where those who act for the installation get mail.
pub async fn operator_addresses(connection: &mut sqlx::PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select e.email::text as "email!" from users u join user_emails e on e.user_id = u.id
           where u.role = 'admin' and u.status = 'active' order by u.id"#
    )
    .fetch_all(connection)
    .await
}

pub async fn counts(db: &Db, now: OffsetDateTime, used_after: OffsetDateTime) -> sqlx::Result<Counts> {
    query_as!(
        Counts,
        r#"select count(*) as "people!", count(*) filter (where status = 'suspended') as "suspended!",
               count(*) filter (where role = 'admin') as "admins!",
               (select count(*) from sessions
                where ended_at is null and expires_at > $1 and (kind = 'api' or last_used_at > $2)) as "sessions!",
               (select count(*) from sign_up_invitations where used_at is null and expires_at > $1) as "invitations!"
           from users"#,
        now,
        used_after,
    )
    .fetch_one(db)
    .await
}

/// The newest people of whom the words are the id, the beginning of the address or handle, or a part of the name; all,
/// where there are no words.
pub async fn find(db: &Db, words: &str, limit: i64) -> sqlx::Result<Vec<Person>> {
    query_as!(
        Person,
        r#"select u.id as "id: UserId", u.display_name, e.email::text as email, h.handle::text as handle,
               u.role = 'admin' as "is_admin!", u.suspended_at, u.suspended_because, u.created_at, u.last_signed_in_at
           from users u
           left join user_emails e on e.user_id = u.id
           left join handles h on h.user_id = u.id and h.is_current
           where $1 = '' or u.id::text = lower($1) or starts_with(lower(e.email::text), lower($1))
               or starts_with(lower(h.handle::text), lower(ltrim($1, '@')))
               or strpos(lower(u.display_name), lower($1)) > 0
           order by u.created_at desc, u.id limit $2"#,
        words,
        limit,
    )
    .fetch_all(db)
    .await
}

pub async fn person(db: &Db, id: UserId) -> sqlx::Result<Option<Person>> {
    query_as!(
        Person,
        r#"select u.id as "id: UserId", u.display_name, e.email::text as "email?", h.handle::text as "handle?",
               u.role = 'admin' as "is_admin!", u.suspended_at, u.suspended_because, u.created_at, u.last_signed_in_at
           from users u
           left join user_emails e on e.user_id = u.id
           left join handles h on h.user_id = u.id and h.is_current
           where u.id = $1"#,
        id as UserId,
    )
    .fetch_optional(db)
    .await
}

/// The browsers and apps that a person is signed in with, the last used first.
pub async fn browsers(
    db: &Db,
    user: UserId,
    now: OffsetDateTime,
    used_after: OffsetDateTime,
) -> sqlx::Result<Vec<Browser>> {
    query_as!(
        Browser,
        r#"select s.id as "id: SessionId", s.method, s.user_agent, d.name as "device_name?", d.platform as "platform?",
               s.created_at, s.last_used_at
           from sessions s left join devices d on d.id = s.device_id
           where s.user_id = $1 and s.ended_at is null and s.expires_at > $2
             and (s.kind = 'api' or s.last_used_at > $3)
           order by s.last_used_at desc, s.id"#,
        user as UserId,
        now,
        used_after,
    )
    .fetch_all(db)
    .await
}

/// The accounts elsewhere that a person signs in with, by what they are known by.
pub async fn ways(db: &Db, user: UserId) -> sqlx::Result<Vec<(String, String)>> {
    let rows = query!(
        "select provider, label from identities where user_id = $1 order by provider, created_at, id",
        user as UserId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.provider, row.label)).collect())
}

/// Closes an account off; whether it was open.
pub async fn suspend(
    connection: &mut PgConnection,
    user: UserId,
    because: &str,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = query!(
        "update users set status = 'suspended', suspended_at = $2, suspended_because = $3
         where id = $1 and status = 'active'",
        user as UserId,
        now,
        because,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Opens an account again; whether it was closed off.
pub async fn restore(connection: &mut PgConnection, user: UserId) -> sqlx::Result<bool> {
    let done = query!(
        "update users set status = 'active', suspended_at = null, suspended_because = null
         where id = $1 and status = 'suspended'",
        user as UserId,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives or takes the role of an operator; whether anything changed.
pub async fn set_admin(connection: &mut PgConnection, user: UserId, admin: bool) -> sqlx::Result<bool> {
    let role = if admin { "admin" } else { "member" };
    let done = query!("update users set role = $2 where id = $1 and role <> $2", user as UserId, role)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether there is such a person. The row stays locked until the transaction ends, so that nothing changes under it.
pub async fn lock(connection: &mut PgConnection, user: UserId) -> sqlx::Result<bool> {
    let found = query_scalar!(r#"select true as "found!" from users where id = $1 for update"#, user as UserId)
        .fetch_optional(connection)
        .await?;
    Ok(found.is_some())
}
