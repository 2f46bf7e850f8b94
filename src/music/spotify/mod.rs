//! What Spotify tells through a person's connection, whichever app that was made with: this installation's or their own.
//!
//! Calls go out by `integrations`, which has the token; `shapes` takes the answers apart, in the shapes of before and
//! after the changes of 2026; `refusal` says what a refusal means.

pub mod playlists;
mod refusal;
pub mod shapes;

use serde_json::Value;
use time::OffsetDateTime;

use super::{
    told::{Subject, TopEntry},
    trouble::Trouble,
};
use crate::{
    integrations::{FetchError, Integrations},
    kit::id::{ConnectionId, UserId},
};
use shapes::RecentPage;

/// Its id in the catalogue.
pub const SERVICE: &str = "spotify";
/// As people know it.
pub const NAME: &str = "Spotify";
/// The spans over which Spotify counts, by its own names.
pub const PERIODS: [&str; 3] = ["short_term", "medium_term", "long_term"];
/// What it has lists of.
pub const SUBJECTS: [Subject; 2] = [Subject::Artist, Subject::Track];
/// The most that any list gives at once.
const MOST: &str = "50";

/// The way to Spotify.
#[derive(Clone)]
pub struct Spotify {
    integrations: Integrations,
}

impl Spotify {
    /// By the connections of people.
    #[must_use]
    pub fn new(integrations: Integrations) -> Self {
        Self { integrations }
    }

    /// `GET /me/top/artists`, `GET /me/top/tracks`
    ///
    /// # Errors
    /// When Spotify does not tell.
    pub async fn top(
        &self,
        user: UserId,
        connection: ConnectionId,
        subject: Subject,
        period: &str,
        now: OffsetDateTime,
    ) -> Result<Vec<TopEntry>, Trouble> {
        let path = if subject == Subject::Artist { "/me/top/artists" } else { "/me/top/tracks" };
        let query = [("time_range", period.to_owned()), ("limit", MOST.to_owned())];
        let answer = self.ask(user, connection, path, &query, now).await?;
        shapes::top(&answer, subject).ok_or(Trouble::Unreadable)
    }

    /// `GET /me/player/recently-played`: what came after a moment, as far as Spotify still knows.
    ///
    /// # Errors
    /// When Spotify does not tell.
    pub async fn recent(
        &self,
        user: UserId,
        connection: ConnectionId,
        after: &str,
        now: OffsetDateTime,
    ) -> Result<RecentPage, Trouble> {
        let mut query = vec![("limit", MOST.to_owned())];
        if !after.is_empty() {
            query.push(("after", after.to_owned()));
        }
        let answer = self.ask(user, connection, "/me/player/recently-played", &query, now).await?;
        shapes::recent(&answer).ok_or(Trouble::Unreadable)
    }

    async fn ask(
        &self,
        user: UserId,
        connection: ConnectionId,
        path: &str,
        query: &[(&str, String)],
        now: OffsetDateTime,
    ) -> Result<Value, Trouble> {
        let response = self.integrations.fetch(user, connection, path, query).await?;
        refusal::sorted(&response, now).inspect_err(|trouble| {
            tracing::warn!(
                service = SERVICE,
                path,
                status = response.status,
                code = trouble.code(),
                "a read was refused"
            );
        })
    }
}

impl From<FetchError> for Trouble {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::NotConnected => Self::NotConnected,
            FetchError::NeedsReauth => Self::NeedsReconnect,
            FetchError::Limited(retry_after) => Self::RateLimited { retry_after },
            FetchError::Away => Self::Unavailable,
            FetchError::ClientRefused => Self::KeyRefused,
            FetchError::Internal => Self::NotKept("no access token".to_owned()),
        }
    }
}
