//! What people are told in the app: the list, the count, the streams, and what they want to hear.

use aura::{
    account::notifications::MOST_STREAMS,
    identity::service::LEAVING_LASTS,
    kit::id::{RunId, UserId},
};
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::{
    browser::{Answer, Browser, mails_to, newest_mail, wait},
    outside::{Outside, Reply, Step, eventually},
    program::{Program, person_at},
    runs::settled,
    stream::Stream,
    support::TestApp,
    vendor::{Vendor, connect, person},
};

const LIST: &str = "/api/v1/notifications";
const EVENTS: &str = "/api/v1/notifications/events";
const READ_ALL: &str = "/api/v1/notifications/read-all";
const PREFERENCES: &str = "/api/v1/notifications/preferences";
const MIRA: &str = "mira@example.com";

/// Lets so many new devices sign in for a person, who is told of each.
async fn told(app: &TestApp, user: UserId, count: usize) {
    for at in 0..count {
        wait(app, Duration::seconds(1));
        Program::on(app, user, None, &format!("Device {at}")).await;
    }
}

async fn items(program: &Program, query: &str) -> Vec<Value> {
    let answer = program.get(&format!("{LIST}{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.value()["items"].as_array().unwrap().clone()
}

async fn unread(program: &Program) -> u64 {
    program.get(&format!("{LIST}/unread-count")).await.value()["unread"].as_u64().unwrap()
}

fn read(notification: &Value) -> String {
    format!("{LIST}/{}/read", notification["id"].as_str().unwrap())
}

async fn follow(program: &Program) -> Stream {
    Stream::of(program.begin("GET", EVENTS, None, &[]).await)
}

#[sqlx::test]
async fn no_01_who_gets_a_letter_about_their_account_is_told_in_the_app_and_nobody_else_is(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mira, _) = person_at(&app, MIRA).await;
    let program = Program::new(&app, mira).await;
    let stranger = Program::new(&app, person(&app).await).await;
    let told = items(&program, "").await;
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["kind"], &told[0]["link"]), (&json!("sign_in"), &json!("/settings/security")));
    assert!(told[0]["body"].as_str().unwrap().contains("Mira's phone") && told[0].get("read_at").is_none(), "{told:?}");
    assert!(!told[0]["body"].as_str().unwrap().contains("192.0.2.7"));

    let own = items(&stranger, "").await;
    assert!(own.iter().all(|own| own["id"] != told[0]["id"]));
    let foreign = stranger.send("POST", &read(&told[0]), None).await;
    assert_eq!((foreign.status, foreign.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
    let seen = json!({ "last_seen": told[0]["id"] });
    assert_eq!(stranger.send("POST", READ_ALL, Some(&seen)).await.status, StatusCode::NOT_FOUND);
    assert_eq!((unread(&program).await, unread(&stranger).await), (1, 1));

    let done = program.send("POST", &read(&told[0]), None).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    assert!(done.value()["read_at"].as_str().unwrap().starts_with("2026-03-12T12:00:00"));
    wait(&app, Duration::minutes(1));
    let again = program.send("POST", &read(&told[0]), None).await;
    assert_eq!(again.value(), done.value(), "what is read stays as it is");
    assert_eq!((unread(&program).await, unread(&stranger).await), (0, 1));
    let none = format!("{LIST}/not-an-id/read");
    assert_eq!(program.send("POST", &none, None).await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test]
async fn no_02_the_list_comes_in_pages_the_newest_first_and_the_unread_alone(db: PgPool) {
    let app = TestApp::new(db).await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    told(&app, user, 5).await;
    let all = items(&program, "").await;
    assert_eq!(all.len(), 6);
    assert!(all.is_sorted_by(|one, next| one["created_at"].as_str() > next["created_at"].as_str()), "{all:?}");
    let mut paged = Vec::new();
    let mut cursor = String::new();
    for _ in 0..3 {
        let page = program.get(&format!("{LIST}?limit=2{cursor}")).await.value();
        paged.extend(page["items"].as_array().unwrap().clone());
        cursor = page["next_cursor"].as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
    }
    assert_eq!((paged, cursor.as_str()), (all.clone(), ""));
    program.send("POST", &read(&all[1]), None).await;
    let left = items(&program, "?unread=true&limit=3").await;
    assert_eq!(left, [&all[0], &all[2], &all[3]].map(Clone::clone));
    assert_eq!(items(&program, "?unread=false").await.len(), 6);
    for (query, code) in [
        ("?limit=0", "invalid_limit"),
        ("?cursor=x", "invalid_cursor"),
        ("?unread=2", "invalid_query"),
        ("?user=1", "invalid_query"),
    ] {
        let refused = program.get(&format!("{LIST}{query}")).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, code), "{query}");
    }
}

