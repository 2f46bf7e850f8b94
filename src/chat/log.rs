//! The one pen that writes a run's log. What it is given goes onto its sheet, which is handed in with those of all other
//! runs (`writer`): the events, the run's number and heartbeat, and the word to viewers elsewhere are one transaction.
//! Viewers in this process are shown the text before that, too, marked as what is not written yet.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    error::ChatError,
    held::HeldAnswer,
    live::Presence,
    meter::Meter,
    model::{RunState, ToolCard},
    service::Parts,
    sheet::{Sealed, Sheet},
    store,
    tools::result_place,
    waiting::{self, Park, TakenUp},
    writer::Writer,
};
use crate::{
    kit::id::{ApprovalId, ConnectionId, MessageId, RunId, ToolResultId, UserId},
    platform::bus::Topic,
};

/// How often a silent run shows that it lives.
const BEAT: Duration = Duration::from_secs(3);
/// The same while the bus is away, because a wish to stop is then read here.
pub(super) const BEAT_WITHOUT_BUS: Duration = Duration::from_millis(500);

/// What a run has to tell.
pub(super) enum Entry {
    /// Which model answers.
    Model(String),
    /// The model is asked, with about so many tokens to read.
    Asked(u64),
    /// What it took, as its operator counts.
    Took { read: u64, written: u64 },
    /// Its operator keeps what comes now.
    Held(Box<HeldAnswer>),
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

pub(super) struct RunLog {
    parts: Parts,
    subject: Subject,
    sheet: Arc<Sheet>,
    writer: Writer,
    meter: Meter,
    _presence: Presence,
}

impl RunLog {
    pub(super) fn new(parts: Parts, writer: Writer, subject: Subject) -> Self {
        Self::on(Sheet::new(subject, 0, ""), Meter::default(), parts, writer, subject)
    }

    /// Goes on where the run was put to wait.
    pub(super) fn taken_up(parts: Parts, writer: Writer, subject: Subject, from: &TakenUp) -> Self {
        let mut meter = Meter::default();
        meter.resume(from.turn.taken());
        Self::on(Sheet::new(subject, from.seq, &from.text), meter, parts, writer, subject)
    }

    fn on(sheet: Sheet, meter: Meter, parts: Parts, writer: Writer, subject: Subject) -> Self {
        let sheet = Arc::new(sheet);
        let presence = writer.live().enter(subject.run, &sheet);
        Self { parts, subject, sheet, writer, meter, _presence: presence }
    }

    pub(super) fn sheet(&self) -> Arc<Sheet> {
        self.sheet.clone()
    }

    /// Takes an entry. Of what it tells, text alone is shown before it is written.
    pub(super) fn push(&mut self, entry: Entry) -> Result<(), ChatError> {
        match entry {
            Entry::Model(name) => {
                self.meter.model(&name);
                self.sheet.model(name);
            }
            Entry::Asked(tokens) => self.meter.asked(tokens),
            Entry::Took { read, written } => self.meter.took(read, written),
            Entry::Text(text) => {
                self.meter.wrote(&text);
                self.sheet.text(&text);
            }
            Entry::Held(held) => {
                let (vault, Subject { run, user, .. }) = (&self.parts.vault, self.subject);
                let taken = self.meter.counted();
                self.sheet.hold(|before| held.seal(vault, (run, user), taken, before))?;
            }
            Entry::Status(text) => self.note("status", json!({ "text": text })),
            Entry::Started(card) => self.note("tool_started", public(&card, 0)),
            Entry::Finished(reading) => self.finished(*reading)?,
            Entry::Proposed(approval) => self.note("proposed", json!({ "approval": approval })),
            Entry::Decided(approval) => self.note("decided", json!({ "approval": approval })),
        }
        Ok(())
    }

