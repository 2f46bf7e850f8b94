//! What is sold and what it allows, as the server and the browser both know it.

use serde::{Deserialize, Serialize};

use crate::kit::{money::Money, time::Timestamp};

/// The plan that everybody has who pays for none.
pub const FREE: &str = "free";

/// Who a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Whoever pays for no other.
    Everyone,
    /// A personal team.
    Person,
    /// A team of several.
    Team,
}

/// How often is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    Monthly,
    Yearly,
}

impl Period {
    /// The word in the database and in addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
        }
    }

    /// The period of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "monthly" => Some(Self::Monthly),
            "yearly" => Some(Self::Yearly),
            _ => None,
        }
    }

    /// As the end of «€18 a …».
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Monthly => "month",
            Self::Yearly => "year",
        }
    }
}

/// How much a team may do in a calendar month, and have at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanLimits {
    /// Questions a month.
    pub messages: u32,
    /// Tokens of the model a month, read and written.
    pub tokens: u64,
    /// Connections of a person at a time.
    pub connections: u32,
    /// Members at a time.
    pub members: u32,
    /// For how long conversations are shown; absent: for ever. Older ones are kept.
    #[serde(default)]
    pub history_days: Option<u32>,
}

impl PlanLimits {
    /// Those of so many seats. Connections and history are of each person.
    #[must_use]
    pub fn times(self, seats: u32) -> Self {
        Self {
            messages: self.messages.saturating_mul(seats),
            tokens: self.tokens.saturating_mul(u64::from(seats)),
            members: self.members.saturating_mul(seats),
            ..self
        }
    }
}

/// What a team may do now, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlement {
    /// The plan's id.
    pub plan: String,
    /// The plan's name.
    pub name: String,
    /// How many seats are paid; one where the plan has none.
    pub seats: u32,
    /// What all seats together allow.
    pub limits: PlanLimits,
    pub standing: Standing,
}

/// How a team stands with its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", content = "until")]
pub enum Standing {
    /// Nothing is paid, and nothing is owed.
    Free,
    /// Nothing is paid until then.
    Trial(Timestamp),
    /// Paid until then, and renewed.
    Active(Timestamp),
    /// Paid until then, and not renewed.
    Ends(Timestamp),
    /// A payment failed; the plan stays until then.
    PastDue(Timestamp),
    /// The payment service says something that we do not know yet; the plan stays until then.
    Unclear(Timestamp),
}

/// A plan as it is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedPlan {
    pub id: String,
    pub name: String,
    pub summary: String,
    pub audience: Audience,
    pub per_seat: bool,
    pub trial_days: u32,
    pub limits: PlanLimits,
    /// Absent: it cannot be bought by the month here.
    pub monthly: Option<Money>,
    /// Absent: it cannot be bought by the year here.
    pub yearly: Option<Money>,
}

/// What a team has used of a calendar month of UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedMonth {
    /// As «November».
    pub name: String,
    /// Those that were answered and those that are being answered.
    pub messages: u32,
    pub tokens: u64,
    pub most_messages: u32,
    pub most_tokens: u64,
    /// When the next month begins.
    pub again: Timestamp,
    /// The days with answers, in order.
    pub days: Vec<UsedDay>,
}

impl UsedMonth {
    /// How many messages are left.
    #[must_use]
    pub fn messages_left(&self) -> u32 {
        self.most_messages.saturating_sub(self.messages)
    }
}

/// What a team used on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedDay {
    /// Of the month, from one.
    pub day: u8,
    pub messages: u32,
    pub tokens: u64,
}
