use time::Duration;

use super::{Identity, IdentityError, Notice, SESSION_IDLE};
use crate::{
    error::AppError,
    identity::{
        cookies::Secret,
        model::{Role, Theme},
        session::Session,
        store,
    },
    kit::id::{SessionId, UserId},
    platform::{audit, bus::Topic, crypto::digest},
};

/// How exactly the last use of a session is known: writing it on every request would be a write for every read.
const USE_NOTED_EVERY: Duration = Duration::minutes(1);

impl Identity {
    /// The living session behind a cookie. It is looked up on every request, so that one that was ended is refused at
    /// once, everywhere.
    ///
    /// # Errors
    /// When the database is away; that is reported here.
    pub async fn session_by_secret(&self, secret: &Secret) -> Result<Option<Session>, AppError> {
        self.look_up(secret).await.map_err(AppError::from)
    }

    async fn look_up(&self, secret: &Secret) -> Result<Option<Session>, IdentityError> {
        let now = self.clock.now();
        let mut connection = self.db.acquire().await?;
        let found =
            store::session_by_secret(&mut connection, &digest(secret.as_slice()), now, now - SESSION_IDLE).await?;
        let Some(row) = found else { return Ok(None) };
        if row.last_used_at + USE_NOTED_EVERY <= now {
            store::note_use(&mut connection, row.user, row.id, now, now - USE_NOTED_EVERY).await?;
        }
        Ok(Some(Session {
            id: row.id,
            user: row.user,
            display_name: row.display_name,
            email: row.email,
            role: if row.is_admin { Role::Admin } else { Role::Member },
            time_zone: row.time_zone,
            theme: Theme::parse(&row.theme).unwrap_or_default(),
            avatar_key: row.avatar_key,
            signed_in_at: row.created_at,
            proved_at: row.proved_at,
        }))
    }

    /// The person's proved address.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn email_of(&self, user: UserId) -> Result<Option<String>, IdentityError> {
        Ok(store::email_of(&mut *self.db.acquire().await?, user).await?)
    }

    /// Ends this browser's session.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn sign_out(&self, session: &Session) -> Result<(), IdentityError> {
        self.end_own_session(session.user, session.id).await
    }

    /// Ends the session at hand, a browser's or a program's.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn end_own_session(&self, user: UserId, session: SessionId) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if store::end_session(&mut tx, user, session, now).await? {
            self.bus.notify(&mut tx, Topic::SessionEnded, &session.to_string()).await?;
            audit::record(&mut tx, &self.random, now, user, "signed_out", serde_json::json!({})).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Ends every session of the person, this one too.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn sign_out_everywhere(&self, user: UserId) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let ended = store::end_all_sessions(&mut tx, user, now).await?;
        for id in &ended {
            self.bus.notify(&mut tx, Topic::SessionEnded, &id.to_string()).await?;
        }
        let detail = serde_json::json!({ "sessions": ended.len() });
        audit::record(&mut tx, &self.random, now, user, "signed_out_everywhere", detail).await?;
        if ended.len() > 1 {
            self.notify(&mut tx, user, &Notice::SessionsEnded).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Removes ceremonies and sessions that can no longer be used.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn purge(&self) -> Result<u64, IdentityError> {
        let now = self.clock.now();
        let ceremonies = store::system::purge_ceremonies(&self.db, now - KEEP_CEREMONIES).await?;
        let verifications = store::system::purge_verifications(&self.db, now - KEEP_CEREMONIES).await?;
        let sessions =
            store::system::purge_sessions(&self.db, now - KEEP_SESSIONS, now - KEEP_SESSIONS - SESSION_IDLE).await?;
        let changes = store::system::purge_email_changes(&self.db, now).await?;
        let mut connection = self.db.acquire().await?;
        let lines = audit::retire(&mut connection, now - KEEP_LOG).await?;
        drop(connection);
        let invitations = store::system::invitations::purge(&self.db, now - KEEP_INVITATIONS).await?;
        let recoveries = store::system::mailbox_recoveries::purge(&self.db, now - KEEP_RECOVERIES).await?;
        let devices = store::system::purge_devices(&self.db, now - KEEP_DEVICES, now).await?;
        let links = store::system::purge_pending_links(&self.db, now).await?;
        let wallets = store::system::purge_wallet_challenges(&self.db, now).await?;
        Ok(ceremonies
            + verifications
            + sessions
            + devices
            + links
            + wallets
            + changes
            + lines
            + invitations
            + recoveries)
    }
}

/// A used code is told from an unknown one for this long.
const KEEP_CEREMONIES: Duration = Duration::hours(1);
/// The log of an account is kept for this long.
const KEEP_LOG: Duration = Duration::days(365);
/// A device that nothing is signed in on stays for this long after its last use, longer than any refresh token lasts.
const KEEP_DEVICES: Duration = Duration::days(400);
/// An ended session stays to be looked at for this long.
const KEEP_SESSIONS: Duration = Duration::days(30);
/// A wish for another address stays to be looked at for this long after it was settled.
const KEEP_RECOVERIES: Duration = Duration::days(90);
/// An invitation that was used or expired stays to be looked at for this long.
const KEEP_INVITATIONS: Duration = Duration::days(90);
