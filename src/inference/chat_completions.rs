//! The wire protocol that nearly every model server speaks: `POST {base}/chat/completions` answered by an event
//! stream. The types are our own and forgiving, because compatible servers leave fields out and invent values.

use std::time::Duration;

use async_openai::{
    Client, config::OpenAIConfig, error::OpenAIError, middleware::HttpRequestFactory, types::stream::StreamResponse,
};
use futures::{Stream, StreamExt as _};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Events, FinishReason, ModelError, ModelEvent, ToolCallPart, ToolSpec, Turn, TurnMessage};
use crate::platform::{config::ModelSettings, http::Http};

/// Never read more of a refusal than this.
const REFUSAL_BYTES: usize = 64 * 1024;

pub(super) struct ChatCompletions {
    client: Client<OpenAIConfig>,
    patience: Duration,
}

impl ChatCompletions {
    pub(super) fn new(settings: &ModelSettings, http: &Http, patience: Duration) -> Self {
        let base = settings.base_url.trim_end_matches('/');
        let base = url::Url::parse(base).map_or_else(|_| base.to_owned(), |url| http.address(&url).to_string());
        // By itself the crate reads its own environment variables; ours are the only settings.
        let config = OpenAIConfig::new()
            .with_org_id("")
            .with_project_id("")
            .with_api_base(base.trim_end_matches('/'))
            .with_api_key(settings.api_key.expose_secret());
        let transport = http.streaming();
        // The crate's own transport retries silently and drops Retry-After; ours says at once what happened.
        let service = tower::service_fn(move |request: HttpRequestFactory| {
            let transport = transport.clone();
            async move { send(transport, request, patience).await }
        });
        let client = Client::build(http.streaming(), config).with_http_service(service);
        Self { client, patience }
    }

    pub(super) async fn ask(&self, model: &str, turn: &Turn) -> Result<Events, ModelError> {
        let request = request(model, turn);
        let stream: StreamResponse<Chunk> =
            self.client.chat().create_stream_byot(request).await.map_err(|error| sort(error, model))?;
        Ok(Box::pin(events(stream, self.patience)))
    }
}

