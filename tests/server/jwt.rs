//! Tokens that others sign: which are believed, against published vectors, known attacks and mutations.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use aura::platform::{
    clock::Clock,
    config::HostOverrides,
    crypto::jwt::{Algorithm, Claims, Expected, JwtError, KeySet, RemoteKeys, signed_payload, verify},
    http::Http,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};
use url::Url;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

use crate::signer::{FIRST, SECOND, Signer, encode, hmac_token, jwks, key_set};

const NOW: OffsetDateTime = datetime!(2026-03-12 12:00 UTC);
const ALL: [Algorithm; 8] = [
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];
const EXPECTED: Expected<'static> = Expected {
    algorithms: &[Algorithm::Es256],
    issuers: &["issuer.example"],
    audience: "aura",
    leeway: Duration::ZERO,
    typ: Some("JWT"),
};

fn claims() -> Value {
    let now = NOW.unix_timestamp();
    json!({ "iss": "issuer.example", "aud": "aura", "sub": "mira", "iat": now - 60, "exp": now + 3_600 })
}

fn with(name: &str, value: Value) -> Value {
    let mut changed = claims();
    changed[name] = value;
    changed
}

fn without(name: &str) -> Value {
    let mut changed = claims();
    changed.as_object_mut().unwrap().remove(name);
    changed
}

fn check(token: &str) -> Result<Claims, JwtError> {
    verify(token, &key_set(&[FIRST]), &EXPECTED, NOW)
}

/// The published set; `None`, with a line that says so, where it is not set.
#[expect(clippy::print_stdout, reason = "a judge that is absent says so in one line")]
fn vectors(name: &str) -> Option<Value> {
    #[expect(clippy::disallowed_methods, reason = "where the vectors are is the environment's to say")]
    let Some(folder) = std::env::var_os("VECTORS_DIR") else {
        println!("not run: {name} (VECTORS_DIR is not set)");
        return None;
    };
    let text = fs::read(PathBuf::from(folder).join("wycheproof").join(name)).expect("VECTORS_DIR has no such set");
    Some(serde_json::from_slice(&text).unwrap())
}

/// All 355 invalid ones are refused. Of the 46 valid ones, the 32 that are signed by a private key with an algorithm of
/// ours that is also the one their key is for are accepted. Refused by our rules are: ten under shared secrets, two
/// under P-521, and two of RFC 7520 that say PS384 while their key says PS256.
#[test]
fn pv_02_signatures_are_judged_as_wycheproof_lists_them() {
    let Some(set) = vectors("json_web_signature_test.json") else { return };
    let (mut accepted, mut kept_out, mut refused) = (0, Vec::new(), 0);
    for group in set["testGroups"].as_array().unwrap() {
        let key = group.get("public").unwrap_or(&group["private"]);
        let keys = KeySet::from_jwks(json!({ "keys": [key] }).to_string().as_bytes());
        for test in group["tests"].as_array().unwrap() {
            let jws = test["jws"].as_str().map_or_else(|| test["jws"].to_string(), str::to_owned);
            let verdict = keys.as_ref().map_err(|error| *error).and_then(|keys| signed_payload(&jws, keys, &ALL));
            match (test["result"].as_str().unwrap(), verdict) {
                ("valid", Ok(_)) => accepted += 1,
                ("valid", Err(_)) => kept_out.push(key["alg"].as_str().unwrap()),
                (_, Err(_)) => refused += 1,
                (_, Ok(_)) => panic!("accepted: {test}"),
            }
        }
    }
    let count = |name: &str| kept_out.iter().filter(|alg| **alg == name).count();
    assert_eq!((accepted, kept_out.len(), refused), (32, 14, 355));
    assert_eq!((count("HS256"), count("ES521"), count("PS256")), (10, 2, 2));
}

