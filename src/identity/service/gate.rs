//! Who may make an account. Whoever has one is never asked.

use sqlx::PgConnection;

use super::{Identity, IdentityError};
use crate::platform::config::SignUpPolicy;

impl Identity {
    /// Lets a new person in, or says why not. `address` is proved; `client` is where the request comes from, as the
    /// limits count it.
    pub(super) async fn admit(
        &self,
        _tx: &mut PgConnection,
        address: Option<&str>,
        _client: &str,
    ) -> Result<(), IdentityError> {
        let domain = address.and_then(|address| address.rsplit_once('@')).map(|(_, domain)| domain);
        match &self.sign_up {
            SignUpPolicy::Open => Ok(()),
            SignUpPolicy::Domains(allowed) if domain.is_some_and(|domain| allowed.iter().any(|a| a == domain)) => {
                Ok(())
            }
            SignUpPolicy::Domains(_) | SignUpPolicy::Invitation => Err(IdentityError::NotInvited),
        }
    }
}
