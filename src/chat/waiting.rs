//! Runs that wait for their person: what is kept of them, and how they go on or end.
//!
//! The pen puts a run to wait (`log`, [`Park`]): what it proposes, its turn so far and the new state are one
//! transaction. From then on it has no task and no heartbeat. Whoever decides the last proposal takes it up, in whatever
//! process: the state goes from waiting to running by one statement, so that it is taken up once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    error::ChatError,
    held::Again,
    log::{Ending, Subject},
    model::RunState,
    needs::{self, Need},
    service::{Asker, Chat, Parts},
    store::{self, waits::Waiting},
    worker::Job,
};
use crate::{
    billing::Taken,
    inference::{self, TurnMessage},
    integrations::approval::{self, Call},
    kit::id::{ApprovalId, ConnectionId, ConversationId, RunId, UserId},
    platform::{
        bus::Topic,
        crypto::{Place, Vault},
        db::Constraint as _,
    },
};

/// How long a run waits; what it proposes waits as long.
pub(super) const LIFETIME: time::Duration = approval::LIFETIME;

/// Why a run cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It has proposed something.
    Approval,
    /// A model would see what its person has not let it see yet.
    Consent,
    /// An account is missing, or does not let Aura in any more.
    Connect,
}

impl Reason {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Consent => "consent",
            Self::Connect => "connect",
        }
    }
}

/// A run that is put to wait.
pub(super) struct Park {
    pub reason: Reason,
    pub turn: Kept,
    /// What it proposes.
    pub proposed: Vec<Proposed>,
    /// What else it needs.
    pub needs: Vec<Need>,
}

/// A change that is proposed.
#[derive(Clone)]
pub(super) struct Proposed {
    /// The place of its call among the results.
    pub at: usize,
    pub call: Call,
    /// What it would change, as it is now.
    pub before: BTreeMap<String, String>,
}

/// What a run needs to go on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub name: String,
    pub zone: String,
    pub question: String,
    pub system: String,
    /// Up to the calls that wait.
    pub messages: Vec<TurnMessage>,
    /// The results of those calls, in their order.
    pub results: Vec<KeptResult>,
    /// Whether the model has read what somebody else may have written.
    #[serde(default = "yes")]
    pub untrusted: bool,
    /// Whether the model stays out of it: then the question is answered from its beginning.
    #[serde(default)]
    pub by_rules: bool,
    /// The tools by the names under which the model knows them.
    pub offered: Vec<(String, String, ConnectionId)>,
    pub round: usize,
    pub written: usize,
    /// How many cards there are, and how many items in them.
    pub cards: u32,
    pub items: u32,
    /// What the model took so far.
    pub model: Option<String>,
    pub tokens_read: u64,
    pub tokens_written: u64,
}

impl Kept {
    /// Whether the model has seen something that came through this connection, or is about to with these results.
    pub(super) fn has_shown(&self, connection: ConnectionId, results: &[KeptResult]) -> bool {
        let through = |call: &inference::Call| {
            self.offered.iter().any(|(name, _, offered)| *name == call.name && *offered == connection)
        };
        let (last, before) = match self.messages.split_last() {
            Some((TurnMessage::Assistant { calls, .. }, before)) => (calls.as_slice(), before),
            _ => (&[] as &[_], self.messages.as_slice()),
        };
        let mut earlier = before.iter().flat_map(|message| match message {
            TurnMessage::Assistant { calls, .. } => calls.as_slice(),
            _ => &[],
        });
        let mut now = last.iter().zip(results).filter(|(_, result)| result.content.is_some()).map(|(call, _)| call);
        earlier.any(through) || now.any(through)
    }

    pub(super) fn seal(&self, vault: &Vault, place: &Place<'_>) -> Result<String, ChatError> {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(self)?);
        Ok(vault.seal(place, &plain)?)
    }

    pub(super) fn open(vault: &Vault, place: &Place<'_>, sealed: &str) -> Result<Self, ChatError> {
        let plain = vault.open(place, sealed)?;
        Ok(serde_json::from_slice(&plain)?)
    }