/// The one valid RS256 token is accepted, every invalid one refused; the four valid ones under shared secrets are
/// refused, because a set of public keys holds none.
#[test]
fn pv_03_keys_are_judged_as_wycheproof_lists_them() {
    let Some(set) = vectors("json_web_key_test.json") else { return };
    let (mut accepted, mut secrets, mut refused) = (0, 0, 0);
    for group in set["testGroups"].as_array().unwrap() {
        let keys = group.get("public").unwrap_or(&group["private"]);
        let symmetric = keys["keys"][0]["kty"] == "oct";
        let keys = KeySet::from_jwks(keys.to_string().as_bytes());
        for test in group["tests"].as_array().unwrap() {
            let jws = test["jws"].as_str().unwrap();
            let verdict = keys.as_ref().map_err(|error| *error).and_then(|keys| signed_payload(jws, keys, &ALL));
            match (test["result"].as_str().unwrap(), verdict) {
                ("valid", Ok(_)) => accepted += 1,
                ("valid", Err(_)) if symmetric => secrets += 1,
                ("invalid", Err(_)) => refused += 1,
                (_, verdict) => panic!("{verdict:?}: {test}"),
            }
        }
    }
    assert_eq!((accepted, secrets, refused), (1, 4, 21));
}

#[test]
fn a_right_token_is_believed() {
    let said = check(&FIRST.token(&with("sid", json!("s1")))).unwrap();
    assert_eq!((said.subject.as_str(), said.text("sid"), said.text("none")), ("mira", Some("s1"), None));
    assert_eq!(said.expires_at, NOW + Duration::hours(1));
    // A key in PEM has no name, so it is meant by any.
    for pem in [FIRST.pem(), FIRST.pem().replace('\n', "\\n")] {
        let keys = KeySet::from_pem(&pem).unwrap();
        assert!(verify(&FIRST.token(&claims()), &keys, &EXPECTED, NOW).is_ok());
        assert_eq!(verify(&SECOND.token(&claims()), &keys, &EXPECTED, NOW).err(), Some(JwtError::Signature));
    }
    for nothing in ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "{}"] {
        assert_eq!(KeySet::from_pem(nothing).err(), Some(JwtError::NoKey));
        assert_eq!(KeySet::from_jwks(nothing.as_bytes()).err(), Some(JwtError::NoKey));
    }
}

#[test]
fn every_claim_that_is_looked_at_must_be_there_and_right() {
    let now = NOW.unix_timestamp();
    for (payload, error) in [
        (without("iss"), JwtError::Claim("iss")),
        (with("iss", json!("issuer.example.evil")), JwtError::Claim("iss")),
        (with("iss", json!(["issuer.example"])), JwtError::Claim("iss")),
        (without("aud"), JwtError::Claim("aud")),
        (with("aud", json!("another")), JwtError::Claim("aud")),
        (with("aud", json!(["aura"])), JwtError::Claim("aud")),
        (with("aud", json!(["aura", "another"])), JwtError::Claim("aud")),
        (without("sub"), JwtError::Claim("sub")),
        (with("sub", json!("")), JwtError::Claim("sub")),
        (with("sub", json!(7)), JwtError::Claim("sub")),
        (without("exp"), JwtError::Claim("exp")),
        (with("exp", json!("2030-01-01")), JwtError::Claim("exp")),
        (with("exp", json!(1e300)), JwtError::Claim("exp")),
        (with("exp", json!(i64::MAX)), JwtError::Claim("exp")),
        (with("exp", json!(now)), JwtError::Expired),
        (with("exp", json!(now - 5)), JwtError::Expired),
        (without("iat"), JwtError::Claim("iat")),
        (with("iat", json!(now + 600)), JwtError::NotYet),
        (with("iat", json!(now + 61)), JwtError::NotYet),
        (with("nbf", json!(now + 1)), JwtError::NotYet),
        (with("nbf", json!("soon")), JwtError::Claim("nbf")),
    ] {
        assert_eq!(check(&FIRST.token(&payload)).err(), Some(error), "{payload}");
    }
    for payload in [with("iat", json!(now + 60)), with("nbf", json!(now)), with("exp", json!(now + 1))] {
        assert!(check(&FIRST.token(&payload)).is_ok(), "{payload}");
    }
}

#[test]
fn leeway_is_short_whatever_is_asked_for() {
    let late = |seconds| FIRST.token(&with("exp", json!(NOW.unix_timestamp() - seconds)));
    let generous = Expected { leeway: Duration::hours(1), ..EXPECTED };
    let keys = key_set(&[FIRST]);
    assert!(verify(&late(29), &keys, &generous, NOW).is_ok());
    assert_eq!(verify(&late(30), &keys, &generous, NOW).err(), Some(JwtError::Expired));
    let negative = Expected { leeway: Duration::hours(-1), ..EXPECTED };
    assert!(verify(&FIRST.token(&claims()), &keys, &negative, NOW).is_ok());
}

