//! Accounts that their person leaves.

use sqlx::{PgConnection, query, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::UserId;

/// When the account is removed; none: it stays.
pub async fn leaves_at(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<OffsetDateTime>> {
    let found = query_scalar!("select leaves_at from users where id = $1", user as UserId);
    Ok(found.fetch_optional(connection).await?.flatten())
}

/// Whether it was this call that began it.
pub async fn set_leaving(connection: &mut PgConnection, user: UserId, at: OffsetDateTime) -> sqlx::Result<bool> {
    let set = query!("update users set leaves_at = $2 where id = $1 and leaves_at is null", user as UserId, at)
        .execute(connection)
        .await?;
    Ok(set.rows_affected() == 1)
}

/// Whether it was this call that took it back.
pub async fn stay(connection: &mut PgConnection, user: UserId) -> sqlx::Result<bool> {
    let stayed = query!("update users set leaves_at = null where id = $1 and leaves_at is not null", user as UserId)
        .execute(connection)
        .await?;
    Ok(stayed.rows_affected() == 1)
}

/// Removes the person with every row that hangs on theirs, and what waits under their address, once their time has
/// come. Whether there was such a person.
pub async fn erase(
    connection: &mut PgConnection,
    user: UserId,
    address: Option<&str>,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let gone = query!("delete from users where id = $1 and leaves_at <= $2", user as UserId, now)
        .execute(&mut *connection)
        .await?;
    if gone.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(address) = address {
        query!("delete from sign_in_ceremonies where email = $1::text::citext", address)
            .execute(&mut *connection)
            .await?;
        query!("delete from user_verifications where target = $1::text::citext", address)
            .execute(&mut *connection)
            .await?;
        query!("delete from sign_up_invitations where email = $1::text::citext", address).execute(connection).await?;
    }
    Ok(true)
}