    /// Notes what the model took so far.
    pub(super) fn note(&mut self, taken: Taken) {
        (self.model, self.tokens_read, self.tokens_written) = (taken.model, taken.read, taken.written);
    }

    pub(super) fn taken(&self) -> Taken {
        Taken { model: self.model.clone(), read: self.tokens_read, written: self.tokens_written }
    }
}

/// The result of a call: there already, or what becomes of a proposal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptResult {
    /// The model's name for the call.
    pub call: String,
    /// None: it waits for its approval, or is still to be made where there is none.
    pub content: Option<String>,
    pub approval: Option<ApprovalId>,
}

/// A run that goes on after it has waited.
#[derive(Clone)]
pub(super) struct TakenUp {
    pub turn: Kept,
    /// Where its log stands, and the text in it.
    pub seq: i32,
    pub text: String,
    /// The answer of the model that is heard once more, where another process was writing it.
    pub again: Option<Again>,
}

/// What was kept before this was noted had read something.
fn yes() -> bool {
    true
}

fn place(run: RunId, owner: UserId) -> Place<'static> {
    let (row, owner) = (Uuid::from(run), Uuid::from(owner));
    Place { table: "run_waits", column: "sealed_turn", row, owner, provider: "" }
}

pub(super) fn seal(vault: &Vault, run: RunId, owner: UserId, turn: &Kept) -> Result<String, ChatError> {
    turn.seal(vault, &place(run, owner))
}

fn open(vault: &Vault, run: RunId, owner: UserId, sealed: &str) -> Result<Kept, ChatError> {
    Kept::open(vault, &place(run, owner), sealed)
}

impl Chat {
    /// Lets a waiting run go on where everything that it waits for is there; whether it does.
    pub(super) async fn take_up(&self, user: UserId, run: RunId) -> Result<bool, ChatError> {
        let Parts { db, clock, vault, bus, integrations, .. } = &self.parts;
        let mut transaction = db.begin().await?;
        let now = clock.now();
        let Some(wait) = store::waits::lock(&mut transaction, user, run, now).await? else { return Ok(false) };
        if !self.meet(&mut transaction, user, run, now).await? {
            // What has come about of it stays said.
            transaction.commit().await?;
            return Ok(false);
        }
        let proposals = store::waits::proposals_of(&mut transaction, user, run).await?;
        if integrations.open_proposals(&mut transaction, user, &proposals).await? > 0 {
            return Ok(false);
        }
        // In a conversation one answer is written at a time.
        let resumed = store::waits::resume(&mut transaction, user, run, now).await;
        let resumed = match resumed.on_constraint("runs_one_at_a_time", || ChatError::Busy) {
            Err(ChatError::Busy) => return Ok(false),
            other => other?,
        };
        let Some(resumed) = resumed else { return Ok(false) };
        let kinds = ["resumed".to_owned()];
        store::log::append(&mut transaction, run, user, resumed.last_seq, &kinds, &[json!({})], now).await?;
        bus.notify(&mut transaction, Topic::RunOutput, &run.to_string()).await?;
        transaction.commit().await?;
        let turn = open(vault, run, user, &wait.sealed_turn)?;
        let text = store::log::text_until(db, user, run, resumed.last_seq).await?;
        let asker = Asker { user, name: turn.name.clone(), zone: turn.zone.clone() };
        self.start(Job {
            asker,
            conversation: resumed.conversation,
            run,
            question: resumed.question,
            answer: resumed.answer,
            text: turn.question.clone(),
            by_rules: turn.by_rules,
            taken_up: Some(Box::new(TakenUp { turn, seq: resumed.last_seq, text, again: None })),
        });
        Ok(true)
    }

