//! Adds, removes and shows the accounts that are read.

use std::time::Duration as Wait;

use time::{Duration, OffsetDateTime};

use super::store::{self, NewSource, PlayRow, SourceRow};
use crate::{
    error::{AppError, ErrorKind},
    integrations::{Integrations, model::ConnectionView},
    kit::id::{ConnectionId, MusicSourceId, UserId},
    music::{
        Music,
        lastfm::{self, Lastfm},
        source::SourceKind,
        spotify::{self, Spotify},
        sync::{self, store::TopRow},
        trouble::Trouble,
    },
    platform::{clock::Clock, config::LastfmSettings, db::Db, http::Http, jobs::Jobs, random::Random, telemetry},
};

/// What was tried so lately is shown as it is, however often somebody looks.
const FRESH: Duration = Duration::minutes(10);
/// The same for somebody who insists.
const INSISTED: Duration = Duration::minutes(1);
/// How long a form waits to hear whether somebody has this name; else the background finds out.
const CHECKED_WITHIN: Wait = Wait::from_secs(5);
/// How many names of Last.fm a person may have read.
const MOST_NAMES: usize = 5;
/// How many lines each list shows.
const LINES: i32 = 10;

/// The accounts that are read.
#[derive(Clone)]
pub struct Sources {
    pub(in crate::music) db: Db,
    pub(in crate::music) clock: Clock,
    pub(in crate::music) random: Random,
    pub(in crate::music) jobs: Jobs,
    pub(in crate::music) integrations: Integrations,
    pub(in crate::music) music: Music,
    pub(in crate::music) lastfm: Lastfm,
    pub(in crate::music) spotify: Spotify,
}

/// What they are made of.
pub struct Parts<'a> {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub jobs: Jobs,
    pub http: Http,
    pub integrations: Integrations,
    pub music: Music,
    pub lastfm: &'a LastfmSettings,
}

/// What is shown of them.
pub(super) struct Shown {
    pub(super) sources: Vec<SourceRow>,
    pub(super) tops: Vec<TopRow>,
    pub(super) plays: Vec<PlayRow>,
    /// The person's Spotify accounts.
    pub(super) spotify: Vec<ConnectionView>,
    pub(super) lastfm: bool,
    pub(super) now: OffsetDateTime,
}

impl Sources {
    /// Over the given parts.
    #[must_use]
    pub fn new(parts: Parts<'_>) -> Self {
        let Parts { db, clock, random, jobs, http, integrations, music, lastfm } = parts;
        let lastfm = Lastfm::new(lastfm, http, db.clone(), clock.clone());
        let spotify = Spotify::new(integrations.clone());
        Self { db, clock, random, jobs, integrations, music, lastfm, spotify }
    }

    /// The way to Last.fm.
    #[must_use]
    pub fn lastfm(&self) -> &Lastfm {
        &self.lastfm
    }

    /// All of a person's sources as they are kept. What was not read lately is made due, which nobody waits for.
    pub(super) async fn shown(&self, user: UserId, periods: &[String]) -> Result<Shown, AppError> {
        let connections = self.integrations.connections(user).await?;
        let now = self.clock.now();
        self.look(user, None, FRESH).await.map_err(failed)?;
        let own = names_of(&connections);
        if !own.is_empty() {
            store::verify(&self.db, user, &own, now).await.map_err(failed)?;
        }
        Ok(Shown {
            sources: store::sources(&self.db, user).await.map_err(failed)?,
            tops: sync::store::tops(&self.db, user, periods, LINES).await.map_err(failed)?,
            plays: store::last_plays(&self.db, user, LINES.into()).await.map_err(failed)?,
            spotify: connections.into_iter().filter(|connection| connection.provider == spotify::SERVICE).collect(),
            lastfm: self.lastfm.is_set_up(),
            now,
        })
    }

