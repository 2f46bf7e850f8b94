//! Answers without a model: the words of the question pick the tools, and the answer lists what they found.

mod written;

use super::{
    log::{Ending, Entry},
    model::RunState,
    tools::{Planned, Reader},
};
use crate::integrations::{
    Integrations,
    questions::{self, Asked, Understood},
    tools::{Effect, ModelUse, OfferedTool, TimeContext, ToolAnswer, ToolError},
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

/// Reads what the words of the question point at, and lists what was found.
pub(super) async fn answer(
    integrations: &Integrations,
    reader: &Reader,
    question: &str,
    tools: &[OfferedTool],
    context: &TimeContext,
    by_rules: bool,
) -> Ending {
    let readable = readable(tools);
    let understood = match questions::understand(question, &readable, context) {
        // The cards of what no model may see are the answer, however loosely the question is understood.
        Understood::Change | Understood::Nothing if !by_rules => {
            Understood::Routed(integrations.route(question, &readable, context))
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
        Understood::Change => finish(reader, written::no_changes(&readable)).await,
        Understood::Nothing => finish(reader, written::nothing_fits(&readable)).await,
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
