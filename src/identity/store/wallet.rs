use sqlx::{PgConnection, query, query_as};
use time::OffsetDateTime;

use crate::kit::id::{CeremonyId, SessionId, UserId};

/// A text that a wallet is asked to sign.
pub struct NewWalletChallenge<'a> {
    pub id: CeremonyId,
    pub browser_hash: &'a [u8],
    pub address: &'a str,
    pub message: &'a str,
    pub purpose: &'a str,
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    pub next_path: &'a str,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// A text that was taken to be checked against its signature.
pub struct WalletChallenge {
    pub address: String,
    pub message: String,
    pub purpose: String,
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    pub next_path: String,
    pub expires_at: OffsetDateTime,
}

/// A browser has one challenge: a new one takes the place of the one before.
pub async fn put_wallet_challenge(connection: &mut PgConnection, new: &NewWalletChallenge<'_>) -> sqlx::Result<()> {
    query!(
        "insert into wallet_challenges (id, browser_hash, address, message, purpose, user_id, session_id, next_path,
             created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (browser_hash) do update set id = excluded.id, address = excluded.address,
             message = excluded.message, purpose = excluded.purpose, user_id = excluded.user_id,
             session_id = excluded.session_id, next_path = excluded.next_path, created_at = excluded.created_at,
             expires_at = excluded.expires_at",
        new.id as CeremonyId,
        new.browser_hash,
        new.address,
        new.message,
        new.purpose,
        new.user as Option<UserId>,
        new.session as Option<SessionId>,
        new.next_path,
        new.created_at,
        new.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the challenge of a browser away. Of several who try at once, one gets it.
pub async fn take_wallet_challenge_by_secret(
    connection: &mut PgConnection,
    browser_hash: &[u8],
) -> sqlx::Result<Option<WalletChallenge>> {
    query_as!(
        WalletChallenge,
        r#"delete from wallet_challenges where browser_hash = $1
           returning address, message, purpose, user_id as "user: UserId", session_id as "session: SessionId",
               next_path, expires_at"#,
        browser_hash,
    )
    .fetch_optional(connection)
    .await
}
