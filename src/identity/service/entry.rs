//! Coming in: finding or making the person behind a proof, and opening a session. Every way in ends here.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Identity, IdentityError, Notice, SESSION_LASTS};
use crate::{
    identity::{
        cookies::Secret,
        email,
        session::Session,
        store::{self, NewIdentity, NewSession},
    },
    kit::id::{SessionId, UserId},
    platform::{
        audit,
        bus::Topic,
        crypto::digest,
        security::{browser_name, shown_address},
    },
};

/// How somebody proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    EmailCode,
    EmailLink,
    Password,
    Wallet,
    Privy,
    /// By an account at a service of the catalogue.
    Provider(String),
}

impl Method {
    /// As it stands in rows and in the audit log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::EmailCode => "email_code",
            Self::EmailLink => "email_link",
            Self::Password => "password",
            Self::Wallet => "wallet",
            Self::Privy => "privy",
            Self::Provider(id) => id,
        }
    }
}

/// The browser that somebody comes in with.
#[derive(Clone, Copy)]
pub struct Arriving<'a> {
    /// As it calls itself.
    pub user_agent: &'a str,
    /// The network address, as its owner is shown it.
    pub address: &'a str,
    /// The network address, as the limits count it.
    pub limit_key: &'a str,
    /// IANA name of its zone; empty where it told none.
    pub time_zone: &'a str,
    /// The session it had until now, which ends.
    pub until_now: Option<&'a Session>,
    /// The session at Privy that it comes with.
    pub privy_session: Option<&'a str>,
}

/// An account elsewhere that somebody has just proved to hold.
#[derive(Clone, Copy)]
pub struct ProvenAccount<'a> {
    /// Which kind of account: the id of a catalogue entry, `wallet` or `privy`.
    pub provider: &'a str,
    /// Who vouches for the subject.
    pub issuer: &'a str,
    /// The id that never changes hands.
    pub subject: &'a str,
    /// What its owner knows it by.
    pub label: &'a str,
    /// What to call a new person.
    pub display_name: Option<&'a str>,
    /// An address in its one form, only where this provider decides whose it is; a merely confirmed one is none.
    pub owned_email: Option<&'a str>,
}

impl ProvenAccount<'_> {
    pub(super) fn key(&self) -> String {
        format!("identity {}\n{}\n{}", self.provider, self.issuer, self.subject)
    }
}

/// A session that was opened: its secret goes into a cookie and nowhere else.
pub struct Opened {
    pub secret: Secret,
    pub user: UserId,
    pub session: SessionId,
    /// Whether the person is new here.
    pub new_person: bool,
}

/// Whether a person came with this browser before: the very same, or one of the same name from the same place, because
/// browsers change their version every month.
fn is_known(seen: &[(String, String)], arriving: &Arriving<'_>) -> bool {
    let (name, place) = (browser_name(arriving.user_agent), shown_address(arriving.address));
    seen.iter().any(|(user_agent, address)| {
        user_agent == arriving.user_agent || (browser_name(user_agent) == name && shown_address(address) == place)
    })
}

/// Whose an account elsewhere is.
pub enum Holder {
    Person {
        user: UserId,
        new: bool,
    },
    /// Nobody's yet, but the account's address is this person's.
    Address(UserId),
}

/// Where a proof of an account elsewhere leads.
pub enum Entry {
    /// Into a session.
    Opened(Opened),
    /// To the person who has the account's address here already: they sign in their old way and confirm the link.
    Known(UserId),
}

impl Identity {
    /// Signs in the person whose way in this account is, or makes a new one. Everything happens in the caller's
    /// transaction, so that what the caller stores with it exists exactly when the session does.
    ///
    /// # Errors
    /// When the person is suspended, a new one may not come in, or the database is away.
    pub async fn enter(
        &self,
        tx: &mut PgConnection,
        account: &ProvenAccount<'_>,
        method: &Method,
        arriving: &Arriving<'_>,
    ) -> Result<Entry, IdentityError> {
        match self.person_of(tx, account, arriving.limit_key, arriving.time_zone).await? {
            Holder::Person { user, new } => {
                Ok(Entry::Opened(self.open_session(tx, user, new, method, arriving).await?))
            }
            Holder::Address(owner) => Ok(Entry::Known(owner)),
        }
    }

