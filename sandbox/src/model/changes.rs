//! Questions that ask for a change, and the call that would make it.

use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, Time};

/// The tool that a question asks to be used, and its arguments; the tool must be among those offered.
pub fn wanted(question: &str, lower: &str, tools: &[Value], today: OffsetDateTime) -> Option<(String, Value)> {
    let (tool, arguments) = event(question, lower, today)
        .or_else(|| delete(lower))
        .or_else(|| close(lower))
        .or_else(|| open(question, lower))
        .or_else(|| post(question, lower))?;
    let offered = |known: &Value| {
        let name = known["function"]["name"].as_str()?;
        (name == tool || name.strip_prefix(tool).is_some_and(|rest| rest.starts_with('_'))).then(|| name.to_owned())
    };
    tools.iter().find_map(offered).map(|name| (name, arguments))
}

/// «Create an event “Dentist” tomorrow at 10»: an hour long.
fn event(question: &str, lower: &str, today: OffsetDateTime) -> Option<(&'static str, Value)> {
    let asks = ["create an event", "add an event", "put an event", "schedule an event"];
    asks.iter().any(|words| lower.contains(words)).then_some(())?;
    let days = i64::from(lower.contains("tomorrow"));
    let hour = after(lower, " at ").and_then(|word| word.split(':').next()?.parse().ok()).filter(|hour| *hour < 24);
    let start = (today + Duration::days(days)).replace_time(Time::from_hms(hour.unwrap_or(10), 0, 0).ok()?);
    let moment = |at: OffsetDateTime| at.format(&Rfc3339).ok();
    let title = quoted(question).unwrap_or_else(|| "New event".to_owned());
    let arguments = json!({ "title": title, "start": moment(start)?, "end": moment(start + Duration::hours(1))? });
    Some(("google_calendar__create_event", arguments))
}

/// «Delete the event seededevent01».
fn delete(lower: &str) -> Option<(&'static str, Value)> {
    let id = after(lower, "delete the event ")?;
    Some(("google_calendar__delete_event", json!({ "id": id })))
}

/// «Close issue 1490», «Reopen issue 1490».
fn close(lower: &str) -> Option<(&'static str, Value)> {
    let state = if lower.contains("reopen issue") { "open" } else { "closed" };
    let number: u64 =
        after(lower, "reopen issue ").or_else(|| after(lower, "close issue "))?.trim_start_matches('#').parse().ok()?;
    let arguments = json!({ "owner": "northbeam", "repo": "harbor", "number": number, "state": state });
    Some(("github__set_issue_state", arguments))
}

/// «Open an issue “Wrong currency”».
fn open(question: &str, lower: &str) -> Option<(&'static str, Value)> {
    let asks = ["open an issue", "create an issue", "file an issue"];
    asks.iter().any(|words| lower.contains(words)).then_some(())?;
    let mut arguments = Map::new();
    for (name, value) in [("owner", "northbeam"), ("repo", "harbor")] {
        arguments.insert(name.to_owned(), value.into());
    }
    let title = quoted(question).unwrap_or_else(|| question.chars().take(100).collect());
    arguments.insert("title".to_owned(), title.into());
    Some(("github__create_issue", Value::Object(arguments)))
}

/// «Post “The checklist is done” to #launch».
fn post(question: &str, lower: &str) -> Option<(&'static str, Value)> {
    let asks = ["post ", "write to #", "send a message to #"];
    (asks.iter().any(|words| lower.contains(words)) && lower.contains('#')).then_some(())?;
    let channel: String =
        lower.split('#').nth(1)?.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
    let text = quoted(question).unwrap_or_else(|| "Hello".to_owned());
    (!channel.is_empty()).then(|| ("slack__send_message", json!({ "channel": channel, "text": text })))
}

/// The word that follows.
fn after(lower: &str, words: &str) -> Option<String> {
    let rest = lower.split(words).nth(1)?;
    let word = rest.split_whitespace().next()?.trim_end_matches(['.', ',', '!', '?']);
    (!word.is_empty()).then(|| word.to_owned())
}

/// What stands between quotation marks.
fn quoted(question: &str) -> Option<String> {
    let inside = |open: char, close: char| {
        let rest = question.split(open).nth(1)?;
        rest.split(close).next().filter(|text| !text.trim().is_empty()).map(|text| text.trim().to_owned())
    };
    inside('“', '”').or_else(|| inside('«', '»')).or_else(|| inside('"', '"'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn call(question: &str) -> Option<(String, Value)> {
        let tools: Vec<Value> = [
            "google_calendar__create_event",
            "google_calendar__delete_event",
            "github__create_issue",
            "github__set_issue_state",
            "slack__send_message",
        ]
        .iter()
        .map(|name| json!({ "function": { "name": name } }))
        .collect();
        wanted(question, &question.to_lowercase(), &tools, datetime!(2026-11-21 08:30 +1))
    }

    #[test]
    fn changes_are_understood() {
        let (tool, arguments) = call("Create an event “Dentist” tomorrow at 10").unwrap();
        assert_eq!(tool, "google_calendar__create_event");
        assert_eq!(
            arguments,
            json!({ "title": "Dentist", "start": "2026-11-22T10:00:00+01:00", "end": "2026-11-22T11:00:00+01:00" })
        );
        assert_eq!(call("Please close issue 1490.").unwrap().1["number"], 1490);
        assert_eq!(call("reopen issue #3").unwrap().1["state"], "open");
        assert_eq!(call("Open an issue \"Wrong currency\"").unwrap().1["title"], "Wrong currency");
        let (_, message) = call("Post “All done” to #launch").unwrap();
        assert_eq!(message, json!({ "channel": "launch", "text": "All done" }));
        assert!(call("What is on my calendar tomorrow?").is_none());
        assert!(call("which issues are open?").is_none());
    }
}
