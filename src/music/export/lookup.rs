//! Looks a line up: by the recording's number first, then by its words.

use serde_json::json;

use super::{model::Choice, store::Line};
use crate::music::{
    matching::{Outcome, Wanted, judge},
    spotify::{
        Spotify,
        playlists::{Door, Found},
    },
    trouble::Trouble,
};

/// A person is shown no more tracks to choose from.
const CHOICES: usize = 5;
/// No question is longer, in characters.
const LONGEST: usize = 180;

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub state: &'static str,
    pub uri: Option<String>,
    pub choices: serde_json::Value,
}

/// A line as it is judged.
pub fn wanted(line: &Line) -> Wanted {
    Wanted {
        title: line.title.clone(),
        artists: line.artists.clone(),
        album: line.album.clone(),
        duration_ms: line.duration_ms,
        isrc: line.isrc.clone(),
    }
}

/// Asks until something fits. Whatever keeps the service from answering is an error: a line that nobody could look up is
/// not one that nobody has.
pub async fn look_up(spotify: &Spotify, door: Door, wanted: &Wanted) -> Result<Said, Trouble> {
    let mut found: Vec<Found> = Vec::new();
    for words in questions(wanted) {
        for one in spotify.search(door, &words).await? {
            if !found.iter().any(|known| known.uri == one.uri) {
                found.push(one);
            }
        }
        let said = said(wanted, &found);
        if matches!(said.state, "matched" | "not_allowed") {
            return Ok(said);
        }
    }
    Ok(said(wanted, &found))
}

fn said(wanted: &Wanted, found: &[Found]) -> Said {
    let candidates: Vec<_> = found.iter().map(|one| one.candidate.clone()).collect();
    let none = json!([]);
    match judge(wanted, &candidates) {
        Outcome::Matched(place) => {
            Said { state: "matched", uri: found.get(place).map(|one| one.uri.clone()), choices: none }
        }
        Outcome::Barred => Said { state: "not_allowed", uri: None, choices: none },
        Outcome::NotFound => Said { state: "not_found", uri: None, choices: none },
        Outcome::Ambiguous(places) => {
            let choice = |place: usize| {
                let Found { uri, candidate } = found.get(place)?;
                let track = candidate.track.clone();
                Some(Choice {
                    uri: uri.clone(),
                    title: track.title,
                    artists: track.artists,
                    album: track.album,
                    duration_ms: track.duration_ms,
                })
            };
            let choices: Vec<Choice> = places.into_iter().filter_map(choice).take(CHOICES).collect();
            Said { state: "ambiguous", uri: None, choices: json!(choices) }
        }
    }
}

/// What is asked, in this order. One number at a time: Spotify knows no «or» between them.
fn questions(wanted: &Wanted) -> Vec<String> {
    let artist = wanted.artists.first().map(String::as_str).unwrap_or_default();
    let cut = |words: String| words.chars().take(LONGEST).collect::<String>().trim().to_owned();
    let bare = wanted.title.split(['(', '[']).next().unwrap_or_default();
    let bare = bare.split(" - ").next().unwrap_or_default().trim();
    let mut questions: Vec<String> = wanted.isrc.iter().map(|isrc| format!("isrc:{isrc}")).collect();
    questions.push(cut(format!("{} {artist}", wanted.title)));
    if !bare.is_empty() && bare != wanted.title.trim() {
        questions.push(cut(format!("{bare} {artist}")));
    }
    questions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_asked_first_and_alone() {
        let wanted = Wanted {
            title: "Song (Live) - 2011 Remaster".to_owned(),
            artists: vec!["One".to_owned(), "Two".to_owned()],
            isrc: Some("DEA123456789".to_owned()),
            ..Wanted::default()
        };
        assert_eq!(questions(&wanted), ["isrc:DEA123456789", "Song (Live) - 2011 Remaster One", "Song One"]);
    }
}
