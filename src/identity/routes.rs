//! Plain HTTP around a person's ways in: for programs, for consent pages that come back, and for signed posts.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;

use super::{
    arrival::{self, Arrival},
    next,
    privy::{
        Person, Privy, PrivyError, visit,
        ways::{Begin, Finished},
    },
    session::CurrentSession,
};
use crate::platform::{refusal::Refusal, routes::Routes};

/// What reads the session of a request. None of it is counted by the general limit: who is let in is decided by a
/// token, and starting anything by its own limit.
pub fn routes(privy: Privy) -> Routes {
    Routes::new()
        .post("/api/auth/sync", sync)
        .get("/api/auth/me", me)
        .get("/api/auth/privy/callback", callback)
        .get("/api/auth/privy/{service}", leave)
        .with_state(privy)
}

/// Signed posts: they come from programs, which have no session.
pub fn webhooks(privy: Privy) -> Routes {
    Routes::new().post("/api/webhooks/privy", posted).with_state(privy)
}

/// Signs in whoever shows an access token of Privy's, and tells who it is.
async fn sync(State(privy): State<Privy>, arrival: Arrival, headers: HeaderMap) -> Result<Response, Refusal> {
    let (access, identity) = visit::tokens(&headers);
    let synced = privy.sync(access.as_deref(), identity.as_deref(), arrival.arriving("")).await?;
    let person = privy.person(synced.user, Some(synced.created())).await?;
    let cookies = synced.opened.as_ref().map(arrival::session_cookies).unwrap_or_default();
    Ok((cookies, Json(person)).into_response())
}

/// Who is signed in, with the accounts that Privy lists.
async fn me(State(privy): State<Privy>, CurrentSession(session): CurrentSession) -> Result<Json<Person>, Refusal> {
    Ok(Json(privy.person(session.user, None).await?))
}

/// Sends the browser to a consent page, if the click came from a page of ours or from the address bar. From elsewhere
/// the sign-in page asks first.
async fn leave(
    State(privy): State<Privy>,
    Path(service): Path<String>,
    RawQuery(query): RawQuery,
    arrival: Arrival,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let wish = parameters(query.as_deref().unwrap_or_default(), ["next"])?;
    let wish = wish[0].as_deref().unwrap_or_default();
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if privy.is_set_up() && !matches!(site, Some(b"same-origin" | b"none")) {
        return Ok(quietly(Redirect::to(&next::sign_in_address(wish))));
    }
    let (browser_hash, cookie) = arrival.begin(privy.random());
    let begin = Begin { browser_hash: &browser_hash, client: arrival.limit_key(), next: wish };
    let address = privy.start_consent(&service, begin).await?;
    Ok(quietly(([(header::SET_COOKIE, cookie)], Redirect::to(address.as_str()))))
}

/// Back from a consent page.
async fn callback(
    State(privy): State<Privy>,
    RawQuery(query): RawQuery,
    arrival: Arrival,
) -> Result<Response, Refusal> {
    let names = ["privy_oauth_state", "privy_oauth_code", "privy_oauth_provider"];
    let [state, code, service] = parameters(query.as_deref().unwrap_or_default(), names)?;
    let state = state.ok_or(PrivyError::NotBegun)?;
    // Privy's own page scripts take the word for a person who said no.
    let code = code.filter(|code| !code.is_empty() && code != "undefined").ok_or(PrivyError::Declined)?;
    let finished =
        privy.finish_consent(&state, &code, service.as_deref(), arrival.browser_hash(), arrival.arriving("")).await?;
    let Finished { synced, next } = finished;
    Ok(quietly(match &synced.opened {
        Some(opened) => arrival::signed_in(opened, &next),
        None => Redirect::to(&next).into_response(),
    }))
}

async fn posted(State(privy): State<Privy>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    privy.receive(&headers, &body).await?;
    Ok((StatusCode::OK, Json(json!({ "received": true }))).into_response())
}

/// The values of these names. A name that comes twice is read differently by different programs: none of it is taken.
fn parameters<const N: usize>(query: &str, names: [&str; N]) -> Result<[Option<String>; N], PrivyError> {
    let mut values = [const { None }; N];
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if let Some(at) = names.iter().position(|known| *known == name)
            && values[at].replace(value.into_owned()).is_some()
        {
            return Err(PrivyError::NotBegun);
        }
    }
    Ok(values)
}

/// Neither kept nor told on: addresses of a consent carry codes.
fn quietly(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
