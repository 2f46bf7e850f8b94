//! Another address for an account: the new one is proved, the old one is told and can take it back for three days.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::{Asker, Identity, IdentityError, Notice};
use crate::{
    identity::{
        cookies::{self, Secret},
        email, letter,
        model::mask,
        session::Session,
        store::{self, Ceremony, NewEmailChange, Purpose},
    },
    kit::id::UserId,
    platform::{audit, bus::Topic, crypto::digest, limits::Bucket},
};

/// How long a change can be undone. So long the old address opens nothing, and nobody else can take it.
pub const UNDO_LASTS: Duration = Duration::hours(72);

const SECURITY: &str = "/settings/security";

/// Whether an address is somebody's, or held for them while its change can be undone; of somebody else than `user`, where
/// one is named. The work is the same for every address.
pub(super) async fn is_taken(
    connection: &mut PgConnection,
    address: &str,
    user: Option<UserId>,
    now: OffsetDateTime,
) -> Result<bool, IdentityError> {
    let owner = store::user_by_email(connection, address).await?;
    let held = store::email_held_for(connection, address, now).await?;
    Ok(owner.or(held).is_some_and(|other| Some(other) != user))
}

impl Identity {
    /// Sends a code to the address that is to be the person's. An address that belongs to somebody else gets a letter
    /// that says so, and the asker the same answer.
    ///
    /// # Errors
    /// When the address is none or the person's own already, when it is asked too often, or the database is away.
    pub async fn start_email_change(&self, asker: Asker<'_>, typed: &str) -> Result<(), IdentityError> {
        let new = email::normalise(typed).ok_or(IdentityError::NotAnAddress)?;
        if asker.email == Some(&*new) {
            return Err(IdentityError::SameAddress);
        }
        // So that one account cannot write to many mailboxes.
        let person = asker.user.to_string();
        self.limits.hit(Bucket::MailMinute, &person).await?;
        self.limits.hit(Bucket::MailDay, &person).await?;
        let mut connection = self.db.acquire().await?;
        let taken = is_taken(&mut connection, &new, Some(asker.user), self.clock.now()).await?;
        drop(connection);
        let host = self.public_url.host_str().unwrap_or_default();
        self.send_code(asker, Purpose::ChangeEmail, &new, SECURITY, |code| {
            if taken { letter::address_known(host) } else { letter::confirm_address(code, host) }
        })
        .await
    }

    /// Takes the code that was sent to the new address, which is the person's from now on. The session gets a new
    /// secret.
    ///
    /// # Errors
    /// When the code is wrong, used or too old, was tried too often, the address was taken meanwhile, or the database is
    /// away.
    pub async fn finish_email_change(&self, session: &Session, typed: &str) -> Result<Secret, IdentityError> {
        let ceremony = self.check_own_code(session.into(), Purpose::ChangeEmail, typed).await?;
        let mut tx = self.db.begin().await?;
        self.change_email(&mut tx, session.user, &ceremony).await?;
        let (secret, now) = (Secret::new(self.random.bytes()), self.clock.now());
        let hash = digest(secret.as_slice());
        if !store::renew_session(&mut tx, session.user, session.id, &hash, session.proved_at, now).await? {
            return Err(IdentityError::SignedOut);
        }
        tx.commit().await?;
        Ok(secret)
    }

    /// The same for a program: the address, in the form that it is kept in.
    ///
    /// # Errors
    /// As for browsers.
    pub async fn finish_email_change_of_program(&self, asker: Asker<'_>, typed: &str) -> Result<String, IdentityError> {
        let ceremony = self.check_own_code(asker, Purpose::ChangeEmail, typed).await?;
        let mut tx = self.db.begin().await?;
        self.change_email(&mut tx, asker.user, &ceremony).await?;
        tx.commit().await?;
        Ok(ceremony.email)
    }

