//! Understands questions without a model: which kind of question one is (`kinds.toml`), which tools of the connected
//! accounts answer it (`answers` in their documents), and with which arguments.
//!
//! A question is understood only when every word of it is: an answer to something that was not asked is worse than none.

mod clause;
mod kinds;
mod manner;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub use clause::Period;
pub use kinds::{Kind, Order};

use self::{
    clause::Clause,
    manner::{Manner, manner},
};
use super::{
    router,
    tools::{Effect, OfferedTool, RoutedCall, TimeContext, Tool, all},
};
use crate::providers::Answers;

/// No question starts more calls.
pub const MOST_CALLS: usize = 6;

/// What is understood of a question.
#[derive(Debug)]
pub enum Understood {
    /// Each thing that it asks, and whether something of it was not understood.
    Asked(Vec<Asked>, bool),
    /// It names a service and words of its tools.
    Routed(Vec<RoutedCall>),
    /// It wants something changed.
    Change,
    /// Nothing.
    Nothing,
}

/// One thing that is asked.
#[derive(Debug)]
pub struct Asked {
    /// What kind of question it is.
    pub kind: &'static Kind,
    /// The days that it is about.
    pub period: Option<Period>,
    /// What follows the number of things that are found.
    pub place: String,
    /// What is to be read.
    pub calls: Vec<Wanted>,
    /// How many accounts could answer too and are not read.
    pub left_out: usize,
    /// The services that could answer, where no connected one can.
    pub would_do: Vec<&'static str>,
}

/// One account to be read.
#[derive(Debug)]
pub struct Wanted {
    /// Tool and account.
    pub offered: OfferedTool,
    /// For the tool.
    pub arguments: Value,
    /// Whether what it finds is still to be held against the days.
    pub by_day: bool,
}

/// What a question asks of these tools.
#[must_use]
pub fn understand(question: &str, tools: &[OfferedTool], time: &TimeContext) -> Understood {
    let mut asked: Vec<Asked> = Vec::new();
    let (mut changes, mut missed) = (false, false);
    for sentence in sentences(question) {
        let mut parts = asked_in(sentence, tools, time, &mut changes);
        if parts.is_none() {
            let clause = Clause::new(sentence, time);
            changes |= manner(&clause) == Manner::Change;
            parts = one(&clause, tools, time).map(|asked| vec![asked]);
        }
        match parts {
            Some(parts) => asked.extend(parts),
            None => missed |= !sentence.split(|letter: char| !letter.is_alphanumeric()).all(is_small),
        }
    }
    if changes {
        return Understood::Change;
    }
    if asked.is_empty() {
        return named(question, tools, time);
    }
    let mut room = MOST_CALLS;
    for one in &mut asked {
        one.left_out = one.calls.len().saturating_sub(room);
        one.calls.truncate(room);
        room -= one.calls.len();
    }
    Understood::Asked(asked, missed)
}

/// The questions that these tools understand.
#[must_use]
pub fn askable(tools: &[OfferedTool]) -> Vec<&'static str> {
    let answers = |kind: &Kind| {
        let reads = tools.iter().filter(|offered| offered.tool.effect == Effect::Read);
        reads.flat_map(|offered| &offered.tool.entry.answers).any(|answers| answers.kind == kind.id)
    };
    kinds::all().kinds.iter().filter(|kind| answers(kind)).map(|kind| kind.asks.as_str()).collect()
}

fn is_small(word: &str) -> bool {
    word.is_empty()
        || kinds::all().is_filler(&word.to_lowercase())
        || matches!(word.to_lowercase().as_str(), "you" | "ok")
}

fn sentences(question: &str) -> impl Iterator<Item = &str> {
    let sentences = question.split(['?', '!', ';', '\n']).flat_map(|sentence| sentence.split(". "));
    sentences.map(str::trim).filter(|sentence| sentence.chars().any(char::is_alphanumeric))
}

/// Everything that a sentence asks; none where a part of it is not understood by itself.
fn asked_in(sentence: &str, tools: &[OfferedTool], time: &TimeContext, changes: &mut bool) -> Option<Vec<Asked>> {
    let quoted = sentence.contains(['"', '“', '«']);
    let parts: Vec<&str> = if quoted {
        vec![sentence]
    } else {
        sentence
            .split(" and ")
            .flat_map(|part| part.split(", "))
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect()
    };
    let mut asked = Vec::new();
    let mut whole = true;
    for part in parts {
        let clause = Clause::new(part, time);
        *changes |= manner(&clause) == Manner::Change;
        match one(&clause, tools, time) {
            Some(found) => asked.push(found),
            None => whole &= part.split(|letter: char| !letter.is_alphanumeric()).all(is_small),
        }
    }
    (whole && !asked.is_empty()).then_some(asked)
}

