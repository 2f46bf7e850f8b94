//! Answers in the making: what the log promises to those who follow it.

use std::{sync::Arc, time::Duration};

use aura::{
    chat::{
        ChatError, Followed, Parts,
        model::{AI_IS_OFF, INTERRUPTED, Message, RunEvent, RunState},
    },
    kit::id::RunId,
};
use futures::{Stream, StreamExt as _};
use serde_json::json;
use sqlx::PgPool;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    browser::dump,
    outside::{Outside, Reply, Step, connect, eventually, person},
    support::TestApp,
};

/// What chat is made of in this app.
pub fn parts(app: &TestApp) -> Parts {
    let state = app.state();
    Parts {
        identity: app.identity().clone(),
        db: state.db.clone(),
        clock: state.clock.clone(),
        random: state.random.clone(),
        vault: state.vault.clone(),
        bus: state.bus.clone(),
        teams: state.teams.clone(),
        billing: state.billing.clone(),
        inference: state.inference.clone(),
        integrations: state.integrations.clone(),
        files: state.user_files.clone(),
        public_url: state.settings.public_url.clone(),
    }
}

#[derive(Debug, sqlx::FromRow)]
pub struct End {
    pub state: String,
    pub model: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub text: String,
}

/// The run as it stands in the tables.
async fn row(app: &TestApp, run: RunId) -> End {
    sqlx::query_as(
        "select r.state, r.model, r.error_code, r.error_message, m.content as text
         from runs r join messages m on m.id = r.answer_id where r.id = $1",
    )
    .bind(Uuid::from(run))
    .fetch_one(app.db())
    .await
    .unwrap()
}

/// Waits until the run is over.
pub async fn settled(app: &TestApp, run: RunId) -> End {
    eventually("the end of the answer", async || {
        let row = row(app, run).await;
        (row.state != "running").then_some(row)
    })
    .await
}

async fn all(events: impl Stream<Item = Followed>) -> Vec<Followed> {
    tokio::time::timeout(Duration::from_secs(10), events.collect()).await.expect("the log ends")
}

fn text(events: &[Followed]) -> String {
    let text = events.iter().filter_map(|followed| match &followed.event {
        RunEvent::Text { text } => Some(text.as_str()),
        _ => None,
    });
    text.collect()
}

fn numbers(events: &[Followed]) -> Vec<i32> {
    events.iter().filter_map(|followed| followed.seq).collect()
}

#[sqlx::test]
async fn an_03_an_answer_streams_is_kept_and_can_be_taken_up_anywhere(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let chat = &app.state().chat;
    let gates: Vec<Arc<Notify>> = (0..6).map(|_| Arc::new(Notify::new())).collect();
    let words = ["Grüße, ", "**bold** ", "漢字 ", "x ", "y ", "end."];
    let mut steps = Vec::new();
    for (gate, word) in gates.iter().zip(words) {
        steps.push(Step::Gate(gate.clone()));
        steps.push(Step::Text(word));
    }
    steps.push(Step::Finish("stop"));
    outside.model(Reply::Stream(steps));
    let sent = chat.send(&asker, None, "Hello?", "k1").await.unwrap();

    let whole = tokio::spawn(all(chat.follow(asker.user, sent.run, 0).await.unwrap()));
    for (at, gate) in gates.iter().enumerate() {
        gate.notify_one();
        // Whoever opens the page now sees all text that is in the log, and follows from its number without a gap.
        let said: String = words[..=at].concat();
        let so_far = said.trim_end().to_owned();
        eventually("the text in the log", async || {
            let stored: Option<String> = sqlx::query_scalar(
                "select string_agg(payload ->> 'text', '' order by seq) from run_events where kind = 'text'",
            )
            .fetch_one(app.db())
            .await
            .unwrap();
            (stored?.trim_end() == so_far).then_some(())
        })
        .await;
    }
    let opened = chat.open(&asker, Some(sent.conversation)).await.unwrap();
    assert!(opened.conversation.is_some());
    let whole = whole.await.unwrap();
    let expected = words.concat();
    assert_eq!(text(&whole), expected);
    let seqs = numbers(&whole);
    assert_eq!(seqs, (1..=i32::try_from(seqs.len()).unwrap()).collect::<Vec<_>>(), "strictly one after another");
    assert!(matches!(whole.last().unwrap().event, RunEvent::Settled { state: RunState::Finished, error: None }));
    let html = whole.iter().rev().find_map(|followed| match &followed.event {
        RunEvent::Html { html } => Some(html.clone()),
        _ => None,
    });
    assert_eq!(html.as_deref(), Some("<p>Grüße, <strong>bold</strong> 漢字 x y end.</p>\n"));
    assert_eq!(settled(&app, sent.run).await.text, expected);

    // From every number on, the rest is exactly what follows it.
    for after in 0..=seqs.len() {
        let rest = all(chat.follow(asker.user, sent.run, i32::try_from(after).unwrap()).await.unwrap()).await;
        let before: Vec<Followed> =
            whole.iter().filter(|f| f.seq.is_some_and(|s| s as usize <= after)).cloned().collect();
        assert_eq!(format!("{}{}", text(&before), text(&rest)), expected, "after {after}");
        assert!(matches!(rest.last().unwrap().event, RunEvent::Settled { .. }), "after {after}");
    }
    // Another process tells the same.
    let other = app.second_process().await;
    let there = all(other.state().chat.follow(asker.user, sent.run, 0).await.unwrap()).await;
    assert_eq!(text(&there), expected);
}

