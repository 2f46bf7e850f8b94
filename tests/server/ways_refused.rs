//! Returns from consent pages that must not let anybody in.

use aura::{
    platform::{
        crypto::{Keys, digest},
        random::Random,
    },
    providers::oauth::state as oauth_state,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use url::Url;

use crate::{
    browser::{Answer, Browser, wait},
    google::{CLIENT, Google, Key, back, change, encode, leave, unsigned},
    support::TestApp,
    vendor::{GITHUB_TOKEN, begin, count, parameter, state_of},
};

/// What one attempt came to, and what it had to come to.
struct Attempt {
    what: &'static str,
    answer: Answer,
    status: u16,
    code: &'static str,
}

/// Everything that coming in makes.
async fn made(app: &TestApp) -> Vec<i64> {
    let mut rows = Vec::new();
    for table in ["users", "user_emails", "sessions", "identities", "connections", "pending_links", "mails"] {
        rows.push(count(app, table).await);
    }
    rows
}

async fn check(app: &TestApp, attempts: &[Attempt], before: &[i64]) {
    for Attempt { what, answer, status, code } in attempts {
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (*status, *code), "{what}: {}", answer.text());
        assert!(answer.set_cookie("__Host-aura").is_empty(), "{what}: a session");
        assert_eq!(answer.header("cache-control"), "no-store", "{what}");
        assert!(answer.header("content-type").starts_with("application/problem+json"), "{what}");
    }
    assert_eq!(made(app).await, before, "nothing was made");
}

/// A consent page that somebody who is nobody yet was sent to.
async fn fresh(app: &TestApp, provider: &str) -> (Browser, Url) {
    wait(app, Duration::seconds(7));
    let mut browser = Browser::new(app);
    let consent = leave(&mut browser, &format!("/api/auth/signin/{provider}")).await;
    (browser, consent)
}

fn at(provider: &str, pairs: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/api/auth/callback/{provider}?{query}")
}

