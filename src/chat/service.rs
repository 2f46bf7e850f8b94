//! What one can do with conversations.

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    error::ChatError,
    log::{self, Closing, Ending},
    model::{INTERRUPTED, LONGEST_QUESTION, RunState, Sent},
    store,
    worker::{self, Job},
};
use crate::{
    identity::{Identity, session::Session},
    inference::Inference,
    integrations::Integrations,
    kit::id::{ConnectionId, ConversationId, MessageId, RunId, UserId},
    platform::{
        bus::{Bus, Topic},
        clock::Clock,
        crypto::Vault,
        db::{Constraint as _, Db},
        random::Random,
    },
    team::Teams,
};

/// A run that has shown no sign of life for so long has lost its process.
pub(super) const DEAD_AFTER: time::Duration = time::Duration::seconds(15);
/// How long readings are kept.
const KEEP_READINGS: time::Duration = time::Duration::days(30);
const TITLE_CHARACTERS: usize = 80;

/// What chat is made of.
#[derive(Clone)]
pub struct Parts {
    /// Tells a stream when its viewer is signed out.
    pub identity: Identity,
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Ids and keys.
    pub random: Random,
    /// Seals what was read.
    pub vault: Vault,
    /// Tells viewers that there is more.
    pub bus: Bus,
    /// Whose a new conversation is.
    pub teams: Teams,
    /// The model, or none.
    pub inference: Inference,
    /// The services.
    pub integrations: Integrations,
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Asker {
    /// The person.
    pub user: UserId,
    /// What to call them.
    pub name: String,
    /// IANA name of their time zone.
    pub zone: String,
}

impl From<&Session> for Asker {
    fn from(session: &Session) -> Self {
        Self { user: session.user, name: session.display_name.clone(), zone: session.time_zone.clone() }
    }
}

/// Conversations and the runs that answer in them.
#[derive(Clone)]
pub struct Chat {
    pub(super) parts: Parts,
    tasks: TaskTracker,
    closing: CancellationToken,
}

impl Chat {
    /// Over these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts, tasks: TaskTracker::new(), closing: CancellationToken::new() }
    }

    /// Asks a question, in a new conversation or in one of theirs, and starts the answer. The same key again gives
    /// what the first send made.
    ///
    /// # Errors
    /// When the question is empty or too long, the conversation is not theirs, or an answer is being written in it.
    pub async fn send(
        &self,
        asker: &Asker,
        conversation: Option<ConversationId>,
        text: &str,
        key: &str,
    ) -> Result<Sent, ChatError> {
        let text = question(text)?;
        if key.is_empty() || key.len() > 100 || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        {
            return Err(ChatError::BadKey);
        }
        let Parts { db, clock, random, teams, .. } = &self.parts;
        let user = asker.user;
        let mut transaction = db.begin().await?;
        store::conversations::lock_send(&mut transaction, user, key).await?;
        if let Some(sent) = store::conversations::sent(&mut transaction, user, key).await? {
            return Ok(sent);
        }
        let now = clock.now();
        let conversation = match conversation {
            Some(id) => {
                if !store::conversations::touch(&mut transaction, user, id, now).await? {
                    return Err(ChatError::NotFound("conversation"));
                }
                id
            }
            None => {
                let team = teams.personal(&mut transaction, user, now).await?;
                let id = random.id(now);
                store::conversations::insert(&mut transaction, id, team, user, &title(&text), now).await?;
                id
            }
        };
        let run =
            store::runs::NewRun { id: random.id(now), conversation, question: random.id(now), answer: random.id(now) };
        let message = |id: MessageId, author, content, key, at| store::conversations::NewMessage {
            id,
            conversation,
            author,
            content,
            key,
            at,
        };
        let asked = message(run.question, "person", &text, Some(key), now);
        store::conversations::insert_message(&mut transaction, user, &asked).await?;
        let answer = message(run.answer, "assistant", "", None, now);
        store::conversations::insert_message(&mut transaction, user, &answer).await?;
        store::runs::insert(&mut transaction, user, &run, now)
            .await
            .on_constraint("runs_one_at_a_time", || ChatError::Busy)?;
        transaction.commit().await?;
        let sent = Sent { conversation, run: run.id };
        self.start(Job {
            asker: asker.clone(),
            conversation,
            run: run.id,
            question: run.question,
            answer: run.answer,
            text,
        });
        Ok(sent)
    }

