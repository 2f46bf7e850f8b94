//! One question as words: where each stands, what is named in it, and which day it is about.

use std::{ops::Range, sync::OnceLock};

use time::{Date, Duration, Month, macros::format_description};

use super::kinds;
use crate::{
    integrations::{
        executor::{here, range},
        tools::TimeContext,
    },
    providers::catalogue,
};

/// Nothing longer is looked for.
const LONGEST: usize = 80;
/// Behind these words stands what is looked for; `for` says so least.
const BEHIND: [&str; 8] = ["about", "named", "called", "mentioning", "regarding", "containing", "titled", "matching"];

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The days that a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// As a tool takes it: `today`, `next week`, `2026-11-27`.
    pub word: String,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// As a sentence has it: `today`, `on Friday 27 November`.
    pub said: String,
}

impl Period {
    pub(super) fn of(word: &str, time: &TimeContext) -> Option<Self> {
        let (from, to) = range(word, here(time))?;
        let date = word.starts_with(|letter: char| letter.is_ascii_digit());
        let long = format_description!("[weekday] [day padding:none] [month repr:long]");
        let said = if date { format!("on {}", from.format(long).ok()?) } else { word.to_owned() };
        Some(Self { word: word.to_owned(), from, to, said })
    }
}

/// A word in lower case, and where it stands.
struct Token {
    text: String,
    at: Range<usize>,
}

/// Something named in a question, and where.
pub(super) type Named<T> = (T, Range<usize>);

/// One question.
pub(super) struct Clause<'a> {
    raw: &'a str,
    tokens: Vec<Token>,
    pub(super) period: Option<Named<Period>>,
    pub(super) channel: Option<Named<String>>,
    /// Owner and name.
    pub(super) repo: Option<Named<(String, String)>>,
    pub(super) number: Option<Named<String>>,
    pub(super) key: Option<Named<String>>,
    /// The services that it names.
    pub(super) services: Vec<Named<&'static str>>,
}

impl<'a> Clause<'a> {
    pub(super) fn new(raw: &'a str, time: &TimeContext) -> Self {
        let mut clause = Self {
            raw,
            tokens: tokens(raw),
            period: None,
            channel: None,
            repo: None,
            number: None,
            key: None,
            services: Vec::new(),
        };
        clause.name();
        clause.services = clause.find_services();
        clause.period = clause.find_period(time);
        clause
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    pub(super) fn word(&self, at: usize) -> Option<&str> {
        self.tokens.get(at).map(|token| token.text.as_str())
    }

    /// Where the word at this place ends.
    pub(super) fn end_of(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(0, |token| token.at.end)
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| token.text == word)
    }

