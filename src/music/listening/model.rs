//! A period of somebody's listening, in words and numbers, as the page shows it.

use serde::{Deserialize, Serialize};

/// The periods that are one click away.
pub const PERIODS: [(&str, &str); 4] =
    [("4w", "4 weeks"), ("6m", "6 months"), ("12m", "12 months"), ("all", "All time")];

/// The whole page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListeningView {
    /// The period, as it is written in the address.
    pub period: String,
    /// Its days, in words.
    pub days: String,
    /// None: nothing was played in it.
    pub heard: Option<Heard>,
    /// Whether anything was ever played.
    pub any: bool,
    /// The years in which something was played, the newest first.
    pub years: Vec<i32>,
}

/// What was played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// A period in numbers: what is counted, and the count.
    pub figures: Vec<(String, String)>,
    /// How that compares with the period before.
    pub compared: Option<String>,
    /// Plays of each hour of each weekday, from Monday on.
    pub week: [[i64; 24]; 7],
    /// Plays of each day, where they are few enough to be seen one by one.
    pub calendar: Option<CalendarView>,
    /// Plays of days, weeks or months, one after the other.
    pub series: Vec<Step>,
    /// What a step is.
    pub step: String,
    /// Artists who were played most.
    pub artists: Vec<Line>,
    /// Albums.
    pub albums: Vec<Line>,
    /// Tracks.
    pub tracks: Vec<Line>,
    /// Genres.
    pub genres: Vec<Line>,
    /// Where these come from, and how much of what was played has one; empty: none is known.
    pub genres_from: String,
    /// Tracks that were played least.
    pub least: Vec<Line>,
    /// Plays by the decade in which the album came out.
    pub decades: Vec<(String, i64)>,
    /// The period in sentences.
    pub story: Vec<String>,
    /// The rest, as pairs of words.
    pub facts: Vec<(String, String)>,
}

/// Plays of days in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarView {
    /// Days between the Monday before and the first.
    pub starts: usize,
    /// Of each day.
    pub values: Vec<i64>,
    /// Where a month begins, and its name.
    pub months: Vec<(usize, String)>,
    /// The sum of each month.
    pub sums: Vec<(String, i64)>,
}

/// A day, a week or a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// In full.
    pub name: String,
    /// In short.
    pub short: String,
    /// Plays.
    pub plays: i64,
    /// Minutes, as far as sources say.
    pub minutes: i64,
}

/// A line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The artist's name, or the title.
    pub name: String,
    /// Of albums and tracks, the artist.
    pub of: String,
    /// Plays.
    pub plays: i64,
    /// How its place has changed, in words; empty: it has not, or it is not said.
    pub moved: String,
}
