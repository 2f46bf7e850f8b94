//! Reads accounts of music services in the background, each by its own row: how far it is read, and when it is next.
//!
//! Whoever takes a row has it for some minutes (`store`), reads a handful of answers (`lastfm`, `spotify`), keeps them,
//! and says when the row is due again: at once while there is more, at an interval when all is read, later and later
//! where the service is away, and no sooner than the service asks. No page waits for any of this.

mod lastfm;
mod spotify;
pub mod store;

use std::time::Duration as Every;

use serde_json::json;
use time::{Duration, OffsetDateTime};
use tokio::task::JoinSet;

use super::{
    genres::Genres,
    heard::{Heard, Name},
    moment::Moment,
    source::SourceKind,
    sources::Sources,
    told::{Subject, ToldPlay},
    trouble::Trouble,
};
use crate::{
    kit::id::MusicSourceId,
    platform::{
        jobs::{JobFailed, JobTable, JobsError},
        telemetry,
    },
};
use store::{Due, Settled};

/// One source is read.
pub const TASK: &str = "music_sync";
const SWEEP: Every = Every::from_secs(20);
/// Whoever takes a source has it for so long.
const IN_HAND: Duration = Duration::minutes(5);
const AT_ONCE: i64 = 16;
/// The next sweep goes on from here.
const LONGEST: Duration = Duration::seconds(50);
/// Lists of the most played, and what is said of the account, are read anew once a day.
const LISTS_LAST: Duration = Duration::hours(20);
/// A service that is away is asked again after a minute, then two, then four …
const FIRST_REST: Duration = Duration::minutes(1);
const LONGEST_REST: Duration = Duration::hours(6);

/// How often each kind is read. Spotify remembers fifty plays, and counts those of thirty seconds: 25 minutes.
fn every(kind: SourceKind) -> Duration {
    if kind == SourceKind::Spotify { Duration::minutes(20) } else { Duration::minutes(40) }
}

/// The name that people know the service of a kind by.
#[must_use]
pub fn service(kind: SourceKind) -> &'static str {
    if kind == SourceKind::Spotify { super::spotify::NAME } else { super::lastfm::NAME }
}

/// Adds the work to the table.
#[must_use]
pub fn register(table: JobTable, sources: &Sources) -> JobTable {
    let (one, all) = (sources.clone(), sources.clone());
    table
        .on(TASK, move |payload| {
            let sources = one.clone();
            async move {
                let id = payload["source"].as_str().and_then(|id| id.parse().ok());
                let id = id.ok_or_else(|| JobFailed::for_good("no source is named"))?;
                Ok(sources.sync_one(id).await?)
            }
        })
        .every(SWEEP, "read_music_sources", move || {
            let sources = all.clone();
            async move { Ok(sources.sync_due().await?) }
        })
}

impl Sources {
    /// Reads one source, if it is due.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn sync_one(&self, source: MusicSourceId) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        for due in store::claim(&self.db, Some(source), now, now + IN_HAND, 1).await? {
            self.sync(due).await?;
        }
        Ok(())
    }

    /// Reads all sources that are due.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn sync_due(&self) -> Result<(), sqlx::Error> {
        let began = self.clock.now();
        loop {
            let now = self.clock.now();
            let due = store::claim(&self.db, None, now, now + IN_HAND, AT_ONCE).await?;
            if due.is_empty() || now >= began + LONGEST {
                return Ok(());
            }
            let mut reading = JoinSet::new();
            for due in due {
                let sources = self.clone();
                reading.spawn(async move { sources.sync(due).await });
            }
            while let Some(read) = reading.join_next().await {
                match read {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => telemetry::report(&error, "a music source could not be settled"),
                    Err(error) => telemetry::report(&error, "the reading of a music source was lost"),
                }
            }
        }
    }

    async fn sync(&self, due: Due) -> Result<(), sqlx::Error> {
        let read = match SourceKind::parse(&due.kind) {
            Some(SourceKind::Lastfm) => self.sync_lastfm(&due).await,
            Some(SourceKind::Spotify) => self.sync_spotify(&due).await,
            _ => Ok(false),
        };
        let now = self.clock.now();
        let kind = SourceKind::parse(&due.kind).unwrap_or(SourceKind::Lastfm);
        let mut transaction = self.db.begin().await?;
        let settled = match &read {
            Ok(more) => {
                // Each source at its own time, none later than its interval.
                let share = f64::from(self.random.below(1_000)) / 5_000.0;
                let next_at = if *more { now } else { now + every(kind) * (1.0 - share) };
                Settled { next_at, synced_at: Some(now), failures: 0, problem: None }
            }
            Err(trouble) => {
                if let Trouble::Database(error) = trouble {
                    telemetry::report(error, "a music source could not be read");
                }
                let failures = due.failures.saturating_add(1);
                let next_at = now + rest(trouble, failures);
                Settled { next_at, synced_at: None, failures, problem: Some(trouble.code()) }
            }
        };
        store::settle(&mut transaction, due.user, due.source, &settled).await?;
        match read {
            Ok(true) => self.enqueue(&mut transaction, due.source).await?,
            Ok(false) => {
                Genres::enqueue(self.jobs, &mut transaction, due.user).await.map_err(JobsError::into_database)?;
            }
            Err(_) => {}
        }
        transaction.commit().await
    }

    /// Has a source read as soon as somebody is free.
    pub(in crate::music) async fn enqueue(
        &self,
        connection: &mut sqlx::PgConnection,
        source: MusicSourceId,
    ) -> Result<(), sqlx::Error> {
        let id = source.to_string();
        let put = self.jobs.enqueue(connection, TASK, Some(&id), json!({"source": id})).await;
        put.map_err(JobsError::into_database)
    }
}

