//! The task that writes one answer. Two things go on at once in it: the answer is composed (and can be dropped at any
//! moment, which ends the request to the model), and what it tells is written into the log (which is never dropped
//! halfway).

use std::{pin::pin, time::Duration};

use futures::StreamExt as _;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    error::ChatError,
    log::{BREATH, Ending, Entry, RunLog, Subject},
    model::{AI_IS_OFF, RunState},
    moment,
    offer::Offer,
    rules,
    service::{Asker, Parts, interrupted},
    store,
    tools::{Planned, Reader, for_model},
};
use crate::{
    inference::{Call, FinishReason, ModelError, ModelEvent, ToolCallPart, Turn, TurnMessage, prompts},
    integrations::tools::{Effect, ModelUse, OfferedTool, TimeContext},
    kit::id::{ConversationId, MessageId, RunId},
    platform::{
        bus::{Event, Subscription, Topic},
        telemetry,
    },
};

/// How often a model may ask for tools before it has to answer.
const ROUNDS: usize = 6;
/// How many calls of one round are made.
const CALLS: usize = 12;
/// How much of the conversation a model sees.
const HISTORY_MESSAGES: i64 = 40;
const HISTORY_CHARACTERS: usize = 60_000;
/// No answer is longer.
const ANSWER_BYTES: usize = 512 * 1024;
/// For how long a log that cannot be written is tried again.
const STUBBORN: Duration = Duration::from_secs(20);

/// One answer to write.
#[derive(Clone)]
pub(super) struct Job {
    pub asker: Asker,
    pub conversation: ConversationId,
    pub run: RunId,
    pub question: MessageId,
    pub answer: MessageId,
    pub text: String,
}

/// Writes the answer to its end, whatever that is.
pub(super) async fn run(parts: Parts, job: Job, closing: CancellationToken) {
    let stops = parts.bus.subscribe(Topic::RunStop);
    let subject = Subject { run: job.run, user: job.asker.user, answer: job.answer };
    let log = RunLog::new(parts.clone(), subject);
    if let Err(error) = write(parts, job, log, stops, closing).await {
        match error {
            // Another process took this run for dead and has settled it.
            ChatError::Lost => tracing::warn!(run = %subject.run, "a run was settled elsewhere"),
            error => telemetry::report(&error, "an answer could not be written"),
        }
    }
}

async fn write(
    parts: Parts,
    job: Job,
    mut log: RunLog,
    mut stops: Subscription,
    closing: CancellationToken,
) -> Result<(), ChatError> {
    let (pen, mut entries) = mpsc::channel(64);
    let run = job.run;
    let mut trouble: Option<Instant> = None;
    let ending = {
        let mut composing = pin!(Box::pin(compose(parts, job, pen)));
        let mut ticks = tokio::time::interval(BREATH);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop_wish(&mut stops, run) => {
                    log.forget_unwritten();
                    break Ending::new(RunState::Stopped);
                }
                () = closing.cancelled() => break interrupted(),
                _ = ticks.tick() => {
                    if log.is_due() && stop_after_write(&mut log, &mut trouble).await? {
                        log.forget_unwritten();
                        break Ending::new(RunState::Stopped);
                    }
                }
                Some(entry) = entries.recv() => log.push(entry)?,
                ending = &mut composing => break ending,
            }
        }
    };
    while let Ok(entry) = entries.try_recv() {
        if ending.state != RunState::Stopped || !matches!(entry, Entry::Text(_)) {
            log.push(entry)?;
        }
    }
    loop {
        match log.settle(&ending).await {
            Err(ChatError::Database(error)) if is_passing(&mut trouble) => {
                tracing::warn!(%error, "the end of an answer could not be written yet");
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
            outcome => return outcome,
        }
    }
}

/// Ends when somebody asks this run to stop.
async fn stop_wish(stops: &mut Subscription, run: RunId) {
    let run = run.to_string();
    loop {
        match stops.next().await {
            Some(Event::Id(id)) if *id == *run => return,
            // After a gap the next heartbeat reads the wish from the table.
            Some(_) => {}
            None => std::future::pending().await,
        }
    }
}

