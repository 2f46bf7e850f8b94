//! To a consent page and back, whatever for: the purpose stands in the row that the visit leaves.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use uuid::Uuid;

use super::{Error, Integrations, Wish, sealed::Column, signed_visit};
use crate::{
    integrations::store::{self, FlowRow, NewFlow, Return},
    kit::id::{ConnectionId, SessionId, UserId},
    platform::crypto::digest,
    providers::{
        AppFailure, Blanks, Kind, Oauth, Provider, SignIn,
        oauth::{
            authorize::{self, Asked},
            errors::{self, OauthError},
            exchange::{self, Code},
            reply::TokenReply,
            state::{self, StateError},
        },
    },
};

const NONCE: &str = "sign-in nonce";

/// What a visit to a consent page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Connecting the account.
    Connect,
    /// Connecting it by an app that the person registered at the service.
    OwnApp,
    /// Coming in with it.
    SignIn,
    /// Making it a way in of the person who is signed in.
    Link,
    /// Proving anew that it is the person who is signed in.
    Prove,
}

impl Purpose {
    /// As it stands in the row.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::OwnApp => "own_app",
            Self::SignIn => "sign_in",
            Self::Link => "link",
            Self::Prove => "prove",
        }
    }

    /// Whether it ends with a connection and nothing else.
    pub(super) fn connects(self) -> bool {
        matches!(self, Self::Connect | Self::OwnApp)
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Connect, Self::OwnApp, Self::SignIn, Self::Link, Self::Prove]
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
    }

    /// Where the browser comes back to. Each service has one address for connecting and one for all the rest, so that
    /// a code of one can never arrive as a code of another. A person's own app may have one to itself.
    pub(super) fn return_path(self, provider: &Provider) -> String {
        let own = provider.own_app.as_ref().and_then(|own| own.callback.as_deref());
        match (self, own) {
            (Self::OwnApp, Some(path)) => path.to_owned(),
            (Self::Connect | Self::OwnApp, _) => format!("/api/integrations/{}/callback", provider.id),
            (Self::SignIn | Self::Link | Self::Prove, _) => format!("/api/auth/callback/{}", provider.id),
        }
    }
}

/// Who is signed in in a browser.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    pub user: UserId,
    pub session: SessionId,
}

/// The browser that leaves for a consent page, or comes back from one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visitor {
    /// Who is signed in in it.
    pub person: Option<Start>,
    /// The digest of the secret that ties the steps of a sign-in to it.
    pub browser: Option<[u8; 32]>,
}

/// What came back in the query of a callback; no name twice.
#[derive(Default)]
pub struct Returned {
    pub state: Option<String>,
    pub code: Option<SecretString>,
    pub iss: Option<String>,
    pub error: Option<String>,
    /// The vendor's words to it, which are looked at and shown to nobody.
    pub error_description: Option<String>,
    /// What else came back, for the services that tell more.
    pub further: BTreeMap<String, String>,
}

/// A visit whose row was taken away.
pub(super) struct Back {
    pub(super) provider: &'static Provider,
    pub(super) oauth: &'static Oauth,
    pub(super) purpose: Purpose,
    pub(super) flow: FlowRow,
    /// What was typed before consent, and what came back with it.
    pub(super) blanks: Blanks,
    /// None: the person said no.
    pub(super) code: Option<SecretString>,
    /// The state that came back.
    pub(super) state: String,
}

impl Integrations {
    /// Leaves a single-use row and tells where to send the browser. `next` is a safe path of ours.
    ///
    /// # Errors
    /// When the service is unknown, not for this purpose or not set up here, or the row cannot be written.
    pub async fn leave(&self, purpose: Purpose, provider: &str, visitor: Visitor, next: &str) -> Result<Url, Error> {
        self.leave_with(purpose, provider, visitor, &Wish::default(), next).await
    }

