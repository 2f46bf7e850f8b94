//! Makes requests and sorts their answers: the one place that knows how a service wants to be told whose call it is.

use std::{collections::BTreeMap, time::Duration};

use http::{HeaderMap, Method};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::Url;

use super::{Failure, items, retry, template};
use crate::{
    platform::{
        http::{Http, Request, Response},
        random::Random,
    },
    providers::{
        Auth, Credential, Provider,
        oauth::Client,
        oauth1::{self, Moment, Token},
        session::signed,
    },
};

/// No answer of an API is read beyond this.
const LARGEST: usize = 2 * 1024 * 1024;

/// No more of a service's own words is passed on.
const WORDS: usize = 200;

const UNDESCRIBED: Failure = Failure::Provider("is not described well");

/// A line to one service, by one credential.
#[derive(Clone, Copy)]
pub(in crate::integrations) struct Line<'a> {
    pub(in crate::integrations) http: &'a Http,
    pub(in crate::integrations) provider: &'a Provider,
    pub(in crate::integrations) credential: &'a Credential,
    /// The client at the service, where calls carry it or are signed with it.
    pub(in crate::integrations) client: Option<&'a Client>,
    pub(in crate::integrations) random: &'a Random,
    pub(in crate::integrations) now: OffsetDateTime,
}

/// One call, before it says whose it is.
pub(in crate::integrations) struct Outgoing {
    pub(in crate::integrations) method: Method,
    /// Another address of the vendor's than the API's base.
    pub(in crate::integrations) base: Option<Url>,
    /// Behind the base; percent-encoded, and with a query of its own where one is needed.
    pub(in crate::integrations) path: String,
    pub(in crate::integrations) query: Vec<(String, String)>,
    /// One of the API's of the same name is replaced.
    pub(in crate::integrations) headers: Vec<(String, String)>,
    pub(in crate::integrations) body: Body,
    pub(in crate::integrations) deadline: Duration,
    /// The most bytes of the answer.
    pub(in crate::integrations) limit: usize,
}

/// What a call sends along.
#[derive(Clone, Debug)]
pub(in crate::integrations) enum Body {
    None,
    Json(Value),
    Form(Vec<(String, String)>),
}

impl Outgoing {
    pub(in crate::integrations) fn new(method: &str, path: &str) -> Result<Self, Failure> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| UNDESCRIBED)?;
        Ok(Self { path: path.to_owned(), ..Self::with(method) })
    }

    /// A call of the base itself.
    pub(in crate::integrations) fn with(method: Method) -> Self {
        Self {
            method,
            base: None,
            path: String::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::None,
            deadline: Duration::from_secs(20),
            limit: LARGEST,
        }
    }
}

