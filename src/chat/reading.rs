//! Conversations as a page shows them.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use sqlx::PgConnection;

use super::{
    error::ChatError,
    markdown,
    model::{
        Answer, CardState, Conversation, ConversationSummary, Message, MessagesLeft, Opened, Question, RecentGroup,
        Run, RunState, Suggestion, ToolCard, Versions, outlasts,
    },
    moment,
    paging::{Sheet, Spot},
    service::{Asker, Chat, Parts},
    store::{
        self,
        conversations::HeadRow,
        log::EventRow,
        messages::{MessageRow, VersionRow},
        runs::{RunRow, SealedRow},
    },
    tools::{Found, numbered, result_place},
};
use crate::{
    account::files,
    integrations::tools::Effect,
    kit::id::{ApprovalId, ConversationId, MessageId, RunId, UserId},
};

const RECENT: i64 = 100;
const SUGGESTIONS: usize = 3;

impl Chat {
    /// A conversation of theirs at its end, or the beginning of a new one.
    ///
    /// # Errors
    /// When the conversation is not theirs.
    pub async fn open(&self, asker: &Asker, id: Option<ConversationId>) -> Result<Opened, ChatError> {
        self.open_at(asker, id, Spot::End).await
    }

    /// The same, where somebody turned to.
    ///
    /// # Errors
    /// When the conversation or the message is not theirs.
    pub async fn open_at(&self, asker: &Asker, id: Option<ConversationId>, spot: Spot) -> Result<Opened, ChatError> {
        let conversation = match id {
            Some(id) => Some(self.conversation(asker, id, spot).await?),
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
        let left = self.messages_left(asker.user, id).await?;
        Ok(Opened {
            conversation,
            left,
            next_key: hex::encode(self.parts.random.bytes::<16>()),
            accounts: u32::try_from(connections.len()).unwrap_or(u32::MAX),
            by_rules: !self.parts.inference.is_on(),
            greeting: moment::greeting(now, &asker.zone, &asker.name),
            suggestions,
            accepted: files::accepted_for_questions(),
            owner: asker.user,
        })
    }

    /// What is left for the team that a question would be asked in.
    async fn messages_left(
        &self,
        user: UserId,
        conversation: Option<ConversationId>,
    ) -> Result<Option<MessagesLeft>, ChatError> {
        if !self.has_model().await? {
            return Ok(None);
        }
        let Parts { db, clock, teams, billing, .. } = &self.parts;
        let mut transaction = db.begin().await?;
        let team = match conversation {
            Some(id) => store::conversations::team(&mut transaction, user, id).await?,
            None => None,
        };
        let team = match team {
            Some(team) => teams.going_on(&mut transaction, user, team, clock.now()).await?,
            None => teams.chosen(&mut transaction, user, clock.now()).await?,
        };
        let used = billing.used_month(&mut transaction, team).await?;
        transaction.commit().await?;
        Ok(Some(MessagesLeft { left: used.messages_left(), most: used.most_messages, month: used.name }))
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
            let label = if row.pinned { "Pinned" } else { moment::stretch(row.updated_at, now, &asker.zone) };
            let summary = ConversationSummary { id: row.id, title: row.title };
            match groups.last_mut() {
                Some(group) if group.label == label => group.conversations.push(summary),
                _ => groups.push(RecentGroup { label: label.to_owned(), conversations: vec![summary] }),
            }
        }
        Ok(groups)
    }

