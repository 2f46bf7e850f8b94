//! Begins, goes on with, and takes back exports for their persons.

use serde_json::json;

use super::{
    run::IN_HAND,
    store::{self, ExportRow, LeftRow, NewExport, PartRow},
};
use crate::{
    error::{AppError, ErrorKind},
    integrations::Integrations,
    kit::id::{ConnectionId, MusicExportId, MusicPlaylistId, UserId},
    music::{
        error::MusicError,
        playlist::store as playlists,
        spotify::{SERVICE, Spotify, playlists::SCOPES},
    },
    platform::{
        clock::Clock,
        db::Db,
        jobs::{Jobs, JobsError},
        random::Random,
        telemetry,
    },
};

/// The job that goes on with one.
pub(super) const TASK: &str = "export_playlist";
/// How many of a person's exports are under way at once.
const MOST_OPEN: i64 = 5;
const AT_ONCE: i64 = 100;
/// So many lines that did not go over are shown.
const LEFT: i64 = 200;

/// Playlists on their way to an account.
#[derive(Clone)]
pub struct Exports {
    pub(super) db: Db,
    pub(super) clock: Clock,
    random: Random,
    jobs: Jobs,
    pub(super) integrations: Integrations,
    pub(super) spotify: Spotify,
}

/// What they are made of.
pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub jobs: Jobs,
    pub integrations: Integrations,
}

/// What is shown of exports.
pub struct Shown {
    pub exports: Vec<ExportRow>,
    pub parts: Vec<PartRow>,
    pub left: Vec<LeftRow>,
}

