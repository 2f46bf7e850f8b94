//! An event of Stripe's through `kill -9` at each step of its way. The process that dies is this test binary, started
//! again; the one that goes on is this one. Stripe holds its answers back, and the database writes by locks.

use std::{process::Stdio, time::Duration as Wait};

use sandbox::billing::{Card, Delivery, Failure, FailureKind};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool, Postgres, Transaction};
use time::{Duration, macros::datetime};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
};

use crate::{
    billing_world::{BillingWorld, PLACE, variables},
    browser::wait,
    other_process::kill,
    privy_world::{call, drain},
    support::TestApp,
};

const ERRAND: &str = "AURA_TEST_BILLING_ERRAND";
const READY: &str = "the process that dies: ready";
const ANSWERED: &str = "the process that dies: answered";

/// Where the process dies.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// While it takes the post: before a write to this table.
    Taking(&'static str),
    /// When it has answered.
    Taken,
    /// While it does the event: while Stripe answers this.
    Asking(&'static str),
    /// Before a write to this table.
    Writing(&'static str),
    /// When all is written, and the event is not yet noted as done.
    Written,
}

const STEPS: [Step; 14] = [
    Step::Taking("webhook_events"),
    Step::Taking("graphile_worker._private_jobs"),
    Step::Taken,
    Step::Asking("/v1/customers"),
    Step::Asking("/v1/subscriptions"),
    Step::Asking("/v1/invoices"),
    Step::Writing("billing_subscriptions"),
    Step::Writing("billing_customers"),
    Step::Writing("billing_invoices"),
    Step::Writing("billing_notices"),
    Step::Writing("mails"),
    Step::Writing("graphile_worker._private_jobs"),
    Step::Writing("audit_events"),
    Step::Written,
];

impl Step {
    fn takes(self) -> bool {
        matches!(self, Self::Taking(_) | Self::Taken)
    }
}

/// Starts the other process, which waits for a word before it does anything.
pub async fn other_process(world: &BillingWorld, post: Option<&Delivery>) -> Child {
    let errand = json!({
        "database": world.app.db().connect_options().to_url_lossy().to_string(),
        "stripe": world.base,
        "ahead": (world.app.clock().now() - datetime!(2026-03-12 12:00 UTC)).whole_seconds(),
        "post": post.map(|post| json!({ "headers": post.headers, "body": post.body })),
    });
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "billing_crash::the_process_that_dies", "--ignored", "--nocapture"])
        .env(ERRAND, errand.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    until_it_says(&mut child, READY).await;
    child
}

/// Its output is read line by line; what follows the line stays in the pipe.
async fn until_it_says(child: &mut Child, what: &str) {
    let mut lines = BufReader::with_capacity(1, child.stdout.take().unwrap()).lines();
    loop {
        let line = lines.next_line().await.unwrap().expect("the other process lives");
        if line.ends_with(what) {
            break;
        }
    }
    child.stdout = Some(lines.into_inner().into_inner());
}

pub async fn let_it_go(child: &mut Child) {
    child.stdin.as_mut().unwrap().write_all(b"go\n").await.unwrap();
}

#[tokio::test]
#[ignore = "run by the other test of this file, in a process of its own"]
async fn the_process_that_dies() {
    #[expect(clippy::disallowed_methods, reason = "a parent process has no other way to hand something to a test")]
    let Ok(errand) = std::env::var(ERRAND) else { return };
    let errand: Value = serde_json::from_str(&errand).unwrap();
    let own = variables(errand["stripe"].as_str().unwrap());
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let db = PgPool::connect(errand["database"].as_str().unwrap()).await.unwrap();
    let first = Box::pin(TestApp::with(db, &own)).await;
    // It draws other numbers than the process that started it.
    let app = Box::pin(first.second_process()).await;
    wait(&app, Duration::seconds(errand["ahead"].as_i64().unwrap()));
    println!("\n{READY}");
    let mut word = String::new();
    BufReader::new(tokio::io::stdin()).read_line(&mut word).await.unwrap();
    let post = &errand["post"];
    if post.is_null() {
        drain(&app).await;
    } else {
        let headers: Vec<(String, String)> = serde_json::from_value(post["headers"].clone()).unwrap();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        call(&app, "POST", PLACE, &headers, post["body"].as_str().unwrap().as_bytes().to_vec()).await;
        println!("\n{ANSWERED}");
    }
    std::future::pending::<()>().await;
}

pub async fn until<F: Future<Output = bool>>(what: &str, mut so: impl FnMut() -> F) {
    let patience = tokio::time::Instant::now() + Wait::from_secs(30);
    while !so().await {
        assert!(tokio::time::Instant::now() < patience, "never: {what}");
        tokio::time::sleep(Wait::from_millis(10)).await;
    }
}

/// Whether a statement of another process waits for a lock.
async fn one_waits(world: &BillingWorld) -> bool {
    sqlx::query_scalar(
        "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')",
    )
    .fetch_one(world.app.db())
    .await
    .unwrap()
}

/// While it lives, nothing can be written to the table.
async fn locked(world: &BillingWorld, table: &str) -> Transaction<'static, Postgres> {
    let mut lock = world.app.db().begin().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("lock table {table} in share mode"))).execute(&mut *lock).await.unwrap();
    lock
}

