//! The pages in front of the app: what they load, and how a refused form comes back to them.

use aura::{
    app::GATE,
    error::{AppError, ErrorKind},
};
use base64::{
    Engine as _,
    prelude::{BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD},
};
use http::StatusCode;
use sqlx::PgPool;

use crate::{
    browser::{Answer, Browser, newest_mail},
    support::TestApp,
};

const REFUSED: &str = "__Host-aura-refused";
const MIRA: &str = "mira@example.com";
const WRONG: &str = "It looks like name@example.com";

/// Opens where an answer leads.
async fn follow(browser: &mut Browser, answer: &Answer) -> Answer {
    let address = answer.location().to_owned();
    browser.get(&address).await
}

/// What the cookie of a refusal holds.
fn opened(cookie: &str) -> String {
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cookie).unwrap()).unwrap()
}

async fn start(browser: &mut Browser, page: &str, email: &str) -> Answer {
    browser.form_from(page, "start-sign-in", &[("email", email), ("next", ""), ("time_zone", "")]).await
}

/// An address that tries to put words of its own onto the page of this form.
fn forged(page: &str, verb: &str) -> String {
    let error = AppError::new(ErrorKind::Invalid, "evil", "Call 0900-EVIL to get in.");
    let error = BASE64_URL_SAFE.encode(serde_json::to_string(&error).unwrap());
    let mark = if page.contains('?') { '&' } else { '?' };
    format!("{page}{mark}__path=%2Fapi%2Fidentity%2F{verb}&__err={error}")
}

