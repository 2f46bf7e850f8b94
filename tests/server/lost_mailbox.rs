//! Another address for somebody who cannot open the mailbox of their account.

use http::StatusCode;
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Answer, Browser, dump, mails_to, newest_mail, wait},
    program::{Program, person_at},
    support::TestApp,
    users::operator,
};

const MIRA: &str = "mira@example.com";
const NEW: &str = "mira@elsewhere.example";
const OLGA: &str = "olga@example.com";
const PAGE: &str = "/lost-mailbox";

async fn start(browser: &mut Browser, account: &str, new: &str) -> Answer {
    let fields = [("email", account), ("new_email", new), ("reason", "My employer closed it")];
    browser.form_from(PAGE, "start-lost-mailbox", &fields).await
}

/// Asks, and proves the new address.
async fn ask(app: &TestApp, account: &str, new: &str) -> (Answer, Answer) {
    wait(app, Duration::seconds(30));
    let mut browser = Browser::new(app);
    let begun = start(&mut browser, account, new).await;
    let request = begun.location().split_once("request=").unwrap_or_else(|| panic!("{}", begun.text())).1.to_owned();
    let code = newest_mail(app, new).await.code();
    let fields = [("request", request.as_str()), ("code", code.as_str())];
    let done = browser.form_from(begun.location(), "finish-lost-mailbox", &fields).await;
    wait(app, Duration::milliseconds(1));
    (begun, done)
}

async fn waiting(app: &TestApp) -> i64 {
    let waiting = "select count(*) from mailbox_recoveries where state = 'waiting'";
    sqlx::query_scalar(waiting).fetch_one(app.db()).await.unwrap()
}

async fn only(app: &TestApp) -> String {
    sqlx::query_scalar("select id::text from mailbox_recoveries order by created_at desc limit 1")
        .fetch_one(app.db())
        .await
        .unwrap()
}

async fn desk(app: &TestApp) -> Browser {
    wait(app, Duration::seconds(30));
    let mut desk = Browser::new(app);
    desk.sign_in(app, OLGA).await;
    desk
}

async fn decide(desk: &mut Browser, id: &str, decision: &str) -> Answer {
    let fields = [("id", id), ("because", "papers were seen"), ("decision", decision)];
    desk.json_at("/api/admin/decide-recovery", &fields).await
}

#[sqlx::test]
async fn us_07_whoever_asks_learns_nothing_of_accounts_and_the_new_address_is_proved_first(db: PgPool) {
    let app = TestApp::new(db).await;
    person_at(&app, MIRA).await;
    person_at(&app, OLGA).await;
    let letters = mails_to(&app, MIRA).await;
    let (known, known_done) = ask(&app, MIRA, NEW).await;
    let (unknown, unknown_done) = ask(&app, "nobody@example.com", "else@elsewhere.example").await;
    assert_eq!((known.status, known_done.location()), (StatusCode::FOUND, "/lost-mailbox?sent=yes"));
    for (one, two) in [(&known, &unknown), (&known_done, &unknown_done)] {
        assert_eq!((one.status, one.header_names(), one.text()), (two.status, two.header_names(), two.text()));
    }
    assert_eq!(known.location().len(), unknown.location().len());
    assert_eq!((mails_to(&app, MIRA).await, mails_to(&app, "nobody@example.com").await), (letters + 1, 0));
    assert_eq!(waiting(&app).await, 1);

    // A new address that is somebody's gets a letter without a code, and the asker the same answer.
    wait(&app, Duration::seconds(30));
    let taken = start(&mut Browser::new(&app), MIRA, OLGA).await;
    assert_eq!((taken.status, taken.location().len()), (known.status, known.location().len()));
    assert!(newest_mail(&app, OLGA).await.0.subject.contains("belongs to an Aura account"));

    // Wrong codes, foreign requests, addresses that are none.
    let mut browser = Browser::new(&app);
    for (fields, code) in [
        ([("email", "x"), ("new_email", NEW), ("reason", "r")], "email_invalid"),
        ([("email", MIRA), ("new_email", "x"), ("reason", "r")], "email_invalid"),
        ([("email", MIRA), ("new_email", MIRA), ("reason", "r")], "address_same"),
        ([("email", MIRA), ("new_email", NEW), ("reason", " \n")], "reason_missing"),
    ] {
        assert_eq!(browser.json("start-lost-mailbox", &fields).await.code(), code);
    }
    wait(&app, Duration::minutes(2));
    let begun = start(&mut browser, MIRA, "third@elsewhere.example").await;
    let request = begun.location().split_once("request=").unwrap().1.to_owned();
    for (request, code, refused) in [
        (request.as_str(), "12345", "code_invalid"),
        ("0192f0c1-0000-7000-8000-000000000000", "123456", "verification_unknown"),
        ("nonsense", "123456", "code_not_asked"),
    ] {
        let answer = browser.json("finish-lost-mailbox", &[("request", request), ("code", code)]).await;
        assert_eq!(answer.code(), refused);
    }
    let right = newest_mail(&app, "third@elsewhere.example").await.code();
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        wait(&app, Duration::seconds(20));
        browser.json("finish-lost-mailbox", &[("request", &request), ("code", wrong)]).await;
    }
    wait(&app, Duration::seconds(20));
    let dead = browser.json("finish-lost-mailbox", &[("request", &request), ("code", &right)]).await;
    assert_eq!(dead.code(), "code_dead");
    assert_eq!(waiting(&app).await, 1);
    // One account is asked for three times a day, and nobody learns by that whether it is there.
    for account in [MIRA, "nobody@example.com"] {
        for round in 0..2 {
            assert_eq!(ask(&app, account, &format!("{round}{account}")).await.1.location(), "/lost-mailbox?sent=yes");
        }
        let (_, fourth) = ask(&app, account, &format!("4{account}")).await;
        assert!(fourth.location().contains("/lost-mailbox?request="), "{account}: {}", fourth.location());
    }
}

