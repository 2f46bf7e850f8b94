//! Answers that go on whatever happens around them: viewers in several processes, processes that die, readers that are
//! slow, models that are.

use std::{sync::Arc, time::Duration};

use aura::{
    chat::{
        Asker, Followed,
        model::{RunEvent, RunState},
    },
    kit::id::RunId,
    platform::sse,
};
use axum::response::sse::Event;
use futures::{Stream, StreamExt as _, future::join_all};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool, postgres::PgPoolOptions};
use tokio::{process::Child, sync::Notify};
use uuid::Uuid;

use crate::{
    browser::Browser,
    other_process::{self, kill},
    outside::{Outside, Reply, Step, eventually, person},
    runs::settled,
    support::TestApp,
    vendor::user_of,
};

/// When each process begins.
const NOON: time::OffsetDateTime = time::macros::datetime!(2026-03-12 12:00 UTC);

pub async fn all(events: impl Stream<Item = Followed>) -> Vec<Followed> {
    tokio::time::timeout(Duration::from_secs(20), events.collect()).await.expect("the log ends")
}

pub fn text(events: &[Followed]) -> String {
    let pieces = events.iter().filter_map(|followed| match &followed.event {
        RunEvent::Text { text } => Some(text.as_str()),
        _ => None,
    });
    pieces.collect()
}

fn numbered(events: &[Followed]) -> Vec<(i32, RunEvent)> {
    events.iter().filter_map(|one| Some((one.seq?, one.event.clone()))).collect()
}

pub async fn logged(app: &TestApp, run: RunId) -> String {
    let text: Option<String> = sqlx::query_scalar(
        "select string_agg(payload ->> 'text', '' order by seq) from run_events where run_id = $1 and kind = 'text'",
    )
    .bind(Uuid::from(run))
    .fetch_one(app.db())
    .await
    .unwrap();
    text.unwrap_or_default()
}

pub async fn says(app: &TestApp, run: RunId, wanted: &str) {
    eventually("the text in the log", async || (logged(app, run).await == wanted).then_some(())).await;
}

/// Another process whose queries can be told apart.
async fn apart(outside: &Outside, db: &PgPool, name: &str) -> TestApp {
    let options = (*db.connect_options()).clone().application_name(name);
    let pool = PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
    outside.app(pool).await
}

/// When this process last asked the database about a run, and on how many connections.
async fn last_asked(db: &PgPool, name: &str) -> Vec<(i32, String)> {
    sqlx::query_as(
        "select pid, coalesce(query_start::text, '') from pg_stat_activity
         where application_name = $1 and query like '%run%' order by pid",
    )
    .bind(name)
    .fetch_all(db)
    .await
    .unwrap()
}

#[sqlx::test]
async fn ch_03_five_viewers_in_two_processes_hear_everything_and_none_asks_while_it_is_silent(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db.clone()).await;
    let other = apart(&outside, &db, "viewers").await;
    let asker = person(&app, "Mira").await;
    let gate = Arc::new(Notify::new());
    let steps = vec![
        Step::Text("First. "),
        Step::Gate(gate.clone()),
        Step::Text("Second. "),
        Step::Gate(gate.clone()),
        Step::Text("Third."),
        Step::Finish("stop"),
    ];
    outside.model(Reply::Stream(steps));
    let sent = app.state().chat.send(&asker, None, "Hello?", "k1").await.unwrap();
    let mut viewers = Vec::new();
    for number in 0..5 {
        let chat = if number < 2 { &app.state().chat } else { &other.state().chat };
        viewers.push(tokio::spawn(all(chat.follow(asker.user, sent.run, 0).await.unwrap())));
    }
    says(&app, sent.run, "First. ").await;
    // Once all of them have what there is, silence costs the database nothing.
    let quiet = eventually("silence", async || {
        let before = last_asked(&db, "viewers").await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        (last_asked(&db, "viewers").await == before).then_some(before)
    })
    .await;
    assert!(!quiet.is_empty(), "they have asked before");
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(last_asked(&db, "viewers").await, quiet, "no viewer asks by itself");
    gate.notify_one();
    says(&app, sent.run, "First. Second. ").await;
    gate.notify_one();
    let heard = join_all(viewers).await.into_iter().map(Result::unwrap).collect::<Vec<_>>();
    for events in &heard {
        assert_eq!(text(events), "First. Second. Third.");
        assert_eq!(numbered(events), numbered(&heard[0]));
        assert!(matches!(events.last().unwrap().event, RunEvent::Settled { state: RunState::Finished, .. }));
    }
}

