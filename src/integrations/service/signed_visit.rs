//! Visits to consent pages that are not OAuth 2's: OAuth 1.0a, and the signed web session.
//!
//! Neither knows a `state`. The address to come back to carries ours, so that the answer belongs to the browser that
//! left; the row that it leads to is single-use, as with every other visit. The temporary token of OAuth 1 waits sealed
//! in that row, and what comes back must name it.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::{Arrival, Error, Integrations, Purpose, Returned, Start, Wish, consent::Consent, sealed::Column};
use crate::{
    integrations::store::{self, FlowRow, NewFlow, Return},
    kit::id::ConnectionId,
    platform::crypto::digest,
    providers::{
        Blanks, Oauth1, Provider, Session, Template,
        oauth::{
            Client,
            errors::OauthError,
            reply::{Second, TokenReply},
            state::{self, StateError},
        },
        oauth1::{Token, exchange::Desk},
        session::signed,
    },
};

/// The name under which the second half of an OAuth 1 token is kept.
pub(super) const TOKEN_SECRET: &str = "token_secret";

/// How such a page is spoken to.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Oauth1(&'static Oauth1),
    /// The consent page, and where its token is traded.
    Signed(&'static Template, &'static Template),
}

/// The way of a service that has such a page.
pub(super) fn way(provider: &'static Provider) -> Option<Way> {
    match (&provider.oauth1, &provider.session) {
        (Some(entry), _) => Some(Way::Oauth1(entry)),
        (None, Some(Session::SignedWeb { authorize, exchange })) => Some(Way::Signed(authorize, exchange)),
        _ => None,
    }
}

/// The host of the consent page.
pub(super) fn host(way: Way) -> &'static str {
    let (Way::Oauth1(Oauth1 { authorize, .. }) | Way::Signed(authorize, _)) = way;
    authorize.url().host_str().unwrap_or_default()
}

impl Integrations {
    pub(super) async fn leave_signed(
        &self,
        provider: &'static Provider,
        way: Way,
        start: Start,
        wish: &Wish,
        next: &str,
    ) -> Result<Url, Error> {
        let client = self.client(provider)?;
        if let Some(id) = wish.reconnect {
            let row = store::connection(&self.db, start.user, id).await?;
            row.filter(|row| row.provider == provider.id).ok_or(Error::NotFound("connection"))?;
        }
        let now = self.clock.now();
        let state = state::issue(&self.keys, &self.random, now);
        let redirect_uri = self.redirect_uri(Purpose::Connect, provider);
        let callback = format!("{redirect_uri}?state={state}");
        let id = Uuid::from(self.random.id::<ConnectionId>(now));
        let (consent, temporary) = match way {
            Way::Oauth1(entry) => {
                let desk = self.desk(entry, client);
                let temporary = desk.begin(&callback).await.map_err(|error| refused(provider, error))?;
                let kept = json!([temporary.token.expose_secret(), temporary.secret.expose_secret()]).to_string();
                let sealed = self.seal(Column::Verifier, id, start.user, &provider.id, &kept.into())?;
                (desk.consent(&temporary), Some(sealed))
            }
            Way::Signed(authorize, _) => (signed::consent(&self.http, authorize, client, &callback), None),
        };
        let flow = NewFlow {
            id,
            state_hash: digest(state.as_bytes()),
            user: Some(start.user),
            session: Some(start.session),
            browser_hash: None,
            provider: &provider.id,
            purpose: Purpose::Connect.as_str(),
            redirect_uri: &redirect_uri,
            sealed_verifier: temporary,
            scopes: &asked(way),
            client_fingerprint: digest(client.id.as_bytes()),
            own_app: None,
            blanks: &Blanks::new(),
            reconnect: wish.reconnect,
            next_path: next,
            now,
            expires_at: now + state::LIFETIME,
        };
        store::insert_flow(&self.db, &flow).await?;
        Ok(consent)
    }

