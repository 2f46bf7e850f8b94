use std::time::Duration;

use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::StripeError;
use crate::platform::{
    http::{Http, HttpError, Request, Response},
    random::Random,
};

const API: &str = "https://api.stripe.com";
/// For the whole call, its repetitions included: a person waits for it.
const DEADLINE: Duration = Duration::from_secs(10);
/// For one try, so that a lost connection leaves time for another.
const ONE_TRY: Duration = Duration::from_secs(6);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// Asks Stripe for this installation's account. One a process; its connections are those of [`Http`].
#[derive(Clone)]
pub struct Stripe {
    http: Http,
    key: SecretString,
    live: bool,
    random: Random,
}

impl Stripe {
    /// With the account's secret key; `live` where it moves real money.
    #[must_use]
    pub fn new(http: Http, key: SecretString, live: bool, random: Random) -> Self {
        Self { http, key, live, random }
    }

    /// Whether real money moves.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// Where a page of Stripe's is found for a browser.
    #[must_use]
    pub fn address(&self, url: &Url) -> Url {
        self.http.address(url)
    }

    /// Reads. Repeated while Stripe is away, for ten seconds.
    ///
    /// # Errors
    /// When Stripe refuses, stays away, or answers without what `T` needs.
    pub async fn read<T: DeserializeOwned>(&self, request: &(impl StripeRequest + Sync)) -> Result<T, StripeError> {
        self.ask(request.build(), None).await
    }

    /// Changes something, once however often it is asked with the same key: Stripe keeps a key for 24 hours, and refuses
    /// it for another request (<https://docs.stripe.com/api/idempotent_requests>).
    ///
    /// # Errors
    /// When Stripe refuses, stays away (then it may have been done), or answers without what `T` needs.
    pub async fn write<T: DeserializeOwned>(
        &self,
        request: &(impl StripeRequest + Sync),
        idempotency_key: &str,
    ) -> Result<T, StripeError> {
        self.ask(request.build(), Some(idempotency_key)).await
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder, key: Option<&str>) -> Result<T, StripeError> {
        let request = self.request(&request, key)?;
        let until = Instant::now() + DEADLINE;
        let mut pause = FIRST_PAUSE;
        let mut is_first = true;
        loop {
            let outcome = timeout(until.saturating_duration_since(Instant::now()), self.http.send(request.clone()));
            let (error, wished) = match outcome.await.unwrap_or(Err(HttpError::Timeout)) {
                Ok(response) if response.is_success() => {
                    return serde_json::from_slice(&response.body)
                        .map_err(|error| StripeError::Unreadable(error.to_string()));
                }
                Ok(response) if !may_repeat(&response) => return Err(refused(&response)),
                // Stripe tells what it has kept under the key: it would say so again.
                Ok(response) if response.header("idempotent-replayed") == Some("true") => {
                    let error = if is_first { StripeError::Kept } else { StripeError::Away };
                    return Err(error(response.status));
                }
                Ok(response) => {
                    let wished = response.header("retry-after").and_then(|text| text.parse().ok());
                    (StripeError::Away(response.status), wished.map(Duration::from_secs))
                }
                Err(error) => (StripeError::Unreachable(error), None),
            };
            // Half of the pause is by chance, so that callers who failed together do not come back together.
            let [chance] = self.random.bytes::<1>();
            let jittered = pause / 2 + pause * u32::from(chance) / 512;
            let wait = wished.unwrap_or(jittered);
            if Instant::now() + wait >= until {
                return Err(error);
            }
            sleep(wait).await;
            pause *= 2;
            is_first = false;
        }
    }

    fn request(&self, asked: &RequestBuilder, key: Option<&str>) -> Result<Request, StripeError> {
        let query = asked.query.as_deref().filter(|query| !query.is_empty()).map(|query| format!("?{query}"));
        let address = format!("{API}/v1{}{}", asked.path, query.unwrap_or_default());
        let url = Url::parse(&address).map_err(|_| StripeError::Unreachable(HttpError::Broken))?;
        let method = match asked.method {
            StripeMethod::Get => Method::GET,
            StripeMethod::Post => Method::POST,
            StripeMethod::Delete => Method::DELETE,
        };
        let mut request = Request::new(method, url)
            .bearer(self.key.clone())
            .header("stripe-version", stripe_shared::version::VERSION.as_str())
            .deadline(ONE_TRY)
            .limit(LARGEST_ANSWER);
        if let Some(body) = &asked.body {
            // Maps are written in any order. In one order the same request is the same bytes, as its key promises.
            let mut pairs: Vec<&str> = body.split('&').collect();
            pairs.sort_unstable();
            request =
                request.header("content-type", "application/x-www-form-urlencoded").body(pairs.join("&").into_bytes());
        }
        Ok(match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        })
    }
}

/// Stripe's own word, else its documented passing statuses (<https://docs.stripe.com/error-low-level>).
fn may_repeat(response: &Response) -> bool {
    match response.header("stripe-should-retry") {
        Some("true") => true,
        Some("false") => false,
        _ => matches!(response.status, 409 | 424 | 429 | 500..=599),
    }
}

fn refused(response: &Response) -> StripeError {
    #[derive(Default, Deserialize)]
    struct Body {
        error: Said,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Said {
        r#type: String,
        code: String,
        param: String,
    }
    // Stripe's message can hold the end of a key or somebody's words; its codes cannot.
    let word = |text: &str| text.chars().filter(|c| c.is_ascii_graphic()).take(80).collect::<String>();
    let Body { error } = serde_json::from_slice(&response.body).unwrap_or_default();
    StripeError::Refused {
        status: response.status,
        kind: word(&error.r#type),
        code: word(&error.code),
        parameter: word(&error.param),
        request: word(response.header("request-id").unwrap_or_default()),
    }
}
