//! Bedrock's Converse: `POST {base}/model/{model}/converse-stream` answered by AWS's own framing of events
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html>).

use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_eventstream::frame::read_message_from;
use aws_smithy_types::event_stream::Message;
use futures::{Stream, StreamExt as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{
    Method,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{
    Failure, Way, Wire,
    blocks::{self, Block},
    signature::Signer,
    stream::{Told, count, follow, usage},
    transport::{Transport, Trouble},
};
use crate::{
    inference::{Events, FinishReason, ModelError, ModelEvent, ToolCallPart, ToolSpec, Turn},
    platform::{clock::Clock, config::BedrockSettings, http::Http},
};

const FRAMED: &str = "application/vnd.amazon.eventstream";
/// Each message says first how long it is; a longer one is none of theirs.
const LARGEST_MESSAGE: usize = 16 * 1024 * 1024;
/// The prelude and the checksum of an empty message.
const SMALLEST_MESSAGE: usize = 16;
/// What stands in a path as it is.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) struct Converse {
    transport: Transport,
    http: Http,
    clock: Clock,
    base: String,
    region: String,
    signer: Signer,
    patience: Duration,
}

impl Converse {
    pub(super) fn new(way: &Way<'_>) -> Self {
        let BedrockSettings { region, keys } = way.settings.bedrock.clone();
        Self {
            transport: Transport::new(way, FRAMED),
            http: way.http.clone(),
            clock: way.clock.clone(),
            base: way.settings.base_url.clone(),
            region,
            signer: keys.map_or_else(|| Signer::Bearer(way.settings.api_key.clone()), Signer::Keys),
            patience: way.patience,
        }
    }

    async fn open(&self, model: &str, turn: &Turn) -> Result<reqwest::Response, Trouble> {
        // A name can be an address of its own, with colons and slashes.
        let model = utf8_percent_encode(model, IN_PATH);
        let url = Url::parse(&format!("{}/model/{model}/converse-stream", self.base));
        let url = url.map_err(|_| ModelError::Malformed)?;
        let body = request_body(turn).to_string().into_bytes();
        let mut request = reqwest::Request::new(Method::POST, self.http.address(&url));
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static(FRAMED));
        self.signer.sign(&url, headers, &body, &self.region, self.clock.now())?;
        *request.body_mut() = Some(body.into());
        self.transport.open(request).await
    }
}

#[async_trait]
impl Wire for Converse {
    async fn ask(&self, model: &str, turn: &Turn) -> Result<Events, Failure> {
        let response = self.open(model, turn).await.map_err(|trouble| trouble.into_failure(model))?;
        Ok(follow(framed(response), self.patience, |message| tell(&message)))
    }

    /// Its list is another service of AWS, with rights of its own.
    async fn models(&self) -> Result<Option<Value>, ModelError> {
        Ok(None)
    }
}

/// The body. What the models may be told about chance and length is left out, as everywhere.
fn request_body(turn: &Turn) -> Value {
    let mut documents = 0;
    let messages = blocks::messages(turn).into_iter().map(|(role, blocks)| {
        let blocks: Vec<Value> = blocks.into_iter().map(|part| block(part, &mut documents)).collect();
        json!({ "role": role.word(), "content": blocks })
    });
    let mut body = json!({ "system": [{ "text": turn.system }], "messages": messages.collect::<Vec<_>>() });
    if !turn.tools.is_empty() {
        body["toolConfig"] = json!({ "tools": turn.tools.iter().map(tool).collect::<Vec<_>>() });
    }
    body
}

/// `documents` counts the documents so far: each needs a name of its own, and its owner's words are none, because a model
/// reads it as what Aura says.
fn block(block: Block<'_>, documents: &mut u32) -> Value {
    match block {
        Block::Text(text) => json!({ "text": text }),
        Block::Shown(exhibit) => {
            let (format, source) = (exhibit.kind.word(), json!({ "bytes": exhibit.base64() }));
            if exhibit.kind.is_picture() {
                return json!({ "image": { "format": format, "source": source } });
            }
            *documents += 1;
            json!({ "document": { "format": format, "name": format!("document {documents}"), "source": source } })
        }
        Block::Call { id, name, input } => json!({ "toolUse": { "toolUseId": id, "name": name, "input": input } }),
        Block::Result { call, content } => {
            json!({ "toolResult": { "toolUseId": call, "content": [{ "text": content }] } })
        }
    }
}

