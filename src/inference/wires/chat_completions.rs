//! The wire protocol that nearly every model server speaks: `POST {base}/chat/completions` answered by an event
//! stream. The types are our own and forgiving, because compatible servers leave fields out and invent values.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_openai::{Client, config::OpenAIConfig, types::stream::StreamResponse};
use async_trait::async_trait;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Failure, Way, Wire, client,
    stream::{Told, count, follow, usage},
    transport::{Refusal, Trouble, in_stream},
};
use crate::{
    inference::{
        Call, Events, Exhibit, FinishReason, ModelError, ModelEvent, ToolCallPart, ToolSpec, Turn, TurnMessage,
    },
    platform::http::Http,
};

pub(super) struct ChatCompletions {
    client: Client<OpenAIConfig>,
    http: Http,
    base: String,
    key: SecretString,
    patience: Duration,
    /// Models that take tools here only if they do not reason.
    unreasoning: Mutex<BTreeSet<String>>,
}

impl ChatCompletions {
    pub(super) fn new(way: &Way<'_>) -> Self {
        Self {
            client: client::client(way),
            http: way.http.clone(),
            base: way.settings.base_url.clone(),
            key: way.settings.api_key.clone(),
            patience: way.patience,
            unreasoning: Mutex::default(),
        }
    }

    async fn once(&self, model: &str, turn: &Turn, reasons: bool) -> Result<Events, Trouble> {
        let mut request = request(model, turn);
        if !reasons {
            request["reasoning_effort"] = "none".into();
        }
        let stream: StreamResponse<Chunk> =
            self.client.chat().create_stream_byot(request).await.map_err(client::trouble)?;
        Ok(follow(client::messages(stream), self.patience, Chunk::into_events))
    }
}

#[async_trait]
impl Wire for ChatCompletions {
    async fn ask(&self, model: &str, turn: &Turn) -> Result<Events, Failure> {
        let known = self.unreasoning.lock().unwrap_or_else(PoisonError::into_inner).contains(model);
        match self.once(model, turn, !known).await {
            Err(Trouble::Refused(refusal)) if !known && wants_no_reasoning(&refusal) => {
                let events = self.once(model, turn, false).await.map_err(|trouble| trouble.into_failure(model))?;
                self.unreasoning.lock().unwrap_or_else(PoisonError::into_inner).insert(model.to_owned());
                Ok(events)
            }
            answer => answer.map_err(|trouble| trouble.into_failure(model)),
        }
    }

    async fn models(&self) -> Result<Option<Value>, ModelError> {
        client::list(&self.http, &self.base, |request| request.bearer(self.key.clone())).await.map(Some)
    }
}

/// The one refusal that a smaller wish answers: tools together with reasoning are for the other protocol.
fn wants_no_reasoning(refusal: &Refusal) -> bool {
    refusal.status == 400 && refusal.message.contains("reasoning_effort") && refusal.message.contains("none")
}

