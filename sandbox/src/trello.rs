//! Trello's API: boards, lists, cards and comments, for whoever signs with an OAuth 1 token.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, day, has, mentions, now, parts, word};
use crate::oauth::grants::{Denied, Token};
use crate::people::{MIRA, Person};
use crate::shelf::{Shelf, find, find_mut};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::form_urlencoded;

const BOARD: &str = "5f0000000000000000000b01";
const LISTS: [(&str, &str); 3] =
    [("5f0000000000000000000a01", "Next"), ("5f0000000000000000000a02", "Doing"), ("5f0000000000000000000a03", "Done")];

/// Answers `api.trello.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let signed = call.authorization("OAuth").map(signed).unwrap_or_default();
    let token = match sandbox.grants().check(signed.as_deref(), &["trello"]) {
        Ok(token) => token,
        Err(Denied::Missing) => return wrong(401, "unauthorized permission requested"),
        Err(_) => return wrong(401, "invalid token"),
    };
    let method = call.method.as_str();
    if !has(&token, if method == "GET" { &["read"] } else { &["write"] }) {
        return wrong(401, "unauthorized permission requested");
    }
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["1", path @ ..] = parts.as_slice() else { return wrong(404, "Cannot find it") };
    let mut shelf = sandbox.shelf();
    match (method, path) {
        ("GET", ["members", "me"]) => answer::json(200, member(token.person)),
        ("GET", ["members", "me", "boards"]) => answer::json(200, json!([board()])),
        ("GET", ["members", "me", "cards"]) => {
            let mine = format!("member-{}", token.person.number);
            cards(shelf.list("trello/cards", seed), |card| card["idMembers"][0] == mine.as_str())
        }
        ("GET", ["boards", board, "lists"]) if *board == BOARD => answer::json(
            200,
            LISTS
                .iter()
                .map(|(id, name)| json!({ "id": id, "name": name, "closed": false, "idBoard": BOARD }))
                .collect(),
        ),
        ("GET", ["boards", board, "cards"]) if *board == BOARD => cards(shelf.list("trello/cards", seed), |_| true),
        ("GET", ["lists", list, "cards"]) if LISTS.iter().any(|(id, _)| id == list) => {
            cards(shelf.list("trello/cards", seed), |card| card["idList"] == *list)
        }
        ("GET", ["search"]) => {
            let Some(query) = call.q("query").filter(|query| !query.is_empty()) else {
                return wrong(400, "invalid value for query");
            };
            let found: Vec<Value> = shelf
                .list("trello/cards", seed)
                .iter()
                .filter(|card| mentions(card, &["/name", "/desc"], query))
                .cloned()
                .collect();
            answer::json(
                200,
                json!({ "cards": found, "options": { "terms": [{ "text": query }], "modelTypes": ["cards"] } }),
            )
        }
        ("POST", ["cards"]) => create(call, &token, &mut shelf),
        (_, ["cards", id, ..]) if find(shelf.list("trello/cards", seed), "id", id).is_none() => {
            wrong(404, "The requested resource was not found.")
        }
        ("GET", ["cards", id]) => match find(shelf.list("trello/cards", seed), "id", id) {
            Some(card) => answer::json(200, card.clone()),
            None => wrong(404, "The requested resource was not found."),
        },
        ("PUT", ["cards", id]) => change(call, id, &mut shelf),
        ("GET", ["cards", id, "actions"]) => {
            answer::json(200, json!(shelf.list(&format!("trello/comments/{id}"), Vec::new)))
        }
        ("POST", ["cards", id, "actions", "comments"]) => {
            let body = call.json();
            let Some(text) = word(&body, "/text").or_else(|| call.q("text")) else {
                return wrong(400, "invalid value for text");
            };
            let made = json!({ "id": format!("action-{}", shelf.number()), "type": "commentCard", "date": now(), "data": { "text": text, "card": { "id": id } }, "memberCreator": member(token.person) });
            shelf.list(&format!("trello/comments/{id}"), Vec::new).insert(0, made.clone());
            answer::json(200, made)
        }
        _ => wrong(404, "The requested resource was not found."),
    }
}