#[sqlx::test]
async fn an_04_a_page_opened_in_mid_answer_shows_the_text_so_far_and_goes_on(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let chat = &app.state().chat;
    let gate = Arc::new(Notify::new());
    outside.model(Reply::Stream(vec![
        Step::Text("First half, "),
        Step::Gate(gate.clone()),
        Step::Text("second half."),
        Step::Finish("stop"),
    ]));
    let sent = chat.send(&asker, None, "Hello?", "k1").await.unwrap();
    let answer = eventually("the first half", async || {
        let opened = chat.open(&asker, Some(sent.conversation)).await.unwrap();
        let conversation = opened.conversation.unwrap();
        assert_eq!(conversation.running(), Some(sent.run));
        match conversation.messages.last().unwrap() {
            Message::Answer(answer) if answer.html.contains("First half") => Some(answer.clone()),
            _ => None,
        }
    })
    .await;
    let rest = tokio::spawn(all(chat.follow(asker.user, sent.run, answer.run.last_seq).await.unwrap()));
    gate.notify_one();
    let rest = rest.await.unwrap();
    assert_eq!(text(&rest), "second half.", "nothing twice, nothing missing");
    assert_eq!(numbers(&rest)[0], answer.run.last_seq + 1);
}

#[sqlx::test]
async fn an_05_stop_from_another_process_ends_the_request_and_keeps_what_was_shown(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    outside.model(Reply::Stream(vec![Step::Text("So far and"), Step::Silence]));
    let sent = app.state().chat.send(&asker, None, "Hello?", "k1").await.unwrap();
    let other = app.second_process().await;
    let mut events = Box::pin(other.state().chat.follow(asker.user, sent.run, 0).await.unwrap());
    let mut seen = Vec::new();
    while text(&seen).is_empty() {
        seen.push(tokio::time::timeout(Duration::from_secs(10), events.next()).await.unwrap().unwrap());
    }
    let stranger = person(&app, "Stranger").await;
    assert!(matches!(other.state().chat.stop(stranger.user, sent.run).await, Err(ChatError::NotFound(_))));

    let asked = tokio::time::Instant::now();
    other.state().chat.stop(asker.user, sent.run).await.unwrap();
    seen.extend(all(events).await);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(matches!(seen.last().unwrap().event, RunEvent::Settled { state: RunState::Stopped, .. }));
    let end = settled(&app, sent.run).await;
    assert_eq!((end.state.as_str(), end.text.as_str()), ("stopped", text(&seen).as_str()));
    eventually("hanging up", async || (outside.hung_up() == 1).then_some(())).await;
    // Stopping again changes nothing, and the next question is welcome.
    other.state().chat.stop(asker.user, sent.run).await.unwrap();
    outside.model(Reply::Stream(vec![Step::Text("Again."), Step::Finish("stop")]));
    let next = app.state().chat.send(&asker, Some(sent.conversation), "And now?", "k2").await.unwrap();
    assert_eq!(settled(&app, next.run).await.state, "finished");
    // What was said before is part of the next question.
    let history = outside.asked().pop().unwrap()["messages"].clone();
    let contents: Vec<_> = history.as_array().unwrap().iter().skip(1).map(|m| m["content"].clone()).collect();
    assert_eq!(contents, ["Hello?", "So far and", "And now?"]);
}

