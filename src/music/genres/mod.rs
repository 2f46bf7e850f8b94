//! What kind of music somebody makes, as listeners tag them at Last.fm (`artist.getTopTags`), where anybody may.
//!
//! After a source was read, a job looks at the artists whom its person played most and whose tags nobody has read yet. It
//! asks for a handful, keeps what of their tags are genres (`tags`), and comes back while there are more. What was read
//! for one person serves all others, and goes with the people who play it. Artists whom only a source told of that
//! lets nothing be brought to other services (`policy`) are asked about nowhere.

mod store;
pub mod tags;

use serde_json::json;
use sqlx::PgConnection;
use time::Duration;

use super::{lastfm::Lastfm, policy, source::SourceKind, trouble::Trouble};
use crate::{
    kit::id::UserId,
    platform::{
        clock::Clock,
        db::Db,
        jobs::{JobFailed, JobTable, Jobs, JobsError},
    },
};

/// The genres of one person's artists are read.
const TASK: &str = "music_genres";
/// How many artists one turn asks about: others wait in the same line.
const AT_ONCE: i64 = 25;
/// Of how many of the artists whom somebody played most they are read.
const ARTISTS: i64 = 2_000;
/// What listeners say changes slowly.
const LASTS: Duration = Duration::days(365);

/// The genres of artists.
#[derive(Clone)]
pub struct Genres {
    db: Db,
    clock: Clock,
    lastfm: Lastfm,
    jobs: Jobs,
}

impl Genres {
    /// Read from Last.fm.
    #[must_use]
    pub fn new(db: Db, clock: Clock, lastfm: Lastfm, jobs: Jobs) -> Self {
        Self { db, clock, lastfm, jobs }
    }

    /// Reads some that are not known yet, those of the artists who were played most first; whether there are more.
    ///
    /// # Errors
    /// When Last.fm does not tell, or the database is away; what was read until then is kept.
    pub async fn read(&self, user: UserId) -> Result<bool, Trouble> {
        if !self.lastfm.is_set_up() {
            return Ok(false);
        }
        let before = self.clock.now() - LASTS;
        let told = SourceKind::ALL.into_iter().filter(|kind| policy::of(*kind).export);
        let kinds: Vec<String> = told.map(|kind| kind.as_str().to_owned()).collect();
        let mut connection = self.db.acquire().await?;
        store::take_over(&mut connection, user, before).await?;
        let unread = store::unread(&mut connection, user, before, &kinds, (ARTISTS, AT_ONCE)).await?;
        drop(connection);
        for artist in &unread {
            let genres = match self.lastfm.tags(&artist.name).await {
                Ok(tags) => tags::genres(&artist.key, &tags),
                Err(Trouble::NoSuchAccount) => Vec::new(),
                Err(trouble) => return Err(trouble),
            };
            store::keep(&mut *self.db.acquire().await?, &artist.key, &genres, self.clock.now()).await?;
        }
        Ok(unread.len() as i64 == AT_ONCE)
    }

    /// Has those of a person read as soon as somebody is free.
    pub(super) async fn enqueue(jobs: Jobs, connection: &mut PgConnection, user: UserId) -> Result<(), JobsError> {
        let id = user.to_string();
        jobs.enqueue(connection, TASK, Some(&id), json!({"user": id})).await
    }
}

/// Adds the work to the table.
#[must_use]
pub fn register(table: JobTable, genres: &Genres) -> JobTable {
    let genres = genres.clone();
    table.on(TASK, move |payload| {
        let genres = genres.clone();
        async move {
            let user = payload["user"].as_str().and_then(|id| id.parse().ok());
            let user = user.ok_or_else(|| JobFailed::for_good("nobody is named"))?;
            if genres.read(user).await? {
                Genres::enqueue(genres.jobs, &mut *genres.db.acquire().await?, user).await?;
            }
            Ok(())
        }
    })
}
