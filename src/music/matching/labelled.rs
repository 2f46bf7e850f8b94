//! The verdicts on pairs of tracks that people who know them have labelled.

use super::{Candidate, Outcome, Wanted, judge};

/// One line of the file.
struct Pair {
    line: &'static str,
    same: bool,
    wanted: Wanted,
    found: Candidate,
}

fn track(fields: &[&str]) -> Wanted {
    let [artists, title, lasts, isrc] = fields else { panic!("four fields: {fields:?}") };
    Wanted {
        title: (*title).to_owned(),
        artists: artists.split("; ").map(str::to_owned).collect(),
        album: None,
        duration_ms: Some(lasts.parse::<i32>().unwrap() * 1_000),
        isrc: (!isrc.is_empty()).then(|| (*isrc).to_owned()),
    }
}

fn pairs() -> Vec<Pair> {
    let lines = include_str!("../../../tests/server/files/recordings.txt").lines();
    let read = |line: &'static str| {
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        let verdict = fields[0];
        assert!(["same", "other", "cover", "none"].contains(&verdict), "{line}");
        let found = Candidate { track: track(&fields[5..9]), barred: false };
        Pair { line, same: verdict == "same", wanted: track(&fields[1..5]), found }
    };
    lines.filter(|line| !line.starts_with('#')).map(read).collect()
}

#[test]
fn m_18_the_right_recording_is_taken_and_no_other_version() {
    let pairs = pairs();
    assert!(pairs.len() >= 300, "{} pairs", pairs.len());
    let (mut right, mut wrong, mut missed) = (0_usize, Vec::new(), Vec::new());
    for Pair { line, same, wanted, found } in &pairs {
        match (judge(wanted, std::slice::from_ref(found)), same) {
            (Outcome::Matched(_), true) => right += 1,
            (Outcome::Matched(_), false) => wrong.push(*line),
            (_, true) => missed.push(*line),
            (_, false) => {}
        }
    }
    let (wanted, taken) = (right + missed.len(), right + wrong.len());
    let told = format!("wrongly taken: {wrong:#?}\nmissed: {missed:#?}");
    assert!(right * 100 >= taken * 99, "precision {right} of {taken}\n{told}");
    assert!(right * 100 >= wanted * 95, "recall {right} of {wanted}\n{told}");
    // Whatever the share: another version of the same artist, by its name, is none of them.
    assert!(wrong.iter().all(|line| !line.starts_with("other")), "{told}");
}
