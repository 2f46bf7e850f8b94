//! Answers without a model: the words of the question pick the tools, and the answer lists what they found.

mod written;

use super::{
    log::{Ending, Entry},
    model::RunState,
    needs::{Need, Said},
    service::Parts,
    tools::{Planned, Reader},
    waiting::{Kept, Park, Reason},
    worker::{Job, Outcome},
};
use crate::{
    integrations::{
        Integrations,
        questions::{self, Asked, Understood},
        tools::{Effect, ModelUse, OfferedTool, TimeContext, ToolAnswer, ToolError},
    },
    platform::telemetry,
};

/// Whether only tools that no model may see can answer this: then their cards are the answer, and a model that sees
/// neither tool nor result would only contradict them.
pub(super) fn answer_alone(
    integrations: &Integrations,
    question: &str,
    tools: &[OfferedTool],
    context: &TimeContext,
) -> bool {
    let routed = integrations.route(question, &readable(tools), context);
    !routed.is_empty() && routed.iter().all(|call| call.model == ModelUse::Never)
}

/// Reads what the words of the question point at, and lists what was found; or waits for the account that it would take.
pub(super) async fn answer(
    parts: &Parts,
    reader: &Reader,
    job: &Job,
    tools: &[OfferedTool],
    context: &TimeContext,
) -> Outcome {
    let readable = readable(tools);
    if job.by_rules
        && let Understood::Asked(asked, _) = questions::understand(&job.text, &readable, context)
    {
        let needs = lacking(parts, job, &asked).await;
        if !needs.is_empty() {
            let turn = kept(reader, job);
            return Outcome::Parked(Box::new(Park { reason: Reason::Connect, turn, proposed: Vec::new(), needs }));
        }
    }
    Outcome::Ended(found(&parts.integrations, reader, &job.text, &readable, context, job.by_rules).await)
}

/// The accounts without which something that is asked cannot be answered: where one service alone could, as when it is
/// named, it can be connected here, and its person has not said «not now» to it in this run.
async fn lacking(parts: &Parts, job: &Job, asked: &[Asked]) -> Vec<Need> {
    if asked.iter().all(|asked| asked.would_do.is_empty()) {
        return Vec::new();
    }
    let said = Said::of(parts, job.asker.user, job.run).await;
    let accounts = parts.integrations.accounts(&parts.db, job.asker.user).await;
    let (said, accounts) = match (said, accounts) {
        (Ok(said), Ok(accounts)) => (said, accounts),
        (Err(error), _) => return unknown(&error),
        (_, Err(error)) => return unknown(&error),
    };
    let services = parts.integrations.services();
    let mut needs: Vec<Need> = Vec::new();
    for asked in asked {
        let [name] = asked.would_do.as_slice() else { continue };
        let service = services.iter().find(|service| service.name == *name && service.way().is_some());
        let Some(service) = service else { continue };
        // One that has lost its access is connected anew.
        let dead = accounts.iter().find(|account| account.provider == service.id).map(|account| account.id);
        let need = Need::account(&service.id, dead);
        if !said.no_to_connecting(&service.id, dead) && !said.has_connected(&service.id) && !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs
}

/// Then the answer says in words what is missing.
fn unknown(error: &dyn std::error::Error) -> Vec<Need> {
    telemetry::report(error, "what an answer by rules lacks could not be read");
    Vec::new()
}

/// What a run by rules goes on from: its question.
fn kept(reader: &Reader, job: &Job) -> Kept {
    let (cards, items) = reader.counted();
    Kept {
        name: job.asker.name.clone(),
        zone: job.asker.zone.clone(),
        question: job.text.clone(),
        system: String::new(),
        messages: Vec::new(),
        results: Vec::new(),
        untrusted: true,
        by_rules: true,
        offered: Vec::new(),
        round: 0,
        written: 0,
        cards,
        items,
        model: None,
        tokens_read: 0,
        tokens_written: 0,
    }
}

async fn found(
    integrations: &Integrations,
    reader: &Reader,
    question: &str,
    readable: &[OfferedTool],
    context: &TimeContext,
    by_rules: bool,
) -> Ending {
    let understood = match questions::understand(question, readable, context) {
        // The cards of what no model may see are the answer, however loosely the question is understood.
        Understood::Change | Understood::Nothing if !by_rules => {
            Understood::Routed(integrations.route(question, readable, context))
        }
        understood => understood,
    };
    match understood {
        Understood::Asked(asked, missed) => told(reader, &asked, missed, context).await,
        Understood::Routed(calls) => {
            let planned: Vec<Planned> = calls.into_iter().map(Planned::from).collect();
            let outcomes = read(reader, &planned).await;
            if let Some(ending) = failed(&outcomes) {
                return ending;
            }
            let sections: Vec<String> = planned
                .iter()
                .zip(&outcomes)
                .map(|(planned, outcome)| written::section(planned.service_name, planned.model, outcome))
                .collect();
            finish(reader, sections.join("\n\n")).await
        }
        Understood::Change => finish(reader, written::no_changes(readable)).await,
        Understood::Nothing => finish(reader, written::nothing_fits(readable)).await,
    }
}

fn readable(tools: &[OfferedTool]) -> Vec<OfferedTool> {
    tools.iter().filter(|offered| offered.tool.effect == Effect::Read).cloned().collect()
}

/// Reads for everything that is asked at once, and tells each thing by itself.
async fn told(reader: &Reader, asked: &[Asked], missed: bool, context: &TimeContext) -> Ending {
    let wanted = asked.iter().flat_map(|asked| &asked.calls);
    let planned: Vec<Planned> = wanted.map(|wanted| Planned::new(&wanted.offered, wanted.arguments.clone())).collect();
    let outcomes = read(reader, &planned).await;
    if asked.iter().all(|asked| !asked.calls.is_empty())
        && let Some(ending) = failed(&outcomes)
    {
        return ending;
    }
    let mut rest = outcomes.as_slice();
    let mut sections = Vec::new();
    for asked in asked {
        let (own, others) = rest.split_at(asked.calls.len().min(rest.len()));
        rest = others;
        sections.push(written::answered(asked, own, context));
    }
    if missed {
        sections.push(written::MISSED.to_owned());
    }
    finish(reader, sections.join("\n\n")).await
}

async fn read(reader: &Reader, planned: &[Planned]) -> Vec<Result<ToolAnswer, ToolError>> {
    futures::future::join_all(planned.iter().map(|planned| reader.read(planned))).await
}

/// The end of an answer for which nothing could be read.
fn failed(outcomes: &[Result<ToolAnswer, ToolError>]) -> Option<Ending> {
    let first = outcomes.iter().find_map(|outcome| outcome.as_ref().err())?;
    outcomes.iter().all(Result::is_err).then(|| Ending::failed(first.code(), first.to_string()))
}

async fn finish(reader: &Reader, text: String) -> Ending {
    reader.tell(Entry::Text(text)).await;
    Ending::new(RunState::Finished)
}