#[sqlx::test]
async fn wy_11_a_return_that_was_not_begun_here_lets_nobody_in(db: PgPool) {
    let google = Google::start().await;
    google.vendor.github().await;
    let app = google.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let mut jonas = Browser::new(&app);
    jonas.sign_in(&app, "jonas@example.com").await;
    let before = made(&app).await;
    let mut attempts = Vec::new();
    let mut note = |what, answer, status, code| attempts.push(Attempt { what, answer, status, code });

    let (mut one, consent) = fresh(&app, "google").await;
    let state = state_of(&consent);
    let with = |state: &str| at("google", &[("code", "c"), ("state", state)]);
    let parts: Vec<&str> = state.split('.').collect();
    let other_keys = Keys::new("a secret of another installation, long".to_owned().into(), None);
    let foreign = oauth_state::issue(&other_keys, &Random::seeded(9), app.clock().now());
    let later: i64 = parts[1].parse::<i64>().unwrap() + 60;
    for (what, state) in [
        ("an empty state", String::new()),
        ("a made-up state", "abc".into()),
        ("three parts of nothing", "..".into()),
        ("a state without its code", format!("{}.{}.", parts[0], parts[1])),
        ("a state with another time", format!("{}.{later}.{}", parts[0], parts[2])),
        ("a state with another secret", format!("x{}.{}.{}", &parts[0][1..], parts[1], parts[2])),
        ("a state with more behind it", format!("{state}.x")),
        ("a state of another installation", foreign),
        ("a state with a line end", format!("{state}\r\n")),
    ] {
        note(what, one.get_json(&with(&state)).await, 400, "state_forged");
    }
    note("no state", one.get_json(&at("google", &[("code", "c")])).await, 400, "state_missing");
    for (what, query) in [
        ("two states", format!("code=c&state={state}&state={state}")),
        ("two states, one written otherwise", format!("code=c&state={state}&%73tate={state}")),
        ("two codes", format!("code=c&code=d&state={state}")),
        ("two issuers", format!("code=c&iss=a&iss=b&state={state}")),
        ("two errors", format!("error=a&error=b&state={state}")),
    ] {
        let answer = one.get_json(&format!("/api/auth/callback/google?{query}")).await;
        note(what, answer, 400, "duplicate_parameter");
    }

    // The right state in the wrong place. None of these uses it up.
    for provider in ["spotify", "github"] {
        let answer = one.get_json(&at(provider, &[("code", "c"), ("state", &state)])).await;
        note("a state of Google at another service", answer, 400, "state_unknown");
    }
    note("in a browser without a cookie", Browser::new(&app).get_json(&with(&state)).await, 400, "state_unknown");
    let (mut two, second) = fresh(&app, "google").await;
    note("in a browser with another cookie", two.get_json(&with(&state)).await, 400, "state_unknown");
    note("in a browser that is signed in", mira.get_json(&with(&state)).await, 400, "state_unknown");
    let crossed = mira.get_json(&format!("/api/integrations/github/callback?code=c&state={state}")).await;
    note("of a sign-in, where connections come back", crossed, 400, "state_unknown");
    let connecting = state_of(&begin(&app, &mira, "github").await);
    let crossed = mira.get_json(&at("github", &[("code", "c"), ("state", &connecting)])).await;
    note("of a connection, where sign-ins come back", crossed, 400, "state_unknown");
    let calendar = state_of(&begin(&app, &mira, "google-calendar").await);
    note("of a connection of the same vendor", mira.get_json(&with(&calendar)).await, 400, "state_unknown");

    // Links and proofs belong to one session.
    for (what, place) in [("a link", "link"), ("a proof", "prove")] {
        wait(&app, Duration::seconds(7));
        let consent = leave(&mut mira, &format!("/api/auth/{place}/github")).await;
        let address = back("github", &consent);
        note(what, jonas.get_json(&address).await, 400, "state_unknown");
        note(what, Browser::new(&app).get_json(&address).await, 400, "state_unknown");
        let (mut stranger, _) = fresh(&app, "github").await;
        note(what, stranger.get_json(&address).await, 400, "state_unknown");
        let crossed = address.replace("/auth/callback/github", "/integrations/github/callback");
        note(what, mira.get_json(&crossed).await, 400, "state_unknown");
    }

    // What comes back with the right state: each uses it up.
    let mixed = at("google", &[("code", "c"), ("state", &state_of(&second)), ("iss", "https://evil.example")]);
    note("a code of another issuer", two.get_json(&mixed).await, 400, "issuer_mismatch");
    note("the same again", two.get_json(&with(&state_of(&second))).await, 400, "state_unknown");
    let (mut three, consent) = fresh(&app, "google").await;
    note("no code", three.get_json(&at("google", &[("state", &state_of(&consent))])).await, 400, "code_missing");
    let (mut empty, consent) = fresh(&app, "google").await;
    let nothing = at("google", &[("code", ""), ("state", &state_of(&consent))]);
    note("an empty code", empty.get_json(&nothing).await, 400, "code_missing");
    let (mut odd, consent) = fresh(&app, "google").await;
    let failed = at("google", &[("error", ""), ("code", "c"), ("state", &state_of(&consent))]);
    note("an error without a name", odd.get_json(&failed).await, 400, "consent_failed");
    let (mut four, consent) = fresh(&app, "google").await;
    let failed = at("google", &[("error", "server_error"), ("code", "c"), ("state", &state_of(&consent))]);
    note("an error beside a code", four.get_json(&failed).await, 400, "consent_failed");
    let (mut five, consent) = fresh(&app, "google").await;
    let no = at("google", &[("error", "access_denied"), ("state", &state_of(&consent))]);
    assert_eq!(five.get(&no).await.location(), "/signin?cancelled=google");
    note("after a no", five.get_json(&with(&state_of(&consent))).await, 400, "state_unknown");
    let (mut six, consent) = fresh(&app, "google").await;
    sqlx::query("update connection_flows set expires_at = $1").bind(app.clock().now()).execute(app.db()).await.unwrap();
    note("a row that has expired", six.get_json(&with(&state_of(&consent))).await, 400, "state_unknown");
    let (mut seven, consent) = fresh(&app, "google").await;
    wait(&app, Duration::minutes(10) + Duration::SECOND);
    note("too late", seven.get_json(&with(&state_of(&consent))).await, 410, "state_expired");
    let (mut eight, consent) = fresh(&app, "google").await;
    wait(&app, Duration::minutes(-5));
    note("from the future", eight.get_json(&with(&state_of(&consent))).await, 400, "state_forged");
    wait(&app, Duration::minutes(5));

    assert!(attempts.len() >= 40, "{} attempts", attempts.len());
    assert_eq!(google.vendor.token_requests().await, 0, "no code was traded");
    check(&app, &attempts, &before).await;
}

/// Keys that are not the issuer's.
struct Strange {
    same_name: Key,
    other_name: Key,
}

