//! What has no owner: sweeping.

pub mod invitations;
pub mod leaving;
pub mod listing;
pub mod mailbox_recoveries;
pub mod people;
pub mod statuses;

use sqlx::query;
use time::OffsetDateTime;

use crate::platform::db::Db;

/// Removes ceremonies that expired before the given time.
pub async fn purge_ceremonies(db: &Db, expired_before: OffsetDateTime) -> sqlx::Result<u64> {
    let gone = query!("delete from sign_in_ceremonies where expires_at < $1", expired_before).execute(db).await?;
    Ok(gone.rows_affected())
}

/// Removes what programs had asked for and nobody proved before the given time.
pub async fn purge_verifications(db: &Db, expired_before: OffsetDateTime) -> sqlx::Result<u64> {
    let gone = query!("delete from user_verifications where expires_at < $1", expired_before).execute(db).await?;
    Ok(gone.rows_affected())
}

/// Removes texts that no wallet has signed in time.
pub async fn purge_wallet_challenges(db: &Db, now: OffsetDateTime) -> sqlx::Result<u64> {
    let gone = query!("delete from wallet_challenges where expires_at <= $1", now).execute(db).await?;
    Ok(gone.rows_affected())
}

/// Removes sessions that ended or expired before the given times, and browsers' that were last used before: an app's
/// goes on until its last day, however long it rests. Their tokens go with them.
pub async fn purge_sessions(db: &Db, ended_before: OffsetDateTime, used_before: OffsetDateTime) -> sqlx::Result<u64> {
    let gone = query!(
        "delete from sessions
         where ended_at < $1 or expires_at < $1 or (kind = 'browser' and last_used_at < $2)",
        ended_before,
        used_before,
    )
    .execute(db)
    .await?;
    Ok(gone.rows_affected())
}

/// Removes accounts that waited for a yes which never came.
pub async fn purge_pending_links(db: &Db, now: OffsetDateTime) -> sqlx::Result<u64> {
    let gone = query!("delete from pending_links where expires_at <= $1", now).execute(db).await?;
    Ok(gone.rows_affected())
}

/// Removes replacements of addresses whose time to undo is over.
pub async fn purge_email_changes(db: &Db, undo_before: OffsetDateTime) -> sqlx::Result<u64> {
    let gone = query!("delete from email_changes where undo_until < $1", undo_before).execute(db).await?;
    Ok(gone.rows_affected())
}

/// Takes away the tokens that were kept, sealed, for answers that got lost before the given time.
pub async fn forget_successors(db: &Db, rotated_before: OffsetDateTime) -> sqlx::Result<u64> {
    let forgotten = query!(
        "update refresh_tokens set sealed_successor = null where sealed_successor is not null and rotated_at <= $1",
        rotated_before,
    )
    .execute(db)
    .await?;
    Ok(forgotten.rows_affected())
}

/// Removes devices that were last used before the given time and have nothing signed in.
pub async fn purge_devices(db: &Db, used_before: OffsetDateTime, now: OffsetDateTime) -> sqlx::Result<u64> {
    let gone = query!(
        "delete from devices d where last_used_at < $1
         and not exists (select from sessions s where s.device_id = d.id and s.ended_at is null and s.expires_at > $2)",
        used_before,
        now,
    )
    .execute(db)
    .await?;
    Ok(gone.rows_affected())
}
