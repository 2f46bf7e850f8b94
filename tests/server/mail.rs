//! Mail: sealed while it waits, sent once, emptied afterwards; tried again, given up, and sent after all.

use aura::{
    kit::id::MailId,
    platform::{
        clock::Clock,
        config::{HostOverrides, MailSettings},
        crypto::{SealingKeys, Vault},
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
use tokio_util::sync::CancellationToken;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, header_exists, path},
};

use crate::{
    browser::{Browser, mails_to, newest_mail},
    mail_server::{MailServer, Pause},
    support::TestApp,
};

const CODE: &str = "314159";

/// One process's part in mail, at noon of a fixed day.
pub struct Post {
    pub db: PgPool,
    vault: Vault,
    pub clock: Clock,
}

impl Post {
    pub async fn new(db: PgPool) -> Self {
        db::migrate_queue(&db).await.unwrap();
        Self::over(db)
    }

    /// Over a database that has its queue.
    pub fn over(db: PgPool) -> Self {
        let vault =
            Vault::new(SealingKeys::single(&STANDARD.encode([5; 32])).unwrap().ring().unwrap(), Random::seeded(1));
        Self { db, vault, clock: Clock::manual(datetime!(2026-01-01 12:00 UTC)) }
    }

    pub async fn enqueue(&self) {
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

    pub fn mailer(&self, settings: &MailSettings, overrides: &str) -> Mailer {
        let http = Http::new(HostOverrides::parse(overrides).unwrap()).unwrap();
        Mailer::new(settings, http, self.db.clone(), self.vault.clone(), self.clock.clone()).unwrap()
    }

    pub fn table(&self, settings: &MailSettings, overrides: &str) -> JobTable {
        mail::work(JobTable::new(), self.mailer(settings, overrides))
    }

    pub async fn row(&self) -> (MailId, String, i16, Option<String>) {
        sqlx::query_as("select id, state, tries, sealed_content from mails").fetch_one(&self.db).await.unwrap()
    }

    pub async fn state(&self) -> String {
        self.row().await.1
    }
}

pub fn smtp(port: u16) -> MailSettings {
    MailSettings::Smtp {
        host: "127.0.0.1".into(),
        port,
        from: "Aura <aura@example.com>".into(),
        reply_to: Some("Help <help@example.com>".into()),
        username: None,
        password: None,
    }
}

pub fn resend() -> MailSettings {
    MailSettings::Resend {
        api_key: "re_test".into(),
        from: "Aura <aura@example.com>".into(),
        reply_to: Some("help@example.com".into()),
    }
}

#[sqlx::test]
async fn a_letter_waits_sealed_is_sent_once_and_leaves_nothing(db: PgPool) {
    let post = Post::new(db).await;
    let server = MailServer::start().await;
    post.enqueue().await;
    let (id, state, _, sealed) = post.row().await;
    assert_eq!(state, "waiting");
    assert!(sealed.unwrap().starts_with("v1.k1."));
    let queued: String = sqlx::query_scalar("select payload::text from graphile_worker._private_jobs")
        .fetch_one(&post.db)
        .await
        .unwrap();
    assert!(!queued.contains(CODE) && !queued.contains("ada@"), "{queued}");

    let table = post.table(&smtp(server.port), "");
    table.drain(&post.db).await.unwrap();
    let message = server.messages().remove(0);
    for part in [
        "From: Aura <aura@example.com>",
        "Reply-To: Help <help@example.com>",
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
    assert_eq!(server.messages().len(), 1);

    assert_eq!(mail::purge(&post.db, post.clock.now() + Duration::days(6)).await.unwrap(), 0);
    assert_eq!(mail::purge(&post.db, post.clock.now() + Duration::days(8)).await.unwrap(), 1);
}

#[sqlx::test]
async fn ml_08_a_letter_that_finds_no_server_is_tried_again_given_up_and_sent_after_all(db: PgPool) {
    let post = Post::new(db).await;
    post.enqueue().await;
    post.table(&smtp(1), "").drain(&post.db).await.unwrap();
    let mailer = post.mailer(&smtp(1), "");
    let (id, state, tries, sealed) = post.row().await;
    assert_eq!((state.as_str(), tries, sealed.is_some()), ("waiting", 1, true));
    assert_eq!(mailer.sweep().await.unwrap(), 0, "not before its pause is over");

    let began = post.clock.now();
    while post.state().await == "waiting" {
        post.clock.advance(Duration::seconds(5));
        mailer.sweep().await.unwrap();
    }
    let (_, state, tries, sealed) = post.row().await;
    assert_eq!((state.as_str(), tries, sealed.is_some()), ("failed", 8, true));
    let took = post.clock.now() - began;
    assert!(took > Duration::minutes(60) && took < Duration::minutes(70), "{took}");
    let failed = mailer.failed(10).await.unwrap().remove(0);
    assert_eq!((failed.id, failed.recipient.as_str(), failed.tries), (id, "ada@example.com", 8));
    assert_eq!(failed.problem, "the mail server could not be reached, or broke off");

    let server = MailServer::start().await;
    assert!(mailer.retry(id).await.unwrap());
    post.table(&smtp(server.port), "").drain(&post.db).await.unwrap();
    assert_eq!(post.row().await, (id, "sent".into(), 1, None));
    assert_eq!(server.messages().len(), 1);
    assert!(!mailer.retry(id).await.unwrap(), "what was sent is not sent again");
    assert!(mailer.failed(10).await.unwrap().is_empty());
}

#[sqlx::test]
async fn ml_06_while_one_sends_nobody_else_does(db: PgPool) {
    let post = Post::new(db).await;
    post.enqueue().await;
    let server = MailServer::pausing(Pause::BeforeTaking).await;
    let (id, ..) = post.row().await;
    let (first, second) = (post.mailer(&smtp(server.port), ""), post.mailer(&smtp(server.port), ""));
    let sending = tokio::spawn(async move { first.send(id).await });
    server.reached().await;
    // The other thinks that the first has died, and finds the row in its hands.
    post.clock.advance(Duration::minutes(2));
    assert_eq!(second.sweep().await.unwrap(), 1);
    assert_eq!(post.state().await, "waiting");
    server.go_on();
    sending.await.unwrap().unwrap();
    second.sweep().await.unwrap();
    assert_eq!((post.state().await.as_str(), server.messages().len()), ("sent", 1));
}

/// Resend, answering these one after the other.
async fn resend_answers(answers: Vec<ResponseTemplate>) -> (MockServer, String) {
    let server = MockServer::start().await;
    for answer in answers {
        let mock = Mock::given(path("/api.resend.com/emails"))
            .and(header("authorization", "Bearer re_test"))
            .and(header_exists("idempotency-key"));
        mock.respond_with(answer).up_to_n_times(1).mount(&server).await;
    }
    let overrides = format!("api.resend.com={}", server.uri());
    (server, overrides)
}

fn refusal(status: u16, name: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .set_body_json(serde_json::json!({ "statusCode": status, "name": name, "message": "about ada@example.com" }))
}

#[sqlx::test]
async fn resend_gets_the_letter_with_a_key_against_repetition(db: PgPool) {
    let post = Post::new(db).await;
    let answer = ResponseTemplate::new(200).set_body_json(serde_json::json!({ "id": "49a3999c" }));
    let (server, overrides) = resend_answers(vec![answer]).await;
    post.enqueue().await;
    post.table(&resend(), &overrides).drain(&post.db).await.unwrap();
    let (id, state, ..) = post.row().await;
    assert_eq!(state, "sent");
    let known: String = sqlx::query_scalar("select service_id from mails").fetch_one(&post.db).await.unwrap();
    assert_eq!(known, "49a3999c");
    let request = &server.received_requests().await.unwrap()[0];
    assert_eq!(request.headers["idempotency-key"], id.to_string());
    let body: serde_json::Value = request.body_json().unwrap();
    assert_eq!((&body["to"][0], &body["reply_to"]), (&"ada@example.com".into(), &"help@example.com".into()));
    assert!(body["text"].as_str().unwrap().contains(CODE) && body["html"].as_str().unwrap().contains(CODE));
}

#[sqlx::test]
async fn ml_09_a_service_that_asks_to_wait_is_left_alone_for_so_long(db: PgPool) {
    let post = Post::new(db).await;
    let wait = refusal(429, "rate_limit_exceeded").insert_header("retry-after", "300");
    let (server, overrides) = resend_answers(vec![wait, ResponseTemplate::new(200)]).await;
    post.enqueue().await;
    post.table(&resend(), &overrides).drain(&post.db).await.unwrap();
    let mailer = post.mailer(&resend(), &overrides);
    post.clock.advance(Duration::seconds(299));
    mailer.sweep().await.unwrap();
    assert_eq!((post.state().await.as_str(), server.received_requests().await.unwrap().len()), ("waiting", 1));
    post.clock.advance(Duration::seconds(1));
    mailer.sweep().await.unwrap();
    assert_eq!((post.state().await.as_str(), server.received_requests().await.unwrap().len()), ("sent", 2));
}

#[sqlx::test]
async fn what_is_refused_for_good_is_not_asked_again_and_says_why_in_our_words(db: PgPool) {
    let post = Post::new(db).await;
    let (server, overrides) = resend_answers(vec![refusal(422, "validation_error")]).await;
    post.enqueue().await;
    post.table(&resend(), &overrides).drain(&post.db).await.unwrap();
    assert_eq!(post.state().await, "failed");
    let problem = &post.mailer(&resend(), &overrides).failed(1).await.unwrap()[0].problem;
    assert_eq!(problem, "the mail service answered with status 422 validation_error");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);

    // A wrong API key is for the operator to mend, so the mail waits.
    sqlx::query("delete from mails").execute(&post.db).await.unwrap();
    let (_server, overrides) = resend_answers(vec![refusal(401, "restricted_api_key")]).await;
    post.enqueue().await;
    post.table(&resend(), &overrides).drain(&post.db).await.unwrap();
    assert_eq!(post.state().await, "waiting");
}

#[sqlx::test]
async fn a_key_that_is_known_with_other_content_means_that_the_mail_has_left(db: PgPool) {
    let post = Post::new(db).await;
    let (_server, overrides) = resend_answers(vec![refusal(409, "invalid_idempotent_request")]).await;
    post.enqueue().await;
    post.table(&resend(), &overrides).drain(&post.db).await.unwrap();
    assert_eq!(post.state().await, "sent");

    sqlx::query("delete from mails").execute(&post.db).await.unwrap();
    let (_server, overrides) = resend_answers(vec![refusal(409, "concurrent_idempotent_requests")]).await;
    post.enqueue().await;
    post.table(&resend(), &overrides).drain(&post.db).await.unwrap();
    assert_eq!(post.state().await, "waiting");
}

#[sqlx::test]
async fn ml_07_a_mail_that_may_have_been_sent_a_day_ago_is_not_sent_again_but_shown(db: PgPool) {
    let post = Post::new(db).await;
    post.enqueue().await;
    // A process began to send it and was never heard of again.
    sqlx::query("update mails set tries = 1, taken_at = $1, due_at = $1")
        .bind(post.clock.now())
        .execute(&post.db)
        .await
        .unwrap();
    let server = MailServer::start().await;
    let mailer = post.mailer(&smtp(server.port), "");
    post.clock.advance(Duration::hours(24));
    mailer.sweep().await.unwrap();
    assert_eq!((post.state().await.as_str(), server.messages().len()), ("failed", 0));
    let failed = mailer.failed(1).await.unwrap().remove(0);
    assert!(failed.problem.contains("may have been sent"), "{}", failed.problem);
    assert!(mailer.retry(failed.id).await.unwrap());
    mailer.sweep().await.unwrap();
    assert_eq!((post.state().await.as_str(), server.messages().len()), ("sent", 1));
}

#[sqlx::test]
async fn ml_01_no_request_waits_for_the_mail_server(db: PgPool) {
    let server = MailServer::pausing(Pause::Greeting).await;
    let app = TestApp::with(db, &[("SMTP_HOST", "127.0.0.1"), ("SMTP_PORT", &server.port.to_string())]).await;
    let stop = CancellationToken::new();
    let jobs = mail::work(JobTable::new(), app.state().mailer.clone());
    let working = tokio::spawn(jobs.run(app.db().clone(), stop.clone()));
    assert_eq!(Browser::new(&app).start("mira@example.com", "").await.location(), "/verify-email");
    server.reached().await;
    // The server hangs, and the next one is answered all the same.
    let answer = Browser::new(&app).start("jonas@example.com", "").await;
    assert_eq!(answer.location(), "/verify-email");
    assert_eq!((server.messages().len(), mails_to(&app, "jonas@example.com").await), (0, 1));
    server.go_on();
    stop.cancel();
    working.await.unwrap();
}

#[sqlx::test]
async fn ml_12_the_first_sign_in_brings_one_welcome(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    let letter = newest_mail(&app, "mira@example.com").await.0;
    assert_eq!(letter.template, "welcome");
    for body in [&letter.html, &letter.text] {
        assert!(body.contains("mira") && body.contains("http://localhost:3000/chat"), "{body}");
    }
    app.clock().advance(Duration::minutes(2));
    browser.sign_in(&app, "mira@example.com").await;
    let welcomes: i64 =
        sqlx::query_scalar("select count(*) from mails where template = 'welcome'").fetch_one(app.db()).await.unwrap();
    assert_eq!(welcomes, 1);
}
