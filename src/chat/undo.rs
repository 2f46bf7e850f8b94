//! Taking back what was done: the button on a card is a person's yes to exactly the call that the card shows.

use futures::Stream;

use super::{
    error::ChatError,
    fields, moment,
    proposal::{Decided, ProposalCard, UndoOffer, UndoState},
    service::{Asker, Chat, Parts},
    store,
    tools::caller,
};
use crate::{
    integrations::{
        approval::{Call, Proposal, Undone},
        model::ProposalState,
        tools::TimeContext,
    },
    kit::id::{ApprovalId, UserId},
    platform::{
        bus::{Event, Topic},
        telemetry,
    },
};

impl Chat {
    /// Takes a change back, in a task that does not depend on whoever asked for it, and waits for what comes of it.
    /// Whoever asks second is told how it stands.
    ///
    /// # Errors
    /// When the change is not theirs, was not made, or cannot be taken back.
    pub async fn undo(&self, asker: &Asker, id: ApprovalId) -> Result<Decided, ChatError> {
        let (Parts { db, integrations, clock, .. }, user) = (&self.parts, asker.user);
        let by = store::waits::proposed_by(db, user, id).await?.ok_or(ChatError::NotFound("proposal"))?;
        let counted = match integrations.undo(user, id).await? {
            None => false,
            Some(approved) => {
                let (chat, integrations, caller) = (self.clone(), integrations.clone(), caller(by.run));
                let context = TimeContext { now: clock.now(), zone: asker.zone.clone() };
                let done = self.tasks.spawn(async move {
                    if let Err(error) = integrations.execute(&caller, approved, &context).await {
                        telemetry::report(&error, "what became of an undoing could not be noted");
                    }
                    let told = chat.tell_changed(user, id).await;
                    told.unwrap_or_else(|error| telemetry::report(&error, "an undoing could not be shown"));
                });
                let _ = done.await;
                true
            }
        };
        let mut connection = db.acquire().await?;
        let card = self.cards(&mut connection, asker, &[id]).await?.pop().ok_or(ChatError::NotFound("proposal"))?;
        Ok(Decided { card, counted })
    }

    /// Tells whoever looks at it that a proposal stands otherwise now. The log of its answer is over, so it cannot say so.
    async fn tell_changed(&self, user: UserId, id: ApprovalId) -> Result<(), ChatError> {
        let mut connection = self.parts.db.acquire().await?;
        self.parts.bus.notify(&mut connection, Topic::ProposalChanged, &format!("{user}:{id}")).await?;
        Ok(())
    }

    /// Hears each time that a proposal of theirs stands otherwise after its answer was over, in whatever process; none
    /// where some may have been missed.
    pub fn changed(&self, user: UserId) -> impl Stream<Item = Option<ApprovalId>> + Send + use<> {
        let (news, ours) = (self.parts.bus.subscribe(Topic::ProposalChanged), format!("{user}:"));
        futures::stream::unfold((news, ours), |(mut news, ours)| async move {
            loop {
                match news.next().await? {
                    Event::Id(id) => {
                        if let Some(Ok(id)) = id.strip_prefix(&*ours).map(str::parse) {
                            return Some((Some(id), (news, ours)));
                        }
                    }
                    Event::Resync => return Some((None, (news, ours))),
                }
            }
        })
    }

    /// Those of these proposals that are theirs, as they stand now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn proposal_cards(&self, asker: &Asker, ids: &[ApprovalId]) -> Result<Vec<ProposalCard>, ChatError> {
        let mut connection = self.parts.db.acquire().await?;
        self.cards(&mut connection, asker, ids).await
    }
}

/// How a change is taken back, as its card shows it; none where it cannot be.
pub(super) fn offer(proposal: &Proposal, undone: Option<&Undone>, zone: &str) -> Option<UndoOffer> {
    let state = match undone {
        None => UndoState::Open,
        Some(undone) => match undone.by.state {
            ProposalState::UnderWay => UndoState::UnderWay,
            ProposalState::Done => UndoState::Undone,
            ProposalState::Failed if proposal.undo.is_some() => UndoState::Failed,
            ProposalState::Failed => return None,
            _ => UndoState::Unknown,
        },
    };
    let call = match undone {
        Some(undone) => &undone.by.call,
        None => proposal.undo.as_ref()?,
    };
    let shown = fields::fields(call.tool, &call.arguments, &Default::default(), zone);
    let fields = shown.into_iter().filter(|field| !field.shown.is_empty()).collect();
    Some(UndoOffer { state, sentence: sentence(proposal, call, state, undone, zone), fields })
}

fn sentence(proposal: &Proposal, call: &Call, state: UndoState, undone: Option<&Undone>, zone: &str) -> String {
    let service = call.tool.service();
    let clock = undone.and_then(|undone| undone.by.decided_at).map(|at| moment::clock(at, zone)).unwrap_or_default();
    let told = undone.and_then(|undone| undone.by.told.as_ref()).map(|told| told.sentence.as_str()).unwrap_or_default();
    match state {
        UndoState::Open => does(proposal, call),
        UndoState::UnderWay => format!("Undoing since {clock}. {service} has not answered yet."),
        UndoState::Undone => format!("Undone by you at {clock}. {told}."),
        UndoState::Failed => format!("Not undone at {clock}: {told} {}", does(proposal, call)),
        UndoState::Unknown => {
            format!("{service} did not confirm the undoing of {clock}. It may have been done: look there.")
        }
    }
}

/// What pressing the button would do.
pub(super) fn does(proposal: &Proposal, call: &Call) -> String {
    let made = proposal.told.as_ref().map(|told| told.title.as_str()).filter(|title| !title.is_empty());
    let of = made.map(|title| format!(" for «{title}»")).unwrap_or_default();
    let Proposal { account, .. } = proposal;
    format!("Undo does «{}»{of} at {}, {account}.", call.tool.title, call.tool.service())
}
