//! The whole log of calls as a file, written part by part while it is read.

use std::fmt::Write as _;

use axum::{
    body::Body,
    extract::{Query, State},
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use http::{HeaderName, header};
use serde::Deserialize;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use super::{model::Effect, v1::ServiceCall};
use crate::{
    chat::{Chat, ChatError},
    identity::session::CurrentSession,
    kit::id::{ToolCallId, UserId},
    platform::{refusal::Refusal, routes::Routes},
};

/// How many calls are in memory at once.
const PART: i64 = 500;
const HEADS: &str = "started_at,service,account,tool,title,effect,scopes,outcome,code,duration_ms,result_bytes,\
                     arguments_sha256,approval,approved_by,conversation,run,model_tokens_read,model_tokens_written,id\r\n";

/// How the file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    #[default]
    Json,
    Csv,
}

/// Where a browser finds the file.
pub fn routes(chat: Chat) -> Routes {
    Routes::new().get("/api/chat/calls/export", download).with_state(chat)
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    service: String,
    #[serde(default)]
    effect: String,
    #[serde(default)]
    format: String,
}

async fn download(
    State(chat): State<Chat>,
    CurrentSession(session): CurrentSession,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let service = Some(asked.service).filter(|service| !service.is_empty());
    let format = if asked.format == "csv" { Format::Csv } else { Format::Json };
    Ok(file(chat, session.user, service, Effect::parse(&asked.effect), format))
}

/// What is still to be written.
enum Next {
    Head,
    Part { before: Option<ToolCallId>, first: bool },
    Foot,
    Over,
}

/// The file, as it is read.
pub(super) fn file(chat: Chat, user: UserId, service: Option<String>, effect: Effect, format: Format) -> Response {
    let parts = futures::stream::unfold(Next::Head, move |next| {
        let (chat, service) = (chat.clone(), service.clone());
        async move { step(&chat, user, service.as_deref(), effect, format, next).await }
    });
    let (name, media_type) = match format {
        Format::Json => ("aura-calls.json", "application/json"),
        Format::Csv => ("aura-calls.csv", "text/csv; charset=utf-8"),
    };
    let headers: [(HeaderName, String); 4] = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Body::from_stream(parts.boxed())).into_response()
}

async fn step(
    chat: &Chat,
    user: UserId,
    service: Option<&str>,
    effect: Effect,
    format: Format,
    next: Next,
) -> Option<(Result<String, ChatError>, Next)> {
    match next {
        Next::Head => {
            let head = if format == Format::Csv { HEADS } else { "[" };
            Some((Ok(head.to_owned()), Next::Part { before: None, first: true }))
        }
        Next::Part { before, first } => match chat.calls(user, service, effect, before, PART).await {
            Ok(done) => {
                let last = done.last().map(|last| last.call.id);
                let whole = i64::try_from(done.len()).is_ok_and(|count| count < PART);
                let mut text = String::new();
                for (at, call) in done.into_iter().map(ServiceCall::from).enumerate() {
                    match format {
                        Format::Csv => line(&mut text, &call),
                        Format::Json => {
                            text.push_str(if first && at == 0 { "\n" } else { ",\n" });
                            text.push_str(&serde_json::to_string(&call).unwrap_or_else(|_| "null".to_owned()));
                        }
                    }
                }
                let next = if whole { Next::Foot } else { Next::Part { before: last, first: false } };
                Some((Ok(text), next))
            }
            // It breaks off, and is not taken for whole.
            Err(error) => Some((Err(error), Next::Over)),
        },
        Next::Foot if format == Format::Json => Some((Ok("\n]\n".to_owned()), Next::Over)),
        Next::Foot | Next::Over => None,
    }
}

fn line(text: &mut String, call: &ServiceCall) {
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let id = |id: Option<String>| id.unwrap_or_default();
    let (read, written) = call.tokens().unzip();
    let cells = [
        call.started_at.format(&Rfc3339).unwrap_or_default(),
        call.service.clone(),
        call.account.clone(),
        call.tool.clone(),
        call.title.clone(),
        call.effect.clone(),
        call.scopes.join(" "),
        id(call.outcome.clone()),
        id(call.code.clone()),
        number(call.duration_ms),
        number(call.result_bytes),
        id(call.arguments_sha256.clone()),
        id(call.approval.map(|id| id.to_string())),
        id(call.approved_by.clone()),
        id(call.conversation.map(|id| id.to_string())),
        id(call.run.map(|id| id.to_string())),
        id(read.map(|tokens: u64| tokens.to_string())),
        id(written.map(|tokens: u64| tokens.to_string())),
        call.id.to_string(),
    ];
    for (at, cell) in cells.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // What a spreadsheet would read as a formula is a text.
        let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        let _ = write!(text, "{comma}\"{guard}{}\"", cell.replace('"', "\"\""));
    }
    text.push_str("\r\n");
}
