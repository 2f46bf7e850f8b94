//! What answers take of a plan: never beyond it, once each, and nothing for what failed.

use std::{io::Write as _, sync::Arc};

use aura::{billing::model::UsedMonth, chat::Asker, kit::id::TeamId};
use futures::future::join_all;
use sqlx::{PgPool, postgres::PgPoolOptions};
use time::{Duration, macros::datetime};
use tokio::sync::Notify;

use crate::{
    browser::Browser,
    entitlement::{personal, subscribe},
    outside::{Outside, Reply, Step, connect, person},
    runs::settled,
    support::{Logs, TestApp},
};

/// A table of plans of which the free one has these limits.
pub fn plans(free: &str) -> tempfile::NamedTempFile {
    let built_in = include_str!("../../src/billing/plans.toml");
    let (before, after) = built_in.split_once("[plan.limits]\n").unwrap();
    let (_, after) = after.split_once("\n\n").unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "{before}[plan.limits]\n{free}\n\n{after}").unwrap();
    file
}

async fn used(app: &TestApp, team: TeamId) -> UsedMonth {
    let mut connection = app.db().acquire().await.unwrap();
    app.state().billing.used_month(&mut connection, team).await.unwrap()
}

fn answer(usage: &'static str) -> Reply {
    Reply::Stream(vec![Step::Text("Yes."), Step::Finishing("stop"), Step::Raw(usage), Step::Raw("[DONE]"), Step::End])
}

const COUNTED: &str = r#"{"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":50}}"#;

#[sqlx::test]
async fn bu_01_of_two_hundred_sends_on_a_budget_for_ten_ten_are_answered(db: PgPool) {
    let outside = Outside::start().await;
    let file = plans("messages = 10\ntokens = 1_000_000\nconnections = 10\nmembers = 1");
    // More of them at once than the plan has room for.
    let wide = PgPoolOptions::new().max_connections(24).connect_with((*db.connect_options()).clone()).await.unwrap();
    let app = outside.app_with(wide.clone(), &[("PLANS_FILE", file.path().to_str().unwrap())]).await;
    let other = app.second_process().await;
    let asker = person(&app, "mira").await;
    let team = personal(&app, asker.user).await;
    for _ in 0..10 {
        outside.model(answer(COUNTED));
    }
    let sends = (0..200).map(|number| {
        let app = if number % 2 == 0 { &app } else { &other };
        let asker = &asker;
        async move { app.state().chat.send(asker, None, "What is on?", &format!("k{number}")).await }
    });
    let outcomes = join_all(sends).await;
    let runs: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).map(|sent| sent.run).collect();
    assert_eq!(runs.len(), 10);
    for refused in outcomes.into_iter().filter_map(Result::err) {
        let refused = aura::error::AppError::from(refused);
        assert_eq!((refused.code.as_str(), refused.kind.status()), ("plan_used_up", 403));
        assert!(refused.message.contains("1 April") && refused.message.contains("Free"), "{}", refused.message);
    }
    for run in runs {
        assert_eq!(settled(&app, run).await.state, "finished");
    }
    let month = used(&app, team).await;
    assert_eq!((month.messages, month.messages_left(), month.tokens), (10, 0, 10_500));
    assert_eq!(outside.asked().len(), 10, "nobody else's question reached the model");
    let conversations: i64 =
        sqlx::query_scalar("select count(*) from conversations").fetch_one(app.db()).await.unwrap();
    assert_eq!(conversations, 10, "what was refused left nothing behind");
    wide.close().await;
}

