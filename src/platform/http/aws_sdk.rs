//! The SDK's way out is the one that everything here takes: hosts are found where the settings say, calls have a
//! deadline and our name, and answers a largest size.

use std::time::Duration;

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use reqwest::Method;
use url::Url;

use super::{Http, HttpError, Request};

/// Shorter than any of its callers waits.
const DEADLINE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug)]
struct WayOut(Http);

#[derive(Debug)]
struct Connector {
    http: Http,
    deadline: Duration,
}

/// What the SDK is given as its client.
pub fn client(http: &Http) -> SharedHttpClient {
    SharedHttpClient::new(WayOut(http.clone()))
}

impl HttpClient for WayOut {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let deadline = settings.read_timeout().map_or(DEADLINE, |wanted| wanted.min(DEADLINE));
        SharedHttpConnector::new(Connector { http: self.0.clone(), deadline })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (http, deadline) = (self.http.clone(), self.deadline);
        HttpConnectorFuture::new(async move { perform(&http, deadline, &request).await })
    }
}

async fn perform(http: &Http, deadline: Duration, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let url = Url::parse(request.uri()).map_err(|error| ConnectorError::user(error.into()))?;
    let method = request.method().parse::<Method>().map_err(|error| ConnectorError::user(error.into()))?;
    let body = request.body().bytes().ok_or_else(|| ConnectorError::user("the body is a stream".into()))?;
    let mut ours = Request::new(method, url).deadline(deadline).body(body.to_vec());
    for (name, value) in request.headers() {
        // These three are said by whoever opens the connection; the last would name the SDK.
        if !matches!(name, "host" | "content-length" | "user-agent") {
            ours = ours.secret_header(name, value.into());
        }
    }
    let answer = http.send(ours).await.map_err(sorted)?;
    let status = StatusCode::try_from(answer.status).map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in &answer.headers {
        if let Ok(value) = value.to_str() {
            // What cannot be written as a header is nothing that the SDK reads.
            let _ = response.headers_mut().try_append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(response)
}

fn sorted(error: HttpError) -> ConnectorError {
    match error {
        HttpError::Timeout => ConnectorError::timeout(error.into()),
        HttpError::Connect => ConnectorError::io(error.into()),
        _ => ConnectorError::other(error.into(), None),
    }
}