    /// The same with a wish.
    ///
    /// # Errors
    /// Also when the wish cannot be granted.
    pub async fn leave_with(
        &self,
        purpose: Purpose,
        provider: &str,
        visitor: Visitor,
        wish: &Wish,
        next: &str,
    ) -> Result<Url, Error> {
        let provider = self.provider_for(purpose, provider)?;
        if let (true, None, Some(start)) = (purpose.connects(), wish.reconnect, visitor.person) {
            self.expect_room(start.user).await?;
        }
        if let (Some(way), Some(start), Purpose::Connect) = (signed_visit::way(provider), visitor.person, purpose) {
            return self.leave_signed(provider, way, start, wish, next).await;
        }
        let oauth = oauth(provider)?;
        let plan = self.plan_visit(purpose, provider, oauth, visitor.person, wish).await?;
        let purpose = plan.purpose;
        let own_app = self.own_app_for(purpose, provider, visitor.person).await?;
        let client = self.client_of(provider, visitor.person.map(|person| person.user), own_app).await?;
        let now = self.clock.now();
        let state = state::issue(&self.keys, &self.random, now);
        let verifier = authorize::verifier(oauth, &self.random);
        let id = Uuid::from(self.random.id::<ConnectionId>(now));
        let (person, browser) = match purpose {
            Purpose::SignIn => (None, visitor.browser),
            _ => (visitor.person, None),
        };
        let owner = owner(person);
        let seal = |verifier: &SecretString| self.seal(Column::Verifier, id, owner, &provider.id, verifier);
        let (scopes, extra) = match (purpose, &provider.sign_in) {
            (Purpose::Connect | Purpose::OwnApp, _) | (_, None) => (&plan.scopes, &oauth.authorize_extra),
            (_, Some(sign_in)) => (&sign_in.scopes, &sign_in.authorize_extra),
        };
        let redirect_uri = self.redirect_uri(purpose, provider);
        let flow = NewFlow {
            id,
            state_hash: digest(state.as_bytes()),
            user: person.map(|person| person.user),
            session: person.map(|person| person.session),
            browser_hash: browser,
            provider: &provider.id,
            purpose: purpose.as_str(),
            redirect_uri: &redirect_uri,
            sealed_verifier: verifier.as_ref().map(seal).transpose()?,
            scopes,
            client_fingerprint: digest(client.id.as_bytes()),
            own_app,
            blanks: &plan.blanks,
            reconnect: plan.reconnect,
            next_path: next,
            now,
            expires_at: now + state::LIFETIME,
        };
        store::insert_flow(&self.db, &flow).await?;
        let signed = !purpose.connects() && provider.sign_in.as_ref().is_some_and(|way| way.openid.is_some());
        let nonce = signed.then(|| hex::encode(self.keys.mac(NONCE, &[state.as_bytes()])));
        let asked = Asked {
            client_id: &client.id,
            redirect_uri: &redirect_uri,
            state: &state,
            verifier: verifier.as_ref(),
            scopes,
            extra,
            nonce: nonce.as_deref(),
        };
        let nowhere = || Error::NotFound("service");
        authorize::address(&self.http, oauth, &plan.blanks, &asked).ok_or_else(nowhere)
    }

    /// Whether this is the nonce that went with a state.
    pub(super) fn is_nonce(&self, state: &str, nonce: &str) -> bool {
        hex::decode(nonce).is_ok_and(|nonce| self.keys.verify(NONCE, &[state.as_bytes()], &nonce))
    }

