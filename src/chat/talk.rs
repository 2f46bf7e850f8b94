//! The turns of one answer: the model is asked, what it wants to read is read, what it wants to change is put before the
//! person, and it is asked again with what came of it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    error::ChatError,
    listening::{Said, listen},
    log::{Ending, Entry},
    model::RunState,
    offer::Offer,
    service::Parts,
    store,
    tools::{Planned, Reader, cut, for_model},
    waiting::{Kept, KeptResult, Park, Proposed, Reason},
    worker::{Job, Outcome},
};
use crate::{
    inference::{self, FinishReason, ModelError, Turn, TurnMessage, prompts},
    integrations::{
        approval::{Call, Proposal},
        model::ProposalState,
        tools::OfferedTool,
    },
    kit::id::ApprovalId,
    platform::telemetry,
};

/// How often a model may ask for tools before it has to answer.
const ROUNDS: usize = 6;

/// One answer in turns.
pub(super) struct Talk<'a> {
    parts: &'a Parts,
    reader: &'a Reader,
    job: &'a Job,
    offer: Offer<'a>,
    turn: Turn,
    round: usize,
    written: usize,
    /// Whether the model has read what somebody else may have written. From then on nothing is changed without asking.
    untrusted: bool,
}

/// What came of a call.
enum Performed {
    Told(String),
    /// It changes something, and its person has not said anything yet.
    Proposed(Call, BTreeMap<String, String>),
    /// The same; the proposal is there already.
    Waits(ApprovalId),
}

impl<'a> Talk<'a> {
    pub(super) fn new(
        parts: &'a Parts,
        reader: &'a Reader,
        job: &'a Job,
        offer: Offer<'a>,
        system: String,
        messages: Vec<TurnMessage>,
        untrusted: bool,
    ) -> Self {
        let turn = Turn { system, messages, tools: offer.specs() };
        Self { parts, reader, job, offer, turn, round: 0, written: 0, untrusted }
    }

    /// Goes on with what its person has decided.
    pub(super) async fn taken_up(
        parts: &'a Parts,
        reader: &'a Reader,
        job: &'a Job,
        tools: &'a [OfferedTool],
        kept: &Kept,
    ) -> Result<Outcome, ModelError> {
        let offer = Offer::again(tools, &kept.offered);
        let mut messages = kept.messages.clone();
        let ids: Vec<ApprovalId> = kept.results.iter().filter_map(|result| result.approval).collect();
        let proposals = match parts.integrations.proposals(job.asker.user, &ids).await {
            Ok(proposals) => proposals,
            Err(error) => {
                telemetry::report(&error, "what became of proposals could not be read");
                return Ok(Outcome::Ended(Ending::failed(
                    "proposals_unavailable",
                    "What became of the proposals could not be read at the moment. Ask again in a minute.".to_owned(),
                )));
            }
        };
        for KeptResult { call, content, approval } in &kept.results {
            let decided = proposals.iter().find(|proposal| Some(proposal.id) == *approval);
            let content = content.clone().unwrap_or_else(|| told(decided));
            messages.push(TurnMessage::ToolResult { call: call.clone(), content });
        }
        let turn = Turn { system: kept.system.clone(), messages, tools: offer.specs() };
        let (round, written) = (kept.round + 1, kept.written);
        let talk = Self { parts, reader, job, offer, turn, round, written, untrusted: true };
        talk.part_text().await;
        talk.go_on().await
    }

    /// Lets the model answer, read, and propose.
    pub(super) async fn go_on(mut self) -> Result<Outcome, ModelError> {
        let Self { parts, reader, .. } = self;
        while self.round <= ROUNDS {
            if self.round == ROUNDS {
                self.turn.tools.clear();
            }
            let doing = if self.round == 0 { "is thinking" } else { "is writing" };
            reader.tell(Entry::Status(doing.to_owned())).await;
            let said = listen(parts, reader, &self.turn, &mut self.written).await?;
            let ended = match said.reason {
                FinishReason::Filtered => Some(Ending::failed(
                    "model_filtered",
                    "The model's operator withheld the rest of this answer. Ask in other words.".to_owned(),
                )),
                FinishReason::Length => Some(Ending::failed(
                    "model_length",
                    "The answer reached the model's limit of length and stops here. Ask for the rest.".to_owned(),
                )),
                _ if said.calls.is_empty() || self.round == ROUNDS => Some(Ending::new(RunState::Finished)),
                _ => None,
            };
            if let Some(ending) = ended {
                return Ok(Outcome::Ended(ending));
            }
            if let Some(park) = self.perform_all(said).await {
                return Ok(Outcome::Parked(Box::new(park)));
            }
            self.part_text().await;
            self.round += 1;
        }
        Ok(Outcome::Ended(Ending::new(RunState::Finished)))
    }

    /// What is written next begins a paragraph.
    async fn part_text(&self) {
        if self.written > 0 {
            self.reader.tell(Entry::Text("\n\n".to_owned())).await;
        }
    }

