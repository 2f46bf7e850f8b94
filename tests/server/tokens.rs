//! Access tokens of ours: which are believed, for how long, and that what counts is the session's row.

use std::fs;

use aura::{
    identity::{model::Role, service::operators::Operator},
    kit::id::SessionId,
    platform::crypto::jwt::Issuer,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use crate::{
    browser::wait,
    program::{Program, decoded, person_at},
    signer::hmac_token,
    support::{TestApp, token_keys},
    vendor::person,
};

const REFUSED: StatusCode = StatusCode::UNAUTHORIZED;

/// Signed with the key that the server signs with, whatever the claims and the type.
fn signed(typ: &str, claims: &Value) -> String {
    let keys = token_keys::pair();
    let issuer = Issuer::new(
        &SecretString::from(fs::read_to_string(&keys.private).unwrap()),
        &[fs::read_to_string(&keys.public).unwrap()],
    );
    issuer.unwrap().sign(typ, claims).unwrap()
}

async fn refused(program: &Program, token: &str, code: &str) {
    let answer = program.showing(token).get("/api/v1/sessions").await;
    assert_eq!((answer.status, answer.code().as_str()), (REFUSED, code), "{token}");
    assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

#[sqlx::test]
async fn tk_09_a_token_says_who_where_and_for_how_long(db: PgPool) {
    let app = TestApp::new(db).await;
    for (app, days) in [(&app, 7), (&app.second_process_with(&[("JWT_EXPIRY_DAYS", "3")]).await, 3)] {
        let program = Program::new(app, person(app).await).await;
        let (header, claims) = decoded(&program.access);
        assert_eq!((header["alg"].as_str(), header["typ"].as_str()), (Some("RS256"), Some("at+jwt")));
        let keys: Value = program.get("/.well-known/jwks.json").await.value();
        assert_eq!(header["kid"], keys["keys"][0]["kid"]);
        let now = app.clock().now().unix_timestamp();
        let expected = json!({
            "iss": "http://localhost:3000/", "aud": "http://localhost:3000/", "sub": program.user,
            "user_id": program.user, "session_id": program.session, "device_id": program.device, "role": "member",
            "jti": claims["jti"], "iat": now, "exp": now + days * 86_400,
        });
        assert_eq!(claims, expected);
        wait(app, Duration::days(days) - Duration::seconds(1));
        assert!(program.is_signed_in().await);
        wait(app, Duration::seconds(1));
        refused(&program, &program.access, "token_expired").await;
    }
}

#[sqlx::test]
async fn tk_10_no_token_is_believed_but_our_own(db: PgPool) {
    let app = TestApp::new(db).await;
    let program = Program::new(&app, person(&app).await).await;
    let right = program.access.clone();
    let (header, claims) = decoded(&right);
    assert!(program.is_signed_in().await && program.showing(&signed("at+jwt", &claims)).is_signed_in().await);
    let with = |name: &str, value: Value| {
        let mut changed = claims.clone();
        changed[name] = value;
        changed
    };
    let mut forged = Vec::new();

    // Other kinds of token, other issuers and receivers, claims that are missing or of another kind.
    for typ in ["JWT", "broker+jwt", "email-confirm+jwt", "at+jwt ", ""] {
        forged.push(signed(typ, &claims));
    }
    for (name, value) in [
        ("iss", json!("http://localhost:3001/")),
        ("iss", json!(["http://localhost:3000/"])),
        ("aud", json!("http://localhost:3000")),
        ("aud", json!(["http://localhost:3000/"])),
        ("sub", json!("")),
        ("exp", json!("2030-01-01")),
        ("iat", json!(claims["iat"].as_i64().unwrap() + 61)),
        ("nbf", json!(claims["iat"].as_i64().unwrap() + 1)),
        ("session_id", json!("")),
        ("session_id", json!("' or true --")),
        ("session_id", json!([program.session])),
        ("user_id", json!(null)),
    ] {
        forged.push(signed("at+jwt", &with(name, value)));
    }
    for name in ["iss", "aud", "sub", "exp", "iat", "session_id", "user_id"] {
        let mut without = claims.clone();
        without.as_object_mut().unwrap().remove(name);
        forged.push(signed("at+jwt", &without));
    }

    // Another's key, the public key as a shared secret, no signature at all.
    let foreign = token_keys::new();
    let private = fs::read(&foreign.private).unwrap();
    let public = fs::read(&token_keys::pair().public).unwrap();
    for kid in [header["kid"].as_str(), None] {
        let mut named = Header::new(Algorithm::RS256);
        named.typ = Some("at+jwt".to_owned());
        named.kid = kid.map(str::to_owned);
        forged.push(encode(&named, &claims, &EncodingKey::from_rsa_pem(&private).unwrap()).unwrap());
    }
    let jwks = program.get("/.well-known/jwks.json").await;
    let modulus = jwks.value()["keys"][0]["n"].as_str().unwrap().to_owned();
    let der = BASE64_URL_SAFE_NO_PAD.decode(&modulus).unwrap();
    for secret in [public.as_slice(), public.trim_ascii(), &der, modulus.as_bytes(), jwks.text().as_bytes(), b""] {
        forged.push(hmac_token(secret, &json!({ "alg": "HS256", "typ": "at+jwt", "kid": header["kid"] }), &claims));
    }
    let (body, signature) = right.rsplit_once('.').unwrap();
    let payload = body.split_once('.').unwrap().1;
    for alg in ["none", "None", "NONE", "HS256", "RS512", "PS256", "ES256", ""] {
        let other = json!({ "alg": alg, "typ": "at+jwt", "kid": header["kid"] });
        let other = BASE64_URL_SAFE_NO_PAD.encode(other.to_string());
        forged.extend([format!("{other}.{payload}."), format!("{other}.{payload}.{signature}")]);
    }
    // A key that the token brings, or points to.
    let brought = json!({ "alg": "RS256", "typ": "at+jwt", "kid": "../../dev/null", "jku": "http://evil.example/jwks",
        "jwk": { "kty": "RSA", "n": modulus, "e": "AQAB" } });
    forged.push(format!("{}.{payload}.{signature}", BASE64_URL_SAFE_NO_PAD.encode(brought.to_string())));
    forged.extend(["", "a", "a.b.c", "..", "null"].map(str::to_owned));

    // One letter another, anywhere.
    for at in (0..right.len()).step_by(7) {
        let mut changed: Vec<char> = right.chars().collect();
        changed[at] = if changed[at] == 'A' { 'B' } else { 'A' };
        forged.push(changed.into_iter().collect());
    }
    assert!(forged.len() > 140, "{}", forged.len());
    for token in forged {
        let answer = program.showing(&token).get("/api/v1/sessions").await;
        assert_eq!(answer.status, REFUSED, "{token}");
    }
    assert!(program.is_signed_in().await);
}

/// What `jwt-hack` makes of an access token, a program made for attacking them.
#[sqlx::test]
async fn a_program_made_for_attacking_tokens_gets_no_session(db: PgPool) {
    let app = TestApp::new(db).await;
    let program = Program::new(&app, person(&app).await).await;
    let right = &program.access;
    let arguments = ["payload", right, "--json", "--jwk-attack", "evil.example", "--jwk-trust", "localhost:3000"];
    let Ok(output) = std::process::Command::new("jwt-hack").args(arguments).output() else {
        println!("not run: attacks of jwt-hack (not installed: cargo install jwt-hack)");
        return;
    };
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    let attacks: Vec<&str> = made["payloads"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(attacks.len() > 100, "{} attacks", attacks.len());
    let signature = right.rsplit_once('.').unwrap().1;
    for attack in attacks {
        for token in [attack.to_owned(), format!("{attack}."), format!("{attack}.{signature}")] {
            // An attack that only takes the signature away is the right token again when it gets it back.
            assert!(token == *right || !program.showing(&token).is_signed_in().await, "{token}");
        }
    }
    assert!(program.is_signed_in().await);
}

#[sqlx::test]
async fn tk_11_a_rightly_signed_token_for_no_living_session_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, _browser) = person_at(&app, "mira@example.com").await;
    let program = Program::new(&app, user).await;
    let stranger = Program::new(&app, person(&app).await).await;
    let (_, claims) = decoded(&program.access);
    let with = |name: &str, value: Value| {
        let mut changed = claims.clone();
        changed[name] = value;
        signed("at+jwt", &changed)
    };
    let nobody: SessionId = app.state().random.id(app.clock().now());
    refused(&program, &with("session_id", json!(nobody)), "session_ended").await;
    refused(&program, &with("session_id", json!(stranger.session)), "session_ended").await;
    refused(&program, &with("user_id", json!(stranger.user)), "session_ended").await;
    // The session of a browser is no program's.
    let browsers: Uuid =
        sqlx::query_scalar("select id from sessions where kind = 'browser'").fetch_one(app.db()).await.unwrap();
    refused(&program, &with("session_id", json!(browsers)), "session_ended").await;
    // A refresh token is no access token.
    refused(&program, &program.refresh, "token_invalid").await;
    let without = program.showing("").get("/api/v1/sessions").await;
    assert_eq!((without.status, without.header("www-authenticate")), (REFUSED, "Bearer"));
}

#[sqlx::test]
async fn tk_12_an_ended_session_is_refused_by_every_process_at_the_next_request(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    for how in ["logout", "ended", "everywhere", "device", "suspended", "browser", "operator"] {
        wait(&app, Duration::seconds(10));
        let (user, mut browser) = person_at(&app, &format!("{how}@example.com")).await;
        let program = Program::new(&app, user).await;
        let (elsewhere, another) = (program.at(&other), Program::new(&app, user).await);
        assert!(elsewhere.is_signed_in().await, "{how}");
        let done = match how {
            "logout" => program.delete("/api/v1/sessions/current").await.status,
            "ended" => another.delete(&format!("/api/v1/sessions/{}", program.session)).await.status,
            "everywhere" => another.delete("/api/v1/sessions").await.status,
            "device" => another.delete(&format!("/api/v1/devices/{}", program.device)).await.status,
            "browser" => browser.form("sign-out-everywhere", &[]).await.status,
            "suspended" => {
                app.identity().suspend(Operator::Command, user, "a test").await.unwrap();
                StatusCode::NO_CONTENT
            }
            _ => {
                assert_eq!(app.identity().end_sessions_of(Operator::Command, user).await.unwrap(), 3);
                StatusCode::NO_CONTENT
            }
        };
        let expected = if how == "browser" { StatusCode::FOUND } else { StatusCode::NO_CONTENT };
        assert_eq!(done, expected, "{how}");
        assert_eq!(elsewhere.asks().await, (REFUSED, "session_ended".to_owned()), "{how}");
        let renewed = elsewhere.brings(&program.refresh).await;
        let closed = if how == "suspended" { "suspended" } else { "session_ended" };
        assert_eq!(renewed.code(), closed, "{how}");
        let only_this = matches!(how, "logout" | "ended" | "device");
        assert_eq!(another.at(&other).is_signed_in().await, only_this, "{how}");
        assert_eq!(browser.at(&other).viewer().await.is_some(), only_this, "{how}");
    }
}

#[sqlx::test]
async fn tk_13_what_a_person_may_do_is_read_from_their_row_not_from_the_token(db: PgPool) {
    let app = TestApp::new(db).await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    let role = || async { app.identity().principal(&program.access).await.map(|principal| principal.role).ok() };
    assert_eq!(role().await, Some(Role::Member));
    for (now, expected) in [("admin", Role::Admin), ("member", Role::Member)] {
        sqlx::query("update users set role = $1 where id = $2")
            .bind(now)
            .bind(Uuid::from(user))
            .execute(app.db())
            .await
            .unwrap();
        assert_eq!(role().await, Some(expected));
    }
    let (_, mut claims) = decoded(&program.access);
    claims["role"] = json!("admin");
    let principal = app.identity().principal(&signed("at+jwt", &claims)).await.unwrap();
    assert_eq!(principal.role, Role::Member);
    assert!(principal.operator().is_err());
}

#[sqlx::test]
async fn tk_14_keys_are_changed_while_tokens_of_the_former_go_on(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut program = Program::new(&app, person(&app).await).await;
    let (old, new) = (token_keys::pair(), token_keys::new());
    let both = format!("{},{}", new.public, old.public);
    let changed = [("JWT_PRIVATE_KEY_PATH", new.private.as_str()), ("JWT_PUBLIC_KEY_PATH", both.as_str())];
    let rotated = app.second_process_with(&changed).await;
    let key = |token: &str| decoded(token).0["kid"].as_str().unwrap().to_owned();
    let listed = |program: Program| async move {
        let keys = program.get("/.well-known/jwks.json").await.value();
        let keys = keys["keys"].as_array().unwrap().clone();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let former = program.access.clone();
    program = program.at(&rotated);
    assert!(program.is_signed_in().await, "what the former key signed is still believed");
    program.renew().await;
    assert_ne!(key(&program.access), key(&former));
    assert!(program.is_signed_in().await);
    assert_eq!(listed(program.clone()).await, [key(&program.access), key(&former)]);
    assert!(!program.at(&app).is_signed_in().await, "a process that does not know the new key yet believes none of it");

    // The former key is taken out: its tokens are worth nothing, and whoever has one renews.
    let only = [("JWT_PRIVATE_KEY_PATH", new.private.as_str()), ("JWT_PUBLIC_KEY_PATH", new.public.as_str())];
    let after = program.at(&app.second_process_with(&only).await);
    refused(&after, &former, "token_invalid").await;
    assert!(after.is_signed_in().await);
    assert_eq!(listed(after.clone()).await, [key(&program.access)]);
    let set = after.get("/.well-known/jwks.json").await;
    assert_eq!(set.header("content-type"), "application/jwk-set+json");
    for private in ["\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\""] {
        assert!(!set.text().contains(private), "{private} stands in the published set");
    }
}
