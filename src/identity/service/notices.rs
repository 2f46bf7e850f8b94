//! Letters to a person about their own account, and what the app tells them of the same.

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

/// What something told in the app is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    /// Something new has signed in.
    SignIn,
    /// What opens the account has changed, or was to be changed.
    Security,
    /// What becomes of the account.
    Account,
}

/// What a person is told in the app.
pub struct Told {
    pub concern: Concern,
    pub title: String,
    pub body: String,
}

/// Where people are told things in the app. This part knows no more of it.
#[async_trait::async_trait]
pub trait InApp: Send + Sync {
    /// Tells somebody something when the caller's transaction commits. For a person who is not there nothing is
    /// written, after the same work.
    async fn tell(&self, tx: &mut PgConnection, user: UserId, told: Told) -> Result<(), sqlx::Error>;
}

impl Notice<'_> {
    /// What it is about, where the app tells it as well.
    fn concern(&self) -> Option<Concern> {
        match self {
            Self::Welcome { .. } => None,
            Self::NewBrowser { .. } | Self::NewDevice { .. } => Some(Concern::SignIn),
            Self::Leaves { .. }
            | Self::Stays
            | Self::Suspended
            | Self::Restored
            | Self::RoleGranted
            | Self::RoleTaken
            | Self::SignedOutByOperator => Some(Concern::Account),
            Self::RefreshReused { .. }
            | Self::WayAdded { .. }
            | Self::WayRemoved { .. }
            | Self::AddressChanged { .. }
            | Self::AddressRestored
            | Self::PasswordSet { .. }
            | Self::PasswordRecovered
            | Self::PasswordRemoved
            | Self::PhoneAdded { .. }
            | Self::PhoneRemoved { .. }
            | Self::ApiKeyMade { .. }
            | Self::SessionsEnded
            | Self::MailboxAsked { .. }
            | Self::MailboxKept
            | Self::MailboxReplaced { .. } => Some(Concern::Security),
        }
    }
}

impl Identity {
    /// Tells a person in the app, and puts the letter into the outbox, in the caller's transaction. Whoever has no
    /// proved address gets no letter.
    ///
    /// One act makes one letter at most. What people do and see done in the same moment makes none: signing in with a
    /// browser that was seen before, signing out, confirming, a change of name or picture.
    pub(crate) async fn notify(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        notice: &Notice<'_>,
    ) -> Result<(), IdentityError> {
        self.tell(tx, user, notice).await?;
        let Some(address) = store::email_of(tx, user).await? else { return Ok(()) };
        self.post(tx, &address, notice).await
    }

    /// The same with a letter to an address that may be the person's no longer.
    pub(super) async fn notify_at(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        address: &str,
        notice: &Notice<'_>,
    ) -> Result<(), IdentityError> {
        self.tell(tx, user, notice).await?;
        self.post(tx, address, notice).await
    }

    /// A letter alone.
    pub(super) async fn post(
        &self,
        tx: &mut PgConnection,
        address: &str,
        notice: &Notice<'_>,
    ) -> Result<(), IdentityError> {
        let letter = letter::notice(notice, &self.public_url)?;
        Ok(self.outbox.enqueue(tx, address, letter).await?)
    }

    async fn tell(&self, tx: &mut PgConnection, user: UserId, notice: &Notice<'_>) -> Result<(), IdentityError> {
        let Some(concern) = notice.concern() else { return Ok(()) };
        let (title, body) = letter::in_app(notice);
        Ok(self.in_app.tell(tx, user, Told { concern, title, body }).await?)
    }

    /// A person's proved address, in the caller's transaction.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn address_within(&self, tx: &mut PgConnection, user: UserId) -> Result<Option<String>, IdentityError> {
        Ok(store::email_of(tx, user).await?)
    }
}
