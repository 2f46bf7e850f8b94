//! What was done through a person's accounts, for that person: every call, whatever became of it.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Error, Integrations};
use crate::{
    integrations::{
        approval::Call,
        store::{self, CallRow, Ended, NewCall, Wanted},
        tools::{self, Caller, Effect, Tool, ToolAnswer, ToolError},
    },
    kit::id::{ApprovalId, RunId, ToolCallId, UserId},
    platform::telemetry,
};

/// Which calls are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effects {
    /// All.
    #[default]
    All,
    /// Those that looked.
    Reads,
    /// Those that were to change something.
    Changes,
}

/// A call of a tool, without what was asked and answered.
#[derive(Clone, Debug)]
pub struct ToolCall {
    pub id: ToolCallId,
    /// The service's id and its name.
    pub service: String,
    pub service_name: String,
    /// What the account was called.
    pub account: String,
    /// The tool's name and its heading.
    pub tool: String,
    pub title: String,
    /// `read`, `write` or `destructive`.
    pub effect: String,
    /// What the service had to have granted for it.
    pub scopes: Vec<String>,
    /// For which run something was looked up; a change is known by its approval.
    pub run: Option<RunId>,
    /// The approval it was made under, while its conversation is there.
    pub approval: Option<ApprovalId>,
    /// `person` or `standing`, for what was approved.
    pub approved: Option<String>,
    /// SHA-256 of connection, tool and arguments.
    pub arguments_hash: Option<Vec<u8>>,
    pub started_at: OffsetDateTime,
    pub finished_at: Option<OffsetDateTime>,
    /// `done`, `failed`, `denied` or `unknown`; none while it is under way.
    pub outcome: Option<String>,
    /// Why it failed.
    pub code: Option<String>,
    /// How much it found or made, in bytes of JSON.
    pub result_bytes: Option<i64>,
}

impl ToolCall {
    /// How long it took; none while it is under way, and for what was not sent.
    #[must_use]
    pub fn took(&self) -> Option<Duration> {
        let sent = matches!(self.outcome.as_deref(), Some("done" | "failed"));
        self.finished_at.filter(|_| sent).map(|end| end - self.started_at)
    }
}

/// Outcome, code and size.
pub(super) type Ending = (&'static str, Option<&'static str>, Option<i64>);

/// How a call ended, as the log has it.
pub(in crate::integrations) fn ended(answer: &Result<ToolAnswer, ToolError>) -> Ending {
    match answer {
        Ok(answer) => ("done", None, i64::try_from(answer.data.to_string().len()).ok()),
        Err(error @ ToolError::Unknown { .. }) => ("unknown", Some(error.code()), None),
        Err(error) => ("failed", Some(error.code()), None),
    }
}

impl Integrations {
    /// A person's calls, the newest first, from before one on; at most so many.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn calls(
        &self,
        user: UserId,
        service: Option<&str>,
        effects: Effects,
        before: Option<ToolCallId>,
        most: i64,
    ) -> Result<Vec<ToolCall>, Error> {
        let changes = match effects {
            Effects::All => None,
            Effects::Reads => Some(false),
            Effects::Changes => Some(true),
        };
        let rows = store::calls(&self.db, user, Wanted { provider: service, changes }, before, most).await?;
        Ok(rows.into_iter().map(|row| self.shown_call(row)).collect())
    }

    /// The services in that log, by id and name.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn called_services(&self, user: UserId) -> Result<Vec<(String, String)>, Error> {
        let all = store::called_services(&self.db, user).await?;
        Ok(all.into_iter().map(|id| (id.clone(), self.name_of(&id))).collect())
    }

    /// Removes what was proposed in conversations that are deleted, and takes out of the log of calls what was derived
    /// from their words. That the calls were made stays there.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget_conversation(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        runs: &[RunId],
        proposals: &[ApprovalId],
    ) -> Result<(), sqlx::Error> {
        let runs: Vec<Uuid> = runs.iter().copied().map(Into::into).collect();
        let proposals: Vec<Uuid> = proposals.iter().copied().map(Into::into).collect();
        store::forget_arguments(connection, user, &runs, &proposals).await?;
        store::delete_approvals(connection, user, &proposals).await
    }

    /// Notes that something is about to be looked up. Where that cannot be noted, nothing is.
    pub(super) async fn begin_call(
        &self,
        caller: &Caller,
        call: &Call,
        effect: Effect,
    ) -> Result<ToolCallId, ToolError> {
        let now = self.clock.now();
        let (id, hash) = (self.random.id::<ToolCallId>(now), call.hash());
        let new = NewCall {
            id,
            user: call.user,
            connection: call.connection,
            provider: call.tool.provider(),
            tool: call.tool.name,
            effect: effect.as_str(),
            caller_kind: caller.kind,
            caller: caller.id,
            arguments_hash: &hash,
            now,
        };
        match store::begin_call(&self.db, &new).await {
            Ok(true) => Ok(id),
            Ok(false) => Err(ToolError::NotConnected),
            Err(error) => {
                telemetry::report(&error, "a call could not be noted, and was not made");
                Err(ToolError::Internal)
            }
        }
    }

    /// Notes that a change was asked for past its person.
    pub(super) async fn note_unasked(&self, caller: &Caller, call: &Call) -> Result<(), ToolError> {
        let id = self.begin_call(caller, call, call.tool.effect).await?;
        let code = Some(ToolError::NeedsApproval.code());
        let ended = Ended { outcome: "denied", code, result_bytes: None, now: self.clock.now() };
        store::end_call(&self.db, call.user, id, &ended).await.map_err(|error| {
            telemetry::report(&error, "a call could not be noted");
            ToolError::Internal
        })
    }

    fn name_of(&self, service: &str) -> String {
        self.catalogue.get(service).map_or(service, |provider| &provider.name).to_owned()
    }

    fn shown_call(&self, row: CallRow) -> ToolCall {
        let tool: Option<&Tool> = tools::find(&row.tool);
        ToolCall {
            id: row.id,
            service_name: self.name_of(&row.provider),
            service: row.provider,
            account: row.account_label,
            title: match tool {
                // Before a change is proposed, what stands there is read.
                Some(tool) if tool.effect.changes() && row.effect == "read" => {
                    format!("{}: what stood there", tool.title)
                }
                Some(tool) => tool.title.to_owned(),
                None => row.tool.clone(),
            },
            scopes: tool.map(|tool| tool.entry.scopes.clone()).unwrap_or_default(),
            tool: row.tool,
            effect: row.effect,
            run: row.caller.filter(|_| row.caller_kind.as_deref() == Some("run")).map(RunId::from),
            approval: row.approval,
            approved: row.approved,
            arguments_hash: row.arguments_hash,
            started_at: row.started_at,
            finished_at: row.finished_at,
            outcome: row.outcome,
            code: row.code,
            result_bytes: row.result_bytes,
        }
    }
}
