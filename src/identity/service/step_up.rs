//! Proving anew who one is, which sensitive acts ask for.

use sqlx::PgConnection;

use super::{Identity, IdentityError, Method};
use crate::{
    identity::{cookies::Secret, session::Session, store},
    platform::{audit, crypto::digest},
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
        if !store::renew_session(tx, session.user, session.id, &digest(secret.as_slice()), now).await? {
            return Err(IdentityError::SignedOut);
        }
        let detail = serde_json::json!({ "method": method.as_str() });
        audit::record(tx, &self.random, now, session.user, "proved_again", detail).await?;
        Ok(secret)
    }
}
