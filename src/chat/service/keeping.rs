//! What people do with their conversations: rename, pin, put away, delete.

use std::time::Duration;

use sqlx::PgConnection;

use super::{Chat, Parts};
use crate::{
    billing::Taken,
    chat::{error::ChatError, store},
    kit::id::{ApprovalId, ConversationId, RunId, UserId},
};

/// The longest name, in characters.
const LONGEST_TITLE: usize = 200;
/// For how long a run that was asked to stop is waited for.
const STOPS_WITHIN: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// The runs of a conversation and what they have proposed.
pub(super) struct Traces {
    runs: Vec<RunId>,
    proposals: Vec<(RunId, ApprovalId)>,
}

impl Chat {
    /// Gives a conversation of theirs another name.
    ///
    /// # Errors
    /// When the conversation is not theirs, or the name is empty or too long.
    pub async fn rename(&self, user: UserId, id: ConversationId, title: &str) -> Result<(), ChatError> {
        let title: String = title.split(|c: char| c.is_whitespace() || c.is_control()).collect::<Vec<_>>().join(" ");
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        if title.is_empty() || title.chars().count() > LONGEST_TITLE {
            return Err(ChatError::BadTitle);
        }
        found(store::conversations::rename(&self.parts.db, user, id, &title).await?)
    }

    /// Lets a conversation of theirs stand above the others, or no longer.
    ///
    /// # Errors
    /// When the conversation is not theirs.
    pub async fn pin(&self, user: UserId, id: ConversationId, on: bool) -> Result<(), ChatError> {
        let at = on.then(|| self.parts.clock.now());
        found(store::conversations::pin(&self.parts.db, user, id, at).await?)
    }

    /// Puts a conversation of theirs away, or takes it back among the others. It can be found and read as before.
    ///
    /// # Errors
    /// When the conversation is not theirs.
    pub async fn archive(&self, user: UserId, id: ConversationId, on: bool) -> Result<(), ChatError> {
        let at = on.then(|| self.parts.clock.now());
        found(store::conversations::archive(&self.parts.db, user, id, at).await?)
    }

    /// Removes a conversation of theirs for good: messages, logs, what was read for it, what was proposed, what was uploaded
    /// for it, links to it. An answer that is being written is stopped first, whichever process writes it.
    ///
    /// # Errors
    /// When the conversation is not theirs.
    pub async fn delete(&self, user: UserId, id: ConversationId) -> Result<(), ChatError> {
        let Parts { db, billing, .. } = &self.parts;
        let begun = tokio::time::Instant::now();
        let mut stopped = Vec::new();
        loop {
            let mut connection = db.acquire().await?;
            let under_way = store::runs::unsettled(&mut connection, user, id).await?;
            drop(connection);
            if under_way.is_empty() || begun.elapsed() > STOPS_WITHIN {
                break;
            }
            for run in under_way {
                if !stopped.contains(&run.id) {
                    self.stop(user, run.id).await?;
                    stopped.push(run.id);
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let mut transaction = db.begin().await?;
        if !store::conversations::lock(&mut transaction, user, id).await? {
            return Err(ChatError::NotFound("conversation"));
        }
        // Whose process died, or does not hear: it finds its log gone, and what was set aside for it is given back here.
        for run in store::runs::unsettled(&mut transaction, user, id).await? {
            billing.settle(&mut transaction, run.id, &Taken::default(), true).await?;
        }
        let before = self.traces(&mut transaction, user, id).await?;
        let files = self.files_in(&mut transaction, user, id).await?;
        store::conversations::delete(&mut transaction, user, id).await?;
        self.release_files(&mut transaction, user, &files).await?;
        self.forget_traces(&mut transaction, user, id, before).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// What a conversation has left elsewhere: its runs, and what they have proposed.
    pub(super) async fn traces(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        id: ConversationId,
    ) -> Result<Traces, ChatError> {
        let runs = store::runs::all_of(connection, user, id).await?;
        let proposals = store::waits::of_runs(connection, user, &runs).await?;
        Ok(Traces { runs, proposals })
    }

    /// Removes what was left elsewhere by the runs that were there before and are gone now.
    pub(super) async fn forget_traces(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        id: ConversationId,
        before: Traces,
    ) -> Result<(), ChatError> {
        let left = store::runs::all_of(connection, user, id).await?;
        let gone: Vec<RunId> = before.runs.into_iter().filter(|run| !left.contains(run)).collect();
        let proposals = before.proposals.into_iter().filter(|(run, _)| gone.contains(run));
        let proposals: Vec<ApprovalId> = proposals.map(|(_, approval)| approval).collect();
        self.parts.integrations.forget_conversation(connection, user, &gone, &proposals).await?;
        Ok(())
    }
}

fn found(is_theirs: bool) -> Result<(), ChatError> {
    is_theirs.then_some(()).ok_or(ChatError::NotFound("conversation"))
}
