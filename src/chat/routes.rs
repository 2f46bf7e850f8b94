//! The addresses under `/api/chat`: send, follow, stop.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response, sse::Event},
};
use futures::StreamExt as _;
use http::{HeaderMap, header};
use serde::Deserialize;

use super::{
    error::ChatError,
    follow::Followed,
    service::{Asker, Chat},
};
use crate::{
    error::{AppError, ErrorKind},
    identity::session::CurrentSession,
    kit::id::{ConversationId, RunId},
    platform::{refusal::Refusal, routes::Routes, sse},
};

/// The routes over one chat.
pub fn routes(chat: Chat) -> Routes {
    Routes::new()
        .post("/api/chat", send)
        .get("/api/chat/runs/{id}/events", events)
        .post("/api/chat/runs/{id}/stop", stop)
        .with_state(chat)
}

/// A question, as a form or as JSON.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    conversation: String,
    text: String,
    #[serde(alias = "client_key", alias = "client_message_id")]
    key: String,
}

async fn send(
    State(chat): State<Chat>,
    CurrentSession(session): CurrentSession,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let json = is_json(&headers);
    let asked: Asked = if json {
        serde_json::from_slice(&body).map_err(|_| incomplete())?
    } else {
        form(&body).ok_or_else(incomplete)?
    };
    let conversation = conversation_id(&asked.conversation)?;
    let sent = chat.send(&Asker::from(&session), conversation, &asked.text, &asked.key).await?;
    Ok(if json { Json(sent).into_response() } else { to_conversation(sent.conversation) })
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim().to_ascii_lowercase().starts_with("application/json"))
}

fn form(body: &[u8]) -> Option<Asked> {
    let mut asked = Asked { conversation: String::new(), text: String::new(), key: String::new() };
    for (name, value) in url::form_urlencoded::parse(body) {
        match &*name {
            "conversation" => asked.conversation = value.into_owned(),
            "text" => asked.text = value.into_owned(),
            "key" => asked.key = value.into_owned(),
            _ => {}
        }
    }
    (!asked.key.is_empty()).then_some(asked)
}

fn incomplete() -> AppError {
    AppError::new(ErrorKind::Invalid, "bad_request", "The form was not complete. Reload the page and send again.")
}

fn to_conversation(id: ConversationId) -> Response {
    Redirect::to(&format!("/chat/{id}")).into_response()
}

async fn stop(
    State(chat): State<Chat>,
    CurrentSession(session): CurrentSession,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let conversation = chat.stop(session.user, run_id(&id)?).await?;
    Ok(to_conversation(conversation))
}

#[derive(Deserialize)]
struct After {
    after: Option<i32>,
}

async fn events(
    State(chat): State<Chat>,
    CurrentSession(session): CurrentSession,
    Path(id): Path<String>,
    Query(query): Query<After>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    // A browser that reconnects repeats the address it began with, so its header is the newer word.
    let last = sse::last_heard(&headers).and_then(|id| id.parse().ok());
    let after = last.or(query.after).unwrap_or(0);
    let followed = chat.follow(session.user, run_id(&id)?, after).await?;
    // Who is signed out hears no more, also in a tab that stays open.
    let followed = followed.take_until(chat.parts.identity.ended(session.user, session.id));
    Ok(sse::answer(followed.map(|followed| event(&followed))))
}

fn event(followed: &Followed) -> Event {
    let mut event = Event::default().event(followed.event.name());
    if let Some(seq) = followed.seq {
        event = event.id(seq.to_string());
    }
    // What is written here is made of strings and numbers only.
    event.data(serde_json::to_string(&followed.event).unwrap_or_default())
}

/// The conversation of this id; none for an empty one.
pub(super) fn conversation_id(text: &str) -> Result<Option<ConversationId>, ChatError> {
    match text {
        "" => Ok(None),
        id => id.parse().map(Some).map_err(|_| ChatError::NotFound("conversation")),
    }
}

/// The run of this id.
pub(super) fn run_id(text: &str) -> Result<RunId, ChatError> {
    text.parse().map_err(|_| ChatError::NotFound("answer"))
}
