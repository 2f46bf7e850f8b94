//! The log of what was done through a person's accounts, what is kept of it, and the numbers that lead from an answer to
//! what it came from.

use aura::{
    chat::{
        Asker, Chat,
        activity::model::{Effect, Ending, Kept},
        model::{Answer, Message, Sent},
        proposal::Decision,
    },
    integrations::tools::{Caller, TimeContext, ToolError},
    kit::id::{ApprovalId, ConversationId},
};
use futures::StreamExt as _;
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use crate::{
    browser::{Browser, dump},
    conversations::asker_of,
    outside::{Outside, Reply, Step, connect, eventually, person},
    program::Program,
    support::TestApp,
    vendor::{self, Vendor, count, slow},
};

const LIST: &str = "github__list_my_issues";
const CREATE: &str = "github__create_issue";
const MINE: &str = "/api.github.com/issues";
const NEW: &str = "/api.github.com/repos/northbeam/harbor/issues";

fn issue() -> Value {
    json!({"owner": "northbeam", "repo": "harbor", "title": "canary-argument", "body": "Receipts show dollars."})
}

fn found() -> Value {
    json!([
        {"title": "canary-found-title", "number": 7, "html_url": "https://github.com/northbeam/harbor/issues/7",
         "repository": {"full_name": "northbeam/harbor"}, "updated_at": "2026-03-12T08:00:00Z"},
        {"title": "Another", "number": 8, "html_url": "javascript:alert(1)",
         "repository": {"full_name": "northbeam/harbor"}, "updated_at": "2026-03-12T08:00:00Z"},
    ])
}

fn calls(outside: &Outside, tool: &'static str, arguments: Value, then: &'static str) {
    outside.model(Reply::Stream(vec![Step::Call(tool, arguments), Step::Finish("tool_calls")]));
    outside.model(Reply::Stream(vec![Step::Text(then), Step::Finish("stop")]));
}

async fn becomes(app: &TestApp, sent: Sent, wanted: &str) {
    eventually(wanted, async || {
        let state: String = sqlx::query_scalar("select state from runs where id = $1")
            .bind(Uuid::from(sent.run))
            .fetch_one(app.db())
            .await
            .unwrap();
        (state == wanted).then_some(())
    })
    .await;
}

/// Asks, and waits until it is answered or waits for its person.
async fn ask(app: &TestApp, asker: &Asker, conversation: Option<ConversationId>, key: &str, end: &str) -> Sent {
    // Each in a moment of its own, so that the log has an order.
    app.clock().advance(Duration::seconds(1));
    let sent = app.state().chat.send(asker, conversation, "About my issues", key).await.unwrap();
    becomes(app, sent, end).await;
    sent
}

async fn answer(chat: &Chat, asker: &Asker, sent: Sent) -> Answer {
    let conversation = chat.open(asker, Some(sent.conversation)).await.unwrap().conversation.unwrap();
    let of_run = conversation.messages.into_iter().find_map(|message| match message {
        Message::Answer(answer) if answer.run.id == sent.run => Some(answer),
        _ => None,
    });
    of_run.unwrap()
}

async fn proposal(app: &TestApp, asker: &Asker, sent: Sent) -> ApprovalId {
    answer(&app.state().chat, asker, sent).await.proposals[0].id
}

async fn hash_of(app: &TestApp, id: ApprovalId) -> String {
    let hash: Vec<u8> = sqlx::query_scalar("select call_hash from approvals where id = $1")
        .bind(Uuid::from(id))
        .fetch_one(app.db())
        .await
        .unwrap();
    hex::encode(hash)
}

