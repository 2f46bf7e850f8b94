//! Event streams (the HTML standard, §9.2): the answer around them.

use std::{convert::Infallible, time::Duration};

use axum::response::{
    IntoResponse as _, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt as _};
use http::{HeaderMap, HeaderValue, header};

const KEEP_ALIVE: Duration = Duration::from_secs(10);
const RECONNECT: Duration = Duration::from_secs(1);

/// The answer that goes on as long as the events do. Comments between them keep the connection open.
pub fn answer(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let events = events
        .enumerate()
        .map(|(position, event)| Ok::<_, Infallible>(if position == 0 { event.retry(RECONNECT) } else { event }));
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Each event that carries a piece of text is as long as others are, give or take this many bytes: who sees only the
/// length of what is sent, encrypted, could else tell words by it (Weiss et al., «What Was Your Prompt? A Remote
/// Keylogging Attack on AI Assistants», USENIX Security 2024).
const STEP: usize = 128;

/// An event with this data, filled up by a comment, which no reader is shown, to a multiple of 128 bytes.
pub fn padded(event: Event, data: String) -> Event {
    let missing = STEP - data.len() % STEP;
    event.comment(".".repeat(missing)).data(data)
}

/// The id of the last event that whoever comes back has heard.
#[must_use]
pub fn last_heard(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get("last-event-id")?.to_str().ok()?.trim();
    (!id.is_empty()).then_some(id)
}
