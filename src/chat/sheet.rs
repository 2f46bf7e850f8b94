//! What one run has to write, between its pen and the one hand that writes for all runs of the process. Pieces of text
//! are joined until they are taken away; what is on its way is kept as it is until it has arrived, so that the same can be
//! brought once more.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{sync::Notify, time::Instant};

use super::{error::ChatError, held::SealedAnswer, log::Subject};
use crate::kit::id::{ConnectionId, ToolResultId};

/// How often the text so far is copied into the message.
const MATERIALISE: Duration = Duration::from_secs(3);
/// With more than this waiting, nothing more is taken from the model.
const ROOM: usize = 256 * 1024;

/// A reading that is ready to be stored.
pub(super) struct Sealed {
    pub id: ToolResultId,
    pub call_id: String,
    pub connection: ConnectionId,
    pub text: String,
}

/// What goes into the log together.
#[derive(Default)]
pub(super) struct Page {
    pub kinds: Vec<String>,
    pub payloads: Vec<Value>,
    pub results: Vec<Sealed>,
    pub model: Option<String>,
    /// What is noted of an answer that its operator keeps.
    pub held: Option<SealedAnswer>,
    /// The whole text before it, where that is due to be copied into the message.
    pub so_far: Option<String>,
}

impl Page {
    fn text(&self) -> impl Iterator<Item = &str> {
        let events = self.kinds.iter().zip(&self.payloads);
        events.filter(|(kind, _)| *kind == "text").filter_map(|(_, payload)| payload["text"].as_str())
    }

    fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.model.is_none() && self.held.is_none()
    }
}

/// A page with the number that the log must stand at.
#[derive(Clone)]
pub(super) struct Leaf {
    pub subject: Subject,
    pub from: i32,
    pub page: Arc<Page>,
}

impl Leaf {
    /// The number that the log stands at afterwards.
    pub(super) fn to(&self) -> i32 {
        self.from.saturating_add(i32::try_from(self.page.kinds.len()).unwrap_or(i32::MAX))
    }
}

/// One run's sheet; its pen and the hand that writes share it.
pub(super) struct Sheet {
    subject: Subject,
    inner: Mutex<Inner>,
    arrived: Notify,
}

struct Inner {
    seq: i32,
    /// What the log holds.
    text: String,
    waiting: Page,
    /// Text of the last waiting event, when that is text.
    tail: String,
    /// How much waits.
    bytes: usize,
    /// Whether another process could go on with what is written.
    is_held: bool,
    away: Option<Arc<Page>>,
    handed_in: bool,
    outcome: Option<Result<bool, ChatError>>,
    beaten: Instant,
    materialised: Instant,
    materialised_length: usize,
}

