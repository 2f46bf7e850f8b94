//! The model of this installation, or none.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures::{Stream, StreamExt as _};

use super::{
    ModelError, ModelEvent, Reference, Sight, Turn, exhibit,
    models::{ModelNotice, Models},
    pace::Pace,
    steady::{self, Keep},
    wires::{self, Failure, Way, Wire},
};
use crate::billing::Taken;
use crate::platform::{clock::Clock, config::ModelSettings, http::Http, random::Random};

/// A model's answer as it arrives. Dropping it ends the request, and the answer itself where its operator keeps it.
pub type Events = Pin<Box<dyn Stream<Item = Result<ModelEvent, ModelError>> + Send>>;

/// An answer under way.
pub struct Answer {
    /// Which model gives it: the first of the configured ones that does.
    pub model: String,
    /// The model that should have given it, where another one does.
    pub instead_of: Option<String>,
    /// Its pieces. A whole answer contains [`ModelEvent::Finished`]; a stream that ends without one yields an error.
    pub events: Events,
}

impl Answer {
    /// What the person is told where another model answers than the one that was meant to.
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        let Self { model, instead_of, .. } = self;
        instead_of.as_ref().map(|missing| format!("Answered by {model}, because {missing} is not available."))
    }
}

/// The way to the model; cheap to clone, one HTTP client for all.
#[derive(Clone)]
pub struct Inference {
    model: Option<Arc<Model>>,
    keep: Keep,
}

pub(super) struct Model {
    pub wire: Arc<dyn Wire>,
    names: Vec<String>,
    /// What each of them reads.
    sights: Vec<Sight>,
    models: Models,
    pace: Pace,
    /// Whether the operator keeps answers until they are fetched.
    keeps: bool,
    clock: Clock,
}

