//! The token broker: a front end of its own lets a person sign in at a service, and gets a token of ours for it.
//!
//! The front end keeps a PKCE verifier of its own (RFC 7636) and sends its challenge along. What came back from the
//! consent page waits sealed for a minute; only who brings the one-time code and the verifier makes a session and a
//! connection of it. So a code that somebody else sees is worth nothing, and nobody's consent becomes another's
//! connection.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;
use time::{Duration, OffsetDateTime};
use url::Url;
use uuid::Uuid;

use super::{
    Error, Integrations, Returned, consent::Consent, error::no_token, identity::Whose, sealed::Column, visit::oauth,
};
use crate::{
    error::AppError,
    identity::service::{ArrivingProgram, Holder, Method, ProvenAccount},
    integrations::{
        broker::store::{self, CodeRow, NewCode, NewVisit, VisitRow},
        model::ConnectionState,
    },
    kit::id::{ConnectionId, UserId},
    platform::{audit, crypto::digest, limits::Bucket},
    providers::{
        Blanks, Provider,
        oauth::{
            authorize::{self, Asked},
            exchange::{self, Code},
            state::{self, StateError},
        },
    },
};

/// The type of the broker's tokens (RFC 8725 §3.11): they open the broker and nothing else.
pub(in crate::integrations) const TYPE: &str = "broker+jwt";
/// How long such a token works; the session behind it lasts longer.
const LASTS: Duration = Duration::hours(1);
/// How long a one-time code waits for its front end.
const CODE_LASTS: Duration = Duration::seconds(60);

/// What a front end sends to begin.
pub(in crate::integrations) struct Wish<'a> {
    pub(in crate::integrations) challenge: &'a str,
    pub(in crate::integrations) state: &'a str,
    /// Whose connection it is to be; none: that of whoever the account belongs to.
    pub(in crate::integrations) user: Option<UserId>,
}

/// What a front end gets for a code, and later for its token.
pub(in crate::integrations) struct Issued {
    pub(in crate::integrations) token: String,
    pub(in crate::integrations) expires_in: i64,
    pub(in crate::integrations) user: UserId,
    pub(in crate::integrations) account: String,
    pub(in crate::integrations) scopes: Vec<String>,
    pub(in crate::integrations) connection: ConnectionId,
}

/// A token of a service that goes into a browser.
pub(in crate::integrations) struct Direct {
    pub(in crate::integrations) token: SecretString,
    pub(in crate::integrations) expires_at: Option<OffsetDateTime>,
}

impl Integrations {
    /// The service behind a name of the broker, where the front end is set up.
    pub(in crate::integrations) fn brokered(&self, name: &str) -> Result<(&'static Provider, &Url), Error> {
        let of_name = |provider: &&'static Provider| provider.broker.as_deref() == Some(name);
        let provider = self.catalogue.all().iter().find(of_name).ok_or(Error::NotFound("service"))?;
        let front = self.broker.front_end.as_ref().ok_or(Error::NoBroker)?;
        Ok((provider, front))
    }

    fn broker_address(&self, name: &str) -> String {
        format!("{}/auth/{name}/callback", self.public_url.as_str().trim_end_matches('/'))
    }

