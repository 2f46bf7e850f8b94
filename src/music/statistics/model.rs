//! What the statistics of a period say.

use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// From which end a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// What was played most comes first.
    Most,
    /// What was played least does.
    Least,
}

/// One line of a list of artists, albums or tracks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// Whose it is.
    pub id: Uuid,
    /// The artist's name, or the title.
    pub name: String,
    /// Of albums and tracks, the artist.
    pub of: Option<String>,
    /// How often.
    pub plays: i64,
    /// For how long, as far as sources say.
    pub milliseconds: i64,
}

/// A period in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// How often anything was played.
    pub plays: i64,
    /// For how long, as far as sources say.
    pub milliseconds: i64,
    /// How many different tracks.
    pub tracks: i64,
    /// How many different albums, as far as sources say.
    pub albums: i64,
    /// How many different artists.
    pub artists: i64,
    /// How many of them were played for the first time in one's life.
    pub new_artists: i64,
    /// As many artists, played equally often, would be as varied: e to the entropy of their shares (Hill, 1973).
    pub diversity: f64,
}

impl Figures {
    /// How many of a hundred artists were new.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub fn discovery(&self) -> f64 {
        if self.artists == 0 { 0.0 } else { self.new_artists as f64 * 100.0 / self.artists as f64 }
    }
}

/// One play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// When it began.
    pub at: OffsetDateTime,
    /// What was played.
    pub title: String,
    /// Whose it is.
    pub artist: String,
}

/// A day on which something was played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// How often.
    pub plays: i64,
    /// For how long, as far as sources say.
    pub milliseconds: i64,
}

/// Days on end with a play on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streak {
    /// The first.
    pub first: Date,
    /// The last.
    pub last: Date,
}

impl Streak {
    /// How many days.
    #[must_use]
    pub fn days(&self) -> i64 {
        (self.last - self.first).whole_days() + 1
    }
}

/// Listening without a pause of more than half an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// When it began.
    pub began: OffsetDateTime,
    /// When it ended, as far as sources say how long the last play was.
    pub ended: OffsetDateTime,
    /// Its plays.
    pub plays: i64,
}

/// How a place has changed since the period before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// So many places up; fewer than none: down.
    By(i64),
    /// There was none.
    New,
}
