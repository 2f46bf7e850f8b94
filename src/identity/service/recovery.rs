//! A new password for somebody who has lost theirs, or never had one.

use sqlx::Acquire as _;

use super::{Begun, Identity, IdentityError, Notice, PasswordError, verifications::Waiting};
use crate::{
    identity::{
        email, letter,
        store::{self, VerificationPurpose},
    },
    kit::id::VerificationId,
    platform::{audit, bus::Topic, limits::Bucket},
};

impl Identity {
    /// Sends a code to the address, if somebody has it. Who asks is told the same in any case, after the same work.
    ///
    /// # Errors
    /// When the address is none, it is asked too often, or the database is away.
    pub async fn start_recovery(&self, typed: &str, client: &str) -> Result<Begun, PasswordError> {
        self.limits.hit(Bucket::Login, client).await?;
        let address = email::normalise(typed).ok_or(IdentityError::NotAnAddress)?;
        self.count_letter(&address).await?;
        let fresh = self.fresh();
        let letter = letter::recover(&fresh.code, self.public_url.host_str().unwrap_or_default())?;
        let mut tx = self.db.begin().await?;
        let known = store::user_by_email(&mut tx, &address).await?.is_some();
        let waiting = Waiting {
            purpose: VerificationPurpose::Recover,
            target: &address,
            told: known,
            link_hash: None,
            sealed_payload: None,
        };
        let begun = self.write_down(&mut tx, &fresh, &waiting).await?;
        // The letter to nobody is written like any other, and then taken back.
        let mut written = tx.begin().await?;
        self.outbox.enqueue(&mut written, &address, letter).await?;
        if known {
            written.commit().await?;
        } else {
            written.rollback().await?;
        }
        tx.commit().await?;
        Ok(begun)
    }

    /// Takes the code and the new password. Whoever had the account open is signed out, with what they had begun.
    ///
    /// # Errors
    /// When the password is not taken, the code is wrong, used or too old, or the database is away.
    pub async fn finish_recovery(&self, id: VerificationId, typed: &str, new: &str) -> Result<(), PasswordError> {
        let purpose = VerificationPurpose::Recover;
        let found = store::verification_by_secret(&mut *self.db.acquire().await?, id, purpose).await?;
        let address = found.ok_or(PasswordError::NoSuchVerification)?.target;
        // First the password: one that is not taken costs no try of the code.
        let password = self.passwords.accept(new, &[&address]).await?;
        let found = self.check_verification(id, purpose, typed).await?;
        let hash = self.passwords.hash(password).await?;

        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let user = store::user_by_email(&mut tx, &address).await?.ok_or(IdentityError::Used)?;
        // In the order in which a change of address locks them.
        store::lock_person(&mut tx, user).await?;
        store::lock_key(&mut tx, &address).await?;
        if !store::consume_verification_by_secret(&mut tx, found.id, now).await?
            || store::user_by_email(&mut tx, &address).await? != Some(user)
        {
            return Err(IdentityError::Used.into());
        }
        store::set_password(&mut tx, user, &hash, now).await?;
        self.end_waiting(&mut tx, &address).await?;
        store::forget_pending(&mut tx, user).await?;
        let ended = store::end_all_sessions(&mut tx, user, now).await?;
        for session in &ended {
            self.bus.notify(&mut tx, Topic::SessionEnded, &session.to_string()).await?;
        }
        let detail = serde_json::json!({ "sessions": ended.len() });
        audit::record(&mut tx, &self.random, now, user, "password_recovered", detail).await?;
        self.notify(&mut tx, user, &Notice::PasswordRecovered).await?;
        Ok(tx.commit().await?)
    }
}
