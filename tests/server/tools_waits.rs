//! How tools wait, page, keep to their budget, and take what services send.

use std::time::Duration as Wait;

use aura::{
    integrations::{
        approval::{Approved, Call},
        tools::{self, Caller, TimeContext, ToolAnswer, ToolError},
    },
    kit::id::{ConnectionId, UserId},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path, query_param, query_param_is_missing},
};

use crate::{
    browser::wait,
    support::TestApp,
    tools_sandbox::World,
    vendor::{EVENTS, Vendor, ask, connect, person},
};

const ISSUES: &str = "/api.github.com/issues";
const MINE: &str = "github__list_my_issues";
const SERVERS: &str = "/discord.com/api/v10/users/@me/guilds";

fn issue(number: u32) -> Value {
    json!({"title": format!("Issue {number}"), "number": number, "html_url": "https://github.com/a/b/issues/1",
        "repository": {"full_name": "a/b"}})
}

/// Asks with other patience than thirty seconds.
pub async fn with_patience(
    app: &TestApp,
    patience: u64,
    user: UserId,
    connection: ConnectionId,
    tool: &str,
    arguments: Value,
) -> Result<ToolAnswer, ToolError> {
    let integrations = app.state().integrations.clone().with_tool_patience(Wait::from_secs(patience));
    let caller = Caller { kind: "test", id: uuid::Uuid::nil(), label: String::new() };
    let time = TimeContext { now: app.clock().now(), zone: "UTC".into() };
    integrations.read(&caller, user, connection, tool, arguments, &time).await
}

#[sqlx::test]
async fn tl_09_a_look_that_came_too_soon_is_repeated_after_the_wait_it_was_told(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let connection = connect(&app, user, "github", "t", None, None).await;
    let limited = || ResponseTemplate::new(429).insert_header("retry-after", "1");
    vendor.answers_times(2, "GET", ISSUES, limited()).await;
    vendor.json("GET", ISSUES, json!([issue(1)])).await;
    let answer = with_patience(&app, 30, user, connection, MINE, json!({})).await.unwrap();
    assert_eq!(answer.items.len(), 1);
    assert_eq!(vendor.asked(ISSUES).await.len(), 3);

    // Three times, and no more.
    vendor.server.reset().await;
    vendor.answers("GET", ISSUES, limited()).await;
    let error = with_patience(&app, 30, user, connection, MINE, json!({})).await.unwrap_err();
    assert!(matches!(error, ToolError::Limited { retry_after: 1, .. }), "{error}");
    assert_eq!(vendor.asked(ISSUES).await.len(), 4);

    // A wait that is longer than the tool may wait is told, not waited.
    vendor.server.reset().await;
    vendor.answers("GET", ISSUES, ResponseTemplate::new(429).insert_header("retry-after", "31")).await;
    let error = with_patience(&app, 30, user, connection, MINE, json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), "GitHub asks to wait 31 seconds before the next request.");
    assert_eq!(vendor.asked(ISSUES).await.len(), 1);
}

#[sqlx::test]
async fn tl_10_a_wait_in_the_body_is_read(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let connection = connect(&app, user, "discord", "t", None, None).await;
    let body = json!({"message": "You are being rate limited.", "retry_after": 64.57, "global": false});
    vendor.answers("GET", SERVERS, ResponseTemplate::new(429).set_body_json(body)).await;
    let error = ask(&app, user, connection, "discord__list_servers", json!({})).await.unwrap_err();
    assert!(matches!(error, ToolError::Limited { retry_after: 65, .. }), "{error}");
}

#[sqlx::test]
async fn tl_11_a_change_is_repeated_only_where_the_service_knows_a_repetition(db: PgPool) {
    let world = Box::pin(World::start(db)).await;
    let fault = |host: &str| sandbox::faults::Fault {
        host: host.into(),
        path: None,
        kind: sandbox::faults::Kind::Limited,
        times: 1,
        retry_after: Some(1),
    };
    // An event of Google's has an id that Aura chose: the second try is known.
    let connection = world.connect("google-calendar").await;
    world.sandbox.faults().push(fault("www.googleapis.com"));
    let tool = tools::find("google_calendar__create_event").unwrap();
    world.change(connection, tool, tool.example().clone()).await.unwrap();
    // A contact of HubSpot's has none: it is told, and nothing is repeated.
    let connection = world.connect("hubspot").await;
    world.sandbox.faults().push(fault("api.hubapi.com"));
    let tool = tools::find("hubspot__create_deal").unwrap();
    let error = world.change(connection, tool, tool.example().clone()).await.unwrap_err();
    assert!(matches!(error, ToolError::Limited { retry_after: 1, .. }), "{error}");
    let told = world.read(connection, "hubspot__list_deals", json!({})).await.unwrap();
    assert!(!told.data.to_string().contains("Harbor 3 for Tideway"));
}

