//! OpenAI's Responses: items in, numbered events out. In the background an answer is written whether anybody listens or
//! not, and can be fetched from any number on.

use super::script::{Demand, Plan};
use super::stream::pieces;
use super::wire::{self, Shape};
use super::{note, plan_of, usage};
use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::log;
use axum::body::Bytes;
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Answers that are written in the background, by their ids.
#[derive(Debug, Default)]
pub struct Kept(BTreeMap<String, Writing>);

#[derive(Debug, Clone)]
struct Writing {
    events: Vec<Value>,
    begun: Instant,
    pause: Duration,
    /// How many events there were when somebody ended it.
    cancelled: Option<usize>,
}

impl Writing {
    /// How many events there are by now.
    fn written(&self) -> usize {
        let all = self.events.len();
        let pause = self.pause.as_millis().max(1);
        let by_now = usize::try_from(self.begun.elapsed().as_millis() / pause).unwrap_or(all).saturating_add(1);
        self.cancelled.unwrap_or(by_now.min(all))
    }

    fn is_over(&self) -> bool {
        self.cancelled.is_some() || self.written() == self.events.len()
    }
}

/// `POST /v1/responses`.
pub async fn create(sandbox: &Sandbox, call: &Call) -> Response {
    let request = call.json();
    let asked = match checked(&request) {
        Ok(asked) => asked,
        Err((status, message)) => {
            return answer::refused(Shape::OpenAi.refusal(status, &message), format!("model: {message}"));
        }
    };
    let plan = plan_of(sandbox, &asked);
    if let Some(response) = wire::before(sandbox, call.entry, Shape::OpenAi, &plan).await {
        return response;
    }
    let id = format!("resp_{:024x}", rand::random::<u128>() >> 32);
    let events = events(&request, &asked, &plan, &id);
    if request["background"] == true {
        let writing = Writing { events, begun: Instant::now(), pause: wire::pause(sandbox, &plan), cancelled: None };
        sandbox.kept_answers().0.insert(id.clone(), writing);
        let cut = if plan.demand == Demand::Cut { Some(3) } else { None };
        return answer::noted(follow(sandbox, call.entry, id, 0, cut), note(&plan));
    }
    let events = events.iter().map(framed).collect();
    answer::noted(wire::stream(sandbox, call.entry, Shape::OpenAi, &plan, events), note(&plan))
}

/// `GET /v1/responses/{id}?stream=true&starting_after=…` and `POST /v1/responses/{id}/cancel`.
pub fn kept(sandbox: &Sandbox, call: &Call, rest: &str) -> Response {
    let (id, act) = rest.split_once('/').unwrap_or((rest, ""));
    let missing = || {
        let response = Shape::OpenAi.refusal(404, &format!("Response with id '{id}' not found."));
        answer::refused(response, "model: no such response")
    };
    match (call.method.as_str(), act) {
        ("GET", "") if call.q("stream") == Some("true") => {
            if !sandbox.kept_answers().0.contains_key(id) {
                return missing();
            }
            let after = call.q("starting_after").and_then(|number| number.parse::<usize>().ok());
            let from = after.map_or(0, |after| after + 1);
            answer::noted(follow(sandbox, call.entry, id.to_owned(), from, None), "model: answer goes on")
        }
        ("POST", "cancel") => {
            let mut kept = sandbox.kept_answers();
            let Some(writing) = kept.0.get_mut(id) else { return missing() };
            if !writing.is_over() {
                writing.cancelled = Some(writing.written());
            }
            answer::noted(answer::json(200, json!({ "id": id, "status": "cancelled" })), "model: answer cancelled")
        }
        _ => app::nobody(call),
    }
}