#[test]
fn kinds_and_keys_are_told_apart() {
    let sign = |header: Value| FIRST.sign(&header, &claims());
    for (header, error) in [
        (json!({ "alg": "ES256", "kid": "key-1" }), JwtError::Type),
        (json!({ "alg": "ES256", "kid": "key-1", "typ": "at+jwt" }), JwtError::Type),
        (json!({ "alg": "ES256", "kid": "key-1", "typ": ["JWT"] }), JwtError::Type),
        (json!({ "alg": "ES256", "kid": "key-9", "typ": "JWT" }), JwtError::UnknownKey),
        (json!({ "alg": "ES256", "kid": 1, "typ": "JWT" }), JwtError::Malformed),
        (json!({ "alg": "ES256", "kid": null, "typ": "JWT" }), JwtError::Malformed),
        (json!({ "alg": "ES384", "kid": "key-1", "typ": "JWT" }), JwtError::Algorithm),
        (json!({ "kid": "key-1", "typ": "JWT" }), JwtError::Algorithm),
        (json!({ "alg": ["ES256"], "kid": "key-1", "typ": "JWT" }), JwtError::Algorithm),
        (json!({ "alg": "ES256", "kid": "key-1", "typ": "JWT", "crit": ["exp"], "exp": 1 }), JwtError::Critical),
        (json!({ "alg": "ES256", "kid": "key-1", "typ": "JWT", "crit": [] }), JwtError::Critical),
        (json!({ "alg": "ES256", "kid": "key-1", "typ": "JWT", "b64": false, "crit": ["b64"] }), JwtError::Critical),
    ] {
        assert_eq!(check(&sign(header.clone())).err(), Some(error), "{header}");
    }
    let nameless = sign(json!({ "alg": "ES256", "typ": "JWT" }));
    assert!(check(&nameless).is_ok(), "with one key it is clear which is meant");
    let two = key_set(&[FIRST, SECOND]);
    assert_eq!(verify(&nameless, &two, &EXPECTED, NOW).err(), Some(JwtError::UnknownKey));
    let twins = json!({ "keys": [FIRST.jwk(), FIRST.jwk()] }).to_string();
    let twins = KeySet::from_jwks(twins.as_bytes()).unwrap();
    assert_eq!(verify(&FIRST.token(&claims()), &twins, &EXPECTED, NOW).err(), Some(JwtError::UnknownKey));
    assert_eq!(
        check(&SECOND.sign(&json!({ "alg": "ES256", "typ": "JWT", "kid": "key-1" }), &claims())).err(),
        Some(JwtError::Signature)
    );
}

#[test]
fn one_token_has_one_text() {
    let token = FIRST.token(&claims());
    let [header, payload, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    for changed in [
        format!("{token}="),
        format!("{token}\n"),
        format!(" {token}"),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}."),
        format!(".{header}.{payload}.{signature}"),
        format!("{header}..{payload}.{signature}"),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        String::new(),
        "..".to_owned(),
    ] {
        assert!(matches!(check(&changed).err(), Some(JwtError::Malformed | JwtError::Signature)), "{changed}");
    }
    // Signed rightly, and still said twice.
    let twice = r#"{"iss":"issuer.example","aud":"aura","sub":"mira","iat":1,"exp":9999999999,"sub":"jonas"}"#;
    let usual = r#"{"alg":"ES256","typ":"JWT","kid":"key-1"}"#;
    assert_eq!(check(&FIRST.sign_text(usual, twice)).err(), Some(JwtError::Malformed));
    let double = r#"{"alg":"none","alg":"ES256","typ":"JWT","kid":"key-1"}"#;
    assert_eq!(check(&FIRST.sign_text(double, &claims().to_string())).err(), Some(JwtError::Malformed));
    assert_eq!(check(&FIRST.sign_text(usual, "no json")).err(), Some(JwtError::Malformed));
    let long = FIRST.token(&with("padding", json!("x".repeat(20_000))));
    assert_eq!(check(&long).err(), Some(JwtError::TooLong));
}