/// The refused tokens: what is wrong, and the token.
fn tokens(app: &TestApp, key: &Key, strange: &Strange, consent: &Url, other: &Url) -> Vec<(&'static str, Value)> {
    let now = app.clock().now().unix_timestamp();
    let honest = Google::claims(app, consent);
    let changed = |changes: Value| {
        let mut claims = honest.clone();
        change(&mut claims, changes);
        key.sign(&claims)
    };
    let header = |changes: Value| {
        let mut header = json!({ "alg": "RS256", "kid": "first", "typ": "JWT" });
        change(&mut header, changes);
        header
    };
    let signed = key.sign(&honest);
    let (head, signature) = (signed.split('.').next().unwrap(), signed.rsplit('.').next().unwrap());
    let mut mallory = honest.clone();
    mallory["sub"] = "1".into();
    let none = |alg: &str| format!("{}.", unsigned(&json!({ "alg": alg, "typ": "JWT" }), &honest));
    let claim = |changes: Value| Value::from(changed(changes));
    vec![
        ("no token", Value::Null),
        ("an empty one", "".into()),
        ("no token at all", "abc".into()),
        ("a number", 5.into()),
        ("unsigned", none("none").into()),
        ("unsigned, written otherwise", none("nOnE").into()),
        ("without its signature", format!("{}.", unsigned(&header(json!({})), &honest)).into()),
        ("with another's claims", format!("{head}.{}.{signature}", encode(mallory.to_string().as_bytes())).into()),
        ("signed by another key of the same name", strange.same_name.sign(&honest).into()),
        ("signed by a key nobody published", strange.other_name.sign(&honest).into()),
        ("under a header that says HS256", key.sign_as(&header(json!({ "alg": "HS256" })), &honest).into()),
        ("under a header that says ES256", key.sign_as(&header(json!({ "alg": "ES256" })), &honest).into()),
        ("with a demand nobody knows", key.sign_as(&header(json!({ "crit": ["x"], "x": 1 })), &honest).into()),
        (
            "with its own key inside",
            strange.other_name.sign_as(&json!({ "alg": "RS256", "jwk": strange.other_name.jwk() }), &honest).into(),
        ),
        ("without a nonce", claim(json!({ "nonce": null }))),
        ("with an empty nonce", claim(json!({ "nonce": "" }))),
        ("with another nonce", claim(json!({ "nonce": "00".repeat(32) }))),
        ("with the nonce of another visit", claim(json!({ "nonce": parameter(other, "nonce") }))),
        ("with the state as nonce", claim(json!({ "nonce": state_of(consent) }))),
        ("for another client", claim(json!({ "aud": "client-of-mallory" }))),
        ("for nobody", claim(json!({ "aud": null }))),
        ("for two", claim(json!({ "aud": [CLIENT, "client-of-mallory"] }))),
        ("made for another party", claim(json!({ "azp": "client-of-mallory" }))),
        ("by another issuer", claim(json!({ "iss": "https://evil.example" }))),
        ("by an issuer with one letter more", claim(json!({ "iss": "https://accounts.google.com/" }))),
        ("by nobody", claim(json!({ "iss": null }))),
        ("that has expired", claim(json!({ "exp": now - 31 }))),
        ("that never expires", claim(json!({ "exp": null }))),
        ("that expires at a word", claim(json!({ "exp": "soon" }))),
        ("of the future", claim(json!({ "iat": now + 120 }))),
        ("of no time", claim(json!({ "iat": null }))),
        ("not valid yet", claim(json!({ "nbf": now + 120 }))),
        ("about nobody", claim(json!({ "sub": null }))),
        ("about an empty name", claim(json!({ "sub": "" }))),
        ("about a number", claim(json!({ "sub": 4101 }))),
    ]
}

#[sqlx::test]
async fn wy_12_a_token_that_does_not_prove_who_it_is_lets_nobody_in(db: PgPool) {
    let google = Google::start().await;
    let app = google.app(db).await;
    // The keys are fetched once, by a sign-in that works.
    google.sign_in(&app, &mut Browser::new(&app), json!({})).await;
    let before = made(&app).await;
    let (_, other) = fresh(&app, "google").await;
    let strange = Strange { same_name: Key::new("first"), other_name: Key::new("second") };
    let cases = tokens(&app, &google.key, &strange, &other, &other).len();
    let mut attempts = Vec::new();
    for number in 0..cases {
        let (mut browser, consent) = fresh(&app, "google").await;
        let (what, token) = tokens(&app, &google.key, &strange, &consent, &other).swap_remove(number);
        google.replies(&consent, json!({ "access_token": "a", "id_token": token })).await;
        let answer = browser.get_json(&back("google", &consent)).await;
        let code = if token.is_string() { "id_token_refused" } else { "identity_failed" };
        attempts.push(Attempt { what, answer, status: 502, code });
    }
    assert_eq!(attempts.len(), 35);
    check(&app, &attempts, &before).await;
    // The honest one works still, so that it was these differences that counted.
    let arrived = google.sign_in(&app, &mut Browser::new(&app), json!({})).await;
    assert_eq!(arrived.location(), "/chat", "{}", arrived.text());
}

