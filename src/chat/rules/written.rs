//! How an answer that no model wrote reads.

use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

use crate::integrations::{
    model::Item,
    questions::{Asked, Order, Period, Wanted, askable},
    tools::{ModelUse, OfferedTool, TimeContext, ToolAnswer, ToolError},
};

/// How many of the things that were found the text names.
const NAMED: usize = 10;
/// How many questions are named where none was understood.
const EXAMPLES: usize = 15;

/// Under an answer to a part of what was asked.
pub(super) const MISSED: &str = "The rest of the question I could not tell without AI.";

/// What nobody understood, and what can be asked.
pub(super) fn nothing_fits(tools: &[OfferedTool]) -> String {
    if tools.is_empty() {
        return "No service is connected that could answer this. [Connect one](/connections), then ask again."
            .to_owned();
    }
    with_examples("I could not tell which of your services can answer this. Free questions need AI.".to_owned(), tools)
}

/// That nothing is changed.
pub(super) fn no_changes(tools: &[OfferedTool]) -> String {
    let text = "Nothing was changed. Changes need AI; without it I only look things up.";
    if tools.is_empty() {
        return format!("{text} No service is connected yet: [connect one](/connections).");
    }
    with_examples(text.to_owned(), tools)
}

fn with_examples(mut text: String, tools: &[OfferedTool]) -> String {
    let mut questions = askable(tools);
    for tool in tools.iter().map(|offered| offered.tool).filter(|tool| !tool.answers_questions()) {
        let question = tool.question();
        if !question.is_empty() && !questions.contains(&question) {
            questions.push(question);
        }
    }
    if !questions.is_empty() {
        text.push_str(" These questions I understand:\n");
    }
    for question in questions.iter().take(EXAMPLES) {
        text.push_str("\n- ");
        text.push_str(&plain(question));
    }
    if questions.len() > EXAMPLES {
        text.push_str("\n- and the like");
    }
    text
}

/// What was found for one thing that was asked.
pub(super) fn answered(asked: &Asked, outcomes: &[Result<ToolAnswer, ToolError>], time: &TimeContext) -> String {
    if asked.calls.is_empty() {
        return format!(
            "Nothing that you have connected can {}. {} would do: [connect one](/connections), then ask again.",
            asked.kind.can,
            listed(&asked.would_do.iter().map(|service| plain(service)).collect::<Vec<_>>(), "or")
        );
    }
    let read: Vec<(&Wanted, Vec<&Item>)> = asked
        .calls
        .iter()
        .zip(outcomes)
        .filter_map(|(wanted, outcome)| Some((wanted, fitting(asked, wanted, outcome.as_ref().ok()?))))
        .collect();
    let mut text = String::new();
    if !read.is_empty() {
        text.push_str(&head(asked, &read));
        let shown: Vec<(&Wanted, &Item)> = in_order(asked, &read);
        let several = read.len() > 1;
        for (wanted, item) in shown.iter().take(NAMED) {
            text.push_str("\n- ");
            text.push_str(&line(item, &when(asked, item, time)));
            if several {
                text.push_str(", ");
                text.push_str(&plain(wanted.offered.service_name));
            }
        }
        if shown.len() > NAMED {
            text.push_str(&format!("\n- and {} more, in the cards above", shown.len() - NAMED));
        }
        let hidden = |wanted: &Wanted| wanted.offered.model == ModelUse::Never;
        let found = read.iter().filter(|(wanted, items)| hidden(wanted) && !items.is_empty());
        let hidden: Vec<String> = found.map(|(wanted, _)| account(wanted)).collect();
        if !hidden.is_empty() {
            text.push_str(&format!("\n\nThe card above shows what {} has.", listed(&hidden, "and")));
        }
    }
    for (wanted, outcome) in asked.calls.iter().zip(outcomes) {
        if let Err(error) = outcome {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(&format!("**{}**: {}", account(wanted), plain(&error.to_string())));
        }
    }
    if asked.left_out > 0 {
        let accounts = if asked.left_out == 1 { "account was" } else { "accounts were" };
        text.push_str(&format!(
            "\n\n{} more {accounts} not read. Name a service in the question to read it.",
            asked.left_out
        ));
    }
    text
}

/// How many were found, of what, and where.
fn head(asked: &Asked, read: &[(&Wanted, Vec<&Item>)]) -> String {
    let kind = asked.kind;
    let count: usize = read.iter().map(|(_, items)| items.len()).sum();
    let [one, many] = &kind.noun;
    let noun = if count == 1 { one } else { many };
    let count = if count == 0 { "No".to_owned() } else { count.to_string() };
    let mut words = vec![count, noun.clone(), plain(&asked.place)];
    if let Some(period) = &asked.period {
        words.extend([kind.on.clone(), period.said.clone()]);
    }
    words.retain(|word| !word.is_empty());
    let accounts: Vec<String> = read.iter().map(|(wanted, _)| account(wanted)).collect();
    format!("**{}**, from {}.\n", words.join(" "), listed(&accounts, "and"))
}

