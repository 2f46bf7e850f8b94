//! Microsoft Graph: Outlook's mail and calendar, and the chats, teams and channels of Microsoft Teams.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{has, mentions, now, parts, refuse, size, slice, word};
use crate::log;
use crate::oauth::grants::Token;
use crate::people::{EVERYBODY, JONAS, MIRA, Person};
use crate::shelf::{Shelf, find, take};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, PrimitiveDateTime, macros::format_description};

const TEAM: &str = "172b0cce-e65d-44ce-9a49-91d9f2e8493a";
const CHANNEL: &str = "19:general@thread.tacv2";
const CHAT: &str = "19:launch@thread.v2";

/// Answers `graph.microsoft.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["outlook", "microsoft-teams"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "InvalidAuthenticationToken", denied.reason()),
    };
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["v1.0", path @ ..] = parts.as_slice() else { return app::nobody(call) };
    let method = call.method.as_str();
    let needed: &[&str] = match (method, path) {
        ("GET", ["me", "calendar", "calendarView"]) => &["Calendars.Read", "Calendars.ReadWrite"],
        ("POST", ["me", "calendar", "events"]) | ("DELETE", ["me", "events", _]) => &["Calendars.ReadWrite"],
        ("GET", ["me", "messages"]) => &["Mail.Read", "Mail.ReadWrite"],
        ("POST", ["me", "sendMail"]) => &["Mail.Send"],
        ("GET", ["me", "chats"] | ["me", "chats", _, "messages"]) => &["Chat.Read", "Chat.ReadWrite"],
        ("POST", ["chats", _, "messages"]) => &["ChatMessage.Send", "Chat.ReadWrite"],
        ("GET", ["me", "joinedTeams"]) => &["Team.ReadBasic.All"],
        ("GET", ["teams", _, "channels"]) => &["Channel.ReadBasic.All"],
        ("POST", ["teams", _, "channels", _, "messages"]) => &["ChannelMessage.Send"],
        _ => return app::nobody(call),
    };
    if !has(&token, needed) {
        return wrong(403, "Authorization_RequestDenied", "a permission is missing");
    }
    let mut shelf = sandbox.shelf();
    match (method, path) {
        ("GET", ["me", "calendar", "calendarView"]) => view(call, &mut shelf),
        ("POST", ["me", "calendar", "events"]) => create(call, &mut shelf),
        ("DELETE", ["me", "events", id]) => match take(events(&mut shelf), "id", id) {
            Some(_) => StatusCode::NO_CONTENT.into_response(),
            None => wrong(404, "ErrorItemNotFound", "unknown event"),
        },
        ("GET", ["me", "messages"]) => messages(call, &mut shelf),
        ("POST", ["me", "sendMail"]) => send(call, &token, &mut shelf),
        ("GET", ["me", "chats"]) => answer::json(200, json!({ "value": [chat()] })),
        ("GET", ["me", "chats", CHAT, "messages"]) => {
            let mut all = spoken(&mut shelf, CHAT).clone();
            all.reverse();
            page(call, &all)
        }
        ("POST", ["chats", CHAT, "messages"]) => say(call, &token, &mut shelf, CHAT),
        ("GET", ["me", "joinedTeams"]) => answer::json(
            200,
            json!({ "value": [{ "id": TEAM, "displayName": "Northbeam", "description": "Everybody" }] }),
        ),
        ("GET", ["teams", TEAM, "channels"]) => answer::json(
            200,
            json!({ "value": [{ "id": CHANNEL, "displayName": "General", "description": "Everything",
                "webUrl": "https://teams.microsoft.com/l/channel/general" }] }),
        ),
        ("POST", ["teams", TEAM, "channels", CHANNEL, "messages"]) => say(call, &token, &mut shelf, CHANNEL),
        _ => wrong(404, "NotFound", "an unknown chat, team or channel"),
    }
}

