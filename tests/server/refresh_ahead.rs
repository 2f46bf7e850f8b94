//! Renewing ahead of need, in one process at simulated time; and races, in three processes at real time.

use std::process::Stdio;

use aura::{
    kit::id::{ConnectionId, UserId},
    platform::clock::Clock,
};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool};
use time::{Duration, OffsetDateTime};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::{
    browser::wait,
    support::TestApp,
    token_desk::{TokenDesk, first_tokens},
    vendor::{EVENTS, GOOGLE_TOKEN, Vendor, ask, connect, count, fields, person, state},
};

const EVENTS_TOOL: &str = "google_calendar__list_events";
const ISSUES_TOOL: &str = "github__list_my_issues";

/// A connection at this desk whose tokens live so long from now.
async fn at_desk(app: &TestApp, user: UserId, service: &str, life: Duration) -> (String, ConnectionId) {
    let name = Uuid::from_bytes(app.state().random.bytes()).simple().to_string();
    let (access, refresh) = first_tokens(&name);
    let ends_at = app.clock().now() + life;
    (name.clone(), connect(app, user, service, &access, Some(&refresh), Some(ends_at)).await)
}

async fn due_at(app: &TestApp, id: ConnectionId) -> Option<OffsetDateTime> {
    sqlx::query_scalar("select refresh_due_at from connections where id = $1")
        .bind(Uuid::from(id))
        .fetch_one(app.db())
        .await
        .unwrap()
}

/// One hour, minute by minute, with the sweep of each minute and a few calls; how many were renewed in which minute.
/// `outside` is the clock of the world outside, where that is another.
pub async fn simulated_hour(
    app: &TestApp,
    outside: Option<&Clock>,
    connections: &[(UserId, ConnectionId)],
    calls: usize,
) -> Vec<u64> {
    let mut renewed = Vec::new();
    for minute in 0..60 {
        wait(app, Duration::MINUTE);
        if let Some(outside) = outside {
            outside.advance(Duration::MINUTE);
        }
        renewed.push(app.state().integrations.renew_due().await.unwrap());
        let asked = (0..calls).map(|number| connections[(minute * calls + number * 7) % connections.len()]);
        let answers = asked.map(|(user, id)| ask(app, user, id, EVENTS_TOOL, json!({})));
        for answer in futures::future::join_all(answers).await {
            answer.unwrap();
        }
    }
    renewed
}

#[sqlx::test]
async fn rf_04_no_call_of_an_hour_sees_an_ended_token_and_no_minute_has_twice_its_share(db: PgPool) {
    let first = TestApp::new(db.clone()).await;
    let desk = TokenDesk::start(first.clock().clone(), Duration::HOUR).await;
    let world = format!("*={}", desk.address);
    let app = first
        .second_process_with(&[
            ("HOST_OVERRIDES", &world),
            ("GOOGLE_CLIENT_ID", "id"),
            ("GOOGLE_CLIENT_SECRET", "secret"),
        ])
        .await;
    let user = person(&app).await;
    let mut connections = Vec::new();
    // All in the same minute, which is the worst that can be.
    for _ in 0..600 {
        connections.push((user, at_desk(&app, user, "google-calendar", Duration::HOUR).await.1));
    }
    let renewed = simulated_hour(&app, None, &connections, 5).await;
    assert_eq!(desk.refused(), 0, "no call saw an ended token");
    let all: u64 = renewed.iter().sum();
    assert!(all >= 600, "each was renewed ahead: {renewed:?}");
    assert_eq!(u64::from(desk.all_exchanges()), all, "and by nobody else");
    // Of so few connections five minutes tell more than one.
    let fullest = renewed.chunks(5).map(|minutes| minutes.iter().sum::<u64>()).max().unwrap();
    assert!(fullest * 12 <= all * 2, "{renewed:?}");
}

