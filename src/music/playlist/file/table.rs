//! CSV. A cell that a spreadsheet would take for a formula has an apostrophe before it, which reading takes away.

use super::{Line, Read, source};
use crate::music::playlist::error::PlaylistError;

const HEAD: [&str; 6] = ["title", "artists", "album", "duration_ms", "isrc", "source"];
/// How others call the columns.
const NAMES: [&[&str]; 6] = [
    &["title", "track name", "track", "name", "song"],
    &["artists", "artist", "artist name(s)", "artist name", "artist names", "artist(s)"],
    &["album", "album name"],
    &["duration_ms", "duration (ms)", "track duration (ms)"],
    &["isrc"],
    &["source"],
];
/// With these a formula begins, in one spreadsheet or another; the apostrophe is told from ours by one more.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

pub fn write(lines: &[Line]) -> Result<Vec<u8>, PlaylistError> {
    let failed = |error: csv::Error| PlaylistError::Unreadable(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEAD).map_err(failed)?;
    for line in lines {
        let artists: Vec<String> = line.artists.iter().map(|artist| escaped(artist)).collect();
        let duration = line.duration_ms.map(|duration| duration.to_string()).unwrap_or_default();
        let cells = [
            &line.title,
            &artists.join("; "),
            line.album.as_deref().unwrap_or_default(),
            &duration,
            line.isrc.as_deref().unwrap_or_default(),
            &line.source,
        ];
        writer.write_record(cells.map(guarded)).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| PlaylistError::Unreadable(error.to_string()))
}

/// Whether its first line names a title and an artist.
pub fn is_table(text: &str) -> bool {
    let columns = columns(&head(text));
    columns[0].is_some() && columns[1].is_some()
}

pub fn read(text: &str) -> Result<Read, PlaylistError> {
    let columns = columns(&head(text));
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| PlaylistError::Unreadable(error.to_string()))?;
        let cell = |column: usize| columns[column].and_then(|at| record.get(at)).map(bare).unwrap_or_default();
        let some = |text: String| (!text.is_empty()).then_some(text);
        lines.push(Line {
            title: cell(0),
            artists: separated(&cell(1)),
            album: some(cell(2)),
            duration_ms: cell(3).trim().parse().ok(),
            isrc: some(cell(4)),
            source: source(&cell(5)),
        });
    }
    Ok(Read { name: String::new(), lines })
}

fn head(text: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    reader.headers().map(|head| head.iter().map(|name| name.trim().to_lowercase()).collect()).unwrap_or_default()
}

fn columns(head: &[String]) -> [Option<usize>; 6] {
    NAMES.map(|names| names.iter().find_map(|name| head.iter().position(|told| told == name)))
}

fn guarded(cell: &str) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() }
}

fn bare(cell: &str) -> String {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(cell).to_owned()
}

/// Artists stand in one cell; a semicolon inside of a name has a backslash before it.
fn escaped(artist: &str) -> String {
    artist.replace('\\', "\\\\").replace(';', "\\;")
}

fn separated(cell: &str) -> Vec<String> {
    let (mut artists, mut artist, mut letters) = (Vec::new(), String::new(), cell.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => artist.extend(letters.next()),
            ';' => artists.push(std::mem::take(&mut artist)),
            other => artist.push(other),
        }
    }
    artists.push(artist);
    artists.iter().map(|artist| artist.trim().to_owned()).filter(|artist| !artist.is_empty()).collect()
}
