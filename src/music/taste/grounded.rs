//! Texts whose every name and number was counted.

use std::collections::HashSet;

use super::{facts::Facts, words::is_plain};
use crate::{music::names::key, ui::grouped};

/// Why a text is refused; told to the model, which may write another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("There is no place {{{0}}}.")]
    NoPlace(String),
    #[error("A number stands in the text. Use the places for numbers, and no words for numbers.")]
    Number,
    #[error(
        "\u{201c}{0}\u{201d} is not an everyday English word in lower case. Names come from places such as {{a1}} alone."
    )]
    Word(String),
    #[error("\u{201c}{0}\u{201d} is somebody's name. Names come from places such as {{a1}} alone.")]
    Name(String),
    #[error("The text is empty.")]
    Empty,
    #[error("The text is too long: at most {0} letters, with the names.")]
    Long(usize),
    #[error("The sign {0:?} may not stand in it.")]
    Sign(char),
}

/// A piece of a text: a word, what stands between words, or a place for a name or number.
enum Piece<'a> {
    Word(&'a str),
    Between(char),
    Place(&'a str),
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Refused> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(inside) = rest.strip_prefix('{') {
            let (place, after) = inside.split_once('}').ok_or(Refused::Sign('{'))?;
            pieces.push(Piece::Place(place));
            rest = after;
        } else if first.is_alphabetic() {
            let end = rest.find(|letter: char| !letter.is_alphabetic()).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            pieces.push(Piece::Word(word));
            rest = after;
        } else {
            pieces.push(Piece::Between(first));
            rest = &rest[first.len_utf8()..];
        }
    }
    Ok(pieces)
}

/// A text with its places filled. `known` are names of which none may be spelt out with everyday words: what somebody else
/// here plays, such as «the cure».
///
/// # Errors
/// When anything in it but a filled place is a name or a number, or may be one.
pub fn filled(text: &str, facts: &Facts, most: usize, known: &HashSet<String>) -> Result<String, Refused> {
    let pieces = pieces(text.trim())?;
    let mut filled = String::new();
    let mut plain: Vec<String> = Vec::new();
    let mut begins = true;
    // What ends a word is followed by a space, or it is an address.
    let mut ended: Option<char> = None;
    for piece in pieces {
        if let (Piece::Word(_) | Piece::Place(_), Some(sign)) = (&piece, ended) {
            return Err(Refused::Sign(sign));
        }
        match piece {
            Piece::Place(place) => {
                filled.push_str(&facts.place(place).ok_or_else(|| Refused::NoPlace(place.chars().take(20).collect()))?);
                plain.clear();
                begins = false;
            }
            Piece::Word(word) => {
                let lower = word.to_lowercase();
                let is_lower = word == lower || begins && word.chars().skip(1).all(char::is_lowercase) || word == "I";
                if !is_lower || !is_plain(&lower) {
                    return Err(Refused::Word(word.chars().take(40).collect()));
                }
                plain.push(lower.clone());
                if let Some(name) = ending(&plain).find(|name| known.contains(name)) {
                    return Err(Refused::Name(name));
                }
                let mut letters = lower.chars();
                match letters.next() {
                    Some(first) if begins || lower == "i" => filled.extend(first.to_uppercase().chain(letters)),
                    _ => filled.push_str(&lower),
                }
                begins = false;
            }
            Piece::Between(sign) => {
                match sign {
                    '.' | '!' | '?' => begins = true,
                    sign if sign.is_numeric() => return Err(Refused::Number),
                    '\'' | '’' | '"' | '“' | '”' | '-' | '–' | '—' | ',' | ';' | ':' | '(' | ')' | ' ' | '\n' =>
                        {}
                    sign => return Err(Refused::Sign(sign)),
                }
                ended = matches!(sign, '.' | '!' | '?' | ',' | ';' | ':').then_some(sign);
                filled.push(if sign == '\n' { ' ' } else { sign });
            }
        }
    }
    match filled.chars().count() {
        0 => Err(Refused::Empty),
        long if long > most => Err(Refused::Long(most)),
        _ => Ok(filled),
    }
}

/// The last two, three and four words, as a name would be kept.
fn ending(words: &[String]) -> impl Iterator<Item = String> + '_ {
    (2..=4).filter_map(move |count| Some(key(&words.get(words.len().checked_sub(count)?..)?.join(" "))))
}

/// Runs of two to four words of a text, among which a name could be.
pub(super) fn runs(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut runs = HashSet::new();
    for piece in pieces(text).unwrap_or_default() {
        match piece {
            Piece::Word(word) => {
                words.push(word.to_lowercase());
                runs.extend(ending(&words));
            }
            Piece::Place(_) => words.clear(),
            Piece::Between(_) => {}
        }
    }
    runs.into_iter().collect()
}

impl Facts {
    /// What stands in a place: `a1` an artist, `a1.plays` how often, so `t1` for tracks and `g1` for genres, `d1` for
    /// decades, and the numbers by their names.
    #[must_use]
    pub fn place(&self, place: &str) -> Option<String> {
        match place {
            "plays" => return Some(grouped(self.plays)),
            "hours" => return Some(grouped(self.hours)),
            "artists" => return Some(grouped(self.artist_count)),
            "tracks" => return Some(grouped(self.track_count)),
            "age" => return self.age.map(|age| age.years.to_string()),
            "low" => return self.age.map(|age| age.low.to_string()),
            "high" => return self.age.map(|age| age.high.to_string()),
            _ => {}
        }
        let (name, plays) = match place.split_once('.') {
            Some((name, "plays")) => (name, true),
            Some(_) => return None,
            None => (place, false),
        };
        let (list, number) = name.split_at_checked(1)?;
        let at = number.parse::<usize>().ok().filter(|_| !number.starts_with(['0', '+']))?.checked_sub(1)?;
        let (told, count) = match list {
            "a" => self.artists.get(at).map(|one| (one.name.clone(), one.plays)),
            "t" => self.tracks.get(at).map(|one| (format!("{} by {}", one.title, one.artist), one.plays)),
            "g" => self.genres.get(at).map(|one| (one.name.clone(), one.plays)),
            "d" => self.decades.get(at).map(|one| (format!("{}s", one.decade), one.plays)),
            _ => None,
        }?;
        Some(if plays { grouped(count) } else { told })
    }
}
