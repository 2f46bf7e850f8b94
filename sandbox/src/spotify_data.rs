//! What people listened to in this world. Artists and songs are invented.

use serde_json::{Value, json};

/// A song with its artist and record.
pub struct Track {
    /// Twenty-two characters, as ids there are.
    pub id: &'static str,
    /// Title.
    pub name: &'static str,
    /// Index into [`ARTISTS`].
    pub artist: usize,
    /// Record.
    pub album: &'static str,
    /// Year of the record.
    pub year: &'static str,
    /// Length.
    pub ms: u32,
}

/// An artist.
pub struct Artist {
    /// Twenty-two characters.
    pub id: &'static str,
    /// Name.
    pub name: &'static str,
    /// What they play.
    pub genres: &'static [&'static str],
    /// Followers.
    pub followers: u32,
}

/// Artists, the most played first.
pub static ARTISTS: [Artist; 5] = [
    Artist {
        id: "3sandboxartist0000000A",
        name: "Paper Lanterns",
        genres: &["indie folk", "chamber pop"],
        followers: 81_240,
    },
    Artist { id: "3sandboxartist0000000B", name: "Night Ferry", genres: &["synthwave"], followers: 240_311 },
    Artist { id: "3sandboxartist0000000C", name: "Odalys Reyes", genres: &["latin jazz"], followers: 54_020 },
    Artist {
        id: "3sandboxartist0000000D",
        name: "The Slow Tides",
        genres: &["dream pop", "shoegaze"],
        followers: 133_870,
    },
    Artist { id: "3sandboxartist0000000E", name: "Kettle & Crow", genres: &[], followers: 4_112 },
];

/// Tracks, the most played first.
pub static TRACKS: [Track; 8] = [
    Track {
        id: "4sandboxtrack00000000A",
        name: "Harbour Lights",
        artist: 0,
        album: "Small Rooms",
        year: "2023",
        ms: 214_000,
    },
    Track {
        id: "4sandboxtrack00000000B",
        name: "Midnight Crossing",
        artist: 1,
        album: "Timetable",
        year: "2021",
        ms: 251_500,
    },
    Track { id: "4sandboxtrack00000000C", name: "Agua Clara", artist: 2, album: "Patio", year: "2024", ms: 305_100 },
    Track { id: "4sandboxtrack00000000D", name: "Undertow", artist: 3, album: "Low Water", year: "2019", ms: 198_700 },
    Track {
        id: "4sandboxtrack00000000E",
        name: "Copper Kettle Waltz",
        artist: 4,
        album: "Kitchen Songs",
        year: "2022",
        ms: 176_300,
    },
    Track {
        id: "4sandboxtrack00000000F",
        name: "Small Rooms",
        artist: 0,
        album: "Small Rooms",
        year: "2023",
        ms: 243_900,
    },
    Track { id: "4sandboxtrack00000000G", name: "Gate B12", artist: 1, album: "Timetable", year: "2021", ms: 227_400 },
    Track {
        id: "4sandboxtrack00000000H",
        name: "Salt and Static",
        artist: 3,
        album: "Low Water",
        year: "2019",
        ms: 262_800,
    },
];

/// An artist in full.
pub fn artist(artist: &Artist) -> Value {
    let mut shown = artist_in_short(artist);
    shown["followers"] = json!({ "href": null, "total": artist.followers });
    shown["genres"] = json!(artist.genres);
    shown["images"] = images(artist.id);
    shown["popularity"] = json!(40 + artist.followers % 50);
    shown
}

fn artist_in_short(artist: &Artist) -> Value {
    json!({
        "external_urls": { "spotify": format!("https://open.spotify.com/artist/{}", artist.id) },
        "href": format!("https://api.spotify.com/v1/artists/{}", artist.id),
        "id": artist.id,
        "name": artist.name,
        "type": "artist",
        "uri": format!("spotify:artist:{}", artist.id),
    })
}

fn images(seed: &str) -> Value {
    json!([640, 300, 64].map(|size| json!({ "height": size, "width": size, "url": format!("https://i.scdn.co/image/ab67616d0000{size}{seed}") })))
}

/// A track in full.
pub fn track(track: &Track) -> Value {
    let artists = ARTISTS.get(track.artist).map(artist_in_short).into_iter().collect::<Vec<_>>();
    let album_id = format!("5sandbox{}", track.id.get(8..).unwrap_or_default());
    json!({
        "album": {
            "album_type": "album",
            "artists": artists,
            "available_markets": ["DE", "GB", "US"],
            "external_urls": { "spotify": format!("https://open.spotify.com/album/{album_id}") },
            "href": format!("https://api.spotify.com/v1/albums/{album_id}"),
            "id": album_id,
            "images": images(&album_id),
            "name": track.album,
            "release_date": format!("{}-03-08", track.year),
            "release_date_precision": "day",
            "total_tracks": 10,
            "type": "album",
            "uri": format!("spotify:album:{album_id}"),
        },
        "artists": artists,
        "available_markets": ["DE", "GB", "US"],
        "disc_number": 1,
        "duration_ms": track.ms,
        "explicit": false,
        "external_ids": { "isrc": format!("SBX{}{:05}", track.year, track.ms % 100_000) },
        "external_urls": { "spotify": format!("https://open.spotify.com/track/{}", track.id) },
        "href": format!("https://api.spotify.com/v1/tracks/{}", track.id),
        "id": track.id,
        "is_local": false,
        "name": track.name,
        "popularity": 52,
        "preview_url": null,
        "track_number": 3,
        "type": "track",
        "uri": format!("spotify:track:{}", track.id),
    })
}