/// The body. `temperature`, `top_p` and `max_tokens` are left out: newer models refuse them.
fn request(model: &str, turn: &Turn) -> Value {
    let mut messages = vec![json!({ "role": "system", "content": turn.system })];
    messages.extend(turn.messages.iter().map(message));
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

fn message(message: &TurnMessage) -> Value {
    match message {
        TurnMessage::Person(text) => json!({ "role": "user", "content": text }),
        TurnMessage::Assistant { text, calls } if calls.is_empty() => json!({ "role": "assistant", "content": text }),
        TurnMessage::Assistant { text, calls } => json!({
            "role": "assistant",
            "content": if text.is_empty() { Value::Null } else { text.as_str().into() },
            "tool_calls": calls.iter().map(call).collect::<Vec<_>>(),
        }),
        TurnMessage::ToolResult { call, content } => {
            json!({ "role": "tool", "tool_call_id": call, "content": content })
        }
    }
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

/// Sends the request and turns every refusal into a [`ModelError`] while the headers are still at hand.
async fn send(
    transport: reqwest::Client,
    request: HttpRequestFactory,
    patience: Duration,
) -> Result<reqwest::Response, tower::BoxError> {
    let request = request.build().await?;
    let answer = tokio::time::timeout(patience, transport.execute(request)).await;
    let response = match answer {
        Err(_) => return Err(ModelError::Silent(patience).into()),
        Ok(Err(error)) if error.is_timeout() && !error.is_connect() => return Err(ModelError::Silent(patience).into()),
        Ok(Err(_)) => return Err(ModelError::Unavailable.into()),
        Ok(Ok(response)) => response,
    };
    if response.status().is_success() {
        let is_stream = response
            .headers()
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_none_or(|value| value.to_ascii_lowercase().starts_with("text/event-stream"));
        return if is_stream { Ok(response) } else { Err(ModelError::Malformed.into()) };
    }
    Err(refusal(response, patience).await.into())
}

async fn refusal(response: reqwest::Response, patience: Duration) -> ModelError {
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get(http::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse().ok());
    match status {
        429 => ModelError::Limited { retry_after },
        401 | 403 => ModelError::Refused,
        408 | 500..=599 => ModelError::Unavailable,
        404 => ModelError::NotFound(String::new()),
        300..=399 => ModelError::Malformed,
        _ if names_missing_model(response, patience).await => ModelError::NotFound(String::new()),
        _ => ModelError::Rejected(status),
    }
}

/// Some servers say 400 instead of 404 when they do not have the model.
async fn names_missing_model(response: reqwest::Response, patience: Duration) -> bool {
    let mut body = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Ok(Some(Ok(piece))) = tokio::time::timeout(patience, pieces.next()).await {
        body.extend_from_slice(&piece);
        if body.len() > REFUSAL_BYTES {
            break;
        }
    }
    String::from_utf8_lossy(&body).contains("model_not_found")
}

fn sort(error: OpenAIError, model: &str) -> ModelError {
    let error = match error {
        OpenAIError::Boxed(inner) => match inner.downcast::<ModelError>() {
            Ok(known) => *known,
            Err(_) => ModelError::Unavailable,
        },
        OpenAIError::Reqwest(_) => ModelError::Unavailable,
        OpenAIError::StreamError(_) => ModelError::CutOff,
        _ => ModelError::Malformed,
    };
    match error {
        ModelError::NotFound(_) => ModelError::NotFound(model.to_owned()),
        other => other,
    }
}

/// Follows the stream to its end, which is good only after a finish reason.
fn events(
    stream: StreamResponse<Chunk>,
    patience: Duration,
) -> impl Stream<Item = Result<ModelEvent, ModelError>> + Send {
    struct State {
        stream: StreamResponse<Chunk>,
        finished: bool,
        over: bool,
    }
    let state = State { stream, finished: false, over: false };
    futures::stream::unfold(state, move |mut state| async move {
        if state.over {
            return None;
        }
        let pieces = match tokio::time::timeout(patience, state.stream.next()).await {
            Ok(Some(Ok(chunk))) => chunk.into_events(),
            Ok(None) if state.finished => return None,
            Ok(None) => vec![Err(ModelError::CutOff)],
            // After the finish reason only the usage is missing: its loss spoils nothing.
            Ok(Some(Err(_))) | Err(_) if state.finished => return None,
            Ok(Some(Err(error))) => vec![Err(sort(error, ""))],
            Err(_) => vec![Err(ModelError::Silent(patience))],
        };
        for piece in &pieces {
            state.finished |= matches!(piece, Ok(ModelEvent::Finished(_)));
            state.over |= piece.is_err();
        }
        Some((futures::stream::iter(pieces), state))
    })
    .flatten()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk {
    choices: Vec<Choice>,
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
    prompt_tokens: u64,
    completion_tokens: u64,
}

impl Chunk {
    fn into_events(self) -> Vec<Result<ModelEvent, ModelError>> {
        if let Some(error) = self.error.filter(|error| !error.is_null()) {
            return vec![Err(in_stream(&error))];
        }
        let mut events = Vec::new();
        if let Some(choice) = self.choices.into_iter().next() {
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
        if let Some(usage) = self.usage {
            events.push(Ok(ModelEvent::Usage { input: usage.prompt_tokens, output: usage.completion_tokens }));
        }
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

/// An error that arrives as an event, after the status had said that all is well.
fn in_stream(error: &Value) -> ModelError {
    let word =
        |name: &str| error.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let words = [word("code"), word("type"), word("status")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    if words.contains("rate_limit") || words.contains("insufficient_quota") || words.contains("429") {
        ModelError::Limited { retry_after: None }
    } else {
        ModelError::Unavailable
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
