//! Programs that look into mail before its reader does. They open links, some render pages and press buttons, and none
//! has the browser that began the sign-in.

use http::{Request, StatusCode};
use sqlx::PgPool;
use time::Duration;
use tower::ServiceExt as _;

use crate::{
    browser::{Browser, Mail, dump, newest_mail, wait},
    support::TestApp,
};

const MIRA: &str = "mira@example.com";

async fn begun(app: &TestApp) -> (Browser, Mail) {
    let mut human = Browser::new(app);
    human.start(MIRA, "/connections").await;
    let mail = newest_mail(app, MIRA).await;
    (human, mail)
}

/// Everything that a scanner does with a link, short of writing.
async fn look_at(app: &TestApp, link: &str) {
    let mut scanner = Browser::new(app);
    assert_eq!(scanner.head(link).await.status, StatusCode::OK);
    for _ in 0..5 {
        let page = scanner.get(link).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains("type the six-digit code"), "the page of another browser says what to do");
        assert!(!page.text().contains("verify-link"), "the page of another browser has nothing to press");
    }
    let options = Request::options(link).header("origin", "https://scanner.example").body(String::new()).unwrap();
    let answer = app.router().oneshot(options.map(axum::body::Body::from)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(answer.headers().get("access-control-allow-origin").is_none());
    assert!(scanner.viewer().await.is_none());
}

#[sqlx::test]
async fn si_13_a_scanner_that_comes_first_changes_nothing_and_the_human_gets_in(db: PgPool) {
    let app = TestApp::new(db).await;
    for proof in ["link", "code"] {
        wait(&app, Duration::minutes(2));
        let (mut human, mail) = begun(&app).await;
        let before = dump(&app).await;
        look_at(&app, &mail.link()).await;
        assert_eq!(dump(&app).await, before, "looking at the link changed something");
        let done = match proof {
            "link" => human.form("verify-link", &[("token", &mail.token())]).await,
            _ => human.form("verify-code", &[("code", &mail.code())]).await,
        };
        assert_eq!((done.status, done.location()), (StatusCode::FOUND, "/connections"), "by the {proof}");
        assert!(human.viewer().await.unwrap().contains(MIRA));
    }
}

#[sqlx::test]
async fn si_14_a_scanner_that_presses_and_types_gets_no_session_and_spoils_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mut human, mail) = begun(&app).await;
    let mut scanner = Browser::new(&app);
    scanner.get(&mail.link()).await;
    for _ in 0..3 {
        // What the button would send, and what the mail says to type.
        let pressed = scanner.json("verify-link", &[("token", &mail.token())]).await;
        assert_eq!((pressed.status, pressed.code()), (StatusCode::FORBIDDEN, "other_browser".into()));
        let typed = scanner.json("verify-code", &[("code", &mail.code())]).await;
        assert_eq!((typed.status, typed.code()), (StatusCode::GONE, "sign_in_not_begun".into()));
    }
    // One that begins a sign-in of its own has another ceremony, to which this mail means nothing.
    scanner.start("scanner@example.com", "").await;
    assert_eq!(scanner.json("verify-link", &[("token", &mail.token())]).await.code(), "other_browser");
    assert_eq!(scanner.json("verify-code", &[("code", &mail.code())]).await.code(), "code_wrong");
    assert!(scanner.viewer().await.is_none());

    // Both come from one address here, and so much in ten seconds is too much for one.
    wait(&app, Duration::seconds(10));
    let done = human.form("verify-link", &[("token", &mail.token())]).await;
    assert_eq!(done.location(), "/connections");
    assert!(human.viewer().await.unwrap().contains(MIRA));
    assert!(scanner.viewer().await.is_none());
}

#[sqlx::test]
async fn si_16_known_and_unknown_accounts_are_answered_alike_at_every_step(db: PgPool) {
    let app = TestApp::new(db).await;
    // Both are shown as m••a@example.com, and only the first has an account.
    Browser::new(&app).sign_in(&app, MIRA).await;
    let mut seen = Vec::new();
    for address in [MIRA, "mona@example.com"] {
        wait(&app, Duration::minutes(2));
        let mut browser = Browser::new(&app);
        let mut steps = vec![told(&browser.start(address, "").await)];
        let code = newest_mail(&app, address).await.code();
        steps.push(told(&browser.get("/verify-email").await));
        steps.push(told(&browser.json("resend", &[]).await));
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..3 {
            steps.push(told(&browser.json("verify-code", &[("code", wrong)]).await));
        }
        wait(&app, Duration::seconds(31));
        steps.push(told(&browser.json("resend", &[]).await));
        steps.push(told(&browser.form("verify-code", &[("code", wrong)]).await));
        steps.push(told(&browser.get(&newest_mail(&app, address).await.link()).await));
        seen.push(steps);
    }
    for (step, (known, unknown)) in seen[0].iter().zip(&seen[1]).enumerate() {
        assert_eq!(known, unknown, "step {step}");
    }
}

/// All that an answer tells, without what is drawn anew for each.
fn told(answer: &crate::browser::Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let policy = answer.header("content-security-policy");
    let nonce =
        policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("no nonce").to_owned();
    let token = answer.text().split("name=\"token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let (nonce, token) = (nonce.as_str(), token.unwrap_or("no token"));
    let plain = |text: &str| text.replace(nonce, "NONCE").replace(token, "TOKEN");
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id").map(|(name, value)| {
        let value = value.to_str().unwrap();
        let value = if name == "set-cookie" {
            let (pair, rest) = value.split_once(';').unwrap();
            format!("{}={};{rest}", pair.split('=').next().unwrap(), pair.len())
        } else {
            plain(value)
        };
        (name.to_string(), value)
    });
    (answer.status, headers.collect(), plain(answer.text()))
}
