//! Answers that the model's operator keeps while they are written. What is noted of one when its first piece comes lets
//! any process hear it once more from the beginning: what stands in the log is skipped, the rest is told, and it is paid
//! for once.

use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    error::ChatError,
    service::{Asker, Chat, Parts},
    store::{self, system::Abandoned},
    waiting::{Kept, TakenUp},
    worker::Job,
};
use crate::{
    billing::Taken,
    kit::id::{RunId, UserId},
    platform::{
        bus::Topic,
        crypto::{Place, Vault},
        telemetry,
    },
};

/// What a round of the model is, while its operator keeps what comes of it.
pub(super) struct HeldAnswer {
    pub model: String,
    /// The operator's name for it.
    pub response: String,
    /// The turn as it was asked.
    pub turn: Kept,
    pub since: OffsetDateTime,
}

/// The same, as it goes into the log.
pub(super) struct SealedAnswer {
    pub model: String,
    pub response: String,
    pub text_before: usize,
    pub sealed_turn: String,
    pub since: OffsetDateTime,
}

/// An answer that is heard once more.
#[derive(Clone)]
pub(super) struct Again {
    pub model: String,
    pub response: String,
    /// How many bytes of its text have been told.
    pub told: usize,
}

impl HeldAnswer {
    /// As it goes into the log, where so much text stands before it, and the rounds before it took so much.
    pub(super) fn seal(
        self,
        vault: &Vault,
        (run, user): (RunId, UserId),
        taken: Taken,
        text_before: usize,
    ) -> Result<SealedAnswer, ChatError> {
        let Self { model, response, mut turn, since } = self;
        turn.note(taken);
        let sealed_turn = turn.seal(vault, &place(run, user))?;
        Ok(SealedAnswer { model, response, text_before, sealed_turn, since })
    }
}

fn place(run: RunId, owner: UserId) -> Place<'static> {
    let (row, owner) = (Uuid::from(run), Uuid::from(owner));
    Place { table: "held_answers", column: "sealed_turn", row, owner, provider: "" }
}

impl Chat {
    /// Takes over a run whose process died, where its operator keeps the answer: what is to be started once this
    /// transaction has ended.
    pub(super) async fn take_over(
        &self,
        connection: &mut PgConnection,
        run: &Abandoned,
        now: OffsetDateTime,
    ) -> Result<Option<Job>, ChatError> {
        let Parts { vault, bus, inference, .. } = &self.parts;
        if !inference.keeps_answers() {
            return Ok(None);
        }
        let Some(held) = store::held::take(connection, run.user, run.id).await? else { return Ok(None) };
        let turn = match Kept::open(vault, &place(run.id, run.user), &held.sealed_turn) {
            Ok(turn) => turn,
            Err(error) => {
                telemetry::report(&error, "what was noted of an answer could not be opened");
                return Ok(None);
            }
        };
        let seq = run.last_seq.saturating_add(1);
        let advance =
            store::log::Advance { run: run.id, user: run.user, from: run.last_seq, to: seq, model: None, now };
        if store::log::advance(connection, &advance).await?.is_none() {
            return Ok(None);
        }
        let text = store::system::text(connection, run.id).await?;
        store::log::append(connection, run.id, run.user, seq, &["resumed".to_owned()], &[json!({})], now).await?;
        bus.notify(connection, Topic::RunOutput, &run.id.to_string()).await?;
        let told = text.len().saturating_sub(usize::try_from(held.text_before).unwrap_or_default());
        let again = Again { model: held.model, response: held.response, told };
        Ok(Some(Job {
            asker: Asker { user: run.user, name: turn.name.clone(), zone: turn.zone.clone() },
            conversation: run.conversation,
            run: run.id,
            question: run.question,
            answer: run.answer,
            text: turn.question.clone(),
            by_rules: false,
            taken_up: Some(Box::new(TakenUp { turn, seq, text, again: Some(again) })),
        }))
    }
}
