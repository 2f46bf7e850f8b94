//! What server functions need of the request and the answer. The only place that names leptos_axum's own types, so that
//! a new version of it is met here.

use std::{fmt::Display, future::Future, pin::Pin};

use axum::{extract::Request, response::Response};
use axum_extra::extract::cookie::Cookie;
use futures::{Stream, StreamExt as _, stream::once};
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use leptos::{
    IntoView,
    prelude::{provide_context, use_context},
    server::ServerActionError,
};
use leptos_axum::ResponseOptions;
use url::form_urlencoded;

use super::{
    refusal::limit_headers,
    returned::{Returned, TYPED},
    security::Client,
};
use crate::error::AppError;

/// The request that is being answered; outside of one, a request without headers, which nobody is signed in to.
#[must_use]
pub fn parts() -> Parts {
    use_context::<Parts>().unwrap_or_else(|| http::Request::new(()).into_parts().0)
}

/// Who sent the request that is being answered.
#[must_use]
pub fn client() -> Client {
    Client::of(&parts().extensions)
}

/// The value of a cookie that came with the request.
#[must_use]
pub fn cookie(name: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let jar = axum_extra::extract::CookieJar::from_headers(&parts.headers);
    jar.get(name).map(|cookie| cookie.value().to_owned())
}

/// Sends the browser to a path of ours, by the router where the app runs and by a 302 where a form was posted.
pub fn redirect(path: &str) {
    // The library panics on what no header can hold.
    if HeaderValue::from_str(path).is_ok() {
        leptos_axum::redirect(path);
    }
}

/// Sends a browser without a script to a page that says what was done; the running app stays where it is.
pub fn after_form(path: &str) {
    if use_context::<Parts>().is_some_and(|parts| is_form_post(&parts)) {
        redirect(path);
    }
}

/// Sets a cookie with the answer.
pub fn set_cookie(cookie: &Cookie<'_>) {
    append(header::SET_COOKIE, &cookie.to_string());
}

/// Sets a header of the answer.
pub fn set_header(name: HeaderName, value: HeaderValue) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(name, value);
    }
}

/// Adds a header to the answer, beside others of its name.
pub fn add_header(name: HeaderName, value: HeaderValue) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.append_header(name, value);
    }
}

/// Sets the status of the answer.
pub fn set_status(status: u16) {
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status)) {
        response.set_status(status);
    }
}

fn append(name: HeaderName, value: &impl Display) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&value.to_string())) {
        response.append_header(name, value);
    }
}

/// The way out for every error of a server function: the answer takes its status and the headers of a limit. A plain form post
/// keeps the redirect that brings it back to its page, where the error is shown.
pub fn fail<E: Into<AppError>>(error: E) -> AppError {
    let error = error.into();
    for (name, value) in &limit_headers(&error) {
        set_header(name.clone(), value.clone());
    }
    if !use_context::<Parts>().is_some_and(|parts| is_form_post(&parts)) {
        set_status(error.kind.status());
    }
    error
}

/// Keeps what was typed into a plain form, so that it comes back with a refusal. For nothing that is a secret.
pub fn keep_typed(fields: &[(&str, &str)]) {
    if use_context::<Parts>().is_some_and(|parts| is_form_post(&parts)) {
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        if let Ok(value) = HeaderValue::try_from(text) {
            set_header(TYPED, value);
        }
    }
}

/// What was typed into this field of a form that was refused, while its page is drawn anew.
#[must_use]
pub fn typed(name: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let Returned { typed, .. } = parts.extensions.get()?;
    typed.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
}

/// Lets the page that is drawn know the refusal that brought the browser back to it.
pub fn provide_returned() {
    if let Some(Returned { function, error, .. }) = parts().extensions.get() {
        provide_context(ServerActionError::new(function, error));
    }
}

/// Draws a page that no browser takes over: whole, and without the data that taking over would need.
pub fn draw<V: IntoView + 'static>(
    provide: impl Fn() + Clone + Send + 'static,
    document: impl FnOnce() -> V + Send + 'static,
    request: Request,
) -> Pin<Box<dyn Future<Output = Response> + Send>> {
    leptos_axum::handle_response_inner(provide, document, request, |document, _data, _| {
        Box::pin(async move {
            let html = document.to_html_stream_in_order().collect::<String>().await;
            Box::pin(once(async move { html })) as Pin<Box<dyn Stream<Item = String> + Send>>
        })
    })
}

fn is_form_post(parts: &Parts) -> bool {
    let accept = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    parts.method == http::Method::POST && accept.is_some_and(|accept| accept.contains("text/html"))
}
