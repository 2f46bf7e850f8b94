//! Signed posts to Aura, as Svix sends them: `svix-id`, `svix-timestamp`, `svix-signature` over the bytes of the body.

use crate::post::{self, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

/// A post on its way to a program on this machine.
#[derive(Debug)]
pub struct Post<'a> {
    /// Where it goes; `http://` and a loopback host only.
    pub url: &'a Url,
    /// `whsec_` and the key in Base64.
    pub secret: &'a str,
    /// The sender's id of the event.
    pub id: &'a str,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// The body.
    pub body: &'a str,
}

impl Post<'_> {
    /// The value of `svix-signature`; `None` when the secret is none.
    pub fn signature(&self) -> Option<String> {
        let key = STANDARD.decode(self.secret.strip_prefix("whsec_").unwrap_or(self.secret)).ok()?;
        let signed = format!("{}.{}.{}", self.id, self.timestamp, self.body);
        Some(format!("v1,{}", STANDARD.encode(hmac(&key, signed.as_bytes()))))
    }

    /// Sends it and gives the status of the answer.
    pub async fn send(&self) -> Result<u16, String> {
        let signature = self.signature().ok_or("the secret is no whsec_ and Base64")?;
        let timestamp = self.timestamp.to_string();
        let headers = [
            ("User-Agent", "Svix-Webhooks/sandbox"),
            ("Content-Type", "application/json"),
            ("svix-id", self.id),
            ("svix-timestamp", &timestamp),
            ("svix-signature", &signature),
        ];
        post::send(self.url, &headers, self.body).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_that_svix_prints_in_its_documentation() {
        // https://docs.svix.com/receiving/verifying-payloads/how-manual
        let post = Post {
            url: &Url::parse("http://localhost/").unwrap(),
            secret: "whsec_plJ3nmyCDGBKInavdOK15jsl",
            id: "msg_loFOjxBNrRLzqYUf",
            timestamp: 1_731_705_121,
            body: r#"{"event_type":"ping","data":{"success":true}}"#,
        };
        assert_eq!(post.signature().as_deref(), Some("v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="));
    }
}
