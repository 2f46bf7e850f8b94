//! Answers when no tool is asked for.

use serde_json::Value;

/// More than sixty words, with a little of every kind of Markdown.
pub fn helpful(question: &str) -> String {
    format!(
        "You asked: \u{201c}{}\u{201d}. I am a small model that lives on this machine, so take this as a rehearsal rather than as advice.\n\n\
         Here is how I would go about it:\n\n\
         1. **Look at what is there.** Your connected services hold most of the facts, and reading them first is cheaper than guessing.\n\
         2. **Say what is missing.** If a service is not connected, it is better to name it than to write around the gap.\n\
         3. **Propose one step.** A short list that somebody can act on today beats a long one that nobody finishes.\n\n\
         If you connect a calendar, a tracker or a chat, I can read from them and answer with names, times and links. \
         Until then, ask me anything and I will answer in `plain words`, a few letters at a time.\n",
        quoted(question)
    )
}

/// The first words of a question, where a conversation is to be named.
pub fn name(messages: &[Value], question: &str) -> Option<String> {
    let first = messages.first().map(|message| super::script::content(&message["content"])).unwrap_or_default();
    if !first.starts_with("You name conversations.") {
        return None;
    }
    let (_, rest) = question.split_once("<question>\n")?;
    let line = rest.lines().next().unwrap_or_default();
    Some(line.split_whitespace().take(8).collect::<Vec<_>>().join(" "))
}

/// A text about what somebody listens to, in the shape that is asked for. The first one has a name of its own making, as
/// models do; it is put right when the text is asked for again.
pub fn taste(messages: &[Value]) -> Option<String> {
    let content = |message: &Value| super::script::content(&message["content"]);
    let first =
        messages.first().map(content).filter(|first| first.starts_with("You write short English texts about"))?;
    let is_again = messages.len() > 2;
    let about = if is_again { "{a1}" } else { "Velvet Harbour Parade" };
    Some(if first.contains("\"captions\"") {
        "{\"captions\": [{\"artist\": \"a1\", \"text\": \"for every evening by the water.\"}]}".to_owned()
    } else if first.contains("\"age\"") {
        "{\"age\": 40, \"reason\": \"you keep to the {d1}.\"}".to_owned()
    } else {
        format!("{{\"text\": \"nobody is with you more than {about}: {{a1.plays}} plays of {{plays}}.\"}}")
    })
}

/// An answer of well over eighty pieces.
pub fn long(question: &str) -> String {
    let mut text = helpful(question);
    text.push_str("\nSince you asked for a slow answer, here is some more to read while it arrives.\n\n");
    for (number, line) in [
        "The first tide of the morning lifts the small boats before the large ones notice.",
        "By noon the harbour is loud, and every rope has somebody who knows its name.",
        "In the afternoon the wind turns, and the charts are read once more from the beginning.",
        "In the evening the lamps along the quay are lit in order, from the oldest to the newest.",
    ]
    .iter()
    .enumerate()
    {
        text.push_str(&format!("{}. {line}\n", number + 1));
    }
    text
}

/// Names the subject for which there is no tool.
pub fn no_tool(topic: &str) -> String {
    format!(
        "I cannot see {topic}: no tool for it was offered to me in this conversation. \
         Connect the service under **Connections** and ask again; I will then read from it and tell you what I find. \
         Until then I would only be guessing, and a guess about your own data is worse than no answer. \
         Everything else you want to know, I am glad to talk about in the meantime.\n"
    )
}

/// Added to an answer from other tools.
pub fn not_connected(topic: &str) -> String {
    format!("\nI could not look at {topic}: that service is not connected, or no tool for it was offered.\n")
}

fn quoted(question: &str) -> String {
    let short: String = question.chars().filter(|c| !c.is_control()).take(160).collect();
    short.trim().replace(['*', '`', '<', '>', '[', ']'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_as_long_as_promised() {
        assert!(helpful("x").split_whitespace().count() >= 60);
        assert!(no_tool("x").split_whitespace().count() >= 40);
        assert!(super::super::stream::pieces(&long("x")).len() >= 80);
    }
}
