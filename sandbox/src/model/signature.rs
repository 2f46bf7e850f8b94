//! Checks AWS's signature version 4 (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html)
//! of who has the key `AKIASANDBOX…` and the secret `sandbox-secret`.

use crate::call::Call;
use crate::log;
use aws_lc_rs::{digest, hmac};
use time::macros::format_description;
use time::{Duration, PrimitiveDateTime};

const SECRET: &str = "sandbox-secret";

/// Whether the request is signed for this service, by that key, and lately.
pub fn check(call: &Call, region: &str, service: &str) -> Result<(), String> {
    let given = call.authorization("AWS4-HMAC-SHA256").ok_or("no signature")?;
    let part = |name: &str| {
        let parts = given.split(',').map(str::trim);
        parts.filter_map(|part| part.split_once('=')).find(|(found, _)| *found == name).map(|(_, value)| value)
    };
    let credential = part("Credential").ok_or("no credential")?;
    let signed = part("SignedHeaders").ok_or("no signed headers")?;
    let scope = credential.split_once('/').filter(|(key, _)| key.starts_with("AKIASANDBOX")).map(|(_, scope)| scope);
    let scope = scope.ok_or("a key here begins with AKIASANDBOX")?;
    let moment = call.header("x-amz-date").ok_or("no x-amz-date")?;
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let at = PrimitiveDateTime::parse(moment, format).map_err(|_| "an x-amz-date that is none")?.assume_utc();
    if (log::now() - at).abs() > Duration::minutes(5) {
        return Err("signed too long ago, or ahead".into());
    }
    let day = moment.get(..8).unwrap_or_default();
    if scope != format!("{day}/{region}/{service}/aws4_request") {
        return Err(format!("the scope is {scope}"));
    }
    let headers: String = signed
        .split(';')
        .map(|name| {
            // The host is the one that was meant, not the one by which the sandbox is reached.
            let value = if name == "host" { &call.host } else { call.header(name).unwrap_or_default() };
            format!("{name}:{}\n", value.trim())
        })
        .collect();
    if !signed.split(';').any(|name| name == "host") {
        return Err("the host is not signed".into());
    }
    let request = format!("{}\n{}\n\n{headers}\n{signed}\n{}", call.method, twice(&call.path), hex(&sum(&call.body)));
    let text = format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{}", hex(&sum(request.as_bytes())));
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for word in [day, region, service, "aws4_request"] {
        key = mac(&key, word.as_bytes());
    }
    if part("Signature") == Some(hex(&mac(&key, text.as_bytes())).as_str()) {
        Ok(())
    } else {
        Err("the signature does not match".into())
    }
}

/// What is encoded in the path already is encoded once more.
fn twice(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn sum(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

fn mac(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