impl Sheet {
    /// Where the log stands at this number and holds this text.
    pub(super) fn new(subject: Subject, seq: i32, text: &str) -> Self {
        let now = Instant::now();
        let inner = Inner {
            seq,
            text: text.to_owned(),
            waiting: Page::default(),
            tail: String::new(),
            bytes: 0,
            is_held: false,
            away: None,
            handed_in: false,
            outcome: None,
            beaten: now,
            materialised: now,
            materialised_length: text.len(),
        };
        Self { subject, inner: Mutex::new(inner), arrived: Notify::new() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn model(&self, name: String) {
        self.inner().waiting.model = Some(name);
    }

    pub(super) fn text(&self, text: &str) {
        let mut inner = self.inner();
        inner.bytes += text.len();
        inner.tail.push_str(text);
    }

    /// An event, with what was read for it.
    pub(super) fn event(&self, kind: &str, payload: Value, result: Option<Sealed>) {
        let mut inner = self.inner();
        inner.close_tail();
        inner.bytes += result.as_ref().map_or(0, |result| result.text.len());
        inner.waiting.results.extend(result);
        inner.waiting.kinds.push(kind.to_owned());
        inner.waiting.payloads.push(payload);
    }

    /// What an answer is that its operator keeps; it is told how much text stands before it.
    pub(super) fn hold(&self, held: impl FnOnce(usize) -> Result<SealedAnswer, ChatError>) -> Result<(), ChatError> {
        let mut inner = self.inner();
        let before = inner.length();
        inner.waiting.held = Some(held(before)?);
        inner.is_held = true;
        Ok(())
    }

    /// Whether another process could go on with what is written.
    pub(super) fn is_held(&self) -> bool {
        self.inner().is_held
    }

    /// Whether more may be taken from the model.
    pub(super) fn has_room(&self) -> bool {
        self.inner().bytes < ROOM
    }

    /// Whether something is on its way, or has arrived and nobody has asked how.
    pub(super) fn is_away(&self) -> bool {
        self.inner().handed_in
    }

    /// Whether anything has not arrived.
    pub(super) fn has_unwritten(&self) -> bool {
        let inner = self.inner();
        inner.away.is_some() || !inner.waiting.is_empty() || !inner.tail.is_empty()
    }

    /// Hands it in, where there is something to write, or a sign of life due; whether that is new.
    pub(super) fn hand_in(&self, beat: Duration) -> bool {
        let mut inner = self.inner();
        let due = inner.away.is_some() || !inner.waiting.is_empty() || !inner.tail.is_empty();
        if inner.handed_in || !(due || inner.beaten.elapsed() >= beat) {
            return false;
        }
        inner.handed_in = true;
        true
    }

    /// All that waits now, to be written; or the same once more that has not arrived.
    pub(super) fn take(&self) -> Leaf {
        let mut inner = self.inner();
        let inner = &mut *inner;
        if inner.away.is_none() {
            inner.close_tail();
            inner.bytes = 0;
            let mut page = std::mem::take(&mut inner.waiting);
            if inner.materialised.elapsed() >= MATERIALISE && inner.text.len() > inner.materialised_length {
                page.so_far = Some(inner.text.clone());
            }
            inner.away = Some(Arc::new(page));
        }
        Leaf { subject: self.subject, from: inner.seq, page: inner.away.clone().unwrap_or_default() }
    }

    /// Notes how the writing of a leaf went: whether a stop is asked for, or why it was not written.
    pub(super) fn arrive(&self, leaf: &Leaf, outcome: Result<bool, ChatError>) {
        let mut inner = self.inner();
        if outcome.is_ok() {
            leaf.page.text().for_each(|text| inner.text.push_str(text));
            let now = Instant::now();
            if let Some(text) = &leaf.page.so_far {
                (inner.materialised, inner.materialised_length) = (now, text.len());
            }
            (inner.seq, inner.beaten, inner.away) = (leaf.to(), now, None);
        }
        inner.outcome = Some(outcome);
        drop(inner);
        self.arrived.notify_one();
    }

    /// How it went with what is on its way.
    pub(super) async fn arrival(&self) -> Result<bool, ChatError> {
        loop {
            {
                let mut inner = self.inner();
                if let Some(outcome) = inner.outcome.take() {
                    inner.handed_in = false;
                    return outcome;
                }
            }
            self.arrived.notified().await;
        }
    }

    /// Where the log stands, and the text in it.
    pub(super) fn position(&self) -> (i32, String) {
        let inner = self.inner();
        (inner.seq, inner.text.clone())
    }

    /// Drops the text that is not on its way yet, so that the final text is what the viewers had.
    pub(super) fn forget_unwritten(&self) {
        let mut inner = self.inner();
        inner.tail.clear();
        let (kinds, payloads) = (std::mem::take(&mut inner.waiting.kinds), std::mem::take(&mut inner.waiting.payloads));
        let waiting = kinds.into_iter().zip(payloads).filter(|(kind, _)| kind != "text");
        (inner.waiting.kinds, inner.waiting.payloads) = waiting.unzip();
    }
}

impl Inner {
    /// How many bytes of text there are, written or not.
    fn length(&self) -> usize {
        let of_page = |page: &Page| -> usize { page.text().map(str::len).sum() };
        self.text.len() + self.away.as_deref().map_or(0, of_page) + of_page(&self.waiting) + self.tail.len()
    }

    fn close_tail(&mut self) {
        if !self.tail.is_empty() {
            self.waiting.kinds.push("text".to_owned());
            self.waiting.payloads.push(json!({ "text": std::mem::take(&mut self.tail) }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::id::{Id as _, MessageId, RunId, UserId};

    fn sheet() -> Sheet {
        let subject = Subject {
            run: RunId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            answer: MessageId::from_bytes([3; 16]),
        };
        Sheet::new(subject, 4, "so far")
    }

    #[test]
    fn what_did_not_arrive_is_brought_once_more_as_it_was() {
        let sheet = sheet();
        sheet.text("one ");
        sheet.text("two");
        assert!(sheet.hand_in(MATERIALISE) && !sheet.hand_in(MATERIALISE), "once until it has arrived");
        let first = sheet.take();
        sheet.text("three");
        sheet.arrive(&first, Err(ChatError::Busy));
        let again = sheet.take();
        assert_eq!((again.from, again.to(), &again.page.payloads), (4, 5, &vec![json!({ "text": "one two" })]));
        sheet.arrive(&again, Ok(false));
        assert_eq!(sheet.position(), (5, "so farone two".to_owned()));
        let rest = sheet.take();
        assert_eq!((rest.from, &rest.page.payloads), (5, &vec![json!({ "text": "three" })]));
    }

    #[test]
    fn what_is_on_its_way_stays_and_text_that_waits_is_dropped_by_a_stop() {
        let sheet = sheet();
        sheet.text("seen");
        let leaf = sheet.take();
        sheet.text("unseen");
        sheet.event("status", json!({ "text": "is writing" }), None);
        sheet.forget_unwritten();
        sheet.arrive(&leaf, Ok(true));
        assert_eq!(sheet.take().page.kinds, ["status"]);
        assert_eq!(sheet.position().1, "so farseen");
    }
}
