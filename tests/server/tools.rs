//! Tools, run over answers as vendors send them.

use std::time::Duration as Wait;

use aura::integrations::{
    approval::{Approved, Call},
    tools::{self, Effect, ToolError},
};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path, query_param},
};

use crate::{
    browser::wait,
    tools_waits::with_patience,
    vendor::{EVENTS, Vendor, ask, connect, person},
};

const ISSUES: &str = "/api.github.com/issues";
const MINE: &str = "github__list_my_issues";

#[sqlx::test]
async fn cn_16_calendar_events_are_those_of_the_persons_day(db: PgPool) {
    let vendor = Vendor::start().await;
    let first = json!({"nextPageToken": "two", "items": [
        {"summary": "Design sync", "location": "Room 4", "htmlLink": "https://calendar.google.com/e/1",
         "start": {"dateTime": "2026-03-12T09:00:00Z"}},
        {"start": {"date": "2026-03-12"}, "htmlLink": "javascript:alert(1)"}]});
    let second = json!({"items": [{"summary": "Late call", "start": {"dateTime": "2026-03-12T22:00:00+01:00"}}]});
    let page = Mock::given(method("GET")).and(path(EVENTS)).and(query_param("pageToken", "two"));
    page.respond_with(ResponseTemplate::new(200).set_body_json(second)).with_priority(1).mount(&vendor.server).await;
    vendor.json("GET", EVENTS, first).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let connection = connect(&app, user, "google-calendar", "t", None, None).await;
    let answer = ask(&app, user, connection, "google_calendar__list_events", json!({})).await.unwrap();
    assert_eq!((answer.summary.as_str(), answer.detail.as_str()), ("Read 3 events", "Thursday 12 March"));
    let lines: Vec<(&str, Option<&str>)> =
        answer.items.iter().map(|item| (item.title.as_str(), item.at.as_deref())).collect();
    assert_eq!(
        lines,
        [
            ("Design sync", Some("2026-03-12T10:00:00+01:00")),
            ("(no title)", Some("2026-03-12")),
            ("Late call", Some("2026-03-12T22:00:00+01:00")),
        ]
    );
    assert_eq!(answer.items[0].link.as_deref(), Some("https://calendar.google.com/e/1"));
    assert_eq!(answer.items[1].link, None, "only https can be clicked");
    assert_eq!(answer.data["events"][0]["title"], "Design sync");
    let asked = &vendor.asked(EVENTS).await[0];
    let query: std::collections::BTreeMap<_, _> = asked.url.query_pairs().into_owned().collect();
    assert_eq!(query["timeMin"], "2026-03-12T00:00:00+01:00");
    assert_eq!(query["timeMax"], "2026-03-13T00:00:00+01:00");
    assert_eq!(query["timeZone"], "Europe/Berlin");
    assert!(asked.headers["user-agent"].to_str().unwrap().starts_with("Aura/"));
}

#[sqlx::test]
async fn unread_messages_are_those_after_the_last_one_read(db: PgPool) {
    let vendor = Vendor::start().await;
    let list = "/slack.com/api/conversations.list";
    let more = Mock::given(method("GET")).and(path(list)).and(query_param("cursor", "two"));
    let second =
        json!({"ok": true, "channels": [{"id": "C2", "name": "general"}], "response_metadata": {"next_cursor": ""}});
    more.respond_with(ResponseTemplate::new(200).set_body_json(second)).with_priority(1).mount(&vendor.server).await;
    let first =
        json!({"ok": true, "channels": [{"id": "C1", "name": "random"}], "response_metadata": {"next_cursor": "two"}});
    vendor.json("GET", list, first).await;
    vendor
        .json(
            "GET",
            "/slack.com/api/conversations.info",
            json!({"ok": true, "channel": {"last_read": "1773300000.000100"}}),
        )
        .await;
    let history =
        json!({"ok": true, "messages": [{"text": "The release\nis out", "user": "U1", "ts": "1773312000.000200"}]});
    vendor.json("GET", "/slack.com/api/conversations.history", history).await;
    let members = json!({"ok": true, "members": [{"id": "U1", "name": "jw", "profile": {"display_name": ""}, "real_name": "Jonas Weil"}]});
    vendor.json("GET", "/slack.com/api/users.list", members).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let connection = connect(&app, user, "slack", "t", None, None).await;
    let tool = "slack__unread_in_channel";
    let answer = ask(&app, user, connection, tool, json!({"channel": "#General"})).await.unwrap();
    assert_eq!((answer.summary.as_str(), answer.items[0].title.as_str()), ("Read 1 message", "The release is out"));
    assert_eq!(answer.items[0].note, "Jonas Weil");
    assert_eq!(answer.items[0].at.as_deref(), Some("2026-03-12T11:40:00+01:00"));
    let asked = &vendor.asked("/slack.com/api/conversations.history").await[0];
    assert!(
        asked.url.query().unwrap().contains("channel=C2")
            && asked.url.query().unwrap().contains("oldest=1773300000.000100")
    );
    let missing = ask(&app, user, connection, tool, json!({"channel": "nowhere"})).await.unwrap_err();
    assert_eq!(missing.to_string(), "There is no channel #nowhere that you can see in this workspace.");
    let none = ask(&app, user, connection, tool, json!({})).await.unwrap_err();
    assert!(matches!(none, ToolError::BadArguments(_)));
}