#[sqlx::test]
async fn rf_09_a_connection_that_nobody_uses_is_kept_alive_and_no_more(db: PgPool) {
    let vendor = Vendor::start().await;
    let reply = json!({"access_token": "new", "refresh_token": "newer", "expires_in": 7200, "token_type": "bearer"});
    vendor.json("POST", "/api.outreach.io/oauth/token", reply).await;
    let settings = [("OUTREACH_CLIENT_ID", "client"), ("OUTREACH_CLIENT_SECRET", "secret")];
    let app = vendor.app_with(db, &settings).await;
    let user = person(&app).await;
    let integrations = &app.state().integrations;
    let ends_at = app.clock().now() + Duration::hours(2);
    let id = connect(&app, user, "outreach", "old", Some("refresh"), Some(ends_at)).await;
    // Its grant dies when it lies unused for two weeks; somebody used it last a week ago.
    sqlx::query("update connections set refresh_expires_at = $1, last_used_at = $2")
        .bind(app.clock().now() + Duration::days(14))
        .bind(app.clock().now() - Duration::days(7))
        .execute(app.db())
        .await
        .unwrap();
    for _ in 0..24 {
        integrations.renew_due().await.unwrap();
        wait(&app, Duration::HOUR);
    }
    assert_eq!(vendor.token_requests().await, 0, "nobody wants its access tokens");
    let due = due_at(&app, id).await.unwrap() - app.clock().now() + Duration::DAY;
    assert!(due > Duration::days(4) && due < Duration::days(5), "{due}");
    for _ in 0..40 {
        wait(&app, Duration::DAY);
        integrations.renew_due().await.unwrap();
    }
    let renewals = vendor.token_requests().await;
    assert!((8..=10).contains(&renewals), "every third of two weeks: {renewals}");
    assert_eq!(state(&app, id).await.0, "active");
}

#[sqlx::test]
async fn at_one_service_no_more_than_eight_are_renewed_at_once(db: PgPool) {
    let vendor = Vendor::start().await;
    let reply = json!({"access_token": "new", "expires_in": 3600});
    vendor.answers("POST", GOOGLE_TOKEN, crate::vendor::slow(300, &reply)).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let soon = app.clock().now() + Duration::HOUR;
    for _ in 0..20 {
        connect(&app, user, "google-calendar", "old", Some("r"), Some(soon)).await;
    }
    let integrations = &app.state().integrations;
    integrations.renew_due().await.unwrap();
    wait(&app, Duration::minutes(55));
    let other = Box::pin(app.second_process()).await;
    let most = async {
        let mut most = 0;
        loop {
            let running: i64 = sqlx::query_scalar("select count(*) from connections where lease_until > $1")
                .bind(app.clock().now())
                .fetch_one(app.db())
                .await
                .unwrap();
            most = most.max(running);
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            if vendor.token_requests().await == 20 && running == 0 {
                return most;
            }
        }
    };
    let (here, there, most) = tokio::join!(integrations.renew_due(), other.state().integrations.renew_due(), most);
    assert_eq!(here.unwrap() + there.unwrap(), 20);
    // Two processes that look in the same moment may each take a share.
    assert!((2..=16).contains(&most), "{most}");
    assert_eq!(vendor.token_requests().await, 20, "each once");
}

#[sqlx::test]
async fn rf_13_two_hours_of_outage_alarm_nobody_and_then_all_goes_on(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", GOOGLE_TOKEN, ResponseTemplate::new(503).set_body_string("<html>Down</html>")).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let soon = app.clock().now() + Duration::minutes(20);
    for _ in 0..10 {
        connect(&app, user, "google-calendar", "old", Some("r"), Some(soon)).await;
    }
    let integrations = &app.state().integrations;
    for _ in 0..120 {
        wait(&app, Duration::MINUTE);
        assert_eq!(integrations.renew_due().await.unwrap(), 0);
    }
    let asked = vendor.token_requests().await;
    assert!(asked <= 10 * 40, "it is left alone for longer and longer: {asked}");
    assert_eq!(count(&app, "notifications").await, 0);
    assert_eq!(count(&app, "connections where state = 'active' and failing_since is not null").await, 10);

    vendor.server.reset().await;
    vendor.json("POST", GOOGLE_TOKEN, json!({"access_token": "new", "expires_in": 3600})).await;
    vendor.json("GET", EVENTS, json!({"items": []})).await;
    let mut renewed = 0;
    for _ in 0..7 {
        wait(&app, Duration::MINUTE);
        renewed += integrations.renew_due().await.unwrap();
    }
    assert_eq!((renewed, vendor.token_requests().await), (10, 10));
    assert_eq!(count(&app, "connections where failures = 0 and failing_since is null").await, 10);
}

