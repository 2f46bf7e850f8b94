//! Mails that arrived, with the code and the links found in them.

use crate::log;
use crate::mime;
use serde::Serialize;
use std::collections::VecDeque;

/// Older mails fall out.
const KEPT: usize = 1_000;

/// A mail as people and tests want to see it.
#[derive(Debug, Clone, Serialize)]
pub struct Mail {
    /// Counts up from 1.
    pub id: u64,
    /// When it arrived.
    pub at: String,
    /// Recipients of the envelope.
    pub to: Vec<String>,
    /// How it came: `SMTP`, or the name of a service.
    pub by: String,
    /// The `From` header.
    pub from: String,
    /// Decoded.
    pub subject: String,
    /// The plain part, or the HTML part without its marks.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The first number of six digits.
    pub code: Option<String>,
    /// Web addresses, each once.
    pub links: Vec<String>,
}

/// The store.
#[derive(Debug, Default)]
pub struct Inbox {
    mails: VecDeque<Mail>,
    last: u64,
}

impl Inbox {
    /// Reads a raw message and keeps it.
    pub fn deliver(&mut self, to: Vec<String>, raw: &[u8]) -> u64 {
        let message = mime::read(raw);
        self.keep("SMTP", &message.from, to, message.subject, message.text, message.html)
    }

    /// Keeps a mail whose parts are known.
    pub fn keep(&mut self, by: &str, from: &str, to: Vec<String>, subject: String, text: String, html: String) -> u64 {
        let text = if text.trim().is_empty() { mime::strip(&html) } else { text };
        self.last += 1;
        let mail = Mail {
            id: self.last,
            at: log::rfc3339(log::now()),
            to,
            by: by.to_owned(),
            from: from.to_owned(),
            subject,
            code: code(&text),
            links: links(&text, &html),
            text,
            html,
        };
        if self.mails.len() >= KEPT {
            self.mails.pop_front();
        }
        self.mails.push_back(mail);
        self.last
    }

    /// Newest first, to one address or to all.
    pub fn newest(&self, to: Option<&str>) -> Vec<Mail> {
        self.mails
            .iter()
            .rev()
            .filter(|mail| to.is_none_or(|to| mail.to.iter().any(|address| address.eq_ignore_ascii_case(to))))
            .cloned()
            .collect()
    }

    /// One mail.
    pub fn get(&self, id: u64) -> Option<Mail> {
        self.mails.iter().find(|mail| mail.id == id).cloned()
    }

    /// Forgets all mails; numbers go on.
    pub fn clear(&mut self) {
        self.mails.clear();
    }
}

/// Six digits that stand alone; else three and three with a blank between.
pub fn code(text: &str) -> Option<String> {
    let runs: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != ' ').collect();
    let digits = |word: &&str, length: usize| word.len() == length && word.bytes().all(|byte| byte.is_ascii_digit());
    let words = || runs.iter().flat_map(|run| run.split(' ').filter(|word| !word.is_empty()));
    words().find(|word| digits(word, 6)).map(str::to_owned).or_else(|| {
        runs.iter().find_map(|run| {
            let parts: Vec<&str> = run.split(' ').collect();
            parts.windows(2).find(|pair| pair.iter().all(|word| digits(word, 3))).map(<[&str]>::concat)
        })
    })
}

fn links(text: &str, html: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |link: &str| {
        let link = link.trim_end_matches(['.', ',', ')', ';', ':', '!', '?']).to_owned();
        if !found.contains(&link) {
            found.push(link);
        }
    };
    for word in text.split(|c: char| c.is_whitespace() || "<>\"'".contains(c)) {
        if let Some(start) = word.find("http://").or_else(|| word.find("https://")) {
            add(word.get(start..).unwrap_or_default());
        }
    }
    for piece in html.split("href=").skip(1) {
        let quote = piece.chars().next().filter(|c| *c == '"' || *c == '\'');
        if let Some(link) = quote.and_then(|quote| piece.get(1..)?.split(quote).next())
            && link.starts_with("http")
        {
            add(&mime::entities(link));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_a_number_of_six_digits_that_stands_alone() {
        assert_eq!(code("Your code is 482913. It ends in 10 minutes."), Some("482913".into()));
        assert_eq!(code("Your code:\n\n  482 913  \n"), Some("482913".into()));
        assert_eq!(code("order 1234567, id a123456"), None);
    }

    #[test]
    fn links_are_found_once_in_both_parts() {
        let found = links(
            "Open http://127.0.0.1:3000/verify?a=1&b=2.",
            "<a href=\"http://127.0.0.1:3000/verify?a=1&amp;b=2\">x</a>",
        );
        assert_eq!(found, ["http://127.0.0.1:3000/verify?a=1&b=2"]);
    }
}
