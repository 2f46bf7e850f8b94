//! Windows in a server of the Redis protocol, shared by all processes. Every decision is one script.

use std::time::Duration;

use async_trait::async_trait;
use redis::{
    Client, RedisError, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use secrecy::{ExposeSecret as _, SecretString};
use time::OffsetDateTime;

use super::{Decision, LimitStore, Rule, StoreAway, script};

/// How long connecting and one answer may take. Nobody waits as long: the hit was decided elsewhere by then.
const CONNECT: Duration = Duration::from_secs(2);
const ANSWER: Duration = Duration::from_secs(1);

/// Windows in sorted sets, over one connection that is opened when it is first used and again after it broke.
#[derive(Clone)]
pub struct RedisStore {
    connection: ConnectionManager,
    script: Script,
}

impl RedisStore {
    /// Windows in the server at this address, `redis://` or `rediss://`.
    ///
    /// # Errors
    /// When the address is none. Whether anybody is there shows at the first hit.
    pub fn new(url: &SecretString) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER))
            // The next hit after the pause tries again; nothing knocks in between.
            .set_number_of_retries(0);
        let connection = ConnectionManager::new_lazy_with_config(Client::open(url.expose_secret())?, config)?;
        Ok(Self { connection, script: Script::new(script::CODE) })
    }
}

#[async_trait]
impl LimitStore for RedisStore {
    async fn hit(&self, rule: Rule, key: &[u8; 32], now: OffsetDateTime) -> Result<Decision, StoreAway> {
        let mut call = self.script.key(script::key(rule, key));
        for argument in script::arguments(rule, now) {
            call.arg(argument);
        }
        let answer: String =
            call.invoke_async(&mut self.connection.clone()).await.map_err(|error| StoreAway::because(&error))?;
        script::decision(&answer)
    }
}