    async fn change_email(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        ceremony: &Ceremony,
    ) -> Result<(), IdentityError> {
        let (now, new) = (self.clock.now(), ceremony.email.as_str());
        if !store::consume_ceremony(tx, &ceremony.browser_hash, ceremony.id, now).await? {
            return Err(IdentityError::Used);
        }
        store::lock_person(tx, user).await?;
        store::lock_key(tx, new).await?;
        if store::user_by_email(tx, new).await? == Some(user) {
            return Err(IdentityError::SameAddress);
        } else if is_taken(tx, new, Some(user), now).await? {
            return Err(IdentityError::AddressTaken);
        }
        let old = store::email_of(tx, user).await?;
        store::set_email(tx, user, new, now).await?;
        self.end_waiting(tx, new).await?;
        match &old {
            Some(old) => {
                // What was asked for by the old address must not open the account that it no longer belongs to.
                self.end_waiting(tx, old).await?;
                self.let_undo(tx, user, old, new, now).await
            }
            None => {
                let detail = serde_json::json!({ "to": mask(new) });
                Ok(audit::record(tx, &self.random, now, user, "email_added", detail).await?)
            }
        }
    }

    /// Writes down what the old address needs to take the change back, and tells it.
    async fn let_undo(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        old: &str,
        new: &str,
        now: OffsetDateTime,
    ) -> Result<(), IdentityError> {
        let secret = Secret::new(self.random.bytes());
        store::insert_email_change(
            tx,
            &NewEmailChange {
                id: self.random.id(now),
                user,
                old_email: old,
                new_email: new,
                undo_hash: &digest(secret.as_slice()),
                created_at: now,
                undo_until: now + UNDO_LASTS,
            },
        )
        .await?;
        let mut undo = self.public_url.clone();
        undo.set_path("/undo-email");
        undo.query_pairs_mut().append_pair("token", &cookies::encode(secret.as_slice()));
        let notice = Notice::AddressChanged { new: &mask(new), undo: undo.as_str() };
        self.notify_at(tx, user, old, &notice).await?;
        let detail = serde_json::json!({ "from": mask(old), "to": mask(new) });
        audit::record(tx, &self.random, now, user, "email_changed", detail).await?;
        Ok(())
    }

    /// The address that the link in the letter brings back, with most of its letters hidden; nothing when it is too
    /// late. Looking changes nothing.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn undoable(&self, token: &str) -> Result<Option<String>, IdentityError> {
        let Some(secret) = cookies::decode(token) else { return Ok(None) };
        let mut connection = self.db.acquire().await?;
        let hash = digest(secret.as_slice());
        let change = store::email_change_by_secret(&mut connection, &hash, self.clock.now()).await?;
        Ok(change.map(|change| mask(&change.old_email)))
    }

    /// Brings the old address back. Whoever changed it may still be signed in, may have begun something, or may have
    /// added a way in since: all of that goes, and so do later changes.
    ///
    /// # Errors
    /// When the link is not complete, was used or is too old, or the database is away.
    pub async fn undo_email_change(&self, token: &str) -> Result<(), IdentityError> {
        let hash = digest(cookies::decode(token).ok_or(IdentityError::TooLateToUndo)?.as_slice());
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let found = store::email_change_by_secret(&mut tx, &hash, now).await?;
        let user = found.ok_or(IdentityError::TooLateToUndo)?.user;
        store::lock_person(&mut tx, user).await?;
        // Only now nobody else can be at it.
        let found = store::email_change_by_secret(&mut tx, &hash, now).await?;
        let change = found.ok_or(IdentityError::TooLateToUndo)?;
        store::lock_key(&mut tx, &change.old_email).await?;
        store::set_email(&mut tx, user, &change.old_email, now).await?;
        store::note_undone(&mut tx, user, change.created_at, now).await?;
        store::forget_pending(&mut tx, user).await?;
        // Whoever had the account may have set it, and it would open the address that is brought back.
        store::delete_password(&mut tx, user).await?;
        self.end_waiting(&mut tx, &change.old_email).await?;
        let ways = store::remove_ways_since(&mut tx, user, change.created_at).await?;
        let ended = store::end_all_sessions(&mut tx, user, now).await?;
        for id in &ended {
            self.bus.notify(&mut tx, Topic::SessionEnded, &id.to_string()).await?;
        }
        let detail = serde_json::json!({ "to": mask(&change.old_email), "ways": ways, "sessions": ended.len() });
        audit::record(&mut tx, &self.random, now, user, "email_change_undone", detail).await?;
        self.notify_at(&mut tx, user, &change.old_email, &Notice::AddressRestored).await?;
        Ok(tx.commit().await?)
    }
}