impl Line<'_> {
    /// Asks, and gives the answer's data.
    pub(in crate::integrations) async fn ask(&self, outgoing: Outgoing) -> Result<Value, Failure> {
        Ok(self.ask_whole(outgoing).await?.0)
    }

    /// Sends a request that was made elsewhere, and sorts what comes back as an answer of this service.
    pub(in crate::integrations) async fn send(&self, request: Request) -> Result<Value, Failure> {
        let response = self.http.send(request).await?;
        let body = serde_json::from_slice::<Value>(&response.body).ok();
        sorted(self.provider, &response, body, self.now)
    }

    /// As `ask`, with the headers.
    pub(in crate::integrations) async fn ask_whole(&self, outgoing: Outgoing) -> Result<(Value, HeaderMap), Failure> {
        let response = self.http.send(self.request(outgoing)?).await?;
        let body = serde_json::from_slice::<Value>(&response.body).ok();
        let value = sorted(self.provider, &response, body, self.now)?;
        Ok((value, response.headers))
    }

    /// The request, which says whose it is in the way of the service. A secret stands only where that way has it.
    pub(in crate::integrations) fn request(&self, outgoing: Outgoing) -> Result<Request, Failure> {
        let api = &self.provider.api;
        let Outgoing { method, base, path, query, headers, mut body, deadline, limit } = outgoing;
        let mut url = self.address(base, &path, &query)?;
        let mut proof: Vec<(String, SecretString)> = Vec::new();
        match &api.auth {
            None => {
                let token = self.credential.token.expose_secret();
                proof.push(("authorization".into(), format!("{} {token}", api.scheme).into()));
            }
            Some(Auth::Path) => {}
            Some(Auth::Headers { headers }) => {
                for (name, value) in headers {
                    proof.push((name.to_ascii_lowercase(), self.filled(value)?.into()));
                }
            }
            Some(Auth::Basic { user, password }) => {
                let (user, password) = (self.filled(user)?, self.filled(password)?);
                if !user.is_empty() || !password.is_empty() {
                    proof.push(("authorization".into(), basic(&user, &password)));
                }
            }
            Some(Auth::Query { parameters }) => {
                for (name, value) in parameters {
                    url.query_pairs_mut().append_pair(name, &self.filled(value)?);
                }
            }
            Some(Auth::Body { fields, into, form }) => {
                let fields = fields.iter().map(|(name, value)| Ok((name.clone(), self.filled(value)?)));
                body = with_fields(body, fields.collect::<Result<_, Failure>>()?, into, form.as_deref())?;
            }
            Some(Auth::Oauth1) => {
                let client = self.client.ok_or(UNDESCRIBED)?;
                let secret = self.credential.fields.get("token_secret").ok_or(UNDESCRIBED)?;
                let token = Token { token: self.credential.token.clone(), secret: secret.clone() };
                let form = if let Body::Form(form) = &body { form.as_slice() } else { &[] };
                let moment = Moment::new(self.random, self.now);
                let header = oauth1::authorization(client, Some(&token), &method, &url, form, &[], &moment);
                proof.push(("authorization".into(), header));
            }
            Some(Auth::SignedParameters) => {
                let client = self.client.ok_or(UNDESCRIBED)?;
                let mut parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
                if let Body::Form(form) = &body {
                    parameters.extend(form.iter().cloned());
                }
                let proved = signed::proved(parameters, client, Some(&self.credential.token));
                if method == Method::GET {
                    url.query_pairs_mut().clear().extend_pairs(proved);
                } else {
                    url.set_query(None);
                    body = Body::Form(proved);
                }
            }
        }
        let mut request = Request::new(method, url).limit(limit).deadline(deadline);
        for (name, value) in &api.headers {
            let value = self.plain(value).ok_or(UNDESCRIBED)?;
            request = request.header(&name.to_ascii_lowercase(), &value);
        }
        request = match body {
            Body::None => request,
            Body::Json(json) => request.json(json),
            Body::Form(form) => request.form(form),
        };
        for (name, value) in &headers {
            request = request.header(&name.to_ascii_lowercase(), value);
        }
        request = proof.into_iter().fold(request, |request, (name, value)| request.secret_header(&name, value));
        Ok(if self.provider.is_own_server() { request.user_supplied() } else { request })
    }

    /// Where a call goes, before it says whose it is.
    pub(in crate::integrations) fn url(&self, outgoing: &Outgoing) -> Result<Url, Failure> {
        self.address(outgoing.base.clone(), &outgoing.path, &outgoing.query)
    }

    /// The API's base with a path and a query.
    fn address(&self, base: Option<Url>, path: &str, query: &[(String, String)]) -> Result<Url, Failure> {
        let base = match base {
            Some(base) => base,
            None => self.base().ok_or(UNDESCRIBED)?,
        };
        let (path, further) = path.split_once('?').unwrap_or((path, ""));
        let mut url = base.clone();
        url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
        if !query.is_empty() || !further.is_empty() {
            let further = url::form_urlencoded::parse(further.as_bytes());
            url.query_pairs_mut().extend_pairs(further).extend_pairs(query);
        }
        // What was filled in must not have climbed out of the place that the catalogue names.
        let stays = url.host_str() == base.host_str() && url.path().starts_with(base.path().trim_end_matches('/'));
        stays.then_some(url).ok_or_else(|| Failure::Bad("This name cannot be asked for.".into()))
    }

    fn base(&self) -> Option<Url> {
        let template = &self.provider.api.base;
        if !matches!(self.provider.api.auth, Some(Auth::Path)) {
            // A connection that is older than a blank of its service is for what is usual there.
            let usual = self.provider.blanks.iter().filter(|blank| !blank.default.is_empty());
            let mut values: BTreeMap<String, String> =
                usual.map(|blank| (blank.name.clone(), blank.default.clone())).collect();
            values.extend(self.credential.blanks.clone());
            return self.provider.fill(template, &values);
        }
        let secrets = template.blanks().iter().filter_map(|name| Some((name.clone(), self.value(name)?)));
        let values: BTreeMap<String, String> = secrets.collect();
        self.provider.fill(template, &values)
    }

    /// The value behind a name of a template; secrets among them.
    pub(in crate::integrations) fn value(&self, name: &str) -> Option<String> {
        let exposed = |secret: &SecretString| secret.expose_secret().to_owned();
        match name {
            "access" | "key" => Some(exposed(&self.credential.token)),
            "client_id" => Some(self.client?.id.clone()),
            "client_secret" => self.client?.secret.as_ref().map(exposed),
            _ => {
                let secret = self.credential.fields.get(name).map(exposed);
                secret.or_else(|| self.credential.blanks.get(name).cloned())
            }
        }
    }

    fn filled(&self, text: &str) -> Result<String, Failure> {
        template::fill(text, |name| self.value(name)).ok_or(UNDESCRIBED)
    }

    /// Fills a text with what is no secret.
    pub(in crate::integrations) fn plain(&self, text: &str) -> Option<String> {
        template::fill(text, |name| self.credential.blanks.get(name).cloned())
    }
}

