//! Follows a stream of messages to its end, which is good only after a finish reason.

use std::time::Duration;

use futures::{Stream, StreamExt as _};
use serde::{Deserialize as _, Deserializer};
use serde_json::Value;

use crate::inference::{Events, ModelError, ModelEvent};

/// What one message of a protocol tells.
pub(super) type Told = Vec<Result<ModelEvent, ModelError>>;

/// Makes events of messages. A stream that ends without [`ModelEvent::Finished`] ends with an error; after it, nothing
/// that goes wrong spoils the answer.
pub(super) fn follow<M: Send + 'static>(
    messages: impl Stream<Item = Result<M, ModelError>> + Send + 'static,
    patience: Duration,
    read: impl FnMut(M) -> Told + Send + 'static,
) -> Events {
    struct State<S, R> {
        messages: S,
        read: R,
        finished: bool,
        over: bool,
    }
    let state = State { messages: Box::pin(messages), read, finished: false, over: false };
    let told = futures::stream::unfold(state, move |mut state| async move {
        if state.over {
            return None;
        }
        let told = match tokio::time::timeout(patience, state.messages.next()).await {
            Ok(Some(Ok(message))) => (state.read)(message),
            Ok(None) if state.finished => return None,
            Ok(None) => vec![Err(ModelError::CutOff)],
            // After the finish reason only the usage is missing: its loss spoils nothing.
            Ok(Some(Err(_))) | Err(_) if state.finished => return None,
            Ok(Some(Err(error))) => vec![Err(error)],
            Err(_) => vec![Err(ModelError::Silent(patience))],
        };
        for piece in &told {
            state.finished |= matches!(piece, Ok(ModelEvent::Finished(_)));
            state.over |= piece.is_err();
        }
        Some((futures::stream::iter(told), state))
    });
    Box::pin(told.flatten())
}

/// What it cost, where that is told at all: servers send empty counts as well.
pub(super) fn usage(input: u64, output: u64) -> Option<ModelEvent> {
    (input > 0 || output > 0).then_some(ModelEvent::Usage { input, output })
}

/// A count of tokens. What is none (`null`, `-1`) counts nothing: it is no reason to lose an answer.
pub(super) fn count<'de, D: Deserializer<'de>>(source: D) -> Result<u64, D::Error> {
    Ok(Value::deserialize(source)?.as_u64().unwrap_or(0))
}