    /// Whether a visit can begin here, for the page between; the name of the service.
    ///
    /// # Errors
    /// As `leave` does.
    pub fn startable(&self, purpose: Purpose, provider: &str) -> Result<&'static str, Error> {
        let provider = self.provider_for(purpose, provider)?;
        if signed_visit::way(provider).is_none() {
            oauth(provider)?;
        }
        if purpose != Purpose::OwnApp {
            self.client(provider)?;
        }
        Ok(&provider.name)
    }

    /// Takes what came back to the address of this purpose. No request leaves before the state has proved itself and
    /// its row is taken away.
    pub(super) async fn come_back(
        &self,
        door: Purpose,
        provider: &str,
        returned: Returned,
        visitor: Visitor,
    ) -> Result<Back, Error> {
        let provider = self.provider_for(door, provider)?;
        let oauth = oauth(provider)?;
        if !door.connects() {
            // Only what is connected may be connected by a person's own app.
            self.client(provider)?;
        }
        let now = self.clock.now();
        let state = returned.state.ok_or(Error::BadReturn("state_missing"))?;
        state::verify(&self.keys, &state, now).map_err(|error| match error {
            StateError::Forged => Error::BadReturn("state_forged"),
            StateError::Expired => Error::Expired,
        })?;
        let back = Return {
            state_hash: digest(state.as_bytes()),
            provider: &provider.id,
            redirect_uri: &self.redirect_uri(door, provider),
            user: visitor.person.map(|person| person.user),
            session: visitor.person.map(|person| person.session),
            browser_hash: visitor.browser,
            now,
        };
        let flow = store::consume_flow_by_secret(&self.db, &back).await?.ok_or(Error::BadReturn("state_unknown"))?;
        let purpose = Purpose::parse(&flow.purpose).ok_or(Error::BadReturn("state_unknown"))?;
        if let (Some(iss), Some(issuer)) = (&returned.iss, &oauth.issuer)
            && iss != issuer
        {
            return Err(Error::BadReturn("issuer_mismatch"));
        }
        let code = match returned.error.as_deref() {
            Some("access_denied" | "user_denied" | "user_cancelled_authorize" | "consent_required") => None,
            Some(error)
                if errors::is_redirect_mismatch(error, returned.error_description.as_deref().unwrap_or_default()) =>
            {
                return Err(Error::Unregistered { service: provider.name.clone(), address: flow.redirect_uri });
            }
            Some(_) => return Err(Error::BadReturn("consent_failed")),
            None => {
                let code = returned.code.filter(|code| !code.expose_secret().is_empty());
                Some(code.ok_or(Error::BadReturn("code_missing"))?)
            }
        };
        let mut blanks = flow.blanks.0.clone();
        if code.is_some() && purpose.connects() {
            let told = provider.from_callback(|name| returned.further.get(name).cloned());
            blanks.extend(told.map_err(|_| Error::BadReturn("tenant_refused"))?);
        }
        Ok(Back { provider, oauth, purpose, flow, blanks, code, state })
    }

    /// Trades the code of a visit.
    pub(super) async fn trade(
        &self,
        person: Option<Start>,
        back: &Back,
        code: &SecretString,
    ) -> Result<TokenReply, Error> {
        let Back { provider, oauth, flow, .. } = back;
        let client = self.client_of(provider, person.map(|person| person.user), flow.own_app).await?;
        if flow.client_fingerprint != digest(client.id.as_bytes()) {
            return Err(Error::BadReturn("client_changed"));
        }
        let open = |sealed: &String| self.open(Column::Verifier, flow.id, owner(person), &provider.id, sealed);
        let verifier = flow.sealed_verifier.as_ref().map(open).transpose()?;
        let code = Code {
            code: code.expose_secret(),
            redirect_uri: &flow.redirect_uri,
            verifier: verifier.as_ref(),
            provider,
        };
        let traded = exchange::exchange(&self.http, oauth, &client, &back.blanks, &code, self.clock.now()).await;
        if flow.own_app.is_none() {
            self.note_client(provider, &digest(client.id.as_bytes()), traded.as_ref().err().copied()).await;
        }
        let own = |failure| Error::App {
            service: provider.name.clone(),
            failure,
            own: true,
            redirect: flow.redirect_uri.clone(),
        };
        traded.map_err(|error| match error {
            OauthError::RedirectMismatch if flow.own_app.is_some() => own(AppFailure::RedirectMismatch),
            OauthError::ClientWrong if flow.own_app.is_some() => own(AppFailure::Refused),
            OauthError::RedirectMismatch => {
                Error::Unregistered { service: provider.name.clone(), address: flow.redirect_uri.clone() }
            }
            error => Error::Exchange { service: provider.name.clone(), error },
        })
    }

    fn provider_for(&self, purpose: Purpose, id: &str) -> Result<&'static Provider, Error> {
        let provider = self.provider(id)?;
        match purpose {
            Purpose::Connect | Purpose::OwnApp if !provider.connectable => Err(Error::NotFound("service")),
            Purpose::SignIn | Purpose::Link | Purpose::Prove if provider.sign_in.is_none() => {
                Err(Error::NotFound("way to sign in"))
            }
            _ => Ok(provider),
        }
    }

    pub(in crate::integrations) fn redirect_uri(&self, purpose: Purpose, provider: &Provider) -> String {
        format!("{}{}", self.public_url.as_str().trim_end_matches('/'), purpose.return_path(provider))
    }
}

/// Whom a verifier is sealed for.
fn owner(person: Option<Start>) -> UserId {
    person.map_or_else(|| UserId::from(Uuid::nil()), |person| person.user)
}

pub(in crate::integrations) fn oauth(provider: &'static Provider) -> Result<&'static Oauth, Error> {
    match (&provider.oauth, provider.kind) {
        (Some(oauth), Kind::Oauth2) => Ok(oauth),
        _ => Err(Error::WrongKind(provider.name.clone())),
    }
}

/// How a provider lets people in.
pub(super) fn way(provider: &'static Provider) -> Result<&'static SignIn, Error> {
    provider.sign_in.as_ref().ok_or(Error::NotFound("way to sign in"))
}
