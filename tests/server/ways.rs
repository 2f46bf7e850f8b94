//! Signing in with an account at a service.

use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use url::Url;
use wiremock::ResponseTemplate;

use crate::{
    browser::{Browser, dump, mails_to, wait},
    google::{Google, back, leave},
    support::{Logs, TestApp},
    vendor::{GITHUB_TOKEN, Vendor, count, fields, parameter, state_of},
};

const SPOTIFY_TOKEN: &str = "/accounts.spotify.com/api/token";
const SPOTIFY_ME: &str = "/api.spotify.com/v1/me";

/// A Spotify that lets Mira in, without an address.
async fn spotify(vendor: &Vendor) {
    let reply = json!({ "access_token": "canary-spotify-access", "refresh_token": "canary-spotify-refresh",
        "expires_in": 3600, "scope": "user-read-email user-top-read user-read-recently-played" });
    vendor.json("POST", SPOTIFY_TOKEN, reply).await;
    vendor.json("GET", SPOTIFY_ME, json!({ "id": "mira-okafor", "display_name": "Mira" })).await;
}

async fn sign_in(browser: &mut Browser, provider: &str) -> crate::browser::Answer {
    let consent = leave(browser, &format!("/api/auth/signin/{provider}")).await;
    browser.get(&back(provider, &consent)).await
}

#[sqlx::test]
async fn wy_01_google_signs_in_and_finds_the_same_person_again(db: PgPool) {
    let google = Google::start().await;
    let app = google.app(db).await;
    let mut browser = Browser::new(&app);
    let consent = leave(&mut browser, "/api/auth/signin/google?next=/connections").await;
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "client-of-google"),
        ("redirect_uri", "http://localhost:3000/api/auth/callback/google"),
        ("scope", "openid email profile"),
        ("code_challenge_method", "S256"),
        ("prompt", "select_account"),
    ] {
        assert_eq!(parameter(&consent, name).as_deref(), Some(value), "{consent}");
    }
    assert_eq!(parameter(&consent, "access_type"), None, "no refresh token is asked for");
    let arrived = google.comes_back(&app, &mut browser, &consent, json!({})).await;
    assert_eq!((arrived.status, arrived.location()), (StatusCode::SEE_OTHER, "/connections"), "{}", arrived.text());
    assert_eq!((arrived.header("referrer-policy"), arrived.header("cache-control")), ("no-referrer", "no-store"));
    let viewer = browser.viewer().await.unwrap();
    assert!(viewer.contains("Mira Okafor") && viewer.contains("mira@gmail.com"), "{viewer}");
    assert_eq!(mails_to(&app, "mira@gmail.com").await, 1, "a welcome");
    assert_eq!(count(&app, "connections").await, 0, "Google is a way in and no connection");

    // With another address and another name it is the same account: only the subject counts.
    let mut second = Browser::new(&app);
    google.sign_in(&app, &mut second, json!({ "email": "new@gmail.com", "name": "M." })).await;
    assert!(second.viewer().await.unwrap().contains("mira@gmail.com"));
    assert_eq!((count(&app, "users").await, count(&app, "identities").await), (1, 1));
    let method: String = sqlx::query_scalar("select method from sessions limit 1").fetch_one(app.db()).await.unwrap();
    assert_eq!(method, "google");
}

#[sqlx::test]
async fn wy_02_each_way_asks_for_exactly_its_scopes(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    for (provider, scopes) in [
        ("google", "openid email profile"),
        ("github", "read:user"),
        ("spotify", "user-read-email user-top-read user-read-recently-played"),
    ] {
        let consent = leave(&mut browser, &format!("/api/auth/signin/{provider}")).await;
        assert_eq!(parameter(&consent, "scope").as_deref(), Some(scopes));
        assert!(parameter(&consent, "code_challenge").is_some(), "{provider}");
        assert_eq!(parameter(&consent, "nonce").is_some(), provider == "google");
    }
}

