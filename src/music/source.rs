//! Where plays come from.

/// A kind of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// A Last.fm account that is read by its name.
    Lastfm,
    /// A connected Spotify account.
    Spotify,
    /// Files of Spotify's extended streaming history.
    SpotifyFile,
    /// Files of Spotify's account data, which tell the last year to the minute.
    SpotifyAccountFile,
    /// Files made from a Last.fm account.
    LastfmFile,
    /// Files that ListenBrainz exports.
    ListenbrainzFile,
}

impl SourceKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Lastfm,
        Self::Spotify,
        Self::SpotifyFile,
        Self::SpotifyAccountFile,
        Self::LastfmFile,
        Self::ListenbrainzFile,
    ];

    /// As the database has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lastfm => "lastfm",
            Self::Spotify => "spotify",
            Self::SpotifyFile => "spotify_file",
            Self::SpotifyAccountFile => "spotify_account_file",
            Self::LastfmFile => "lastfm_file",
            Self::ListenbrainzFile => "listenbrainz_file",
        }
    }

    /// The other way.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
