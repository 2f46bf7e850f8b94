//! Sealing anew with another key, while the site is used, and through `kill -9`.

use std::process::Stdio;

use aura::{
    platform::{
        crypto::{CanaryError, Place, SealedColumn, SealingKeys, Vault},
        random::Random,
    },
    serve,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sqlx::{ConnectOptions as _, PgPool};
use time::{OffsetDateTime, macros::datetime};
use tokio::process::{Child, Command};
use uuid::Uuid;

use crate::{other_process::kill, support::token_keys};

const ERRAND: &str = "AURA_TEST_ROTATION";
const COMMAND: &str = "AURA_TEST_COMMAND";
const NOON: OffsetDateTime = datetime!(2026-03-12 12:00 UTC);
const MANY: u128 = 2_000;
/// Where the other process is held up: in its third batch.
const HELD: u128 = 1_200;

fn vault(keys: &[(&str, u8)]) -> Vault {
    let text: Vec<_> = keys.iter().map(|(id, byte)| format!("{id}:{}", STANDARD.encode([*byte; 32]))).collect();
    Vault::new(SealingKeys::parse(&text.join(",")).unwrap().ring().unwrap(), Random::seeded(9))
}

pub fn before() -> Vault {
    vault(&[("k1", 1)])
}

pub fn both() -> Vault {
    vault(&[("k2", 2), ("k1", 1)])
}

fn after() -> Vault {
    vault(&[("k2", 2)])
}

pub fn column() -> SealedColumn {
    serve::sealed().into_iter().find(|one| one.column == "sealed_access_token").unwrap()
}

const OWNER: Uuid = Uuid::from_u128(0x1000);

fn place(number: u128) -> Place<'static> {
    let row = Uuid::from_u128(0x2000 + number);
    Place { table: "connections", column: "sealed_access_token", row, owner: OWNER, provider: "github" }
}

/// Connections of one person, their tokens sealed by this vault.
pub async fn connections(db: &PgPool, vault: &Vault, many: u128) {
    sqlx::query("insert into users (id, display_name, created_at) values ($1, 'Mira', $2)")
        .bind(OWNER)
        .bind(NOON)
        .execute(db)
        .await
        .unwrap();
    let (mut ids, mut accounts, mut tokens) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..many {
        let place = place(number);
        ids.push(place.row);
        accounts.push(number.to_string());
        tokens.push(vault.seal(&place, number.to_string().as_bytes()).unwrap());
    }
    sqlx::query(
        "insert into connections (id, user_id, provider, account_id, account_label, state, scopes,
             sealed_access_token, created_at, updated_at)
         select new.id, $1, 'github', new.account, 'mira', 'active', '{}', new.token, $2, $2
         from unnest($3::uuid[], $4::text[], $5::text[]) as new (id, account, token)",
    )
    .bind(OWNER)
    .bind(NOON)
    .bind(&ids)
    .bind(&accounts)
    .bind(&tokens)
    .execute(db)
    .await
    .unwrap();
}

async fn sealed(db: &PgPool, number: u128) -> String {
    sqlx::query_scalar("select sealed_access_token from connections where id = $1")
        .bind(place(number).row)
        .fetch_one(db)
        .await
        .unwrap()
}

/// How many values these two keys have sealed.
async fn counts(db: &PgPool) -> (i64, i64) {
    let counts = column().count(db).await.unwrap();
    let of = |wanted: &str| counts.iter().find(|(key, _)| key == wanted).map_or(0, |(_, values)| *values);
    (of("k1"), of("k2"))
}

fn other_process(db: &PgPool) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "key_rotation::the_process_that_dies", "--ignored", "--nocapture"])
        .env(ERRAND, db.connect_options().to_url_lossy().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "run by the other test of this file, in a process of its own"]
async fn the_process_that_dies() {
    #[expect(clippy::disallowed_methods, reason = "a parent process has no other way to hand something to a test")]
    let Ok(database) = std::env::var(ERRAND) else { return };
    let db = PgPool::connect(&database).await.unwrap();
    column().reseal(&db, &both()).await.unwrap();
}

