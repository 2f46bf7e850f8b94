//! What a row of a file says: a play, or why it is none. Fields that are not known are passed over, and those that are
//! missing or of another type make no row worse than it is.

use serde::Deserialize;
use serde_json::Value;
use time::{
    Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset, format_description::well_known::Rfc3339,
    macros::datetime,
};

use crate::music::{
    heard::{Heard, Name},
    moment::Moment,
    names::cleaned,
    source::SourceKind,
};

/// A play that was heard for less is none, as all these services count.
pub const SHORTEST: u32 = 30_000;

/// Why a row is no play. The first four are what these files have; the others are faults, which are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skipped {
    /// Under thirty seconds.
    TooShort,
    /// A podcast, a book, a film.
    NoMusic,
    /// It is played at the moment.
    Playing,
    /// A file of an archive that holds no rows at all.
    OtherFile,
    /// No name of a track or of an artist.
    NoName,
    /// No date, or one that cannot be.
    NoDate,
    /// It is a row, and nothing of it says that something was played.
    NoPlay,
    /// It cannot be read.
    Unreadable,
    /// Longer than a row can be.
    TooLong,
}

impl Skipped {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::TooShort,
        Self::NoMusic,
        Self::Playing,
        Self::OtherFile,
        Self::NoName,
        Self::NoDate,
        Self::NoPlay,
        Self::Unreadable,
        Self::TooLong,
    ];

    /// As the database has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::NoMusic => "no_music",
            Self::Playing => "playing",
            Self::OtherFile => "other_file",
            Self::NoName => "no_name",
            Self::NoDate => "no_date",
            Self::NoPlay => "no_play",
            Self::Unreadable => "unreadable",
            Self::TooLong => "too_long",
        }
    }

    /// As people read it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::TooShort => "heard for less than 30 seconds",
            Self::NoMusic => "no music (podcasts, books, films)",
            Self::Playing => "still playing when the file was made",
            Self::OtherFile => "other files of the archive",
            Self::NoName => "without a track or an artist",
            Self::NoDate => "without a date that can be",
            Self::NoPlay => "not about a play",
            Self::Unreadable => "not readable",
            Self::TooLong => "too long to be a row",
        }
    }

    /// Whether it is listed with its file and row.
    #[must_use]
    pub fn is_fault(self) -> bool {
        self >= Self::NoName
    }
}

/// All that the kinds of files call what we look for.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Any {
    // Spotify's extended history.
    ts: Option<Value>,
    ms_played: Option<Value>,
    master_metadata_track_name: Option<Value>,
    master_metadata_album_artist_name: Option<Value>,
    master_metadata_album_album_name: Option<Value>,
    spotify_track_uri: Option<Value>,
    episode_name: Option<Value>,
    audiobook_title: Option<Value>,
    spotify_episode_uri: Option<Value>,
    audiobook_uri: Option<Value>,
    // Spotify's account data.
    #[serde(rename = "endTime")]
    end_time: Option<Value>,
    #[serde(rename = "artistName")]
    artist_name: Option<Value>,
    #[serde(rename = "trackName")]
    track_name: Option<Value>,
    #[serde(rename = "podcastName")]
    podcast_name: Option<Value>,
    #[serde(rename = "msPlayed")]
    milliseconds: Option<Value>,
    // Last.fm.
    artist: Option<Value>,
    album: Option<Value>,
    name: Option<Value>,
    track: Option<Value>,
    date: Option<Value>,
    url: Option<Value>,
    #[serde(rename = "@attr")]
    attributes: Option<Value>,
    // ListenBrainz.
    listened_at: Option<Value>,
    track_metadata: Option<Value>,
}

type Read = Result<(SourceKind, Heard), Skipped>;

/// What an object says. Nothing can have been played after `latest`.
pub fn object(bytes: &[u8], latest: OffsetDateTime) -> Read {
    let any: Any = serde_json::from_slice(bytes).map_err(|_| Skipped::Unreadable)?;
    let (kind, heard) = if any.ts.is_some() {
        (SourceKind::SpotifyFile, history(&any)?)
    } else if any.end_time.is_some() {
        (SourceKind::SpotifyAccountFile, account(&any)?)
    } else if any.track_metadata.is_some() {
        (SourceKind::ListenbrainzFile, listen(&any)?)
    } else if any.artist.is_some() && (any.name.is_some() || any.track.is_some()) {
        (SourceKind::LastfmFile, scrobble(&any)?)
    } else {
        return Err(Skipped::NoPlay);
    };
    possible(heard, latest).map(|heard| (kind, heard))
}

