//! The client of the two protocols of OpenAI, over our own way out: by itself it would retry silently, drop
//! `Retry-After`, and read its own environment variables.

use std::time::Duration;

use async_openai::{
    Client, config::OpenAIConfig, error::OpenAIError, middleware::HttpRequestFactory, types::stream::StreamResponse,
};
use futures::{Stream, StreamExt as _};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use url::Url;

use super::{
    Way,
    transport::{SERVER_SENT, Transport, Trouble},
};
use crate::{
    inference::ModelError,
    platform::http::{Http, HttpError, Request},
};

/// How much of the list of models is read: the longest known ones have a megabyte.
const LIST_BYTES: usize = 8 * 1024 * 1024;

pub(super) fn client(way: &Way<'_>) -> Client<OpenAIConfig> {
    let base = &way.settings.base_url;
    let base = Url::parse(base).map_or_else(|_| base.clone(), |url| way.http.address(&url).to_string());
    let config = OpenAIConfig::new()
        .with_org_id("")
        .with_project_id("")
        .with_api_base(base.trim_end_matches('/'))
        .with_api_key(way.settings.api_key.expose_secret());
    let transport = Transport::new(way, SERVER_SENT);
    let service = tower::service_fn(move |request: HttpRequestFactory| {
        let transport = transport.clone();
        async move {
            let request = request.build().await?;
            transport.open(request).await.map_err(tower::BoxError::from)
        }
    });
    Client::build(way.http.streaming(), config).with_http_service(service)
}

/// What the crate says went wrong.
pub(super) fn trouble(error: OpenAIError) -> Trouble {
    match error {
        OpenAIError::Boxed(inner) => match inner.downcast::<Trouble>() {
            Ok(known) => *known,
            Err(_) => ModelError::Unavailable.into(),
        },
        OpenAIError::Reqwest(_) => ModelError::Unavailable.into(),
        OpenAIError::StreamError(_) => ModelError::CutOff.into(),
        _ => ModelError::Malformed.into(),
    }
}

/// The messages of a stream with our errors.
pub(super) fn messages<M: Send + 'static>(
    stream: StreamResponse<M>,
) -> impl Stream<Item = Result<M, ModelError>> + Send {
    stream.map(|message| {
        message.map_err(|error| match trouble(error) {
            Trouble::Failed(error) => error,
            Trouble::Refused(_) => ModelError::Unavailable,
        })
    })
}

/// `GET {base}/models`, which the protocols of OpenAI and of Anthropic share.
pub(super) async fn list(
    http: &Http,
    base: &str,
    signed: impl FnOnce(Request) -> Request,
) -> Result<Value, ModelError> {
    let url = Url::parse(&format!("{base}/models")).map_err(|_| ModelError::Malformed)?;
    let request = Request::new(reqwest::Method::GET, url).limit(LIST_BYTES).deadline(Duration::from_secs(20));
    let answer = http.send(signed(request)).await.map_err(|error| match error {
        HttpError::Timeout | HttpError::Connect => ModelError::Unavailable,
        _ => ModelError::Malformed,
    })?;
    match answer.status {
        200..=299 => answer.json().map_err(|_| ModelError::Malformed),
        401 | 403 => Err(ModelError::Refused),
        429 => Err(ModelError::Limited { retry_after: None }),
        408 | 500..=599 => Err(ModelError::Unavailable),
        status => Err(ModelError::Rejected(status)),
    }
}