#[sqlx::test]
async fn sl_05_all_that_is_sealed_is_known_to_the_rotation(db: PgPool) {
    let there: Vec<(String, String)> = sqlx::query_as(
        "select table_name::text, column_name::text from information_schema.columns
         where table_schema = 'public' and column_name like 'sealed%' and table_name <> 'sealing_canary'
         order by 1, 2",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    let known = [serve::sealed(), aura::integrations::SEALED_OWN_APPS.to_vec()].concat();
    let mut known: Vec<_> = known.iter().map(|one| (one.table.to_owned(), one.column.to_owned())).collect();
    known.sort();
    assert_eq!(known, there);
    for column in serve::sealed() {
        // What it is bound to can be asked of every table.
        assert_eq!(column.reseal(&db, &before()).await.unwrap().done, 0, "{column:?}");
    }
}

#[sqlx::test]
async fn sl_06_a_rotation_that_is_killed_goes_on_and_nobody_misses_a_token(db: PgPool) {
    connections(&db, &before(), MANY).await;
    before().check_canary(&db, NOON).await.unwrap();
    before().check_ring(&db, &serve::sealed(), NOON).await.unwrap();
    let reads = tokio::spawn({
        let db = db.clone();
        async move {
            let (vault, mut read) = (both(), 0_u128);
            loop {
                let number = read * 7 % MANY;
                let plain = vault.open(&place(number), &sealed(&db, number).await).unwrap();
                assert_eq!(plain.as_slice(), number.to_string().as_bytes());
                read += 1;
                if counts(&db).await == (0, i64::try_from(MANY).unwrap()) {
                    return read;
                }
            }
        }
    });

    let mut held = db.begin().await.unwrap();
    let lock = "select from connections where id = $1 for update";
    sqlx::query(lock).bind(place(HELD).row).execute(&mut *held).await.unwrap();
    let child = other_process(&db);
    let patience = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while counts(&db).await != (1_000, 1_000) {
        assert!(tokio::time::Instant::now() < patience, "the other process seals nothing anew");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    kill(child).await;
    held.rollback().await.unwrap();

    let early = after().check_ring(&db, &serve::sealed(), NOON).await;
    assert!(matches!(&early, Err(CanaryError::Missing { key, table: "connections" }) if key == "k1"), "{early:?}");
    assert!(after().check_canary(&db, NOON).await.is_err());
    // What the killed process had asked last the database may still do, once nobody holds the row.
    let rest = column().reseal(&db, &both()).await.unwrap().done;
    assert!([500, 1_000].contains(&rest), "{rest}");
    assert_eq!(counts(&db).await, (0, i64::try_from(MANY).unwrap()));
    assert!(reads.await.unwrap() > 0);

    both().renew_canary(&db, NOON).await.unwrap();
    after().check_canary(&db, NOON).await.unwrap();
    after().check_ring(&db, &serve::sealed(), NOON).await.unwrap();
    for number in [0, HELD, MANY - 1] {
        assert!(after().open(&place(number), &sealed(&db, number).await).is_ok(), "{number}");
    }
}

#[sqlx::test]
async fn a_value_that_changes_while_it_is_sealed_anew_stays_as_it_was_changed(db: PgPool) {
    connections(&db, &before(), 3).await;
    let mut held = db.begin().await.unwrap();
    let newer = before().seal(&place(1), b"newer").unwrap();
    sqlx::query("update connections set sealed_access_token = $2 where id = $1")
        .bind(place(1).row)
        .bind(&newer)
        .execute(&mut *held)
        .await
        .unwrap();
    let resealing = tokio::spawn({
        let db = db.clone();
        async move { column().reseal(&db, &both()).await.unwrap() }
    });
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(&db).await.unwrap() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    held.commit().await.unwrap();
    assert_eq!(resealing.await.unwrap().done, 3);
    let plain = both().open(&place(1), &sealed(&db, 1).await).unwrap();
    assert_eq!(plain.as_slice(), b"newer");
    assert_eq!(counts(&db).await, (0, 3), "the next pass takes it");
}

#[sqlx::test]
async fn sl_07_what_does_not_open_is_counted_and_kept_as_it_is(db: PgPool) {
    connections(&db, &before(), 3).await;
    let foreign = vault(&[("k9", 9)]).seal(&place(1), b"foreign").unwrap();
    let moved = sealed(&db, 0).await;
    for (number, text) in [(1, &foreign), (2, &moved)] {
        sqlx::query("update connections set sealed_access_token = $2 where id = $1")
            .bind(place(number).row)
            .bind(text)
            .execute(&db)
            .await
            .unwrap();
    }
    let resealed = column().reseal(&db, &both()).await.unwrap();
    assert_eq!((resealed.done, resealed.shut), (1, 2));
    assert_eq!((sealed(&db, 1).await, sealed(&db, 2).await), (foreign, moved));
    assert_eq!(column().reseal(&db, &both()).await.unwrap().done, 0);
    // `aura keys rotate` says so, and does not take the old key's word from the start while such values stay.
    before().check_canary(&db, NOON).await.unwrap();
    assert!(!rotated(&db).await, "it ends as if all was well");
    assert!(after().check_canary(&db, NOON).await.is_err(), "a start without the old key would pass");
    sqlx::query("delete from connections where id <> $1").bind(place(0).row).execute(&db).await.unwrap();
    assert!(rotated(&db).await);
    after().check_canary(&db, NOON).await.unwrap();
}

/// Runs `aura keys rotate` as whoever operates it does; whether it ends well.
async fn rotated(db: &PgPool) -> bool {
    let keys = [("k2", 2), ("k1", 1)].map(|(id, byte)| format!("{id}:{}", STANDARD.encode([byte; 32]))).join(",");
    let database = db.connect_options().to_url_lossy().to_string();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "key_rotation::the_command", "--ignored", "--nocapture"]);
    command.envs([("AURA_KEYS", keys.as_str()), ("DATABASE_URL", &database), (COMMAND, "rotate")]);
    let tokens = token_keys::pair();
    command.envs([("JWT_PRIVATE_KEY_PATH", &tokens.private), ("JWT_PUBLIC_KEY_PATH", &tokens.public)]);
    command
        .envs([("AURA_ENV", "development"), ("AUTH_SECRET", "Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHJlYWwgc2VjcmV0IGF0IGFsbA")]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().await.unwrap().success()
}

#[tokio::test]
#[ignore = "run by sl_07, in a process of its own"]
async fn the_command() {
    #[expect(clippy::disallowed_methods, reason = "a parent process has no other way to hand something to a test")]
    let told = std::env::var(COMMAND).is_ok();
    if told {
        serve::install_tls();
        serve::keys(serve::KeysCommand::Rotate).await.unwrap();
    }
}
