pub mod system;

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{NotificationId, UserId};

/// Something to be told.
pub struct NewNotification<'a> {
    pub id: NotificationId,
    pub user: UserId,
    pub kind: &'a str,
    pub title: &'a str,
    pub body: &'a str,
    pub link: &'a str,
    pub now: OffsetDateTime,
}

/// Writes it, unless the person does not want its kind or is nobody: the work is the same.
pub async fn insert(connection: &mut PgConnection, new: &NewNotification<'_>) -> sqlx::Result<()> {
    query!(
        "insert into notifications (id, user_id, kind, title, body, link, created_at)
         select $1, users.id, $3, $4, $5, $6, $7 from users
         where users.id = $2 and not exists (
             select from notification_preferences p where p.user_id = $2 and p.kind = $3 and not p.in_app
         )",
        new.id as NotificationId,
        new.user as UserId,
        new.kind,
        new.title,
        new.body,
        new.link,
        new.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A notification of somebody's.
pub struct NotificationRow {
    pub id: NotificationId,
    pub kind: String,
    pub title: String,
    pub body: String,
    pub link: String,
    pub created_at: OffsetDateTime,
    pub read_at: Option<OffsetDateTime>,
}

/// A person's notifications, the newest first.
pub async fn list(
    connection: &mut PgConnection,
    user: UserId,
    unread_only: bool,
    after: Option<NotificationId>,
    rows: i64,
) -> sqlx::Result<Vec<NotificationRow>> {
    query_as!(
        NotificationRow,
        r#"select id as "id: NotificationId", kind, title, body, link, created_at, read_at from notifications
           where user_id = $1 and ($2::uuid is null or id < $2) and (not $3 or read_at is null)
           order by id desc limit $4"#,
        user as UserId,
        after as Option<NotificationId>,
        unread_only,
        rows,
    )
    .fetch_all(connection)
    .await
}

/// Marks one of theirs read. What was read before stays as it was.
pub async fn mark_read(
    connection: &mut PgConnection,
    user: UserId,
    id: NotificationId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = query!(
        "update notifications set read_at = $3 where id = $1 and user_id = $2 and read_at is null",
        id as NotificationId,
        user as UserId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn find(
    connection: &mut PgConnection,
    user: UserId,
    id: NotificationId,
) -> sqlx::Result<Option<NotificationRow>> {
    query_as!(
        NotificationRow,
        r#"select id as "id: NotificationId", kind, title, body, link, created_at, read_at from notifications
           where id = $1 and user_id = $2"#,
        id as NotificationId,
        user as UserId,
    )
    .fetch_optional(connection)
    .await
}

/// Marks read what is no newer than this one: how many there were.
pub async fn mark_read_until(
    connection: &mut PgConnection,
    user: UserId,
    until: NotificationId,
    now: OffsetDateTime,
) -> sqlx::Result<u64> {
    let done = query!(
        "update notifications set read_at = $3 where user_id = $1 and id <= $2 and read_at is null",
        user as UserId,
        until as NotificationId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

pub async fn count_unread(connection: &mut PgConnection, user: UserId) -> sqlx::Result<i64> {
    query_scalar!(
        r#"select count(*) as "count!" from notifications where user_id = $1 and read_at is null"#,
        user as UserId,
    )
    .fetch_one(connection)
    .await
}

/// How many there are and how many of them are unread.
pub struct Counts {
    pub total: i64,
    pub unread: i64,
}

pub async fn counts(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Counts> {
    query_as!(
        Counts,
        r#"select count(*) as "total!", count(*) filter (where read_at is null) as "unread!" from notifications
           where user_id = $1"#,
        user as UserId,
    )
    .fetch_one(connection)
    .await
}

/// What a person has chosen for a kind.
pub struct PreferenceRow {
    pub kind: String,
    pub in_app: bool,
    pub email: bool,
}

pub async fn preferences(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Vec<PreferenceRow>> {
    query_as!(
        PreferenceRow,
        "select kind, in_app, email from notification_preferences where user_id = $1",
        user as UserId,
    )
    .fetch_all(connection)
    .await
}

/// Keeps what a person has chosen; none leaves it as it is, which is on where nothing was chosen.
pub async fn choose(
    connection: &mut PgConnection,
    user: UserId,
    kind: &str,
    in_app: Option<bool>,
    email: Option<bool>,
) -> sqlx::Result<()> {
    query!(
        "insert into notification_preferences as p (user_id, kind, in_app, email)
         values ($1, $2, coalesce($3, true), coalesce($4, true))
         on conflict (user_id, kind) do update set in_app = coalesce($3, p.in_app), email = coalesce($4, p.email)",
        user as UserId,
        kind,
        in_app,
        email,
    )
    .execute(connection)
    .await?;
    Ok(())
}
