//! Models as the tests of their protocols need them: the sandbox, which speaks all four, and one raw listener that says
//! whatever a test gives it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aura::{
    inference::{
        Answer, Call, FinishReason, Inference, ModelError, ModelEvent, Reasoning, Reference, ToolSpec, Turn,
        TurnMessage,
    },
    platform::{
        clock::Clock,
        config::{BedrockKeys, BedrockSettings, HostOverrides, ModelReads, ModelSettings, ModelWire},
        http::Http,
        random::Random,
    },
};
use futures::StreamExt as _;
use sandbox::{
    app::{Sandbox, router},
    settings::Settings,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

pub const WIRES: [ModelWire; 4] = [ModelWire::Chat, ModelWire::Responses, ModelWire::Anthropic, ModelWire::Bedrock];

/// The sandbox's models, and the way to them.
pub struct Models {
    pub sandbox: Sandbox,
    pub http: Http,
}

impl Models {
    pub async fn start() -> Self {
        Self::with_pause(0).await
    }

    /// With so many milliseconds between two events.
    pub async fn with_pause(model_delay_ms: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let settings = Settings { port: 0, smtp_port: 0, base: base.clone(), model_delay_ms };
        let sandbox = Sandbox::new(settings).unwrap();
        let router = router(sandbox.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { sandbox, http: http(&format!("*={base}")) }
    }

    pub fn inference(&self, settings: &ModelSettings) -> Inference {
        self.patient(settings, Duration::from_secs(20))
    }

    pub fn patient(&self, settings: &ModelSettings, patience: Duration) -> Inference {
        let (clock, random) = (Clock::system(), Random::seeded(7));
        Inference::with_patience(Some(settings), &self.http, &clock, &random, patience)
    }

    /// How many requests came for an answer.
    pub fn asked(&self) -> usize {
        let entries = self.sandbox.ledger().matching(None, None);
        entries.iter().filter(|entry| entry.method == "POST" && !entry.path.ends_with("/cancel")).count()
    }

    /// What the journal notes of each request, the oldest first.
    pub fn notes(&self) -> Vec<(String, String)> {
        let entries = self.sandbox.ledger().matching(None, None);
        entries.into_iter().map(|entry| (format!("{} {}", entry.method, entry.path), entry.note)).collect()
    }
}

pub fn http(overrides: &str) -> Http {
    aura::serve::install_tls();
    Http::new(HostOverrides::parse(overrides).unwrap()).unwrap()
}

/// The settings for the sandbox's model over a wire.
pub fn settings(wire: ModelWire) -> ModelSettings {
    let base_url = match wire {
        ModelWire::Chat | ModelWire::Responses => "https://api.openai.com/v1",
        ModelWire::Anthropic => "https://api.anthropic.com/v1",
        ModelWire::Bedrock => "https://bedrock-runtime.eu-central-1.amazonaws.com",
    };
    let keys = BedrockKeys { id: "AKIASANDBOX7".into(), secret: "sandbox-secret".into() };
    ModelSettings {
        wire,
        api_key: "sandbox-key".into(),
        base_url: base_url.into(),
        model: "sandbox-1".into(),
        fallbacks: Vec::new(),
        background: false,
        reads: ModelReads::ByName,
        bedrock: BedrockSettings { region: "eu-central-1".into(), keys: Some(keys) },
    }
}

pub fn turn(question: &str) -> Turn {
    Turn { system: "You are Aura.".into(), messages: vec![TurnMessage::Person(question.into())], tools: Vec::new() }
}

/// Two tools that the sandbox's model calls together.
pub fn tools() -> Vec<ToolSpec> {
    let tool = |name: &str, field: &str| ToolSpec {
        name: name.into(),
        description: "Reads something".into(),
        parameters: json!({ "type": "object", "properties": { field: { "type": "string" } }, "required": [field] }),
    };
    vec![tool("google_calendar_list_events", "time_min"), tool("github_search_issues", "query")]
}

/// An answer, heard to its end.
#[derive(Debug, Default)]
pub struct Heard {
    pub text: String,
    /// With the number of pieces in which each came.
    pub calls: Vec<(Call, usize)>,
    pub usage: Option<(u64, u64)>,
    pub reason: Option<FinishReason>,
    pub thoughts: Vec<Reasoning>,
    /// Each place that was noted, with the text so far.
    pub places: Vec<(Reference, String)>,
    pub error: Option<ModelError>,
}

pub async fn hear(answer: Answer) -> Heard {
    let mut events = answer.events;
    let mut heard = Heard::default();
    let mut indices = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(ModelEvent::Text(text)) => heard.text.push_str(&text),
            Ok(ModelEvent::ToolCall(part)) => {
                let at = indices.iter().position(|index| *index == part.index).unwrap_or_else(|| {
                    indices.push(part.index);
                    let call = Call { id: String::new(), name: String::new(), arguments: String::new() };
                    heard.calls.push((call, 0));
                    indices.len() - 1
                });
                let (call, pieces) = &mut heard.calls[at];
                call.id.push_str(&part.id.unwrap_or_default());
                call.name.push_str(&part.name.unwrap_or_default());
                call.arguments.push_str(&part.arguments);
                *pieces += 1;
            }
            Ok(ModelEvent::Reasoning(thought)) => heard.thoughts.push(thought),
            Ok(ModelEvent::Reference(place)) => heard.places.push((place, heard.text.clone())),
            Ok(ModelEvent::Finished(reason)) => heard.reason = Some(reason),
            Ok(ModelEvent::Usage { input, output }) => heard.usage = Some((input, output)),
            Err(error) => heard.error = Some(error),
        }
    }
    heard
}

/// Asks, and hears the answer; an answer that never began is one with an error.
pub async fn ask(inference: &Inference, turn: &Turn) -> Heard {
    match inference.answer(turn).await {
        Ok(answer) => hear(answer).await,
        Err(error) => Heard { error: Some(error), ..Heard::default() },
    }
}

/// What a raw listener does with a connection, once it has read the request.
#[derive(Clone)]
pub enum Act {
    Say(Vec<u8>),
    /// Keeps the line open, and says nothing.
    Hang,
    /// Ends the connection without a goodbye.
    Reset,
}

/// A request as it came: the lines of its head, and its body.
pub type Requests = Arc<Mutex<Vec<(String, String)>>>;

/// Listens, does the same with each connection, and ends it.
pub async fn raw(acts: Vec<Act>) -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let requests = Requests::default();
    let seen = requests.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, acts.clone(), seen.clone()));
        }
    });
    (base, requests)
}

async fn serve(mut stream: TcpStream, acts: Vec<Act>, seen: Requests) {
    let mut whole = Vec::new();
    let mut piece = [0; 8192];
    let (head, body) = loop {
        let read = stream.read(&mut piece).await.unwrap_or(0);
        whole.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&whole).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                break (head.to_owned(), body.to_owned());
            }
        }
        if read == 0 {
            return;
        }
    };
    seen.lock().unwrap().push((head, body));
    for act in acts {
        match act {
            Act::Say(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Act::Hang => std::future::pending().await,
            Act::Reset => {
                // What was said is let through first.
                tokio::time::sleep(Duration::from_millis(30)).await;
                stream.set_zero_linger().unwrap();
                return;
            }
        }
    }
    let _ = stream.shutdown().await;
}
