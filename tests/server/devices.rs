//! The browsers that a person is signed in with, and how they are sent away.

use std::process::Stdio;

use aura::{identity::service::operators::Operator, kit::id::UserId};
use axum::serve;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use sqlx::{ConnectOptions as _, PgPool};
use time::Duration;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout, Command},
};

use crate::{
    browser::{Browser, mails_to, newest_mail, wait},
    outside::{Outside, Reply, Step, eventually},
    support::TestApp,
};

const MIRA: &str = "mira@example.com";
const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/18.1 Safari/605.1.15";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/18.1 Mobile/15E148 Safari/604.1";

async fn signed_in(app: &TestApp, email: &str, user_agent: &str) -> Browser {
    wait(app, Duration::seconds(20));
    let mut browser = Browser::new(app).called(user_agent);
    browser.sign_in(app, email).await;
    browser
}

/// The ids that the page has buttons for.
async fn others(browser: &mut Browser) -> Vec<String> {
    let devices = browser.get_json("/api/identity/security").await.value();
    let devices = devices["devices"].as_array().unwrap().clone();
    let others = devices.iter().filter(|device| device["this"] == false);
    others.map(|device| device["id"].as_str().unwrap().to_owned()).collect()
}

#[sqlx::test]
async fn the_page_names_every_browser_and_hides_part_of_its_address(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mac = signed_in(&app, MIRA, SAFARI).await;
    signed_in(&app, MIRA, IPHONE).await;
    wait(&app, Duration::minutes(25));
    signed_in(&app, "eve@example.com", FIREFOX).await;
    let page = mac.get("/settings/security").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    for words in ["Safari on macOS", "Safari on iPhone", "127.0.x.x", "25 minutes ago", "This device", "a code by mail"]
    {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    for never in ["127.0.0.1", "Firefox on Windows", "eve@example.com", "Mozilla/5.0"] {
        assert!(!page.text().contains(never), "{never}");
    }
}

#[sqlx::test]
async fn se_07_one_browser_is_sent_away_without_a_script_and_the_others_stay(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mac = signed_in(&app, MIRA, SAFARI).await;
    let mut phone = signed_in(&app, MIRA, IPHONE).await;
    let mut windows = signed_in(&app, MIRA, FIREFOX).await;
    let page = mac.get("/settings/security").await;
    let ids = others(&mut mac).await;
    assert!(ids.iter().all(|id| page.text().contains(id)), "each has its button");
    assert_eq!(ids.len(), 2);
    let done = mac.form_from("/settings/security", "end-device", &[("id", &ids[0])]).await;
    assert_eq!((done.status, done.location()), (StatusCode::FOUND, "/settings/security"));
    // The one that was used last stands first.
    assert!(windows.viewer().await.is_none());
    assert!(phone.viewer().await.is_some() && mac.viewer().await.is_some());
    let sent_away = windows.get("/settings/security").await;
    assert_eq!(sent_away.location(), "/signin?next=/settings/security");
    let again = mac.json("end-device", &[("id", &ids[0])]).await;
    assert_eq!((again.status, again.code()), (StatusCode::NOT_FOUND, "not_found".into()));
}

#[sqlx::test]
async fn se_08_a_session_of_somebody_else_is_not_found(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = signed_in(&app, MIRA, SAFARI).await;
    let mut phone = signed_in(&app, MIRA, IPHONE).await;
    let mut eve = signed_in(&app, "eve@example.com", FIREFOX).await;
    let theirs = others(&mut mira).await.remove(0);
    for id in [theirs.as_str(), "0192f0c1-0000-7000-8000-000000000000", "nonsense", ""] {
        let refused = eve.json("end-device", &[("id", id)]).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::NOT_FOUND, "not_found".into()), "{id}");
    }
    eve.form("end-other-devices", &[]).await;
    assert!(mira.viewer().await.is_some() && phone.viewer().await.is_some() && eve.viewer().await.is_some());
    assert_eq!(Browser::new(&app).json("end-device", &[("id", &theirs)]).await.status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test]
