//! Proving anew who one is, which sensitive acts ask for.

use sqlx::PgConnection;

use super::{Identity, IdentityError, Method};
use crate::{
    identity::{
        cookies::Secret,
        letter,
        model::{Confirming, mask},
        next,
        session::Session,
        store::{self, Purpose},
    },
    platform::{audit, crypto::digest},
    providers,
};

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
        drop(connection);
        // Privy has no proof of its own: whoever has only that signs in again.
        let named = providers.into_iter().filter_map(|id| match id.as_str() {
            "wallet" => Some((id, "your wallet".to_owned())),
            _ => providers::catalogue().get(&id).map(|entry| (id, entry.name.clone())),
        });
        Ok(Confirming {
            masked_email: session.email.as_deref().map(mask),
            awaited: self.own_awaited(session, Purpose::Prove).await?,
            ways: named.collect(),
        })
    }

    /// Sends a code to the person's own address. `next` is where they go afterwards.
    ///
    /// # Errors
    /// When they have no address, ask too often, or the database is away.
    pub async fn send_proof(&self, session: &Session, next: &str) -> Result<(), IdentityError> {
        let email = session.email.as_deref().ok_or(IdentityError::NoAddress)?;
        let host = self.public_url.host_str().unwrap_or_default();
        self.send_code(session, Purpose::Prove, email, next::safe(next), |code| letter::prove(code, host)).await
    }

    /// Takes the code: the session's new secret, and where to go now.
    ///
    /// # Errors
    /// When the code is wrong, used or too old, was tried too often, or the database is away.
    pub async fn prove_by_code(&self, session: &Session, typed: &str) -> Result<(Secret, String), IdentityError> {
        let ceremony = self.check_own_code(session, Purpose::Prove, typed).await?;
        // A code that was sent before the address changed proves nothing about who reads the new one.
        if session.email.as_deref() != Some(&*ceremony.email) {
            return Err(IdentityError::NoCode);
        }
        let mut tx = self.db.begin().await?;
        if !store::consume_ceremony(&mut tx, &ceremony.browser_hash, ceremony.id, self.clock.now()).await? {
            return Err(IdentityError::Used);
        }
        let secret = self.prove_again(&mut tx, session, &Method::EmailCode).await?;
        tx.commit().await?;
        Ok((secret, next::safe(&ceremony.next_path).to_owned()))
    }
}
