//! The way out to a model: one request, and either a stream that fits the protocol or the reason why there is none.

use std::time::Duration;

use eventsource_stream::Eventsource as _;
use futures::{Stream, StreamExt as _};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Failure, Way};
use crate::inference::ModelError;

/// Never read more of a refusal than this.
const REFUSAL_BYTES: usize = 64 * 1024;
/// No stream is longer: what a chat keeps of an answer is far less.
const STREAM_BYTES: usize = 32 * 1024 * 1024;
/// No line of server-sent events is longer: one without an end must neither fill the memory nor be looked through again
/// with every piece that comes.
const LINE_BYTES: usize = 2 * 1024 * 1024;
/// The media type of server-sent events.
pub(super) const SERVER_SENT: &str = "text/event-stream";

/// Sends requests and sorts what comes back.
#[derive(Clone)]
pub(super) struct Transport {
    client: reqwest::Client,
    patience: Duration,
    /// The media type of a stream in this protocol.
    kind: &'static str,
}

/// What a server said when it refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model's server refused with status {status}")]
pub(super) struct Refusal {
    pub status: u16,
    /// In seconds.
    pub retry_after: Option<u32>,
    /// Its code and its type, in small letters.
    pub code: String,
    /// Its sentence, in small letters. It can quote the question: it goes into no log.
    pub message: String,
}

impl Transport {
    pub(super) fn new(way: &Way<'_>, kind: &'static str) -> Self {
        Self { client: way.http.streaming(), patience: way.patience, kind }
    }

    /// Waits for the headers. The answer's body has the media type of the protocol, and a largest size.
    pub(super) async fn open(&self, request: reqwest::Request) -> Result<reqwest::Response, Trouble> {
        let answer = tokio::time::timeout(self.patience, self.client.execute(request)).await;
        let response = match answer {
            Err(_) => return Err(ModelError::Silent(self.patience).into()),
            Ok(Err(error)) if error.is_timeout() && !error.is_connect() => {
                return Err(ModelError::Silent(self.patience).into());
            }
            Ok(Err(_)) => return Err(ModelError::Unavailable.into()),
            Ok(Ok(response)) => response,
        };
        if !response.status().is_success() {
            return Err(Trouble::Refused(self.refusal(response).await));
        }
        let is_stream = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_none_or(|value| value.to_ascii_lowercase().starts_with(self.kind));
        if is_stream { Ok(self.capped(response)) } else { Err(ModelError::Malformed.into()) }
    }

    /// The same response with a body that comes in whole lines where it has any, and ends in an error where it, or a line
    /// of it, grows too long.
    fn capped(&self, response: reqwest::Response) -> reqwest::Response {
        let kind = response.headers().get(CONTENT_TYPE).cloned();
        let whole = if self.kind == SERVER_SENT { Pieces::Lines(Vec::new()) } else { Pieces::AsTheyCome };
        let state = (response.bytes_stream(), whole, STREAM_BYTES);
        let body = futures::stream::try_unfold(state, |(mut pieces, mut whole, mut room)| async move {
            loop {
                let Some(piece) = pieces.next().await else {
                    let rest = whole.rest();
                    return Ok((!rest.is_empty()).then_some((rest, (pieces, Pieces::AsTheyCome, room))));
                };
                let piece = piece.map_err(std::io::Error::other)?;
                let too_long = || std::io::Error::other("the answer is too long");
                room = room.checked_sub(piece.len()).ok_or_else(too_long)?;
                let ready = whole.take(&piece);
                if whole.waiting() > LINE_BYTES {
                    return Err(too_long());
                }
                if !ready.is_empty() {
                    return Ok(Some((ready, (pieces, whole, room))));
                }
            }
        });
        let mut same = http::Response::new(reqwest::Body::wrap_stream(body));
        if let Some(kind) = kind {
            same.headers_mut().insert(CONTENT_TYPE, kind);
        }
        same.into()
    }