fn wrong(status: u16, code: &str, reason: &str) -> Response {
    let body =
        json!({ "error": { "code": code, "message": format!("{code}: {reason}"), "innerError": { "date": now() } } });
    refuse(status, body, format!("graph: {reason}"))
}

/// A page of a list, and the address of the next.
fn page(call: &Call, all: &[Value]) -> Response {
    let Some(top) = size(call, "$top", 10, 50) else {
        return wrong(400, "BadRequest", "$top is out of range");
    };
    let skip = call.q("$skip").and_then(|text| text.parse().ok()).unwrap_or(0);
    let (value, more) = slice(all, skip, top);
    let mut body = json!({ "value": value });
    if more {
        let kept = call.query.iter().filter(|(name, _)| name != "$skip");
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept).append_pair("$skip", &(skip + top).to_string());
        body["@odata.nextLink"] = format!("https://graph.microsoft.com{}?{}", call.path, query.finish()).into();
    }
    answer::json(200, body)
}

fn utc(at: OffsetDateTime) -> Value {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].0000000");
    json!({ "dateTime": at.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default(), "timeZone": "UTC" })
}

/// A moment as the API takes it: with an offset, or in the time zone beside it, here UTC.
fn moment(text: &str) -> Option<OffsetDateTime> {
    let plain = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let whole = || Some(PrimitiveDateTime::parse(text.split('.').next()?, plain).ok()?.assume_utc());
    OffsetDateTime::parse(text, &Rfc3339).ok().or_else(whole)
}

fn events(shelf: &mut Shelf) -> &mut Vec<Value> {
    shelf.list("graph/events", || {
        let at = |hours: i64| log::now() + Duration::hours(hours);
        let event = |id: &str, subject: &str, hours: i64| {
            json!({ "id": id, "subject": subject, "location": { "displayName": "Room 4" }, "start": utc(at(hours)),
                "end": utc(at(hours + 1)), "webLink": format!("https://outlook.office365.com/owa/?itemid={id}") })
        };
        vec![
            event("AAMkSeededEvent1", "Harbor review", 1),
            event("AAMkSeededEvent2", "Customer call: Tideway", 20),
            event("AAMkSeededEvent3", "Planning", -20),
        ]
    })
}

fn view(call: &Call, shelf: &mut Shelf) -> Response {
    let bound = |name: &str| call.q(name).and_then(moment);
    let (Some(from), Some(to)) = (bound("startDateTime"), bound("endDateTime")) else {
        return wrong(400, "ErrorInvalidParameter", "calendarView needs startDateTime and endDateTime");
    };
    let starts = |event: &Value| event["start"]["dateTime"].as_str().and_then(moment);
    let mut inside: Vec<Value> = events(shelf)
        .iter()
        .filter(|event| starts(event).is_some_and(|start| start >= from && start < to))
        .cloned()
        .collect();
    inside.sort_by_key(|event| event["start"]["dateTime"].as_str().map(str::to_owned));
    page(call, &inside)
}

fn create(call: &Call, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let (Some(subject), Some(start), Some(end)) = (
        word(&body, "/subject"),
        word(&body, "/start/dateTime").and_then(moment),
        word(&body, "/end/dateTime").and_then(moment),
    ) else {
        return wrong(400, "ErrorInvalidRequest", "an event needs a subject, a start and an end");
    };
    if end <= start {
        return wrong(400, "ErrorPropertyValidationFailure", "an event ends after it starts");
    }
    let number = shelf.number();
    let known = word(&body, "/transactionId").and_then(|id| find(events(shelf), "transactionId", id).cloned());
    if let Some(event) = known {
        return answer::json(201, event);
    }
    let id = format!("AAMkMade{number}");
    let event = json!({ "id": id, "subject": subject, "start": utc(start), "end": utc(end), "location": body["location"],
        "attendees": body["attendees"], "transactionId": body["transactionId"],
        "webLink": format!("https://outlook.office365.com/owa/?itemid={id}") });
    events(shelf).push(event.clone());
    answer::json(201, event)
}

