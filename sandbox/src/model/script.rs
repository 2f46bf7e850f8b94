//! What the model does next: fail as demanded, call tools that fit the question, or answer.

use super::{arguments, changes, prose, results, topics};
use serde_json::Value;
use time::OffsetDateTime;

/// How this turn goes wrong, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// It goes well.
    None,
    /// 429 with `Retry-After: 7`.
    Limited,
    /// 500.
    Broken,
    /// The stream ends in the middle.
    Cut,
    /// The stream ends without a finish reason.
    Unfinished,
    /// No answer.
    Hang,
    /// 200 ms between pieces, many pieces.
    Slowly,
    /// A page where a stream belongs.
    Html,
    /// The stream says in its middle that something failed.
    FailsLate,
    /// The stream says nothing more from its middle on.
    Silent,
    /// It ends for its length.
    Length,
    /// It ends because its operator withholds the rest.
    Filtered,
}

/// A tool call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// `call_…`.
    pub id: String,
    /// One of the names that were offered.
    pub name: String,
    /// A JSON object as text.
    pub arguments: String,
}

/// One turn.
#[derive(Debug)]
pub struct Plan {
    /// How it fails.
    pub demand: Demand,
    /// Calls; empty when it answers.
    pub calls: Vec<ToolCall>,
    /// The answer; empty when it calls.
    pub text: String,
}

impl Plan {
    /// The vendor's word for how the turn ended.
    pub fn finish_reason(&self) -> &'static str {
        match self.demand {
            Demand::Length => "length",
            Demand::Filtered => "content_filter",
            _ if self.calls.is_empty() => "stop",
            _ => "tool_calls",
        }
    }
}

/// Decides. `first` says whether a demand to fail once comes for the first time.
pub fn plan(request: &Value, now: OffsetDateTime, first: impl Fn(&str) -> bool) -> Plan {
    let empty = Vec::new();
    let messages = request["messages"].as_array().unwrap_or(&empty);
    let asked_at = messages.iter().rposition(|message| message["role"] == "user");
    let question =
        asked_at.and_then(|at| messages.get(at)).map(|message| content(&message["content"])).unwrap_or_default();
    let after = messages.get(asked_at.map_or(0, |at| at + 1)..).unwrap_or_default();
    let lower = question.to_lowercase();
    let demand = demand(&lower, &question, first);
    let answered: Vec<&Value> = after.iter().filter(|message| message["role"] == "tool").collect();
    if demand == Demand::Slowly {
        return Plan { demand, calls: Vec::new(), text: prose::long(&question) };
    }
    if !answered.is_empty() {
        let empty = Vec::new();
        let tools = request["tools"].as_array().unwrap_or(&empty);
        let read: Vec<String> = answered.iter().map(|message| content(&message["content"])).collect();
        if let Some((name, arguments)) = changes::onward(&question, &lower, tools, &read)
            && !calls_before(after).any(|before| before == name)
        {
            let call = ToolCall { id: call_id(), name, arguments: arguments.to_string() };
            return Plan { demand, calls: vec![call], text: String::new() };
        }
        let mut text = results::compose(after, &answered);
        if let (_, Some(topic)) = calls(request, &question, &lower, "", now)
            && request["tools"].is_array()
        {
            text.push_str(&prose::not_connected(topic));
        }
        return Plan { demand, calls: Vec::new(), text };
    }
    if let Some(text) = prose::name(messages, &question).or_else(|| prose::taste(messages)) {
        return Plan { demand, calls: Vec::new(), text };
    }
    if demand == Demand::None {
        let system: String = messages
            .iter()
            .filter(|message| message["role"] == "system" || message["role"] == "developer")
            .map(|message| content(&message["content"]))
            .collect();
        let (calls, missing) = calls(request, &question, &lower, &system, now);
        if !calls.is_empty() {
            return Plan { demand, calls, text: String::new() };
        }
        if let Some(topic) = missing {
            return Plan { demand, calls, text: prose::no_tool(topic) };
        }
    }
    Plan { demand, calls: Vec::new(), text: prose::helpful(&question) }
}

