//! What may be told to a model.

use serde::{Deserialize, Serialize};

use super::model::Age;

/// What somebody played in the last twelve months, as far as its sources let it be told. It is kept with what was written
/// from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub plays: i64,
    /// As far as sources say how long plays were.
    pub hours: i64,
    pub artist_count: i64,
    pub track_count: i64,
    pub artists: Vec<Artist>,
    pub tracks: Vec<Track>,
    pub genres: Vec<Genre>,
    pub decades: Vec<Decade>,
    /// Where enough is known of release years.
    #[serde(default)]
    pub age: Option<Age>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artist {
    pub name: String,
    pub plays: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    pub title: String,
    pub artist: String,
    pub plays: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genre {
    pub name: String,
    pub plays: i64,
}

/// Plays of what came out in a decade, told by its first year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decade {
    pub decade: i16,
    pub plays: i64,
}
