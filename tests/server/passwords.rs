//! Passwords: which are taken, how they are kept, and what they open.

use std::net::SocketAddr;

use axum::{Router, body::Body};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, format_description::well_known::Rfc3339};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    browser::{Answer, Browser, dump, mails_to, newest_mail, wait},
    program::{Program, person_at},
    stranger::{GOOD, Stranger, access, device, is, other_than, refused, shape},
    support::TestApp,
};

const MIRA: &str = "mira@example.com";
const PASSWORD: &str = "/api/v1/users/me/password";

async fn kept(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("select hash from passwords order by user_id").fetch_all(app.db()).await.unwrap()
}

/// Mira, signed in with an app and without a password.
async fn mira(app: &TestApp) -> Program {
    let (user, _) = person_at(app, MIRA).await;
    Program::new(app, user).await
}

async fn set(program: &Program, body: Value) -> Answer {
    program.send("PUT", PASSWORD, Some(&body)).await
}

/// A password with another network address each time, so that only the mailbox is counted.
async fn guess(app: &TestApp, host: u8, email: &str, password: &str) -> Answer {
    Stranger::new(app).from([198, 51, 100, host]).log_in(email, password).await
}

#[sqlx::test]
async fn pw_01_any_password_of_some_length_is_taken_that_others_would_not_guess(db: PgPool) {
    let app = TestApp::new(db).await;
    let mira = mira(&app).await;
    for (new, code) in [
        ("", "password_short"),
        ("seven77", "password_short"),
        ("e\u{301}e\u{301}e\u{301}e\u{301}", "password_short"),
        ("12345678", "password_common"),
        ("password1", "password_common"),
        ("P@ssw0rd", "password_common"),
        ("iloveyou2", "password_common"),
        ("mira@example.com", "password_common"),
        (&"x".repeat(1_025), "password_long"),
    ] {
        let answer = set(&mira, json!({ "new_password": new })).await;
        assert_eq!(refused(&answer), is(422, code), "{new}");
        assert_eq!(answer.value()["field"], "new_password");
    }
    assert!(kept(&app).await.is_empty());
    let long = format!("{}{}", "xkqvzjwp".repeat(16), "y".repeat(1_024 - 128));
    for new in ["wexlqvzj", "nur kleine buchstaben", "🔑🔑🗝 🔒 an der Tür", "with \0 and \n in it", &long] {
        wait(&app, Duration::minutes(1));
        let answer = set(&mira, json!({ "new_password": new })).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
        access(&Stranger::new(&app).log_in(MIRA, new).await);
    }
    // Nothing is cut off: the last of 1,024 characters counts.
    assert_eq!(refused(&guess(&app, 1, MIRA, &long[..1_023]).await), is(401, "wrong_credentials"));
    // Typed with another keyboard, which composes letters otherwise, it is the same.
    wait(&app, Duration::minutes(1));
    set(&mira, json!({ "new_password": "Cafe\u{301} am Wannsee" })).await;
    access(&guess(&app, 2, MIRA, "Caf\u{e9} am Wannsee").await);
    assert_eq!(refused(&guess(&app, 3, MIRA, "Cafe am Wannsee").await), is(401, "wrong_credentials"));
}

