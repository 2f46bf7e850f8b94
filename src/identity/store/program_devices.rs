//! Devices that apps run on, as their owner looks at them.

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{DeviceId, SessionId, UserId};

/// A device of a person's. What its platform takes messages by is not read.
pub struct ProgramDeviceRow {
    pub id: DeviceId,
    pub name: String,
    pub platform: String,
    pub app_version: Option<String>,
    pub has_push_token: bool,
    pub created_at: OffsetDateTime,
    pub last_used_at: OffsetDateTime,
}

/// The person's devices, the newest first, from before one on.
pub async fn devices_of(
    connection: &mut PgConnection,
    user: UserId,
    before: Option<DeviceId>,
    most: i64,
) -> sqlx::Result<Vec<ProgramDeviceRow>> {
    query_as!(
        ProgramDeviceRow,
        r#"select id as "id: DeviceId", name, platform, app_version, sealed_push_token is not null as "has_push_token!",
               created_at, last_used_at
           from devices where user_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3"#,
        user as UserId,
        before as Option<DeviceId>,
        most,
    )
    .fetch_all(connection)
    .await
}

pub async fn own_device(
    connection: &mut PgConnection,
    user: UserId,
    id: DeviceId,
) -> sqlx::Result<Option<ProgramDeviceRow>> {
    query_as!(
        ProgramDeviceRow,
        r#"select id as "id: DeviceId", name, platform, app_version, sealed_push_token is not null as "has_push_token!",
               created_at, last_used_at
           from devices where id = $1 and user_id = $2"#,
        id as DeviceId,
        user as UserId,
    )
    .fetch_optional(connection)
    .await
}

pub async fn count_devices(connection: &mut PgConnection, user: UserId) -> sqlx::Result<i64> {
    query_scalar!(r#"select count(*) as "count!" from devices where user_id = $1"#, user as UserId)
        .fetch_one(connection)
        .await
}

/// The person's device that nobody has used for the longest time.
pub async fn unused_longest(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<DeviceId>> {
    query_scalar!(
        r#"select id as "id: DeviceId" from devices where user_id = $1 order by last_used_at, id limit 1"#,
        user as UserId,
    )
    .fetch_optional(connection)
    .await
}

/// Changes what is given; of the sealed push token, `Some(None)` takes it away. Whether the device is the person's.
pub async fn change_device(
    connection: &mut PgConnection,
    user: UserId,
    id: DeviceId,
    name: Option<&str>,
    app_version: Option<&str>,
    sealed_push_token: Option<Option<&str>>,
) -> sqlx::Result<bool> {
    let changed = query!(
        "update devices set name = coalesce($3, name), app_version = coalesce($4, app_version),
             sealed_push_token = case when $5 then $6 else sealed_push_token end
         where id = $1 and user_id = $2",
        id as DeviceId,
        user as UserId,
        name,
        app_version,
        sealed_push_token.is_some(),
        sealed_push_token.flatten(),
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Keeps others from using a device until this transaction ends. Whether it is the person's.
pub async fn lock_device(connection: &mut PgConnection, user: UserId, id: DeviceId) -> sqlx::Result<bool> {
    let found =
        query!("select id from devices where id = $1 and user_id = $2 for update", id as DeviceId, user as UserId,)
            .fetch_optional(connection)
            .await?;
    Ok(found.is_some())
}

/// Takes a device away; its name, where it was the person's.
pub async fn delete_device(connection: &mut PgConnection, user: UserId, id: DeviceId) -> sqlx::Result<Option<String>> {
    query_scalar!("delete from devices where id = $1 and user_id = $2 returning name", id as DeviceId, user as UserId,)
        .fetch_optional(connection)
        .await
}

/// Ends what is signed in on a device and tells which were living.
pub async fn end_sessions_of_device(
    connection: &mut PgConnection,
    user: UserId,
    device: DeviceId,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<SessionId>> {
    query_scalar!(
        r#"update sessions set ended_at = $3 where user_id = $1 and device_id = $2 and ended_at is null
           returning id as "id: SessionId""#,
        user as UserId,
        device as DeviceId,
        now,
    )
    .fetch_all(connection)
    .await
}

/// Notes which device a session is on.
pub async fn set_session_device(
    connection: &mut PgConnection,
    user: UserId,
    session: SessionId,
    device: DeviceId,
) -> sqlx::Result<()> {
    query!(
        "update sessions set device_id = $3 where id = $1 and user_id = $2 and kind = 'api'",
        session as SessionId,
        user as UserId,
        device as DeviceId,
    )
    .execute(connection)
    .await?;
    Ok(())
}
