//! The one pen that writes a run's log. What it is given is collected and written every 60 ms at most: the events, the
//! run's number and heartbeat, and the word to the viewers are one transaction, so nobody is ever shown what a crash
//! could take back.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{
    error::ChatError,
    meter::Meter,
    model::{RunState, ToolCard},
    service::Parts,
    store,
    tools::result_place,
    waiting::{self, Park, TakenUp},
};
use crate::{
    kit::id::{ApprovalId, ConnectionId, MessageId, RunId, ToolResultId, UserId},
    platform::bus::Topic,
};

/// The least time between two writes.
pub(super) const BREATH: Duration = Duration::from_millis(60);
/// How often a silent run shows that it lives.
const BEAT: Duration = Duration::from_secs(3);
/// The same while the bus is away, because a wish to stop is then read here.
const BEAT_WITHOUT_BUS: Duration = Duration::from_millis(500);
/// How often the text so far is copied into the message.
const MATERIALISE: Duration = Duration::from_secs(3);

/// What a run has to tell.
pub(super) enum Entry {
    /// Which model answers.
    Model(String),
    /// The model is asked, with about so many tokens to read.
    Asked(u64),
    /// What it took, as its operator counts.
    Took { read: u64, written: u64 },
    /// What it is doing.
    Status(String),
    /// More text.
    Text(String),
    /// A service is being read.
    Started(ToolCard),
    /// It answered or failed; what was found is sealed before it is stored.
    Finished(Box<Reading>),
    /// A change is proposed.
    Proposed(ApprovalId),
    /// It was made without asking anew, or was not.
    Decided(ApprovalId),
}

/// A finished card with what was found.
pub(super) struct Reading {
    /// The card; of it the log keeps what is not private.
    pub card: ToolCard,
    /// Through which connection.
    pub connection: ConnectionId,
    /// The number before its first item.
    pub before: u32,
    /// What was found, as it is sealed.
    pub found: Option<Zeroizing<Vec<u8>>>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub state: RunState,
    /// Code and sentence.
    pub error: Option<(&'static str, String)>,
}

impl Ending {
    pub(super) fn new(state: RunState) -> Self {
        Self { state, error: None }
    }

    pub(super) fn failed(code: &'static str, sentence: String) -> Self {
        Self { state: RunState::Failed, error: Some((code, sentence)) }
    }
}

/// Whose log it is.
#[derive(Clone, Copy)]
pub(super) struct Subject {
    pub run: RunId,
    pub user: UserId,
    pub answer: MessageId,
}

struct Sealed {
    id: ToolResultId,
    call_id: String,
    connection: ConnectionId,
    text: String,
}

pub(super) struct RunLog {
    parts: Parts,
    subject: Subject,
    seq: i32,
    /// What the log holds.
    text: String,
    kinds: Vec<String>,
    payloads: Vec<Value>,
    results: Vec<Sealed>,
    model: Option<String>,
    meter: Meter,
    /// Text of the last queued event, when that is text: pieces are joined.
    tail: String,
    beaten: Instant,
    materialised: Instant,
    materialised_length: usize,
}

impl RunLog {
    pub(super) fn new(parts: Parts, subject: Subject) -> Self {
        let now = Instant::now();
        Self {
            parts,
            subject,
            seq: 0,
            text: String::new(),
            kinds: Vec::new(),
            payloads: Vec::new(),
            results: Vec::new(),
            model: None,
            meter: Meter::default(),
            tail: String::new(),
            beaten: now,
            materialised: now,
            materialised_length: 0,
        }
    }

    /// Goes on where the run was put to wait.
    pub(super) fn taken_up(parts: Parts, subject: Subject, from: &TakenUp) -> Self {
        let mut log = Self::new(parts, subject);
        log.seq = from.seq;
        log.text.clone_from(&from.text);
        log.materialised_length = from.text.len();
        log.meter.resume(from.turn.taken());
        log
    }

    /// Takes an entry; it is not visible to anybody before a write.
    pub(super) fn push(&mut self, entry: Entry) -> Result<(), ChatError> {
        match entry {
            Entry::Model(name) => {
                self.meter.model(&name);
                self.model = Some(name);
            }
            Entry::Asked(tokens) => self.meter.asked(tokens),
            Entry::Took { read, written } => self.meter.took(read, written),
            Entry::Text(text) => {
                self.meter.wrote(&text);
                self.tail.push_str(&text);
            }
            Entry::Status(text) => self.queue("status", json!({ "text": text })),
            Entry::Started(card) => self.queue("tool_started", public(&card, 0)),
            Entry::Finished(reading) => self.finished(*reading)?,
            Entry::Proposed(approval) => self.queue("proposed", json!({ "approval": approval })),
            Entry::Decided(approval) => self.queue("decided", json!({ "approval": approval })),
        }
        Ok(())
    }