    /// Makes the calls of a round. Where all have a result, the model can be asked again; else the run waits.
    async fn perform_all(&mut self, said: Said) -> Option<Park> {
        self.reader.tell(Entry::Status("is reading your services".to_owned())).await;
        let performed = futures::future::join_all(said.calls.iter().map(|call| self.perform(call))).await;
        let (mut results, mut proposed, mut waits) = (Vec::new(), Vec::new(), false);
        for (at, (call, performed)) in said.calls.iter().zip(performed).enumerate() {
            let mut result = KeptResult { call: call.id.clone(), content: None, approval: None };
            match performed {
                Performed::Told(content) => result.content = Some(content),
                Performed::Proposed(call, before) => {
                    proposed.push(Proposed { at, call, before });
                    waits = true;
                }
                Performed::Waits(approval) => {
                    result.approval = Some(approval);
                    waits = true;
                }
            }
            results.push(result);
        }
        self.turn.messages.extend(said.thoughts.into_iter().map(TurnMessage::Reasoning));
        self.turn.messages.push(TurnMessage::Assistant { text: said.text, calls: said.calls });
        self.untrusted = true;
        if waits {
            return Some(Park { reason: Reason::Approval, turn: self.kept(results), proposed });
        }
        let told = results
            .into_iter()
            .map(|result| TurnMessage::ToolResult { call: result.call, content: result.content.unwrap_or_default() });
        self.turn.messages.extend(told);
        None
    }

    fn kept(&self, results: Vec<KeptResult>) -> Kept {
        let (cards, items) = self.reader.counted();
        Kept {
            name: self.job.asker.name.clone(),
            zone: self.job.asker.zone.clone(),
            question: self.job.text.clone(),
            system: self.turn.system.clone(),
            messages: self.turn.messages.clone(),
            results,
            offered: self.offer.names(),
            round: self.round,
            written: self.written,
            cards,
            items,
            model: None,
            tokens_read: 0,
            tokens_written: 0,
        }
    }

    async fn perform(&self, call: &inference::Call) -> Performed {
        let Some(offered) = self.offer.find(&call.name) else {
            return Performed::Told("There is no tool of this name.".to_owned());
        };
        let arguments = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
        let arguments = match serde_json::from_str::<Value>(arguments) {
            Ok(arguments) if arguments.is_object() => arguments,
            _ => return Performed::Told("The arguments were not a JSON object. Call again with one.".to_owned()),
        };
        if !offered.tool.effect.changes() {
            let outcome = self.reader.read(&Planned::new(offered, arguments)).await;
            return Performed::Told(prompts::tool_data(&call.name, &for_model(&outcome)));
        }
        if let Err(error) = offered.tool.check(&arguments) {
            return Performed::Told(format!("This was not proposed: {error} Call again with what fits."));
        }
        let (user, connection, tool) = (self.job.asker.user, offered.connection, offered.tool);
        let change = Call { user, connection, tool, arguments };
        if self.untrusted || !self.parts.integrations.stands(user, connection, tool).await.unwrap_or(false) {
            let before = self.parts.integrations.present(&self.reader.caller(), &change, self.reader.context()).await;
            return Performed::Proposed(change, before);
        }
        match self.at_once(call, &change).await {
            Ok(performed) => performed,
            Err(error) => {
                telemetry::report(&error, "a change that was approved in advance could not be made");
                Performed::Proposed(change, BTreeMap::new())
            }
        }
    }

    /// Makes a change for which a yes was given in advance. The proposal is there before anything is sent, as it is for
    /// every change.
    async fn at_once(&self, call: &inference::Call, change: &Call) -> Result<Performed, ChatError> {
        let (Parts { db, clock, integrations, .. }, user) = (self.parts, change.user);
        let mut transaction = db.begin().await?;
        let id = integrations.propose_within(&mut transaction, change, &BTreeMap::new()).await?;
        store::waits::insert_proposal(&mut transaction, user, self.job.run, id, &call.id, clock.now()).await?;
        transaction.commit().await?;
        self.reader.tell(Entry::Proposed(id)).await;
        // From here on the proposal stands: whatever fails leaves it to its person.
        let approved = match integrations.approve_by_standing(user, id, change.tool).await {
            Ok(Some(approved)) => approved,
            Ok(None) => return Ok(Performed::Waits(id)),
            Err(error) => {
                telemetry::report(&error, "a yes in advance could not be used");
                return Ok(Performed::Waits(id));
            }
        };
        if let Err(error) = integrations.execute(&self.reader.caller(), approved, self.reader.context()).await {
            telemetry::report(&error, "what became of a change could not be noted");
        }
        self.reader.tell(Entry::Decided(id)).await;
        let proposal = integrations.proposals(user, &[id]).await.unwrap_or_default().pop();
        Ok(Performed::Told(told(proposal.as_ref())))
    }
}

/// What a model is told of a proposal.
fn told(proposal: Option<&Proposal>) -> String {
    let Some(proposal) = proposal else {
        return "This was withdrawn, because the account was disconnected. Nothing was changed.".to_owned();
    };
    let said = proposal.told.as_ref();
    let sentence = said.map(|told| told.sentence.as_str()).unwrap_or_default();
    let mut content = match proposal.state {
        ProposalState::Done => format!("Done. {sentence}\n{}", said.map(|told| &told.data).unwrap_or(&Value::Null)),
        ProposalState::Denied => {
            "The person said no to this. Nothing was changed. Do not propose the same again unless they ask for it."
                .to_owned()
        }
        ProposalState::Failed => format!("The person approved this, but it was not done: {sentence}"),
        ProposalState::Waiting | ProposalState::Expired => {
            "This was not decided in time. Nothing was changed.".to_owned()
        }
        ProposalState::UnderWay | ProposalState::Unknown => format!(
            "The person approved this, and nobody knows whether it was done. Tell them to look there; do not propose it \
             again by yourself. {sentence}"
        ),
    };
    if proposal.edited && proposal.state != ProposalState::Denied {
        content.push_str(&format!("\nThe person changed the arguments first, to: {}", proposal.call.arguments));
    }
    prompts::tool_data(proposal.call.tool.name, &cut(content))
}
