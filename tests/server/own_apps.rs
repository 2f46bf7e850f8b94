//! Apps that people bring: given, looked at, connected by, renewed by, ended with. The sandbox plays the service.

use http::{Method, StatusCode};
use sandbox::{
    app::{Sandbox, router},
    settings::Settings,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use url::Url;
use uuid::Uuid;

use crate::{
    abroad,
    browser::{Answer, Browser, dump, wait},
    program::{Program, person_at},
    support::TestApp,
    vendor::{click, count, parameter, state},
    walk::ask,
};

const MIRA: &str = "mira@example.com";
const PAGE: &str = "/connections/apps/spotify";
const CREDENTIALS: &str = "/api/spotify/client-credentials";
const REDIRECT: &str = "http://127.0.0.1:3000/api/spotify/callback";
const SECRET: &str = "own-app-secret";
const WORKS: &str = "0000000000000000000000000000a001";
const PUBLIC: &str = "0000000000000000000000000000a002";
const NO_REDIRECT: &str = "0000000000000000000000000000a003";
const NOT_LISTED: &str = "0000000000000000000000000000a004";
const NOT_PREMIUM: &str = "0000000000000000000000000000a005";
const WITHHOLDS: &str = "0000000000000000000000000000a006";
const SPENT: &str = "0000000000000000000000000000a007";
const KEY: &str = "a secret of this installation, long enough";

/// The outside world, and an app that sees it. Spotify takes no `localhost`.
async fn world(db: PgPool, changes: &[(&str, &str)]) -> (String, TestApp) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let settings = Settings { port: 0, smtp_port: 0, base: base.clone(), model_delay_ms: 0 };
    let world = router(Sandbox::new(settings).unwrap());
    tokio::spawn(async move { axum::serve(listener, world).await.unwrap() });
    let overrides = format!("*={base}");
    let mut variables = vec![
        ("HOST_OVERRIDES", overrides.as_str()),
        ("AUTH_URL", "http://127.0.0.1:3000"),
        ("SPOTIFY_CLIENT_ID", "sandbox-spotify"),
        ("SPOTIFY_CLIENT_SECRET", "sandbox-secret"),
        ("SPOTIFY_USER_SECRET_KEY", KEY),
    ];
    variables.retain(|(name, _)| !changes.iter().any(|(other, value)| other == name && value.is_empty()));
    variables.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    let app = Box::pin(TestApp::with(db, &variables)).await;
    (base, app)
}

async fn signed_in(app: &TestApp) -> Browser {
    let mut browser = Browser::new(app);
    browser.sign_in(app, MIRA).await;
    browser
}

/// Gives an app by the form of the page.
async fn give(browser: &mut Browser, client_id: &str, secret: &str) -> Answer {
    let fields = [("service", "spotify"), ("name", ""), ("client_id", client_id), ("client_secret", secret)];
    browser.post_from(PAGE, "/api/connections/keep-own-app", &fields, "text/html").await
}

/// Says yes, or no, on a consent page of the sandbox: where it leads.
async fn consent(address: &Url, decision: &str) -> Url {
    let client = abroad::browser();
    let page = client.get(address.clone()).send().await.unwrap().text().await.unwrap();
    let request = page.split("name=\"request\" value=\"").nth(1).unwrap_or_else(|| panic!("no consent: {page}"));
    let request = request.split('"').next().unwrap();
    let place = format!("{}/_sandbox/consent", address.origin().ascii_serialization());
    let sent = client.post(place).form(&[("request", request), ("person", "mira"), ("decision", decision)]);
    let answer = sent.send().await.unwrap();
    Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap()
}

fn path_of(address: &Url) -> String {
    format!("{}?{}", address.path(), address.query().unwrap_or_default())
}

/// Begins a visit with the person's own app, or with this installation's.
async fn leave(app: &TestApp, browser: &Browser, own: bool) -> Url {
    let place = if own { "/api/integrations/spotify/own-app" } else { "/api/integrations/spotify" };
    let answer = click(app, browser, place, "same-origin").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap()
}