    fn finished(&self, reading: Reading) -> Result<(), ChatError> {
        let mut sealed = None;
        if let Some(found) = &reading.found {
            let id = self.parts.random.id::<ToolResultId>(self.parts.clock.now());
            let place = result_place(id, self.subject.user, &reading.card.service);
            let text = self.parts.vault.seal(&place, found)?;
            let call_id = reading.card.call_id.clone();
            sealed = Some(Sealed { id, call_id, connection: reading.connection, text });
        }
        self.sheet.event("tool_finished", public(&reading.card, reading.before), sealed);
        Ok(())
    }

    fn note(&self, kind: &str, payload: Value) {
        self.sheet.event(kind, payload, None);
    }

    /// Hands in what waits, or a sign of life, where one of them is due and nothing is on its way.
    pub(super) fn hand_in_when_due(&self) {
        let beat = if self.parts.bus.is_connected() { BEAT } else { BEAT_WITHOUT_BUS };
        if self.sheet.hand_in(beat) {
            self.writer.hand_in(&self.sheet);
        }
    }

    /// Waits until everything has arrived. After an error everything still waits, and this can be tried again.
    async fn bring_the_rest(&self) -> Result<(), ChatError> {
        while self.sheet.is_away() || self.sheet.has_unwritten() {
            self.hand_in_when_due();
            self.sheet.arrival().await?;
        }
        Ok(())
    }

    /// Writes the rest, and puts the run to wait with what it proposes, in one transaction.
    pub(super) async fn park(&mut self, park: &Park) -> Result<(), ChatError> {
        self.bring_the_rest().await?;
        let (seq, text) = self.sheet.position();
        let Subject { run, user, answer } = self.subject;
        let now = self.parts.clock.now();
        let mut transaction = self.parts.db.begin().await?;
        let to = seq.saturating_add(i32::try_from(park.proposed.len() + park.needs.len() + 1).unwrap_or(i32::MAX));
        let advance = store::log::Advance { run, user, from: seq, to, model: None, now };
        if store::log::advance(&mut transaction, &advance).await?.is_none() {
            return Err(ChatError::Lost);
        }
        let mut turn = park.turn.clone();
        let taken = self.meter.read_off();
        turn.note(taken);
        let park = Park { reason: park.reason, turn, proposed: park.proposed.clone(), needs: park.needs.clone() };
        waiting::park(&self.parts, &mut transaction, self.subject, seq.saturating_add(1), &park, now).await?;
        store::log::materialise(&mut transaction, user, answer, &text).await?;
        self.parts.bus.notify(&mut transaction, Topic::RunOutput, &run.to_string()).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Writes the rest, and lets go of the run: another process goes on with it.
    pub(super) async fn let_go(&self) -> Result<(), ChatError> {
        self.bring_the_rest().await?;
        let (seq, _) = self.sheet.position();
        let Subject { run, user, .. } = self.subject;
        let mut connection = self.parts.db.acquire().await?;
        store::held::let_go(&mut connection, user, run, seq).await?;
        Ok(())
    }

    /// Writes the rest, the whole text and the end, in one transaction.
    pub(super) async fn settle(&mut self, ending: &Ending) -> Result<(), ChatError> {
        self.bring_the_rest().await?;
        let (seq, text) = self.sheet.position();
        let Subject { run, user, answer } = self.subject;
        let now = self.parts.clock.now();
        let mut transaction = self.parts.db.begin().await?;
        let to = seq.saturating_add(1);
        let advance = store::log::Advance { run, user, from: seq, to, model: None, now };
        if store::log::advance(&mut transaction, &advance).await?.is_none() {
            return Err(ChatError::Lost);
        }
        close(&mut transaction, &Closing { run, user, answer, seq: to, text: &text, ending, now }).await?;
        let failed = matches!(ending.state, RunState::Failed | RunState::Interrupted);
        self.parts.billing.settle(&mut transaction, run, &self.meter.read_off(), failed).await?;
        self.parts.bus.notify(&mut transaction, Topic::RunOutput, &run.to_string()).await?;
        transaction.commit().await?;
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
    store::held::remove(connection, user, run).await?;
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
