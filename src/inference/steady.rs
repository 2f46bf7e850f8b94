//! An answer that its operator keeps: where the line breaks, the rest is fetched from the last place that was noted;
//! where nobody listens any more, the operator is told, because it would write on.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::StreamExt as _;

use super::{Events, ModelError, ModelEvent, Reasoning, Reference, service::Model};

/// How often the line of one answer may break.
const BREAKS: u32 = 5;

/// Says that somebody else goes on listening: then dropping an answer does not end it at its operator's.
#[derive(Clone, Debug, Default)]
pub struct Keep(Arc<AtomicBool>);

impl Keep {
    /// From now on.
    pub fn leave(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_left(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

struct Held {
    model: Arc<Model>,
    name: String,
    events: Events,
    place: Option<Reference>,
    breaks: u32,
    calls: BTreeSet<u32>,
    thoughts: Vec<Reasoning>,
    /// Whether something was told after the last place that cannot be told apart when it comes again.
    blurred: bool,
    finished: bool,
    over: bool,
    keep: Keep,
}

/// Holds on to an answer, which begins after this place or at its beginning.
pub(super) fn hold(model: Arc<Model>, name: String, events: Events, place: Option<Reference>, keep: Keep) -> Events {
    let held = Held {
        model,
        name,
        events,
        place,
        breaks: 0,
        calls: BTreeSet::new(),
        thoughts: Vec::new(),
        blurred: false,
        finished: false,
        over: false,
        keep,
    };
    Box::pin(futures::stream::unfold(held, |mut held| async move {
        if held.over {
            return None;
        }
        let told = held.next().await;
        held.over = !matches!(told, Some(Ok(_)));
        told.map(|told| (told, held))
    }))
}

impl Held {
    async fn next(&mut self) -> Option<Result<ModelEvent, ModelError>> {
        loop {
            match self.events.next().await {
                Some(Ok(event)) => {
                    if self.is_new(&event) {
                        return Some(Ok(event));
                    }
                }
                Some(Err(error)) => {
                    if let Err(error) = self.mend(error).await {
                        return Some(Err(error));
                    }
                }
                None => return None,
            }
        }
    }

    /// Notes an event; false where it was told before the line broke.
    fn is_new(&mut self, event: &ModelEvent) -> bool {
        match event {
            ModelEvent::Reference(place) => {
                self.place = Some(place.clone());
                self.blurred = false;
            }
            ModelEvent::Text(_) => self.blurred = true,
            ModelEvent::ToolCall(part) => return self.calls.insert(part.index),
            ModelEvent::Reasoning(thought) => {
                let known = self.thoughts.contains(thought);
                if !known {
                    self.thoughts.push(thought.clone());
                }
                return !known;
            }
            ModelEvent::Finished(_) => self.finished = true,
            ModelEvent::Usage { .. } => {}
        }
        true
    }

    async fn mend(&mut self, error: ModelError) -> Result<(), ModelError> {
        let broken = matches!(error, ModelError::CutOff | ModelError::Silent(_));
        let Some(place) = self.place.clone().filter(|_| broken && !self.blurred && self.breaks < BREAKS) else {
            return Err(error);
        };
        self.breaks += 1;
        tracing::warn!(model = self.name, sequence = place.sequence, "the line broke; the rest is fetched");
        self.events = self.model.rest(&self.name, &place).await?;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let (false, Some(place)) = (self.finished, self.place.take()) else { return };
        if self.keep.is_left() {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let wire = self.model.wire.clone();
        runtime.spawn(async move {
            if let Err(failure) = wire.cancel(&place.response).await
                && failure.error != ModelError::CannotResume
            {
                tracing::warn!(error = %failure.error, "an answer that nobody waits for could not be ended");
            }
        });
    }
}
