//! The addresses under `/api/chat`: send, follow, stop, decide.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response, sse::Event},
};
use futures::StreamExt as _;
use http::{HeaderMap, header};
use serde::Deserialize;

use super::{
    error::ChatError,
    export::Export,
    follow::Followed,
    model::Asking,
    need::Reply,
    proposal::Decision,
    service::{Asker, Chat},
    unsent,
};
use crate::{
    error::{AppError, ErrorKind},
    identity::session::CurrentSession,
    kit::id::{ApprovalId, ConversationId, NeedId, RunId},
    platform::{refusal::Refusal, routes::Routes, sse},
};

/// The address of the stylesheet; a build may have put a hash into its name.
#[derive(Clone)]
struct Stylesheet(Arc<str>);

/// The routes over one chat.
pub fn routes(chat: Chat, stylesheet: &str) -> Routes {
    Routes::new()
        .post("/api/chat", send)
        .get("/api/chat/runs/{id}/events", events)
        .post("/api/chat/runs/{id}/stop", stop)
        .get("/api/chat/export", export_all)
        .get("/api/chat/conversations/{id}/export", export)
        .post("/api/chat/approvals/{id}", decide)
        .post("/api/chat/needs/{id}", reply)
        .layer(Extension(Stylesheet(stylesheet.into())))
        .with_state(chat)
}

async fn send(
    State(chat): State<Chat>,
    Extension(Stylesheet(stylesheet)): Extension<Stylesheet>,
    session: Result<CurrentSession, Response>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    let refuse = |error: AppError| Refusal(error).into_response();
    let json = is_json(&headers);
    // A form whose question is refused has it back, also where its session ended while it was written.
    if !json
        && wants_page(&headers)
        && let Some(asking) = form(&body)
    {
        let sent = match session {
            Ok(CurrentSession(session)) => chat.take(&Asker::from(&session), &asking).await.map_err(AppError::from),
            Err(refused) => match refused.extensions().get::<AppError>() {
                Some(error) => Err(error.clone()),
                None => return Err(refused),
            },
        };
        return Ok(match sent {
            Ok(sent) => to_conversation(sent.conversation),
            Err(error) => unsent::page(&error, asking, &stylesheet),
        });
    }
    let CurrentSession(session) = session?;
    let asking = if json { serde_json::from_slice(&body).ok() } else { form(&body) };
    let asking = asking.ok_or_else(|| refuse(incomplete()))?;
    let sent = chat.take(&Asker::from(&session), &asking).await.map_err(|error| refuse(error.into()))?;
    Ok(if json { Json(sent).into_response() } else { to_conversation(sent.conversation) })
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim().to_ascii_lowercase().starts_with("application/json"))
}