#[sqlx::test]
async fn wy_03_spotify_signs_in_without_an_address_and_stores_the_connection(db: PgPool) {
    let (logs, _listening) = Logs::listen();
    let vendor = Vendor::start().await;
    spotify(&vendor).await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    let arrived = sign_in(&mut browser, "spotify").await;
    assert_eq!((arrived.status, arrived.location()), (StatusCode::SEE_OTHER, "/chat"), "{}", arrived.text());
    let viewer: Value = serde_json::from_str(&browser.viewer().await.unwrap()).unwrap();
    assert_eq!((viewer["display_name"].as_str(), viewer["email"].as_str()), (Some("Mira"), None));
    assert_eq!(count(&app, "user_emails").await, 0);
    let user = sqlx::query_scalar::<_, uuid::Uuid>("select id from users").fetch_one(app.db()).await.unwrap().into();
    let connections = app.state().integrations.connections(user).await.unwrap();
    assert_eq!((connections.len(), connections[0].provider.as_str()), (1, "spotify"));
    assert_eq!(connections[0].state, aura::integrations::model::ConnectionState::Active);
    assert!(app.state().integrations.tools(user).await.unwrap().len() >= 2, "its tools work at once");
    // Its tokens open for this person's row.
    vendor.json("GET", "/api.spotify.com/v1/me/top/tracks", json!({ "items": [] })).await;
    let asked = crate::vendor::ask(&app, user, connections[0].id, "spotify__top_tracks", json!({})).await.unwrap();
    assert!(asked.items.is_empty());
    let sent = &vendor.asked("/api.spotify.com/v1/me/top/tracks").await[0];
    assert_eq!(sent.headers["authorization"].to_str().unwrap(), "Bearer canary-spotify-access");

    // Again: the same person, the same connection.
    sign_in(&mut Browser::new(&app), "spotify").await;
    let tables = ["users", "identities", "connections"];
    for table in tables {
        assert_eq!(count(&app, table).await, 1, "{table}");
    }
    let (tables, log) = (dump(&app).await, logs.text());
    for secret in ["canary-spotify", "the-code"] {
        assert!(!tables.contains(secret) && !log.contains(secret), "{secret}");
    }
}

/// Tells whether anything at all came of a sign-in.
async fn traces(app: &TestApp) -> Vec<(&'static str, i64)> {
    let mut found = Vec::new();
    for table in ["users", "user_emails", "sessions", "identities", "connections", "connection_events", "mails"] {
        found.push((table, count(app, table).await));
    }
    found.retain(|(_, rows)| *rows > 0);
    found
}

#[sqlx::test]
async fn wy_04_session_and_connection_exist_together_or_not_at_all(db: PgPool) {
    let vendor = Vendor::start().await;
    spotify(&vendor).await;
    let app = vendor.app(db).await;
    for statement in [
        "create function fail() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$",
        "create trigger no_connection before insert on connections for each row execute function fail()",
    ] {
        sqlx::query(statement).execute(app.db()).await.unwrap();
    }
    let mut browser = Browser::new(&app);
    let failed = sign_in(&mut browser, "spotify").await;
    assert!(failed.status.is_server_error(), "{}", failed.status);
    assert!(failed.set_cookie("__Host-aura").is_empty());
    assert_eq!(traces(&app).await, []);

    // The other way round: the session fails, at the last moment.
    for statement in [
        "drop trigger no_connection on connections",
        "create constraint trigger no_session after insert on sessions deferrable initially deferred
             for each row execute function fail()",
    ] {
        sqlx::query(statement).execute(app.db()).await.unwrap();
    }
    let failed = sign_in(&mut browser, "spotify").await;
    assert!(failed.status.is_server_error(), "{}", failed.status);
    assert_eq!(traces(&app).await, []);

    // Without the fault it works, so that the test has shown something.
    sqlx::query("drop trigger no_session on sessions").execute(app.db()).await.unwrap();
    assert_eq!(sign_in(&mut browser, "spotify").await.location(), "/chat");
    assert_eq!((count(&app, "sessions").await, count(&app, "connections").await), (1, 1));
}

