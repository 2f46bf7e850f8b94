//! The use-cases of connections, over this feature's tables, the catalogue and the outgoing HTTP.

mod accounts;
mod ask;
mod connect;
mod disconnect;
mod error;
mod identity;
mod key;
mod sealed;
mod tokens;
mod views;
mod visit;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use url::Url;

pub use accounts::Shown;
pub use connect::Arrival;
pub use error::Error;
pub use visit::{Purpose, Returned, Start, Visitor};

use super::store;
use crate::{
    account::notifications::Notifications,
    identity::Identity,
    kit::id::{ConnectionId, UserId},
    platform::{
        bus::{Bus, Topic},
        clock::Clock,
        config::Settings,
        crypto::{Keys, Vault, jwt::RemoteKeys},
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
    identity: Identity,
    notifications: Notifications,
    keys: Keys,
    limits: Limits,
    bus: Bus,
    public_url: Url,
    catalogue: &'static Catalogue,
    /// By the provider's id.
    clients: Arc<HashMap<&'static str, Client>>,
    /// The keys of the services that sign who somebody is, by the provider's id.
    issuers: Arc<HashMap<&'static str, RemoteKeys>>,
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
        identity: Identity,
        notifications: Notifications,
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
        let issuers = catalogue().ways_in().filter_map(|provider| {
            let openid = provider.sign_in.as_ref()?.openid.as_ref()?;
            let keys = RemoteKeys::new(http.clone(), clock.clone(), openid.jwks.url().clone());
            Some((provider.id.as_str(), keys))
        });
        let issuers = Arc::new(issuers.collect());
        Self {
            identity,
            notifications,
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
            issuers,
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

    /// Counts one start of a sign-in, by where it comes from.
    ///
    /// # Errors
    /// When there were too many in a minute.
    pub(super) async fn limit_arrival(&self, client: &str) -> Result<(), Limited> {
        self.limits.hit(Bucket::Login, client).await
    }

    /// Counts one start of a connection.
    ///
    /// # Errors
    /// When there were too many in a minute.
    pub(super) async fn limit_start(&self, user: UserId) -> Result<(), Limited> {
        self.limits.hit(Bucket::Login, &format!("connect:{user}")).await
    }

    /// What the link on the page between carries, so that only that page's own click goes on. `holder` is the session
    /// or the browser that the page was made for.
    pub(super) fn confirmation(&self, holder: &[u8], purpose: Purpose, provider: &str) -> String {
        let parts = [holder, purpose.as_str().as_bytes(), provider.as_bytes()];
        hex::encode(self.keys.mac(CONFIRMATION, &parts))
    }

    pub(super) fn is_confirmation(&self, holder: &[u8], purpose: Purpose, provider: &str, proof: &str) -> bool {
        let parts = [holder, purpose.as_str().as_bytes(), provider.as_bytes()];
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
