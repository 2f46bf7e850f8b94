//! Plays that a source tells of become plays of a person, each once.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::Music;
use crate::{
    kit::id::{MusicAlbumId, MusicArtistId, MusicImportId, MusicPlayId, MusicSourceId, MusicTrackId, UserId},
    music::{
        error::MusicError,
        heard::{Heard, Name, Recorded},
        moment::{Moment, Told, pair},
        names::{cleaned, key, match_key},
        store::{
            self,
            names::{Albums, SourceNames, Tracks},
            plays::{NewPlays, Sightings},
        },
    },
};

/// How many are written in one step.
const WRITTEN_AT_ONCE: usize = 5_000;

impl Music {
    /// Keeps plays that a source tells of: what it told before changes nothing, what another source told is the same play.
    /// All of them or none. What has no name of an artist or of a track is passed over.
    ///
    /// # Errors
    /// When there is no such source of theirs, or the database is away.
    pub async fn record(&self, user: UserId, source: MusicSourceId, heard: Vec<Heard>) -> Result<Recorded, MusicError> {
        let mut tx = self.db.begin().await?;
        let recorded = self.record_in(&mut tx, user, source, None, &heard).await?;
        tx.commit().await?;
        Ok(recorded)
    }

    /// The same in the caller's transaction, as part of an import.
    pub(in crate::music) async fn record_in(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        source: MusicSourceId,
        import: Option<MusicImportId>,
        heard: &[Heard],
    ) -> Result<Recorded, MusicError> {
        store::lock(connection, user).await?;
        if !store::has_source(connection, user, source).await? {
            return Err(MusicError::NotFound("source"));
        }
        let mut recorded = Recorded::default();
        for some in heard.chunks(WRITTEN_AT_ONCE) {
            let step = self.write(connection, user, source, import, some).await?;
            recorded.added += step.added;
            recorded.known += step.known;
            recorded.merged += step.merged;
        }
        Ok(recorded)
    }

    async fn write(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        source: MusicSourceId,
        import: Option<MusicImportId>,
        heard: &[Heard],
    ) -> Result<Recorded, MusicError> {
        let rows = self.name(connection, user, source, heard).await?;
        let (at, tracks): (Vec<_>, Vec<_>) = rows.iter().map(|row| (row.at(), row.track)).unzip();
        let mut known = store::plays::known(connection, user, source, &at, &tracks).await?;
        let all = rows.len();
        // Also what stands twice in what is told now.
        let new: Vec<Row> = rows.into_iter().filter(|row| known.insert((row.at(), row.track))).collect();
        let paired = pairs(connection, user, source, &new).await?;
        let now = self.clock.now();
        let (mut plays, mut sightings, mut merged) = (NewPlays::default(), Sightings::default(), Vec::new());
        for (row, play) in new.iter().zip(paired) {
            let play = if let Some(play) = play {
                merged.push(play);
                play
            } else {
                let play = self.random.id(now);
                plays.ids.push(play);
                plays.tracks.push(row.track);
                plays.began.push(row.told.began());
                plays.milliseconds.push(row.told.milliseconds);
                play
            };
            sightings.plays.push(play);
            sightings.tracks.push(row.track);
            sightings.at.push(row.at());
            sightings.told.push(row.told.moment.as_str());
            sightings.began.push(row.told.began());
            sightings.milliseconds.push(row.told.milliseconds);
        }
        if !plays.ids.is_empty() {
            store::plays::insert_plays(connection, user, &plays).await?;
        }
        if !sightings.plays.is_empty() {
            store::plays::insert_sightings(connection, user, source, import, &sightings).await?;
        }
        if !merged.is_empty() {
            store::plays::settle(connection, &merged).await?;
        }
        Ok(Recorded { added: plays.ids.len() as u64, known: (all - new.len()) as u64, merged: merged.len() as u64 })
    }

    /// Finds or makes the tracks that are told of.
    async fn name(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        source: MusicSourceId,
        heard: &[Heard],
    ) -> Result<Vec<Row>, MusicError> {
        let now = self.clock.now();
        let named: Vec<Named<'_>> = heard.iter().filter_map(Named::of).collect();
        let mut artists = Once::default();
        for row in &named {
            artists.add(row.artist_key.clone(), || row.artist.clone());
        }
        let ids: Vec<MusicArtistId> = artists.keys.iter().map(|_| self.random.id(now)).collect();
        let artist_ids = store::names::artists(connection, user, &ids, &artists.keys, &artists.values).await?;
        let artist = |row: &Named<'_>| artist_ids.get(&row.artist_key).copied();

        let mut seen = HashSet::new();
        let mut albums = Albums::default();
        for row in &named {
            if let (Some(artist), Some((title, key))) = (artist(row), &row.album)
                && seen.insert((artist, key.clone()))
            {
                albums.ids.push(self.random.id(now));
                albums.artists.push(artist);
                albums.keys.push(key.clone());
                albums.titles.push(title.clone());
            }
        }
        let album_ids = store::names::albums(connection, user, &albums).await?;
        let album = |artist: MusicArtistId, row: &Named<'_>| -> Option<MusicAlbumId> {
            album_ids.get(&(artist, row.album.as_ref()?.1.clone())).copied()
        };

