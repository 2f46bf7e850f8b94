//! Connecting by what a person pastes: keys, names with keys, tokens of bots, bridges of their own, and passwords for
//! services that have nothing better. All of it is proved at the service before anything is stored.

mod error;
mod reading;
mod shown;

use std::{collections::BTreeMap, time::Duration};

use secrecy::SecretString;

pub use error::{FormError, Trouble};

use super::{
    Error, Integrations,
    identity::Whose,
    keep::{Account, Place},
};
use crate::{
    integrations::{
        executor::Failure,
        model::ConnectionState,
        store::{self, ConnectionRow},
    },
    kit::id::{ConnectionId, UserId},
    platform::crypto::digest,
    providers::{Credential, Kind, Provider, oauth::reply::TokenReply, session::login::Login},
};

/// What was typed, by the names of the form's fields; secrets among it.
pub type Typed = BTreeMap<String, SecretString>;

/// How long the service has to say whose account it is.
const PROOF: Duration = Duration::from_secs(5);

/// What goes with a form beside its fields.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pasting {
    /// The connection that gets what is pasted in the place of what it had.
    pub reconnect: Option<ConnectionId>,
    /// Also where it belongs to another account.
    pub instead: bool,
}

impl Integrations {
    /// Proves what was pasted at the service, in less than five seconds, and only then stores it.
    ///
    /// # Errors
    /// When a field does not hold what it must, the service does not accept it or cannot be asked at the moment, or it
    /// is of another account than the connection that it is for.
    pub async fn add_by_form(
        &self,
        user: UserId,
        provider: &str,
        typed: &Typed,
        pasting: Pasting,
    ) -> Result<ConnectionId, Error> {
        let provider = self.provider_with_form(provider)?;
        if provider.needs_client() {
            self.client(provider)?;
        }
        let before = self.before(user, provider, pasting.reconnect).await?;
        if before.is_none() {
            self.expect_room(user).await?;
        }
        let mut credential = reading::read(provider, typed, before.as_ref())?;
        let proved = tokio::time::timeout(PROOF, self.prove(provider, &mut credential)).await;
        let mut whose = proved.unwrap_or(Err(Failure::Timeout)).map_err(|failure| FormError::of(provider, failure))?;
        let mut place = Place::OfItsAccount;
        if let Some(before) = before {
            // A service that does not say whose a key is cannot say that it is another's.
            if provider.identity.anonymous {
                whose.id = before.account_id;
            } else if whose.id != before.account_id && !pasting.instead {
                let trouble = Trouble::OtherAccount { had: before.account_label, came: whose.label };
                return Err(FormError::new(provider, trouble).into());
            } else if whose.id != before.account_id {
                place = Place::Instead(before.id);
            }
        }
        let (account, tokens) = self.pasted(provider, credential, whose);
        self.keep_at(place, user, provider, &account, &tokens).await
    }

    pub(super) fn provider_with_form(&self, id: &str) -> Result<&'static Provider, Error> {
        let provider = self.provider(id)?;
        let offered = provider.connectable && provider.has_form() && provider.kind != Kind::Oauth2;
        if offered { Ok(provider) } else { Err(Error::WrongKind(provider.name.clone())) }
    }

    /// The connection that is to be renewed: of this person and at this service.
    async fn before(
        &self,
        user: UserId,
        provider: &Provider,
        id: Option<ConnectionId>,
    ) -> Result<Option<ConnectionRow>, Error> {
        let Some(id) = id else { return Ok(None) };
        let row = store::connection(&self.db, user, id).await?.filter(|row| row.provider == provider.id);
        Ok(Some(row.ok_or(Error::NotFound("connection"))?))
    }

    /// Whose account it opens. A session is begun first where there is one.
    async fn prove(&self, provider: &Provider, credential: &mut Credential) -> Result<Whose, Failure> {
        if let Some(session) = self.log_in(provider, credential).await? {
            credential.token = session;
        }
        self.who_am_i(provider, credential).await
    }

    /// A new session, with the name and the password in a credential; none where the service has no such thing.
    pub(in crate::integrations::service) async fn log_in(
        &self,
        provider: &Provider,
        credential: &Credential,
    ) -> Result<Option<SecretString>, Failure> {
        let Some(login) = provider.session.as_ref().and_then(Login::of) else { return Ok(None) };
        let line = self.line(provider, credential);
        let request = login.request(&|name| line.value(name)).ok_or(Failure::Provider("is not described well"))?;
        let body = line.send(request).await?;
        login.session(&body).map(Some).ok_or(Failure::Provider("did not begin a session"))
    }

    /// What was pasted, as it is stored.
    fn pasted(&self, provider: &Provider, credential: Credential, whose: Whose) -> (Account, TokenReply) {
        let ends = provider.session.as_ref().and_then(Login::of).map(|login| login.ends(self.clock.now()));
        let account = Account {
            id: whose.id,
            label: whose.label,
            asked: Vec::new(),
            scopes: whose.scopes.unwrap_or_default(),
            state: ConnectionState::Active,
            fingerprint: self.clients.get(provider.id.as_str()).map(|client| digest(client.id.as_bytes())),
            own_app: None,
            blanks: credential.blanks,
            fields: credential.fields,
            consent_expires_at: None,
        };
        (account, TokenReply { expires_at: ends, ..TokenReply::lasting(credential.token) })
    }
}
