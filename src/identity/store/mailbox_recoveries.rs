//! Wishes for another address by people who cannot open the mailbox of theirs.

use sqlx::{PgConnection, query, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{MailboxRecoveryId, UserId};

pub struct NewMailboxRecovery<'a> {
    pub id: MailboxRecoveryId,
    pub user: UserId,
    pub old_email: &'a str,
    pub new_email: &'a str,
    pub reason: &'a str,
    /// Where it was asked from, as people are shown it.
    pub client: &'a str,
    pub stop_hash: &'a [u8],
    pub now: OffsetDateTime,
    pub waits_until: OffsetDateTime,
}

pub async fn insert_recovery(connection: &mut PgConnection, new: &NewMailboxRecovery<'_>) -> sqlx::Result<()> {
    query!(
        "insert into mailbox_recoveries
             (id, user_id, old_email, new_email, reason, client, stop_hash, created_at, waits_until)
         values ($1, $2, $3::text::citext, $4::text::citext, $5, $6, $7, $8, $9)",
        new.id as MailboxRecoveryId,
        new.user as UserId,
        new.old_email,
        new.new_email,
        new.reason,
        new.client,
        new.stop_hash,
        new.now,
        new.waits_until,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest wish that waits for a decision about this account: the address that it asks for.
pub async fn waiting_recovery(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<String>> {
    query_scalar!(
        r#"select new_email::text as "new_email!" from mailbox_recoveries
           where user_id = $1 and state = 'waiting' order by created_at desc limit 1"#,
        user as UserId,
    )
    .fetch_optional(connection)
    .await
}

/// Whose account the letter's secret protects, and the address that is asked for; nothing once it is settled.
pub async fn recovery_by_secret(
    connection: &mut PgConnection,
    stop_hash: &[u8],
) -> sqlx::Result<Option<(UserId, String)>> {
    let row = query!(
        r#"select user_id as "user: UserId", new_email::text as "new_email!" from mailbox_recoveries
           where stop_hash = $1 and state = 'waiting'"#,
        stop_hash,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.user, row.new_email)))
}

/// Stops whatever waits for an account, and tells the addresses that were asked for.
pub async fn stop_recoveries(
    connection: &mut PgConnection,
    user: UserId,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<String>> {
    query_scalar!(
        r#"update mailbox_recoveries set state = 'stopped', settled_at = $2
           where user_id = $1 and state = 'waiting' returning new_email::text as "new_email!""#,
        user as UserId,
        now,
    )
    .fetch_all(connection)
    .await
}