/// The body. `temperature`, `top_p` and `max_tokens` are left out: newer models refuse them.
fn request(model: &str, turn: &Turn) -> Value {
    let mut messages = vec![json!({ "role": "system", "content": turn.system })];
    messages.extend(turn.messages.iter().filter_map(message));
    let mut body = json!({
        "model": model,
        "messages": messages,
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    if !turn.tools.is_empty() {
        body["tools"] = turn.tools.iter().map(tool).collect();
    }
    body
}

fn message(message: &TurnMessage) -> Option<Value> {
    Some(match message {
        TurnMessage::Person(text) => json!({ "role": "user", "content": text }),
        TurnMessage::Shown { text, exhibits } => {
            let words = (!text.trim().is_empty()).then(|| json!({ "type": "text", "text": text }));
            let parts: Vec<Value> = exhibits.iter().map(shown).chain(words).collect();
            json!({ "role": "user", "content": parts })
        }
        TurnMessage::Assistant { text, calls } if calls.is_empty() => json!({ "role": "assistant", "content": text }),
        TurnMessage::Assistant { text, calls } => json!({
            "role": "assistant",
            "content": if text.is_empty() { Value::Null } else { text.as_str().into() },
            "tool_calls": calls.iter().map(call).collect::<Vec<_>>(),
        }),
        TurnMessage::ToolResult { call, content } => {
            json!({ "role": "tool", "tool_call_id": call, "content": content })
        }
        TurnMessage::Reasoning(_) => return None,
    })
}

fn shown(exhibit: &Exhibit) -> Value {
    if exhibit.kind.is_picture() {
        return json!({ "type": "image_url", "image_url": { "url": exhibit.data_url() } });
    }
    json!({ "type": "file", "file": { "filename": exhibit.name, "file_data": exhibit.data_url() } })
}

fn call(call: &Call) -> Value {
    json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": call.arguments } })
}

fn tool(tool: &ToolSpec) -> Value {
    json!({
        "type": "function",
        "function": { "name": tool.name, "description": tool.description, "parameters": tool.parameters },
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Choice {
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<DeltaCall>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DeltaCall {
    index: Option<u32>,
    id: Option<String>,
    function: Option<DeltaFunction>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DeltaFunction {
    name: Option<String>,
    arguments: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Usage {
    #[serde(deserialize_with = "count")]
    prompt_tokens: u64,
    #[serde(deserialize_with = "count")]
    completion_tokens: u64,
}

impl Chunk {
    fn into_events(self) -> Told {
        if let Some(error) = self.error.filter(|error| !error.is_null()) {
            return vec![Err(in_stream(&error))];
        }
        let mut events = Vec::new();
        if let Some(choice) = self.choices.into_iter().flatten().next() {
            if let Some(delta) = choice.delta {
                for text in [delta.content, delta.refusal].into_iter().flatten().filter(|text| !text.is_empty()) {
                    events.push(Ok(ModelEvent::Text(text)));
                }
                for (position, call) in (0..).zip(delta.tool_calls.unwrap_or_default()) {
                    events.push(Ok(ModelEvent::ToolCall(call.into_part(position))));
                }
            }
            if let Some(word) = choice.finish_reason.filter(|word| !word.is_empty()) {
                events.push(Ok(ModelEvent::Finished(FinishReason::from_wire(&word))));
            }
        }
        let cost = self.usage.and_then(|cost| usage(cost.prompt_tokens, cost.completion_tokens));
        events.extend(cost.map(Ok));
        events
    }
}

impl DeltaCall {
    fn into_part(self, position: u32) -> ToolCallPart {
        let function = self.function.unwrap_or_default();
        ToolCallPart {
            index: self.index.unwrap_or(position),
            id: self.id.filter(|id| !id.is_empty()),
            name: function.name.filter(|name| !name.is_empty()),
            arguments: match function.arguments {
                Some(Value::String(text)) => text,
                Some(Value::Null) | None => String::new(),
                // A few servers send the object itself.
                Some(object) => object.to_string(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunk: &str) -> Vec<Result<ModelEvent, ModelError>> {
        serde_json::from_str::<Chunk>(chunk).unwrap().into_events()
    }

    #[test]
    fn strange_chunks_are_read_as_far_as_they_go() {
        assert_eq!(read("{}"), []);
        assert_eq!(read(r#"{"choices":[],"usage":null,"service_tier":"odd"}"#), []);
        assert_eq!(
            read(r#"{"choices":[{"delta":{"content":"a","reasoning_content":"x"},"finish_reason":""}]}"#),
            [Ok(ModelEvent::Text("a".into()))]
        );
        assert_eq!(
            read(r#"{"choices":[{"delta":{},"finish_reason":"eos"}]}"#),
            [Ok(ModelEvent::Finished(FinishReason::Complete))]
        );
        assert_eq!(
            read(r#"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"t","arguments":{"a":1}}}]}}]}"#),
            [Ok(ModelEvent::ToolCall(ToolCallPart {
                index: 0,
                id: None,
                name: Some("t".into()),
                arguments: "{\"a\":1}".into()
            }))]
        );
    }

    #[test]
    fn an_error_inside_the_stream_is_an_error() {
        assert_eq!(
            read(r#"{"error":{"code":"rate_limit_exceeded"}}"#),
            [Err(ModelError::Limited { retry_after: None })]
        );
        assert_eq!(read(r#"{"error":{"message":"boom"}}"#), [Err(ModelError::Unavailable)]);
    }

    #[test]
    fn the_request_streams_and_sets_no_knobs() {
        let turn = Turn { system: "s".into(), messages: vec![TurnMessage::Person("p".into())], tools: vec![] };
        let body = request("m", &turn);
        assert_eq!(body["stream"], true);
        assert_eq!(body["stream_options"]["include_usage"], true);
        for knob in ["temperature", "top_p", "max_tokens", "tools"] {
            assert!(body.get(knob).is_none(), "{knob}");
        }
    }
}
