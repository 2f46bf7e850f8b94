//! Pages that need somebody to be signed in.

use http::StatusCode;
use sqlx::PgPool;

use crate::{browser::Browser, support::TestApp};

#[sqlx::test]
async fn si_11_guarded_pages_ask_to_sign_in_and_lead_back(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    for (path, sign_in) in [
        ("/chat", "/signin"),
        ("/chat/0192f0c1-0000-7000-8000-000000000000", "/signin?next=/chat/0192f0c1-0000-7000-8000-000000000000"),
        ("/connections", "/signin?next=/connections"),
        ("/connections?a=1&b=//evil.example", "/signin?next=/connections%3Fa%3D1%26b%3D%2F%2Fevil.example"),
    ] {
        let refused = browser.get(path).await;
        assert_eq!(refused.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(refused.location().replace("%2F", "/"), sign_in.replace("%2F", "/"), "{path}");
    }
    browser.sign_in(&app, "mira@example.com").await;
    for path in ["/chat", "/connections"] {
        assert_eq!(browser.get(path).await.status, StatusCode::OK, "{path}");
    }
    let again = browser.get("/signin?next=/connections").await;
    assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, "/connections"));
}

#[sqlx::test]
async fn programs_are_told_and_not_sent_elsewhere(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    let refused = browser.get_json("/chat").await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, "unauthenticated".into()));
    let refused = browser.json("sign-out-everywhere", &[]).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    // A made-up cookie is nobody.
    for value in ["x", &"A".repeat(43), &"A".repeat(3_000), "%00"] {
        browser.set_cookie("__Host-aura", value);
        assert_eq!(browser.get_json("/chat").await.status, StatusCode::UNAUTHORIZED, "{value}");
    }
}

#[sqlx::test]
async fn se_05_without_the_database_nobody_is_taken_for_signed_out(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    app.db().close().await;
    let page = browser.get("/connections").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(browser.get("/signin").await.status, StatusCode::OK, "what needs nobody is served");
}