/// Streams an answer from a number on, as fast as it is written; cut after so many events, where it is to be.
fn follow(sandbox: &Sandbox, entry: u64, id: String, from: usize, cut: Option<usize>) -> Response {
    let sandbox = sandbox.clone();
    let (send, receive) = mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    tokio::spawn(async move {
        let mut next = from;
        loop {
            let Some(writing) = sandbox.kept_answers().0.get(&id).cloned() else { return };
            if cut.is_some_and(|cut| next >= cut) {
                let _ = send.send(Err(std::io::Error::other("cut on demand"))).await;
                sandbox.ledger().annotate(entry, &format!("cut after {next} events"));
                return;
            }
            if next < writing.written() {
                let event = writing.events.get(next).map(framed).unwrap_or_default();
                next += 1;
                if send.send(Ok(Bytes::from(event))).await.is_err() {
                    sandbox.ledger().annotate(entry, &format!("the reader left after {next} events"));
                    return;
                }
                continue;
            }
            if writing.is_over() {
                if writing.cancelled.is_some() {
                    let event =
                        json!({ "type": "response.cancelled", "sequence_number": next, "response": { "id": id } });
                    let _ = send.send(Ok(Bytes::from(framed(&event)))).await;
                }
                sandbox.ledger().annotate(entry, &format!("streamed events {from} to {next}"));
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(writing.pause.max(Duration::from_millis(1))) => {}
                () = send.closed() => {
                    sandbox.ledger().annotate(entry, &format!("the reader left after {next} events"));
                    return;
                }
            }
        }
    });
    wire::body(Shape::OpenAi, receive)
}

fn framed(event: &Value) -> Vec<u8> {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default()).into_bytes()
}

/// The request in the shape that the script reads, where the vendor would take it.
fn checked(request: &Value) -> Result<Value, (u16, String)> {
    let refuse = |message: &str| Err((400, message.to_owned()));
    let Some(model) = request["model"].as_str().filter(|model| !model.is_empty()) else {
        return refuse("you must provide a model parameter");
    };
    if super::is_gone(model) {
        return Err((404, format!("The model `{model}` does not exist or you do not have access to it.")));
    }
    for knob in ["max_tokens", "messages"] {
        if request.get(knob).is_some() {
            return Err((400, format!("Unsupported parameter: '{knob}' is not supported with this API.")));
        }
    }
    if super::is_new(model) && (request.get("temperature").is_some() || request.get("top_p").is_some()) {
        return refuse("Unsupported parameter: 'temperature' is not supported with this model.");
    }
    if request["background"] == true && request["store"] == false {
        return refuse("Background mode requires store to be true.");
    }
    let sealed =
        request["include"].as_array().is_some_and(|wanted| wanted.contains(&json!("reasoning.encrypted_content")));
    if sealed && !super::is_new(model) {
        return refuse("Encrypted content is not supported with this model.");
    }
    let mut messages = vec![json!({ "role": "system", "content": request["instructions"] })];
    let text = [json!({ "role": "user", "content": request["input"] })];
    let items = if request["input"].is_string() {
        &text[..]
    } else {
        request["input"].as_array().map_or(&[][..], Vec::as_slice)
    };
    if items.is_empty() {
        return refuse("Missing required parameter: 'input'.");
    }
    for item in items {
        match item["type"].as_str() {
            None | Some("message") => messages.push(json!({ "role": item["role"], "content": item["content"] })),
            Some("function_call") => {
                let call = json!({ "id": item["call_id"], "type": "function", "function": { "name": item["name"], "arguments": item["arguments"] } });
                match messages.last_mut() {
                    Some(last) if last["tool_calls"].is_array() => {
                        last["tool_calls"].as_array_mut().into_iter().for_each(|calls| calls.push(call.clone()));
                    }
                    _ => messages.push(json!({ "role": "assistant", "content": null, "tool_calls": [call] })),
                }
            }
            Some("function_call_output") => {
                messages.push(json!({ "role": "tool", "tool_call_id": item["call_id"], "content": item["output"] }));
            }
            Some("reasoning") if item["encrypted_content"] == format!("sealed for {model}") => {}
            Some("reasoning") => return refuse("The encrypted content could not be verified."),
            Some(other) => return Err((400, format!("Invalid value: '{other}'."))),
        }
    }
    let mut asked = json!({ "model": model, "messages": messages });
    let tools = request["tools"].as_array().into_iter().flatten();
    let tools: Vec<Value> = tools.map(|tool| json!({ "type": "function", "function": tool })).collect();
    if !tools.is_empty() {
        asked["tools"] = tools.into();
    }
    super::check(&asked).map_err(|message| (400, message))?;
    Ok(asked)
}