fn tool(tool: &ToolSpec) -> Value {
    json!({
        "toolSpec": {
            "name": tool.name,
            "description": tool.description,
            "inputSchema": { "json": tool.parameters },
        },
    })
}

/// Cuts the bytes into messages, each checked by its own sums.
fn framed(response: reqwest::Response) -> impl Stream<Item = Result<Message, ModelError>> + Send {
    let state = (response.bytes_stream(), Vec::<u8>::new());
    futures::stream::try_unfold(state, |(mut pieces, mut waiting)| async move {
        loop {
            if let Some((message, length)) = first(&waiting)? {
                waiting.drain(..length);
                return Ok(Some((message, (pieces, waiting))));
            }
            match pieces.next().await {
                Some(Ok(piece)) => waiting.extend_from_slice(&piece),
                Some(Err(_)) => return Err(ModelError::CutOff),
                None if waiting.is_empty() => return Ok(None),
                None => return Err(ModelError::CutOff),
            }
        }
    })
}

/// The first whole message, and how long it is.
fn first(waiting: &[u8]) -> Result<Option<(Message, usize)>, ModelError> {
    let Some(length) = waiting.first_chunk::<4>() else { return Ok(None) };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    if !(SMALLEST_MESSAGE..=LARGEST_MESSAGE).contains(&length) {
        return Err(ModelError::Malformed);
    }
    let Some(whole) = waiting.get(..length) else { return Ok(None) };
    let message = read_message_from(whole).map_err(|_| ModelError::Malformed)?;
    Ok(Some((message, length)))
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    content_block_index: Option<u32>,
    start: Option<Part>,
    delta: Option<Part>,
    stop_reason: Option<String>,
    usage: Option<Usage>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Part {
    text: Option<String>,
    tool_use: Option<ToolUse>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ToolUse {
    tool_use_id: Option<String>,
    name: Option<String>,
    input: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Usage {
    #[serde(deserialize_with = "count")]
    input_tokens: u64,
    #[serde(deserialize_with = "count")]
    cache_read_input_tokens: u64,
    #[serde(deserialize_with = "count")]
    cache_write_input_tokens: u64,
    #[serde(deserialize_with = "count")]
    output_tokens: u64,
}

fn tell(message: &Message) -> Told {
    let header = |name: &str| {
        let found = message.headers().iter().find(|header| header.name().as_str() == name);
        found.and_then(|header| header.value().as_string().ok()).map_or("", |text| text.as_str())
    };
    if header(":message-type") != "event" {
        let kind = format!("{}{}", header(":exception-type"), header(":error-code")).to_lowercase();
        return vec![Err(match kind.as_str() {
            kind if kind.contains("throttling") => ModelError::Limited { retry_after: None },
            kind if kind.contains("validation") => ModelError::Rejected(400),
            _ => ModelError::Unavailable,
        })];
    }
    let Ok(event) = serde_json::from_slice::<Event>(message.payload()) else {
        return vec![Err(ModelError::Malformed)];
    };
    match header(":event-type") {
        "contentBlockStart" | "contentBlockDelta" => {
            let index = event.content_block_index.unwrap_or(0);
            event.start.or(event.delta).map(|part| part.tell(index)).unwrap_or_default()
        }
        "messageStop" => {
            let reason = event.stop_reason.filter(|word| !word.is_empty());
            reason.map(|word| Ok(ModelEvent::Finished(FinishReason::from_wire(&word)))).into_iter().collect()
        }
        "metadata" => {
            let cost = event.usage.and_then(|cost| {
                let cached = cost.cache_read_input_tokens.saturating_add(cost.cache_write_input_tokens);
                usage(cost.input_tokens.saturating_add(cached), cost.output_tokens)
            });
            cost.map(Ok).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

impl Part {
    fn tell(self, index: u32) -> Told {
        let text = self.text.filter(|text| !text.is_empty()).map(|text| Ok(ModelEvent::Text(text)));
        let call = self.tool_use.map(|call| {
            Ok(ModelEvent::ToolCall(ToolCallPart {
                index,
                id: call.tool_use_id.filter(|id| !id.is_empty()),
                name: call.name.filter(|name| !name.is_empty()),
                arguments: call.input.unwrap_or_default(),
            }))
        });
        text.into_iter().chain(call).collect()
    }
}