    fn start(&self, job: Job) {
        let task = worker::run(self.parts.clone(), job, self.closing.clone());
        self.tasks.spawn(task);
    }

    /// Asks a run of theirs to stop, whichever process writes it; stopping what has ended changes nothing.
    ///
    /// # Errors
    /// When the run is not theirs.
    pub async fn stop(&self, user: UserId, run: RunId) -> Result<ConversationId, ChatError> {
        let mut transaction = self.parts.db.begin().await?;
        let now = self.parts.clock.now();
        let Some((conversation, running)) = store::runs::request_stop(&mut transaction, user, run, now).await? else {
            return Err(ChatError::NotFound("answer"));
        };
        if running {
            self.parts.bus.notify(&mut transaction, Topic::RunStop, &run.to_string()).await?;
        }
        transaction.commit().await?;
        Ok(conversation)
    }

    /// Settles runs whose process died; how many there were.
    ///
    /// # Errors
    /// When the database fails; what was settled before stays so.
    pub async fn settle_abandoned(&self) -> Result<usize, ChatError> {
        let Parts { db, clock, bus, .. } = &self.parts;
        let now = clock.now();
        let mut transaction = db.begin().await?;
        let abandoned = store::system::abandoned(&mut transaction, now - DEAD_AFTER).await?;
        for run in &abandoned {
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
            bus.notify(&mut transaction, Topic::RunOutput, &run.id.to_string()).await?;
        }
        transaction.commit().await?;
        Ok(abandoned.len())
    }

    /// Removes what was read through a connection that is gone, and was to be forgotten with it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget_readings(&self, user: UserId, connection: ConnectionId) -> Result<u64, ChatError> {
        Ok(store::log::forget_results(&self.parts.db, user, connection).await?)
    }

    /// Removes readings that are older than we keep them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_old_readings(&self) -> Result<u64, ChatError> {
        let before = self.parts.clock.now() - KEEP_READINGS;
        Ok(store::system::remove_results(&self.parts.db, before).await?)
    }

    /// Ends all runs of this process as interrupted, and waits until their logs say so.
    pub async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// How a run ends that lost its process.
pub(super) fn interrupted() -> Ending {
    Ending { state: RunState::Interrupted, error: Some(("interrupted", INTERRUPTED.to_owned())) }
}

/// The question without what surrounds it, and without characters that no database takes.
fn question(text: &str) -> Result<String, ChatError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ChatError::Empty);
    }
    if text.len() > LONGEST_QUESTION * 4 || text.chars().count() > LONGEST_QUESTION {
        return Err(ChatError::TooLong);
    }
    Ok(text.replace("\r\n", "\n").replace('\0', ""))
}

/// How the question begins: its first line, cut at a word where it is long.
fn title(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("Question");
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= TITLE_CHARACTERS {
        return line;
    }
    let cut: String = line.chars().take(TITLE_CHARACTERS).collect();
    let end = cut.rfind(' ').filter(|&end| end > TITLE_CHARACTERS / 2).unwrap_or(cut.len());
    format!("{}…", &cut[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_how_the_question_begins() {
        assert_eq!(title("\n  What is\ton?  \nmore"), "What is on?");
        let long = title(&"word ".repeat(100));
        assert!(long.ends_with("word…") && long.chars().count() <= TITLE_CHARACTERS + 1, "{long}");
        assert!(title(&"é".repeat(500)).chars().count() <= TITLE_CHARACTERS + 1);
    }

    #[test]
    fn a_question_has_a_length() {
        assert!(matches!(question(" \n"), Err(ChatError::Empty)));
        assert!(question(&"é".repeat(LONGEST_QUESTION)).is_ok());
        assert!(matches!(question(&"é".repeat(LONGEST_QUESTION + 1)), Err(ChatError::TooLong)));
        assert!(matches!(question(&"x".repeat(1_000_000)), Err(ChatError::TooLong)));
    }
}