fn possible(heard: Heard, latest: OffsetDateTime) -> Result<Heard, Skipped> {
    // None of these services is older; Last.fm has plays of 1970, of players whose clocks were not set.
    let earliest = datetime!(2002-01-01 0:00 UTC);
    if heard.at.at() < earliest || heard.at.at() > latest {
        return Err(Skipped::NoDate);
    }
    if heard.milliseconds.is_some_and(|long| long < SHORTEST) {
        return Err(Skipped::TooShort);
    }
    Ok(heard)
}

fn history(any: &Any) -> Result<Heard, Skipped> {
    let (track, artist) = (text(&any.master_metadata_track_name), text(&any.master_metadata_album_artist_name));
    let other = [&any.episode_name, &any.audiobook_title, &any.spotify_episode_uri, &any.audiobook_uri];
    if track.is_none() && other.iter().any(|field| text(field).is_some()) {
        return Err(Skipped::NoMusic);
    }
    let (Some(track), Some(artist)) = (track, artist) else { return Err(Skipped::NoName) };
    let at = any.ts.as_ref().and_then(moment).ok_or(Skipped::NoDate)?;
    let mut heard = Heard::new(&artist, &track, Moment::Ended(at));
    heard.milliseconds = any.ms_played.as_ref().and_then(number);
    heard.album = text(&any.master_metadata_album_album_name).map(Name::from);
    if let Some(uri) = text(&any.spotify_track_uri) {
        heard.track.url = uri
            .strip_prefix("spotify:track:")
            .filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            .map(|id| format!("https://open.spotify.com/track/{id}"));
        heard.track.key = Some(uri);
    }
    Ok(heard)
}

fn account(any: &Any) -> Result<Heard, Skipped> {
    if any.podcast_name.is_some() {
        return Err(Skipped::NoMusic);
    }
    let (Some(track), Some(artist)) = (text(&any.track_name), text(&any.artist_name)) else {
        return Err(Skipped::NoName);
    };
    let at = any.end_time.as_ref().and_then(moment).ok_or(Skipped::NoDate)?;
    let mut heard = Heard::new(&artist, &track, Moment::Ended(at));
    heard.milliseconds = any.milliseconds.as_ref().and_then(number);
    Ok(heard)
}

fn scrobble(any: &Any) -> Result<Heard, Skipped> {
    let playing = any.attributes.as_ref().and_then(|attributes| attributes.get("nowplaying")).is_some();
    if playing && any.date.is_none() {
        return Err(Skipped::Playing);
    }
    let (Some(track), Some(artist)) = (named(&any.name).or_else(|| named(&any.track)), named(&any.artist)) else {
        return Err(Skipped::NoName);
    };
    let at = any.date.as_ref().and_then(moment).ok_or(Skipped::NoDate)?;
    let mut heard = Heard::new(&artist, &track, Moment::Began(at));
    heard.album = named(&any.album).map(Name::from);
    // Last.fm calls a track by its address.
    if let Some(url) = text(&any.url).filter(|url| url.starts_with("https://www.last.fm/")) {
        heard.track.key = Some(url.clone());
        heard.track.url = Some(url);
    }
    Ok(heard)
}

fn listen(any: &Any) -> Result<Heard, Skipped> {
    let about = any.track_metadata.as_ref().ok_or(Skipped::NoPlay)?;
    let field = |name: &str| about.get(name).and_then(Value::as_str).and_then(cleaned);
    let (Some(track), Some(artist)) = (field("track_name"), field("artist_name")) else { return Err(Skipped::NoName) };
    let at = any.listened_at.as_ref().and_then(moment).ok_or(Skipped::NoDate)?;
    let mut heard = Heard::new(&artist, &track, Moment::Began(at));
    heard.album = field("release_name").map(Name::from);
    let more = |name: &str| about.get("additional_info").and_then(|more| more.get(name));
    let seconds = || more("duration").and_then(number).and_then(|seconds| seconds.checked_mul(1_000));
    heard.duration_ms = more("duration_ms").and_then(number).or_else(seconds);
    heard.isrc = more("isrc").and_then(Value::as_str).map(str::to_owned);
    heard.track.key = more("recording_mbid").and_then(Value::as_str).map(str::to_owned);
    Ok(heard)
}

/// Which columns of a file of values between commas say what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    artist: usize,
    album: Option<usize>,
    track: usize,
    date: usize,
}