    /// Ends what waits in a conversation, because it goes on without; what was proposed can be decided still.
    pub(super) async fn pass_over(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<(), ChatError> {
        for waiting in store::waits::in_conversation(connection, user, conversation).await? {
            self.end_waiting(connection, &waiting, &Ending::new(RunState::Finished)).await?;
        }
        Ok(())
    }

    /// Ends one waiting run; whether it waited.
    pub(super) async fn end_waiting(
        &self,
        connection: &mut PgConnection,
        waiting: &Waiting,
        ending: &Ending,
    ) -> Result<bool, ChatError> {
        let Parts { clock, vault, bus, billing, .. } = &self.parts;
        let (Waiting { run, user, sealed_turn }, now) = (waiting, clock.now());
        let Some(seq) = store::waits::end(connection, *user, *run, ending.state.as_str(), now).await? else {
            return Ok(false);
        };
        let sentence = ending.error.as_ref().map(|(_, sentence)| sentence);
        let payload = json!({ "state": ending.state.as_str(), "error": sentence });
        store::log::append(connection, *run, *user, seq, &["settled".to_owned()], &[payload], now).await?;
        // A turn that cannot be read any more has taken nothing that we know of.
        let taken = open(vault, *run, *user, sealed_turn).map(|turn| turn.taken()).unwrap_or_default();
        billing.settle(connection, *run, &taken, false).await?;
        bus.notify(connection, Topic::RunOutput, &run.to_string()).await?;
        Ok(true)
    }

    /// Ends the runs for which nobody came, and lets those go on that lost whoever was to see to it; how many there
    /// were of each.
    ///
    /// # Errors
    /// When the database fails; what was done before stays so.
    pub async fn look_after_waiting(&self) -> Result<(usize, usize), ChatError> {
        let (mut ended, mut resumed) = (0, 0);
        for (user, approval) in self.parts.integrations.give_up_lost().await? {
            self.note_decided(user, approval).await?;
        }
        let now = self.parts.clock.now();
        for waiting in store::system::overdue(&self.parts.db, now).await? {
            let mut transaction = self.parts.db.begin().await?;
            if self.end_waiting(&mut transaction, &waiting, &Ending::new(RunState::Finished)).await? {
                ended += 1;
            }
            transaction.commit().await?;
        }
        for (user, run) in store::system::waiting(&self.parts.db, now).await? {
            if self.take_up(user, run).await? {
                resumed += 1;
            }
        }
        Ok((ended, resumed))
    }
}

/// Puts a run to wait, with what it proposes; its events are numbered from `first`.
pub(super) async fn park(
    parts: &Parts,
    connection: &mut PgConnection,
    subject: Subject,
    first: i32,
    park: &Park,
    now: OffsetDateTime,
) -> Result<(), ChatError> {
    let Subject { run, user, .. } = subject;
    let mut turn = park.turn.clone();
    let (mut kinds, mut payloads) = (Vec::new(), Vec::new());
    for Proposed { at, call, before } in &park.proposed {
        let approval = parts.integrations.propose_within(connection, call, before).await?;
        if let Some(result) = turn.results.get_mut(*at) {
            store::waits::insert_proposal(connection, user, run, approval, &result.call, now).await?;
            result.approval = Some(approval);
        }
        kinds.push("proposed".to_owned());
        payloads.push(json!({ "approval": approval, "service": call.tool.provider() }));
    }
    for payload in needs::insert(parts, connection, subject, &park.needs, now).await? {
        kinds.push("needed".to_owned());
        payloads.push(payload);
    }
    kinds.push("waiting".to_owned());
    payloads.push(json!({ "reason": park.reason.as_str() }));
    store::log::append(connection, run, user, first, &kinds, &payloads, now).await?;
    let sealed = seal(&parts.vault, run, user, &turn)?;
    let wait = store::waits::NewWait {
        run,
        user,
        reason: park.reason.as_str(),
        sealed_turn: &sealed,
        now,
        expires_at: now + LIFETIME,
    };
    store::waits::insert(connection, &wait).await?;
    store::held::remove(connection, user, run).await?;
    Ok(())
}
