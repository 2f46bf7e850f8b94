use std::sync::Arc;

use http::HeaderMap;
use secrecy::SecretString;
use time::Duration;
use tokio::sync::{Mutex, Semaphore};

use super::{PrivyError, client::Client, offer::Offer};
use crate::{
    identity::Identity,
    platform::{
        config::PrivySettings,
        crypto::jwt::{self, Algorithm, Claims, Expected, JwtError, KeySet, RemoteKeys},
        http::Http,
        random::Random,
        webhooks::{Received, Webhooks},
    },
};

/// Who issues its tokens, and who vouches for the ids in them.
pub(super) const ISSUER: &str = "privy.io";
/// None, as its own libraries have it: its tokens are renewed before their time is up.
const LEEWAY: Duration = Duration::ZERO;
/// How many people are let in at once: the rest wait without holding a connection to the database.
const AT_ONCE: usize = 6;

/// People who come by way of Privy. Without an app there everything is refused with 501.
#[derive(Clone)]
pub struct Privy {
    pub(super) identity: Identity,
    webhooks: Webhooks,
    app: Option<Arc<App>>,
}

pub(super) struct App {
    pub(super) client: Client,
    keys: TokenKeys,
    webhook_secrets: Vec<SecretString>,
    pub(super) offer: Mutex<Option<Offer>>,
    pub(super) turns: Semaphore,
}

enum TokenKeys {
    Published(RemoteKeys),
    Given(KeySet),
}

impl Privy {
    /// Over an app there, if the installation has one.
    ///
    /// # Errors
    /// When the app's key is set and cannot be read.
    pub fn new(
        settings: Option<&PrivySettings>,
        http: &Http,
        identity: Identity,
        webhooks: Webhooks,
    ) -> Result<Self, PrivyError> {
        let app = match settings {
            None => None,
            Some(settings) => {
                let keys = match &settings.verification_key {
                    Some(pem) => TokenKeys::Given(KeySet::from_pem(pem)?),
                    None => {
                        let address = Client::keys_address(&settings.app_id)?;
                        TokenKeys::Published(RemoteKeys::new(http.clone(), identity.clock.clone(), address))
                    }
                };
                Some(Arc::new(App {
                    client: Client::new(settings, http.clone(), &identity.public_url),
                    keys,
                    webhook_secrets: settings.webhook_secrets.clone(),
                    offer: Mutex::new(None),
                    turns: Semaphore::new(AT_ONCE),
                }))
            }
        };
        Ok(Self { identity, webhooks, app })
    }

    pub(super) fn app(&self) -> Result<&App, PrivyError> {
        self.app.as_deref().ok_or(PrivyError::NotSetUp)
    }

    /// Where its secrets for browsers come from.
    #[must_use]
    pub fn random(&self) -> &Random {
        &self.identity.random
    }

    /// Whether there is an app.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.app.is_some()
    }

    /// What an access or identity token says.
    pub(super) async fn claims(&self, token: &str) -> Result<Claims, PrivyError> {
        let app = self.app()?;
        let expected = Expected {
            algorithms: &[Algorithm::Es256],
            issuers: &[ISSUER],
            audience: &app.client.app_id,
            leeway: LEEWAY,
            typ: Some("JWT"),
        };
        let claims = match &app.keys {
            TokenKeys::Published(keys) => keys.verify(token, &expected).await?,
            TokenKeys::Given(keys) => jwt::verify(token, keys, &expected, self.identity.clock.now())?,
        };
        if is_did(&claims.subject) { Ok(claims) } else { Err(JwtError::Claim("sub").into()) }
    }

    /// Keeps a signed post of Privy's, to be done by a job.
    ///
    /// # Errors
    /// When there is no app or no secret, or when the post is not signed by it.
    pub async fn receive(&self, headers: &HeaderMap, body: &[u8]) -> Result<Received, PrivyError> {
        let app = self.app()?;
        Ok(self.webhooks.receive(super::SOURCE, &app.webhook_secrets, headers, body).await?)
    }

    /// Removes steps that were never finished, and forgets those who left long ago.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn purge(&self) -> Result<u64, PrivyError> {
        let now = self.identity.clock.now();
        Ok(super::store::system::purge(&self.identity.db, now, now - Duration::days(30)).await?)
    }
}

/// An id of a person at Privy.
pub(super) fn is_did(text: &str) -> bool {
    text.strip_prefix("did:privy:").is_some_and(|id| {
        (1..=100).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    })
}