#[sqlx::test]
async fn pw_02_a_password_is_kept_by_argon2id_and_by_better_parameters_when_it_is_next_used(db: PgPool) {
    let app = TestApp::new(db).await;
    let stranger = Stranger::new(&app);
    stranger.joins(&app, MIRA, GOOD).await;
    stranger.joins(&app, "jonas@example.com", GOOD).await;
    let hashes = kept(&app).await;
    assert!(hashes.iter().all(|hash| hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")), "{hashes:?}");
    assert_ne!(hashes[0], hashes[1], "each has a salt of its own");
    assert!(!dump(&app).await.contains(GOOD));

    // As an older version kept it: `wexlqvzj kept` by 8 MiB and one pass.
    let old = "$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$/5IvPsydGxNCJ3sgOsKJSfZCZBud5eWknFs+KRANBxU";
    sqlx::query("update passwords set hash = $1").bind(old).execute(app.db()).await.unwrap();
    assert_eq!(refused(&stranger.log_in(MIRA, GOOD).await), is(401, "wrong_credentials"));
    assert_eq!(kept(&app).await, [old, old], "a wrong one changes nothing");
    access(&stranger.log_in(MIRA, "wexlqvzj kept").await);
    let hashes = kept(&app).await;
    let better: Vec<_> = hashes.iter().filter(|hash| hash.contains("m=19456,t=2,p=1")).collect();
    assert_eq!(better.len(), 1, "{hashes:?}");
    access(&stranger.log_in(MIRA, "wexlqvzj kept").await);
}

#[sqlx::test]
async fn pw_03_a_refused_login_does_not_tell_who_is_here(db: PgPool) {
    let app = TestApp::new(db).await;
    Stranger::new(&app).joins(&app, MIRA, GOOD).await;
    person_at(&app, "codes-only@example.com").await;
    let wrong = guess(&app, 1, MIRA, "not this one").await;
    assert_eq!(refused(&wrong), is(401, "wrong_credentials"));
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    for (host, email) in [(2, "nobody@example.com"), (3, "codes-only@example.com")] {
        let other = guess(&app, host, email, "not this one").await;
        assert_eq!(shape(&other), shape(&wrong), "{email}");
        assert_eq!(other.value()["message"], wrong.value()["message"]);
    }
    // Nobody's counts as somebody's: the sixth try within a minute is refused, with the same words.
    for email in [MIRA, "nobody@example.com"] {
        let mut last = None;
        for host in 10..15 {
            last = Some(guess(&app, host, email, "not this one").await);
        }
        let last = last.unwrap();
        assert_eq!(refused(&last), is(429, "too_many_requests"), "{email}");
        assert!(last.retry_after() > 0);
    }
    assert_eq!(refused(&guess(&app, 20, MIRA, GOOD).await), is(429, "too_many_requests"), "the right one too");
    wait(&app, Duration::minutes(1));
    access(&guess(&app, 20, MIRA, GOOD).await);
}

#[sqlx::test]
async fn pw_04_logins_are_counted_by_network_address_in_all_processes(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let stranger = Stranger::new(&app);
    for round in 0..10 {
        let at = if round % 2 == 0 { stranger.clone() } else { stranger.at(&other) };
        let answer = at.log_in(&format!("nobody-{round}@example.com"), GOOD).await;
        assert_eq!(refused(&answer), is(401, "wrong_credentials"));
    }
    // Past the limit of all writes, which is shorter.
    wait(&app, Duration::seconds(11));
    for app in [&app, &other] {
        assert_eq!(stranger.at(app).log_in("one-more@example.com", GOOD).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(guess(&app, 1, "one-more@example.com", GOOD).await.status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test]
async fn pw_05_who_is_suspended_is_told_so_after_the_right_password_alone(db: PgPool) {
    let app = TestApp::new(db).await;
    Stranger::new(&app).joins(&app, MIRA, GOOD).await;
    let user: Uuid = sqlx::query_scalar("select user_id from passwords").fetch_one(app.db()).await.unwrap();
    sqlx::query("update users set status = 'suspended' where id = $1").bind(user).execute(app.db()).await.unwrap();
    assert_eq!(refused(&guess(&app, 1, MIRA, "not this one").await), is(401, "wrong_credentials"));
    assert_eq!(refused(&guess(&app, 2, MIRA, GOOD).await), is(403, "suspended"));
}

#[sqlx::test]
async fn pw_06_changing_a_password_wants_the_present_one_or_a_fresh_proof(db: PgPool) {
    let app = TestApp::new(db).await;
    let mira = mira(&app).await;
    let other = Program::new(&app, mira.user).await;
    let new = json!({ "new_password": GOOD });
    wait(&app, Duration::minutes(10));
    assert_eq!(refused(&set(&mira, new.clone()).await), is(403, "prove_first"));
    let answer = set(&mira, json!({ "new_password": GOOD, "current_password": "any at all" })).await;
    assert_eq!(refused(&answer), is(404, "password_not_set"));

    // A code that is sent to them proves it, for ten minutes.
    assert_eq!(mira.send("POST", "/api/v1/users/me/proof-codes", None).await.status, StatusCode::ACCEPTED);
    let code = newest_mail(&app, MIRA).await.code();
    let prove = |program: Program, body: Value| async move {
        program.send("POST", "/api/v1/users/me/proof", Some(&body)).await
    };
    let wrong = prove(mira.clone(), json!({ "code": other_than(&code) })).await;
    assert_eq!(refused(&wrong), is(422, "code_wrong"));
    assert_eq!(refused(&prove(other.clone(), json!({ "code": code })).await), is(410, "code_not_asked"));
    for body in [json!({}), json!({ "code": code, "password": GOOD })] {
        assert_eq!(refused(&prove(mira.clone(), body).await), is(422, "proof_missing"));
    }
    let proved = prove(mira.clone(), json!({ "code": code })).await;
    assert_eq!(proved.status, StatusCode::OK, "{}", proved.text());
    let until = (app.clock().now() + Duration::minutes(10)).format(&Rfc3339).unwrap();
    assert_eq!(proved.value()["proved_until"], json!(until));
    assert_eq!(refused(&prove(mira.clone(), json!({ "code": code })).await), is(410, "code_used"));
    wait(&app, Duration::seconds(11));
    let letters = mails_to(&app, MIRA).await;
    assert_eq!(set(&mira, new.clone()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(mails_to(&app, MIRA).await, letters + 1);
    assert_eq!(newest_mail(&app, MIRA).await.0.template, "password_set");
    assert_eq!(refused(&set(&other, new.clone()).await), is(403, "prove_first"), "the proof is one session's");

    // From now on the password proves it as well, and the present one does without a proof.
    wait(&app, Duration::minutes(10));
    assert_eq!(refused(&prove(mira.clone(), json!({ "password": "not this one" })).await), is(422, "password_wrong"));
    assert_eq!(prove(mira.clone(), json!({ "password": GOOD })).await.status, StatusCode::OK);
    wait(&app, Duration::minutes(10));
    let change = |current: &str, end: bool| json!({ "current_password": current, "new_password": "wexlqvzj und mehr", "end_other_sessions": end });
    assert_eq!(refused(&set(&mira, change("not this one", true)).await), is(422, "password_wrong"));
    assert!(other.is_signed_in().await);
    assert_eq!(set(&mira, change(GOOD, true)).await.status, StatusCode::NO_CONTENT);
    assert!(mira.is_signed_in().await && !other.is_signed_in().await, "others are signed out on request");
    assert_eq!(refused(&guess(&app, 1, MIRA, GOOD).await), is(401, "wrong_credentials"));
    access(&guess(&app, 2, MIRA, "wexlqvzj und mehr").await);
    let kinds: Vec<String> =
        sqlx::query_scalar("select kind from audit_events where kind like 'password%' order by created_at")
            .fetch_all(app.db())
            .await
            .unwrap();
    assert_eq!(kinds, ["password_set", "password_changed"]);
}

#[sqlx::test]
async fn pw_07_a_password_can_be_removed_while_another_way_in_is_left(db: PgPool) {
    let app = TestApp::new(db).await;
    let mira = mira(&app).await;
    assert_eq!(refused(&mira.delete(PASSWORD).await), is(404, "password_not_set"));
    set(&mira, json!({ "new_password": GOOD })).await;
    wait(&app, Duration::minutes(10));
    assert_eq!(refused(&mira.delete(PASSWORD).await), is(403, "prove_first"));
    mira.send("POST", "/api/v1/users/me/proof", Some(&json!({ "password": GOOD }))).await;
    assert_eq!(mira.delete(PASSWORD).await.status, StatusCode::NO_CONTENT);
    assert!(kept(&app).await.is_empty());
    assert_eq!(newest_mail(&app, MIRA).await.0.template, "password_removed");
    assert_eq!(refused(&guess(&app, 1, MIRA, GOOD).await), is(401, "wrong_credentials"));

    // Without an address a password would open nothing, and would be no way that is left.
    sqlx::query("delete from user_emails").execute(app.db()).await.unwrap();
    assert_eq!(refused(&set(&mira, json!({ "new_password": GOOD })).await), is(409, "no_address"));
    sqlx::query("insert into passwords (user_id, hash, changed_at) values ($1, '', now())")
        .bind(Uuid::from(mira.user))
        .execute(app.db())
        .await
        .unwrap();
    assert_eq!(refused(&mira.delete(PASSWORD).await), is(409, "last_way"));
}

/// A range search as Have I Been Pwned's is, which knows one password, and tells what it is asked.
async fn range_search(status: StatusCode) -> (String, mpsc::UnboundedReceiver<(String, bool)>) {
    let (asked, questions) = mpsc::unbounded_channel();
    let answer = move |request: Request<Body>| {
        let padded = request.headers().get("add-padding").is_some_and(|value| value == "true");
        asked.send((request.uri().path().to_owned(), padded)).unwrap();
        async move {
            (
                status,
                "0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n48BA5F61536192410291C9754B97B98989C:7\r\nFFFFF45C4D1DEF81644B54AB7F969B88D65:0",
            )
        }
    };
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let place = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    (format!("http://{place}/range"), questions)
}

#[sqlx::test]
async fn pw_08_a_password_from_a_breach_is_refused_and_a_silent_service_keeps_nobody_out(db: PgPool) {
    // SHA-1 of «zwölf Boxkämpfer jagen» begins with 7992A.
    let (range, mut questions) = range_search(StatusCode::OK).await;
    let app = TestApp::with(db, &[("PASSWORD_BREACH_CHECK", &range), ("HOST_OVERRIDES", "")]).await;
    let stranger = Stranger::new(&app);
    let answer = stranger.register(MIRA, GOOD).await;
    assert_eq!(refused(&answer), is(422, "password_breached"));
    assert_eq!(questions.recv().await, Some(("/range/7992A".to_owned(), true)), "five letters of the digest go out");
    assert_eq!(stranger.register(MIRA, "wexlqvzj und mehr").await.status, StatusCode::ACCEPTED);
    assert_eq!(questions.recv().await.unwrap().0.len(), "/range/".len() + 5);
    // One that everybody would guess is not even asked about.
    stranger.register(MIRA, "password1").await;
    assert!(questions.try_recv().is_err());

    let (broken, _questions) = range_search(StatusCode::SERVICE_UNAVAILABLE).await;
    for range in [broken.as_str(), "http://127.0.0.1:9/range"] {
        let app = app.second_process_with(&[("PASSWORD_BREACH_CHECK", range)]).await;
        let answer = stranger.at(&app).register(MIRA, GOOD).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    }
}

#[sqlx::test]
async fn pw_09_what_is_no_address_or_no_login_is_refused_and_breaks_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    Stranger::new(&app).joins(&app, MIRA, GOOD).await;
    for (host, email) in [
        "mira\u{ff20}example.com",
        "mira@example.com\r\nBcc: x@y.example",
        "mira@example.com\0",
        "\0",
        "",
        "@",
        "mira@exam\u{2024}ple.com",
        "' or true --",
        "mira <mira@example.com>",
    ]
    .into_iter()
    .enumerate()
    {
        let stranger = Stranger::new(&app).from([203, 0, 113, u8::try_from(host).unwrap()]);
        assert_eq!(refused(&stranger.log_in(email, GOOD).await), is(422, "email_invalid"), "{email:?}");
        assert_eq!(refused(&stranger.register(email, GOOD).await), is(422, "email_invalid"), "{email:?}");
        let recovery = stranger.post("recoveries", &json!({ "email": email })).await;
        assert_eq!(refused(&recovery), is(422, "email_invalid"), "{email:?}");
        let code = stranger.post("sign-in-codes", &json!({ "email": email })).await;
        assert_eq!(refused(&code), is(422, "email_invalid"), "{email:?}");
    }
    let stranger = Stranger::new(&app).from([203, 0, 113, 100]);
    access(&stranger.log_in(" MIRA@Example.com ", GOOD).await);
    for (body, status) in [
        (json!({ "email": MIRA, "password": GOOD }).to_string(), 422),
        (json!({ "email": MIRA, "password": GOOD, "device": device(), "role": "admin" }).to_string(), 422),
        (json!({ "email": MIRA, "password": [GOOD], "device": device() }).to_string(), 422),
        (json!({ "email": MIRA, "password": "x".repeat(1_025), "device": device() }).to_string(), 422),
        (json!({ "email": MIRA, "password": GOOD, "device": { "name": "\0", "platform": "ios" } }).to_string(), 422),
        ("{".to_owned(), 400),
        (String::new(), 400),
        ("x".repeat(10 * 1024 * 1024), 413),
    ] {
        let answer = stranger.from([203, 0, 113, 101]).send("POST", "/api/v1/tokens", "", body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{} for {}", answer.text(), &body[..body.len().min(120)]);
    }
    let sessions: i64 = sqlx::query_scalar("select count(*) from sessions").fetch_one(app.db()).await.unwrap();
    assert_eq!(sessions, 2);
}

#[sqlx::test]
async fn pw_10_browsers_sign_in_and_confirm_with_a_password_without_a_script(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/signin").await;
    assert!(page.text().contains("/signin/password"));
    browser.sign_in(&app, MIRA).await;
    let security = "/settings/security";
    assert!(browser.get(security).await.text().contains("Not set."));
    assert_eq!(browser.form_from(security, "set-password", &[("new_password", GOOD)]).await.location(), security);
    assert!(browser.get(security).await.text().contains("Set, last changed on 12 March."));

    let mut another = Browser::new(&app);
    let sign_in = |password| [("email", MIRA), ("password", password), ("next", "/settings/security")];
    let page = another.get("/signin/password?next=/settings/security").await;
    assert!(page.text().contains("current-password"), "{}", page.text());
    let wrong = another.form_from("/signin/password", "sign-in-by-password", &sign_in("not this one")).await;
    assert_eq!(wrong.status, StatusCode::FOUND);
    let carried = BASE64_URL_SAFE_NO_PAD.decode(another.cookie("__Host-aura-refused").unwrap()).unwrap();
    let carried = String::from_utf8(carried).unwrap();
    assert!(carried.contains("mira%40example.com") && !carried.contains("not+this+one"), "{carried}");
    let page = another.get(wrong.location()).await;
    assert!(page.text().contains("do not fit together") && page.text().contains(MIRA), "{}", page.text());
    assert!(!page.text().contains("not this one"), "the password is not brought back");
    let right = another.form_from("/signin/password", "sign-in-by-password", &sign_in(GOOD)).await;
    assert_eq!(right.location(), security);
    assert!(another.viewer().await.is_some());

    wait(&app, Duration::minutes(10));
    let removal = another.form_from(security, "remove-password", &[]).await;
    assert_eq!(removal.location(), "/settings/confirm?next=/settings/security");
    assert!(another.get(removal.location()).await.text().contains("Confirm with your password"));
    let proof = |password| [("password", password), ("next", security)];
    let wrong = another.form_from("/settings/confirm", "prove-password", &proof("not this one")).await;
    assert!(another.get(wrong.location()).await.text().contains("not your present password"));
    let before = another.cookie("__Host-aura");
    let right = another.form_from("/settings/confirm", "prove-password", &proof(GOOD)).await;
    assert_eq!(right.location(), security);
    assert_ne!(another.cookie("__Host-aura"), before, "a proof brings a new secret");
    let asked = another.get(security).await;
    let question = asked.dialog("remove-password");
    assert!(question.contains("Remove your password?") && question.contains("action=\"/api/identity/remove-password"));
    assert_eq!(asked.text().matches("/api/identity/remove-password").count(), 1, "only the answer removes it");
    assert_eq!(another.form_from(security, "remove-password", &[]).await.location(), security);
    assert!(kept(&app).await.is_empty());
}

#[sqlx::test]
async fn pw_11_undoing_a_change_of_address_takes_the_password_away(db: PgPool) {
    let app = TestApp::new(db).await;
    let thief = mira(&app).await;
    let changes = "/api/v1/users/me/email-changes";
    let wish = json!({ "email": "thief@example.com" });
    wait(&app, Duration::minutes(10));
    assert_eq!(refused(&thief.send("POST", changes, Some(&wish)).await), is(403, "prove_first"));
    let thief = Program::new(&app, thief.user).await;
    assert_eq!(thief.send("POST", changes, Some(&wish)).await.status, StatusCode::ACCEPTED);
    let code = newest_mail(&app, "thief@example.com").await.code();
    let confirm = format!("{changes}/confirm");
    let answer = thief.send("POST", &confirm, Some(&json!({ "code": other_than(&code) }))).await;
    assert_eq!(refused(&answer), is(422, "code_wrong"));
    let answer = thief.send("POST", &confirm, Some(&json!({ "code": code }))).await;
    assert_eq!((answer.status, answer.value()["email"].as_str()), (StatusCode::OK, Some("thief@example.com")));
    assert_eq!(refused(&thief.send("POST", &confirm, Some(&json!({ "code": code }))).await), is(410, "code_used"));
    assert_eq!(set(&thief, json!({ "new_password": GOOD })).await.status, StatusCode::NO_CONTENT);

    let undo = newest_mail(&app, MIRA).await.link_to("/undo-email");
    let token = undo.split_once("token=").unwrap().1.to_owned();
    let done = Browser::new(&app).form_from("/undo-email", "undo-email-change", &[("token", &token)]).await;
    assert_eq!(done.location(), "/undo-email?done=yes");
    assert!(!thief.is_signed_in().await);
    for (host, email) in [(1, MIRA), (2, "thief@example.com")] {
        assert_eq!(refused(&guess(&app, host, email, GOOD).await), is(401, "wrong_credentials"));
    }
}
