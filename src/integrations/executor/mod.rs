//! Runs a tool as the catalogue describes it. It knows no service and no person: it gets an entry, arguments and a
//! token, and gives lines and data.

mod arguments;
mod day;
mod items;
mod retry;
mod template;

use std::collections::BTreeMap;

use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use time::OffsetDateTime;
use url::Url;

use super::tools::{TimeContext, ToolAnswer};
use crate::{
    platform::http::{Http, HttpError, Request, Response},
    providers::{Provider, Step, ToolEntry},
};

pub(super) use template::fill_from;

/// No answer of an API is read beyond this.
const LARGEST: usize = 2 * 1024 * 1024;
/// No list is followed further.
const PAGES: usize = 5;
/// No answer has more lines.
const LINES: usize = 50;

/// One call of a tool.
pub(super) struct Asked<'a> {
    pub(super) provider: &'a Provider,
    pub(super) tool: &'a ToolEntry,
    pub(super) arguments: &'a Value,
    pub(super) time: &'a TimeContext,
    pub(super) account: &'a str,
    pub(super) token: &'a SecretString,
    pub(super) now: OffsetDateTime,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The token is not good any more.
    Unauthorized,
    /// The person did not grant this.
    Forbidden,
    /// Seconds to wait.
    Limited(u32),
    Timeout,
    /// What the service did, to follow its name.
    Provider(&'static str),
    /// What is asked for is not there; a sentence.
    Nothing(String),
    /// The arguments do not fit; a sentence.
    Bad(String),
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Timeout => Self::Timeout,
            HttpError::Connect | HttpError::Blocked => Self::Provider("could not be reached"),
            HttpError::TooLarge => Self::Provider("sent more than can be read"),
            HttpError::Broken => Self::Provider("broke off its answer"),
        }
    }
}

/// Runs all steps.
pub(super) async fn run(http: &Http, asked: &Asked<'_>) -> Result<ToolAnswer, Failure> {
    let tool = asked.tool;
    let mut values = arguments::checked(&tool.parameters, asked.arguments)?;
    day::add(&mut values, asked.time)?;
    values.insert("account".into(), asked.account.into());
    let mut lines = Vec::new();
    let mut names = BTreeMap::new();
    let mut more = false;
    for step in &tool.steps {
        let mut cursor = None;
        let mut found = BTreeMap::new();
        for _ in 0..PAGES {
            let body = call(http, asked, step, &values, cursor.as_deref()).await?;
            for pick in step.picks.iter() {
                if let Some(value) = items::pick(pick, &body, &values) {
                    found.entry(pick.name.clone()).or_insert(value);
                }
            }
            if let Some(entry) = &step.names {
                names.extend(items::names(entry, &body));
            }
            if let Some(entry) = &step.items {
                lines.extend(items::read(entry, &body, asked.time, &names));
            }
            cursor = step.pages.as_ref().and_then(|pages| template::text(body.pointer(&pages.cursor)?));
            let all_found = step.picks.iter().all(|pick| found.contains_key(&pick.name));
            let enough = match (&step.items, &step.names) {
                (Some(_), _) => lines.len() > LINES,
                (None, Some(_)) => false,
                (None, None) => all_found,
            };
            if cursor.is_none() || enough {
                break;
            }
        }
        more |= step.items.is_some() && cursor.is_some();
        for pick in &step.picks {
            let value = found.remove(&pick.name).or_else(|| pick.default.clone());
            let sentence = || template::fill(&pick.missing, |name| values.get(name).cloned()).unwrap_or_default();
            let value = value.ok_or_else(|| Failure::Nothing(sentence()))?;
            values.insert(pick.name.clone(), value);
        }
    }
    more |= lines.len() > LINES;
    lines.truncate(LINES);
    let detail = template::fill(&tool.detail, |name| values.get(name).cloned()).unwrap_or_default();
    let [one, several] = &tool.noun;
    let noun = if lines.len() == 1 { one } else { several };
    let summary = match (lines.len(), more) {
        (0, _) => format!("Found no {several}"),
        (count, false) => format!("Read {count} {noun}"),
        (count, true) => format!("Read the first {count} {noun}"),
    };
    let data = json!({
        "account": asked.account,
        "about": detail,
        "complete": !more,
        several: lines.iter().map(items::compact).collect::<Vec<Value>>(),
    });
    Ok(ToolAnswer { summary, detail, items: lines, data })
}