/// Everything that `jwt-hack` makes of a right token, a program made for attacking them: alone, with an empty signature,
/// and with the right token's own.
#[test]
fn a_program_made_for_attacking_tokens_gets_nothing() {
    let right = FIRST.token(&claims());
    let arguments =
        ["payload", right.as_str(), "--json", "--jwk-attack", "evil.example", "--jwk-trust", "issuer.example"];
    let Ok(output) = std::process::Command::new("jwt-hack").args(arguments).output() else {
        println!("not run: attacks of jwt-hack (not installed: cargo install jwt-hack)");
        return;
    };
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    let attacks: Vec<&str> = made["payloads"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(attacks.len() > 100, "{} attacks", attacks.len());
    assert!(check(&right).is_ok());
    let signature = right.rsplit_once('.').unwrap().1;
    for attack in attacks {
        for token in [attack.to_owned(), format!("{attack}."), format!("{attack}.{signature}")] {
            // An attack that only takes the signature away is the right token again when it gets it back.
            assert!(token == right || check(&token).is_err(), "{token}");
        }
    }
}

/// What tools for attacking tokens send: `none` in all letters, the public key as a shared secret, keys that the token
/// brings or points to, names of keys that are paths, queries or commands, empty and zero signatures.
#[test]
fn pv_04_known_attacks_are_refused() {
    let right = FIRST.token(&claims());
    let signature = right.rsplit_once('.').unwrap().1;
    let payload = encode(claims().to_string());
    let mut tried = 0;
    let mut refuse = |token: String| {
        assert!(check(&token).is_err(), "{token}");
        tried += 1;
    };
    for mask in 0..16_u32 {
        let letters = "none".chars().enumerate();
        let none: String = letters
            .map(|(at, letter)| if mask >> at & 1 == 1 { letter.to_ascii_uppercase() } else { letter })
            .collect();
        for header in [json!({ "alg": none, "typ": "JWT" }), json!({ "alg": none, "typ": "JWT", "kid": "key-1" })] {
            let header = encode(header.to_string());
            refuse(format!("{header}.{payload}."));
            refuse(format!("{header}.{payload}.{signature}"));
            refuse(format!("{header}.{payload}"));
        }
    }
    for none in ["", " none", "none ", "no\u{200b}ne", "null", "HS0", "ES256,none"] {
        let header = encode(json!({ "alg": none, "typ": "JWT", "kid": "key-1" }).to_string());
        refuse(format!("{header}.{payload}."));
    }
    let point = FIRST.jwk();
    let secrets: Vec<Vec<u8>> = vec![
        FIRST.pem().into_bytes(),
        FIRST.pem().trim_end().to_owned().into_bytes(),
        FIRST.pem().replace('\n', "").into_bytes(),
        FIRST.spki(),
        FIRST.spki()[26..].to_vec(),
        point.to_string().into_bytes(),
        point["x"].as_str().unwrap().as_bytes().to_vec(),
        jwks(&[FIRST]).to_string().into_bytes(),
        b"secret".to_vec(),
        b"".to_vec(),
        b"\0".to_vec(),
    ];
    for secret in &secrets {
        for alg in ["HS256", "HS384", "HS512", "hs256", "ES256"] {
            refuse(hmac_token(secret, &json!({ "alg": alg, "typ": "JWT", "kid": "key-1" }), &claims()));
        }
    }
    let own = SECOND.jwk();
    for header in [
        json!({ "jwk": own }),
        json!({ "jwk": own, "kid": "key-1" }),
        json!({ "jku": "https://evil.example/jwks.json" }),
        json!({ "jku": "https://evil.example/jwks.json", "kid": "key-2" }),
        json!({ "jku": "https://issuer.example@evil.example/jwks.json", "kid": "key-1" }),
        json!({ "x5u": "https://evil.example/cert.pem" }),
        json!({ "x5c": ["MIIB"] }),
        json!({ "x5c": ["MIIB"], "x5t": "AAAA", "kid": "key-1" }),
        json!({ "kid": "../../../../dev/null" }),
        json!({ "kid": "/proc/sys/kernel/randomize_va_space" }),
        json!({ "kid": "key-1' UNION SELECT 'secret' -- " }),
        json!({ "kid": "key-1|whoami" }),
        json!({ "kid": "http://evil.example/key" }),
        json!({ "kid": "key-1\u{0}" }),
        json!({ "kid": "" }),
        json!({ "kid": ["key-1"] }),
        json!({ "kid": { "$ne": "" } }),
        json!({ "cty": "JWT", "kid": "key-2" }),
        json!({ "zip": "DEF", "kid": "key-2" }),
        json!({ "enc": "A128GCM", "kid": "key-2" }),
    ] {
        let mut header = header;
        header["alg"] = json!("ES256");
        header["typ"] = json!("JWT");
        refuse(SECOND.sign(&header, &claims()));
    }
    let head = right.rsplit_once('.').unwrap().0;
    for forged in [vec![0; 64], vec![255; 64], vec![0; 63], vec![0; 65], vec![], vec![48, 6, 2, 1, 0, 2, 1, 0]] {
        refuse(format!("{head}.{}", encode(forged)));
    }
    assert_eq!(tried, 96 + 7 + 55 + 20 + 6);
}

/// A key that the token brings is not even looked at: with the right signature it changes nothing.
#[test]
fn keys_that_a_token_brings_are_ignored() {
    let header = json!({
        "alg": "ES256", "typ": "JWT", "kid": "key-1", "jku": "https://evil.example/", "x5u": "https://evil.example/",
        "jwk": SECOND.jwk(), "x5c": ["MIIB"],
    });
    assert!(check(&FIRST.sign(&header, &claims())).is_ok());
}

fn mutated(token: &str, at: usize, kind: u8, letter: u8) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";
    let letter = alphabet[usize::from(letter) % alphabet.len()];
    let mut bytes = token.as_bytes().to_vec();
    let at = at % bytes.len();
    match kind % 5 {
        0 => bytes[at] = letter,
        1 => bytes.insert(at, letter),
        2 => drop(bytes.remove(at)),
        3 => bytes.truncate(at),
        _ => {
            let other = (at + usize::from(letter)) % bytes.len();
            bytes.swap(at, other);
        }
    }
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(1_000)))]

    #[test]
    fn pv_05_no_mutated_token_is_accepted(changes in proptest::collection::vec((any::<usize>(), any::<u8>(), any::<u8>()), 1..4)) {
        let right = FIRST.token(&claims());
        let changed = changes.into_iter().fold(right.clone(), |token, (at, kind, letter)| {
            if token.is_empty() { token } else { mutated(&token, at, kind, letter) }
        });
        prop_assert_eq!(check(&changed).is_ok(), changed == right, "{}", changed);
    }

    #[test]
    fn no_text_at_all_is_a_panic(token in any::<String>(), keys in any::<Vec<u8>>()) {
        prop_assert!(check(&token).is_err());
        let _any_verdict = KeySet::from_jwks(&keys);
    }
}

