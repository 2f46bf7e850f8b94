//! A form that was refused comes back to its page, with why and with what was typed.
//!
//! Leptos writes the refusal into the address of that page (`__path` and `__err`). There anybody could put words of
//! their own onto our pages, and each reload would say them again. So the refusal travels in a cookie: for one page,
//! shown once, gone after a minute.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use time::Duration;
use url::{Url, form_urlencoded};

const COOKIE: &str = "__Host-aura-refused";
const LASTS: Duration = Duration::seconds(60);
/// A browser keeps 4096 bytes of a cookie, its name and attributes counted.
const LONGEST: usize = 3_600;
/// Leptos marks the refusal of a server function by this header.
const SERVER_FUNCTION: &str = "serverfnerror";
/// What was typed, on its way from the server function to here; it never leaves.
pub(super) const TYPED: HeaderName = HeaderName::from_static("aura-typed");

/// What a refused form brings back to its page; in the extensions of the request that opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    page: String,
    /// The address of the server function.
    pub function: String,
    /// Its error, as Leptos encodes it in addresses.
    pub error: String,
    /// The fields that may be filled in again.
    pub typed: Vec<(String, String)>,
}

impl Returned {
    /// What the cookie holds for this page.
    fn of(headers: &HeaderMap, page: &str) -> Option<Self> {
        let jar = CookieJar::from_headers(headers);
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(jar.get(COOKIE)?.value()).ok()?;
        let mut pairs = form_urlencoded::parse(&bytes).into_owned();
        let mut next = || pairs.next().map(|(_, value)| value);
        let (page_of, function, error) = (next()?, next()?, next()?);
        (page_of == page).then(|| Self { page: page_of, function, error, typed: pairs.collect() })
    }

    /// The cookie; without what was typed where that would make it too long.
    fn cookie(&self) -> Option<HeaderValue> {
        [self.typed.as_slice(), &[]].into_iter().find_map(|typed| {
            let text = form_urlencoded::Serializer::new(String::new())
                .append_pair("page", &self.page)
                .append_pair("function", &self.function)
                .append_pair("error", &self.error)
                .extend_pairs(typed)
                .finish();
            let value = BASE64_URL_SAFE_NO_PAD.encode(text);
            (value.len() <= LONGEST).then(|| cookie(value, LASTS))?
        })
    }
}

/// Takes a refusal out of the address of a form's answer, gives it to the page that is opened next, and lets none in
/// that came in an address.
pub async fn layer(mut request: Request, next: Next) -> Response {
    let page = matches!(*request.method(), Method::GET | Method::HEAD) && !request.uri().path().starts_with("/api/");
    let address = request.uri().path_and_query().map_or("/", |address| address.as_str());
    if page && let (clean, Some(_)) = without_refusal(address) {
        return Redirect::to(&clean).into_response();
    }
    let returned = (request.method() == Method::GET && page)
        .then(|| Returned::of(request.headers(), request.uri().path()))
        .flatten();
    let shown = returned.is_some();
    if let Some(returned) = returned {
        request.extensions_mut().insert(returned);
    }
    let mut response = next.run(request).await;
    let typed = response.headers_mut().remove(TYPED);
    if let Some((location, cookie)) = refusal_in(&response, typed.as_ref()) {
        response.headers_mut().insert(header::LOCATION, location);
        response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    } else if shown && let Some(none) = cookie(String::new(), Duration::ZERO) {
        response.headers_mut().append(header::SET_COOKIE, none);
    }
    response
}

/// Where the answer to a form leads without the refusal, and the cookie that holds that.
fn refusal_in(response: &Response, typed: Option<&HeaderValue>) -> Option<(HeaderValue, Option<HeaderValue>)> {
    let leads = matches!(response.status(), StatusCode::FOUND | StatusCode::SEE_OTHER);
    if !leads || !response.headers().contains_key(SERVER_FUNCTION) {
        return None;
    }
    let (address, refusal) = without_refusal(response.headers().get(header::LOCATION)?.to_str().ok()?);
    let (function, error) = refusal?;
    let page = match Url::parse(&address) {
        Ok(address) => address.path().to_owned(),
        Err(_) => address.split('?').next().unwrap_or_default().to_owned(),
    };
    let typed = form_urlencoded::parse(typed.map_or(&[], HeaderValue::as_bytes)).into_owned().collect();
    let returned = Returned { page, function, error, typed };
    Some((HeaderValue::try_from(address).ok()?, returned.cookie()))
}

/// The address without what Leptos would read as a refusal, and the last function and error in it: Leptos appends.
/// What was given stays as it was written.
fn without_refusal(address: &str) -> (String, Option<(String, String)>) {
    let Some((place, query)) = address.split_once('?') else { return (address.to_owned(), None) };
    let (mut function, mut error, mut kept) = (None, None, Vec::new());
    for piece in query.split('&') {
        match form_urlencoded::parse(piece.as_bytes()).into_owned().next() {
            Some((name, value)) if name == "__path" => function = Some(value),
            Some((name, value)) if name == "__err" => error = Some(value),
            _ => kept.push(piece),
        }
    }
    let refusal =
        (function.is_some() || error.is_some()).then(|| (function.unwrap_or_default(), error.unwrap_or_default()));
    let address = if kept.is_empty() { place.to_owned() } else { format!("{place}?{}", kept.join("&")) };
    (address, refusal)
}

fn cookie(value: String, lasts: Duration) -> Option<HeaderValue> {
    let cookie = Cookie::build((COOKIE, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(lasts)
        .build();
    HeaderValue::try_from(cookie.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_leaves_the_address_and_the_rest_stays() {
        let (address, refusal) = without_refusal(
            "http://localhost/signin?next=%2Fa%2Bb&__path=/x&__err=first&%5F_path=%2Fapi%2Ff&__err=last",
        );
        assert_eq!(address, "http://localhost/signin?next=%2Fa%2Bb");
        assert_eq!(refusal, Some(("/api/f".to_owned(), "last".to_owned())));
        assert_eq!(without_refusal("/signin?__err=x"), ("/signin".to_owned(), Some((String::new(), "x".to_owned()))));
        assert_eq!(without_refusal("/signin?next=__err"), ("/signin?next=__err".to_owned(), None));
    }

    #[test]
    fn what_was_typed_is_let_go_before_the_reason_is() {
        let mut returned = Returned {
            page: "/signin".into(),
            function: "/api/f".into(),
            error: "e".repeat(500),
            typed: vec![("email".into(), "mira@example.com".into())],
        };
        let back = |returned: &Returned| {
            let cookie = returned.cookie()?;
            let mut headers = HeaderMap::new();
            headers.insert(
                header::COOKIE,
                HeaderValue::from_bytes(cookie.as_bytes().split(|byte| *byte == b';').next()?).ok()?,
            );
            assert_eq!(Returned::of(&headers, "/elsewhere"), None);
            Returned::of(&headers, "/signin")
        };
        assert_eq!(back(&returned).as_ref(), Some(&returned));
        returned.typed[0].1 = "x".repeat(4_000);
        assert_eq!(back(&returned), Some(Returned { typed: Vec::new(), ..returned.clone() }));
        returned.error = "e".repeat(4_000);
        assert_eq!(back(&returned), None);
    }
}
