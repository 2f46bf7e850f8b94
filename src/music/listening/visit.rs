//! Between the page of somebody's listening and the statistics.

use leptos::prelude::expect_context;
use time::{Date, Month, OffsetDateTime};

use super::model::{CalendarView, Heard, Line, ListeningView, Step as StepView};
use crate::{
    error::{AppError, ErrorKind},
    identity::{
        moment,
        session::{self, Session},
    },
    music::error::MusicError,
    music::statistics::{
        Statistics, View,
        days::{self, Step},
        model::{Day, End, Figures, Move, Ranked},
        period::Period,
    },
    platform::web,
    ui::grouped,
};

/// How many lines a list has.
pub(in crate::music) const LINES: u16 = 10;
/// Longer than this, days are too many to be seen one by one.
pub(in crate::music) const CALENDAR: i64 = 400;

pub async fn show(period: &str) -> Result<ListeningView, AppError> {
    let session = session::require().map_err(web::fail)?;
    let statistics = expect_context::<Statistics>();
    let period =
        if period.is_empty() { Period::Months(12) } else { period.parse().map_err(|_| web::fail(unknown()))? };
    view(&statistics, &session, period).await.map_err(|error| web::fail(MusicError::from(error)))
}

fn unknown() -> AppError {
    AppError::new(
        ErrorKind::Invalid,
        "period_unknown",
        "This is no period. Write 4w, 6m, 12m, a year as 2025, a month as 2025-03, days as 2025-03-01..2025-03-31, or all.",
    )
    .on_field("period")
}

async fn view(statistics: &Statistics, session: &Session, period: Period) -> sqlx::Result<ListeningView> {
    let view = statistics.view(session.user, period, &session.time_zone).await?;
    let figures = statistics.figures(&view).await?;
    let heard = if figures.plays > 0 { Some(heard(statistics, session, &view, &figures).await?) } else { None };
    Ok(ListeningView {
        period: period.to_string(),
        days: between(&view),
        heard,
        any: view.life().is_some(),
        years: view.years().into_iter().rev().collect(),
    })
}

async fn heard(statistics: &Statistics, session: &Session, view: &View, figures: &Figures) -> sqlx::Result<Heard> {
    let artists = statistics.artists(view, LINES).await?;
    let moves = statistics.moves(view, &artists).await?;
    let albums = statistics.albums(view, LINES).await?;
    let tracks = statistics.tracks(view, End::Most, LINES).await?;
    let (genres, with_genre) = statistics.genres(view, LINES).await?;
    let least = statistics.tracks(view, End::Least, LINES).await?;
    let days = statistics.days(view).await?;
    let step = Step::for_days(view.range.days());
    let decades = statistics.decades(view).await?;
    let moved = moves.into_iter().map(move_words).chain(std::iter::repeat(String::new()));
    let before = match Statistics::before(view) {
        Some(before) => Some(statistics.figures(&before).await?),
        None => None,
    };
    let first = |ranked: &[Ranked]| ranked.first().cloned();
    let story = story(view, figures, &days, [first(&artists), first(&tracks), first(&albums)], genres.first());
    Ok(Heard {
        figures: numbers(figures, view, &days),
        compared: before.filter(|before| before.plays > 0).map(|before| compared(figures.plays, before.plays)),
        week: statistics.week(view).await?,
        calendar: (view.range.days() <= CALENDAR).then(|| calendar(view, &days)),
        series: days::series(&days, view.range.first, view.range.last, step).iter().map(|day| one(day, step)).collect(),
        step: match step {
            Step::Day => "day",
            Step::Week => "week",
            Step::Month => "month",
        }
        .to_owned(),
        artists: artists.into_iter().zip(moved).map(|(ranked, moved)| Line { moved, ..line(ranked) }).collect(),
        albums: albums.into_iter().map(line).collect(),
        tracks: tracks.into_iter().map(line).collect(),
        genres_from: if genres.is_empty() {
            String::new()
        } else {
            // Almost all is not all.
            let share = with_genre.saturating_mul(100) / figures.plays.max(1);
            format!(
                "What listeners call these artists at Last.fm. {share} % of the plays have a genre, and a play counts for \
                 each genre of its artist."
            )
        },
        genres: genres
            .into_iter()
            .map(|(name, plays)| Line { name, of: String::new(), plays, moved: String::new() })
            .collect(),
        least: least.into_iter().map(line).collect(),
        // What nobody knows is no chart.
        decades: if decades.iter().all(|(decade, _)| decade.is_none()) {
            Vec::new()
        } else {
            let name = |decade: Option<i16>| decade.map_or_else(|| "Not known".to_owned(), |year| format!("{year}s"));
            decades.into_iter().map(|(decade, plays)| (name(decade), plays)).collect()
        },
        story,
        facts: facts(statistics, session, view, figures, &days).await?,
    })
}

