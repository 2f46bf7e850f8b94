use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use crate::{
    integrations::webhooks::{
        model::{DeliveryState, EVENTS, OffReason},
        store::{DeliveryRow, EndpointRow},
    },
    kit::id::{WebhookDeliveryId, WebhookEndpointId},
};

/// The type of an event; for the contract alone.
pub enum EventType {}

macro_rules! words {
    ($kind:ident, $described:literal, $words:expr) => {
        impl PartialSchema for $kind {
            fn schema() -> RefOr<Schema> {
                let object = ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some($described))
                    .enum_values(Some($words));
                object.into()
            }
        }

        impl ToSchema for $kind {
            fn name() -> Cow<'static, str> {
                concat!("Webhook", stringify!($kind)).into()
            }
        }
    };
}

words!(
    EventType,
    "A type of event: `connection.` and a kind of a connection's log, or what else its person is told of. The set grows.",
    EVENTS.map(|(event, _)| event)
);
words!(
    OffReason,
    "Why nothing is posted. `owner`: its owner's wish. `gone`: it answered 410. `failing`: nothing has reached it for five days.",
    [OffReason::Owner, OffReason::Gone, OffReason::Failing].map(OffReason::as_str)
);
words!(
    DeliveryState,
    "What became of a delivery. `waiting`: it is tried, or will be. `delivered`: it was answered with 200 to 299. `failed`: it is tried no more, unless somebody asks for it.",
    [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Failed].map(DeliveryState::as_str)
);

/// An address to which events are posted.
#[derive(Serialize, ToSchema)]
pub struct Webhook {
    id: WebhookEndpointId,
    /// What its owner calls it; may be empty.
    name: String,
    url: String,
    /// The types of events that are posted; empty: all, also those that are yet to come.
    events: Vec<String>,
    on: bool,
    /// Why nothing is posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    off_reason: Option<OffReason>,
    /// Nothing has reached it since; absent where the last post did.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    failing_since: Option<OffsetDateTime>,
    /// Until when the secret before the present one signs as well; absent where it signs no more.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    previous_secret_until: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl Webhook {
    pub(super) fn of(row: EndpointRow, now: OffsetDateTime) -> Self {
        let EndpointRow { id, name, url, events, off_reason, failing_since, previous_until, created_at } = row;
        let off_reason = off_reason.as_deref().map(OffReason::parse);
        let previous_secret_until = previous_until.filter(|until| now < *until);
        Self {
            id,
            name,
            url,
            events,
            on: off_reason.is_none(),
            off_reason,
            failing_since,
            previous_secret_until,
            created_at,
        }
    }
}

/// What is to be posted where.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// What to call it.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub(super) name: String,
    /// `https://…`, without a name or password in it, reachable from the internet.
    #[schema(max_length = 2000)]
    pub(super) url: String,
    /// The types of events to be posted. Empty or absent: all, also those that are yet to come.
    #[serde(default)]
    #[schema(max_items = 50, value_type = Vec<EventType>)]
    pub(super) events: Vec<String>,
    /// Whether it begins at once; so it does unless this says no.
    #[serde(default = "yes")]
    pub(super) on: bool,
}

const fn yes() -> bool {
    true
}

/// What is to become another; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEdit {
    #[serde(default)]
    #[schema(max_length = 100)]
    pub(super) name: Option<String>,
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub(super) url: Option<String>,
    #[serde(default)]
    #[schema(max_items = 50, value_type = Option<Vec<EventType>>)]
    pub(super) events: Option<Vec<String>>,
    /// What waits for one that is switched off is given up; it can be posted again later.
    #[serde(default)]
    pub(super) on: Option<bool>,
}

/// A webhook with the secret that was just made for it.
#[derive(Serialize, ToSchema)]
pub struct WebhookWithSecret {
    /// Checks the signatures (`whsec_…`, Standard Webhooks). It is shown this once and cannot be shown again.
    pub(super) secret: String,
    pub(super) webhook: Webhook,
}

/// One event for one webhook.
#[derive(Serialize, ToSchema)]
pub struct WebhookDelivery {
    /// The `webhook-id` of each post of it.
    id: WebhookDeliveryId,
    /// The type of the event.
    event: String,
    state: DeliveryState,
    /// How often it was tried, in all.
    tries: i32,
    /// The status of the last answer; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status: Option<i32>,
    /// The first 500 characters of the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_answer: Option<String>,
    /// Why the last try failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    last_tried_at: Option<OffsetDateTime>,
    /// When it is tried next; absent where it is tried no more.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    next_try_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When it was delivered or failed.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    settled_at: Option<OffsetDateTime>,
    /// What is posted.
    #[schema(value_type = Object)]
    payload: Value,
}

impl From<DeliveryRow> for WebhookDelivery {
    fn from(row: DeliveryRow) -> Self {
        let state = DeliveryState::parse(&row.state);
        Self {
            id: row.id,
            event: row.event,
            state,
            tries: row.attempts,
            last_status: row.last_status,
            last_answer: row.last_answer,
            problem: row.problem,
            last_tried_at: row.tried_at,
            next_try_at: Some(row.due_at).filter(|_| state == DeliveryState::Waiting),
            created_at: row.created_at,
            settled_at: row.settled_at,
            payload: serde_json::from_str(&row.payload).unwrap_or_default(),
        }
    }
}

/// What to post again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayFailed {
    /// What failed and happened no earlier than this. Nothing is kept longer than 30 days.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) since: OffsetDateTime,
}

/// How much is posted again.
#[derive(Serialize, ToSchema)]
pub struct Replayed {
    pub(super) deliveries: u64,
}
