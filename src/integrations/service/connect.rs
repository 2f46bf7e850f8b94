//! To a consent page and back.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use uuid::Uuid;

use super::{Error, Integrations, sealed::Column};
use crate::{
    integrations::{
        model::ConnectionState,
        store::{self, FlowRow, NewConnection, NewFlow},
    },
    kit::id::{ConnectionId, SessionId, UserId},
    platform::crypto::digest,
    providers::{
        Kind, Oauth, Provider,
        oauth::{
            authorize::{self, Asked},
            exchange::{self, Code},
            reply::TokenReply,
            state::{self, StateError},
        },
    },
};

/// Who begins a visit to a consent page.
#[derive(Clone, Copy)]
pub struct Start {
    pub user: UserId,
    pub session: SessionId,
}

/// What came back in the query of a callback; no name twice.
#[derive(Default)]
pub struct Returned {
    pub state: Option<String>,
    pub code: Option<SecretString>,
    pub iss: Option<String>,
    pub error: Option<String>,
}

/// How a visit ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Where to go on, as it was chosen when the visit began.
    Connected { next: String },
    /// The person said no.
    Cancelled,
}

impl Integrations {
    /// Leaves a single-use row and tells where to send the browser.
    ///
    /// # Errors
    /// When the service is unknown or not set up here, or the row cannot be written.
    pub async fn start(&self, start: Start, provider: &str) -> Result<Url, Error> {
        let provider = self.provider(provider)?;
        let oauth = oauth(provider)?;
        let client = self.client(provider)?;
        let now = self.clock.now();
        let state = state::issue(&self.keys, &self.random, now);
        let verifier = authorize::verifier(oauth, &self.random);
        let id = Uuid::from(self.random.id::<ConnectionId>(now));
        let seal = |verifier: &SecretString| self.seal(Column::Verifier, id, start.user, &provider.id, verifier);
        let redirect_uri = self.redirect_uri(provider);
        let flow = NewFlow {
            id,
            state_hash: digest(state.as_bytes()),
            user: start.user,
            session: start.session,
            provider: &provider.id,
            redirect_uri: &redirect_uri,
            sealed_verifier: verifier.as_ref().map(seal).transpose()?,
            scopes: &oauth.scopes,
            client_fingerprint: digest(client.id.as_bytes()),
            next_path: "/connections",
            now,
            expires_at: now + state::LIFETIME,
        };
        store::insert_flow(&self.db, &flow).await?;
        let asked =
            Asked { client_id: &client.id, redirect_uri: &redirect_uri, state: &state, verifier: verifier.as_ref() };
        Ok(authorize::address(&self.http, oauth, &asked))
    }