/// What is asked of a wire.
#[derive(Clone, Copy)]
enum Wish<'a> {
    Ask(&'a Turn),
    GoOn(&'a Reference),
}

impl Inference {
    /// How long a model may say nothing.
    pub const PATIENCE: Duration = Duration::from_secs(60);

    /// With settings, the model they name; without, none.
    #[must_use]
    pub fn new(settings: Option<&ModelSettings>, http: &Http, clock: &Clock, random: &Random) -> Self {
        Self::with_patience(settings, http, clock, random, Self::PATIENCE)
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_patience(
        settings: Option<&ModelSettings>,
        http: &Http,
        clock: &Clock,
        random: &Random,
        patience: Duration,
    ) -> Self {
        let model = settings.map(|settings| {
            let names: Vec<String> =
                std::iter::once(settings.model.clone()).chain(settings.fallbacks.iter().cloned()).collect();
            Arc::new(Model {
                wire: wires::of(&Way { settings, http, clock, patience }),
                models: Models::default(),
                sights: names.iter().map(|name| exhibit::sight(settings, name)).collect(),
                names,
                pace: Pace::new(random.clone()),
                keeps: settings.background,
                clock: clock.clone(),
            })
        });
        Self { model, keep: Keep::default() }
    }

    /// The same for one listener, who may leave what is kept to another.
    #[must_use]
    pub fn with_keep(&self, keep: Keep) -> Self {
        Self { keep, ..self.clone() }
    }

    /// Whether there is a model at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.model.is_some()
    }

    /// What a model of this installation reads beside text: whoever shows it no more than that gets an answer.
    #[must_use]
    pub fn sight(&self) -> Sight {
        let all = self.model.iter().flat_map(|model| &model.sights);
        // The one that reads the most: what it is shown goes to no other.
        all.copied().max_by_key(|sight| (sight.documents, sight.pictures)).unwrap_or_default()
    }

    /// Whether answers come with [`ModelEvent::Reference`], by which [`Self::resume`] goes on with them.
    #[must_use]
    pub fn keeps_answers(&self) -> bool {
        self.model.as_ref().is_some_and(|model| model.keeps)
    }

    /// Asks the model; where it does not exist, has been shut down or does not answer, the fallbacks in their order.
    ///
    /// # Errors
    /// When none answers, or when the question is refused for a reason that lies with the question or the key.
    pub async fn answer(&self, turn: &Turn) -> Result<Answer, ModelError> {
        let model = self.model.as_ref().ok_or(ModelError::Refused)?;
        // Where none of those that are left reads what is shown.
        let mut last = ModelError::Unavailable;
        for name in model.models.living(&model.names, model.clock.now()) {
            if !model.can_read(name, turn) {
                continue;
            }
            match model.begin(name, Wish::Ask(turn)).await {
                Ok(events) => {
                    let instead_of = model.names.first().filter(|first| *first != name).cloned();
                    let events = if model.keeps { self.hold(model, name, events, None) } else { events };
                    return Ok(Answer { model: name.clone(), instead_of, events });
                }
                Err(error) if error.is_the_models() => {
                    tracing::warn!(model = name, %error, "this model does not answer");
                    last = error;
                }
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// Asks the model and hears its words to their end, or until there are more bytes than that; `taken` tells what it
    /// took, as its operator counts, or about.
    ///
    /// # Errors
    /// As [`Self::answer`], and when the answer breaks off.
    pub async fn say(&self, turn: &Turn, longest: usize, taken: &mut Taken) -> Result<String, ModelError> {
        let mut answer = self.answer(turn).await?;
        (taken.model, taken.read) = (Some(answer.model), turn.estimated_tokens());
        let mut said = String::new();
        while let Some(event) = answer.events.next().await {
            match event? {
                ModelEvent::Text(text) => {
                    said.push_str(&text);
                    taken.written = said.len() as u64 / 4 + 1;
                    if said.len() > longest {
                        break;
                    }
                }
                ModelEvent::Usage { input, output } => (taken.read, taken.written) = (input, output),
                _ => {}
            }
        }
        Ok(said)
    }

    /// Goes on with an answer that its operator keeps, from the event after the one that was told last. `model` is who
    /// gives it.
    ///
    /// # Errors
    /// [`ModelError::CannotResume`] where nothing is kept, or this answer no longer.
    pub async fn resume(&self, model: &str, reference: &Reference) -> Result<Answer, ModelError> {
        let kept = self.model.as_ref().filter(|model| model.keeps).ok_or(ModelError::CannotResume)?;
        let events = kept.begin(model, Wish::GoOn(reference)).await?;
        let events = self.hold(kept, model, events, Some(reference.clone()));
        Ok(Answer { model: model.to_owned(), instead_of: None, events })
    }

    fn hold(&self, model: &Arc<Model>, name: &str, events: Events, place: Option<Reference>) -> Events {
        steady::hold(model.clone(), name.to_owned(), events, place, self.keep.clone())
    }

    /// Tells the operator that nobody waits any more for an answer that it keeps.
    ///
    /// # Errors
    /// [`ModelError::CannotResume`] where there is no such answer, or it is over.
    pub async fn cancel(&self, response: &str) -> Result<(), ModelError> {
        let model = self.model.as_ref().ok_or(ModelError::CannotResume)?;
        model.wire.cancel(response).await.map_err(|failure| failure.error)
    }

    /// Reads which models the address has, and warns of those that end soon or are not there. At most once a day, and
    /// an hour after it did not work.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub async fn look_at_models(&self) -> Result<(), ModelError> {
        let Some(model) = &self.model else { return Ok(()) };
        let now = model.clock.now();
        if !model.models.is_due(now) {
            return Ok(());
        }
        model.models.note_look(now);
        let Some(list) = model.wire.models().await? else { return Ok(()) };
        model.models.learn(&list, &model.names, now);
        for notice in model.models.notices(&model.names, now) {
            tracing::warn!(model = notice.model, "{}", notice.sentence);
        }
        Ok(())
    }

    /// What an operator has to know of the configured models: which end soon, have ended, or are not there.
    #[must_use]
    pub fn notices(&self) -> Vec<ModelNotice> {
        let model = self.model.as_ref();
        model.map(|model| model.models.notices(&model.names, model.clock.now())).unwrap_or_default()
    }
}

impl Model {
    /// Whether a model reads all that is shown to it.
    fn can_read(&self, name: &str, turn: &Turn) -> bool {
        let sight = self.names.iter().position(|known| known == name).and_then(|at| self.sights.get(at));
        let Sight { pictures, documents } = sight.copied().unwrap_or_default();
        turn.exhibits().all(|exhibit| {
            if exhibit.kind.is_picture() {
                return pictures;
            }
            documents.is_some_and(|most| exhibit.content.len() as u64 <= most)
        })
    }

    /// Tries until something comes, or until it is plain that nothing will. From the first event on nothing is tried
    /// again: it may have been shown.
    async fn begin(&self, name: &str, wish: Wish<'_>) -> Result<Events, ModelError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let failure = match self.once(name, wish).await {
                Ok(events) => return Ok(events),
                Err(failure) => failure,
            };
            let Some(wait) = self.pace.before_next(tries, &failure) else { return Err(failure.error) };
            let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(model = name, error = %failure.error, tries, milliseconds, "the model is asked again");
            tokio::time::sleep(wait).await;
        }
    }

    async fn once(&self, name: &str, wish: Wish<'_>) -> Result<Events, Failure> {
        let mut events = match wish {
            Wish::Ask(turn) => self.wire.ask(name, turn).await?,
            Wish::GoOn(Reference { response, sequence }) => self.wire.resume(name, response, *sequence).await?,
        };
        match events.next().await {
            Some(Ok(first)) => Ok(Box::pin(futures::stream::iter([Ok(first)]).chain(events))),
            Some(Err(error)) => Err(error.into()),
            None => Err(ModelError::CutOff.into()),
        }
    }

    /// The rest of an answer after this place.
    pub(super) async fn rest(&self, name: &str, reference: &Reference) -> Result<Events, ModelError> {
        self.begin(name, Wish::GoOn(reference)).await
    }
}
