//! Events on their way out: written by the transaction in which they happen.

use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{OutgoingWebhooks, deliver::TASK};
use crate::{
    integrations::{
        model::ConnectionState,
        store::{ConnectionRow, HealthRow},
        webhooks::{
            model::event_of,
            store::{self, NewDelivery},
        },
    },
    kit::id::{UserId, WebhookDeliveryId, WebhookEndpointId},
    platform::jobs::{Jobs, JobsError},
};

/// What happened to a connection, as its log has it.
pub struct Told<'a> {
    pub user: UserId,
    pub kind: &'a str,
    pub detail: Option<&'a str>,
    pub service_name: &'a str,
    pub row: &'a ConnectionRow,
    /// None where it is gone.
    pub health: Option<&'a HealthRow>,
}

impl OutgoingWebhooks {
    /// Lets everybody know who listens to this. What is written is posted exactly when the transaction is committed.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tell(&self, transaction: &mut PgConnection, told: &Told<'_>) -> Result<(), sqlx::Error> {
        let Some(event) = event_of(told.kind) else { return Ok(()) };
        self.announce(transaction, told.user, event, about(told)).await
    }

    /// The same for an event that is about no connection.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn announce(
        &self,
        transaction: &mut PgConnection,
        user: UserId,
        event: &str,
        data: Value,
    ) -> Result<(), sqlx::Error> {
        let endpoints = store::listening(&mut *transaction, user, event).await?;
        let payload = payload(event, self.clock.now(), data);
        for endpoint in endpoints {
            self.put(transaction, user, endpoint, event, &payload).await?;
        }
        Ok(())
    }

    /// Puts one delivery and the job that posts it into the transaction.
    pub(super) async fn put(
        &self,
        transaction: &mut PgConnection,
        user: UserId,
        endpoint: WebhookEndpointId,
        event: &str,
        payload: &str,
    ) -> Result<WebhookDeliveryId, sqlx::Error> {
        let now = self.clock.now();
        let id: WebhookDeliveryId = self.random.id(now);
        store::insert_delivery(&mut *transaction, &NewDelivery { id, endpoint, user, event, payload, now }).await?;
        self.wake(transaction, endpoint, id).await?;
        Ok(id)
    }

    /// Lets a worker look at an endpoint at once, when the transaction is committed.
    pub(super) async fn wake(
        &self,
        transaction: &mut PgConnection,
        endpoint: WebhookEndpointId,
        delivery: WebhookDeliveryId,
    ) -> Result<(), sqlx::Error> {
        let job = json!({ "endpoint": endpoint });
        // A key of its own for each: two transactions never wait for each other here.
        match Jobs::new().enqueue(transaction, TASK, Some(&delivery.to_string()), job).await {
            Ok(()) => Ok(()),
            Err(JobsError::Database(error)) => Err(error),
            Err(JobsError::Worker(reason)) => Err(sqlx::Error::Protocol(reason)),
        }
    }
}

/// The body of a post.
pub(super) fn payload(event: &str, now: OffsetDateTime, data: Value) -> String {
    json!({ "type": event, "timestamp": moment(now), "data": data }).to_string()
}

fn moment(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

/// The connection, in the words of `/api/v1/connections`.
fn about(told: &Told<'_>) -> Value {
    let row = told.row;
    let mut data = Map::new();
    data.insert("id".to_owned(), json!(row.id));
    data.insert("service".to_owned(), json!(row.provider));
    data.insert("name".to_owned(), json!(told.service_name));
    data.insert("account".to_owned(), json!(row.account_label));
    let Some(health) = told.health else { return Value::Object(data) };
    data.insert("state".to_owned(), json!(ConnectionState::parse(&row.state)));
    data.insert("link".to_owned(), json!(format!("/connections/{}", row.id)));
    if let Some(reason) = &row.reason {
        data.insert("reason".to_owned(), json!(reason));
    }
    if let Some(ends_at) = ends_at(told, health) {
        data.insert("ends_at".to_owned(), json!(moment(ends_at)));
    }
    Value::Object(data)
}

/// The end that a reminder warns of.
fn ends_at(told: &Told<'_>, health: &HealthRow) -> Option<OffsetDateTime> {
    match told.detail.filter(|_| told.kind == "reminded")? {
        detail if detail.starts_with("consent") => health.consent_expires_at,
        _ => health.refresh_expires_at,
    }
}
