//! M3U8, as players read it. What it has no directive for stands as JSON in a comment of ours.

use super::{Line, Read};

const OWN: &str = "#AURA-TRACK:";

pub fn write(name: &str, lines: &[Line]) -> Vec<u8> {
    let mut text = format!("#EXTM3U\n#PLAYLIST:{name}\n");
    for line in lines {
        let seconds = line.duration_ms.map_or(-1, |duration| (duration + 500) / 1_000);
        let shown = format!("{} - {}", line.artists.join(", "), line.title);
        let own = serde_json::to_string(line).unwrap_or_default();
        // The last is where the file would be; there is none.
        text.push_str(&format!("#EXTINF:{seconds},{shown}\n{OWN}{own}\n{}\n", place(&shown)));
    }
    text.into_bytes()
}

/// A name that is no comment and leads out of no folder.
fn place(shown: &str) -> String {
    let plain: String =
        shown.chars().map(|letter| if matches!(letter, '/' | '\\' | ':') { '_' } else { letter }).collect();
    format!("{}.mp3", plain.trim_start_matches(['#', '.']))
}

pub fn read(text: &str) -> Read {
    let mut read = Read::default();
    let mut told: Option<Line> = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("#PLAYLIST:") {
            name.trim().clone_into(&mut read.name);
        } else if let Some(own) = line.strip_prefix(OWN) {
            told = serde_json::from_str(own).ok().or(told);
        } else if let Some(info) = line.strip_prefix("#EXTINF:") {
            told = said(info);
        } else if !line.trim().is_empty() && !line.starts_with('#') {
            read.lines.extend(told.take());
        }
    }
    read
}

fn said(info: &str) -> Option<Line> {
    let (seconds, shown) = info.split_once(',')?;
    let seconds = seconds.split_whitespace().next().and_then(|seconds| seconds.parse::<f64>().ok()).unwrap_or(-1.0);
    let mut line = super::text::read(shown, "file").pop()?;
    // A cast from a float saturates.
    line.duration_ms = (seconds > 0.0).then_some((seconds * 1_000.0) as i32);
    Some(line)
}
