//! A list as people type it: `artist - title`, one in a line.

use super::Line;

/// What stands between artist and title. A hyphen alone stands inside of names.
const BETWEEN: [&str; 4] = [" - ", " – ", " — ", "\t"];

/// Lines that name nobody are left out.
pub fn read(text: &str, source: &str) -> Vec<Line> {
    text.lines().filter_map(|line| one(line, source)).collect()
}

fn one(line: &str, source: &str) -> Option<Line> {
    let line = without_number(line.trim());
    // Whichever comes first: a title may have another.
    let (at, between) = BETWEEN.iter().filter_map(|between| Some((line.find(between)?, *between))).min()?;
    let (artist, title) = (line.get(..at)?, line.get(at + between.len()..)?);
    let (artist, title) = (artist.trim(), title.trim());
    let named = !artist.is_empty() && !title.is_empty();
    named.then(|| Line {
        title: title.to_owned(),
        artists: vec![artist.to_owned()],
        source: source.to_owned(),
        ..Line::default()
    })
}

/// `12. ` and `12) ` at the beginning count lines.
fn without_number(line: &str) -> &str {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..).unwrap_or_default();
    let after = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")).filter(|_| (1..=4).contains(&digits));
    after.map_or(line, str::trim_start)
}
