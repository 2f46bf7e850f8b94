//! Small builders of responses, and what the journal is told about them.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;

/// What the journal notes about a request.
#[derive(Debug, Clone)]
pub struct Note(pub String);

/// Why the vendor would refuse; shown on the first page.
#[derive(Debug, Clone)]
pub struct Refused(pub String);

/// A JSON answer.
pub fn json(status: u16, body: Value) -> Response {
    (code(status), Json(body)).into_response()
}

/// An HTML answer.
pub fn html(status: u16, body: String) -> Response {
    (code(status), Html(body)).into_response()
}

/// A form-encoded answer, as GitHub gives to who does not ask for JSON.
pub fn form(status: u16, fields: &[(String, String)]) -> Response {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    (code(status), [(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")], body.finish())
        .into_response()
}

/// A redirect that turns a POST into a GET.
pub fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(value) => (StatusCode::SEE_OTHER, [(header::LOCATION, value)]).into_response(),
        Err(_) => html(400, "That address cannot be redirected to.".to_owned()),
    }
}

/// Adds a note for the journal.
pub fn noted(mut response: Response, note: impl Into<String>) -> Response {
    response.extensions_mut().insert(Note(note.into()));
    response
}

/// Marks a response as a refusal with its reason.
pub fn refused(mut response: Response, reason: impl Into<String>) -> Response {
    response.extensions_mut().insert(Refused(reason.into()));
    response
}

/// Escapes text for HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A page in the sandbox's own plain style.
pub fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<link rel=\"stylesheet\" href=\"/_sandbox/style.css\">\n</head>\n<body>\n{body}\n</body>\n</html>\n",
        escape(title)
    )
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