    /// Takes what came back, and connects the account. No request leaves before the state has proved itself and its row
    /// is taken away.
    pub(super) async fn finish_signed(
        &self,
        provider: &'static Provider,
        way: Way,
        start: Start,
        returned: Returned,
    ) -> Result<Arrival, Error> {
        let now = self.clock.now();
        let state = returned.state.as_deref().ok_or(Error::BadReturn("state_missing"))?;
        state::verify(&self.keys, state, now).map_err(|error| match error {
            StateError::Forged => Error::BadReturn("state_forged"),
            StateError::Expired => Error::Expired,
        })?;
        let back = Return {
            state_hash: digest(state.as_bytes()),
            provider: &provider.id,
            redirect_uri: &self.redirect_uri(Purpose::Connect, provider),
            user: Some(start.user),
            session: Some(start.session),
            browser_hash: None,
            now,
        };
        let flow = store::consume_flow_by_secret(&self.db, &back).await?.ok_or(Error::BadReturn("state_unknown"))?;
        let client = self.client(provider)?.clone();
        if flow.client_fingerprint != digest(client.id.as_bytes()) {
            return Err(Error::BadReturn("client_changed"));
        }
        let declined = |name| returned.further.contains_key(name);
        if returned.error.is_some() || declined("denied") || declined("oauth_problem") {
            self.changed(start.user, None, &provider.id, "cancelled", None).await?;
            return Ok(Arrival::Cancelled);
        }
        let proof = self.proof(provider, way, start, &flow, &returned.further)?;
        // A browser that goes away must not leave a token half traded: the rest runs to its end.
        let service = self.clone();
        let connect = async move {
            let tokens = service.trade_signed(way, &client, &proof).await;
            let tokens = tokens.map_err(|error| refused(provider, error))?;
            let consent = Consent {
                tokens,
                asked: flow.scopes,
                fingerprint: <[u8; 32]>::try_from(flow.client_fingerprint.as_slice()).ok(),
                own_app: None,
                blanks: Blanks::new(),
                reconnect: flow.reconnect,
                next: flow.next_path,
                at: service.clock.now(),
            };
            service.settle(start, provider, consent).await
        };
        tokio::spawn(connect).await?
    }

    /// What came back, with what waited for it.
    fn proof(
        &self,
        provider: &Provider,
        way: Way,
        start: Start,
        flow: &FlowRow,
        came: &BTreeMap<String, String>,
    ) -> Result<Proof, Error> {
        let one = |name: &str| came.get(name).filter(|value| !value.is_empty()).cloned();
        let Way::Oauth1(_) = way else {
            let token = one("token").ok_or(Error::BadReturn("code_missing"))?;
            return Ok(Proof { temporary: None, came: token.into() });
        };
        let sealed = flow.sealed_verifier.as_deref().ok_or(Error::BadReturn("state_unknown"))?;
        let kept = self.open(Column::Verifier, flow.id, start.user, &provider.id, sealed)?;
        let kept: Value = serde_json::from_str(kept.expose_secret()).unwrap_or_default();
        let half = |at: usize| kept.get(at).and_then(Value::as_str).map(str::to_owned);
        let (token, secret) = half(0).zip(half(1)).ok_or(Error::BadReturn("state_unknown"))?;
        let (named, verifier) =
            one("oauth_token").zip(one("oauth_verifier")).ok_or(Error::BadReturn("code_missing"))?;
        if named != token {
            return Err(Error::BadReturn("token_mismatch"));
        }
        Ok(Proof { temporary: Some(Token { token: token.into(), secret: secret.into() }), came: verifier.into() })
    }

    async fn trade_signed(&self, way: Way, client: &Client, proof: &Proof) -> Result<TokenReply, OauthError> {
        match (way, &proof.temporary) {
            (Way::Oauth1(entry), Some(temporary)) => {
                let lasting = self.desk(entry, client).finish(temporary, &proof.came).await?;
                let second = Second { name: TOKEN_SECRET.to_owned(), access: lasting.secret };
                Ok(TokenReply { second: Some(second), ..TokenReply::lasting(lasting.token) })
            }
            (Way::Signed(_, exchange), _) => {
                let now = self.clock.now();
                let session = signed::exchange(&self.http, exchange, client, &proof.came, now).await?;
                Ok(TokenReply::lasting(session))
            }
            (Way::Oauth1(_), None) => Err(OauthError::Refused),
        }
    }

    pub(super) fn desk<'a>(&'a self, entry: &'a Oauth1, client: &'a Client) -> Desk<'a> {
        Desk { http: &self.http, entry, client, random: &self.random, now: self.clock.now() }
    }
}

/// What a consent page sent back.
struct Proof {
    temporary: Option<Token>,
    came: SecretString,
}

fn asked(way: Way) -> Vec<String> {
    match way {
        Way::Oauth1(entry) => entry.scopes.iter().map(|scope| scope.name.clone()).collect(),
        Way::Signed(..) => Vec::new(),
    }
}

fn refused(provider: &Provider, error: OauthError) -> Error {
    Error::Exchange { service: provider.name.clone(), error }
}
