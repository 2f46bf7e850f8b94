//! Mail through `kill -9` at each step of its way. The process that dies is this test binary, started again; the one
//! that takes the mail up is this one.

use std::{collections::BTreeSet, process::Stdio, sync::Mutex};

use aura::platform::config::MailSettings;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool, Postgres, Transaction};
use time::Duration;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
    sync::watch,
};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::path};

use crate::{
    mail::{Post, resend, smtp},
    mail_server::{MailServer, Pause},
    other_process::{self, kill},
};

const COMMITTED: &str = "the process that dies: committed";

/// Starts the other process; `smtp` is a port, `resend` an address; without either it only writes the letter.
fn other_process(post: &Post, errand: Value) -> Child {
    let mut errand = errand;
    errand["database"] = post.db.connect_options().to_url_lossy().to_string().into();
    other_process::at("mail_once::the_process_that_dies", &errand).stdout(Stdio::piped()).spawn().unwrap()
}

#[tokio::test]
#[ignore = "run by the other tests of this file, in a process of its own"]
async fn the_process_that_dies() {
    let Some(errand) = other_process::errand() else { return };
    let post = Post::over(PgPool::connect(errand["database"].as_str().unwrap()).await.unwrap());
    if let Some(port) = errand["smtp"].as_u64() {
        post.table(&smtp(port.try_into().unwrap()), "").drain(&post.db).await.unwrap();
    } else if let Some(address) = errand["resend"].as_str() {
        post.table(&resend(), &format!("api.resend.com={address}")).drain(&post.db).await.unwrap();
    } else {
        post.enqueue().await;
        println!("\n{COMMITTED}");
    }
    std::future::pending::<()>().await;
}

/// While it lives, nobody can write to the mails: a note waits.
async fn hold_notes(post: &Post) -> Transaction<'static, Postgres> {
    let mut lock = post.db.begin().await.unwrap();
    sqlx::query("lock table mails in share mode").execute(&mut *lock).await.unwrap();
    lock
}

/// Until the other process wants to note that the mail has left.
async fn note_waits(post: &Post) {
    until("the note waits", || async {
        sqlx::query_scalar(
            "select exists (select from pg_locks where not granted and relation = 'mails'::regclass
             and database = (select oid from pg_database where datname = current_database()))",
        )
        .fetch_one(&post.db)
        .await
        .unwrap()
    })
    .await;
}

/// Kills another process when the letter has left by it and it wants to note that.
pub async fn killed_before_the_note(post: &Post, errand: Value) {
    // The beginning of the attempt is a note as well. Between the two the sender reads this table.
    let mut between = post.db.begin().await.unwrap();
    sqlx::query("lock table mail_suppressions").execute(&mut *between).await.unwrap();
    let child = other_process(post, errand);
    until("the attempt is noted", || async { post.row().await.2 == 1 }).await;
    let lock = hold_notes(post).await;
    drop(between);
    note_waits(post).await;
    kill(child).await;
    drop(lock);
}