/// A period in sentences. Of what was played most: the artist, the track and the album.
fn story(
    view: &View,
    figures: &Figures,
    days: &[Day],
    [artist, track, album]: [Option<Ranked>; 3],
    genre: Option<&(String, i64)>,
) -> Vec<String> {
    let hours = figures.milliseconds / 3_600_000;
    let for_hours = if hours > 0 { format!(", for {} that are known", count(hours, "hour")) } else { String::new() };
    let mut story = vec![format!(
        "You played music {}{for_hours}: {} by {}, of whom {} were new to you.",
        count(figures.plays, "time"),
        count(figures.tracks, "track"),
        count(figures.artists, "artist"),
        grouped(figures.new_artists),
    )];
    if let Some(artist) = artist {
        let share = artist.plays * 100 / figures.plays.max(1);
        story.push(format!("Nobody more than {}: {}, {share} % of it all.", artist.name, count(artist.plays, "play")));
    }
    if let Some(track) = track {
        let of = track.of.unwrap_or_default();
        story.push(format!("The track was {} by {of}, {}.", track.name, count(track.plays, "play")));
    }
    if let Some(album) = album {
        let of = album.of.unwrap_or_default();
        story.push(format!("The album was {} by {of}, {}.", album.name, count(album.plays, "play")));
    }
    if let Some((genre, plays)) = genre {
        story.push(format!("The genre was {genre}, {}.", count(*plays, "play")));
    }
    if let Some(best) = busiest(days) {
        story.push(format!("The busiest day was {}, with {}.", date(best.date), count(best.plays, "play")));
    }
    if let (Some(streak), _) = Statistics::streaks(view, days) {
        story.push(format!("The longest time with music every day was {}.", count(streak.days(), "day")));
    }
    story
}

/// The day with most plays, and of equal ones the first.
fn busiest(days: &[Day]) -> Option<&Day> {
    days.iter().max_by_key(|day| (day.plays, std::cmp::Reverse(day.date)))
}

/// The days of a period.
pub(in crate::music) fn between(view: &View) -> String {
    format!("{} to {}", date(view.range.first), date(view.range.last))
}

pub(in crate::music) fn numbers(figures: &Figures, view: &View, days: &[Day]) -> Vec<(String, String)> {
    let (longest, _) = Statistics::streaks(view, days);
    [
        ("Plays", grouped(figures.plays)),
        ("Hours known", grouped(figures.milliseconds / 3_600_000)),
        ("Artists", grouped(figures.artists)),
        ("New artists", format!("{:.0} %", figures.discovery())),
        ("Longest streak", longest.map_or_else(String::new, |streak| count(streak.days(), "day"))),
    ]
    .map(|(name, number)| (name.to_owned(), number))
    .into()
}

