//! AWS's framing of events (smithy.io/2.0/aws/amazon-eventstream.html): lengths, a checksum of them, headers, payload, a
//! checksum of all.

use serde_json::Value;

/// One message with text headers.
pub fn frame(headers: &[(&str, &str)], payload: &Value) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        block.extend_from_slice(name.as_bytes());
        // 7 is the kind of a text.
        block.push(7);
        block.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        block.extend_from_slice(value.as_bytes());
    }
    let payload = payload.to_string();
    let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let mut message = Vec::new();
    message.extend_from_slice(&number(16 + block.len() + payload.len()));
    message.extend_from_slice(&number(block.len()));
    message.extend_from_slice(&checksum(&message).to_be_bytes());
    message.extend_from_slice(&block);
    message.extend_from_slice(payload.as_bytes());
    message.extend_from_slice(&checksum(&message).to_be_bytes());
    message
}

/// CRC-32 as in IEEE 802.3.
fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }
}
