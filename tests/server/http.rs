//! Outgoing HTTP: where a call goes, when it ends, and what it never shows.

use std::time::Duration;

use aura::platform::{
    config::HostOverrides,
    http::{Http, HttpError, Request},
};
use http::Method;
use secrecy::SecretString;
use time::macros::datetime;
use url::Url;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string, header, method, path, query_param},
};

fn http(overrides: &str) -> Http {
    Http::new(HostOverrides::parse(overrides).unwrap()).unwrap()
}

fn get(address: &str) -> Request {
    Request::new(Method::GET, Url::parse(address).unwrap())
}

#[tokio::test]
async fn a_call_goes_where_the_settings_say_that_its_host_is() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api.example.com/token"))
        .and(query_param("x", "1"))
        .and(header("authorization", "Basic aWQ6c2VjcmV0"))
        .and(body_string("code=a+b%26c"))
        .respond_with(ResponseTemplate::new(200).set_body_string(r#"{"ok":true}"#))
        .expect(1)
        .mount(&server)
        .await;
    let request = Request::new(Method::POST, Url::parse("https://api.example.com/token?x=1").unwrap())
        .basic("id", &SecretString::from("secret"))
        .form(vec![("code".into(), "a b&c".into())]);
    let response = http(&format!("api.example.com={}", server.uri())).send(request).await.unwrap();
    assert_eq!(response.json().unwrap()["ok"], true);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_an_order() {
    let server = MockServer::start().await;
    let elsewhere = ResponseTemplate::new(302).insert_header("location", format!("{}/stolen", server.uri()));
    Mock::given(path("/")).respond_with(elsewhere).mount(&server).await;
    Mock::given(path("/stolen")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    assert_eq!(http("").send(get(&server.uri())).await.unwrap().status, 302);
}

#[tokio::test]
async fn too_long_and_too_large_end_the_call() {
    let server = MockServer::start().await;
    Mock::given(path("/slow"))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(30)))
        .mount(&server)
        .await;
    Mock::given(path("/large"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(vec![b'x'; 1001]))
        .mount(&server)
        .await;
    let http = http("");
    let slow = http.send(get(&format!("{}/slow", server.uri())).deadline(Duration::from_millis(50))).await;
    assert_eq!(slow.unwrap_err(), HttpError::Timeout);
    let large = || get(&format!("{}/large", server.uri()));
    assert_eq!(http.send(large().limit(1000)).await.unwrap_err(), HttpError::TooLarge);
    assert_eq!(http.send(large().limit(1001)).await.unwrap().body.len(), 1001);
    assert_eq!(http.send(get("http://127.0.0.1:1/")).await.unwrap_err(), HttpError::Connect);
}

#[tokio::test]
async fn op_10_an_address_that_a_person_typed_never_leads_inside() {
    let http = http("allowed.example=http://127.0.0.1:1");
    for address in [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00:ec2::254]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://user:password@example.com/",
    ] {
        assert_eq!(http.send(get(address).user_supplied()).await.unwrap_err(), HttpError::Blocked, "{address}");
    }
    // What the operator maps is the operator's word; nobody listens there in this test.
    assert_eq!(http.send(get("https://allowed.example/").user_supplied()).await.unwrap_err(), HttpError::Connect);
}

#[tokio::test]
async fn nothing_secret_shows() {
    let request = get("https://api.example.com/bot-canary/x?key=canary")
        .bearer(SecretString::from("canary"))
        .secret_header("x-key", SecretString::from("canary"))
        .form(vec![("secret".into(), "canary".into())]);
    let shown = format!("{request:?} {:?}", http("").send(get("http://127.0.0.1:1/?key=canary")).await);
    assert!(!shown.contains("canary"), "{shown}");
    let broken = http("").send(get("http://127.0.0.1:1/").header("x", "line\r\nbreak")).await;
    assert_eq!(broken.unwrap_err(), HttpError::Broken);
}

#[tokio::test]
async fn retry_after_is_read_as_seconds_and_as_a_date() {
    let server = MockServer::start().await;
    let now = datetime!(2015-10-21 07:27:00 UTC);
    for (number, (text, seconds)) in [
        ("7", Some(7)),
        ("0.5", Some(1)),
        ("Wed, 21 Oct 2015 07:28:00 GMT", Some(60)),
        ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
        ("soon", None),
        ("-1", None),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = ResponseTemplate::new(429).insert_header("retry-after", text);
        Mock::given(path(format!("/{number}"))).respond_with(answer).mount(&server).await;
        let response = http("").send(get(&format!("{}/{number}", server.uri()))).await.unwrap();
        assert_eq!(response.retry_after(now), seconds, "{text}");
    }
}
