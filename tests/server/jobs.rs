//! Background work, and the schema that it needs.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aura::platform::{
    config::DatabaseSettings,
    db,
    jobs::{JobFailed, JobTable, Jobs},
};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool};
use tokio_util::sync::CancellationToken;

type Seen = Arc<Mutex<Vec<Value>>>;

fn table(seen: &Seen) -> JobTable {
    let seen = seen.clone();
    JobTable::new()
        .on("note", move |payload| {
            let seen = seen.clone();
            async move {
                seen.lock().unwrap().push(payload);
                Ok(())
            }
        })
        .on("fail", |_| async { Err(JobFailed::from(std::io::Error::other("not today"))) })
}

async fn waiting(db: &PgPool) -> Vec<(i16, Option<String>)> {
    sqlx::query_as("select attempts, last_error from graphile_worker._private_jobs order by id")
        .fetch_all(db)
        .await
        .unwrap()
}

#[sqlx::test]
async fn op_05_a_job_exists_exactly_when_its_cause_does(db: PgPool) {
    db::migrate_queue(&db).await.unwrap();
    let seen = Seen::default();
    let mut lost = db.begin().await.unwrap();
    Jobs::new().enqueue(&mut lost, "note", None, json!("lost")).await.unwrap();
    lost.rollback().await.unwrap();
    let mut kept = db.begin().await.unwrap();
    Jobs::new().enqueue(&mut kept, "note", Some("one"), json!("replaced")).await.unwrap();
    Jobs::new().enqueue(&mut kept, "note", Some("one"), json!({ "id": 1 })).await.unwrap();
    kept.commit().await.unwrap();
    table(&seen).drain(&db).await.unwrap();
    table(&seen).drain(&db).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [json!({ "id": 1 })]);
    assert_eq!(waiting(&db).await, []);
}

#[sqlx::test]
async fn a_failed_job_is_kept_for_another_try(db: PgPool) {
    db::migrate_queue(&db).await.unwrap();
    let mut connection = db.acquire().await.unwrap();
    Jobs::new().enqueue(&mut connection, "fail", None, json!({})).await.unwrap();
    Jobs::new().enqueue(&mut connection, "unheard of", None, json!({})).await.unwrap();
    table(&Seen::default()).drain(&db).await.unwrap();
    let waiting = waiting(&db).await;
    assert_eq!(waiting.len(), 2);
    assert!(waiting[0].0 == 1 && waiting[0].1.as_deref().unwrap().contains("not today"), "{waiting:?}");
    assert!(waiting[1].1.as_deref().unwrap().contains("unheard of"), "{waiting:?}");
}

#[sqlx::test]
async fn the_worker_works_until_it_is_told_to_stop(db: PgPool) {
    db::migrate_queue(&db).await.unwrap();
    let (seen, stop) = (Seen::default(), CancellationToken::new());
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let swept = told.clone();
    let table = table(&seen)
        .on("tell", move |_| {
            let told = told.clone();
            async move { told.send("job").map_err(JobFailed::from) }
        })
        .every(Duration::from_secs(3600), "sweep", move || {
            let swept = swept.clone();
            async move { swept.send("sweep").map_err(JobFailed::from) }
        });
    let worker = tokio::spawn(table.run(db.clone(), stop.clone()));
    Jobs::new().enqueue(&mut db.acquire().await.unwrap(), "tell", None, json!({})).await.unwrap();
    let mut both = [heard.recv().await, heard.recv().await];
    both.sort_unstable();
    assert_eq!(both, [Some("job"), Some("sweep")]);
    stop.cancel();
    worker.await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn op_06_two_starting_processes_migrate_once(db: PgPool) {
    assert!(!db::unapplied(&db).await.unwrap().is_empty());
    let url = || db.connect_options().to_url_lossy().to_string().into();
    let settings = DatabaseSettings { url: url(), owner_url: url(), listen_url: url() };
    let (one, two) = tokio::join!(db::migrate(&settings), db::migrate(&settings));
    one.unwrap();
    two.unwrap();
    assert_eq!(db::unapplied(&db).await.unwrap(), Vec::<String>::new());
}