async fn stop_after_write(log: &mut RunLog, trouble: &mut Option<Instant>) -> Result<bool, ChatError> {
    match log.write().await {
        Ok(stop) => {
            *trouble = None;
            Ok(stop)
        }
        Err(ChatError::Database(error)) if is_passing(trouble) => {
            tracing::warn!(%error, "a part of an answer could not be written yet");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

fn is_passing(trouble: &mut Option<Instant>) -> bool {
    trouble.get_or_insert_with(Instant::now).elapsed() < STUBBORN
}

/// Composes the answer: by the model where there is one, else by rules.
async fn compose(parts: Parts, job: Job, pen: mpsc::Sender<Entry>) -> Ending {
    let context = TimeContext { now: parts.clock.now(), zone: job.asker.zone.clone() };
    let reader = Reader::new(parts.integrations.clone(), job.asker.user, job.run, context.clone(), pen);
    let tools = match parts.integrations.tools(job.asker.user).await {
        Ok(tools) => tools,
        Err(error) => {
            telemetry::report(&error, "the tools of a person could not be listed");
            return Ending::failed(
                "tools_unavailable",
                "Your connections could not be read at the moment. Try again in a minute.".to_owned(),
            );
        }
    };
    let without_model = !parts.inference.is_on();
    if without_model {
        reader.tell(Entry::Status(AI_IS_OFF.to_owned())).await;
    }
    if without_model || rules::answer_alone(&parts.integrations, &job.text, &tools, &context) {
        return rules::answer(&parts.integrations, &reader, &job.text, &tools, &context).await;
    }
    let history = match history(&parts, &job).await {
        Ok(history) => history,
        Err(error) => {
            telemetry::report(&error, "a conversation could not be read for the model");
            return Ending::failed(
                "history_unavailable",
                "This conversation could not be read at the moment. Try again in a minute.".to_owned(),
            );
        }
    };
    let shown = show_withheld(&parts, &reader, &job, &tools, &context).await;
    let mut system = prompts::assistant(&moment::for_model(context.now, &context.zone));
    for service in shown {
        system.push_str(&prompts::withheld(service));
    }
    let readable: Vec<OfferedTool> = tools
        .iter()
        .filter(|offered| offered.tool.effect == Effect::Read && offered.model == ModelUse::Offered)
        .cloned()
        .collect();
    let fitting = parts.integrations.route(&job.text, &readable, &context);
    let offer = Offer::new(&readable, &job.text, &fitting);
    if !offer.left_out().is_empty() {
        system.push_str(&prompts::left_out(offer.left_out()));
    }
    match converse(&parts, &reader, &offer, system, history).await {
        Ok(ending) => ending,
        Err(error) => {
            tracing::warn!(code = error.code(), run = %job.run, "the model gave no whole answer");
            Ending::failed(error.code(), error.sentence())
        }
    }
}

/// Reads what no model may see and shows it as cards; which services were shown.
async fn show_withheld(
    parts: &Parts,
    reader: &Reader,
    job: &Job,
    tools: &[OfferedTool],
    context: &TimeContext,
) -> Vec<&'static str> {
    let withheld: Vec<OfferedTool> = tools
        .iter()
        .filter(|offered| offered.tool.effect == Effect::Read && offered.model == ModelUse::Never)
        .cloned()
        .collect();
    if withheld.is_empty() {
        return Vec::new();
    }
    let planned: Vec<Planned> =
        parts.integrations.route(&job.text, &withheld, context).into_iter().map(Planned::from).collect();
    let outcomes = futures::future::join_all(planned.iter().map(|planned| reader.read(planned))).await;
    planned
        .iter()
        .zip(outcomes)
        .filter(|(_, outcome)| outcome.is_ok())
        .map(|(planned, _)| planned.service_name)
        .collect()
}

/// The conversation before this question, oldest first, then the question.
async fn history(parts: &Parts, job: &Job) -> Result<Vec<TurnMessage>, ChatError> {
    let Job { asker, conversation, question, .. } = job;
    let rows = store::conversations::history(&parts.db, asker.user, *conversation, *question, HISTORY_MESSAGES).await?;
    let mut room = HISTORY_CHARACTERS;
    let mut messages = vec![TurnMessage::Person(job.text.clone())];
    for row in rows {
        room = match room.checked_sub(row.content.len()) {
            Some(room) => room,
            None => break,
        };
        messages.push(match (row.author.as_str(), row.model) {
            ("person", _) => TurnMessage::Person(row.content),
            (_, Some(_)) => TurnMessage::Assistant { text: row.content, calls: Vec::new() },
            // What the rules wrote may quote what no model is to see.
            _ => TurnMessage::Assistant { text: "(answered without you)".to_owned(), calls: Vec::new() },
        });
    }
    messages.reverse();
    Ok(messages)
}

/// Lets the model answer, and read in between.
async fn converse(
    parts: &Parts,
    reader: &Reader,
    offer: &Offer<'_>,
    system: String,
    messages: Vec<TurnMessage>,
) -> Result<Ending, ModelError> {
    let mut turn = Turn { system, messages, tools: offer.specs() };
    let mut written = 0;
    for round in 0..=ROUNDS {
        if round == ROUNDS {
            turn.tools.clear();
        }
        reader.tell(Entry::Status(if round == 0 { "is thinking".to_owned() } else { "is writing".to_owned() })).await;
        let said = listen(parts, reader, &turn, &mut written).await?;
        match said.reason {
            FinishReason::Filtered => {
                return Ok(Ending::failed(
                    "model_filtered",
                    "The model's operator withheld the rest of this answer. Ask in other words.".to_owned(),
                ));
            }
            FinishReason::Length => {
                return Ok(Ending::failed(
                    "model_length",
                    "The answer reached the model's limit of length and stops here. Ask for the rest.".to_owned(),
                ));
            }
            _ if said.calls.is_empty() || round == ROUNDS => return Ok(Ending::new(RunState::Finished)),
            _ => {}
        }
        reader.tell(Entry::Status("is reading your services".to_owned())).await;
        let results = futures::future::join_all(said.calls.iter().map(|call| perform(reader, offer, call))).await;
        let results: Vec<TurnMessage> = said
            .calls
            .iter()
            .zip(results)
            .map(|(call, content)| TurnMessage::ToolResult { call: call.id.clone(), content })
            .collect();
        turn.messages.push(TurnMessage::Assistant { text: said.text, calls: said.calls });
        turn.messages.extend(results);
        if written > 0 {
            reader.tell(Entry::Text("\n\n".to_owned())).await;
        }
    }
    Ok(Ending::new(RunState::Finished))
}

async fn perform(reader: &Reader, offer: &Offer<'_>, call: &Call) -> String {
    let Some(offered) = offer.find(&call.name) else {
        return "There is no tool of this name.".to_owned();
    };
    let arguments = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
    match serde_json::from_str::<serde_json::Value>(arguments) {
        Ok(arguments) if arguments.is_object() => {
            let outcome = reader.read(&Planned::new(offered, arguments)).await;
            prompts::tool_data(&call.name, &for_model(&outcome))
        }
        _ => "The arguments were not a JSON object. Call again with one.".to_owned(),
    }
}

/// What a model said in one round.
struct Said {
    text: String,
    calls: Vec<Call>,
    reason: FinishReason,
}

async fn listen(parts: &Parts, reader: &Reader, turn: &Turn, written: &mut usize) -> Result<Said, ModelError> {
    let mut answer = parts.inference.answer(turn).await?;
    reader.tell(Entry::Model(answer.model)).await;
    let mut text = String::new();
    let mut calls: Vec<(u32, Call)> = Vec::new();
    let mut reason = None;
    while let Some(event) = answer.events.next().await {
        match event? {
            ModelEvent::Text(piece) => {
                *written += piece.len();
                if *written > ANSWER_BYTES {
                    return Ok(Said { text, calls: Vec::new(), reason: FinishReason::Length });
                }
                text.push_str(&piece);
                reader.tell(Entry::Text(piece.replace('\0', ""))).await;
            }
            ModelEvent::ToolCall(part) => collect(&mut calls, part),
            ModelEvent::Finished(why) => reason = Some(why),
            ModelEvent::Usage { input, output } => {
                tracing::info!(input, output, prompt = prompts::VERSION, "the model has answered");
            }
        }
    }
    let reason = reason.ok_or(ModelError::CutOff)?;
    let calls = calls.into_iter().map(|(_, call)| call).filter(|call| !call.name.is_empty()).take(CALLS).collect();
    Ok(Said { text, calls, reason })
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
