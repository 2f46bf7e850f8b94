//! Signing a program in by a code: the way in of whoever has no password.

use super::{
    ArrivingProgram, Begun, Identity, IdentityError, IssuedTokens, Method, PasswordError, verifications::Waiting,
};
use crate::{
    identity::{
        email, letter,
        store::{self, VerificationPurpose},
    },
    kit::id::VerificationId,
    platform::limits::Bucket,
};

impl Identity {
    /// Sends a code to the address. Known and unknown ones take the same way.
    ///
    /// # Errors
    /// When the address is none, it is asked too often, or the database is away.
    pub async fn start_program_sign_in(&self, typed: &str, client: &str) -> Result<Begun, PasswordError> {
        self.limits.hit(Bucket::Login, client).await?;
        let address = email::normalise(typed).ok_or(IdentityError::NotAnAddress)?;
        self.count_letter(&address).await?;
        let fresh = self.fresh();
        let letter = letter::program_code(&fresh.code, self.public_url.host_str().unwrap_or_default())?;
        let waiting = Waiting {
            purpose: VerificationPurpose::SignIn,
            target: &address,
            told: true,
            link_hash: None,
            sealed_payload: None,
        };
        let mut tx = self.db.begin().await?;
        let begun = self.write_down(&mut tx, &fresh, &waiting).await?;
        self.outbox.enqueue(&mut tx, &address, letter).await?;
        tx.commit().await?;
        Ok(begun)
    }

    /// Takes the code and signs the program in. A person who is new gets an account.
    ///
    /// # Errors
    /// When the code is wrong, used or too old, the person is suspended, a new one may not come in, or the database is
    /// away.
    pub async fn finish_program_sign_in(
        &self,
        id: VerificationId,
        typed: &str,
        arriving: &ArrivingProgram<'_>,
    ) -> Result<IssuedTokens, PasswordError> {
        let found = self.check_verification(id, VerificationPurpose::SignIn, typed).await?;
        let mut tx = self.db.begin().await?;
        if !store::consume_verification_by_secret(&mut tx, found.id, self.clock.now()).await? {
            return Err(IdentityError::Used.into());
        }
        let (user, new_person) = self.person_by_email(&mut tx, &found.target, arriving.limit_key, "").await?;
        let tokens = self.open_program_session(&mut tx, user, new_person, &Method::EmailCode, arriving).await?;
        tx.commit().await?;
        Ok(tokens)
    }
}
