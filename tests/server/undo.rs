//! Changes that are taken back: by which call, by whom, and how often.

use std::collections::BTreeSet;

use aura::{
    chat::{
        Asker, ChatError,
        model::Sent,
        proposal::{Decision, ProposalCard, UndoState},
    },
    error::AppError,
    integrations::{Error, approval::Approved, model::ProposalState, tools},
    kit::id::{ApprovalId, ConnectionId},
    providers::{Undo, catalogue},
};
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    answering::{answer, becomes},
    browser::{Browser, dump},
    outside::{Outside, Reply, Step, connect, person},
    support::TestApp,
    tools_sandbox::World,
    tools_seen::SEEN,
    vendor::user_of,
};

const CREATE: &str = "github__create_issue";
const ISSUES: &str = "/api.github.com/repos/northbeam/harbor/issues";
/// What was made there.
const MADE: &str = "/api.github.com/repos/northbeam/harbor/issues/1501";
const EVENT: &str = "/www.googleapis.com/calendar/v3/calendars/primary/events/seededevent01";

fn issue() -> Value {
    json!({"owner": "northbeam", "repo": "harbor", "title": "Receipts show dollars"})
}

fn proposes(outside: &Outside, tool: &'static str, arguments: Value) {
    outside.model(Reply::Stream(vec![Step::Call(tool, arguments), Step::Finish("tool_calls")]));
    outside.model(Reply::Stream(vec![Step::Text("That is all."), Step::Finish("stop")]));
}

/// What GitHub answers to a new issue, and to its being closed.
fn github(outside: &Outside) {
    let made = |state: &str| json!({"number": 1501, "title": "canary-made-title", "state": state, "html_url": "https://github.com/northbeam/harbor/issues/1501"});
    outside.service(ISSUES, 201, &made("open"));
    outside.service(MADE, 200, &made("closed"));
}

async fn card(app: &TestApp, asker: &Asker, sent: Sent) -> ProposalCard {
    answer(&app.state().chat, asker, sent).await.proposals.remove(0)
}

/// A change that somebody has asked for, with its card.
async fn asked(app: &TestApp, asker: &Asker, key: &str) -> (Sent, ProposalCard) {
    // Each in a moment of its own, so that the log has an order.
    app.clock().advance(time::Duration::seconds(1));
    let sent = app.state().chat.send(asker, None, "Please do that", key).await.unwrap();
    becomes(app, sent, "waiting").await;
    let card = card(app, asker, sent).await;
    (sent, card)
}

/// The same, approved and answered.
async fn done(app: &TestApp, asker: &Asker, key: &str) -> (Sent, ProposalCard) {
    let (sent, card) = asked(app, asker, key).await;
    let decided = app.state().chat.decide(asker, card.id, Decision::Approve, &[]).await.unwrap();
    becomes(app, sent, "finished").await;
    (sent, decided.card)
}

/// A person with an issue that was opened for them.
async fn with_issue(outside: &Outside, app: &TestApp) -> (Asker, ConnectionId, Sent, ProposalCard) {
    let asker = person(app, "Mira").await;
    let connection = connect(app, asker.user, "github").await;
    github(outside);
    proposes(outside, CREATE, issue());
    let (sent, card) = done(app, &asker, "k1").await;
    (asker, connection, sent, card)
}

fn undo_state(card: &ProposalCard) -> Option<UndoState> {
    card.undo.as_ref().map(|undo| undo.state)
}

fn told(card: &ProposalCard) -> &str {
    card.undo.as_ref().map(|undo| undo.sentence.as_str()).unwrap_or_default()
}

async fn refused(app: &TestApp, asker: &Asker, id: ApprovalId) -> AppError {
    match app.state().chat.undo(asker, id).await {
        Err(ChatError::Integrations(error @ Error::NotUndoable(_))) => error.into(),
        other => panic!("{other:?}"),
    }
}

/// What was sent to change what was made; to look at it sends nothing.
fn closed(outside: &Outside) -> Vec<String> {
    outside.called(MADE).into_iter().filter(|body| !body.is_empty()).collect()
}