#[sqlx::test]
async fn bu_02_the_ledger_is_what_the_models_operator_counted(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "mira").await;
    let team = personal(&app, asker.user).await;
    connect(&app, asker.user, "github").await;
    outside.model(Reply::Stream(vec![
        Step::Call("github__list_my_issues", serde_json::json!({})),
        Step::Finishing("tool_calls"),
        Step::Raw(r#"{"choices":[],"usage":{"prompt_tokens":700,"completion_tokens":30}}"#),
        Step::Raw("[DONE]"),
        Step::End,
    ]));
    outside.model(answer(COUNTED));
    let sent = app.state().chat.send(&asker, None, "Which issues are mine?", "k1").await.unwrap();
    assert_eq!(settled(&app, sent.run).await.state, "finished");
    let (read, written, state, model): (i64, i64, String, String) =
        sqlx::query_as("select tokens_read, tokens_written, state, model from usage_ledger")
            .fetch_one(app.db())
            .await
            .unwrap();
    assert_eq!((read, written, state.as_str(), model.as_str()), (1_700, 80, "settled", "gpt-4o-mini"));
    let month = used(&app, team).await;
    assert_eq!((month.messages, month.tokens), (1, 1_780));
    assert_eq!((month.days.len(), month.days[0].day, month.days[0].messages), (1, 12, 1));

    let gate = Arc::new(Notify::new());
    outside.model(Reply::Stream(vec![Step::Text("Twelve bytes"), Step::Gate(gate)]));
    let chat = &app.state().chat;
    let sent = chat.send(&asker, None, "Tell me a long story", "k2").await.unwrap();
    crate::outside::eventually("the text", async || {
        let text: Option<String> =
            sqlx::query_scalar("select payload ->> 'text' from run_events where kind = 'text' and run_id = $1")
                .bind(uuid::Uuid::from(sent.run))
                .fetch_optional(app.db())
                .await
                .unwrap();
        text
    })
    .await;
    chat.stop(asker.user, sent.run).await.unwrap();
    assert_eq!(settled(&app, sent.run).await.state, "stopped");
    let (read, written): (i64, i64) =
        sqlx::query_as("select tokens_read, tokens_written from usage_ledger where run_id = $1")
            .bind(uuid::Uuid::from(sent.run))
            .fetch_one(app.db())
            .await
            .unwrap();
    assert!(read > 100 && written == 3, "what nobody counted before the stop is estimated: {read}, {written}");
    assert_eq!(used(&app, team).await.messages, 2, "an answer that was stopped counts");
}

#[sqlx::test]
async fn bu_03_what_failed_and_what_rules_answered_costs_nothing(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "mira").await;
    let team = personal(&app, asker.user).await;
    outside.model(Reply::Status(500, &[], "{}"));
    let sent = app.state().chat.send(&asker, None, "What is on?", "k1").await.unwrap();
    assert_eq!(settled(&app, sent.run).await.state, "failed");
    assert_eq!((used(&app, team).await.messages, used(&app, team).await.tokens), (0, 0));
    // It breaks off after it has begun, and after the model's operator has counted.
    outside.model(Reply::Stream(vec![Step::Text("Yes, and"), Step::Raw(COUNTED)]));
    let sent = app.state().chat.send(&asker, None, "What is on?", "k2").await.unwrap();
    let end = settled(&app, sent.run).await;
    assert_eq!((end.state.as_str(), end.model.as_deref()), ("failed", Some("gpt-4o-mini")));
    assert_eq!((used(&app, team).await.messages, used(&app, team).await.tokens), (0, 0));

    // Rules answer also whom the plan has nothing left for.
    let file = plans("messages = 0\ntokens = 0\nconnections = 10\nmembers = 1");
    let ruled = [("OPENAI_API_KEY", ""), ("PLANS_FILE", file.path().to_str().unwrap())];
    let ruled = app.second_process_with(&ruled).await;
    let sent = ruled.state().chat.send(&asker, None, "What is on?", "k3").await.unwrap();
    assert_eq!(settled(&app, sent.run).await.state, "finished");
    let rows: i64 = sqlx::query_scalar("select count(*) from usage_ledger where state <> 'released'")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!((rows, used(&app, team).await.messages), (0, 0));
}

#[sqlx::test]
async fn bu_04_a_process_that_dies_gives_back_what_it_had_reserved(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "mira").await;
    let team = personal(&app, asker.user).await;
    outside.model(Reply::Hang);
    let sent = app.state().chat.send(&asker, None, "What is on?", "k1").await.unwrap();
    assert_eq!(used(&app, team).await.messages, 1, "reserved while it is being answered");
    // As a process would leave it that was killed: no word for longer than a run may be silent.
    sqlx::query("update runs set heartbeat_at = heartbeat_at - interval '1 minute'").execute(app.db()).await.unwrap();
    let other = app.second_process().await;
    assert_eq!(other.state().chat.settle_abandoned().await.unwrap(), 1);
    assert_eq!(settled(&app, sent.run).await.state, "interrupted");
    assert_eq!(used(&app, team).await.messages, 0);
    let left: (i64, i64) = sqlx::query_as("select messages_reserved, tokens_reserved from usage_months")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(left, (0, 0));
}

