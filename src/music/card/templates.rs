//! What stands on a picture.

use super::svg::{Canvas, FAINT, FROM, INK, Line, QUIET, TO, wrapped};
use crate::music::{
    listening::model::Line as Ranked,
    profile::model::{Section, Shown},
};

/// What a picture is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// Who it is.
    Cover,
    Figures,
    Artists,
    Tracks,
    Albums,
    Clock,
}

/// Its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// 1200 × 630, as links are shown.
    Wide,
    /// 1080 × 1920, as telephones are held.
    Tall,
}

/// One picture of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    pub template: Template,
    pub size: Size,
}

/// Whose picture it is, and what is shown of them.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub name: &'a str,
    pub handle: &'a str,
    /// Where the profile is, as people read it.
    pub address: &'a str,
    pub shown: &'a Shown,
}

impl Template {
    /// All of them, the best for a link first.
    pub const ALL: [Self; 6] = [Self::Cover, Self::Figures, Self::Artists, Self::Tracks, Self::Albums, Self::Clock];

    fn as_str(self) -> &'static str {
        match self {
            Self::Cover => "cover",
            Self::Figures => "figures",
            Self::Artists => "artists",
            Self::Tracks => "tracks",
            Self::Albums => "albums",
            Self::Clock => "clock",
        }
    }

    /// Which section it shows.
    #[must_use]
    pub fn section(self) -> Section {
        match self {
            Self::Cover => Section::Featured,
            Self::Figures => Section::Figures,
            Self::Artists => Section::Artists,
            Self::Tracks => Section::Tracks,
            Self::Albums => Section::Albums,
            Self::Clock => Section::Clock,
        }
    }

    /// Whether there is one without its section.
    #[must_use]
    pub fn stands_alone(self) -> bool {
        self == Self::Cover
    }

    /// What it is called.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Cover => "Cover",
            Self::Figures => "Figures",
            Self::Artists => "Top artists",
            Self::Tracks => "Top tracks",
            Self::Albums => "Top albums",
            Self::Clock => "Around the clock",
        }
    }
}

impl Size {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Wide, Self::Tall];

    fn as_str(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Tall => "tall",
        }
    }

    /// Width and height, in pixels.
    #[must_use]
    pub fn pixels(self) -> (u32, u32) {
        match self {
            Self::Wide => (1_200, 630),
            Self::Tall => (1_080, 1_920),
        }
    }
}

impl Card {
    /// The name of its file.
    #[must_use]
    pub fn file(self) -> String {
        format!("{}-{}.png", self.template.as_str(), self.size.as_str())
    }

    /// The other way.
    #[must_use]
    pub fn parse(file: &str) -> Option<Self> {
        let all = Template::ALL.into_iter().flat_map(|template| Size::ALL.map(|size| Self { template, size }));
        all.into_iter().find(|card| card.file() == file)
    }

    /// The picture as an SVG, whose bytes are the same for the same subject.
    #[must_use]
    pub fn svg(self, subject: Subject<'_>) -> String {
        let layout = Layout::of(self.size);
        let mut canvas = Canvas::new(layout.width, layout.height);
        head(&mut canvas, &layout, subject, self.template);
        let shown = subject.shown;
        match self.template {
            Template::Cover => cover(&mut canvas, &layout, shown),
            Template::Figures => figures(&mut canvas, &layout, &shown.figures),
            Template::Artists => ranking(&mut canvas, &layout, &shown.artists),
            Template::Tracks => ranking(&mut canvas, &layout, &shown.tracks),
            Template::Albums => ranking(&mut canvas, &layout, &shown.albums),
            Template::Clock => clock(&mut canvas, &layout, shown.clock.unwrap_or_default()),
        }
        let (x, y) = (layout.pad, layout.height - layout.pad * 0.75);
        canvas.text(
            Line { x, y, size: layout.small, width: layout.inner(), ink: QUIET, bold: false, ends: false },
            &foot(subject),
        );
        canvas.finish()
    }
}

fn foot(subject: Subject<'_>) -> String {
    let mut words = vec![subject.address.to_owned()];
    if !subject.shown.named.is_empty() {
        words.push(format!("with data from {}", subject.shown.named.join(" and ")));
    }
    words.join(" · ")
}

/// Where things stand in a form.
struct Layout {
    width: f32,
    height: f32,
    pad: f32,
    /// Where the content begins and ends.
    top: f32,
    bottom: f32,
    title: f32,
    text: f32,
    small: f32,
    /// How many lines a list has.
    lines: usize,
}

impl Layout {
    fn of(size: Size) -> Self {
        match size {
            Size::Wide => Self {
                width: 1_200.0,
                height: 630.0,
                pad: 64.0,
                top: 214.0,
                bottom: 546.0,
                title: 54.0,
                text: 34.0,
                small: 26.0,
                lines: 5,
            },
            Size::Tall => Self {
                width: 1_080.0,
                height: 1_920.0,
                pad: 84.0,
                top: 470.0,
                bottom: 1_760.0,
                title: 76.0,
                text: 46.0,
                small: 34.0,
                lines: 10,
            },
        }
    }

    fn inner(&self) -> f32 {
        self.width - 2.0 * self.pad
    }

