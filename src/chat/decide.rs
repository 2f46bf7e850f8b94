//! What a person decides about a proposal, and what is done then.

use serde_json::json;
use sqlx::PgConnection;

use super::{
    error::ChatError,
    fields, moment,
    proposal::{Decided, Decision, Made, ProposalCard},
    service::{Asker, Chat, Parts},
    store,
    tools::caller,
    undo,
};
use crate::{
    integrations::{
        Account,
        approval::Proposal,
        model::ProposalState,
        tools::{Effect, TimeContext},
    },
    kit::id::{ApprovalId, ConversationId, RunId, UserId},
    platform::{bus::Topic, telemetry},
};

impl Chat {
    /// Decides on a proposal, with what its person has typed into its fields. A yes is acted upon at once, by a task that
    /// does not depend on whoever asked for it; this waits for what comes of it. Whoever decides second is told what was
    /// decided.
    ///
    /// # Errors
    /// When the proposal is not theirs, or the fields do not fit.
    pub async fn decide(
        &self,
        asker: &Asker,
        id: ApprovalId,
        decision: Decision,
        typed: &[(String, String)],
    ) -> Result<Decided, ChatError> {
        let (Parts { db, integrations, clock, .. }, user) = (&self.parts, asker.user);
        let by = store::waits::proposed_by(db, user, id).await?.ok_or(ChatError::NotFound("proposal"))?;
        let proposal = self.proposal(user, id).await?;
        let counted = match decision {
            _ if proposal.state != ProposalState::Waiting => false,
            Decision::Deny => {
                let counted = integrations.deny(user, id).await?;
                if counted {
                    self.tell_proposal(user, by.run, id).await?;
                    self.take_up(user, by.run).await?;
                }
                counted
            }
            Decision::Approve | Decision::Always => {
                let edited = fields::edited(proposal.call.tool, &proposal.call.arguments, typed, &asker.zone);
                let always = decision == Decision::Always;
                match integrations.approve(&proposal, edited, always).await? {
                    None => false,
                    Some(approved) => {
                        let (chat, integrations) = (self.clone(), integrations.clone());
                        let context = TimeContext { now: clock.now(), zone: asker.zone.clone() };
                        let done = self.tasks.spawn(async move {
                            // Other viewers see that it is under way.
                            let shown = chat.tell_proposal(user, by.run, id).await;
                            shown.unwrap_or_else(|error| telemetry::report(&error, "a decision could not be shown"));
                            if let Err(error) = integrations.execute(&caller(by.run), approved, &context).await {
                                telemetry::report(&error, "what became of a change could not be noted");
                            }
                            if let Err(error) = chat.note_decided(user, id).await {
                                telemetry::report(&error, "a run could not go on after a decision");
                            }
                        });
                        let _ = done.await;
                        true
                    }
                }
            }
        };
        let mut connection = db.acquire().await?;
        let card = self.cards(&mut connection, asker, &[id]).await?.pop().ok_or(ChatError::NotFound("proposal"))?;
        Ok(Decided { card, counted })
    }

    /// In which conversation a proposal stands.
    ///
    /// # Errors
    /// When it is not theirs.
    pub async fn conversation_of(&self, user: UserId, id: ApprovalId) -> Result<ConversationId, ChatError> {
        let by = store::waits::proposed_by(&self.parts.db, user, id).await?;
        by.map(|by| by.conversation).ok_or(ChatError::NotFound("proposal"))
    }

    async fn proposal(&self, user: UserId, id: ApprovalId) -> Result<Proposal, ChatError> {
        let mut found = self.parts.integrations.proposals(&self.parts.db, user, &[id]).await?;
        found.pop().ok_or(ChatError::NotFound("proposal"))
    }

    /// Tells the viewers what has become of a proposal, and lets its run go on where that was the last one.
    pub(super) async fn note_decided(&self, user: UserId, id: ApprovalId) -> Result<(), ChatError> {
        let Some(by) = store::waits::proposed_by(&self.parts.db, user, id).await? else { return Ok(()) };
        self.tell_proposal(user, by.run, id).await?;
        self.take_up(user, by.run).await?;
        Ok(())
    }

