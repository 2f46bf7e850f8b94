//! Finds the tools that a question means, by the words that the catalogue lists: how questions are answered where no
//! model is set up, or where a service's terms keep its data from one.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    service::Integrations,
    tools::{Effect, OfferedTool, RoutedCall, TimeContext},
};
use crate::providers::Intent;

/// No question starts more calls.
const MOST: usize = 6;

impl Integrations {
    /// The calls that answer a question, in the order in which it asks; none where it means no tool. A question may ask
    /// several things.
    #[must_use]
    pub fn route(&self, question: &str, tools: &[OfferedTool], _time: &TimeContext) -> Vec<RoutedCall> {
        route(question, tools)
    }
}

/// As [`Integrations::route`].
#[must_use]
pub fn route(question: &str, tools: &[OfferedTool]) -> Vec<RoutedCall> {
    let question = question.to_lowercase();
    let mut calls: Vec<RoutedCall> = Vec::new();
    for clause in clauses(&question) {
        add(&mut calls, &clause, tools);
    }
    if calls.is_empty() {
        add(&mut calls, &Clause::of(&question), tools);
    }
    calls.truncate(MOST);
    calls
}

/// A part of a question: its words, channels and days.
struct Clause {
    text: String,
    words: HashSet<String>,
    channels: Vec<String>,
    day: Option<&'static str>,
}

impl Clause {
    fn of(text: &str) -> Self {
        let channel = |word: &str| {
            let name = word.strip_prefix('#')?.trim_end_matches(|letter: char| !letter.is_alphanumeric());
            (!name.is_empty()).then(|| name.to_owned())
        };
        let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        let day = ["this week", "next week", "tomorrow", "yesterday", "today"];
        Self {
            words: words.map(str::to_owned).collect(),
            channels: text.split_whitespace().filter_map(channel).collect(),
            day: day.into_iter().find(|day| text.contains(day)),
            text: text.to_owned(),
        }
    }

    fn has(&self, either: &str) -> bool {
        either.split('|').any(|word| self.words.contains(word))
    }

    fn names(&self, service: &str) -> bool {
        self.text.contains(&service.to_lowercase())
    }
}

fn clauses(question: &str) -> Vec<Clause> {
    let sentences = question.split(['?', '!', ';', '\n', ',']).flat_map(|sentence| sentence.split(". "));
    let parts = sentences.flat_map(|sentence| sentence.split(" and "));
    parts.map(str::trim).filter(|part| !part.is_empty()).map(Clause::of).collect()
}

fn add(calls: &mut Vec<RoutedCall>, clause: &Clause, tools: &[OfferedTool]) {
    // «My issues in X» means X and no other service that has issues; but a service's name can be a word like others.
    let before = calls.len();
    add_of(calls, clause, tools.iter().filter(|offered| clause.names(offered.service_name)));
    if calls.len() == before {
        add_of(calls, clause, tools.iter());
    }
}

fn add_of<'a>(calls: &mut Vec<RoutedCall>, clause: &Clause, tools: impl Iterator<Item = &'a OfferedTool>) {
    for offered in tools {
        if offered.tool.effect != Effect::Read {
            continue;
        }
        let found = offered.tool.entry.intents.iter().find_map(|intent| understood(intent, clause));
        for arguments in found.unwrap_or_default() {
            let known = |call: &RoutedCall| {
                call.tool.name == offered.tool.name
                    && call.connection == offered.connection
                    && call.arguments == arguments
            };
            if !calls.iter().any(known) {
                calls.push(RoutedCall {
                    tool: offered.tool,
                    connection: offered.connection,
                    service_name: offered.service_name,
                    arguments,
                    model: offered.model,
                });
            }
        }
    }
}

/// The arguments of each call that the clause means; none where it does not mean this.
fn understood(intent: &Intent, clause: &Clause) -> Option<Vec<Value>> {
    let fits = intent.words.iter().all(|word| clause.has(word)) && !intent.without.iter().any(|word| clause.has(word));
    if !fits {
        return None;
    }
    let mut arguments = Map::new();
    if let (Some(name), Some(day)) = (&intent.day, clause.day) {
        arguments.insert(name.clone(), day.into());
    }
    if let Some(name) = &intent.text {
        arguments.insert(name.clone(), subject(&clause.text)?.into());
    }
    let Some(name) = &intent.channel else {
        return Some(vec![arguments.into()]);
    };
    let with = |channel: &String| {
        let mut arguments = arguments.clone();
        arguments.insert(name.clone(), channel.as_str().into());
        Value::Object(arguments)
    };
    let calls: Vec<Value> = clause.channels.iter().map(with).collect();
    (!calls.is_empty()).then_some(calls)
}

