//! A person's yes to one exact call. A write takes an [`Approved`] call, and the only way to one is to use up an
//! approved row: no code path can write without it, and none can write twice.
//!
//! A proposal waits in `approvals` until its person decides ([`Integrations::approve`], [`Integrations::deny`]). The yes,
//! the using up and the row of `executions` that says «this may have left» are one transaction, so whatever happens
//! afterwards the call is never made a second time. What became of it is noted once ([`Integrations::execute`]); where
//! the process died in between, [`Integrations::give_up_lost`] notes that nobody knows.

mod undo;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub use undo::Undone;

use super::{
    model::ProposalState,
    service::{Error, Integrations, ended},
    store::{self, StandingRow, system},
    tools::{self, Caller, Effect, TimeContext, Tool, ToolAnswer, ToolError, Undoing},
};
use crate::{
    kit::id::{ApprovalId, ConnectionId, UserId},
    platform::{
        crypto::{Place, digest},
        telemetry,
    },
};

/// How long a proposal waits for its person.
pub const LIFETIME: Duration = Duration::days(7);
/// No call takes longer; of one that has not ended by then nobody knows anything any more.
const LOST_AFTER: Duration = Duration::minutes(3);

/// One call of a tool, with everything that decides what it does.
#[derive(Clone, Debug)]
pub struct Call {
    pub user: UserId,
    pub connection: ConnectionId,
    pub tool: &'static Tool,
    pub arguments: Value,
}

impl Call {
    /// SHA-256 of its connection, its tool and its arguments.
    pub(super) fn hash(&self) -> [u8; 32] {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(Uuid::from(self.connection).as_bytes());
        bytes.extend_from_slice(&(self.tool.name.len() as u64).to_be_bytes());
        bytes.extend_from_slice(self.tool.name.as_bytes());
        bytes.extend_from_slice(self.arguments.to_string().as_bytes());
        digest(&bytes)
    }
}

/// Something that a person has approved and that has not been done yet.
///
/// Nobody else can make one:
///
/// ```compile_fail
/// use aura::{integrations::approval::{Approved, Call}, kit::id::ApprovalId};
/// fn forge(call: Call, id: ApprovalId) -> Approved<Call> {
///     Approved(call, id)
/// }
/// ```
///
/// And what writes takes nothing else:
///
/// ```compile_fail
/// use aura::integrations::{Integrations, approval::Call, tools::{Caller, TimeContext}};
/// async fn unasked(integrations: &Integrations, caller: &Caller, call: Call, time: &TimeContext) {
///     let _ = integrations.write(caller, call, time).await;
/// }
/// ```
///
/// With one it can:
///
/// ```
/// use aura::integrations::{Integrations, approval::{Approved, Call}, tools::{Caller, TimeContext}};
/// async fn asked(integrations: &Integrations, caller: &Caller, call: Approved<Call>, time: &TimeContext) {
///     let _ = integrations.write(caller, call, time).await;
/// }
/// ```
pub struct Approved<T>(T, ApprovalId);

impl<T> Approved<T> {
    /// It, and the approval by which a repetition is known.
    pub(super) fn into_inner(self) -> (T, ApprovalId) {
        (self.0, self.1)
    }
}

impl Approved<Call> {
    /// Uses an approval up. Of any number of callers at once, one gets the call.
    ///
    /// # Errors
    /// When it was not approved, was used, is too late, or is not what was shown.
    pub async fn consume(integrations: &Integrations, user: UserId, id: ApprovalId) -> Result<Self, Error> {
        let mut transaction = integrations.db.begin().await?;
        let call = integrations.used_up(&mut transaction, user, id).await?;
        transaction.commit().await?;
        Ok(Self(call, id))
    }
}

/// What the service said to a call, as it is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Told {
    /// «Created the event», or why it was not done.
    pub sentence: String,
    /// What was made, and where it is.
    pub title: String,
    pub link: Option<String>,
    /// For the model.
    #[serde(default)]
    pub data: Value,
    /// What would take it back.
    #[serde(default)]
    pub undo: Option<Undoing>,
}

