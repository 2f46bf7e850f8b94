//! What Last.fm tells of whoever made an account there, by the name alone: five reads, with the installation's key.
//!
//! Every call takes a place in one line for all processes (`pace`). Answers are converted XML, which `shapes` takes
//! apart; a refusal is a code that may come with any status (`refusal`). Last.fm is known to answer now and then with
//! another person's data: such an answer is thrown away and asked for again.

mod pace;
mod refusal;
pub mod shapes;
mod store;

use std::time::Duration;

use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use time::OffsetDateTime;
use url::Url;

use super::{
    genres::tags::Tag,
    told::{Subject, ToldAccount, TopEntry},
    trouble::Trouble,
};
use crate::platform::{
    clock::Clock,
    config::LastfmSettings,
    db::Db,
    http::{Http, Request},
};
pub use pace::Pace;
use refusal::{Refusal, sorted};
use shapes::RecentPage;

/// <https://www.last.fm/api/intro>
const ADDRESS: &str = "https://ws.audioscrobbler.com/2.0/";
/// Under which its line is kept.
pub const SERVICE: &str = "lastfm";
/// As people know it.
pub const NAME: &str = "Last.fm";
/// The most that a page of plays may have.
pub const PAGE: u32 = 200;
/// The parameter that says whose account is asked about.
const USER: &str = "user";
/// How many lines of a list of the most played are read.
const TOP: u32 = 50;
/// How long the waits between tries are, where another may help.
const WAITS: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];
/// Pages of two hundred plays with four pictures each are larger than usual.
const LARGEST: usize = 4 * 1024 * 1024;

/// The spans over which Last.fm counts, by its own names; those that say most come first.
pub const PERIODS: [&str; 6] = ["overall", "1month", "12month", "7day", "3month", "6month"];

/// The longest that a name there is (<https://www.last.fm/join>).
const LONGEST_NAME: usize = 15;

/// Whether a text can be a name there: a letter, then letters, digits, `-` and `_`. Older accounts have longer ones.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    (2..=LONGEST_NAME * 2).contains(&text.len()) && text.chars().all(fits)
}

/// Which plays are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub from: Option<OffsetDateTime>,
    /// Pages stay what they are while new plays come.
    pub to: OffsetDateTime,
    /// Counted from one, the newest first.
    pub page: i32,
}

/// The way to Last.fm.
#[derive(Clone)]
pub struct Lastfm {
    http: Http,
    clock: Clock,
    key: Option<SecretString>,
    pace: Pace,
}

impl Lastfm {
    /// With the installation's key, where there is one.
    #[must_use]
    pub fn new(settings: &LastfmSettings, http: Http, db: Db, clock: Clock) -> Self {
        let pace = Pace::new(SERVICE, settings.burst, settings.patience, db, clock.clone());
        Self { http, clock, key: settings.key.clone(), pace }
    }

    /// Whether there is a key.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.key.is_some()
    }

    /// `user.getInfo`
    ///
    /// # Errors
    /// When nobody has this name, or Last.fm does not tell.
    pub async fn account(&self, name: &str) -> Result<ToldAccount, Trouble> {
        self.ask("user.getInfo", (USER, name), &[], shapes::account).await
    }

    /// `user.getTopArtists`, `user.getTopAlbums`, `user.getTopTracks`
    ///
    /// # Errors
    /// When Last.fm does not tell.
    pub async fn top(&self, name: &str, subject: Subject, period: &str) -> Result<Vec<TopEntry>, Trouble> {
        let method = match subject {
            Subject::Artist => "user.getTopArtists",
            Subject::Album => "user.getTopAlbums",
            Subject::Track => "user.getTopTracks",
        };
        let parameters = [("period", period.to_owned()), ("limit", TOP.to_string())];
        self.ask(method, (USER, name), &parameters, |answer| shapes::top(answer, subject)).await
    }

    /// `user.getRecentTracks`
    ///
    /// # Errors
    /// When Last.fm does not tell.
    pub async fn recent(&self, name: &str, stretch: Stretch) -> Result<RecentPage, Trouble> {
        let mut parameters = vec![
            ("limit", PAGE.to_string()),
            ("page", stretch.page.to_string()),
            ("to", stretch.to.unix_timestamp().to_string()),
        ];
        parameters.extend(stretch.from.map(|from| ("from", from.unix_timestamp().to_string())));
        self.ask("user.getRecentTracks", (USER, name), &parameters, shapes::recent).await
    }

    /// `artist.getTopTags`, with names that are misspelt put right.
    ///
    /// # Errors
    /// When nobody has this name, or Last.fm does not tell.
    pub async fn tags(&self, artist: &str) -> Result<Vec<Tag>, Trouble> {
        let parameters = [("autocorrect", "1".to_owned())];
        // Whose they are is not compared: a name that was put right is another one.
        let read = |answer: &Value| Some((artist.to_owned(), shapes::tags(answer)?));
        self.ask("artist.getTopTags", ("artist", artist), &parameters, read).await
    }

    /// Asks until there is an answer about this person or artist, as often as makes sense.
    async fn ask<T>(
        &self,
        method: &str,
        about: (&str, &str),
        parameters: &[(&str, String)],
        read: impl Fn(&Value) -> Option<(String, T)>,
    ) -> Result<T, Trouble> {
        let key = self.key.as_ref().ok_or(Trouble::NotSetUp)?;
        let (_, name) = about;
        let mut waits = WAITS.iter();
        loop {
            self.pace.turn().await?;
            let refusal = match self.send(key, method, about, parameters).await {
                Ok(answer) => match read(&answer) {
                    // Names are told apart without their case there.
                    Some((whose, told)) if whose.eq_ignore_ascii_case(name) => return Ok(told),
                    Some(_) => Refusal::Again(Trouble::SomebodyElse),
                    None => Refusal::Final(Trouble::Unreadable),
                },
                Err(refusal) => refusal,
            };
            match refusal {
                Refusal::Again(trouble) => {
                    tracing::warn!(service = SERVICE, method, code = trouble.code(), "a read is asked for again");
                    let Some(wait) = waits.next() else { return Err(trouble) };
                    tokio::time::sleep(*wait).await;
                }
                Refusal::Final(trouble) => {
                    tracing::warn!(service = SERVICE, method, code = trouble.code(), "a read was refused");
                    if let Trouble::RateLimited { retry_after } = &trouble {
                        self.pace.hold(*retry_after).await?;
                    }
                    return Err(trouble);
                }
            }
        }
    }

    async fn send(
        &self,
        key: &SecretString,
        method: &str,
        about: (&str, &str),
        parameters: &[(&str, String)],
    ) -> Result<Value, Refusal> {
        let mut url = Url::parse(ADDRESS).map_err(|_| Refusal::Final(Trouble::Unreadable))?;
        url.query_pairs_mut()
            .extend_pairs([("method", method), about, ("format", "json"), ("api_key", key.expose_secret())])
            .extend_pairs(parameters);
        let request = Request::new(Method::GET, url).limit(LARGEST);
        let response = self.http.send(request).await.map_err(|_| Refusal::Again(Trouble::Unavailable))?;
        sorted(&response, self.clock.now())
    }
}
