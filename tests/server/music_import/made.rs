//! Files as services make them.

use std::io::{Cursor, Write as _};

use time::{Duration, format_description::well_known::Rfc3339, macros::datetime};
use zip::{ZipWriter, write::SimpleFileOptions};

/// When the play of this number began.
pub fn began(number: usize) -> time::OffsetDateTime {
    datetime!(2015-01-01 06:00 UTC) + Duration::seconds(i64::try_from(number * 241).unwrap())
}

fn names(number: usize) -> (String, String, String) {
    let track = (number * 7_919) % 24_000;
    (format!("Artist {}", track % 1_900), format!("Album {}", track % 6_000), format!("Song {track}"))
}

/// A row of Spotify's extended history, of so many milliseconds.
pub fn row(number: usize, milliseconds: i64) -> String {
    let (artist, album, track) = names(number);
    let ended = (began(number) + Duration::milliseconds(milliseconds)).replace_nanosecond(0).unwrap();
    let ended = ended.format(&Rfc3339).unwrap();
    format!(
        r#"{{"ts":"{ended}","platform":"linux","ms_played":{milliseconds},"conn_country":"DE","ip_addr":"198.51.100.7","master_metadata_track_name":"{track}","master_metadata_album_artist_name":"{artist}","master_metadata_album_album_name":"{album}","spotify_track_uri":"spotify:track:{number:022}","episode_name":null,"episode_show_name":null,"spotify_episode_uri":null,"audiobook_title":null,"audiobook_uri":null,"reason_start":"trackdone","reason_end":"trackdone","shuffle":false,"skipped":false,"offline":false,"offline_timestamp":1577836800,"incognito_mode":false}}"#
    )
}

/// Rows of the plays from one number to another.
pub fn history(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|number| row(number, 200_000)).collect()
}

/// The same play, as Last.fm tells it.
pub fn scrobble(number: usize) -> String {
    let (artist, album, track) = names(number);
    let at = began(number).unix_timestamp() + 40;
    format!(
        r##"{{"artist":{{"#text":"{artist}"}},"album":{{"#text":"{album}"}},"name":"{track}","date":{{"uts":"{at}"}}}}"##
    )
}

pub fn file(rows: Vec<String>) -> Vec<u8> {
    format!("[{}]", rows.join(",\n")).into_bytes()
}

pub fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