impl Exports {
    /// Over the given parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { db, clock, random, jobs, integrations } = parts;
        let spotify = Spotify::new(integrations.clone());
        Self { db, clock, random, jobs, integrations, spotify }
    }

    /// Begins to export a playlist through a connection. One that is under way or made already is given again.
    ///
    /// # Errors
    /// When either is not theirs, the connection may not make playlists, or too many are under way.
    pub async fn begin(
        &self,
        user: UserId,
        playlist: MusicPlaylistId,
        connection: ConnectionId,
        public: bool,
    ) -> Result<MusicExportId, AppError> {
        self.may_begin(user, connection).await?;
        let now = self.clock.now();
        let id = self.random.id(now);
        let mut transaction = self.db.begin().await.map_err(failed)?;
        crate::music::store::lock(&mut transaction, user).await.map_err(failed)?;
        let known = playlists::exists(&mut transaction, user, playlist).await.map_err(failed)?;
        if !known {
            return Err(AppError::not_found("playlist"));
        }
        if let Some(standing) = store::standing(&mut transaction, user, playlist, connection).await.map_err(failed)? {
            return Ok(standing);
        }
        if store::count_open(&mut transaction, user).await.map_err(failed)? >= MOST_OPEN {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "too_many_exports",
                "Five exports are under way already. Begin this one when one of them is done.",
            ));
        }
        let new = NewExport { id, user, playlist, connection, public, now };
        store::insert(&mut transaction, &new).await.map_err(failed)?;
        store::insert_lines(&mut transaction, user, id, playlist).await.map_err(failed)?;
        self.enqueue(&mut transaction, id).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(id)
    }

    /// Whether playlists may be made through a connection.
    ///
    /// # Errors
    /// When it is not theirs, not of Spotify, or was not granted that.
    pub async fn may_begin(&self, user: UserId, connection: ConnectionId) -> Result<(), AppError> {
        let through = self.integrations.through(user, connection).await.map_err(failed)?;
        let through = through.filter(|through| through.provider == SERVICE);
        let through = through.ok_or_else(|| AppError::not_found("connection"))?;
        if !SCOPES.iter().all(|scope| through.scopes.iter().any(|granted| granted == scope)) {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "missing_scope",
                "Spotify was not asked yet whether Aura may make playlists there. Allow it on the playlist's page, then export again.",
            ));
        }
        Ok(())
    }

    /// Goes on at once: after its person has mended what stopped it, or with the lines that failed.
    ///
    /// # Errors
    /// When there is no such export of theirs that could go on.
    pub async fn go_on(&self, user: UserId, export: MusicExportId) -> Result<(), AppError> {
        let mut transaction = self.db.begin().await.map_err(failed)?;
        let from = ["waiting", "running", "stopped", "done"];
        self.wish(&mut transaction, user, export, &from, "waiting").await?;
        store::revive(&mut transaction, user, export).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    /// Takes one of the tracks that a line may mean.
    ///
    /// # Errors
    /// When it is none of those.
    pub async fn choose(&self, user: UserId, export: MusicExportId, place: i32, uri: &str) -> Result<(), AppError> {
        let mut transaction = self.db.begin().await.map_err(failed)?;
        if !store::choose(&mut transaction, user, export, place, uri).await.map_err(failed)? {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "choice_gone",
                "This line has nothing to choose any more. Look at the page again.",
            ));
        }
        self.wish(&mut transaction, user, export, &["waiting", "running", "stopped", "done"], "waiting").await?;
        transaction.commit().await.map_err(failed)
    }

    /// Removes from the account what an export has made there.
    ///
    /// # Errors
    /// When there is no such export of theirs.
    pub async fn undo(&self, user: UserId, export: MusicExportId) -> Result<(), AppError> {
        let mut transaction = self.db.begin().await.map_err(failed)?;
        let from = ["waiting", "running", "stopped", "done", "undoing"];
        self.wish(&mut transaction, user, export, &from, "undoing").await?;
        transaction.commit().await.map_err(failed)
    }

    async fn wish(
        &self,
        connection: &mut sqlx::PgConnection,
        user: UserId,
        export: MusicExportId,
        from: &[&str],
        to: &str,
    ) -> Result<(), AppError> {
        let wished = store::wish(connection, user, export, from, to, self.clock.now()).await.map_err(failed)?;
        if !wished {
            return Err(AppError::not_found("export"));
        }
        self.enqueue(connection, export).await.map_err(failed)
    }

    /// A person's exports of a playlist, or one export, with all that its page shows.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn shown(
        &self,
        user: UserId,
        playlist: Option<MusicPlaylistId>,
        one: Option<MusicExportId>,
    ) -> Result<Shown, AppError> {
        let exports = store::list(&self.db, user, playlist, one, 20).await.map_err(failed)?;
        let ids: Vec<MusicExportId> = exports.iter().map(|export| export.id).collect();
        let parts = store::parts(&self.db, user, &ids).await.map_err(failed)?;
        let left = store::left(&self.db, user, &ids, LEFT).await.map_err(failed)?;
        Ok(Shown { exports, parts, left })
    }

    /// Goes on with one export, if it is due.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn run_one(&self, export: MusicExportId) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        for due in store::claim(&self.db, Some(export), now, now + IN_HAND, 1).await? {
            Box::pin(self.turn(due)).await?;
        }
        Ok(())
    }

    /// Puts those into the queue whose time has come, among them those that nobody works on any more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn wake_due(&self) -> Result<(), sqlx::Error> {
        let mut transaction = self.db.begin().await?;
        for export in store::due(&mut transaction, self.clock.now(), AT_ONCE).await? {
            self.enqueue(&mut transaction, export).await?;
        }
        transaction.commit().await
    }

    pub(super) async fn enqueue(
        &self,
        connection: &mut sqlx::PgConnection,
        export: MusicExportId,
    ) -> Result<(), sqlx::Error> {
        let id = export.to_string();
        let put = self.jobs.enqueue(connection, TASK, Some(&id), json!({ "export": id })).await;
        put.map_err(|error| match error {
            JobsError::Database(error) => error,
            JobsError::Worker(text) => sqlx::Error::Protocol(text),
        })
    }

    pub(in crate::music) fn now(&self) -> time::OffsetDateTime {
        self.clock.now()
    }
}

fn failed(error: sqlx::Error) -> AppError {
    telemetry::report(&error, "music exports");
    MusicError::from(error).into()
}