/// A whole visit that ends with yes.
async fn connect(app: &TestApp, browser: &mut Browser, own: bool) -> Answer {
    let back = consent(&leave(app, browser, own).await, "allow").await;
    browser.get(&path_of(&back)).await
}

async fn connections(app: &TestApp) -> Vec<(Uuid, bool)> {
    sqlx::query_as("select id, own_app_id is not null from connections order by own_app_id is not null, id")
        .fetch_all(app.db())
        .await
        .unwrap()
}

/// How often the sandbox was asked something.
async fn asked(base: &str, what: &str) -> u64 {
    let journal: Value =
        abroad::browser().get(format!("{base}/_sandbox/journal")).send().await.unwrap().json().await.unwrap();
    journal["counts"][what].as_u64().unwrap_or(0)
}

async fn api(app: &TestApp, browser: &Browser, method: Method, place: &str, body: Option<&Value>) -> crate::walk::Told {
    let cookie = format!("__Host-aura={}", browser.cookie("__Host-aura").unwrap());
    let mut headers = vec![
        ("cookie", cookie.as_str()),
        ("accept", "application/json"),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "cors"),
        ("origin", "http://localhost:3000"),
    ];
    if body.is_some() {
        headers.push(("content-type", "application/json"));
    }
    ask(app, &method, place, &headers, &body.map(ToString::to_string).unwrap_or_default()).await
}

fn value(told: &crate::walk::Told) -> Value {
    serde_json::from_str(&told.body).unwrap_or_else(|_| panic!("no JSON: {}", told.body))
}

#[sqlx::test]
async fn ow_03_each_of_seven_failures_is_told_in_its_own_sentence(db: PgPool) {
    let (_, app) = world(db, &[]).await;
    let mut browser = signed_in(&app).await;
    let mut told = Vec::new();
    // What can be seen without anybody's consent is seen when the app is given, and a wrong one is not kept.
    for (id, secret, words) in [
        ("ffffffffffffffffffffffffffffffff", SECRET, "knows no app with this client id"),
        (WORKS, "another-secret", "the secret is not its own"),
    ] {
        let refused = give(&mut browser, id, secret).await;
        assert_eq!(refused.location(), format!("http://localhost:3000{PAGE}"), "{}", refused.text());
        let page = browser.get(PAGE).await;
        assert!(page.text().contains(words), "{words}: {}", page.text());
        assert!(page.text().contains(id) && !page.text().contains(secret), "the id comes back, the secret does not");
        assert_eq!(count(&app, "own_apps").await, 0);
        told.push(words);
        wait(&app, Duration::minutes(1));
    }
    let kept = give(&mut browser, NO_REDIRECT, SECRET).await;
    assert_eq!(kept.location(), PAGE, "{}", kept.text());
    let page = browser.get(PAGE).await;
    assert!(page.text().contains("does not allow the address") && page.text().contains(REDIRECT), "{}", page.text());
    told.push("does not allow the address");
    // The rest shows itself once somebody has consented.
    for (id, words, connected) in [
        (NOT_LISTED, "only by the people on its list", 0),
        (NOT_PREMIUM, "has a Premium subscription", 0),
        (SPENT, "has used up the calls", 0),
        (WITHHOLDS, "Not everything that Aura asked for was granted", 1),
    ] {
        wait(&app, Duration::minutes(1));
        let kept = give(&mut browser, id, SECRET).await;
        assert_eq!(kept.location(), PAGE, "{}", kept.text());
        let back = connect(&app, &mut browser, true).await;
        assert_eq!(count(&app, "connections").await, connected, "{}", back.text());
        if connected == 0 {
            assert!(back.location().starts_with(&format!("{PAGE}?trouble=")), "{}", back.location());
            let page = browser.get(back.location()).await;
            assert!(page.text().contains(words), "{words}: {}", page.text());
        } else {
            let done =
                browser.post_from(PAGE, "/api/connections/check-own-app", &[("service", "spotify")], "text/html");
            assert_eq!(done.await.location(), PAGE);
        }
        let page = browser.get(PAGE).await;
        assert!(page.text().contains(words), "it stays with the app: {}", page.text());
        told.push(words);
    }
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), 7);
}