fn mails(shelf: &mut Shelf) -> &mut Vec<Value> {
    shelf.list("graph/mails", || {
        let mail = |id: &str, subject: &str, text: &str, read: bool, minutes: i64| {
            json!({ "id": id, "subject": subject, "bodyPreview": text, "isRead": read,
                "from": { "emailAddress": { "name": JONAS.name, "address": JONAS.email } },
                "receivedDateTime": log::rfc3339(log::now() - Duration::minutes(minutes)),
                "webLink": format!("https://outlook.office365.com/owa/?itemid={id}") })
        };
        vec![
            mail("AAMkMail1", "The invoice of Tideway", "Please look at the second line.", false, 30),
            mail("AAMkMail2", "Launch", "The page is ready for review.", false, 90),
            mail("AAMkMail3", "Holidays", "I am away next week.", true, 900),
        ]
    })
}

fn messages(call: &Call, shelf: &mut Shelf) -> Response {
    let searched = call.q("$search").map(|words| words.trim_matches('"').to_owned());
    let unread = match call.q("$filter") {
        None => false,
        Some("isRead eq false") => true,
        Some(_) => return wrong(400, "BadRequest", "a filter that is not played here"),
    };
    let fits = |mail: &&Value| {
        (!unread || mail["isRead"] == json!(false))
            && searched.as_ref().is_none_or(|words| mentions(mail, &["/subject", "/bodyPreview"], words))
    };
    let all: Vec<Value> = mails(shelf).iter().filter(fits).cloned().collect();
    page(call, &all)
}

fn send(call: &Call, token: &Token, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let to = body.pointer("/message/toRecipients/0/emailAddress/address").and_then(Value::as_str);
    let (Some(_), Some(subject)) = (to, word(&body, "/message/subject")) else {
        return wrong(400, "ErrorInvalidRecipients", "a mail needs somebody to go to, and a subject");
    };
    // What is sent lies in the mailbox too, in Sent Items.
    let id = format!("AAMkSent{}", shelf.number());
    let mail = json!({ "id": id, "subject": subject, "bodyPreview": body["message"]["body"]["content"], "isRead": true,
        "from": { "emailAddress": { "name": token.person.name, "address": token.person.email } },
        "receivedDateTime": now() });
    mails(shelf).insert(0, mail);
    StatusCode::ACCEPTED.into_response()
}

fn chat() -> Value {
    let members: Vec<Value> =
        EVERYBODY.iter().map(|person| json!({ "displayName": person.name, "email": person.email })).collect();
    json!({ "id": CHAT, "topic": "Launch", "chatType": "group", "lastUpdatedDateTime": now(), "members": members })
}

fn message(id: &str, by: Person, text: &str, at: &str) -> Value {
    json!({ "id": id, "messageType": "message", "createdDateTime": at, "webUrl": null,
        "from": { "user": { "id": format!("user-{}", by.number), "displayName": by.name } },
        "body": { "contentType": "text", "content": text } })
}

fn spoken<'a>(shelf: &'a mut Shelf, place: &str) -> &'a mut Vec<Value> {
    shelf.list(&format!("graph/messages/{place}"), || {
        let at = |minutes: i64| log::rfc3339(log::now() - Duration::minutes(minutes));
        vec![
            message("1616990032001", JONAS, "Is the export fixed?", &at(40)),
            message("1616990032002", MIRA, "Not yet, see issue 1482.", &at(25)),
        ]
    })
}

fn say(call: &Call, token: &Token, shelf: &mut Shelf, place: &str) -> Response {
    let body = call.json();
    let Some(text) = word(&body, "/body/content") else {
        return wrong(400, "BadRequest", "a message without content");
    };
    let made = message(&shelf.number().to_string(), token.person, text, &now());
    spoken(shelf, place).push(made.clone());
    answer::json(201, made)
}