/// The token in an OAuth 1 header (RFC 5849 §3.5.1), where it is signed at all.
fn signed(header: &str) -> Option<String> {
    let field = |name: &str| {
        header.split(',').find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then(|| value.trim_matches('"').to_owned())
        })
    };
    field("oauth_signature").filter(|signature| !signature.is_empty())?;
    let encoded = format!("v={}", field("oauth_token")?);
    form_urlencoded::parse(encoded.as_bytes()).next().map(|(_, value)| value.into_owned())
}

/// Refusals are plain words.
fn wrong(status: u16, message: &str) -> Response {
    let mut response = message.to_owned().into_response();
    *response.status_mut() = axum::http::StatusCode::from_u16(status).unwrap_or_default();
    answer::refused(response, format!("trello: {message}"))
}

fn cards(all: &[Value], which: impl Fn(&Value) -> bool) -> Response {
    answer::json(200, all.iter().filter(|card| card["closed"] == false && which(card)).cloned().collect())
}

fn member(person: Person) -> Value {
    json!({ "id": format!("member-{}", person.number), "username": person.login.replace('-', ""), "fullName": person.name })
}

fn board() -> Value {
    json!({ "id": BOARD, "name": "Harbour fair", "desc": "Everything for August", "closed": false, "url": "https://trello.com/b/harbour1/harbour-fair", "dateLastActivity": ago(3) })
}

fn card(id: &str, name: &str, list: usize, who: Option<Person>, due: Option<String>) -> Value {
    let (list, _) = LISTS.get(list).copied().unwrap_or(LISTS[0]);
    let short = id.get(16..).unwrap_or(id);
    json!({ "id": id, "name": name, "desc": "", "closed": false, "idList": list, "idBoard": BOARD, "due": due.map(|due| format!("{due}T12:00:00.000Z")), "dueComplete": false,
        "idMembers": who.map(|person| format!("member-{}", person.number)).into_iter().collect::<Vec<_>>(), "url": format!("https://trello.com/c/{short}"), "dateLastActivity": ago(8) })
}

fn seed() -> Vec<Value> {
    vec![
        card("5f0000000000000000000c01", "Book the band", 1, Some(MIRA), Some(day(2))),
        card("5f0000000000000000000c02", "Paint the signs", 0, Some(MIRA), None),
        card("5f0000000000000000000c03", "Ask the city for power", 2, None, None),
    ]
}

fn create(call: &Call, token: &Token, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let wanted = word(&body, "/idList").unwrap_or_default();
    let Some(list) = LISTS.iter().position(|(id, _)| *id == wanted) else {
        return wrong(400, "invalid value for idList");
    };
    let id = format!("5f{:022}", shelf.number());
    let mut made = card(&id, word(&body, "/name").unwrap_or_default(), list, Some(token.person), None);
    for field in ["desc", "due"] {
        if !body[field].is_null() {
            made[field] = body[field].clone();
        }
    }
    shelf.list("trello/cards", seed).insert(0, made.clone());
    answer::json(200, made)
}

fn change(call: &Call, id: &str, shelf: &mut Shelf) -> Response {
    let body = call.json();
    if word(&body, "/idList").is_some_and(|wanted| !LISTS.iter().any(|(id, _)| *id == wanted)) {
        return wrong(400, "invalid value for idList");
    }
    let Some(card) = find_mut(shelf.list("trello/cards", seed), "id", id) else {
        return wrong(404, "The requested resource was not found.");
    };
    for field in ["idList", "name", "desc", "due", "closed"] {
        if !body[field].is_null() {
            card[field] = body[field].clone();
        }
    }
    card["dateLastActivity"] = now().into();
    answer::json(200, card.clone())
}