#[sqlx::test]
async fn us_08_the_old_mailbox_a_sign_in_or_anybody_signed_in_stops_it(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, mut mira) = person_at(&app, MIRA).await;

    // By the letter; opening the link changes nothing.
    ask(&app, MIRA, NEW).await;
    let letter = newest_mail(&app, MIRA).await;
    let link = letter.link_to("/stop-recovery");
    let before = dump(&app).await;
    let mut anybody = Browser::new(&app);
    let page = anybody.get(&link).await;
    assert!(page.status == StatusCode::OK && page.text().contains("Stop it"), "{}", page.text());
    assert!(!page.text().contains(NEW), "most letters of the new address are hidden");
    anybody.head(&link).await;
    assert_eq!(dump(&app).await, before);
    let token = link.split_once("token=").unwrap().1;
    wait(&app, Duration::milliseconds(1));
    let stopped = anybody.form_from(&link, "stop-recovery", &[("token", token)]).await;
    assert_eq!((stopped.location(), waiting(&app).await), ("/stop-recovery?done=yes", 0));
    assert!(newest_mail(&app, NEW).await.0.text.contains("Nothing was changed"));
    assert_eq!(anybody.json("stop-recovery", &[("token", token)]).await.code(), "nothing_to_stop");
    assert!(anybody.get(&link).await.text().contains("Nothing waits here"));

    // From a session, whose pages all say so.
    ask(&app, MIRA, NEW).await;
    for page in ["/chat", "/settings", "/connections"] {
        assert!(mira.get(page).await.text().contains("cannot open your mailbox"), "{page}");
    }
    mira.form_from("/chat", "stop-own-recovery", &[]).await;
    assert_eq!(waiting(&app).await, 0);
    assert!(!mira.get("/chat").await.text().contains("cannot open your mailbox"));

    // By signing in, with a browser or a program.
    ask(&app, MIRA, NEW).await;
    wait(&app, Duration::seconds(30));
    Browser::new(&app).sign_in(&app, MIRA).await;
    assert_eq!(waiting(&app).await, 0);
    wait(&app, Duration::days(1));
    ask(&app, MIRA, NEW).await;
    Program::new(&app, user).await;
    assert_eq!(waiting(&app).await, 0);
    let kinds: Vec<String> =
        sqlx::query_scalar("select kind from audit_events where subject = $1 and kind like 'mailbox%' order by id")
            .bind(user.to_string())
            .fetch_all(app.db())
            .await
            .unwrap();
    assert_eq!(kinds, ["mailbox_recovery_asked", "mailbox_recovery_stopped"].repeat(4));
}

