//! Anthropic's Messages: its blocks, what it refuses, and its events.

use super::script::{Demand, Plan};
use super::stream::pieces;
use super::wire::{self, Shape};
use super::{note, plan_of, usage};
use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `api.anthropic.com`.
pub async fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    if !call.header("x-api-key").is_some_and(|key| key.starts_with("sandbox-")) {
        let response = Shape::Anthropic.refusal(401, "invalid x-api-key");
        return answer::refused(response, "anthropic: a key here begins with sandbox-");
    }
    if call.header("anthropic-version") != Some("2023-06-01") {
        let response = Shape::Anthropic.refusal(400, "anthropic-version: header is required");
        return answer::refused(response, "anthropic: no anthropic-version");
    }
    match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/v1/models") => {
            let model = |id: &str| json!({ "type": "model", "id": id, "display_name": id, "created_at": "2026-01-01T00:00:00Z" });
            answer::json(200, json!({ "data": [model("sandbox-1"), model("sandbox-1-mini")], "has_more": false }))
        }
        ("POST", "/v1/messages") => write(sandbox, call).await,
        _ => app::nobody(call),
    }
}

async fn write(sandbox: &Sandbox, call: &Call) -> Response {
    let request = call.json();
    let model = request["model"].as_str().unwrap_or_default();
    if super::is_gone(model) {
        let response = Shape::Anthropic.refusal(404, &format!("model: {model}"));
        return answer::refused(response, format!("anthropic: no model {model}"));
    }
    let asked = match checked(&request) {
        Ok(asked) => asked,
        Err(message) => {
            return answer::refused(Shape::Anthropic.refusal(400, message), format!("anthropic: {message}"));
        }
    };
    let plan = plan_of(sandbox, &asked);
    if let Some(response) = wire::before(sandbox, call.entry, Shape::Anthropic, &plan).await {
        return response;
    }
    let events = events(&request, &asked, &plan);
    answer::noted(wire::stream(sandbox, call.entry, Shape::Anthropic, &plan, events), note(&plan))
}

/// The request in the shape that the script reads, where the vendor would take it.
fn checked(request: &Value) -> Result<Value, &'static str> {
    if request["model"].as_str().is_none_or(str::is_empty) {
        return Err("model: Field required");
    }
    if request["max_tokens"].as_u64().is_none_or(|most| most == 0) {
        return Err("max_tokens: Field required");
    }
    if request["stream"] != true {
        return Err("only streams are played here");
    }
    let mut messages = vec![json!({ "role": "system", "content": super::script::content(&request["system"]) })];
    let tools: Vec<Value> = request["tools"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tool| json!({ "function": { "name": tool["name"], "description": tool["description"], "parameters": tool["input_schema"] } }))
        .collect();
    for message in request["messages"].as_array().into_iter().flatten() {
        let role = message["role"].as_str().unwrap_or_default();
        if !["user", "assistant"].contains(&role) {
            return Err("messages: Input should be 'user' or 'assistant'");
        }
        let text = [json!({ "type": "text", "text": message["content"] })];
        let blocks = if message["content"].is_string() {
            &text[..]
        } else {
            message["content"].as_array().map_or(&[][..], Vec::as_slice)
        };
        if blocks.is_empty() {
            return Err("messages: all messages must have non-empty content");
        }
        for block in blocks {
            let kind = block["type"].as_str().unwrap_or_default();
            if kind == "text" && block["text"].as_str().is_none_or(|text| text.trim().is_empty()) {
                return Err("messages: text content blocks must be non-empty");
            }
            if ["tool_use", "tool_result"].contains(&kind) && tools.is_empty() {
                return Err("Requests which include `tool_use` or `tool_result` blocks must define tools");
            }
        }
        super::unblock(role, blocks, &mut messages, |block| {
            if let Some(shown) = super::shown::in_anthropic(block)? {
                return Ok(super::Part::Text(shown));
            }
            Ok(match block["type"].as_str() {
                Some("tool_use") => {
                    super::Part::Call(block["id"].clone(), block["name"].clone(), block["input"].clone())
                }
                Some("tool_result") => {
                    super::Part::Result(block["tool_use_id"].clone(), super::script::content(&block["content"]))
                }
                _ => super::Part::Text(block["text"].as_str().unwrap_or_default().to_owned()),
            })
        })?;
    }
    if messages.get(1).is_none_or(|first| first["role"] != "user") {
        return Err("messages: first message must use the \"user\" role");
    }
    let mut asked = json!({ "messages": messages });
    if !tools.is_empty() {
        asked["tools"] = tools.into();
    }
    Ok(asked)
}

fn events(request: &Value, asked: &Value, plan: &Plan) -> Vec<Vec<u8>> {
    let event = |payload: Value| {
        format!("event: {}\ndata: {payload}\n\n", payload["type"].as_str().unwrap_or_default()).into_bytes()
    };
    let cost = usage(asked, plan);
    let message = json!({
        "id": format!("msg_{:016x}", rand::random::<u64>()), "type": "message", "role": "assistant", "content": [],
        "model": request["model"], "stop_reason": null, "stop_sequence": null,
        "usage": { "input_tokens": cost["prompt_tokens"], "output_tokens": 1 },
    });
    let mut events = vec![event(json!({ "type": "message_start", "message": message }))];
    events.push(event(json!({ "type": "ping" })));
    let mut index = 0;
    if !plan.text.is_empty() {
        let block = json!({ "type": "text", "text": "" });
        events.push(event(json!({ "type": "content_block_start", "index": index, "content_block": block })));
        for piece in pieces(&plan.text) {
            let delta = json!({ "type": "text_delta", "text": piece });
            events.push(event(json!({ "type": "content_block_delta", "index": index, "delta": delta })));
        }
        events.push(event(json!({ "type": "content_block_stop", "index": index })));
        index += 1;
    }
    for call in &plan.calls {
        let block = json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": {} });
        events.push(event(json!({ "type": "content_block_start", "index": index, "content_block": block })));
        for piece in pieces(&call.arguments) {
            let delta = json!({ "type": "input_json_delta", "partial_json": piece });
            events.push(event(json!({ "type": "content_block_delta", "index": index, "delta": delta })));
        }
        events.push(event(json!({ "type": "content_block_stop", "index": index })));
        index += 1;
    }
    if plan.demand != Demand::Unfinished {
        let reason = match plan.demand {
            Demand::Length => "max_tokens",
            Demand::Filtered => "refusal",
            _ if plan.calls.is_empty() => "end_turn",
            _ => "tool_use",
        };
        let delta = json!({ "stop_reason": reason, "stop_sequence": null });
        let cost = json!({ "output_tokens": cost["completion_tokens"] });
        events.push(event(json!({ "type": "message_delta", "delta": delta, "usage": cost })));
        events.push(event(json!({ "type": "message_stop" })));
    }
    events
}