#[sqlx::test]
async fn ch_05_a_stop_in_another_process_hangs_up_keeps_what_was_shown_and_counts_what_it_took(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let other = app.second_process().await;
    let asker = person(&app, "Mira").await;
    outside.model(Reply::Stream(vec![Step::Text("Sixteen letters."), Step::Silence]));
    let sent = app.state().chat.send(&asker, None, "Hello?", "k1").await.unwrap();
    says(&app, sent.run, "Sixteen letters.").await;
    assert_eq!(outside.hung_up(), 0);
    other.state().chat.stop(asker.user, sent.run).await.unwrap();
    let end = settled(&app, sent.run).await;
    assert_eq!((end.state.as_str(), end.text.as_str()), ("stopped", "Sixteen letters."));
    eventually("hanging up", async || (outside.hung_up() == 1).then_some(())).await;
    let (state, written, reserved): (String, i64, i64) = sqlx::query_as(
        "select l.state, l.tokens_written, m.messages_reserved + m.tokens_reserved
         from usage_ledger l join usage_months m on m.team_id = l.team_id and m.month = l.month",
    )
    .fetch_one(app.db())
    .await
    .unwrap();
    assert_eq!((state.as_str(), written, reserved), ("settled", 4, 0), "four bytes are about a token");
}

#[tokio::test]
async fn ch_08_a_silent_stream_shows_within_ten_seconds_that_it_lives() {
    let answer = sse::answer(futures::stream::pending::<Event>());
    let mut body = answer.into_body().into_data_stream();
    let beat = tokio::time::timeout(Duration::from_secs(11), body.next()).await.expect("a sign of life");
    assert!(beat.unwrap().unwrap().starts_with(b":"), "a comment, which no reader takes for news");
}

#[sqlx::test]
async fn ch_08_an_answer_shows_at_once_that_it_is_made_and_a_slow_one_is_never_taken_for_dead(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let other = app.second_process().await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let gate = Arc::new(Notify::new());
    outside.model(Reply::Stream(vec![Step::Gate(gate.clone()), Step::Text("At last."), Step::Finish("stop")]));
    let sent = mira.post_form("/api/chat", &[("text", "Hello?"), ("key", "k1")]).await;
    let page = mira.get(sent.location()).await;
    assert!(page.text().contains("/stop\"") && page.text().contains("Refresh"), "{}", page.text());
    let run: RunId = sqlx::query_scalar("select id from runs").fetch_one(app.db()).await.unwrap();
    // Nothing comes of the model for longer than a dead process is waited for.
    for _ in 0..3 {
        app.clock().advance(time::Duration::seconds(9));
        eventually("a sign of life", async || {
            let beaten: time::OffsetDateTime =
                sqlx::query_scalar("select heartbeat_at from runs").fetch_one(app.db()).await.unwrap();
            (beaten == app.clock().now()).then_some(())
        })
        .await;
        assert_eq!(other.state().chat.settle_abandoned().await.unwrap(), 0, "it lives");
        let page = mira.get(sent.location()).await;
        assert!(page.text().contains("/stop\"") && !page.text().contains("interrupted"), "{}", page.text());
    }
    gate.notify_one();
    assert_eq!(settled(&app, run).await.state, "finished");
}

#[sqlx::test]
async fn ch_09_for_a_slow_reader_nothing_is_read_ahead_and_the_others_hear_everything(db: PgPool) {
    const PIECE: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde ";
    let outside = Outside::start().await;
    let app = outside.app(db.clone()).await;
    let slow_app = apart(&outside, &db, "slow").await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let user = user_of(&app, "mira@example.com").await;
    let asker = Asker { user, name: "Mira".into(), zone: "UTC".into() };
    let gate = Arc::new(Notify::new());
    let mut steps = vec![Step::Text(PIECE), Step::Gate(gate.clone())];
    steps.extend((0..6_000).map(|_| Step::Text(PIECE)));
    steps.push(Step::Finish("stop"));
    outside.model(Reply::Stream(steps));
    let sent = app.state().chat.send(&asker, None, "Tell me all", "k1").await.unwrap();
    let quick = tokio::spawn(all(app.state().chat.follow(user, sent.run, 0).await.unwrap()));
    let answer = mira.at(&slow_app).follow(&format!("/api/chat/runs/{}/events", sent.run)).await;
    let mut body = answer.into_body().into_data_stream();
    let mut bytes = body.next().await.unwrap().unwrap().to_vec();
    let before = last_asked(&db, "slow").await;
    gate.notify_one();
    let whole = text(&quick.await.unwrap());
    assert_eq!(whole, PIECE.repeat(6_001));
    assert_eq!(last_asked(&db, "slow").await, before, "nothing is fetched for one who does not read");
    // It reads on, and has it all.
    while let Some(piece) = body.next().await {
        bytes.extend_from_slice(&piece.unwrap());
    }
    let read = String::from_utf8(bytes).unwrap();
    let said = read.split("\n\n").filter(|block| block.contains("event: text")).map(|block| {
        let data = block.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        serde_json::from_str::<Value>(data).unwrap()["text"].as_str().unwrap().to_owned()
    });
    assert_eq!(said.collect::<String>(), whole);
}

