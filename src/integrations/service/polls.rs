//! Looks again and again at what changes while nobody looks. Each connection has a row for each kind of look, with a
//! cursor that says where the last one ended; a kind says how often it looks and what it does with what it sees.

use time::Duration;
use tokio::task::JoinSet;

use super::{Error, Integrations, refresh};
use crate::{
    integrations::store::{system, system::DuePoll},
    platform::telemetry,
};

/// Whoever takes a look up has it for so long.
const IN_HAND: Duration = Duration::minutes(5);
const AT_ONCE: i64 = 32;
/// The next sweep goes on from here.
const LONGEST: Duration = Duration::seconds(50);

/// The kinds of looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Whether the access still stands, and for what (`recheck`).
    Access,
}

impl Look {
    const ALL: [Self; 1] = [Self::Access];

    /// As it stands in the rows.
    fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
        }
    }

    /// The longest time between two looks. Withdrawn access is noticed within a day, with room for a service that is
    /// away for some hours.
    fn every(self) -> Duration {
        match self {
            Self::Access => Duration::hours(20),
        }
    }
}

/// How a look ended.
pub(super) enum Seen {
    /// Where the next one goes on.
    Until(Option<String>),
    /// Nothing was seen: the service is away, or asks to wait so many seconds.
    Nothing(Option<u32>),
}

impl Integrations {
    /// Takes all looks that are due; how many told something.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn look_around(&self) -> Result<u64, Error> {
        let began = self.clock.now();
        for look in Look::ALL {
            let spread = i32::try_from(look.every().whole_seconds()).unwrap_or(i32::MAX);
            system::plan_polls(&self.db, look.name(), began, spread).await?;
        }
        let mut told = 0;
        loop {
            let now = self.clock.now();
            if now >= began + LONGEST {
                return Ok(told);
            }
            let due = system::claim_polls(&self.db, now, now + IN_HAND, AT_ONCE).await?;
            if due.is_empty() {
                return Ok(told);
            }
            let mut looking = JoinSet::new();
            for poll in due {
                let service = self.clone();
                looking.spawn(async move { service.take_look(&poll).await });
            }
            while let Some(looked) = looking.join_next().await {
                match looked {
                    Ok(Ok(something)) => told += u64::from(something),
                    Ok(Err(error)) => telemetry::report(&error, "a look at a connection failed"),
                    Err(error) => telemetry::report(&error, "a look at a connection was lost"),
                }
            }
        }
    }

    async fn take_look(&self, poll: &DuePoll) -> Result<bool, Error> {
        let Some(look) = Look::ALL.into_iter().find(|look| look.name() == poll.kind) else { return Ok(false) };
        let seen = match look {
            Look::Access => self.recheck(poll.user, poll.connection, poll.cursor.as_deref()).await,
        };
        let now = self.clock.now();
        let every = look.every();
        match seen {
            Seen::Until(cursor) => {
                // Between three quarters and the whole of it, each connection at its own time.
                let due_at = now + every * (0.75 + refresh::share(poll.connection) / 4.0);
                system::settle_poll(&self.db, poll, cursor.as_deref(), 0, due_at, Some(now)).await?;
                Ok(true)
            }
            Seen::Nothing(wait) => {
                let failures = poll.failures.saturating_add(1);
                let rest = refresh::rest(failures.unsigned_abs(), self.random.below(1_000));
                let asked = Duration::seconds(i64::from(wait.unwrap_or(0)));
                let due_at = now + rest.max(asked).min(every);
                system::settle_poll(&self.db, poll, poll.cursor.as_deref(), failures, due_at, None).await?;
                Ok(false)
            }
        }
    }
}
