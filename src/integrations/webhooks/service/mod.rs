//! Endpoints and what is posted to them: `tell` writes deliveries, `deliver` posts them by the times of `schedule`,
//! signed by `secrets`; here is what owners do.

mod deliver;
mod error;
mod schedule;
mod secrets;
mod tell;

use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use url::Url;
use zeroize::Zeroizing;

pub use deliver::TASK;
pub use error::WebhookError;
pub use tell::Told;

use self::secrets::Column;
use super::{
    model::{EVENTS, OffReason, PING},
    store::{self, DeliveryRow, EndpointRow, NewEndpoint, system},
};
use crate::{
    account::notifications::Notifications,
    kit::id::{UserId, WebhookDeliveryId, WebhookEndpointId},
    platform::{audit, clock::Clock, crypto::Vault, db::Db, http::Http, random::Random},
};

/// How many endpoints a person has at most.
const MOST: i64 = 10;
/// For how long a secret signs beside the one that took its place.
const OVERLAP: Duration = Duration::hours(24);
/// How long it is known what was posted.
const KEPT: Duration = Duration::days(30);
const LONGEST_NAME: usize = 100;
const LONGEST_URL: usize = 2_000;
const SWITCHED_OFF: &str = "the webhook was switched off";

/// Posts what happens to connections to addresses that their owners have registered.
#[derive(Clone)]
pub struct OutgoingWebhooks {
    db: Db,
    clock: Clock,
    random: Random,
    http: Http,
    vault: Vault,
    notifications: Notifications,
    lanes: deliver::Lanes,
}

/// What an endpoint is to be; what is none stays, or is nothing where it is new.
#[derive(Default)]
pub struct Wish<'a> {
    pub name: Option<&'a str>,
    pub url: Option<&'a str>,
    /// Types of events; an empty list is all of them.
    pub events: Option<&'a [String]>,
    pub on: Option<bool>,
}

/// An endpoint whose secret was just made.
pub struct Secretive {
    pub row: EndpointRow,
    /// The secret itself, shown this once.
    pub secret: Zeroizing<String>,
}

/// Where a person sees an endpoint.
#[must_use]
pub fn page_of(id: WebhookEndpointId) -> String {
    format!("/settings/developer/webhooks/{id}")
}