#[sqlx::test]
async fn a_service_that_does_not_say_who_it_is_lets_nobody_in(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(401).set_body_json(json!({ "error": { "status": 401 } })),
        ResponseTemplate::new(200).set_body_string("<html>hello</html>"),
        ResponseTemplate::new(200).set_body_json(json!({ "display_name": "Mira" })),
        ResponseTemplate::new(200).set_body_json(json!({ "id": "", "display_name": "Mira" })),
        ResponseTemplate::new(200).set_body_json(json!({ "id": "x".repeat(300) })),
    ] {
        wait(&app, Duration::seconds(10));
        vendor.server.reset().await;
        vendor.json("POST", SPOTIFY_TOKEN, json!({ "access_token": "a" })).await;
        vendor.answers("GET", SPOTIFY_ME, answer).await;
        let refused = sign_in(&mut browser, "spotify").await;
        assert_eq!(refused.status, StatusCode::BAD_GATEWAY, "{}", refused.text());
    }
    assert_eq!(traces(&app).await, []);
}

#[sqlx::test]
async fn github_signs_in_and_its_address_is_not_read(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.json("POST", GITHUB_TOKEN, json!({ "access_token": "canary-github", "scope": "read:user" })).await;
    let me = json!({ "id": 7, "login": "mira-okafor", "name": "Mira Okafor", "email": "mira@example.com" });
    vendor.json("GET", "/api.github.com/user", me).await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    assert_eq!(sign_in(&mut browser, "github").await.location(), "/chat");
    assert!(browser.viewer().await.unwrap().contains("Mira Okafor"));
    assert_eq!((count(&app, "user_emails").await, count(&app, "connections").await), (0, 0));
    assert!(!dump(&app).await.contains("mira@example.com"));
    let request = &vendor.asked(GITHUB_TOKEN).await[0];
    assert_eq!(fields(request)["redirect_uri"], "http://localhost:3000/api/auth/callback/github");
}

