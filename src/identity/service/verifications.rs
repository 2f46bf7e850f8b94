//! Codes that programs ask for: begun by an address, finished by whoever keeps the id and reads the mail.

use sqlx::PgConnection;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{CEREMONY_LASTS, Identity, IdentityError, PasswordError, TRIES, usable};
use crate::{
    identity::{
        model::six_digits,
        store::{self, NewVerification, Verification, VerificationPurpose},
    },
    kit::id::{Id as _, VerificationId},
    platform::limits::Bucket,
};

const CODE_LABEL: &str = "code of a program";

/// A verification that waits for its code.
pub struct Begun {
    /// Nobody but who began knows it.
    pub id: VerificationId,
    pub expires_at: OffsetDateTime,
}

/// One that is about to be written down.
pub(super) struct Fresh {
    pub id: VerificationId,
    /// For the letter, and nowhere else.
    pub code: Zeroizing<String>,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// What of it depends on its purpose.
pub(super) struct Waiting<'a> {
    pub purpose: VerificationPurpose,
    pub target: &'a str,
    /// Whether its code is in a letter. Without one no code fits.
    pub told: bool,
    pub link_hash: Option<&'a [u8]>,
    pub sealed_payload: Option<&'a str>,
}

impl Identity {
    pub(super) fn fresh(&self) -> Fresh {
        let created_at = self.clock.now();
        Fresh {
            id: self.random.id(created_at),
            code: Zeroizing::new(format!("{:06}", self.random.below(1_000_000))),
            created_at,
            expires_at: created_at + CEREMONY_LASTS,
        }
    }

    pub(super) async fn write_down(
        &self,
        tx: &mut PgConnection,
        fresh: &Fresh,
        waiting: &Waiting<'_>,
    ) -> Result<Begun, IdentityError> {
        let fitting = self.keys.mac(CODE_LABEL, &[&fresh.id.bytes(), fresh.code.as_bytes()]);
        let code_mac = if waiting.told { fitting } else { self.random.bytes() };
        store::insert_verification(
            tx,
            &NewVerification {
                id: fresh.id,
                purpose: waiting.purpose,
                target: waiting.target,
                code_mac: &code_mac,
                link_hash: waiting.link_hash,
                sealed_payload: waiting.sealed_payload,
                created_at: fresh.created_at,
                expires_at: fresh.expires_at,
            },
        )
        .await?;
        Ok(Begun { id: fresh.id, expires_at: fresh.expires_at })
    }

    /// Counts a letter that is about to go to a mailbox.
    pub(super) async fn count_letter(&self, email: &str) -> Result<(), IdentityError> {
        self.limits.hit(Bucket::MailMinute, email).await?;
        Ok(self.limits.hit(Bucket::MailDay, email).await?)
    }

    /// The verification, if these are its digits.
    pub(super) async fn check_verification(
        &self,
        id: VerificationId,
        purpose: VerificationPurpose,
        typed: &str,
    ) -> Result<Verification, PasswordError> {
        let code = Zeroizing::new(six_digits(typed).ok_or(IdentityError::NotACode)?);
        let found = store::verification_by_secret(&mut *self.db.acquire().await?, id, purpose).await?;
        let found = found.ok_or(PasswordError::NoSuchVerification)?;
        let tries = self.count_verification_try(&found).await?;
        if self.keys.verify(CODE_LABEL, &[&found.id.bytes(), code.as_bytes()], &found.code_mac) {
            Ok(found)
        } else if tries >= TRIES {
            Err(IdentityError::Dead.into())
        } else {
            Err(IdentityError::WrongCode { left: TRIES - tries }.into())
        }
    }

    /// Counts a try before anything is compared, so that parallel guesses count too. Which one it is.
    pub(super) async fn count_verification_try(&self, found: &Verification) -> Result<i16, IdentityError> {
        self.limits.hit(Bucket::Auth, &found.target).await?;
        still_usable(found, self.clock.now())?;
        let mut connection = self.db.acquire().await?;
        let tries = store::count_verification_try_by_secret(&mut connection, found.id, TRIES).await?;
        tries.ok_or(IdentityError::Dead)
    }

    /// Ends what waits to make or to recover an account with this address.
    pub(super) async fn end_waiting(&self, tx: &mut PgConnection, address: &str) -> Result<(), IdentityError> {
        let purposes = [VerificationPurpose::Register, VerificationPurpose::Recover];
        Ok(store::end_verifications_by_secret(tx, address, &purposes, self.clock.now()).await?)
    }
}

pub(super) fn still_usable(found: &Verification, now: OffsetDateTime) -> Result<(), IdentityError> {
    usable(found.consumed_at, found.tries, found.expires_at, now)
}