#[sqlx::test]
async fn no_03_the_count_is_exact_however_many_read_at_once_and_wherever(db: PgPool) {
    let app = TestApp::with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let other = app.second_process().await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    told(&app, user, 19).await;
    assert_eq!(unread(&program).await, 20);
    let all = items(&program, "").await;
    let there = program.at(&other);
    let reads = all[..12].iter().flat_map(|one| [&program, &there, &program].map(|at| (at, read(one))));
    let statuses = futures::future::join_all(
        reads.map(|(at, path)| async move { (at.send("POST", &path, None).await.status, unread(at).await) }),
    )
    .await;
    assert!(statuses.iter().all(|(status, left)| *status == StatusCode::OK && (8..=20).contains(left)), "{statuses:?}");
    assert_eq!((unread(&program).await, unread(&there).await), (8, 8));
    assert_eq!(items(&there, "?unread=true").await, all[12..]);
}

#[sqlx::test]
async fn no_04_marking_all_read_leaves_what_was_not_seen(db: PgPool) {
    let app = TestApp::new(db).await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    told(&app, user, 2).await;
    let seen = items(&program, "").await;
    told(&app, user, 2).await;
    let body = json!({ "last_seen": seen[0]["id"] });
    for _ in 0..2 {
        let done = program.send("POST", READ_ALL, Some(&body)).await;
        assert_eq!((done.status, done.value()), (StatusCode::OK, json!({ "unread": 2 })));
    }
    assert_eq!(items(&program, "?unread=true").await.len(), 2);
    for (body, status) in [
        (json!({}), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "last_seen": "x" }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "last_seen": Uuid::nil() }), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(program.send("POST", READ_ALL, Some(&body)).await.status, status, "{body}");
    }
}

#[sqlx::test]
async fn no_05_what_nobody_wants_to_hear_is_not_told_and_letters_about_security_stay(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, _) = person_at(&app, MIRA).await;
    let program = Program::new(&app, user).await;
    let before = mails_to(&app, MIRA).await;
    let off = json!({ "items": [{ "kind": "sign_in", "in_app": false }, { "kind": "connection", "email": false }] });
    let chosen = program.send("PATCH", PREFERENCES, Some(&off)).await;
    assert_eq!(chosen.status, StatusCode::OK, "{}", chosen.text());
    let expected = json!({ "items": [
        { "kind": "sign_in", "in_app": false, "email": true, "email_optional": false },
        { "kind": "security", "in_app": true, "email": true, "email_optional": false },
        { "kind": "account", "in_app": true, "email": true, "email_optional": false },
        { "kind": "connection", "in_app": true, "email": false, "email_optional": true },
        { "kind": "team", "in_app": true, "email": true, "email_optional": true },
    ] });
    assert_eq!((chosen.value(), program.get(PREFERENCES).await.value()), (expected.clone(), expected.clone()));
    told(&app, user, 1).await;
    assert_eq!(items(&program, "").await.len(), 1, "the one from before");
    assert_eq!(mails_to(&app, MIRA).await, before + 1, "the letter is sent all the same");

    // All of it or nothing.
    for kind in ["sign_in", "security", "account"] {
        let refused = json!({ "items": [{ "kind": "connection", "email": true }, { "kind": kind, "email": false }] });
        let refused = program.send("PATCH", PREFERENCES, Some(&refused)).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "letters_stay"));
    }
    let unknown = json!({ "items": [{ "kind": "everything", "in_app": false }] });
    assert_eq!(program.send("PATCH", PREFERENCES, Some(&unknown)).await.code(), "invalid_body");
    assert_eq!(program.get(PREFERENCES).await.value(), expected);

    let on = json!({ "items": [{ "kind": "sign_in", "in_app": true }] });
    program.send("PATCH", PREFERENCES, Some(&on)).await;
    told(&app, user, 1).await;
    assert_eq!(items(&program, "").await.len(), 2);
    let theirs = Program::new(&app, person(&app).await).await;
    assert_eq!(theirs.get(PREFERENCES).await.value()["items"][3]["email"], json!(true));
}

