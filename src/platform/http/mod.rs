//! Outgoing HTTP. Every call has a deadline and a largest answer, follows no redirect, goes where the settings say that
//! its host is found, and leaves one line in the log that holds no path, no query and no body.

#[cfg(feature = "aws")]
pub mod aws_sdk;
mod public;
mod request;
mod response;

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use reqwest::{Client, redirect::Policy};
use url::Url;

use super::config::HostOverrides;
use public::{PublicOnly, Refused, is_public};
pub use request::Request;
pub use response::Response;

/// Why there is no answer. It never holds an address, a query or a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Nothing, or not everything, came in time.
    #[error("the service did not answer in time")]
    Timeout,
    /// No connection could be made.
    #[error("the service could not be reached")]
    Connect,
    /// The answer is larger than this call accepts.
    #[error("the service's answer is too large")]
    TooLarge,
    /// The address leads into a private network, or is not https.
    #[error("this address is not allowed")]
    Blocked,
    /// The request could not be built, or the answer could not be read.
    #[error("the service's answer could not be read")]
    Broken,
}

/// The way out. One set of connections a process, shared by all clones.
#[derive(Clone, Debug)]
pub struct Http {
    overrides: HostOverrides,
    /// Hosts that a person may name though they lie in a private network.
    allowed: Arc<[String]>,
    known: Client,
    /// Made when the first address of a person's is called: each client reads all roots of trust.
    public: Arc<OnceLock<Option<Client>>>,
    streaming: Client,
}

const CONNECT: Duration = Duration::from_secs(5);

#[expect(clippy::disallowed_methods, reason = "this is the one place that makes clients")]
fn base() -> reqwest::ClientBuilder {
    Client::builder()
        .user_agent(concat!("Aura/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .redirect(Policy::none())
        // The environment is read in one place only, and a proxy would undo the check of addresses.
        .no_proxy()
}

impl Http {
    /// Clients that find hosts where the settings say.
    pub fn new(overrides: HostOverrides) -> Result<Self, HttpError> {
        let build = |builder: reqwest::ClientBuilder| builder.build().map_err(|_| HttpError::Broken);
        Ok(Self {
            overrides,
            allowed: Arc::default(),
            known: build(base())?,
            public: Arc::default(),
            streaming: build(base().read_timeout(Duration::from_secs(60)))?,
        })
    }

    /// Lets people name these hosts, too, though they lie in a private network.
    #[must_use]
    pub fn allowing(mut self, hosts: &[String]) -> Self {
        self.allowed = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        self
    }

    /// Where an outside address is really found, for calls and for the redirects of a browser.
    #[must_use]
    pub fn address(&self, url: &Url) -> Url {
        self.overrides.apply(url)
    }

    /// Whether an address that a person names may be called at all: it is https, and neither it nor its name says that it
    /// leads into a private network. Where the name really leads is looked at with each call.
    #[must_use]
    pub fn may_call(&self, url: &Url) -> bool {
        self.checked(url, &self.address(url)).is_ok()
    }

    /// A client for long answers that arrive piece by piece: no deadline for the whole, sixty seconds for each piece.
    /// Its caller passes addresses through [`Http::address`].
    #[must_use]
    pub fn streaming(&self) -> Client {
        self.streaming.clone()
    }

    /// Sends, and reads the whole answer. Any status is an answer.
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let host = request.url.host_str().unwrap_or("").to_owned();
        let method = request.method.clone();
        let label = if request.user_supplied { "user-supplied".to_owned() } else { host.clone() };
        let started = Instant::now();
        let (deadline, quiet) = (request.deadline, request.quiet);
        let result = tokio::time::timeout(deadline, self.perform(request)).await.unwrap_or(Err(HttpError::Timeout));
        let elapsed = started.elapsed();
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let outcome = match &result {
            Ok(response) => {
                if quiet {
                    tracing::debug!(%host, %method, status = response.status, milliseconds, "outside call");
                } else {
                    tracing::info!(%host, %method, status = response.status, milliseconds, "outside call");
                }
                format!("{}xx", response.status / 100)
            }
            Err(error) => {
                if quiet {
                    tracing::debug!(%host, %method, %error, milliseconds, "outside call failed");
                } else {
                    tracing::warn!(%host, %method, %error, milliseconds, "outside call failed");
                }
                error.label().to_owned()
            }
        };
        metrics::counter!("aura_outside_calls_total", "host" => label.clone(), "outcome" => outcome).increment(1);
        metrics::histogram!("aura_outside_call_seconds", "host" => label).record(elapsed.as_secs_f64());
        result
    }

    async fn perform(&self, request: Request) -> Result<Response, HttpError> {
        let found = self.address(&request.url);
        let client = if request.user_supplied { self.checked(&request.url, &found)? } else { &self.known };
        let (limit, cut) = (request.limit, request.cut);
        let built = request.into_reqwest(found)?;
        let mut answer = client.execute(built).await.map_err(sorted)?;
        let status = answer.status().as_u16();
        let headers = std::mem::take(answer.headers_mut());
        if !cut && answer.content_length().is_some_and(|length| length > limit as u64) {
            return Err(HttpError::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(sorted)? {
            let room = limit - body.len();
            if piece.len() > room && !cut {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&piece[..piece.len().min(room)]);
            if cut && body.len() == limit {
                break;
            }
        }
        Ok(Response { status, headers, body })
    }

    /// The client for an address that a person named and that is found there.
    fn checked(&self, named: &Url, found: &Url) -> Result<&Client, HttpError> {
        // Where the operator has said where a host is found, that is where it is; the check is for everybody else's words.
        if found != named {
            return Ok(&self.known);
        }
        let allowed = found.host_str().is_some_and(|host| self.allowed.iter().any(|allowed| allowed == host));
        plain(found, allowed)?;
        if allowed {
            return Ok(&self.known);
        }
        let public = self.public.get_or_init(|| base().dns_resolver(PublicOnly).build().ok());
        public.as_ref().ok_or(HttpError::Broken)
    }
}

impl HttpError {
    fn label(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::TooLarge => "too-large",
            Self::Blocked => "blocked",
            Self::Broken => "broken",
        }
    }
}

/// What a person typed must be https, and a name or a public address; names are checked again when they are resolved.
/// The operator may have named private ones.
fn plain(url: &Url, named: bool) -> Result<(), HttpError> {
    let fine = named
        || match url.host() {
            Some(url::Host::Domain(name)) => !name.is_empty(),
            Some(url::Host::Ipv4(address)) => is_public(address.into()),
            Some(url::Host::Ipv6(address)) => is_public(address.into()),
            None => false,
        };
    if fine && url.scheme() == "https" && url.username().is_empty() && url.password().is_none() {
        Ok(())
    } else {
        Err(HttpError::Blocked)
    }
}

fn sorted(error: reqwest::Error) -> HttpError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if inner.is::<Refused>() {
            return HttpError::Blocked;
        }
        cause = inner.source();
    }
    if error.is_timeout() {
        HttpError::Timeout
    } else if error.is_connect() {
        HttpError::Connect
    } else {
        HttpError::Broken
    }
}