struct Issuer {
    server: MockServer,
    keys: Arc<std::sync::Mutex<Value>>,
    asked: Arc<AtomicUsize>,
    down: Arc<AtomicBool>,
    clock: Clock,
}

impl Issuer {
    async fn start() -> Self {
        let server = MockServer::start().await;
        let keys = Arc::new(std::sync::Mutex::new(jwks(&[FIRST])));
        let (asked, down) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (published, count, away) = (keys.clone(), asked.clone(), down.clone());
        let answer = move |_: &Request| {
            count.fetch_add(1, Ordering::SeqCst);
            if away.load(Ordering::SeqCst) {
                return ResponseTemplate::new(503);
            }
            ResponseTemplate::new(200).set_body_json(published.lock().unwrap().clone())
        };
        Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
        Self { server, keys, asked, down, clock: Clock::manual(NOW) }
    }

    fn remote(&self) -> RemoteKeys {
        aura::serve::install_tls();
        let overrides = format!("*={}", self.server.uri());
        let http = Http::new(HostOverrides::parse(&overrides).unwrap()).unwrap();
        RemoteKeys::new(http, self.clock.clone(), Url::parse("https://issuer.example/jwks.json").unwrap())
    }

    fn publish(&self, signers: &[Signer]) {
        *self.keys.lock().unwrap() = jwks(signers);
    }

    fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// A token that is good at the clock's time.
    fn token(&self, signer: Signer) -> String {
        let now = self.clock.now().unix_timestamp();
        let mut payload = claims();
        payload["iat"] = json!(now);
        payload["exp"] = json!(now + 600);
        signer.token(&payload)
    }
}

#[tokio::test]
async fn pv_06_unknown_keys_cost_one_call_in_ten_minutes() {
    let issuer = Issuer::start().await;
    let remote = issuer.remote();
    let header = |at: usize| json!({ "alg": "ES256", "typ": "JWT", "kid": format!("unknown-{at}") });
    for at in 0..10_000 {
        // Unsigned: whoever floods us need not sign.
        let token = format!("{}.{}.{}", encode(header(at).to_string()), encode(claims().to_string()), encode([0; 64]));
        assert_eq!(remote.verify(&token, &EXPECTED).await.err(), Some(JwtError::UnknownKey));
    }
    assert_eq!(issuer.asked(), 1);
    assert!(remote.verify(&issuer.token(FIRST), &EXPECTED).await.is_ok());
    issuer.clock.advance(Duration::minutes(10));
    let token = SECOND.sign(&header(0), &claims());
    for _ in 0..100 {
        assert!(remote.verify(&token, &EXPECTED).await.is_err());
    }
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn pv_07_new_keys_are_taken_up_with_one_call() {
    let issuer = Issuer::start().await;
    let remote = issuer.remote();
    assert!(remote.verify(&issuer.token(FIRST), &EXPECTED).await.is_ok());
    issuer.publish(&[FIRST, SECOND]);
    issuer.clock.advance(Duration::minutes(11));
    let token = issuer.token(SECOND);
    let all = futures::future::join_all((0..50).map(|_| remote.verify(&token, &EXPECTED))).await;
    assert!(all.iter().all(Result::is_ok));
    assert!(remote.verify(&issuer.token(FIRST), &EXPECTED).await.is_ok());
    assert_eq!(issuer.asked(), 2, "fifty at once ask once");
    issuer.clock.advance(Duration::minutes(61));
    issuer.publish(&[SECOND]);
    assert!(remote.verify(&issuer.token(SECOND), &EXPECTED).await.is_ok());
    assert_eq!(remote.verify(&issuer.token(FIRST), &EXPECTED).await.err(), Some(JwtError::UnknownKey));
    assert_eq!(issuer.asked(), 3, "a key that was taken back is gone when the list is read anew");
}

#[tokio::test]
async fn pv_08_an_outage_of_a_day_is_survived() {
    let issuer = Issuer::start().await;
    let remote = issuer.remote();
    assert!(remote.verify(&issuer.token(FIRST), &EXPECTED).await.is_ok());
    issuer.set_down(true);
    for _ in 0..23 {
        issuer.clock.advance(Duration::hours(1));
        for _ in 0..20 {
            assert!(remote.verify(&issuer.token(FIRST), &EXPECTED).await.is_ok());
        }
    }
    assert_eq!(issuer.asked(), 24, "one call an hour, not one a token");
    issuer.clock.advance(Duration::hours(1));
    assert_eq!(remote.verify(&issuer.token(FIRST), &EXPECTED).await.err(), Some(JwtError::Unavailable));
    issuer.set_down(false);
    issuer.clock.advance(Duration::seconds(10));
    assert!(remote.verify(&issuer.token(FIRST), &EXPECTED).await.is_ok(), "it is believed again when it is back");
}

#[tokio::test]
async fn without_any_keys_nothing_is_believed() {
    let issuer = Issuer::start().await;
    let remote = issuer.remote();
    issuer.set_down(true);
    for _ in 0..50 {
        assert_eq!(remote.verify(&issuer.token(FIRST), &EXPECTED).await.err(), Some(JwtError::Unavailable));
    }
    assert_eq!(issuer.asked(), 1);
    *issuer.keys.lock().unwrap() = json!({ "keys": [] });
    issuer.set_down(false);
    issuer.clock.advance(Duration::seconds(10));
    assert_eq!(remote.verify(&issuer.token(FIRST), &EXPECTED).await.err(), Some(JwtError::Unavailable));
}
