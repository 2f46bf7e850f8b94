//! Every route there is, from the router itself: who is let in, what changes something, what it answers to.

use std::collections::BTreeSet;

use aura::platform::routes::Listed;
use http::{Method, StatusCode};
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Browser, dump, wait},
    support::TestApp,
    walk::{OWN, Told, address, ask, everything, fields, routes, without},
};

/// What changes something and needs neither a session nor a token, with the reason. There is no other.
const OPEN_WRITES: &[(&str, &str)] = &[
    ("/auth/{service}/login", "begins a login of a front end; ten a minute an address, and no cookie counts"),
    ("/auth/{service}/token", "takes a one-time code with its verifier"),
    ("/auth/{service}/refresh", "takes a token of the broker, and no cookie"),
    ("/api/identity/start-lost-mailbox", "for whoever cannot sign in; limited, and answered the same for everybody"),
    ("/api/identity/finish-lost-mailbox", "takes the code of a letter"),
    ("/api/identity/stop-recovery", "takes the secret of a letter"),
    ("/api/identity/start-sign-in", "begins a sign-in; five mails a minute a mailbox, ten starts a minute an address"),
    ("/api/identity/resend", "sends another code to the address of a sign-in that this browser has begun"),
    ("/api/identity/verify-code", "ends a sign-in by a code; five tries, and only in the browser that began"),
    ("/api/identity/verify-link", "ends a sign-in by a link, and only in the browser that began"),
    ("/api/identity/sign-out", "signs this browser out; who is signed out stays so"),
    ("/api/auth/wallet/challenge", "writes a text that a wallet may sign; ten a minute an address"),
    ("/api/auth/wallet/verify", "takes that signature, once, and only in the browser that began"),
    ("/api/identity/undo-email-change", "takes back a change of address, with the secret of the letter to the old one"),
    (
        "/api/identity/answer-link",
        "answers whether an account elsewhere is linked; only in the browser that came from there",
    ),
    ("/api/identity/privy/start-code", "lets Privy send a code; by the limits of a sign-in"),
    ("/api/identity/privy/verify-code", "hands that code to Privy, only in the browser that began"),
    ("/api/identity/privy/wallet-challenge", "fetches a text that a wallet may sign"),
    ("/api/identity/privy/verify-wallet", "hands that signature to Privy, only in the browser that began"),
    ("/api/identity/privy/sync", "signs in whoever brings a token of Privy's"),
    ("/api/identity/sign-in-by-password", "takes an address and a password; five tries a minute a mailbox"),
    ("/api/identity/confirm-email", "confirms an address, with the secret of the letter and the password; five tries"),
    ("/api/v1/tokens", "takes an address and a password; five tries a minute a mailbox"),
    ("/api/v1/registrations", "sends a code to an address; ten a minute an address of the network"),
    ("/api/v1/registrations/{id}/confirm", "takes that code, once; five tries"),
    ("/api/v1/sign-in-codes", "sends a code to an address; ten a minute an address of the network"),
    ("/api/v1/sign-in-codes/{id}/confirm", "takes that code, once; five tries"),
    ("/api/v1/recoveries", "sends a code to whoever has an address; ten a minute an address of the network"),
    ("/api/v1/recoveries/{id}/confirm", "takes that code, once; five tries"),
    ("/api/v1/tokens/refresh", "takes a refresh token, once; twenty unknown ones a minute an address"),
    (
        "/api/integrations/{id}/callback",
        "a service's answer as a post: it reads no session, and leads to the same by GET",
    ),
    ("/@{handle}/report", "tells operators about what somebody has published; five an hour an address"),
    ("/api/webhooks/privy", "signed by Privy"),
    ("/api/webhooks/resend", "signed by Resend"),
    ("/api/webhooks/stripe", "signed by Stripe"),
    ("/api/webhooks/stripe/", "signed by Stripe; the same address as people write it"),
    ("/api/auth/sync", "takes an access token of Privy's"),
    ("/api/identity/privy/sync", "takes an access token of Privy's"),
    ("/api/identity/privy/start-code", "has Privy send a code; limited like our own"),
    ("/api/identity/privy/verify-code", "ends that sign-in, and only in the browser that began"),
    ("/api/identity/privy/wallet-challenge", "writes a text that a wallet may sign; ten a minute an address"),
    ("/api/identity/privy/verify-wallet", "takes that signature, once, and only in the browser that began"),
];

