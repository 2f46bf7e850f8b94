use std::sync::Arc;

use http::Method;
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;
use url::Url;

use super::{Claims, Expected, JwtError, KeySet, verify};
use crate::platform::{
    clock::Clock,
    http::{Http, Request},
    telemetry,
};

/// How long fetched keys are taken without asking again.
const FRESH: Duration = Duration::minutes(60);
/// How long they serve while their issuer does not answer.
const OUTAGE: Duration = Duration::hours(24);
/// How long a token with an unknown key has to wait for another look: whoever makes such tokens makes no calls of ours.
const COOL_DOWN: Duration = Duration::minutes(10);
/// The same, while there are no keys at all.
const WITHOUT_KEYS: Duration = Duration::seconds(10);
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(5);

/// The keys that an issuer publishes, fetched when they are needed and kept. Clones share them.
#[derive(Clone)]
pub struct RemoteKeys(Arc<Remote>);

struct Remote {
    http: Http,
    clock: Clock,
    address: Url,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    keys: Option<(Arc<KeySet>, OffsetDateTime)>,
    tried_at: Option<OffsetDateTime>,
}

impl RemoteKeys {
    /// Keys at the address of a JWK set.
    #[must_use]
    pub fn new(http: Http, clock: Clock, address: Url) -> Self {
        Self(Arc::new(Remote { http, clock, address, kept: Mutex::default() }))
    }

    /// Checks a token as [`verify`] does, by the clock's time. A key that is not known yet is looked for once.
    ///
    /// # Errors
    /// When the token is not what was expected, or when there are no keys to check it with.
    pub async fn verify(&self, token: &str, expected: &Expected<'_>) -> Result<Claims, JwtError> {
        let now = self.0.clock.now();
        let keys = self.keys(now, None).await?;
        match verify(token, &keys, expected, now) {
            Err(JwtError::UnknownKey) => verify(token, &*self.keys(now, Some(&keys)).await?, expected, now),
            outcome => outcome,
        }
    }

    /// The keys at hand, or new ones where these are old or `lacking`. One caller fetches and the others wait for it.
    async fn keys(&self, now: OffsetDateTime, lacking: Option<&Arc<KeySet>>) -> Result<Arc<KeySet>, JwtError> {
        let mut kept = self.0.kept.lock().await;
        let at_hand = kept.keys.clone().filter(|(_, fetched_at)| now - *fetched_at < OUTAGE);
        let enough = at_hand.as_ref().is_some_and(|(keys, fetched_at)| {
            now - *fetched_at < FRESH && lacking.is_none_or(|lacking| !Arc::ptr_eq(lacking, keys))
        });
        let pause = if at_hand.is_some() { COOL_DOWN } else { WITHOUT_KEYS };
        let too_soon = kept.tried_at.is_some_and(|tried_at| now - tried_at < pause);
        if enough || too_soon {
            return at_hand.map(|(keys, _)| keys).ok_or(JwtError::Unavailable);
        }
        kept.tried_at = Some(now);
        match self.0.fetch().await {
            Some(keys) => {
                let keys = Arc::new(keys);
                kept.keys = Some((keys.clone(), now));
                Ok(keys)
            }
            None => at_hand.map(|(keys, _)| keys).ok_or(JwtError::Unavailable),
        }
    }
}

impl Remote {
    async fn fetch(&self) -> Option<KeySet> {
        let request = Request::new(Method::GET, self.address.clone()).deadline(DEADLINE);
        let answer = self.http.send(request).await.ok().filter(crate::platform::http::Response::is_success)?;
        let keys = KeySet::from_jwks(&answer.body);
        keys.inspect_err(|error| telemetry::report(error, "an issuer's key set")).ok()
    }
}
