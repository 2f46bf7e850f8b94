//! The log of calls, with what each was for.

use std::collections::HashMap;

use time::Duration;

use super::{
    model::{CallLine, Calls, Effect, Ending, Kept, Undo},
    store::{self, OriginRow},
};
use crate::{
    billing::Taken,
    chat::{Asker, Chat, ChatError, undo},
    identity::moment,
    integrations::{Effects, ToolCall, approval::Undone, model::ProposalState},
    kit::id::{ApprovalId, RunId, ToolCallId, UserId},
};

/// How many calls a page has.
pub(super) const PAGE: usize = 50;

/// A call with what it was for.
pub(super) struct Done {
    pub call: ToolCall,
    /// None: its conversation is deleted.
    pub origin: Option<Origin>,
    /// What the whole answer took of the model, where that is known.
    pub taken: Option<Taken>,
}

/// The answer for which a call was made.
#[derive(Clone)]
pub(super) struct Origin {
    pub run: RunId,
    pub conversation: crate::kit::id::ConversationId,
    pub title: String,
}

impl Effect {
    pub(super) fn wanted(self) -> Effects {
        match self {
            Self::All => Effects::All,
            Self::Reads => Effects::Reads,
            Self::Changes => Effects::Changes,
        }
    }
}

impl Chat {
    /// A person's calls with what they were for, the newest first, from before one on; at most so many.
    pub(super) async fn calls(
        &self,
        user: UserId,
        service: Option<&str>,
        effect: Effect,
        before: Option<ToolCallId>,
        most: i64,
    ) -> Result<Vec<Done>, ChatError> {
        let calls = self.parts.integrations.calls(user, service, effect.wanted(), before, most).await?;
        let runs: Vec<RunId> = calls.iter().filter_map(|call| call.run).collect();
        let approvals: Vec<ApprovalId> = calls.iter().filter_map(|call| call.approval).collect();
        let origins = store::origins(&self.parts.db, user, &runs, &approvals).await?;
        let of_these: Vec<RunId> = origins.iter().map(|origin| origin.run).collect();
        let taken = self.parts.billing.taken_by(&of_these).await?;
        let (mut by_run, mut by_approval) = (HashMap::new(), HashMap::new());
        for OriginRow { run, approval, conversation, title } in origins {
            let origin = Origin { run, conversation, title };
            match approval {
                Some(approval) => by_approval.insert(approval, origin).map(drop),
                None => by_run.insert(run, origin).map(drop),
            };
        }
        let done = calls.into_iter().map(|call| {
            let proposed = || by_approval.get(&call.approval?);
            let origin = call.run.and_then(|run| by_run.get(&run)).or_else(proposed).cloned();
            let taken = origin.as_ref().and_then(|origin| taken.get(&origin.run).cloned());
            Done { call, origin, taken }
        });
        Ok(done.collect())
    }

