//! Pieces of a picture.

use std::{f32::consts::TAU, fmt::Write as _};

use super::fonts::{drawable, runs};

/// The shares of the house's accent, and the inks on a dark ground.
pub const GROUND: &str = "#101114";
pub const INK: &str = "#f4f4f6";
pub const QUIET: &str = "#a3a5ae";
pub const FAINT: &str = "#26282f";
pub const FROM: &str = "#8b6cff";
pub const TO: &str = "#2fc4b2";

/// A picture that is being written.
pub struct Canvas {
    body: String,
    pub width: f32,
    pub height: f32,
}

/// Where a text stands, and how much room it has.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    pub x: f32,
    pub y: f32,
    /// Height of its letters.
    pub size: f32,
    /// Longer texts are cut.
    pub width: f32,
    pub ink: &'a str,
    pub bold: bool,
    /// Whether it ends at `x`.
    pub ends: bool,
}

impl Canvas {
    pub fn new(width: f32, height: f32) -> Self {
        Self { body: String::new(), width, height }
    }

    /// Any text, whoever wrote it.
    pub fn text(&mut self, line: Line<'_>, text: &str) {
        let Line { x, y, size, width, ink, bold, ends } = line;
        let parts = runs(&fitted(&drawable(text), size, width), bold).into_iter().map(|run| {
            let (family, weight, text) = (run.family, run.weight, escaped(&run.text));
            format!(r#"<tspan font-family="{family}" font-weight="{weight}">{text}</tspan>"#)
        });
        let text: String = parts.collect();
        let anchor = if ends { "end" } else { "start" };
        let _ = write!(
            self.body,
            r#"<text x="{x}" y="{y}" font-size="{size}" fill="{ink}" text-anchor="{anchor}">{text}</text>"#
        );
    }

    /// A bar; `ink` is one of the names above.
    pub fn bar(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), ink: &str) {
        let round = (width.min(height) / 2.0).min(8.0);
        let _ = write!(
            self.body,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="{round:.1}" fill="{ink}"/>"#
        );
    }

    /// The ring of the house.
    pub fn ring(&mut self, (x, y): (f32, f32), radius: f32) {
        let (stroke, dot) = (radius * 0.26, radius * 0.36);
        let (drawn, gap) = (radius * TAU * 0.78, radius * TAU * 0.22);
        let _ = write!(
            self.body,
            r#"<circle cx="{x}" cy="{y}" r="{radius}" fill="none" stroke="url(#aura)" stroke-width="{stroke:.1}" stroke-linecap="round" stroke-dasharray="{drawn:.2} {gap:.2}" transform="rotate(-58 {x} {y})"/><circle cx="{x}" cy="{y}" r="{dot:.1}" fill="url(#aura)"/>"#
        );
    }

    pub fn finish(self) -> String {
        let Self { body, width, height } = self;
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"><defs><linearGradient id="aura" x1="0" y1="0" x2="1" y2="1"><stop stop-color="{FROM}"/><stop offset="1" stop-color="{TO}"/></linearGradient></defs><rect width="{width}" height="{height}" fill="{GROUND}"/>{body}</svg>"#
        )
    }
}

/// How wide a letter is at most, as a share of its height.
fn wide(letter: char) -> f32 {
    match letter {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | ' ' | '.' | ',' | '\'' | ':' | '|' | 'I' => 0.4,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' | '—' => 1.0,
        letter if letter.is_ascii_uppercase() => 0.78,
        letter if u32::from(letter) >= 0x1100 => 1.05,
        _ => 0.66,
    }
}

/// As much of a text as has room, with a sign where it was cut.
fn fitted(text: &str, size: f32, width: f32) -> String {
    let room = width / size;
    let whole: f32 = text.chars().map(wide).sum();
    if whole <= room {
        return text.to_owned();
    }
    let mut left = room - wide('…');
    let kept: String = text
        .chars()
        .take_while(|letter| {
            left -= wide(*letter);
            left >= 0.0
        })
        .collect();
    format!("{}…", kept.trim_end())
}

/// A text in lines that have room, at most so many; the last has whatever is left, and is cut when it is drawn.
pub fn wrapped(text: &str, size: f32, width: f32, most: usize) -> Vec<String> {
    let room = width / size;
    let (mut lines, mut used) = (Vec::<String>::new(), 0.0);
    for word in drawable(text).split(' ').filter(|word| !word.is_empty()) {
        let length: f32 = word.chars().map(wide).sum();
        let is_last = lines.len() == most;
        match lines.last_mut() {
            Some(line) if is_last || used + wide(' ') + length <= room => {
                line.push(' ');
                line.push_str(word);
                used += wide(' ') + length;
            }
            _ => {
                lines.push(word.to_owned());
                used = length;
            }
        }
    }
    lines
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_and_no_text_is_markup() {
        assert_eq!(fitted("short", 20.0, 400.0), "short");
        let cut = fitted(&"W".repeat(1_000), 20.0, 400.0);
        assert!(cut.ends_with('…') && cut.chars().count() == 20, "{cut}");
        assert_eq!(wrapped("one two three", 10.0, 45.0, 2).len(), 2);
        let mut canvas = Canvas::new(10.0, 10.0);
        let line = Line { x: 0.0, y: 0.0, size: 10.0, width: 900.0, ink: INK, bold: false, ends: false };
        canvas.text(line, "</text><image href=\"file:///etc/passwd\"/>");
        let svg = canvas.finish();
        assert!(!svg.contains("<image") && svg.contains("&lt;image"));
    }
}