async fn count(app: &TestApp, table: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(app.db()).await.unwrap()
}

#[sqlx::test]
async fn un_01_a_change_is_taken_back_once_by_exactly_the_call_that_was_shown(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    connect(&app, asker.user, "github").await;
    github(&outside);
    proposes(&outside, CREATE, issue());
    let (sent, waiting) = asked(&app, &asker, "k1").await;
    assert!(waiting.sentence.contains("It can be undone afterwards."), "{}", waiting.sentence);
    assert_eq!(waiting.undo, None, "nothing was done yet");
    let chat = &app.state().chat;
    let decided = chat.decide(&asker, waiting.id, Decision::Approve, &[]).await.unwrap().card;
    becomes(&app, sent, "finished").await;

    let offer = decided.undo.clone().unwrap();
    assert_eq!(offer.state, UndoState::Open);
    assert!(offer.sentence.contains("«Close or reopen»") && offer.sentence.contains("canary-made-title"), "{offer:?}");
    let shown: Vec<(&str, &str)> =
        offer.fields.iter().map(|field| (field.name.as_str(), field.shown.as_str())).collect();
    assert_eq!(shown, [("owner", "northbeam"), ("repo", "harbor"), ("number", "1501"), ("state", "closed")]);
    assert!(closed(&outside).is_empty(), "to offer it sends nothing");

    let undone = chat.undo(&asker, waiting.id).await.unwrap();
    assert!(undone.counted);
    assert_eq!((undone.card.state, undo_state(&undone.card)), (ProposalState::Done, Some(UndoState::Undone)));
    assert!(told(&undone.card).starts_with("Undone by you at "), "{}", told(&undone.card));
    assert_eq!(closed(&outside), [r#"{"state":"closed"}"#]);
    assert_eq!(card(&app, &asker, sent).await, undone.card, "and so it stays");

    let again = chat.undo(&asker, waiting.id).await.unwrap();
    assert!(!again.counted);
    assert_eq!(undo_state(&again.card), Some(UndoState::Undone));
    assert_eq!((closed(&outside).len(), outside.called(ISSUES).len()), (1, 1));
    assert_eq!((count(&app, "executions").await, count(&app, "tool_calls").await), (2, 2));
    // What takes back is not taken back, and is no proposal that could be decided.
    let by: Uuid =
        sqlx::query_scalar("select id from approvals where undoes is not null").fetch_one(app.db()).await.unwrap();
    assert!(matches!(chat.undo(&asker, by.into()).await, Err(ChatError::NotFound("proposal"))));
    let around = app.state().integrations.undo(asker.user, by.into()).await;
    assert!(matches!(around, Err(Error::NotUndoable(_))));
    assert!(Approved::consume(&app.state().integrations, asker.user, by.into()).await.is_err(), "it is used up");
    assert!(!dump(&app).await.contains("canary-made-title"), "what was made is sealed");

    // Of what cannot be taken back the card says so before.
    proposes(
        &outside,
        "github__add_comment",
        json!({"owner": "northbeam", "repo": "harbor", "number": 7, "body": "Hm."}),
    );
    let (_, waiting) = asked(&app, &asker, "k2").await;
    assert!(waiting.sentence.contains("It cannot be undone by Aura."), "{}", waiting.sentence);
    outside.service(&format!("{ISSUES}/7/comments"), 201, &json!({"id": 3, "body": "Hm."}));
    let commented = chat.decide(&asker, waiting.id, Decision::Approve, &[]).await.unwrap().card;
    assert_eq!((commented.state, commented.undo), (ProposalState::Done, None));
    assert_eq!(refused(&app, &asker, waiting.id).await.code, "cannot_undo");
}

#[sqlx::test]
async fn un_02_twenty_undos_in_two_processes_are_one(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let (asker, _, sent, card) = with_issue(&outside, &app).await;
    let other = app.second_process().await;
    let clicks = (0..20).map(|at| {
        let chat = if at % 2 == 0 { &app.state().chat } else { &other.state().chat };
        chat.undo(&asker, card.id)
    });
    let all: Vec<_> = futures::future::join_all(clicks).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(all.iter().filter(|one| one.counted).count(), 1, "the others are told how it stands");
    assert_eq!(closed(&outside).len(), 1);
    assert_eq!(undo_state(&self::card(&app, &asker, sent).await), Some(UndoState::Undone));
    assert_eq!(count(&app, "executions").await, 2);
}

#[sqlx::test]
async fn un_03_only_its_person_undoes_with_or_without_a_script(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    github(&outside);
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let user = user_of(&app, "mira@example.com").await;
    let asker = Asker { user, name: "Mira".into(), zone: "UTC".into() };
    connect(&app, user, "github").await;
    let mut cards = Vec::new();
    for key in ["k1", "k2"] {
        proposes(&outside, CREATE, issue());
        cards.push(done(&app, &asker, key).await);
    }
    let [(sent, first), (_, second)] = &cards[..] else { panic!() };
    let address = |card: &ProposalCard| format!("/api/chat/approvals/{}/undo", card.id);

    let mut eve = Browser::new(&app);
    eve.sign_in(&app, "eve@example.com").await;
    assert_eq!(eve.post_form(&address(first), &[]).await.status, StatusCode::NOT_FOUND);
    let eve = Asker { user: user_of(&app, "eve@example.com").await, name: "Eve".into(), zone: "UTC".into() };
    assert!(matches!(app.state().chat.undo(&eve, first.id).await, Err(ChatError::NotFound("proposal"))));
    let around = app.state().integrations.undo(eve.user, first.id).await;
    assert!(matches!(around, Err(Error::NotFound("proposal"))));
    let nobody = Browser::new(&app).post_form(&address(first), &[]).await;
    assert!(!nobody.status.is_success(), "{}", nobody.status);
    assert!(closed(&outside).is_empty(), "nobody else undoes");

    let place = format!("/chat/{}", sent.conversation);
    let page = mira.get(&place).await;
    assert!(page.text().contains(&format!("action=\"{}\"", address(first))), "{}", page.text());
    let undone = mira.post_form(&address(first), &[]).await;
    assert_eq!((undone.status, undone.location()), (StatusCode::SEE_OTHER, place.as_str()));
    let page = mira.get(&place).await;
    assert!(page.text().contains("Undone by you at ") && !page.text().contains(&address(first)), "{}", page.text());
    assert_eq!(closed(&outside).len(), 1);

    // From the log of calls, which shows both calls and leads from one to the other.
    let log = "/settings/activity/services";
    let page = mira.get(log).await;
    assert!(page.text().contains(&format!("action=\"{}\"", address(second))), "{}", page.text());
    assert!(!page.text().contains(&address(first)), "it was undone");
    let undone = mira.post_form(&address(second), &[("to", "calls")]).await;
    assert_eq!((undone.status, undone.location()), (StatusCode::SEE_OTHER, log));
    let page = mira.get(log).await;
    assert!(!page.text().contains("/undo\""), "{}", page.text());
    let calls: Vec<(Uuid, bool)> =
        sqlx::query_as("select t.id, a.undoes is not null from tool_calls t join approvals a on a.id = t.approval_id")
            .fetch_all(app.db())
            .await
            .unwrap();
    assert_eq!(calls.len(), 4);
    for (call, _) in &calls {
        assert!(page.text().contains(&format!("id=\"call-{call}\"")), "{call}");
        assert!(page.text().contains(&format!("href=\"#call-{call}\"")), "each is what another leads to: {call}");
    }
    assert_eq!(page.text().matches("A conversation that is gone").count(), 0);

    // With the conversation goes what was derived from its words, also of what took a change back.
    app.state().chat.delete(asker.user, sent.conversation).await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from tool_calls where arguments_hash is not null")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!((count(&app, "tool_calls").await, kept, count(&app, "approvals").await), (4, 2, 2));
}

#[sqlx::test]
async fn un_04_what_was_not_done_is_not_undone(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    connect(&app, asker.user, "github").await;
    github(&outside);
    let chat = &app.state().chat;
    for (key, status, decision, wanted, words) in [
        ("k1", 201, Decision::Deny, ProposalState::Denied, "nothing to undo"),
        ("k2", 422, Decision::Approve, ProposalState::Failed, "nothing to undo"),
        ("k3", 500, Decision::Approve, ProposalState::Unknown, "did not confirm this change"),
    ] {
        outside.service(ISSUES, status, &json!({"message": "No", "number": 1501}));
        proposes(&outside, CREATE, issue());
        let (_, waiting) = asked(&app, &asker, key).await;
        let before = refused(&app, &asker, waiting.id).await;
        assert!(before.message.contains("nothing to undo"), "{}", before.message);
        let card = chat.decide(&asker, waiting.id, decision, &[]).await.unwrap().card;
        assert_eq!((card.state, &card.undo), (wanted, &None), "{key}");
        let error = refused(&app, &asker, waiting.id).await;
        assert!(error.code == "cannot_undo" && error.message.contains(words), "{key}: {}", error.message);
        let status = aura::platform::refusal::Refusal(error);
        assert_eq!(axum::response::IntoResponse::into_response(status).status(), StatusCode::CONFLICT);
    }
    assert!(closed(&outside).is_empty());
    let undoes: i64 = sqlx::query_scalar("select count(*) from approvals where undoes is not null")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(undoes, 0);
}

#[sqlx::test]
async fn un_05_an_undo_that_died_is_told_and_never_done_again(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let (asker, _, sent, card) = with_issue(&outside, &app).await;
    // As after a kill: the word is written down, and nobody is there any more to make the call.
    drop(app.state().integrations.undo(asker.user, card.id).await.unwrap().unwrap());
    app.state().chat.close().await;
    let other = app.second_process().await;
    let shown = answer(&other.state().chat, &asker, sent).await.proposals.remove(0);
    assert_eq!(undo_state(&shown), Some(UndoState::UnderWay));
    assert!(!other.state().chat.undo(&asker, card.id).await.unwrap().counted);
    app.clock().advance(time::Duration::minutes(6));
    other.state().chat.look_after_waiting().await.unwrap();
    let shown = answer(&other.state().chat, &asker, sent).await.proposals.remove(0);
    assert_eq!(undo_state(&shown), Some(UndoState::Unknown));
    assert!(told(&shown).contains("It may have been done: look there"), "{}", told(&shown));
    assert!(!other.state().chat.undo(&asker, card.id).await.unwrap().counted);
    assert!(closed(&outside).is_empty(), "nothing is ever sent for it");
}

#[sqlx::test]
async fn un_06_what_the_service_refused_says_why_and_can_be_tried_again(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let (asker, connection, _, card) = with_issue(&outside, &app).await;
    let chat = &app.state().chat;
    let stands = async |state: &str| {
        sqlx::query("update connections set state = $2, reason = null where id = $1")
            .bind(Uuid::from(connection))
            .bind(state)
            .execute(app.db())
            .await
            .unwrap();
    };
    stands("needs_reauth").await;
    let dead = chat.undo(&asker, card.id).await.unwrap();
    assert!(dead.counted && undo_state(&dead.card) == Some(UndoState::Failed), "{:?}", dead.card.undo);
    assert!(told(&dead.card).contains("GitHub wants you to sign in again. Reconnect it"), "{}", told(&dead.card));
    assert!(closed(&outside).is_empty());
    stands("active").await;
    outside.service(MADE, 422, &json!({"message": "Locked for now"}));
    let locked = chat.undo(&asker, card.id).await.unwrap();
    assert!(told(&locked.card).contains("Locked for now"), "{}", told(&locked.card));
    github(&outside);
    let other = app.second_process().await;
    let clicks = (0..8).map(|at| if at % 2 == 0 { chat } else { &other.state().chat }.undo(&asker, card.id));
    let all: Vec<_> = futures::future::join_all(clicks).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(all.iter().filter(|one| one.counted).count(), 1, "a further attempt is one, too");
    assert_eq!(undo_state(&chat.undo(&asker, card.id).await.unwrap().card), Some(UndoState::Undone));
    assert_eq!(closed(&outside).len(), 2, "the one that was refused, and one more");
}

#[sqlx::test]
async fn un_07_a_change_of_something_is_undone_with_what_stood_there_just_before(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let connection = connect(&app, asker.user, "google-calendar").await;
    sqlx::query("update connections set scopes = scopes || $2 where id = $1")
        .bind(Uuid::from(connection))
        .bind(vec!["https://www.googleapis.com/auth/calendar.events".to_owned()])
        .execute(app.db())
        .await
        .unwrap();
    let chat = &app.state().chat;
    let change = json!({"id": "seededevent01", "title": "New"});
    let stands = |title: &str| {
        outside.service(EVENT, 200, &json!({"id": "seededevent01", "summary": title, "location": "Pier 2"}));
    };

    stands("As it was proposed");
    proposes(&outside, "google_calendar__update_event", change.clone());
    let (sent, waiting) = asked(&app, &asker, "k1").await;
    // Somebody changes it while the card waits.
    let long = "canary-former-title ".repeat(9);
    let long = long.trim_end();
    stands(long);
    let card = chat.decide(&asker, waiting.id, Decision::Approve, &[]).await.unwrap().card;
    becomes(&app, sent, "finished").await;
    assert_eq!(undo_state(&card), Some(UndoState::Open), "{card:?}");
    assert!(!dump(&app).await.contains("canary-former-title"), "what stood there is sealed");
    let undone = chat.undo(&asker, card.id).await.unwrap().card;
    assert_eq!(undo_state(&undone), Some(UndoState::Undone), "{undone:?}");
    let sent_out: Vec<Value> = outside
        .called(EVENT)
        .iter()
        .filter(|body| !body.is_empty())
        .map(|body| serde_json::from_str(body).unwrap())
        .collect();
    assert_eq!(sent_out, [json!({"summary": "New"}), json!({"summary": long})], "and nothing that was left alone");

    // What was empty cannot be brought back, and what cannot be read neither: the change is made all the same.
    outside.service(EVENT, 200, &json!({"id": "seededevent01", "summary": ""}));
    proposes(&outside, "google_calendar__update_event", change);
    let (_, card) = done(&app, &asker, "k2").await;
    assert_eq!((card.state, card.undo), (ProposalState::Done, None));
}

#[sqlx::test]
async fn un_08_another_account_in_its_place_has_nothing_to_undo(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let (asker, connection, sent, card) = with_issue(&outside, &app).await;
    sqlx::query("update connections set account_id = 'another', account_label = 'ada' where id = $1")
        .bind(Uuid::from(connection))
        .execute(app.db())
        .await
        .unwrap();
    assert_eq!(self::card(&app, &asker, sent).await.undo, None);
    let error = refused(&app, &asker, card.id).await;
    assert!(error.message.contains("another one now"), "{}", error.message);
    sqlx::query("delete from connections").execute(app.db()).await.unwrap();
    assert!(matches!(app.state().chat.undo(&asker, card.id).await, Err(ChatError::NotFound("proposal"))));
    assert!(closed(&outside).is_empty());
}

#[test]
fn un_09_every_undo_of_the_catalogue_names_a_change_of_its_service_and_all_that_it_takes() {
    let mut known = 0;
    for provider in catalogue().all() {
        for tool in &provider.tools {
            let (name, Some(undo)) = (&tool.name, &tool.undo) else { continue };
            known += 1;
            assert!(tool.effect.changes(), "{name}");
            let inverse = provider.tools.iter().find(|other| other.name == undo.with);
            let inverse = inverse.unwrap_or_else(|| panic!("{name}: there is no {}", undo.with));
            assert!(inverse.effect.changes(), "{name}");
            let takes = inverse.parameters["properties"].as_object().unwrap();
            for argument in undo.arguments.keys().chain(undo.words.keys()) {
                assert!(takes.contains_key(argument), "{name}: {argument}");
            }
            for needed in inverse.parameters["required"].as_array().into_iter().flatten() {
                let template = undo.arguments.get(needed.as_str().unwrap());
                assert!(template.is_some(), "{name}: {needed} is missing");
            }
            let given = tool.parameters["properties"].as_object().unwrap();
            let picked: BTreeSet<&str> =
                tool.steps.iter().flat_map(|step| &step.picks).map(|pick| pick.name.as_str()).collect();
            let before: BTreeSet<&str> =
                tool.before.iter().flat_map(|step| &step.picks).map(|pick| pick.name.as_str()).collect();
            for template in undo.arguments.values() {
                match (Undo::before(template), template.trim_start_matches('{').trim_end_matches('}')) {
                    (Some(former), _) => {
                        assert!(before.contains(former) && given.contains_key(former), "{name}: {template}");
                    }
                    (None, "made") => {
                        let made = tool.steps.last().and_then(|step| step.made.as_ref()).unwrap();
                        assert!(!made.id.is_empty(), "{name}: nothing tells what was made");
                    }
                    (None, inside) if template.starts_with('{') => {
                        assert!(given.contains_key(inside) || picked.contains(inside), "{name}: {template}");
                    }
                    (None, _) => {}
                }
            }
            // What is read before leaves a gap where there is nothing, and is only read.
            if let Some(step) = &tool.before {
                assert!(step.picks.iter().all(|pick| pick.default.as_deref() == Some("")), "{name}");
                let query = step.graphql.as_ref().is_none_or(|words| words.starts_with("query"));
                assert!(query && (step.graphql.is_some() || step.method == "GET"), "{name}");
            }
        }
    }
    assert!(known >= 25, "{known}");
}

/// Changes whose example has nothing before it that could be brought back.
const NOTHING_BEFORE: &[&str] = &["sentry__assign_issue"];

/// Changes after whose undo what was made is still there, in another state: what the look shows before and not after.
const OTHERWISE: &[(&str, &str)] = &[("github__create_issue", ", open")];

#[sqlx::test]
async fn un_10_every_change_with_an_undo_is_taken_back_and_the_next_look_shows_it(db: PgPool) {
    let world = Box::pin(World::start(db)).await;
    let mut failed = Vec::new();
    for tool in tools::all().iter().filter(|tool| tool.inverse().is_some()) {
        let connection = world.connect(tool.provider()).await;
        let Some((_, look, arguments, text)) = SEEN.iter().find(|(name, ..)| *name == tool.name) else {
            failed.push(format!("{}: no row says which look shows it", tool.name));
            continue;
        };
        let answer = match world.change(connection, tool, tool.example().clone()).await {
            Ok(answer) => answer,
            Err(error) => {
                failed.push(format!("{}: {error} {:?}", tool.name, world.sandbox.refusals().first()));
                continue;
            }
        };
        let Some(undo) = answer.undo else {
            if !NOTHING_BEFORE.contains(&tool.name) {
                failed.push(format!("{}: nothing takes it back", tool.name));
            }
            continue;
        };
        assert!(!NOTHING_BEFORE.contains(&tool.name), "{}", tool.name);
        let changed = world.told(connection, look, arguments).await;
        let inverse = tools::find(&undo.tool).unwrap();
        if let Err(error) = world.change(connection, inverse, undo.arguments.clone()).await {
            failed.push(format!("{}: {error} {} {:?}", tool.name, undo.arguments, world.sandbox.refusals().first()));
            continue;
        }
        let after = world.told(connection, look, arguments).await;
        let text = OTHERWISE.iter().find(|(name, _)| *name == tool.name).map_or(*text, |(_, text)| *text);
        let (there, then) = match text.strip_prefix('-') {
            Some(text) => (!changed.contains(text), after.contains(text)),
            None => (changed.contains(text), !after.contains(text)),
        };
        if !there || !then {
            failed.push(format!("{}: {text}\n  changed: {changed}\n  after: {after}", tool.name));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
