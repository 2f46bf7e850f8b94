//! Slack's Web API: always 200, the truth is in `ok`.

use crate::answer;
use crate::app::Sandbox;
use crate::call::{Call, find};
use crate::log;
use crate::oauth::grants::{Denied, Token};
use crate::people::{EVERYBODY, MIRA};
use crate::shelf::{Shelf, find_mut, take};
use crate::slack_data::{self, CHANNELS, Channel, Message};
use axum::response::Response;
use serde_json::{Value, json};

/// Arguments come in the query or as a form.
struct Arguments(Vec<(String, String)>);

impl Arguments {
    fn get(&self, name: &str) -> Option<&str> {
        find(&self.0, name).filter(|value| !value.is_empty())
    }

    fn number(&self, name: &str, otherwise: usize) -> usize {
        self.get(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    }
}

/// Answers `slack.com/api/…`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let Some(method) = call.path.strip_prefix("/api/") else {
        return crate::app::nobody(call);
    };
    let mut arguments = Arguments(call.query.clone());
    arguments.0.extend(call.fields());
    let sent = call.authorization("Bearer").or_else(|| arguments.get("token")).map(str::to_owned);
    let by_person = sent.as_deref().is_some_and(|token| token.starts_with("xoxp-"));
    let checked = sandbox.grants().check(sent.as_deref(), &["slack"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return no(denied_word(denied), denied.reason()),
    };
    if let Some(needed) = needed(method)
        && !token.scopes.iter().any(|scope| needed.contains(&scope.as_str()))
    {
        let body = json!({ "ok": false, "error": "missing_scope", "needed": needed.join(","), "provided": token.scopes.join(",") });
        return answer::refused(answer::json(200, body), format!("slack: {method} needs one of {needed:?}"));
    }
    match method {
        "auth.test" => yes(who(&token, by_person)),
        "conversations.list" | "users.conversations" => list(&arguments),
        "conversations.info" => with_channel(&arguments, |channel| info(channel, by_person)),
        "conversations.history" => {
            with_channel(&arguments, |channel| history(channel, &arguments, written(&mut sandbox.shelf())))
        }
        "conversations.replies" => {
            with_channel(&arguments, |channel| replies(channel, &arguments, written(&mut sandbox.shelf())))
        }
        "chat.postMessage" => {
            with_channel(&arguments, |channel| post(channel, &arguments, &token, &mut sandbox.shelf()))
        }
        "chat.delete" => with_channel(&arguments, |channel| delete(channel, &arguments, &token, &mut sandbox.shelf())),
        "reactions.add" => {
            with_channel(&arguments, |channel| react(channel, &arguments, &token, written(&mut sandbox.shelf())))
        }
        "reactions.remove" => {
            with_channel(&arguments, |channel| unreact(channel, &arguments, &token, written(&mut sandbox.shelf())))
        }
        "search.messages" if !by_person => no("not_allowed_token_type", "search needs the person's own token"),
        "search.messages" => search(&arguments),
        "users.list" => {
            yes(json!({ "members": EVERYBODY.map(slack_data::user), "response_metadata": { "next_cursor": "" } }))
        }
        "users.info" => match arguments.get("user").and_then(slack_data::person) {
            Some(person) => yes(json!({ "user": slack_data::user(person) })),
            None => no("user_not_found", "no such user"),
        },
        "team.info" => yes(json!({ "team": { "id": "T0NORTH001", "name": "Northbeam", "domain": "northbeam" } })),
        _ => no("unknown_method", method),
    }
}

fn needed(method: &str) -> Option<&'static [&'static str]> {
    match method {
        "conversations.list" | "users.conversations" | "conversations.info" => {
            Some(&["channels:read", "groups:read", "im:read", "mpim:read"])
        }
        "conversations.history" | "conversations.replies" => Some(&["channels:history"]),
        "chat.postMessage" | "chat.delete" => Some(&["chat:write"]),
        "reactions.add" | "reactions.remove" => Some(&["reactions:write"]),
        "search.messages" => Some(&["search:read", "search:read.public"]),
        "users.list" | "users.info" => Some(&["users:read"]),
        "team.info" => Some(&["team:read"]),
        _ => None,
    }
}

fn denied_word(denied: Denied) -> &'static str {
    match denied {
        Denied::Missing => "not_authed",
        Denied::Unknown => "invalid_auth",
        Denied::Expired => "token_expired",
        Denied::Revoked => "token_revoked",
    }
}

fn yes(mut body: Value) -> Response {
    body["ok"] = true.into();
    answer::json(200, body)
}