/// Starts the process that dies, under these variables: it asks, and is in the midst of the answer.
pub fn other_process(app: &TestApp, variables: &[(&str, &str)], asker: &Asker, question: &str) -> Child {
    let errand = json!({
        "database": app.db().connect_options().to_url_lossy().to_string(),
        "variables": variables,
        "ahead": (app.clock().now() - NOON).whole_seconds(),
        "user": asker.user.to_string(),
        "question": question,
    });
    other_process::at("durable::the_process_that_answers", &errand).spawn().unwrap()
}

#[tokio::test]
#[ignore = "run by the tests of what becomes of its answer, in a process of its own"]
async fn the_process_that_answers() {
    let Some(errand) = other_process::errand() else { return };
    let word = |name: &str| errand[name].as_str().unwrap().to_owned();
    let db = PgPool::connect(&word("database")).await.unwrap();
    let variables: Vec<(String, String)> = serde_json::from_value(errand["variables"].clone()).unwrap();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let app = TestApp::with(db, &variables).await.second_process().await;
    // The hour is the same in both.
    app.clock().advance(time::Duration::seconds(errand["ahead"].as_i64().unwrap()));
    let asker = Asker { user: word("user").parse().unwrap(), name: "Mira".into(), zone: "UTC".into() };
    // Each process that dies asks under a key of its own.
    let key = format!("k{}", std::process::id());
    app.state().chat.send(&asker, None, &word("question"), &key).await.unwrap();
    std::future::pending::<()>().await;
}

#[sqlx::test]
async fn ch_04_an_answer_whose_process_is_killed_is_ended_by_another_and_can_be_asked_for_again(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    outside.model(Reply::Stream(vec![Step::Text("What had "), Step::Text("arrived"), Step::Silence]));
    let variables = outside.variables();
    let child = other_process(&app, &variables, &asker, "Hello?");
    let run: RunId = eventually("the run", async || {
        sqlx::query_scalar("select id from runs").fetch_optional(app.db()).await.unwrap()
    })
    .await;
    says(&app, run, "What had arrived").await;
    kill(child).await;
    let viewer = tokio::spawn(all(app.state().chat.follow(asker.user, run, 0).await.unwrap()));
    // The sweep comes every five seconds: after ten of silence it is over, so after fifteen in any case.
    app.clock().advance(time::Duration::seconds(10) + time::Duration::milliseconds(1));
    assert_eq!(app.state().chat.settle_abandoned().await.unwrap(), 1);
    let heard = viewer.await.unwrap();
    assert_eq!(text(&heard), "What had arrived", "nothing that was shown is lost");
    assert!(matches!(heard.last().unwrap().event, RunEvent::Settled { state: RunState::Interrupted, error: Some(_) }));
    let end = settled(&app, run).await;
    assert_eq!((end.state.as_str(), end.text.as_str()), ("interrupted", "What had arrived"));
    let reserved: i64 = sqlx::query_scalar("select messages_reserved + tokens_reserved + messages from usage_months")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(reserved, 0, "it costs nothing");
    // The next try is one more answer to the same question.
    outside.model(Reply::Stream(vec![Step::Text("All of it."), Step::Finish("stop")]));
    let (conversation, question): (Uuid, Uuid) =
        sqlx::query_as("select conversation_id, question_id from runs").fetch_one(app.db()).await.unwrap();
    let again = app.state().chat.send_again(&asker, conversation.into(), question.into(), "k2").await.unwrap();
    assert_eq!(settled(&app, again.run).await.text, "All of it.");
}

#[sqlx::test]
async fn ch_25_the_logs_of_all_answers_of_a_process_are_written_together(db: PgPool) {
    const RUNS: usize = 40;
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let gates: Vec<Arc<Notify>> = (0..RUNS).map(|_| Arc::new(Notify::new())).collect();
    let mut runs = Vec::new();
    for (number, gate) in gates.iter().enumerate() {
        let mut steps: Vec<Step> =
            (0..8).flat_map(|_| [Step::Gate(gate.clone()), Step::Text("some more words ")]).collect();
        steps.push(Step::Finish("stop"));
        outside.model(Reply::Stream(steps));
        runs.push(app.state().chat.send(&asker, None, "Hello?", &format!("k{number}")).await.unwrap().run);
    }
    eventually("all being asked", async || (outside.asked().len() == RUNS).then_some(())).await;
    for piece in 1..=8 {
        for gate in &gates {
            gate.notify_one();
        }
        for run in &runs {
            says(&app, *run, &"some more words ".repeat(piece)).await;
        }
    }
    for run in &runs {
        assert_eq!(settled(&app, *run).await.text, "some more words ".repeat(8));
    }
    // Each row tells by which transaction it was written; the end of a run is one of its own.
    let (rows, commits): (i64, i64) =
        sqlx::query_as("select count(*), count(distinct xmin::text) from run_events where kind <> 'settled'")
            .fetch_one(app.db())
            .await
            .unwrap();
    assert!(rows >= 9 * i64::try_from(RUNS).unwrap(), "{rows}");
    assert!(commits * 5 <= rows, "{commits} commits for {rows} rows");
    let gaps: i64 = sqlx::query_scalar(
        "select count(*) from runs r where r.last_seq <> (select count(*) from run_events e where e.run_id = r.id)",
    )
    .fetch_one(app.db())
    .await
    .unwrap();
    assert_eq!(gaps, 0, "each log is numbered without a gap");
}

