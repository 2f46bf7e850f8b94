//! Proving anew who one is, which sensitive acts ask for.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Asker, Identity, IdentityError, Method, PasswordError};
use crate::{
    identity::{
        cookies::Secret,
        letter,
        model::{Confirming, mask},
        next,
        session::{PROOF_LASTS, Session},
        store::{self, Ceremony, Purpose},
    },
    platform::{audit, crypto::digest},
    providers,
};

/// What a program shows to prove anew who its person is.
pub enum ProofShown<'a> {
    /// The present password.
    Password(&'a str),
    /// The digits of the newest letter.
    Code(&'a str),
}

impl Identity {
    /// Notes that the person of this session has just proved again who they are. The session gets a new secret, which
    /// goes into the cookie; the one it had opens nothing from the commit on.
    ///
    /// # Errors
    /// When the session has ended, or the database is away.
    pub async fn prove_again(
        &self,
        tx: &mut PgConnection,
        session: &Session,
        method: &Method,
    ) -> Result<Secret, IdentityError> {
        let now = self.clock.now();
        let secret = Secret::new(self.random.bytes());
        if !store::renew_session(tx, session.user, session.id, &digest(secret.as_slice()), now, now).await? {
            return Err(IdentityError::SignedOut);
        }
        let detail = serde_json::json!({ "method": method.as_str() });
        audit::record(tx, &self.random, now, session.user, "proved_again", detail).await?;
        Ok(secret)
    }

    /// How the person can prove who they are.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn confirming(&self, session: &Session) -> Result<Confirming, IdentityError> {
        let mut connection = self.db.acquire().await?;
        let providers = store::providers_of(&mut connection, session.user).await?;
        let password = store::password_of(&mut connection, session.user).await?.is_some();
        drop(connection);
        // Privy has no proof of its own: whoever has only that signs in again.
        let named = providers.into_iter().filter_map(|id| match id.as_str() {
            "wallet" => Some((id, "your wallet".to_owned())),
            _ => providers::catalogue().get(&id).map(|entry| (id, entry.name.clone())),
        });
        Ok(Confirming {
            masked_email: session.email.as_deref().map(mask),
            awaited: self.own_awaited(session.into(), Purpose::Prove).await?,
            ways: named.collect(),
            password,
        })
    }

    /// Sends a code to the person's own address. `next` is where they go afterwards.
    ///
    /// # Errors
    /// When they have no address, ask too often, or the database is away.
    pub async fn send_proof(&self, asker: Asker<'_>, next: &str) -> Result<(), IdentityError> {
        let email = asker.email.ok_or(IdentityError::NoAddress)?;
        let host = self.public_url.host_str().unwrap_or_default();
        self.send_code(asker, Purpose::Prove, email, next::safe(next), |code| letter::prove(code, host)).await
    }

    /// Takes the code: the session's new secret, and where to go now.
    ///
    /// # Errors
    /// When the code is wrong, used or too old, was tried too often, or the database is away.
    pub async fn prove_by_code(&self, session: &Session, typed: &str) -> Result<(Secret, String), IdentityError> {
        let ceremony = self.proof_code(session.into(), typed).await?;
        let mut tx = self.db.begin().await?;
        if !store::consume_ceremony(&mut tx, &ceremony.browser_hash, ceremony.id, self.clock.now()).await? {
            return Err(IdentityError::Used);
        }
        let secret = self.prove_again(&mut tx, session, &Method::EmailCode).await?;
        tx.commit().await?;
        Ok((secret, next::safe(&ceremony.next_path).to_owned()))
    }

    /// Takes the present password: the session's new secret.
    ///
    /// # Errors
    /// When it is wrong or was tried too often, none is set, or the database is away.
    pub async fn prove_by_password(&self, session: &Session, typed: &str) -> Result<Secret, PasswordError> {
        self.check_own_password(session.user, typed).await?;
        let mut tx = self.db.begin().await?;
        let secret = self.prove_again(&mut tx, session, &Method::Password).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// The same for a program, by what it shows. Until when the proof counts.
    ///
    /// # Errors
    /// As for browsers.
    pub async fn prove_program(
        &self,
        asker: Asker<'_>,
        shown: ProofShown<'_>,
    ) -> Result<OffsetDateTime, PasswordError> {
        let (method, ceremony) = match shown {
            ProofShown::Password(typed) => {
                self.check_own_password(asker.user, typed).await?;
                (Method::Password, None)
            }
            ProofShown::Code(typed) => (Method::EmailCode, Some(self.proof_code(asker, typed).await?)),
        };
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if let Some(ceremony) = ceremony
            && !store::consume_ceremony(&mut tx, &ceremony.browser_hash, ceremony.id, now).await?
        {
            return Err(IdentityError::Used.into());
        }
        if !store::note_proof(&mut tx, asker.user, asker.session, now).await? {
            return Err(IdentityError::SignedOut.into());
        }
        let detail = serde_json::json!({ "method": method.as_str() });
        audit::record(&mut tx, &self.random, now, asker.user, "proved_again", detail).await?;
        tx.commit().await?;
        Ok(now + PROOF_LASTS)
    }

    /// The ceremony of a proof, if these are its digits.
    async fn proof_code(&self, asker: Asker<'_>, typed: &str) -> Result<Ceremony, IdentityError> {
        let ceremony = self.check_own_code(asker, Purpose::Prove, typed).await?;
        // A code that was sent before the address changed proves nothing about who reads the new one.
        if asker.email == Some(&*ceremony.email) { Ok(ceremony) } else { Err(IdentityError::NoCode) }
    }
}