#[sqlx::test]
async fn rf_07_where_nothing_can_be_written_no_token_is_spent(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.json("POST", GOOGLE_TOKEN, json!({"access_token": "new", "expires_in": 3600})).await;
    vendor.json("GET", EVENTS, json!({"items": []})).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let past = app.clock().now() - Duration::SECOND;
    let id = connect(&app, user, "google-calendar", "old", Some("r"), Some(past)).await;
    let read_only = async |on: &str| {
        let name: String = sqlx::query_scalar("select current_database()").fetch_one(app.db()).await.unwrap();
        let statement = format!("alter database \"{name}\" set default_transaction_read_only = {on}");
        let mut connection = app.db().acquire().await.unwrap();
        sqlx::query("set default_transaction_read_only = off").execute(&mut *connection).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut *connection).await.unwrap();
        // The setting counts for connections that are made from now on.
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()",
        )
        .bind(name)
        .execute(&mut *connection)
        .await
        .unwrap();
        connection.close().await.unwrap();
    };
    read_only("on").await;
    for _ in 0..3 {
        assert!(ask(&app, user, id, EVENTS_TOOL, json!({})).await.is_err());
        assert!(app.state().integrations.renew_due().await.is_err());
    }
    assert_eq!(vendor.token_requests().await, 0);
    read_only("off").await;
    ask(&app, user, id, EVENTS_TOOL, json!({})).await.unwrap();
    assert_eq!(vendor.token_requests().await, 1);
}

#[sqlx::test]
async fn rf_08_a_connection_that_is_disconnected_while_it_is_renewed_leaves_no_token_behind(db: PgPool) {
    let vendor = Vendor::start().await;
    let reply = json!({"access_token": "canary-late", "refresh_token": "canary-late-refresh", "expires_in": 3600});
    vendor.answers("POST", "/api.linear.app/oauth/token", crate::vendor::slow(400, &reply)).await;
    vendor.answers("POST", "/api.linear.app/oauth/revoke", ResponseTemplate::new(200)).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let past = app.clock().now() - Duration::SECOND;
    let id = connect(&app, user, "linear", "canary-old", Some("canary-old-refresh"), Some(past)).await;
    let renewing = ask(&app, user, id, "linear__list_teams", json!({}));
    let ending = async {
        while vendor.token_requests().await == 0 {
            tokio::task::yield_now().await;
        }
        app.state().integrations.disconnect(user, id, aura::integrations::Readings::Keep).await.unwrap()
    };
    let (answer, _) = tokio::join!(renewing, ending);
    assert!(answer.is_err());
    let revoked: Vec<String> = vendor
        .asked("/api.linear.app/oauth/revoke")
        .await
        .iter()
        .map(|request| fields(request)["token"].clone())
        .collect();
    assert_eq!(revoked, ["canary-old-refresh", "canary-old", "canary-late-refresh", "canary-late"]);
    assert_eq!((count(&app, "connections").await, count(&app, "revocations").await), (0, 0));
}

#[sqlx::test]
async fn a_service_whose_clock_is_years_behind_changes_nothing(db: PgPool) {
    Box::pin(off_by(db, "Thu, 12 Mar 2020 12:00:00 GMT")).await;
}

#[sqlx::test]
async fn a_service_whose_clock_is_years_ahead_changes_nothing(db: PgPool) {
    Box::pin(off_by(db, "Thu, 12 Mar 2048 12:00:00 GMT")).await;
}

#[sqlx::test]
async fn a_service_that_tells_no_time_changes_nothing(db: PgPool) {
    Box::pin(off_by(db, "yesterday")).await;
}

async fn off_by(db: PgPool, date: &str) {
    let vendor = Vendor::start().await;
    let limited = ResponseTemplate::new(429).insert_header("retry-after", date).insert_header("date", date);
    vendor.answers_times(1, "POST", GOOGLE_TOKEN, limited).await;
    let reply = json!({"access_token": "new", "expires_in": 3600, "created_at": 1, "expires_at": 1});
    let reply = ResponseTemplate::new(200).set_body_json(reply).insert_header("date", date);
    vendor.answers("POST", GOOGLE_TOKEN, reply).await;
    vendor.json("GET", EVENTS, json!({"items": []})).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let past = app.clock().now() - Duration::SECOND;
    let id = connect(&app, user, "google-calendar", "old", Some("r"), Some(past)).await;
    assert!(ask(&app, user, id, EVENTS_TOOL, json!({})).await.is_err(), "{date}");
    // However far off it is, it is asked again within the hour.
    wait(&app, Duration::HOUR + Duration::SECOND);
    ask(&app, user, id, EVENTS_TOOL, json!({})).await.unwrap();
    let ends_at: OffsetDateTime = sqlx::query_scalar("select access_expires_at from connections where id = $1")
        .bind(Uuid::from(id))
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(ends_at, app.clock().now() + Duration::HOUR, "{date}");
}

