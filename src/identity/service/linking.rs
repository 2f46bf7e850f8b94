//! Which accounts elsewhere open a person's account: adding one, removing one, and showing one anew.

use sqlx::PgConnection;
use time::macros::format_description;
use uuid::Uuid;

use super::{Identity, IdentityError, LINK_WAITS, Method, Notice, ProvenAccount};
use crate::{
    identity::{
        cookies::Secret,
        model::{WayIn, WaysIn},
        session::Session,
        store::{self, NewIdentity, NewPendingLink},
    },
    kit::id::{IdentityId, UserId},
    platform::{audit, bus::Topic, crypto::digest},
    providers::catalogue,
};

impl Identity {
    /// Remembers an account whose address belongs to `owner`, until they sign in in the same browser and say whether
    /// it shall open their account. The secret goes into that browser's cookie.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn remember_link(
        &self,
        tx: &mut PgConnection,
        owner: UserId,
        account: &ProvenAccount<'_>,
    ) -> Result<Secret, IdentityError> {
        let now = self.clock.now();
        let secret = Secret::new(self.random.bytes());
        let new = NewPendingLink {
            id: Uuid::from(self.random.id::<IdentityId>(now)),
            browser_hash: &digest(secret.as_slice()),
            user: owner,
            provider: account.provider,
            issuer: account.issuer,
            subject: account.subject,
            label: account.label,
            now,
            expires_at: now + LINK_WAITS,
        };
        store::insert_pending_link(tx, &new).await?;
        Ok(secret)
    }

    /// Everything that opens this person's account, and what waits to, in the browser with this secret.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn ways_in(&self, user: UserId, waiting: Option<&Secret>) -> Result<WaysIn, IdentityError> {
        let mut connection = self.db.acquire().await?;
        let rows = store::identities(&mut connection, user).await?;
        let accounts = rows.into_iter().map(|row| WayIn {
            id: row.id,
            name: way_name(&row.provider).to_owned(),
            provider: row.provider,
            label: row.label,
            linked_on: row
                .created_at
                .format(format_description!("[day padding:none] [month repr:long] [year]"))
                .unwrap_or_default(),
        });
        let accounts = accounts.collect();
        let asked = match waiting {
            Some(secret) => {
                let hash = digest(secret.as_slice());
                store::pending_link_by_secret(&mut connection, &hash, user, self.clock.now()).await?
            }
            None => None,
        };
        Ok(WaysIn {
            email: store::email_of(&mut connection, user).await?,
            accounts,
            linkable: Vec::new(),
            asked: asked.map(|link| (way_name(&link.provider).to_owned(), link.label)),
        })
    }

    /// Makes an account a way in, in the caller's transaction. One that is a way of this person already stays it.
    ///
    /// # Errors
    /// `LinkedElsewhere` when it opens somebody else's account; else when the database is away.
    pub async fn link(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        account: &ProvenAccount<'_>,
    ) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let ProvenAccount { provider, issuer, subject, label, .. } = *account;
        store::lock_key(tx, &account.key()).await?;
        match store::owner_of_identity(tx, provider, issuer, subject).await? {
            Some(owner) if owner == user => return Ok(()),
            Some(_) => return Err(IdentityError::LinkedElsewhere),
            None => {}
        }
        store::lock_person(tx, user).await?;
        let id = self.random.id(now);
        store::insert_identity(tx, &NewIdentity { id, user, provider, issuer, subject, label, now }).await?;
        let detail = serde_json::json!({ "provider": provider });
        audit::record(tx, &self.random, now, user, "way_added", detail).await?;
        let label = format!("{} ({label})", way_name(provider));
        self.notify(tx, user, &Notice::WayAdded { label: &label }).await
    }

    /// Takes the yes or the no to the account that waits in the browser with this secret.
    ///
    /// # Errors
    /// When nothing waits there for this person, or it opens somebody else's account meanwhile.
    pub async fn answer_link(&self, session: &Session, waiting: &Secret, yes: bool) -> Result<(), IdentityError> {
        let mut tx = self.db.begin().await?;
        let hash = digest(waiting.as_slice());
        let link = store::take_pending_link_by_secret(&mut tx, &hash, session.user, self.clock.now())
            .await?
            .ok_or(IdentityError::NothingToLink)?;
        if yes {
            let account = ProvenAccount {
                provider: &link.provider,
                issuer: &link.issuer,
                subject: &link.subject,
                label: &link.label,
                display_name: None,
                owned_email: None,
            };
            self.link(&mut tx, session.user, &account).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Removes a way in, and ends the other browsers that came in by it.
    ///
    /// # Errors
    /// `LastWay` when no other is left, `NoSuchWay` when it is none of this person's.
    pub async fn unlink(&self, session: &Session, id: IdentityId) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let user = session.user;
        let mut tx = self.db.begin().await?;
        // The account first, then the person, as signing in takes them: the other way round the two could wait for each
        // other.
        let (provider, label) = store::delete_identity(&mut tx, user, id).await?.ok_or(IdentityError::NoSuchWay)?;
        store::lock_person(&mut tx, user).await?;
        if store::count_ways(&mut tx, user).await? == 0 {
            return Err(IdentityError::LastWay);
        }
        for ended in store::end_sessions_of_method(&mut tx, user, &provider, session.id, now).await? {
            self.bus.notify(&mut tx, Topic::SessionEnded, &ended.to_string()).await?;
        }
        let detail = serde_json::json!({ "provider": provider });
        audit::record(&mut tx, &self.random, now, user, "way_removed", detail).await?;
        let label = format!("{} ({label})", way_name(&provider));
        self.notify(&mut tx, user, &Notice::WayRemoved { label: &label }).await?;
        Ok(tx.commit().await?)
    }

    /// Takes an account that was just shown as a proof that it is the person of this session, and gives the session's
    /// new secret.
    ///
    /// # Errors
    /// `OtherAccount` when it is none of this person's ways in.
    pub async fn prove_by_account(
        &self,
        tx: &mut PgConnection,
        session: &Session,
        account: &ProvenAccount<'_>,
        method: &Method,
    ) -> Result<Secret, IdentityError> {
        let owner = store::owner_of_identity(tx, account.provider, account.issuer, account.subject).await?;
        if owner != Some(session.user) {
            return Err(IdentityError::OtherAccount);
        }
        self.prove_again(tx, session, method).await
    }
}

/// What a kind of account is called.
fn way_name(provider: &str) -> &str {
    match (catalogue().get(provider), provider) {
        (Some(entry), _) => &entry.name,
        (None, "wallet") => "Wallet",
        (None, "privy") => "Privy",
        (None, other) => other,
    }
}
