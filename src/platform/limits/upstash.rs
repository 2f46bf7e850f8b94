//! Windows in Upstash, by its REST interface: a command is a JSON array in the body of a POST, and the answer an object
//! with `result` or `error` (<https://upstash.com/docs/redis/features/restapi>).

use std::time::Duration;

use async_trait::async_trait;
use redis::Script;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use time::OffsetDateTime;
use url::Url;

use super::{Decision, LimitStore, Rule, StoreAway, script};
use crate::platform::http::{Http, Request};

/// How long one call may take. Nobody waits as long: the hit was decided elsewhere by then.
const DEADLINE: Duration = Duration::from_secs(2);
const LARGEST_ANSWER: usize = 4096;

/// Windows in sorted sets, as in a server of the Redis protocol.
#[derive(Clone)]
pub struct UpstashStore {
    http: Http,
    url: Url,
    token: SecretString,
    /// The digest by which the server knows the script.
    digest: String,
}

enum Answer {
    Result(String),
    /// The server has not seen the script yet, or was emptied.
    UnknownScript,
}

impl UpstashStore {
    /// Windows in the database at this address.
    #[must_use]
    pub fn new(http: Http, url: Url, token: SecretString) -> Self {
        Self { http, url, token, digest: Script::new(script::CODE).get_hash().to_owned() }
    }

    async fn run(&self, command: &str, script: &str, key: &str, arguments: &[String]) -> Result<Answer, StoreAway> {
        let mut words = vec![json!(command), json!(script), json!("1"), json!(key)];
        words.extend(arguments.iter().map(|argument| json!(argument)));
        let request = Request::new(Method::POST, self.url.clone())
            .bearer(self.token.clone())
            .json(Value::Array(words))
            .deadline(DEADLINE)
            .limit(LARGEST_ANSWER)
            .quiet();
        let response = self.http.send(request).await.map_err(|error| StoreAway::because(&error))?;
        let answer = response.json().map_err(|error| StoreAway::because(&error))?;
        match (answer.get("result").and_then(Value::as_str), answer.get("error").and_then(Value::as_str)) {
            (Some(result), _) if response.is_success() => Ok(Answer::Result(result.to_owned())),
            (_, Some(error)) if error.contains("NOSCRIPT") => Ok(Answer::UnknownScript),
            (_, error) => {
                let error = error.unwrap_or_default();
                Err(StoreAway(format!("status {}: {}", response.status, error.chars().take(100).collect::<String>())))
            }
        }
    }
}

#[async_trait]
impl LimitStore for UpstashStore {
    async fn hit(&self, rule: Rule, key: &[u8; 32], now: OffsetDateTime) -> Result<Decision, StoreAway> {
        let (key, arguments) = (script::key(rule, key), script::arguments(rule, now));
        let answer = match self.run("EVALSHA", &self.digest, &key, &arguments).await? {
            Answer::UnknownScript => self.run("EVAL", script::CODE, &key, &arguments).await?,
            answer => answer,
        };
        match answer {
            Answer::Result(answer) => script::decision(&answer),
            Answer::UnknownScript => Err(StoreAway("the script was not taken".to_owned())),
        }
    }
}