async fn all_others_go_at_once_with_one_letter(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mac = signed_in(&app, MIRA, SAFARI).await;
    let mut rest = vec![signed_in(&app, MIRA, IPHONE).await, signed_in(&app, MIRA, FIREFOX).await];
    let before = mails_to(&app, MIRA).await;
    wait(&app, Duration::milliseconds(1));
    let done = mac.form("end-other-devices", &[]).await;
    assert_eq!(done.location(), "/settings/security");
    for browser in &mut rest {
        assert!(browser.viewer().await.is_none());
    }
    assert!(mac.viewer().await.is_some());
    assert_eq!(mails_to(&app, MIRA).await, before + 1);
    assert!(newest_mail(&app, MIRA).await.0.subject.contains("signed out"));
    mac.form("end-other-devices", &[]).await;
    assert_eq!(mails_to(&app, MIRA).await, before + 1, "nothing happened, so nothing is told");
}

#[sqlx::test]
async fn ac_10_a_new_browser_is_told_once_and_a_known_one_is_not(db: PgPool) {
    let app = TestApp::new(db).await;
    let newest = async || newest_mail(&app, MIRA).await.0;
    let mails = async || mails_to(&app, MIRA).await;
    signed_in(&app, MIRA, SAFARI).await;
    assert_eq!((newest().await.template.as_str(), mails().await), ("welcome", 2), "the code and the welcome");
    wait(&app, Duration::minutes(1));
    signed_in(&app, MIRA, SAFARI).await;
    // A newer version of the same browser at the same place.
    signed_in(&app, MIRA, &SAFARI.replace("18.1", "18.2")).await;
    assert_eq!(mails().await, 4, "two codes");
    wait(&app, Duration::minutes(1));
    signed_in(&app, MIRA, FIREFOX).await;
    assert_eq!(mails().await, 6);
    let letter = newest().await;
    assert!(letter.text.contains("Firefox on Windows signed in from 127.0.x.x"), "{}", letter.text);
    assert!(!letter.text.contains("Mozilla/5.0"));
}

#[sqlx::test]
async fn se_10_no_secret_that_was_known_before_signing_in_opens_the_session(db: PgPool) {
    let app = TestApp::new(db).await;
    let eve = signed_in(&app, "eve@example.com", FIREFOX).await;
    let planted = eve.cookie("__Host-aura").unwrap();
    let made_up = "A".repeat(43);
    for planted in [planted.as_str(), made_up.as_str()] {
        let mut mira = Browser::new(&app);
        mira.set_cookie("__Host-aura", planted);
        wait(&app, Duration::minutes(1));
        mira.sign_in(&app, MIRA).await;
        assert_ne!(mira.cookie("__Host-aura").unwrap(), planted);
        assert!(mira.viewer().await.unwrap().contains(MIRA));
        let mut thief = Browser::new(&app);
        thief.set_cookie("__Host-aura", planted);
        assert!(thief.viewer().await.is_none(), "and the planted session has ended");
    }
}

#[sqlx::test]
async fn se_09_open_streams_end_with_their_session(db: PgPool) {
    let outside = Outside::start().await;
    let app = outside.app(db).await;
    let mut mac = signed_in(&app, MIRA, SAFARI).await;
    let mut phone = signed_in(&app, MIRA, IPHONE).await;
    outside.model(Reply::Stream(vec![Step::Text("Hm"), Step::Silence]));
    let sent = phone.post_json("/api/chat", &serde_json::json!({ "text": "Hello?", "key": "k1" })).await;
    let events = format!("/api/chat/runs/{}/events", sent.value()["run"].as_str().unwrap());
    let follow = |mut browser: Browser| {
        let events = events.clone();
        tokio::spawn(async move { browser.get_json(&events).await })
    };
    let (here, there) = (follow(mac.clone()), follow(phone.clone()));
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!there.is_finished() && !here.is_finished(), "the answer is still being written");
    let id = others(&mut mac).await.remove(0);
    assert_eq!(mac.json("end-device", &[("id", &id)]).await.status, StatusCode::OK);
    let heard = tokio::time::timeout(std::time::Duration::from_secs(5), there).await.unwrap().unwrap();
    assert!(!heard.text().contains("event: settled"), "{}", heard.text());
    assert!(!here.is_finished(), "the other one goes on");
    here.abort();
    app.state().chat.close().await;
}