fn no(error: &str, reason: &str) -> Response {
    answer::refused(answer::json(200, json!({ "ok": false, "error": error })), format!("slack: {error} ({reason})"))
}

fn who(token: &Token, by_person: bool) -> Value {
    let person = token.person;
    let mut body = json!({
        "url": "https://northbeam.slack.com/",
        "team": "Northbeam",
        "team_id": "T0NORTH001",
        "user": if by_person { person.login } else { "aura" },
        "user_id": if by_person { slack_data::user_id(person) } else { "U0AURABOT1".to_owned() },
        "is_enterprise_install": false,
    });
    if !by_person {
        body["bot_id"] = "B0AURA0001".into();
    }
    body
}

fn list(arguments: &Arguments) -> Response {
    let size = arguments.number("limit", 100).clamp(1, 1000);
    let skip = arguments.number("cursor", 0);
    let channels: Vec<Value> = CHANNELS.iter().skip(skip).take(size).map(slack_data::channel).collect();
    let next = if skip + size < CHANNELS.len() { (skip + size).to_string() } else { String::new() };
    yes(json!({ "channels": channels, "response_metadata": { "next_cursor": next } }))
}

fn with_channel(arguments: &Arguments, act: impl FnOnce(&Channel) -> Response) -> Response {
    match arguments.get("channel").and_then(|id| CHANNELS.iter().find(|channel| channel.id == id)) {
        Some(channel) => act(channel),
        None => no("channel_not_found", "a channel is named by its id"),
    }
}

/// How much is unread is told to people only, not to bots.
fn info(channel: &Channel, by_person: bool) -> Response {
    let mut shown = slack_data::channel(channel);
    if by_person {
        let unread = channel.messages.iter().filter(|message| message.unread).count();
        shown["last_read"] = slack_data::last_read(channel).into();
        shown["unread_count"] = unread.into();
        shown["unread_count_display"] = unread.into();
        shown["latest"] = channel.messages.first().map_or(Value::Null, |message| slack_data::shown(channel, message));
    }
    yes(json!({ "channel": shown }))
}

fn history(channel: &Channel, arguments: &Arguments, written: &[Value]) -> Response {
    let size = arguments.number("limit", 100).clamp(1, 999);
    let inclusive = matches!(arguments.get("inclusive"), Some("true" | "1"));
    let seconds = |text: &str| text.parse::<f64>().unwrap_or(0.0);
    let inside = |message: &&Value| {
        let stamp = message["ts"].as_str().unwrap_or_default();
        let at = seconds(stamp);
        let after = arguments.get("oldest").is_none_or(|oldest| at > seconds(oldest) || (inclusive && stamp == oldest));
        let before =
            arguments.get("latest").is_none_or(|latest| at < seconds(latest) || (inclusive && stamp == latest));
        after && before
    };
    let mut all: Vec<Value> = channel.messages.iter().map(|message| slack_data::shown(channel, message)).collect();
    all.extend(
        written.iter().filter(|message| message["channel"] == channel.id && message["thread_ts"].is_null()).cloned(),
    );
    all.retain(|message| inside(&message));
    all.sort_by(|one, other| other["ts"].as_str().cmp(&one["ts"].as_str()));
    let more = all.len() > size;
    yes(json!({ "messages": all.into_iter().take(size).collect::<Vec<_>>(), "has_more": more, "pin_count": 0 }))
}

/// What was written since the first day, and one older message.
fn written(shelf: &mut Shelf) -> &mut Vec<Value> {
    shelf.list("slack/written", || {
        let waved = json!([{ "name": "wave", "count": 1, "users": [slack_data::user_id(MIRA)] }]);
        vec![json!({ "type": "message", "user": slack_data::user_id(MIRA), "text": "Draft of the announcement :wave:", "reactions": waved, "ts": "1790000000.000100", "channel": "C0LAUNCH01" })]
    })
}

fn replies(channel: &Channel, arguments: &Arguments, written: &[Value]) -> Response {
    let wanted = arguments.get("ts").unwrap_or_default();
    let old = channel.messages.iter().map(|message| slack_data::shown(channel, message));
    let all = old.chain(written.iter().filter(|message| message["channel"] == channel.id).cloned());
    let thread: Vec<Value> = all.filter(|message| message["ts"] == wanted || message["thread_ts"] == wanted).collect();
    if thread.is_empty() {
        return no("thread_not_found", "no message of this time stamp");
    }
    yes(json!({ "messages": thread, "has_more": false }))
}

