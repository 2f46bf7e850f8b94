//! Files that come for a question: one by one before it is sent, or in the form that sends it.

use axum::{
    Json,
    body::Body,
    extract::{FromRequest as _, Multipart, Query, Request, State, multipart::Field},
    http::{HeaderMap, header},
};
use serde::Deserialize;

use super::{
    attached::{Attached, MOST_FILES},
    error::ChatError,
    model::Asking,
    service::Chat,
};
use crate::{
    account::files::{Arriving, FileError},
    error::AppError,
    identity::session::CurrentSession,
    kit::id::UserId,
    platform::refusal::Refusal,
};

/// The longest field of a form that is no file, in bytes: more than any question.
const LONGEST_FIELD: usize = 2 * 1024 * 1024;

/// What a file is called.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    name: String,
}

/// Keeps a file, which is the body, for a question that is not sent yet.
pub(super) async fn keep(
    State(chat): State<Chat>,
    CurrentSession(session): CurrentSession,
    Query(Named { name }): Query<Named>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Attached>, Refusal> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = text(header::CONTENT_TYPE).unwrap_or_default();
    let size = text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let arriving = Arriving { name: &name, media_type, size };
    Ok(Json(chat.keep_file(session.user, arriving, body.into_data_stream()).await?))
}

/// A form that may bring files, as far as it could be read.
pub(super) struct Sheet {
    pub asking: Asking,
    /// Why a file was not taken. Nothing is asked then.
    pub refused: Option<AppError>,
    /// The names of the files that are there.
    pub kept: Vec<String>,
}

pub(super) fn is_multipart(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.trim().to_ascii_lowercase().starts_with("multipart/form-data")
}

/// Reads a form with files, which are kept for whoever is signed in; none where it is no form.
pub(super) async fn sheet(chat: &Chat, user: Option<UserId>, request: Request) -> Option<Sheet> {
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let mut sheet = Sheet { asking: Asking::default(), refused: None, kept: Vec::new() };
    loop {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(_) => {
                sheet.refused.get_or_insert_with(|| FileError::CutOff.into());
                break;
            }
        };
        let Some(name) = field.name().map(str::to_owned) else { continue };
        if name == "file" {
            // Browsers send a field without a file as one without a name.
            if field.file_name().is_some_and(|name| !name.is_empty())
                && let Some(user) = user
                && let Err(error) = file(chat, user, field, &mut sheet).await
            {
                sheet.refused.get_or_insert(error);
            }
        } else if let Some(value) = value(field).await {
            put(&mut sheet.asking, &name, value);
        }
    }
    (!sheet.asking.key.is_empty()).then_some(sheet)
}

async fn file(chat: &Chat, user: UserId, field: Field<'_>, sheet: &mut Sheet) -> Result<(), AppError> {
    if sheet.asking.files.len() >= MOST_FILES {
        return Err(ChatError::ManyFiles.into());
    }
    // The same send once more: its files are there.
    if chat.is_sent(user, &sheet.asking.key).await? {
        return Ok(());
    }
    let (name, media_type) =
        (field.file_name().unwrap_or_default().to_owned(), field.content_type().unwrap_or_default().to_owned());
    let arriving = Arriving { name: &name, media_type: &media_type, size: None };
    let kept = chat.keep_file(user, arriving, field).await.map_err(|error| {
        let mut error = AppError::from(error);
        error.message = format!("«{name}»: {}", error.message);
        error
    })?;
    sheet.asking.files.extend(kept.id.map(|id| id.to_string()));
    sheet.kept.push(kept.name);
    Ok(())
}

/// What stands in a field that is no file; none where it is longer than any.
async fn value(mut field: Field<'_>) -> Option<String> {
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = field.chunk().await {
        if bytes.len() + piece.len() > LONGEST_FIELD {
            return None;
        }
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).ok()
}

/// Puts a field of a form where it belongs; any other is passed over.
pub(super) fn put(asking: &mut Asking, name: &str, value: String) {
    let field = match name {
        "conversation" => &mut asking.conversation,
        "text" => &mut asking.text,
        "key" => &mut asking.key,
        "after" => &mut asking.after,
        "beside" => &mut asking.beside,
        "again" => &mut asking.again,
        "files" => return asking.files.push(value),
        _ => return,
    };
    *field = value;
}
