//! Codes and links that programs ask for. Whoever began one keeps its id, which nobody can guess: it stands for an owner.

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::VerificationId;

/// What a program's code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationPurpose {
    /// To make an account with a password.
    Register,
    /// To sign in.
    SignIn,
    /// To set a new password.
    Recover,
    /// To prove another address than the one whose mailbox is lost.
    LostMailbox,
}

impl VerificationPurpose {
    /// As rows have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::SignIn => "sign_in",
            Self::Recover => "recover",
            Self::LostMailbox => "lost_mailbox",
        }
    }
}

/// An address that has to be proved.
pub struct Verification {
    pub id: VerificationId,
    pub target: String,
    pub code_mac: Vec<u8>,
    pub sealed_payload: Option<String>,
    pub tries: i16,
    pub expires_at: OffsetDateTime,
    pub consumed_at: Option<OffsetDateTime>,
}

pub struct NewVerification<'a> {
    pub id: VerificationId,
    pub purpose: VerificationPurpose,
    pub target: &'a str,
    pub code_mac: &'a [u8],
    pub link_hash: Option<&'a [u8]>,
    pub sealed_payload: Option<&'a str>,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

pub async fn insert_verification(connection: &mut PgConnection, new: &NewVerification<'_>) -> sqlx::Result<()> {
    query!(
        "insert into user_verifications
             (id, purpose, target, code_mac, link_hash, sealed_payload, created_at, expires_at)
         values ($1, $2, $3::text::citext, $4, $5, $6, $7, $8)",
        new.id as VerificationId,
        new.purpose.as_str(),
        new.target,
        new.code_mac,
        new.link_hash,
        new.sealed_payload,
        new.created_at,
        new.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The verification that was begun under this id.
pub async fn verification_by_secret(
    connection: &mut PgConnection,
    id: VerificationId,
    purpose: VerificationPurpose,
) -> sqlx::Result<Option<Verification>> {
    query_as!(
        Verification,
        r#"select id as "id: VerificationId", target::text as "target!", code_mac, sealed_payload, tries, expires_at,
               consumed_at
           from user_verifications where id = $1 and purpose = $2"#,
        id as VerificationId,
        purpose.as_str(),
    )
    .fetch_optional(connection)
    .await
}

/// The verification whose letter has this link.
pub async fn verification_by_link_secret(
    connection: &mut PgConnection,
    link_hash: &[u8],
    purpose: VerificationPurpose,
) -> sqlx::Result<Option<Verification>> {
    query_as!(
        Verification,
        r#"select id as "id: VerificationId", target::text as "target!", code_mac, sealed_payload, tries, expires_at,
               consumed_at
           from user_verifications where link_hash = $1 and purpose = $2"#,
        link_hash,
        purpose.as_str(),
    )
    .fetch_optional(connection)
    .await
}

/// Counts a try and tells which it was; `None` when there have been as many as are allowed.
pub async fn count_verification_try_by_secret(
    connection: &mut PgConnection,
    id: VerificationId,
    most: i16,
) -> sqlx::Result<Option<i16>> {
    query_scalar!(
        "update user_verifications set tries = tries + 1 where id = $1 and tries < $2 returning tries",
        id as VerificationId,
        most,
    )
    .fetch_optional(connection)
    .await
}

/// Whether it was this call that consumed it. What waited for the proof goes.
pub async fn consume_verification_by_secret(
    connection: &mut PgConnection,
    id: VerificationId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let consumed = query!(
        "update user_verifications set consumed_at = $2, sealed_payload = null
         where id = $1 and consumed_at is null and expires_at > $2",
        id as VerificationId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(consumed.rows_affected() == 1)
}

/// Ends whatever waits to be proved for this address, with what waits for it. Its owner has just been found, or has
/// changed what opens their account: what others began in their name must open nothing later.
pub async fn end_verifications_by_secret(
    connection: &mut PgConnection,
    target: &str,
    purposes: &[VerificationPurpose],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let purposes: Vec<String> = purposes.iter().map(|purpose| purpose.as_str().to_owned()).collect();
    query!(
        "update user_verifications set consumed_at = $3, sealed_payload = null
         where target = $1::text::citext and purpose = any($2) and consumed_at is null",
        target,
        &purposes,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
