//! Why a playlist was not made.

use crate::{
    error::{AppError, ErrorKind},
    music::error::MusicError,
};

/// Everything that can go wrong with a playlist.
#[derive(Debug, thiserror::Error)]
pub enum PlaylistError {
    /// It has no name.
    #[error("a playlist without a name")]
    Nameless,
    /// No line could be read.
    #[error("a playlist without a line")]
    Empty,
    /// There are more lines than may be.
    #[error("a playlist that is too long")]
    TooLong,
    /// The file is larger than may be.
    #[error("a file that is too large")]
    TooLarge,
    /// The person has as many as may be.
    #[error("too many playlists")]
    TooMany,
    /// The file is of a kind that is not known, or broken at a line.
    #[error("a file that cannot be read: {0}")]
    Unreadable(String),
    /// What concerns all of music.
    #[error(transparent)]
    Music(#[from] MusicError),
}

impl From<sqlx::Error> for PlaylistError {
    fn from(error: sqlx::Error) -> Self {
        Self::Music(error.into())
    }
}

impl From<PlaylistError> for AppError {
    fn from(error: PlaylistError) -> Self {
        let said = |code: &'static str, words: &str| Self::new(ErrorKind::Unprocessable, code, words);
        match error {
            PlaylistError::Nameless => said("playlist_nameless", "Give the playlist a name.").on_field("name"),
            PlaylistError::Empty => said(
                "playlist_empty",
                "There is no track in this. Write one track in a line: the artist, a dash with spaces around it, and the title.",
            )
            .on_field("tracks"),
            PlaylistError::TooLong => {
                said("playlist_too_long", "A playlist may have 50,000 tracks. Make several of it.").on_field("tracks")
            }
            PlaylistError::TooLarge => {
                Self::new(ErrorKind::TooLarge, "playlist_too_large", "A playlist's file may have 16 MB. Make several of it.")
                    .on_field("file")
            }
            PlaylistError::TooMany => Self::new(
                ErrorKind::Conflict,
                "too_many_playlists",
                "You have 500 playlists already. Delete one that you need no more.",
            ),
            PlaylistError::Unreadable(why) => said(
                "playlist_unreadable",
                &format!("This file cannot be read as a playlist: {why}. CSV, JSON, JSPF, XSPF and M3U8 can be brought."),
            )
            .on_field("file"),
            PlaylistError::Music(error) => error.into(),
        }
    }
}
