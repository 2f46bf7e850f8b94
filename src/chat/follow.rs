//! Follows a run's log, from any number on, to its end.
//!
//! A follower of a run that this process writes hears from its sheet what is logged, and text before it is. Any other
//! reads the log from the database and then waits for the bus; it holds no connection while it waits. At most every 400 ms, and at the end, the whole answer so far follows as rendered HTML:
//! rendering needs the whole text, and a viewer who loses an HTML event loses nothing, because the next one replaces
//! it. HTML events carry no number, so that a resumed stream continues after the last logged event.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures::Stream;
use serde::Deserialize as _;
use tokio::{sync::watch, time::Instant};

use super::{
    error::ChatError,
    markdown,
    model::{CardState, RunEvent, RunState},
    reading,
    service::{Asker, Chat},
    sheet::{Sheet, Since},
    store,
    store::log::EventRow,
};
use crate::{
    kit::id::{ApprovalId, NeedId, RunId, UserId},
    platform::bus::{Topic, Word},
};

const RENDER_EVERY: Duration = Duration::from_millis(400);
const POLL_WITHOUT_BUS: Duration = Duration::from_secs(1);
const BATCH: i64 = 200;

/// One thing a follower hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Its number in the log; rendered text has none, nor has what is ahead of the log.
    pub seq: Option<i32>,
    /// The last number that is told with it.
    pub upto: i32,
    /// What it is.
    pub event: RunEvent,
}

struct Follower {
    chat: Chat,
    user: UserId,
    zone: String,
    run: RunId,
    after: i32,
    text: String,
    rendered: usize,
    rendered_at: Option<Instant>,
    /// What was told last as being ahead of the log.
    ahead: String,
    waiting: VecDeque<Followed>,
    output: Word,
    /// Where it is written in this process.
    here: Option<(Arc<Sheet>, watch::Receiver<bool>)>,
    over: bool,
}

impl Chat {
    /// Follows a run of theirs from after a number on. The stream ends after the event `settled`.
    ///
    /// # Errors
    /// When the run is not theirs.
    pub async fn follow(
        &self,
        user: UserId,
        run: RunId,
        after: i32,
    ) -> Result<impl Stream<Item = Followed> + Send + use<>, ChatError> {
        self.follow_in("UTC", user, run, after).await
    }

    /// The same, with the times of what it proposes in a zone.
    ///
    /// # Errors
    /// When the run is not theirs.
    pub async fn follow_in(
        &self,
        zone: &str,
        user: UserId,
        run: RunId,
        after: i32,
    ) -> Result<impl Stream<Item = Followed> + Send + use<>, ChatError> {
        // First the subscription, then the table: nothing falls between.
        let output = self.parts.bus.follow(Topic::RunOutput, &run.to_string());
        if store::runs::find(&self.parts.db, user, run).await?.is_none() {
            return Err(ChatError::NotFound("answer"));
        }
        let after = after.max(0);
        let text =
            if after == 0 { String::new() } else { store::log::text_until(&self.parts.db, user, run, after).await? };
        let follower = Follower {
            chat: self.clone(),
            user,
            zone: zone.to_owned(),
            run,
            after,
            rendered: text.len(),
            text,
            rendered_at: None,
            ahead: String::new(),
            waiting: VecDeque::new(),
            output,
            here: None,
            over: false,
        };
        Ok(futures::stream::unfold(follower, |mut follower| async move {
            let followed = follower.next().await?;
            Some((followed, follower))
        }))
    }
}

impl Follower {
    /// The next event; none after the last, and none when the log cannot be read: the viewer comes back by itself.
    async fn next(&mut self) -> Option<Followed> {
        loop {
            if let Some(followed) = self.waiting.pop_front() {
                return Some(followed);
            }
            if self.over {
                return None;
            }
            match Box::pin(self.read()).await {
                Ok(true) => {}
                Ok(false) => {
                    if let Some(html) = self.render_when_due() {
                        return Some(html);
                    }
                    self.wait().await?;
                }
                Err(error) => {
                    tracing::warn!(%error, "a log could not be followed");
                    return None;
                }
            }
        }
    }

    /// Reads on; whether there was anything.
    async fn read(&mut self) -> Result<bool, ChatError> {
        if let Some(Since { written: Some(rows), ahead }) = self.hear_here() {
            self.tell(rows).await?;
            if !self.over && ahead != self.ahead {
                self.ahead.clone_from(&ahead);
                self.waiting.push_back(Followed {
                    seq: None,
                    upto: self.after,
                    event: RunEvent::Ahead { text: ahead },
                });
            }
            return Ok(!self.waiting.is_empty());
        }
        let db = &self.chat.parts.db;
        let rows = store::log::after(db, self.user, self.run, self.after, BATCH).await?;
        if rows.is_empty() {
            return self.read_end().await;
        }
        self.tell(rows).await?;
        Ok(true)
    }

    /// What its sheet tells, where it is written here; none, once that is over.
    fn hear_here(&mut self) -> Option<Since> {
        if self.here.is_none() {
            self.here = self.chat.writer.live().find(self.user, self.run).map(|sheet| {
                let grown = sheet.follow();
                (sheet, grown)
            });
        }
        let (sheet, grown) = self.here.as_mut()?;
        if *grown.borrow_and_update() {
            return Some(sheet.since(self.after));
        }
        self.here = None;
        None
    }

    async fn tell(&mut self, rows: Vec<EventRow>) -> Result<(), ChatError> {
        for row in rows {
            self.after = row.seq;
            let seq = Some(row.seq);
            let Some(event) = self.event(row).await? else { continue };
            // Whoever waits sees all that was written.
            if event == RunEvent::Waiting {
                let html = self.rendered(markdown::render(&self.text));
                self.waiting.push_back(html);
            }
            if matches!(event, RunEvent::Settled { .. }) {
                self.end(Followed { seq, upto: self.after, event });
                break;
            }
            self.waiting.push_back(Followed { seq, upto: self.after, event });
        }
        Ok(())
    }

