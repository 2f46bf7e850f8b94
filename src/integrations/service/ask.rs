//! Asking through a connection, and changing something through it.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{
    Integrations,
    calls::{Ending, ended},
    refresh::{Access, TokenError},
};
use crate::{
    integrations::{
        approval::{Approved, Call},
        executor::{self, Asked, Budget, Failure},
        store,
        tools::{self, Caller, Effect, TimeContext, Tool, ToolAnswer, ToolError, told},
    },
    kit::id::{ApprovalId, ConnectionId, ToolCallId, UserId},
    platform::telemetry,
};

/// A card does not wait longer for what stands there now.
const LOOKING: Duration = Duration::from_secs(8);

impl Integrations {
    /// Runs a tool that only looks.
    ///
    /// # Errors
    /// A sentence for the card.
    pub async fn read(
        &self,
        caller: &Caller,
        user: UserId,
        connection: ConnectionId,
        tool: &str,
        arguments: Value,
        time: &TimeContext,
    ) -> Result<ToolAnswer, ToolError> {
        let tool = tools::find(tool).ok_or_else(|| ToolError::BadArguments("There is no such tool.".into()))?;
        let call = Call { user, connection, tool, arguments };
        if tool.effect.changes() {
            self.note_unasked(caller, &call).await?;
            return Err(ToolError::NeedsApproval);
        }
        self.run(caller, &call, None, time).await
    }

    /// Runs a tool that changes something: exactly the call that the person approved.
    ///
    /// # Errors
    /// A sentence for the card.
    pub async fn write(
        &self,
        caller: &Caller,
        call: Approved<Call>,
        time: &TimeContext,
    ) -> Result<ToolAnswer, ToolError> {
        let (call, approval) = call.into_inner();
        self.run(caller, &call, Some(approval), time).await
    }

    async fn run(
        &self,
        caller: &Caller,
        call: &Call,
        approval: Option<ApprovalId>,
        time: &TimeContext,
    ) -> Result<ToolAnswer, ToolError> {
        let Call { user, connection, tool, .. } = *call;
        // What is looked up stands in the log before it is; a change stands there since its approval was used up.
        let noted = match approval {
            Some(_) => None,
            None => Some(self.begin_call(caller, call, Effect::Read).await?),
        };
        let whole = self.attempt(call, approval, time);
        // Waiting for somebody else's renewal comes on top of the tool's own time.
        let answer = tokio::time::timeout(self.tool_deadline + self.tool_patience + Duration::from_secs(25), whole)
            .await
            .unwrap_or_else(|_| Err(late(tool)));
        let detail = match &answer {
            Ok(_) => format!("{} for {} {}", tool.name, caller.kind, caller.id),
            Err(error) => format!("{} for {} {}: {}", tool.name, caller.kind, caller.id, error.code()),
        };
        let used = (!matches!(answer, Err(ToolError::NotConnected))).then_some(detail.as_str());
        if let Err(error) = self.note_use(user, connection, tool, used, noted.map(|id| (id, ended(&answer)))).await {
            telemetry::report(&error, "the use of a connection could not be noted");
        }
        answer
    }

    async fn attempt(
        &self,
        call: &Call,
        approval: Option<ApprovalId>,
        time: &TimeContext,
    ) -> Result<ToolAnswer, ToolError> {
        let Call { user, connection, tool, .. } = *call;
        let service = tool.service();
        let mut access = self.access(user, connection, None).await.map_err(|error| unavailable(error, service))?;
        if access.provider.id != tool.provider.id {
            return Err(ToolError::NotConnected);
        }
        if let Some(off) = tool.lacking(&access.scopes) {
            return Err(off);
        }
        for again in [true, false] {
            let asked = self.asked(call, &access, time, approval);
            let whole = tokio::time::timeout(self.tool_deadline + self.tool_patience, executor::run(&asked)).await;
            let Ok(outcome) = whole else { return Err(late(tool)) };
            match outcome {
                Ok(answer) => return Ok(answer),
                Err(Failure::Unauthorized) if again => {
                    let newer = self.access(user, connection, Some(access.version)).await;
                    access = newer.map_err(|error| unavailable(error, service))?;
                }
                Err(Failure::Unauthorized) => {
                    let done = self.refused(user, connection, access.version).await;
                    done.map_err(|error| unavailable(error, service))?;
                    return Err(ToolError::NeedsReconnect { service });
                }
                Err(failure) => return Err(told(failure, service)),
            }
        }
        Err(ToolError::NeedsReconnect { service })
    }