    /// Writes into the log of a waiting run that a proposal has changed. The log of a run that is over stays as it is; who
    /// looks at it is told by the bus alone.
    pub(super) async fn tell_proposal(&self, user: UserId, run: RunId, id: ApprovalId) -> Result<(), ChatError> {
        let Parts { db, clock, bus, .. } = &self.parts;
        let mut transaction = db.begin().await?;
        if let Some(seq) = store::waits::next_number(&mut transaction, user, run).await? {
            let (kinds, payloads) = (["decided".to_owned()], [json!({ "approval": id })]);
            store::log::append(&mut transaction, run, user, seq, &kinds, &payloads, clock.now()).await?;
            bus.notify(&mut transaction, Topic::RunOutput, &run.to_string()).await?;
        } else {
            bus.notify(&mut transaction, Topic::ProposalChanged, &format!("{user}:{id}")).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// These proposals as cards, in this order.
    pub(super) async fn cards(
        &self,
        connection: &mut PgConnection,
        asker: &Asker,
        ids: &[ApprovalId],
    ) -> Result<Vec<ProposalCard>, ChatError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let integrations = &self.parts.integrations;
        let proposals = integrations.proposals(&mut *connection, asker.user, ids).await?;
        let undone = integrations.undone(&mut *connection, asker.user, ids).await?;
        let accounts = integrations.accounts(connection, asker.user).await?;
        let card = |proposal: Proposal| {
            let undo = undo::offer(&proposal, undone.get(&proposal.id), &asker.zone);
            ProposalCard { undo, ..card(proposal, &accounts, &asker.zone) }
        };
        Ok(proposals.into_iter().map(card).collect())
    }
}

fn card(proposal: Proposal, accounts: &[Account], zone: &str) -> ProposalCard {
    let tool = proposal.call.tool;
    let service = tool.service();
    let of_service = accounts.iter().filter(|account| account.provider == tool.provider()).count();
    let which = match of_service {
        0 | 1 => format!("your only {service} account"),
        more => format!("one of your {more} {service} accounts"),
    };
    let why = format!("{} The model chose it for your question. {} is {which}.", tool.description, proposal.account);
    let sentence = sentence(&proposal, service, zone);
    let made = proposal.told.filter(|told| !told.title.is_empty() || told.link.is_some()).map(|told| {
        let title = if told.title.is_empty() { format!("Open in {service}") } else { told.title };
        Made { title, link: told.link }
    });
    ProposalCard {
        id: proposal.id,
        service: tool.provider().to_owned(),
        service_name: service.to_owned(),
        account: proposal.account,
        title: tool.title.to_owned(),
        why,
        fields: fields::fields(tool, &proposal.call.arguments, &proposal.before, zone),
        state: proposal.state,
        sentence,
        made: made.filter(|_| proposal.state == ProposalState::Done),
        destructive: tool.effect == Effect::Destructive,
        undo: None,
    }
}

fn sentence(proposal: &Proposal, service: &str, zone: &str) -> String {
    let told = proposal.told.as_ref().map(|told| told.sentence.as_str()).unwrap_or_default();
    let clock = proposal.decided_at.map(|at| moment::clock(at, zone)).unwrap_or_default();
    let edited = if proposal.edited { ", with your changes" } else { "" };
    let approved = if proposal.by_standing {
        format!("You have allowed this in advance; done at {clock}.")
    } else {
        format!("Approved by you at {clock}{edited}.")
    };
    match proposal.state {
        ProposalState::Waiting => {
            let until = moment::local(proposal.expires_at, zone);
            let end = match proposal.call.tool.inverse() {
                Some(_) => "It can be undone afterwards.",
                None => "It cannot be undone by Aura.",
            };
            let (day, month) = (until.day(), until.month());
            format!(
                "Nothing is sent before you say yes. It waits until {day} {month}, {}. {end}",
                moment::clock(until, zone)
            )
        }
        ProposalState::Expired => "This was not decided in time. Nothing was changed.".to_owned(),
        ProposalState::Denied => format!("You said no at {clock}. Nothing was changed."),
        ProposalState::UnderWay => format!("{approved} {service} has not answered yet."),
        ProposalState::Done => format!("{told}. {approved}"),
        ProposalState::Failed => format!("{told} {approved}"),
        ProposalState::Unknown if told.is_empty() => {
            format!(
                "{service} did not confirm this. It may have been done: look there before you try again. {approved}"
            )
        }
        ProposalState::Unknown => format!("{told} {approved}"),
    }
}