#[sqlx::test]
async fn a_change_that_is_repeated_has_the_id_of_the_first_try(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let connection = connect(&app, user, "google-calendar", "t", None, None).await;
    let entry = aura::providers::catalogue().get("google-calendar").unwrap();
    let all: Vec<String> = entry
        .tools
        .iter()
        .flat_map(|tool| tool.scopes.join("|").split('|').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    sqlx::query("update connections set scopes = $1").bind(all).execute(app.db()).await.unwrap();
    let limited = ResponseTemplate::new(429).insert_header("retry-after", "1");
    vendor.answers_times(1, "POST", EVENTS, limited).await;
    vendor.json("POST", EVENTS, json!({"id": "made", "summary": "Made"})).await;
    let integrations = &app.state().integrations;
    let tool = tools::find("google_calendar__create_event").unwrap();
    let caller = Caller { kind: "test", id: uuid::Uuid::nil(), label: String::new() };
    let time = TimeContext { now: app.clock().now(), zone: "UTC".into() };
    for _ in 0..2 {
        let call = Call { user, connection, tool, arguments: tool.example().clone() };
        let approval = integrations.propose(&call).await.unwrap();
        integrations.decide(user, approval, true).await.unwrap();
        let approved = Approved::consume(integrations, user, approval).await.unwrap();
        integrations.write(&caller, approved, &time).await.unwrap();
    }
    let asked = vendor.asked(EVENTS).await;
    let ids: Vec<Value> = asked.iter().map(|one| one.body_json::<Value>().unwrap()["id"].clone()).collect();
    assert!(ids.len() == 3 && ids[0].is_string() && ids[0] == ids[1], "{ids:?}");
    assert_ne!(ids[1], ids[2], "another approval is another event");
}

#[sqlx::test]
async fn tl_12_a_change_that_nobody_confirmed_is_told_as_that(db: PgPool) {
    let world = Box::pin(World::start(db)).await;
    for kind in [sandbox::faults::Kind::Broken, sandbox::faults::Kind::Html, sandbox::faults::Kind::Cut] {
        let connection = world.connect("hubspot").await;
        let host = "api.hubapi.com".to_owned();
        let fault = sandbox::faults::Fault { host, path: None, kind, times: 1, retry_after: None };
        world.sandbox.faults().push(fault);
        let tool = tools::find("hubspot__create_deal").unwrap();
        let error = world.change(connection, tool, tool.example().clone()).await.unwrap_err();
        assert!(matches!(error, ToolError::Unknown { .. }), "{error}");
        assert!(error.to_string().contains("may have been done"), "{error}");
    }
}

#[sqlx::test]
async fn tl_13_a_refusal_is_told_in_the_services_own_words(db: PgPool) {
    let world = Box::pin(World::start(db)).await;
    let connection = world.connect("google-calendar").await;
    let tool = tools::find("google_calendar__create_event").unwrap();
    let mut arguments = tool.example().clone();
    arguments["end"] = arguments["start"].clone();
    let error = world.change(connection, tool, arguments).await.unwrap_err();
    assert_eq!(error.to_string(), "Google Calendar did not take this: «The specified time range is empty».");
    let connection = world.connect("slack").await;
    let tool = tools::find("slack__delete_message").unwrap();
    let arguments = json!({"channel": "launch", "ts": "1790000000.999999"});
    let error = world.change(connection, tool, arguments).await.unwrap_err();
    assert!(error.to_string().contains("message_not_found"), "{error}");
}

#[sqlx::test]
async fn words_of_a_refusal_are_one_short_line_also_where_they_come_with_status_200(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let long = format!("No\u{1b}[2J\n\u{202e}way {}", "x".repeat(1_000));
    let connection = connect(&app, user, "discord", "t", None, None).await;
    vendor.answers("GET", SERVERS, ResponseTemplate::new(400).set_body_json(json!({"message": long}))).await;
    let of_rest = ask(&app, user, connection, "discord__list_servers", json!({})).await.unwrap_err();
    let connection = connect(&app, user, "linear", "t", None, None).await;
    vendor.json("POST", "/api.linear.app/graphql", json!({"data": null, "errors": [{"message": long}]})).await;
    let of_graphql = ask(&app, user, connection, "linear__list_teams", json!({})).await.unwrap_err();
    for (error, service) in [(of_rest, "Discord"), (of_graphql, "Linear")] {
        let told = error.to_string();
        assert!(told.starts_with(&format!("{service} did not take this: «No[2J way xxx")), "{told}");
        assert!(told.ends_with("x…».") && told.chars().count() < 250, "{told}");
    }
}

#[sqlx::test]
async fn tl_14_a_connection_is_used_so_often_a_minute_by_all_processes_together(db: PgPool) {
    let vendor = Vendor::start().await;
    // Two processes that wait for the common count, however busy the machine is.
    let budget = 7;
    let patient = [("LIMIT_STORE_TIMEOUT", "20000"), ("CALLS_PER_CONNECTION", "7")];
    let app = vendor.app(db).await.second_process_with(&patient).await;
    let other = app.second_process_with(&patient).await;
    let user = person(&app).await;
    let connection = connect(&app, user, "github", "t", None, None).await;
    let second = connect(&app, user, "github", "t", None, None).await;
    vendor.json("GET", ISSUES, json!([issue(1)])).await;
    for number in 0..budget {
        let here = if number % 2 == 0 { &app } else { &other };
        ask(here, user, connection, MINE, json!({})).await.unwrap();
    }
    for here in [&app, &other] {
        let error = ask(here, user, connection, MINE, json!({})).await.unwrap_err();
        assert!(matches!(error, ToolError::Budget { retry_after: 1..=60, .. }), "{error}");
        assert!(error.to_string().starts_with("Aura has used this account at GitHub as often as it may"), "{error}");
    }
    assert_eq!(vendor.asked(ISSUES).await.len(), budget, "nobody was asked beyond it");
    ask(&app, user, second, MINE, json!({})).await.unwrap();
    wait(&app, Duration::minutes(1) + Duration::seconds(1));
    ask(&other, user, connection, MINE, json!({})).await.unwrap();
}

#[sqlx::test]
async fn tl_15_lists_are_followed_by_marks_addresses_and_last_entries_and_not_for_ever(db: PgPool) {
    let world = Box::pin(World::start(db)).await;
    // A mark that comes with whether there is more: two pages of two and one.
    let connection = world.connect("cal-com").await;
    let answer = world.read(connection, "cal_com__list_bookings", json!({})).await.unwrap();
    assert_eq!((answer.items.len(), answer.data["complete"].clone()), (3, json!(true)));
    // An address without its host.
    let connection = world.connect("salesforce").await;
    let answer = world.read(connection, "salesforce__my_opportunities", json!({})).await.unwrap();
    assert_eq!((answer.items.len(), answer.data["complete"].clone()), (4, json!(true)));
}

#[sqlx::test]
async fn tl_16_pages_that_never_end_are_left_and_addresses_elsewhere_are_not_followed(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let connection = connect(&app, user, "slack", "t", None, None).await;
    let list = "/slack.com/api/users.list";
    let people = |cursor: &str| {
        let member = json!({"id": "U1", "name": "jw", "real_name": "Jonas Weil"});
        json!({"ok": true, "members": [member], "response_metadata": {"next_cursor": cursor}})
    };
    let first = Mock::given(method("GET")).and(path(list)).and(query_param_is_missing("cursor"));
    first.respond_with(ResponseTemplate::new(200).set_body_json(people("again"))).mount(&vendor.server).await;
    let next = Mock::given(method("GET")).and(path(list)).and(query_param("cursor", "again"));
    next.respond_with(ResponseTemplate::new(200).set_body_json(people("again"))).mount(&vendor.server).await;
    let answer = ask(&app, user, connection, "slack__list_people", json!({})).await.unwrap();
    assert_eq!(vendor.asked(list).await.len(), 2, "the same mark twice is the end");
    assert_eq!(answer.data["complete"], json!(false));

    // Marks that are new each time are followed for five pages.
    vendor.server.reset().await;
    let turns = std::sync::atomic::AtomicUsize::new(0);
    let endless = move |_: &wiremock::Request| {
        let turn = turns.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let member = json!({"id": format!("U{turn}"), "name": "jw", "real_name": "Jonas Weil"});
        let next = json!({"next_cursor": format!("mark-{turn}")});
        ResponseTemplate::new(200).set_body_json(json!({"ok": true, "members": [member], "response_metadata": next}))
    };
    Mock::given(method("GET")).and(path(list)).respond_with(endless).mount(&vendor.server).await;
    let answer = ask(&app, user, connection, "slack__list_people", json!({})).await.unwrap();
    assert_eq!((answer.items.len(), vendor.asked(list).await.len()), (5, 5));
    assert_eq!(answer.data["complete"], json!(false));

    let mail = "/graph.microsoft.com/v1.0/me/messages";
    let connection = connect(&app, user, "outlook", "t", None, None).await;
    for elsewhere in ["https://evil.example/v1.0/me/messages", "https://graph.microsoft.com:444/x", "//evil.example/x"]
    {
        vendor.server.reset().await;
        vendor.json("GET", mail, json!({"value": [{"subject": "One"}], "@odata.nextLink": elsewhere})).await;
        let answer = ask(&app, user, connection, "outlook__unread_mail", json!({})).await.unwrap();
        assert_eq!(answer.items.len(), 1);
        assert_eq!(vendor.server.received_requests().await.unwrap().len(), 1, "{elsewhere}");
    }
}

#[sqlx::test]
async fn tl_17_hostile_answers_are_no_answers_and_leave_the_connection_alone(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let connection = connect(&app, user, "discord", "t", None, None).await;
    let tool = "discord__list_servers";
    let long = "x".repeat(100_000);
    let table: Vec<(ResponseTemplate, Result<usize, &str>)> = vec![
        (ResponseTemplate::new(200).set_body_string("<!doctype html><h1>Log in</h1>"), Err("provider")),
        (ResponseTemplate::new(200).set_body_string("[".repeat(10 * 1024 * 1024)), Err("provider")),
        (ResponseTemplate::new(200).set_body_string("[".repeat(100_000)), Err("provider")),
        (ResponseTemplate::new(200).set_body_json(json!([{"name": "x".repeat(3 * 1024 * 1024)}])), Err("provider")),
        (ResponseTemplate::new(200).set_body_json(json!({"error": "no"})), Ok(1)),
        (ResponseTemplate::new(200).set_body_json(json!("text")), Ok(0)),
        (ResponseTemplate::new(200).set_body_json(json!(null)), Ok(0)),
        (ResponseTemplate::new(200).set_body_json(json!([1, null, "x", []])), Ok(4)),
        (ResponseTemplate::new(200).set_body_json(json!([{"name": {"deep": 1}, "id": [7]}])), Ok(1)),
        (ResponseTemplate::new(200).set_body_json(json!([{"name": long, "id": "\u{202e}\u{0}"}])), Ok(1)),
        (ResponseTemplate::new(200).set_body_bytes([0xff, 0xfe, 0x00]), Err("provider")),
        (ResponseTemplate::new(400).set_body_json(json!({"message": "a\u{1b}[2J\u{202e}b"})), Err("refused")),
        (ResponseTemplate::new(302).insert_header("location", "https://evil.example/"), Err("provider")),
        (ResponseTemplate::new(500), Err("provider")),
        (ResponseTemplate::new(504), Err("timeout")),
        (ResponseTemplate::new(403), Err("forbidden")),
        (ResponseTemplate::new(404), Err("nothing")),
    ];
    for (number, (answer, expected)) in table.into_iter().enumerate() {
        vendor.server.reset().await;
        vendor.answers("GET", SERVERS, answer).await;
        match (ask(&app, user, connection, tool, json!({})).await, expected) {
            (Ok(answer), Ok(lines)) => {
                assert_eq!(answer.items.len(), lines, "{number}");
                assert!(answer.items.iter().all(|item| item.title.chars().count() <= 300), "{number}");
                assert!(!answer.data.to_string().contains('\u{202e}'), "{number}");
            }
            (Err(error), Err(code)) => {
                assert_eq!(error.code(), code, "{number}: {error}");
                let words = error.to_string();
                assert!(!words.chars().any(|letter| letter.is_control() || letter == '\u{202e}'), "{number}: {words}");
            }
            (found, expected) => panic!("{number}: {found:?} instead of {expected:?}"),
        }
        assert_eq!(crate::vendor::state(&app, connection).await.0, "active", "{number}");
    }
    // What would run when it is clicked is no link.
    let connection = connect(&app, user, "github", "t", None, None).await;
    for (address, link) in [("javascript:alert(1)", None), ("https://github.com/a", Some("https://github.com/a"))] {
        vendor.server.reset().await;
        let mut sly = issue(1);
        sly["html_url"] = json!(address);
        vendor.json("GET", ISSUES, json!([sly])).await;
        let answer = ask(&app, user, connection, MINE, json!({})).await.unwrap();
        assert_eq!(answer.items[0].link.as_deref(), link, "{address}");
    }
}

#[sqlx::test]
async fn tl_18_arguments_stay_arguments(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    vendor.answers("GET", "/", ResponseTemplate::new(200)).await;
    let teams = connect(&app, user, "microsoft-teams", "t", None, None).await;
    let climbing = ["../../me/messages", "..", ".", "a/../../b", "x?y=z", "x#y", "%2e%2e", "a\\..\\b", "x;y"];
    for sly in climbing {
        // The shortest ones are no ids; made long enough they still end in what climbs.
        for chat in [sly.to_owned(), format!("19:abc/{sly}"), format!("{sly}/19:abc")] {
            let _refused_or_kept = ask(&app, user, teams, "microsoft_teams__read_chat", json!({"chat": chat})).await;
        }
    }
    for request in vendor.server.received_requests().await.unwrap() {
        let place = request.url.path();
        assert!(place.starts_with("/graph.microsoft.com/v1.0/me/chats/") && place.ends_with("/messages"), "{place}");
        assert_eq!(place.split('/').count(), 7, "{place}");
        assert_eq!(request.url.query(), Some("%24top=30"), "{place}");
    }
    let slack = connect(&app, user, "slack", "t", None, None).await;
    sqlx::query("update connections set scopes = scopes || array['search:read']").execute(app.db()).await.unwrap();
    vendor.json("GET", "/slack.com/api/search.messages", json!({"ok": true, "messages": {"matches": []}})).await;
    for sly in ["a\r\nx-evil: 1", "a\u{0}b", "\u{7f}", "a\nb"] {
        let refused = ask(&app, user, slack, "slack__search_messages", json!({"words": sly})).await;
        assert!(matches!(refused, Err(ToolError::BadArguments(_))), "{sly:?}");
    }
    // Braces are letters like others.
    let error =
        ask(&app, user, slack, "slack__unread_in_channel", json!({"channel": "{account_id}"})).await.unwrap_err();
    assert!(!error.to_string().contains(&slack.to_string()), "{error}");
    let outlook = connect(&app, user, "outlook", "t", None, None).await;
    vendor.json("GET", "/graph.microsoft.com/v1.0/me/messages", json!({"value": []})).await;
    ask(&app, user, outlook, "outlook__search_mail", json!({"words": "\" OR isRead eq true \\"})).await.unwrap();
    let asked = &vendor.asked("/graph.microsoft.com/v1.0/me/messages").await[0];
    let searched = asked.url.query_pairs().find(|(name, _)| name == "$search").unwrap().1.into_owned();
    assert_eq!(searched, "\"OR isRead eq true\"", "only the quotation marks of the template are there");
}

#[sqlx::test]
async fn tl_19_without_a_scope_nobody_is_asked(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    // Only what is asked for at first was granted: searching is not among it.
    let connection = connect(&app, user, "slack", "t", None, None).await;
    sqlx::query("update connections set scopes = array_remove(scopes, 'search:read')").execute(app.db()).await.unwrap();
    let error = ask(&app, user, connection, "slack__search_messages", json!({"words": "x"})).await.unwrap_err();
    assert_eq!(error.code(), "off");
    assert!(error.to_string().contains("search the messages that you can see"), "{error}");
    assert!(vendor.server.received_requests().await.unwrap().is_empty());
    let offered = app.state().integrations.tools(user).await.unwrap();
    assert!(offered.iter().all(|offered| offered.tool.name != "slack__search_messages"));
}
