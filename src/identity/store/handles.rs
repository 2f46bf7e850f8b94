use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::UserId;

/// Where a handle leads.
pub struct HandleOwner {
    pub user: UserId,
    /// The handle that its owner has now.
    pub current: String,
}

/// Whose handle this is, whether it is the present one or was given up. Handles are public, so this needs no owner; a
/// suspended person has none.
pub async fn owner_of_handle(connection: &mut PgConnection, handle: &str) -> sqlx::Result<Option<HandleOwner>> {
    query_as!(
        HandleOwner,
        r#"select h.user_id as "user: UserId", c.handle::text as "current!"
           from handles h
           join handles c on c.user_id = h.user_id and c.is_current
           join users u on u.id = h.user_id
           where h.handle = $1::text::citext and u.status = 'active'"#,
        handle,
    )
    .fetch_optional(connection)
    .await
}

/// Who has this handle in any state, suspended people too: it is nobody else's.
pub async fn holder_of_handle(connection: &mut PgConnection, handle: &str) -> sqlx::Result<Option<UserId>> {
    query_scalar!(r#"select user_id as "user: UserId" from handles where handle = $1::text::citext"#, handle)
        .fetch_optional(connection)
        .await
}

/// The handle that a person has now.
pub async fn handle_of(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<String>> {
    query_scalar!(r#"select handle::text as "handle!" from handles where user_id = $1 and is_current"#, user as UserId)
        .fetch_optional(connection)
        .await
}

/// How many handles a person took since then, and how many are theirs in all.
pub async fn count_handles(
    connection: &mut PgConnection,
    user: UserId,
    since: OffsetDateTime,
) -> sqlx::Result<(i64, i64)> {
    let counted = query!(
        r#"select count(*) filter (where created_at > $2) as "lately!", count(*) as "all!"
           from handles where user_id = $1"#,
        user as UserId,
        since,
    )
    .fetch_one(connection)
    .await?;
    Ok((counted.lately, counted.all))
}

/// From now on none of a person's handles is the present one.
pub async fn lay_down_handle(connection: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    query!("update handles set is_current = false where user_id = $1 and is_current", user as UserId)
        .execute(connection)
        .await?;
    Ok(())
}

/// Makes a handle that a person had before the present one again; false when it is not theirs.
pub async fn take_up_handle(connection: &mut PgConnection, user: UserId, handle: &str) -> sqlx::Result<bool> {
    let done = query!(
        "update handles set is_current = true where user_id = $1 and handle = $2::text::citext",
        user as UserId,
        handle,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Fails on `handles_pkey` when somebody has it.
pub async fn insert_handle(
    connection: &mut PgConnection,
    user: UserId,
    handle: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "insert into handles (handle, user_id, is_current, created_at) values ($1::text::citext, $2, true, $3)",
        handle,
        user as UserId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
