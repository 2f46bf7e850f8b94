//! The use-cases of connections, over this feature's tables, the catalogue and the outgoing HTTP.

mod accounts;
mod agreements;
mod ask;
pub(super) mod broker;
mod calls;
mod choice;
mod connect;
mod consent;
mod disconnect;
mod error;
mod fetch;
pub mod forms;
mod health;
mod history;
mod identity;
mod keep;
pub(super) mod own_apps;
mod parting;
mod places;
mod polls;
mod recheck;
pub(super) mod refresh;
mod reminders;
mod revocations;
mod room;
mod sealed;
mod signed_visit;
mod views;
mod visit;
mod wish;

use std::{collections::HashMap, sync::Arc, time::Duration};

use url::Url;

pub use accounts::Shown;
pub use agreements::{Account, Agreed, AgreedTo, Agreement};
pub(super) use calls::ended;
pub use calls::{Effects, ToolCall};
pub use choice::{Answer, Waiting};
pub use connect::Arrival;
pub use disconnect::{FORGET_READINGS, Readings};
pub use error::Error;
pub(super) use error::no_token;
pub use fetch::{FetchError, Sent, Through};
pub use health::ClientFault;
pub use history::{Happening, Known};
pub use own_apps::own_app_vault;
pub use places::Place;
pub use visit::{Purpose, Returned, Start, Visitor};
pub use wish::Wish;

use super::{
    store,
    webhooks::{OutgoingWebhooks, model::event_of, service::Told},
};
use crate::{
    account::notifications::Notifications,
    billing::Billing,
    identity::Identity,
    inference::Vendor,
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

const CONFIRMATION: &str = "connect-confirmation/v1";

/// Whom the token broker serves.
#[derive(Clone)]
struct BrokerSettings {
    front_end: Option<Url>,
    /// Whether browsers may have access tokens of services, where their person allows it.
    direct: bool,
}

/// Connections and what is asked through them.
#[derive(Clone)]
pub struct Integrations {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) http: Http,
    pub(super) vault: Vault,
    /// For own apps alone; none where this installation has not set it up.
    own_vault: Option<Vault>,
    identity: Identity,
    billing: Billing,
    notifications: Notifications,
    webhooks: OutgoingWebhooks,
    keys: Keys,
    limits: Limits,
    bus: Bus,
    pub(super) public_url: Url,
    broker: BrokerSettings,
    catalogue: &'static Catalogue,
    /// By the provider's id.
    clients: Arc<HashMap<&'static str, Client>>,
    /// The keys of the services that sign who somebody is, by the provider's id.
    issuers: Arc<HashMap<&'static str, RemoteKeys>>,
    /// The operator of the model; none where there is no model.
    vendor: Option<Arc<Vendor>>,
    tool_deadline: Duration,
    /// How long a tool waits, in all, where a service asks it to.
    tool_patience: Duration,
}

impl Integrations {
    /// The service over these parts; the clients come from the settings.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "they are the parts of the platform it stands on")]
    pub fn new(
        settings: &Settings,
        identity: Identity,
        billing: Billing,
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
            let fallback = provider.oauth.as_ref().and_then(|oauth| oauth.client_fallback.as_deref());
            let found = settings.client(&name).or_else(|| settings.client(fallback?))?;
            Some((provider.id.as_str(), Client { id: found.id.clone(), secret: Some(found.secret.clone()) }))
        });
        let issuers = catalogue().ways_in().filter_map(|provider| {
            let openid = provider.sign_in.as_ref()?.openid.as_ref()?;
            let keys = RemoteKeys::new(http.clone(), clock.clone(), openid.jwks.url().clone());
            Some((provider.id.as_str(), keys))
        });
        let issuers = Arc::new(issuers.collect());
        let own_vault = own_app_vault(settings, &random);
        let webhooks = OutgoingWebhooks::new(
            db.clone(),
            clock.clone(),
            random.clone(),
            http.clone(),
            vault.clone(),
            notifications.clone(),
        );
        Self {
            identity,
            billing,
            notifications,
            webhooks,
            db,
            clock,
            random,
            http,
            vault,
            own_vault,
            keys,
            limits,
            bus,
            public_url: settings.public_url.clone(),
            broker: BrokerSettings { front_end: settings.front_end.clone(), direct: settings.broker_direct },
            catalogue: catalogue(),
            clients: Arc::new(registered.collect()),
            issuers,
            vendor: settings.model.as_ref().map(|model| Arc::new(Vendor::of(model))),
            tool_deadline: Duration::from_secs(20),
            tool_patience: Duration::from_secs(30),
        }
    }

    /// Another time for the calls of a tool than twenty seconds.
    #[must_use]
    pub fn with_tool_deadline(mut self, deadline: Duration) -> Self {
        self.tool_deadline = deadline;
        self
    }

    /// Another time for a tool to wait than thirty seconds.
    #[must_use]
    pub fn with_tool_patience(mut self, patience: Duration) -> Self {
        self.tool_patience = patience;
        self
    }

    /// What is posted to the addresses that people have registered.
    #[must_use]
    pub fn webhooks(&self) -> &OutgoingWebhooks {
        &self.webhooks
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

    pub(super) fn provider(&self, id: &str) -> Result<&'static Provider, Error> {
        self.catalogue.get(id).ok_or(Error::NotFound("service"))
    }

    fn client(&self, provider: &Provider) -> Result<&Client, Error> {
        self.clients
            .get(provider.id.as_str())
            .ok_or_else(|| Error::NotSetUp { service: provider.name.clone(), missing: self.missing(provider) })
    }

    /// The environment variables that this installation lacks for a service.
    pub(super) fn missing(&self, provider: &Provider) -> Vec<String> {
        if !provider.needs_client() || self.clients.contains_key(provider.id.as_str()) {
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

    pub(super) async fn changed_within(
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
        // One that is gone by now is told of by whoever removed it, who knows what it was.
        if let (Some(_), Some(id)) = (event_of(kind), connection)
            && let Some(row) = store::connection(&mut *transaction, user, id).await?
        {
            let health = store::health(&mut *transaction, user, id).await?;
            self.tell_outside(transaction, user, kind, detail, &row, health.as_ref()).await?;
        }
        self.bus.notify(transaction, Topic::ConnectionChanged, &user.to_string()).await
    }

    /// Tells whoever has registered an address for it.
    pub(super) async fn tell_outside(
        &self,
        transaction: &mut sqlx::PgConnection,
        user: UserId,
        kind: &str,
        detail: Option<&str>,
        row: &store::ConnectionRow,
        health: Option<&store::HealthRow>,
    ) -> Result<(), sqlx::Error> {
        let service_name = self.catalogue.get(&row.provider).map_or(row.provider.as_str(), |entry| &entry.name);
        self.webhooks.tell(transaction, &Told { user, kind, detail, service_name, row, health }).await
    }
}
