//! Amazon Bedrock's `ConverseStream`: its messages and blocks, the proof of who asks, and framed events.

use super::script::{Demand, Plan};
use super::stream::pieces;
use super::wire::{self, Shape};
use super::{frames::frame, note, plan_of, signature, usage};
use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use axum::response::Response;
use serde_json::{Value, json};

/// Whether this is a host of it: `bedrock-runtime.us-east-1.amazonaws.com`.
pub fn is_host(host: &str) -> bool {
    region(host).is_some()
}

fn region(host: &str) -> Option<&str> {
    host.strip_prefix("bedrock-runtime.")?.strip_suffix(".amazonaws.com")
}

/// Answers it.
pub async fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let region = region(&call.host).unwrap_or_default();
    let bearer = call.authorization("Bearer").is_some_and(|key| key.starts_with("sandbox-"));
    if !bearer && let Err(reason) = signature::check(call, region, "bedrock") {
        let response = Shape::Bedrock.refusal(401, "The security token included in the request is invalid.");
        return answer::refused(response, format!("bedrock: {reason}"));
    }
    let model = call.path.strip_prefix("/model/").and_then(|rest| rest.strip_suffix("/converse-stream"));
    let (Some(model), "POST") = (model, call.method.as_str()) else { return app::nobody(call) };
    if super::is_gone(model) {
        let response = Shape::Bedrock.refusal(404, "This model version has reached the end of its life.");
        return answer::refused(response, format!("bedrock: no model {model}"));
    }
    let request = call.json();
    let asked = match checked(&request) {
        Ok(asked) => asked,
        Err(message) => {
            return answer::refused(Shape::Bedrock.refusal(400, message), format!("bedrock: {message}"));
        }
    };
    let plan = plan_of(sandbox, &asked);
    if let Some(response) = wire::before(sandbox, call.entry, Shape::Bedrock, &plan).await {
        return response;
    }
    let events = events(&asked, &plan);
    answer::noted(wire::stream(sandbox, call.entry, Shape::Bedrock, &plan, events), note(&plan))
}

/// The request in the shape that the script reads, where the vendor would take it.
fn checked(request: &Value) -> Result<Value, &'static str> {
    let mut messages = Vec::new();
    let system: String =
        request["system"].as_array().into_iter().flatten().filter_map(|part| part["text"].as_str()).collect();
    messages.push(json!({ "role": "system", "content": system }));
    let tools: Vec<Value> = request["toolConfig"]["tools"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tool| {
            let spec = &tool["toolSpec"];
            json!({ "function": { "name": spec["name"], "description": spec["description"], "parameters": spec["inputSchema"]["json"] } })
        })
        .collect();
    let mut last = "assistant";
    for message in request["messages"].as_array().into_iter().flatten() {
        let role = message["role"].as_str().unwrap_or_default();
        if !["user", "assistant"].contains(&role) {
            return Err("1 validation error detected: Value at 'messages.1.member.role' failed to satisfy constraint");
        }
        if role == last {
            return Err("A conversation must alternate between user and assistant roles.");
        }
        last = if role == "user" { "user" } else { "assistant" };
        let blocks = message["content"].as_array().filter(|blocks| !blocks.is_empty());
        let blocks = blocks.ok_or("The content field in the Message object is empty.")?;
        for block in blocks {
            let tool = block.get("toolUse").is_some() || block.get("toolResult").is_some();
            if tool && tools.is_empty() {
                return Err("The toolConfig field must be defined when using toolUse and toolResult content blocks.");
            }
            if block["text"].as_str().is_some_and(|text| text.trim().is_empty()) {
                return Err("The text field in the ContentBlock object is blank.");
            }
        }
        super::unblock(role, blocks, &mut messages, |block| {
            if let Some(shown) = super::shown::in_converse(block)? {
                return Ok(super::Part::Text(shown));
            }
            if let Some(text) = block["text"].as_str() {
                return Ok(super::Part::Text(text.to_owned()));
            }
            if block["toolUse"].is_object() {
                let call = &block["toolUse"];
                return Ok(super::Part::Call(call["toolUseId"].clone(), call["name"].clone(), call["input"].clone()));
            }
            let result = &block["toolResult"];
            let content = result["content"].as_array().into_iter().flatten().filter_map(|part| part["text"].as_str());
            Ok(super::Part::Result(result["toolUseId"].clone(), content.collect()))
        })?;
    }
    if messages.len() < 2 {
        return Err("A conversation must start with a user message.");
    }
    let mut asked = json!({ "messages": messages });
    if !tools.is_empty() {
        asked["tools"] = tools.into();
    }
    Ok(asked)
}

fn events(asked: &Value, plan: &Plan) -> Vec<Vec<u8>> {
    let event = |kind: &str, payload: Value| {
        let headers = [(":event-type", kind), (":content-type", "application/json"), (":message-type", "event")];
        frame(&headers, &payload)
    };
    let mut events = vec![event("messageStart", json!({ "role": "assistant" }))];
    let mut block = 0;
    if !plan.text.is_empty() {
        for piece in pieces(&plan.text) {
            let delta = json!({ "contentBlockIndex": block, "delta": { "text": piece }, "p": "abcdef" });
            events.push(event("contentBlockDelta", delta));
        }
        events.push(event("contentBlockStop", json!({ "contentBlockIndex": block })));
        block += 1;
    }
    for call in &plan.calls {
        let start = json!({ "toolUse": { "toolUseId": call.id, "name": call.name } });
        events.push(event("contentBlockStart", json!({ "contentBlockIndex": block, "start": start })));
        for piece in pieces(&call.arguments) {
            let delta = json!({ "toolUse": { "input": piece } });
            events.push(event("contentBlockDelta", json!({ "contentBlockIndex": block, "delta": delta })));
        }
        events.push(event("contentBlockStop", json!({ "contentBlockIndex": block })));
        block += 1;
    }
    if plan.demand != Demand::Unfinished {
        let reason = match plan.demand {
            Demand::Length => "max_tokens",
            Demand::Filtered => "content_filtered",
            _ if plan.calls.is_empty() => "end_turn",
            _ => "tool_use",
        };
        events.push(event("messageStop", json!({ "stopReason": reason })));
    }
    let cost = usage(asked, plan);
    let cost = json!({
        "inputTokens": cost["prompt_tokens"], "outputTokens": cost["completion_tokens"], "totalTokens": cost["total_tokens"],
    });
    events.push(event("metadata", json!({ "usage": cost, "metrics": { "latencyMs": 12 } })));
    events
}