async fn call(
    http: &Http,
    asked: &Asked<'_>,
    step: &Step,
    values: &BTreeMap<String, String>,
    cursor: Option<&str>,
) -> Result<Value, Failure> {
    let look_up = |name: &str| values.get(name).cloned();
    let path = template::fill_encoded(&step.path, look_up).ok_or(Failure::Provider("is not described well"))?;
    let mut query: Vec<(String, String)> = Vec::new();
    for (name, value) in &step.query {
        query.extend(template::fill(value, look_up).map(|value| (name.clone(), value)));
    }
    if let (Some(pages), Some(cursor)) = (&step.pages, cursor) {
        query.push((pages.parameter.clone(), cursor.to_owned()));
    }
    let method = Method::from_bytes(step.method.as_bytes()).map_err(|_| Failure::Provider("is not described well"))?;
    let url = address(asked.provider, &path, &query)?;
    let mut request = request(asked.provider, method, url, asked.token);
    if let Some(body) = &step.json {
        request = request.json(template::fill_json(body, &look_up));
    }
    send(http, asked.provider, request, asked.now).await
}

/// The API's base with a path and a query.
pub(super) fn address(provider: &Provider, path: &str, query: &[(String, String)]) -> Result<Url, Failure> {
    let base = provider.api.base.url();
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    // What was filled in must not have climbed out of the place that the catalogue names.
    let stays = url.host_str() == base.host_str() && url.path().starts_with(base.path().trim_end_matches('/'));
    stays.then_some(url).ok_or_else(|| Failure::Bad("This name cannot be asked for.".into()))
}

/// A request with the service's headers and the token, which stands nowhere else.
pub(super) fn request(provider: &Provider, method: Method, url: Url, token: &SecretString) -> Request {
    let api = &provider.api;
    let mut request = Request::new(method, url).limit(LARGEST);
    for (name, value) in &api.headers {
        request = request.header(&name.to_ascii_lowercase(), value);
    }
    request.secret_header("authorization", format!("{} {}", api.scheme, token.expose_secret()).into())
}

/// Sends, and sorts what is no answer.
pub(super) async fn send(
    http: &Http,
    provider: &Provider,
    request: Request,
    now: OffsetDateTime,
) -> Result<Value, Failure> {
    let response = http.send(request).await?;
    let body = serde_json::from_slice::<Value>(&response.body).ok();
    sorted(provider, &response, body, now)
}

fn sorted(
    provider: &Provider,
    response: &Response,
    body: Option<Value>,
    now: OffsetDateTime,
) -> Result<Value, Failure> {
    let errors = &provider.api.errors;
    let mut found = errors.code.iter().filter_map(|pointer| body.as_ref()?.pointer(pointer)?.as_str());
    let code = found.next().unwrap_or_default().to_owned();
    let is = |codes: &[String]| codes.contains(&code);
    if let Some(wait) = retry::wanted(&provider.api.retry, response, is(&errors.limited), now) {
        return Err(Failure::Limited(wait));
    }
    if response.status == 401 || is(&errors.unauthorized) {
        return Err(Failure::Unauthorized);
    }
    if is(&errors.forbidden) {
        return Err(Failure::Forbidden);
    }
    match (response.status, body) {
        (200..=299, Some(body)) if code.is_empty() => Ok(body),
        (200..=299, None) if response.body.is_empty() => Ok(Value::Null),
        (200..=299, None) => Err(Failure::Provider("sent a page instead of data")),
        (403, _) => Err(Failure::Forbidden),
        (404 | 410, _) => Err(Failure::Nothing(format!("{} has no such thing, or you cannot see it.", provider.name))),
        (408 | 504, _) => Err(Failure::Timeout),
        (500..=599, _) => Err(Failure::Provider("has trouble of its own")),
        _ => Err(Failure::Provider("did not take the question")),
    }
}
