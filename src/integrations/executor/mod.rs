//! Runs a tool as the catalogue describes it. It knows no service and no person: it gets an entry, arguments and a
//! credential, and gives lines and data.

mod arguments;
mod day;
mod items;
mod pages;
mod request;
mod retry;
mod run;
mod template;
mod undo;
mod unsaid;
mod values;

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::tools::TimeContext;
use crate::{
    platform::{
        clock::Clock,
        http::HttpError,
        limits::{Bucket, Limits},
    },
    providers::ToolEntry,
};

pub(super) use day::{here, range};
pub(super) use request::{Body, Line, Outgoing};
pub(super) use run::{look, run};
pub(super) use template::{fill_encoded, fill_from};

/// Checks arguments as a call would.
pub(super) fn check(tool: &ToolEntry, arguments: &Value) -> Result<(), Failure> {
    arguments::checked(&tool.parameters, arguments).map(drop)
}

/// One call of a tool.
pub(super) struct Asked<'a> {
    pub(super) line: Line<'a>,
    pub(super) tool: &'a ToolEntry,
    pub(super) arguments: &'a Value,
    pub(super) time: &'a TimeContext,
    /// What people know the account by, and what the service knows it by.
    pub(super) account: &'a str,
    pub(super) account_id: &'a str,
    pub(super) clock: &'a Clock,
    pub(super) budget: Budget<'a>,
    /// How long each call may take.
    pub(super) deadline: Duration,
    /// How long the tool may wait where the service asks it to.
    pub(super) patience: Duration,
    /// By which a repetition of this change is known.
    pub(super) key: Option<Uuid>,
}

/// How often a connection may be used.
pub(super) struct Budget<'a> {
    pub(super) limits: &'a Limits,
    pub(super) connection: String,
}

impl Budget<'_> {
    async fn spend(&self) -> Result<(), Failure> {
        let hit = self.limits.hit(Bucket::Calls, &self.connection).await;
        hit.map_err(|limited| Failure::Budget(limited.retry_after))
    }
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The token is not good any more.
    Unauthorized,
    /// The person did not grant this.
    Forbidden,
    /// Seconds to wait.
    Limited(u32),
    /// Seconds until this connection may be used again.
    Budget(u32),
    Timeout,
    /// A change that nobody confirmed.
    Unknown,
    /// The service said no, in its own words; perhaps none.
    Refused(String),
    /// Nobody is there.
    Unreachable,
    /// The address leads into a private network.
    Closed,
    /// A page came instead of data.
    Page,
    /// What the service did, to follow its name.
    Provider(&'static str),
    /// What is asked for is not there; a sentence.
    Nothing(String),
    /// The arguments do not fit; a sentence.
    Bad(String),
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Timeout => Self::Timeout,
            HttpError::Connect => Self::Unreachable,
            HttpError::Blocked => Self::Closed,
            HttpError::TooLarge => Self::Provider("sent more than can be read"),
            HttpError::Broken => Self::Provider("broke off its answer"),
        }
    }
}

impl Failure {
    /// The same, of a call that changes something: where no answer tells what became of it, nobody knows.
    fn of_change(self) -> Self {
        match self {
            Self::Timeout | Self::Page | Self::Provider(_) => Self::Unknown,
            other => other,
        }
    }
}