    /// In one form, to compare questions.
    pub(super) fn plain(&self) -> String {
        self.tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Where words stand together, outside what is looked for.
    pub(super) fn find<'w>(
        &'w self,
        words: &'w [String],
        outside: Option<&'w Range<usize>>,
    ) -> impl Iterator<Item = Range<usize>> + 'w {
        let count = words.len().max(1);
        self.tokens.windows(count).filter_map(move |tokens| {
            let at = tokens.first()?.at.start..tokens.last()?.at.end;
            let free = outside.is_none_or(|range| at.end <= range.start || at.start >= range.end);
            let same = tokens.iter().zip(words).all(|(token, word)| token.text == *word);
            (free && same && !words.is_empty()).then_some(at)
        })
    }

    /// Whether every word stands in one of these places.
    pub(super) fn is_covered(&self, places: &[Range<usize>]) -> bool {
        let covered = |token: &Token| places.iter().any(|at| at.start <= token.at.start && token.at.end <= at.end);
        self.tokens.iter().all(covered)
    }

    /// What is looked for: between quotation marks, or else behind a word that says so.
    pub(super) fn subject(&self, behind: &[String]) -> Option<Named<String>> {
        let found = self.quoted().or_else(|| {
            let strong = self.behind(|word| BEHIND.contains(&word));
            strong.or_else(|| self.behind(|word| word == "for" || behind.iter().any(|known| known == word)))
        });
        found.filter(|(text, _)| text.chars().any(char::is_alphanumeric) && text.chars().count() <= LONGEST)
    }

    fn quoted(&self) -> Option<Named<String>> {
        let marks = |letter: char| matches!(letter, '"' | '“' | '”' | '„' | '«' | '»');
        let mut found = self.raw.match_indices(marks);
        let ((from, opening), (to, closing)) = (found.next()?, found.next()?);
        let text = self.raw.get(from + opening.len()..to)?.trim().to_owned();
        Some((text, from..to + closing.len()))
    }

    fn behind(&self, says: impl Fn(&str) -> bool) -> Option<Named<String>> {
        let at = self.tokens.iter().position(|token| says(&token.text))?;
        let rest = self.tokens.get(at + 1..)?;
        // «for me» names nothing.
        rest.iter().find(|token| !kinds::all().is_filler(&token.text))?;
        let text = self.raw.get(self.tokens.get(at)?.at.end..)?;
        let text = text.trim().trim_end_matches(['.', '?', '!', ',']).trim().to_owned();
        Some((text, self.tokens.get(at)?.at.start..self.raw.len()))
    }

    /// Notes channels, repositories, numbers and keys.
    fn name(&mut self) {
        let mut end = 0;
        for piece in self.raw.split_inclusive(char::is_whitespace) {
            let start = end;
            end += piece.len();
            let bare = piece.trim_end_matches(|letter: char| !letter.is_alphanumeric());
            let from =
                bare.len() - bare.trim_start_matches(|letter: char| !letter.is_alphanumeric() && letter != '#').len();
            let bare = bare.get(from..).unwrap_or_default();
            let at = start + from..start + from + bare.len();
            let is_number =
                |text: &str| (1..10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            if let Some(name) = bare.strip_prefix('#') {
                if is_number(name) {
                    self.number = Some((name.to_owned(), at));
                } else if !name.is_empty() {
                    self.channel = Some((name.to_lowercase(), at));
                }
                continue;
            }
            if let Some((owner, name)) = bare.split_once('/') {
                let (name, number) = name.split_once('#').unwrap_or((name, ""));
                let plain = |text: &str| {
                    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
                    !text.is_empty() && text.chars().all(fits)
                };
                if plain(owner) && plain(name) {
                    self.repo = Some(((owner.to_owned(), name.to_owned()), at.clone()));
                    if is_number(number) {
                        self.number = Some((number.to_owned(), at));
                    }
                }
                continue;
            }
            if let Some((team, number)) = bare.split_once('-')
                && (2..=10).contains(&team.len())
                && team.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && team.starts_with(|letter: char| letter.is_ascii_alphabetic())
                && is_number(number)
            {
                self.key = Some((bare.to_uppercase(), at));
            }
        }
    }

    /// «Close» is the name of a service, and «close to us» is not.
    fn find_services(&self) -> Vec<Named<&'static str>> {
        const VERB: [&str; 13] =
            ["is", "are", "was", "were", "be", "to", "please", "you", "not", "i", "we", "very", "so"];
        let mut found: Vec<Named<&'static str>> = Vec::new();
        for (words, name) in names() {
            for at in self.find(words, None) {
                let before = self.tokens.iter().rposition(|token| token.at.end <= at.start);
                let verb = before.and_then(|before| self.word(before)).is_some_and(|word| VERB.contains(&word));
                let after = self.tokens.iter().find(|token| token.at.start >= at.end);
                let verb = words.len() == 1 && (verb || after.is_some_and(|after| after.text == "of"));
                let inside = found.iter().any(|(_, known)| known.start <= at.start && at.end <= known.end);
                if !verb && !inside {
                    found.push((name, at));
                }
            }
        }
        found
    }

    fn find_period(&self, time: &TimeContext) -> Option<Named<Period>> {
        const SAID: [(&str, &str); 13] = [
            ("day after tomorrow", "+2"),
            ("this morning", "today"),
            ("this afternoon", "today"),
            ("this evening", "today"),
            ("today", "today"),
            ("tonight", "today"),
            ("my day", "today"),
            ("tomorrow", "tomorrow"),
            ("yesterday", "yesterday"),
            ("this week", "this week"),
            ("my week", "this week"),
            ("the week", "this week"),
            ("next week", "next week"),
        ];
        let today = here(time);
        for (phrase, word) in SAID {
            let words: Vec<String> = phrase.split(' ').map(str::to_owned).collect();
            if let Some(at) = self.find(&words, None).next() {
                let word = match word {
                    "+2" => today.checked_add(Duration::days(2))?.to_string(),
                    word => word.to_owned(),
                };
                return Some((Period::of(&word, time)?, at));
            }
        }
        let (date, at) = self.weekday(today).or_else(|| self.date(today))?;
        Some((Period::of(&date.to_string(), time)?, at))
    }

    /// The next day of this name, or today.
    fn weekday(&self, today: Date) -> Option<Named<Date>> {
        let (at, day) = self.tokens.iter().enumerate().find_map(|(at, token)| {
            let day = DAYS.iter().position(|day| *day == token.text)?;
            let is_name = self.services.iter().any(|(_, name)| name.start == token.at.start);
            (!is_name).then_some((at, day))
        })?;
        let ahead = (7 + day - usize::from(today.weekday().number_days_from_monday())) % 7;
        let date = today.checked_add(Duration::days(i64::try_from(ahead).ok()?))?;
        Some((date, self.tokens.get(at)?.at.clone()))
    }

    /// `2026-11-27`, `27 November`, `November 27`; without a year the next one, or one that is not long ago.
    fn date(&self, today: Date) -> Option<Named<Date>> {
        let number = |at: usize| {
            let text = self.word(at)?;
            let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
            matches!(&text[digits.len()..], "" | "st" | "nd" | "rd" | "th").then(|| digits.parse::<u8>().ok())?
        };
        for at in 0..self.tokens.len() {
            let token = self.tokens.get(at)?;
            let iso = self.raw.get(token.at.start..token.at.start + 10);
            if let Some(date) = iso.and_then(|iso| Date::parse(iso, format_description!("[year]-[month]-[day]")).ok()) {
                return Some((date, token.at.start..token.at.start + 10));
            }
            let Some(month) = month(&token.text) else { continue };
            let of = usize::from(at > 1 && self.word(at - 1) == Some("of"));
            let before = at.checked_sub(1 + of).and_then(|at| Some((number(at)?, at, token.at.end)));
            let after = || Some((number(at + 1)?, at, self.tokens.get(at + 1)?.at.end));
            let Some((day, first, end)) = before.or_else(after) else { continue };
            let this = Date::from_calendar_date(today.year(), month, day).ok();
            let next = || Date::from_calendar_date(today.year() + 1, month, day).ok();
            let recent = this.filter(|date| *date > today - Duration::days(180));
            return Some((recent.or_else(next)?, self.tokens.get(first)?.at.start..end));
        }
        None
    }
}

