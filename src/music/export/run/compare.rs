//! What was read back, against what was added.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::music::export::store::Ready;

/// No more places are told.
const TOLD: usize = 100;

/// How the account's playlist differs: the places of lines that are missing there, how many stand there beside ours, and
/// whether the order is another.
pub fn compare(lines: &[Ready], found: &[String]) -> Value {
    let mut there: HashMap<&str, usize> = HashMap::new();
    for uri in found {
        *there.entry(uri).or_default() += 1;
    }
    let mut missing: Vec<i32> = Vec::new();
    let mut kept: Vec<&str> = Vec::new();
    for line in lines {
        match there.get_mut(line.uri.as_str()).filter(|left| **left > 0) {
            Some(left) => {
                *left -= 1;
                kept.push(&line.uri);
            }
            None => missing.push(line.place),
        }
    }
    let extra: usize = there.values().sum();
    let ours = found.iter().filter(|uri| lines.iter().any(|line| line.uri == **uri));
    let moved = extra == 0 && !ours.map(String::as_str).eq(kept.iter().copied());
    let many = missing.len();
    missing.truncate(TOLD);
    json!({ "missing": missing, "missing_lines": many, "extra": extra, "moved": moved })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_by_their_kind() {
        let line = |(place, uri): (i32, &&str)| Ready { place, uri: (*uri).to_owned(), written: true };
        let lines: Vec<Ready> = (0..).zip(["a", "b", "a", "c"].iter()).map(line).collect();
        let found = |uris: &[&str]| compare(&lines, &uris.iter().map(|uri| (*uri).to_owned()).collect::<Vec<_>>());
        let told = |missing: &[i32], extra: usize, moved: bool| json!({"missing": missing, "missing_lines": missing.len(), "extra": extra, "moved": moved});
        assert_eq!(found(&["a", "b", "a", "c"]), told(&[], 0, false));
        assert_eq!(found(&["a", "b", "c"]), told(&[2], 0, false));
        assert_eq!(found(&["a", "b", "a", "c", "x"]), told(&[], 1, false));
        assert_eq!(found(&["a", "b", "a", "c", "c"]), told(&[], 1, false));
        assert_eq!(found(&["b", "a", "a", "c"]), told(&[], 0, true));
    }
}
