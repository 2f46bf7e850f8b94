//! The task that writes one answer. Two things go on at once in it: the answer is composed (and can be dropped at any
//! moment, which ends the request to the model), and what it tells is written into the log (which is never dropped
//! halfway).

use std::{pin::pin, time::Duration};

use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    error::ChatError,
    exhibits::Exhibits,
    log::{BEAT_WITHOUT_BUS, Ending, Entry, RunLog, Subject},
    model::{AI_IS_OFF, BUDGET_IS_USED_UP, RunState},
    moment,
    offer::Offer,
    rules,
    service::{Asker, Parts, interrupted},
    store,
    talk::Talk,
    tools::{Planned, Reader},
    waiting::{Park, TakenUp},
    writer::Writer,
};
use crate::{
    inference::{Keep, ModelError, TurnMessage, prompts},
    integrations::{
        Agreement,
        tools::{Effect, ModelUse, OfferedTool, TimeContext},
    },
    kit::id::{ConversationId, MessageId, RunId},
    platform::{
        audit,
        bus::{Event, Subscription, Topic},
        telemetry,
    },
};

/// How much of the conversation a model sees.
const HISTORY_MESSAGES: i64 = 40;
const HISTORY_CHARACTERS: usize = 60_000;
/// What stands in the place of an answer that quotes what the model may not see now.
const KEPT_BACK: &str = "(An answer stands here that was written from services which the person keeps from you now.)";
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
    /// Whether the model stays out of it.
    pub by_rules: bool,
    /// What it goes on from, where it has waited.
    pub taken_up: Option<Box<TakenUp>>,
}

/// How the composing of an answer ended.
pub(super) enum Outcome {
    Ended(Ending),
    /// It cannot go on without its person.
    Parked(Box<Park>),
    /// This process is ending, and its operator keeps the answer: another process goes on.
    Left,
}

/// Writes the answer to its end, whatever that is.
pub(super) async fn run(parts: Parts, writer: Writer, job: Job, closing: CancellationToken) {
    let stops = parts.bus.subscribe(Topic::RunStop);
    let subject = Subject { run: job.run, user: job.asker.user, answer: job.answer };
    let log = match &job.taken_up {
        Some(from) => RunLog::taken_up(parts.clone(), writer, subject, from),
        None => RunLog::new(parts.clone(), writer, subject),
    };
    if let Err(error) = Box::pin(write(parts, job, log, stops, closing)).await {
        match error {
            // Another process took this run for dead and has settled it.
            ChatError::Lost => tracing::warn!(run = %subject.run, "a run was settled elsewhere"),
            error => telemetry::report(&error, "an answer could not be written"),
        }
    }
}