    fn asked<'a>(
        &'a self,
        call: &'a Call,
        access: &'a Access,
        time: &'a TimeContext,
        approval: Option<ApprovalId>,
    ) -> Asked<'a> {
        Asked {
            line: self.line(access.provider, &access.credential),
            tool: call.tool.entry,
            arguments: &call.arguments,
            time,
            account: &access.account_label,
            account_id: &access.account_id,
            clock: &self.clock,
            budget: Budget { limits: &self.limits, connection: call.connection.to_string() },
            deadline: self.tool_deadline,
            patience: self.tool_patience,
            key: approval.map(Into::into),
        }
    }

    /// What a change would change: what stands there now, by the names of its arguments. Nothing where that is not known,
    /// or cannot be read quickly.
    pub async fn present(&self, caller: &Caller, call: &Call, time: &TimeContext) -> BTreeMap<String, String> {
        if call.tool.entry.before.is_none() {
            return BTreeMap::new();
        }
        let looked = async {
            let access = self.access(call.user, call.connection, None).await.ok()?;
            if access.provider.id != call.tool.provider.id || call.tool.lacking(&access.scopes).is_some() {
                return None;
            }
            let noted = self.begin_call(caller, call, Effect::Read).await.ok()?;
            let found = executor::look(&self.asked(call, &access, time, None)).await;
            let ending = match &found {
                Ok(found) => ("done", None, i64::try_from(found.values().map(String::len).sum::<usize>()).ok()),
                Err(_) => ("failed", None, None),
            };
            let used = self.note_use(call.user, call.connection, call.tool, None, Some((noted, ending))).await;
            used.unwrap_or_else(|error| telemetry::report(&error, "the end of a look could not be noted"));
            found.ok()
        };
        tokio::time::timeout(LOOKING, looked).await.ok().flatten().unwrap_or_default()
    }

    /// The log of a connection says when it was used and by what, the person's own how it ended; a failure to write them
    /// fails no answer.
    async fn note_use(
        &self,
        user: UserId,
        connection: ConnectionId,
        tool: &Tool,
        used: Option<&str>,
        noted: Option<(ToolCallId, Ending)>,
    ) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        let mut transaction = self.db.begin().await?;
        if let Some(detail) = used {
            let event = store::NewEvent {
                id: uuid::Uuid::from(self.random.id::<ConnectionId>(now)),
                user,
                connection: Some(connection),
                provider: tool.provider(),
                kind: "used",
                detail: Some(detail),
                now,
            };
            store::mark_used(&mut *transaction, user, connection, now).await?;
            store::record(&mut *transaction, &event).await?;
        }
        if let Some((id, (outcome, code, result_bytes))) = noted {
            store::end_call(&mut *transaction, user, id, &store::Ended { outcome, code, result_bytes, now }).await?;
        }
        transaction.commit().await
    }
}

/// No answer came; of a change nobody knows then whether it was made.
fn late(tool: &Tool) -> ToolError {
    let service = tool.service();
    if tool.effect.changes() { ToolError::Unknown { service } } else { ToolError::Timeout { service } }
}

fn unavailable(error: TokenError, service: &'static str) -> ToolError {
    match error {
        TokenError::NotConnected => ToolError::NotConnected,
        TokenError::NeedsReauth(_) => ToolError::NeedsReconnect { service },
        TokenError::Limited(_, retry_after) => ToolError::Limited { service, retry_after },
        TokenError::Away(_) => ToolError::Provider { service, what: "does not answer properly at the moment" },
        TokenError::ClientRefused(_) => ToolError::Provider {
            service,
            what: "does not accept this installation at present, and whoever runs it can see why",
        },
        TokenError::Slow(_) => ToolError::Timeout { service },
        TokenError::Database(_) | TokenError::Vault(_) | TokenError::Lost(_) | TokenError::Untold(_) => {
            telemetry::report(&error, "no access token for a tool");
            ToolError::Internal
        }
    }
}
