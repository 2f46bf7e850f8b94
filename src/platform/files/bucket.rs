//! A bucket of S3, or of something that speaks like it. Its calls take our own way out.

use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderValue, Uri, header::HOST};
use object_store::{
    BackoffConfig, ClientOptions, Error as StoreError, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    client::{HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService},
};
use secrecy::ExposeSecret as _;
use url::Url;

use crate::platform::{config::BucketSettings, http::Http};

/// Somebody waits for the answer, so a store that is away is soon said to be.
const TRIES: RetryConfig = RetryConfig {
    backoff: BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(1), base: 2.0 },
    max_retries: 2,
    retry_timeout: Duration::from_secs(10),
};

pub(super) fn open(settings: &BucketSettings, http: &Http) -> Result<AmazonS3, StoreError> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_access_key_id(&settings.key_id)
        .with_secret_access_key(settings.secret.expose_secret())
        .with_retry(TRIES)
        .with_http_connector(WayOut(http.clone()));
    if let Some(endpoint) = &settings.endpoint {
        builder =
            builder.with_endpoint(endpoint.as_str().trim_end_matches('/')).with_allow_http(endpoint.scheme() == "http");
    }
    builder.build()
}

#[derive(Clone, Debug)]
struct WayOut(Http);

impl HttpConnector for WayOut {
    fn connect(&self, _: &ClientOptions) -> Result<HttpClient, StoreError> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for WayOut {
    /// The signature and the `Host` header stay those of the address that was meant.
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let meant = Url::parse(&request.uri().to_string()).map_err(unreadable)?;
        *request.uri_mut() = self.0.address(&meant).as_str().parse::<Uri>().map_err(unreadable)?;
        // What was signed names the host that was meant, also where it is found elsewhere.
        let named = meant.host_str().unwrap_or_default();
        let named = meant.port().map_or_else(|| named.to_owned(), |port| format!("{named}:{port}"));
        request.headers_mut().insert(HOST, HeaderValue::try_from(named).map_err(unreadable)?);
        let method = request.method().clone();
        let answer = HttpService::call(&self.0.streaming(), request).await;
        let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        tracing::debug!(host = meant.host_str().unwrap_or(""), %method, status, "outside call");
        answer
    }
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> HttpError {
    HttpError::new(HttpErrorKind::Decode, error)
}

#[cfg(test)]
mod tests {
    use object_store::{ObjectStoreExt as _, path::Path};
    use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

    use super::*;
    use crate::platform::config::HostOverrides;

    /// What arrives when a file is put, at the host that `overrides` sends to the server.
    async fn put(region: &str, endpoint: Option<&str>) -> Request {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).insert_header("etag", "\"1\"");
        Mock::given(matchers::method("PUT")).respond_with(answer).mount(&server).await;
        let overrides = HostOverrides::parse(&format!("*={}", server.uri())).unwrap();
        let settings = BucketSettings {
            bucket: "files-of-aura".into(),
            region: region.into(),
            endpoint: endpoint.map(|endpoint| Url::parse(endpoint).unwrap()),
            key_id: "AKIDEXAMPLE".into(),
            secret: "wJalrXUtnFEMI".into(),
        };
        let store = open(&settings, &Http::new(overrides).unwrap()).unwrap();
        store.put(&Path::from("avatars/a.png"), "picture".into()).await.unwrap();
        server.received_requests().await.unwrap().remove(0)
    }

    fn header<'a>(request: &'a Request, name: &str) -> &'a str {
        request.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[tokio::test]
    async fn fi_02_calls_are_signed_with_the_keys_and_go_to_the_endpoint_that_is_set() {
        let request = put("us-east-1", None).await;
        assert_eq!(header(&request, "host"), "s3.us-east-1.amazonaws.com");
        // Where hosts are found elsewhere, the path begins with the host that was meant.
        assert_eq!(request.url.path(), "/s3.us-east-1.amazonaws.com/files-of-aura/avatars/a.png");
        assert_eq!(request.body, b"picture");
        let signed = header(&request, "authorization");
        assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signed}");
        assert!(signed.contains("/us-east-1/s3/aws4_request"), "{signed}");
        assert!(!signed.contains("wJalrXUtnFEMI"), "{signed}");
        assert!(header(&request, "user-agent").starts_with("Aura/"), "{:?}", request.headers);

        let elsewhere = put("eu-central-1", Some("http://storage.example:4566/")).await;
        assert_eq!(header(&elsewhere, "host"), "storage.example:4566");
        assert_eq!(elsewhere.url.path(), "/storage.example/files-of-aura/avatars/a.png");
        assert!(header(&elsewhere, "authorization").contains("/eu-central-1/s3/aws4_request"));
    }
}