#[sqlx::test]
async fn se_13_who_is_suspended_is_out_at_once_and_told_only_after_the_code(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mira = signed_in(&app, MIRA, SAFARI).await;
    let user: UserId = sqlx::query_scalar("select id from users").fetch_one(app.db()).await.unwrap();
    app.identity().suspend(Operator::Command, user, "abuse").await.unwrap();
    assert_eq!(newest_mail(&app, MIRA).await.0.template, "suspended");
    assert!(mira.viewer().await.is_none());
    wait(&app, Duration::minutes(1));

    let mut answers = Vec::new();
    for email in [MIRA, "nobody@example.com"] {
        let mut browser = Browser::new(&app);
        let answer = browser.start_json(email).await;
        answers.push((answer.status, answer.text().to_owned(), answer.header_names()));
        let code = newest_mail(&app, email).await.code();
        let done = browser.json("verify-code", &[("code", &code)]).await;
        if email == MIRA {
            assert_eq!((done.status, done.code()), (StatusCode::FORBIDDEN, "suspended".into()));
            assert!(browser.viewer().await.is_none());
        } else {
            assert_eq!(done.status, StatusCode::OK);
        }
    }
    assert_eq!(answers[0], answers[1], "nobody learns of it before the code");

    app.identity().restore(Operator::Command, user, "").await.unwrap();
    wait(&app, Duration::minutes(1));
    assert!(mira.viewer().await.is_none(), "what ended stays ended");
    mira.sign_in(&app, MIRA).await;
}

/// A second operating system process that serves this database: this binary, started again.
struct Other {
    child: Child,
    port: u16,
    /// Kept open: the other end goes on writing.
    _output: Lines<BufReader<ChildStdout>>,
}

/// One variable carries all that it must know.
const ERRAND: &str = "AURA_TEST_SERVE_DATABASE";
const SERVING: &str = "second process: ";

impl Other {
    async fn start(app: &TestApp) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "devices::the_process_that_serves", "--ignored", "--nocapture"])
            .env(ERRAND, app.db().connect_options().to_url_lossy().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        loop {
            let line = lines.next_line().await.unwrap().expect("the second process serves");
            if let Some(port) = line.strip_prefix(SERVING) {
                return Self { child, port: port.parse().unwrap(), _output: lines };
            }
        }
    }

    /// Whom the other process takes the holder of this secret for.
    async fn viewer(&self, secret: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let request = format!(
            "GET /api/identity/viewer HTTP/1.1\r\nHost: localhost:3000\r\nAccept: application/json\r\n\
             Cookie: __Host-aura={secret}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        body.to_owned()
    }
}