/// How long a source rests after it could not be read so often in a row.
fn rest(trouble: &Trouble, failures: i32) -> Duration {
    let growing = FIRST_REST * 2_i32.pow(failures.clamp(1, 9).unsigned_abs() - 1);
    let own = match trouble {
        // Nothing outside is asked for these; they end when the person has done something.
        Trouble::NeedsReconnect | Trouble::NotConnected => Duration::minutes(10),
        Trouble::NoSuchAccount | Trouble::Private | Trouble::KeyRefused | Trouble::NotAllowed(_) => LONGEST_REST,
        Trouble::NotSetUp => LONGEST_REST,
        Trouble::RateLimited { .. } | Trouble::QuotaUsedUp { .. } | Trouble::ThrottledLocally { .. } => Duration::ZERO,
        _ => growing.min(LONGEST_REST),
    };
    own.max(Duration::seconds(i64::from(trouble.retry_after().unwrap_or(1))))
}

/// As a play is kept; none where nobody is named.
fn heard(told: ToldPlay, moment: fn(OffsetDateTime) -> Moment) -> Option<Heard> {
    let ToldPlay { track, at } = told;
    let artist = Name { name: track.artists.into_iter().next()?, key: track.artist_key, ..Name::default() };
    let album =
        track.album.map(|name| Name { name, key: track.album_key, image_url: track.image_url, ..Name::default() });
    let named = Name { name: track.title, key: track.source_key, url: track.url, image_url: None };
    Some(Heard {
        artist,
        album,
        track: named,
        at: moment(at),
        milliseconds: None,
        duration_ms: track.duration_ms.and_then(|duration| duration.try_into().ok()),
        isrc: track.isrc,
    })
}

/// Which lists are to be read anew: those that are wanted, without those that were read lately.
fn stale<'a>(
    wanted: impl Iterator<Item = (Subject, &'a str)>,
    read: &[store::ListRead],
    now: OffsetDateTime,
) -> Vec<(Subject, &'a str)> {
    let lately = |subject: Subject, period: &str| {
        read.iter()
            .any(|list| list.subject == subject.as_str() && list.period == period && list.read_at > now - LISTS_LAST)
    };
    wanted.filter(|(subject, period)| !lately(*subject, period)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_and_are_never_shorter_than_asked() {
        let minutes = |count| rest(&Trouble::Unavailable, count).whole_minutes();
        assert_eq!([1, 2, 3, 9, 50].map(minutes), [1, 2, 4, 256, 256]);
        assert_eq!(rest(&Trouble::RateLimited { retry_after: 86_400 }, 1), Duration::days(1));
        assert_eq!(rest(&Trouble::ThrottledLocally { retry_after: 7 }, 4), Duration::seconds(7));
        assert_eq!(rest(&Trouble::NoSuchAccount, 1), LONGEST_REST);
        assert!(every(SourceKind::Spotify) <= Duration::minutes(25));
    }
}