impl Columns {
    /// By the first row: its names, or, where it is a play itself, artist, album, title and date. Whether it is a play.
    pub fn of(first: &[u8]) -> Option<(Self, bool)> {
        let fields = fields(first)?;
        let place = |names: &[&str]| {
            fields
                .iter()
                .position(|field| names.contains(&&*field.trim().trim_start_matches('\u{feff}').to_ascii_lowercase()))
        };
        let date = place(&["uts", "timestamp", "date", "utc_time", "time", "listened_at"]);
        if let (Some(artist), Some(track), Some(date)) =
            (place(&["artist", "artist_name"]), place(&["track", "title", "name", "track_name", "song"]), date)
        {
            return Some((Self { artist, album: place(&["album", "release_name"]), track, date }, false));
        }
        let by_place = Self { artist: 0, album: Some(1), track: 2, date: 3 };
        (fields.len() == 4 && written(&fields[3]).is_some()).then_some((by_place, true))
    }

    /// What a row says.
    pub fn row(self, bytes: &[u8], latest: OffsetDateTime) -> Read {
        let fields = fields(bytes).ok_or(Skipped::Unreadable)?;
        let field = |place: usize| fields.get(place).and_then(|field| cleaned(field));
        let (Some(track), Some(artist)) = (field(self.track), field(self.artist)) else { return Err(Skipped::NoName) };
        let at = field(self.date).and_then(|date| written(&date)).ok_or(Skipped::NoDate)?;
        let mut heard = Heard::new(&artist, &track, Moment::Began(at));
        heard.album = self.album.and_then(field).map(Name::from);
        possible(heard, latest).map(|heard| (SourceKind::LastfmFile, heard))
    }
}

fn fields(bytes: &[u8]) -> Option<Vec<String>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(1_024).from_reader(bytes);
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(str::to_owned).collect())
}

fn text(field: &Option<Value>) -> Option<String> {
    field.as_ref().and_then(Value::as_str).and_then(cleaned)
}

/// A name that is a text, or an object that holds one.
fn named(field: &Option<Value>) -> Option<String> {
    let field = field.as_ref()?;
    let inner = || field.get("#text").or_else(|| field.get("name")).and_then(Value::as_str);
    field.as_str().or_else(inner).and_then(cleaned)
}

/// A number that may be written as a text, or with a fraction.
fn number(value: &Value) -> Option<u32> {
    let whole = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    let whole = whole.or_else(|| format!("{:.0}", value.as_f64()?).parse().ok())?;
    u32::try_from(whole.max(0)).ok().or(Some(u32::MAX))
}

/// A moment, however it is written: seconds or milliseconds since 1970, or a date with a time in UTC.
fn moment(value: &Value) -> Option<OffsetDateTime> {
    match value {
        Value::Number(number) => since_1970(number.as_i64()?),
        Value::String(text) => written(text),
        // Last.fm's `{"uts": "1677005663", "#text": "21 Feb 2023, 18:54"}`.
        Value::Object(date) => date.get("uts").and_then(moment).or_else(|| date.get("#text").and_then(moment)),
        _ => None,
    }
}

fn since_1970(number: i64) -> Option<OffsetDateTime> {
    let seconds = if number > 100_000_000_000 { number / 1_000 } else { number };
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

fn written(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return since_1970(number);
    }
    if let Ok(exact) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some(exact.to_offset(UtcOffset::UTC));
    }
    let parts: Vec<&str> = text.split([' ', ',', 'T']).filter(|part| !part.is_empty()).collect();
    let (date, time) = match parts.as_slice() {
        [date, time] => (numbers(date, '-')?, *time),
        [day, month, year, time] => (vec![year.parse().ok()?, month_of(month)?, day.parse().ok()?], *time),
        _ => return None,
    };
    let [year, month, day] = date[..] else { return None };
    let time = numbers(time.trim_end_matches('Z'), ':')?;
    let (hour, minute, second) = match time[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let byte = |number: i32| u8::try_from(number).ok();
    let date = Date::from_calendar_date(year, Month::try_from(byte(month)?).ok()?, byte(day)?).ok()?;
    let time = Time::from_hms(byte(hour)?, byte(minute)?, byte(second)?).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_utc())
}

fn numbers(text: &str, between: char) -> Option<Vec<i32>> {
    text.split(between).map(|part| part.parse().ok()).collect()
}