    /// Where the browser goes to consent, and for how many seconds that can be begun.
    pub(in crate::integrations) async fn broker_begin(&self, name: &str, wish: &Wish<'_>) -> Result<(Url, i64), Error> {
        let (provider, _) = self.brokered(name)?;
        let oauth = oauth(provider)?;
        let client = self.client(provider)?;
        let now = self.clock.now();
        let state = state::issue(&self.keys, &self.random, now);
        let verifier = authorize::verifier(oauth, &self.random);
        let id = Uuid::from(self.random.id::<ConnectionId>(now));
        let seal = |verifier: &SecretString| self.seal(Column::BrokerVerifier, id, nobody(), &provider.id, verifier);
        let (redirect_uri, scopes) = (self.broker_address(name), oauth.scope_names());
        let sealed_verifier = verifier.as_ref().map(seal).transpose()?;
        let visit = NewVisit {
            id,
            state_hash: &digest(state.as_bytes()),
            provider: &provider.id,
            redirect_uri: &redirect_uri,
            sealed_verifier: sealed_verifier.as_deref(),
            scopes: &scopes,
            client_fingerprint: &digest(client.id.as_bytes()),
            front_challenge: wish.challenge,
            front_state: wish.state,
            user: wish.user,
            now,
            expires_at: now + state::LIFETIME,
        };
        store::insert_visit(&self.db, &visit).await?;
        let asked = Asked {
            client_id: &client.id,
            redirect_uri: &redirect_uri,
            state: &state,
            verifier: verifier.as_ref(),
            scopes: &scopes,
            extra: &oauth.authorize_extra,
            nonce: None,
        };
        let address =
            authorize::address(&self.http, oauth, &Blanks::new(), &asked).ok_or(Error::NotFound("service"))?;
        Ok((address, state::LIFETIME.whole_seconds()))
    }

    /// Takes what came back from the consent page: where the browser goes now, at the front end. Only what belongs to no
    /// visit is refused here; everything else the front end is told.
    pub(in crate::integrations) async fn broker_return(&self, name: &str, returned: Returned) -> Result<Url, Error> {
        let (provider, front) = self.brokered(name)?;
        let now = self.clock.now();
        let state = returned.state.clone().ok_or(Error::BadReturn("state_missing"))?;
        state::verify(&self.keys, &state, now).map_err(|error| match error {
            StateError::Forged => Error::BadReturn("state_forged"),
            StateError::Expired => Error::Expired,
        })?;
        let visit = store::take_visit_by_secret(&self.db, &digest(state.as_bytes()), &provider.id, now)
            .await?
            .ok_or(Error::BadReturn("state_unknown"))?;
        let mut onwards = front.clone();
        let front_state = visit.front_state.clone();
        let service = self.clone();
        // A browser that goes away must not leave a code half traded.
        let outcome = tokio::spawn(async move { service.broker_trade(provider, visit, returned).await }).await?;
        match outcome {
            Ok(code) => onwards.query_pairs_mut().append_pair("code", code.expose_secret()),
            Err(error) => onwards.query_pairs_mut().append_pair("error", &told(error)),
        };
        onwards.query_pairs_mut().append_pair("state", &front_state);
        Ok(onwards)
    }

    /// Trades the code of a visit, and lets what came of it wait for the front end.
    async fn broker_trade(
        &self,
        provider: &'static Provider,
        visit: VisitRow,
        returned: Returned,
    ) -> Result<SecretString, Error> {
        let oauth = oauth(provider)?;
        if let (Some(iss), Some(issuer)) = (&returned.iss, &oauth.issuer)
            && iss != issuer
        {
            return Err(Error::BadReturn("issuer_mismatch"));
        }
        match returned.error.as_deref() {
            Some("access_denied" | "user_denied" | "consent_required") => {
                return Err(Error::BadReturn("access_denied"));
            }
            Some(_) => return Err(Error::BadReturn("consent_failed")),
            None => {}
        }
        let code = returned.code.filter(|code| !code.expose_secret().is_empty());
        let code = code.ok_or(Error::BadReturn("code_missing"))?;
        let client = self.client(provider)?;
        if visit.client_fingerprint != digest(client.id.as_bytes()) {
            return Err(Error::BadReturn("client_changed"));
        }
        let open = |sealed: &String| self.open(Column::BrokerVerifier, visit.id, nobody(), &provider.id, sealed);
        let verifier = visit.sealed_verifier.as_ref().map(open).transpose()?;
        let shown = Code {
            code: code.expose_secret(),
            redirect_uri: &visit.redirect_uri,
            verifier: verifier.as_ref(),
            provider,
        };
        let now = self.clock.now();
        let tokens = exchange::exchange(&self.http, oauth, client, &Blanks::new(), &shown, now)
            .await
            .map_err(|error| Error::Exchange { service: provider.name.clone(), error })?;
        let consent = Consent {
            asked: visit.scopes.clone(),
            fingerprint: <[u8; 32]>::try_from(visit.client_fingerprint.as_slice()).ok(),
            own_app: None,
            blanks: tokens.blanks.clone(),
            reconnect: None,
            next: String::new(),
            at: now,
            tokens,
        };
        let whose = self.who_am_i(provider, &consent.credential()).await;
        let whose = whose.map_err(|_| Error::Anonymous { service: provider.name.clone() })?;
        let id = Uuid::from(self.random.id::<ConnectionId>(now));
        let written = json!({
            "consent": consent.written(), "id": whose.id, "label": whose.label, "scopes": whose.scopes,
        });
        let sealed = self.seal(Column::BrokerGrant, id, nobody(), &provider.id, &written.to_string().into())?;
        let code = URL_SAFE_NO_PAD.encode(self.random.bytes::<32>());
        let new = NewCode {
            id,
            code_hash: &digest(code.as_bytes()),
            provider: &provider.id,
            front_challenge: &visit.front_challenge,
            user: visit.user,
            sealed_grant: &sealed,
            now,
            expires_at: now + CODE_LASTS,
        };
        store::insert_code(&self.db, &new).await?;
        Ok(code.into())
    }