#[sqlx::test]
async fn ch_17_every_call_stands_in_the_log_whatever_became_of_it(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    let connection = connect(&app, asker.user, "github").await;
    let chat = &app.state().chat;

    outside.service(MINE, 200, &found());
    calls(&outside, LIST, json!({}), "Two issues.");
    let read = ask(&app, &asker, None, "k1", "finished").await;
    outside.service(MINE, 500, &json!({}));
    calls(&outside, LIST, json!({}), "GitHub did not answer.");
    ask(&app, &asker, None, "k2", "finished").await;

    let mut approvals = Vec::new();
    for (key, status, decision) in [
        ("k3", 201, Decision::Approve),
        ("k4", 201, Decision::Deny),
        ("k5", 422, Decision::Approve),
        ("k6", 500, Decision::Approve),
    ] {
        outside.service(NEW, status, &json!({"number": 9, "title": "canary-made", "html_url": "https://github.com/x"}));
        calls(&outside, CREATE, issue(), "That is all.");
        let sent = ask(&app, &asker, None, key, "waiting").await;
        let id = proposal(&app, &asker, sent).await;
        app.clock().advance(Duration::seconds(1));
        chat.decide(&asker, id, decision, &[]).await.unwrap();
        becomes(&app, sent, "finished").await;
        approvals.push(id);
    }
    // A yes for all that follows, and what is done by it.
    outside.service(NEW, 201, &json!({"number": 9, "title": "canary-made", "html_url": "https://github.com/x"}));
    calls(&outside, CREATE, issue(), "That is all.");
    let sent = ask(&app, &asker, None, "k7", "waiting").await;
    chat.decide(&asker, proposal(&app, &asker, sent).await, Decision::Always, &[]).await.unwrap();
    becomes(&app, sent, "finished").await;
    calls(&outside, CREATE, issue(), "That is all.");
    ask(&app, &asker, None, "k8", "finished").await;
    // Past the person there is no way, and the attempt is told.
    app.clock().advance(Duration::seconds(1));
    let caller = Caller { kind: "test", id: Uuid::nil(), label: String::new() };
    let time = TimeContext { now: app.clock().now(), zone: "UTC".into() };
    let past = app.state().integrations.read(&caller, asker.user, connection, CREATE, issue(), &time).await;
    assert!(matches!(past, Err(ToolError::NeedsApproval)));

    let program = Program::new(&app, asker.user).await;
    let log = program.get("/api/v1/calls").await.value();
    let lines: Vec<&Value> = log["items"].as_array().unwrap().iter().rev().collect();
    let told: Vec<[&str; 4]> = lines
        .iter()
        .map(|line| ["tool", "effect", "outcome", "code"].map(|name| line[name].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        told,
        [
            [LIST, "read", "done", ""],
            [LIST, "read", "failed", "provider"],
            [CREATE, "write", "done", ""],
            [CREATE, "write", "denied", ""],
            [CREATE, "write", "failed", "refused"],
            [CREATE, "write", "unknown", "unknown"],
            [CREATE, "write", "done", ""],
            [CREATE, "write", "done", ""],
            [CREATE, "write", "denied", "needs_approval"],
        ]
    );
    for (line, approval) in lines[2..6].iter().zip(&approvals) {
        assert_eq!(line["approval"], approval.to_string());
        // What was approved is what was sent.
        assert_eq!(line["arguments_sha256"], hash_of(&app, *approval).await);
        assert!(line["conversation"].is_string() && line["run"].is_string(), "{line}");
    }
    let by: Vec<&str> = lines.iter().map(|line| line["approved_by"].as_str().unwrap_or_default()).collect();
    assert_eq!(by, ["", "", "person", "", "person", "person", "person", "standing", ""]);
    let first = lines[0];
    assert_eq!([&first["service"], &first["name"], &first["account"]], ["github", "GitHub", "mira"]);
    assert_eq!(first["scopes"], json!(["repo"]));
    assert_eq!(first["run"], read.run.to_string());
    assert_eq!(first["conversation"], read.conversation.to_string());
    assert!(first["result_bytes"].as_i64().unwrap() > 50, "{first}");
    assert!(first["duration_ms"].is_i64() && first["usage"]["tokens_read"].as_i64().unwrap() > 0, "{first}");
    assert_eq!(lines[8]["approval"], Value::Null);

    // Neither what was asked for nor what came back stands in it, for nobody.
    let dumped = dump(&app).await;
    assert!(!log.to_string().contains("canary") && !dumped.contains("canary-argument"));
    assert!(!dumped.contains("canary-found-title"));

    // What a page says of the same.
    let page = chat.own_calls(&asker, "", Effect::All, None).await.unwrap();
    let endings: Vec<Ending> = page.lines.iter().rev().map(|line| line.ending).collect();
    let (done, failed, denied) = (Ending::Done, Ending::Failed, Ending::Denied);
    assert_eq!(endings, [done, failed, done, denied, failed, Ending::Unknown, done, done, denied]);
    assert!(page.lines[0].more.contains("without an approval"), "{}", page.lines[0].more);
    assert_eq!(page.lines[8].conversation.as_ref().map(|(id, _)| *id), Some(read.conversation));
}

#[sqlx::test]
async fn rc_01_a_look_up_is_noted_before_it_is_made_and_told_as_not_known_where_it_died(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("GET", "/api.github.com/issues", slow(60_000, &json!([]))).await;
    let app = vendor.app(db).await;
    let user = vendor::person(&app).await;
    let connection = vendor::connect(&app, user, "github", "t", None, None).await;
    let integrations = app.state().integrations.clone();
    let time = TimeContext { now: app.clock().now(), zone: "UTC".into() };
    let reading = tokio::spawn(async move {
        let caller = Caller { kind: "test", id: Uuid::nil(), label: String::new() };
        let _ = integrations.read(&caller, user, connection, LIST, json!({}), &time).await;
    });
    eventually("the request", async || (!vendor.asked("/api.github.com/issues").await.is_empty()).then_some(())).await;
    let outcome = async || -> Option<String> {
        sqlx::query_scalar("select outcome from tool_calls where user_id = $1")
            .bind(Uuid::from(user))
            .fetch_one(app.db())
            .await
            .unwrap()
    };
    assert_eq!(outcome().await, None, "it is there while it is under way");
    reading.abort();
    let _ = reading.await;
    app.clock().advance(Duration::minutes(2));
    app.state().chat.look_after_waiting().await.unwrap();
    assert_eq!(outcome().await, None, "it could still be under way");
    app.clock().advance(Duration::minutes(2));
    app.state().chat.look_after_waiting().await.unwrap();
    assert_eq!(outcome().await.as_deref(), Some("unknown"));

    // Where nothing can be noted, nothing is looked up.
    sqlx::query("alter table tool_calls rename to elsewhere").execute(app.db()).await.unwrap();
    let asked = vendor.asked("/api.github.com/issues").await.len();
    let refused = vendor::ask(&app, user, connection, LIST, json!({})).await;
    assert!(matches!(refused, Err(ToolError::Internal)));
    assert_eq!(vendor.asked("/api.github.com/issues").await.len(), asked);
}

/// So many calls of somebody, a second apart.
async fn written(app: &TestApp, asker: &Asker, provider: &str, account: &str, many: i64) {
    let now = app.clock().now();
    sqlx::query(
        "insert into tool_calls (id, user_id, provider, account_label, tool, effect, started_at, outcome, finished_at)
         select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-' || right($1::uuid::text, 12))::uuid, $1, $2, $3,
             case when n % 2 = 0 then $5 else $6 end, case when n % 2 = 0 then 'read' else 'write' end, $7, 'done', $7
         from generate_series(1, $4) n",
    )
    .bind(Uuid::from(asker.user))
    .bind(provider)
    .bind(account)
    .bind(many)
    .bind(LIST)
    .bind(CREATE)
    .bind(now)
    .execute(app.db())
    .await
    .unwrap();
}

#[sqlx::test]
async fn rc_02_the_log_is_paged_filtered_and_exported_whole_to_its_owner_alone(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mira, eve) = (person(&app, "Mira").await, person(&app, "Eve").await);
    written(&app, &mira, "github", "=cmd|' /C calc'!A0, \"x\"", 1_200).await;
    written(&app, &eve, "slack", "eve", 1).await;
    let (hers, theirs) = (Program::new(&app, mira.user).await, Program::new(&app, eve.user).await);

    let (mut ids, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = hers.get(&format!("/api/v1/calls{cursor}")).await.value();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 50);
        ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        pages += 1;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("?cursor={next}"),
            None => break,
        }
    }
    let mut sorted = ids.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    sorted.dedup();
    assert_eq!((pages, ids.len()), (24, 1_200));
    assert_eq!(ids, sorted, "each once, the newest first");
    for (query, effect) in
        [("effect=read", "read"), ("effect=write", "write"), ("service=github&effect=write", "write")]
    {
        let page = hers.get(&format!("/api/v1/calls?limit=100&{query}")).await.value();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() == 100 && items.iter().all(|item| item["effect"] == effect), "{query}");
    }
    assert_eq!(hers.get("/api/v1/calls?service=slack").await.value()["items"], json!([]));
    assert_eq!(hers.get("/api/v1/calls?effect=all").await.status, StatusCode::UNPROCESSABLE_ENTITY);

    // As files: whole, and never whole in memory.
    let json = hers.get("/api/v1/calls/export").await;
    assert_eq!(json.value().as_array().unwrap().len(), 1_200);
    let csv = hers.get("/api/v1/calls/export?format=csv&effect=write").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(csv.text().lines().count(), 601);
    assert!(
        csv.text().lines().nth(1).unwrap().contains(",\"'=cmd|' /C calc'!A0, \"\"x\"\"\","),
        "{}",
        &csv.text()[..600]
    );
    let streamed = hers.begin("GET", "/api/v1/calls/export", None, &[]).await;
    let parts: Vec<usize> =
        streamed.into_body().into_data_stream().map(|part| part.unwrap().len()).collect::<Vec<_>>().await;
    assert!(parts.len() >= 4 && parts.iter().all(|part| *part < 400_000), "{parts:?}");

    // Nobody else's.
    let only = theirs.get("/api/v1/calls/export").await.value();
    assert_eq!(only.as_array().unwrap().len(), 1);
    assert_eq!(only[0]["service"], "slack");
    let into = theirs.get("/api/v1/calls?limit=1").await.value();
    assert_eq!(into.get("next_cursor"), None);
    let none = hers.showing("").get("/api/v1/calls").await;
    assert_eq!(none.status, StatusCode::UNAUTHORIZED);
    let key = json!({ "name": "k", "scopes": ["files:read"] });
    let key = hers.send("POST", "/api/v1/api-keys", Some(&key)).await.value();
    let key = hers.showing(key["key"].as_str().unwrap());
    for address in ["/api/v1/calls", "/api/v1/calls/export"] {
        let refused = key.get(address).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "scope_missing"), "{address}");
    }
}

