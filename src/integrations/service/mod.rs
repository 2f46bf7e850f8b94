//! The use-cases of connections, over this feature's tables, the catalogue and the outgoing HTTP.

mod ask;
mod connect;
mod disconnect;
mod error;
mod identity;
mod key;
mod sealed;
mod tokens;
mod views;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use url::Url;

pub use connect::{Arrival, Returned, Start};
pub use error::Error;

use super::store;
use crate::{
    kit::id::{ConnectionId, SessionId, UserId},
    platform::{
        bus::{Bus, Topic},
        clock::Clock,
        config::Settings,
        crypto::{Keys, Vault},
        db::Db,
        http::Http,
        limits::{Bucket, Limited, Limits},
        random::Random,
    },
    providers::{Catalogue, Provider, catalogue, oauth::Client},
};
use tokens::Pause;

const CONFIRMATION: &str = "connect-confirmation/v1";

/// Connections and what is asked through them.
#[derive(Clone)]
pub struct Integrations {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) http: Http,
    pub(super) vault: Vault,
    keys: Keys,
    limits: Limits,
    bus: Bus,
    public_url: Url,
    catalogue: &'static Catalogue,
    /// By the provider's id.
    clients: Arc<HashMap<&'static str, Client>>,
    /// Connections whose service was away at the last renewal, and until when it is left alone.
    pauses: Arc<Mutex<HashMap<ConnectionId, Pause>>>,
    tool_deadline: Duration,
}

impl Integrations {
    /// The service over these parts; the clients come from the settings.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "they are the parts of the platform it stands on")]
    pub fn new(
        settings: &Settings,
        db: Db,
        clock: Clock,
        random: Random,
        http: Http,
        vault: Vault,
        keys: Keys,
        limits: Limits,
        bus: Bus,
    ) -> Self {
        let registered = catalogue().all().iter().filter_map(|provider| {
            let name = provider.variable();
            let fallback = provider.oauth.as_ref()?.client_fallback.as_deref();
            let found = settings.client(&name).or_else(|| settings.client(fallback?))?;
            Some((provider.id.as_str(), Client { id: found.id.clone(), secret: found.secret.clone() }))
        });
        Self {
            db,
            clock,
            random,
            http,
            vault,
            keys,
            limits,
            bus,
            public_url: settings.public_url.clone(),
            catalogue: catalogue(),
            clients: Arc::new(registered.collect()),
            pauses: Arc::default(),
            tool_deadline: Duration::from_secs(20),
        }
    }

    /// Another time for a whole tool call than twenty seconds.
    #[must_use]
    pub fn with_tool_deadline(mut self, deadline: Duration) -> Self {
        self.tool_deadline = deadline;
        self
    }

    /// Counts one start of a connection.
    ///
    /// # Errors
    /// When there were too many in a minute.
    pub(super) async fn limit_start(&self, user: UserId) -> Result<(), Limited> {
        self.limits.hit(Bucket::Login, &format!("connect:{user}")).await
    }

    /// What the link on the page between carries, so that only that page's own click goes on.
    pub(super) fn confirmation(&self, session: SessionId, provider: &str) -> String {
        hex::encode(self.keys.mac(CONFIRMATION, &[session.to_string().as_bytes(), provider.as_bytes()]))
    }

    pub(super) fn is_confirmation(&self, session: SessionId, provider: &str, proof: &str) -> bool {
        let session = session.to_string();
        let parts = [session.as_bytes(), provider.as_bytes()];
        hex::decode(proof).is_ok_and(|proof| self.keys.verify(CONFIRMATION, &parts, &proof))
    }

    fn provider(&self, id: &str) -> Result<&'static Provider, Error> {
        self.catalogue.get(id).ok_or(Error::NotFound("service"))
    }

    fn client(&self, provider: &Provider) -> Result<&Client, Error> {
        self.clients
            .get(provider.id.as_str())
            .ok_or_else(|| Error::NotSetUp { service: provider.name.clone(), missing: self.missing(provider) })
    }

    /// The environment variables that this installation lacks for a service.
    fn missing(&self, provider: &Provider) -> Vec<String> {
        if provider.oauth.is_none() || self.clients.contains_key(provider.id.as_str()) {
            return Vec::new();
        }
        let name = provider.variable();
        vec![format!("{name}_CLIENT_ID"), format!("{name}_CLIENT_SECRET")]
    }

    /// One address for each service, so that a code of one can never arrive as a code of another.
    fn redirect_uri(&self, provider: &Provider) -> String {
        let base = self.public_url.as_str().trim_end_matches('/');
        format!("{base}/api/integrations/{}/callback", provider.id)
    }

    /// Notes what happened to a connection and tells the other processes.
    async fn changed(
        &self,
        user: UserId,
        connection: Option<ConnectionId>,
        provider: &str,
        kind: &str,
        detail: Option<&str>,
    ) -> Result<(), sqlx::Error> {
        let mut transaction = self.db.begin().await?;
        self.changed_within(&mut transaction, user, connection, provider, kind, detail).await?;
        transaction.commit().await
    }

    async fn changed_within(
        &self,
        transaction: &mut sqlx::PgConnection,
        user: UserId,
        connection: Option<ConnectionId>,
        provider: &str,
        kind: &str,
        detail: Option<&str>,
    ) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        let id = uuid::Uuid::from(self.random.id::<ConnectionId>(now));
        let event = store::NewEvent { id, user, connection, provider, kind, detail, now };
        store::record(&mut *transaction, &event).await?;
        self.bus.notify(transaction, Topic::ConnectionChanged, &user.to_string()).await
    }
}
