//! A stream of events, as somebody hears it who follows it.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures::StreamExt as _;
use http::{Response, StatusCode};
use serde_json::Value;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(5);

pub struct Stream {
    body: BodyDataStream,
    read: String,
}

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub struct Heard {
    pub id: String,
    pub name: String,
    pub data: Value,
}

impl Stream {
    /// Of an answer that goes on.
    pub fn of(answer: Response<Body>) -> Self {
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { body: answer.into_body().into_data_stream(), read: String::new() }
    }

    /// The next event; none at the end.
    pub async fn next(&mut self) -> Option<Heard> {
        tokio::time::timeout(PATIENCE, self.read_on()).await.expect("an event, or the end")
    }

    /// Whether it stays silent for a while, and open.
    pub async fn is_silent(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(300), self.read_on()).await.is_err()
    }

    /// Hears what comes until the end, which is near.
    pub async fn ends(&mut self) {
        for _ in 0..20 {
            if self.next().await.is_none() {
                return;
            }
        }
        panic!("it goes on");
    }

    async fn read_on(&mut self) -> Option<Heard> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.read = rest;
                let field = |name: &str| {
                    block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
                };
                // Comments keep the connection open.
                if !field("data:").is_empty() {
                    let data = serde_json::from_str(&field("data:")).unwrap();
                    return Some(Heard { id: field("id:"), name: field("event:"), data });
                }
                continue;
            }
            self.read.push_str(&String::from_utf8_lossy(&self.body.next().await?.unwrap()));
        }
    }
}
