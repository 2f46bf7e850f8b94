//! One turn of an export: as far as it goes before something has to wait.

mod compare;
mod seek;
mod undo;
mod write;

use time::{Duration, OffsetDateTime};

use super::{
    service::Exports,
    store::{self, Due, Settled},
};
use crate::{
    music::{
        spotify::{
            SERVICE,
            playlists::{Door, SCOPES},
        },
        sync::store as cooldowns,
        trouble::Trouble,
    },
    platform::telemetry,
};

/// Whoever takes an export has it for so long, and says again that they have it while they are at it.
pub(super) const IN_HAND: Duration = Duration::minutes(5);
const BEAT: Duration = Duration::seconds(30);
/// A turn ends after so long, so that others have theirs.
const LONGEST: Duration = Duration::minutes(2);
/// A service that is away is asked again after these seconds, then twice as many, then four times …
const FIRST_REST: Duration = Duration::seconds(5);
const LONGEST_REST: Duration = Duration::hours(1);

/// Why a turn ended before its export was done.
enum Halt {
    Trouble(Trouble),
    /// Only its person can change that; a code.
    Stop(&'static str),
    /// Somebody else has it, or something else is wanted of it.
    Lost,
    /// It has had its time.
    Later,
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::NeedsReconnect => Self::Stop("needs_reauth"),
            Trouble::NotConnected => Self::Stop("not_connected"),
            Trouble::NotAllowed(code) => Self::Stop(code),
            Trouble::KeyRefused => Self::Stop("provider_key_refused"),
            other => Self::Trouble(other),
        }
    }
}

impl From<sqlx::Error> for Halt {
    fn from(error: sqlx::Error) -> Self {
        Self::Trouble(error.into())
    }
}

/// Who is at it, and since when.
struct Turn<'a> {
    exports: &'a Exports,
    due: &'a Due,
    began: OffsetDateTime,
    beaten: OffsetDateTime,
    /// Whether anything came of it.
    progress: bool,
}

impl Exports {
    /// Goes on with one export and says how it stands then.
    pub(super) async fn turn(&self, due: Due) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        let mut turn = Turn { exports: self, due: &due, began: now, beaten: now, progress: false };
        let ended = Box::pin(turn.go()).await;
        let progress = turn.progress;
        let now = self.clock.now();
        let over = if due.state == "undoing" { "undone" } else { "done" };
        let failures = if progress { 1 } else { due.failures.saturating_add(1) };
        let goes_on = |problem, next_at, failures| Settled {
            state: if due.state == "undoing" { "undoing" } else { "running" },
            next_at,
            failures,
            problem,
            ended_at: None,
        };
        let settled = match ended {
            Ok(()) => Settled { state: over, next_at: now, failures: 0, problem: None, ended_at: Some(now) },
            Err(Halt::Lost) => return store::release(&self.db, &due).await,
            Err(Halt::Later) => goes_on(None, now, 0),
            Err(Halt::Stop(code)) => {
                Settled { state: "stopped", next_at: now, failures: 0, problem: Some(code), ended_at: Some(now) }
            }
            Err(Halt::Trouble(trouble)) => {
                if let Trouble::Database(error) = &trouble {
                    telemetry::report(error, "an export could not go on");
                }
                goes_on(Some(trouble.code()), now + rest(&trouble, failures), failures)
            }
        };
        let mut transaction = self.db.begin().await?;
        let ours = store::settle(&mut transaction, &due, &settled).await?;
        if ours && settled.ended_at.is_none() && settled.next_at <= now {
            self.enqueue(&mut transaction, due.id).await?;
        }
        transaction.commit().await?;
        if !ours {
            store::release(&self.db, &due).await?;
        }
        Ok(())
    }
}

impl Turn<'_> {
    async fn go(&mut self) -> Result<(), Halt> {
        let app = self.door_is_open().await?;
        let gone = self.go_through().await;
        if let Err(Halt::Trouble(trouble)) = &gone
            && trouble.is_of_the_app()
        {
            // Nobody else's app waits with it.
            let until = self.exports.clock.now() + Duration::seconds(trouble.retry_after().unwrap_or(1).into());
            cooldowns::cool_down(&self.exports.db, &app, until, trouble.code()).await?;
        }
        gone
    }

    /// Whether the app may ask at all, and the account is the one that was connected; the app's name.
    async fn door_is_open(&self) -> Result<String, Halt> {
        let Due { user, connection, .. } = *self.due;
        let through = self.exports.integrations.through(user, connection).await?.ok_or(Halt::Stop("not_connected"))?;
        if !SCOPES.iter().all(|scope| through.scopes.iter().any(|granted| granted == scope)) {
            return Err(Halt::Stop("missing_scope"));
        }
        let app = through.own_app.map_or_else(|| SERVICE.to_owned(), |own| format!("{SERVICE}:{own}"));
        let now = self.exports.clock.now();
        if let Some(rests) = cooldowns::cooldown(&self.exports.db, &app, now).await? {
            let retry_after = u32::try_from((rests.until - now).whole_seconds() + 1).unwrap_or(u32::MAX);
            let spent = Trouble::QuotaUsedUp { retry_after };
            let trouble = if rests.code == spent.code() { spent } else { Trouble::RateLimited { retry_after } };
            return Err(Halt::Trouble(trouble));
        }
        match self.exports.spotify.whose(self.door()).await {
            Ok(ids) if ids.contains(&through.account_id) => Ok(app),
            Ok(_) => Err(Halt::Stop("another_account")),
            Err(trouble) => {
                if trouble.is_of_the_app() {
                    let until = now + Duration::seconds(trouble.retry_after().unwrap_or(1).into());
                    cooldowns::cool_down(&self.exports.db, &app, until, trouble.code()).await?;
                }
                Err(trouble.into())
            }
        }
    }

    async fn go_through(&mut self) -> Result<(), Halt> {
        if self.due.state == "undoing" {
            return self.undo().await;
        }
        loop {
            self.seek().await?;
            self.write().await?;
            // A person may have chosen something meanwhile.
            if !self.is_more().await? {
                return Ok(());
            }
        }
    }

    fn door(&self) -> Door {
        let Due { user, connection, .. } = *self.due;
        Door { user, connection, now: self.exports.clock.now() }
    }

    /// Says that this turn goes on, before it asks or writes anything more.
    async fn beat(&mut self) -> Result<(), Halt> {
        let now = self.exports.clock.now();
        if now - self.began > LONGEST {
            return Err(Halt::Later);
        }
        self.beaten = now;
        let ours = store::beat(&self.exports.db, self.due, now + IN_HAND).await?;
        if ours { Ok(()) } else { Err(Halt::Lost) }
    }

    /// The same, if it was not said lately.
    async fn beat_sometimes(&mut self) -> Result<(), Halt> {
        if self.exports.clock.now() - self.beaten > BEAT { self.beat().await } else { Ok(()) }
    }
}

/// How long an export rests after so many turns without anything coming of them.
fn rest(trouble: &Trouble, failures: i32) -> Duration {
    if let Some(seconds) = trouble.retry_after() {
        return Duration::seconds(i64::from(seconds).max(1));
    }
    (FIRST_REST * 2_i32.pow(failures.clamp(1, 10).unsigned_abs() - 1)).min(LONGEST_REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_and_are_as_long_as_asked() {
        let seconds = |count| rest(&Trouble::Unavailable, count).whole_seconds();
        assert_eq!([1, 2, 3, 10, 50].map(seconds), [5, 10, 20, 2_560, 2_560]);
        assert_eq!(rest(&Trouble::QuotaUsedUp { retry_after: 86_400 }, 9), Duration::days(1));
    }
}
