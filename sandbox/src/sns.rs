//! Amazon SNS as its SDK speaks it (query protocol, XML answers): takes text messages into the inbox. The metadata of an
//! instance stands beside it, so that the SDK finds credentials without any in the environment; all are good.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::{Call, find};
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

const SIGNED: &str = "AWS4-HMAC-SHA256";

/// Whether this is a host of SNS: `sns.us-east-1.amazonaws.com`.
pub fn is_host(host: &str) -> bool {
    host.strip_prefix("sns.").is_some_and(|rest| rest.ends_with(".amazonaws.com"))
}

/// Answers SNS.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    if call.authorization(SIGNED).is_none() {
        return refused(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
    }
    let fields = call.fields();
    match find(&fields, "Action") {
        Some("Publish") => publish(sandbox, &fields),
        _ => refused(400, "InvalidAction", "Only Publish is played here"),
    }
}

fn publish(sandbox: &Sandbox, fields: &[(String, String)]) -> Response {
    let number = find(fields, "PhoneNumber").unwrap_or_default();
    let digits = number.strip_prefix('+').unwrap_or_default();
    if !(4..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return refused(400, "InvalidParameter", "Invalid parameter: PhoneNumber");
    }
    // 1,600 characters is the longest that SNS takes.
    let Some(message) = find(fields, "Message").filter(|text| (1..=1_600).contains(&text.chars().count())) else {
        return refused(400, "InvalidParameter", "Invalid parameter: Message");
    };
    sandbox.texts().deliver(number.to_owned(), message.to_owned());
    let id = id();
    xml(
        200,
        format!(
            "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>{id}</MessageId>\
             </PublishResult><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></PublishResponse>"
        ),
    )
}

/// Answers `169.254.169.254` (docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html).
pub fn metadata(call: &Call) -> Response {
    const ROLE: &str = "/latest/meta-data/iam/security-credentials/";
    match (call.method.as_str(), call.path.as_str()) {
        ("PUT", "/latest/api/token") => {
            ([("x-aws-ec2-metadata-token-ttl-seconds", "21600")], "sandbox-metadata-token").into_response()
        }
        ("GET", ROLE) => "sandbox-role".into_response(),
        ("GET", path) if path.starts_with(ROLE) => Json(json!({
            "Code": "Success", "LastUpdated": "2026-01-01T00:00:00Z", "Type": "AWS-HMAC",
            "AccessKeyId": "ASIASANDBOX", "SecretAccessKey": "sandbox", "Token": "sandbox",
            "Expiration": "2099-01-01T00:00:00Z",
        }))
        .into_response(),
        _ => app::nobody(call),
    }
}

fn refused(status: u16, code: &str, message: &str) -> Response {
    let body = format!(
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
        id()
    );
    answer::refused(xml(status, body), format!("sns: {message}"))
}

fn xml(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

/// A random id in the usual form.
fn id() -> String {
    let hex = format!("{:032x}", rand::random::<u128>());
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_hosts_are_those_of_any_region() {
        assert!(is_host("sns.us-east-1.amazonaws.com") && is_host("sns.eu-central-1.amazonaws.com"));
        assert!(!is_host("sqs.us-east-1.amazonaws.com") && !is_host("sns.evil.example"));
    }
}
