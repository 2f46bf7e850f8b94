//! What a visit to a consent page ends with when it was to show an account: a session, a link, or a proof anew.

use secrecy::SecretString;
use serde_json::Value;
use sqlx::PgConnection;

use super::{
    Error, Integrations, Purpose, Returned, Start, Visitor,
    consent::Consent,
    visit::{Back, way},
};
use crate::{
    identity::{
        arrival::{Arrival, Secret},
        email,
        model::Way,
        service::{Entry, Method, Opened, ProvenAccount},
    },
    integrations::executor,
    kit::id::UserId,
    platform::crypto::jwt::JwtError,
    providers::{
        SignIn,
        oauth::{errors::OauthError, openid, reply::TokenReply},
    },
};

/// How a visit ended. Each holds what the browser is given and where it goes.
pub enum Shown {
    SignedIn {
        opened: Opened,
        next: String,
    },
    /// The account's address belongs to somebody who must sign in and say yes first.
    Known {
        secret: Secret,
    },
    Linked {
        next: String,
    },
    Proved {
        secret: Secret,
        next: String,
    },
    /// The person said no at the service.
    Declined {
        purpose: Purpose,
        next: String,
    },
}

/// An account that was just shown, and what came with it.
struct Account {
    subject: String,
    label: String,
    display_name: Option<String>,
    owned_email: Option<String>,
    /// What the service says of it.
    profile: Value,
    consent: Consent,
}

/// No subject or label is longer, in letters.
const LONGEST: usize = 255;

impl Integrations {
    /// The services whose accounts open an account here, as far as this installation has set them up.
    #[must_use]
    pub fn ways(&self) -> Vec<Way> {
        let offered = self.catalogue.ways_in().filter(|provider| self.clients.contains_key(provider.id.as_str()));
        let way = |provider: &crate::providers::Provider| Way {
            id: provider.id.clone(),
            name: provider.name.clone(),
            connects: provider.sign_in.as_ref().is_some_and(|way| way.connects),
        };
        offered.map(way).collect()
    }

    /// Takes what came back to the address for accounts, and does what the visit was for. It is dropped with the
    /// request: a browser that goes away must not leave a session that nobody holds.
    ///
    /// # Errors
    /// Says why nothing was done.
    pub async fn take_account(&self, provider: &str, returned: Returned, arrival: &Arrival) -> Result<Shown, Error> {
        let person = arrival.session.as_ref().map(|session| Start { user: session.user, session: session.id });
        let visitor = Visitor { person, browser: arrival.browser_hash() };
        let back = self.come_back(Purpose::SignIn, provider, returned, visitor).await?;
        let (purpose, next) = (back.purpose, back.flow.next_path.clone());
        let Some(code) = back.code.clone() else {
            return Ok(Shown::Declined { purpose, next });
        };
        let person = if purpose == Purpose::SignIn { None } else { person };
        let account = self.account(person, &back, &code).await?;
        let proven = ProvenAccount {
            provider: &back.provider.id,
            issuer: &way(back.provider)?.issuer,
            subject: &account.subject,
            label: &account.label,
            display_name: account.display_name.as_deref(),
            owned_email: account.owned_email.as_deref(),
        };
        let method = Method::Provider(back.provider.id.clone());
        let mut transaction = self.db.begin().await?;
        let shown = match (purpose, &arrival.session) {
            (Purpose::SignIn, _) => {
                match self.identity.enter(&mut transaction, &proven, &method, &arrival.arriving("")).await? {
                    Entry::Opened(opened) => {
                        self.store_connection(&mut transaction, opened.user, &back, &account).await?;
                        Shown::SignedIn { opened, next }
                    }
                    Entry::Known(owner) => {
                        let secret = self.identity.remember_link(&mut transaction, owner, &proven).await?;
                        Shown::Known { secret }
                    }
                }
            }
            (Purpose::Link, Some(session)) => {
                self.identity.link(&mut transaction, session.user, &proven).await?;
                self.store_connection(&mut transaction, session.user, &back, &account).await?;
                Shown::Linked { next }
            }
            (Purpose::Prove, Some(session)) => {
                let proved = self.identity.prove_by_account(&mut transaction, session, &proven, &method).await?;
                Shown::Proved { secret: proved, next }
            }
            (Purpose::Connect | Purpose::OwnApp | Purpose::Link | Purpose::Prove, _) => {
                return Err(Error::BadReturn("state_unknown"));
            }
        };
        transaction.commit().await?;
        Ok(shown)
    }

    /// Stores the connection that goes with coming in by this service, where one does.
    async fn store_connection(
        &self,
        transaction: &mut PgConnection,
        user: UserId,
        back: &Back,
        account: &Account,
    ) -> Result<(), Error> {
        if !way(back.provider)?.connects {
            return Ok(());
        }
        let consent = &account.consent;
        let whose = Self::whose(back.provider, &account.profile, &consent.credential())
            .map_err(|_| Error::Anonymous { service: back.provider.name.clone() })?;
        let new = consent.account(Some(back.oauth), whose);
        self.keep_within(transaction, user, back.provider, &new, &consent.tokens).await?;
        Ok(())
    }

    /// Trades the code and finds out whose account it is: from the id token where the service signs one, else by
    /// asking.
    async fn account(&self, person: Option<Start>, back: &Back, code: &SecretString) -> Result<Account, Error> {
        let sign_in = way(back.provider)?;
        let tokens = self.trade(person, back, code).await?;
        let profile = if sign_in.openid.is_some() {
            self.signed_profile(back, sign_in, &tokens).await?
        } else {
            let asked = self.profile(back.provider, &tokens.access.clone().into()).await;
            asked.map_err(|_| Error::Anonymous { service: back.provider.name.clone() })?
        };
        let read = |template: &str| line(&executor::fill_from(template, &profile));
        let subject = read(&sign_in.subject).ok_or_else(|| Error::Anonymous { service: back.provider.name.clone() })?;
        Ok(Account {
            label: read(&sign_in.label).unwrap_or_else(|| subject.clone()),
            display_name: read(&sign_in.display_name),
            owned_email: sign_in.owned.as_ref().and_then(|owned| email::normalise(owned.address(&profile)?)),
            subject,
            profile,
            consent: Consent::of(back, tokens, self.clock.now()),
        })
    }

    async fn signed_profile(&self, back: &Back, sign_in: &SignIn, tokens: &TokenReply) -> Result<Value, Error> {
        let service = || back.provider.name.clone();
        let (Some(openid), Some(keys), Some(token)) =
            (&sign_in.openid, self.issuers.get(back.provider.id.as_str()), &tokens.id_token)
        else {
            return Err(Error::Anonymous { service: service() });
        };
        let client = self.client(back.provider)?;
        let claims = openid::claims(keys, openid, client, token, |nonce| self.is_nonce(&back.state, nonce)).await;
        claims.map_err(|error| match error {
            JwtError::Unavailable => Error::Exchange { service: service(), error: OauthError::Outage },
            error => Error::NotProved { service: service(), error },
        })
    }
}

/// One line of text that says something, or nothing.
fn line(text: &str) -> Option<String> {
    let text: String = text.split(|letter: char| letter.is_control()).collect::<Vec<_>>().join(" ");
    let text = text.trim();
    let says = text.chars().any(char::is_alphanumeric) && text.chars().count() <= LONGEST;
    says.then(|| text.to_owned())
}