fn month_of(name: &str) -> Option<i32> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let name = name.to_ascii_lowercase();
    let place = MONTHS.iter().position(|month| name.get(..3) == Some(*month))?;
    i32::try_from(place + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATEST: OffsetDateTime = datetime!(2026-03-12 12:00 UTC);

    #[test]
    fn a_moment_is_read_however_it_is_written() {
        let moment = datetime!(2023-02-21 18:54 UTC);
        for text in [
            "1677005640",
            "1677005640000",
            "2023-02-21T18:54:00Z",
            "2023-02-21T19:54:00+01:00",
            "2023-02-21 18:54",
            "2023-02-21 18:54:00",
            "21 Feb 2023 18:54",
            "21 Feb 2023, 18:54",
        ] {
            assert_eq!(written(text), Some(moment), "{text}");
        }
        for text in ["", "yesterday", "2023-02-30 10:00", "21 Foo 2023 18:54", "2023-02-21", "99999999999999999999"] {
            assert_eq!(written(text), None, "{text}");
        }
    }

    #[test]
    fn each_kind_is_known_by_what_is_in_it() {
        let at = datetime!(2023-02-21 18:54 UTC);
        for (row, kind, moment, milliseconds) in [
            (
                r#"{"ts":"2023-02-21T18:54:00Z","ms_played":30000,"master_metadata_track_name":"T","master_metadata_album_artist_name":"A","skipped":null}"#,
                SourceKind::SpotifyFile,
                Moment::Ended(at),
                Some(30_000),
            ),
            (
                r#"{"endTime":"2023-02-21 18:54","artistName":"A","trackName":"T","msPlayed":"200000"}"#,
                SourceKind::SpotifyAccountFile,
                Moment::Ended(at),
                Some(200_000),
            ),
            (
                r##"{"artist":{"#text":"A"},"name":"T","date":{"uts":"1677005640"},"mbid":""}"##,
                SourceKind::LastfmFile,
                Moment::Began(at),
                None,
            ),
            (
                r#"{"listened_at":1677005640,"track_metadata":{"artist_name":"A\u0000","track_name":"T"}}"#,
                SourceKind::ListenbrainzFile,
                Moment::Began(at),
                None,
            ),
        ] {
            let (read, heard) = object(row.as_bytes(), LATEST).unwrap();
            assert_eq!((read, heard.at, heard.milliseconds), (kind, moment, milliseconds), "{row}");
            assert_eq!((heard.artist.name.as_str(), heard.track.name.as_str()), ("A", "T"), "{row}");
        }
        let (columns, play) = Columns::of(b"A,B,T,21 Feb 2023 18:54").unwrap();
        assert!(play);
        assert_eq!(columns.row(b"A,B,T,21 Feb 2023 18:54", LATEST).unwrap().1.at, Moment::Began(at));
        let (columns, play) =
            Columns::of(b"uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid").unwrap();
        assert!(!play);
        let row = b"1677005640,\"21 Feb 2023, 18:54\",A,,\"B, C\",,T,";
        assert_eq!(columns.row(row, LATEST).unwrap().1.album.unwrap().name, "B, C");
        assert_eq!(Columns::of(b"some,other,file"), None);
    }

    #[test]
    fn a_row_that_is_no_play_says_why() {
        for (row, why) in [
            (
                r#"{"ts":"2023-02-21T18:54:00Z","ms_played":29999,"master_metadata_track_name":"T","master_metadata_album_artist_name":"A"}"#,
                Skipped::TooShort,
            ),
            (
                r#"{"ts":"2023-02-21T18:54:00Z","ms_played":1,"master_metadata_track_name":null,"episode_name":"E"}"#,
                Skipped::NoMusic,
            ),
            (r#"{"ts":"2023-02-21T18:54:00Z","ms_played":90000,"master_metadata_track_name":null}"#, Skipped::NoName),
            (
                r#"{"ts":"never","ms_played":90000,"master_metadata_track_name":"T","master_metadata_album_artist_name":"A"}"#,
                Skipped::NoDate,
            ),
            (r#"{"endTime":"2031-02-21 18:54","artistName":"A","trackName":"T","msPlayed":200000}"#, Skipped::NoDate),
            (r#"{"artist":"A","name":"T","date":{"uts":"0"}}"#, Skipped::NoDate),
            (r#"{"artist":"A","name":"T","@attr":{"nowplaying":"true"}}"#, Skipped::Playing),
            (r#"{"anything":"else"}"#, Skipped::NoPlay),
            (r#"{"a" 1}"#, Skipped::Unreadable),
        ] {
            assert_eq!(object(row.as_bytes(), LATEST), Err(why), "{row}");
        }
    }
}