#[sqlx::test]
async fn us_09_after_a_week_an_operator_gives_the_new_address_and_nothing_else_is_taken(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, mut mira) = person_at(&app, MIRA).await;
    let phone = Program::new(&app, user).await;
    app.identity().take_handle(user, "mira_o").await.unwrap();
    operator(&app, OLGA).await;
    ask(&app, MIRA, NEW).await;
    let id = only(&app).await;

    let mut early = desk(&app).await;
    let page = early.get("/admin/recoveries").await;
    for told in [MIRA, NEW, "My employer closed it", "Waits until", "Last signed in"] {
        assert!(page.text().contains(told), "{told}: {}", page.text());
    }
    assert!(!page.text().contains("Give it the new address"));
    let refused = decide(&mut early, &id, "approve").await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "recovery_waits"));
    assert_eq!(decide(&mut mira, &id, "approve").await.status, StatusCode::NOT_FOUND);
    wait(&app, Duration::days(7) - Duration::minutes(2));
    assert_eq!(decide(&mut desk(&app).await, &id, "approve").await.code(), "recovery_waits");

    wait(&app, Duration::minutes(2));
    let mut olga = desk(&app).await;
    assert!(olga.get("/admin/recoveries").await.text().contains("Give it the new address"));
    let nothing = olga.json_at("/api/admin/decide-recovery", &[("id", &id), ("decision", "approve")]).await;
    assert_eq!(nothing.code(), "reason_missing");
    let done = decide(&mut olga, &id, "approve").await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    assert_eq!((mira.viewer().await, phone.asks().await.0), (None, StatusCode::UNAUTHORIZED));
    for address in [MIRA, NEW] {
        let letter = newest_mail(&app, address).await;
        assert!(letter.0.subject.contains("another address") && !letter.0.text.contains("undo"), "{address}");
    }
    wait(&app, Duration::seconds(30));
    let mut back = Browser::new(&app);
    back.sign_in(&app, NEW).await;
    assert!(back.viewer().await.unwrap().contains(&user.to_string()));
    assert_eq!(app.identity().handle(user).await.unwrap().as_deref(), Some("mira_o"));
    // The old mailbox opens another account from now on.
    wait(&app, Duration::seconds(30));
    let mut old = Browser::new(&app);
    old.sign_in(&app, MIRA).await;
    assert!(!old.viewer().await.unwrap().contains(&user.to_string()));
    assert_eq!(decide(&mut olga, &id, "refuse").await.code(), "recovery_settled");
    let actor: Option<String> =
        sqlx::query_scalar("select actor from audit_events where kind = 'mailbox_recovery_approved'")
            .fetch_one(app.db())
            .await
            .unwrap();
    assert!(actor.is_some());
    wait(&app, Duration::days(91));
    app.identity().purge().await.unwrap();
    assert_eq!(
        sqlx::query_scalar::<_, i64>("select count(*) from mailbox_recoveries").fetch_one(app.db()).await.unwrap(),
        0
    );
}

#[sqlx::test]
async fn us_10_an_operator_may_refuse_and_an_address_that_was_taken_meanwhile_is_not_given(db: PgPool) {
    let app = TestApp::new(db).await;
    person_at(&app, MIRA).await;
    operator(&app, OLGA).await;
    ask(&app, MIRA, NEW).await;
    ask(&app, MIRA, "second@elsewhere.example").await;
    let id = only(&app).await;
    let refused = decide(&mut desk(&app).await, &id, "refuse").await;
    assert_eq!((refused.status, waiting(&app).await), (StatusCode::OK, 1));
    assert!(newest_mail(&app, "second@elsewhere.example").await.0.text.contains("Nothing was changed"));
    let id: String = sqlx::query_scalar("select id::text from mailbox_recoveries where state = 'waiting'")
        .fetch_one(app.db())
        .await
        .unwrap();
    wait(&app, Duration::days(7));
    Browser::new(&app).sign_in(&app, NEW).await;
    assert_eq!(decide(&mut desk(&app).await, &id, "approve").await.code(), "address_taken");
    assert_eq!(waiting(&app).await, 1);
}