#[sqlx::test]
async fn no_06_a_connection_that_ends_is_told_once_and_by_letter_where_that_is_wanted(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("GET", "/api.github.com/issues", ResponseTemplate::new(401)).await;
    let app = vendor.app(db).await;
    let (user, _) = person_at(&app, MIRA).await;
    let program = Program::new(&app, user).await;
    let before = mails_to(&app, MIRA).await;
    let breaks = async || {
        let connection = connect(&app, user, "github", "old", None, None).await;
        for _ in 0..2 {
            let caller = crate::vendor::ask(&app, user, connection, "github__list_my_issues", json!({})).await;
            assert!(caller.is_err());
        }
        sqlx::query("delete from connections").execute(app.db()).await.unwrap();
    };
    breaks().await;
    let first = items(&program, "").await.remove(0);
    assert_eq!(first["kind"], json!("connection"));
    assert!(first["link"].as_str().unwrap().starts_with("/connections/"), "{first}");
    assert_eq!(first["title"], json!("GitHub has to be connected again"));
    assert_eq!((items(&program, "").await.len(), mails_to(&app, MIRA).await), (2, before + 1));
    assert_eq!(newest_mail(&app, MIRA).await.0.template, "connection_broken");

    let off = json!({ "items": [{ "kind": "connection", "email": false }] });
    program.send("PATCH", PREFERENCES, Some(&off)).await;
    breaks().await;
    assert_eq!((items(&program, "").await.len(), mails_to(&app, MIRA).await), (3, before + 1));
}

#[sqlx::test]
async fn no_07_a_stream_tells_what_happens_in_any_process_and_goes_on_where_it_was_left(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    let stranger = person(&app).await;
    let mut stream = follow(&program).await;
    let first = stream.next().await.unwrap();
    assert_eq!((first.name.as_str(), &first.data["unread"]), ("tally", &json!(1)));

    told(&other, stranger, 1).await;
    assert!(stream.is_silent().await, "it is about one person");
    told(&other, user, 1).await;
    let second = stream.next().await.unwrap();
    assert_eq!(second.data["unread"], json!(2));
    assert!(second.data["latest"]["body"].as_str().unwrap().contains("Device 0"), "{second:?}");
    let there = program.at(&other);
    there.send("POST", &read(&second.data["latest"]), None).await;
    let third = stream.next().await.unwrap();
    assert_eq!((&third.data["unread"], &third.data["latest"]["id"]), (&json!(1), &second.data["latest"]["id"]));
    assert!(third.data["latest"]["read_at"].is_string());
    drop(stream);

    let back = async |last: &str| Stream::of(there.begin("GET", EVENTS, None, &[("last-event-id", last)]).await);
    assert!(back(&third.id).await.is_silent().await, "nothing has changed since");
    assert_eq!(back(&second.id).await.next().await.unwrap(), third);
    assert_eq!(back("what nobody has told").await.next().await.unwrap(), third);
}

