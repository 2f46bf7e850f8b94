//! Makes, shows and deletes playlists.

use super::{
    error::PlaylistError,
    model::Line,
    store::{self, HeadRow, NewRow},
};
use crate::{
    kit::id::{MusicPlaylistId, UserId},
    music::{
        error::MusicError,
        names,
        statistics::{Statistics, model::End, period::Period},
    },
    platform::{clock::Clock, db::Db, random::Random},
};

/// The most lines of one.
pub const MOST_LINES: usize = 50_000;
/// The most playlists of a person.
const MOST: i64 = 500;
const LONGEST_NAME: usize = 100;
const LONGEST_DESCRIPTION: usize = 300;

/// The playlists of people.
#[derive(Clone)]
pub struct Playlists {
    db: Db,
    clock: Clock,
    random: Random,
    statistics: Statistics,
}

/// What they are made of.
pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub statistics: Statistics,
}

/// What is said of a playlist that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewPlaylist<'a> {
    pub name: &'a str,
    pub description: &'a str,
    /// Where it comes from, in words.
    pub origin: &'a str,
}

impl Playlists {
    /// Over the given parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { db, clock, random, statistics } = parts;
        Self { db, clock, random, statistics }
    }

    /// Makes one of these lines, in their order.
    ///
    /// # Errors
    /// When it has no name or no line, or there is no room.
    pub async fn make(
        &self,
        user: UserId,
        new: NewPlaylist<'_>,
        lines: Vec<Line>,
    ) -> Result<MusicPlaylistId, PlaylistError> {
        let name = names::cleaned(new.name).ok_or(PlaylistError::Nameless)?;
        let name: String = name.chars().take(LONGEST_NAME).collect();
        let described = names::cleaned(new.description).unwrap_or_default();
        let description: String = described.chars().take(LONGEST_DESCRIPTION).collect();
        if lines.len() > MOST_LINES {
            return Err(PlaylistError::TooLong);
        }
        let lines: Vec<Line> = lines.into_iter().filter_map(cleaned).collect();
        if lines.is_empty() {
            return Err(PlaylistError::Empty);
        }
        let now = self.clock.now();
        let id = self.random.id(now);
        let mut transaction = self.db.begin().await?;
        crate::music::store::lock(&mut transaction, user).await?;
        if store::count(&mut transaction, user).await? >= MOST {
            return Err(PlaylistError::TooMany);
        }
        let row = NewRow { id, name: name.trim(), description: description.trim(), origin: new.origin, now };
        store::insert(&mut transaction, user, &row, &lines).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Makes one of the tracks that a person played most in a period.
    ///
    /// # Errors
    /// When nothing was played then, or there is no room.
    pub async fn make_of_period(
        &self,
        user: UserId,
        name: &str,
        period: Period,
        zone: &str,
        most: u16,
    ) -> Result<MusicPlaylistId, PlaylistError> {
        let view = self.statistics.view(user, period, zone).await?;
        let ranked = self.statistics.tracks(&view, End::Most, most).await?;
        let ids: Vec<uuid::Uuid> = ranked.iter().map(|track| track.id).collect();
        let lines = store::tracks(&self.db, user, &ids).await?;
        let range = view.range;
        let description = format!("Played most from {} to {}", range.first, range.last);
        self.make(user, NewPlaylist { name, description: &description, origin: "your plays" }, lines).await
    }

    /// A person's playlists, the newest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn list(&self, user: UserId) -> Result<Vec<HeadRow>, PlaylistError> {
        Ok(store::list(&self.db, user, None, MOST).await?)
    }

    /// One of them, and so many of its lines.
    ///
    /// # Errors
    /// When there is no such playlist of theirs.
    pub async fn one(
        &self,
        user: UserId,
        id: MusicPlaylistId,
        most: usize,
    ) -> Result<(HeadRow, Vec<Line>), PlaylistError> {
        let head = store::list(&self.db, user, Some(id), 1).await?.pop();
        let head = head.ok_or(MusicError::NotFound("playlist"))?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        Ok((head, store::lines(&self.db, user, id, most).await?))
    }

    /// Deletes one, and what is known of its exports. What stands in accounts stays there.
    ///
    /// # Errors
    /// When there is no such playlist of theirs.
    pub async fn delete(&self, user: UserId, id: MusicPlaylistId) -> Result<(), PlaylistError> {
        let gone = store::delete(&self.db, user, id).await?;
        if gone { Ok(()) } else { Err(MusicError::NotFound("playlist").into()) }
    }

    pub(super) fn now(&self) -> time::OffsetDateTime {
        self.clock.now()
    }
}

/// A line without what no database keeps; none where nobody is named or nothing is.
fn cleaned(line: Line) -> Option<Line> {
    let artists: Vec<String> = line.artists.iter().filter_map(|artist| names::cleaned(artist)).take(20).collect();
    if artists.is_empty() {
        return None;
    }
    let isrc = line.isrc.map(|isrc| isrc.replace('-', "").trim().to_ascii_uppercase());
    let fits = |isrc: &String| isrc.len() == 12 && isrc.bytes().all(|byte| byte.is_ascii_alphanumeric());
    Some(Line {
        title: names::cleaned(&line.title)?,
        artists,
        album: line.album.as_deref().and_then(names::cleaned),
        duration_ms: line.duration_ms.filter(|duration| *duration > 0),
        isrc: isrc.filter(fits),
        source: names::cleaned(&line.source).unwrap_or_else(|| "other".to_owned()).chars().take(40).collect(),
    })
}
