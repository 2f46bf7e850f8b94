//! The answer of Chat Completions as server-sent events, a few characters at a time.

use super::script::{Demand, Plan};
use super::wire::{self, Shape};
use super::{id, usage};
use crate::app::Sandbox;
use crate::log;
use axum::response::Response;
use serde_json::{Value, json};

/// Characters in one piece, in turn.
const SIZES: [usize; 4] = [4, 6, 3, 7];

/// Starts the stream.
pub fn answer(sandbox: &Sandbox, entry: u64, request: &Value, plan: &Plan) -> Response {
    let events = events(request, plan).iter().map(|event| format!("data: {event}\n\n").into_bytes()).collect();
    wire::stream(sandbox, entry, Shape::OpenAi, plan, events)
}

/// All events of a turn as text.
fn events(request: &Value, plan: &Plan) -> Vec<String> {
    let frame = |choices: Value| {
        json!({
            "id": "", "object": "chat.completion.chunk", "created": log::now().unix_timestamp(),
            "model": request["model"], "system_fingerprint": "fp_sandbox", "choices": choices,
        })
    };
    let choice = |delta: Value, reason: Value| {
        frame(json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": reason }]))
    };
    let mut chunks = vec![choice(
        json!({ "role": "assistant", "content": if plan.calls.is_empty() { Value::from("") } else { Value::Null } }),
        Value::Null,
    )];
    for piece in pieces(&plan.text) {
        chunks.push(choice(json!({ "content": piece }), Value::Null));
    }
    for (index, call) in plan.calls.iter().enumerate() {
        let head = json!({ "index": index, "id": call.id, "type": "function", "function": { "name": call.name, "arguments": "" } });
        chunks.push(choice(json!({ "tool_calls": [head] }), Value::Null));
        for piece in pieces(&call.arguments) {
            chunks.push(choice(
                json!({ "tool_calls": [{ "index": index, "function": { "arguments": piece } }] }),
                Value::Null,
            ));
        }
    }
    if plan.demand != Demand::Unfinished {
        chunks.push(choice(json!({}), plan.finish_reason().into()));
    }
    let with_usage = request["stream_options"]["include_usage"] == true;
    if with_usage {
        let mut last = frame(json!([]));
        last["usage"] = usage(request, plan);
        chunks.push(last);
    }
    let id = id();
    let mut events: Vec<String> = chunks
        .into_iter()
        .map(|mut chunk| {
            chunk["id"] = id.clone().into();
            if with_usage && chunk.get("usage").is_none() {
                chunk["usage"] = Value::Null;
            }
            chunk.to_string()
        })
        .collect();
    events.push("[DONE]".to_owned());
    events
}

/// Cuts a text into pieces of a few characters, never inside one.
pub fn pieces(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut letters = text.chars().peekable();
    let mut sizes = SIZES.iter().cycle();
    while letters.peek().is_some() {
        let size = sizes.next().copied().unwrap_or(4);
        found.push(letters.by_ref().take(size).collect());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::script::ToolCall;
    use super::*;

    #[test]
    fn pieces_make_the_text_again() {
        for text in [
            "",
            "a",
            "Gr\u{fc}\u{df}e, \u{1f44b} und \u{65e5}\u{672c}\u{8a9e} in St\u{fc}cken",
            "**bold** and a list:\n\n- one\n- two\n",
        ] {
            let pieces = pieces(text);
            assert_eq!(pieces.concat(), text);
            assert!(pieces.iter().all(|piece| !piece.is_empty() && piece.chars().count() <= 7));
        }
    }

    #[test]
    fn tool_arguments_come_in_several_deltas() {
        let call = ToolCall {
            id: "call_1".into(),
            name: "calendar_events".into(),
            arguments: "{\"time_min\":\"2026-11-20T00:00:00Z\"}".into(),
        };
        let plan = Plan { demand: Demand::None, calls: vec![call], text: String::new() };
        let events =
            events(&json!({ "model": "m", "messages": [], "stream_options": { "include_usage": true } }), &plan);
        let parsed: Vec<Value> = events.iter().filter_map(|event| serde_json::from_str(event).ok()).collect();
        let arguments: String = parsed
            .iter()
            .filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"].as_str())
            .collect();
        assert_eq!(arguments, "{\"time_min\":\"2026-11-20T00:00:00Z\"}");
        assert!(parsed.iter().any(|chunk| chunk["choices"][0]["finish_reason"] == "tool_calls"));
        assert!(parsed.last().unwrap()["usage"]["total_tokens"].as_u64().unwrap() > 0);
        assert_eq!(events.last().map(String::as_str), Some("[DONE]"));
    }

    #[test]
    fn an_unfinished_stream_has_no_reason() {
        let plan = Plan { demand: Demand::Unfinished, calls: vec![], text: "hello".into() };
        let events = events(&json!({ "model": "m", "messages": [] }), &plan);
        assert!(events.iter().all(|event| !event.contains("\"stop\"")));
    }
}
