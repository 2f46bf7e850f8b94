//! What two operating system processes do to one connection. The second is this test binary, started again.

use std::process::Stdio;

use aura::kit::id::{ConnectionId, UserId};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool};
use time::Duration;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};
use wiremock::ResponseTemplate;

use crate::{
    support::TestApp,
    vendor::{GITHUB_TOKEN, Vendor, ask, connect, person, slow, state},
};

const LIST: &str = "github__list_my_issues";
const ISSUES: &str = "/api.github.com/issues";
const CALLERS: usize = 50;
/// One variable carries all that the second process must know.
const ERRAND: &str = "AURA_TEST_SECOND_PROCESS";
const READY: &str = "second process: ready";

fn issues() -> Value {
    json!([{"title": "Flaky test", "state": "open", "updated_at": "2026-03-12T09:00:00Z"}])
}

/// Fifty callers at once; how many were answered, and what the others heard.
async fn fifty(app: &TestApp, user: UserId, connection: ConnectionId) -> (usize, Vec<String>) {
    let calls = (0..CALLERS).map(|_| ask(app, user, connection, LIST, json!({})));
    let answers = futures::future::join_all(calls).await;
    let heard = answers.iter().filter_map(|answer| answer.as_ref().err().map(ToString::to_string)).collect();
    (answers.iter().filter(|answer| answer.is_ok()).count(), heard)
}

fn told((answered, heard): (usize, Vec<String>)) -> String {
    format!("second process: {answered} answered {heard:?}")
}

/// This binary once more, at the test below and nothing else.
fn second_process(errand: &Value) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "two_processes::the_second_process", "--ignored", "--nocapture"])
        .env(ERRAND, errand.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// The next line that the second process means for us; the test harness writes on the same stream.
async fn hear(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    let mut all = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.starts_with("second process: ") {
            return line;
        }
        all.push(line);
    }
    panic!("the second process ended early:\n{}", all.join("\n"));
}

#[sqlx::test]
async fn cn_06_a_hundred_callers_in_two_processes_make_one_refresh(db: PgPool) {
    let vendor = Vendor::start().await;
    // The refresh token is good once; who brings it again has lost the grant.
    let reply = json!({"access_token": "new", "refresh_token": "canary-refresh-2", "expires_in": 28_800,
        "token_type": "bearer", "scope": "read:user,notifications,repo"});
    vendor.answers_times(1, "POST", GITHUB_TOKEN, slow(500, &reply)).await;
    let spent = ResponseTemplate::new(200).set_body_json(json!({"error": "bad_refresh_token"}));
    vendor.answers("POST", GITHUB_TOKEN, spent).await;
    vendor.json("GET", ISSUES, issues()).await;

    let app = vendor.app(db).await;
    let user = person(&app).await;
    let past = app.clock().now() - Duration::SECOND;
    let connection = connect(&app, user, "github", "canary-old", Some("canary-refresh-1"), Some(past)).await;

    let database = app.db().connect_options().to_url_lossy().to_string();
    let errand = json!({"database": database, "vendor": vendor.server.uri(),
        "user": user.to_string(), "connection": connection.to_string()});
    let mut child = second_process(&errand);
    let mut to_child = child.stdin.take().unwrap();
    let mut from_child = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(hear(&mut from_child).await, READY);
    assert_eq!(vendor.token_requests().await, 0);

    to_child.write_all(b"go\n").await.unwrap();
    let (ours, theirs) = tokio::join!(fifty(&app, user, connection), hear(&mut from_child));
    assert_eq!(vendor.token_requests().await, 1, "here: {ours:?}; there: {theirs}");
    assert_eq!(ours, (CALLERS, vec![]));
    assert_eq!(theirs, told((CALLERS, vec![])));
    while from_child.next_line().await.unwrap().is_some() {}
    assert!(child.wait().await.unwrap().success());

    let asked = vendor.asked(ISSUES).await;
    assert_eq!(asked.len(), 2 * CALLERS);
    assert!(asked.iter().all(|request| request.headers["authorization"] == "Bearer new"));
    assert_eq!(state(&app, connection).await, ("active".into(), None));
}

#[tokio::test]
#[ignore = "run by cn_06_a_hundred_callers_in_two_processes_make_one_refresh, in a process of its own"]
async fn the_second_process() {
    #[expect(clippy::disallowed_methods, reason = "a parent process has no other way to hand something to a test")]
    let Ok(errand) = std::env::var(ERRAND) else { return };
    let errand: Value = serde_json::from_str(&errand).unwrap();
    let word = |name: &str| errand[name].as_str().unwrap().to_owned();
    let db = PgPool::connect(&word("database")).await.unwrap();
    let first = Vendor::app_at(&word("vendor"), db, &[]).await;
    // Each instance draws its own numbers, as each process does.
    let app = Box::pin(first.second_process()).await;
    let (user, connection) = (word("user").parse().unwrap(), word("connection").parse().unwrap());

    // The harness has begun a line with the name of the test.
    println!("\n{READY}");
    let mut line = String::new();
    BufReader::new(tokio::io::stdin()).read_line(&mut line).await.unwrap();
    assert_eq!(line, "go\n");
    println!("{}", told(fifty(&app, user, connection).await));
}
