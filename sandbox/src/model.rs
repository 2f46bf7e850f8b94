//! A model that speaks Chat Completions: it follows a script, calls the tools it is given, and fails on demand.

mod arguments;
mod prose;
mod results;
mod script;
mod stream;
mod topics;

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::faults;
use crate::log;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use script::{Demand, Plan, ToolCall};
use serde_json::{Value, json};
use std::time::Duration;

/// Answers `api.openai.com`.
pub async fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    if !call.authorization("Bearer").is_some_and(|key| key.starts_with("sandbox-")) {
        let body = json!({ "error": { "message": "Incorrect API key provided.", "type": "invalid_request_error", "param": null, "code": "invalid_api_key" } });
        return answer::refused(answer::json(401, body), "model: a key here begins with sandbox-");
    }
    match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/v1/models") => {
            answer::json(200, json!({ "object": "list", "data": [model("sandbox-1"), model("sandbox-1-mini")] }))
        }
        ("POST", "/v1/chat/completions") => complete(sandbox, call).await,
        _ => app::nobody(call),
    }
}

fn model(id: &str) -> Value {
    json!({ "id": id, "object": "model", "created": 1_750_000_000, "owned_by": "sandbox" })
}

async fn complete(sandbox: &Sandbox, call: &Call) -> Response {
    let request = call.json();
    if let Err(message) = check(&request) {
        let body =
            json!({ "error": { "message": message, "type": "invalid_request_error", "param": null, "code": null } });
        return answer::refused(answer::json(400, body), format!("model: {message}"));
    }
    let plan = script::plan(&request, log::now(), |demand| sandbox.first_failure(demand));
    let streaming = request["stream"] == true;
    match plan.demand {
        Demand::Limited => limited(),
        Demand::Broken => answer::noted(
            answer::json(
                500,
                json!({ "error": { "message": "The server had an error while processing your request.", "type": "server_error", "param": null, "code": null } }),
            ),
            "model: failed on demand",
        ),
        Demand::Html => answer::noted(
            answer::html(200, "<!doctype html><title>Gateway</title><h1>Something is in between</h1>".to_owned()),
            "model: HTML on demand",
        ),
        Demand::Hang => {
            sandbox.ledger().annotate(call.entry, "model: hangs on demand");
            tokio::time::sleep(Duration::from_secs(600)).await;
            answer::json(504, json!({ "error": { "message": "timeout", "type": "server_error" } }))
        }
        Demand::Cut if !streaming => answer::noted(faults::cut(), "model: cut on demand"),
        _ if streaming => {
            let note = note(&plan);
            answer::noted(stream::answer(sandbox, call.entry, &request, plan), note)
        }
        _ => {
            let note = note(&plan);
            answer::noted(answer::json(200, whole(&request, plan)), note)
        }
    }
}

fn note(plan: &Plan) -> String {
    if plan.calls.is_empty() {
        return "model: answered".to_owned();
    }
    let names: Vec<&str> = plan.calls.iter().map(|call| call.name.as_str()).collect();
    format!("model: called {}", names.join(", "))
}

fn limited() -> Response {
    let body = json!({ "error": { "message": "Rate limit reached.", "type": "requests", "param": null, "code": "rate_limit_exceeded" } });
    let mut response = answer::json(429, body);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("7"));
    answer::noted(response, "model: 429 on demand")
}

/// What the vendor checks before it thinks.
fn check(request: &Value) -> Result<(), String> {
    if request["model"].as_str().is_none_or(str::is_empty) {
        return Err("you must provide a model parameter".into());
    }
    let messages = request["messages"].as_array().filter(|messages| !messages.is_empty());
    let Some(messages) = messages else {
        return Err("Invalid 'messages': empty array.".into());
    };
    let mut open: Vec<&str> = Vec::new();
    for (position, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if role == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let Some(found) = open.iter().position(|other| *other == id) else {
                return Err(format!(
                    "Invalid parameter: messages[{position}] with role 'tool' must be a response to a preceding message with 'tool_calls'."
                ));
            };
            open.remove(found);
            continue;
        }
        if let Some(id) = open.first() {
            return Err(format!(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'; {id} has no response."
            ));
        }
        if !["system", "developer", "user", "assistant"].contains(&role) {
            return Err(format!("Invalid value: {role:?} in messages[{position}].role."));
        }
        open = message["tool_calls"].as_array().into_iter().flatten().filter_map(|call| call["id"].as_str()).collect();
    }
    if !open.is_empty() {
        return Err("An assistant message with 'tool_calls' must be followed by tool messages.".into());
    }
    let good = |name: &str| {
        !name.is_empty()
            && name.len() <= 64
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    for tool in request["tools"].as_array().into_iter().flatten() {
        let name = tool["function"]["name"].as_str().unwrap_or_default();
        if !good(name) {
            return Err(format!("Invalid 'tools[].function.name': {name:?} does not match ^[a-zA-Z0-9_-]{{1,64}}$."));
        }
    }
    Ok(())
}

fn whole(request: &Value, plan: Plan) -> Value {
    let reason = plan.finish_reason();
    let usage = usage(request, &plan);
    let mut message = json!({ "role": "assistant", "content": plan.text, "refusal": null });
    if !plan.calls.is_empty() {
        message["content"] = Value::Null;
        message["tool_calls"] = plan.calls.iter().map(shown).collect();
    }
    json!({
        "id": id(),
        "object": "chat.completion",
        "created": log::now().unix_timestamp(),
        "model": request["model"],
        "choices": [{ "index": 0, "message": message, "finish_reason": reason, "logprobs": null }],
        "usage": usage,
    })
}

fn shown(call: &ToolCall) -> Value {
    json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": call.arguments } })
}

fn id() -> String {
    format!("chatcmpl-{:016x}", rand::random::<u64>())
}

/// Four characters count as one token.
fn usage(request: &Value, plan: &Plan) -> Value {
    let prompt = request["messages"].to_string().len() / 4;
    let arguments: usize = plan.calls.iter().map(|call| call.arguments.len() + call.name.len()).sum();
    let completion = (plan.text.len() + arguments) / 4 + 1;
    json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion })
}