/// Asks again until it is so.
async fn until<F: Future<Output = bool>>(what: &str, mut so: impl FnMut() -> F) {
    let patience = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    while !so().await {
        assert!(tokio::time::Instant::now() < patience, "never: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// What is done after a power cut: the queue first, which still counts the job as running, then the sweeps, until the
/// mail is sent; and once more, to see that it is not sent again.
pub async fn recover(post: &Post, settings: &MailSettings, overrides: &str) {
    let (table, mailer) = (post.table(settings, overrides), post.mailer(settings, overrides));
    table.drain(&post.db).await.unwrap();
    post.clock.advance(Duration::seconds(59));
    mailer.sweep().await.unwrap();
    post.clock.advance(Duration::seconds(2));
    until("the mail is sent", || async {
        mailer.sweep().await.unwrap();
        post.state().await == "sent"
    })
    .await;
    post.clock.advance(Duration::hours(5));
    mailer.sweep().await.unwrap();
    table.drain(&post.db).await.unwrap();
    let (_, state, _, sealed) = post.row().await;
    assert_eq!((state.as_str(), sealed), ("sent", None));
}

#[sqlx::test]
async fn killed_after_the_commit(db: PgPool) {
    let post = Post::new(db).await;
    let mut child = other_process(&post, json!({}));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while lines.next_line().await.unwrap().unwrap() != COMMITTED {}
    kill(child).await;
    let server = MailServer::start().await;
    recover(&post, &smtp(server.port), "").await;
    assert_eq!(server.messages().len(), 1);
}

/// Kills at a pause of the conversation; the ids of all letters that the server kept, before and after.
async fn killed_at(db: PgPool, pause: Pause) -> Vec<String> {
    let post = Post::new(db).await;
    post.enqueue().await;
    let server = MailServer::pausing(pause).await;
    let child = other_process(&post, json!({ "smtp": server.port }));
    server.reached().await;
    kill(child).await;
    server.go_on();
    recover(&post, &smtp(server.port), "").await;
    server.ids()
}

#[sqlx::test]
async fn ml_02_killed_after_the_mail_was_taken(db: PgPool) {
    assert_eq!(killed_at(db, Pause::Greeting).await.len(), 1);
}

#[sqlx::test]
async fn killed_in_the_midst_of_the_letter(db: PgPool) {
    assert_eq!(killed_at(db, Pause::MidLetter).await.len(), 1);
}

#[sqlx::test]
async fn killed_before_the_servers_word_arrived_a_second_copy_is_the_same_mail(db: PgPool) {
    let ids = killed_at(db, Pause::BeforeTaking).await;
    assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (2, 1), "{ids:?}");
}

#[sqlx::test]
async fn ml_04_killed_between_the_servers_word_and_the_note_a_second_copy_is_the_same_mail(db: PgPool) {
    let post = Post::new(db).await;
    post.enqueue().await;
    let server = MailServer::start().await;
    killed_before_the_note(&post, json!({ "smtp": server.port })).await;
    recover(&post, &smtp(server.port), "").await;
    let ids = server.ids();
    assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (2, 1), "{ids:?}");
}

#[sqlx::test]
async fn killed_after_the_note(db: PgPool) {
    let post = Post::new(db).await;
    post.enqueue().await;
    let server = MailServer::pausing(Pause::Greeting).await;
    let child = other_process(&post, json!({ "smtp": server.port }));
    server.reached().await;
    let mut queue = post.db.begin().await.unwrap();
    sqlx::query("lock table graphile_worker._private_jobs in share mode").execute(&mut *queue).await.unwrap();
    server.go_on();
    until("the note is written", || async { post.state().await == "sent" }).await;
    kill(child).await;
    drop(queue);
    recover(&post, &smtp(server.port), "").await;
    assert_eq!(server.messages().len(), 1);
}

/// Resend, which takes each key once, and may keep its answer to itself.
struct Service {
    keys: Mutex<Vec<String>>,
    asked: watch::Sender<usize>,
    silent_for_the_first: bool,
}

impl Respond for &'static Service {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let key = request.headers["idempotency-key"].to_str().unwrap().to_owned();
        let mut keys = self.keys.lock().unwrap();
        let answer = ResponseTemplate::new(200).set_body_json(json!({ "id": format!("mail-{key}") }));
        keys.push(key);
        self.asked.send_replace(keys.len());
        let silent = self.silent_for_the_first && keys.len() == 1;
        if silent { answer.set_delay(std::time::Duration::from_secs(600)) } else { answer }
    }
}

async fn service(silent_for_the_first: bool) -> (MockServer, &'static Service) {
    let service: &'static Service =
        Box::leak(Box::new(Service { keys: Mutex::default(), asked: watch::Sender::new(0), silent_for_the_first }));
    let server = MockServer::start().await;
    Mock::given(path("/api.resend.com/emails")).respond_with(service).mount(&server).await;
    (server, service)
}

#[sqlx::test]
async fn ml_03_by_resend_a_kill_at_any_step_makes_one_mail(db: PgPool) {
    for silent in [true, false] {
        let post = Post::new(db.clone()).await;
        sqlx::query("delete from mails").execute(&post.db).await.unwrap();
        sqlx::query("delete from graphile_worker._private_jobs").execute(&post.db).await.unwrap();
        post.enqueue().await;
        let (server, service) = service(silent).await;
        if silent {
            // The request has arrived, and its answer never does.
            let child = other_process(&post, json!({ "resend": server.uri() }));
            service.asked.subscribe().wait_for(|asked| *asked == 1).await.unwrap();
            kill(child).await;
        } else {
            killed_before_the_note(&post, json!({ "resend": server.uri() })).await;
        }
        recover(&post, &resend(), &format!("api.resend.com={}", server.uri())).await;
        let keys = service.keys.lock().unwrap().clone();
        assert_eq!((keys.len(), keys.iter().collect::<BTreeSet<_>>().len()), (2, 1), "{keys:?}");
    }
}
