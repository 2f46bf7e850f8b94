//! What one can do with conversations: the parts that it takes, and how a run starts and stops.

mod attaching;
mod judging;
mod keeping;
mod naming;
mod searching;
mod send;
mod sharing;
mod tree;
mod upkeep;

pub(super) use attaching::unread;
pub use send::Place;

use std::sync::Arc;

use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use url::Url;

use super::{
    error::ChatError,
    log::Ending,
    model::{INTERRUPTED, RunState},
    store,
    worker::{self, Job},
    writer::Writer,
};
use crate::{
    account::files::UserFiles,
    billing::Billing,
    identity::{Identity, session::Session},
    inference::Inference,
    integrations::Integrations,
    kit::id::{ConversationId, RunId, UserId},
    platform::{
        audit,
        bus::{Bus, Topic},
        clock::Clock,
        crypto::Vault,
        db::Db,
        random::Random,
    },
    team::Teams,
};

/// A run that has shown no sign of life for so long has lost its process.
pub(super) const DEAD_AFTER: time::Duration = time::Duration::seconds(10);

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
    /// What a team may ask.
    pub billing: Billing,
    /// The model, or none.
    pub inference: Inference,
    /// The services.
    pub integrations: Integrations,
    /// The files that questions come with.
    pub files: UserFiles,
    /// Where the world finds us: links to conversations begin with it.
    pub public_url: Url,
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
    pub(super) tasks: TaskTracker,
    pub(super) writer: Writer,
    pub(super) closing: CancellationToken,
    /// Cancelled when nobody has this any more but those who watch for it.
    pub(super) forsaken: CancellationToken,
    _keeps: Option<Arc<DropGuard>>,
}

impl Chat {
    /// Over these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let writer = Writer::start(&parts.db, &parts.bus, &parts.clock);
        let forsaken = CancellationToken::new();
        let _keeps = Some(Arc::new(forsaken.clone().drop_guard()));
        Self { parts, tasks: TaskTracker::new(), writer, closing: CancellationToken::new(), forsaken, _keeps }
    }

    /// The same for a task that goes on for as long as somebody else has this.
    pub(super) fn watching(&self) -> Self {
        Self { _keeps: None, ..self.clone() }
    }

    /// Whether a model answers at the moment: there is one, and its budget of the day is not used up.
    pub(super) async fn has_model(&self) -> Result<bool, ChatError> {
        Ok(self.parts.inference.is_on() && self.parts.billing.has_model_budget().await?)
    }

    pub(super) fn start(&self, job: Job) {
        let task = worker::run(self.parts.clone(), self.writer.clone(), job, self.closing.clone());
        self.tasks.spawn(audit::witnessed(task));
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
        } else if let Some(waiting) = store::waits::of_run(&mut transaction, user, run).await? {
            self.end_waiting(&mut transaction, &waiting, &Ending::new(RunState::Stopped)).await?;
        }
        transaction.commit().await?;
        Ok(conversation)
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
