//! A budget under many hands: what is set aside, what is counted, and what comes back where something dies.

use std::sync::Arc;

use futures::future::join_all;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::sync::Notify;

use crate::{
    entitlement::personal,
    outside::{Outside, Reply, Step, person},
    runs::settled,
    usage::plans,
};

/// An answer that waits, and what the model's operator counts for it.
fn counted(gate: &Arc<Notify>, usage: &'static str) -> Reply {
    Reply::Stream(vec![
        Step::Gate(gate.clone()),
        Step::Text("Yes."),
        Step::Finishing("stop"),
        Step::Raw(usage),
        Step::Raw("[DONE]"),
        Step::End,
    ])
}

const SMALL: &str = r#"{"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":50}}"#;
const LARGE: &str = r#"{"choices":[],"usage":{"prompt_tokens":4321,"completion_tokens":987}}"#;

#[sqlx::test]
async fn ch_18_a_budget_is_never_passed_what_died_comes_back_and_the_ledger_is_what_was_counted(db: PgPool) {
    let outside = Outside::start().await;
    let file = plans("messages = 10\ntokens = 1_000_000\nconnections = 10\nmembers = 1");
    // More of them at once than the plan has room for.
    let wide = PgPoolOptions::new().max_connections(24).connect_with((*db.connect_options()).clone()).await.unwrap();
    let app = outside.app_with(wide.clone(), &[("PLANS_FILE", file.path().to_str().unwrap())]).await;
    let other = app.second_process().await;
    let asker = &person(&app, "mira").await;
    let team = personal(&app, asker.user).await;
    let send = async |count: u32, round: &str| {
        let sends = (0..count).map(|number| {
            let app = if number % 2 == 0 { &app } else { &other };
            let key = format!("{round}-{number}");
            async move { app.state().chat.send(asker, None, "What is on?", &key).await }
        });
        join_all(sends).await.into_iter().filter_map(Result::ok).map(|sent| sent.run).collect::<Vec<_>>()
    };
    let left = async || {
        let mut connection = app.db().acquire().await.unwrap();
        let month = app.state().billing.used_month(&mut connection, team).await.unwrap();
        (month.messages, month.messages_left(), month.tokens)
    };

    // Eight are answered, one breaks off, and one never ends, because its process dies. Nothing is given back before all
    // have been asked.
    let gates = [(); 9].map(|()| Arc::new(Notify::new()));
    for (number, gate) in gates.iter().enumerate() {
        outside.model(match number {
            0 => Reply::Stream(vec![Step::Gate(gate.clone()), Step::Text("Yes, and")]),
            odd if odd % 2 == 1 => counted(gate, SMALL),
            _ => counted(gate, LARGE),
        });
    }
    outside.model(Reply::Hang);
    let runs = send(200, "first").await;
    assert_eq!(runs.len(), 10, "ten of two hundred");
    assert_eq!((left().await.0, left().await.1), (10, 0));
    for gate in &gates {
        gate.notify_one();
    }
    let open = crate::outside::eventually("nine are over", async || {
        let query = "select id from runs where state = 'running'";
        let open: Vec<aura::kit::id::RunId> = sqlx::query_scalar(query).fetch_all(app.db()).await.unwrap();
        <[_; 1]>::try_from(open).ok()
    })
    .await;
    // As a process would leave it that was killed.
    sqlx::query("update runs set heartbeat_at = heartbeat_at - interval '1 minute' where state = 'running'")
        .execute(app.db())
        .await
        .unwrap();
    assert_eq!(other.state().chat.settle_abandoned().await.unwrap(), 1);
    assert_eq!(settled(&app, open[0]).await.state, "interrupted");
    let of_the_operator = 4 * (1_050 + 5_308);
    assert_eq!(left().await, (8, 2, of_the_operator), "what broke off and what died came back");

    // Room for two is room for two.
    let gates = [(); 2].map(|()| Arc::new(Notify::new()));
    for gate in &gates {
        outside.model(counted(gate, SMALL));
    }
    let runs = send(20, "second").await;
    assert_eq!(runs.len(), 2);
    for gate in &gates {
        gate.notify_one();
    }
    for run in runs {
        assert_eq!(settled(&app, run).await.state, "finished");
    }
    let of_the_operator = of_the_operator + 2 * 1_050;
    assert_eq!(left().await, (10, 0, of_the_operator));
    let ledger: (i64, i64, i64) = sqlx::query_as(
        "select (sum(tokens_read) filter (where state = 'settled'))::bigint,
             (sum(tokens_written) filter (where state = 'settled'))::bigint,
             count(*) filter (where state = 'reserved')
         from usage_ledger",
    )
    .fetch_one(app.db())
    .await
    .unwrap();
    assert_eq!(ledger, (4 * 1_000 + 4 * 4_321 + 2 * 1_000, 4 * 50 + 4 * 987 + 2 * 50, 0));
    let set_aside: (i64, i64) = sqlx::query_as("select messages_reserved, tokens_reserved from usage_months")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(set_aside, (0, 0));

    // What makes a balance grow cannot be written.
    for wrong in ["usage_ledger set tokens_read = -1", "usage_months set tokens = -1", "usage_months set messages = -1"]
    {
        let refused = sqlx::query(sqlx::AssertSqlSafe(format!("update {wrong}"))).execute(app.db()).await;
        assert!(refused.unwrap_err().as_database_error().is_some_and(|error| error.is_check_violation()), "{wrong}");
    }
    wide.close().await;
}