    /// Makes a session and a connection of a consent, for who brings the code and the verifier of its challenge.
    pub(in crate::integrations) async fn broker_redeem(
        &self,
        name: &str,
        code: &str,
        verifier: &str,
        arriving: &ArrivingProgram<'_>,
    ) -> Result<Issued, Error> {
        let (provider, _) = self.brokered(name)?;
        let Some(row) = store::take_code_by_secret(&self.db, &digest(code.as_bytes()), &provider.id).await? else {
            self.limits.hit(Bucket::UnknownToken, arriving.limit_key).await?;
            return Err(Error::BadReturn("code_unknown"));
        };
        if row.expires_at <= self.clock.now() {
            return Err(Error::Expired);
        }
        let challenge = URL_SAFE_NO_PAD.encode(digest(verifier.as_bytes()));
        if !bool::from(challenge.as_bytes().ct_eq(row.front_challenge.as_bytes())) {
            return Err(Error::BadReturn("verifier_wrong"));
        }
        self.broker_settle(provider, row, arriving).await
    }

    async fn broker_settle(
        &self,
        provider: &'static Provider,
        row: CodeRow,
        arriving: &ArrivingProgram<'_>,
    ) -> Result<Issued, Error> {
        let plain = self.open(Column::BrokerGrant, row.id, nobody(), &provider.id, &row.sealed_grant)?;
        let written: Value = serde_json::from_str(plain.expose_secret()).unwrap_or_default();
        let text = |name: &str| written[name].as_str().map(str::to_owned);
        let read = Consent::read(&written["consent"]).zip(text("id")).zip(text("label"));
        let ((consent, id), label) = read.ok_or(Error::BadReturn("code_unknown"))?;
        let scopes = serde_json::from_value(written["scopes"].clone()).unwrap_or_default();
        let account = consent.account(provider.oauth.as_ref(), Whose { id, label, scopes });
        let method = Method::Provider(provider.id.clone());
        let mut transaction = self.db.begin().await?;
        let (user, new) = match row.user {
            Some(user) => (user, false),
            None => {
                let proven = ProvenAccount {
                    provider: &provider.id,
                    issuer: &issuer(provider),
                    subject: &account.id,
                    label: &account.label,
                    display_name: Some(&account.label),
                    owned_email: None,
                };
                match self.identity.person_of(&mut transaction, &proven, arriving.limit_key, "").await? {
                    Holder::Person { user, new } => (user, new),
                    Holder::Address(user) => (user, false),
                }
            }
        };
        let connection = self.keep_within(&mut transaction, user, provider, &account, &consent.tokens).await?;
        let opened = self.identity.open_program_session(&mut transaction, user, new, &method, arriving).await?;
        transaction.commit().await?;
        let (token, expires_in) = self.identity.narrow_token(TYPE, user, opened.session, LASTS)?;
        let (account, scopes) = (account.label, account.scopes);
        Ok(Issued { token, expires_in, user, account, scopes, connection })
    }

