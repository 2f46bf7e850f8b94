//! A renewal through `kill -9` at each step of its way. The process that dies is this test binary, started again; the one
//! that goes on is this one. The outside world holds the renewal back at the moment that a test wants, and the database
//! does it with locks, so nothing in the product knows of it.

use aura::{
    integrations::tools::ToolError,
    kit::id::{ConnectionId, UserId},
};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool, Postgres, Transaction};
use time::{Duration, macros::datetime};
use tokio::process::Child;
use uuid::Uuid;

use crate::{
    browser::wait,
    other_process::{self, kill},
    support::TestApp,
    token_desk::{Hold, TokenDesk, first_tokens},
    vendor::{Vendor, ask, connect, person, state},
};

/// How often each step is died at; many more in the long suite.
const ROUNDS: &str = "CRASH_ROUNDS";
/// A service that spends a refresh token at its first use, and one that takes it once more.
const SERVICES: [(&str, &str); 2] = [("github", "github__list_my_issues"), ("linear", "linear__list_teams")];
const OF_EACH: usize = 2;

/// Where the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    BeforeTheRequest,
    AfterTheRequest,
    AfterTheReply,
    AfterTheWrite,
    AfterTheCommit,
}

const STEPS: [Step; 5] =
    [Step::BeforeTheRequest, Step::AfterTheRequest, Step::AfterTheReply, Step::AfterTheWrite, Step::AfterTheCommit];

/// A connection whose access has ended.
struct Ended {
    name: String,
    service: &'static str,
    tool: &'static str,
    id: ConnectionId,
}

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "whoever starts a test has no other way to tell it something")]
    std::env::var(name).ok()
}

async fn ended(app: &TestApp, user: UserId) -> Vec<Ended> {
    let mut all = Vec::new();
    for (service, tool) in SERVICES {
        for _ in 0..OF_EACH {
            let name = Uuid::from_bytes(app.state().random.bytes()).simple().to_string();
            let (access, refresh) = first_tokens(&name);
            let past = app.clock().now() - Duration::SECOND;
            let id = connect(app, user, service, &access, Some(&refresh), Some(past)).await;
            all.push(Ended { name, service, tool, id });
        }
    }
    all
}

/// Starts the process that dies: it asks through all these connections at once.
fn other_process(app: &TestApp, desk: &TokenDesk, user: UserId, connections: &[Ended]) -> Child {
    let calls: Vec<Value> =
        connections.iter().map(|one| json!({ "id": one.id.to_string(), "tool": one.tool })).collect();
    let errand = json!({
        "database": app.db().connect_options().to_url_lossy().to_string(),
        "vendor": desk.address,
        "ahead": (app.clock().now() - datetime!(2026-03-12 12:00 UTC)).whole_seconds(),
        "user": user.to_string(),
        "calls": calls,
    });
    other_process::at("crash_points::the_process_that_dies", &errand).spawn().unwrap()
}

#[tokio::test]
#[ignore = "run by the other test of this file, in a process of its own"]
async fn the_process_that_dies() {
    let Some(errand) = other_process::errand() else { return };
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let db = PgPool::connect(&word(&errand["database"])).await.unwrap();
    let first = Vendor::app_at(&word(&errand["vendor"]), db, &[]).await;
    let app = Box::pin(first.second_process()).await;
    // The hour is the same in both.
    wait(&app, Duration::seconds(errand["ahead"].as_i64().unwrap()));
    let user: UserId = word(&errand["user"]).parse().unwrap();
    let calls = errand["calls"].as_array().unwrap().iter().map(|call| {
        let (id, tool) = (word(&call["id"]).parse().unwrap(), word(&call["tool"]));
        let app = &app;
        async move { ask(app, user, id, &tool, json!({})).await }
    });
    let _nobody_hears = futures::future::join_all(calls).await;
    std::future::pending::<()>().await;
}

/// Until so many statements of another process wait for a lock.
async fn waiting(app: &TestApp, count: usize) {
    let patience = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let now: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(app.db())
        .await
        .unwrap();
        if usize::try_from(now).unwrap() >= count {
            return;
        }
        assert!(tokio::time::Instant::now() < patience, "only {now} of {count} statements wait");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// While it lives, nothing can be written where this step writes.
async fn locked(app: &TestApp, step: Step) -> Transaction<'static, Postgres> {
    let mut lock = app.db().begin().await.unwrap();
    let statement = match step {
        Step::AfterTheReply => "select id from connections for update",
        _ => "lock table connection_events in share mode",
    };
    sqlx::query(statement).execute(&mut *lock).await.unwrap();
    lock
}

