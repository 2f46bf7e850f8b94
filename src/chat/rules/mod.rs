//! Answers without a model: the words of the question pick the tools, and the answer lists what they found.

use super::{
    log::{Ending, Entry},
    model::RunState,
    tools::{Planned, Reader},
};
use crate::integrations::{
    Integrations,
    model::Item,
    tools::{Effect, ModelUse, OfferedTool, TimeContext, ToolAnswer, ToolError},
};

/// How many of a card's items the text names.
const NAMED: usize = 10;

/// Whether only tools that no model may see can answer this: then their cards are the answer, and a model that sees
/// neither tool nor result would only contradict them.
pub(super) fn answer_alone(
    integrations: &Integrations,
    question: &str,
    tools: &[OfferedTool],
    context: &TimeContext,
) -> bool {
    let readable: Vec<OfferedTool> =
        tools.iter().filter(|offered| offered.tool.effect == Effect::Read).cloned().collect();
    let routed = integrations.route(question, &readable, context);
    !routed.is_empty() && routed.iter().all(|call| call.model == ModelUse::Never)
}

/// Reads what the words of the question point at, and lists what was found.
pub(super) async fn answer(
    integrations: &Integrations,
    reader: &Reader,
    question: &str,
    tools: &[OfferedTool],
    context: &TimeContext,
) -> Ending {
    let readable: Vec<OfferedTool> =
        tools.iter().filter(|offered| offered.tool.effect == Effect::Read).cloned().collect();
    let planned: Vec<Planned> =
        integrations.route(question, &readable, context).into_iter().map(Planned::from).collect();
    if planned.is_empty() {
        reader.tell(Entry::Text(nothing_fits(&readable))).await;
        return Ending::new(RunState::Finished);
    }
    let outcomes = futures::future::join_all(planned.iter().map(|planned| reader.read(planned))).await;
    if let Some(error) =
        outcomes.iter().all(Result::is_err).then(|| outcomes.iter().find_map(|o| o.as_ref().err())).flatten()
    {
        return Ending::failed(error.code(), error.to_string());
    }
    let sections: Vec<String> =
        planned.iter().zip(&outcomes).map(|(planned, outcome)| section(planned, outcome)).collect();
    reader.tell(Entry::Text(sections.join("\n\n"))).await;
    Ending::new(RunState::Finished)
}

fn nothing_fits(tools: &[OfferedTool]) -> String {
    let mut questions: Vec<String> = Vec::new();
    for question in tools.iter().map(|offered| offered.tool.question()).filter(|question| !question.is_empty()) {
        if !questions.iter().any(|known| known == question) {
            questions.push(question.to_owned());
        }
    }
    if tools.is_empty() {
        return "No service is connected that could answer this. [Connect one](/connections), then ask again."
            .to_owned();
    }
    let mut text = "I could not tell which of your services can answer this.".to_owned();
    if !questions.is_empty() {
        text.push_str(" These questions I understand:\n");
        for question in questions {
            text.push_str("\n- ");
            text.push_str(&plain(&question));
        }
    }
    text
}

fn section(planned: &Planned, outcome: &Result<ToolAnswer, ToolError>) -> String {
    let service = plain(planned.service_name);
    match outcome {
        Err(error) => format!("**{service}**: {}", plain(&error.to_string())),
        Ok(answer) => {
            let mut text = format!("**{service}**: {}", plain(&answer.summary));
            if !answer.detail.is_empty() {
                text.push_str(", ");
                text.push_str(&plain(&answer.detail));
            }
            // What a model must never see must not stand in a text that a later prompt could contain.
            if planned.model == ModelUse::Never {
                text.push_str(". The card above shows them.");
                return text;
            }
            for item in answer.items.iter().take(NAMED) {
                text.push_str("\n- ");
                text.push_str(&line(item));
            }
            if answer.items.len() > NAMED {
                text.push_str("\n- and more, in the card above");
            }
            text
        }
    }
}

fn line(item: &Item) -> String {
    let title = plain(&item.title);
    let title = match item.link.as_deref().and_then(|link| url::Url::parse(link).ok()) {
        Some(link) if link.scheme() == "https" => format!("[{title}](<{link}>)"),
        _ => title,
    };
    if item.note.is_empty() { title } else { format!("{title}, {}", plain(&item.note)) }
}

/// Takes every meaning out of characters that Markdown would read: what a service returned is shown, not interpreted.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => plain.push(' '),
            _ if character.is_ascii_punctuation() => {
                plain.push('\\');
                plain.push(character);
            }
            _ => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::markdown;

    #[test]
    fn what_a_service_returned_is_shown_and_not_interpreted() {
        let item = Item {
            title: "[x](https://evil.example) **b** <img src=x>".into(),
            note: "# h\n- l".into(),
            link: Some("https://ok.example/a>b".into()),
            at: None,
        };
        let html = markdown::render(&line(&item));
        assert!(html.contains("[x](https://evil.example) **b** &lt;img src=x&gt;"), "{html}");
        assert_eq!(html.matches("<a ").count(), 1, "{html}");
        assert!(html.contains("href=\"https://ok.example/a%3Eb\""), "{html}");
        assert!(!html.contains("<h") && !html.contains("<li"), "{html}");
    }
}