#[sqlx::test]
async fn wy_13_a_code_is_traded_once_and_only_with_its_verifier(db: PgPool) {
    let google = Google::start().await;
    let app = google.app(db).await;
    let before = made(&app).await;
    let mut attempts = Vec::new();
    let mut note = |what, answer, status, code| attempts.push(Attempt { what, answer, status, code });
    // A visit whose verifier is gone: the service refuses the code, because it was given a challenge.
    let (mut browser, consent) = fresh(&app, "google").await;
    assert_eq!(parameter(&consent, "code_challenge_method").as_deref(), Some("S256"), "never plain");
    google.gives(&consent, &google.key.sign(&Google::claims(&app, &consent))).await;
    sqlx::query("update connection_flows set sealed_verifier = null").execute(app.db()).await.unwrap();
    note("without a verifier", browser.get_json(&back("google", &consent)).await, 410, "code_refused");
    // A code that was stolen from another visit: its verifier is another.
    let (mut thief, own) = fresh(&app, "google").await;
    let (_, stolen) = fresh(&app, "google").await;
    google.gives(&stolen, &google.key.sign(&Google::claims(&app, &stolen))).await;
    note("a code of another visit", thief.get_json(&back("google", &own)).await, 410, "code_refused");
    // A verifier that was moved from another row does not open.
    let (mut mover, consent) = fresh(&app, "google").await;
    sqlx::query(
        "update connection_flows set sealed_verifier =
             (select sealed_verifier from connection_flows where state_hash <> $1 and sealed_verifier is not null limit 1)
         where state_hash = $1",
    )
    .bind(digest(state_of(&consent).as_bytes()).to_vec())
    .execute(app.db())
    .await
    .unwrap();
    note("a verifier of another row", mover.get_json(&back("google", &consent)).await, 500, "internal");
    // A code that was used already.
    for answer in [json!({ "error": "invalid_grant" }), json!({ "error": "bad_verification_code" })] {
        let (mut browser, consent) = fresh(&app, "github").await;
        google.vendor.server.reset().await;
        google.vendor.json("POST", GITHUB_TOKEN, answer).await;
        note("a code that was used", browser.get_json(&back("github", &consent)).await, 410, "code_refused");
    }
    // The client was registered anew between the steps.
    let (browser, consent) = fresh(&app, "github").await;
    let other = google.vendor.app_with(app.db().clone(), &[("GITHUB_CLIENT_ID", "another-client")]).await;
    let mut there = browser.at(&other);
    note("another client", there.get_json(&back("github", &consent)).await, 400, "client_changed");
    // The service is away, or gives no keys.
    let (mut browser, consent) = fresh(&app, "google").await;
    google.vendor.server.reset().await;
    google.gives(&consent, &google.key.sign(&Google::claims(&app, &consent))).await;
    note("no keys to check with", browser.get_json(&back("google", &consent)).await, 502, "service_away");
    check(&app, &attempts, &before).await;
}

#[sqlx::test]
async fn a_signed_out_person_cannot_finish_a_link(db: PgPool) {
    let google = Google::start().await;
    google.vendor.github().await;
    let app = google.app(db).await;
    let mut mira = Browser::new(&app);
    mira.sign_in(&app, "mira@example.com").await;
    let consent = leave(&mut mira, "/api/auth/link/github").await;
    let mut late = mira.clone();
    mira.form("sign-out", &[]).await;
    for browser in [&mut mira, &mut late] {
        let refused = browser.get_json(&back("github", &consent)).await;
        assert_eq!(refused.code(), "state_unknown");
    }
    assert_eq!(count(&app, "identities").await, 0);
    assert_eq!(google.vendor.token_requests().await, 0);

    // Nor can the same person after signing in anew: it is another session.
    wait(&app, Duration::seconds(15));
    mira.sign_in(&app, "mira@example.com").await;
    let consent = leave(&mut mira, "/api/auth/link/github").await;
    wait(&app, Duration::seconds(15));
    mira.sign_in(&app, "mira@example.com").await;
    assert_eq!(mira.get_json(&back("github", &consent)).await.code(), "state_unknown");
    assert_eq!(count(&app, "identities").await, 0);
}
