//! The two requests around the consent page, and the one that gives access back.

use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use time::OffsetDateTime;
use url::Url;

use super::{Moment, Token, authorization};
use crate::{
    platform::{
        http::{Http, Request, Response},
        random::Random,
    },
    providers::{
        Oauth1,
        oauth::{Client, errors::OauthError},
    },
};

const LARGEST: usize = 64 * 1024;
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(20);

/// The service's addresses, our client there, and what a signature needs.
pub struct Desk<'a> {
    pub http: &'a Http,
    pub entry: &'a Oauth1,
    pub client: &'a Client,
    pub random: &'a Random,
    pub now: OffsetDateTime,
}

impl Desk<'_> {
    /// A temporary token for one visit to the consent page, which returns to `callback` (section 2.1).
    ///
    /// # Errors
    /// As the service refuses.
    pub async fn begin(&self, callback: &str) -> Result<Token, OauthError> {
        let extra = [("oauth_callback", callback)];
        let response = self.send(&Method::POST, self.entry.request_token.url().clone(), None, &extra).await?;
        let pairs = accepted(&response, self.now, OauthError::ClientWrong)?;
        // A server of the first version of OAuth says nothing here, and would give no verifier either; one that says
        // no has not taken our address.
        if find(&pairs, "oauth_callback_confirmed").is_some_and(|confirmed| confirmed != "true") {
            return Err(OauthError::ClientWrong);
        }
        token(&pairs)
    }

    /// The consent page for a temporary token (section 2.2).
    #[must_use]
    pub fn consent(&self, temporary: &Token) -> Url {
        let mut url = self.http.address(self.entry.authorize.url());
        url.query_pairs_mut()
            .append_pair("oauth_token", temporary.token.expose_secret())
            .extend_pairs(&self.entry.authorize_extra);
        url
    }

    /// Trades the temporary token for a lasting one (section 2.3).
    ///
    /// # Errors
    /// As the service refuses.
    pub async fn finish(&self, temporary: &Token, verifier: &SecretString) -> Result<Token, OauthError> {
        let extra = [("oauth_verifier", verifier.expose_secret())];
        let url = self.entry.access_token.url().clone();
        let response = self.send(&Method::POST, url, Some(temporary), &extra).await?;
        token(&accepted(&response, self.now, OauthError::InvalidGrant)?)
    }

    /// Ends the access behind a token: true where the service has ended it or does not know it any more; none where
    /// it offers no call.
    pub async fn revoke(&self, lasting: &Token) -> Option<bool> {
        let mut url = self.entry.revoke.as_ref()?.url().clone();
        url.path_segments_mut().ok()?.pop_if_empty().push(lasting.token.expose_secret());
        let answer = self.send(&Method::DELETE, url, Some(lasting), &[]).await;
        Some(answer.is_ok_and(|response| response.is_success() || matches!(response.status, 401 | 404)))
    }

    async fn send(
        &self,
        method: &Method,
        url: Url,
        token: Option<&Token>,
        extra: &[(&str, &str)],
    ) -> Result<Response, OauthError> {
        let moment = Moment::new(self.random, self.now);
        let header = authorization(self.client, token, method, &url, &[], extra, &moment);
        let request = Request::new(method.clone(), url).secret_header("authorization", header);
        Ok(self.http.send(request.deadline(DEADLINE).limit(LARGEST)).await?)
    }
}

/// The pairs of an acceptance; `refusal` is what a 4xx means here.
fn accepted(
    response: &Response,
    now: OffsetDateTime,
    refusal: OauthError,
) -> Result<Vec<(String, String)>, OauthError> {
    match response.status {
        200..=299 => Ok(url::form_urlencoded::parse(&response.body).into_owned().collect()),
        429 => Err(OauthError::Limited { retry_after: response.retry_after(now).unwrap_or(30) }),
        408 | 500..=599 => Err(OauthError::Outage),
        400..=403 => Err(refusal),
        _ => Err(OauthError::Refused),
    }
}

fn token(pairs: &[(String, String)]) -> Result<Token, OauthError> {
    let one = |name| find(pairs, name).filter(|value| !value.is_empty()).ok_or(OauthError::Malformed);
    Ok(Token { token: one("oauth_token")?.to_owned().into(), secret: one("oauth_token_secret")?.to_owned().into() })
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}