/// What a question is about: what stands between quotation marks, or else behind a word that says so.
fn subject(text: &str) -> Option<String> {
    const LONGEST: usize = 80;
    let marks = |letter: char| matches!(letter, '"' | '“' | '”' | '„' | '«' | '»');
    let between = text.split(marks).nth(1).filter(|_| text.matches(marks).count() >= 2);
    let behind = || {
        let found = [" for ", " about ", " named ", " called ", " mentioning "];
        let word = found.into_iter().filter_map(|word| Some((text.find(word)?, word))).min()?;
        Some(&text[word.0 + word.1.len()..])
    };
    let subject = between.or_else(behind)?.trim().trim_end_matches(['.', '?', '!']).trim();
    let says = subject.chars().any(char::is_alphanumeric) && subject.chars().count() <= LONGEST;
    says.then(|| subject.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        integrations::tools,
        kit::id::{ConnectionId, Id as _},
    };

    fn everything() -> Vec<OfferedTool> {
        let offered = tools::all().iter().map(|tool| OfferedTool {
            tool,
            connection: ConnectionId::from_bytes([1; 16]),
            service_name: tool.service(),
            account_label: "me".into(),
            agreed: true,
            model: tool.model,
            last_used_at: None,
        });
        offered.collect()
    }

    /// For somebody who has connected the services of the tour.
    fn routed(question: &str) -> Vec<(&'static str, Value)> {
        routed_to(&["github", "google-calendar", "linear", "slack", "spotify", "sendgrid"], question)
    }

    /// The same for somebody who has connected these services alone.
    fn routed_to(services: &[&str], question: &str) -> Vec<(&'static str, Value)> {
        let offered = everything().into_iter().filter(|offered| services.contains(&offered.tool.provider()));
        let offered: Vec<_> = offered.collect();
        route(question, &offered).into_iter().map(|call| (call.tool.name, call.arguments)).collect()
    }

    #[test]
    fn the_questions_of_the_tour_find_their_tools() {
        let table = [
            ("what is on my calendar today", vec![("google_calendar__list_events", json!({"day": "today"}))]),
            ("What's on my calendar?", vec![("google_calendar__list_events", json!({}))]),
            ("Any meetings tomorrow?", vec![("google_calendar__list_events", json!({"day": "tomorrow"}))]),
            ("my open issues", vec![("github__list_my_issues", json!({})), ("linear__list_my_issues", json!({}))]),
            ("my open issues on GitHub", vec![("github__list_my_issues", json!({}))]),
            ("unread in #general", vec![("slack__unread_in_channel", json!({"channel": "general"}))]),
            ("What did I play last?", vec![("spotify__recently_played", json!({}))]),
            ("which mails bounced?", vec![("sendgrid__list_bounces", json!({}))]),
            ("how are you", vec![]),
            ("", vec![]),
        ];
        for (question, calls) in table {
            assert_eq!(routed(question), calls, "{question}");
        }
    }

    #[test]
    fn a_question_may_ask_two_things() {
        let calls = routed("what is on my calendar today and which issues are open?");
        let names: Vec<&str> = calls.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["google_calendar__list_events", "github__list_my_issues", "linear__list_my_issues"]);
        assert_eq!(calls[0].1, json!({"day": "today"}));
    }

    #[test]
    fn the_first_question_of_each_tool_finds_it() {
        for tool in tools::all().iter().filter(|tool| !tool.entry.question.is_empty()) {
            let question = &tool.entry.question;
            let found = routed_to(&[tool.provider()], question);
            assert!(found.iter().any(|(name, _)| *name == tool.name), "{}: {question}", tool.name);
        }
    }

    #[test]
    fn what_stands_in_quotes_or_behind_about_is_what_is_looked_for() {
        let table = [
            ("find events about the quarterly planning?", json!({"words": "the quarterly planning"})),
            ("when is the meeting \"Design sync\"", json!({"words": "design sync"})),
            ("when is the event called Dentist!", json!({"words": "dentist"})),
        ];
        for (question, arguments) in table {
            let found = routed_to(&["google-calendar"], question);
            let expected = ("google_calendar__search_events", arguments);
            assert!(found.contains(&expected), "{question}: {found:?}");
        }
        let none = routed_to(&["google-calendar"], "find the meeting about …");
        assert!(none.iter().all(|(name, _)| *name != "google_calendar__search_events"), "{none:?}");
    }

    #[test]
    fn a_name_that_is_a_word_like_others_keeps_no_other_service_out() {
        let found = routed_to(&["close", "hubspot"], "which companies about \"tideway\" are close to us");
        assert_eq!(found[0].0, "hubspot__find_companies", "{found:?}");
        let found = routed_to(&["close", "salesforce"], "my open tasks in Close");
        assert!(found.iter().all(|(name, _)| name.starts_with("close__")), "{found:?}");
    }

    #[test]
    fn two_channels_are_two_calls_and_a_repetition_is_one() {
        let calls = routed("What is new in #general, unread in #random? unread in #random!");
        let channels: Vec<&Value> = calls.iter().map(|(_, arguments)| &arguments["channel"]).collect();
        assert_eq!(channels, [&json!("general"), &json!("random")]);
    }

    #[test]
    fn every_tool_is_found_by_its_own_description_of_words() {
        for tool in tools::all() {
            for intent in &tool.entry.intents {
                let words: Vec<&str> = intent.words.iter().filter_map(|word| word.split('|').next()).collect();
                let question = format!("{} {} #general about \"Northbeam\"", words.join(" "), tool.service());
                let found = routed_to(&[tool.provider()], &question);
                assert!(found.iter().any(|(name, _)| *name == tool.name), "{}: {question}", tool.name);
            }
        }
    }
}