    /// Reads what a Last.fm name plays from now on. A name that nobody has is refused; whether somebody has it is asked
    /// for some seconds only.
    ///
    /// # Errors
    /// When the name is none, or nothing can be read by it.
    pub async fn add_lastfm(&self, user: UserId, typed: &str) -> Result<MusicSourceId, AppError> {
        let typed = typed.trim();
        if !self.lastfm.is_set_up() {
            return Err(Trouble::NotSetUp.refusal(lastfm::NAME));
        }
        if !lastfm::is_name(typed) {
            return Err(AppError::new(
                ErrorKind::Unprocessable,
                "name_refused",
                "This is not a Last.fm name. It has letters, digits, hyphens and underscores, and no spaces.",
            )
            .on_field("name"));
        }
        let told = match tokio::time::timeout(CHECKED_WITHIN, self.lastfm.account(typed)).await {
            Ok(Ok(told)) => Some(told),
            Ok(Err(trouble @ (Trouble::NoSuchAccount | Trouble::Private | Trouble::KeyRefused))) => {
                return Err(trouble.refusal(lastfm::NAME).on_field("name"));
            }
            Ok(Err(trouble)) => {
                tracing::info!(code = trouble.code(), "a Last.fm name is checked later");
                None
            }
            Err(_) => None,
        };
        // As its owner writes it.
        let name = told.as_ref().map_or(typed, |told| told.name.as_str());
        let own = names_of(&self.integrations.connections(user).await?);
        let now = self.clock.now();
        let mut transaction = self.db.begin().await.map_err(failed)?;
        let names = store::lastfm_names(&mut transaction, user).await.map_err(failed)?;
        if names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Err(already());
        }
        if names.len() >= MOST_NAMES {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "too_many_sources",
                format!("{MOST_NAMES} names are read at most. Remove one first."),
            ));
        }
        let id = self.random.id(now);
        let verified_at = own.contains(&name.to_ascii_lowercase()).then_some(now);
        let kind = SourceKind::Lastfm.as_str();
        let new = NewSource { id, kind, account: name, connection: None, verified_at, now };
        store::insert(&mut transaction, user, &new).await.map_err(failed)?;
        self.begin(&mut transaction, user, id, now).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        if let Some(told) = told {
            sync::store::keep_account(&self.db, user, id, &told, now).await.map_err(failed)?;
        }
        Ok(id)
    }

    /// Reads what a connected Spotify account plays from now on.
    ///
    /// # Errors
    /// When there is no such connection of theirs.
    pub async fn read_spotify(&self, user: UserId, connection: ConnectionId) -> Result<MusicSourceId, AppError> {
        let through = self.integrations.through(user, connection).await.map_err(failed)?;
        let through = through.filter(|through| through.provider == spotify::SERVICE);
        let through = through.ok_or_else(|| AppError::not_found("connection"))?;
        let now = self.clock.now();
        let id = self.random.id(now);
        let new = NewSource {
            id,
            kind: SourceKind::Spotify.as_str(),
            account: &through.account_id,
            connection: Some(connection),
            verified_at: Some(now),
            now,
        };
        let mut transaction = self.db.begin().await.map_err(failed)?;
        if !store::insert(&mut transaction, user, &new).await.map_err(failed)? {
            return Err(already());
        }
        self.begin(&mut transaction, user, id, now).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(id)
    }

    /// Has a source read at once; true where it was not tried in the last minute.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn sync_now(&self, user: UserId, source: MusicSourceId) -> Result<bool, AppError> {
        self.look(user, Some(source), INSISTED).await.map_err(failed)
    }

    /// Removes a source and all that only it told.
    ///
    /// # Errors
    /// When it is not theirs.
    pub async fn remove(&self, user: UserId, source: MusicSourceId) -> Result<(), AppError> {
        Ok(self.music.remove_source(user, source).await?)
    }

    /// Makes due what was not tried for so long, however many look at once.
    async fn look(&self, user: UserId, one: Option<MusicSourceId>, fresh: Duration) -> Result<bool, sqlx::Error> {
        let now = self.clock.now();
        let mut transaction = self.db.begin().await?;
        let due = sync::store::make_due(&mut transaction, user, one, now, now - fresh).await?;
        for source in &due {
            self.enqueue(&mut transaction, *source).await?;
        }
        transaction.commit().await?;
        Ok(!due.is_empty())
    }

    async fn begin(
        &self,
        connection: &mut sqlx::PgConnection,
        user: UserId,
        source: MusicSourceId,
        now: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        sync::store::begin(connection, user, source, now).await?;
        self.enqueue(connection, source).await
    }
}

/// The Last.fm names that a person has signed in with there, in lower case.
fn names_of(connections: &[ConnectionView]) -> Vec<String> {
    let own = connections.iter().filter(|connection| connection.provider == lastfm::SERVICE);
    own.map(|connection| connection.account_label.to_ascii_lowercase()).collect()
}

fn already() -> AppError {
    AppError::new(ErrorKind::Conflict, "source_there", "This account is read already; it stands below.")
}

fn failed(error: sqlx::Error) -> AppError {
    telemetry::report(&error, "music sources");
    AppError::internal()
}
