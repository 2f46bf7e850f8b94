//! The one hand that writes the logs of all runs of this process: what they have to write is collected for a moment and
//! written in one transaction, so that the number of commits does not grow with the number of runs. Where a transaction
//! fails because of what one of them brings, each is written by itself, and only that one fails.

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::Instant};

use super::{
    error::ChatError,
    live::LiveRuns,
    log::Subject,
    sheet::{Leaf, Sheet},
    store::{batch, held},
};
use crate::platform::{
    bus::{Bus, Topic},
    clock::Clock,
    db::Db,
};

/// For how long is collected. Twenty of these are a second.
const WINDOW: Duration = Duration::from_millis(50);
/// The same where a database has much to do: viewers in this process are shown what waits, and a crash takes no more.
const WIDEST: Duration = Duration::from_millis(200);
/// For each moment of writing, so many of collecting.
const REST: u32 = 3;

/// The way to it; it ends when nobody can hand anything in any more.
#[derive(Clone)]
pub(super) struct Writer {
    line: mpsc::UnboundedSender<Arc<Sheet>>,
    live: LiveRuns,
}

struct Hand {
    db: Db,
    bus: Bus,
    clock: Clock,
}

impl Writer {
    pub(super) fn start(db: &Db, bus: &Bus, clock: &Clock) -> Self {
        // A run has one sheet and hands it in once until it has arrived, so this holds no more than there are runs.
        let (line, mut sheets) = mpsc::unbounded_channel();
        let hand = Hand { db: db.clone(), bus: bus.clone(), clock: clock.clone() };
        tokio::spawn(async move {
            let mut window = WINDOW;
            while let Some(first) = sheets.recv().await {
                let mut all: Vec<Arc<Sheet>> = vec![first];
                tokio::time::sleep(window).await;
                while let Ok(sheet) = sheets.try_recv() {
                    all.push(sheet);
                }
                let began = Instant::now();
                hand.write_all(&all).await;
                window = (began.elapsed() * REST).clamp(WINDOW, WIDEST);
            }
        });
        Self { line, live: LiveRuns::default() }
    }

    /// The runs that are written here.
    pub(super) fn live(&self) -> &LiveRuns {
        &self.live
    }

    pub(super) fn hand_in(&self, sheet: &Arc<Sheet>) {
        if self.line.send(sheet.clone()).is_err() {
            sheet.arrive(&sheet.take(), Err(unwritten("the process is ending")));
        }
    }
}

/// An error of one transaction, for each of those that it was for.
fn unwritten(why: impl ToString) -> ChatError {
    ChatError::Database(sqlx::Error::Io(std::io::Error::other(why.to_string())))
}

impl Hand {
    async fn write_all(&self, sheets: &[Arc<Sheet>]) {
        let leaves: Vec<Leaf> = sheets.iter().map(|sheet| sheet.take()).collect();
        match self.write(&leaves).await {
            Ok(outcomes) => {
                for ((sheet, leaf), outcome) in sheets.iter().zip(&leaves).zip(outcomes) {
                    sheet.arrive(leaf, outcome);
                }
            }
            // One of them may bring what the database does not take.
            Err(error) if leaves.len() > 1 && error.as_database_error().is_some() => {
                tracing::warn!(%error, runs = leaves.len(), "logs could not be written together, so each is by itself");
                for (sheet, leaf) in sheets.iter().zip(leaves) {
                    let outcome = match self.write(std::slice::from_ref(&leaf)).await {
                        Ok(mut outcomes) => outcomes.pop().unwrap_or(Err(ChatError::Lost)),
                        Err(error) => Err(ChatError::Database(error)),
                    };
                    sheet.arrive(&leaf, outcome);
                }
            }
            Err(error) => {
                for (sheet, leaf) in sheets.iter().zip(&leaves) {
                    sheet.arrive(leaf, Err(unwritten(&error)));
                }
            }
        }
    }

    /// Writes these, each from where its log stands; how each went.
    async fn write(&self, leaves: &[Leaf]) -> Result<Vec<Result<bool, ChatError>>, sqlx::Error> {
        let now = self.clock.now();
        let mut transaction = self.db.begin().await?;
        let moves: batch::Moves = leaves.iter().collect();
        let moved = batch::advance(&mut transaction, &moves, now).await?;
        let stop = |subject: &Subject| moved.iter().find(|(run, _)| *run == subject.run).map(|(_, stop)| *stop);
        let (taken, left): (Vec<&Leaf>, Vec<&Leaf>) = leaves.iter().partition(|leaf| stop(&leaf.subject).is_some());
        batch::append(&mut transaction, &taken, now).await?;
        batch::insert_results(&mut transaction, &taken, now).await?;
        batch::materialise(&mut transaction, &taken).await?;
        held::insert(&mut transaction, &taken).await?;
        let told: Vec<String> =
            taken.iter().filter(|leaf| !leaf.page.kinds.is_empty()).map(|leaf| leaf.subject.run.to_string()).collect();
        self.bus.notify_all(&mut transaction, Topic::RunOutput, &told).await?;
        let standing = if left.is_empty() { Vec::new() } else { batch::positions(&mut transaction, &moves).await? };
        transaction.commit().await?;
        let outcome = |leaf: &Leaf| match stop(&leaf.subject) {
            Some(stop) => Ok(stop),
            // Either the run was settled elsewhere, or an earlier write arrived although we never heard that it did.
            None if leaf.to() > leaf.from && standing.contains(&(leaf.subject.run, leaf.to())) => Ok(false),
            None => Err(ChatError::Lost),
        };
        Ok(leaves.iter().map(outcome).collect())
    }
}
