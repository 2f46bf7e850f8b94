//! A conversation to take along: as Markdown what is shown of it, as JSON all of it.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    error::ChatError,
    model::{Answer, Message, ToolCard},
    moment,
    service::{Asker, Chat},
    store::{self, messages::MessageRow},
};
use crate::{identity, kit::id::ConversationId};

/// A file to download.
pub(super) struct Export {
    pub name: String,
    pub media_type: &'static str,
    pub body: String,
}

/// A message with its source, as it is exported.
#[derive(Serialize)]
struct Exported<'a> {
    id: String,
    /// What it follows.
    parent: Option<String>,
    by: &'a str,
    text: &'a str,
    written: String,
    /// What the files of a question are called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<&'a str>,
    #[serde(flatten)]
    answer: Option<Value>,
}

impl Chat {
    /// What is shown of a conversation of theirs, as Markdown.
    ///
    /// # Errors
    /// When the conversation is not theirs.
    pub(super) async fn as_markdown(&self, asker: &Asker, id: ConversationId) -> Result<Export, ChatError> {
        let mut snapshot = self.snapshot().await?;
        let head = store::conversations::head(&mut snapshot, asker.user, id).await?;
        let title = head.ok_or(ChatError::NotFound("conversation"))?.title;
        let rows = match store::messages::leaf(&mut snapshot, asker.user, id).await? {
            Some(leaf) => store::messages::path(&mut snapshot, asker.user, id, leaf, i64::MAX).await?,
            None => Vec::new(),
        };
        let shown = self.shown(&mut snapshot, asker, id, rows.clone()).await?;
        snapshot.commit().await?;
        let now = self.parts.clock.now();
        let mut body = format!("# {}\n", line(&title));
        for (row, message) in matched(&rows, &shown) {
            let when = identity::moment::stamp(row.created_at, now, &asker.zone);
            match message {
                Message::Question(question) => {
                    body.push_str(&format!("\n## You, {when}\n\n{}\n", row.content));
                    for file in &question.files {
                        body.push_str(&format!("\n> Attached: {}, {}\n", line(&file.name), file.size));
                    }
                }
                Message::Answer(answer) => {
                    body.push_str(&format!("\n## Aura, {when}\n"));
                    for card in &answer.cards {
                        body.push('\n');
                        body.push_str(&read(card));
                    }
                    body.push_str(&format!("\n{}\n", row.content));
                    if let Some(error) = &answer.run.error {
                        body.push_str(&format!("\n*{}*\n", line(error)));
                    }
                }
            }
        }
        Ok(Export { name: file_name(&title, "md"), media_type: "text/markdown; charset=utf-8", body })
    }

    /// A conversation of theirs with every version of every message, as JSON.
    ///
    /// # Errors
    /// When the conversation is not theirs.
    pub(super) async fn as_json(&self, asker: &Asker, id: ConversationId) -> Result<Export, ChatError> {
        let (title, value) = self.whole(asker, id).await?;
        let body = serde_json::to_string_pretty(&value)?;
        Ok(Export { name: file_name(&title, "json"), media_type: "application/json", body })
    }

    /// All conversations of theirs, oldest first.
    ///
    /// # Errors
    /// When the database is away.
    pub(super) async fn exported_ids(&self, asker: &Asker) -> Result<Vec<ConversationId>, ChatError> {
        Ok(store::conversations::ids(&self.parts.db, asker.user).await?)
    }

    /// Everything of one conversation, and its name.
    pub(super) async fn whole(&self, asker: &Asker, id: ConversationId) -> Result<(String, Value), ChatError> {
        let mut snapshot = self.snapshot().await?;
        let head = store::conversations::head(&mut snapshot, asker.user, id).await?;
        let head = head.ok_or(ChatError::NotFound("conversation"))?;
        let rows = store::messages::all(&mut snapshot, asker.user, id).await?;
        let leaf = store::messages::leaf(&mut snapshot, asker.user, id).await?;
        let shown = self.shown(&mut snapshot, asker, id, rows.clone()).await?;
        snapshot.commit().await?;
        let messages: Vec<Exported<'_>> = matched(&rows, &shown)
            .map(|(row, message)| Exported {
                id: row.id.to_string(),
                parent: row.parent.map(|parent| parent.to_string()),
                by: if row.author == "person" { "you" } else { "aura" },
                text: &row.content,
                written: moment::machine(row.created_at),
                files: match message {
                    Message::Question(question) => question.files.iter().map(|file| file.name.as_str()).collect(),
                    Message::Answer(_) => Vec::new(),
                },
                answer: match message {
                    Message::Question(_) => None,
                    Message::Answer(answer) => Some(of_answer(answer)),
                },
            })
            .collect();
        let value = json!({
            "format": "aura conversation 1",
            "id": id,
            "title": head.title,
            "pinned": head.pinned,
            "archived": head.archived,
            "shown": leaf,
            "messages": messages,
        });
        Ok((head.title, value))
    }
}

/// Each message with its source.
fn matched<'a>(
    rows: &'a [MessageRow],
    shown: &'a [Message],
) -> impl Iterator<Item = (&'a MessageRow, &'a Message)> + 'a {
    let mut rows = rows.iter();
    shown.iter().filter_map(move |message| Some((rows.find(|row| row.id == message.id())?, message)))
}

fn of_answer(answer: &Answer) -> Value {
    let reads: Vec<Value> = answer
        .cards
        .iter()
        .map(|card| {
            json!({
                "service": card.service_name,
                "what": card.title,
                "about": card.detail,
                "found": card.items,
                "error": card.error,
            })
        })
        .collect();
    json!({
        "state": answer.run.state,
        "error": answer.run.error,
        "reads": reads,
        "feedback": answer.feedback,
    })
}

/// What was read, as a list.
fn read(card: &ToolCard) -> String {
    let mut text = format!("> {}, {}\n", line(&card.title), line(&card.service_name));
    for item in &card.items {
        let note = if item.note.is_empty() { String::new() } else { format!(", {}", line(&item.note)) };
        let link = item.link.as_deref().map(|link| format!(" <{link}>")).unwrap_or_default();
        text.push_str(&format!("> {}. {}{note}{link}\n", item.n, line(&item.title)));
    }
    text
}

/// On one line, and nothing that Markdown would read.
fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|') {
            line.push('\\');
        }
        line.push(letter);
    }
    line
}

/// A name that every file system takes.
fn file_name(title: &str, ending: &str) -> String {
    let mut name: String =
        title.to_lowercase().chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    while name.contains("--") {
        name = name.replace("--", "-");
    }
    let name: String = name.trim_matches('-').chars().take(60).collect();
    let name = if name.is_empty() { "conversation" } else { name.trim_end_matches('-') };
    format!("aura-{name}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_conversation() {
        assert_eq!(file_name("What is on, Thursday?", "md"), "aura-what-is-on-thursday.md");
        assert_eq!(file_name("漢字 \"../", "json"), "aura-conversation.json");
        assert!(file_name(&"x".repeat(200), "md").len() < 80);
    }

    #[test]
    fn what_was_read_is_text_in_the_file() {
        assert_eq!(line("a\n# b <i> [x](y)"), "a \\# b \\<i\\> \\[x\\](y)");
    }
}
