//! Consents that wait for one more word of their person, sealed, for half an hour.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use super::{Arrival, Error, Integrations, Start, consent::Consent, places::Place, sealed::Column};
use crate::{
    integrations::store::{self, NewChoice},
    kit::id::ConnectionId,
    providers::Provider,
};

/// How long it waits.
const LIFETIME: Duration = Duration::minutes(30);

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Which of several places is meant.
    Place(Vec<Place>),
    /// Whether another account than the one that was connected shall be.
    Account { had: String, came: String },
}

/// What the person answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This place.
    Place(String),
    /// The other account, in the place of the one that was connected.
    Replace,
    /// The other account as a connection of its own.
    Add,
    /// Neither: the tokens are dropped.
    Cancel,
}

impl Integrations {
    /// Seals a consent away until its person has answered.
    pub(super) async fn wait(
        &self,
        start: Start,
        provider: &Provider,
        consent: &Consent,
        waiting: &Waiting,
    ) -> Result<Arrival, Error> {
        let now = self.clock.now();
        let id = Uuid::from(self.random.id::<ConnectionId>(now));
        let asked = match waiting {
            Waiting::Place(places) => {
                let pairs: Vec<_> = places.iter().map(|place| json!([place.id, place.label])).collect();
                json!({ "places": pairs })
            }
            Waiting::Account { had, came } => json!({ "had": had, "came": came }),
        };
        let content = json!({ "consent": consent.written(), "asked": asked }).to_string().into();
        let sealed = self.seal(Column::Choice, id, start.user, &provider.id, &content)?;
        let new = NewChoice {
            id,
            user: start.user,
            session: start.session,
            provider: &provider.id,
            sealed_content: &sealed,
            now,
            expires_at: now + LIFETIME,
        };
        store::insert_choice(&self.db, &new).await?;
        Ok(Arrival::Asks { waiting: id })
    }

    /// What is asked of the person in this browser; with the service.
    ///
    /// # Errors
    /// When nothing waits there any more.
    pub async fn waiting(&self, start: Start, provider: &str, id: Uuid) -> Result<(&'static Provider, Waiting), Error> {
        let provider = self.provider(provider)?;
        let (_, waiting) = self.opened(start, provider, id).await?;
        Ok((provider, waiting))
    }

    /// Takes the answer. A wrong one leaves everything as it was.
    ///
    /// # Errors
    /// When nothing waits there any more, the answer is none of those that were offered, or what follows fails.
    pub async fn answer(&self, start: Start, provider: &str, id: Uuid, answer: Answer) -> Result<Arrival, Error> {
        let provider = self.provider(provider)?;
        let (mut consent, waiting) = self.opened(start, provider, id).await?;
        let fits = match (&waiting, &answer) {
            (Waiting::Place(places), Answer::Place(chosen)) => places.iter().any(|place| place.id == *chosen),
            (Waiting::Account { .. }, Answer::Replace | Answer::Add) | (_, Answer::Cancel) => true,
            _ => false,
        };
        if !fits {
            return Err(Error::NoSuchAnswer);
        }
        if !store::take_choice(&self.db, start.user, start.session, id).await? {
            return Err(Error::ChoiceGone);
        }
        let service = self.clone();
        // As with a code: what was taken away is finished, whether or not the browser waits for it.
        tokio::spawn(async move {
            match answer {
                Answer::Place(chosen) => {
                    if let Some(choice) = &provider.choice {
                        consent.blanks.insert(choice.blank.clone(), chosen);
                    }
                    service.settle(start, provider, consent).await
                }
                Answer::Replace => service.settle_instead(start, provider, consent).await,
                Answer::Add => {
                    consent.reconnect = None;
                    service.settle(start, provider, consent).await
                }
                Answer::Cancel => {
                    service.changed(start.user, None, &provider.id, "cancelled", None).await?;
                    Ok(Arrival::Cancelled)
                }
            }
        })
        .await?
    }

    async fn opened(&self, start: Start, provider: &Provider, id: Uuid) -> Result<(Consent, Waiting), Error> {
        let now = self.clock.now();
        let row = store::choice(&self.db, start.user, start.session, &provider.id, id, now).await?;
        let row = row.ok_or(Error::ChoiceGone)?;
        let plain = self.open(Column::Choice, row.id, start.user, &provider.id, &row.sealed_content)?;
        let content: Value = serde_json::from_str(plain.expose_secret()).map_err(|_| Error::ChoiceGone)?;
        let consent = Consent::read(&content["consent"]).ok_or(Error::ChoiceGone)?;
        Ok((consent, asked(&content["asked"]).ok_or(Error::ChoiceGone)?))
    }
}

fn asked(content: &Value) -> Option<Waiting> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(places) = content.get("places").and_then(Value::as_array) {
        let place = |pair: &Value| Some(Place { id: text(pair.get(0)?)?, label: text(pair.get(1)?)? });
        return Some(Waiting::Place(places.iter().filter_map(place).collect()));
    }
    Some(Waiting::Account { had: text(content.get("had")?)?, came: text(content.get("came")?)? })
}