#[sqlx::test]
async fn bu_05_when_the_days_budget_is_used_up_rules_answer_and_the_operator_is_told_once(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app_with(db, &[("MODEL_DAILY_TOKENS", "1000")]).await;
    let asker = person(&app, "mira").await;
    let team = personal(&app, asker.user).await;
    let chat = &app.state().chat;
    // Two answers are under way when the first of them uses it up.
    let (logs, listening) = Logs::listen();
    let gates = [(); 2].map(|()| Arc::new(Notify::new()));
    for gate in &gates {
        let steps = [Step::Gate(gate.clone()), Step::Text("Yes."), Step::Finishing("stop"), Step::Raw(COUNTED)];
        outside.model(Reply::Stream(steps.into_iter().chain([Step::Raw("[DONE]"), Step::End]).collect()));
    }
    let first = chat.send(&asker, None, "What is on?", "k0").await.unwrap();
    let second = chat.send(&asker, None, "What is on?", "k1").await.unwrap();
    for gate in gates {
        gate.notify_one();
    }
    for sent in [first, second] {
        assert_eq!(settled(&app, sent.run).await.model.as_deref(), Some("gpt-4o-mini"));
    }
    drop(listening);
    assert_eq!(logs.text().matches("budget for today is used up").count(), 1, "the operator is told once");
    let tripped: bool =
        sqlx::query_scalar("select tripped_at is not null from usage_days").fetch_one(app.db()).await.unwrap();
    assert!(tripped);
    assert_eq!(chat.open(&asker, None).await.unwrap().left, None, "nothing is counted while rules answer");

    let sent = chat.send(&asker, None, "What is on?", "k2").await.unwrap();
    let end = settled(&app, sent.run).await;
    assert_eq!((end.state.as_str(), end.model), ("finished", None));
    let said: String =
        sqlx::query_scalar("select payload ->> 'text' from run_events where kind = 'status' and run_id = $1")
            .bind(uuid::Uuid::from(sent.run))
            .fetch_one(app.db())
            .await
            .unwrap();
    assert!(said.contains("rests until midnight"), "{said}");
    assert_eq!((outside.asked().len(), used(&app, team).await.messages), (2, 2));

    app.clock().advance(datetime!(2026-03-13 00:00 UTC) - app.clock().now());
    outside.model(answer(COUNTED));
    let sent = chat.send(&asker, None, "What is on?", "k3").await.unwrap();
    assert_eq!(settled(&app, sent.run).await.model.as_deref(), Some("gpt-4o-mini"), "a new day has a new budget");
}