const CALLERS: usize = 50;
const PROCESSES: usize = 2;
/// One variable carries all that another process must know.
const ERRAND: &str = "AURA_TEST_RACE_ERRAND";
/// How often they race; many more in the long suite.
const ROUNDS: &str = "RACE_ROUNDS";

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "whoever starts a test has no other way to tell it something")]
    std::env::var(name).ok()
}

/// Fifty callers at once; what was not answered.
async fn fifty(app: &TestApp, user: UserId, id: ConnectionId) -> Vec<String> {
    let calls = (0..CALLERS).map(|_| ask(app, user, id, ISSUES_TOOL, json!({})));
    let answers = futures::future::join_all(calls).await;
    answers.into_iter().filter_map(|answer| answer.err().map(|error| error.to_string())).collect()
}

struct Other {
    _child: Child,
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
}

impl Other {
    fn start(errand: &Value) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "refresh_ahead::another_process", "--ignored", "--nocapture"])
            .env(ERRAND, errand.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { _child: child, to, from: BufReader::new(from).lines() }
    }

    /// The next line that it means for us; the test harness writes on the same stream.
    async fn says(&mut self) -> String {
        loop {
            let line = self.from.next_line().await.unwrap().expect("the other process lives");
            if let Some(line) = line.strip_prefix("other process: ") {
                return line.to_owned();
            }
        }
    }

    async fn races(&mut self, id: ConnectionId) -> String {
        self.to.write_all(format!("{id}\n").as_bytes()).await.unwrap();
        self.says().await
    }
}

#[tokio::test]
#[ignore = "run by rf_05, in processes of its own"]
async fn another_process() {
    let Some(errand) = variable(ERRAND) else { return };
    let errand: Value = serde_json::from_str(&errand).unwrap();
    let word = |name: &str| errand[name].as_str().unwrap().to_owned();
    let db = PgPool::connect(&word("database")).await.unwrap();
    let mut app = Vendor::app_at(&word("vendor"), db, &[]).await;
    // Each draws its own numbers, as each process does.
    for _ in 0..errand["number"].as_u64().unwrap() {
        app = Box::pin(app.second_process()).await;
    }
    let user = word("user").parse().unwrap();
    println!("\nother process: ready");
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        println!("other process: {:?}", fifty(&app, user, line.parse().unwrap()).await);
    }
}

#[sqlx::test]
async fn rf_05_a_hundred_and_fifty_callers_in_three_processes_make_one_refresh(db: PgPool) {
    let rounds: u32 = variable(ROUNDS).map_or(5, |rounds| rounds.parse().unwrap());
    let first = TestApp::new(db.clone()).await;
    let desk = TokenDesk::start(first.clock().clone(), Duration::hours(8)).await;
    let app = Vendor::app_at(&desk.address, db, &[]).await;
    let user = person(&app).await;
    let mut others = Vec::new();
    for number in 1..=PROCESSES {
        let database = app.db().connect_options().to_url_lossy().to_string();
        let errand = json!({"database": database, "vendor": desk.address, "user": user.to_string(), "number": number});
        let mut other = Other::start(&errand);
        assert_eq!(other.says().await, "ready");
        others.push(other);
    }
    for round in 0..rounds {
        let (name, id) = at_desk(&app, user, "github", -Duration::SECOND).await;
        let there = futures::future::join_all(others.iter_mut().map(|other| other.races(id)));
        let (ours, theirs) = tokio::join!(fifty(&app, user, id), there);
        assert_eq!(desk.exchanges(&name), 1, "round {round}: here {ours:?}, there {theirs:?}");
        assert_eq!((ours, theirs), (vec![], vec!["[]".to_owned(); PROCESSES]), "round {round}");
        assert_eq!(state(&app, id).await.0, "active", "round {round}");
    }
}