    /// The person whose way in an account is, or a new one, in the caller's transaction.
    ///
    /// # Errors
    /// When a new one may not come in, or the database is away.
    pub async fn person_of(
        &self,
        tx: &mut PgConnection,
        account: &ProvenAccount<'_>,
        limit_key: &str,
        time_zone: &str,
    ) -> Result<Holder, IdentityError> {
        let now = self.clock.now();
        store::lock_key(tx, &account.key()).await?;
        let (provider, issuer, subject) = (account.provider, account.issuer, account.subject);
        let known = store::user_by_identity(tx, provider, issuer, subject, account.label, now).await?;
        if let Some(user) = known {
            return Ok(Holder::Person { user, new: false });
        }
        if let Some(address) = account.owned_email {
            store::lock_key(tx, address).await?;
            if let Some(owner) = store::user_by_email(tx, address).await? {
                return Ok(Holder::Address(owner));
            }
        }
        self.admit(tx, account.owned_email, limit_key).await?;
        let name = account.display_name.or(account.owned_email).unwrap_or(account.label);
        let user = self.create_person(tx, name, account.owned_email, time_zone, now).await?;
        let id = self.random.id(now);
        let label = account.label;
        store::insert_identity(tx, &NewIdentity { id, user, provider, issuer, subject, label, now }).await?;
        Ok(Holder::Person { user, new: true })
    }

    /// Opens a session for a person who has just proved who they are.
    pub(super) async fn open_session(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        new_person: bool,
        method: &Method,
        arriving: &Arriving<'_>,
    ) -> Result<Opened, IdentityError> {
        let now = self.clock.now();
        self.let_in(tx, user, now).await?;
        if !arriving.time_zone.is_empty() && !new_person {
            store::set_time_zone(tx, user, arriving.time_zone).await?;
        }
        if let Some(old) = arriving.until_now
            && store::end_session(tx, old.user, old.id, now).await?
        {
            self.bus.notify(tx, Topic::SessionEnded, &old.id.to_string()).await?;
        }
        let new_browser = !new_person && !is_known(&store::browsers_of(tx, user).await?, arriving);
        let secret = Secret::new(self.random.bytes());
        let session: SessionId = self.random.id(now);
        store::insert_session(
            tx,
            &NewSession {
                id: session,
                user,
                secret_hash: &digest(secret.as_slice()),
                method: method.as_str(),
                user_agent: arriving.user_agent,
                address: arriving.address,
                privy_session: arriving.privy_session,
                created_at: now,
                expires_at: now + SESSION_LASTS,
            },
        )
        .await?;
        let detail = serde_json::json!({ "method": method.as_str() });
        audit::record(tx, &self.random, now, user, "signed_in", detail).await?;
        if new_browser {
            let notice = Notice::NewBrowser { user_agent: arriving.user_agent, address: arriving.address };
            self.notify(tx, user, &notice).await?;
        }
        Ok(Opened { secret, user, session, new_person })
    }

    /// A new person, with a welcome letter where they have an address.
    pub(super) async fn create_person(
        &self,
        tx: &mut PgConnection,
        name: &str,
        address: Option<&str>,
        time_zone: &str,
        now: OffsetDateTime,
    ) -> Result<UserId, IdentityError> {
        let user: UserId = self.random.id(now);
        let zone = if time_zone.is_empty() { "UTC" } else { time_zone };
        store::insert_user(tx, user, &email::display_name(name), zone, now).await?;
        if let Some(address) = address {
            if store::email_held_for(tx, address, now).await?.is_some() {
                return Err(IdentityError::AddressHeld);
            }
            store::insert_email(tx, user, address, now).await?;
            // Others may have begun something in this person's name; it ends here.
            self.end_waiting(tx, address).await?;
        }
        audit::record(tx, &self.random, now, user, "account_created", serde_json::json!({})).await?;
        self.notify(tx, user, &Notice::Welcome { name }).await?;
        Ok(user)
    }
}