#[sqlx::test]
async fn every_other_tool_reads_what_its_vendor_sends(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.json("GET", ISSUES, json!([
        {"title": "Login fails", "number": 7, "html_url": "https://github.com/a/b/issues/7", "repository": {"full_name": "a/b"},
         "updated_at": "2026-03-11T10:00:00Z"},
        {"title": "A pull request", "pull_request": {"url": "x"}}])).await;
    vendor
        .json(
            "GET",
            "/api.github.com/notifications",
            json!([
        {"subject": {"title": "Review wanted"}, "reason": "review_requested", "repository": {"full_name": "a/b"}}]),
        )
        .await;
    vendor
        .json(
            "GET",
            "/www.googleapis.com/calendar/v3/users/me/calendarList",
            json!({"items": [
        {"summary": "mira@example.com", "summaryOverride": "Work", "accessRole": "owner"}]}),
        )
        .await;
    vendor
        .json(
            "GET",
            "/slack.com/api/conversations.list",
            json!({"ok": true, "channels": [
        {"id": "C1", "name": "general", "topic": {"value": "Everything"}}]}),
        )
        .await;
    vendor.json("GET", "/api.spotify.com/v1/me/player/recently-played", json!({"items": [
        {"track": {"name": "Teardrop", "artists": [{"name": "Massive Attack"}]}, "played_at": "2026-03-12T08:00:00.123Z"}]})).await;
    vendor
        .json(
            "GET",
            "/api.spotify.com/v1/me/top/tracks",
            json!({"items": [
        {"name": "Angel", "artists": [{"name": "Massive Attack"}]}]}),
        )
        .await;
    vendor
        .json(
            "GET",
            "/api.sendgrid.com/v3/suppression/bounces",
            json!([
        {"email": "x@example.com", "reason": "550 no such user", "created": 1773300000}]),
        )
        .await;
    vendor
        .json(
            "GET",
            "/api.sendgrid.com/v3/stats",
            json!([
        {"date": "2026-03-11", "stats": [{"metrics": {"delivered": 12, "bounces": 1, "opens": 5}}]}]),
        )
        .await;
    let graph = |part: &str, data: serde_json::Value| {
        let answer = ResponseTemplate::new(200).set_body_json(json!({"data": data}));
        Mock::given(method("POST"))
            .and(path("/api.linear.app/graphql"))
            .and(wiremock::matchers::body_string_contains(part))
            .respond_with(answer)
    };
    let issues = json!({"viewer": {"assignedIssues": {"nodes": [{"identifier": "ENG-1", "title": "Ship it", "state": {"name": "Todo"}, "dueDate": "2026-03-20"}]}}});
    graph("assignedIssues", issues).mount(&vendor.server).await;
    graph("projects", json!({"projects": {"nodes": [{"name": "Launch", "targetDate": "2026-04-01"}]}}))
        .mount(&vendor.server)
        .await;
    graph("teams", json!({"teams": {"nodes": [{"name": "Engineering", "key": "ENG"}]}})).mount(&vendor.server).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let table = [
        ("github", MINE, "Login fails", "a/b #7"),
        ("github", "github__list_notifications", "Review wanted", "a/b, review_requested"),
        ("google-calendar", "google_calendar__list_calendars", "Work", "owner"),
        ("slack", "slack__list_channels", "#general", "Everything"),
        ("spotify", "spotify__recently_played", "Teardrop", "Massive Attack"),
        ("spotify", "spotify__top_tracks", "Angel", "Massive Attack"),
        ("linear", "linear__list_my_issues", "Ship it", "ENG-1, Todo"),
        ("linear", "linear__list_projects", "Launch", ""),
        ("linear", "linear__list_teams", "Engineering", "ENG"),
        ("sendgrid", "sendgrid__list_bounces", "x@example.com", "550 no such user"),
        ("sendgrid", "sendgrid__delivery_stats", "12 delivered", "1 bounced, 5 opened"),
    ];
    for (provider, tool, title, note) in table {
        let connection = connect(&app, user, provider, "t", None, None).await;
        let answer =
            ask(&app, user, connection, tool, json!({})).await.unwrap_or_else(|error| panic!("{tool}: {error}"));
        assert_eq!(answer.items.len(), 1, "{tool}");
        assert_eq!((answer.items[0].title.as_str(), answer.items[0].note.as_str()), (title, note), "{tool}");
    }
    // Each service offers what the scopes allow that it is asked for at first.
    let offered: std::collections::BTreeSet<_> =
        app.state().integrations.tools(user).await.unwrap().into_iter().map(|offered| offered.tool.name).collect();
    let connected: std::collections::BTreeSet<&str> = table.iter().map(|(provider, ..)| *provider).collect();
    let open = connected.into_iter().flat_map(|provider| {
        let entry = aura::providers::catalogue().get(provider).unwrap();
        let granted = entry.oauth.as_ref().map(|oauth| oauth.scope_names()).unwrap_or_default();
        entry.tools.iter().filter(move |tool| tool.is_open(&granted)).map(|tool| tool.name.as_str())
    });
    assert_eq!(offered, open.collect());
}

