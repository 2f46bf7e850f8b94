//! The model of this installation, or none.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures::Stream;

use super::{ModelError, ModelEvent, Turn, chat_completions::ChatCompletions};
use crate::platform::{config::ModelSettings, http::Http};

/// A model's answer as it arrives. Dropping it ends the request.
pub type Events = Pin<Box<dyn Stream<Item = Result<ModelEvent, ModelError>> + Send>>;

/// An answer under way.
pub struct Answer {
    /// Which model gives it: the first of the configured ones that exists.
    pub model: String,
    /// Its pieces. A whole answer contains [`ModelEvent::Finished`]; a stream that ends without one yields an error.
    pub events: Events,
}

/// The way to the model; cheap to clone, one HTTP client for all.
#[derive(Clone)]
pub struct Inference {
    model: Option<Arc<Model>>,
}

struct Model {
    wire: ChatCompletions,
    names: Vec<String>,
}

impl Inference {
    /// How long a model may say nothing.
    pub const PATIENCE: Duration = Duration::from_secs(60);

    /// With settings, the model they name; without, none.
    #[must_use]
    pub fn new(settings: Option<&ModelSettings>, http: &Http) -> Self {
        Self::with_patience(settings, http, Self::PATIENCE)
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_patience(settings: Option<&ModelSettings>, http: &Http, patience: Duration) -> Self {
        let model = settings.map(|settings| {
            let names = std::iter::once(settings.model.clone()).chain(settings.fallbacks.iter().cloned()).collect();
            Arc::new(Model { wire: ChatCompletions::new(settings, http, patience), names })
        });
        Self { model }
    }

    /// Whether there is a model at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.model.is_some()
    }

    /// Asks the model; when it does not exist, the fallbacks in their order.
    pub async fn answer(&self, turn: &Turn) -> Result<Answer, ModelError> {
        let model = self.model.as_ref().ok_or(ModelError::Refused)?;
        let mut missing = ModelError::Refused;
        for name in &model.names {
            match model.wire.ask(name, turn).await {
                Ok(events) => return Ok(Answer { model: name.clone(), events }),
                Err(error @ ModelError::NotFound(_)) => {
                    tracing::warn!(model = name, "this model does not exist at the configured address");
                    missing = error;
                }
                Err(error) => return Err(error),
            }
        }
        Err(missing)
    }
}