/// The one thing that a clause asks.
fn one(clause: &Clause<'_>, tools: &[OfferedTool], time: &TimeContext) -> Option<Asked> {
    let Manner::Question(prefix) = manner(clause) else { return None };
    if clause.is_empty() {
        return None;
    }
    let (kind, subject) = kinds::all().kinds.iter().find_map(|kind| Some((kind, fits(kind, clause, &prefix)?)))?;
    let default = || Period::of(kind.default_day.as_deref()?, time);
    let period = clause.period.as_ref().filter(|_| kind.day).map(|(period, _)| period.clone()).or_else(default);
    let slots = Slots { clause, subject: subject.as_deref(), period: period.as_ref() };
    let named = |service: &str| clause.services.is_empty() || clause.services.iter().any(|(name, _)| *name == service);
    let mut calls = Vec::new();
    for offered in tools.iter().filter(|offered| offered.tool.effect == Effect::Read && named(offered.service_name)) {
        let answers = offered.tool.entry.answers.iter().find(|answers| answers.kind == kind.id);
        if let Some(arguments) = answers.and_then(|answers| slots.arguments(answers, offered.tool)) {
            let by_day =
                period.is_some() && !answers.is_some_and(|answers| answers.with.values().any(|with| with == "{day}"));
            calls.push(Wanted { offered: offered.clone(), arguments, by_day });
        }
    }
    let mut would_do: Vec<&'static str> = Vec::new();
    if calls.is_empty() {
        let able = |tool: &&Tool| {
            let answers = tool.entry.answers.iter().find(|answers| answers.kind == kind.id);
            named(tool.service()) && answers.is_some_and(|answers| slots.arguments(answers, tool).is_some())
        };
        would_do = all().iter().filter(able).map(Tool::service).collect();
        would_do.dedup();
        // A service that is named and cannot do this is not asked for something else.
        if would_do.is_empty() {
            return None;
        }
    }
    let place = slots.fill(&kind.place).unwrap_or_default();
    Some(Asked { kind, period, place, calls, left_out: 0, would_do })
}

/// Whether a clause is of this kind, with what it looks for.
fn fits(kind: &Kind, clause: &Clause<'_>, prefix: &std::ops::Range<usize>) -> Option<Option<String>> {
    let subject = if kind.takes("words") { Some(clause.subject(&kind.behind)?) } else { None };
    let outside = subject.as_ref().map(|(_, at)| at);
    let has = |words: &[String]| clause.find(words, outside).next().is_some();
    let mut patterns = kind.patterns().iter();
    patterns.find(|pattern| {
        pattern.all.iter().all(|group| group.iter().any(|words| has(words)))
            && !pattern.none.iter().any(|words| has(words))
    })?;
    let mut places = vec![prefix.clone()];
    for either in kind.takes.iter().filter(|slot| *slot != "words") {
        let found = either.split('|').filter_map(|slot| match slot {
            "channel" => clause.channel.as_ref().map(|(_, at)| at),
            "key" => clause.key.as_ref().map(|(_, at)| at),
            "number" => clause.number.as_ref().map(|(_, at)| at),
            "repo" => clause.repo.as_ref().map(|(_, at)| at),
            _ => None,
        });
        let before = places.len();
        places.extend(found.cloned());
        if places.len() == before {
            return None;
        }
        if kind.takes("number") {
            places.extend(clause.repo.as_ref().map(|(_, at)| at.clone()));
        }
    }
    places.extend(clause.services.iter().map(|(_, at)| at.clone()));
    places.extend(clause.period.as_ref().filter(|_| kind.day).map(|(_, at)| at.clone()));
    for words in kind.known() {
        places.extend(clause.find(words, outside));
    }
    if let Some((_, at)) = &subject {
        // What says that something is looked for may stand before a quotation.
        for word in ["about", "named", "called", "mentioning", "regarding", "titled"] {
            places.extend(clause.find(&[word.to_owned()], Some(at)));
        }
        places.push(at.clone());
    }
    clause.is_covered(&places).then_some(subject.map(|(text, _)| text))
}

/// What a question holds, by name.
struct Slots<'a> {
    clause: &'a Clause<'a>,
    subject: Option<&'a str>,
    period: Option<&'a Period>,
}

impl Slots<'_> {
    fn value(&self, name: &str) -> Option<String> {
        let Clause { channel, key, number, repo, .. } = self.clause;
        match name {
            "words" => self.subject.map(str::to_owned),
            "day" => self.period.map(|period| period.word.clone()),
            "channel" => channel.as_ref().map(|(name, _)| name.clone()),
            "key" => key.as_ref().map(|(key, _)| key.clone()),
            "number" => number.as_ref().map(|(number, _)| number.clone()),
            "repo" => repo.as_ref().map(|((owner, name), _)| format!("{owner}/{name}")),
            "owner" => repo.as_ref().map(|((owner, _), _)| owner.clone()),
            "name" => repo.as_ref().map(|((_, name), _)| name.clone()),
            _ => None,
        }
    }

    fn fill(&self, template: &str) -> Option<String> {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            filled.push_str(before);
            filled.push_str(&self.value(name)?);
            rest = after;
        }
        filled.push_str(rest);
        Some(filled)
    }

    /// The arguments for a tool; none where the question does not hold what it needs, or holds what it does not take.
    fn arguments(&self, answers: &Answers, tool: &Tool) -> Option<Value> {
        let mut arguments = Map::new();
        for (name, template) in &answers.with {
            if template == "{day}" && self.period.is_none() {
                continue;
            }
            let text = self.fill(template)?;
            let number = tool.parameters["properties"][name]["type"] == "integer";
            arguments.insert(name.clone(), if number { text.parse::<u64>().ok()?.into() } else { text.into() });
        }
        let arguments = Value::Object(arguments);
        tool.check(&arguments).is_ok().then_some(arguments)
    }
}

/// A question that names a service or is one of a tool's own, by the words of its tools.
fn named(question: &str, tools: &[OfferedTool], time: &TimeContext) -> Understood {
    let clause = Clause::new(question, time);
    if !matches!(manner(&clause), Manner::Question(_)) {
        return Understood::Nothing;
    }
    let asked = clause.plain();
    let own = |offered: &&OfferedTool| {
        let question = offered.tool.question();
        !question.is_empty() && Clause::new(question, time).plain() == asked
    };
    let by_name = |offered: &&OfferedTool| clause.services.iter().any(|(name, _)| *name == offered.service_name);
    let fitting: Vec<OfferedTool> = tools.iter().filter(|offered| own(offered) || by_name(offered)).cloned().collect();
    let routed = router::route(question, &fitting);
    if routed.is_empty() { Understood::Nothing } else { Understood::Routed(routed) }
}