#[sqlx::test]
async fn each_way_to_say_wait_is_understood(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let soon = (app.clock().now() + Duration::seconds(90)).unix_timestamp();
    let table = [
        ("github", MINE, "GET", ISSUES, ResponseTemplate::new(429).insert_header("retry-after", "17"), 17),
        ("github", MINE, "GET", ISSUES, ResponseTemplate::new(403).insert_header("retry-after", "60"), 60),
        (
            "github",
            MINE,
            "GET",
            ISSUES,
            ResponseTemplate::new(403)
                .insert_header("x-ratelimit-remaining", "0")
                .insert_header("x-ratelimit-reset", soon.to_string()),
            90,
        ),
        (
            "linear",
            "linear__list_teams",
            "POST",
            "/api.linear.app/graphql",
            ResponseTemplate::new(400)
                .insert_header("x-ratelimit-requests-remaining", "0")
                .insert_header("x-ratelimit-requests-reset", (soon * 1_000).to_string()),
            91,
        ),
        (
            "slack",
            "slack__list_channels",
            "GET",
            "/slack.com/api/conversations.list",
            ResponseTemplate::new(429).insert_header("retry-after", "Thu, 12 Mar 2026 12:00:30 GMT"),
            30,
        ),
        (
            "google-calendar",
            "google_calendar__list_events",
            "GET",
            EVENTS,
            ResponseTemplate::new(403).set_body_json(json!({"error": {"errors": [{"reason": "rateLimitExceeded"}]}})),
            30,
        ),
    ];
    for (provider, tool, verb, at, answer, seconds) in table {
        vendor.server.reset().await;
        vendor.answers(verb, at, answer).await;
        let connection = connect(&app, user, provider, "t", None, None).await;
        let error = with_patience(&app, 0, user, connection, tool, json!({})).await.unwrap_err();
        assert!(
            matches!(error, ToolError::Limited { retry_after, .. } if retry_after == seconds),
            "{provider}: {error}"
        );
        assert_eq!(vendor.asked(at).await.len(), 1, "{provider}: not asked again");
        assert_eq!(crate::vendor::state(&app, connection).await.0, "active");
    }
}

#[sqlx::test]
async fn what_is_no_answer_is_told_as_what_it_is(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let table = [
        (ResponseTemplate::new(200).set_body_string("<!doctype html><title>Log in</title>"), "provider"),
        (ResponseTemplate::new(500), "provider"),
        (ResponseTemplate::new(502).set_body_string("<html>Bad gateway</html>"), "provider"),
        (ResponseTemplate::new(504), "timeout"),
        (ResponseTemplate::new(403).set_body_json(json!({"message": "Resource not accessible"})), "forbidden"),
        (ResponseTemplate::new(404).set_body_json(json!({"message": "Not Found"})), "nothing"),
        (ResponseTemplate::new(301).insert_header("location", "https://elsewhere.example/"), "provider"),
        (ResponseTemplate::new(200).set_body_string("[".repeat(3 * 1024 * 1024)), "provider"),
    ];
    for (answer, code) in table {
        vendor.server.reset().await;
        vendor.answers("GET", ISSUES, answer).await;
        let connection = connect(&app, user, "github", "t", None, None).await;
        let error = ask(&app, user, connection, MINE, json!({})).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().starts_with("GitHub "), "{error}");
        assert_eq!(crate::vendor::state(&app, connection).await.0, "active");
    }
}

