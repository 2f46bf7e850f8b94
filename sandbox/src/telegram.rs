//! Telegram's bot API: what was written to a bot, its chats, and what it sends.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{parts, refuse, word};
use crate::log;
use crate::people::MIRA;
use axum::response::Response;
use serde_json::{Value, json};

const GROUP: i64 = -1_001_234_567_890;
const PRIVATE: i64 = 880_101;

/// Answers `api.telegram.org` to a bot whose token is right.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let parts = parts(call);
    let [bot, method] = parts.as_slice() else { return wrong(404, "Not Found") };
    let body = call.json();
    let said = |name: &str| {
        let sent = word(&body, &format!("/{name}")).map(str::to_owned);
        sent.or_else(|| body[name].as_i64().map(|id| id.to_string())).or_else(|| call.q(name).map(str::to_owned))
    };
    // Names of methods are read whatever their case.
    match method.to_ascii_lowercase().as_str() {
        "getupdates" => told(updates()),
        "getchat" => match chat(said("chat_id")) {
            Some(chat) => told(chat),
            None => wrong(400, "Bad Request: chat not found"),
        },
        "getchatadministrators" => match chat(said("chat_id")) {
            Some(chat) if chat["type"] == "private" => {
                wrong(400, "Bad Request: there are no administrators in the private chat")
            }
            Some(_) => told(json!([
                { "user": { "id": PRIVATE, "is_bot": false, "first_name": "Mira", "username": MIRA.login }, "status": "creator", "custom_title": "Harbor master", "is_anonymous": false },
                { "user": { "id": 110_201_543, "is_bot": true, "first_name": "Northbeam" }, "status": "administrator" },
            ])),
            None => wrong(400, "Bad Request: chat not found"),
        },
        "sendmessage" => {
            let Some(chat) = chat(said("chat_id")) else { return wrong(400, "Bad Request: chat not found") };
            let Some(text) = said("text").filter(|text| !text.trim().is_empty()) else {
                return wrong(400, "Bad Request: message text is empty");
            };
            if text.chars().count() > 4_096 {
                return wrong(400, "Bad Request: message is too long");
            }
            let mut shelf = sandbox.shelf();
            let id = shelf.number();
            let sent = json!({ "message_id": id, "from": { "id": 110_201_543, "is_bot": true, "first_name": "Northbeam" }, "chat": chat, "date": log::now().unix_timestamp(), "text": text });
            shelf.list(&format!("telegram/sent/{bot}"), Vec::new).push(sent.clone());
            told(sent)
        }
        _ => wrong(404, "Not Found"),
    }
}

fn told(result: Value) -> Response {
    answer::json(200, json!({ "ok": true, "result": result }))
}

fn wrong(code: u16, description: &str) -> Response {
    let body = json!({ "ok": false, "error_code": code, "description": description });
    refuse(code, body, format!("telegram: {description}"))
}

fn chat(id: Option<String>) -> Option<Value> {
    match id?.as_str() {
        "-1001234567890" | "@northbeam_harbor" => Some(
            json!({ "id": GROUP, "title": "Harbor watch", "username": "northbeam_harbor", "type": "supergroup", "description": "Who opens, who closes" }),
        ),
        "880101" => Some(
            json!({ "id": PRIVATE, "first_name": "Mira", "username": MIRA.login, "type": "private", "bio": "At sea" }),
        ),
        _ => None,
    }
}

fn updates() -> Value {
    let moment = |minutes: i64| log::now().unix_timestamp() - minutes * 60;
    let from = |name: &str| json!({ "id": PRIVATE, "is_bot": false, "first_name": name });
    let group = json!({ "id": GROUP, "title": "Harbor watch", "type": "supergroup" });
    json!([
        { "update_id": 501, "message": { "message_id": 71, "from": from("Mira"), "chat": { "id": PRIVATE, "first_name": "Mira", "type": "private" }, "date": moment(90), "text": "When does the gate open?" } },
        { "update_id": 502, "message": { "message_id": 72, "from": from("Jonas"), "chat": group, "date": moment(40), "photo": [], "caption": "The pier this morning" } },
        { "update_id": 503, "edited_message": { "message_id": 72, "from": from("Jonas"), "chat": group, "date": moment(40), "edit_date": moment(30), "text": "The pier this morning, before the rain" } },
    ])
}