#[sqlx::test]
async fn rc_03_the_page_shows_filters_and_hands_out_the_log_without_a_script(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let (mira, eve) = (asker_of(&app).await, person(&app, "Eve").await);
    let empty = browser.get("/settings/activity/services").await;
    assert!(empty.text().contains("Nothing of this kind yet."), "{}", empty.text());
    written(&app, &mira, "github", "mira", 51).await;
    written(&app, &eve, "linear", "eve-account", 2).await;

    let page = browser.get("/settings/activity/services").await;
    assert_eq!(page.text().matches("<th scope=\"row\">").count(), 50);
    assert!(page.text().contains("My open issues") && page.text().contains("GitHub"));
    assert!(!page.text().contains("eve-account") && !page.text().contains("Linear"));
    let older = page.text().split("href=\"").find(|part| part.contains("before=")).unwrap();
    let older = older.split('"').next().unwrap().replace("&amp;", "&");
    let rest = browser.get(&older).await;
    assert_eq!(rest.text().matches("<th scope=\"row\">").count(), 1);
    let changes = browser.get("/settings/activity/services?service=github&effect=write").await;
    assert_eq!(changes.text().matches("<th scope=\"row\">").count(), 26);
    assert!(changes.text().contains("/api/chat/calls/export?format=csv&amp;service=github&amp;effect=write"));

    let csv = browser.get("/api/chat/calls/export?format=csv&service=github&effect=write").await;
    assert_eq!((csv.status, csv.text().lines().count()), (StatusCode::OK, 27));
    let json = browser.get("/api/chat/calls/export?format=json").await;
    assert_eq!(json.value().as_array().unwrap().len(), 51);
    let stranger = Browser::new(&app).get_json("/api/chat/calls/export").await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);

    // After a year it is forgotten, and with its person at once.
    app.clock().advance(Duration::days(366));
    aura::integrations::jobs::purge(&app.state().integrations).await.unwrap();
    assert_eq!(count(&app, "tool_calls").await, 0);
    written(&app, &mira, "github", "mira", 3).await;
    sqlx::query("delete from users where id = $1").bind(Uuid::from(mira.user)).execute(app.db()).await.unwrap();
    assert_eq!(count(&app, "tool_calls").await, 0);
}