#[sqlx::test]
async fn ow_04_standard_and_own_stand_side_by_side_and_each_is_renewed_by_its_own_client(db: PgPool) {
    let (base, app) = world(db, &[]).await;
    let mut browser = signed_in(&app).await;
    assert_eq!(give(&mut browser, WORKS, SECRET).await.location(), PAGE);
    let address = leave(&app, &browser, true).await;
    assert_eq!(parameter(&address, "client_id").as_deref(), Some(WORKS));
    assert_eq!(parameter(&address, "redirect_uri").as_deref(), Some(REDIRECT));
    assert_eq!(parameter(&address, "code_challenge_method").as_deref(), Some("S256"));
    for own in [true, false] {
        let done = connect(&app, &mut browser, own).await;
        assert_eq!(done.location(), "/connections?connected=spotify", "{}", done.text());
    }
    let both = connections(&app).await;
    assert_eq!(both.iter().map(|(_, own)| *own).collect::<Vec<_>>(), [false, true]);
    let accounts: i64 =
        sqlx::query_scalar("select count(distinct account_id) from connections").fetch_one(app.db()).await.unwrap();
    assert_eq!(accounts, 1, "the same account, twice");
    // Each again by its own: nothing is added.
    for own in [true, false] {
        connect(&app, &mut browser, own).await;
    }
    assert_eq!(connections(&app).await, both);
    // What was made with the own app is made anew with it, wherever that is begun.
    for (id, own) in &both {
        let anew = click(&app, &browser, &format!("/api/integrations/spotify?reconnect={id}"), "same-origin").await;
        let address = Url::parse(anew.headers()["location"].to_str().unwrap()).unwrap();
        let client = if *own { WORKS } else { "sandbox-spotify" };
        assert_eq!(parameter(&address, "client_id").as_deref(), Some(client));
    }

    wait(&app, Duration::hours(2));
    let before = asked(&base, "POST accounts.spotify.com/api/token").await;
    let status = value(&api(&app, &browser, Method::GET, "/api/spotify/status", None).await);
    assert_eq!(asked(&base, "POST accounts.spotify.com/api/token").await, before + 2, "each was renewed once");
    // The sandbox renews for the client that the token was given to, and for no other.
    let kinds: Vec<&Value> = status["connections"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!((status["connected"].clone(), kinds), (json!(true), vec![&json!("own_app"), &json!("standard")]));
    assert!(status["connections"].as_array().unwrap().iter().all(|one| one["health"] == "active"), "{status}");

    let removed = api(&app, &browser, Method::DELETE, CREDENTIALS, None).await;
    assert_eq!((removed.status, value(&removed)), (StatusCode::OK, json!({ "disconnected": 1 })));
    assert_eq!(connections(&app).await, both[..1], "what is connected by Aura's app stays");
    assert_eq!(count(&app, "own_apps").await, 0);
}

#[sqlx::test]
async fn ow_05_an_app_without_a_secret_connects_and_renews(db: PgPool) {
    let (_, app) = world(db, &[]).await;
    let mut browser = signed_in(&app).await;
    assert_eq!(give(&mut browser, PUBLIC, "").await.location(), PAGE);
    assert!(browser.get(PAGE).await.text().contains("without a secret"));
    assert_eq!(connect(&app, &mut browser, true).await.location(), "/connections?connected=spotify");
    wait(&app, Duration::hours(2));
    let status = value(&api(&app, &browser, Method::GET, "/api/spotify/status", None).await);
    assert_eq!(status["connections"][0]["health"], "active", "{status}");
}

#[sqlx::test]
async fn ow_06_a_changed_secret_says_so_and_the_right_one_brings_the_connection_back(db: PgPool) {
    let (base, app) = world(db, &[]).await;
    let mut browser = signed_in(&app).await;
    give(&mut browser, WORKS, SECRET).await;
    connect(&app, &mut browser, true).await;
    let id = connections(&app).await[0].0;
    // At the service the secret was made anew; what is stored here is the old one, which the sandbox does not know.
    let vault = own_vault();
    let (row, owner): (Uuid, Uuid) =
        sqlx::query_as("select id, user_id from own_apps").fetch_one(app.db()).await.unwrap();
    let place =
        aura::platform::crypto::Place { table: "own_apps", column: "sealed_secret", row, owner, provider: "spotify" };
    let old = vault.seal(&place, b"the-secret-of-last-year").unwrap();
    sqlx::query("update own_apps set sealed_secret = $1").bind(old).execute(app.db()).await.unwrap();
    wait(&app, Duration::hours(2));
    let before = asked(&base, "POST accounts.spotify.com/api/token").await;
    for _ in 0..3 {
        api(&app, &browser, Method::GET, "/api/spotify/status", None).await;
    }
    assert_eq!(asked(&base, "POST accounts.spotify.com/api/token").await, before + 1, "one call, no retry");
    let connection = id.into();
    assert_eq!(state(&app, connection).await, ("needs_reauth".into(), Some("own_app_refused".into())));
    // The same client id with the right secret: nobody has to sign in again.
    assert_eq!(give(&mut browser, "", SECRET).await.location(), PAGE);
    assert_eq!(state(&app, connection).await, ("active".into(), None));
    let status = value(&api(&app, &browser, Method::GET, "/api/spotify/status", None).await);
    assert_eq!(status["connections"][0]["health"], "active", "{status}");
    // What the person has withdrawn at the service no secret brings back.
    let withdrawn = "update connections set state = 'needs_reauth', reason = $1";
    sqlx::query(withdrawn).bind("revoked").execute(app.db()).await.unwrap();
    assert_eq!(give(&mut browser, "", SECRET).await.location(), PAGE);
    assert_eq!(state(&app, connection).await, ("needs_reauth".into(), Some("revoked".into())));
    sqlx::query("update connections set state = 'active', reason = null").execute(app.db()).await.unwrap();
    // Another client id ends what was made with the former.
    assert_eq!(give(&mut browser, PUBLIC, "").await.location(), PAGE);
    assert_eq!(state(&app, connection).await, ("needs_reauth".into(), Some("own_app_changed".into())));
    // Nor does the other id, however right it is, bring back what was refused under the former.
    sqlx::query(withdrawn).bind("own_app_refused").execute(app.db()).await.unwrap();
    assert_eq!(give(&mut browser, PUBLIC, "").await.location(), PAGE);
    assert_eq!(state(&app, connection).await, ("needs_reauth".into(), Some("own_app_refused".into())));
}

fn own_vault() -> aura::platform::crypto::Vault {
    let key = aura::platform::crypto::Keys::new(KEY.to_owned().into(), None).derive("own-app-credentials/v1");
    let random = aura::platform::random::Random::seeded(77);
    aura::platform::crypto::Vault::new(aura::platform::crypto::KeyRing::derived([key]), random)
}

#[sqlx::test]
async fn ow_07_nothing_of_an_app_is_readable_or_leaves_and_no_other_key_opens_it(db: PgPool) {
    let (_, app) = world(db, &[]).await;
    let mut browser = signed_in(&app).await;
    give(&mut browser, WORKS, SECRET).await;
    connect(&app, &mut browser, true).await;
    let written = dump(&app).await;
    for secret in [WORKS, SECRET] {
        assert!(!written.contains(secret), "{secret} can be read in the database");
    }
    for answer in [
        api(&app, &browser, Method::GET, CREDENTIALS, None).await.body,
        api(&app, &browser, Method::GET, "/api/spotify/status", None).await.body,
        browser.get(PAGE).await.text().to_owned(),
        browser.get("/connections").await.text().to_owned(),
    ] {
        assert!(!answer.contains(WORKS) && !answer.contains(SECRET), "{answer}");
    }
    let (row, owner, sealed): (Uuid, Uuid, String) =
        sqlx::query_as("select id, user_id, sealed_secret from own_apps").fetch_one(app.db()).await.unwrap();
    let place = |column, provider| aura::platform::crypto::Place { table: "own_apps", column, row, owner, provider };
    let opened =
        |vault: &aura::platform::crypto::Vault, column, provider| vault.open(&place(column, provider), &sealed).is_ok();
    assert!(opened(&own_vault(), "sealed_secret", "spotify"));
    assert!(!opened(&own_vault(), "sealed_client_id", "spotify"));
    assert!(!opened(&own_vault(), "sealed_secret", "github"));
    assert!(!opened(app.vault(), "sealed_secret", "spotify"), "the key of everything else opens nothing of apps");
    let id: String = sqlx::query_scalar("select sealed_client_id from own_apps").fetch_one(app.db()).await.unwrap();
    assert!(own_vault().open(&place("sealed_client_id", "spotify"), &id).is_ok());
    assert!(own_vault().open(&place("sealed_secret", "spotify"), &id).is_err(), "an id passes for a secret");
    let parts: Vec<&str> = sealed.split('.').collect();
    assert_eq!((parts.len(), parts[0]), (4, "v1"));
    let unknown = sealed.replacen("v1.", "v9.", 1);
    let refused = own_vault().open(&place("sealed_secret", "spotify"), &unknown);
    assert_eq!(refused.err(), Some(aura::platform::crypto::VaultError::UnknownVersion));
    // Another process whose secret was replaced still opens what the former sealed.
    let newer = [
        ("SPOTIFY_USER_SECRET_KEY", "another secret of this installation, as long"),
        ("SPOTIFY_USER_SECRET_KEY_PREVIOUS", KEY),
    ];
    let later = app.second_process_with(&newer).await;
    wait(&app, Duration::hours(2));
    let status = value(&api(&later, &browser, Method::GET, "/api/spotify/status", None).await);
    assert_eq!(status["connections"][0]["health"], "active", "{status}");
}

#[sqlx::test]
async fn ow_08_without_its_key_the_form_is_off_and_says_so(db: PgPool) {
    let (_, app) = world(db, &[("SPOTIFY_USER_SECRET_KEY", "")]).await;
    let mut browser = signed_in(&app).await;
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, StatusCode::OK, "the server runs");
    assert!(page.text().contains("SPOTIFY_USER_SECRET_KEY") && !page.text().contains("name=\"client_secret\""));
    let given = json!({ "client_id": WORKS, "client_secret": SECRET });
    let refused = api(&app, &browser, Method::PUT, CREDENTIALS, Some(&given)).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::NOT_IMPLEMENTED, "own_apps_off"));
    let shown = value(&api(&app, &browser, Method::GET, CREDENTIALS, None).await);
    assert_eq!((&shown["available"], &shown["configured"]), (&json!(false), &json!(false)));
    assert_eq!(connect(&app, &mut browser, false).await.location(), "/connections?connected=spotify");
}