fn demand(lower: &str, question: &str, first: impl Fn(&str) -> bool) -> Demand {
    let phrases = [
        ("fail with 429", Demand::Limited),
        ("fail with 500", Demand::Broken),
        ("cut the stream", Demand::Cut),
        ("no finish reason", Demand::Unfinished),
        ("answer slowly", Demand::Slowly),
        ("html instead of json", Demand::Html),
        ("fail in the middle", Demand::FailsLate),
        ("fall silent", Demand::Silent),
        ("run out of length", Demand::Length),
        ("withhold the rest", Demand::Filtered),
    ];
    if let Some((_, demand)) = phrases.iter().find(|(phrase, _)| lower.contains(phrase)) {
        return *demand;
    }
    let once = [("fail once with 429", Demand::Limited), ("fail once with 500", Demand::Broken)];
    if let Some((_, demand)) = once.iter().find(|(phrase, _)| lower.contains(phrase)) {
        return if first(question) { *demand } else { Demand::None };
    }
    let hangs = lower.split(|c: char| !c.is_alphanumeric()).any(|word| word == "hang");
    if hangs { Demand::Hang } else { Demand::None }
}

/// Calls for every topic of the question, and the first topic that no tool serves.
fn calls(
    request: &Value,
    question: &str,
    lower: &str,
    system: &str,
    now: OffsetDateTime,
) -> (Vec<ToolCall>, Option<&'static str>) {
    let empty = Vec::new();
    let tools = request["tools"].as_array().unwrap_or(&empty);
    if let Some((name, arguments)) = changes::wanted(question, lower, tools, arguments::today(system, now)) {
        let call = ToolCall { id: call_id(), name, arguments: arguments.to_string() };
        return (vec![call], None);
    }
    let mut calls: Vec<ToolCall> = Vec::new();
    let mut missing = None;
    for topic in topics::raised(lower) {
        let Some(tool) = topic.tool(tools) else {
            missing = missing.or(Some(topic.name));
            continue;
        };
        let name = tool["function"]["name"].as_str().unwrap_or_default();
        if calls.iter().any(|call| call.name == name) {
            continue;
        }
        let arguments = arguments::fill(&tool["function"]["parameters"], question, system, now);
        calls.push(ToolCall { id: call_id(), name: name.to_owned(), arguments: arguments.to_string() });
    }
    (calls, missing)
}

/// What was called since the question.
fn calls_before(after: &[Value]) -> impl Iterator<Item = &str> {
    let calls = after.iter().flat_map(|message| message["tool_calls"].as_array().into_iter().flatten());
    calls.filter_map(|call| call["function"]["name"].as_str())
}

fn call_id() -> String {
    format!("call_{:012x}", rand::random::<u64>() & 0xffff_ffff_ffff)
}

/// The text of a message, which may come in parts.
pub fn content(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => match super::shown::in_parts(value) {
            Ok(Some(text)) => text,
            _ => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        },
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    fn request(question: &str, tools: &[&str]) -> Value {
        let tools: Vec<Value> = tools
            .iter()
            .map(|name| json!({ "type": "function", "function": { "name": name, "parameters": { "type": "object", "properties": {} } } }))
            .collect();
        json!({ "model": "m", "messages": [{ "role": "system", "content": "s" }, { "role": "user", "content": question }], "tools": tools })
    }

    fn called(question: &str, tools: &[&str]) -> Vec<String> {
        let plan = plan(&request(question, tools), datetime!(2026-11-20 10:00 UTC), |_| true);
        plan.calls.into_iter().map(|call| call.name).collect()
    }

    #[test]
    fn two_subjects_call_two_tools() {
        let tools = ["github_search_issues", "google_calendar_list_events", "slack_channel_messages"];
        let names = called("what is on my calendar today and which issues are open?", &tools);
        assert_eq!(names, ["google_calendar_list_events", "github_search_issues"]);
        assert_eq!(called("unread in #general", &tools), ["slack_channel_messages"]);
        assert!(called("which issues are open today?", &tools).contains(&"github_search_issues".to_owned()));
        assert!(called("hello there", &tools).is_empty());
    }

    #[test]
    fn without_a_tool_it_says_so() {
        let plan = plan(&request("what did I listen to?", &[]), datetime!(2026-11-20 10:00 UTC), |_| true);
        assert!(plan.calls.is_empty());
        assert!(plan.text.contains("what you played"));
    }

    #[test]
    fn demands_come_first() {
        let of = |question: &str| plan(&request(question, &[]), datetime!(2026-11-20 10:00 UTC), |_| true).demand;
        assert_eq!(of("please fail with 429"), Demand::Limited);
        assert_eq!(of("no finish reason please"), Demand::Unfinished);
        assert_eq!(of("hang"), Demand::Hang);
        assert_eq!(of("the export hangs, which issue is it?"), Demand::None);
        assert_eq!(of("fail once with 500"), Demand::Broken);
    }
}
