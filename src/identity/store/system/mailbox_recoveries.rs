//! The wishes of all who cannot open their mailbox, for operators.

use sqlx::{PgConnection, query, query_as};
use time::OffsetDateTime;

use crate::{
    kit::id::{MailboxRecoveryId, UserId},
    platform::db::Db,
};

/// A wish with what is known of the account.
pub struct MailboxRecovery {
    pub id: MailboxRecoveryId,
    pub user: UserId,
    pub display_name: String,
    pub old_email: String,
    pub new_email: String,
    pub reason: String,
    pub client: String,
    pub state: String,
    pub created_at: OffsetDateTime,
    pub waits_until: OffsetDateTime,
    pub settled_at: Option<OffsetDateTime>,
    /// The operator's words.
    pub because: Option<String>,
    pub last_signed_in_at: Option<OffsetDateTime>,
    /// The kinds of the accounts elsewhere that open it.
    pub ways: Vec<String>,
    pub has_password: bool,
}

/// Those that wait come first, then the newest.
pub async fn all(db: &Db, most: i64) -> sqlx::Result<Vec<MailboxRecovery>> {
    query_as!(
        MailboxRecovery,
        r#"select r.id as "id: MailboxRecoveryId", r.user_id as "user: UserId", u.display_name,
               r.old_email::text as "old_email!", r.new_email::text as "new_email!", r.reason, r.client, r.state,
               r.created_at, r.waits_until, r.settled_at, r.because, u.last_signed_in_at,
               array(select i.provider from identities i where i.user_id = u.id order by i.provider) as "ways!",
               exists (select from passwords p where p.user_id = u.id) as "has_password!"
           from mailbox_recoveries r join users u on u.id = r.user_id
           order by r.state <> 'waiting', r.created_at desc, r.id limit $1"#,
        most,
    )
    .fetch_all(db)
    .await
}

/// What a decision needs to know.
pub struct Undecided {
    pub user: UserId,
    pub old_email: String,
    pub new_email: String,
    pub waits: bool,
    pub waits_until: OffsetDateTime,
}

/// One wish; its row stays locked until the transaction ends.
pub async fn lock(connection: &mut PgConnection, id: MailboxRecoveryId) -> sqlx::Result<Option<Undecided>> {
    query_as!(
        Undecided,
        r#"select user_id as "user: UserId", old_email::text as "old_email!", new_email::text as "new_email!",
               state = 'waiting' as "waits!", waits_until
           from mailbox_recoveries where id = $1 for update"#,
        id as MailboxRecoveryId,
    )
    .fetch_optional(connection)
    .await
}

/// Whose account a wish is about.
pub async fn user_of(connection: &mut PgConnection, id: MailboxRecoveryId) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar!(
        r#"select user_id as "user: UserId" from mailbox_recoveries where id = $1"#,
        id as MailboxRecoveryId,
    )
    .fetch_optional(connection)
    .await
}

/// Writes down what an operator decided.
pub async fn settle(
    connection: &mut PgConnection,
    id: MailboxRecoveryId,
    state: &str,
    because: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "update mailbox_recoveries set state = $2, because = $3, settled_at = $4 where id = $1",
        id as MailboxRecoveryId,
        state,
        because,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes wishes that were settled before the given time, or have waited for a decision since.
pub async fn purge(db: &Db, before: OffsetDateTime) -> sqlx::Result<u64> {
    let gone = query!("delete from mailbox_recoveries where coalesce(settled_at, waits_until) < $1", before)
        .execute(db)
        .await?;
    Ok(gone.rows_affected())
}
