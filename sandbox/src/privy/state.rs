//! What the issuer remembers: people, sessions, ceremonies, and what waits to be sent.

use crate::log;
use crate::privy::APP_ID;
use crate::privy::keys::{SigningKey, random};
use crate::privy::sessions::Session;
use crate::privy::users::User;
use crate::privy::webhooks::{Delivery, Event};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// A ceremony (code, nonce, challenge, consent) is good for ten minutes.
pub const CEREMONY_SECONDS: i64 = 600;
/// Life of access and identity tokens unless a test says otherwise.
pub const TOKEN_SECONDS: i64 = 3_600;

/// A code that was sent to an address or a number.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Six digits.
    pub code: String,
    /// When.
    pub at: i64,
    /// Wrong answers so far.
    pub wrong: u32,
}

/// An OAuth ceremony, from `oauth/init` to the exchange of its code.
#[derive(Debug, Clone)]
pub struct OauthFlow {
    /// `google`, `spotify`…
    pub provider: String,
    /// Where the browser goes back to.
    pub redirect_to: String,
    /// S256 of the verifier.
    pub challenge: String,
    /// The state the client chose.
    pub state: String,
    /// The account that was allowed, with its tokens; none before.
    pub allowed: Option<(Value, Value)>,
    /// It was exchanged.
    pub spent: bool,
    /// When it was begun or allowed.
    pub at: i64,
}

/// A refusal that the next calls meet.
#[derive(Debug, Clone, Deserialize)]
pub struct Failure {
    /// Only paths (without the version) that start so.
    #[serde(default)]
    pub path: String,
    /// HTTP status.
    pub status: u16,
    /// One of Privy's codes.
    #[serde(default)]
    pub code: Option<String>,
    /// How many calls it meets.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// A message to a person that waits to be delivered into the inbox.
#[derive(Debug)]
pub enum Message {
    /// To an address, with its code.
    Mail(String, String),
    /// To a number, with its code.
    Text(String, String),
}

/// Everything.
pub struct Privy {
    /// Keys; the last one signs, all are published.
    pub keys: Vec<SigningKey>,
    /// Key of the outside issuer whose tokens `custom_jwt_account` takes.
    pub outside_key: SigningKey,
    /// People in the order they came.
    pub users: Vec<User>,
    /// How often people were deleted, by what their id was made from.
    pub generations: HashMap<String, u32>,
    /// Numbers given to people so far.
    pub last_user: u64,
    /// Sessions by id.
    pub sessions: HashMap<String, Session>,
    /// Refresh tokens and their session; when one was exchanged, if it was.
    pub refresh: HashMap<String, (String, Option<i64>)>,
    /// Codes by address or number.
    pub codes: HashMap<String, Sent>,
    /// When codes were sent, by address or number.
    pub sendings: HashMap<String, Vec<i64>>,
    /// OAuth ceremonies by request, then by code.
    pub flows: HashMap<String, OauthFlow>,
    /// Nonces of wallets: the address they were given for, and when.
    pub nonces: HashMap<String, (String, i64)>,
    /// Challenges of passkeys: the person they were given to, and when.
    pub challenges: HashMap<String, (Option<String>, i64)>,
    /// Settings of the app that differ from the usual.
    pub overlay: Map<String, Value>,
    /// Who may come in when the list is on.
    pub allowlist: Vec<Value>,
    /// Refusals that wait.
    pub failures: Vec<Failure>,
    /// Messages that wait.
    pub messages: Vec<Message>,
    /// Events that wait to be sent.
    pub events: Vec<Event>,
    /// Where events go.
    pub targets: Vec<String>,
    /// What was sent, and how it was answered.
    pub deliveries: Vec<Delivery>,
    /// Seconds by which this issuer's clock is ahead.
    pub offset: i64,
    /// Life of the tokens it issues.
    pub token_seconds: i64,
}

impl Privy {
    /// A fresh issuer.
    pub fn new() -> Result<Self, String> {
        Ok(Self {
            keys: vec![SigningKey::generate()?],
            outside_key: SigningKey::generate()?,
            users: Vec::new(),
            generations: HashMap::new(),
            last_user: 0,
            sessions: HashMap::new(),
            refresh: HashMap::new(),
            codes: HashMap::new(),
            sendings: HashMap::new(),
            flows: HashMap::new(),
            nonces: HashMap::new(),
            challenges: HashMap::new(),
            overlay: Map::new(),
            allowlist: Vec::new(),
            failures: Vec::new(),
            messages: Vec::new(),
            events: Vec::new(),
            targets: Vec::new(),
            deliveries: Vec::new(),
            offset: 0,
            token_seconds: TOKEN_SECONDS,
        })
    }

    /// Back to the first day; keys stay, since others have them cached.
    pub fn reset(&mut self) {
        if let Ok(mut fresh) = Self::new() {
            fresh.keys = std::mem::take(&mut self.keys);
            fresh.last_user = self.last_user;
            fresh.generations = std::mem::take(&mut self.generations);
            for user in self.users.drain(..) {
                *fresh.generations.entry(user.seed).or_default() += 1;
            }
            *self = fresh;
        }
    }

    /// This issuer's time in Unix seconds.
    pub fn now(&self) -> i64 {
        log::now().unix_timestamp() + self.offset
    }

    /// Signs with the newest key.
    pub fn sign(&self, claims: &Value) -> String {
        self.keys.last().map(|key| key.sign(claims)).unwrap_or_default()
    }

    /// Claims of a token of this issuer that has not ended; `audience` tells its kind.
    pub fn open(&self, token: &str, audience: &str) -> Option<Value> {
        let claims = self.keys.iter().find_map(|key| key.open(token))?;
        let ends = claims.get("exp")?.as_i64()?;
        (ends > self.now() && claims.get("aud")?.as_str()? == audience).then_some(claims)
    }

    /// Keeps a nonce or a challenge apart from all others.
    pub fn fresh_nonce(&self) -> String {
        random(48)
    }

    /// A setting of the app: the usual one, or what a test made of it.
    pub fn setting(&self, name: &str) -> Option<Value> {
        self.overlay.get(name).cloned().or_else(|| crate::privy::app::usual(APP_ID).get(name).cloned())
    }

    /// A setting that is on or off.
    pub fn is_on(&self, name: &str) -> bool {
        self.setting(name).and_then(|value| value.as_bool()).unwrap_or(false)
    }

    /// The next refusal that waits for this path.
    pub fn take_failure(&mut self, path: &str) -> Option<Failure> {
        let position = self.failures.iter().position(|failure| path.starts_with(&failure.path))?;
        let failure = self.failures.get_mut(position)?;
        failure.times = failure.times.saturating_sub(1);
        let taken = failure.clone();
        if failure.times == 0 {
            self.failures.remove(position);
        }
        Some(taken)
    }
}
