//! Mail: sealed while it waits, sent once, emptied afterwards.

use aura::{
    kit::id::MailId,
    platform::{
        clock::Clock,
        config::{HostOverrides, MailSettings},
        crypto::{KeyRing, Vault},
        db,
        http::Http,
        jobs::{JobTable, Jobs},
        mail::{self, Content, Letter, Mailer, Outbox},
        random::Random,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sqlx::PgPool;
use time::{Duration, macros::datetime};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, header_exists, path},
};

const CODE: &str = "314159";

struct Post {
    db: PgPool,
    vault: Vault,
    clock: Clock,
}

impl Post {
    async fn new(db: PgPool) -> Self {
        db::migrate_queue(&db).await.unwrap();
        let vault = Vault::new(KeyRing::single(&STANDARD.encode([5; 32])).unwrap(), Random::seeded(1));
        Self { db, vault, clock: Clock::manual(datetime!(2026-01-01 12:00 UTC)) }
    }

    async fn enqueue(&self) {
        let content = Content {
            title: "Your code",
            paragraphs: &["Type this code to sign in."],
            code: Some(CODE),
            button: Some(("Open Aura", "https://aura.example/verify?a=1&b=2")),
            footer: "You asked for it.",
        };
        let letter = Letter::compose("sign_in", "Your code for Aura", &content).unwrap();
        let outbox = Outbox::new(self.vault.clone(), Random::seeded(2), self.clock.clone(), Jobs::new());
        let mut transaction = self.db.begin().await.unwrap();
        outbox.enqueue(&mut transaction, "ada@example.com", letter).await.unwrap();
        transaction.commit().await.unwrap();
    }

    fn table(&self, settings: &MailSettings, overrides: &str) -> JobTable {
        let http = Http::new(HostOverrides::parse(overrides).unwrap()).unwrap();
        let mailer = Mailer::new(settings, http, self.db.clone(), self.vault.clone(), self.clock.clone()).unwrap();
        mail::work(JobTable::new(), mailer)
    }

    async fn row(&self) -> (MailId, String, i16, Option<String>) {
        sqlx::query_as("select id, state, tries, sealed_content from mails").fetch_one(&self.db).await.unwrap()
    }
}

fn smtp(port: u16) -> MailSettings {
    MailSettings::Smtp {
        host: "127.0.0.1".into(),
        port,
        from: "Aura <aura@example.com>".into(),
        username: None,
        password: None,
    }
}

/// A mail server that takes everything and hands over what it was given.
async fn mail_server() -> (u16, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (given, received) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (reader, mut writer) = stream.into_split();
            let mut lines = BufReader::new(reader).lines();
            writer.write_all(b"220 ready\r\n").await.unwrap();
            let mut body: Option<String> = None;
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = match (&mut body, line.as_str()) {
                    (Some(text), ".") => {
                        given.send(std::mem::take(text)).unwrap();
                        body = None;
                        "250 taken\r\n"
                    }
                    (Some(text), line) => {
                        text.push_str(line);
                        text.push('\n');
                        continue;
                    }
                    (None, "DATA") => {
                        body = Some(String::new());
                        "354 go on\r\n"
                    }
                    (None, "QUIT") => "221 bye\r\n",
                    (None, _) => "250 fine\r\n",
                };
                if writer.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    (port, received)
}

#[sqlx::test]
async fn a_letter_waits_sealed_is_sent_once_and_leaves_nothing(db: PgPool) {
    let post = Post::new(db).await;
    let (port, mut received) = mail_server().await;
    post.enqueue().await;
    let (id, state, _, sealed) = post.row().await;
    assert_eq!(state, "waiting");
    assert!(sealed.unwrap().starts_with("v1.k1."));
    let queued: String = sqlx::query_scalar("select payload::text from graphile_worker._private_jobs")
        .fetch_one(&post.db)
        .await
        .unwrap();
    assert!(!queued.contains(CODE) && !queued.contains("ada@"), "{queued}");

    let table = post.table(&smtp(port), "");
    table.drain(&post.db).await.unwrap();
    let message = received.recv().await.unwrap();
    for part in [
        "From: Aura <aura@example.com>",
        "To: ada@example.com",
        "Subject: Your code for Aura",
        &format!("Message-ID: <{id}@example.com>"),
        "multipart/alternative",
        "text/plain",
        "text/html",
        CODE,
    ] {
        assert!(message.contains(part), "{part} is missing in {message}");
    }
    assert_eq!(post.row().await, (id, "sent".into(), 1, None));

    // A second job for the same letter, as after a crash between sending and the queue's note, does nothing.
    Jobs::new()
        .enqueue(&mut post.db.acquire().await.unwrap(), "send_mail", None, serde_json::json!({ "mail": id }))
        .await
        .unwrap();
    table.drain(&post.db).await.unwrap();
    assert!(received.try_recv().is_err());

    assert_eq!(mail::purge(&post.db, post.clock.now() + Duration::days(6)).await.unwrap(), 0);
    assert_eq!(mail::purge(&post.db, post.clock.now() + Duration::days(8)).await.unwrap(), 1);
}

#[sqlx::test]
async fn a_letter_that_finds_no_server_is_tried_again_and_given_up_in_the_end(db: PgPool) {
    let post = Post::new(db).await;
    post.enqueue().await;
    let table = post.table(&smtp(1), "");
    table.drain(&post.db).await.unwrap();
    let (id, state, tries, sealed) = post.row().await;
    assert_eq!((state.as_str(), tries, sealed.is_some()), ("waiting", 1, true));

    sqlx::query("update graphile_worker._private_jobs set attempts = max_attempts - 1, run_at = created_at")
        .execute(&post.db)
        .await
        .unwrap();
    table.drain(&post.db).await.unwrap();
    assert_eq!(post.row().await, (id, "failed".into(), 2, None));
}

#[sqlx::test]
async fn resend_gets_the_letter_with_a_key_against_repetition(db: PgPool) {
    let post = Post::new(db).await;
    let server = MockServer::start().await;
    Mock::given(path("/api.resend.com/emails"))
        .and(header("authorization", "Bearer re_test"))
        .and(header_exists("idempotency-key"))
        .respond_with(ResponseTemplate::new(200).set_body_string("{}"))
        .expect(1)
        .mount(&server)
        .await;
    post.enqueue().await;
    let settings = MailSettings::Resend { api_key: "re_test".into(), from: "Aura <aura@example.com>".into() };
    post.table(&settings, &format!("api.resend.com={}", server.uri())).drain(&post.db).await.unwrap();
    let (id, state, ..) = post.row().await;
    assert_eq!(state, "sent");
    let request = &server.received_requests().await.unwrap()[0];
    assert_eq!(request.headers["idempotency-key"], id.to_string());
    let body: serde_json::Value = request.body_json().unwrap();
    assert_eq!(body["to"][0], "ada@example.com");
    assert!(body["text"].as_str().unwrap().contains(CODE) && body["html"].as_str().unwrap().contains(CODE));
}
