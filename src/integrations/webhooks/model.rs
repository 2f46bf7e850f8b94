//! What pages and programs know of webhooks.

use serde::{Deserialize, Serialize};

use crate::kit::id::{WebhookDeliveryId, WebhookEndpointId};

/// What is posted when somebody tries an endpoint out.
pub const PING: &str = "ping";

/// What the type of an event about a connection begins with; behind it stands its kind in the connection's log.
pub const OF_CONNECTIONS: &str = "connection.";

/// The events that can be posted, each with what it means: the kinds of a connection's log that change what its owner can
/// do with it, and what others say of themselves. What happens all the time, uses and renewals, is not posted.
pub const EVENTS: [(&str, &str); 10] = [
    ("connection.connected", "A service was connected"),
    ("connection.reconnected", "A service was connected again"),
    ("connection.account_replaced", "Another account took the place of the one before"),
    ("connection.needs_reauth", "A connection no longer works, and has to be connected again"),
    ("connection.works_again", "A connection works again by itself"),
    ("connection.reminded", "A connection ends soon"),
    ("connection.scopes_reduced", "A service allows less than before"),
    ("connection.scopes_changed", "A service allows something else than before"),
    ("connection.disconnected", "A service was disconnected"),
    ("profile.published", "Your music profile was published, or shows something else"),
];

/// The type under which a kind of a connection's log is posted; none: it is not.
#[must_use]
pub fn event_of(kind: &str) -> Option<&'static str> {
    EVENTS.into_iter().map(|(event, _)| event).find(|event| event.strip_prefix(OF_CONNECTIONS) == Some(kind))
}

/// Why nothing is posted to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffReason {
    /// Its owner has switched it off.
    Owner,
    /// It answered 410: nobody is there any more.
    Gone,
    /// Nothing has reached it for days.
    Failing,
}

impl OffReason {
    /// As it is stored and written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    /// From how it is stored. Whatever else stands there was its owner's wish.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "gone" => Self::Gone,
            "failing" => Self::Failing,
            _ => Self::Owner,
        }
    }

    /// As a sentence.
    #[must_use]
    pub fn told(self) -> &'static str {
        match self {
            Self::Owner => "Off. Nothing is posted.",
            Self::Gone => "Off: it answered that nobody is there any more (410).",
            Self::Failing => "Off: nothing has reached it for five days.",
        }
    }
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is tried, or will be.
    Waiting,
    /// The endpoint answered with 2xx.
    Delivered,
    /// It is tried no more, unless somebody asks for it.
    Failed,
}

impl DeliveryState {
    /// As it is stored and written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// From how it is stored.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "delivered" => Self::Delivered,
            "failed" => Self::Failed,
            _ => Self::Waiting,
        }
    }
}

/// An endpoint, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointView {
    pub id: WebhookEndpointId,
    /// What its owner calls it; its host where they call it nothing.
    pub title: String,
    pub name: String,
    pub url: String,
    /// None: all.
    pub events: Vec<String>,
    pub off: Option<OffReason>,
    /// In words, in the person's time zone.
    pub made: String,
    /// Since when nothing has reached it.
    pub failing: Option<String>,
    /// Until when the secret before this one signs as well.
    pub overlap: Option<String>,
}

/// A delivery, as its endpoint's page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryView {
    pub id: WebhookDeliveryId,
    pub event: String,
    pub state: DeliveryState,
    /// When it happened, in words.
    pub when: String,
    /// What became of it, as a sentence.
    pub told: String,
    /// How the last answer began.
    pub answer: Option<String>,
}

/// All endpoints of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointsView {
    pub endpoints: Vec<EndpointView>,
    /// What was typed into a form that was refused.
    pub typed_name: String,
    pub typed_url: String,
}

/// One endpoint with what was posted to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointPageView {
    pub endpoint: EndpointView,
    /// The secret that was just made, this once.
    pub secret: Option<String>,
    pub deliveries: Vec<DeliveryView>,
    /// Where the older ones begin; none after the last.
    pub older: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_the_log_is_posted_under_its_own_name_or_not_at_all() {
        assert_eq!(event_of("needs_reauth"), Some("connection.needs_reauth"));
        for kind in ["used", "renewed", "token_released", "connection.connected", ""] {
            assert_eq!(event_of(kind), None, "{kind}");
        }
    }

    #[test]
    fn states_survive_their_written_form() {
        for state in [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Failed] {
            assert_eq!(DeliveryState::parse(state.as_str()), state);
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        for reason in [OffReason::Owner, OffReason::Gone, OffReason::Failing] {
            assert_eq!(OffReason::parse(reason.as_str()), reason);
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
