//! The turns of one answer: the model is asked, what it wants to read is read, what it wants to change is put before the
//! person, and it is asked again with what came of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    error::ChatError,
    exhibits,
    held::Again,
    listening::{Said, listen},
    log::{Ending, Entry},
    model::RunState,
    needs::{self, Need},
    offer::Offer,
    service::Parts,
    store,
    tools::{Planned, Reader, cut, for_model},
    waiting::{Kept, KeptResult, Park, Proposed, Reason, TakenUp},
    worker::{Job, Outcome},
};
use crate::{
    inference::{self, FinishReason, MOST_TOOLS, ModelError, ToolSpec, Turn, TurnMessage, prompts},
    integrations::{
        Account, Agreement,
        approval::{Call, Proposal},
        model::ProposalState,
        tools::{OfferedTool, ToolError},
    },
    kit::id::{ApprovalId, ConnectionId},
    platform::telemetry,
};

/// How often a model may ask for tools before it has to answer.
const ROUNDS: usize = 6;

/// By this name a model asks for an account of a service.
const CONNECT: &str = "connect_service";

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
    /// The answer of the model that is heard once more.
    again: Option<Again>,
    /// What its person has said in this run already.
    said: needs::Said,
    /// Their accounts, as they were before the last calls.
    accounts: Vec<Account>,
}

