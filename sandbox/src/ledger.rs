//! The journal: every request that reached an outside host, and why some were refused. Never a query or a body.

use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// Older entries fall out.
const KEPT: usize = 5_000;

/// One request.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Counts up from 1.
    pub id: u64,
    /// When it came.
    pub at: String,
    /// Outside host.
    pub host: String,
    /// Method.
    pub method: String,
    /// Path without the query; tokens in paths are masked.
    pub path: String,
    /// The caller's `User-Agent`.
    pub user_agent: String,
    /// The caller's port, the same for all requests of one connection; none where the server does not tell.
    pub connection: Option<u16>,
    /// Status of the answer; 0 while there is none.
    pub status: u16,
    /// What happened.
    pub note: String,
    /// The vendor would have refused it, for the reason in `note`.
    pub refused: bool,
}

/// All entries that are kept.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: VecDeque<Entry>,
    last: u64,
}

impl Ledger {
    /// Notes a request on arrival and gives its number.
    pub fn begin(&mut self, at: String, host: &str, method: &str, path: String, user_agent: &str) -> u64 {
        self.last += 1;
        if self.entries.len() >= KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry {
            id: self.last,
            at,
            host: host.to_owned(),
            method: method.to_owned(),
            path,
            user_agent: user_agent.to_owned(),
            connection: None,
            status: 0,
            note: String::new(),
            refused: false,
        });
        self.last
    }

    /// Notes how it was answered.
    pub fn finish(&mut self, id: u64, status: u16, note: Option<String>, refused: Option<String>) {
        let Some(entry) = self.find(id) else { return };
        entry.status = status;
        entry.refused = refused.is_some();
        if let Some(mut text) = refused.or(note) {
            if !entry.note.is_empty() {
                text.push_str("; ");
                text.push_str(&entry.note);
            }
            entry.note = text;
        }
    }

    /// Notes on which connection a request came.
    pub fn connected(&mut self, id: u64, connection: Option<u16>) {
        if let Some(entry) = self.find(id) {
            entry.connection = connection;
        }
    }

    /// Adds to the note of a request that is still being answered.
    pub fn annotate(&mut self, id: u64, note: &str) {
        let Some(entry) = self.find(id) else { return };
        if !entry.note.is_empty() {
            entry.note.push_str("; ");
        }
        entry.note.push_str(note);
    }

    /// Entries whose host and path match, oldest first.
    pub fn matching(&self, host: Option<&str>, path: Option<&str>) -> Vec<Entry> {
        self.entries
            .iter()
            .filter(|entry| host.is_none_or(|host| entry.host == host))
            .filter(|entry| path.is_none_or(|path| entry.path.starts_with(path)))
            .cloned()
            .collect()
    }

    /// Refusals, newest first.
    pub fn refusals(&self) -> Vec<Entry> {
        self.entries.iter().rev().filter(|entry| entry.refused).take(50).cloned().collect()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    fn find(&mut self, id: u64) -> Option<&mut Entry> {
        self.entries.iter_mut().rev().find(|entry| entry.id == id)
    }
}

/// How often each `METHOD host/path` occurs.
pub fn counts(entries: &[Entry]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        *counts.entry(format!("{} {}{}", entry.method, entry.host, entry.path)).or_default() += 1;
    }
    counts
}
