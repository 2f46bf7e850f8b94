use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Privy, PrivyError, profile::Accounts, service::ISSUER, store};
use crate::{
    identity::{
        service::{Arriving, Entry, Method, Opened, ProvenAccount},
        store::lock_key,
    },
    kit::id::UserId,
    platform::crypto::jwt::JwtError,
};

/// What came of showing a token.
pub struct Synced {
    /// Who it is.
    pub user: UserId,
    /// The session that was opened; `None` where the browser's own is the right one already.
    pub opened: Option<Opened>,
}

impl Synced {
    /// Whether the person is new here.
    #[must_use]
    pub fn created(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.new_person)
    }
}

/// Whom a token vouches for.
struct Shown {
    did: String,
    /// The session at Privy.
    sid: String,
}

/// What Privy lists for a person, as far as it could be found out.
enum Listed {
    All(Accounts),
    /// Those that fit into a token.
    Some(Accounts),
    Unknown,
}

impl Listed {
    fn accounts(&self) -> Option<&Accounts> {
        match self {
            Self::All(accounts) | Self::Some(accounts) => Some(accounts),
            Self::Unknown => None,
        }
    }
}

impl Privy {
    /// Signs in whom the access token vouches for. What Privy lists for them is read over REST; while that is away,
    /// from the identity token, and without one nothing is listed. The session is tied to the one at Privy: the same
    /// token in the same browser finds its session again.
    ///
    /// # Errors
    /// When the token is missing or not valid, Privy no longer has the person, the person signed out here, may not
    /// come in, or the database is away.
    pub async fn sync(
        &self,
        access_token: Option<&str>,
        identity_token: Option<&str>,
        arriving: Arriving<'_>,
    ) -> Result<Synced, PrivyError> {
        let app = self.app()?;
        let shown = self.shown(access_token.ok_or(PrivyError::NoToken)?).await?;
        let asked_at = self.identity.clock.now();
        let listed = self.listed(&shown.did, identity_token).await?;
        // The semaphore is never closed.
        let _turn = app.turns.acquire().await.map_err(|_| PrivyError::Away)?;
        let mut tx = self.identity.db.begin().await?;
        let synced = self.enter(&mut tx, &shown, &listed, arriving).await?;
        match &listed {
            Listed::All(accounts) => self.keep_accounts(&mut tx, synced.user, accounts, true, asked_at).await?,
            Listed::Some(accounts) => self.keep_accounts(&mut tx, synced.user, accounts, false, asked_at).await?,
            Listed::Unknown => {}
        }
        tx.commit().await?;
        Ok(synced)
    }

    /// An identity token has no `sid`, so it does not pass for an access token.
    async fn shown(&self, access_token: &str) -> Result<Shown, PrivyError> {
        let claims = self.claims(access_token).await?;
        let sid = claims.text("sid").filter(|sid| sid.len() <= 200).ok_or(JwtError::Claim("sid"))?.to_owned();
        Ok(Shown { did: claims.subject, sid })
    }

    async fn listed(&self, did: &str, identity_token: Option<&str>) -> Result<Listed, PrivyError> {
        match self.app()?.client.user(did).await {
            Ok(Some(user)) => return Ok(Listed::All(Accounts::read(user.get("linked_accounts")))),
            Ok(None) => return Err(PrivyError::Gone),
            Err(_) => {}
        }
        let Some(token) = identity_token else { return Ok(Listed::Unknown) };
        match self.claims(token).await {
            Ok(claims)
                if claims.subject == did && claims.members.get("linked_accounts").is_some_and(Value::is_string) =>
            {
                Ok(Listed::Some(Accounts::read(claims.members.get("linked_accounts"))))
            }
            // Somebody else's, or a bad one: it tells nothing, and the access token alone still vouches.
            _ => Ok(Listed::Unknown),
        }
    }

    async fn enter(
        &self,
        tx: &mut PgConnection,
        shown: &Shown,
        listed: &Listed,
        arriving: Arriving<'_>,
    ) -> Result<Synced, PrivyError> {
        lock_key(tx, &lock_of(&shown.did)).await?;
        if store::departed(tx, &shown.did).await?.is_some() {
            return Err(PrivyError::Gone);
        }
        if let Some(user) = store::user_of(tx, &shown.did).await? {
            if store::was_signed_out(tx, user, &shown.sid).await? {
                return Err(PrivyError::Ended);
            }
            if let Some(session) = arriving.until_now
                && session.user == user
                && store::is_session_for(tx, user, session.id, &shown.sid).await?
            {
                return Ok(Synced { user, opened: None });
            }
        }
        let label = listed.accounts().and_then(Accounts::label);
        let name = listed.accounts().and_then(Accounts::display_name);
        let account = ProvenAccount {
            provider: super::SOURCE,
            issuer: ISSUER,
            subject: &shown.did,
            label: label.as_deref().unwrap_or("Privy"),
            display_name: Some(name.as_deref().unwrap_or("Somebody")),
            // Privy's word on an address links nothing: it is not the one who decides whose it is.
            owned_email: None,
        };
        let arriving = Arriving { privy_session: Some(&shown.sid), ..arriving };
        match self.identity.enter(tx, &account, &Method::Privy, &arriving).await? {
            Entry::Opened(opened) => Ok(Synced { user: opened.user, opened: Some(opened) }),
            Entry::Known(_) => Err(PrivyError::Gone),
        }
    }

    /// Keeps a list that was asked for at a time, unless a newer one is kept already.
    pub(super) async fn keep_accounts(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        accounts: &Accounts,
        whole: bool,
        asked_at: OffsetDateTime,
    ) -> Result<(), PrivyError> {
        if store::synced_at(tx, user).await?.is_some_and(|newest| newest > asked_at) {
            return Ok(());
        }
        let (mut kinds, mut subjects, mut data) = (Vec::new(), Vec::new(), Vec::new());
        for ((kind, subject), account) in &accounts.0 {
            kinds.push(kind.clone());
            subjects.push(subject.clone());
            data.push(account.clone());
        }
        if whole {
            store::drop_other_accounts(tx, user, &kinds, &subjects).await?;
        }
        store::upsert_accounts(tx, user, &kinds, &subjects, &data, asked_at).await?;
        Ok(())
    }
}

/// The key under which everything about one person at Privy waits for each other; the same as for entering.
pub(super) fn lock_of(did: &str) -> String {
    format!("identity {}\n{ISSUER}\n{did}", super::SOURCE)
}