fn account(wanted: &Wanted) -> String {
    let (service, label) = (plain(wanted.offered.service_name), plain(&wanted.offered.account_label));
    if label.is_empty() { service } else { format!("{service} ({label})") }
}

fn listed(words: &[String], last: &str) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., end] => format!("{} {last} {end}", before.join(", ")),
    }
}

/// What of it lies in the days that were asked for.
fn fitting<'a>(asked: &Asked, wanted: &Wanted, answer: &'a ToolAnswer) -> Vec<&'a Item> {
    let lies = |item: &&Item| match &asked.period {
        Some(period) if wanted.by_day => item.at.as_deref().and_then(day).is_some_and(|day| within(period, day)),
        _ => true,
    };
    answer.items.iter().filter(lies).collect()
}

fn within(period: &Period, day: Date) -> bool {
    period.from <= day && day <= period.to
}

fn day(at: &str) -> Option<Date> {
    Date::parse(at.get(..10)?, format_description!("[year]-[month]-[day]")).ok()
}

/// What may stand in the text: nothing that a model must never see, for a later prompt could contain it.
fn in_order<'a>(asked: &Asked, read: &'a [(&'a Wanted, Vec<&'a Item>)]) -> Vec<(&'a Wanted, &'a Item)> {
    let open = read.iter().filter(|(wanted, _)| wanted.offered.model != ModelUse::Never);
    let mut shown: Vec<(&Wanted, &Item)> =
        open.flat_map(|(wanted, items)| items.iter().map(|item| (*wanted, *item))).collect();
    if asked.kind.order == Order::Time {
        shown.sort_by(|(_, one), (_, other)| one.at.cmp(&other.at));
    }
    shown
}

/// When something is, as far as the question leaves that open.
fn when(asked: &Asked, item: &Item, time: &TimeContext) -> String {
    let Some(at) = item.at.as_deref().filter(|_| asked.kind.times) else { return String::new() };
    let one_day = asked.period.as_ref().is_some_and(|period| period.from == period.to);
    let moment = OffsetDateTime::parse(at, &Rfc3339).ok();
    let clock = moment.map(|moment| format!("{:02}:{:02}", moment.hour(), moment.minute()));
    if one_day && asked.kind.on.is_empty() {
        return clock.unwrap_or_default();
    }
    let Some(date) = day(at) else { return String::new() };
    let short = format_description!("[weekday repr:short] [day padding:none] [month repr:short]");
    let mut words = date.format(short).unwrap_or_default();
    if date.year() != time.now.year() {
        words.push_str(&format!(" {}", date.year()));
    }
    match clock {
        Some(clock) => format!("{words}, {clock}"),
        None => words,
    }
}

/// What one tool found, where the question was understood by its words alone.
pub(super) fn section(service: &str, model: ModelUse, outcome: &Result<ToolAnswer, ToolError>) -> String {
    let service = plain(service);
    match outcome {
        Err(error) => format!("**{service}**: {}", plain(&error.to_string())),
        Ok(answer) => {
            let mut text = format!("**{service}**: {}", plain(&answer.summary));
            if !answer.detail.is_empty() {
                text.push_str(", ");
                text.push_str(&plain(&answer.detail));
            }
            if model == ModelUse::Never {
                text.push_str(". The card above shows them.");
                return text;
            }
            for item in answer.items.iter().take(NAMED) {
                text.push_str("\n- ");
                text.push_str(&line(item, ""));
            }
            if answer.items.len() > NAMED {
                text.push_str("\n- and more, in the card above");
            }
            text
        }
    }
}

fn line(item: &Item, when: &str) -> String {
    let title = plain(&item.title);
    let title = match item.link.as_deref().and_then(|link| url::Url::parse(link).ok()) {
        Some(link) if link.scheme() == "https" => format!("[{title}](<{link}>)"),
        _ => title,
    };
    let mut line = if when.is_empty() { title } else { format!("{}: {title}", plain(when)) };
    if !item.note.is_empty() {
        line.push_str(", ");
        line.push_str(&plain(&item.note));
    }
    line
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
        let html = markdown::render(&line(&item, ""));
        assert!(html.contains("[x](https://evil.example) **b** &lt;img src=x&gt;"), "{html}");
        assert_eq!(html.matches("<a ").count(), 1, "{html}");
        assert!(html.contains("href=\"https://ok.example/a%3Eb\""), "{html}");
        assert!(!html.contains("<h") && !html.contains("<li"), "{html}");
    }
}
