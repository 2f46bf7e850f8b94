//! Makes of what is chosen what is seen.

use super::{
    model::{Choices, FeaturedView, Section, Shown, SourceView},
    store,
};
use crate::{
    kit::id::UserId,
    music::{
        listening::visit::{self as words, CALENDAR, LINES},
        policy::{self, Public},
        source::SourceKind,
        statistics::{Statistics, View, model::End, period::Period},
    },
    platform::db::Db,
};

/// Sections that count the plays of a time.
const COUNTED: [Section; 7] = [
    Section::Figures,
    Section::Artists,
    Section::Tracks,
    Section::Albums,
    Section::Clock,
    Section::Week,
    Section::Calendar,
];

pub(super) async fn shown(
    db: &Db,
    statistics: &Statistics,
    user: UserId,
    choices: &Choices,
    zone: &str,
) -> sqlx::Result<Shown> {
    let mut shown = Shown { bio: choices.bio.clone(), ..Shown::default() };
    if choices.has(Section::Featured) {
        shown.featured = featured(db, user, choices).await?;
    }
    if COUNTED.into_iter().any(|section| choices.has(section)) {
        let period = choices.period.parse().unwrap_or(Period::Months(12));
        let view = statistics.view(user, period, zone).await?;
        shown.days = words::between(&view);
        count(statistics, &view, choices, &mut shown).await?;
    }
    if choices.has(Section::Sources) {
        shown.sources = sources(db, user).await?;
    }
    if shows_plays(&shown) {
        shown.named = named(db, user).await?;
    }
    Ok(shown)
}

async fn count(statistics: &Statistics, view: &View, choices: &Choices, shown: &mut Shown) -> sqlx::Result<()> {
    let needs_days = choices.has(Section::Figures) || choices.has(Section::Calendar);
    let days = if needs_days { statistics.days(view).await? } else { Vec::new() };
    if choices.has(Section::Figures) {
        shown.figures = words::numbers(&statistics.figures(view).await?, view, &days);
    }
    if choices.has(Section::Artists) {
        shown.artists = statistics.artists(view, LINES).await?.into_iter().map(words::line).collect();
    }
    if choices.has(Section::Tracks) {
        shown.tracks = statistics.tracks(view, End::Most, LINES).await?.into_iter().map(words::line).collect();
    }
    if choices.has(Section::Albums) {
        shown.albums = statistics.albums(view, LINES).await?.into_iter().map(words::line).collect();
    }
    if choices.has(Section::Clock) || choices.has(Section::Week) {
        let week = statistics.week(view).await?;
        if choices.has(Section::Clock) {
            shown.clock = Some(std::array::from_fn(|hour| week.iter().map(|day| day[hour]).sum()));
        }
        shown.week = choices.has(Section::Week).then_some(week);
    }
    if choices.has(Section::Calendar) && view.range.days() <= CALENDAR {
        shown.calendar = Some(words::calendar(view, &days));
    }
    Ok(())
}

/// The artists that were picked, in their order; whoever is not played any more is left out.
async fn featured(db: &Db, user: UserId, choices: &Choices) -> sqlx::Result<Vec<FeaturedView>> {
    let keys: Vec<String> = choices.featured.iter().map(|featured| featured.key.clone()).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = store::artists(&mut *db.acquire().await?, user, &keys).await?;
    let of = |key: &str| rows.iter().find(|row| row.key == key);
    Ok(choices
        .featured
        .iter()
        .filter_map(|picked| of(&picked.key).map(|row| (picked, row)))
        .map(|(picked, row)| FeaturedView { name: row.name.clone(), caption: picked.caption.clone(), plays: row.plays })
        .collect())
}

/// Where plays come from. Only a name at Last.fm is a name that its person typed; other accounts have none in public.
async fn sources(db: &Db, user: UserId) -> sqlx::Result<Vec<SourceView>> {
    let rows = store::sources(&mut *db.acquire().await?, user).await?;
    let mut views: Vec<SourceView> = Vec::new();
    for row in rows {
        let Some(kind) = SourceKind::parse(&row.kind) else { continue };
        let is_name = kind == SourceKind::Lastfm;
        let view = SourceView {
            service: service(kind).to_owned(),
            account: is_name.then_some(row.account),
            verified: is_name.then_some(row.verified_at.is_some()),
        };
        if !views.contains(&view) {
            views.push(view);
        }
    }
    Ok(views)
}

fn service(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Lastfm => "Last.fm",
        SourceKind::Spotify => "Spotify",
        SourceKind::SpotifyFile | SourceKind::SpotifyAccountFile => "A history from Spotify",
        SourceKind::LastfmFile => "A history from Last.fm",
        SourceKind::ListenbrainzFile => "A history from ListenBrainz",
    }
}

fn shows_plays(shown: &Shown) -> bool {
    !(shown.featured.is_empty()
        && shown.figures.is_empty()
        && shown.artists.is_empty()
        && shown.tracks.is_empty()
        && shown.albums.is_empty()
        && shown.clock.is_none()
        && shown.week.is_none()
        && shown.calendar.is_none())
}

/// The services whose data is shown and that want to be named then.
async fn named(db: &Db, user: UserId) -> sqlx::Result<Vec<String>> {
    let kinds = store::kinds(&mut *db.acquire().await?, user).await?;
    let named = |kind: &SourceKind| kinds.iter().any(|known| known == kind.as_str());
    Ok(SourceKind::ALL
        .into_iter()
        .filter(|kind| policy::of(*kind).public == Public::Named && named(kind))
        .map(|kind| service(kind).to_owned())
        .collect())
}
