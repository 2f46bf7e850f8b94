//! Privy's REST endpoints: those of its browser SDK under `auth.privy.io/api/v1`, and those for servers under
//! `api.privy.io/v1` (docs.privy.io/api-reference).

use std::time::Duration;

use http::Method;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::PrivyError;
use crate::platform::{
    config::PrivySettings,
    http::{Http, Request, Response},
};

const DEADLINE: Duration = Duration::from_secs(5);
/// What people wait for may take a little longer.
const PATIENT: Duration = Duration::from_secs(12);

pub(super) struct Client {
    http: Http,
    pub(super) app_id: String,
    secret: SecretString,
    /// Where calls say that they come from: apps can be bound to their sites.
    origin: String,
}

impl Client {
    pub(super) fn new(settings: &PrivySettings, http: Http, public_url: &Url) -> Self {
        let origin = public_url.origin().ascii_serialization();
        Self { http, app_id: settings.app_id.clone(), secret: settings.app_secret.clone(), origin }
    }

    /// Where the keys of its tokens are published.
    pub(super) fn keys_address(app_id: &str) -> Result<Url, PrivyError> {
        address("https://api.privy.io", &["v1", "apps", app_id, "jwks.json"])
    }

    /// Where an address outside is really found.
    pub(super) fn found(&self, url: &Url) -> Url {
        self.http.address(url)
    }

    /// What Privy knows of a person; `None` when it has no such person.
    pub(super) async fn user(&self, did: &str) -> Result<Option<Value>, PrivyError> {
        let request = Request::new(Method::GET, address("https://api.privy.io", &["v1", "users", did])?)
            .basic(&self.app_id, &self.secret)
            .header("privy-app-id", &self.app_id)
            .deadline(DEADLINE);
        let answer = self.http.send(request).await.map_err(|_| PrivyError::Away)?;
        match answer.status {
            404 => Ok(None),
            200 => answer.json().map(Some).map_err(|_| PrivyError::Away),
            status => {
                // A wrong secret is the operator's to see; whoever signs in is served as if Privy were away.
                tracing::warn!(status, "Privy did not tell of a person");
                Err(PrivyError::Away)
            }
        }
    }

    /// How the app is set up there.
    pub(super) async fn app(&self) -> Result<Value, PrivyError> {
        let address = address("https://auth.privy.io", &["api", "v1", "apps", &self.app_id])?;
        let request = self.as_a_browser(Request::new(Method::GET, address)).deadline(DEADLINE);
        read(self.http.send(request).await.map_err(|_| PrivyError::Away)?)
    }

    /// Asks one of the endpoints for signing in, by its path below `/api/v1`.
    pub(super) async fn ask(&self, path: &[&str], body: Value) -> Result<Value, PrivyError> {
        let path: Vec<&str> = ["api", "v1"].iter().chain(path).copied().collect();
        let request = Request::new(Method::POST, address("https://auth.privy.io", &path)?).json(body);
        let request = self.as_a_browser(request).deadline(PATIENT);
        read(self.http.send(request).await.map_err(|_| PrivyError::Away)?)
    }

    fn as_a_browser(&self, request: Request) -> Request {
        let client = concat!("aura:", env!("CARGO_PKG_VERSION"));
        request.header("privy-app-id", &self.app_id).header("privy-client", client).header("origin", &self.origin)
    }
}

fn address(base: &str, path: &[&str]) -> Result<Url, PrivyError> {
    let mut url = Url::parse(base).map_err(|_| PrivyError::Away)?;
    url.path_segments_mut().map_err(|()| PrivyError::Away)?.clear().extend(path);
    Ok(url)
}

/// An answer, or what the refusal means.
fn read(answer: Response) -> Result<Value, PrivyError> {
    if answer.is_success() {
        return answer.json().map_err(|_| PrivyError::Away);
    }
    let body = answer.json().unwrap_or_default();
    let code = body.get("code").and_then(Value::as_str).unwrap_or_default();
    Err(match (answer.status, code) {
        (429, _) | (_, "too_many_requests") => PrivyError::TooOften,
        (_, "invalid_credentials" | "invalid_pkce_parameters" | "oauth_state_mismatch" | "token_already_used") => {
            PrivyError::WrongProof
        }
        (500.., _) => PrivyError::Away,
        // A refusal without a code is what a wrong code is told in some versions.
        (401 | 422, "") => PrivyError::WrongProof,
        (status, code) => PrivyError::Refused { status, code: code.chars().take(60).collect() },
    })
}