#[sqlx::test]
async fn a_service_that_hangs_is_given_up(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("GET", ISSUES, ResponseTemplate::new(200).set_delay(Wait::from_secs(600))).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let connection = connect(&app, user, "github", "t", None, None).await;
    let patient = app.state().integrations.clone().with_tool_deadline(Wait::from_millis(200));
    let caller = tools::Caller { kind: "test", id: uuid::Uuid::nil(), label: String::new() };
    let time = tools::TimeContext { now: app.clock().now(), zone: "UTC".into() };
    let error = patient.read(&caller, user, connection, MINE, json!({}), &time).await.unwrap_err();
    assert!(matches!(error, ToolError::Timeout { service: "GitHub" }), "{error}");
}

#[sqlx::test]
async fn a_tool_runs_only_through_a_connection_of_its_service(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let spotify = connect(&app, user, "spotify", "t", None, None).await;
    assert!(matches!(ask(&app, user, spotify, MINE, json!({})).await, Err(ToolError::NotConnected)));
    assert!(matches!(ask(&app, user, spotify, "no__tool", json!({})).await, Err(ToolError::BadArguments(_))));
    assert!(vendor.server.received_requests().await.unwrap().is_empty());
}

#[sqlx::test]
async fn the_use_of_a_connection_is_logged(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.json("GET", ISSUES, json!([{"title": "canary-title"}])).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let connection = connect(&app, user, "github", "t", None, None).await;
    ask(&app, user, connection, MINE, json!({})).await.unwrap();
    let view = &app.state().integrations.connections(user).await.unwrap()[0];
    assert_eq!(view.last_used_at, Some(app.clock().now().into()));
    let detail: String = sqlx::query_scalar("select detail from connection_events where kind = 'used'")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert!(detail.starts_with("github__list_my_issues for test"), "{detail}");
    assert!(!crate::browser::dump(&app).await.contains("canary-title"), "what was read is not kept here");
}

#[sqlx::test]
async fn cn_15_an_approval_is_used_up_by_one_call(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let (mira, jonas) = (person(&app).await, person(&app).await);
    let connection = connect(&app, mira, "github", "t", None, None).await;
    let integrations = &app.state().integrations;
    let call =
        Call { user: mira, connection, tool: tools::find(MINE).unwrap(), arguments: json!({"title": "canary-words"}) };
    assert_eq!(call.tool.effect, Effect::Read, "an approval does not ask what it is for");
    let approval = integrations.propose(&call).await.unwrap();
    assert!(!crate::browser::dump(&app).await.contains("canary-words"));
    assert!(Approved::consume(integrations, mira, approval).await.is_err(), "not decided");
    assert!(integrations.decide(jonas, approval, true).await.is_err(), "not theirs");
    integrations.decide(mira, approval, true).await.unwrap();
    assert!(integrations.decide(mira, approval, false).await.is_err(), "decided once");
    assert!(Approved::consume(integrations, jonas, approval).await.is_err(), "not theirs");
    let tries = (0..10).map(|_| Approved::consume(integrations, mira, approval));
    let got = futures::future::join_all(tries).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(got, 1);

    let denied = integrations.propose(&call).await.unwrap();
    integrations.decide(mira, denied, false).await.unwrap();
    assert!(Approved::consume(integrations, mira, denied).await.is_err(), "denied");
    let late = integrations.propose(&call).await.unwrap();
    integrations.decide(mira, late, true).await.unwrap();
    wait(&app, Duration::days(7) + Duration::hours(1));
    assert!(Approved::consume(integrations, mira, late).await.is_err(), "too late");
    let undecided = integrations.propose(&call).await.unwrap();
    wait(&app, Duration::days(7) + Duration::hours(1));
    assert!(integrations.decide(mira, undecided, true).await.is_err(), "too late for an answer");
    let changed = integrations.propose(&call).await.unwrap();
    integrations.decide(mira, changed, true).await.unwrap();
    sqlx::query("update approvals set call_hash = '\\x00' where state = 'approved'").execute(app.db()).await.unwrap();
    assert!(Approved::consume(integrations, mira, changed).await.is_err(), "not what was shown");
    let foreign = Call { user: jonas, ..call };
    assert!(integrations.propose(&foreign).await.is_err(), "through somebody else's account");
}