fn month(word: &str) -> Option<Month> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = MONTHS.iter().position(|month| *month == word || (word.len() == 3 && month.starts_with(word)))?;
    Month::try_from(u8::try_from(at + 1).ok()?).ok()
}

fn tokens(raw: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut from = None;
    for (at, letter) in raw.char_indices().chain([(raw.len(), ' ')]) {
        match (letter.is_alphanumeric(), from) {
            (true, None) => from = Some(at),
            (false, Some(start)) => {
                tokens.push(Token { text: raw[start..at].to_lowercase(), at: start..at });
                from = None;
            }
            _ => {}
        }
    }
    tokens
}

/// The names of all services as words, the longest first.
fn names() -> &'static [(Vec<String>, &'static str)] {
    static NAMES: OnceLock<Vec<(Vec<String>, &'static str)>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let words = |name: &str| tokens(name).into_iter().map(|token| token.text).collect::<Vec<_>>();
        // People say «QuickBooks» and «Twitter» where the name is longer, or another by now.
        let both = catalogue().all().iter().flat_map(|provider| {
            let name = provider.name.as_str();
            [(words(name), name), (words(&provider.id), name)]
        });
        let mut names: Vec<_> = both.collect();
        names.retain(|(words, _)| !matches!(words.as_slice(), [day] if DAYS.contains(&day.as_str())));
        names.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        names
    })
}