    /// Whether a service can be started here, for the page between.
    ///
    /// # Errors
    /// As `start` does.
    pub fn startable(&self, provider: &str) -> Result<&'static str, Error> {
        let provider = self.provider(provider)?;
        oauth(provider)?;
        self.client(provider)?;
        Ok(&provider.name)
    }

    /// Takes what came back from a consent page. No request leaves before the state has proved itself and its row is
    /// taken away.
    ///
    /// # Errors
    /// Says why nothing was connected.
    pub async fn finish(&self, start: Start, provider: &str, returned: Returned) -> Result<Arrival, Error> {
        let provider = self.provider(provider)?;
        let oauth = oauth(provider)?;
        let now = self.clock.now();
        let text = returned.state.as_deref().ok_or(Error::BadReturn("state_missing"))?;
        state::verify(&self.keys, text, now).map_err(|error| match error {
            StateError::Forged => Error::BadReturn("state_forged"),
            StateError::Expired => Error::Expired,
        })?;
        let hash = digest(text.as_bytes());
        let flow = store::consume_flow_by_secret(&self.db, &hash, start.user, start.session, &provider.id, now)
            .await?
            .ok_or(Error::BadReturn("state_unknown"))?;
        if let (Some(iss), Some(issuer)) = (&returned.iss, &oauth.issuer)
            && iss != issuer
        {
            return Err(Error::BadReturn("issuer_mismatch"));
        }
        if let Some(error) = &returned.error {
            self.changed(start.user, None, &provider.id, "cancelled", None).await?;
            return match error.as_str() {
                "access_denied" | "user_denied" | "consent_required" => Ok(Arrival::Cancelled),
                _ => Err(Error::BadReturn("consent_failed")),
            };
        }
        let code = returned.code.ok_or(Error::BadReturn("code_missing"))?;
        // A browser that goes away must not leave a code half traded: the rest runs to its end.
        let (service, user, next) = (self.clone(), start.user, flow.next_path.clone());
        tokio::spawn(async move { service.trade(user, provider, oauth, flow, code).await }).await??;
        Ok(Arrival::Connected { next })
    }

    async fn trade(
        &self,
        user: UserId,
        provider: &'static Provider,
        oauth: &'static Oauth,
        flow: FlowRow,
        code: SecretString,
    ) -> Result<ConnectionId, Error> {
        let client = self.client(provider)?;
        let fingerprint = digest(client.id.as_bytes());
        if flow.client_fingerprint != fingerprint {
            return Err(Error::BadReturn("client_changed"));
        }
        let open = |sealed: &String| self.open(Column::Verifier, flow.id, user, &provider.id, sealed);
        let verifier = flow.sealed_verifier.as_ref().map(open).transpose()?;
        let code = Code { code: code.expose_secret(), redirect_uri: &flow.redirect_uri, verifier: verifier.as_ref() };
        let tokens = exchange::exchange(&self.http, oauth, client, &code, self.clock.now())
            .await
            .map_err(|error| Error::Exchange { service: provider.name.clone(), error })?;
        let account = self
            .who_am_i(provider, &tokens.access)
            .await
            .map_err(|_| Error::Anonymous { service: provider.name.clone() })?;
        let granted = tokens.scopes.clone().unwrap_or_else(|| flow.scopes.clone());
        let state = state_of(oauth, &granted);
        let new =
            Account { id: account.id, label: account.label, scopes: granted, state, fingerprint: Some(fingerprint) };
        self.keep(user, provider, &new, &tokens).await
    }

    /// Stores tokens for an account, under the id that the connection has already where the account was connected
    /// before.
    pub(super) async fn keep(
        &self,
        user: UserId,
        provider: &Provider,
        account: &Account,
        tokens: &TokenReply,
    ) -> Result<ConnectionId, Error> {
        // Two tabs may connect the same account at once: the second finds the row of the first in the second turn.
        for _ in 0..3 {
            let now = self.clock.now();
            let known = store::connection_of_account(&self.db, user, &provider.id, &account.id).await?;
            let id = known.unwrap_or_else(|| self.random.id(now));
            let access = self.seal_token(Column::Access, id, user, &provider.id, &tokens.access)?;
            let seal = |token: &SecretString| self.seal_token(Column::Refresh, id, user, &provider.id, token);
            let refresh = tokens.refresh.as_ref().map(seal).transpose()?;
            let new = NewConnection {
                id,
                user,
                provider: &provider.id,
                account_id: &account.id,
                account_label: &account.label,
                state: account.state.as_str(),
                scopes: &account.scopes,
                sealed_access_token: &access,
                sealed_refresh_token: refresh.as_deref(),
                access_expires_at: tokens.expires_at,
                client_fingerprint: account.fingerprint.as_ref().map(<[u8; 32]>::as_slice),
                now,
            };
            let mut transaction = self.db.begin().await?;
            if store::upsert_connection(&mut *transaction, &new).await? {
                let kind = if known.is_some() { "reconnected" } else { "connected" };
                self.changed_within(&mut transaction, user, Some(id), &provider.id, kind, None).await?;
                transaction.commit().await?;
                self.forget_pause(id);
                return Ok(id);
            }
        }
        Err(Error::NotFound("connection"))
    }
}

/// An account as it is about to be stored.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) scopes: Vec<String>,
    pub(super) state: ConnectionState,
    pub(super) fingerprint: Option<[u8; 32]>,
}

pub(super) fn state_of(oauth: &Oauth, granted: &[String]) -> ConnectionState {
    if oauth.scopes.iter().all(|scope| granted.contains(scope)) {
        ConnectionState::Active
    } else {
        ConnectionState::Partial
    }
}

fn oauth(provider: &'static Provider) -> Result<&'static Oauth, Error> {
    match (&provider.oauth, provider.kind) {
        (Some(oauth), Kind::Oauth2) => Ok(oauth),
        _ => Err(Error::WrongKind(provider.name.clone())),
    }
}