fn post(channel: &Channel, arguments: &Arguments, token: &Token, shelf: &mut Shelf) -> Response {
    let Some(text) = arguments.get("text") else {
        return no("no_text", "a message without text");
    };
    let ts = format!("{}.{:06}", log::now().unix_timestamp(), shelf.number() % 1_000_000);
    let mut message = json!({ "type": "message", "user": slack_data::user_id(token.person), "text": text, "ts": ts, "channel": channel.id });
    if let Some(thread) = arguments.get("thread_ts") {
        message["thread_ts"] = thread.into();
    }
    written(shelf).push(message.clone());
    yes(json!({ "channel": channel.id, "ts": ts, "message": message }))
}

fn delete(channel: &Channel, arguments: &Arguments, token: &Token, shelf: &mut Shelf) -> Response {
    let ts = arguments.get("ts").unwrap_or_default();
    let mine = slack_data::user_id(token.person);
    match find_mut(written(shelf), "ts", ts).filter(|message| message["channel"] == channel.id) {
        Some(message) if message["user"] != mine => no("cant_delete_message", "somebody else's message"),
        Some(_) => {
            take(written(shelf), "ts", ts);
            yes(json!({ "channel": channel.id, "ts": ts }))
        }
        None => no("message_not_found", "no message of this time stamp"),
    }
}

fn react(channel: &Channel, arguments: &Arguments, token: &Token, written: &mut [Value]) -> Response {
    let (Some(name), Some(ts)) = (arguments.get("name"), arguments.get("timestamp")) else {
        return no("bad_timestamp", "a reaction without a message");
    };
    let Some(message) = find_mut(written, "ts", ts).filter(|message| message["channel"] == channel.id) else {
        return no("message_not_found", "no message of this time stamp");
    };
    let user = slack_data::user_id(token.person);
    let known = message["reactions"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == name));
    if known {
        return no("already_reacted", "the same reaction twice");
    }
    let mut reactions = message["reactions"].as_array().cloned().unwrap_or_default();
    reactions.push(json!({ "name": name, "count": 1, "users": [user] }));
    message["reactions"] = reactions.into();
    message["text"] = format!("{} :{name}:", message["text"].as_str().unwrap_or_default()).into();
    yes(json!({}))
}

fn unreact(channel: &Channel, arguments: &Arguments, token: &Token, written: &mut [Value]) -> Response {
    let (Some(name), Some(ts)) = (arguments.get("name"), arguments.get("timestamp")) else {
        return no("bad_timestamp", "a reaction without a message");
    };
    let Some(message) = find_mut(written, "ts", ts).filter(|message| message["channel"] == channel.id) else {
        return no("message_not_found", "no message of this time stamp");
    };
    let user = slack_data::user_id(token.person);
    let mut reactions = message["reactions"].as_array().cloned().unwrap_or_default();
    let before = reactions.len();
    reactions.retain(|one| !(one["name"] == name && one["users"][0] == user));
    if reactions.len() == before {
        return no("no_reaction", "a reaction that is not there");
    }
    message["reactions"] = reactions.into();
    let text = message["text"].as_str().unwrap_or_default().replace(&format!(" :{name}:"), "");
    message["text"] = text.into();
    yes(json!({}))
}

/// Words must stand in the text; `in:` and `from:` narrow.
fn search(arguments: &Arguments) -> Response {
    let Some(query) = arguments.get("query") else {
        return no("no_query", "search without a query");
    };
    let meets = |channel: &Channel, message: &Message| {
        query.split_whitespace().all(|word| match word.split_once(':') {
            Some(("in", name)) => name.trim_start_matches('#') == channel.name,
            Some(("from", name)) => {
                let name = name.trim_start_matches('@');
                message.by.login.contains(name) || slack_data::user_id(message.by) == name.trim_matches(['<', '>', '@'])
            }
            Some(_) => true,
            None => message.text.to_lowercase().contains(&word.trim_matches('"').to_lowercase()),
        })
    };
    let mut matches = Vec::new();
    for channel in &CHANNELS {
        for message in channel.messages.iter().filter(|message| meets(channel, message)) {
            let mut found = slack_data::shown(channel, message);
            found["username"] = message.by.login.into();
            found["channel"] = json!({ "id": channel.id, "name": channel.name });
            found["permalink"] = format!(
                "https://northbeam.slack.com/archives/{}/p{}",
                channel.id,
                slack_data::stamp(channel, message).replace('.', "")
            )
            .into();
            matches.push(found);
        }
    }
    yes(
        json!({ "query": query, "messages": { "total": matches.len(), "matches": matches, "paging": { "count": 20, "total": matches.len(), "page": 1, "pages": 1 } } }),
    )
}
