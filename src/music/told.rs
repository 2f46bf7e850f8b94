//! What music services tell, in one model, whichever service it is and however old its answer's shape.

use time::OffsetDateTime;

/// What a list of the most played is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    Artist,
    Album,
    Track,
}

impl Subject {
    pub const ALL: [Self; 3] = [Self::Artist, Self::Album, Self::Track];

    /// As it stands in the rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Artist => "artist",
            Self::Album => "album",
            Self::Track => "track",
        }
    }

    /// The heading over such a list.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Artist => "Top artists",
            Self::Album => "Top albums",
            Self::Track => "Top tracks",
        }
    }
}

/// The account, as its service describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToldAccount {
    pub name: String,
    pub plays: Option<i64>,
    pub country: Option<String>,
    pub registered_at: Option<OffsetDateTime>,
    pub url: Option<String>,
    pub image_url: Option<String>,
}

/// A line of a list of the most played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopEntry {
    /// Counted from one.
    pub rank: i32,
    pub name: String,
    /// Of albums and tracks.
    pub artist: Option<String>,
    pub album: Option<String>,
    /// None: the service tells the order alone.
    pub plays: Option<i64>,
    pub duration_ms: Option<i32>,
    pub source_key: Option<String>,
    pub url: Option<String>,
    pub image_url: Option<String>,
}

/// A track, as a service knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToldTrack {
    pub title: String,
    /// All of them, the first one first.
    pub artists: Vec<String>,
    pub album: Option<String>,
    pub released: Option<i16>,
    pub duration_ms: Option<i32>,
    pub isrc: Option<String>,
    pub source_key: Option<String>,
    pub artist_key: Option<String>,
    pub album_key: Option<String>,
    pub url: Option<String>,
    pub image_url: Option<String>,
}

/// That something was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldPlay {
    pub track: ToldTrack,
    pub at: OffsetDateTime,
}

/// A playlist with what is known of its tracks; what is no track is not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToldPlaylist {
    pub id: String,
    pub name: String,
    pub total: Option<i64>,
    pub tracks: Vec<ToldTrack>,
}
