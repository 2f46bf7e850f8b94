//! Questions that ask for a change, and the call that would make it.

use super::arguments::quoted;
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, Time};

/// The tool that a question asks to be used, and its arguments; the tool must be among those offered.
pub fn wanted(question: &str, lower: &str, tools: &[Value], today: OffsetDateTime) -> Option<(String, Value)> {
    let (tool, arguments) = event(question, lower, today)
        .or_else(|| delete(lower))
        .or_else(|| close(lower))
        .or_else(|| task(question, lower))
        .or_else(|| open(question, lower))
        .or_else(|| invoice(question, lower))
        .or_else(|| publish(question, lower))
        .or_else(|| post(question, lower))?;
    offered(tools, tool).map(|name| (name, arguments))
}

/// The same for changes of something that has to be found first: it is named in the question, and its id stands in what
/// was read.
pub fn onward(question: &str, lower: &str, tools: &[Value], read: &[String]) -> Option<(String, Value)> {
    let (tool, id, name, mut arguments) = append(question, lower).or_else(|| deal(question, lower))?;
    let found = read.iter().find_map(|text| id_of(&super::results::json_in(text)?, &name, id))?;
    arguments.insert(if id == "page" { id } else { "id" }.to_owned(), found.into());
    offered(tools, tool).map(|name| (name, Value::Object(arguments)))
}

/// By which name the tool is offered: those of a second account end in a number.
fn offered(tools: &[Value], tool: &str) -> Option<String> {
    tools.iter().find_map(|known| {
        let name = known["function"]["name"].as_str()?;
        (name == tool || name.strip_prefix(tool).is_some_and(|rest| rest.starts_with('_'))).then(|| name.to_owned())
    })
}

type Sought = (&'static str, &'static str, String, Map<String, Value>);

/// «Append “The buoys are there.” to the page “Meeting of Monday”».
fn append(question: &str, lower: &str) -> Option<Sought> {
    let page = quoted(question.split(" to the page ").nth(1)?)?;
    (lower.contains("append ")).then_some(())?;
    let mut arguments = Map::new();
    arguments.insert("text".to_owned(), quoted(question)?.into());
    Some(("notion__append_text", "page", page, arguments))
}

/// «Move the deal “Renewal Tideway” to closedwon».
fn deal(question: &str, lower: &str) -> Option<Sought> {
    let name = quoted(question.split(" the deal ").nth(1)?)?;
    let mut arguments = Map::new();
    arguments.insert("stage".to_owned(), after(lower, "” to ")?.into());
    Some(("hubspot__update_deal", "id", name, arguments))
}

/// The id of what has this title, anywhere in what a tool brought.
fn id_of(value: &Value, title: &str, id: &str) -> Option<String> {
    match value {
        Value::Array(items) => items.iter().find_map(|item| id_of(item, title, id)),
        Value::Object(object) => {
            let own = object.get("title").and_then(Value::as_str).is_some_and(|found| found == title);
            let at = || object.get(id).or_else(|| object.get("keep")?.get(id));
            own.then(at)
                .flatten()
                .and_then(|found| found.as_str().map(str::to_owned).or_else(|| Some(found.as_u64()?.to_string())))
                .or_else(|| object.values().find_map(|child| id_of(child, title, id)))
        }
        _ => None,
    }
}

/// «Create a Linear issue “Order the buoys”».
fn task(question: &str, lower: &str) -> Option<(&'static str, Value)> {
    lower.contains("create a linear issue").then_some(())?;
    Some(("linear__create_issue", json!({ "team": "NOR", "title": quoted(question)? })))
}

/// «Draft an invoice “Mooring, one week”», always for the same customer.
fn invoice(question: &str, lower: &str) -> Option<(&'static str, Value)> {
    lower.contains("draft an invoice").then_some(())?;
    let contact = "55555555-0000-4000-8000-000000000001";
    let arguments = json!({ "contact": contact, "description": quoted(question)?, "amount": 120 });
    Some(("xero__draft_invoice", arguments))
}

/// «Draft a post “The season opens” for Buffer», «Publish “The season opens” with Buffer».
fn publish(question: &str, lower: &str) -> Option<(&'static str, Value)> {
    let arguments = json!({ "channel": "northbeam", "text": quoted(question)? });
    if lower.contains("draft a post") {
        return Some(("buffer__draft_post", arguments));
    }
    lower.contains("publish").then_some(("buffer__queue_post", arguments))
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
            "linear__create_issue",
            "buffer__draft_post",
            "buffer__queue_post",
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
        assert_eq!(call("Create a Linear issue “Order the buoys”").unwrap().1["team"], "NOR");
        assert_eq!(call("Draft a post “Soon” for Buffer").unwrap().0, "buffer__draft_post");
        assert_eq!(call("Publish “Soon” with Buffer").unwrap().0, "buffer__queue_post");
        assert!(call("What is on my calendar tomorrow?").is_none());
        assert!(call("which issues are open?").is_none());
    }

    #[test]
    fn what_has_to_be_found_first_is_changed_by_its_id() {
        let tools = ["notion__append_text", "hubspot__update_deal"].map(|name| json!({ "function": { "name": name } }));
        let call = |question: &str, read: &Value| {
            onward(question, &question.to_lowercase(), &tools, &[format!("<data>\n{read}\n</data>")])
        };
        let pages = json!({ "pages": [{ "title": "How we write", "page": "1" }, { "title": "Meeting", "page": "2" }] });
        let (tool, arguments) = call("Append “The buoys are there.” to the page “Meeting”", &pages).unwrap();
        assert_eq!(
            (tool.as_str(), arguments),
            ("notion__append_text", json!({ "page": "2", "text": "The buoys are there." }))
        );
        let deals = json!({ "deals": [{ "title": "Renewal Tideway", "id": "702" }] });
        let (_, arguments) = call("Move the deal “Renewal Tideway” to closedwon.", &deals).unwrap();
        assert_eq!(arguments, json!({ "id": "702", "stage": "closedwon" }));
        assert!(call("Move the deal “Another one” to closedwon", &deals).is_none());
    }
}
