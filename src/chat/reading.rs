//! Conversations as a page shows them.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::{
    error::ChatError,
    markdown,
    model::{
        Answer, CardState, Conversation, ConversationSummary, Message, Opened, Question, RecentGroup, Run, RunState,
        Suggestion, ToolCard,
    },
    moment,
    service::{Asker, Chat},
    store::{
        self,
        conversations::MessageRow,
        log::EventRow,
        runs::{RunRow, SealedRow},
    },
    tools::{Found, numbered, result_place},
};
use crate::{
    integrations::tools::Effect,
    kit::id::{ConversationId, MessageId, RunId, UserId},
};

const RECENT: i64 = 100;
const SUGGESTIONS: usize = 3;

impl Chat {
    /// A conversation of theirs, or the beginning of a new one.
    ///
    /// # Errors
    /// When the conversation is not theirs.
    pub async fn open(&self, asker: &Asker, id: Option<ConversationId>) -> Result<Opened, ChatError> {
        let conversation = match id {
            Some(id) => Some(self.conversation(asker, id).await?),
            None => None,
        };
        let tools = self.parts.integrations.tools(asker.user).await?;
        let mut connections: Vec<_> = tools.iter().map(|offered| offered.connection).collect();
        connections.sort_unstable();
        connections.dedup();
        let mut suggestions: Vec<Suggestion> = Vec::new();
        for offered in tools.iter().filter(|offered| offered.tool.effect == Effect::Read) {
            let question = offered.tool.question();
            if question.is_empty() || suggestions.iter().any(|known| known.service == offered.tool.provider()) {
                continue;
            }
            suggestions.push(Suggestion {
                service: offered.tool.provider().to_owned(),
                service_name: offered.service_name.to_owned(),
                question: question.to_owned(),
            });
        }
        suggestions.truncate(SUGGESTIONS);
        let now = self.parts.clock.now();
        Ok(Opened {
            conversation,
            next_key: hex::encode(self.parts.random.bytes::<16>()),
            accounts: u32::try_from(connections.len()).unwrap_or(u32::MAX),
            by_rules: !self.parts.inference.is_on(),
            greeting: moment::greeting(now, &asker.zone, &asker.name),
            suggestions,
        })
    }

