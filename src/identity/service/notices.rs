//! Letters to a person about their own account.

use sqlx::PgConnection;

use super::{Identity, IdentityError};
use crate::{
    identity::{letter, store},
    kit::id::UserId,
};

/// What a person is told by mail.
pub enum Notice<'a> {
    /// Their account was made.
    Welcome { name: &'a str },
    /// A browser that was not seen before has signed in.
    NewBrowser { user_agent: &'a str, address: &'a str },
    /// A way to sign in was added.
    WayAdded { label: &'a str },
    /// A way to sign in was removed.
    WayRemoved { label: &'a str },
    /// All other browsers were signed out.
    SessionsEnded,
    /// The account was closed off by an operator.
    Suspended,
    /// It was opened again.
    Restored,
    /// They may now act for the installation.
    RoleGranted,
}

impl Identity {
    /// Puts the letter into the outbox, in the caller's transaction. Whoever has no proved address gets none.
    pub(crate) async fn notify(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        notice: &Notice<'_>,
    ) -> Result<(), IdentityError> {
        let Some(address) = store::email_of(tx, user).await? else { return Ok(()) };
        let letter = letter::notice(notice, &self.public_url)?;
        self.outbox.enqueue(tx, &address, letter).await?;
        Ok(())
    }
}
