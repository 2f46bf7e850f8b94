//! Between the server functions about sources and the service.

use leptos::prelude::expect_context;
use time::OffsetDateTime;

use super::{
    model::{EntryView, ListView, Offer, PlayView, SourceView, SourcesView, Standing},
    service::{Shown, Sources},
    store::SourceRow,
};
use crate::{
    error::{AppError, ErrorKind},
    identity::{
        moment,
        session::{self, Session},
    },
    kit::id::{ConnectionId, MusicSourceId},
    music::{lastfm, source::SourceKind, spotify, sync, told::Subject, trouble},
    platform::web,
};

const PAGE: &str = "/music/sources";

fn asked() -> Result<(Sources, Session), AppError> {
    Ok((expect_context::<Sources>(), session::require().map_err(web::fail)?))
}

pub async fn show(period: &str) -> Result<SourcesView, AppError> {
    let (sources, session) = asked()?;
    let periods = periods(period);
    let shown = sources.shown(session.user, &periods).await.map_err(web::fail)?;
    let read = |connection: ConnectionId| shown.sources.iter().any(|source| source.connection == Some(connection));
    let offers = shown
        .spotify
        .iter()
        .filter(|connection| !read(connection.id))
        .map(|connection| Offer { connection: connection.id, account: connection.account_label.clone() });
    Ok(SourcesView {
        lastfm: shown.lastfm,
        spotify: !shown.spotify.is_empty(),
        offers: offers.collect(),
        sources: shown.sources.iter().map(|row| source(row, &shown, &session)).collect(),
    })
}

pub async fn add_lastfm(name: &str) -> Result<(), AppError> {
    let (sources, session) = asked()?;
    sources.add_lastfm(session.user, name).await.map_err(web::fail)?;
    web::redirect(PAGE);
    Ok(())
}

pub async fn read_spotify(connection: ConnectionId) -> Result<(), AppError> {
    let (sources, session) = asked()?;
    sources.read_spotify(session.user, connection).await.map_err(web::fail)?;
    web::redirect(PAGE);
    Ok(())
}

pub async fn sync_now(id: MusicSourceId) -> Result<(), AppError> {
    let (sources, session) = asked()?;
    if !sources.sync_now(session.user, id).await.map_err(web::fail)? {
        return Err(web::fail(AppError::new(
            ErrorKind::Conflict,
            "just_tried",
            "This was tried within the last minute, or is being read. Look again in a moment.",
        )));
    }
    web::redirect(PAGE);
    Ok(())
}

pub async fn remove(id: MusicSourceId) -> Result<(), AppError> {
    let (sources, session) = asked()?;
    sources.remove(session.user, id).await.map_err(web::fail)?;
    web::redirect(PAGE);
    Ok(())
}

/// The periods of each service that are shown: the one that is chosen, or the widest.
fn periods(chosen: &str) -> Vec<String> {
    let known = lastfm::PERIODS.contains(&chosen);
    let first = if known { chosen } else { "overall" };
    let second = match first {
        "7day" | "1month" => spotify::PERIODS[0],
        "3month" | "6month" => spotify::PERIODS[1],
        _ => spotify::PERIODS[2],
    };
    vec![first.to_owned(), second.to_owned()]
}

fn source(row: &SourceRow, shown: &Shown, session: &Session) -> SourceView {
    let kind = SourceKind::parse(&row.kind).unwrap_or(SourceKind::Lastfm);
    let service = sync::service(kind);
    let now = shown.now;
    let account = match row.connection {
        Some(id) => shown.spotify.iter().find(|connection| connection.id == id).map(|found| &found.account_label),
        None => row.name.as_ref(),
    };
    let reading = row.leased_until.is_some_and(|until| until > now) || row.page.is_some_and(|page| page > 1);
    let standing = match (&row.problem, row.synced_at) {
        (Some(_), _) => Standing::Trouble,
        (None, _) if reading => Standing::Reading,
        (None, None) => Standing::Waiting,
        (None, Some(_)) => Standing::Read,
    };
    let at = |moment: OffsetDateTime| moment::stamp(moment, now, &session.time_zone);
    SourceView {
        id: row.id,
        service: service.to_owned(),
        account: account.unwrap_or(&row.account).clone(),
        verified: (kind == SourceKind::Lastfm).then_some(row.verified_at.is_some()),
        standing,
        problem: row.problem.as_deref().map(|code| trouble::words(code, service)),
        last: match row.synced_at {
            Some(synced_at) => format!("Last read {}", moment::ago(synced_at, now, &session.time_zone)),
            None => "Not read yet".to_owned(),
        },
        next: match (standing, row.page, row.pages) {
            (Standing::Reading, Some(page), Some(pages)) => format!("reading page {page} of {pages}"),
            (Standing::Reading, ..) => "being read now".to_owned(),
            _ if row.next_at <= now => "next in a moment".to_owned(),
            (Standing::Trouble, ..) => format!("tried again {}", at(row.next_at)),
            _ => format!("next {}", at(row.next_at)),
        },
        url: row.url.clone(),
        facts: facts(row, now, session),
        lists: lists(row, shown),
        plays: shown
            .plays
            .iter()
            .filter(|play| play.source == row.id)
            .map(|play| PlayView { title: play.title.clone(), artist: play.artist.clone(), at: at(play.at) })
            .collect(),
    }
}

fn facts(row: &SourceRow, now: OffsetDateTime, session: &Session) -> Vec<(String, String)> {
    let plays = row.plays.map(|plays| ("Plays".to_owned(), plays.to_string()));
    let since = row.registered_at.map(|at| ("Since".to_owned(), moment::day(at, now, &session.time_zone)));
    let country = row.country.clone().map(|country| ("Country".to_owned(), country));
    [plays, since, country].into_iter().flatten().collect()
}

fn lists(row: &SourceRow, shown: &Shown) -> Vec<ListView> {
    let of = |subject: Subject| {
        let lines = shown.tops.iter().filter(|top| top.source == row.id && top.subject == subject.as_str());
        let entries = lines.map(|top| {
            let plays = top.plays.map(|plays| format!("{plays} play{}", if plays == 1 { "" } else { "s" }));
            let note: Vec<String> = [top.artist.clone(), plays].into_iter().flatten().collect();
            EntryView { rank: top.rank, name: top.name.clone(), note: note.join(" · "), url: top.url.clone() }
        });
        ListView { title: subject.title().to_owned(), entries: entries.collect() }
    };
    Subject::ALL.map(of).into_iter().filter(|list| !list.entries.is_empty()).collect()
}
