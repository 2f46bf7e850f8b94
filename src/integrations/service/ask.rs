//! Asking through a connection, and changing something through it.

use std::time::Duration;

use serde_json::Value;

use super::{Integrations, tokens::TokenError};
use crate::{
    integrations::{
        approval::{Approved, Call},
        executor::{self, Asked, Failure},
        store,
        tools::{self, Caller, Effect, TimeContext, Tool, ToolAnswer, ToolError},
    },
    kit::id::{ConnectionId, UserId},
    platform::telemetry,
};

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
        if tool.effect != Effect::Read {
            return Err(ToolError::NeedsApproval);
        }
        self.run(caller, user, connection, tool, &arguments, time).await
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
        let Call { user, connection, tool, arguments } = call.into_inner();
        self.run(caller, user, connection, tool, &arguments, time).await
    }

    async fn run(
        &self,
        caller: &Caller,
        user: UserId,
        connection: ConnectionId,
        tool: &'static Tool,
        arguments: &Value,
        time: &TimeContext,
    ) -> Result<ToolAnswer, ToolError> {
        let service = tool.service();
        let whole = self.attempt(user, connection, tool, arguments, time);
        // Waiting for somebody else's renewal comes on top of the tool's own time.
        let answer = tokio::time::timeout(self.tool_deadline + Duration::from_secs(25), whole)
            .await
            .unwrap_or(Err(ToolError::Timeout { service }));
        let detail = match &answer {
            Ok(_) => format!("{} for {} {}", tool.name, caller.kind, caller.id),
            Err(error) => format!("{} for {} {}: {}", tool.name, caller.kind, caller.id, error.code()),
        };
        if !matches!(answer, Err(ToolError::NotConnected)) {
            self.note_use(user, connection, tool, &detail).await;
        }
        answer
    }

    async fn attempt(
        &self,
        user: UserId,
        connection: ConnectionId,
        tool: &'static Tool,
        arguments: &Value,
        time: &TimeContext,
    ) -> Result<ToolAnswer, ToolError> {
        let service = tool.service();
        let mut access = self.access(user, connection, None).await.map_err(|error| unavailable(error, service))?;
        if access.provider.id != tool.provider.id {
            return Err(ToolError::NotConnected);
        }
        for again in [true, false] {
            let asked = Asked {
                provider: access.provider,
                tool: tool.entry,
                arguments,
                time,
                account: &access.account_label,
                token: &access.token,
                now: self.clock.now(),
            };
            let outcome = tokio::time::timeout(self.tool_deadline, executor::run(&self.http, &asked)).await;
            match outcome.unwrap_or(Err(Failure::Timeout)) {
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
                Err(failure) => return Err(failed(failure, service)),
            }
        }
        Err(ToolError::NeedsReconnect { service })
    }

    /// The log of a connection says when it was used and by what; a failure to write it fails no answer.
    async fn note_use(&self, user: UserId, connection: ConnectionId, tool: &Tool, detail: &str) {
        let now = self.clock.now();
        let id = uuid::Uuid::from(self.random.id::<ConnectionId>(now));
        let provider = tool.provider();
        let event = store::NewEvent {
            id,
            user,
            connection: Some(connection),
            provider,
            kind: "used",
            detail: Some(detail),
            now,
        };
        let noted = async {
            store::mark_used(&self.db, user, connection, now).await?;
            store::record(&self.db, &event).await
        };
        if let Err(error) = noted.await {
            telemetry::report(&error, "the use of a connection could not be noted");
        }
    }
}

fn unavailable(error: TokenError, service: &'static str) -> ToolError {
    match error {
        TokenError::NotConnected => ToolError::NotConnected,
        TokenError::NeedsReauth(_) => ToolError::NeedsReconnect { service },
        TokenError::Limited(_, retry_after) => ToolError::Limited { service, retry_after },
        TokenError::Away(_) => ToolError::Provider { service, what: "does not answer properly at the moment" },
        TokenError::Slow(_) => ToolError::Timeout { service },
        TokenError::Database(_) | TokenError::Vault(_) | TokenError::Lost(_) | TokenError::Untold(_) => {
            telemetry::report(&error, "no access token for a tool");
            ToolError::Internal
        }
    }
}

fn failed(failure: Failure, service: &'static str) -> ToolError {
    match failure {
        Failure::Unauthorized => ToolError::NeedsReconnect { service },
        Failure::Forbidden => ToolError::Forbidden { service },
        Failure::Limited(retry_after) => ToolError::Limited { service, retry_after },
        Failure::Timeout => ToolError::Timeout { service },
        Failure::Provider(what) => ToolError::Provider { service, what },
        Failure::Nothing(sentence) => ToolError::Nothing(sentence),
        Failure::Bad(sentence) => ToolError::BadArguments(sentence),
    }
}