#[sqlx::test]
async fn no_08_streams_end_at_once_when_their_session_does_in_any_process(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let (user, browser) = person_at(&app, MIRA).await;
    let program = Program::new(&app, user).await;
    let stays = Program::new(&app, user).await;
    let (mut ended, mut goes_on) = (follow(&program).await, follow(&stays).await);
    let mut in_browser = Stream::of(browser.follow(&format!("/api/events?person={user}")).await);
    for stream in [&mut ended, &mut goes_on, &mut in_browser] {
        assert_eq!(stream.next().await.unwrap().name, "tally");
    }
    let gone = stays.at(&other).delete(&format!("/api/v1/sessions/{}", program.session)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    ended.ends().await;
    assert!(goes_on.is_silent().await && in_browser.is_silent().await);
    let out = browser.at(&other).json("sign-out", &[]).await;
    assert_eq!(out.status, StatusCode::OK, "{}", out.text());
    assert_eq!(in_browser.next().await.unwrap().name, "over", "its tabs are not to come back");
    in_browser.ends().await;
    assert!(goes_on.is_silent().await);
    other.state().notifications.close();
    assert!(goes_on.is_silent().await, "another process has ended its own");
    app.state().notifications.close();
    goes_on.ends().await;
    assert_eq!(program.begin("GET", EVENTS, None, &[]).await.status(), StatusCode::UNAUTHORIZED);
    let refused = browser.follow(&format!("/api/events?person={user}")).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
}

#[sqlx::test]
async fn no_09_a_person_has_so_many_streams_at_once_and_no_more(db: PgPool) {
    let app = TestApp::new(db).await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    let mut streams = Vec::new();
    for _ in 0..MOST_STREAMS {
        streams.push(follow(&program).await);
    }
    let refused = program.begin("GET", EVENTS, None, &[]).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let refused = Answer::of(refused).await;
    assert_eq!(refused.code(), "too_many_streams");
    assert!(refused.retry_after() > 0);
    follow(&Program::new(&app, person(&app).await).await).await;
    streams.pop();
    follow(&program).await.next().await.unwrap();
}

#[sqlx::test]
async fn no_10_one_stream_tells_a_browser_what_is_unread_and_the_answers_that_its_tabs_follow(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let (user, mut mira) = person_at(&app, MIRA).await;
    let (eve, mut hers) = person_at(&app, "eve@example.com").await;
    outside.model(Reply::Stream(vec![Step::Text("One"), Step::Finish("stop")]));
    let ask = async |browser: &mut Browser| -> RunId {
        let sent = browser.post_json("/api/chat", &json!({ "text": "Hello?", "key": "k" })).await;
        let run = sent.value()["run"].as_str().unwrap().parse().unwrap();
        settled(&app, run).await;
        run
    };
    let own = ask(&mut mira).await;
    outside.model(Reply::Stream(vec![Step::Text("Secret"), Step::Finish("stop")]));
    let foreign = ask(&mut hers).await;

    let address = format!("/api/events?person={user}&run={own}:0&run={foreign}:0");
    let mut stream = Stream::of(mira.follow(&address).await);
    let (mut text, mut numbers, mut tally, mut over) = (String::new(), Vec::new(), None, false);
    while !over || tally.is_none() {
        let heard = stream.next().await.unwrap();
        if heard.name == "tally" {
            tally = heard.data["unread"].as_u64();
            continue;
        }
        assert_eq!((heard.name.as_str(), &heard.data["run"]), ("run", &json!(own)));
        let event = &heard.data["event"];
        text.push_str(event["text"].as_str().unwrap_or_default());
        numbers.extend(heard.data["seq"].as_i64());
        assert!(heard.data["upto"].as_i64() >= numbers.last().copied(), "{heard:?}");
        over = event["kind"] == "settled";
    }
    assert!(text.contains("One") && numbers.is_sorted() && tally == Some(0), "{text} {numbers:?}");
    told(&app, user, 1).await;
    let heard = stream.next().await.unwrap();
    assert_eq!((heard.name.as_str(), heard.data), ("tally", json!({ "unread": 1 })));

    // It goes on after the number that is named.
    let last = numbers.last().unwrap();
    let mut rest = Stream::of(mira.follow(&format!("/api/events?person={user}&run={own}:{last}")).await);
    let heard = [rest.next().await.unwrap(), rest.next().await.unwrap(), rest.next().await.unwrap()];
    assert!(heard.iter().all(|heard| heard.data["event"]["kind"] != "text"), "{heard:?}");

    let other = mira.follow(&format!("/api/events?person={eve}")).await;
    assert_eq!(other.status(), StatusCode::FORBIDDEN, "a tab of somebody who was signed in before");
    for broken in ["", "?person=x", &format!("?person={user}&run=x"), &format!("?person={user}&more=1")] {
        assert_eq!(mira.follow(&format!("/api/events{broken}")).await.status(), StatusCode::BAD_REQUEST, "{broken}");
    }
}

#[sqlx::test]
async fn no_11_what_was_told_goes_after_ninety_days_and_with_its_person(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, _) = person_at(&app, MIRA).await;
    let program = Program::new(&app, user).await;
    wait(&app, Duration::days(89));
    let stays = Program::new(&app, user).await;
    assert_eq!((app.state().notifications.purge().await.unwrap(), items(&stays, "").await.len()), (0, 2));
    wait(&app, Duration::days(2));
    assert_eq!((app.state().notifications.purge().await.unwrap(), items(&stays, "").await.len()), (1, 1));
    drop(program);
    let choice = json!({ "items": [{ "kind": "account", "in_app": false }] });
    stays.send("PATCH", PREFERENCES, Some(&choice)).await;
    app.identity().leave(user).await.unwrap();
    wait(&app, LEAVING_LASTS);
    app.state().departures.sweep().await.unwrap();
    let left: i64 = sqlx::query_scalar(
        "select (select count(*) from notifications) + (select count(*) from notification_preferences)",
    )
    .fetch_one(app.db())
    .await
    .unwrap();
    assert_eq!(left, 0);
}