    fn finished(&mut self, reading: Reading) -> Result<(), ChatError> {
        if let Some(found) = &reading.found {
            let id = self.parts.random.id::<ToolResultId>(self.parts.clock.now());
            let place = result_place(id, self.subject.user, &reading.card.service);
            let text = self.parts.vault.seal(&place, found)?;
            let call_id = reading.card.call_id.clone();
            self.results.push(Sealed { id, call_id, connection: reading.connection, text });
        }
        self.queue("tool_finished", public(&reading.card, reading.before));
        Ok(())
    }

    fn queue(&mut self, kind: &str, payload: Value) {
        self.close_tail();
        self.kinds.push(kind.to_owned());
        self.payloads.push(payload);
    }

    fn close_tail(&mut self) {
        if !self.tail.is_empty() {
            self.kinds.push("text".to_owned());
            self.payloads.push(json!({ "text": std::mem::take(&mut self.tail) }));
        }
    }

    /// Whether there is something to write, or a heartbeat due.
    pub(super) fn is_due(&self) -> bool {
        let beat = if self.parts.bus.is_connected() { BEAT } else { BEAT_WITHOUT_BUS };
        !self.tail.is_empty() || !self.kinds.is_empty() || self.model.is_some() || self.beaten.elapsed() >= beat
    }

    /// Writes what is waiting; tells whether a stop was asked for. After an error everything still waits, and the
    /// write can be tried again.
    pub(super) async fn write(&mut self) -> Result<bool, ChatError> {
        self.close_tail();
        let mut transaction = self.parts.db.begin().await?;
        let to = self.next_seq(self.kinds.len());
        let now = self.parts.clock.now();
        let advance = store::log::Advance {
            run: self.subject.run,
            user: self.subject.user,
            from: self.seq,
            to,
            model: self.model.as_deref(),
            now,
        };
        let Some(stop) = store::log::advance(&mut transaction, &advance).await? else {
            // Either the run was settled elsewhere, or an earlier write arrived although we never heard that it did.
            let position = store::log::position(&mut transaction, self.subject.user, self.subject.run).await?;
            return if position == Some(to) && to > self.seq {
                self.written(to);
                Ok(false)
            } else {
                Err(ChatError::Lost)
            };
        };
        if !self.kinds.is_empty() {
            self.append(&mut transaction, now).await?;
        }
        let due = self.materialised.elapsed() >= MATERIALISE && self.text.len() > self.materialised_length;
        if due {
            store::log::materialise(&mut transaction, self.subject.user, self.subject.answer, &self.text).await?;
        }
        transaction.commit().await?;
        if due {
            self.materialised = Instant::now();
            self.materialised_length = self.text.len();
        }
        self.written(to);
        Ok(stop)
    }

    async fn append(&self, connection: &mut sqlx::PgConnection, now: time::OffsetDateTime) -> Result<(), ChatError> {
        let Subject { run, user, .. } = self.subject;
        store::log::append(connection, run, user, self.seq + 1, &self.kinds, &self.payloads, now).await?;
        for result in &self.results {
            let row = store::log::NewResult {
                id: result.id,
                run,
                user,
                call_id: &result.call_id,
                connection: result.connection,
                sealed: &result.text,
            };
            store::log::insert_result(connection, &row, now).await?;
        }
        self.parts.bus.notify(connection, Topic::RunOutput, &run.to_string()).await?;
        Ok(())
    }

    fn next_seq(&self, more: usize) -> i32 {
        self.seq.saturating_add(i32::try_from(more).unwrap_or(i32::MAX))
    }

    /// What was waiting is in the log now.
    fn written(&mut self, to: i32) {
        for (kind, payload) in self.kinds.drain(..).zip(self.payloads.drain(..)) {
            if kind == "text" {
                self.text.push_str(payload["text"].as_str().unwrap_or_default());
            }
        }
        self.results.clear();
        self.model = None;
        self.seq = to;
        self.beaten = Instant::now();
    }

