//! What one run has to write, between its pen and the one hand that writes for all runs of the process. Pieces of text
//! are joined until they are taken away; what is on its way is kept as it is until it has arrived, so that the same can be
//! brought once more.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::{error::ChatError, held::SealedAnswer, log::Subject, store::log::EventRow};
use crate::kit::id::{ConnectionId, ToolResultId, UserId};

/// How often the text so far is copied into the message.
const MATERIALISE: Duration = Duration::from_secs(3);
/// With more than this waiting, nothing more is taken from the model.
const ROOM: usize = 256 * 1024;
/// How many written events are kept at hand for those who follow here. Who is further behind reads the log.
const AT_HAND: usize = 64;

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
    grown: watch::Sender<bool>,
}

/// What a follower is told who has heard everything until a number.
pub(super) struct Since {
    /// What was written after it; none where that is not at hand.
    pub written: Option<Vec<EventRow>>,
    /// The text that follows what is written, until anything else does. It may still be lost in a crash.
    pub ahead: String,
}

struct Inner {
    seq: i32,
    /// What the log holds.
    text: String,
    /// The events that were written last, without a gap.
    at_hand: VecDeque<EventRow>,
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
            at_hand: VecDeque::new(),
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
        Self { subject, inner: Mutex::new(inner), arrived: Notify::new(), grown: watch::channel(true).0 }
    }

    pub(super) fn is_of(&self, user: UserId) -> bool {
        self.subject.user == user
    }

    /// Follows how it grows: false, once nothing more comes by this way.
    pub(super) fn follow(&self) -> watch::Receiver<bool> {
        self.grown.subscribe()
    }

    /// Nothing more comes by this way.
    pub(super) fn close(&self) {
        self.grown.send_replace(false);
    }

    /// What came after a number.
    pub(super) fn since(&self, after: i32) -> Since {
        let inner = self.inner();
        let written = match inner.at_hand.front() {
            _ if after >= inner.seq => Some(Vec::new()),
            Some(first) if first.seq <= after.saturating_add(1) => {
                Some(inner.at_hand.iter().filter(|event| event.seq > after).cloned().collect())
            }
            _ => None,
        };
        // Not beyond what must be told before it.
        let mut pages = inner.away.as_deref().into_iter().chain([&inner.waiting]);
        let mut ahead = String::new();
        let is_all_text = pages.all(|page| {
            let texts = page.kinds.iter().zip(&page.payloads).take_while(|(kind, _)| *kind == "text");
            let told = texts.map(|(_, payload)| ahead.push_str(payload["text"].as_str().unwrap_or_default())).count();
            told == page.kinds.len()
        });
        if is_all_text {
            ahead.push_str(&inner.tail);
        }
        Since { written, ahead }
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
        drop(inner);
        self.grown.send_replace(true);
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
            inner.keep_at_hand(leaf);
            (inner.seq, inner.beaten, inner.away) = (leaf.to(), now, None);
        }
        inner.outcome = Some(outcome);
        drop(inner);
        self.grown.send_replace(true);
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
}

impl Inner {
    /// How many bytes of text there are, written or not.
    fn length(&self) -> usize {
        let of_page = |page: &Page| -> usize { page.text().map(str::len).sum() };
        self.text.len() + self.away.as_deref().map_or(0, of_page) + of_page(&self.waiting) + self.tail.len()
    }

    fn keep_at_hand(&mut self, leaf: &Leaf) {
        let events = leaf.page.kinds.iter().zip(&leaf.page.payloads);
        self.at_hand.extend((leaf.from.saturating_add(1)..).zip(events).map(|(seq, (kind, payload))| EventRow {
            run: leaf.subject.run,
            seq,
            kind: kind.clone(),
            payload: payload.clone(),
        }));
        let old = self.at_hand.len().saturating_sub(AT_HAND);
        self.at_hand.drain(..old);
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
    fn who_follows_is_told_what_was_written_and_what_will_be() {
        let sheet = sheet();
        sheet.text("one ");
        let leaf = sheet.take();
        sheet.event("status", json!({ "text": "is reading" }), None);
        sheet.text("two");
        let since = sheet.since(4);
        assert_eq!((since.written.map(|events| events.len()), since.ahead.as_str()), (Some(0), "one "));
        assert!(sheet.since(2).written.is_none(), "what was before is in the log");
        sheet.arrive(&leaf, Ok(false));
        let since = sheet.since(4);
        let told: Vec<_> =
            since.written.unwrap_or_default().into_iter().map(|event| (event.seq, event.payload)).collect();
        assert_eq!((told, since.ahead.as_str()), (vec![(5, json!({ "text": "one " }))], ""), "first it reads");
        let rest = sheet.take();
        sheet.arrive(&rest, Ok(false));
        let since = sheet.since(5);
        let told: Vec<_> = since.written.unwrap_or_default().into_iter().map(|event| (event.seq, event.kind)).collect();
        assert_eq!((told, since.ahead.as_str()), (vec![(6, "status".to_owned()), (7, "text".to_owned())], ""));
        for _ in 0..AT_HAND {
            sheet.text("more");
            sheet.arrive(&sheet.take(), Ok(false));
        }
        assert!(sheet.since(6).written.is_none() && sheet.since(7).written.is_some(), "only so much is kept at hand");
    }
}