#[sqlx::test]
async fn wy_05_only_ways_that_are_set_up_show(db: PgPool) {
    let app = TestApp::with(db, &[("SPOTIFY_CLIENT_ID", "a"), ("SPOTIFY_CLIENT_SECRET", "b")]).await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/signin?next=/connections").await;
    assert!(page.text().contains("/api/auth/signin/spotify?next=/connections"), "{}", page.text());
    assert!(!page.text().contains("/api/auth/signin/google") && !page.text().contains("/api/auth/signin/github"));
    for (id, variable) in [("google", "GOOGLE"), ("github", "GITHUB")] {
        for place in ["signin", "callback"] {
            let refused = browser.get_json(&format!("/api/auth/{place}/{id}?code=c&state=s")).await;
            assert_eq!((refused.status, refused.code().as_str()), (StatusCode::NOT_IMPLEMENTED, "service_not_set_up"));
            for name in [format!("{variable}_CLIENT_ID"), format!("{variable}_CLIENT_SECRET")] {
                assert!(refused.text().contains(&name), "{}", refused.text());
            }
        }
    }
    // Unknown ways, and services that let nobody in.
    for id in ["nothing", "slack", "sendgrid", "google-calendar", "..", "%00"] {
        for place in ["signin", "callback"] {
            let refused = browser.get_json(&format!("/api/auth/{place}/{id}")).await;
            assert_eq!(refused.status, StatusCode::NOT_FOUND, "{place} {id}: {}", refused.text());
        }
    }
    // What only lets people in is no service to connect.
    assert!(app.state().integrations.services().iter().all(|service| service.id != "google"));
    browser.sign_in(&app, "mira@example.com").await;
    assert_eq!(browser.click("/api/integrations/google").await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test]
async fn wy_06_a_sign_in_from_elsewhere_is_asked_about_first(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    for site in ["cross-site", "same-site"] {
        let page = browser.come_from(site, "/api/auth/signin/google?next=/connections").await;
        assert_eq!(page.status, StatusCode::OK, "{site}");
        assert!(page.text().contains("Sign in with Google?"));
    }
    assert_eq!(count(&app, "connection_flows").await, 0);
    let page = browser.get("/api/auth/signin/google?next=/connections").await;
    let link = page.text().split("href=\"").find(|part| part.starts_with("/api/auth/signin/google?")).unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    let mut other = Browser::new(&app);
    assert_eq!(other.get(&link).await.status, StatusCode::OK, "another browser is asked itself");
    let gone = browser.get(&link).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.text());
    let next: String = sqlx::query_scalar("select next_path from connection_flows").fetch_one(app.db()).await.unwrap();
    assert_eq!(next, "/connections");
    assert_eq!(Browser::new(&app).come_from("none", "/api/auth/signin/google").await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test]
async fn wy_07_starts_are_counted_and_callbacks_never(db: PgPool) {
    let google = Google::start().await;
    let app = google.app(db).await;
    let mut browser = Browser::new(&app);
    let consent = leave(&mut browser, "/api/auth/signin/google").await;
    for _ in 0..9 {
        leave(&mut Browser::new(&app), "/api/auth/signin/spotify").await;
    }
    let refused = browser.click("/api/auth/signin/google").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!((1..=60).contains(&refused.retry_after()));
    for number in 0..100 {
        let back = browser.get_json(&format!("/api/auth/callback/google?code={number}&state={number}.1.x")).await;
        assert_eq!((back.status, back.code().as_str()), (StatusCode::BAD_REQUEST, "state_forged"));
    }
    // The same return twice: the first comes in, the second is refused.
    let mut second = browser.clone();
    assert_eq!(google.comes_back(&app, &mut browser, &consent, json!({})).await.status, StatusCode::SEE_OTHER);
    let again = second.get_json(&back("google", &consent)).await;
    assert_eq!((again.status, again.code().as_str()), (StatusCode::BAD_REQUEST, "state_unknown"));
    assert_eq!(count(&app, "sessions").await, 1);
}

#[sqlx::test]
async fn wy_08_of_many_returns_at_once_one_signs_in(db: PgPool) {
    let vendor = Vendor::start().await;
    spotify(&vendor).await;
    let app = vendor.app(db).await;
    let other = app.second_process().await;
    let mut browser = Browser::new(&app);
    let consent = leave(&mut browser, "/api/auth/signin/spotify").await;
    let returns = (0..20).map(|number| {
        let mut same = browser.at(if number % 2 == 0 { &app } else { &other });
        let address = back("spotify", &consent);
        async move { same.get(&address).await.status.as_u16() }
    });
    let statuses = futures::future::join_all(returns).await;
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    for table in ["users", "sessions", "connections"] {
        assert_eq!(count(&app, table).await, 1, "{table}");
    }
    assert_eq!(vendor.token_requests().await, 1);
}

#[sqlx::test]
async fn a_hundred_sign_ins_of_one_account_make_one_person(db: PgPool) {
    let vendor = Vendor::start().await;
    spotify(&vendor).await;
    let app = vendor.app(db).await;
    let other = app.second_process().await;
    let mut visits = Vec::new();
    for number in 0..100 {
        wait(&app, Duration::seconds(6));
        let mut browser = Browser::new(if number % 2 == 0 { &app } else { &other });
        let consent = leave(&mut browser, "/api/auth/signin/spotify").await;
        visits.push((browser, back("spotify", &consent)));
        if visits.len() == 10 {
            let arrived = futures::future::join_all(
                visits
                    .drain(..)
                    .map(|(mut browser, address)| async move { browser.get(&address).await.location().to_owned() }),
            );
            assert!(arrived.await.iter().all(|place| place == "/chat"));
        }
    }
    assert_eq!((count(&app, "users").await, count(&app, "identities").await), (1, 1));
    assert_eq!((count(&app, "sessions").await, count(&app, "connections").await), (100, 1));
}

#[sqlx::test]
async fn wy_09_a_restart_another_process_and_a_moved_clock_may_stand_between_the_steps(db: PgPool) {
    let google = Google::start().await;
    let app = google.app(db).await;
    let mut browser = Browser::new(&app);
    let consent = leave(&mut browser, "/api/auth/signin/google?next=/connections").await;
    wait(&app, Duration::minutes(9));
    let other = app.second_process().await;
    let mut there = browser.at(&other);
    let arrived = google.comes_back(&other, &mut there, &consent, json!({})).await;
    assert_eq!(arrived.location(), "/connections", "{}", arrived.text());
    assert!(there.at(&app).viewer().await.is_some());
    // Google's clock is a little ahead, or behind.
    for (number, seconds) in [-29, 29].into_iter().enumerate() {
        let now = app.clock().now().unix_timestamp() + seconds;
        let times = json!({ "iat": now, "exp": now + 1, "sub": format!("skew-{number}"), "email": null });
        let arrived = google.sign_in(&app, &mut Browser::new(&app), times).await;
        assert_eq!(arrived.location(), "/chat", "{seconds}: {}", arrived.text());
    }
}

#[sqlx::test]
async fn declining_signs_nobody_in_and_says_so(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let mut browser = Browser::new(&app);
    let consent = leave(&mut browser, "/api/auth/signin/github").await;
    let declined = format!(
        "/api/auth/callback/github?error=access_denied&error_description=%3Cscript%3Ex&state={}",
        state_of(&consent)
    );
    let back = browser.get(&declined).await;
    assert_eq!((back.status, back.location()), (StatusCode::SEE_OTHER, "/signin?cancelled=github"));
    let page = browser.get(back.location()).await;
    assert!(page.text().contains("You declined at GitHub, so nobody was signed in."), "{}", page.text());
    assert_eq!(traces(&app).await, []);
    assert!(!browser.get("/signin?cancelled=%3Cb%3E").await.text().contains("You declined"));
}

#[sqlx::test]
async fn wy_10_after_signing_in_one_stays_on_this_site(db: PgPool) {
    let vendor = Vendor::start().await;
    spotify(&vendor).await;
    let app = vendor.app(db).await;
    let hostile = [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%5cevil.example",
        "/%2f%2fevil.example",
        "/%252fevil.example",
        "https://evil.example",
        "https:evil.example",
        "http:/evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/@evil.example",
        "//user@evil.example",
        "/x@evil.example",
        "/\tevil.example",
        "/ /evil.example",
        "/chat\r\nset-cookie: a=b",
        "/..//evil.example",
        "/./evil.example",
        "/.evil.example/../..//evil.example",
        "//evil。example",
        "／／evil.example",
        "/api/auth/signin/github",
        "/signin",
        "evil.example",
        "?next=//evil.example",
        "#//evil.example",
        "/chat:80@evil.example",
        "/;@evil.example",
    ];
    for next in hostile {
        wait(&app, Duration::seconds(7));
        let mut browser = Browser::new(&app);
        let mut address = Url::parse("http://localhost:3000/api/auth/signin/spotify").unwrap();
        address.query_pairs_mut().append_pair("next", next);
        let consent = leave(&mut browser, address.as_str()).await;
        let arrived = browser.get(&back("spotify", &consent)).await;
        assert_eq!(arrived.location(), "/chat", "{next}");
    }
    let mut browser = Browser::new(&app);
    let consent = leave(&mut browser, "/api/auth/signin/spotify?next=/connections%3Fa%3Db").await;
    assert_eq!(browser.get(&back("spotify", &consent)).await.location(), "/connections?a=b");
    assert_eq!(hostile.len(), 30);
}
