//! Anthropic's Messages: `POST {base}/messages` answered by server-sent events
//! (<https://docs.anthropic.com/en/api/messages-streaming>).

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{
    Method,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{
    Failure, Way, Wire,
    blocks::{self, Block},
    client,
    stream::{Told, count, follow, usage},
    transport::{SERVER_SENT, Transport, Trouble, in_stream, server_sent},
};
use crate::{
    inference::{Events, FinishReason, ModelError, ModelEvent, ToolCallPart, ToolSpec, Turn},
    platform::http::Http,
};

const VERSION: &str = "2023-06-01";
/// This protocol wants a number; every model since 2024 writes as much as this.
const MOST_TOKENS: u32 = 8_192;

pub(super) struct Messages {
    transport: Transport,
    http: Http,
    base: String,
    key: SecretString,
    patience: Duration,
}

impl Messages {
    pub(super) fn new(way: &Way<'_>) -> Self {
        Self {
            transport: Transport::new(way, SERVER_SENT),
            http: way.http.clone(),
            base: way.settings.base_url.clone(),
            key: way.settings.api_key.clone(),
            patience: way.patience,
        }
    }

    async fn open(&self, model: &str, turn: &Turn) -> Result<reqwest::Response, Trouble> {
        let url = Url::parse(&format!("{}/messages", self.base)).map_err(|_| ModelError::Malformed)?;
        let mut request = reqwest::Request::new(Method::POST, self.http.address(&url));
        let mut key = HeaderValue::try_from(self.key.expose_secret()).map_err(|_| ModelError::Refused)?;
        key.set_sensitive(true);
        let headers = request.headers_mut();
        headers.insert("x-api-key", key);
        headers.insert("anthropic-version", HeaderValue::from_static(VERSION));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static(SERVER_SENT));
        *request.body_mut() = Some(request_body(model, turn).to_string().into());
        self.transport.open(request).await
    }
}

#[async_trait]
impl Wire for Messages {
    async fn ask(&self, model: &str, turn: &Turn) -> Result<Events, Failure> {
        let response = self.open(model, turn).await.map_err(|trouble| trouble.into_failure(model))?;
        let mut read = 0;
        Ok(follow(server_sent::<Event>(response), self.patience, move |event| event.tell(&mut read)))
    }

    async fn models(&self) -> Result<Option<Value>, ModelError> {
        let signed = client::list(&self.http, &self.base, |request| {
            request.secret_header("x-api-key", self.key.clone()).header("anthropic-version", VERSION)
        });
        signed.await.map(Some)
    }
}

/// The body. `temperature` and `top_p` are left out: newer models refuse them.
fn request_body(model: &str, turn: &Turn) -> Value {
    let messages = blocks::messages(turn).into_iter().map(
        |(role, blocks)| json!({ "role": role.word(), "content": blocks.into_iter().map(block).collect::<Vec<_>>() }),
    );
    let mut body = json!({
        "model": model,
        "max_tokens": MOST_TOKENS,
        "system": turn.system,
        "messages": messages.collect::<Vec<_>>(),
        "stream": true,
    });
    if !turn.tools.is_empty() {
        body["tools"] = turn.tools.iter().map(tool).collect();
    }
    body
}

fn block(block: Block<'_>) -> Value {
    match block {
        Block::Text(text) => json!({ "type": "text", "text": text }),
        Block::Shown(exhibit) => {
            let (kind, media_type) =
                (if exhibit.kind.is_picture() { "image" } else { "document" }, exhibit.kind.media_type());
            json!({ "type": kind, "source": { "type": "base64", "media_type": media_type, "data": exhibit.base64() } })
        }
        Block::Call { id, name, input } => json!({ "type": "tool_use", "id": id, "name": name, "input": input }),
        Block::Result { call, content } => json!({ "type": "tool_result", "tool_use_id": call, "content": content }),
    }
}

fn tool(tool: &ToolSpec) -> Value {
    json!({ "name": tool.name, "description": tool.description, "input_schema": tool.parameters })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    index: Option<u32>,
    message: Option<Message>,
    content_block: Option<Part>,
    delta: Option<Part>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    usage: Option<Usage>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    id: Option<String>,
    name: Option<String>,
    partial_json: Option<String>,
    stop_reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Usage {
    #[serde(deserialize_with = "count")]
    input_tokens: u64,
    #[serde(deserialize_with = "count")]
    cache_creation_input_tokens: u64,
    #[serde(deserialize_with = "count")]
    cache_read_input_tokens: u64,
    #[serde(deserialize_with = "count")]
    output_tokens: u64,
}

impl Usage {
    fn input(&self) -> u64 {
        self.input_tokens.saturating_add(self.cache_creation_input_tokens).saturating_add(self.cache_read_input_tokens)
    }
}

impl Event {
    /// `read` is how many tokens the model has read, which is told at the beginning.
    fn tell(self, read: &mut u64) -> Told {
        let index = self.index.unwrap_or(0);
        let part = self.content_block.or(self.delta).unwrap_or_default();
        match self.kind.as_str() {
            "message_start" => {
                *read = self.message.and_then(|message| message.usage).map_or(0, |cost| cost.input());
                Vec::new()
            }
            "content_block_start" | "content_block_delta" => part.tell(index),
            "message_delta" => {
                let cost = self.usage.unwrap_or_default();
                *read = cost.input().max(*read);
                let cost = usage(*read, cost.output_tokens).map(Ok);
                let reason = part.stop_reason.filter(|word| !word.is_empty());
                let reason = reason.map(|word| Ok(ModelEvent::Finished(FinishReason::from_wire(&word))));
                cost.into_iter().chain(reason).collect()
            }
            "error" => vec![Err(in_stream(&self.error.unwrap_or_default()))],
            "" => self.error.map(|error| Err(in_stream(&error))).into_iter().collect(),
            _ => Vec::new(),
        }
    }
}

impl Part {
    fn tell(self, index: u32) -> Told {
        let Self { kind, text, id, name, partial_json, .. } = self;
        match kind.as_str() {
            "text" | "text_delta" => {
                let text = text.filter(|text| !text.is_empty());
                text.map(|text| Ok(ModelEvent::Text(text))).into_iter().collect()
            }
            "tool_use" | "input_json_delta" => vec![Ok(ModelEvent::ToolCall(ToolCallPart {
                index,
                id: id.filter(|id| !id.is_empty()),
                name: name.filter(|name| !name.is_empty()),
                arguments: partial_json.unwrap_or_default(),
            }))],
            _ => Vec::new(),
        }
    }
}
