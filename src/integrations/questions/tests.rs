use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::{
    integrations::tools,
    kit::id::{ConnectionId, Id as _},
};

/// A Friday.
fn time() -> TimeContext {
    TimeContext { now: datetime!(2026-11-20 12:00 UTC), zone: "Europe/Berlin".into() }
}

fn offered(fits: impl Fn(&Tool) -> bool) -> Vec<OfferedTool> {
    let fitting = tools::all().iter().filter(|tool| fits(tool));
    fitting
        .map(|tool| OfferedTool {
            tool,
            connection: ConnectionId::from_bytes([1; 16]),
            service_name: tool.service(),
            account_label: "me".into(),
            model: tool.model,
            agreed: true,
            last_used_at: None,
        })
        .collect()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
}

fn asked(question: &str, services: &[&str]) -> Vec<(String, Vec<(&'static str, Value)>)> {
    let tools = offered(|tool| services.contains(&tool.provider()));
    let Understood::Asked(asked, _) = understand(question, &tools, &time()) else { return Vec::new() };
    let calls =
        |asked: &Asked| asked.calls.iter().map(|wanted| (wanted.offered.tool.name, wanted.arguments.clone())).collect();
    asked.iter().map(|asked| (asked.kind.id.clone(), calls(asked))).collect()
}

#[test]
fn each_kind_is_understood_in_at_least_five_wordings() {
    let tools = offered(|_| true);
    let mut wordings: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in lines(include_str!("wordings.txt")) {
        match line.strip_prefix(' ') {
            Some(question) => wordings.last_mut().unwrap().1.push(question.trim()),
            None => wordings.push((line, Vec::new())),
        }
    }
    let mut wrong = Vec::new();
    for kind in &kinds::all().kinds {
        let found = wordings.iter().find(|(id, _)| *id == kind.id);
        let questions = found.map(|(_, questions)| questions.clone()).unwrap_or_default();
        if questions.len() < 5 {
            wrong.push(format!("{} has {} wordings", kind.id, questions.len()));
        }
        for question in questions.into_iter().chain([kind.asks.as_str()]) {
            match understand(question, &tools, &time()) {
                Understood::Asked(asked, _)
                    if asked.last().is_some_and(|asked| asked.kind.id == kind.id && !asked.calls.is_empty()) => {}
                other => wrong.push(format!("{}: {question}: {}", kind.id, brief(&other))),
            }
        }
    }
    let known = |id: &str| kinds::all().kinds.iter().any(|kind| kind.id == id);
    wrong.extend(wordings.iter().filter(|(id, _)| !known(id)).map(|(id, _)| format!("{id} is no kind")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn brief(understood: &Understood) -> String {
    match understood {
        Understood::Asked(asked, _) => {
            format!("{:?}", asked.iter().map(|asked| (&asked.kind.id, asked.calls.len())).collect::<Vec<_>>())
        }
        Understood::Routed(calls) => {
            format!("routed {:?}", calls.iter().map(|call| call.tool.name).collect::<Vec<_>>())
        }
        Understood::Change => "a change".into(),
        Understood::Nothing => "nothing".into(),
    }
}

#[test]
fn what_only_sounds_like_a_question_about_ones_own_is_not_understood() {
    let tools = offered(|_| true);
    let all: Vec<&str> = lines(include_str!("near_misses.txt")).collect();
    assert!(all.len() >= 40, "{}", all.len());
    let understood = all.iter().map(|question| (question, understand(question, &tools, &time())));
    let wrong: Vec<String> = understood
        .filter(|(_, understood)| !matches!(understood, Understood::Nothing | Understood::Change))
        .map(|(question, understood)| format!("{question}: {}", brief(&understood)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wish_to_change_something_reads_nothing() {
    let tools = offered(|_| true);
    for wish in lines(include_str!("wishes.txt")) {
        let understood = understand(wish, &tools, &time());
        assert!(matches!(understood, Understood::Change), "{wish}: {}", brief(&understood));
    }
}

#[test]
fn every_tool_answers_kinds_that_there_are_with_arguments_that_it_takes() {
    let question = "\"Northbeam\" #general HAR-41 northbeam/harbor#1482";
    let clause = Clause::new(question, &time());
    let period = Period::of("today", &time());
    let slots = Slots { clause: &clause, subject: Some("Northbeam"), period: period.as_ref() };
    let mut served: Vec<&str> = Vec::new();
    for tool in tools::all() {
        for answers in &tool.entry.answers {
            let kind = kinds::all().kinds.iter().find(|kind| kind.id == answers.kind);
            let kind = kind.unwrap_or_else(|| panic!("{} answers {}", tool.name, answers.kind));
            assert_eq!(tool.effect, Effect::Read, "{}", tool.name);
            let arguments = slots.arguments(answers, tool).unwrap_or_else(|| panic!("{}: {answers:?}", tool.name));
            assert_eq!(arguments.as_object().unwrap().len(), answers.with.len(), "{}", tool.name);
            let free = Slots { period: None, ..slots };
            assert!(kind.default_day.is_some() || free.arguments(answers, tool).is_some(), "{}", tool.name);
            served.push(&kind.id);
        }
    }
    for kind in &kinds::all().kinds {
        assert!(served.contains(&kind.id.as_str()), "no tool answers {}", kind.id);
    }
}

#[test]
fn what_a_question_holds_becomes_arguments() {
    let one = |question: &str, service: &str| {
        let found = asked(question, &[service]);
        found.first().and_then(|(_, calls)| calls.first().cloned()).unwrap_or(("", Value::Null))
    };
    let events = |question: &str| one(question, "google-calendar").1;
    assert_eq!(events("What's on my calendar?"), json!({"day": "today"}));
    assert_eq!(events("Any meetings on Monday?"), json!({"day": "2026-11-23"}));
    assert_eq!(events("Any meetings on Friday?"), json!({"day": "2026-11-20"}));
    assert_eq!(events("Any meetings on 3rd of December?"), json!({"day": "2026-12-03"}));
    assert_eq!(events("Any meetings on January 7?"), json!({"day": "2027-01-07"}));
    assert_eq!(events("Any meetings the day after tomorrow?"), json!({"day": "2026-11-22"}));
    assert_eq!(events("Any meetings next week?"), json!({"day": "next week"}));
    assert_eq!(events("Find the event \"Design sync\""), json!({"words": "Design sync"}));
    assert_eq!(
        one("Show the comments on northbeam/harbor#1482", "github").1,
        json!({"owner": "northbeam", "repo": "harbor", "number": 1482})
    );
    assert_eq!(
        one("Show the comments on northbeam/harbor#1482", "gitlab").1,
        json!({"project": "northbeam/harbor", "number": 1482})
    );
    assert_eq!(one("What was said on har-41?", "jira").1, json!({"issue": "HAR-41"}));
    assert_eq!(one("What is new in #General?", "slack").1, json!({"channel": "general"}));
    assert_eq!(
        one("Which issues are open in northbeam/harbor?", "github").1,
        json!({"query": "repo:northbeam/harbor is:open"})
    );
    assert_eq!(one("Which invoices are not paid?", "stripe").1, json!({"status": "open"}));
    assert_eq!(one("Find issues about salt and pepper", "github").1, json!({"query": "salt and pepper"}));
}

#[test]
fn every_account_that_can_answer_is_asked_up_to_a_bound() {
    let all = asked("Which of my issues are open?", &["github", "gitlab", "linear", "jira", "slack"]);
    assert_eq!(all[0].1.len(), 4, "{all:?}");
    let one = asked("Which of my issues are open in Linear?", &["github", "gitlab", "linear", "jira"]);
    assert_eq!(one[0].1, [("linear__list_my_issues", json!({}))]);
    let tools = offered(|_| true);
    let Understood::Asked(found, missed) = understand("What are my tasks and which issues are open?", &tools, &time())
    else {
        panic!("not understood")
    };
    assert!(!missed && found.len() == 2);
    assert_eq!(found.iter().map(|asked| asked.calls.len()).sum::<usize>(), MOST_CALLS);
    assert!(found.iter().map(|asked| asked.left_out).sum::<usize>() > 0);
}

#[test]
fn where_nothing_connected_can_answer_the_services_are_named_that_could() {
    let tools = offered(|tool| tool.provider() == "slack");
    let would_do = |question: &str| match understand(question, &tools, &time()) {
        Understood::Asked(asked, _) => asked[0].would_do.clone(),
        other => panic!("{question}: {}", brief(&other)),
    };
    assert_eq!(would_do("Who is on call?"), ["PagerDuty"]);
    assert_eq!(would_do("Which of my issues are open in Jira?"), ["Jira"]);
    assert_eq!(would_do("What was said on HAR-41?"), ["Jira", "Linear"]);
}

#[test]
fn a_part_that_is_understood_is_answered_and_the_rest_is_said_to_be_missed() {
    let tools = offered(|tool| tool.provider() == "github");
    let missed = |question: &str| match understand(question, &tools, &time()) {
        Understood::Asked(asked, missed) => (asked.len(), missed),
        other => panic!("{question}: {}", brief(&other)),
    };
    assert_eq!(missed("Hi Aura! Which of my issues are open? Thanks!"), (1, false));
    assert_eq!(missed("Which of my issues are open? And what is the weather?"), (1, true));
}
