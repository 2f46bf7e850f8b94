//! Google's documents: found through Drive, read and created through Docs.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, mentions, now, parts, refuse, size, slice, word};
use crate::people::MIRA;
use crate::shelf::find;
use axum::response::Response;
use serde_json::{Value, json};

const READ: &str = "https://www.googleapis.com/auth/drive.readonly";
const WRITE: &str = "https://www.googleapis.com/auth/drive.file";

/// Answers `docs.googleapis.com` and Drive below `www.googleapis.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["google-docs"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "UNAUTHENTICATED", denied.reason()),
    };
    let needed = if call.method == "GET" { READ } else { WRITE };
    if !has(&token, &[needed]) {
        return wrong(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.");
    }
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut shelf = sandbox.shelf();
    let documents = shelf.list("google-docs/documents", seed);
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["drive", "v3", "files"]) => files(call, documents),
        ("GET", ["v1", "documents", id]) => match find(documents, "id", id) {
            Some(document) => answer::json(200, whole(document)),
            None => wrong(404, "NOT_FOUND", "Requested entity was not found."),
        },
        ("POST", ["v1", "documents"]) => {
            let body = call.json();
            let title = word(&body, "/title").unwrap_or("Untitled document");
            let id = format!("1Made{:016}", documents.len());
            let made = document(&id, title, "", &now());
            documents.insert(0, made.clone());
            answer::json(200, whole(&made))
        }
        _ => wrong(404, "NOT_FOUND", "Not Found"),
    }
}

fn wrong(status: u16, word: &str, message: &str) -> Response {
    let body = json!({ "error": { "code": status, "message": message, "status": word, "errors": [{ "reason": word, "message": message }] } });
    refuse(status, body, format!("google-docs: {message}"))
}

fn document(id: &str, name: &str, text: &str, at: &str) -> Value {
    json!({ "id": id, "name": name, "text": text, "mimeType": "application/vnd.google-apps.document", "modifiedTime": at,
        "webViewLink": format!("https://docs.google.com/document/d/{id}/edit"), "owners": [{ "displayName": MIRA.name }] })
}

fn seed() -> Vec<Value> {
    vec![
        document(
            "1HarborPlanDocument01",
            "Harbor plan",
            "What we build in spring\n\nThe north pier comes first.\n",
            &ago(5),
        ),
        document("1PressTextDocument002", "Press text", "A new harbor for small boats\n", &ago(50)),
    ]
}

/// The parts of Drive's query language that are asked here.
fn files(call: &Call, documents: &[Value]) -> Response {
    let query = call.q("q").unwrap_or_default();
    let words = query.split_once("fullText contains '").map(|(_, rest)| rest.trim_end_matches('\''));
    // Drive does not order what it finds by words in other ways than its own.
    if words.is_some() && call.q("orderBy").is_some() {
        return wrong(403, "INVALID_ARGUMENT", "Sorting is not supported for queries with fullText terms.");
    }
    let found: Vec<Value> = documents
        .iter()
        .filter(|one| words.is_none_or(|words| mentions(one, &["/name", "/text"], words)))
        .cloned()
        .collect();
    let Some(size) = size(call, "pageSize", 100, 1_000) else { return wrong(400, "INVALID_ARGUMENT", "pageSize") };
    let skip = call.q("pageToken").and_then(|mark| mark.parse().ok()).unwrap_or(0);
    let (page, more) = slice(&found, skip, size);
    let mut body = json!({ "files": page });
    if more {
        body["nextPageToken"] = (skip + size).to_string().into();
    }
    answer::json(200, body)
}

/// The document as Docs tells it: paragraphs of runs of text.
fn whole(document: &Value) -> Value {
    let paragraphs: Vec<Value> = document["text"]
        .as_str()
        .unwrap_or_default()
        .split_inclusive('\n')
        .map(|line| json!({ "paragraph": { "elements": [{ "textRun": { "content": line, "textStyle": {} } }] } }))
        .collect();
    let first = json!({ "endIndex": 1, "sectionBreak": { "sectionStyle": {} } });
    let content: Vec<Value> = std::iter::once(first).chain(paragraphs).collect();
    json!({ "documentId": document["id"], "title": document["name"], "body": { "content": content } })
}