#[sqlx::test]
async fn ow_09_a_refusal_of_the_central_app_leads_to_ones_own(db: PgPool) {
    let (_, app) = world(db, &[("SPOTIFY_CLIENT_ID", NOT_LISTED), ("SPOTIFY_CLIENT_SECRET", SECRET)]).await;
    let mut browser = signed_in(&app).await;
    let back = connect(&app, &mut browser, false).await;
    assert_eq!(back.location(), format!("{PAGE}?trouble=user_not_listed&app=ours"));
    assert_eq!(count(&app, "connections").await, 0);
    let page = browser.get(back.location()).await;
    assert!(page.text().contains("be used only by people on a short list"), "{}", page.text());
    assert!(page.text().contains("name=\"client_secret\"") && page.text().contains(REDIRECT));
    // No words of the address are shown.
    let forged = browser.get(&format!("{PAGE}?trouble=%3Cb%3EPay+here%3C/b%3E&app=ours")).await;
    assert!(!forged.text().contains("Pay here"));
}

#[sqlx::test]
async fn ow_10_programs_manage_an_app_within_their_scopes_and_every_token_is_written_down(db: PgPool) {
    let (_, app) = world(db, &[("FRONTEND_URL", "http://front.example")]).await;
    let (user, mut browser) = person_at(&app, MIRA).await;
    let program = Program::new(&app, user).await;
    let key = async |scopes: &[&str]| {
        let made = program.send("POST", "/api/v1/api-keys", Some(&json!({ "name": "k", "scopes": scopes }))).await;
        wait(&app, Duration::minutes(1));
        program.showing(made.value()["key"].as_str().unwrap())
    };
    let (reads, writes, tokens) = (
        key(&["connections:read"]).await,
        key(&["connections:write"]).await,
        key(&["connections:read", "tokens:read"]).await,
    );
    let given = json!({ "client_id": WORKS, "client_secret": SECRET, "name": "Mine" });
    for (method, body) in [("PUT", Some(&given)), ("POST", Some(&given)), ("DELETE", None)] {
        let refused = reads.send(method, CREDENTIALS, body).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "scope_missing"), "{method}");
    }
    for method in ["GET", "PUT", "POST", "DELETE"] {
        let refused = program.showing("").send(method, CREDENTIALS, Some(&given)).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{method}");
    }
    let kept = writes.send("PUT", CREDENTIALS, Some(&given)).await;
    assert_eq!((kept.status, &kept.value()["state"]), (StatusCode::OK, &json!("ready")), "{}", kept.text());
    assert_eq!(writes.send("GET", CREDENTIALS, None).await.status, StatusCode::FORBIDDEN);
    assert_eq!(writes.get("/api/spotify/status").await.status, StatusCode::FORBIDDEN);
    let shown = reads.get(CREDENTIALS).await.value();
    assert_eq!(
        (&shown["name"], &shown["client_id_hint"], &shown["redirect_uri"]),
        (&json!("Mine"), &json!("0000…a001"), &json!(REDIRECT))
    );
    connect(&app, &mut browser, true).await;

    let plain = reads.get("/api/spotify/status").await;
    assert!(plain.value()["token"].is_null() && !plain.text().contains("BQ"), "{}", plain.text());
    let refused = reads.get("/api/spotify/status?token=1").await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "scope_missing"));
    let in_a_browser = api(&app, &browser, Method::GET, "/api/spotify/status?token=1", None).await;
    assert_eq!((in_a_browser.status, in_a_browser.code().as_str()), (StatusCode::FORBIDDEN, "scope_missing"));
    let neither = tokens.get("/api/spotify/status?token=yes").await;
    assert_eq!((neither.status, neither.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid_query"));
    let released = async || -> i64 {
        sqlx::query_scalar("select count(*) from audit_events where kind = 'provider_token_released' and subject = $1")
            .bind(user.to_string())
            .fetch_one(app.db())
            .await
            .unwrap()
    };
    assert_eq!(released().await, 0);
    let given = tokens.get("/api/spotify/status?token=1").await;
    assert!(given.value()["token"]["access_token"].as_str().unwrap().starts_with("BQ"), "{}", given.text());
    assert_eq!((given.header("cache-control"), released().await), ("no-store", 1));
    assert!(!dump(&app).await.contains(given.value()["token"]["access_token"].as_str().unwrap()));
    assert_eq!(count(&app, "connection_events where kind = 'token_released' and detail = 'api'").await, 1);
    // A program's token in a page, and a cookie of a browser that does not tell what it is, are given none.
    let bearer = format!("Bearer {}", tokens.access);
    let cookie = format!("__Host-aura={}", browser.cookie("__Host-aura").unwrap());
    for shown in
        [[("authorization", bearer.as_str()), ("sec-fetch-mode", "cors")], [("cookie", &cookie), ("accept", "*/*")]]
    {
        let refused = ask(&app, &Method::GET, "/api/spotify/status?token=1", &shown, "").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    }
    assert_eq!(released().await, 1);
    // Of two connections the one by the person's own app is taken, unless the other one is asked for.
    connect(&app, &mut browser, false).await;
    let both = connections(&app).await;
    let of =
        async |more: &str| tokens.get(&format!("/api/spotify/status?token=1{more}")).await.value()["token"].clone();
    assert_eq!(of("").await["connection"], json!(both[1].0));
    assert_eq!(of(&format!("&connection={}", both[0].0)).await["connection"], json!(both[0].0));

    // Nobody else's.
    let (_, other) = person_at(&app, "jonas@example.com").await;
    let stranger = value(&api(&app, &other, Method::GET, "/api/spotify/status", None).await);
    assert_eq!((&stranger["connected"], &stranger["connections"]), (&json!(false), &json!([])));
    let none = api(&app, &other, Method::DELETE, CREDENTIALS, None).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert_eq!(count(&app, "own_apps").await, 1);
    assert_eq!(writes.send("DELETE", CREDENTIALS, None).await.status, StatusCode::OK);
    for kind in ["own_app_added", "own_app_removed"] {
        assert_eq!(count(&app, &format!("audit_events where kind = '{kind}'")).await, 1, "{kind}");
    }
}

#[sqlx::test]
async fn ow_11_what_is_no_app_is_refused_before_anybody_is_asked(db: PgPool) {
    let (base, app) = world(db, &[]).await;
    let browser = signed_in(&app).await;
    let long = "a".repeat(600);
    for (body, code) in [
        (json!({}), "invalid_body"),
        (json!({ "client_id": "" }), "app_malformed"),
        (json!({ "client_id": "0000" }), "app_malformed"),
        (json!({ "client_id": WORKS.to_uppercase() }), "app_malformed"),
        (json!({ "client_id": format!("{WORKS}\r\nx: y") }), "app_malformed"),
        (json!({ "client_id": WORKS, "client_secret": "with a blank" }), "app_malformed"),
        (json!({ "client_id": WORKS, "client_secret": long }), "app_malformed"),
        (json!({ "client_id": 7 }), "invalid_body"),
        (json!({ "client_id": WORKS, "user": "somebody else" }), "invalid_body"),
    ] {
        let refused = api(&app, &browser, Method::PUT, CREDENTIALS, Some(&body)).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, code), "{body}");
        wait(&app, Duration::minutes(1));
    }
    for number in 0..=10 {
        let refused = api(&app, &browser, Method::PUT, CREDENTIALS, Some(&json!({ "client_id": "0000" }))).await;
        let expected = if number < 10 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(refused.status, expected, "{number}");
        // Slowly enough for the limit of all requests.
        wait(&app, Duration::seconds(5));
    }
    wait(&app, Duration::minutes(1));
    assert_eq!(asked(&base, "POST accounts.spotify.com/api/token").await, 0);
    assert_eq!(asked(&base, "GET accounts.spotify.com/authorize").await, 0);
    // From another site nothing is written, whatever cookie comes with it.
    let cookie = format!("__Host-aura={}", browser.cookie("__Host-aura").unwrap());
    let body = json!({ "client_id": WORKS, "client_secret": SECRET }).to_string();
    let headers = [
        ("cookie", cookie.as_str()),
        ("content-type", "application/json"),
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
    ];
    let refused = ask(&app, &Method::PUT, CREDENTIALS, &headers, &body).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    // A token that is not believed is not helped by a cookie.
    let headers = [("cookie", cookie.as_str()), ("authorization", "Bearer nonsense"), ("accept", "application/json")];
    assert_eq!(ask(&app, &Method::GET, CREDENTIALS, &headers, "").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(count(&app, "own_apps").await, 0);
    for place in ["/connections/apps/sendgrid", "/connections/apps/nonsense"] {
        let mut browser = signed_in(&app).await;
        assert!(browser.get(place).await.text().contains("does not exist"), "{place}");
    }
    // A name is one line of 60 letters.
    let name = format!("Mi\u{7}ne{}", "x".repeat(80));
    let given = json!({ "client_id": WORKS, "client_secret": SECRET, "name": name });
    let kept = api(&app, &browser, Method::PUT, CREDENTIALS, Some(&given)).await;
    assert_eq!(value(&kept)["name"], format!("Mine{}", "x".repeat(56)), "{}", kept.body);
    assert_eq!(value(&kept)["has_secret"], true);
    // The secret of one app is sent for no other.
    let other = api(&app, &browser, Method::PUT, CREDENTIALS, Some(&json!({ "client_id": PUBLIC }))).await;
    assert_eq!(
        (&value(&other)["has_secret"], &value(&other)["state"]),
        (&json!(false), &json!("ready")),
        "{}",
        other.body
    );
}

