//! A model that follows a script, calls the tools it is given, and fails on demand. It speaks four protocols: Chat
//! Completions and Responses of OpenAI, Messages of Anthropic, Converse of Bedrock.

mod arguments;
mod changes;
pub mod converse;
mod frames;
pub mod messages;
mod prose;
pub mod responses;
mod results;
mod script;
mod shown;
mod signature;
mod stream;
mod topics;
mod wire;

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::faults;
use crate::log;
use axum::response::Response;
use script::{Demand, Plan, ToolCall};
use serde_json::{Value, json};
use wire::Shape;

/// Answers `api.openai.com`.
pub async fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    if !call.authorization("Bearer").is_some_and(|key| key.starts_with("sandbox-")) {
        let response = Shape::OpenAi.refusal(401, "Incorrect API key provided.");
        return answer::refused(response, "model: a key here begins with sandbox-");
    }
    match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/v1/models") => answer::json(200, json!({ "object": "list", "data": listed() })),
        ("POST", "/v1/chat/completions") => complete(sandbox, call).await,
        ("POST", "/v1/responses") => responses::create(sandbox, call).await,
        (_, path) => match path.strip_prefix("/v1/responses/") {
            Some(rest) => responses::kept(sandbox, call, rest),
            None => app::nobody(call),
        },
    }
}

/// Models with the day on which the vendor shuts one down.
fn listed() -> Vec<Value> {
    let model = |id: &str| json!({ "id": id, "object": "model", "created": 1_750_000_000, "owned_by": "sandbox" });
    let mut old = model("gpt-4o-mini");
    old["shutdown_date"] = "2027-01-14".into();
    vec![old, model("gpt-6-luna"), model("sandbox-1"), model("sandbox-1-mini")]
}

/// Whether there is no such model: its name says so.
fn is_gone(model: &str) -> bool {
    model.starts_with("gone-")
}

/// Whether a model thinks before it speaks, and refuses what the older ones take.
fn is_new(model: &str) -> bool {
    model.starts_with("gpt-6") || model.starts_with("gpt-5.6")
}

fn plan_of(sandbox: &Sandbox, asked: &Value) -> Plan {
    script::plan(asked, log::now(), |demand| sandbox.first_failure(demand))
}

/// A block of a message, in any of the protocols that have them.
enum Part {
    Text(String),
    /// Id, name and input.
    Call(Value, Value, Value),
    /// Of which call, and what it returned.
    Result(Value, String),
}

/// Appends a message of blocks to messages as the script reads them.
fn unblock(
    role: &str,
    blocks: &[Value],
    messages: &mut Vec<Value>,
    part: impl Fn(&Value) -> Result<Part, &'static str>,
) -> Result<(), &'static str> {
    let (mut text, mut calls) = (String::new(), Vec::new());
    let open: Vec<Value> = messages
        .last()
        .and_then(|last| last["tool_calls"].as_array())
        .map(|calls| calls.iter().map(|call| call["id"].clone()).collect())
        .unwrap_or_default();
    let mut answered = Vec::new();
    for block in blocks {
        match part(block)? {
            Part::Text(more) => text.push_str(&more),
            Part::Call(id, name, input) => {
                if !input.is_object() {
                    return Err("tool_use.input: Input should be a valid dictionary");
                }
                let function = json!({ "name": name, "arguments": input.to_string() });
                calls.push(json!({ "id": id, "type": "function", "function": function }));
            }
            Part::Result(call, content) => {
                if !open.contains(&call) {
                    return Err("unexpected `tool_use_id` found in `tool_result` blocks");
                }
                answered.push(call.clone());
                messages.push(json!({ "role": "tool", "tool_call_id": call, "content": content }));
            }
        }
    }
    if open.iter().any(|id| !answered.contains(id)) {
        return Err("`tool_use` ids were found without `tool_result` blocks immediately after");
    }
    if !calls.is_empty() {
        messages.push(json!({ "role": role, "content": text, "tool_calls": calls }));
    } else if !text.is_empty() {
        messages.push(json!({ "role": role, "content": text }));
    }
    Ok(())
}

async fn complete(sandbox: &Sandbox, call: &Call) -> Response {
    let request = call.json();
    let model = request["model"].as_str().unwrap_or_default();
    if is_gone(model) {
        let message = format!("The model `{model}` does not exist or you do not have access to it.");
        return answer::refused(Shape::OpenAi.refusal(404, &message), format!("model: {message}"));
    }
    if let Err(message) = check(&request).and_then(|()| check_new(&request)) {
        return answer::refused(Shape::OpenAi.refusal(400, &message), format!("model: {message}"));
    }
    let plan = plan_of(sandbox, &request);
    if let Some(response) = wire::before(sandbox, call.entry, Shape::OpenAi, &plan).await {
        return response;
    }
    let note = note(&plan);
    if request["stream"] == true {
        return answer::noted(stream::answer(sandbox, call.entry, &request, &plan), note);
    }
    match plan.demand {
        Demand::Cut => answer::noted(faults::cut(), "model: cut on demand"),
        _ => answer::noted(answer::json(200, whole(&request, plan)), note),
    }
}

/// What newer models refuse of this protocol.
fn check_new(request: &Value) -> Result<(), String> {
    let model = request["model"].as_str().unwrap_or_default();
    if !is_new(model) {
        return Ok(());
    }
    let unreasoning = request["reasoning_effort"] == "none";
    if request.get("max_tokens").is_some() {
        return Err("Unsupported parameter: 'max_tokens' is not supported with this model.".into());
    }
    let knob = ["temperature", "top_p"].into_iter().find(|knob| request.get(knob).is_some());
    match knob {
        Some(knob) if !unreasoning => Err(format!("Unsupported parameter: '{knob}' is not supported with this model.")),
        _ if request["tools"].is_array() && !unreasoning => Err(format!(
            "Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. Please use /v1/responses or set reasoning_effort to 'none'."
        )),
        _ => Ok(()),
    }
}

fn note(plan: &Plan) -> String {
    if plan.calls.is_empty() {
        return "model: answered".to_owned();
    }
    let names: Vec<&str> = plan.calls.iter().map(|call| call.name.as_str()).collect();
    format!("model: called {}", names.join(", "))
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
        shown::in_parts(&message["content"])?;
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