async fn write(
    mut parts: Parts,
    job: Job,
    mut log: RunLog,
    mut stops: Subscription,
    closing: CancellationToken,
) -> Result<(), ChatError> {
    let (pen, mut entries) = mpsc::channel(64);
    // Who loses a run must not end an answer that another process hears.
    let keep = Keep::default();
    parts.inference = parts.inference.with_keep(keep.clone());
    let run = job.run;
    let mut trouble: Option<Instant> = None;
    let outcome = {
        let mut composing = pin!(Box::pin(compose(parts, job, pen)));
        let mut ticks = tokio::time::interval(BEAT_WITHOUT_BUS);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let sheet = log.sheet();
        loop {
            log.hand_in_when_due();
            tokio::select! {
                biased;
                () = stop_wish(&mut stops, run) => break Outcome::Ended(Ending::new(RunState::Stopped)),
                () = closing.cancelled() => {
                    if !sheet.is_held() {
                        break Outcome::Ended(interrupted());
                    }
                    keep.leave();
                    break Outcome::Left;
                }
                arrival = sheet.arrival(), if sheet.is_away() => {
                    if stop_after_write(arrival, &mut trouble).inspect_err(|_| keep.leave())? {
                        break Outcome::Ended(Ending::new(RunState::Stopped));
                    }
                }
                // A silent run shows that it lives.
                _ = ticks.tick() => {}
                Some(entry) = entries.recv(), if sheet.has_room() => {
                    log.push(entry).inspect_err(|_| keep.leave())?;
                }
                outcome = &mut composing => break outcome,
            }
        }
    };
    let is_stopped = matches!(&outcome, Outcome::Ended(ending) if ending.state == RunState::Stopped);
    // What is on the sheet was shown and stays; what is not was not.
    while let Ok(entry) = entries.try_recv() {
        if !is_stopped || !matches!(entry, Entry::Text(_)) {
            log.push(entry)?;
        }
    }
    loop {
        let written = match &outcome {
            Outcome::Ended(ending) => log.settle(ending).await,
            Outcome::Parked(park) => log.park(park).await,
            Outcome::Left => log.let_go().await,
        };
        match written {
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

fn stop_after_write(arrival: Result<bool, ChatError>, trouble: &mut Option<Instant>) -> Result<bool, ChatError> {
    match arrival {
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
async fn compose(parts: Parts, job: Job, pen: mpsc::Sender<Entry>) -> Outcome {
    let context = TimeContext { now: parts.clock.now(), zone: job.asker.zone.clone() };
    let reader = Reader::new(parts.clone(), &job, context.clone(), pen);
    let tools = match parts.integrations.tools(job.asker.user).await {
        Ok(tools) => tools,
        Err(error) => {
            telemetry::report(&error, "the tools of a person could not be listed");
            return Outcome::Ended(Ending::failed(
                "tools_unavailable",
                "Your connections could not be read at the moment. Try again in a minute.".to_owned(),
            ));
        }
    };
    let ended = match &job.taken_up {
        Some(from) if from.turn.by_rules => return rules::answer(&parts, &reader, &job, &tools, &context).await,
        Some(from) => Talk::taken_up(&parts, &reader, &job, &tools, from).await,
        None => match begin(&parts, &reader, &job, &tools, &context).await {
            Begun::Over(outcome) => return outcome,
            Begun::Talk(talk) => talk.go_on().await,
        },
    };
    ended.unwrap_or_else(|error| {
        if error == ModelError::CannotResume {
            return Outcome::Ended(interrupted());
        }
        let request_id = audit::request_at_hand();
        tracing::warn!(code = error.code(), run = %job.run, request_id, "the model gave no whole answer");
        Outcome::Ended(Ending::failed(error.code(), error.sentence()))
    })
}

/// What the beginning of an answer leads to.
enum Begun<'a> {
    Over(Outcome),
    Talk(Box<Talk<'a>>),
}

async fn begin<'a>(
    parts: &'a Parts,
    reader: &'a Reader,
    job: &'a Job,
    tools: &'a [OfferedTool],
    context: &TimeContext,
) -> Begun<'a> {
    if job.by_rules {
        let why = if parts.inference.is_on() { BUDGET_IS_USED_UP } else { AI_IS_OFF };
        reader.tell(Entry::Status(why.to_owned())).await;
    }
    if job.by_rules || rules::answer_alone(&parts.integrations, &job.text, tools, context) {
        return Begun::Over(rules::answer(parts, reader, job, tools, context).await);
    }
    let messages = match history(parts, job).await {
        Ok(messages) => messages,
        Err(error) => {
            telemetry::report(&error, "a conversation could not be read for the model");
            return Begun::Over(Outcome::Ended(Ending::failed(
                "history_unavailable",
                "This conversation could not be read at the moment. Try again in a minute.".to_owned(),
            )));
        }
    };
    // What was read for an earlier answer may be quoted in it. Where that cannot be told, it is taken for read.
    let user = job.asker.user;
    // So may what stands in files: whoever attaches one has not always written it.
    let untrusted = store::waits::has_read(&parts.db, user, job.conversation).await.unwrap_or(true)
        || store::attached::any(&parts.db, user, job.conversation).await.unwrap_or(true);
    let shown = show_withheld(parts, reader, job, tools, context).await;
    let mut system = prompts::assistant(&moment::for_model(context.now, &context.zone));
    for service in shown {
        system.push_str(&prompts::withheld(service));
    }
    let offerable = || tools.iter().filter(|offered| offered.model == ModelUse::Offered);
    let readable: Vec<OfferedTool> =
        offerable().filter(|offered| offered.tool.effect == Effect::Read).cloned().collect();
    let fitting = parts.integrations.route(&job.text, &readable, context);
    let offer = Offer::new(offerable(), &job.text, &fitting);
    if !offer.left_out().is_empty() {
        system.push_str(&prompts::left_out(offer.left_out()));
    }
    Begun::Talk(Box::new(Talk::new(parts, reader, job, offer, system, messages, untrusted)))
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
    let accounts = parts.integrations.accounts(&parts.db, asker.user).await?;
    // What was read may be quoted in an answer, and the yes to that may be taken back, or to another operator.
    let is_shown = |service: &String| {
        let mut of_service = accounts.iter().filter(|account| account.provider == *service).peekable();
        of_service.peek().is_some() && of_service.all(|account| account.agreement == Agreement::Given)
    };
    let asked = rows.iter().filter(|row| row.author == "person").map(|row| row.id);
    let mut exhibits =
        Exhibits::of(parts, asker.user, &std::iter::once(*question).chain(asked).collect::<Vec<_>>()).await?;
    let mut room = HISTORY_CHARACTERS;
    let mut messages = vec![exhibits.with(*question, job.text.clone()).await];
    for row in rows {
        room = match room.checked_sub(row.content.len()) {
            Some(room) => room,
            None => break,
        };
        messages.push(match (row.author.as_str(), row.model) {
            ("person", _) => exhibits.with(row.id, row.content).await,
            (_, Some(_)) if row.services.iter().all(&is_shown) => {
                TurnMessage::Assistant { text: row.content, calls: Vec::new() }
            }
            (_, Some(_)) => TurnMessage::Assistant { text: KEPT_BACK.to_owned(), calls: Vec::new() },
            // What the rules wrote may quote what no model is to see.
            (_, None) => TurnMessage::Assistant { text: "(answered without you)".to_owned(), calls: Vec::new() },
        });
    }
    messages.reverse();
    Ok(messages)
}