#[sqlx::test]
async fn a_run_that_lost_its_process_says_so(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let chat = &app.state().chat;
    outside.model(Reply::Stream(vec![Step::Text("Half"), Step::Silence]));
    let sent = chat.send(&asker, None, "Hello?", "k1").await.unwrap();
    eventually("the first text", async || {
        let count: i64 = sqlx::query_scalar("select count(*) from run_events where kind = 'text'")
            .fetch_one(app.db())
            .await
            .unwrap();
        (count == 1).then_some(())
    })
    .await;
    assert_eq!(chat.settle_abandoned().await.unwrap(), 0, "a living run is left alone");
    // As after a kill: no heartbeat any more. The clock of the tests stands still, so the beats do not move on.
    app.clock().advance(time::Duration::seconds(14));
    sqlx::query("update runs set heartbeat_at = heartbeat_at - interval '2 seconds'").execute(app.db()).await.unwrap();
    let other = app.second_process().await;
    assert_eq!(other.state().chat.settle_abandoned().await.unwrap(), 1);
    assert_eq!(other.state().chat.settle_abandoned().await.unwrap(), 0);
    let end = row(&app, sent.run).await;
    assert_eq!((end.state.as_str(), end.text.as_str()), ("interrupted", "Half"));
    assert_eq!(end.error_message.as_deref(), Some(INTERRUPTED));
    let events = all(chat.follow(asker.user, sent.run, 0).await.unwrap()).await;
    assert!(matches!(
        &events.last().unwrap().event,
        RunEvent::Settled { state: RunState::Interrupted, error: Some(_) }
    ));
    // The process that was only slow notices that the run is no longer its own.
    eventually("hanging up", async || (outside.hung_up() == 1).then_some(())).await;
    assert_eq!(row(&app, sent.run).await.state, "interrupted");
}

#[sqlx::test]
async fn shutting_down_settles_what_runs(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    outside.model(Reply::Stream(vec![Step::Text("Half"), Step::Silence]));
    let sent = app.state().chat.send(&asker, None, "Hello?", "k1").await.unwrap();
    eventually("the model being asked", async || (outside.asked().len() == 1).then_some(())).await;
    tokio::time::timeout(Duration::from_secs(5), app.state().chat.close()).await.unwrap();
    assert_eq!(row(&app, sent.run).await.state, "interrupted");
}

fn issues() -> serde_json::Value {
    json!([
        { "title": "canary-issue-title", "number": 7, "html_url": "https://github.com/a/b/issues/7",
          "repository": { "full_name": "a/b" }, "updated_at": "2026-03-12T10:00:00Z" },
    ])
}

#[sqlx::test]
async fn an_08_a_model_reads_through_a_card_whose_content_is_sealed(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    connect(&app, asker.user, "github").await;
    outside.service("/api.github.com/issues", 200, &issues());
    outside.model(Reply::Stream(vec![
        Step::Text("Let me look."),
        Step::Call("github__list_my_issues", json!({})),
        Step::Finish("tool_calls"),
    ]));
    outside.model(Reply::Stream(vec![Step::Text("One is open."), Step::Finish("stop")]));
    let chat = &app.state().chat;
    let sent = chat.send(&asker, None, "Which issues are open?", "k1").await.unwrap();
    let events = all(chat.follow(asker.user, sent.run, 0).await.unwrap()).await;
    let end = settled(&app, sent.run).await;
    assert_eq!((end.state.as_str(), end.text.as_str()), ("finished", "Let me look.\n\nOne is open."), "{end:?}");

    let asked = outside.asked();
    assert_eq!(asked.len(), 2);
    let offered: Vec<_> = asked[0]["tools"].as_array().unwrap().iter().map(|t| t["function"]["name"].clone()).collect();
    assert!(offered.contains(&json!("github__list_my_issues")), "{offered:?}");
    let result = asked[1]["messages"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&result["role"], &result["tool_call_id"]), (&json!("tool"), &json!("call_a")));
    let content = result["content"].as_str().unwrap();
    assert!(content.contains("canary-issue-title") && content.contains("not instructions"), "{content}");

    // The viewer sees the item, by the stream and by the page; the tables show it to nobody.
    let card = events.iter().find_map(|followed| match &followed.event {
        RunEvent::ToolFinished { card } => Some(card.clone()),
        _ => None,
    });
    assert_eq!(card.unwrap().items[0].title, "canary-issue-title");
    let opened = chat.open(&asker, Some(sent.conversation)).await.unwrap().conversation.unwrap();
    let Message::Answer(answer) = &opened.messages[1] else { panic!("no answer") };
    assert_eq!((answer.cards[0].items[0].title.as_str(), answer.cards[0].items[0].n), ("canary-issue-title", 1));
    let dump = dump(&app).await;
    assert!(!dump.contains("canary-issue-title"), "what was read is sealed");
    assert!(dump.contains("tool_finished"));

    // What was read is removed after thirty days; the conversation stays.
    app.clock().advance(time::Duration::days(31));
    assert_eq!(chat.remove_old_readings().await.unwrap(), 1);
    let opened = chat.open(&asker, Some(sent.conversation)).await.unwrap().conversation.unwrap();
    let Message::Answer(answer) = &opened.messages[1] else { panic!("no answer") };
    assert_eq!((answer.cards[0].items.len(), answer.cards[0].detail.as_str()), (0, "No longer kept"));
}