/// Lets another process take or do the event, and kills it at a step.
async fn killed_at(step: Step, world: &BillingWorld, post: &Delivery, customer: &str) {
    let mut child = other_process(world, step.takes().then_some(post)).await;
    match step {
        Step::Taken => {
            let_it_go(&mut child).await;
            until_it_says(&mut child, ANSWERED).await;
            kill(child).await;
        }
        Step::Taking(table) | Step::Writing(table) => {
            let lock = if table.starts_with("graphile") && !step.takes() {
                // The worker itself writes there when it begins; so it is held at the customer first.
                let held = held_customer(world, customer).await;
                let_it_go(&mut child).await;
                until("it waits for the customer", || one_waits(world)).await;
                let lock = locked(world, table).await;
                held.rollback().await.unwrap();
                tokio::time::sleep(Wait::from_millis(200)).await;
                lock
            } else {
                let lock = locked(world, table).await;
                let_it_go(&mut child).await;
                lock
            };
            until("it waits to write", || one_waits(world)).await;
            kill(child).await;
            lock.rollback().await.unwrap();
        }
        Step::Asking(path) => {
            let failure = Failure { method: Some("GET".into()), path: path.into(), kind: FailureKind::Hang, times: 1 };
            world.sandbox.stripe().knobs.failures.push(failure);
            let_it_go(&mut child).await;
            until("it asks", || async { world.sandbox.stripe().knobs.failures.is_empty() }).await;
            kill(child).await;
        }
        Step::Written => {
            let held = held_customer(world, customer).await;
            let_it_go(&mut child).await;
            until("it waits for the customer", || one_waits(world)).await;
            let lock = locked(world, "webhook_events").await;
            held.rollback().await.unwrap();
            until("all is written", || async {
                let known: bool =
                    sqlx::query_scalar("select exists (select from billing_subscriptions where stripe_customer = $1)")
                        .bind(customer)
                        .fetch_one(world.app.db())
                        .await
                        .unwrap();
                known && one_waits(world).await
            })
            .await;
            kill(child).await;
            lock.rollback().await.unwrap();
        }
    }
    // What the dead process had asked last the database may still do, and then gives up.
    until("nobody waits", || async { !one_waits(world).await }).await;
}

async fn held_customer(world: &BillingWorld, customer: &str) -> Transaction<'static, Postgres> {
    let mut held = world.app.db().begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('aura billing ' || $1, 0))")
        .bind(customer)
        .execute(&mut *held)
        .await
        .unwrap();
    held
}

#[sqlx::test]
async fn bi_06_killed_at_any_step_everything_is_done_once(db: PgPool) {
    let world = BillingWorld::new(db).await;
    for (number, step) in STEPS.into_iter().enumerate() {
        let mailbox = format!("person{number}@example.com");
        let (user, team) = world.person(&mailbox).await;
        drain(&world.app).await;
        let customer = world.customer(team).await;
        world.lose();
        world.subscribe(&customer, team, "aura_pro_monthly", Card::PAYS);
        let posts = world.sandbox.stripe().flush_events();
        let post = posts.iter().find(|post| post.kind == "customer.subscription.created").unwrap();
        if !step.takes() {
            assert_eq!(world.deliver(post).await.status, 200);
        }
        killed_at(step, &world, post, &customer).await;
        // Stripe posts again what was not answered. The queue lets go of a job whose process is gone; until then the
        // reconciler has done what was to be done.
        assert_eq!(world.deliver(post).await.status, 200, "{step:?}");
        for _ in 0..2 {
            world.app.state().billing.reconcile().await.unwrap();
            sqlx::query(
                "update graphile_worker._private_jobs set run_at = now() - interval '1 second', locked_at = null,
                     locked_by = null",
            )
            .execute(world.app.db())
            .await
            .unwrap();
            sqlx::query("update graphile_worker._private_job_queues set locked_at = null, locked_by = null")
                .execute(world.app.db())
                .await
                .unwrap();
            drain(&world.app).await;
        }
        world.assert_same(&customer, &format!("{step:?}")).await;
        assert_eq!(world.entitlement(team).await.plan, "pro", "{step:?}");
        let letters: Vec<String> = sqlx::query_scalar(
            "select template from mails where recipient = $1::text::citext and template like 'billing%' order by 1",
        )
        .bind(&mailbox)
        .fetch_all(world.app.db())
        .await
        .unwrap();
        assert_eq!(letters, ["billing_receipt", "billing_started"], "{step:?}: each once");
        let changes: i64 =
            sqlx::query_scalar("select count(*) from audit_events where kind = 'plan_changed' and subject = $1")
                .bind(user.to_string())
                .fetch_one(world.app.db())
                .await
                .unwrap();
        assert_eq!(changes, 1, "{step:?}");
        let events: Vec<String> = sqlx::query_scalar("select state from webhook_events where event_id = $1")
            .bind(&post.id)
            .fetch_all(world.app.db())
            .await
            .unwrap();
        assert_eq!(events, ["done"], "{step:?}");
        world.later(Duration::minutes(2));
    }
    println!("\nkilled at {} steps; each subscription, letter and line of the log is there once", STEPS.len());
}
