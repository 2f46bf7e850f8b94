//! Whether somebody asks about things of their own, wants something changed, or only talks.

use std::ops::Range;

use super::clause::Clause;

/// How something is said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// It asks; where its polite beginning stands.
    Question(Range<usize>),
    /// It wants something done.
    Change,
    /// It asks about the world, or asks nothing.
    Talk,
}

/// Politeness before a question, the longest first.
const POLITE: &[&str] = &[
    "i would like to know",
    "i would like to see",
    "i d like to know",
    "i d like to see",
    "can you please tell me",
    "can you please show me",
    "could you please tell me",
    "could you please show me",
    "i want to know",
    "i want to see",
    "i need to know",
    "i need to see",
    "can you tell me",
    "can you show me",
    "could you tell me",
    "could you show me",
    "would you tell me",
    "would you show me",
    "will you tell me",
    "can i see",
    "could i see",
    "do you know",
    "tell me",
    "let me know",
    "let me see",
    "i want",
    "i need",
    "can you",
    "could you",
    "would you",
    "will you",
    "please",
    "hey",
    "hi",
    "hello",
    "aura",
    "and",
    "so",
    "ok",
    "okay",
    "then",
    "also",
    "now",
    "just",
];

/// With these words something begins that is to be done.
const CHANGES: &[&str] = &[
    "accept",
    "acknowledge",
    "add",
    "answer",
    "approve",
    "archive",
    "assign",
    "block",
    "book",
    "buy",
    "cancel",
    "change",
    "clear",
    "close",
    "comment",
    "complete",
    "create",
    "decline",
    "delete",
    "deploy",
    "dislike",
    "edit",
    "finish",
    "follow",
    "forward",
    "invite",
    "listen",
    "make",
    "mark",
    "merge",
    "move",
    "pause",
    "pay",
    "play",
    "postpone",
    "publish",
    "put",
    "reassign",
    "remind",
    "remove",
    "rename",
    "reopen",
    "reply",
    "reschedule",
    "resolve",
    "respond",
    "restart",
    "save",
    "send",
    "set",
    "share",
    "skip",
    "snooze",
    "start",
    "stop",
    "turn",
    "tweet",
    "unfollow",
    "unlike",
    "unsubscribe",
    "update",
    "upload",
    "write",
];

/// What begins so is a statement, or a question about the world.
const TALK: &[&str] = &[
    "i",
    "we",
    "you",
    "he",
    "she",
    "they",
    "it",
    "there",
    "this",
    "that",
    "these",
    "those",
    "nobody",
    "nothing",
    "everyone",
    "everything",
    "why",
    "should",
    "would",
    "explain",
    "define",
    "because",
    "if",
    "imagine",
    "suppose",
];

pub(super) fn manner(clause: &Clause<'_>) -> Manner {
    let mut first = 0;
    let mut polite = 0..0;
    while let Some((words, at)) = POLITE.iter().find_map(|phrase| begins(clause, first, phrase)) {
        first += words;
        polite.end = at;
    }
    let word = clause.word(first).unwrap_or_default();
    let next = clause.word(first + 1).unwrap_or_default();
    let is_act =
        CHANGES.contains(&word) || (word == "schedule" && matches!(next, "a" | "an" | "the" | "my" | "me" | "it"));
    if is_act {
        return Manner::Change;
    }
    // «What is an issue?» is about issues, not about anybody's.
    let general = matches!(word, "what" | "whats" | "is" | "are" | "who" | "when" | "which" | "does")
        && (clause.has("a") || clause.has("an"))
        && !["i", "we", "my", "our", "there", "me", "us", "any"].iter().any(|word| clause.has(word));
    // «How do I …» wants an explanation; «how many», «how did» and their like ask for what is there.
    let how = word == "how"
        && matches!(next, "do" | "can" | "could" | "should" | "to" | "would")
        && matches!(clause.word(first + 2), Some("i" | "we" | "you" | "one") | None);
    let how = how || (word == "how" && next == "to");
    if TALK.contains(&word) || general || how {
        return Manner::Talk;
    }
    Manner::Question(polite)
}

/// How many words of the clause a phrase is from there on, and where it ends.
fn begins(clause: &Clause<'_>, first: usize, phrase: &str) -> Option<(usize, usize)> {
    let words: Vec<&str> = phrase.split(' ').collect();
    let same = words.iter().enumerate().all(|(at, word)| clause.word(first + at) == Some(*word));
    same.then(|| (words.len(), clause.end_of(first + words.len() - 1)))
}
