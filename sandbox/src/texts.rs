//! Text messages that arrived, with the code found in them.

use crate::log;
use serde::Serialize;
use std::collections::VecDeque;

/// Older messages fall out.
const KEPT: usize = 1_000;

/// A text message.
#[derive(Debug, Clone, Serialize)]
pub struct Text {
    /// Counts up from 1.
    pub id: u64,
    /// When it arrived.
    pub at: String,
    /// The number in E.164.
    pub to: String,
    /// What it says.
    pub text: String,
    /// The first number of six digits.
    pub code: Option<String>,
}

/// The store.
#[derive(Debug, Default)]
pub struct Texts {
    texts: VecDeque<Text>,
    last: u64,
}

impl Texts {
    /// Keeps a message.
    pub fn deliver(&mut self, to: String, text: String) {
        self.last += 1;
        let code = crate::inbox::code(&text);
        if self.texts.len() >= KEPT {
            self.texts.pop_front();
        }
        self.texts.push_back(Text { id: self.last, at: log::rfc3339(log::now()), to, text, code });
    }

    /// Newest first, to one number or to all.
    pub fn newest(&self, to: Option<&str>) -> Vec<Text> {
        // A plus in a query reads as a blank.
        let digits = |number: &str| number.chars().filter(char::is_ascii_digit).collect::<String>();
        let wanted = to.map(digits);
        let fits = |text: &&Text| wanted.as_ref().is_none_or(|wanted| digits(&text.to) == *wanted);
        self.texts.iter().rev().filter(fits).cloned().collect()
    }

    /// Forgets all messages; numbers go on.
    pub fn clear(&mut self) {
        self.texts.clear();
    }
}