    /// A line of text at the left edge.
    fn line(&self, y: f32, size: f32, ink: &'static str) -> Line<'static> {
        Line { x: self.pad, y, size, width: self.inner(), ink, bold: false, ends: false }
    }
}

fn head(canvas: &mut Canvas, layout: &Layout, subject: Subject<'_>, template: Template) {
    let radius = layout.title * 0.42;
    let first = layout.pad + layout.title;
    canvas.ring((layout.width - layout.pad - radius, layout.pad + radius), radius);
    let width = layout.inner() - 4.0 * radius;
    canvas.text(Line { bold: true, width, ..layout.line(first, layout.title, INK) }, subject.name);
    let what = match template {
        Template::Cover => format!("@{}", subject.handle),
        other if subject.shown.days.is_empty() => other.title().to_owned(),
        other => format!("{}, {}", other.title(), subject.shown.days),
    };
    canvas.text(layout.line(first + layout.small * 1.7, layout.small, QUIET), &what);
}

fn cover(canvas: &mut Canvas, layout: &Layout, shown: &Shown) {
    let most = if shown.featured.is_empty() { layout.lines } else { layout.lines / 2 };
    let mut y = layout.top + layout.text;
    for line in wrapped(&shown.bio, layout.text, layout.inner(), most) {
        canvas.text(layout.line(y, layout.text, INK), &line);
        y += layout.text * 1.4;
    }
    if shown.featured.is_empty() {
        return;
    }
    y += layout.small;
    canvas.text(layout.line(y, layout.small, QUIET), "Featured artists");
    y += layout.text * 1.5;
    let (room, step) = (layout.bottom - y, layout.text * 1.45);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few lines")]
    let fits = (room / step).max(0.0) as usize + 1;
    for featured in shown.featured.iter().take(fits) {
        canvas.text(Line { bold: true, ..layout.line(y, layout.text, INK) }, &featured.name);
        y += step;
    }
}

fn figures(canvas: &mut Canvas, layout: &Layout, figures: &[(String, String)]) {
    let is_tall = layout.height > layout.width;
    let columns: u16 = if is_tall { 1 } else { 3 };
    let width = layout.inner() / f32::from(columns);
    let step = if is_tall { (layout.bottom - layout.top) / 5.0 } else { (layout.bottom - layout.top) / 2.0 };
    let number = layout.title * 1.15;
    for (place, (name, count)) in (0_u16..).zip(figures.iter().take(6)) {
        let x = layout.pad + f32::from(place % columns) * width;
        let y = layout.top + f32::from(place / columns) * step + number;
        let width = width - layout.pad * 0.4;
        canvas.text(Line { x, width, bold: true, ..layout.line(y, number, INK) }, count);
        canvas.text(Line { x, width, ..layout.line(y + layout.small * 1.6, layout.small, QUIET) }, name);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a length on the picture")]
fn ranking(canvas: &mut Canvas, layout: &Layout, lines: &[Ranked]) {
    let shown = lines.get(..lines.len().min(layout.lines)).unwrap_or_default();
    let most = shown.iter().map(|line| line.plays).max().unwrap_or(1).max(1);
    let lines = u16::try_from(layout.lines).unwrap_or(1);
    let step = (layout.bottom - layout.top) / f32::from(lines);
    let left = layout.pad + layout.text * 1.6;
    let right = layout.width - layout.pad;
    for (place, line) in (0_u16..).zip(shown) {
        let y = layout.top + f32::from(place) * step + layout.text;
        let counted = Line { x: right, width: layout.text * 5.0, ends: true, ..layout.line(y, layout.small, QUIET) };
        canvas.text(counted, &crate::ui::grouped(line.plays));
        canvas.text(layout.line(y, layout.small, QUIET), &(place + 1).to_string());
        let name = if line.of.is_empty() { line.name.clone() } else { format!("{} · {}", line.name, line.of) };
        let width = right - left - layout.text * 4.0;
        canvas.text(Line { x: left, width, ..layout.line(y, layout.text, INK) }, &name);
        let (length, thick) = ((right - left) * (line.plays as f32 / most as f32), layout.text * 0.14);
        let at = (left, y + layout.text * 0.42);
        canvas.bar(at, (right - left, thick), FAINT);
        canvas.bar(at, (length.max(thick), thick), if place == 0 { TO } else { FROM });
    }
}

#[expect(clippy::cast_precision_loss, reason = "a length on the picture")]
fn clock(canvas: &mut Canvas, layout: &Layout, hours: [i64; 24]) {
    let peak = hours.into_iter().max().unwrap_or(0).max(1);
    let step = layout.inner() / 24.0;
    let label = layout.bottom - layout.small * 0.7;
    let (floor, room) = (label - layout.small * 1.5, label - layout.top - layout.small * 1.8);
    for (hour, plays) in (0_u16..).zip(hours) {
        let x = layout.pad + f32::from(hour) * step;
        let high = (plays as f32 / peak as f32 * room).max(4.0);
        canvas.bar((x, floor - high), (step * 0.72, high), if plays == peak { TO } else { FROM });
        if hour % 6 == 0 {
            let size = layout.small * 0.85;
            canvas.text(Line { x, width: step * 5.0, ..layout.line(label, size, QUIET) }, &format!("{hour:02}:00"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_they_are_written() {
        for template in Template::ALL {
            for size in Size::ALL {
                let card = Card { template, size };
                assert_eq!(Card::parse(&card.file()), Some(card));
            }
        }
        for file in ["", "cover.png", "cover-wide.svg", "../cover-wide.png"] {
            assert_eq!(Card::parse(file), None);
        }
    }
}