#[sqlx::test]
async fn rc_04_with_a_conversation_goes_what_was_proposed_in_it(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let asker = person(&app, "Mira").await;
    connect(&app, asker.user, "github").await;
    let chat = &app.state().chat;
    outside.service(NEW, 201, &json!({"number": 9, "title": "x", "html_url": "https://github.com/x"}));
    let mut conversations = Vec::new();
    for (key, decision) in [("k1", Some(Decision::Approve)), ("k2", Some(Decision::Deny)), ("k3", None), ("k4", None)] {
        outside.model(Reply::Stream(vec![Step::Call(CREATE, issue()), Step::Finish("tool_calls")]));
        let sent = ask(&app, &asker, None, key, "waiting").await;
        if let Some(decision) = decision {
            outside.model(Reply::Stream(vec![Step::Text("That is all."), Step::Finish("stop")]));
            chat.decide(&asker, proposal(&app, &asker, sent).await, decision, &[]).await.unwrap();
            becomes(&app, sent, "finished").await;
        }
        conversations.push(sent.conversation);
    }
    assert_eq!((count(&app, "approvals").await, count(&app, "executions").await), (4, 1));
    for conversation in &conversations[..3] {
        chat.delete(asker.user, *conversation).await.unwrap();
    }
    assert_eq!((count(&app, "approvals").await, count(&app, "executions").await), (1, 0), "the fourth stays");
    let log = chat.own_calls(&asker, "", Effect::All, None).await.unwrap();
    assert_eq!(log.lines.len(), 2, "that it was done and that it was not stays in the log");
    for line in &log.lines {
        assert_eq!((line.conversation.as_ref(), line.fingerprint.as_ref()), (None, None));
    }

    // A version that is removed takes along what was proposed in it, and nothing else.
    outside.model(Reply::Stream(vec![Step::Text("Two issues."), Step::Finish("stop")]));
    let opened = chat.open(&asker, Some(conversations[3])).await.unwrap().conversation.unwrap();
    let Message::Answer(first) = &opened.messages[1] else { panic!("an answer") };
    assert_eq!(first.proposals.len(), 1);
    let asking = aura::chat::model::Asking {
        conversation: conversations[3].to_string(),
        again: opened.messages[0].id().to_string(),
        key: "k5".to_owned(),
        ..Default::default()
    };
    let again = chat.take(&asker, &asking).await.unwrap();
    becomes(&app, again, "finished").await;
    assert_eq!(count(&app, "approvals").await, 1);
    chat.remove_version(asker.user, conversations[3], first.id).await.unwrap();
    assert_eq!(count(&app, "approvals").await, 0);
}

