//! What the services of this world share: paths in parts, scopes, moments, slices of lists.

use crate::answer;
use crate::call::Call;
use crate::log;
use crate::oauth::grants::Token;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use time::Duration;
use url::form_urlencoded;

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;

/// The parts of a path, decoded, without the empty one at its beginning.
pub fn parts(call: &Call) -> Vec<String> {
    call.path.trim_matches('/').split('/').map(decoded).collect()
}

fn decoded(part: &str) -> String {
    let pair = format!("v={}", part.replace('+', "%2B"));
    form_urlencoded::parse(pair.as_bytes()).next().map_or_else(String::new, |(_, value)| value.into_owned())
}

/// Whether the token has one of these scopes.
pub fn has(token: &Token, any: &[&str]) -> bool {
    token.scopes.iter().any(|scope| any.contains(&scope.as_str()))
}

/// A refusal, and why, for the first page.
pub fn refuse(status: u16, body: Value, reason: impl Into<String>) -> Response {
    answer::refused(answer::json(status, body), reason)
}

/// Done, and nothing to tell.
pub fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// A moment so many hours ago, RFC 3339.
pub fn ago(hours: i64) -> String {
    log::rfc3339(log::now() - Duration::hours(hours))
}

/// The present moment, RFC 3339.
pub fn now() -> String {
    log::rfc3339(log::now())
}

/// The date so many days from today.
pub fn day(days: i64) -> String {
    (log::now() + Duration::days(days)).date().to_string()
}

/// A text in a body that is not empty.
pub fn word<'a>(body: &'a Value, pointer: &str) -> Option<&'a str> {
    body.pointer(pointer)?.as_str().filter(|text| !text.trim().is_empty())
}

/// A number among the parameters; none where it is not one between 1 and `most`.
pub fn size(call: &Call, name: &str, otherwise: usize, most: usize) -> Option<usize> {
    match call.q(name).map(str::parse::<usize>) {
        None => Some(otherwise),
        Some(Ok(size)) if (1..=most).contains(&size) => Some(size),
        Some(_) => None,
    }
}

/// A slice of a list, and whether something comes after it.
pub fn slice(list: &[Value], skip: usize, take: usize) -> (Vec<Value>, bool) {
    (list.iter().skip(skip).take(take).cloned().collect(), list.len() > skip.saturating_add(take))
}

/// Whether the text occurs in one of these fields, whatever the case.
pub fn mentions(entry: &Value, pointers: &[&str], text: &str) -> bool {
    let text = text.to_lowercase();
    pointers
        .iter()
        .any(|at| entry.pointer(at).and_then(Value::as_str).is_some_and(|found| found.to_lowercase().contains(&text)))
}
