//! What the protocols share: the pace of a stream, how it goes wrong, and the shape of a refusal in each.

use super::script::{Demand, Plan};
use crate::answer;
use crate::app::Sandbox;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// A protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Chat Completions and Responses of OpenAI.
    OpenAi,
    /// Messages of Anthropic.
    Anthropic,
    /// Converse of Bedrock.
    Bedrock,
}

impl Shape {
    /// The body of a refusal (platform.openai.com/docs/guides/error-codes, docs.anthropic.com/en/api/errors,
    /// docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).
    pub fn refusal(self, status: u16, message: &str) -> Response {
        let body = match self {
            Self::OpenAi => {
                let (kind, code) = match status {
                    401 => ("invalid_request_error", json!("invalid_api_key")),
                    404 => ("invalid_request_error", json!("model_not_found")),
                    429 => ("requests", json!("rate_limit_exceeded")),
                    500.. => ("server_error", Value::Null),
                    _ => ("invalid_request_error", Value::Null),
                };
                json!({ "error": { "message": message, "type": kind, "param": null, "code": code } })
            }
            Self::Anthropic => {
                let kind = match status {
                    401 => "authentication_error",
                    404 => "not_found_error",
                    429 => "rate_limit_error",
                    500.. => "api_error",
                    _ => "invalid_request_error",
                };
                json!({ "type": "error", "error": { "type": kind, "message": message } })
            }
            Self::Bedrock => json!({ "message": message }),
        };
        // Bedrock says 403 where the others say 401.
        let said = if self == Self::Bedrock && status == 401 { 403 } else { status };
        let mut response = answer::json(said, body);
        if self == Self::Bedrock {
            let kind = match status {
                401 => "UnrecognizedClientException",
                404 => "ResourceNotFoundException",
                429 => "ThrottlingException",
                500.. => "InternalServerException",
                _ => "ValidationException",
            };
            response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(kind));
        }
        response
    }

    fn media(self) -> &'static str {
        match self {
            Self::Bedrock => "application/vnd.amazon.eventstream",
            Self::OpenAi | Self::Anthropic => "text/event-stream; charset=utf-8",
        }
    }

    /// What stands in the middle of a stream that fails there.
    fn failure(self) -> Vec<u8> {
        const MESSAGE: &str = "The server had an error while processing your request.";
        match self {
            Self::OpenAi => format!("data: {}\n\n", json!({ "error": { "message": MESSAGE, "type": "server_error" } })),
            Self::Anthropic => format!(
                "event: error\ndata: {}\n\n",
                json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } })
            ),
            Self::Bedrock => {
                let headers = [(":message-type", "exception"), (":exception-type", "internalServerException")];
                return super::frames::frame(&headers, &json!({ "message": MESSAGE }));
            }
        }
        .into_bytes()
    }
}

/// What is refused or left hanging before there is a stream; none: it goes on.
pub async fn before(sandbox: &Sandbox, entry: u64, shape: Shape, plan: &Plan) -> Option<Response> {
    match plan.demand {
        Demand::Limited => {
            let mut response = shape.refusal(429, "Rate limit reached.");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("7"));
            Some(answer::noted(response, "model: 429 on demand"))
        }
        Demand::Broken => {
            let message = "The server had an error while processing your request.";
            Some(answer::noted(shape.refusal(500, message), "model: failed on demand"))
        }
        Demand::Html => {
            let page = "<!doctype html><title>Gateway</title><h1>Something is in between</h1>";
            Some(answer::noted(answer::html(200, page.to_owned()), "model: HTML on demand"))
        }
        Demand::Hang => {
            sandbox.ledger().annotate(entry, "model: hangs on demand");
            tokio::time::sleep(Duration::from_secs(600)).await;
            Some(shape.refusal(504, "timeout"))
        }
        _ => None,
    }
}

/// How long to wait between two pieces.
pub fn pause(sandbox: &Sandbox, plan: &Plan) -> Duration {
    Duration::from_millis(if plan.demand == Demand::Slowly { 200 } else { sandbox.settings.model_delay_ms })
}

/// Streams events, or the first half of them where it is to go wrong; the end is noted in the journal.
pub fn stream(sandbox: &Sandbox, entry: u64, shape: Shape, plan: &Plan, events: Vec<Vec<u8>>) -> Response {
    let (pause, demand) = (pause(sandbox, plan), plan.demand);
    let sandbox = sandbox.clone();
    let (send, receive) = mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    tokio::spawn(async move {
        let (half, all) = (events.len() / 2, events.len());
        for (number, event) in events.into_iter().enumerate() {
            if number == half && demand == Demand::Cut {
                let _ = send.send(Err(std::io::Error::other("cut on demand"))).await;
                sandbox.ledger().annotate(entry, &format!("cut after {number} events"));
                return;
            }
            if number == half && demand == Demand::Silent {
                sandbox.ledger().annotate(entry, &format!("silent after {number} events"));
                send.closed().await;
                return;
            }
            if number == half && demand == Demand::FailsLate {
                let _ = send.send(Ok(Bytes::from(shape.failure()))).await;
                sandbox.ledger().annotate(entry, &format!("failed after {number} events"));
                return;
            }
            if send.send(Ok(Bytes::from(event))).await.is_err() {
                sandbox.ledger().annotate(entry, &format!("the reader left after {number} of {all} events"));
                return;
            }
            tokio::time::sleep(pause).await;
        }
        sandbox.ledger().annotate(entry, &format!("streamed {all} events"));
    });
    body(shape, receive)
}

/// A response whose body comes by and by.
pub fn body(shape: Shape, receive: mpsc::Receiver<Result<Bytes, std::io::Error>>) -> Response {
    let mut response = Response::new(Body::from_stream(ReceiverStream::new(receive)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(shape.media()));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
