//! Sealing keys that AWS KMS has wrapped, by the real SDK, judged by a service that others wrote: PyPI's `moto`.

use aura::platform::{
    config::HostOverrides,
    crypto::{KmsError, Place, SealingKeys, Vault, new_wrapped_key},
    http::Http,
    random::Random,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::aws::{Judge, World, talk};

const PLACE: Place<'static> = Place {
    table: "connections",
    column: "sealed_access_token",
    row: Uuid::from_u128(1),
    owner: Uuid::from_u128(2),
    provider: "github",
};

/// Asks the judge's KMS itself.
async fn ask(port: u16, act: &str, body: &Value) -> Value {
    let body = body.to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: kms.eu-central-1.amazonaws.com\r\nx-amz-target: TrentService.{act}\r\n\
         content-type: application/x-amz-json-1.1\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=a/20260101/eu-central-1/kms/aws4_request, SignedHeaders=host, Signature=0\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let whole = talk(port, request.into_bytes()).await;
    let text = String::from_utf8_lossy(&whole).into_owned();
    serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test]
async fn sl_08_keys_that_a_key_service_wrapped_seal_and_open_and_nothing_else_opens_them() {
    aura::serve::install_tls();
    let Some(judge) = Judge::start().await else {
        println!("not run: the KMS that others wrote (no moto; scripts/setup test installs it)");
        return;
    };
    let (world, overrides) = World::start(Some(judge.port), "").await;
    let http = Http::new(HostOverrides::parse(&overrides).unwrap()).unwrap();
    let made = ask(judge.port, "CreateKey", &json!({ "Description": "sealing" })).await;
    let arn = made["KeyMetadata"]["Arn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:kms:eu-central-1:"), "{made}");

    let entry = new_wrapped_key(&http, arn).await.unwrap();
    let wrapped = entry.strip_prefix("kms:").unwrap();
    let plain = STANDARD.encode([7; 32]);
    let keys = SealingKeys::parse(&format!("k2:{entry},k1:{plain}")).unwrap();
    assert!(keys.any_wrapped() && !keys.writes_in_clear());
    let vault = Vault::new(keys.open(&http, Some(arn)).await.unwrap(), Random::seeded(1));
    let again = Vault::new(keys.open(&http, Some(arn)).await.unwrap(), Random::seeded(2));
    let sealed = vault.seal(&PLACE, b"a token").unwrap();
    assert!(sealed.starts_with("v1.k2."), "{sealed}");
    assert_eq!(again.open(&PLACE, &sealed).unwrap().as_slice(), b"a token", "the same key at each start");
    let old = Vault::new(SealingKeys::parse(&format!("k1:{plain}")).unwrap().ring().unwrap(), Random::seeded(3));
    assert_eq!(vault.open(&PLACE, &old.seal(&PLACE, b"old").unwrap()).unwrap().as_slice(), b"old");

    // It opens for this purpose only, and only with that key.
    let other_purpose =
        json!({ "CiphertextBlob": wrapped, "EncryptionContext": { "app": "aura", "purpose": "other" } });
    let refused = ask(judge.port, "Decrypt", &other_purpose).await;
    assert!(refused["Plaintext"].is_null(), "{refused}");
    let ours = json!({ "CiphertextBlob": wrapped, "EncryptionContext": { "app": "aura", "purpose": "sealing" } });
    let opened = ask(judge.port, "Decrypt", &ours).await;
    assert_eq!(STANDARD.decode(opened["Plaintext"].as_str().unwrap()).unwrap().len(), 32, "{opened}");
    let mut spoilt = STANDARD.decode(wrapped).unwrap();
    let last = spoilt.len() - 1;
    spoilt[last] ^= 1;
    let spoilt = SealingKeys::parse(&format!("k2:kms:{}", STANDARD.encode(spoilt))).unwrap();
    assert!(matches!(spoilt.open(&http, Some(arn)).await, Err(KmsError::Refused(_))));
    assert_eq!(keys.open(&http, None).await.err(), Some(KmsError::Unset));

    let ours = |(headers, _): &(http::HeaderMap, String)| headers["user-agent"].to_str().unwrap().starts_with("Aura/");
    assert!(world.asked.lock().unwrap().iter().all(ours));
    let (_nobody, nowhere) = World::start(None, "<html>").await;
    let away = Http::new(HostOverrides::parse(&nowhere).unwrap()).unwrap();
    assert!(keys.open(&away, Some(arn)).await.is_err(), "no start without its keys");
}