    /// A page of a person's own log.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn own_calls(
        &self,
        asker: &Asker,
        service: &str,
        effect: Effect,
        before: Option<ToolCallId>,
    ) -> Result<Calls, ChatError> {
        let service = Some(service).filter(|service| !service.is_empty());
        // One more than is shown tells whether there is another page.
        let most = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
        let mut done = self.calls(asker.user, service, effect, before, most).await?;
        let more = done.len() > PAGE;
        done.truncate(PAGE);
        let older = done.last().filter(|_| more).map(|last| last.call.id);
        let services = self.parts.integrations.called_services(asker.user).await?;
        let days = store::days_kept(&self.parts.db, asker.user).await?;
        let kept = days.map(Kept::of_days).unwrap_or_default();
        let undo = self.undo_of(asker.user, &done).await?;
        let line = |done: Done| {
            let undo = done.call.approval.and_then(|approval| undo.get(&approval).cloned());
            CallLine { undo, ..self.line(done, &asker.zone) }
        };
        Ok(Calls { lines: done.into_iter().map(line).collect(), older, services, kept })
    }

    /// What taking back has to do with these calls, by their approvals.
    async fn undo_of(&self, user: UserId, done: &[Done]) -> Result<HashMap<ApprovalId, Undo>, ChatError> {
        let ids: Vec<ApprovalId> = done.iter().filter_map(|done| done.call.approval).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let integrations = &self.parts.integrations;
        let mut connection = self.parts.db.acquire().await?;
        let undone = integrations.undone(&mut connection, user, &ids).await?;
        let mut found = HashMap::new();
        for proposal in integrations.proposals(&mut *connection, user, &ids).await? {
            let open = undone.get(&proposal.id).is_none_or(|undone| undone.by.state == ProposalState::Failed);
            if let Some(call) = proposal.undo.as_ref().filter(|_| open) {
                found.insert(proposal.id, Undo::Open(proposal.id, undo::does(&proposal, call)));
            }
        }
        for (id, Undone { by, calls }) in undone {
            if let (ProposalState::Done, Some(call)) = (by.state, calls.0) {
                found.insert(id, Undo::Undone(call));
            }
            if let (ProposalState::Done, Some(call)) = (by.state, calls.1) {
                found.insert(by.id, Undo::Undoes(call));
            }
        }
        Ok(found)
    }

    /// Notes for how long somebody wants kept what is read for their answers, and removes at once what is older.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn keep_readings(&self, user: UserId, kept: Kept) -> Result<(), ChatError> {
        let now = self.parts.clock.now();
        let mut transaction = self.parts.db.begin().await?;
        store::keep_for(&mut transaction, user, kept.days(), now).await?;
        store::remove_older(&mut transaction, user, now - Duration::days(kept.days().into())).await?;
        transaction.commit().await?;
        Ok(())
    }

    fn line(&self, done: Done, zone: &str) -> CallLine {
        let Done { call, origin, taken } = done;
        let (ending, more) = told(&call);
        let mut measures = Vec::new();
        measures.extend(call.took().map(duration));
        measures.extend(call.result_bytes.map(size));
        if let Some(taken) = taken.filter(|taken| taken.read + taken.written > 0) {
            measures.push(format!("{} tokens for the whole answer", taken.read + taken.written));
        }
        CallLine {
            id: call.id,
            when: moment::stamp(call.started_at, self.parts.clock.now(), zone),
            at: moment::machine(call.started_at),
            changes: call.effect != "read",
            fingerprint: call.arguments_hash.as_deref().and_then(|hash| hash.get(..6)).map(hex::encode),
            service: call.service,
            service_name: call.service_name,
            account: call.account,
            title: call.title,
            ending,
            more,
            conversation: origin.map(|origin| (origin.conversation, origin.title)),
            measures: measures.join(", "),
            undo: None,
        }
    }
}

/// How it ended, and more about that.
fn told(call: &ToolCall) -> (Ending, String) {
    let by = match call.approved.as_deref() {
        Some("person") => "Approved by you",
        Some(_) => "Approved by you in advance",
        None => "",
    };
    let why = call.code.as_deref().map(|code| code.replace('_', " "));
    let (ending, more) = match call.outcome.as_deref() {
        None => (Ending::UnderWay, None),
        Some("done") => (Ending::Done, None),
        Some("denied") if call.code.is_some() => {
            (Ending::Denied, Some("Asked for without an approval; nothing was sent".to_owned()))
        }
        Some("denied") => (Ending::Denied, Some("You said no; nothing was sent".to_owned())),
        Some("failed") => (Ending::Failed, why),
        Some(_) if call.effect == "read" => (Ending::Unknown, Some("It was broken off".to_owned())),
        Some(_) => (Ending::Unknown, Some("It may have been done: look there".to_owned())),
    };
    let parts: Vec<String> = more.into_iter().chain((!by.is_empty()).then(|| by.to_owned())).collect();
    (ending, parts.join(". "))
}

fn duration(took: Duration) -> String {
    match took.whole_milliseconds() {
        milliseconds @ ..1_000 => format!("{milliseconds} ms"),
        milliseconds => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
    }
}

fn size(bytes: i64) -> String {
    match bytes {
        ..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KB", bytes / 1_024),
        _ => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_written_as_people_read_them() {
        assert_eq!(
            [0, 999, 1_050, 61_000].map(|ms| duration(Duration::milliseconds(ms))),
            ["0 ms", "999 ms", "1.0 s", "61.0 s"]
        );
        assert_eq!([0, 1_023, 1_024, 1_572_864].map(size), ["0 bytes", "1023 bytes", "1 KB", "1.5 MB"]);
    }
}