    async fn refusal(&self, response: reqwest::Response) -> Refusal {
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|text| text.trim().parse().ok());
        // AWS tells the kind of a refusal in a header.
        let kind = response.headers().get("x-amzn-errortype").and_then(|value| value.to_str().ok());
        let mut code = kind.unwrap_or_default().to_ascii_lowercase();
        let mut body = Vec::new();
        let mut pieces = response.bytes_stream();
        while let Ok(Some(Ok(piece))) = tokio::time::timeout(self.patience, pieces.next()).await {
            body.extend_from_slice(&piece);
            if body.len() > REFUSAL_BYTES {
                break;
            }
        }
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let error = if body["error"].is_object() { &body["error"] } else { &body };
        for word in ["code", "type", "__type"] {
            if let Some(text) = error[word].as_str() {
                code.push(' ');
                code.push_str(&text.to_lowercase());
            }
        }
        let message = error["message"].as_str().unwrap_or_default().to_lowercase();
        Refusal { status, retry_after, code, message }
    }
}

/// How a body is handed on.
enum Pieces {
    AsTheyCome,
    /// Up to the last end of a line; what follows it waits. Who reads events looks through an unfinished line again with
    /// each piece.
    Lines(Vec<u8>),
}

impl Pieces {
    /// What can be handed on, now that this has come.
    fn take(&mut self, piece: &[u8]) -> Vec<u8> {
        let Self::Lines(waiting) = self else { return piece.to_vec() };
        match piece.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => {
                let mut ready = std::mem::take(waiting);
                ready.extend_from_slice(&piece[..=end]);
                waiting.extend_from_slice(&piece[end + 1..]);
                ready
            }
            None => {
                waiting.extend_from_slice(piece);
                Vec::new()
            }
        }
    }

    fn waiting(&self) -> usize {
        match self {
            Self::AsTheyCome => 0,
            Self::Lines(waiting) => waiting.len(),
        }
    }

    fn rest(&mut self) -> Vec<u8> {
        match self {
            Self::AsTheyCome => Vec::new(),
            Self::Lines(waiting) => std::mem::take(waiting),
        }
    }
}

/// The data of server-sent events, as JSON of a shape that forgives.
pub(super) fn server_sent<M: DeserializeOwned>(
    response: reqwest::Response,
) -> impl Stream<Item = Result<M, ModelError>> + Send {
    response.bytes_stream().eventsource().map(|event| {
        let event = event.map_err(|error| match error {
            eventsource_stream::EventStreamError::Transport(_) => ModelError::CutOff,
            _ => ModelError::Malformed,
        })?;
        serde_json::from_str(&event.data).map_err(|_| ModelError::Malformed)
    })
}

/// Why there is no stream, before it is known which model was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Refused(Refusal),
    #[error(transparent)]
    Failed(#[from] ModelError),
}

impl Trouble {
    /// What it means when this model was asked.
    pub(super) fn into_failure(self, model: &str) -> Failure {
        match self {
            Self::Refused(refusal) => refusal.into_failure(model),
            Self::Failed(error) => error.into(),
        }
    }
}

impl Refusal {
    fn into_failure(self, model: &str) -> Failure {
        let error = self.sorted(model);
        let wait = self.retry_after.map(|seconds| Duration::from_secs(seconds.into()));
        Failure { passing: error.is_passing(), error, wait }
    }

    fn sorted(&self, model: &str) -> ModelError {
        let Self { status, retry_after, code, message } = self;
        let names_model = ["model_not_found", "not_found_error"].iter().any(|word| code.contains(word))
            || (code.contains("validation") && message.contains("model identifier is invalid"))
            || (code.contains("accessdenied") && message.contains("access to the model"));
        match status {
            404 => ModelError::NotFound(model.to_owned()),
            // Some servers say 400 or 403 instead of 404 when they do not have the model.
            400..=499 if names_model => ModelError::NotFound(model.to_owned()),
            429 => ModelError::Limited { retry_after: *retry_after },
            401 | 403 => ModelError::Refused,
            408 | 500..=599 => ModelError::Unavailable,
            300..=399 => ModelError::Malformed,
            status => ModelError::Rejected(*status),
        }
    }
}

/// An error that arrives as an event, after the status had said that all is well.
pub(super) fn in_stream(error: &Value) -> ModelError {
    let word =
        |name: &str| error.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let words = [word("code"), word("type"), word("status")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    if words.contains("rate_limit") || words.contains("insufficient_quota") || words.contains("429") {
        ModelError::Limited { retry_after: None }
    } else {
        ModelError::Unavailable
    }
}