/// RFC 7617.
fn basic(user: &str, password: &str) -> SecretString {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))).into()
}

/// A body with further fields: in the object at `into`, and as the one field `form` where a service wants that.
fn with_fields(body: Body, fields: Vec<(String, String)>, into: &str, form: Option<&str>) -> Result<Body, Failure> {
    let mut json = match body {
        Body::Form(mut pairs) if form.is_none() => {
            pairs.extend(fields);
            return Ok(Body::Form(pairs));
        }
        Body::None => Value::Object(Map::new()),
        Body::Json(json) => json,
        Body::Form(_) => return Err(UNDESCRIBED),
    };
    let mut place = &mut json;
    for name in into.split('/').filter(|name| !name.is_empty()) {
        let object = place.as_object_mut().ok_or(UNDESCRIBED)?;
        place = object.entry(name).or_insert_with(|| Value::Object(Map::new()));
    }
    let object = place.as_object_mut().ok_or(UNDESCRIBED)?;
    object.extend(fields.into_iter().map(|(name, value)| (name, Value::String(value))));
    Ok(match form {
        Some(name) => Body::Form(vec![(name.to_owned(), json.to_string())]),
        None => Body::Json(json),
    })
}

fn sorted(
    provider: &Provider,
    response: &Response,
    body: Option<Value>,
    now: OffsetDateTime,
) -> Result<Value, Failure> {
    let errors = &provider.api.errors;
    let code = |pointer: &String| match body.as_ref()?.pointer(pointer)? {
        Value::String(code) => Some(code.clone()),
        Value::Number(code) => Some(code.to_string()),
        _ => None,
    };
    let mut found = errors.code.iter().filter_map(code).filter(|code| !code.is_empty());
    let code = found.find(|code| !errors.fine.contains(code)).unwrap_or_default();
    let is = |codes: &[String]| codes.contains(&code);
    if let Some(wait) = retry::wanted(&provider.api.retry, response, body.as_ref(), is(&errors.limited), now) {
        return Err(Failure::Limited(wait));
    }
    if is(&errors.absent) {
        return Err(Failure::Nothing(format!("{} has no such thing, or you cannot see it.", provider.name)));
    }
    // A code says more than a status: some vendors answer 401 where only a permission is missing.
    if is(&errors.forbidden) {
        return Err(Failure::Forbidden);
    }
    if response.status == 401 || is(&errors.unauthorized) {
        return Err(Failure::Unauthorized);
    }
    match (response.status, body) {
        (200..=299, Some(body)) if code.is_empty() => Ok(body),
        (200..=299, None) if response.body.is_empty() => Ok(Value::Null),
        (200..=299, None) => Err(Failure::Page),
        (403, _) => Err(Failure::Forbidden),
        (404 | 410, _) => Err(Failure::Nothing(format!("{} has no such thing, or you cannot see it.", provider.name))),
        (408 | 504, _) => Err(Failure::Timeout),
        (500..=599, _) => Err(Failure::Provider("has trouble of its own")),
        (400..=499, Some(body)) => Err(Failure::Refused(words(&errors.message, &body))),
        (200..=299, Some(body)) => Err(Failure::Refused(words(&errors.message, &body))),
        (400..=499, None) => Err(Failure::Refused(String::new())),
        _ => Err(Failure::Provider("did not take the question")),
    }
}

/// What a service says of its refusal, where vendors usually say it.
fn words(named: &[String], body: &Value) -> String {
    let usual = [
        "/message",
        "/error/message",
        "/error_description",
        "/errors/0/message",
        "/errors/0/detail",
        "/description",
        "/detail/message",
        "/detail",
        "/error_info",
        "/0/message",
        "/errors/0",
        "/error",
    ];
    let mut pointers = named.iter().map(String::as_str).chain(usual);
    let found = pointers.find_map(|pointer| body.pointer(pointer)?.as_str().filter(|text| !text.trim().is_empty()));
    items::short(found.unwrap_or_default(), WORDS)
}