fn form(body: &[u8]) -> Option<Asking> {
    let mut asking = Asking::default();
    for (name, value) in url::form_urlencoded::parse(body) {
        let field = match &*name {
            "conversation" => &mut asking.conversation,
            "text" => &mut asking.text,
            "key" => &mut asking.key,
            "after" => &mut asking.after,
            "beside" => &mut asking.beside,
            "again" => &mut asking.again,
            _ => continue,
        };
        *field = value.into_owned();
    }
    (!asking.key.is_empty()).then_some(asking)
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

/// A decision, as a form or as JSON.
#[derive(Deserialize)]
struct Said {
    decision: Decision,
    /// What was typed, by the names of the arguments.
    #[serde(default)]
    fields: Vec<(String, String)>,
}

async fn decide(
    State(chat): State<Chat>,
    CurrentSession(session): CurrentSession,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let json = is_json(&headers);
    let said = if json { serde_json::from_slice(&body).ok() } else { said(&body) }.ok_or_else(incomplete)?;
    let id = approval_id(&id)?;
    let conversation = chat.conversation_of(session.user, id).await?;
    let decided = chat.decide(&Asker::from(&session), id, said.decision, &said.fields).await?;
    Ok(if json { Json(decided).into_response() } else { to_conversation(conversation) })
}

/// A reply to what an answer needs, as JSON.
#[derive(Deserialize)]
struct Answered {
    reply: Reply,
}

async fn reply(
    State(chat): State<Chat>,
    CurrentSession(session): CurrentSession,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let json = is_json(&headers);
    let said = if json {
        serde_json::from_slice::<Answered>(&body).ok().map(|answered| answered.reply)
    } else {
        url::form_urlencoded::parse(&body).find_map(|(name, value)| match (&*name, &*value) {
            ("reply", "allow") => Some(Reply::Allow),
            ("reply", "not_now") => Some(Reply::NotNow),
            _ => None,
        })
    };
    let (id, said) = (need_id(&id)?, said.ok_or_else(incomplete)?);
    let conversation = chat.conversation_of_need(session.user, id).await?;
    let replied = chat.reply(&Asker::from(&session), id, said).await?;
    Ok(if json { Json(replied).into_response() } else { to_conversation(conversation) })
}

fn said(body: &[u8]) -> Option<Said> {
    let mut decision = None;
    let mut fields = Vec::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        match (&*name, &*value) {
            ("decision", "approve") => decision = Some(Decision::Approve),
            ("decision", "deny") => decision = Some(Decision::Deny),
            ("decision", "always") => decision = Some(Decision::Always),
            (name, value) => {
                if let Some(name) = name.strip_prefix("field.") {
                    fields.push((name.to_owned(), value.to_owned()));
                }
            }
        }
    }
    Some(Said { decision: decision?, fields })
}

#[derive(Deserialize)]
struct Form {
    /// `markdown`, or else `json`.
    #[serde(default)]
    format: String,
}

async fn export(
    State(chat): State<Chat>,
    CurrentSession(session): CurrentSession,
    Path(id): Path<String>,
    Query(form): Query<Form>,
) -> Result<Response, Refusal> {
    let id = conversation_id(&id)?.ok_or(ChatError::NotFound("conversation"))?;
    let asker = Asker::from(&session);
    let Export { name, media_type, body } =
        if form.format == "markdown" { chat.as_markdown(&asker, id).await? } else { chat.as_json(&asker, id).await? };
    Ok((download(&name, media_type), body).into_response())
}

/// All conversations, one after the other, so that none waits in memory for the others.
async fn export_all(State(chat): State<Chat>, CurrentSession(session): CurrentSession) -> Result<Response, Refusal> {
    let asker = Asker::from(&session);
    let ids = chat.exported_ids(&asker).await?;
    let conversations = futures::stream::iter(ids.into_iter().enumerate()).then(move |(at, id)| {
        let (chat, asker) = (chat.clone(), asker.clone());
        async move {
            match chat.whole(&asker, id).await {
                Ok((_, value)) => Ok::<_, ChatError>(format!("{}{value}", if at == 0 { "" } else { ",\n" })),
                // It was deleted meanwhile: `null` keeps the list one.
                Err(ChatError::NotFound(_)) => Ok(if at == 0 { "null".to_owned() } else { ",\nnull".to_owned() }),
                // The line breaks off, and the file is not taken for whole.
                Err(error) => Err(error),
            }
        }
    });
    let one = |text: &str| futures::stream::iter([Ok::<_, ChatError>(text.to_owned())]);
    let body = Body::from_stream(one("[").chain(conversations).chain(one("]\n")));
    Ok((download("aura-conversations.json", "application/json"), body).into_response())
}

fn download(name: &str, media_type: &'static str) -> [(header::HeaderName, String); 4] {
    [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ]
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
    let followed = chat.follow_in(&session.time_zone, session.user, run_id(&id)?, after).await?;
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

/// The proposal of this id.
pub(super) fn approval_id(text: &str) -> Result<ApprovalId, ChatError> {
    text.parse().map_err(|_| ChatError::NotFound("proposal"))
}

/// What an answer needs, of this id.
pub(super) fn need_id(text: &str) -> Result<NeedId, ChatError> {
    text.parse().map_err(|_| ChatError::NotFound("question"))
}

/// The run of this id.
pub(super) fn run_id(text: &str) -> Result<RunId, ChatError> {
    text.parse().map_err(|_| ChatError::NotFound("answer"))
}
