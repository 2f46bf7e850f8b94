//! Events between processes: an id on a named topic, by LISTEN/NOTIFY, on one dedicated connection a process.
//!
//! An event says only that something changed; whoever follows it reads the truth from the tables. So a lost event
//! costs a delay, never a wrong answer: after every gap subscribers hear `Resync` and read again.

mod one;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{PgConnection, postgres::PgListener};
use tokio::{sync::broadcast, task::AbortHandle};

use self::one::Singles;
pub use self::one::Word;

/// A payload of Postgres is shorter than 8,000 bytes (its manual, «NOTIFY»); ids that are told together share one.
const PAYLOAD: usize = 7_900;

/// What the events are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A run's log has grown; the id is the run's.
    RunOutput,
    /// Somebody asks a run to stop; the id is the run's.
    RunStop,
    /// A connection was made, changed or ended; the id is its user's.
    ConnectionChanged,
    /// A session ended; the id is the session's.
    SessionEnded,
    /// Somebody was told something, or has read it; the id is theirs.
    Notified,
    /// What a team may do has changed; the id is the team's.
    EntitlementChanged,
    /// A conversation was named; the id is its owner's.
    ConversationNamed,
    /// A change that was proposed stands otherwise than before, in an answer that is over; the id is its owner's, a colon
    /// and its own.
    ProposalChanged,
}

impl Topic {
    const ALL: [Self; 8] = [
        Self::RunOutput,
        Self::RunStop,
        Self::ConnectionChanged,
        Self::SessionEnded,
        Self::Notified,
        Self::EntitlementChanged,
        Self::ConversationNamed,
        Self::ProposalChanged,
    ];

    fn channel(self) -> &'static str {
        match self {
            Self::RunOutput => "aura_run_output",
            Self::RunStop => "aura_run_stop",
            Self::ConnectionChanged => "aura_connection_changed",
            Self::SessionEnded => "aura_session_ended",
            Self::Notified => "aura_notified",
            Self::EntitlementChanged => "aura_entitlement_changed",
            Self::ConversationNamed => "aura_conversation_named",
            Self::ProposalChanged => "aura_proposal_changed",
        }
    }
}

/// What a subscriber hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something happened to this id.
    Id(Arc<str>),
    /// Events may have been missed: read again whatever you follow.
    Resync,
}

/// One follower of one topic.
#[derive(Debug)]
pub struct Subscription(broadcast::Receiver<Event>);

impl Subscription {
    /// The next event; `None` once the process shuts down. A follower that was too slow hears `Resync`.
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.recv().await {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Event::Resync),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// Events between processes.
#[derive(Clone, Debug)]
pub struct Bus(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    followers: Arc<Followers>,
    connected: Arc<AtomicBool>,
    listening: AbortHandle,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

#[derive(Debug)]
struct Followers {
    of_all: [broadcast::Sender<Event>; 8],
    of_one: Arc<Singles>,
}

impl Followers {
    fn of(&self, topic: Topic) -> &broadcast::Sender<Event> {
        let [output, stop, connection, session, notified, entitlement, named, proposal] = &self.of_all;
        match topic {
            Topic::RunOutput => output,
            Topic::RunStop => stop,
            Topic::ConnectionChanged => connection,
            Topic::SessionEnded => session,
            Topic::Notified => notified,
            Topic::EntitlementChanged => entitlement,
            Topic::ConversationNamed => named,
            Topic::ProposalChanged => proposal,
        }
    }

    fn tell(&self, channel: &str, ids: &str) {
        let Some(topic) = Topic::ALL.into_iter().find(|topic| topic.channel() == channel) else { return };
        for id in ids.split(' ') {
            let id: Arc<str> = id.into();
            self.of_one.tell(topic, &id);
            // An error means only that nobody follows.
            let _ = self.of(topic).send(Event::Id(id));
        }
    }

    fn resync(&self) {
        self.of_one.tell_all();
        for sender in &self.of_all {
            let _ = sender.send(Event::Resync);
        }
    }
}

impl Bus {
    /// Connects and listens. The address must reach Postgres directly, not through a pooler.
    pub async fn connect(listen_url: &SecretString) -> Result<Self, sqlx::Error> {
        let listener = listen(listen_url).await?;
        let followers =
            Arc::new(Followers { of_all: std::array::from_fn(|_| broadcast::channel(1024).0), of_one: Arc::default() });
        let connected = Arc::new(AtomicBool::new(true));
        let task = tokio::spawn(follow(listener, listen_url.clone(), followers.clone(), connected.clone()));
        Ok(Self(Arc::new(Inner { followers, connected, listening: task.abort_handle() })))
    }

    /// Tells every process, once the caller's transaction commits.
    pub async fn notify(&self, connection: &mut PgConnection, topic: Topic, id: &str) -> Result<(), sqlx::Error> {
        sqlx::query("select pg_notify($1, $2)").bind(topic.channel()).bind(id).execute(connection).await?;
        Ok(())
    }

    /// The same of several ids at once.
    pub async fn notify_all(
        &self,
        connection: &mut PgConnection,
        topic: Topic,
        ids: &[String],
    ) -> Result<(), sqlx::Error> {
        let mut payloads: Vec<String> = Vec::new();
        for id in ids {
            match payloads.last_mut() {
                Some(last) if last.len() + 1 + id.len() <= PAYLOAD => {
                    last.push(' ');
                    last.push_str(id);
                }
                _ => payloads.push(id.clone()),
            }
        }
        if !payloads.is_empty() {
            let statement = "select pg_notify($1, payload) from unnest($2::text[]) as all_of (payload)";
            sqlx::query(statement).bind(topic.channel()).bind(payloads).execute(connection).await?;
        }
        Ok(())
    }

    /// Follows a topic from now on. Subscribe first, read the tables second: nothing falls between.
    #[must_use]
    pub fn subscribe(&self, topic: Topic) -> Subscription {
        Subscription(self.0.followers.of(topic).subscribe())
    }

    /// Follows one id of a topic, as `subscribe` does the topic: where many follow one id each.
    #[must_use]
    pub fn follow(&self, topic: Topic, id: &str) -> Word {
        self.0.followers.of_one.follow(topic, id)
    }

    /// Whether events arrive at present.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.0.connected.load(Ordering::Relaxed)
    }
}

async fn listen(url: &SecretString) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect(url.expose_secret()).await?;
    // A lost connection is reported at once, and this module decides when to try again.
    listener.eager_reconnect(false);
    listener.listen_all(Topic::ALL.map(Topic::channel)).await?;
    Ok(listener)
}

async fn follow(mut listener: PgListener, url: SecretString, followers: Arc<Followers>, connected: Arc<AtomicBool>) {
    loop {
        while let Ok(Some(notification)) = listener.try_recv().await {
            followers.tell(notification.channel(), notification.payload());
        }
        connected.store(false, Ordering::Relaxed);
        tracing::warn!("the connection for events between processes was lost");
        let mut pause = Duration::from_millis(100);
        listener = loop {
            tokio::time::sleep(pause).await;
            match listen(&url).await {
                Ok(listener) => break listener,
                Err(_) => pause = (pause * 2).min(Duration::from_secs(5)),
            }
        };
        connected.store(true, Ordering::Relaxed);
        tracing::info!("the connection for events between processes is back");
        followers.resync();
    }
}