#[tokio::test]
#[ignore = "run by se_06_an_ended_session_is_refused_by_another_process_at_its_next_request, in a process of its own"]
async fn the_process_that_serves() {
    #[expect(clippy::disallowed_methods, reason = "a parent process has no other way to hand something to a test")]
    let Ok(database) = std::env::var(ERRAND) else { return };
    let app = TestApp::new(PgPool::connect(&database).await.unwrap()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // The harness has begun a line with the name of the test.
    println!("\n{SERVING}{}", listener.local_addr().unwrap().port());
    let service = app.router().into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::select! {
        served = serve(listener, service) => served.unwrap(),
        // The parent's end is the end.
        _closed = async { tokio::io::stdin().read_u8().await } => {}
    }
}

/// Three browsers of a new person, as the cookies' secrets. Signing in itself is shown elsewhere.
async fn three_browsers(app: &TestApp, trial: usize) -> (UserId, [Browser; 3]) {
    use aura::identity::service::{Arriving, Entry, Method, ProvenAccount};
    let subject = format!("trial-{trial}");
    let account = ProvenAccount {
        provider: "wallet",
        issuer: "test",
        subject: &subject,
        label: &subject,
        display_name: None,
        owned_email: None,
    };
    let arriving = Arriving {
        user_agent: SAFARI,
        address: "127.0.0.1",
        limit_key: "127.0.0.1",
        time_zone: "",
        until_now: None,
        privy_session: None,
    };
    let mut user = None;
    let mut browsers = Vec::new();
    for _ in 0..3 {
        let mut tx = app.db().begin().await.unwrap();
        let entry = app.identity().enter(&mut tx, &account, &Method::Wallet, &arriving).await.unwrap();
        tx.commit().await.unwrap();
        let Entry::Opened(opened) = entry else { panic!("a wallet has no address") };
        let mut browser = Browser::new(app);
        browser.set_cookie("__Host-aura", &BASE64_URL_SAFE_NO_PAD.encode(opened.secret.as_slice()));
        browsers.push(browser);
        user = Some(opened.user);
    }
    (user.unwrap(), browsers.try_into().unwrap_or_else(|_| panic!("three")))
}

#[sqlx::test]
async fn se_06_an_ended_session_is_refused_by_another_process_at_its_next_request(db: PgPool) {
    #[expect(clippy::disallowed_methods, reason = "the long run asks for more trials")]
    let trials = std::env::var("REVOCATION_TRIALS").ok().and_then(|trials| trials.parse().ok()).unwrap_or(300);
    let app = TestApp::new(db).await;
    let mut other = Other::start(&app).await;
    let mut misses = Vec::new();
    for trial in 0..trials {
        // Limits are shown elsewhere: the windows of sign-ups are to be empty here.
        if trial % 5 == 0 {
            wait(&app, Duration::days(1));
        }
        let (user, [mut first, second, third]) = three_browsers(&app, trial).await;
        let secret = |browser: &Browser| browser.cookie("__Host-aura").unwrap();
        let [one, two, three] = [secret(&first), secret(&second), secret(&third)];
        for living in [&one, &two, &three] {
            assert_ne!(other.viewer(living).await, "null", "trial {trial}: it lived before");
        }
        let (dead, living) = match trial % 4 {
            0 => {
                let id = others(&mut first).await.remove(0);
                assert_eq!(first.json("end-device", &[("id", &id)]).await.status, StatusCode::OK);
                // Both of the others were used last at the same moment: whichever it was.
                let newest = if other.viewer(&two).await == "null" { (two, three) } else { (three, two) };
                (vec![newest.0], vec![one, newest.1])
            }
            1 => {
                assert_eq!(first.json("end-other-devices", &[]).await.status, StatusCode::OK);
                (vec![two, three], vec![one])
            }
            2 => {
                assert_eq!(first.json("sign-out-everywhere", &[]).await.status, StatusCode::OK);
                (vec![one, two, three], vec![])
            }
            _ => {
                app.identity().suspend(Operator::Command, user, "trial").await.unwrap();
                (vec![one, two, three], vec![])
            }
        };
        for (place, secret) in dead.iter().enumerate() {
            if other.viewer(secret).await != "null" {
                misses.push((trial, place));
            }
        }
        for secret in &living {
            assert_ne!(other.viewer(secret).await, "null", "trial {trial}: the others go on");
        }
    }
    println!("{trials} trials over two processes, {} misses", misses.len());
    assert!(misses.is_empty(), "{misses:?}");
    drop(other.child.stdin.take());
    eventually("the end of the second process", async || other.child.try_wait().unwrap().map(drop)).await;
}