    /// A viewer who has heard everything and comes back after the end hears the end again.
    async fn read_end(&mut self) -> Result<bool, ChatError> {
        let Some(run) = store::runs::find(&self.chat.parts.db, self.user, self.run).await? else {
            self.over = true;
            return Ok(true);
        };
        let state = RunState::parse(&run.state);
        // Between the two queries the run may have settled: then its last event is still to be read.
        if state.is_open() || run.last_seq > self.after {
            return Ok(run.last_seq > self.after);
        }
        let event = RunEvent::Settled { state, error: run.error_message };
        self.end(Followed { seq: Some(run.last_seq), upto: run.last_seq, event });
        Ok(true)
    }

    fn end(&mut self, settled: Followed) {
        self.over = true;
        let html = self.rendered(markdown::render(&self.text));
        self.waiting.push_back(html);
        self.waiting.push_back(settled);
    }

    async fn event(&mut self, row: EventRow) -> Result<Option<RunEvent>, ChatError> {
        let text = |name: &str| row.payload[name].as_str().map(str::to_owned);
        Ok(match row.kind.as_str() {
            "text" => {
                let text = text("text").unwrap_or_default();
                self.text.push_str(&text);
                // A viewer drops as much of what it was told before.
                self.ahead = self.ahead.strip_prefix(&text).unwrap_or_default().to_owned();
                Some(RunEvent::Text { text })
            }
            "status" => Some(RunEvent::Status { text: text("text").unwrap_or_default() }),
            "tool_started" => reading::card(&row.payload).map(|(card, _)| RunEvent::ToolStarted { card }),
            "tool_finished" => match reading::card(&row.payload) {
                Some((mut card, before)) => {
                    if card.state == CardState::Done {
                        let db = &self.chat.parts.db;
                        let sealed = store::runs::result(db, self.user, self.run, &card.call_id).await?;
                        self.chat.fill(&mut card, before, self.user, sealed.as_ref());
                    }
                    Some(RunEvent::ToolFinished { card })
                }
                None => None,
            },
            "proposed" | "decided" => Box::pin(self.proposal(&row)).await?,
            "needed" | "met" => Box::pin(self.need(&row)).await?,
            "waiting" => Some(RunEvent::Waiting),
            "resumed" => Some(RunEvent::Resumed),
            "settled" => {
                let state = RunState::parse(row.payload["state"].as_str().unwrap_or_default());
                Some(RunEvent::Settled { state, error: text("error") })
            }
            _ => None,
        })
    }

    /// A proposal as it stands now; what became of one that is gone is not told.
    async fn proposal(&self, row: &EventRow) -> Result<Option<RunEvent>, ChatError> {
        let Ok(id) = ApprovalId::deserialize(&row.payload["approval"]) else { return Ok(None) };
        let asker = Asker { user: self.user, name: String::new(), zone: self.zone.clone() };
        let mut connection = self.chat.parts.db.acquire().await?;
        Ok(self.chat.cards(&mut connection, &asker, &[id]).await?.pop().map(|card| RunEvent::Proposal { card }))
    }

    /// What it needs, as it stands now; nothing where that is gone with its account.
    async fn need(&self, row: &EventRow) -> Result<Option<RunEvent>, ChatError> {
        let Ok(id) = NeedId::deserialize(&row.payload["need"]) else { return Ok(None) };
        let Some(need) = store::needs::find(&self.chat.parts.db, self.user, id).await? else { return Ok(None) };
        let asker = Asker { user: self.user, name: String::new(), zone: self.zone.clone() };
        Ok(self
            .chat
            .need_cards(&self.chat.parts.db, &asker, vec![need])
            .await?
            .pop()
            .map(|card| RunEvent::Need { card }))
    }

    fn render_when_due(&mut self) -> Option<Followed> {
        let due = self.rendered_at.is_none_or(|at| at.elapsed() >= RENDER_EVERY);
        (due && self.text.len() > self.rendered).then(|| self.rendered(markdown::render_unfinished(&self.text)))
    }

    fn rendered(&mut self, html: String) -> Followed {
        self.rendered = self.text.len();
        self.rendered_at = Some(Instant::now());
        Followed { seq: None, upto: self.after, event: RunEvent::Html { html } }
    }

    /// Waits until there may be more; none when the process shuts down.
    async fn wait(&mut self) -> Option<()> {
        let html_due = (self.text.len() > self.rendered).then(|| {
            Instant::now() + self.rendered_at.map_or(Duration::ZERO, |at| RENDER_EVERY.saturating_sub(at.elapsed()))
        });
        if let Some((_, grown)) = &mut self.here {
            // An error means that it is over, as what it says does.
            match html_due {
                Some(due) => drop(tokio::time::timeout_at(due, grown.changed()).await),
                None => drop(grown.changed().await),
            }
            return Some(());
        }
        let bus = self.chat.parts.bus.clone();
        let heard = self.output.next();
        tokio::pin!(heard);
        loop {
            let next_look = Instant::now() + POLL_WITHOUT_BUS;
            let limit = html_due.map_or(next_look, |due| due.min(next_look));
            if let Ok(heard) = tokio::time::timeout_at(limit, &mut heard).await {
                return heard;
            }
            // While the bus brings word nobody asks the database; should it fail while we wait, this notices.
            if html_due.is_some_and(|due| due <= Instant::now()) || !bus.is_connected() {
                return Some(());
            }
        }
    }
}