    /// The list beside every page, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recents(&self, asker: &Asker) -> Result<Vec<RecentGroup>, ChatError> {
        let rows = store::conversations::recent(&self.parts.db, asker.user, RECENT).await?;
        let now = self.parts.clock.now();
        let mut groups: Vec<RecentGroup> = Vec::new();
        for row in rows {
            let label = moment::stretch(row.updated_at, now, &asker.zone);
            let summary = ConversationSummary { id: row.id, title: row.title };
            match groups.last_mut() {
                Some(group) if group.label == label => group.conversations.push(summary),
                _ => groups.push(RecentGroup { label: label.to_owned(), conversations: vec![summary] }),
            }
        }
        Ok(groups)
    }

    /// One moment of a conversation: text, cards and the numbers they reach come from one snapshot.
    async fn conversation(&self, asker: &Asker, id: ConversationId) -> Result<Conversation, ChatError> {
        let user = asker.user;
        let mut snapshot = self.parts.db.begin_with("begin isolation level repeatable read read only").await?;
        let Some(title) = store::conversations::title(&mut snapshot, user, id).await? else {
            return Err(ChatError::NotFound("conversation"));
        };
        let messages = store::conversations::messages(&mut snapshot, user, id).await?;
        let runs = store::runs::of_conversation(&mut snapshot, user, id).await?;
        let events = store::log::of_conversation(&mut snapshot, user, id).await?;
        let results = store::runs::results_of_conversation(&mut snapshot, user, id).await?;
        snapshot.commit().await?;

        let mut events_of: HashMap<RunId, Vec<EventRow>> = HashMap::new();
        for event in events {
            events_of.entry(event.run).or_default().push(event);
        }
        let results: HashMap<(RunId, &str), &SealedRow> =
            results.iter().map(|row| ((row.run, row.call_id.as_str()), row)).collect();
        let mut runs: HashMap<MessageId, RunRow> = runs.into_iter().map(|run| (run.answer, run)).collect();
        let mut shown = Vec::with_capacity(messages.len());
        let mut question = String::new();
        for message in messages {
            if message.author == "person" {
                question.clone_from(&message.content);
                shown.push(Message::Question(Question { id: message.id, text: message.content }));
            } else if let Some(run) = runs.remove(&message.id) {
                let events = events_of.remove(&run.id).unwrap_or_default();
                let find = |call: &str| results.get(&(run.id, call)).copied();
                shown.push(Message::Answer(self.answer(asker, &message, &run, events, find, question.clone())));
            }
        }
        Ok(Conversation { id, title, messages: shown })
    }

    fn answer<'a>(
        &self,
        asker: &Asker,
        message: &MessageRow,
        run: &RunRow,
        events: Vec<EventRow>,
        find: impl Fn(&str) -> Option<&'a SealedRow>,
        question: String,
    ) -> Answer {
        let state = RunState::parse(&run.state);
        let mut text = String::new();
        let mut status = None;
        let mut cards: Vec<ToolCard> = Vec::new();
        for event in events {
            match event.kind.as_str() {
                "text" => text.push_str(event.payload["text"].as_str().unwrap_or_default()),
                "status" => status = event.payload["text"].as_str().map(str::to_owned),
                "tool_started" | "tool_finished" => {
                    if let Some((mut card, before)) = card(&event.payload) {
                        if card.state == CardState::Done {
                            let sealed = find(&card.call_id);
                            self.fill(&mut card, before, asker.user, sealed);
                        }
                        place(&mut cards, card);
                    }
                }
                _ => {}
            }
        }
        // What is being written stands in the log, what is settled in the message.
        let html = match state {
            RunState::Running => markdown::render_unfinished(&text),
            _ => markdown::render(&message.content),
        };
        if state != RunState::Running {
            for card in cards.iter_mut().filter(|card| card.state == CardState::Running) {
                card.state = CardState::Failed;
                card.error = Some("This was not finished.".to_owned());
            }
        }
        // Only the rules have something to say that outlasts the answer.
        let status = status.filter(|_| state == RunState::Running || run.model.is_none());
        Answer {
            id: message.id,
            html,
            clock: moment::clock(message.created_at, &asker.zone),
            moment: moment::machine(message.created_at),
            cards,
            run: Run { id: run.id, state, last_seq: run.last_seq, status, error: run.error_message.clone() },
            question,
        }
    }

    /// Opens what was read and puts it into the card.
    pub(super) fn fill(&self, card: &mut ToolCard, before: u32, owner: UserId, row: Option<&SealedRow>) {
        let Some(row) = row else {
            card.detail = "No longer kept".to_owned();
            return;
        };
        let place = result_place(row.id, owner, &card.service);
        let opened = self.parts.vault.open(&place, &row.sealed).ok();
        match opened.and_then(|bytes| serde_json::from_slice::<Found>(&bytes).ok()) {
            Some(found) => {
                card.detail = found.detail;
                card.items = numbered(found.items, before);
            }
            None => {
                tracing::error!(result = %row.id, "what was read could not be opened");
                card.detail = "Cannot be shown".to_owned();
            }
        }
    }
}

#[derive(Deserialize)]
struct Stored {
    call_id: String,
    service: String,
    service_name: String,
    title: String,
    state: CardState,
    error: Option<String>,
    #[serde(default)]
    before: u32,
    #[serde(default)]
    alone: bool,
}

/// The card of an event, still empty, and the number before its first item.
pub(super) fn card(payload: &Value) -> Option<(ToolCard, u32)> {
    let stored = Stored::deserialize(payload).ok()?;
    let card = ToolCard {
        call_id: stored.call_id,
        service: stored.service,
        service_name: stored.service_name,
        title: stored.title,
        detail: String::new(),
        state: stored.state,
        items: Vec::new(),
        error: stored.error,
        alone: stored.alone,
    };
    Some((card, stored.before))
}

/// Puts a card in its place: that of the card with the same call, or the last.
pub(super) fn place(cards: &mut Vec<ToolCard>, card: ToolCard) {
    match cards.iter_mut().find(|known| known.call_id == card.call_id) {
        Some(known) => *known = card,
        None => cards.push(card),
    }
}