/// What can be read without a session, with the reason.
const OPEN_READS: &[(&str, &str)] = &[
    ("/", "public page"),
    ("/auth/{service}/callback", "takes the state of a visit that a front end began, once"),
    ("/pricing", "public page"),
    ("/integrations", "public page"),
    ("/integrations/{id}", "public page"),
    ("/api/v1/services", "the catalogue, as the public pages show it"),
    ("/api/v1/services/{id}", "the catalogue, as the public pages show it"),
    ("/signin", "the way in"),
    ("/verify-email", "the way in"),
    ("/signin/privy", "the way in"),
    ("/refresh", "the way in"),
    ("/api/auth/privy/{service}", "the way in"),
    ("/api/auth/privy/callback", "the way in; takes the state of this browser, once"),
    ("/api/identity/privy/ways", "says what the sign-in page offers"),
    ("/api/identity/privy/awaited", "says what a sign-in of this browser waits for"),
    ("/api/identity/viewer", "says that nobody is signed in"),
    ("/api/identity/awaited", "says what a sign-in of this browser waits for"),
    ("/signin/privy", "the way in"),
    ("/refresh", "renews what Privy said, or leads to the way in"),
    ("/signin/password", "the way in"),
    ("/confirm-email", "the page behind the letter of a registration"),
    ("/api/identity/confirmable", "says what the letter of a registration can confirm"),
    ("/lost-mailbox", "for whoever cannot sign in; the same for everybody"),
    ("/stop-recovery", "the page behind the letter to a mailbox that is said to be lost"),
    ("/api/identity/stoppable-recovery", "says what that letter can stop"),
    ("/api/identity/waiting-recovery", "says that nobody is signed in"),
    ("/team/join", "the page behind the letter of an invitation to a team"),
    ("/api/team/own", "says that nobody is signed in"),
    ("/undo-email", "the page behind the letter to an address that was replaced"),
    ("/api/identity/ways", "which ways in there are"),
    ("/api/identity/undoable", "says what the letter to an address that was replaced can take back"),
    ("/api/identity/privy/ways", "which ways in there are by Privy"),
    ("/api/auth/signin/{id}", "leaves for a consent page, from our own pages only"),
    ("/api/auth/callback/{id}", "comes back from there, only in the browser that left"),
    ("/api/auth/privy/{service}", "leaves for a consent page, from our own pages only"),
    ("/api/auth/privy/callback", "comes back from there, only in the browser that left"),
    ("/@{handle}", "public page"),
    ("/@{handle}/cards/{card}", "a picture of what somebody has published"),
    ("/@{handle}/report", "the form to report what somebody has published"),
    ("/avatars/{key}", "a picture; its address cannot be guessed"),
    ("/files/{id}", "a file, to whoever has a signed address of it"),
    ("/api/account/time-zones", "the same list for everybody"),
    ("/.well-known/jwks.json", "the public keys of our tokens"),
    ("/api/openapi.json", "the contract of the JSON API"),
    ("/s/{secret}", "a conversation, to whoever has the link that its person made"),
    ("/api/docs", "the same for people"),
    ("/api/v1/app-versions/{platform}", "apps ask before anybody is signed in"),
    ("/healthz", "operation"),
    ("/readyz", "operation"),
    ("/pkg/{*path}", "file"),
    ("/fonts/{*path}", "file"),
    ("/icons/{*path}", "file"),
    ("/robots.txt", "file"),
    ("/gate.js", "file"),
    ("/attach.js", "file"),
    ("/live.js", "file"),
    ("/scalar/{*path}", "file"),
    ("/reference.js", "file"),
];

/// Reads that begin a visit elsewhere. They ask first unless they are opened from our own pages.
const BEGINNINGS: &[&str] = &[
    "/api/integrations/{id}",
    "/api/integrations/{id}/own-app",
    "/api/auth/link/{id}",
    "/api/auth/prove/{id}",
    "/api/auth/signin/{id}",
    "/api/auth/privy/{service}",
];

