//! The kinds of question, read once from `kinds.toml`.

use std::{collections::HashSet, sync::OnceLock};

use serde::Deserialize;

/// What can be asked without a model, whatever the service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// By which tools name it.
    pub id: String,
    /// The question as somebody would ask it.
    pub asks: String,
    /// What a service has to be able to do for it, after «can».
    pub can: String,
    /// One and several of what is found.
    pub noun: [String; 2],
    /// What follows the number of them; `{words}`, `{channel}` and `{repo}` are those of the question.
    pub place: String,
    /// Whether it may be about a day.
    #[serde(default)]
    pub day: bool,
    /// The day that is meant where none is named.
    pub default_day: Option<String>,
    /// What stands before the day: `due`.
    #[serde(default)]
    pub on: String,
    /// Whether the time of each thing is told.
    #[serde(default)]
    pub times: bool,
    /// `time`, where all that is found belongs into one list by its time.
    #[serde(default)]
    pub order: Order,
    /// What the question must hold; `a|b` is either.
    #[serde(default)]
    pub takes: Vec<String>,
    /// Further words behind which stands what is looked for.
    #[serde(default)]
    pub behind: Vec<String>,
    says: Vec<String>,
    #[serde(default)]
    also: String,
    #[serde(skip)]
    patterns: Vec<Pattern>,
    #[serde(skip)]
    known: Vec<Words>,
}

/// In which order things are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// As the services give them.
    #[default]
    Given,
    /// The earliest first.
    Time,
}

impl Kind {
    /// Whether it must hold this.
    #[must_use]
    pub fn takes(&self, slot: &str) -> bool {
        self.takes.iter().any(|either| either.split('|').any(|one| one == slot))
    }

    pub(super) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// What may stand in such a question, as words that stand together.
    pub(super) fn known(&self) -> impl Iterator<Item = &Words> {
        self.known.iter().chain(&all().fillers)
    }
}

/// Words that stand together.
pub(super) type Words = Vec<String>;

/// One line of `says`.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    /// One of each group must be there.
    pub(super) all: Vec<Vec<Words>>,
    /// None of these may be there.
    pub(super) none: Vec<Words>,
}

fn together(word: &str) -> Words {
    word.split('_').map(str::to_owned).collect()
}

impl Pattern {
    fn read(line: &str) -> Self {
        let mut pattern = Self::default();
        for group in line.split_whitespace() {
            match group.strip_prefix('!') {
                Some(group) => pattern.none.extend(group.split('|').map(together)),
                None => pattern.all.push(group.split('|').map(together).collect()),
            }
        }
        pattern
    }
}

#[derive(Deserialize)]
struct File {
    fillers: String,
    kind: Vec<Kind>,
}

/// All kinds, and the words that stand in any question.
pub(super) struct Kinds {
    pub(super) kinds: Vec<Kind>,
    fillers: Vec<Words>,
    single: HashSet<String>,
    /// Why the file cannot be read; a test looks at it.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test reads it"))]
    fault: Option<String>,
}

impl Kinds {
    /// Whether a word says nothing by itself.
    pub(super) fn is_filler(&self, word: &str) -> bool {
        self.single.contains(word)
    }
}

/// All of them.
pub(super) fn all() -> &'static Kinds {
    static KINDS: OnceLock<Kinds> = OnceLock::new();
    KINDS.get_or_init(|| {
        let (file, fault) = match toml::from_str::<File>(include_str!("kinds.toml")) {
            Ok(file) => (file, None),
            Err(error) => (File { fillers: String::new(), kind: Vec::new() }, Some(error.to_string())),
        };
        let fillers: Vec<Words> = file.fillers.split_whitespace().map(together).collect();
        let single = fillers.iter().filter(|words| words.len() == 1).flatten().cloned().collect();
        let mut kinds = file.kind;
        for kind in &mut kinds {
            kind.patterns = kind.says.iter().map(|line| Pattern::read(line)).collect();
            let said = kind.patterns.iter().flat_map(|pattern| pattern.all.iter().flatten().cloned());
            kind.known = said.chain(kind.also.split_whitespace().map(together)).collect();
        }
        Kinds { kinds, fillers, single, fault }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_can_be_read_and_names_each_kind_once() {
        assert_eq!(all().fault, None);
        let mut ids: Vec<&str> = all().kinds.iter().map(|kind| kind.id.as_str()).collect();
        assert!(ids.len() >= 20, "{}", ids.len());
        ids.sort_unstable();
        ids.windows(2).for_each(|pair| assert_ne!(pair[0], pair[1]));
        for kind in &all().kinds {
            let slots = ["words", "channel", "key", "number", "repo"];
            let known = |either: &String| either.split('|').all(|slot| slots.contains(&slot));
            assert!(kind.takes.iter().all(known) && !kind.patterns().is_empty(), "{}", kind.id);
        }
    }
}
