//! Signing in with a password, and setting, changing and removing one's own.

use super::{
    Arriving, ArrivingProgram, Asker, Identity, IdentityError, IssuedTokens, Method, Notice, PasswordError, SignedIn,
};
use crate::{
    identity::{
        email, next,
        password::{Match, Password},
        store,
    },
    kit::id::UserId,
    platform::{audit, bus::Topic, limits::Bucket},
};

/// What somebody shows who signs in.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// As typed.
    pub email: &'a str,
    pub password: &'a str,
}

/// A password that takes the place of the present one.
pub struct NewPassword<'a> {
    /// The present one.
    pub current: Option<&'a str>,
    pub new: &'a str,
    /// Whether they have lately proved who they are: then the present one is not asked for.
    pub proved: bool,
    /// Whether their other browsers and apps are signed out.
    pub end_others: bool,
}

impl Identity {
    /// Signs a program in.
    ///
    /// # Errors
    /// `WrongCredentials` whether the address is known or not; when the person is suspended, it is tried too often, or
    /// the database is away.
    pub async fn log_in(
        &self,
        shown: Credentials<'_>,
        arriving: &ArrivingProgram<'_>,
    ) -> Result<IssuedTokens, PasswordError> {
        let user = self.by_password(shown, arriving.limit_key).await?;
        let mut tx = self.db.begin().await?;
        let tokens = self.open_program_session(&mut tx, user, false, &Method::Password, arriving).await?;
        tx.commit().await?;
        Ok(tokens)
    }

    /// Signs a browser in; the session it had until now ends.
    ///
    /// # Errors
    /// As for programs.
    pub async fn sign_in_by_password(
        &self,
        shown: Credentials<'_>,
        wish: &str,
        arriving: &Arriving<'_>,
    ) -> Result<SignedIn, PasswordError> {
        let user = self.by_password(shown, arriving.limit_key).await?;
        let mut tx = self.db.begin().await?;
        let opened = self.open_session(&mut tx, user, false, &Method::Password, arriving).await?;
        tx.commit().await?;
        Ok(SignedIn { secret: opened.secret, next: next::safe(wish).to_owned() })
    }

    /// Whose address and password these are. What is done is the same for every address until it is found out.
    async fn by_password(&self, shown: Credentials<'_>, client: &str) -> Result<UserId, PasswordError> {
        self.limits.hit(Bucket::Login, client).await?;
        let address = email::normalise(shown.email).ok_or(IdentityError::NotAnAddress)?;
        self.limits.hit(Bucket::Auth, &address).await?;
        let password = Password::shown(shown.password)?;
        let found = store::password_by_email(&mut *self.db.acquire().await?, &address).await?;
        let (user, kept) = found.map_or((None, None), |(user, kept)| (Some(user), kept));
        let compared = self.passwords.check(password.clone(), kept.clone()).await?;
        match (user, compared) {
            (Some(user), Match::Yes) => Ok(user),
            (Some(user), Match::Weaker) => {
                let better = self.passwords.hash(password).await?;
                let old = kept.unwrap_or_default();
                store::rehash_password(&mut *self.db.acquire().await?, user, &old, &better).await?;
                Ok(user)
            }
            _ => Err(PasswordError::WrongCredentials),
        }
    }

    /// Whether this is the present password of somebody who is signed in.
    pub(super) async fn check_own_password(&self, user: UserId, typed: &str) -> Result<(), PasswordError> {
        self.limits.hit(Bucket::Auth, &user.to_string()).await?;
        let password = Password::shown(typed)?;
        let kept = store::password_of(&mut *self.db.acquire().await?, user).await?;
        if kept.is_none() {
            return Err(PasswordError::None);
        }
        match self.passwords.check(password, kept).await? {
            Match::Yes | Match::Weaker => Ok(()),
            Match::No => Err(PasswordError::Wrong),
        }
    }

    /// Sets or changes the person's password.
    ///
    /// # Errors
    /// `NotProved` without a recent proof or the present password; when the new one is not taken, they have no address
    /// to sign in with it, or the database is away.
    pub async fn set_own_password(&self, asker: Asker<'_>, wish: NewPassword<'_>) -> Result<(), PasswordError> {
        let user = asker.user;
        match wish.current {
            Some(current) => self.check_own_password(user, current).await?,
            None if wish.proved => {}
            None => return Err(PasswordError::NotProved),
        }
        let address = asker.email.ok_or(IdentityError::NoAddress)?;
        let name = store::display_name_of(&mut *self.db.acquire().await?, user).await?.unwrap_or_default();
        let password = self.passwords.accept(wish.new, &[address, &name]).await?;
        let hash = self.passwords.hash(password).await?;

        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::lock_person(&mut tx, user).await?;
        let had = store::password_of(&mut tx, user).await?.is_some();
        store::set_password(&mut tx, user, &hash, now).await?;
        if wish.end_others {
            let ended = store::end_other_sessions(&mut tx, user, asker.session, now).await?;
            for session in &ended {
                self.bus.notify(&mut tx, Topic::SessionEnded, &session.to_string()).await?;
            }
            if !ended.is_empty() {
                let detail = serde_json::json!({ "sessions": ended.len() });
                audit::record(&mut tx, &self.random, now, user, "other_sessions_ended", detail).await?;
            }
        }
        let kind = if had { "password_changed" } else { "password_set" };
        audit::record(&mut tx, &self.random, now, user, kind, serde_json::json!({})).await?;
        self.notify(&mut tx, user, &Notice::PasswordSet { first: !had }).await?;
        Ok(tx.commit().await?)
    }

    /// Removes the person's password. They sign in by another way from now on.
    ///
    /// # Errors
    /// `None` when there is none, `LastWay` when no other way in is left, or when the database is away.
    pub async fn remove_own_password(&self, user: UserId) -> Result<(), PasswordError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::lock_person(&mut tx, user).await?;
        if !store::delete_password(&mut tx, user).await? {
            return Err(PasswordError::None);
        }
        if store::count_ways(&mut tx, user).await? == 0 {
            return Err(IdentityError::LastWay.into());
        }
        audit::record(&mut tx, &self.random, now, user, "password_removed", serde_json::json!({})).await?;
        self.notify(&mut tx, user, &Notice::PasswordRemoved).await?;
        Ok(tx.commit().await?)
    }
}