        let mut places: HashMap<(MusicArtistId, String), usize> = HashMap::new();
        let mut tracks = Tracks::default();
        for row in &named {
            let Some(artist) = artist(row) else { continue };
            let place = *places.entry((artist, row.track_key.clone())).or_insert_with(|| {
                tracks.ids.push(self.random.id(now));
                tracks.artists.push(artist);
                tracks.albums.push(None);
                tracks.keys.push(row.track_key.clone());
                tracks.titles.push(row.title.clone());
                tracks.match_keys.push(row.match_key.clone());
                tracks.durations.push(None);
                tracks.isrcs.push(None);
                tracks.ids.len() - 1
            });
            tracks.albums[place] = tracks.albums[place].or_else(|| album(artist, row));
            tracks.durations[place] = tracks.durations[place].or(row.heard.told().duration);
            if tracks.isrcs[place].is_none() {
                tracks.isrcs[place] = row.heard.isrc();
            }
        }
        let track_ids = store::names::tracks(connection, user, &tracks).await?;

        let mut names = NamesAtSource::default();
        let mut rows = Vec::with_capacity(named.len());
        for row in named {
            let Some(artist) = artist(&row) else { continue };
            names.add("artist", artist.into(), &row.heard.artist);
            if let (Some(album), Some(told)) = (album(artist, &row), &row.heard.album) {
                names.add("album", album.into(), told);
            }
            let Some(&track) = track_ids.get(&(artist, row.track_key)) else { continue };
            names.add("track", track.into(), &row.heard.track);
            rows.push(Row { track, match_key: row.match_key, told: row.heard.told() });
        }
        if !names.rows.keys.is_empty() {
            store::names::keep_source_names(connection, user, source, &names.rows).await?;
        }
        Ok(rows)
    }
}

/// A play with its names as they are kept.
struct Named<'a> {
    heard: &'a Heard,
    artist: String,
    artist_key: String,
    /// Title and key.
    album: Option<(String, String)>,
    title: String,
    track_key: String,
    match_key: String,
}

impl<'a> Named<'a> {
    fn of(heard: &'a Heard) -> Option<Self> {
        let (artist, title) = (cleaned(&heard.artist.name)?, cleaned(&heard.track.name)?);
        let album = heard.album.as_ref().and_then(|album| cleaned(&album.name)).map(|title| {
            let key = key(&title);
            (title, key)
        });
        let (artist_key, track_key, match_key) = (key(&artist), key(&title), match_key(&artist, &title));
        Some(Self { heard, artist, artist_key, album, title, track_key, match_key })
    }
}

/// A play whose track is known.
struct Row {
    track: MusicTrackId,
    match_key: String,
    told: Told,
}

impl Row {
    fn at(&self) -> OffsetDateTime {
        self.told.moment.at()
    }
}

/// Values by key, each key once, in the order of their coming.
#[derive(Default)]
struct Once {
    seen: HashSet<String>,
    keys: Vec<String>,
    values: Vec<String>,
}

impl Once {
    fn add(&mut self, key: String, value: impl FnOnce() -> String) {
        if self.seen.insert(key.clone()) {
            self.keys.push(key);
            self.values.push(value());
        }
    }
}

/// What the source calls things, each thing once.
#[derive(Default)]
struct NamesAtSource {
    seen: HashSet<(&'static str, uuid::Uuid)>,
    rows: SourceNames,
}

impl NamesAtSource {
    fn add(&mut self, subject: &'static str, id: uuid::Uuid, name: &Name) {
        let Some(key) = name.key.as_deref().and_then(cleaned) else { return };
        if self.seen.insert((subject, id)) {
            self.rows.subjects.push(subject);
            self.rows.subject_ids.push(id);
            self.rows.keys.push(key);
            self.rows.urls.push(name.url.as_deref().and_then(cleaned));
            self.rows.images.push(name.image_url.as_deref().and_then(cleaned));
        }
    }
}

/// For each of these the play of another source that it means.
async fn pairs(
    connection: &mut PgConnection,
    user: UserId,
    source: MusicSourceId,
    new: &[Row],
) -> Result<Vec<Option<MusicPlayId>>, MusicError> {
    let mut paired = vec![None; new.len()];
    if new.is_empty() {
        return Ok(paired);
    }
    let (keys, began): (Vec<_>, Vec<_>) = new.iter().map(|row| (row.match_key.clone(), row.told.began())).unzip();
    let candidates = store::plays::candidates(connection, user, source, &keys, &began).await?;
    let mut plays: HashMap<String, HashMap<MusicPlayId, Vec<Told>>> = HashMap::new();
    for candidate in candidates {
        let told = Told {
            moment: Moment::from_parts(&candidate.told, candidate.at),
            milliseconds: candidate.milliseconds,
            duration: candidate.duration_ms,
        };
        plays.entry(candidate.match_key).or_default().entry(candidate.play).or_default().push(told);
    }
    let mut rows: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, row) in new.iter().enumerate() {
        rows.entry(&row.match_key).or_default().push(index);
    }
    for (key, plays) in plays {
        let Some(rows) = rows.get(key.as_str()) else { continue };
        let told: Vec<Told> = rows.iter().map(|&index| new[index].told).collect();
        let (ids, sightings): (Vec<_>, Vec<_>) = plays.into_iter().unzip();
        for (&index, play) in rows.iter().zip(pair(&told, &sightings)) {
            paired[index] = play.map(|play| ids[play]);
        }
    }
    Ok(paired)
}
