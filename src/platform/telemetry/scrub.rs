//! The last net: whatever form a secret is known to have is blotted out of each line before it is written.

use std::{
    borrow::Cow,
    io::{self, Write},
    sync::LazyLock,
};

use regex::Regex;
use tracing_subscriber::fmt::MakeWriter;

/// Each pattern keeps its first group and blots out the rest.
static FORMS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        // The password in an address: scheme://user:password@host.
        r"(?P<address>[a-z]+://[^\s:/@]*:)[^\s/@]+@",
        // Authorization headers.
        r"|(?P<scheme>(?i:bearer|basic) )[A-Za-z0-9._~+/=-]{6,}",
        // Values in queries, forms, cookies and JSON that are secrets by name.
        r#"|(?P<name>(?i:code|state|token|secret|password|verifier|api_?key|client_secret|__Host-[a-z]+)(?:\\?"\s*:\s*\\?"|=))[^&;\s"\\]{6,}"#,
        // Keys of well-known shape.
        r"|\b(?:sk|rk|pk|ghp|gho|ghs|xox[abprs]|SG|whsec|re)[-_.][A-Za-z0-9._-]{12,}",
        // Sealed values.
        r"|\bv1\.[a-z0-9]{1,16}\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{16,}",
    ))
    .ok()
});

/// The line without what looks like a secret.
#[must_use]
pub fn scrub(line: &str) -> Cow<'_, str> {
    match &*FORMS {
        Some(forms) => forms.replace_all(line, "$address$scheme$name[redacted]"),
        None => Cow::Borrowed(line),
    }
}

/// A writer whose lines are scrubbed first.
pub(super) struct Scrubbed<W>(pub W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Scrubbed<W> {
    type Writer = Line<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(self.0.make_writer())
    }
}

/// One line on its way out; the subscriber writes it in one piece.
pub(super) struct Line<W>(W);

impl<W: Write> Write for Line<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(scrub(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_known_form_are_blotted_out() {
        for (line, clean) in [
            // An invented one. secretlint-disable-next-line
            ("postgres://aura:hunter2@db/aura", "postgres://aura:[redacted]db/aura"),
            ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [redacted]"),
            ("GET /cb?code=123456789&state=abcdefgh", "GET /cb?code=[redacted]&state=[redacted]"),
            (r#"{"access_token":"abcdefgh"}"#, r#"{"access_token":"[redacted]"}"#),
            (
                r#"{"message":"{\"refresh_token\":\"abcdefgh\"}"}"#,
                r#"{"message":"{\"refresh_token\":\"[redacted]\"}"}"#,
            ),
            ("key sk-proj-abcdefghijklmnop", "key [redacted]"),
            ("cookie __Host-aura=abcdefgh; x", "cookie __Host-aura=[redacted]; x"),
        ] {
            assert_eq!(scrub(line), clean);
        }
    }

    #[test]
    fn ordinary_lines_stay() {
        for line in [r#"{"status":200,"path":"/api/chat/runs"}"#, "error code: 23505", "see https://example.com/a:b"] {
            assert_eq!(scrub(line), line);
        }
    }
}