#[sqlx::test]
async fn an_20_what_the_database_does_not_take_of_one_answer_costs_no_other_one_anything(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as $$ begin
             if new.payload ->> 'text' like '%poison%' then raise exception 'refused'; end if; return new; end $$;
         create trigger refuse before insert on run_events for each row execute function refuse()",
    )
    .execute(app.db())
    .await
    .unwrap();
    let gates: Vec<Arc<Notify>> = (0..6).map(|_| Arc::new(Notify::new())).collect();
    let mut runs = Vec::new();
    for (number, gate) in gates.iter().enumerate() {
        let word = if number == 2 { "poison" } else { "good" };
        outside.model(Reply::Stream(vec![Step::Gate(gate.clone()), Step::Text(word), Step::Finish("stop")]));
        runs.push(app.state().chat.send(&asker, None, "Hello?", &format!("k{number}")).await.unwrap().run);
        eventually("the model being asked", async || (outside.asked().len() == number + 1).then_some(())).await;
    }
    for gate in &gates {
        gate.notify_one();
    }
    for (number, run) in runs.iter().enumerate() {
        if number != 2 {
            let end = settled(&app, *run).await;
            assert_eq!((end.state.as_str(), end.text.as_str()), ("finished", "good"), "run {number}");
        }
    }
    assert_eq!(logged(&app, runs[2]).await, "", "what was refused is not half there");
    sqlx::raw_sql("drop trigger refuse on run_events").execute(app.db()).await.unwrap();
    let end = settled(&app, runs[2]).await;
    assert_eq!((end.state.as_str(), end.text.as_str()), ("finished", "poison"), "and it is brought once more");
}

#[sqlx::test]
async fn ch_23_a_question_is_sent_followed_stopped_and_read_without_a_script(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let gate = Arc::new(Notify::new());
    let steps =
        vec![Step::Text("First half, "), Step::Gate(gate.clone()), Step::Text("and the rest."), Step::Finish("stop")];
    outside.model(Reply::Stream(steps));
    let sent = mira.post_form("/api/chat", &[("text", "Hello?"), ("key", "k1")]).await;
    assert_eq!(sent.status, http::StatusCode::SEE_OTHER);
    let run: RunId = sqlx::query_scalar("select id from runs").fetch_one(app.db()).await.unwrap();
    says(&app, run, "First half, ").await;
    // Each time the page is asked for, it holds what there is.
    let page = mira.get(sent.location()).await;
    assert!(page.text().contains("First half,") && !page.text().contains("and the rest."), "{}", page.text());
    assert!(page.text().contains(&format!("action=\"/api/chat/runs/{run}/stop\"")), "{}", page.text());
    assert!(page.text().contains(">Refresh</a>"), "{}", page.text());
    gate.notify_one();
    settled(&app, run).await;
    let page = mira.get(sent.location()).await;
    assert!(page.text().contains("First half, and the rest."), "{}", page.text());
    assert!(!page.text().contains("/stop\"") && !page.text().contains(">Refresh</a>"), "{}", page.text());
    // A second question, by the form that stands on that page, is stopped by a form too.
    outside.model(Reply::Stream(vec![Step::Text("Going on"), Step::Silence]));
    let conversation = sent.location().strip_prefix("/chat/").unwrap().to_owned();
    let next = [("text", "More?"), ("key", "k2"), ("conversation", conversation.as_str())];
    assert_eq!(mira.post_form("/api/chat", &next).await.location(), sent.location());
    let run: RunId =
        sqlx::query_scalar("select id from runs where state = 'running'").fetch_one(app.db()).await.unwrap();
    says(&app, run, "Going on").await;
    let stopped = mira.post_form(&format!("/api/chat/runs/{run}/stop"), &[]).await;
    assert_eq!(stopped.location(), sent.location());
    assert_eq!(settled(&app, run).await.state, "stopped");
    assert!(mira.get(sent.location()).await.text().contains("Going on"));
}
