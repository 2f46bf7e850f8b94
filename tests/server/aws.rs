//! The world as the SDK of AWS sees it: a judge that others wrote, PyPI's `moto`, behind a listener that plays the
//! metadata of an instance as well, so that credentials come by the SDK's own chain.

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
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// What its services were asked: headers and body.
pub type Asked = Arc<Mutex<Vec<(HeaderMap, String)>>>;

#[derive(Clone)]
pub struct World {
    /// Where the judge listens; none: every service answers what `refusal` says.
    judge: Option<u16>,
    refusal: &'static str,
    pub asked: Asked,
}

impl World {
    pub async fn start(judge: Option<u16>, refusal: &'static str) -> (Self, String) {
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
        (host, _) if host.ends_with(".amazonaws.com") => {
            world.asked.lock().unwrap().push((headers.clone(), String::from_utf8_lossy(&body).into_owned()));
            match world.judge {
                Some(port) => pass_on(port, host, method, headers, body).await,
                None => (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "text/xml")], world.refusal).into_response(),
            }
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Asks the judge the same, at the root of its host.
async fn pass_on(port: u16, host: &str, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    let mut lines = format!("{method} / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
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
    let kind = if body.starts_with('{') { "application/x-amz-json-1.1" } else { "text/xml" };
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
    response.body(Body::from(body.to_owned())).unwrap()
}

pub async fn talk(port: u16, asked: Vec<u8>) -> Vec<u8> {
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

/// The judge's process.
pub struct Judge {
    pub port: u16,
    asks: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Judge {
    /// None where it is not installed.
    pub async fn start() -> Option<Self> {
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
    pub async fn messages(&mut self) -> Value {
        self.asks.write_all(b"\n").await.unwrap();
        serde_json::from_str(&self.lines.next_line().await.unwrap().unwrap()).unwrap()
    }
}
