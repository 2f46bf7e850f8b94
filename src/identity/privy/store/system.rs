//! What has no owner: sweeping.

use sqlx::query;
use time::OffsetDateTime;

use crate::platform::db::Db;

/// Removes steps that expired, forgets those who left before a time, and what is listed for people who no longer come
/// in by way of Privy.
pub async fn purge(db: &Db, expired: OffsetDateTime, left: OffsetDateTime) -> sqlx::Result<u64> {
    let flows = query!("delete from privy_flows where expires_at < $1", expired).execute(db).await?;
    let departed = query!("delete from privy_departed where created_at < $1", left).execute(db).await?;
    let listed = query!(
        "delete from privy_accounts as account
         where not exists (select from identities where user_id = account.user_id and provider = 'privy')",
    )
    .execute(db)
    .await?;
    Ok(flows.rows_affected() + departed.rows_affected() + listed.rows_affected())
}