#[sqlx::test]
async fn ow_12_what_comes_back_to_the_own_apps_address_is_held_to_its_visit(db: PgPool) {
    let (base, app) = world(db, &[]).await;
    let mut browser = signed_in(&app).await;
    give(&mut browser, WORKS, SECRET).await;
    let exchanges = asked(&base, "POST accounts.spotify.com/api/token").await;
    let address = leave(&app, &browser, true).await;
    let state = parameter(&address, "state").unwrap();
    let back = |query: &str| format!("/api/spotify/callback?{query}");
    for (query, code) in [
        ("", "state_missing"),
        ("state=forged&code=c", "state_forged"),
        (&format!("state={state}&state={state}&code=c"), "duplicate_parameter"),
    ] {
        let refused = browser.get_json(&back(query)).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::BAD_REQUEST, code), "{query}");
    }
    // Its code is none of the other address's.
    let elsewhere = browser.get_json(&format!("/api/integrations/spotify/callback?state={state}&code=c")).await;
    assert_eq!(elsewhere.code(), "state_unknown");
    // Somebody else's browser ends it with nothing.
    let mut jonas = Browser::new(&app);
    jonas.sign_in(&app, "jonas@example.com").await;
    assert_eq!(jonas.get_json(&back(&format!("state={state}&code=c"))).await.code(), "state_unknown");
    let mut elsewhere = signed_in(&app).await;
    assert_eq!(
        elsewhere.get_json(&back(&format!("state={state}&code=c"))).await.code(),
        "state_unknown",
        "her other one"
    );
    let late = leave(&app, &browser, true).await;
    wait(&app, Duration::minutes(11));
    let late = browser.get_json(&back(&format!("state={}&code=c", parameter(&late, "state").unwrap()))).await;
    assert_eq!((late.status, late.code().as_str()), (StatusCode::GONE, "state_expired"));
    assert_eq!(asked(&base, "POST accounts.spotify.com/api/token").await, exchanges, "no code was traded");
    let declined = consent(&leave(&app, &browser, true).await, "deny").await;
    assert_eq!(browser.get(&path_of(&declined)).await.location(), "/connections?cancelled=spotify");
    // Another site sends nobody: a page asks first.
    let asked_first = click(&app, &browser, "/api/integrations/spotify/own-app", "cross-site").await;
    assert_eq!(asked_first.status(), StatusCode::OK);
}

#[sqlx::test]
async fn ow_13_an_address_that_the_service_would_refuse_is_told_ahead(db: PgPool) {
    let today = time::macros::date!(2026 - 11 - 21);
    for (address, refused) in [
        ("https://aura.example", false),
        ("http://127.0.0.1:3000", false),
        ("http://localhost:3000", true),
        ("http://192.0.2.7:3000", true),
    ] {
        let app = TestApp::with(db.clone(), &[("AUTH_URL", address)]).await;
        let told = aura::serve::doctor::tell(&app.state().settings, today);
        let warning = "  warning           Spotify refuses these addresses";
        assert_eq!(told.lines().any(|line| line.starts_with(warning)), refused, "{address}: {told}");
        assert!(told.contains(&format!("  for own apps      {address}/api/spotify/callback")), "{told}");
    }
    // The page about an own app says the same, here at the address that the browser of these tests knows.
    let (_, app) = world(db, &[("AUTH_URL", "http://localhost:3000")]).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, "mira@example.com").await;
    assert!(browser.get(PAGE).await.text().contains("Spotify will refuse this address"));
}
