//! Reads services for a run: a card that starts, the call, and a card that ends with what was found.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    log::{Entry, Reading},
    model::{CardItem, CardState, ToolCard},
    service::Parts,
    worker::Job,
};
use crate::{
    integrations::{
        model::Item,
        tools::{Caller, ModelUse, OfferedTool, RoutedCall, TimeContext, Tool, ToolAnswer, ToolError},
    },
    kit::id::{ConnectionId, RunId, ToolResultId, UserId},
    platform::crypto::Place,
};

/// No reading may take longer; the services' own deadlines are shorter.
const DEADLINE: Duration = Duration::from_secs(45);

/// Never give a model more of one result than this.
const MODEL_BYTES: usize = 64 * 1024;

/// What is sealed of a reading.
#[derive(Serialize, Deserialize)]
pub(super) struct Found {
    pub detail: String,
    pub items: Vec<Item>,
    #[serde(default)]
    pub data: Value,
}

/// Where a sealed reading lives.
pub(super) fn result_place(id: ToolResultId, owner: UserId, service: &str) -> Place<'_> {
    Place {
        table: "tool_results",
        column: "sealed_result",
        row: Uuid::from(id),
        owner: Uuid::from(owner),
        provider: service,
    }
}

/// The items of a reading, numbered on from the ones before.
pub(super) fn numbered(items: Vec<Item>, before: u32) -> Vec<CardItem> {
    (before.saturating_add(1)..)
        .zip(items)
        .map(|(n, item)| CardItem {
            n,
            title: item.title,
            note: item.note,
            link: item.link.filter(|link| link.starts_with("https://")),
        })
        .collect()
}

/// One call, ready to be made.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub tool: &'static Tool,
    pub connection: ConnectionId,
    pub service_name: &'static str,
    pub arguments: Value,
    pub model: ModelUse,
}

impl From<RoutedCall> for Planned {
    fn from(call: RoutedCall) -> Self {
        Self {
            tool: call.tool,
            connection: call.connection,
            service_name: call.service_name,
            arguments: call.arguments,
            model: call.model,
        }
    }
}

impl Planned {
    pub(super) fn new(offered: &OfferedTool, arguments: Value) -> Self {
        Self {
            tool: offered.tool,
            connection: offered.connection,
            service_name: offered.service_name,
            arguments,
            model: offered.model,
        }
    }
}

/// Makes the calls of one run.
pub(super) struct Reader {
    parts: Parts,
    user: UserId,
    run: RunId,
    context: TimeContext,
    log: mpsc::Sender<Entry>,
    cards: AtomicU32,
    items: AtomicU32,
}

impl Reader {
    pub(super) fn new(parts: Parts, job: &Job, context: TimeContext, log: mpsc::Sender<Entry>) -> Self {
        let (cards, items) = job.taken_up.as_ref().map_or((0, 0), |from| (from.turn.cards, from.turn.items));
        let (user, run) = (job.asker.user, job.run);
        Self { parts, user, run, context, log, cards: AtomicU32::new(cards), items: AtomicU32::new(items) }
    }

    /// How many cards there are, and how many items in them.
    pub(super) fn counted(&self) -> (u32, u32) {
        (self.cards.load(Ordering::Relaxed), self.items.load(Ordering::Relaxed))
    }

    pub(super) fn caller(&self) -> Caller {
        caller(self.run)
    }

    pub(super) fn context(&self) -> &TimeContext {
        &self.context
    }

    /// Makes one call and shows it.
    pub(super) async fn read(&self, planned: &Planned) -> Result<ToolAnswer, ToolError> {
        let number = self.cards.fetch_add(1, Ordering::Relaxed) + 1;
        let mut card = ToolCard {
            call_id: format!("c{number}"),
            service: planned.tool.provider().to_owned(),
            service_name: planned.service_name.to_owned(),
            title: planned.tool.title.to_owned(),
            detail: String::new(),
            state: CardState::Running,
            items: Vec::new(),
            error: None,
            alone: planned.model == ModelUse::Never,
        };
        self.tell(Entry::Started(card.clone())).await;
        let mut outcome = self.call(planned).await;
        let mut reading = Reading { card: card.clone(), connection: planned.connection, before: 0, found: None };
        match &mut outcome {
            Ok(answer) => {
                let count = u32::try_from(answer.items.len()).unwrap_or(u32::MAX);
                reading.before = self.items.fetch_add(count, Ordering::Relaxed);
                reading.found = seal_ready(answer);
                card.state = CardState::Done;
                card.title.clone_from(&answer.summary);
                receipts(&mut answer.data, reading.before);
            }
            Err(error) => {
                card.state = CardState::Failed;
                card.error = Some(error.to_string());
            }
        }
        reading.card = card;
        self.tell(Entry::Finished(Box::new(reading))).await;
        outcome
    }

    async fn call(&self, planned: &Planned) -> Result<ToolAnswer, ToolError> {
        let caller = self.caller();
        let call = self.parts.integrations.read(
            &caller,
            self.user,
            planned.connection,
            planned.tool.name,
            planned.arguments.clone(),
            &self.context,
        );
        tokio::time::timeout(DEADLINE, call).await.unwrap_or(Err(ToolError::Timeout { service: planned.service_name }))
    }

    /// Nobody listens any more only when the run is over.
    pub(super) async fn tell(&self, entry: Entry) {
        let _ = self.log.send(entry).await;
    }
}

/// As whom a run calls services.
pub(super) fn caller(run: RunId) -> Caller {
    Caller { kind: "run", id: Uuid::from(run), label: "an answer".to_owned() }
}

/// Gives each thing that was found its number on the cards, for a model to name.
fn receipts(data: &mut Value, before: u32) {
    let lists = data.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut).filter_map(Value::as_array_mut);
    for list in lists {
        for (n, entry) in (before.saturating_add(1)..).zip(list) {
            if let Some(entry) = entry.as_object_mut() {
                entry.insert("receipt".to_owned(), n.into());
            }
        }
    }
}

fn seal_ready(answer: &ToolAnswer) -> Option<Zeroizing<Vec<u8>>> {
    let found = Found { detail: answer.detail.clone(), items: answer.items.clone(), data: answer.data.clone() };
    serde_json::to_vec(&found).ok().map(Zeroizing::new)
}

/// What a model is given of an outcome.
pub(super) fn for_model(outcome: &Result<ToolAnswer, ToolError>) -> String {
    match outcome {
        Ok(answer) => cut(format!("{} ({})\n{}", answer.summary, answer.detail, answer.data)),
        Err(error) => format!("The tool failed: {error}"),
    }
}

pub(super) fn cut(mut text: String) -> String {
    if text.len() > MODEL_BYTES {
        let end = (0..=MODEL_BYTES).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        text.truncate(end);
        text.push_str("\n… (the rest was left out because it is too long)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_result_is_cut_between_characters() {
        let text = cut("é".repeat(MODEL_BYTES));
        assert!(text.len() < MODEL_BYTES + 100);
        assert!(text.ends_with("too long)"));
    }

    #[test]
    fn items_are_numbered_on_and_only_https_is_a_link() {
        let item = |link: &str| Item { title: "t".into(), note: String::new(), link: Some(link.into()), at: None };
        let items = numbered(vec![item("https://a.example"), item("javascript:alert(1)")], 3);
        assert_eq!(items.iter().map(|item| item.n).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(items.iter().map(|item| item.link.is_some()).collect::<Vec<_>>(), [true, false]);
    }
}
