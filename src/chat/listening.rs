//! Listens to one round of a model: its text goes to the log piece by piece, its calls are put together.

use futures::StreamExt as _;

use super::{
    held::{Again, HeldAnswer},
    log::Entry,
    service::Parts,
    tools::Reader,
    waiting::Kept,
};
use crate::inference::{Call, FinishReason, ModelError, ModelEvent, Reasoning, Reference, ToolCallPart, Turn, prompts};

/// How many calls of one round are made.
const CALLS: usize = 12;
/// No answer is longer.
const ANSWER_BYTES: usize = 512 * 1024;

/// What a model said in one round.
pub(super) struct Said {
    pub text: String,
    pub calls: Vec<Call>,
    /// What the model wants to see again with the results of its calls.
    pub thoughts: Vec<Reasoning>,
    pub reason: FinishReason,
}

/// Asks the model, or goes on with an answer of it that is kept, and hears it out; `written` counts the bytes of the
/// answer. What `kept` says is noted where its operator keeps the answer.
pub(super) async fn listen(
    parts: &Parts,
    reader: &Reader,
    turn: &Turn,
    written: &mut usize,
    again: Option<&Again>,
    kept: impl Fn() -> Kept,
) -> Result<Said, ModelError> {
    let mut answer = match again {
        Some(Again { model, response, .. }) => {
            let beginning = Reference { response: response.clone(), sequence: 0 };
            parts.inference.resume(model, &beginning).await?
        }
        None => parts.inference.answer(turn).await?,
    };
    let (mut noted, mut told) = (again.is_some(), again.map_or(0, |again| again.told));
    let notice = answer.notice();
    reader.tell(Entry::Model(answer.model.clone())).await;
    reader.tell(Entry::Asked(turn.estimated_tokens())).await;
    if let Some(notice) = notice {
        reader.tell(Entry::Status(notice)).await;
    }
    let mut text = String::new();
    let mut calls: Vec<(u32, Call)> = Vec::new();
    let mut thoughts = Vec::new();
    let mut reason = None;
    while let Some(event) = answer.events.next().await {
        match event? {
            ModelEvent::Text(piece) => {
                *written += piece.len();
                if *written > ANSWER_BYTES {
                    return Ok(Said { text, calls: Vec::new(), thoughts, reason: FinishReason::Length });
                }
                text.push_str(&piece);
                let piece = piece.replace('\0', "");
                let rest = piece.get(told..).unwrap_or_default();
                told = told.saturating_sub(piece.len());
                if !rest.is_empty() {
                    reader.tell(Entry::Text(rest.to_owned())).await;
                }
            }
            ModelEvent::ToolCall(part) => collect(&mut calls, part),
            ModelEvent::Reasoning(thought) => thoughts.push(thought),
            ModelEvent::Reference(_) if noted => {}
            ModelEvent::Reference(Reference { response, .. }) => {
                noted = true;
                let (model, turn, since) = (answer.model.clone(), kept(), parts.clock.now());
                reader.tell(Entry::Held(Box::new(HeldAnswer { model, response, turn, since }))).await;
            }
            ModelEvent::Finished(why) => reason = Some(why),
            ModelEvent::Usage { input, output } => {
                tracing::info!(input, output, prompt = prompts::VERSION, "the model has answered");
                reader.tell(Entry::Took { read: input, written: output }).await;
            }
        }
    }
    let reason = reason.ok_or(ModelError::CutOff)?;
    let calls = calls.into_iter().map(|(_, call)| call).filter(|call| !call.name.is_empty()).take(CALLS).collect();
    Ok(Said { text, calls, thoughts, reason })
}

/// Joins the parts of a call; a call without an id gets one.
fn collect(calls: &mut Vec<(u32, Call)>, part: ToolCallPart) {
    let ToolCallPart { index, id, name, arguments } = part;
    let position = calls.iter().position(|(known, _)| *known == index).unwrap_or_else(|| {
        let call = Call { id: format!("call_{index}"), name: String::new(), arguments: String::new() };
        calls.push((index, call));
        calls.len() - 1
    });
    if let Some((_, call)) = calls.get_mut(position) {
        if let Some(id) = id {
            call.id = id;
        }
        if let Some(name) = name {
            call.name = name;
        }
        // More than this is no argument but a flood.
        if call.arguments.len() < 64 * 1024 {
            call.arguments.push_str(&arguments);
        }
    }
}