#[sqlx::test]
async fn no_12_a_key_reads_and_marks_within_its_scopes_and_follows_no_stream(db: PgPool) {
    let app = TestApp::with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    let one = items(&program, "").await.remove(0);
    let seen = json!({ "last_seen": one["id"] });
    let choice = json!({ "items": [{ "kind": "account", "in_app": true }] });
    let reading = [
        ("GET", LIST.to_owned(), None),
        ("GET", format!("{LIST}/unread-count"), None),
        ("GET", PREFERENCES.to_owned(), None),
    ];
    let writing = [
        ("POST", read(&one), None),
        ("POST", READ_ALL.to_owned(), Some(seen)),
        ("PATCH", PREFERENCES.to_owned(), Some(choice)),
    ];
    for (scope, may_read, may_write) in
        [("profile:read", false, false), ("notifications:read", true, false), ("notifications:write", false, true)]
    {
        let made = program.send("POST", "/api/v1/api-keys", Some(&json!({ "name": "k", "scopes": [scope] }))).await;
        let key = program.showing(made.value()["key"].as_str().unwrap());
        for (requests, may) in [(&reading, may_read), (&writing, may_write)] {
            for (method, path, body) in requests {
                let status = key.send(method, path, body.as_ref()).await.status;
                let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
                assert_eq!(status, expected, "{scope} {method} {path}");
            }
        }
        assert_eq!(key.get(EVENTS).await.code(), "session_required");
    }
}

#[sqlx::test]
async fn no_13_without_a_script_the_bell_counts_and_plain_forms_read_and_choose(db: PgPool) {
    let app = TestApp::with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let (user, mut browser) = person_at(&app, MIRA).await;
    let empty = browser.get("/notifications").await;
    assert!(empty.text().contains("Nothing to tell yet") && !empty.text().contains(" unread\""), "{}", empty.text());
    told(&app, user, 30).await;
    let page = browser.get("/notifications").await;
    assert!(page.text().contains("aria-label=\"Notifications, 30 unread\""), "{}", page.text());
    assert!(page.text().contains("href=\"/notifications\""));
    let older = page.text().split("before=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(page.text().matches("class=\"row unread\"").count(), 25);
    let next = browser.get(&format!("/notifications?before={older}")).await;
    assert_eq!(next.text().matches("class=\"row unread\"").count(), 5);

    let ids: Vec<Uuid> =
        sqlx::query_scalar("select id from notifications order by id desc").fetch_all(app.db()).await.unwrap();
    let (newest, second) = (ids[0].to_string(), ids[1].to_string());
    let done = browser.post_form("/api/notifications/read", &[("id", &newest)]).await;
    assert_eq!(done.location(), "/notifications");
    let looked = browser.post_form("/api/notifications/read", &[("id", &second), ("open", "true")]).await;
    assert_eq!(looked.location(), "/settings/security");
    assert!(browser.get("/chat").await.text().contains("Notifications, 28 unread"));
    browser.post_form("/api/notifications/read-all", &[("last_seen", &newest)]).await;
    let page = browser.get("/notifications?show=unread").await;
    assert!(page.text().contains("You have read everything") && page.text().contains("aria-label=\"Notifications\""));

    let saved = browser
        .post_form(
            "/api/notifications/choose",
            &[("in_app[]", "security"), ("letters[]", "connection"), ("letters[]", "team")],
        )
        .await;
    assert_eq!(saved.location(), "/settings/notifications?saved=yes");
    let settings = browser.get("/settings/notifications?saved=yes").await;
    assert!(settings.text().contains("What you are told is saved."));
    let program = Program::new(&app, user).await;
    let chosen = program.get(PREFERENCES).await.value();
    let chosen: Vec<_> =
        chosen["items"].as_array().unwrap().iter().map(|one| (one["in_app"].clone(), one["email"].clone())).collect();
    let of = |in_app: bool| (json!(in_app), json!(true));
    assert_eq!(chosen, [of(false), of(true), of(false), of(false), of(false)]);
    let mut stranger = Browser::new(&app);
    assert_eq!(stranger.get("/notifications").await.location(), "/signin?next=/notifications");
    let refused = browser.json_at("/api/notifications/choose", &[("in_app[]", "nonsense")]).await;
    assert_eq!(refused.code(), "kind_unknown");
    // Nothing of it is told twice.
    eventually("the count", async || (unread(&program).await == 0).then_some(())).await;
}
