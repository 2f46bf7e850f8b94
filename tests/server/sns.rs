//! Text messages by the SDK of AWS, judged by a service that others wrote: PyPI's `moto`. It stands behind a listener
//! that plays the metadata of an instance as well, so that credentials come by the SDK's own chain.

use std::{
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdin, ChildStdout, Command},
};
use uuid::Uuid;

use crate::{
    phones::newest_code,
    program::{Program, person_at},
    support::TestApp,
};

const NUMBER: &str = "+4915123456789";

/// What SNS was asked: headers and body.
type Asked = Arc<Mutex<Vec<(HeaderMap, String)>>>;

#[derive(Clone)]
struct World {
    /// Where the judge listens; none: SNS answers what `refusal` says.
    judge: Option<u16>,
    refusal: &'static str,
    asked: Asked,
}

impl World {
    async fn start(judge: Option<u16>, refusal: &'static str) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let overrides = format!("*=http://{}", listener.local_addr().unwrap());
        let world = Self { judge, refusal, asked: Asked::default() };
        let router = Router::new().fallback(answer).with_state(world.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (world, overrides)
    }
}

async fn answer(State(world): State<World>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let path = uri.path().trim_start_matches('/');
    let (host, path) = path.split_once('/').unwrap_or((path, ""));
    match (host, path) {
        ("169.254.169.254", "latest/api/token") => {
            ([("x-aws-ec2-metadata-token-ttl-seconds", "21600")], "a-metadata-token").into_response()
        }
        ("169.254.169.254", path) if path.ends_with("security-credentials/") => "a-role".into_response(),
        ("169.254.169.254", path) if path.contains("security-credentials") => axum::Json(json!({
            "Code": "Success", "LastUpdated": "2026-01-01T00:00:00Z", "Type": "AWS-HMAC",
            "AccessKeyId": "ASIAOFTHEINSTANCE", "SecretAccessKey": "a-secret", "Token": "a-token",
            "Expiration": "2036-01-01T00:00:00Z",
        }))
        .into_response(),
        (host, _) if host.starts_with("sns.") => {
            world.asked.lock().unwrap().push((headers.clone(), String::from_utf8_lossy(&body).into_owned()));
            match world.judge {
                Some(port) => pass_on(port, method, headers, body).await,
                None => (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "text/xml")], world.refusal).into_response(),
            }
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Asks the judge the same, at the root of its host.
async fn pass_on(port: u16, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    let mut lines = format!("{method} / HTTP/1.1\r\nhost: sns.eu-central-1.amazonaws.com\r\nconnection: close\r\n");
    for (name, value) in &headers {
        if !matches!(name.as_str(), "host" | "connection" | "content-length") {
            lines.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
    }
    lines.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let whole = talk(port, [lines.into_bytes(), body.to_vec()].concat()).await;
    let text = String::from_utf8_lossy(&whole);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, "text/xml");
    response.body(Body::from(body.to_owned())).unwrap()
}

async fn talk(port: u16, asked: Vec<u8>) -> Vec<u8> {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(&asked).await.unwrap();
    let mut whole = Vec::new();
    stream.read_to_end(&mut whole).await.unwrap();
    whole
}

/// Runs the judge, and prints at each line it reads what its SNS of this region has been given to send.
const JUDGE: &str = r#"
import json, sys
from moto.core import DEFAULT_ACCOUNT_ID
from moto.server import ThreadedMotoServer
from moto.sns.models import sns_backends

server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(sys.argv[1]), verbose=False)
server.start()
print("ready", flush=True)
for _ in sys.stdin:
    print(json.dumps(list(sns_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sms_messages.values())), flush=True)
"#;

struct Judge {
    port: u16,
    asks: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Judge {
    /// None where it is not installed.
    async fn start() -> Option<Self> {
        let python = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.local/python/bin/python3"));
        let asked = Command::new(&python).args(["-c", "import moto.server"]).stderr(Stdio::null()).status().await;
        if !asked.is_ok_and(|status| status.success()) {
            return None;
        }
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut process = Command::new(python)
            .args(["-c", JUDGE, &port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let asks = process.stdin.take().unwrap();
        assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("ready"), "moto is installed and does not run");
        Some(Self { port, asks, lines, _process: process })
    }

    /// Number and words of each message.
    async fn messages(&mut self) -> Value {
        self.asks.write_all(b"\n").await.unwrap();
        serde_json::from_str(&self.lines.next_line().await.unwrap().unwrap()).unwrap()
    }
}

/// Asks for a code for the number, and lets its message leave. The code.
async fn asks(app: &TestApp) -> (Uuid, String) {
    let (user, _) = person_at(app, "mira@example.com").await;
    let program = Program::new(app, user).await;
    let begun = program.send("POST", "/api/v1/users/me/phone", Some(&json!({ "number": NUMBER }))).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text());
    let code = newest_code(app).await;
    let id: Uuid = sqlx::query_scalar("select id from text_messages").fetch_one(app.db()).await.unwrap();
    app.state().texts.send(id.into()).await.unwrap();
    (id, code)
}

async fn outcome(app: &TestApp) -> (String, Option<String>, Option<String>) {
    sqlx::query_as("select state, problem, service_id from text_messages").fetch_one(app.db()).await.unwrap()
}

#[sqlx::test]
async fn tm_11_a_service_that_others_wrote_takes_the_message_of_the_real_sdk(db: PgPool) {
    let Some(mut judge) = Judge::start().await else {
        println!("not run: the SNS that others wrote (no moto; scripts/setup test installs it)");
        return;
    };
    let (world, overrides) = World::start(Some(judge.port), "").await;
    let app = TestApp::with(db, &[("HOST_OVERRIDES", &overrides), ("SNS_REGION", "eu-central-1")]).await;
    assert_eq!(app.state().texts.to_string(), "text messages leave by SNS in eu-central-1");
    let (_, code) = asks(&app).await;
    let (state, problem, service_id) = outcome(&app).await;
    assert_eq!((state.as_str(), problem), ("sent", None));
    assert!(service_id.is_some_and(|id| id.len() == 36), "the id that the service gave it");
    let messages = judge.messages().await;
    assert_eq!(messages.as_array().unwrap().len(), 1);
    assert_eq!(messages[0][0], json!(NUMBER));
    assert!(messages[0][1].as_str().unwrap().starts_with(&code), "{messages}");
    let asked = world.asked.lock().unwrap();
    assert_eq!(asked.len(), 1, "once");
    let (headers, body) = &asked[0];
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let field =
        |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
    assert_eq!((field("Action").as_str(), field("PhoneNumber").as_str()), ("Publish", NUMBER));
    assert!(field("Message").starts_with(&code) && body.contains("Transactional"), "{body}");
    let said = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert!(said("authorization").contains("/eu-central-1/sns/aws4_request"), "{}", said("authorization"));
    assert!(said("user-agent").starts_with("Aura/"), "{}", said("user-agent"));
}

#[sqlx::test]
async fn tm_12_credentials_come_by_the_chain_of_the_sdk_and_never_from_a_file_store(db: PgPool) {
    let refusal = "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
        <Code>Throttling</Code><Message>to +4915123456789</Message></Error><RequestId>x</RequestId></ErrorResponse>";
    let (world, overrides) = World::start(None, refusal).await;
    let variables = [
        ("HOST_OVERRIDES", &*overrides),
        ("TEXT_MESSAGES", "sns"),
        ("S3_ACCESS_KEY", "AKIAOFTHEFILESTORE"),
        ("S3_SECRET_KEY", "canary-secret-of-the-file-store"),
    ];
    let app = TestApp::with(db, &variables).await;
    asks(&app).await;
    let (state, problem, _) = outcome(&app).await;
    assert_eq!(state, "waiting", "it passes: the message is tried again");
    assert_eq!(problem.as_deref(), Some("the service did not take it: Throttling (400)"), "its words hold the number");
    let asked = world.asked.lock().unwrap();
    assert_eq!(asked.len(), 1, "the SDK repeats nothing by itself");
    let shown = asked[0].0["authorization"].to_str().unwrap().to_owned();
    assert!(shown.contains("Credential=ASIAOFTHEINSTANCE/") && shown.contains("/us-east-1/sns/"), "{shown}");
}

#[sqlx::test]
async fn tm_13_a_number_that_wants_no_messages_is_not_asked_again(db: PgPool) {
    let refusal = "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
        <Code>OptedOut</Code><Message>no</Message></Error><RequestId>x</RequestId></ErrorResponse>";
    let (_, overrides) = World::start(None, refusal).await;
    let app = TestApp::with(db, &[("HOST_OVERRIDES", &overrides), ("TEXT_MESSAGES", "sns")]).await;
    asks(&app).await;
    let (state, problem, _) = outcome(&app).await;
    assert_eq!((state.as_str(), problem.as_deref()), ("failed", Some("the service refused it: OptedOut")));
}
