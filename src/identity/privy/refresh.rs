//! A browser that says it is signed in at Privy and brings no token is sent, once, to a page where that can be renewed.

use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use http::{HeaderValue, header};
use time::Duration;

use crate::identity::session::{self, FunctionLayer, Session};

/// Set by Privy's scripts: a session of theirs exists, and its present token.
const SESSION_THERE: &str = "privy-session";
/// The access token as Privy's scripts keep it.
pub const TOKEN: &str = "privy-token";
/// The identity token as Privy's scripts keep it; as a header it has the same name.
pub const IDENTITY_TOKEN: &str = "privy-id-token";
/// Says that the browser was sent to renew its token a moment ago.
const TRIED: &str = "__Host-aura-refresh";
const TRIED_LASTS: Duration = Duration::minutes(10);

/// What decides, the same for every request.
#[derive(Clone, Copy)]
pub struct Renewal {
    /// Whether the installation has an app at Privy.
    pub on: bool,
    /// Where only signed-in people go.
    pub places: &'static [&'static str],
}

/// Stands outside of the guard that sends people without a session to the sign-in page, and inside the layer that
/// finds the session. The cookie that it sets ends what would otherwise be a loop: whoever comes back without a
/// token, for whatever reason, meets the guard.
pub fn layer(renewal: Renewal) -> FunctionLayer<Renewal> {
    from_fn_with_state(renewal, |State(renewal), request, next| Box::pin(renew(renewal, request, next)))
}

async fn renew(renewal: Renewal, request: Request, next: Next) -> Response {
    if !(renewal.on && is_due(renewal.places, &request)) {
        return next.run(request).await;
    }
    let wish = request.uri().path_and_query().map_or("/", |wish| wish.as_str());
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("redirect_uri", wish).finish();
    let tried = Cookie::build((TRIED, "1"))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(TRIED_LASTS)
        .build();
    let mut response = Redirect::to(&format!("/refresh?{query}")).into_response();
    if let Ok(value) = HeaderValue::try_from(tried.to_string()) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

fn is_due(places: &[&str], request: &Request) -> bool {
    let path = request.uri().path();
    let below =
        |place: &&str| path.strip_prefix(*place).is_some_and(|after| after.is_empty() || after.starts_with('/'));
    let cookies = CookieJar::from_headers(request.headers());
    let has = |name: &str| cookies.get(name).is_some_and(|cookie| !cookie.value().is_empty());
    places.iter().any(below)
        && session::is_page(request.method(), request.headers())
        && request.extensions().get::<Session>().is_none()
        && has(SESSION_THERE)
        && !has(TOKEN)
        && !has(TRIED)
        // A consent page has just sent the browser back: Privy's own script is about to use these.
        && !request.uri().query().is_some_and(|query| query.contains("privy_oauth_"))
}
