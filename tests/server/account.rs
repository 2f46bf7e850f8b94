//! What people decide about themselves.

use http::StatusCode;
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Browser, newest_mail, wait},
    support::TestApp,
};

const MIRA: &str = "mira@example.com";
const JSON: &str = "application/json";

#[sqlx::test]
async fn pe_06_settings_and_profile_ask_to_sign_in_and_lead_back(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    for path in ["/profile", "/settings", "/settings/security", "/settings/activity"] {
        let refused = browser.get(path).await;
        assert!(refused.status.is_redirection(), "{path}: {}", refused.status);
        assert_eq!(refused.location().replace("%2F", "/"), format!("/signin?next={path}"));
    }
    browser.sign_in(&app, MIRA).await;
    for path in ["/profile", "/settings"] {
        assert_eq!(browser.get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[sqlx::test]
async fn pe_07_a_person_sees_what_is_stored_about_their_account(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    wait(&app, Duration::hours(25));
    browser.sign_in(&app, MIRA).await;
    sqlx::query(
        "insert into identities (id, user_id, provider, issuer, subject, label, created_at, last_used_at)
         select id, id, 'github', 'https://github.com', '7', 'mira-okafor', created_at, created_at from users",
    )
    .execute(app.db())
    .await
    .unwrap();
    for path in ["/settings", "/profile"] {
        let page = browser.get(path).await;
        for told in [MIRA, "12 March 2026", "13 March 2026, 13:00", "GitHub", "mira-okafor", "/settings/security"] {
            assert!(page.text().contains(told), "{path} lacks {told}");
        }
    }
}

#[sqlx::test]
async fn a_name_is_changed_and_shown_everywhere(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    let saved = browser.post_form("/api/account/name", &[("display_name", "  Mira\u{202e}  <b>Okafor</b> ")]).await;
    assert_eq!((saved.status, saved.location()), (StatusCode::FOUND, "/settings?saved=name"));
    let page = browser.get("/settings?saved=name").await;
    assert!(page.text().contains("Mira &lt;b&gt;Okafor&lt;/b&gt;") && !page.text().contains("<b>Okafor"));
    assert!(page.text().contains("Your name is saved."));
    assert!(browser.viewer().await.unwrap().contains("Mira <b>Okafor</b>"));
    for (name, code) in [("", "name_empty"), ("\u{200b}\u{2067}", "name_empty"), (&*"x".repeat(101), "name_too_long")] {
        let refused = browser.post_from("/settings", "/api/account/name", &[("display_name", name)], JSON).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, code.into()));
    }
    // Without a script the sentence comes back with the page.
    let back = browser.post_from("/settings", "/api/account/name", &[("display_name", " ")], "text/html").await;
    let page = browser.get(back.location()).await;
    assert!(page.text().contains("A name has at least one letter or digit."));
}

#[sqlx::test]
async fn pe_08_the_chosen_look_stands_in_the_document_and_only_in_ones_own(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    assert!(!browser.get("/settings").await.text().contains("data-theme="));
    for theme in ["dark", "light"] {
        let saved = browser.post_form("/api/account/theme", &[("theme", theme)]).await;
        assert_eq!(saved.location(), "/settings?saved=theme");
        for path in ["/settings", "/chat", "/profile"] {
            let page = browser.get(path).await;
            assert!(page.text().contains(&format!("<html lang=\"en\" data-theme=\"{theme}\"")), "{path}");
        }
        for path in ["/", "/pricing"] {
            assert!(!browser.get(path).await.text().contains("data-theme="), "{path} is the same for everybody");
        }
    }
    browser.post_form("/api/account/theme", &[("theme", "system")]).await;
    assert!(!browser.get("/chat").await.text().contains("data-theme="));
    let refused = browser.post_from("/settings", "/api/account/theme", &[("theme", "\"><script>")], JSON).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "theme_unknown".into()));
    assert!(!Browser::new(&app).get("/signin").await.text().contains("data-theme="));
}

#[sqlx::test]
async fn pe_09_a_chosen_zone_stays_and_an_unchosen_one_follows_the_browser(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    assert!(browser.get("/settings").await.text().contains("<option value=\"Asia/Tokyo\""), "the list can be searched");
    let saved = browser.post_form("/api/account/time-zone", &[("time_zone", "Asia/Tokyo")]).await;
    assert_eq!(saved.location(), "/settings?saved=time-zone");
    assert!(browser.get("/settings").await.text().contains("12 March 2026, 21:00"), "moments are told in it");
    assert_eq!(sign_in_from(&app, "Europe/Berlin").await, "Asia/Tokyo");
    for zone in ["Mars/Olympus", "W. Europe Standard Time", "europe/berlin", "../etc/passwd", "UTC+2"] {
        wait(&app, Duration::seconds(10));
        let refused = browser.post_from("/settings", "/api/account/time-zone", &[("time_zone", zone)], JSON).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "time_zone_unknown".into()));
    }
    browser.post_form("/api/account/time-zone", &[("time_zone", "")]).await;
    assert_eq!(sign_in_from(&app, "Europe/Berlin").await, "Europe/Berlin");
}

/// Which zone the person has after signing in from a browser in this one.
async fn sign_in_from(app: &TestApp, zone: &str) -> String {
    wait(app, Duration::minutes(2));
    let mut browser = Browser::new(app);
    browser.form("start-sign-in", &[("email", MIRA), ("next", ""), ("time_zone", zone)]).await;
    browser.form("verify-code", &[("code", &newest_mail(app, MIRA).await.code())]).await;
    sqlx::query_scalar("select time_zone from users").fetch_one(app.db()).await.unwrap()
}

#[sqlx::test]
async fn pe_10_nobody_changes_what_is_somebody_elses(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mut mira, mut jonas) = (Browser::new(&app), Browser::new(&app));
    mira.sign_in(&app, MIRA).await;
    jonas.sign_in(&app, "jonas@example.com").await;
    let whole = [("display_name", "Jonas"), ("user", MIRA), ("role", "admin"), ("status", "active")];
    jonas.post_form("/api/account/name", &whole).await;
    assert!(mira.viewer().await.unwrap().contains("\"display_name\":\"mira\""));
    assert!(jonas.viewer().await.unwrap().contains("\"role\":\"member\""), "no field is taken that was not asked for");
    for address in ["name", "theme", "time-zone", "handle", "picture/remove"] {
        let address = format!("/api/account/{address}");
        let fields = [("display_name", "x"), ("theme", "dark"), ("time_zone", ""), ("handle", "somebody_x")];
        let refused = Browser::new(&app).post_from("/settings", &address, &fields, JSON).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{address}");
    }
}