/// What an address is called where there is no room for all of it.
#[must_use]
pub fn host(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

impl OutgoingWebhooks {
    /// Over these parts.
    #[must_use]
    pub fn new(db: Db, clock: Clock, random: Random, http: Http, vault: Vault, notifications: Notifications) -> Self {
        Self { db, clock, random, http, vault, notifications, lanes: deliver::Lanes::default() }
    }

    /// The time by which deliveries are due.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Registers an endpoint.
    ///
    /// # Errors
    /// When name, address or events do not fit, there are too many, or the database is away.
    pub async fn make(&self, user: UserId, wish: &Wish<'_>) -> Result<Secretive, WebhookError> {
        let now = self.clock.now();
        let name = name(wish.name.unwrap_or_default())?;
        let url = self.address(wish.url.unwrap_or_default())?;
        let events = events(wish.events.unwrap_or_default())?;
        let mut tx = self.db.begin().await?;
        if store::count_locked(&mut tx, user).await? >= MOST {
            return Err(WebhookError::TooMany);
        }
        let (id, secret) = (self.random.id(now), self.new_secret());
        let sealed_secret = &self.seal_secret(user, id, Column::Present, secret.as_bytes())?;
        let new = NewEndpoint { id, user, name, url: url.as_str(), events: &events, sealed_secret, now };
        store::insert(&mut tx, &new).await?;
        if wish.on == Some(false) {
            store::switch_off(&mut tx, user, id, OffReason::Owner.as_str()).await?;
        }
        self.witness(&mut tx, user, "webhook_added", url.as_str()).await?;
        let row = store::endpoint(&mut tx, user, id).await?.ok_or(WebhookError::NotFound("webhook"))?;
        tx.commit().await?;
        Ok(Secretive { row, secret })
    }

    /// A person's endpoints, the newest first, from before one on; at most so many.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn list(
        &self,
        user: UserId,
        before: Option<WebhookEndpointId>,
        most: i64,
    ) -> Result<Vec<EndpointRow>, WebhookError> {
        Ok(store::endpoints(&mut *self.db.acquire().await?, user, before, most).await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// When it is none of theirs, or the database is away.
    pub async fn endpoint(&self, user: UserId, id: WebhookEndpointId) -> Result<EndpointRow, WebhookError> {
        let found = store::endpoint(&mut *self.db.acquire().await?, user, id).await?;
        found.ok_or(WebhookError::NotFound("webhook"))
    }

    /// Changes what is wished, all of it or nothing. Whatever waits for one that is switched off is given up.
    ///
    /// # Errors
    /// When it is none of theirs, something does not fit, or the database is away.
    pub async fn change(
        &self,
        user: UserId,
        id: WebhookEndpointId,
        wish: &Wish<'_>,
    ) -> Result<EndpointRow, WebhookError> {
        let name = wish.name.map(name).transpose()?;
        let url = wish.url.map(|url| self.address(url)).transpose()?;
        let events = wish.events.map(events).transpose()?;
        let mut tx = self.db.begin().await?;
        let url = url.as_ref().map(Url::as_str);
        if !store::change(&mut tx, user, id, name, url, events.as_deref()).await? {
            return Err(WebhookError::NotFound("webhook"));
        }
        if wish.on == Some(true) {
            store::switch_on(&mut tx, user, id).await?;
        } else if wish.on == Some(false) && store::switch_off(&mut tx, user, id, OffReason::Owner.as_str()).await? {
            store::give_up_waiting(&mut tx, user, id, SWITCHED_OFF, self.clock.now()).await?;
        }
        if let Some(url) = url {
            self.witness(&mut tx, user, "webhook_changed", url).await?;
        }
        let row = store::endpoint(&mut tx, user, id).await?.ok_or(WebhookError::NotFound("webhook"))?;
        tx.commit().await?;
        Ok(row)
    }

    /// Removes one with everything that was posted to it.
    ///
    /// # Errors
    /// When it is none of theirs, or the database is away.
    pub async fn delete(&self, user: UserId, id: WebhookEndpointId) -> Result<(), WebhookError> {
        let mut tx = self.db.begin().await?;
        let row = store::endpoint(&mut tx, user, id).await?.ok_or(WebhookError::NotFound("webhook"))?;
        if !store::delete(&mut tx, user, id).await? {
            return Err(WebhookError::NotFound("webhook"));
        }
        self.witness(&mut tx, user, "webhook_removed", &row.url).await?;
        Ok(tx.commit().await?)
    }

    /// Makes another secret. The one before it signs as well for a day; one before that signs no more.
    ///
    /// # Errors
    /// When it is none of theirs, or the database is away.
    pub async fn rotate(&self, user: UserId, id: WebhookEndpointId) -> Result<Secretive, WebhookError> {
        let secret = self.new_secret();
        let mut tx = self.db.begin().await?;
        let sealed = store::hold(&mut tx, user, id).await?.ok_or(WebhookError::NotFound("webhook"))?;
        let before = self.open_secret(user, id, Column::Present, &sealed)?;
        let previous = self.seal_secret(user, id, Column::Previous, &before)?;
        let sealed = self.seal_secret(user, id, Column::Present, secret.as_bytes())?;
        store::rotate(&mut tx, user, id, &sealed, &previous, self.clock.now() + OVERLAP).await?;
        let row = store::endpoint(&mut tx, user, id).await?.ok_or(WebhookError::NotFound("webhook"))?;
        self.witness(&mut tx, user, "webhook_secret_replaced", &row.url).await?;
        tx.commit().await?;
        Ok(Secretive { row, secret })
    }

    /// Posts something of no meaning, once.
    ///
    /// # Errors
    /// When it is none of theirs, is off, or the database is away.
    pub async fn ping(&self, user: UserId, id: WebhookEndpointId) -> Result<DeliveryRow, WebhookError> {
        let mut tx = self.db.begin().await?;
        self.held_on(&mut tx, user, id).await?;
        let payload = tell::payload(PING, self.clock.now(), json!({ "webhook": id }));
        let delivery = self.put(&mut tx, user, id, PING, &payload).await?;
        let row = store::delivery(&mut tx, user, id, delivery).await?.ok_or(WebhookError::NotFound("delivery"))?;
        tx.commit().await?;
        Ok(row)
    }

    /// What was posted, the newest first, from before one on; at most so many, and only those in a state where one is
    /// named.
    ///
    /// # Errors
    /// When the endpoint is none of theirs, or the database is away.
    pub async fn deliveries(
        &self,
        user: UserId,
        id: WebhookEndpointId,
        state: Option<&str>,
        before: Option<WebhookDeliveryId>,
        most: i64,
    ) -> Result<Vec<DeliveryRow>, WebhookError> {
        let mut connection = self.db.acquire().await?;
        store::endpoint(&mut connection, user, id).await?.ok_or(WebhookError::NotFound("webhook"))?;
        Ok(store::deliveries(&mut connection, user, id, state, before, most).await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// When it is none of theirs, or the database is away.
    pub async fn delivery(
        &self,
        user: UserId,
        id: WebhookEndpointId,
        delivery: WebhookDeliveryId,
    ) -> Result<DeliveryRow, WebhookError> {
        let found = store::delivery(&mut *self.db.acquire().await?, user, id, delivery).await?;
        found.ok_or(WebhookError::NotFound("delivery"))
    }

    /// Posts something again under the same id, whatever became of it; eight tries, the first at once.
    ///
    /// # Errors
    /// When it is none of theirs, the endpoint is off, or the database is away.
    pub async fn replay(
        &self,
        user: UserId,
        id: WebhookEndpointId,
        delivery: WebhookDeliveryId,
    ) -> Result<DeliveryRow, WebhookError> {
        let mut tx = self.db.begin().await?;
        self.held_on(&mut tx, user, id).await?;
        if !store::replay(&mut tx, user, id, delivery, self.clock.now()).await? {
            return Err(WebhookError::NotFound("delivery"));
        }
        self.wake(&mut tx, id, delivery).await?;
        let row = store::delivery(&mut tx, user, id, delivery).await?.ok_or(WebhookError::NotFound("delivery"))?;
        tx.commit().await?;
        Ok(row)
    }

    /// The same for everything that failed and happened no earlier than a moment; how many that are.
    ///
    /// # Errors
    /// When it is none of theirs, is off, the moment lies ahead, or the database is away.
    pub async fn replay_failed(
        &self,
        user: UserId,
        id: WebhookEndpointId,
        since: OffsetDateTime,
    ) -> Result<u64, WebhookError> {
        let now = self.clock.now();
        if since > now {
            return Err(WebhookError::Since);
        }
        let mut tx = self.db.begin().await?;
        self.held_on(&mut tx, user, id).await?;
        // The next look at what is due finds them.
        let many = store::replay_failed(&mut tx, user, id, since, now).await?;
        tx.commit().await?;
        Ok(many)
    }

    /// Removes what was posted a month ago, and secrets that sign no more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn purge(&self) -> Result<(), WebhookError> {
        let now = self.clock.now();
        let deliveries = system::purge_deliveries(&self.db, now - KEPT).await?;
        let secrets = system::forget_previous(&self.db, now).await?;
        tracing::debug!(deliveries, secrets, "what was posted long ago was removed");
        Ok(())
    }

    /// Holds an endpoint that is on.
    async fn held_on(&self, tx: &mut PgConnection, user: UserId, id: WebhookEndpointId) -> Result<(), WebhookError> {
        store::hold(&mut *tx, user, id).await?.ok_or(WebhookError::NotFound("webhook"))?;
        let row = store::endpoint(tx, user, id).await?.ok_or(WebhookError::NotFound("webhook"))?;
        if row.off_reason.is_some() { Err(WebhookError::Off) } else { Ok(()) }
    }

    async fn witness(&self, tx: &mut PgConnection, user: UserId, kind: &str, url: &str) -> Result<(), sqlx::Error> {
        audit::record(tx, &self.random, self.clock.now(), user, kind, json!({ "host": host(url) })).await
    }

    fn address(&self, typed: &str) -> Result<Url, WebhookError> {
        let typed = typed.trim();
        if typed.len() > LONGEST_URL {
            return Err(WebhookError::Address);
        }
        let mut url = Url::parse(typed).map_err(|_| WebhookError::Address)?;
        let plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
        if !plain || !self.http.may_call(&url) || url.as_str().len() > LONGEST_URL {
            return Err(WebhookError::Address);
        }
        url.set_fragment(None);
        Ok(url)
    }
}

fn name(typed: &str) -> Result<&str, WebhookError> {
    let name = typed.trim();
    let fits = name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    fits.then_some(name).ok_or(WebhookError::Name)
}

fn events(chosen: &[String]) -> Result<Vec<String>, WebhookError> {
    let mut events = Vec::new();
    for event in chosen {
        let known = EVENTS.iter().find(|(known, _)| known == event).ok_or(WebhookError::NoSuchEvent)?;
        events.push(known.0.to_owned());
    }
    events.sort_unstable();
    events.dedup();
    Ok(events)
}
