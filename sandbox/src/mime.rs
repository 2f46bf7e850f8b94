//! Just enough of MIME to show a mail: headers, parts, quoted-printable, base64, encoded words.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The parts of a mail that are shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// `From`.
    pub from: String,
    /// `Subject`.
    pub subject: String,
    /// First `text/plain` part.
    pub text: String,
    /// First `text/html` part.
    pub html: String,
}

/// How deep parts may nest.
const DEPTH: u8 = 8;

/// Reads a raw message.
pub fn read(raw: &[u8]) -> Message {
    let mut message = Message::default();
    let (headers, _) = split(raw);
    message.from = words(&header(&headers, "from"));
    message.subject = words(&header(&headers, "subject"));
    part(raw, &mut message, DEPTH);
    message
}

fn part(raw: &[u8], message: &mut Message, depth: u8) {
    let (headers, body) = split(raw);
    let kind = header(&headers, "content-type");
    let lower = kind.to_ascii_lowercase();
    if lower.starts_with("multipart/") && depth > 0 {
        let Some(boundary) = parameter(&kind, "boundary") else {
            return;
        };
        for piece in pieces(body, &boundary) {
            part(piece, message, depth - 1);
        }
        return;
    }
    let target = if lower.is_empty() || lower.starts_with("text/plain") {
        &mut message.text
    } else if lower.starts_with("text/html") {
        &mut message.html
    } else {
        return;
    };
    if target.is_empty() {
        *target = decode(body, &header(&headers, "content-transfer-encoding"));
    }
}

fn decode(body: &[u8], encoding: &str) -> String {
    let bytes = match encoding.trim().to_ascii_lowercase().as_str() {
        "quoted-printable" => quoted_printable(body, false),
        "base64" => {
            let clean: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            STANDARD.decode(clean).unwrap_or_default()
        }
        _ => body.to_vec(),
    };
    String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
}

/// Quoted-printable; in headers an underscore is a blank.
fn quoted_printable(body: &[u8], in_header: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'=', [b'\r', b'\n', after @ ..] | [b'\n', after @ ..]) => rest = after,
            (b'=', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high * 16 + low);
                    rest = after;
                }
                _ => out.push(b'='),
            },
            (b'_', _) if in_header => out.push(b' '),
            (byte, _) => out.push(*byte),
        }
    }
    out
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Headers with folded lines joined, and the body.
fn split(raw: &[u8]) -> (Vec<String>, &[u8]) {
    let (end, start) = find(raw, b"\r\n\r\n")
        .map(|at| (at, at + 4))
        .or_else(|| find(raw, b"\n\n").map(|at| (at, at + 2)))
        .unwrap_or((raw.len(), raw.len()));
    let head = String::from_utf8_lossy(raw.get(..end).unwrap_or_default()).into_owned();
    let mut headers: Vec<String> = Vec::new();
    for line in head.lines() {
        match headers.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => headers.push(line.to_owned()),
        }
    }
    (headers, raw.get(start..).unwrap_or_default())
}

fn header(headers: &[String], name: &str) -> String {
    headers
        .iter()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
        .map_or_else(String::new, |(_, value)| value.trim().to_owned())
}

fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn pieces<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let mark = format!("--{boundary}");
    let mut found = Vec::new();
    let mut rest = body;
    let mut open = false;
    while let Some(at) = find(rest, mark.as_bytes()) {
        let before = rest.get(..at).unwrap_or_default();
        if open {
            found.push(before.strip_suffix(b"\r\n").or_else(|| before.strip_suffix(b"\n")).unwrap_or(before));
        }
        rest = rest.get(at + mark.len()..).unwrap_or_default();
        if rest.starts_with(b"--") {
            break;
        }
        rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
        open = true;
    }
    found
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Decodes `=?utf-8?B?…?=` and `=?utf-8?Q?…?=`.
fn words(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("=?") {
        let mut fields = after.splitn(4, '?');
        let (Some(_), Some(kind), Some(data), Some(tail)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            break;
        };
        let Some(tail) = tail.strip_prefix('=') else { break };
        if out.is_empty() || !before.trim().is_empty() {
            out.push_str(before);
        }
        let bytes = if kind.eq_ignore_ascii_case("b") {
            STANDARD.decode(data).unwrap_or_default()
        } else {
            quoted_printable(data.as_bytes(), true)
        };
        out.push_str(&String::from_utf8_lossy(&bytes));
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The text between the marks of HTML.
pub fn strip(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let lower = after.get(..6).unwrap_or_default().to_ascii_lowercase();
        let skipped = if lower.starts_with("style") {
            after.split_once("</style").map(|(_, tail)| tail)
        } else if lower.starts_with("head>") {
            after.split_once("</head").map(|(_, tail)| tail)
        } else {
            Some(after)
        };
        out.push(' ');
        rest = skipped.and_then(|tail| tail.split_once('>')).map_or("", |(_, tail)| tail);
    }
    out.push_str(rest);
    entities(&out)
}

/// The few entities that mails use.
pub fn entities(text: &str) -> String {
    text.replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&#x2F;", "/")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_of_an_alternative_are_decoded() {
        let raw = b"From: Aura <aura@example.org>\r\nSubject: =?utf-8?B?SGFsbMO2Y2hlbg==?=\r\n =?utf-8?Q?=2C_du?=\r\nContent-Type: multipart/alternative;\r\n boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nCode 482=\r\n913 =C3=A4\r\n--b1\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+\r\nNDgyOTEzPC9iPg==\r\n--b1--\r\n";
        let message = read(raw);
        assert_eq!(message.subject, "Hall\u{f6}chen, du");
        assert_eq!(message.from, "Aura <aura@example.org>");
        assert_eq!(message.text, "Code 482913 \u{e4}");
        assert_eq!(message.html, "<b>482913</b>");
    }

    #[test]
    fn a_bare_text_is_a_text() {
        assert_eq!(read(b"Subject: x\n\nhello\n").text, "hello\n");
        assert_eq!(strip("<style>p{}</style><p>a &amp; b</p>").trim(), "a & b");
    }
}
