//! A file as an answer: whole, in a part (RFC 9110 §14), or not at all because it is known.
//!
//! Whatever somebody uploaded is handed out as a file to be saved, never as a page of ours: with a name, without
//! guessing of its type, and in a sandbox.

use std::fmt::Write as _;

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_range_header::parse_range_header;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{error::FileError, service::UserFiles, store::FileRow};
use crate::platform::{api::etag, refusal::Refusal};

/// What may stand as it is in a name behind `filename*=` (RFC 8187 §3.2.1, attr-char).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// What is asked for.
enum Part {
    Whole,
    /// From one byte to another, both of them in it.
    From(u64, u64),
    Beyond,
}

/// Answers with the file.
///
/// # Errors
/// When the part lies beyond the end, or the store is away.
pub async fn answer(
    files: &UserFiles,
    file: &FileRow,
    method: &Method,
    asked: &HeaderMap,
) -> Result<Response, Refusal> {
    let tag = format!("\"{}\"", hex::encode(&file.digest[..file.digest.len().min(16)]));
    let size = file.size.unsigned_abs();
    let mut headers = headers(file, &tag);
    if etag::known(asked, &tag) {
        headers.remove(header::CONTENT_TYPE);
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let part = match part(asked, &tag, size) {
        Part::Beyond => {
            let mut refused = Refusal(FileError::OutOfRange { size }.into()).into_response();
            insert(refused.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{size}"));
            return Ok(refused);
        }
        Part::Whole => None,
        Part::From(first, last) => {
            insert(&mut headers, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{size}"));
            Some(first..last + 1)
        }
    };
    let status = if part.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let length = part.as_ref().map_or(size, |part| part.end - part.start);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let body = if *method == Method::HEAD || length == 0 {
        Body::empty()
    } else {
        Body::from_stream(files.content(file, part).await?)
    };
    Ok((status, headers, body).into_response())
}

fn headers(file: &FileRow, tag: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::CONTENT_TYPE, &*file.media_type),
        (header::CONTENT_DISPOSITION, &disposition(&file.name)),
        (header::ETAG, tag),
        (header::ACCEPT_RANGES, "bytes"),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ] {
        insert(&mut headers, name, value);
    }
    headers
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// To be saved under its name (RFC 6266): once in ASCII for old programs, once as it is.
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || " .-_()".contains(letter) { letter } else { '_' })
        .collect();
    let mut text = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        let _written = write!(text, "; filename*=UTF-8''{}", utf8_percent_encode(name, ENCODED));
    }
    text
}

/// One part at most. Several at once, and what cannot be read, get the whole, as RFC 9110 §14.2 lets a server.
fn part(asked: &HeaderMap, tag: &str, size: u64) -> Part {
    let Some(range) = asked.get(header::RANGE).and_then(|range| range.to_str().ok()) else { return Part::Whole };
    if asked.get(header::IF_RANGE).is_some_and(|seen| seen.as_bytes() != tag.as_bytes()) {
        return Part::Whole;
    }
    let Ok(parsed) = parse_range_header(range) else { return Part::Whole };
    if parsed.ranges.len() != 1 {
        return Part::Whole;
    }
    match parsed.validate(size) {
        Ok(ranges) => ranges.first().map_or(Part::Beyond, |range| Part::From(*range.start(), *range.end())),
        Err(_) => Part::Beyond,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_within_its_header() {
        for (name, expected) in [
            ("report 1.pdf", "attachment; filename=\"report 1.pdf\""),
            ("über.txt", "attachment; filename=\"_ber.txt\"; filename*=UTF-8''%C3%BCber.txt"),
            ("a\"; x=\"b.txt", "attachment; filename=\"a__ x__b.txt\"; filename*=UTF-8''a%22%3B%20x%3D%22b.txt"),
        ] {
            assert_eq!(disposition(name), expected);
        }
    }
}
