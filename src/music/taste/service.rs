//! Asks the model for a text, and keeps what can be used.

use std::{collections::HashSet, time::Duration};

use serde_json::Value;
use time::Duration as Span;

use super::{
    age,
    error::TasteError,
    facts::Facts,
    grounded::{filled, runs},
    model::{Age, Body, Kind, Passage},
    prompt::{self, CAPTIONS},
    said::{self, Captions, Guess, Text},
    store::{self, NewText, TextRow},
};
use crate::{
    billing::{Billing, Taken},
    inference::{Inference, ModelError, TurnMessage, prompts},
    kit::id::{RunId, UserId},
    music::{policy, source::SourceKind},
    platform::{audit, clock::Clock, db::Db, random::Random},
    team::Teams,
};

/// What is looked at.
const LATELY: Span = Span::days(365);
/// Of fewer plays nothing can be said.
const LEAST: i64 = 20;
/// About what a text takes: a month without room for it is not asked.
const TOKENS: u64 = 3_000;
const PATIENCE: Duration = Duration::from_secs(40);
/// An answer is over after so many bytes, whatever else comes.
const LONGEST_ANSWER: usize = 8_000;

/// What a model writes about listening.
#[derive(Clone)]
pub struct Taste {
    db: Db,
    clock: Clock,
    random: Random,
    teams: Teams,
    billing: Billing,
    inference: Inference,
    /// Whether the operator lets a model see what Spotify's API tells.
    spotify: bool,
}

/// What it is made of.
pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub teams: Teams,
    pub billing: Billing,
    pub inference: Inference,
    pub spotify: bool,
}

impl Taste {
    /// Over the given parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { db, clock, random, teams, billing, inference, spotify } = parts;
        Self { db, clock, random, teams, billing, inference, spotify }
    }

    /// Whether a model can be asked.
    pub(super) async fn is_on(&self) -> Result<bool, TasteError> {
        Ok(self.inference.is_on() && self.billing.has_model_budget().await?)
    }

    /// The kinds of sources of which a model may be told.
    pub(super) fn kinds(&self) -> Vec<SourceKind> {
        SourceKind::ALL.into_iter().filter(|kind| policy::of(*kind).ai || self.spotify).collect()
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A person's texts.
    pub(super) async fn texts(&self, user: UserId) -> Result<Vec<TextRow>, TasteError> {
        Ok(store::texts(&mut *self.db.acquire().await?, user).await?)
    }

    /// Removes a text.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn remove(&self, user: UserId, kind: Kind) -> Result<(), TasteError> {
        store::remove(&mut *self.db.acquire().await?, user, kind.as_str()).await?;
        Ok(())
    }

    /// Has a text written in the place of the one before, from what was played in the last twelve months.
    ///
    /// # Errors
    /// When there is no model or no room for it, too little is known, or twice what it says cannot be used; then what was
    /// there before stays.
    pub async fn write(&self, user: UserId, kind: Kind) -> Result<Body, TasteError> {
        if !self.is_on().await? {
            return Err(TasteError::Off);
        }
        let now = self.clock.now();
        let mut connection = self.db.acquire().await?;
        let team = self.teams.chosen(&mut connection, user, now).await?;
        let kinds: Vec<String> = self.kinds().into_iter().map(|kind| kind.as_str().to_owned()).collect();
        let facts = store::facts(&mut connection, user, now - LATELY, &kinds).await?;
        let sources = store::sources(&mut connection, user, &kinds).await?;
        drop(connection);
        let mut facts: Facts = serde_json::from_value(facts)?;
        if facts.plays < LEAST {
            return Err(TasteError::TooLittle);
        }
        facts.age = age::guess(&facts.decades, now.year());
        if kind == Kind::Age && facts.age.is_none() {
            return Err(TasteError::NoYears);
        }
        if !self.billing.has_room(team, TOKENS).await? {
            return Err(TasteError::UsedUp);
        }
        if self.spotify {
            tracing::info!(
                request_id = audit::request_at_hand(),
                "what Spotify's API told goes to a model, as the operator has set it"
            );
        }
        let mark = self.random.bytes::<8>().map(|byte| format!("{byte:02x}")).concat();
        let mut turn = prompt::turn(kind, &facts, &mark);
        let mut refused = String::new();
        for _ in 0..2 {
            let mut taken = Taken::default();
            let said = tokio::time::timeout(PATIENCE, self.inference.say(&turn, LONGEST_ANSWER, &mut taken)).await;
            let model = taken.model.clone();
            if model.is_some() {
                let charge: RunId = self.random.id(now);
                self.billing.charge(&mut *self.db.acquire().await?, team, charge, &taken).await?;
            }
            let said = said.unwrap_or(Err(ModelError::Silent(PATIENCE)))?;
            match self.read(kind, &said, &facts).await? {
                Ok(body) => {
                    let text = NewText {
                        kind: kind.as_str(),
                        body: &serde_json::to_value(&body)?,
                        model: model.as_deref().unwrap_or_default(),
                        prompt_version: prompts::VERSION,
                        snapshot: &serde_json::to_value(&facts)?,
                        sources: &sources,
                    };
                    store::keep(&mut *self.db.acquire().await?, user, &text, self.clock.now()).await?;
                    return Ok(body);
                }
                Err(why) => {
                    tracing::warn!(
                        request_id = audit::request_at_hand(),
                        kind = kind.as_str(),
                        "a text about music cannot be used"
                    );
                    turn.messages.push(TurnMessage::Assistant { text: said, calls: Vec::new() });
                    turn.messages.push(TurnMessage::Person(prompts::taste_again(&why)));
                    refused = why;
                }
            }
        }
        Err(TasteError::Unusable(refused))
    }

    /// What was said, as it is kept; or why it cannot be.
    async fn read(&self, kind: Kind, said: &str, facts: &Facts) -> Result<Result<Body, String>, TasteError> {
        let asked = runs(said);
        let known = store::known(&mut *self.db.acquire().await?, &asked).await?.into_iter().collect();
        Ok(understood(kind, said, facts, &known))
    }
}