/// Lets another process renew these and kills it at a step.
async fn killed_at(step: Step, app: &TestApp, desk: &TokenDesk, user: UserId, connections: &[Ended]) {
    let count = connections.len();
    match step {
        Step::BeforeTheRequest | Step::AfterTheRequest | Step::AfterTheCommit => {
            desk.hold(match step {
                Step::BeforeTheRequest => Hold::Before,
                Step::AfterTheRequest => Hold::After,
                _ => Hold::AtApi,
            });
            let child = other_process(app, desk, user, connections);
            desk.holds(count).await;
            kill(child).await;
        }
        Step::AfterTheReply | Step::AfterTheWrite => {
            desk.hold(Hold::After);
            let child = other_process(app, desk, user, connections);
            desk.holds(count).await;
            let lock = locked(app, step).await;
            desk.hold(Hold::Nowhere);
            waiting(app, count).await;
            kill(child).await;
            lock.rollback().await.unwrap();
        }
    }
    desk.hold(Hold::Nowhere);
}

/// What a connection is afterwards: it works, or it says that it does not. Nothing in between.
async fn settled(step: Step, app: &TestApp, desk: &TokenDesk, user: UserId, one: &Ended) {
    let answer = ask(app, user, one.id, one.tool, json!({})).await;
    let (state, reason) = state(app, one.id).await;
    let lost = matches!(step, Step::AfterTheRequest | Step::AfterTheReply | Step::AfterTheWrite);
    let exchanges = desk.exchanges(&one.name);
    let told = format!("{} {step:?}: {answer:?}, {state} {reason:?}, {exchanges} exchanges", one.service);
    if one.service == "github" && lost {
        assert!(matches!(answer, Err(ToolError::NeedsReconnect { .. })), "{told}");
        assert_eq!((state.as_str(), reason.as_deref()), ("needs_reauth", Some("lost_rotation")), "{told}");
    } else {
        assert!(answer.is_ok(), "{told}");
        assert_eq!(state, "active", "{told}");
    }
    // Never was it tried more often than there were processes that could not know of each other.
    assert_eq!(exchanges, if lost { 2 } else { 1 }, "{told}");
}

#[sqlx::test]
async fn rf_06_a_renewal_that_is_killed_at_any_step_leaves_no_connection_that_looks_fine_and_is_dead(db: PgPool) {
    let rounds: u32 = variable(ROUNDS).map_or(1, |rounds| rounds.parse().unwrap());
    let first = TestApp::new(db).await;
    let desk = TokenDesk::start(first.clock().clone(), Duration::hours(8)).await;
    let world = format!("*={}", desk.address);
    let settings = [
        ("HOST_OVERRIDES", world.as_str()),
        ("GITHUB_CLIENT_ID", "client-of-github"),
        ("GITHUB_CLIENT_SECRET", "canary-secret-of-github"),
        ("LINEAR_CLIENT_ID", "client-of-linear"),
        ("LINEAR_CLIENT_SECRET", "canary-secret-of-linear"),
    ];
    let app = first.second_process_with(&settings).await;
    let user = person(&app).await;
    let mut runs = 0;
    for _ in 0..rounds {
        for step in STEPS {
            let connections = ended(&app, user).await;
            killed_at(step, &app, &desk, user, &connections).await;
            // While the lease of the dead one runs, nobody asks the service.
            let before = desk.all_exchanges();
            wait(&app, Duration::seconds(59));
            let early = ask(&app, user, connections[0].id, connections[0].tool, json!({}));
            if step != Step::AfterTheCommit {
                let early = tokio::time::timeout(std::time::Duration::from_millis(200), early).await;
                assert!(early.is_err(), "{step:?}: {early:?}");
                assert_eq!(desk.all_exchanges(), before, "{step:?}");
            }
            wait(&app, Duration::seconds(2));
            for one in &connections {
                settled(step, &app, &desk, user, one).await;
                runs += 1;
            }
            sqlx::query("delete from connections").execute(app.db()).await.unwrap();
        }
    }
    println!("\n{runs} renewals were killed; each connection works or says that it does not");
}