    /// Drops what nobody has seen yet, so that the final text is what the viewers had.
    pub(super) fn forget_unwritten(&mut self) {
        self.tail.clear();
        let waiting = std::mem::take(&mut self.kinds).into_iter().zip(std::mem::take(&mut self.payloads));
        let (kinds, payloads) = waiting.filter(|(kind, _)| kind != "text").unzip();
        (self.kinds, self.payloads) = (kinds, payloads);
    }

    /// Writes the rest, and puts the run to wait with what it proposes, in one transaction.
    pub(super) async fn park(&mut self, park: &Park) -> Result<(), ChatError> {
        if !self.kinds.is_empty() || !self.tail.is_empty() || self.model.is_some() {
            self.write().await?;
        }
        let Subject { run, user, answer } = self.subject;
        let now = self.parts.clock.now();
        let mut transaction = self.parts.db.begin().await?;
        let to = self.next_seq(park.proposed.len() + 1);
        let advance = store::log::Advance { run, user, from: self.seq, to, model: None, now };
        if store::log::advance(&mut transaction, &advance).await?.is_none() {
            return Err(ChatError::Lost);
        }
        let mut turn = park.turn.clone();
        let taken = self.meter.read_off();
        (turn.model, turn.tokens_read, turn.tokens_written) = (taken.model, taken.read, taken.written);
        let park = Park { reason: park.reason, turn, proposed: park.proposed.clone() };
        waiting::park(&self.parts, &mut transaction, self.subject, self.seq + 1, &park, now).await?;
        store::log::materialise(&mut transaction, user, answer, &self.text).await?;
        self.parts.bus.notify(&mut transaction, Topic::RunOutput, &run.to_string()).await?;
        transaction.commit().await?;
        self.seq = to;
        Ok(())
    }

    /// Writes the rest, the whole text and the end, in one transaction.
    pub(super) async fn settle(&mut self, ending: &Ending) -> Result<(), ChatError> {
        if !self.kinds.is_empty() || !self.tail.is_empty() || self.model.is_some() {
            self.write().await?;
        }
        let Subject { run, user, answer } = self.subject;
        let now = self.parts.clock.now();
        let mut transaction = self.parts.db.begin().await?;
        let to = self.next_seq(1);
        let advance = store::log::Advance { run, user, from: self.seq, to, model: None, now };
        if store::log::advance(&mut transaction, &advance).await?.is_none() {
            return Err(ChatError::Lost);
        }
        close(&mut transaction, &Closing { run, user, answer, seq: to, text: &self.text, ending, now }).await?;
        let failed = matches!(ending.state, RunState::Failed | RunState::Interrupted);
        self.parts.billing.settle(&mut transaction, run, &self.meter.read_off(), failed).await?;
        self.parts.bus.notify(&mut transaction, Topic::RunOutput, &run.to_string()).await?;
        transaction.commit().await?;
        self.seq = to;
        Ok(())
    }
}

/// What settling writes.
pub(super) struct Closing<'a> {
    pub run: RunId,
    pub user: UserId,
    pub answer: MessageId,
    /// The number of the last event.
    pub seq: i32,
    pub text: &'a str,
    pub ending: &'a Ending,
    pub now: time::OffsetDateTime,
}

/// Appends the last event and writes the end into the run and the answer.
pub(super) async fn close(connection: &mut sqlx::PgConnection, closing: &Closing<'_>) -> Result<(), ChatError> {
    let Closing { run, user, answer, seq, text, ending, now } = *closing;
    let sentence = ending.error.as_ref().map(|(_, sentence)| sentence.as_str());
    let payload = json!({ "state": ending.state.as_str(), "error": sentence });
    store::log::append(connection, run, user, seq, &["settled".to_owned()], &[payload], now).await?;
    store::log::materialise(connection, user, answer, text).await?;
    let settling = store::log::Settling {
        run,
        user,
        state: ending.state.as_str(),
        error_code: ending.error.as_ref().map(|(code, _)| *code),
        error_message: sentence,
        now,
    };
    store::log::settle(connection, &settling).await?;
    store::log::forget_unkept(connection, user, run).await?;
    Ok(())
}

/// What the log keeps of a card in the clear: no title, channel or name that was read.
fn public(card: &ToolCard, before: u32) -> Value {
    json!({
        "call_id": card.call_id,
        "service": card.service,
        "service_name": card.service_name,
        "title": card.title,
        "state": card.state,
        "error": card.error,
        "before": before,
        "alone": card.alone,
    })
}