#[sqlx::test]
async fn a_service_that_fails_is_a_card_and_the_model_is_told(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    connect(&app, asker.user, "github").await;
    outside.service("/api.github.com/issues", 404, &json!({}));
    outside.model(Reply::Stream(vec![Step::Call("github__list_my_issues", json!({})), Step::Finish("tool_calls")]));
    outside.model(Reply::Stream(vec![Step::Text("GitHub did not answer."), Step::Finish("stop")]));
    let chat = &app.state().chat;
    let sent = chat.send(&asker, None, "Which issues are open?", "k1").await.unwrap();
    let events = all(chat.follow(asker.user, sent.run, 0).await.unwrap()).await;
    let failed = events.iter().any(|f| matches!(&f.event, RunEvent::ToolFinished { card } if card.error.is_some()));
    assert!(failed, "{events:?}");
    assert!(outside.asked()[1]["messages"].to_string().contains("The tool failed"));
    assert_eq!(settled(&app, sent.run).await.state, "finished");
}

fn tracks() -> serde_json::Value {
    json!({ "items": [{ "played_at": "2026-03-12T10:00:00Z", "track": {
        "name": "canary-track", "artists": [{ "name": "canary-artist" }],
        "external_urls": { "spotify": "https://open.spotify.com/track/1" } } }] })
}

#[sqlx::test]
async fn an_07_what_no_model_may_see_is_a_card_and_never_in_a_prompt(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    connect(&app, asker.user, "spotify").await;
    connect(&app, asker.user, "github").await;
    outside.service("/api.spotify.com/v1/me/player/recently-played", 200, &tracks());
    outside.model(Reply::Stream(vec![Step::Text("It is in the card."), Step::Finish("stop")]));
    outside.model(Reply::Stream(vec![Step::Text("Fine."), Step::Finish("stop")]));
    let chat = &app.state().chat;
    let sent = chat.send(&asker, None, "What did I play last, and which issues are open?", "k1").await.unwrap();
    assert_eq!(settled(&app, sent.run).await.state, "finished");
    let next = chat.send(&asker, Some(sent.conversation), "Thanks. And what else?", "k2").await.unwrap();
    assert_eq!(settled(&app, next.run).await.state, "finished");
    let alone = chat.send(&asker, Some(sent.conversation), "What did I play last?", "k3").await.unwrap();
    let end = settled(&app, alone.run).await;
    assert!(end.text.contains("The card above"), "the card is the answer: {}", end.text);
    let opened = chat.open(&asker, Some(sent.conversation)).await.unwrap().conversation.unwrap();
    let Message::Answer(answer) = &opened.messages[1] else { panic!("no answer") };
    assert_eq!(answer.cards[0].items[0].title, "canary-track");
    let asked = outside.asked();
    assert_eq!(asked.len(), 2, "no model was asked what only a card may answer");
    for asked in &asked {
        let asked = asked.to_string();
        assert!(!asked.contains("canary-track") && !asked.contains("canary-artist"), "{asked}");
        assert!(!asked.contains("spotify__"), "the tool is not offered: {asked}");
    }
    assert!(asked[0]["messages"][0]["content"].as_str().unwrap().contains("already sees a card"));
}

