//! Finding conversations by their names and by what was said in them.

use super::{Asker, Chat};
use crate::{
    chat::{
        error::ChatError,
        found::{Found, Hit, Piece, Search, Shelf, Stretch, UsedService},
        moment,
        store::{self, search::HitRow},
    },
    identity,
};

/// How many words of a search count, and how many characters of each.
const MOST_WORDS: usize = 10;
const LONGEST_WORD: usize = 60;
/// How many conversations a page of the list has.
const PAGE: i64 = 50;

impl Chat {
    /// The conversations of theirs that fit, newest first. Without words: all on that shelf.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn search(&self, asker: &Asker, search: &Search) -> Result<Found, ChatError> {
        let now = self.parts.clock.now();
        let words = words(&search.q);
        let within = match search.service.as_str() {
            "" => None,
            service => Some(store::search::with_service(&self.parts.db, asker.user, service).await?),
        };
        let services = self.parts.integrations.called_services(asker.user).await?;
        let services = services.into_iter().map(|(id, name)| UsedService { id, name }).collect();
        let asked = store::search::Asked {
            words: words.as_deref(),
            pinned: search.shelf == Shelf::Pinned,
            archived: match search.shelf {
                Shelf::All if words.is_some() => None,
                Shelf::Archived => Some(true),
                Shelf::All | Shelf::Pinned => Some(false),
            },
            within: within.as_deref(),
            since: search.stretch.days().map(|days| now - time::Duration::days(days)),
            skip: i64::from(search.page.min(1_000)) * PAGE,
            // One more than is shown tells whether there are more.
            limit: PAGE + 1,
        };
        // What is only signs is no word: nothing fits it.
        let mut rows = if words.is_none() && !search.q.trim().is_empty() {
            Vec::new()
        } else {
            store::search::conversations(&self.parts.db, asker.user, &asked).await?
        };
        let has_more = i64::try_from(rows.len()).is_ok_and(|count| count > PAGE);
        rows.truncate(usize::try_from(PAGE).unwrap_or_default());
        let hits = rows.into_iter().map(|row| hit(row, asker, now)).collect();
        Ok(Found { search: search.clone(), hits, has_more, services })
    }
}

fn hit(row: HitRow, asker: &Asker, now: time::OffsetDateTime) -> Hit {
    Hit {
        conversation: row.id,
        message: row.message,
        title: pieces(&row.title),
        snippet: row.snippet.as_deref().map(pieces).unwrap_or_default(),
        by_person: row.author.as_deref() == Some("person"),
        moment: moment::machine(row.at),
        when: identity::moment::stamp(row.at, now, &asker.zone),
        pinned: row.pinned,
        archived: row.archived,
    }
}

/// A search as Postgres reads it: every word as the beginning of one. None where there is no word in it.
fn words(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(MOST_WORDS)
        .map(|word| {
            let word: String = word.chars().take(LONGEST_WORD).collect();
            // Between quotes these two alone have a meaning.
            format!("'{}':*", word.replace(['\'', '\\', '\0'], " "))
        })
        .collect();
    (!words.is_empty()).then(|| words.join(" & "))
}

/// The parts of a text in which hits stand between two characters that no text has.
fn pieces(marked: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for part in marked.split(store::search::START) {
        let (hit, rest) = part.split_once(store::search::END).unwrap_or(("", part));
        for (text, is_hit) in [(hit, true), (rest, false)] {
            if !text.is_empty() {
                pieces.push(Piece { text: text.to_owned(), is_hit });
            }
        }
    }
    pieces
}

impl Stretch {
    /// How many days back it reaches.
    fn days(self) -> Option<i64> {
        match self {
            Self::Ever => None,
            Self::Week => Some(7),
            Self::Month => Some(31),
            Self::Year => Some(366),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_made_of_words_and_of_nothing_else() {
        assert_eq!(words("  "), None);
        assert_eq!(words("!& | :* '"), None);
        assert_eq!(words("Größe e-mail").as_deref(), Some("'Größe':* & 'e-mail':*"));
        assert_eq!(words("it's\\ a'); drop").as_deref(), Some("'it s ':* & 'a );':* & 'drop':*"));
        assert_eq!(words(&"word ".repeat(100)).unwrap().matches('&').count(), MOST_WORDS - 1);
    }

    #[test]
    fn what_was_found_is_marked_as_text() {
        let piece = |text: &str, is_hit| Piece { text: text.to_owned(), is_hit };
        let marked = format!("<b>a {0}hit{1} and {0}more{1}", store::search::START, store::search::END);
        assert_eq!(
            pieces(&marked),
            [piece("<b>a ", false), piece("hit", true), piece(" and ", false), piece("more", true)]
        );
        assert_eq!(pieces("plain"), [piece("plain", false)]);
    }
}
