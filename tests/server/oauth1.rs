//! Trello: OAuth 1.0a, from the temporary token to the one that is given back.

use std::{path::PathBuf, process::Stdio};

use aura::{
    platform::random::Random,
    providers::{
        oauth::Client,
        oauth1::{Moment, Token, authorization},
    },
};
use http::{Method, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::macros::datetime;
use tokio::{io::AsyncWriteExt as _, process::Command};
use url::Url;

use crate::{
    abroad::{self, Abroad, MIRA, path_of},
    browser::{Browser, dump, wait},
    pasted::look_around,
    support::Logs,
    vendor::{Vendor, count},
};

/// Leaves for a consent page that is not OAuth 2's.
pub async fn leave(abroad: &Abroad, browser: &mut Browser, service: &str, query: &str) -> Url {
    // Ten starts a minute are free.
    wait(&abroad.app, time::Duration::seconds(7));
    let left = browser.click(&format!("/api/integrations/{service}{query}")).await;
    assert_eq!(left.status, StatusCode::SEE_OTHER, "{} {:?}", left.text(), abroad.refused());
    Url::parse(left.location()).unwrap()
}

/// Decides on that page: where it leads.
pub async fn agree(address: &Url, service: &str, person: &str, decision: &str) -> Url {
    let client = abroad::browser();
    let page = client.get(address.clone()).send().await.unwrap().text().await.unwrap();
    let request = page.split("name=\"request\" value=\"").nth(1).unwrap_or_else(|| panic!("no consent: {page}"));
    let request = request.split('"').next().unwrap();
    let place = format!("{}/_sandbox/agree", address.origin().ascii_serialization());
    let form = [("service", service), ("request", request), ("person", person), ("decision", decision)];
    let answer = client.post(place).form(&form).send().await.unwrap();
    Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap()
}

pub async fn visit(abroad: &Abroad, browser: &mut Browser, query: &str, person: &str) -> String {
    let address = leave(abroad, browser, "trello", query).await;
    let back = agree(&address, "trello", person, "allow").await;
    browser.get(&path_of(&back)).await.location().to_owned()
}

#[sqlx::test]
async fn ky_22_oauth_1_is_connected_used_and_given_back(db: PgPool) {
    let abroad = Box::pin(Abroad::new(db)).await;
    let mut browser = abroad.signed_in(MIRA).await;
    let (logs, listening) = Logs::listen();
    assert_eq!(
        visit(&abroad, &mut browser, "", "mira").await,
        "/connections?connected=trello",
        "{:?}",
        abroad.refused()
    );
    let row = abroad.rows().await.remove(0);
    assert_eq!((row.state.as_str(), row.account_label.as_str()), ("active", "miraokafor"));
    assert_eq!(row.scopes, row.asked_scopes);
    let before = abroad.sandbox.ledger().matching(Some("api.trello.com"), None).len();
    look_around(&abroad).await;
    assert!(abroad.sandbox.ledger().matching(Some("api.trello.com"), None).len() > before);
    assert_eq!(abroad.refused(), [] as [String; 0], "each signature was right");
    // The same account again keeps the connection; another one is asked about first.
    assert_eq!(visit(&abroad, &mut browser, "", "mira").await, "/connections?connected=trello");
    let rows = abroad.rows().await;
    assert_eq!((rows.len(), rows[0].id), (1, row.id));
    let asked = visit(&abroad, &mut browser, &format!("?reconnect={}", row.id), "jonas").await;
    assert!(asked.starts_with("/api/integrations/trello/choice/"), "{asked}");
    let cancelled = browser.post_form(&asked, &[("answer", "cancel")]).await;
    assert_eq!(cancelled.status, StatusCode::SEE_OTHER, "{}", cancelled.text());
    let asked = visit(&abroad, &mut browser, &format!("?reconnect={}", row.id), "jonas").await;
    let replaced = browser.post_form(&asked, &[("answer", "replace")]).await;
    assert_eq!(replaced.location(), "/connections?connected=trello", "{}", replaced.text());
    let rows = abroad.rows().await;
    assert_eq!((rows.len(), rows[0].id, rows[0].account_label.as_str()), (1, row.id, "jonasweil"));
    let kept = dump(&abroad.app).await;
    drop(listening);
    for secret in ["ATTA", "lasting-secret-", "sandbox-secret"] {
        assert!(!kept.contains(secret) && !logs.text().contains(secret), "{secret}");
    }
    let ended = browser.post_json(&format!("/api/integrations/{}/disconnect", row.id), &Value::Null).await;
    assert_eq!(ended.value()["verdict"], "revoked", "{}", ended.text());
    let deleted = abroad.sandbox.ledger().matching(Some("api.trello.com"), Some("/1/tokens/"));
    assert_eq!(deleted.len(), 1);
    assert_eq!(count(&abroad.app, "connections").await, 0);
}

#[sqlx::test]
async fn ky_23_a_foreign_or_declined_return_of_oauth_1_connects_nothing(db: PgPool) {
    let abroad = Box::pin(Abroad::new(db)).await;
    let mut mira = abroad.signed_in(MIRA).await;
    let mut jonas = abroad.signed_in("jonas@example.com").await;
    let address = leave(&abroad, &mut mira, "trello", "").await;
    let declined = agree(&address, "trello", "mira", "deny").await;
    assert_eq!(mira.get(&path_of(&declined)).await.location(), "/connections?cancelled=trello");
    let exchanges =
        |abroad: &Abroad| abroad.sandbox.ledger().matching(Some("trello.com"), Some("/1/OAuthGetAccessToken")).len();
    // Other servers of OAuth 1 say it in another word.
    let address = leave(&abroad, &mut mira, "trello", "").await;
    let mut problem = agree(&address, "trello", "mira", "deny").await;
    let state = problem.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    problem.set_query(Some(&format!("state={state}&oauth_problem=user_refused")));
    assert_eq!(mira.get(&path_of(&problem)).await.location(), "/connections?cancelled=trello");
    // Somebody's own consent, sent to another person.
    let address = leave(&abroad, &mut jonas, "trello", "").await;
    let his = agree(&address, "trello", "jonas", "allow").await;
    assert_eq!(mira.get(&path_of(&his)).await.status, StatusCode::BAD_REQUEST);
    // A temporary token of another visit under a state of this one.
    let address = leave(&abroad, &mut mira, "trello", "").await;
    let hers = agree(&address, "trello", "mira", "allow").await;
    let part = |address: &Url, wanted: &str| {
        address.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).unwrap()
    };
    let mixed = format!(
        "/api/integrations/trello/callback?state={}&oauth_token={}&oauth_verifier={}",
        part(&hers, "state"),
        part(&his, "oauth_token"),
        part(&his, "oauth_verifier")
    );
    assert_eq!(mira.get(&mixed).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(exchanges(&abroad), 0, "no token was traded");
    // A verifier that is wrong is refused by the service.
    let address = leave(&abroad, &mut mira, "trello", "").await;
    let hers = agree(&address, "trello", "mira", "allow").await;
    let wrong = format!(
        "/api/integrations/trello/callback?state={}&oauth_token={}&oauth_verifier=wrong",
        part(&hers, "state"),
        part(&hers, "oauth_token")
    );
    assert_eq!(mira.get_json(&wrong).await.code(), "code_refused");
    assert_eq!((exchanges(&abroad), count(&abroad.app, "connections").await), (1, 0));
}

#[sqlx::test]
async fn a_server_that_has_not_taken_our_address_is_left(db: PgPool) {
    let vendor = Vendor::start().await;
    let token = "oauth_token=a&oauth_token_secret=canary-b&oauth_callback_confirmed=";
    let app = vendor.app_with(db, &[("TRELLO_CLIENT_ID", "client"), ("TRELLO_CLIENT_SECRET", "secret")]).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(&app, MIRA).await;
    for (confirmed, status) in [("false", StatusCode::BAD_GATEWAY), ("true", StatusCode::SEE_OTHER)] {
        vendor.server.reset().await;
        let answer = wiremock::ResponseTemplate::new(200).set_body_string(format!("{token}{confirmed}"));
        vendor.answers("POST", "/trello.com/1/OAuthGetRequestToken", answer).await;
        let begun = browser.click("/api/integrations/trello").await;
        assert_eq!(begun.status, status, "{confirmed}: {}", begun.text());
    }
    assert_eq!(count(&app, "connection_flows").await, 1);
    assert!(!dump(&app).await.contains("canary-b"), "the temporary secret is sealed");
}

/// Verifies headers as a server does that nobody here wrote.
const JUDGE: &str = r#"
import json, sys
from oauthlib.oauth1.rfc5849 import signature as s
from urllib.parse import unquote
good = 0
cases = json.load(sys.stdin)
for case in cases:
    pairs = [p.strip().split("=", 1) for p in case["header"][len("OAuth "):].split(",")]
    said = {k: unquote(v.strip('"')) for k, v in pairs}
    params = s.collect_parameters(uri_query=case["query"], body=case["body"], headers={"Authorization": case["header"]}, exclude_oauth_signature=True, with_realm=False)
    base = s.signature_base_string(case["method"], s.base_string_uri(case["url"]), s.normalize_parameters(params))
    want = s.sign_hmac_sha1_with_client(base, type("C", (), {"client_secret": case["client_secret"], "resource_owner_secret": case["token_secret"]}))
    good += want == said["oauth_signature"]
print(good, len(cases))
"#;

/// A Python that has the judge: the one that setup made, or the machine's own.
async fn python() -> Option<PathBuf> {
    let own = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.local/judges/bin/python3"));
    for python in [own, "python3".into()] {
        let asked = Command::new(&python).args(["-c", "import oauthlib"]).stderr(Stdio::null()).status().await;
        if asked.is_ok_and(|status| status.success()) {
            return Some(python);
        }
    }
    None
}

/// Texts with everything that is encoded in some way.
fn odd(random: &Random, longest: u32) -> String {
    const LETTERS: &[char] = &[
        'a', 'Z', '0', '-', '.', '_', '~', '+', ' ', '%', '&', '=', '/', '?', '#', '!', '*', '(', '\'', 'é', '漢',
        '😀', ':', ',',
    ];
    let pick = |_| LETTERS[usize::try_from(random.below(u32::try_from(LETTERS.len()).unwrap())).unwrap()];
    (0..=random.below(longest)).map(pick).collect()
}

#[tokio::test]
async fn ky_24_a_server_that_nobody_here_wrote_takes_every_signature() {
    let Some(python) = python().await else {
        println!("not run: signatures of OAuth 1 against oauthlib (`scripts/setup judges` installs it)");
        return;
    };
    let random = Random::seeded(5849);
    let now = datetime!(2026-11-21 12:00 UTC);
    let (mut cases, mut nonces) = (Vec::new(), std::collections::BTreeSet::new());
    for turn in 0..300 {
        let (client_secret, token_secret) = (odd(&random, 20), odd(&random, 20));
        let client = Client { id: odd(&random, 12), secret: Some(client_secret.clone().into()) };
        let token = Token { token: odd(&random, 20).into(), secret: token_secret.clone().into() };
        let token = (turn % 5 > 0).then_some(token);
        let mut url = Url::parse("https://api.trello.com/1/cards/a%20b").unwrap();
        for _ in 0..random.below(4) {
            url.query_pairs_mut().append_pair(&odd(&random, 6), &odd(&random, 12));
        }
        let form: Vec<(String, String)> =
            (0..if turn % 3 == 0 { random.below(4) } else { 0 }).map(|_| (odd(&random, 6), odd(&random, 12))).collect();
        let method = if form.is_empty() { Method::GET } else { Method::POST };
        let verifier = odd(&random, 9);
        let extra: &[(&str, &str)] = if turn % 7 == 0 { &[("oauth_verifier", &verifier)] } else { &[] };
        let moment = Moment::new(&random, now);
        assert!(nonces.insert(moment.nonce.clone()), "a nonce is used once");
        let header = authorization(&client, token.as_ref(), &method, &url, &form, extra, &moment);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
        cases.push(json!({
            "method": method.as_str(), "url": url.as_str(), "query": url.query().unwrap_or_default(),
            "body": url::form_urlencoded::parse(body.as_bytes()).into_owned().collect::<Vec<(String, String)>>(),
            "header": header.expose_secret(), "client_secret": client_secret,
            "token_secret": if token.is_some() { token_secret } else { String::new() },
        }));
    }
    let mut judge = Command::new(python)
        .args(["-c", JUDGE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = judge.stdin.take().unwrap();
    input.write_all(Value::Array(cases).to_string().as_bytes()).await.unwrap();
    drop(input);
    let output = judge.wait_with_output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(told.trim(), "300 300", "{}", String::from_utf8_lossy(&output.stderr));
}