#[sqlx::test]
async fn cp_02_what_its_owner_keeps_from_models_is_a_card_and_never_in_a_prompt(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let connection = connect(&app, asker.user, "github").await;
    connect(&app, asker.user, "linear").await;
    outside.service("/api.github.com/issues", 200, &issues());
    outside.model(Reply::Stream(vec![Step::Text("Fine."), Step::Finish("stop")]));
    app.state().integrations.let_models_see(asker.user, connection, false).await.unwrap();
    let chat = &app.state().chat;
    let sent = chat.send(&asker, None, "Which issues are open on GitHub?", "k1").await.unwrap();
    let end = settled(&app, sent.run).await;
    assert!(end.text.contains("The card above") && !end.text.contains("canary"), "{}", end.text);
    let opened = chat.open(&asker, Some(sent.conversation)).await.unwrap().conversation.unwrap();
    let Message::Answer(answer) = &opened.messages[1] else { panic!("no answer") };
    assert!(answer.cards[0].items[0].title.contains("canary"), "the person sees it: {:?}", answer.cards);
    assert!(outside.asked().is_empty(), "no model was asked what only a card may answer");
    let next = chat.send(&asker, Some(sent.conversation), "Thanks.", "k2").await.unwrap();
    assert_eq!(settled(&app, next.run).await.state, "finished");
    let asked = outside.asked()[0].to_string();
    assert!(!asked.contains("canary") && !asked.contains("github__"), "{asked}");
    assert!(asked.contains("linear__"), "other connections are offered: {asked}");

    app.state().integrations.let_models_see(asker.user, connection, true).await.unwrap();
    outside.model(Reply::Stream(vec![Step::Text("Fine."), Step::Finish("stop")]));
    let again = chat.send(&asker, None, "Which issues are open on GitHub?", "k3").await.unwrap();
    assert_eq!(settled(&app, again.run).await.state, "finished");
    assert!(outside.asked()[1].to_string().contains("github__"));
}

#[sqlx::test]
async fn an_09_without_a_model_rules_answer_from_the_services(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app_without_model(db).await;
    let asker = person(&app, "Mira").await;
    connect(&app, asker.user, "github").await;
    connect(&app, asker.user, "spotify").await;
    outside.service("/api.github.com/issues", 200, &issues());
    outside.service("/api.spotify.com/v1/me/player/recently-played", 200, &tracks());
    let chat = &app.state().chat;
    assert!(chat.open(&asker, None).await.unwrap().by_rules);

    let sent = chat.send(&asker, None, "Which issues are open?", "k1").await.unwrap();
    let events = all(chat.follow(asker.user, sent.run, 0).await.unwrap()).await;
    assert_eq!(events[0].event, RunEvent::Status { text: AI_IS_OFF.into() }, "it is said first");
    let end = settled(&app, sent.run).await;
    assert_eq!((end.state.as_str(), end.model), ("finished", None));
    assert!(
        end.text.contains("canary\\-issue\\-title") && end.text.contains("https://github.com/a/b/issues/7"),
        "{}",
        end.text
    );

    let sent = chat.send(&asker, None, "What did I play last?", "k2").await.unwrap();
    let end = settled(&app, sent.run).await;
    assert!(!end.text.contains("canary"), "a later prompt could contain it: {}", end.text);

    let sent = chat.send(&asker, None, "Why is the sky blue?", "k3").await.unwrap();
    let end = settled(&app, sent.run).await;
    assert_eq!(end.state, "finished");
    assert!(end.text.contains("could not tell"), "{}", end.text);

    outside.service("/api.github.com/issues", 404, &json!({}));
    let sent = chat.send(&asker, None, "Which issues are open?", "k4").await.unwrap();
    let end = settled(&app, sent.run).await;
    assert_eq!(end.state, "failed");
    assert!(end.error_message.unwrap().contains("GitHub"));
    assert!(outside.asked().is_empty(), "nobody asked a model");

    let lonely = person(&app, "Lonely").await;
    let sent = chat.send(&lonely, None, "Which issues are open?", "k5").await.unwrap();
    assert!(settled(&app, sent.run).await.text.contains("/connections"));
}