#[sqlx::test]
async fn gp_01_pages_in_front_of_the_app_load_one_script_and_no_webassembly(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut member = Browser::new(&app);
    member.sign_in(&app, MIRA).await;
    let mut stranger = Browser::new(&app);
    stranger.start("jonas@example.com", "").await;
    for path in GATE {
        let browser = if path.starts_with("/settings") { &mut member } else { &mut stranger };
        let page = browser.get(path).await;
        // These are about a link, and without one they say that there is nothing.
        let status = match *path {
            "/confirm-email" => StatusCode::GONE,
            "/team/join" => StatusCode::NOT_FOUND,
            _ => StatusCode::OK,
        };
        assert_eq!(page.status, status, "{path}: {}", page.location());
        let text = page.text();
        assert!(!text.contains("Nothing is here") && text.contains("<h1"), "{path} has its page");
        assert!(!text.contains("wasm") && !text.contains("/pkg/aura.js"), "{path}: {text}");
        assert_eq!(text.matches("<script").count(), 1, "{path}: {text}");
        let script = text.split("<script src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let loaded = browser.get(&script).await;
        assert_eq!(loaded.headers["content-type"], "text/javascript; charset=utf-8");
        assert_eq!(loaded.headers["cache-control"], "public, max-age=31536000, immutable");
        assert!(loaded.text().contains("dataset.ready"));
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self';"), "{path}: {policy}");
        assert_eq!(page.headers["cache-control"], "no-store", "{path}");
    }
    assert_eq!(member.get("/gate.js?v=another").await.headers["cache-control"], "no-cache");
    let app_page = member.get("/settings/security").await;
    assert!(app_page.text().contains("wasm") && !app_page.text().contains("/gate.js"));
    assert!(app_page.text().contains("href=\"/settings/wallet\" rel=\"external\""));
    assert_eq!(Browser::new(&app).get("/settings/wallet").await.location(), "/signin?next=/settings/wallet");
}

#[sqlx::test]
async fn gp_02_nobody_puts_words_onto_a_page_by_an_address(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut stranger = Browser::new(&app);
    let mut member = Browser::new(&app);
    member.sign_in(&app, MIRA).await;
    let pages = [("/signin?next=/connections", "start-sign-in"), ("/settings/security", "start-email-change")];
    for (browser, (page, verb)) in [&mut stranger, &mut member].into_iter().zip(pages) {
        let sent_away = browser.get(&forged(page, verb)).await;
        assert_eq!((sent_away.status, sent_away.location()), (StatusCode::SEE_OTHER, page));
        let shown = browser.get(page).await;
        assert!(shown.status == StatusCode::OK && !shown.text().contains("EVIL"), "{}", shown.text());
        for half in ["__err=e30", "%5f_path=x", "__path"] {
            let mark = if page.contains('?') { '&' } else { '?' };
            assert_eq!(browser.get(&format!("{page}{mark}{half}")).await.location(), page, "{half}");
        }
    }
    // Nor by the page that a form says it was sent from.
    let page = forged("/signin?next=/connections", "start-sign-in");
    let refused = start(&mut stranger, &page, "mira").await;
    assert_eq!(refused.location(), "http://localhost:3000/signin?next=/connections");
    let shown = follow(&mut stranger, &refused).await;
    assert!(shown.text().contains(WRONG) && !shown.text().contains("EVIL"), "{}", shown.text());
    let begun = start(&mut stranger, &page, "jonas@example.com").await;
    assert_eq!((begun.location(), begun.set_cookie(REFUSED).as_str()), ("/verify-email", ""));
}

#[sqlx::test]
async fn gp_03_a_refused_form_keeps_what_was_typed_and_its_address_clean(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    let refused = start(&mut browser, "/signin?next=/connections", "mira\"@<b>").await;
    assert_eq!(refused.status, StatusCode::FOUND);
    assert_eq!(refused.location(), "http://localhost:3000/signin?next=/connections");
    assert!(!refused.header_names().contains(&"aura-typed".to_owned()));
    let cookie = refused.set_cookie(REFUSED);
    for part in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=60"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    // Another page leaves it where it is; its own shows it once.
    let other = browser.get("/verify-email").await;
    assert!(!other.text().contains(WRONG) && browser.cookie(REFUSED).is_some());
    let shown = follow(&mut browser, &refused).await;
    assert!(shown.text().contains(WRONG), "{}", shown.text());
    assert!(shown.text().contains("value=\"mira&quot;@&lt;b&gt;\""), "{}", shown.text());
    assert!(shown.text().contains("autofocus") && shown.text().contains("aria-invalid=\"true\""));
    assert_eq!(browser.cookie(REFUSED), None);
    let again = follow(&mut browser, &refused).await;
    assert!(!again.text().contains(WRONG) && !again.text().contains("mira") && !again.text().contains("autofocus"));
    // Programs are answered, and given nothing to keep.
    let told = browser.start_json("mira").await;
    assert_eq!((told.status, told.set_cookie(REFUSED).as_str()), (StatusCode::UNPROCESSABLE_ENTITY, ""));
    assert!(!told.header_names().contains(&"aura-typed".to_owned()));
}

#[sqlx::test]
async fn gp_04_codes_and_links_are_not_kept_with_a_refusal(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.start(MIRA, "").await;
    let mail = newest_mail(&app, MIRA).await;
    let wrong = if mail.code() == "314159" { "271828" } else { "314159" };
    let refused = browser.form("verify-code", &[("code", wrong)]).await;
    assert_eq!(refused.location(), "http://localhost:3000/verify-email");
    let kept = opened(&browser.cookie(REFUSED).unwrap());
    assert!(kept.contains("verify-code") && !kept.contains(wrong), "{kept}");
    let shown = follow(&mut browser, &refused).await;
    assert!(shown.text().contains("autofocus") && !shown.text().contains(wrong), "{}", shown.text());
    let refused = Browser::new(&app).form("verify-link", &[("token", &mail.token())]).await;
    let cookie = refused.set_cookie(REFUSED);
    let value = cookie.split(['=', ';']).nth(1).unwrap();
    assert!(!opened(value).contains(&mail.token()));
}

#[sqlx::test]
async fn gp_05_a_form_of_the_app_that_was_refused_without_a_script_says_why(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    let refused = browser.form_from("/settings/security", "start-email-change", &[("email", "mira")]).await;
    assert_eq!(refused.location(), "http://localhost:3000/settings/security");
    let shown = follow(&mut browser, &refused).await;
    // Once for the person, and once for the code that takes the page over.
    assert!(shown.text().matches(WRONG).count() == 1, "{}", shown.text());
    assert!(shown.text().contains("/api/identity/start-email-change\\\","), "{}", shown.text());
    assert!(!follow(&mut browser, &refused).await.text().contains(WRONG));
}

#[sqlx::test]
async fn a_form_that_was_sent_too_often_comes_back_with_the_seconds_to_wait(db: PgPool) {
    let app = TestApp::with(db, &[("RATE_LIMIT", "100/10s"), ("LIMIT_STORE_TIMEOUT", "20000")]).await;
    let mut browser = Browser::new(&app);
    for number in 0..10 {
        assert_eq!(start(&mut browser, "/signin", &format!("p{number}@example.com")).await.location(), "/verify-email");
    }
    let stopped = start(&mut browser, "/signin", MIRA).await;
    assert_eq!(stopped.location(), "http://localhost:3000/signin");
    let shown = follow(&mut browser, &stopped).await;
    for part in ["data-seconds=\"", " seconds left.", "value=\"mira@example.com\""] {
        assert!(shown.text().contains(part), "{}", shown.text());
    }
}