#[sqlx::test]
async fn bu_06_what_is_left_is_known_before_anything_is_sent(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "mira").await;
    let chat = &app.state().chat;
    let left = chat.open(&asker, None).await.unwrap().left.unwrap();
    assert_eq!((left.left, left.most, left.month.as_str()), (200, 200, "March"));
    outside.model(answer(COUNTED));
    let sent = chat.send(&asker, None, "What is on?", "k1").await.unwrap();
    settled(&app, sent.run).await;
    assert_eq!(chat.open(&asker, Some(sent.conversation)).await.unwrap().left.unwrap().left, 199);
    // And in the form itself.
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "noor@example.com").await;
    let page = browser.get("/chat").await;
    let form = page.text().split_once("class=\"budget").unwrap().1;
    let told = form.split_once("</a>").unwrap().0;
    for words in ["200", " of 200 messages", " left", " in March"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[sqlx::test]
async fn bi_18_a_smaller_plan_takes_nothing_away(db: PgPool) {
    let outside = Outside::start().await;
    let file = plans("messages = 10\ntokens = 1_000_000\nconnections = 2\nmembers = 1\nhistory_days = 30");
    let app = outside.app_with(db, &[("PLANS_FILE", file.path().to_str().unwrap())]).await;
    let asker = person(&app, "mira").await;
    let team = personal(&app, asker.user).await;
    subscribe(&app, team, "sub_1", "pro", 1).await;
    let mut connections = Vec::new();
    for provider in ["github", "slack", "linear"] {
        connections.push(connect(&app, asker.user, provider).await);
        app.clock().advance(Duration::seconds(1));
    }
    outside.model(answer(COUNTED));
    let chat = &app.state().chat;
    let sent = chat.send(&asker, None, "What is on?", "k1").await.unwrap();
    settled(&app, sent.run).await;
    let integrations = &app.state().integrations;
    let resting = async || {
        let all = integrations.connections(asker.user).await.unwrap();
        assert_eq!(all.len(), 3, "nothing is removed");
        all.into_iter().filter(|one| one.resting).map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(resting().await, []);
    app.clock().advance(Duration::days(40));
    subscribe_again(&app).await;
    outside.model(answer(COUNTED));
    let again = chat.send(&asker, Some(sent.conversation), "And now?", "k2").await.unwrap();
    settled(&app, again.run).await;

    app.clock().advance(Duration::days(40));
    sqlx::query("update billing_subscriptions set status = 'canceled'").execute(app.db()).await.unwrap();
    assert_eq!(resting().await, [connections[2]], "the newest rests");
    assert!(integrations.known(asker.user, connections[2]).await.unwrap().resting);
    assert!(!integrations.known(asker.user, connections[1]).await.unwrap().resting);
    let tools = integrations.tools(asker.user).await.unwrap();
    assert!(tools.iter().all(|tool| tool.connection != connections[2]), "nothing is read through it");
    assert!(tools.iter().any(|tool| tool.connection == connections[0]));
    let refused = chat.send(&asker, Some(sent.conversation), "And now?", "k3").await.unwrap_err();
    assert_eq!(aura::error::AppError::from(refused).code, "conversation_read_only");
    assert!(chat.open(&asker, Some(sent.conversation)).await.unwrap().conversation.is_some(), "it can be read");

    sqlx::query("update billing_subscriptions set status = 'active'").execute(app.db()).await.unwrap();
    assert_eq!(resting().await, [], "with the plan everything is back");
}

async fn subscribe_again(app: &TestApp) {
    sqlx::query("update billing_subscriptions set period_end = $1")
        .bind(app.clock().now() + Duration::days(30))
        .execute(app.db())
        .await
        .unwrap();
}

#[sqlx::test]
async fn bi_20_a_month_goes_on_whatever_becomes_of_the_subscription(db: PgPool) {
    let outside = Outside::start().await;
    let file = plans("messages = 1\ntokens = 1_000_000\nconnections = 2\nmembers = 1");
    let app = outside.app_with(db, &[("PLANS_FILE", file.path().to_str().unwrap())]).await;
    let asker = person(&app, "mira").await;
    let team = personal(&app, asker.user).await;
    subscribe(&app, team, "sub_1", "pro", 1).await;
    for key in ["k1", "k2"] {
        ask(&app, &outside, &asker, key).await;
    }
    sqlx::query("update billing_subscriptions set status = 'canceled'").execute(app.db()).await.unwrap();
    let refused = app.state().chat.send(&asker, None, "And now?", "k3").await.unwrap_err();
    assert_eq!(aura::error::AppError::from(refused).code, "plan_used_up", "what the bigger plan used is not forgotten");
    subscribe(&app, team, "sub_2", "pro", 1).await;
    let month = used(&app, team).await;
    assert_eq!((month.messages, month.most_messages), (2, 2_000), "a new subscription does not begin a new month");
    app.clock().advance(datetime!(2026-04-01 00:00 UTC) - app.clock().now());
    assert_eq!(used(&app, team).await.messages, 0, "the calendar does");
}

async fn ask(app: &TestApp, outside: &Outside, asker: &Asker, key: &str) {
    outside.model(answer(COUNTED));
    let sent = app.state().chat.send(asker, None, "What is on?", key).await.unwrap();
    assert_eq!(settled(app, sent.run).await.state, "finished");
}
