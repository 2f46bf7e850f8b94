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
    /// An app has signed in on a device that was not known before.
    NewDevice { name: &'a str, platform: &'a str, address: &'a str },
    /// A token that renews an app's session was used twice, so the session was ended.
    RefreshReused { device: &'a str },
    /// A way to sign in was added.
    WayAdded { label: &'a str },
    /// A way to sign in was removed.
    WayRemoved { label: &'a str },
    /// Another address took the place of the one that is told; the link takes it back.
    AddressChanged { new: &'a str, undo: &'a str },
    /// The address that is told has its place again.
    AddressRestored,
    /// They have set or changed their password.
    PasswordSet { first: bool },
    /// They have set a new password by a code that was sent to them.
    PasswordRecovered,
    /// They have removed their password.
    PasswordRemoved,
    /// A number is theirs from now on.
    PhoneAdded { number: &'a str },
    /// It is theirs no longer.
    PhoneRemoved { number: &'a str },
    /// A key was made with which a program acts for them.
    ApiKeyMade { name: &'a str },
    /// Their browsers and apps were signed out, by themselves.
    SessionsEnded,
    /// They have asked for the account to be removed, on a day that is told.
    Leaves { on: &'a str },
    /// They have signed in meanwhile, so it stays.
    Stays,
    /// Somebody who cannot open the mailbox that is told wants another one; the link stops it.
    MailboxAsked { new: &'a str, until: &'a str, stop: &'a str },
    /// That was stopped.
    MailboxKept,
    /// An operator has agreed to it.
    MailboxReplaced { new: &'a str },
    /// The account was closed off by an operator.
    Suspended,
    /// It was opened again.
    Restored,
    /// They may now act for the installation.
    RoleGranted,
    /// They may no longer.
    RoleTaken,
    /// An operator has signed out all their browsers.
    SignedOutByOperator,
}

impl Identity {
    /// Puts the letter into the outbox, in the caller's transaction. Whoever has no proved address gets none.
    ///
    /// One act makes one letter at most. What people do and see done in the same moment makes none: signing in with a
    /// browser that was seen before, signing out, confirming, a change of name or picture.
    pub(crate) async fn notify(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        notice: &Notice<'_>,
    ) -> Result<(), IdentityError> {
        let Some(address) = store::email_of(tx, user).await? else { return Ok(()) };
        self.notify_at(tx, &address, notice).await
    }

    /// The same to an address that may be the person's no longer.
    pub(super) async fn notify_at(
        &self,
        tx: &mut PgConnection,
        address: &str,
        notice: &Notice<'_>,
    ) -> Result<(), IdentityError> {
        let letter = letter::notice(notice, &self.public_url)?;
        Ok(self.outbox.enqueue(tx, address, letter).await?)
    }
}