async fn facts(
    statistics: &Statistics,
    session: &Session,
    view: &View,
    figures: &Figures,
    days: &[Day],
) -> sqlx::Result<Vec<(String, String)>> {
    let zone = &session.time_zone;
    let now = view.now();
    let stamp = |at: OffsetDateTime| moment::stamp(at, now, zone);
    let mut facts = vec![
        ("Tracks".to_owned(), grouped(figures.tracks)),
        ("Albums".to_owned(), grouped(figures.albums)),
        ("Variety".to_owned(), format!("as if {:.0} artists were played equally often", figures.diversity.max(1.0))),
    ];
    if let Some((first, last)) = statistics.ends(view).await? {
        facts.push(("First listen".to_owned(), format!("{} by {}, {}", first.title, first.artist, stamp(first.at))));
        facts.push(("Last listen".to_owned(), format!("{} by {}, {}", last.title, last.artist, stamp(last.at))));
    }
    if let Some(best) = busiest(days) {
        facts.push(("Busiest day".to_owned(), format!("{}: {}", date(best.date), count(best.plays, "play"))));
    }
    let (longest, goes_on) = Statistics::streaks(view, days);
    if let Some(streak) = longest {
        facts.push((
            "Longest streak".to_owned(),
            format!("{}, from {} to {}", count(streak.days(), "day"), date(streak.first), date(streak.last)),
        ));
    }
    if let Some(streak) = goes_on {
        facts.push(("Streak that goes on".to_owned(), count(streak.days(), "day")));
    }
    let (sessions, longest) = statistics.sessions(view).await?;
    if let Some(session) = longest {
        let minutes = (session.ended - session.began).whole_minutes();
        facts.push((
            "Longest session".to_owned(),
            format!(
                "{} h {:02} min with {}, {}",
                minutes / 60,
                minutes % 60,
                count(session.plays, "play"),
                stamp(session.began)
            ),
        ));
        facts.push(("Sessions".to_owned(), grouped(sessions)));
    }
    Ok(facts)
}

fn compared(plays: i64, before: i64) -> String {
    let difference = plays - before;
    match difference {
        0 => format!("As many plays as in the time before: {}.", grouped(before)),
        _ => format!(
            "{} {} than the {} of the time before.",
            count(difference.abs(), "play"),
            if difference > 0 { "more" } else { "fewer" },
            grouped(before)
        ),
    }
}

pub(in crate::music) fn calendar(view: &View, days: &[Day]) -> CalendarView {
    let each = days::series(days, view.range.first, view.range.last, Step::Day);
    let months = days::series(days, view.range.first, view.range.last, Step::Month);
    let begins = |(place, day): (usize, &Day)| (day.date.day() == 1).then(|| (place, short(day.date.month())));
    CalendarView {
        starts: view.range.first.weekday().number_days_from_monday().into(),
        months: each.iter().enumerate().filter_map(begins).collect(),
        values: each.iter().map(|day| day.plays).collect(),
        sums: months.iter().map(|day| (format!("{} {}", day.date.month(), day.date.year()), day.plays)).collect(),
    }
}

fn one(day: &Day, step: Step) -> StepView {
    let name = match step {
        Step::Day => date(day.date),
        Step::Week => format!("Week of {}", date(day.date)),
        Step::Month => format!("{} {}", day.date.month(), day.date.year()),
    };
    let in_short = match step {
        Step::Day | Step::Week => format!("{} {}", day.date.day(), short(day.date.month())),
        Step::Month => format!("{} {:02}", short(day.date.month()), day.date.year() % 100),
    };
    StepView { name, short: in_short, plays: day.plays, minutes: day.milliseconds / 60_000 }
}

pub(in crate::music) fn line(ranked: Ranked) -> Line {
    Line { name: ranked.name, of: ranked.of.unwrap_or_default(), plays: ranked.plays, moved: String::new() }
}

fn move_words(by: Move) -> String {
    match by {
        Move::New => "new".to_owned(),
        Move::By(0) => String::new(),
        Move::By(up @ 1..) => format!("up {up}"),
        Move::By(down) => format!("down {}", -down),
    }
}

fn count(number: i64, what: &str) -> String {
    format!("{} {what}{}", grouped(number), if number == 1 { "" } else { "s" })
}

fn date(date: Date) -> String {
    format!("{} {} {}", date.day(), date.month(), date.year())
}

fn short(month: Month) -> String {
    month.to_string().chars().take(3).collect()
}