fn understood(kind: Kind, said: &str, facts: &Facts, known: &HashSet<String>) -> Result<Body, String> {
    let fill =
        |text: &str, facts: &Facts, most| filled(text, facts, most, known).map_err(|refused| refused.to_string());
    let one = |text: String, age| Body { passages: vec![Passage { about: String::new(), text }], age };
    match kind {
        Kind::Analysis => Ok(one(fill(&said::object::<Text>(said)?.text, facts, 1_200)?, None)),
        Kind::Bio => Ok(one(fill(&said::object::<Text>(said)?.text, facts, 600)?, None)),
        Kind::Captions => {
            let Captions { captions } = said::object(said)?;
            let mut passages: Vec<Passage> = Vec::new();
            for caption in captions.into_iter().take(CAPTIONS) {
                let about = Some(caption.artist.trim_matches(['{', '}']))
                    .filter(|place| place.starts_with('a') && !place.contains('.'));
                let about =
                    about.and_then(|place| facts.place(place)).ok_or("A caption is about no artist of the data.")?;
                if !passages.iter().any(|passage| passage.about == about) {
                    passages.push(Passage { about, text: fill(&caption.text, facts, 140)? });
                }
            }
            if passages.is_empty() { Err("There is no caption.".to_owned()) } else { Ok(Body { passages, age: None }) }
        }
        Kind::Age => {
            let Guess { age, reason } = said::object(said)?;
            let bounds = facts.age.ok_or("There are no bounds.")?;
            if !(bounds.low..=bounds.high).contains(&age) {
                return Err(format!("The age has to be from {} to {}.", bounds.low, bounds.high));
            }
            let age = Age { years: age, ..bounds };
            let facts = Facts { age: Some(age), ..facts.clone() };
            Ok(one(fill(&reason, &facts, 500)?, Some(age)))
        }
    }
}

/// What is kept of a text, as it was written.
pub(super) fn kept(row: &TextRow) -> Option<(Kind, Body, i64)> {
    let body = serde_json::from_value(row.body.clone()).ok()?;
    Some((Kind::parse(&row.kind)?, body, row.snapshot.get("plays").and_then(Value::as_i64).unwrap_or(0)))
}