    pub(super) async fn snapshot(&self) -> sqlx::Result<sqlx::Transaction<'static, sqlx::Postgres>> {
        self.parts.db.begin_with("begin isolation level repeatable read read only").await
    }

    /// One moment of a conversation: text, cards and the numbers they reach come from one snapshot.
    async fn conversation(&self, asker: &Asker, id: ConversationId, spot: Spot) -> Result<Conversation, ChatError> {
        let user = asker.user;
        let mut snapshot = self.snapshot().await?;
        let head = store::conversations::head(&mut snapshot, user, id).await?;
        let HeadRow { title, pinned, archived } = head.ok_or(ChatError::NotFound("conversation"))?;
        let leaf = store::messages::leaf(&mut snapshot, user, id).await?;
        let Sheet { messages, has_earlier, has_later } = match leaf {
            Some(leaf) => self.turned_to(&mut snapshot, asker, id, leaf, spot).await?,
            None => Sheet::default(),
        };
        snapshot.commit().await?;
        Ok(Conversation { id, title, pinned, archived, messages, has_earlier, has_later, leaf })
    }

    /// These messages as a page shows them. Of the logs only those are read that belong to them.
    pub(super) async fn shown(
        &self,
        snapshot: &mut PgConnection,
        asker: &Asker,
        id: ConversationId,
        rows: Vec<MessageRow>,
    ) -> Result<Vec<Message>, ChatError> {
        let user = asker.user;
        let ids: Vec<MessageId> = rows.iter().map(|row| row.id).collect();
        let parents: Vec<MessageId> = rows.iter().filter_map(|row| row.parent).collect();
        let of_the_first = rows.iter().any(|row| row.parent.is_none());
        let versions = store::messages::versions(snapshot, user, id, &parents, of_the_first).await?;
        let runs = store::runs::of_answers(snapshot, user, &ids).await?;
        let run_ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
        let events = store::log::of_runs(snapshot, user, &run_ids).await?;
        let results = store::runs::results_of(snapshot, user, &run_ids).await?;
        let mut feedback = store::feedback::of_answers(snapshot, user, &ids).await?;
        let mut files = self.files_of(&mut *snapshot, user, &ids).await?;

        let proposed = store::waits::of_runs(snapshot, user, &run_ids).await?;
        let proposals = self.cards(snapshot, asker, &proposed.iter().map(|(_, id)| *id).collect::<Vec<_>>()).await?;

        let needs = store::needs::of_runs(snapshot, user, &run_ids).await?;
        let needing: Vec<RunId> = needs.iter().map(|need| need.run).collect();
        let needs = self.need_cards(&mut *snapshot, asker, needs).await?;

        let mut events_of: HashMap<RunId, Vec<EventRow>> = HashMap::new();
        for event in events {
            events_of.entry(event.run).or_default().push(event);
        }
        let results: HashMap<(RunId, &str), &SealedRow> =
            results.iter().map(|row| ((row.run, row.call_id.as_str()), row)).collect();
        let mut runs: HashMap<MessageId, RunRow> = runs.into_iter().map(|run| (run.answer, run)).collect();
        let mut shown = Vec::with_capacity(rows.len());
        for row in rows {
            let version = version(&row, &versions);
            if row.author == "person" {
                let files = files.remove(&row.id).unwrap_or_default();
                shown.push(Message::Question(Question { id: row.id, text: row.content, files, versions: version }));
            } else if let Some(run) = runs.remove(&row.id) {
                let events = events_of.remove(&run.id).unwrap_or_default();
                let find = |call: &str| results.get(&(run.id, call)).copied();
                let mut answer = self.answer(asker, &row, &run, events, find, version);
                answer.feedback = feedback.remove(&row.id);
                let of_run = proposed.iter().filter(|(of, _)| *of == run.id);
                let card = |(_, id): &(RunId, ApprovalId)| proposals.iter().find(|card| card.id == *id).cloned();
                answer.proposals = of_run.filter_map(card).collect();
                let of_run = needing.iter().zip(&needs).filter(|(of, _)| **of == run.id);
                answer.needs = of_run.map(|(_, card)| card.clone()).collect();
                shown.push(Message::Answer(answer));
            }
        }
        Ok(shown)
    }

    fn answer<'a>(
        &self,
        asker: &Asker,
        message: &MessageRow,
        run: &RunRow,
        events: Vec<EventRow>,
        find: impl Fn(&str) -> Option<&'a SealedRow>,
        versions: Versions,
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
        // Little that is said of the writing outlasts the answer.
        let status = status.filter(|status| state == RunState::Running || run.model.is_none() || outlasts(status));
        Answer {
            id: message.id,
            html,
            clock: moment::clock(message.created_at, &asker.zone),
            moment: moment::machine(message.created_at),
            cards,
            proposals: Vec::new(),
            needs: Vec::new(),
            run: Box::new(Run { id: run.id, state, last_seq: run.last_seq, status, error: run.error_message.clone() }),
            versions,
            feedback: None,
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

/// Which of its versions a message is. `all` has those of every message of the page.
fn version(row: &MessageRow, all: &[VersionRow]) -> Versions {
    let own: Vec<MessageId> = all.iter().filter(|version| version.parent == row.parent).map(|row| row.id).collect();
    let at = own.iter().position(|id| *id == row.id).unwrap_or_default();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Versions {
        at: number(at + 1),
        of: number(own.len()),
        before: at.checked_sub(1).and_then(|at| own.get(at)).copied(),
        after: own.get(at + 1).copied(),
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