    /// A new token for one that still works, and the service's own for a browser whose person has allowed it.
    pub(in crate::integrations) async fn broker_refresh(
        &self,
        name: &str,
        bearer: &str,
    ) -> Result<(Issued, Option<Direct>), Error> {
        let (provider, _) = self.brokered(name)?;
        let principal = self.identity.believe(bearer, TYPE).await.map_err(Error::Bearer)?;
        let (user, session) = (principal.user, principal.session().map_err(|error| Error::Told(Box::new(error)))?);
        self.limits.hit(Bucket::Refresh, &user.to_string()).await?;
        let rows = self.rows(user, &provider.id).await?;
        let works = |state: &str| ConnectionState::parse(state) != ConnectionState::NeedsReauth;
        let row = rows.iter().find(|row| works(&row.state)).or(rows.first());
        let id = row.ok_or_else(|| Error::NotConnected { service: provider.name.clone() })?.id;
        let direct = if self.broker.direct && store::is_direct(&self.db, user, &provider.id).await? {
            let released = self.release(user, &provider.id, Some(id), "browser").await?;
            Some(Direct { token: released.token, expires_at: released.expires_at })
        } else {
            self.access(user, id, None).await.map_err(no_token)?;
            None
        };
        let row = crate::integrations::store::connection(&self.db, user, id).await?;
        let row = row.ok_or_else(|| Error::NotConnected { service: provider.name.clone() })?;
        let (token, expires_in) = self.identity.narrow_token(TYPE, user, session, LASTS)?;
        let (account, scopes) = (row.account_label, row.scopes);
        Ok((Issued { token, expires_in, user, account, scopes, connection: id }, direct))
    }

    /// Whose token it is that a front end shows, so that a further service is added to the same person.
    pub(in crate::integrations) async fn broker_bearer(&self, bearer: &str) -> Result<UserId, Error> {
        Ok(self.identity.believe(bearer, TYPE).await.map_err(Error::Bearer)?.user)
    }

    /// Lets a person's own browser have access tokens of a service, or no longer.
    ///
    /// # Errors
    /// When the installation lets no browser have any.
    pub async fn allow_direct(&self, user: UserId, service: &str, allowed: bool) -> Result<(), Error> {
        let provider = self.provider(service)?;
        if allowed && !self.broker.direct {
            return Err(Error::NoDirect);
        }
        let now = self.clock.now();
        let mut transaction = self.db.begin().await?;
        store::set_direct(&mut transaction, user, &provider.id, allowed.then_some(now)).await?;
        let kind = if allowed { "direct_access_allowed" } else { "direct_access_ended" };
        audit::record(&mut transaction, &self.random, now, user, kind, json!({ "provider": provider.id })).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Whether the person has allowed it; none where the installation does not.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn is_direct(&self, user: UserId, service: &str) -> Result<Option<bool>, Error> {
        let provider = self.provider(service)?;
        if !self.broker.direct || provider.broker.is_none() {
            return Ok(None);
        }
        Ok(Some(store::is_direct(&self.db, user, &provider.id).await?))
    }

    /// Counts one login, by where it comes from.
    pub(in crate::integrations) async fn broker_limit(&self, client: &str) -> Result<(), Error> {
        Ok(self.limits.hit(Bucket::Login, client).await?)
    }
}

/// Visits and codes are nobody's yet.
fn nobody() -> UserId {
    UserId::from(Uuid::nil())
}

/// Who vouches for an account: as signing in has it, else the server that was asked for consent.
fn issuer(provider: &Provider) -> String {
    let authorize = || provider.oauth.as_ref().map(|oauth| oauth.authorize.url().origin().ascii_serialization());
    let by_sign_in = provider.sign_in.as_ref().map(|way| way.issuer.clone());
    by_sign_in.or_else(authorize).unwrap_or_default()
}

/// The code by which a front end is told why there is no code.
fn told(error: Error) -> String {
    AppError::from(error).code
}
