//! What becomes of conversations without anybody asking: of runs whose process died, of readings that are old, and of
//! the conversations of somebody who left a team.

use super::{Chat, DEAD_AFTER, Parts, interrupted};
use crate::{
    billing::Taken,
    chat::{
        error::ChatError,
        log::{self, Closing},
        store,
    },
    kit::id::{ConnectionId, TeamId, UserId},
    platform::bus::Topic,
};

/// For how many days readings are kept, where their person has said nothing else.
const KEEP_READINGS: i32 = 30;

impl Chat {
    /// Goes on with runs whose process died, where the answer is kept by the model's operator, and settles the others;
    /// how many there were.
    ///
    /// # Errors
    /// When the database fails; what was settled before stays so.
    pub async fn settle_abandoned(&self) -> Result<usize, ChatError> {
        let Parts { db, clock, bus, billing, .. } = &self.parts;
        let now = clock.now();
        let mut transaction = db.begin().await?;
        let abandoned = store::system::abandoned(&mut transaction, now - DEAD_AFTER).await?;
        let mut jobs = Vec::new();
        for run in &abandoned {
            if let Some(job) = self.take_over(&mut transaction, run, now).await? {
                jobs.push(job);
                continue;
            }
            let text = store::system::text(&mut transaction, run.id).await?;
            let ending = interrupted();
            let seq = run.last_seq.saturating_add(1);
            let advance =
                store::log::Advance { run: run.id, user: run.user, from: run.last_seq, to: seq, model: None, now };
            if store::log::advance(&mut transaction, &advance).await?.is_none() {
                continue;
            }
            let closing =
                Closing { run: run.id, user: run.user, answer: run.answer, seq, text: &text, ending: &ending, now };
            log::close(&mut transaction, &closing).await?;
            // What it took died with its process; an answer that was cut off counts for nothing.
            billing.settle(&mut transaction, run.id, &Taken::default(), true).await?;
            bus.notify(&mut transaction, Topic::RunOutput, &run.id.to_string()).await?;
        }
        transaction.commit().await?;
        jobs.into_iter().for_each(|job| self.start(job));
        Ok(abandoned.len())
    }

    /// Removes what was read through a connection that is gone, and was to be forgotten with it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget_readings(&self, user: UserId, connection: ConnectionId) -> Result<u64, ChatError> {
        Ok(store::log::forget_results(&self.parts.db, user, connection).await?)
    }

    /// Takes the conversations of somebody who is no longer in a team into their personal one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn take_home(&self, user: UserId, team: TeamId) -> Result<u64, ChatError> {
        let Parts { db, clock, teams, .. } = &self.parts;
        let mut transaction = db.begin().await?;
        // Who has left Aura meanwhile has taken all of them along.
        if !store::conversations::any_in(&mut transaction, user, team).await? {
            return Ok(0);
        }
        let now_in = teams.going_on(&mut transaction, user, team, clock.now()).await?;
        // They may have come back in the meantime.
        let moved = if now_in == team {
            0
        } else {
            store::conversations::take_home(&mut transaction, user, team, now_in).await?
        };
        transaction.commit().await?;
        Ok(moved)
    }

    /// Removes readings that are older than they are kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_old_readings(&self) -> Result<u64, ChatError> {
        Ok(store::system::remove_results(&self.parts.db, self.parts.clock.now(), KEEP_READINGS).await?)
    }
}
