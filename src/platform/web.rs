//! What server functions need of the request and the answer. The only place that names leptos_axum's own types, so that
//! a new version of it is met here.

use std::fmt::Display;

use axum_extra::extract::cookie::Cookie;
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::{refusal::limit_headers, security::Client};
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

fn is_form_post(parts: &Parts) -> bool {
    let accept = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    parts.method == http::Method::POST && accept.is_some_and(|accept| accept.contains("text/html"))
}
