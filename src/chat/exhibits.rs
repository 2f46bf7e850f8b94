//! What a model is shown of the files that questions come with: pictures drawn anew and no larger than models look at
//! them, texts as plainly marked data, PDF as it is. What it cannot read it is told of.

use std::{collections::HashMap, sync::Arc};

use super::{
    error::ChatError,
    service::{Parts, unread},
    store::{self, attached::AttachedRow},
};
use crate::{
    account::{
        files::{self, FileRow, Nature},
        picture,
    },
    inference::{Exhibit, ExhibitKind, TurnMessage, prompts},
    kit::id::{FileId, MessageId, UserId},
    platform::telemetry,
};

/// How much of a text is shown, in bytes.
pub(super) const TEXT_BYTES: usize = 100_000;
/// How much of all texts.
const TEXTS_BYTES: usize = 300_000;
/// How much of a conversation's pictures and documents, in bytes as they are kept.
const SHOWN_BYTES: u64 = 30 * 1024 * 1024;
/// Models look at no more of a picture.
const LONGEST_SIDE: u32 = 1_568;

/// The files of the questions that a model gets to see.
pub(super) struct Exhibits<'a> {
    parts: &'a Parts,
    rows: HashMap<MessageId, Vec<AttachedRow>>,
    files: HashMap<FileId, FileRow>,
    texts: usize,
    shown: u64,
}

impl<'a> Exhibits<'a> {
    /// Those of these questions.
    pub(super) async fn of(parts: &'a Parts, user: UserId, messages: &[MessageId]) -> Result<Self, ChatError> {
        let mut connection = parts.db.acquire().await?;
        let mut rows: HashMap<MessageId, Vec<AttachedRow>> = HashMap::new();
        let mut ids = Vec::new();
        for row in store::attached::of_messages(&mut connection, user, messages).await? {
            ids.extend(row.file);
            rows.entry(row.message).or_default().push(row);
        }
        drop(connection);
        let files = if ids.is_empty() { Vec::new() } else { parts.files.some(user, &ids).await? };
        let files = files.into_iter().map(|file| (file.id, file)).collect();
        Ok(Self { parts, rows, files, texts: TEXTS_BYTES, shown: SHOWN_BYTES })
    }

    /// A question with its files. Those that are asked for first are shown first, while there is room.
    pub(super) async fn with(&mut self, message: MessageId, words: String) -> TurnMessage {
        let Some(rows) = self.rows.remove(&message) else { return TurnMessage::Person(words) };
        let (mut before, mut exhibits) = (Vec::new(), Vec::<Exhibit>::new());
        for row in &rows {
            match self.one(row).await {
                One::Shown(exhibit) => exhibits.push(exhibit),
                One::Said(said) => before.push(said),
            }
        }
        if !exhibits.is_empty() {
            let names: Vec<&str> = exhibits.iter().map(|exhibit| exhibit.name.as_str()).collect();
            before.insert(0, prompts::attached(&names));
        }
        before.push(words);
        let text = before.join("\n\n");
        if exhibits.is_empty() { TurnMessage::Person(text) } else { TurnMessage::Shown { text, exhibits } }
    }

    async fn one(&mut self, row: &AttachedRow) -> One {
        let not = |why: &str| One::Said(prompts::not_attached(&row.name, why));
        let Some(file) = row.file.and_then(|id| self.files.get(&id)).cloned() else {
            return not("the person has deleted it.");
        };
        let size = file.size.unsigned_abs();
        if let Some(why) = unread(&file.media_type, size, Some(self.parts.inference.sight())) {
            return not(why);
        }
        let is_text = matches!(files::nature(&file.media_type), Some(Nature::Text));
        let is_full = if is_text { self.texts == 0 } else { size > self.shown };
        if is_full {
            return not("too much else is attached in this conversation.");
        }
        let exhibit = match load(self.parts, &file).await {
            Ok(content) if is_text => return self.text(&file, content),
            Ok(content) => shown(&file, content).await,
            Err(error) => {
                telemetry::report(&error, "a file of a question could not be read");
                None
            }
        };
        self.shown -= size.min(self.shown);
        exhibit.map_or_else(|| not("it could not be read."), One::Shown)
    }

    fn text(&mut self, file: &FileRow, content: Vec<u8>) -> One {
        let whole = String::from_utf8_lossy(&content);
        let text = start(&whole, TEXT_BYTES.min(self.texts));
        self.texts -= text.len();
        let is_cut = text.len() < whole.len();
        One::Said(prompts::attached_text(&file.id.to_string(), &file.name, &text.replace('\0', ""), is_cut))
    }
}

enum One {
    Shown(Exhibit),
    Said(String),
}

/// The content that a kept turn does not have, once more.
pub(super) async fn again(parts: &Parts, user: UserId, mut messages: Vec<TurnMessage>) -> Vec<TurnMessage> {
    let is_shown = |message: &&mut TurnMessage| matches!(message, TurnMessage::Shown { .. });
    let mut ids: Vec<FileId> = Vec::new();
    for message in &messages {
        if let TurnMessage::Shown { exhibits, .. } = message {
            ids.extend(exhibits.iter().filter_map(|exhibit| exhibit.reference.parse::<FileId>().ok()));
        }
    }
    if ids.is_empty() {
        return messages;
    }
    let files = parts.files.some(user, &ids).await.unwrap_or_else(|error| {
        telemetry::report(&error, "the files of a question could not be found");
        Vec::new()
    });
    for message in messages.iter_mut().filter(is_shown) {
        let TurnMessage::Shown { text, exhibits } = message else { continue };
        let (mut left, mut gone) = (Vec::new(), Vec::new());
        for exhibit in std::mem::take(exhibits) {
            let file = files.iter().find(|file| file.id.to_string() == exhibit.reference);
            let content = match file {
                Some(file) => load(parts, file).await.ok(),
                None => None,
            };
            match (file, content) {
                (Some(file), Some(content)) => left.extend(shown(file, content).await),
                _ => gone.push(prompts::not_attached(&exhibit.name, "it is not there any more.")),
            }
        }
        gone.push(std::mem::take(text));
        (*text, *exhibits) = (gone.join("\n\n"), left);
    }
    messages
}

async fn load(parts: &Parts, file: &FileRow) -> Result<Vec<u8>, ChatError> {
    Ok(parts.files.whole(file).await?)
}

/// A picture or a PDF as a model is shown it; none where it is damaged.
async fn shown(file: &FileRow, content: Vec<u8>) -> Option<Exhibit> {
    let (kind, content) = if matches!(files::nature(&file.media_type), Some(Nature::Picture(_))) {
        // Nothing of the file itself goes out: where it was taken and by whom stands in it.
        let drawn = tokio::task::spawn_blocking(move || picture::shrink(&content, LONGEST_SIDE)).await.ok()?.ok()?;
        (if drawn.extension == "png" { ExhibitKind::Png } else { ExhibitKind::Jpeg }, drawn.bytes)
    } else {
        (ExhibitKind::Pdf, content)
    };
    let (reference, name) = (file.id.to_string(), file.name.clone());
    Some(Exhibit { reference, name, kind, content: Arc::from(content) })
}

/// The first bytes of a text, up to the end of a letter.
fn start(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_text_is_cut_between_letters() {
        assert_eq!(super::start("ab", 5), "ab");
        assert_eq!(super::start("aé", 2), "a");
    }
}
