//! Resend: takes mails over HTTP, once for each `Idempotency-Key`, and tells what became of them by signed posts.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::log;
use crate::svix::Post;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use url::Url;

const KEY: &str = "re_sandbox";
/// Signs the posts, unless a test names another.
pub const WEBHOOK_SECRET: &str = "whsec_c2FuZGJveC1yZXNlbmQtd2ViaG9vaw==";

/// What was taken.
#[derive(Debug, Default)]
pub struct Resend {
    /// Body and answer for each key.
    keys: HashMap<String, (Value, String)>,
    /// Id, sender and recipients of each mail, oldest first.
    mails: Vec<Taken>,
}

#[derive(Debug, Clone)]
struct Taken {
    id: String,
    from: String,
    to: Vec<String>,
    subject: String,
}

/// Answers `api.resend.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    if call.authorization("Bearer") != Some(KEY) {
        return refused(401, "validation_error", "API key is invalid");
    }
    match (call.method.as_str(), call.path.as_str()) {
        ("POST", "/emails") => emails(sandbox, call),
        _ => app::nobody(call),
    }
}

fn refused(status: u16, name: &str, message: &str) -> Response {
    let body = json!({ "statusCode": status, "name": name, "message": message });
    answer::refused(answer::json(status, body), format!("resend: {message}"))
}

fn emails(sandbox: &Sandbox, call: &Call) -> Response {
    let body = call.json();
    let mail = match read(&body) {
        Ok(mail) => mail,
        Err((name, message)) => return refused(422, name, message),
    };
    let key = call.header("idempotency-key").map(str::to_owned);
    if key.as_ref().is_some_and(|key| !(1..=256).contains(&key.len())) {
        return refused(400, "invalid_idempotency_key", "The key must be between 1-256 chars");
    }
    let mut resend = sandbox.resend();
    if let Some((before, id)) = key.as_ref().and_then(|key| resend.keys.get(key)) {
        return if *before == body {
            answer::noted(answer::json(200, json!({ "id": id })), "the same key: no second mail")
        } else {
            refused(409, "invalid_idempotent_request", "Same idempotency key used with a different request payload")
        };
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    sandbox.inbox().keep("Resend", &mail.from, mail.to.clone(), mail.subject.clone(), text("text"), text("html"));
    let id = mail.id.clone();
    if let Some(key) = key {
        resend.keys.insert(key, (body, id.clone()));
    }
    resend.mails.push(mail);
    answer::json(200, json!({ "id": id }))
}

fn read(body: &Value) -> Result<Taken, (&'static str, &'static str)> {
    const MISSING: &str = "missing_required_field";
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let from = text("from").ok_or((MISSING, "Missing `from` field."))?;
    if !is_mailbox(&from) {
        return Err((
            "invalid_from_address",
            "Invalid `from` field. Use `email@example.com` or `Name <email@example.com>`.",
        ));
    }
    let to: Vec<String> = match body.get("to") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => return Err((MISSING, "Missing `to` field.")),
    };
    if to.is_empty() || to.len() > 50 || !to.iter().all(|to| is_mailbox(to)) {
        return Err(("validation_error", "Invalid `to` field."));
    }
    let subject = text("subject").ok_or((MISSING, "Missing `subject` field."))?;
    if text("html").is_none() && text("text").is_none() {
        return Err((MISSING, "Missing `html` or `text` field."));
    }
    Ok(Taken { id: uuid(), from, to, subject })
}

/// A random id in the usual form.
fn uuid() -> String {
    let hex = format!("{:032x}", rand::random::<u128>());
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn is_mailbox(text: &str) -> bool {
    let address = text.trim().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')).map_or(text, |(_, inner)| inner);
    address.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !address.contains(char::is_whitespace) && !host.contains('@')
    })
}

/// Which mail, and where to tell it.
#[derive(Debug, Deserialize)]
pub struct Telling {
    email_id: Option<String>,
    to: Option<String>,
    url: String,
    /// Another secret, to forge.
    secret: Option<String>,
    /// An id that was used before, to repeat.
    event_id: Option<String>,
}

/// Tells that a mail bounced for good (`bounce`), for now (`delay`), was complained about (`complain`) or arrived
/// (`deliver`).
pub async fn tell(State(sandbox): State<Sandbox>, Path(what): Path<String>, Json(telling): Json<Telling>) -> Response {
    let bounce =
        |kind: &str| json!({ "type": kind, "subType": "General", "message": "The recipient's mail server refused." });
    let (kind, bounce) = match what.as_str() {
        "bounce" => ("email.bounced", Some(bounce("Permanent"))),
        "delay" => ("email.bounced", Some(bounce("Transient"))),
        "complain" => ("email.complained", None),
        "deliver" => ("email.delivered", None),
        _ => {
            return (StatusCode::NOT_FOUND, Json(json!({ "error": "bounce, delay, complain or deliver" })))
                .into_response();
        }
    };
    let found = sandbox
        .resend()
        .mails
        .iter()
        .rev()
        .find(|mail| {
            telling.email_id.as_ref().is_none_or(|id| *id == mail.id)
                && telling.to.as_ref().is_none_or(|to| mail.to.iter().any(|one| one.eq_ignore_ascii_case(to)))
        })
        .cloned();
    let Some(mail) = found else {
        return (StatusCode::NOT_FOUND, Json(json!({ "error": "no such mail" }))).into_response();
    };
    let Ok(url) = Url::parse(&telling.url) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "url is none" }))).into_response();
    };
    let now = log::now();
    let mut event = json!({ "type": kind, "created_at": log::rfc3339(now), "data": {
        "email_id": mail.id, "created_at": log::rfc3339(now), "from": mail.from, "to": mail.to, "subject": mail.subject,
    } });
    if let Some(bounce) = bounce {
        event["data"]["bounce"] = bounce;
    }
    let event_id = telling.event_id.unwrap_or_else(|| format!("msg_{}", uuid().replace('-', "")));
    let post = Post {
        url: &url,
        secret: telling.secret.as_deref().unwrap_or(WEBHOOK_SECRET),
        id: &event_id,
        timestamp: now.unix_timestamp(),
        body: &event.to_string(),
    };
    match post.send().await {
        Ok(status) => Json(json!({ "status": status, "event_id": event_id, "email_id": mail.id })).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, Json(json!({ "error": error }))).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_resend_would_refuse_is_refused() {
        let good = json!({ "from": "Aura <noreply@aura.example>", "to": ["mira@example.com"], "subject": "Hello", "text": "x" });
        assert!(read(&good).is_ok());
        for (field, value) in [
            ("from", json!("Aura")),
            ("from", json!("Aura <noreply@localhost>")),
            ("to", json!([])),
            ("to", json!(["mira"])),
            ("to", Value::Null),
            ("subject", json!("")),
            ("text", json!("")),
        ] {
            let mut bad = good.clone();
            bad[field] = value.clone();
            assert!(read(&bad).is_err(), "{field} {value}");
        }
    }
}
