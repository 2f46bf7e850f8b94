//! Events between processes.

use aura::platform::bus::{Bus, Event, Topic};
use secrecy::SecretString;
use sqlx::{ConnectOptions as _, PgPool};

fn address(db: &PgPool) -> SecretString {
    db.connect_options().to_url_lossy().to_string().into()
}

#[sqlx::test]
async fn an_event_reaches_other_processes_once_its_transaction_commits(db: PgPool) {
    let (one, two) = (Bus::connect(&address(&db)).await.unwrap(), Bus::connect(&address(&db)).await.unwrap());
    let (mut here, mut there) = (one.subscribe(Topic::RunOutput), two.subscribe(Topic::RunOutput));
    let mut other = two.subscribe(Topic::RunStop);

    let mut lost = db.begin().await.unwrap();
    one.notify(&mut lost, Topic::RunOutput, "lost").await.unwrap();
    lost.rollback().await.unwrap();
    let mut kept = db.begin().await.unwrap();
    one.notify(&mut kept, Topic::RunOutput, "kept").await.unwrap();
    one.notify(&mut kept, Topic::RunStop, "stop").await.unwrap();
    kept.commit().await.unwrap();

    assert_eq!(here.next().await, Some(Event::Id("kept".into())));
    assert_eq!(there.next().await, Some(Event::Id("kept".into())));
    assert_eq!(other.next().await, Some(Event::Id("stop".into())));
}

#[sqlx::test]
async fn after_a_gap_followers_are_told_to_read_again(db: PgPool) {
    let bus = Bus::connect(&address(&db)).await.unwrap();
    let mut follower = bus.subscribe(Topic::ConnectionChanged);
    assert!(bus.is_connected());
    sqlx::query("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen%'")
        .execute(&db)
        .await
        .unwrap();
    assert_eq!(follower.next().await, Some(Event::Resync));
    assert!(bus.is_connected());
    bus.notify(&mut db.acquire().await.unwrap(), Topic::ConnectionChanged, "again").await.unwrap();
    assert_eq!(follower.next().await, Some(Event::Id("again".into())));
}
