//! Passwords that were found in breaches, asked for so that the one who answers does not learn which: the first five
//! letters of its digest go out, and all digests that begin so come back (k-anonymity, as Have I Been Pwned's
//! range search defines it).

use std::time::Duration;

use http::Method;
use sha1::{Digest as _, Sha1};
use url::Url;

use super::Password;
use crate::platform::http::{Http, Request};

/// Nobody waits longer for an answer that they can do without.
const PATIENCE: Duration = Duration::from_secs(3);
const PREFIX: usize = 5;

#[derive(Clone)]
pub struct Breaches {
    http: Http,
    range: Url,
}

impl Breaches {
    /// `range` ends with a slash; the first letters of a digest follow it.
    pub fn new(http: Http, range: Url) -> Self {
        Self { http, range }
    }

    /// Whether it was found in a breach. Where that cannot be found out it counts as not: signing up goes on without
    /// the service, and a line in the log says so.
    pub async fn has(&self, password: &Password) -> bool {
        let digest = hex::encode_upper(Sha1::digest(password.as_bytes()));
        let (prefix, rest) = digest.split_at(PREFIX);
        let Ok(address) = self.range.join(prefix) else { return false };
        // Padding hides how many came back, which tells about the prefix.
        let request = Request::new(Method::GET, address).header("add-padding", "true").deadline(PATIENCE);
        match self.http.send(request).await {
            Ok(answer) if answer.status == 200 => contains(&String::from_utf8_lossy(&answer.body), rest),
            Ok(answer) => {
                tracing::warn!(status = answer.status, "passwords are not checked against breaches");
                false
            }
            Err(error) => {
                tracing::warn!(%error, "passwords are not checked against breaches");
                false
            }
        }
    }
}

/// Lines of a digest's other letters and a count; 0 is padding.
fn contains(answer: &str, rest: &str) -> bool {
    answer.lines().filter_map(|line| line.trim().split_once(':')).any(|(suffix, count)| {
        suffix.eq_ignore_ascii_case(rest) && count.trim().parse::<u64>().is_ok_and(|count| count > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_are_defined() {
        let rest = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
        for answer in [format!("0:1\r\n{rest}:3861493\r\nFF:2"), format!("{}:1", rest.to_lowercase())] {
            assert!(contains(&answer, rest), "{answer}");
        }
        for answer in ["", "<html>", rest, &format!("{rest}:0"), &format!("{rest}:x"), &format!("{rest}0:1")] {
            assert!(!contains(answer, rest), "{answer}");
        }
    }
}