/// What came of a call.
enum Performed {
    Told(String),
    /// It changes something, and its person has not said anything yet.
    Proposed(Call, BTreeMap<String, String>),
    /// The same; the proposal is there already.
    Waits(ApprovalId),
    /// It can be made once this is there.
    Needs(Need),
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
        let turn = Turn { system, messages, tools: with_connecting(parts, offer.specs()) };
        let (said, accounts) = (needs::Said::default(), Vec::new());
        Self { parts, reader, job, offer, turn, round: 0, written: 0, untrusted, again: None, said, accounts }
    }

    /// Goes on with what its person has decided, or with what another process was writing.
    pub(super) async fn taken_up(
        parts: &'a Parts,
        reader: &'a Reader,
        job: &'a Job,
        tools: &'a [OfferedTool],
        from: &TakenUp,
    ) -> Result<Outcome, ModelError> {
        let TakenUp { turn: kept, again, .. } = from;
        let mut offer = Offer::again(tools, &kept.offered);
        let messages = exhibits::again(parts, job.asker.user, kept.messages.clone()).await;
        let ids: Vec<ApprovalId> = kept.results.iter().filter_map(|result| result.approval).collect();
        let user = job.asker.user;
        let read = async {
            let proposals = parts.integrations.proposals(&parts.db, user, &ids).await?;
            Ok::<_, ChatError>((proposals, needs::Said::of(parts, user, job.run).await?))
        };
        let (proposals, said) = match read.await {
            Ok(read) => read,
            Err(error) => {
                telemetry::report(&error, "what became of proposals could not be read");
                return Ok(Outcome::Ended(Ending::failed(
                    "proposals_unavailable",
                    "What became of the proposals could not be read at the moment. Ask again in a minute.".to_owned(),
                )));
            }
        };
        let mut results = kept.results.clone();
        for result in results.iter_mut().filter(|result| result.content.is_none()) {
            let Some(approval) = result.approval else { continue };
            result.content = Some(told(proposals.iter().find(|proposal| proposal.id == approval)));
        }
        let calls = match messages.last() {
            Some(TurnMessage::Assistant { calls, .. }) => calls.clone(),
            _ => Vec::new(),
        };
        offer.extend(tools.iter().filter(|offered| said.has_connected(offered.tool.provider())));
        let tools = with_connecting(parts, offer.specs());
        let turn = Turn { system: kept.system.clone(), messages, tools };
        let (round, written, untrusted) = (kept.round, kept.written, kept.untrusted);
        let accounts = Vec::new();
        let mut talk =
            Self { parts, reader, job, offer, turn, round, written, untrusted, again: again.clone(), said, accounts };
        if let Some(outcome) = talk.barred(kept, &results).await {
            if let Some(Again { response, .. }) = again {
                // Where that is over already, there is nothing to end.
                let _ = parts.inference.cancel(response).await;
            }
            return Ok(outcome);
        }
        if again.is_some() {
            return talk.go_on().await;
        }
        // What was called of an account that is still not there.
        for (result, call) in results.iter_mut().zip(&calls) {
            if result.content.is_none() && talk.offer.find(&call.name).is_none() && call.name != CONNECT {
                result.content = Some(prompts::NOT_THERE.to_owned());
            }
        }
        if let Some(park) = talk.carry_out(&calls, results).await {
            return Ok(Outcome::Parked(Box::new(park)));
        }
        talk.round += 1;
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
            let (again, mut written) = (self.again.take(), self.written);
            let said =
                listen(parts, reader, &self.turn, &mut written, again.as_ref(), || self.kept(Vec::new())).await?;
            self.written = written;
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
        let unmade = |call: &inference::Call| KeptResult { call: call.id.clone(), content: None, approval: None };
        let results = said.calls.iter().map(unmade).collect();
        let calls = said.calls.clone();
        self.turn.messages.extend(said.thoughts.into_iter().map(TurnMessage::Reasoning));
        self.turn.messages.push(TurnMessage::Assistant { text: said.text, calls: said.calls });
        self.carry_out(&calls, results).await
    }

    /// Makes those calls of a round that have no result yet; none of them before its person lets the model see what all
    /// of them would show it.
    async fn carry_out(&mut self, calls: &[inference::Call], mut results: Vec<KeptResult>) -> Option<Park> {
        let is_open = |result: &KeptResult| result.content.is_none() && result.approval.is_none();
        let open: Vec<(usize, &inference::Call)> =
            calls.iter().enumerate().filter(|(at, _)| results.get(*at).is_some_and(is_open)).collect();
        let needs = self.consents(&open).await;
        if !needs.is_empty() {
            return Some(Park { reason: Reason::Consent, turn: self.kept(results), proposed: Vec::new(), needs });
        }
        self.reader.tell(Entry::Status("is reading your services".to_owned())).await;
        let performed = futures::future::join_all(open.iter().map(|(_, call)| self.perform(call))).await;
        let (mut proposed, mut needs, mut waits) = (Vec::new(), Vec::<Need>::new(), false);
        for ((at, _), performed) in open.into_iter().zip(performed) {
            let Some(result) = results.get_mut(at) else { continue };
            match performed {
                Performed::Told(content) => result.content = Some(content),
                Performed::Proposed(call, before) => {
                    proposed.push(Proposed { at, call, before });
                    waits = true;
                }
                Performed::Needs(need) => {
                    if !needs.contains(&need) {
                        needs.push(need);
                    }
                }
                Performed::Waits(approval) => {
                    result.approval = Some(approval);
                    waits = true;
                }
            }
        }
        self.untrusted = true;
        if waits || !needs.is_empty() {
            let reason = if needs.is_empty() { Reason::Approval } else { Reason::Connect };
            return Some(Park { reason, turn: self.kept(results), proposed, needs });
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
            untrusted: self.untrusted,
            by_rules: false,
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

    /// The accounts as they are now: something may have been said elsewhere since the last calls, or taken back.
    async fn look_at_accounts(&mut self) {
        let Self { parts, job, .. } = self;
        match parts.integrations.accounts(&parts.db, job.asker.user).await {
            Ok(accounts) => self.accounts = accounts,
            Err(error) => {
                telemetry::report(&error, "what a model may see could not be read");
                self.accounts.clear();
            }
        }
    }

    /// What keeps the model from seeing once more what it saw before the run waited: its operator may be another by now,
    /// or the yes may be taken back.
    async fn barred(&mut self, kept: &Kept, results: &[KeptResult]) -> Option<Outcome> {
        self.look_at_accounts().await;
        let mut needs: Vec<Need> = Vec::new();
        for account in self.accounts.iter().filter(|account| !self.said.no_to(account.id)) {
            match account.agreement {
                _ if !kept.has_shown(account.id, results) => {}
                Agreement::Given => {}
                Agreement::Unasked => needs.push(Need::consent(&account.provider, account.id)),
                Agreement::Refused => {
                    return Some(Outcome::Ended(Ending::failed(
                        "kept_from_model",
                        "You keep what was read for this answer from the model now, so it ends here. Ask again to have it \
                         answered without."
                            .to_owned(),
                    )));
                }
            }
        }
        if needs.is_empty() {
            return None;
        }
        let turn = self.kept(results.to_vec());
        Some(Outcome::Parked(Box::new(Park { reason: Reason::Consent, turn, proposed: Vec::new(), needs })))
    }

    /// What has to be asked before these calls are made: each account once, and none to which «not now» was said.
    async fn consents(&mut self, calls: &[(usize, &inference::Call)]) -> Vec<Need> {
        self.look_at_accounts().await;
        let mut asked: Vec<ConnectionId> = Vec::new();
        let mut needs = Vec::new();
        for offered in calls.iter().filter_map(|(_, call)| self.offer.find(&call.name)) {
            let id = offered.connection;
            let is_new = self.agreement(id) == Agreement::Unasked && !self.said.no_to(id) && !asked.contains(&id);
            if is_new {
                asked.push(id);
                needs.push(Need::consent(offered.tool.provider(), id));
            }
        }
        needs
    }

    fn agreement(&self, connection: ConnectionId) -> Agreement {
        let account = self.accounts.iter().find(|account| account.id == connection);
        account.map_or(Agreement::Unasked, |account| account.agreement)
    }

    /// Asks for an account of a service, unless there is one.
    fn connect(&self, call: &inference::Call) -> Performed {
        let wish = serde_json::from_str::<Value>(&call.arguments).unwrap_or_default();
        let services = self.parts.integrations.services();
        let Some(service) = services.iter().find(|service| wish["service"] == *service.id && service.way().is_some())
        else {
            return Performed::Told("No such service can be connected here. Say so, and go on without it.".to_owned());
        };
        let mut own = self.accounts.iter().filter(|account| account.provider == service.id).peekable();
        let dead = own.peek().map(|account| account.id);
        if own.any(|account| account.works) {
            return Performed::Told(format!("{} is connected. Call its tools.", service.name));
        }
        if self.said.no_to_connecting(&service.id, dead) {
            return Performed::Told(prompts::NOT_THERE.to_owned());
        }
        Performed::Needs(Need::account(&service.id, dead))
    }

    async fn perform(&self, call: &inference::Call) -> Performed {
        if call.name == CONNECT {
            return self.connect(call);
        }
        let Some(offered) = self.offer.find(&call.name) else {
            return Performed::Told("There is no tool of this name.".to_owned());
        };
        if self.agreement(offered.connection) != Agreement::Given {
            return Performed::Told(prompts::kept_back(offered.service_name));
        }
        let arguments = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
        let arguments = match serde_json::from_str::<Value>(arguments) {
            Ok(arguments) if arguments.is_object() => arguments,
            _ => return Performed::Told("The arguments were not a JSON object. Call again with one.".to_owned()),
        };
        if !offered.tool.effect.changes() {
            let outcome = self.reader.read(&Planned::new(offered, arguments)).await;
            let (service, account) = (offered.tool.provider(), Some(offered.connection));
            if matches!(outcome, Err(ToolError::NeedsReconnect { .. })) && !self.said.no_to_connecting(service, account)
            {
                return Performed::Needs(Need::account(service, account));
            }
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
        let proposal = integrations.proposals(&self.parts.db, user, &[id]).await.unwrap_or_default().pop();
        Ok(Performed::Told(told(proposal.as_ref())))
    }
}

/// The tools of services, and the one by which a model asks for another service, where there is room for it.
fn with_connecting(parts: &Parts, mut specs: Vec<ToolSpec>) -> Vec<ToolSpec> {
    let services = parts.integrations.services();
    let ready: Vec<&str> =
        services.iter().filter(|service| service.way().is_some()).map(|service| service.id.as_str()).collect();
    if specs.len() < MOST_TOOLS && !ready.is_empty() {
        specs.push(ToolSpec {
            name: CONNECT.to_owned(),
            description: prompts::CONNECT.to_owned(),
            parameters: json!({
                "type": "object",
                "properties": { "service": { "type": "string", "enum": ready } },
                "required": ["service"],
                "additionalProperties": false,
            }),
        });
    }
    specs
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
