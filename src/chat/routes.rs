//! The addresses under `/api/chat`: send, follow, stop, decide.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    response::{IntoResponse, Redirect, Response, sse::Event},
};
use futures::StreamExt as _;
use http::{HeaderMap, header};
use serde::Deserialize;

use super::{
    activity,
    error::ChatError,
    export::Export,
    follow::Followed,
    model::Asking,
    need::Reply,
    proposal::Decision,
    service::{Asker, Chat},
    unsent,
    upload::{self, Sheet},
};
use crate::{
    error::{AppError, ErrorKind},
    identity::session::CurrentSession,
    kit::id::{ApprovalId, ConversationId, NeedId, RunId},
    platform::{refusal::Refusal, routes::Routes, sse},
};

/// Where files come: with the form of a question, or before it.
pub const UPLOADS: [&str; 2] = [SEND, FILES];
const SEND: &str = "/api/chat";
const FILES: &str = "/api/chat/files";
/// The longest body that brings no file, in bytes.
const LONGEST_BODY: usize = 2 * 1024 * 1024;

/// The address of the stylesheet; a build may have put a hash into its name.
#[derive(Clone)]
struct Stylesheet(Arc<str>);

/// The routes over one chat.
pub fn routes(chat: Chat, stylesheet: &str) -> Routes {
    Routes::new()
        .post(SEND, send)
        .post(FILES, upload::keep)
        // The size is counted while it comes in.
        .layer(DefaultBodyLimit::disable())
        .get("/api/chat/runs/{id}/events", events)
        .post("/api/chat/runs/{id}/stop", stop)
        .get("/api/chat/export", export_all)
        .get("/api/chat/conversations/{id}/export", export)
        .post("/api/chat/approvals/{id}", decide)
        .post("/api/chat/approvals/{id}/undo", undo)
        .post("/api/chat/needs/{id}", reply)
        .layer(Extension(Stylesheet(stylesheet.into())))
        .with_state(chat)
}

async fn send(
    State(chat): State<Chat>,
    Extension(Stylesheet(stylesheet)): Extension<Stylesheet>,
    session: Result<CurrentSession, Response>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Response> {
    let refuse = |error: AppError| Refusal(error).into_response();
    let json = is_json(&headers);
    let user = session.as_ref().ok().map(|CurrentSession(session)| session.user);
    let sheet = if upload::is_multipart(&headers) {
        upload::sheet(&chat, user, request).await
    } else {
        let body = axum::body::to_bytes(request.into_body(), LONGEST_BODY).await;
        let body = body.map_err(|_| refuse(ChatError::TooLong.into()))?;
        let asking = if json { serde_json::from_slice(&body).ok() } else { form(&body) };
        asking.map(|asking| Sheet { asking, refused: None, kept: Vec::new() })
    };
    // A form whose question is refused has it back, also where its session ended while it was written.
    if !json
        && wants_page(&headers)
        && let Some(Sheet { asking, refused, kept }) = sheet
    {
        let sent = match session {
            Ok(_) if refused.is_some() => Err(refused.unwrap_or_else(incomplete)),
            Ok(CurrentSession(session)) => chat.take(&Asker::from(&session), &asking).await.map_err(AppError::from),
            Err(refused) => match refused.extensions().get::<AppError>() {
                Some(error) => Err(error.clone()),
                None => return Err(refused),
            },
        };
        return Ok(match sent {
            Ok(sent) => to_conversation(sent.conversation),
            Err(error) => unsent::page(&error, asking, kept, &stylesheet),
        });
    }
    let CurrentSession(session) = session?;
    let Sheet { asking, refused, .. } = sheet.ok_or_else(|| refuse(incomplete()))?;
    if let Some(refused) = refused {
        return Err(refuse(refused));
    }
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
        upload::put(&mut asking, &name, value.into_owned());
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

/// Takes back what was done. A form says in `to` where its person goes on.
async fn undo(
    State(chat): State<Chat>,
    CurrentSession(session): CurrentSession,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let id = approval_id(&id)?;
    let conversation = chat.conversation_of(session.user, id).await?;
    let undone = chat.undo(&Asker::from(&session), id).await?;
    if is_json(&headers) {
        return Ok(Json(undone).into_response());
    }
    let to_calls = url::form_urlencoded::parse(&body).any(|(name, value)| name == "to" && value == "calls");
    Ok(if to_calls { Redirect::to(activity::PLACE).into_response() } else { to_conversation(conversation) })
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
    let data = serde_json::to_string(&followed.event).unwrap_or_default();
    if followed.event.is_text() { sse::padded(event, data) } else { event.data(data) }
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