/// A call that was put before its person, with what became of it.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub id: ApprovalId,
    pub call: Call,
    /// What the account is known by.
    pub account: String,
    /// What the arguments would change, by their names.
    pub before: BTreeMap<String, String>,
    pub state: ProposalState,
    /// Whether its person changed the arguments.
    pub edited: bool,
    /// Whether «always» stood for the yes.
    pub by_standing: bool,
    pub decided_at: Option<OffsetDateTime>,
    pub expires_at: OffsetDateTime,
    /// None before the service has answered, and where nobody knows whether it has.
    pub told: Option<Told>,
    /// The call that would take it back, where it was done and the account is still the same.
    pub undo: Option<Call>,
}

fn place(column: &'static str, id: ApprovalId, owner: UserId) -> Place<'static> {
    let table = if column == "sealed_outcome" { "executions" } else { "approvals" };
    Place { table, column, row: Uuid::from(id), owner: Uuid::from(owner), provider: "" }
}

/// What a standing yes is bound to: a tool that is described otherwise, or takes something else, is another tool.
fn tool_hash(tool: &Tool) -> [u8; 32] {
    let parts = [tool.name, tool.effect.as_str(), tool.description, &tool.parameters.to_string()];
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    digest(&bytes)
}

impl Integrations {
    /// Puts a call before its person. Whether its arguments fit is asked before with [`Tool::check`].
    ///
    /// # Errors
    /// When the connection is not theirs, or the database is away.
    pub async fn propose(&self, call: &Call) -> Result<ApprovalId, Error> {
        let mut transaction = self.db.begin().await?;
        let id = self.propose_within(&mut transaction, call, &BTreeMap::new()).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// The same as a part of something larger, with what the arguments would change.
    ///
    /// # Errors
    /// As [`Self::propose`].
    pub async fn propose_within(
        &self,
        connection: &mut PgConnection,
        call: &Call,
        before: &BTreeMap<String, String>,
    ) -> Result<ApprovalId, Error> {
        let now = self.clock.now();
        let id = self.random.id::<ApprovalId>(now);
        let sealed_arguments = self.sealed_arguments(id, call)?;
        let sealed_before = if before.is_empty() {
            None
        } else {
            let plain = serde_json::to_vec(before).unwrap_or_default();
            Some(self.vault.seal(&place("sealed_before", id, call.user), &plain)?)
        };
        let new = store::NewApproval {
            id,
            user: call.user,
            connection: call.connection,
            tool: call.tool.name,
            sealed_arguments: &sealed_arguments,
            call_hash: &call.hash(),
            sealed_before: sealed_before.as_deref(),
            now,
            expires_at: now + LIFETIME,
        };
        let stored = store::insert_approval(connection, &new).await?;
        stored.then_some(id).ok_or(Error::NotFound("connection"))
    }

    fn sealed_arguments(&self, id: ApprovalId, call: &Call) -> Result<String, Error> {
        let plain = zeroize::Zeroizing::new(call.arguments.to_string());
        Ok(self.vault.seal(&place("sealed_arguments", id, call.user), plain.as_bytes())?)
    }

    /// Records the person's yes or no, once.
    ///
    /// # Errors
    /// When it was decided before, is too late, or is not theirs.
    pub async fn decide(&self, user: UserId, id: ApprovalId, approve: bool) -> Result<(), Error> {
        if !approve {
            return self.deny(user, id).await?.then_some(()).ok_or(Error::NotFound("approval"));
        }
        let decided = store::decide_approval(&self.db, user, id, true, self.clock.now()).await?;
        decided.then_some(()).ok_or(Error::NotFound("approval"))
    }

    /// Records the person's no. False: it was decided before, or is too late.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn deny(&self, user: UserId, id: ApprovalId) -> Result<bool, Error> {
        let (mut transaction, now) = (self.db.begin().await?, self.clock.now());
        let decided = store::decide_approval(&mut *transaction, user, id, false, now).await?;
        if decided {
            let tool = store::tool_of(&mut *transaction, user, id).await?;
            // A tool that is in the catalogue no more would have changed something, too.
            let effect = tool.and_then(|name| tools::find(&name)).map_or(Effect::Write, |tool| tool.effect);
            let call = self.random.id(now);
            store::note_decided(&mut transaction, user, id, call, effect.as_str(), Some("denied"), now).await?;
            transaction.commit().await?;
        }
        Ok(decided)
    }

    /// Records the person's yes, to the call as it was proposed or as they have changed it, and uses it up. `always` lets
    /// the yes stand for the same tool from now on. None: it was decided before, or is too late.
    ///
    /// # Errors
    /// When the changed arguments do not fit, or `always` is asked for what takes something away.
    pub async fn approve(
        &self,
        proposal: &Proposal,
        edited: Option<Value>,
        always: bool,
    ) -> Result<Option<Approved<Call>>, Error> {
        let Call { user, connection, tool, .. } = proposal.call;
        if always && tool.effect != Effect::Write {
            return Err(Error::NotFound("choice"));
        }
        let (id, now) = (proposal.id, self.clock.now());
        let mut transaction = self.db.begin().await?;
        let decided = match edited {
            Some(arguments) => {
                tool.check(&arguments)?;
                let call = Call { arguments, ..proposal.call.clone() };
                let sealed = self.sealed_arguments(id, &call)?;
                store::approve_edited(&mut *transaction, user, id, &sealed, &call.hash(), now).await?
            }
            None => store::decide_approval(&mut *transaction, user, id, true, now).await?,
        };
        if !decided {
            return Ok(None);
        }
        let call = self.used_up(&mut transaction, user, id).await?;
        if always {
            store::stand_by(&mut *transaction, user, connection, tool.name, &tool_hash(tool), now).await?;
        }
        transaction.commit().await?;
        Ok(Some(Approved(call, id)))
    }

    /// Uses up a proposal for which a yes was given in advance. None: none was, or not for this tool as it is now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn approve_by_standing(
        &self,
        user: UserId,
        id: ApprovalId,
        tool: &Tool,
    ) -> Result<Option<Approved<Call>>, Error> {
        if tool.effect != Effect::Write {
            return Ok(None);
        }
        let mut transaction = self.db.begin().await?;
        let now = self.clock.now();
        if !store::approve_by_standing(&mut *transaction, user, id, &tool_hash(tool), now).await? {
            return Ok(None);
        }
        let call = self.used_up(&mut transaction, user, id).await?;
        transaction.commit().await?;
        Ok(Some(Approved(call, id)))
    }

    /// Whether a yes was given in advance for this tool of this connection.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn stands(&self, user: UserId, connection: ConnectionId, tool: &Tool) -> Result<bool, Error> {
        Ok(self.standing(user, connection).await?.iter().any(|(known, _)| known.name == tool.name))
    }

    /// The tools of a connection for which a yes stands, each with when it was given. One whose tool is another by now
    /// stands no more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn standing(
        &self,
        user: UserId,
        connection: ConnectionId,
    ) -> Result<Vec<(&'static Tool, OffsetDateTime)>, Error> {
        let rows = store::standing(&self.db, user, connection).await?;
        let stands = |row: StandingRow| {
            let tool = tools::find(&row.tool).filter(|tool| tool.effect == Effect::Write)?;
            (row.tool_hash == tool_hash(tool)).then_some((tool, row.created_at))
        };
        Ok(rows.into_iter().filter_map(stands).collect())
    }

    /// Takes a yes in advance back; taking back what is not there changes nothing.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn ask_again(&self, user: UserId, connection: ConnectionId, tool: &str) -> Result<(), Error> {
        store::stand_no_more(&self.db, user, connection, tool).await?;
        Ok(())
    }

    async fn used_up(&self, connection: &mut PgConnection, user: UserId, id: ApprovalId) -> Result<Call, Error> {
        let now = self.clock.now();
        let row = store::consume_approval(&mut *connection, user, id, now).await?.ok_or(Error::NotFound("approval"))?;
        let plain = self.vault.open(&place("sealed_arguments", id, user), &row.sealed_arguments)?;
        let arguments = serde_json::from_slice(&plain).map_err(|_| Error::NotFound("approval"))?;
        let tool = tools::find(&row.tool).ok_or(Error::NotFound("tool"))?;
        let call = Call { user, connection: row.connection, tool, arguments };
        if call.hash().as_slice() != row.call_hash {
            return Err(Error::NotFound("approval"));
        }
        let noted = self.random.id(now);
        store::note_decided(connection, user, id, noted, tool.effect.as_str(), None, now).await?;
        Ok(call)
    }

    /// Makes an approved call and notes what became of it.
    ///
    /// # Errors
    /// When the outcome could not be noted: then it will be told as unknown.
    pub async fn execute(&self, caller: &Caller, call: Approved<Call>, time: &TimeContext) -> Result<(), Error> {
        let (user, id) = (call.0.user, call.1);
        let answer = self.write(caller, call, time).await;
        let (outcome, code, result_bytes) = ended(&answer);
        let told = kept(answer);
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(&told).unwrap_or_default());
        let sealed = self.vault.seal(&place("sealed_outcome", id, user), &plain)?;
        let mut left: u32 = 20;
        loop {
            let ended = store::Ended { outcome, code, result_bytes, now: self.clock.now() };
            match store::note_outcome(&self.db, user, id, &ended, &sealed).await {
                Ok(_) => return Ok(()),
                Err(error) if left > 0 => {
                    tracing::warn!(%error, "what became of a change could not be noted yet");
                    left -= 1;
                    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Notes of calls that nobody has heard of that they may have been done; whose they were.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn give_up_lost(&self) -> Result<Vec<(UserId, ApprovalId)>, Error> {
        let now = self.clock.now();
        let lost = system::give_up_executions(&self.db, now - LOST_AFTER, now).await?;
        system::give_up_calls(&self.db, now - LOST_AFTER, now).await?;
        Ok(lost.into_iter().map(|lost| (lost.user, lost.id)).collect())
    }

    /// These proposals of a person, in the order asked for; those that are gone are left out.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn proposals(
        &self,
        db: impl PgExecutor<'_>,
        user: UserId,
        ids: &[ApprovalId],
    ) -> Result<Vec<Proposal>, Error> {
        let mut rows = store::proposals(db, user, ids).await?;
        let order = |id: ApprovalId| ids.iter().position(|known| *known == id);
        rows.sort_by_key(|row| order(row.id));
        Ok(rows.into_iter().filter_map(|row| self.proposal(user, row)).collect())
    }

    /// How many of these still wait: for their person, or for the service.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn open_proposals(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        ids: &[ApprovalId],
    ) -> Result<i64, sqlx::Error> {
        store::open_proposals(connection, user, ids, self.clock.now()).await
    }

    /// None where the tool is no longer in the catalogue, or what is sealed cannot be opened.
    fn proposal(&self, user: UserId, row: store::ProposalRow) -> Option<Proposal> {
        let tool = tools::find(&row.tool)?;
        let arguments = self.unsealed(user, row.id, "sealed_arguments", Some(&row.sealed_arguments))?;
        let before = self.unsealed(user, row.id, "sealed_before", row.sealed_before.as_deref());
        let told: Option<Told> = self.unsealed(user, row.id, "sealed_outcome", row.sealed_outcome.as_deref());
        let state = match (row.state.as_str(), row.outcome.as_deref()) {
            ("waiting", _) if row.expires_at <= self.clock.now() => ProposalState::Expired,
            ("waiting", _) => ProposalState::Waiting,
            ("denied", _) => ProposalState::Denied,
            (_, None) => ProposalState::UnderWay,
            (_, Some("done")) => ProposalState::Done,
            (_, Some("failed")) => ProposalState::Failed,
            _ => ProposalState::Unknown,
        };
        let undo = undo::call(user, &row, state, told.as_ref());
        Some(Proposal {
            id: row.id,
            call: Call { user, connection: row.connection, tool, arguments },
            account: row.account_label,
            before: before.unwrap_or_default(),
            state,
            edited: row.edited,
            by_standing: row.by_standing,
            decided_at: row.decided_at,
            expires_at: row.expires_at,
            told,
            undo,
        })
    }

    fn unsealed<T: DeserializeOwned>(
        &self,
        user: UserId,
        id: ApprovalId,
        column: &'static str,
        sealed: Option<&str>,
    ) -> Option<T> {
        let plain = self.vault.open(&place(column, id, user), sealed?).ok();
        let value = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        if value.is_none() {
            tracing::error!(approval = %id, column, "what was proposed could not be opened");
        }
        value
    }
}

fn kept(answer: Result<ToolAnswer, ToolError>) -> Told {
    match answer {
        Ok(answer) => {
            let made = answer.items.into_iter().next();
            let (title, link) = made.map(|item| (item.title, item.link)).unwrap_or_default();
            let link = link.filter(|link| link.starts_with("https://"));
            Told { sentence: answer.summary, title, link, data: answer.data, undo: answer.undo }
        }
        Err(error) => {
            if matches!(error, ToolError::Internal) {
                telemetry::report(&error, "a change could not be made");
            }
            Told { sentence: error.to_string(), ..Told::default() }
        }
    }
}
