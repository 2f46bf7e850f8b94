//! Posts to a program on this machine, and what signs them.

use sha2::{Digest, Sha256};
use std::fmt::Write;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

/// Sends a body and gives the status of the answer. `http://` and a loopback host only.
pub async fn send(url: &Url, headers: &[(&str, &str)], body: &str) -> Result<u16, String> {
    let host = url.host_str().filter(|host| matches!(*host, "127.0.0.1" | "localhost"));
    let host = host.filter(|_| url.scheme() == "http").ok_or("only http:// on this machine is posted to")?;
    let port = url.port_or_known_default().unwrap_or(80);
    let mut request = format!("POST {} HTTP/1.1\r\nHost: {host}:{port}\r\n", url.path());
    for (name, value) in headers {
        let _ = write!(request, "{name}: {value}\r\n");
    }
    let _ = write!(request, "Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|error| error.to_string())?;
    stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.map_err(|error| error.to_string())?;
    let status = String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| "the answer is no HTTP".to_owned())
}

/// HMAC-SHA-256 (RFC 2104).
pub fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
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
    fn hmac_is_that_of_rfc_4231() {
        let hex = |bytes: [u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert!(hex(hmac(&[0x0b; 20], b"Hi There")).starts_with("b0344c61d8db38535ca8afceaf0bf12b"));
        let long = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert!(hex(hmac(&[0xaa; 131], long)).starts_with("60e431591ee0b67f0d8a26aacbf5b77f"));
    }
}