/// The addresses of signing in by other services, and of what belongs to it.
const AUTH: &[&str] = &[
    "GET /api/auth/callback/{id}",
    "GET /api/auth/link/{id}",
    "GET /api/auth/me",
    "GET /api/auth/privy/callback",
    "GET /api/auth/privy/{service}",
    "GET /api/auth/prove/{id}",
    "GET /api/auth/session",
    "GET /api/auth/signin/{id}",
    "POST /api/auth/sync",
    "GET /api/auth/me",
    "GET /api/auth/privy/callback",
    "GET /api/auth/privy/{service}",
    "POST /api/auth/sync",
    "POST /api/auth/wallet/challenge",
    "POST /api/auth/wallet/verify",
];

/// What takes JSON alone, and a whole body of it.
const JSON_ONLY: &[(&str, &str)] = &[
    ("/api/chat/decide", r#"{"approval":"0192f0c1-0000-7000-8000-000000000000","decision":"deny","typed":[]}"#),
    ("/api/chat/answer-need", r#"{"need":"0192f0c1-0000-7000-8000-000000000000","reply":"not_now"}"#),
];

const PAGE: &str = "text/html,application/xhtml+xml";

/// Lets everybody there is act for the installation, so that nothing is hidden from them.
async fn operator(app: &TestApp) {
    sqlx::query("update users set role = 'admin'").execute(app.db()).await.unwrap();
}

/// What somebody hears who is not signed in, from a page of ours, with everything that the route may ask for.
async fn stranger(app: &TestApp, route: &Listed, cookie: &str) -> Told {
    // Everybody comes from one address here; what it may do in ten seconds is little.
    wait(app, Duration::seconds(10));
    let page = !route.is_write() && !route.path.starts_with("/api/");
    let accept = if page { PAGE } else { "application/json" };
    let mut headers = [OWN, &[("accept", accept), ("content-type", "application/x-www-form-urlencoded")]].concat();
    if !cookie.is_empty() {
        headers.push(("cookie", cookie));
    }
    if let Some((_, body)) = JSON_ONLY.iter().find(|(path, _)| *path == route.path) {
        headers.retain(|(name, _)| *name != "content-type");
        headers.push(("content-type", "application/json"));
        return ask(app, &route.method, &address(route), &headers, body).await;
    }
    let address = if route.is_write() { address(route) } else { format!("{}?{}", address(route), fields()) };
    ask(app, &route.method, &address, &headers, &fields()).await
}

fn is_open(route: &Listed) -> bool {
    let open = if route.is_write() { OPEN_WRITES } else { OPEN_READS };
    open.iter().any(|(path, _)| *path == route.path)
}

#[sqlx::test]
async fn rt_01_strangers_are_turned_away_from_every_route_that_is_not_listed_as_open(db: PgPool) {
    let app = everything(db).await;
    let routes = routes(&app);
    let made_up = format!("__Host-aura={}", "A".repeat(43));
    let mut wrong = Vec::new();
    for route in routes.iter().filter(|route| !is_open(route)) {
        for cookie in ["", made_up.as_str()] {
            let told = stranger(&app, route, cookie).await;
            let away = if route.is_write() || route.path.starts_with("/api/") {
                told.status == StatusCode::UNAUTHORIZED
            } else {
                told.status == StatusCode::SEE_OTHER && told.header("location").starts_with("/signin")
            };
            if !away {
                wrong.push(format!("{} {}: {} {}", route.method, route.path, told.status, told.code()));
            }
        }
    }
    assert!(wrong.is_empty(), "let strangers in:\n{}", wrong.join("\n"));
    for (open, write) in [(OPEN_WRITES, true), (OPEN_READS, false)] {
        for (path, reason) in open {
            let there = routes.iter().any(|route| route.path == *path && route.is_write() == write);
            assert!(there && !reason.is_empty(), "{path} is listed as open and is not there");
        }
    }
}

#[sqlx::test]
async fn rt_07_ways_in_by_other_services_stand_under_one_path(db: PgPool) {
    let app = TestApp::new(db).await;
    let found: BTreeSet<String> = routes(&app)
        .into_iter()
        .filter(|route| route.path.starts_with("/api/auth"))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(found, AUTH.iter().map(|route| (*route).to_owned()).collect());
}

#[sqlx::test]
async fn rt_05_other_methods_are_answered_with_405(db: PgPool) {
    let app = everything(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    operator(&app).await;
    let cookie = format!("__Host-aura={}", mira.cookie("__Host-aura").unwrap());
    let routes = routes(&app);
    let before = dump(&app).await;
    for route in &routes {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE] {
            if routes.iter().any(|other| other.path == route.path && other.method == method) {
                continue;
            }
            let headers =
                [("sec-fetch-site", "same-origin"), ("cookie", cookie.as_str()), ("accept", "application/json")];
            wait(&app, Duration::seconds(10));
            let told = ask(&app, &method, &address(route), &headers, "").await;
            assert_eq!(told.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {}", route.path);
            assert!(told.header("allow").contains(route.method.as_str()), "{method} {}", route.path);
        }
    }
    // Being asked at all is counted, and keeps the session alive.
    let counted = ["limit_windows", "sessions"];
    assert_eq!(without(&counted, &dump(&app).await), without(&counted, &before));
}

#[sqlx::test]
async fn rt_03_reading_changes_nothing_wherever_the_link_stands(db: PgPool) {
    let app = everything(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    operator(&app).await;
    let cookie = format!("__Host-aura={}", mira.cookie("__Host-aura").unwrap());
    mira.get("/connections").await;
    let before = dump(&app).await;
    for route in routes(&app).iter().filter(|route| !route.is_write()) {
        for site in ["cross-site", "same-site", "none", "same-origin"] {
            if matches!(site, "none" | "same-origin") && BEGINNINGS.contains(&route.path.as_str()) {
                continue;
            }
            for method in [Method::GET, Method::HEAD] {
                let headers = [("sec-fetch-site", site), ("cookie", cookie.as_str()), ("accept", PAGE)];
                let told = ask(&app, &method, &address(route), &headers, "").await;
                assert!(!told.status.is_server_error() || told.status == 501, "{route:?}: {}", told.status);
            }
        }
        // After all of them at once: a whole database is read each time.
        assert_eq!(dump(&app).await, before, "reading {} changed something", route.path);
    }
    assert!(mira.viewer().await.is_some());
}

#[sqlx::test]
async fn rt_06_every_answer_is_armoured_and_every_cookie_is_out_of_reach(db: PgPool) {
    let app = everything(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    operator(&app).await;
    let cookie = format!("__Host-aura={}", mira.cookie("__Host-aura").unwrap());
    for route in routes(&app) {
        for cookie in ["", cookie.as_str()] {
            let headers: &[_] = &[("sec-fetch-site", "same-origin"), ("accept", PAGE), ("cookie", cookie)];
            let told =
                ask(&app, &route.method, &address(&route), if cookie.is_empty() { &headers[..2] } else { headers }, "")
                    .await;
            let policy = told.header("content-security-policy");
            for part in [
                "default-src 'self'",
                "object-src 'none'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
                "form-action 'self'",
            ] {
                assert!(policy.contains(part), "{route:?}: {policy}");
            }
            // Scalar writes attributes of styles, on its page alone.
            let attributes = if route.path == "/api/docs" { "style-src-attr 'unsafe-inline';" } else { "" };
            let policy = policy.replace(attributes, "");
            assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{route:?}: {policy}");
            assert_eq!(told.header("x-content-type-options"), "nosniff", "{route:?}");
            assert_eq!(told.header("cross-origin-opener-policy"), "same-origin", "{route:?}");
            assert!(matches!(told.header("referrer-policy"), "same-origin" | "no-referrer"), "{route:?}");
            assert!(told.header("permissions-policy").contains("camera=()"), "{route:?}");
            assert!(told.headers.get("access-control-allow-origin").is_none(), "{route:?}");
            assert!(told.headers.get("server").is_none() && told.headers.get("x-powered-by").is_none(), "{route:?}");
            for cookie in told.headers.get_all("set-cookie") {
                let cookie = cookie.to_str().unwrap();
                assert!(cookie.starts_with("__Host-"), "{route:?}: {cookie}");
                for attribute in ["; HttpOnly", "; Secure", "; Path=/", "; SameSite="] {
                    assert!(cookie.contains(attribute), "{route:?}: {cookie}");
                }
                assert!(!cookie.contains("Domain=") && !cookie.contains("SameSite=None"), "{route:?}: {cookie}");
            }
        }
    }
}