fn events(request: &Value, asked: &Value, plan: &Plan, id: &str) -> Vec<Value> {
    let model = request["model"].as_str().unwrap_or_default();
    let reply = |status: &str, output: Value, cost: Value| {
        json!({
            "id": id, "object": "response", "created_at": log::now().unix_timestamp(), "status": status,
            "background": request["background"] == true, "model": model, "output": output, "store": request["store"],
            "usage": cost, "error": null, "incomplete_details": null,
        })
    };
    let mut events = vec![
        json!({ "type": "response.created", "response": reply("in_progress", json!([]), Value::Null) }),
        json!({ "type": "response.in_progress", "response": reply("in_progress", json!([]), Value::Null) }),
    ];
    let mut output = Vec::new();
    if super::is_new(model) {
        let wanted = request["include"].as_array().is_some_and(|wanted| !wanted.is_empty());
        let sealed = if wanted { json!(format!("sealed for {model}")) } else { Value::Null };
        let item = json!({ "type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": sealed });
        events.push(json!({ "type": "response.output_item.added", "output_index": 0, "item": item }));
        events.push(json!({ "type": "response.output_item.done", "output_index": 0, "item": item }));
        output.push(item);
    }
    if !plan.text.is_empty() {
        let at = output.len();
        let part = |text: &str| json!({ "type": "output_text", "text": text, "annotations": [] });
        let item = |status: &str, content: Value| json!({ "type": "message", "id": "msg_1", "status": status, "role": "assistant", "content": content });
        let place = |kind: &str| json!({ "type": kind, "item_id": "msg_1", "output_index": at, "content_index": 0 });
        let with = |mut event: Value, name: &str, value: Value| {
            event[name] = value;
            event
        };
        events.push(
            json!({ "type": "response.output_item.added", "output_index": at, "item": item("in_progress", json!([])) }),
        );
        events.push(with(place("response.content_part.added"), "part", part("")));
        for piece in pieces(&plan.text) {
            events.push(with(place("response.output_text.delta"), "delta", piece.into()));
        }
        events.push(with(place("response.output_text.done"), "text", plan.text.clone().into()));
        events.push(with(place("response.content_part.done"), "part", part(&plan.text)));
        let whole = item("completed", json!([part(&plan.text)]));
        events.push(json!({ "type": "response.output_item.done", "output_index": at, "item": whole }));
        output.push(whole);
    }
    for call in &plan.calls {
        let at = output.len();
        let item = |status: &str, arguments: &str| {
            json!({
                "type": "function_call", "id": format!("fc_{}", call.id), "call_id": call.id, "name": call.name,
                "arguments": arguments, "status": status,
            })
        };
        events
            .push(json!({ "type": "response.output_item.added", "output_index": at, "item": item("in_progress", "") }));
        for piece in pieces(&call.arguments) {
            events
                .push(json!({ "type": "response.function_call_arguments.delta", "output_index": at, "delta": piece }));
        }
        let done =
            json!({ "type": "response.function_call_arguments.done", "output_index": at, "arguments": call.arguments });
        events.push(done);
        let whole = item("completed", &call.arguments);
        events.push(json!({ "type": "response.output_item.done", "output_index": at, "item": whole }));
        output.push(whole);
    }
    let cost = usage(asked, plan);
    let cost = json!({
        "input_tokens": cost["prompt_tokens"], "output_tokens": cost["completion_tokens"], "total_tokens": cost["total_tokens"],
    });
    let incomplete = |reason: &str| {
        let mut whole = reply("incomplete", output.clone().into(), cost.clone());
        whole["incomplete_details"] = json!({ "reason": reason });
        json!({ "type": "response.incomplete", "response": whole })
    };
    match plan.demand {
        Demand::Unfinished => {}
        Demand::Length => events.push(incomplete("max_output_tokens")),
        Demand::Filtered => events.push(incomplete("content_filter")),
        _ => {
            let whole = reply("completed", output.clone().into(), cost.clone());
            events.push(json!({ "type": "response.completed", "response": whole }));
        }
    }
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = number.into();
    }
    events
}
