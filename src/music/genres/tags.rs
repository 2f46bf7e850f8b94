//! Which of the tags that listeners give are genres.

use crate::music::names::{cleaned, key};

/// How many of an artist count.
const MOST: usize = 3;
/// Last.fm counts a tag from 0 to 100, where 100 is the one that was given most; below, hardly anybody gives it.
const LEAST: i64 = 10;
/// A genre is not a sentence.
const LONGEST: usize = 40;

/// What people tag artists with that is no kind of music: what they did with it, what they think of it, who sings, and
/// where that is from. As keys.
const NO_GENRES: &[&str] = &[
    "all",
    "albums i own",
    "awesome",
    "beautiful",
    "best",
    "check out",
    "cool",
    "fav",
    "favorite",
    "favorites",
    "favourite",
    "favourites",
    "favorite artists",
    "favourite artists",
    "favorite songs",
    "good",
    "great",
    "guilty pleasure",
    "heard on pandora",
    "i love",
    "legend",
    "live",
    "love",
    "love at first listen",
    "loved",
    "my music",
    "overrated",
    "perfect",
    "seen live",
    "sexy",
    "soundcloud",
    "spotify",
    "under 2000 listeners",
    "underrated",
    "want to see live",
    "youtube",
    "female",
    "female vocal",
    "female vocalist",
    "female vocalists",
    "female vocals",
    "male",
    "male vocal",
    "male vocalist",
    "male vocalists",
    "male vocals",
    "singer",
    "artist",
    "band",
    "producer",
    "musician",
    "composer",
    "composers",
    "african",
    "american",
    "argentina",
    "argentinian",
    "asian",
    "australia",
    "australian",
    "austria",
    "austrian",
    "belgian",
    "belgium",
    "brasil",
    "brazil",
    "brazilian",
    "british",
    "canada",
    "canadian",
    "chile",
    "chinese",
    "colombia",
    "czech",
    "danish",
    "denmark",
    "deutsch",
    "dutch",
    "england",
    "english",
    "european",
    "finland",
    "finnish",
    "france",
    "french",
    "german",
    "germany",
    "greek",
    "iceland",
    "icelandic",
    "india",
    "indian",
    "ireland",
    "irish",
    "israel",
    "israeli",
    "italian",
    "italy",
    "japan",
    "japanese",
    "korea",
    "korean",
    "london",
    "mexican",
    "mexico",
    "netherlands",
    "new york",
    "nigerian",
    "norway",
    "norwegian",
    "polish",
    "portugal",
    "portuguese",
    "russia",
    "russian",
    "scotland",
    "scottish",
    "spain",
    "spanish",
    "sweden",
    "swedish",
    "swiss",
    "turkish",
    "uk",
    "ukrainian",
    "united kingdom",
    "united states",
    "us",
    "usa",
    "welsh",
];

/// A tag, and how often it was given, as Last.fm counts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    pub count: i64,
}

/// The genres among an artist's tags, the one that was given most first. The artist is told by their key.
#[must_use]
pub fn genres(artist: &str, tags: &[Tag]) -> Vec<String> {
    let mut sorted: Vec<&Tag> = tags.iter().filter(|tag| tag.count >= LEAST).collect();
    sorted.sort_by_key(|tag| std::cmp::Reverse(tag.count));
    let mut genres = Vec::new();
    for name in sorted.into_iter().filter_map(|tag| cleaned(&tag.name)).map(|name| key(&name)) {
        if is_genre(&name) && name != artist && !genres.contains(&name) {
            genres.push(name);
        }
    }
    genres.truncate(MOST);
    genres
}

fn is_genre(name: &str) -> bool {
    // Years and decades, as «1994», «90s» and «2010s», are none.
    let is_time = name.starts_with(|letter: char| letter.is_ascii_digit())
        && name.trim_end_matches('s').chars().all(|letter| letter.is_ascii_digit());
    let has_letters = name.chars().any(char::is_alphabetic);
    has_letters && !is_time && name.chars().count() <= LONGEST && !NO_GENRES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(artist: &str, tags: &[(&str, i64)]) -> Vec<String> {
        let tags: Vec<Tag> = tags.iter().map(|(name, count)| Tag { name: (*name).to_owned(), count: *count }).collect();
        genres(artist, &tags)
    }

    #[test]
    fn what_listeners_did_and_who_sings_is_no_genre() {
        let tags = [
            ("seen live", 100),
            ("Trip-Hop", 98),
            ("British", 90),
            ("female vocalists", 80),
            ("90s", 70),
            ("electronic", 60),
        ];
        assert_eq!(found("portishead", &tags), ["trip-hop", "electronic"]);
    }

    #[test]
    fn three_count_each_once_by_how_often_they_were_given() {
        let tags =
            [("Dream Pop", 20), ("shoegaze", 100), ("dream  pop", 19), ("indie", 50), ("rock", 30), ("noise", 9)];
        assert_eq!(found("slowdive", &tags), ["shoegaze", "indie", "rock"]);
    }

    #[test]
    fn names_junk_and_sentences_are_none() {
        let long = "a".repeat(41);
        let tags = [("Björk", 100), (" ", 90), ("!!!", 90), ("1994", 80), (long.as_str(), 70), ("\u{0}pop\u{7}", 60)];
        assert_eq!(found("björk", &tags), ["pop"]);
    }
}