#[sqlx::test]
async fn rc_05_what_was_read_is_kept_as_long_as_its_person_wants(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let (mira, eve) = (asker_of(&app).await, person(&app, "Eve").await);
    let chat = &app.state().chat;
    outside.service(MINE, 200, &found());
    for asker in [&mira, &eve] {
        connect(&app, asker.user, "github").await;
        calls(&outside, LIST, json!({}), "Two issues.");
        ask(&app, asker, None, "k1", "finished").await;
    }
    let kept = async || {
        chat.remove_old_readings().await.unwrap();
        count(&app, "tool_results").await
    };
    app.clock().advance(Duration::days(29));
    assert_eq!(kept().await, 2, "30 days unless it is said");
    browser.sign_in(&app, "mira@example.com").await;
    let saved = browser.post_form("/api/chat/keep-readings", &[("kept", "week")]).await;
    assert_eq!(saved.status, StatusCode::FOUND, "{}", saved.text());
    assert_eq!(count(&app, "tool_results").await, 1, "what is older goes at once, and nobody else's");
    assert_eq!(chat.own_calls(&mira, "", Effect::All, None).await.unwrap().kept, Kept::Week);
    let page = browser.get("/settings/activity/services").await;
    assert!(page.text().contains("value=\"week\" checked"), "{}", page.text());

    calls(&outside, LIST, json!({}), "Two issues.");
    ask(&app, &mira, None, "k2", "finished").await;
    app.clock().advance(Duration::days(2));
    assert_eq!(kept().await, 1, "31 days are over for one, 2 of 7 for the other");
    app.clock().advance(Duration::days(6));
    assert_eq!(kept().await, 0);

    chat.keep_readings(mira.user, Kept::No).await.unwrap();
    calls(&outside, LIST, json!({}), "Two issues.");
    let sent = ask(&app, &mira, None, "k3", "finished").await;
    assert_eq!(count(&app, "tool_results").await, 0, "gone with the end of the answer");
    let card = answer(chat, &mira, sent).await.cards.remove(0);
    assert_eq!((card.detail.as_str(), card.items.len()), ("No longer kept", 0));
}

#[sqlx::test]
async fn rc_06_a_statement_leads_to_what_it_came_from(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let asker = asker_of(&app).await;
    connect(&app, asker.user, "github").await;
    outside.service(MINE, 200, &found());
    calls(&outside, LIST, json!({}), "The export fails [1], so does the other [2], and `list[1]` is code [3].");
    let sent = ask(&app, &asker, None, "k1", "finished").await;
    let told = outside.asked().last().unwrap()["messages"].to_string();
    assert!(told.contains("\\\"receipt\\\":1"), "{told}");
    let page = browser.get(&format!("/chat/{}", sent.conversation)).await;
    let link = "<a class=\"receipt\" href=\"https://github.com/northbeam/harbor/issues/7\"";
    assert_eq!(page.text().matches(link).count(), 1, "{}", page.text());
    assert!(page.text().contains(">[1]</a>, so does the other [2], and <code>list[1]</code> is code [3]."));

    // What was read is no part of a link to others, unless its owner says so.
    for (with_results, links) in [(false, 0), (true, 1)] {
        let secret = app.state().chat.share(asker.user, sent.conversation, with_results).await.unwrap();
        let shared = Browser::new(&app).get(&format!("/s/{}", *secret)).await;
        assert_eq!(shared.text().matches(link).count(), links, "{with_results}");
        assert_eq!(shared.text().contains("harbor/issues/7"), with_results);
    }
}
