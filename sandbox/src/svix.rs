//! Signed posts to Aura, as Svix sends them: `svix-id`, `svix-timestamp`, `svix-signature` over the bytes of the body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
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
        let host = self.url.host_str().filter(|host| matches!(*host, "127.0.0.1" | "localhost"));
        let host = host.filter(|_| self.url.scheme() == "http").ok_or("only http:// on this machine is posted to")?;
        let signature = self.signature().ok_or("the secret is no whsec_ and Base64")?;
        let port = self.url.port_or_known_default().unwrap_or(80);
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: Svix-Webhooks/sandbox\r\nContent-Type: application/json\r\n\
             svix-id: {}\r\nsvix-timestamp: {}\r\nsvix-signature: {signature}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
            self.url.path(),
            self.id,
            self.timestamp,
            self.body.len(),
            self.body
        );
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|error| error.to_string())?;
        stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.map_err(|error| error.to_string())?;
        let status = String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| "the answer is no HTTP".to_owned())
    }
}

/// HMAC-SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
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

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let hex = |bytes: [u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert!(hex(hmac(&[0x0b; 20], b"Hi There")).starts_with("b0344c61d8db38535ca8afceaf0bf12b"));
        let long = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert!(hex(hmac(&[0xaa; 131], long)).starts_with("60e431591ee0b67f0d8a26aacbf5b77f"));
    }
}
