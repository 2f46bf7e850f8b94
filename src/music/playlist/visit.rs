//! Between the server functions about playlists and the services.

use leptos::prelude::expect_context;
use serde_json::Value;

use super::{
    error::PlaylistError,
    file,
    model::{Line, PeriodOffer, PlaylistRow, PlaylistView, PlaylistsView, TargetView},
    service::{NewPlaylist, Playlists},
    store::HeadRow,
};
use crate::{
    error::{AppError, ErrorKind},
    identity::{
        moment,
        session::{self, Session},
    },
    integrations::Integrations,
    kit::id::{ConnectionId, MusicExportId, MusicPlaylistId, UserId},
    music::{
        error::MusicError,
        export::{
            Exports, Shown,
            model::{ExportState, ExportView, Left, PartView},
        },
        spotify::{NAME, SERVICE, playlists::SCOPES},
        trouble,
    },
    platform::web,
    ui::grouped,
};

pub const PAGE: &str = "/music/playlists";
/// How many lines the page shows; all of them are in the files.
const SHOWN: usize = 500;
/// How many tracks a playlist of a period has.
const OF_A_PERIOD: u16 = 50;
const PERIODS: [(&str, &str); 4] =
    [("4w", "last four weeks"), ("6m", "last six months"), ("12m", "last twelve months"), ("all", "whole time")];

fn asked() -> Result<(Playlists, Session), AppError> {
    Ok((expect_context::<Playlists>(), session::require().map_err(web::fail)?))
}

fn page_of(id: MusicPlaylistId) -> String {
    format!("{PAGE}/{id}")
}

pub async fn list(refused: &str) -> Result<PlaylistsView, AppError> {
    let (playlists, session) = asked()?;
    let now = playlists.now();
    let rows = playlists.list(session.user).await.map_err(web::fail)?;
    let told = [
        PlaylistError::Nameless,
        PlaylistError::Empty,
        PlaylistError::TooLong,
        PlaylistError::TooLarge,
        PlaylistError::TooMany,
        PlaylistError::Unreadable("it is of another kind".to_owned()),
    ];
    let mut told = told.into_iter().map(AppError::from);
    Ok(PlaylistsView {
        playlists: rows
            .iter()
            .map(|row| PlaylistRow { id: row.id, name: row.name.clone(), about: about(row, now, &session) })
            .collect(),
        periods: PERIODS
            .map(|(value, name)| PeriodOffer {
                value: value.to_owned(),
                name: format!("Top {OF_A_PERIOD} of the {name}"),
            })
            .into(),
        refused: told.find(|error| error.code == refused).map(|error| error.message),
    })
}

fn about(row: &HeadRow, now: time::OffsetDateTime, session: &Session) -> String {
    let tracks = if row.lines == 1 { "1 track".to_owned() } else { format!("{} tracks", grouped(row.lines)) };
    format!("{tracks} · from {} · made {}", row.origin, moment::ago(row.created_at, now, &session.time_zone))
}

pub async fn show(id: &str) -> Result<PlaylistView, AppError> {
    let (playlists, session) = asked()?;
    let id: MusicPlaylistId = id.parse().map_err(|_| web::fail(MusicError::NotFound("playlist")))?;
    let (head, lines) = playlists.one(session.user, id, SHOWN).await.map_err(web::fail)?;
    let exports = expect_context::<Exports>();
    let shown = exports.shown(session.user, Some(id), None).await.map_err(web::fail)?;
    let targets = targets(session.user, id).await.map_err(web::fail)?;
    Ok(PlaylistView {
        id,
        about: about(&head, playlists.now(), &session),
        name: head.name,
        description: head.description,
        lines,
        total: head.lines,
        targets,
        exports: views(shown, id, exports.now(), &session.time_zone),
    })
}

/// The person's accounts at Spotify, and where they allow playlists there if they have not.
async fn targets(user: UserId, playlist: MusicPlaylistId) -> Result<Vec<TargetView>, AppError> {
    let integrations = expect_context::<Integrations>();
    let mut targets = Vec::new();
    let connections = integrations.connections(user).await?;
    for connection in connections.into_iter().filter(|connection| connection.provider == SERVICE) {
        let through = integrations.through(user, connection.id).await.map_err(MusicError::from)?;
        let Some(through) = through else { continue };
        let granted = |scope: &&str| through.scopes.iter().any(|granted| granted == scope);
        let add: String = SCOPES.iter().map(|scope| format!("&add={scope}")).collect();
        let allow = format!("/api/integrations/{SERVICE}?reconnect={}&playlist={playlist}{add}", connection.id);
        targets.push(TargetView {
            connection: connection.id,
            account: through.account_label,
            own_app: through.own_app.is_some(),
            allow: (!SCOPES.iter().all(granted)).then_some(allow),
        });
    }
    Ok(targets)
}

fn views(shown: Shown, playlist: MusicPlaylistId, now: time::OffsetDateTime, zone: &str) -> Vec<ExportView> {
    let Shown { exports, parts, left } = shown;
    let view = |row: crate::music::export::ExportRow| {
        let state = ExportState::parse(&row.state);
        let counts = row.counts;
        let own_left = left.iter().filter(|line| line.export == row.id);
        let own_left: Vec<Left> = own_left
            .map(|line| Left {
                place: line.place,
                name: format!("{} – {}", line.artists.join(", "), line.title),
                state: line.state.clone(),
                choices: serde_json::from_value(line.choices.clone()).unwrap_or_default(),
            })
            .collect();
        let all_left = counts.lines - counts.matched - counts.pending;
        let waits = state.is_open() && row.next_at > now;
        let own_parts = parts.iter().filter(|part| part.export == row.id && !part.removed);
        ExportView {
            id: row.id,
            state,
            about: format!("To «{}» at {NAME}, begun {}", row.account, moment::ago(row.created_at, now, zone)),
            problem: row.problem.as_deref().map(words),
            mend: row.problem.as_deref().and_then(|code| mend(code, row.connection, playlist)),
            next: waits.then(|| format!("It goes on by itself: {}.", moment::stamp(row.next_at, now, zone))),
            counts,
            parts: own_parts
                .map(|part| PartView {
                    number: part.number,
                    url: part.url.clone(),
                    differs: part.differences.as_ref().and_then(differs),
                    checked: part.differences.is_some(),
                })
                .collect(),
            more_left: all_left - i64::try_from(own_left.len()).unwrap_or(0),
            left: own_left,
        }
    };
    exports.into_iter().map(view).collect()
}

/// Why an export waits or stopped.
fn words(code: &str) -> String {
    match code {
        "another_account" => format!(
            "Another {NAME} account answers for this connection than the one you connected, so nothing was written. Reconnect the account you mean, then go on."
        ),
        "missing_scope" => format!("{NAME} does not let Aura make playlists in this account. Allow it, then go on."),
        other => trouble::words(other, NAME),
    }
}

fn mend(code: &str, connection: ConnectionId, playlist: MusicPlaylistId) -> Option<(String, String)> {
    let add: String = SCOPES.iter().map(|scope| format!("&add={scope}")).collect();
    let there = format!("/api/integrations/{SERVICE}?reconnect={connection}&playlist={playlist}{add}");
    match code {
        "missing_scope" => Some((there, format!("Allow it at {NAME}"))),
        "another_account" | "needs_reauth" => Some((there, format!("Reconnect {NAME}"))),
        _ => None,
    }
}

/// How an account's playlist differs from what was written.
fn differs(differences: &Value) -> Option<String> {
    let (missing, extra) =
        (differences["missing_lines"].as_i64().unwrap_or(0), differences["extra"].as_i64().unwrap_or(0));
    let mut told = Vec::new();
    if missing > 0 {
        told.push(format!("{missing} of the tracks that were added are not there"));
    }
    if extra > 0 {
        told.push(format!("{extra} are there that this export did not add"));
    }
    if differences["moved"] == true {
        told.push("the order is another".to_owned());
    }
    (!told.is_empty()).then(|| format!("Read back: {}.", told.join(", ")))
}

pub async fn make(name: &str, period: &str, tracks: &str) -> Result<(), AppError> {
    let (playlists, session) = asked()?;
    let made = if period.is_empty() {
        let new = NewPlaylist { name, description: "", origin: "a list" };
        let lines: Vec<Line> = file::typed(tracks);
        playlists.make(session.user, new, lines).await
    } else {
        let unknown =
            || AppError::new(ErrorKind::Invalid, "period_unknown", "This is no period. Choose one of the list.");
        let period = period.parse().map_err(|_| web::fail(unknown().on_field("period")))?;
        playlists.make_of_period(session.user, name, period, &session.time_zone, OF_A_PERIOD).await
    };
    web::redirect(&page_of(made.map_err(web::fail)?));
    Ok(())
}

pub async fn delete(id: MusicPlaylistId) -> Result<(), AppError> {
    let (playlists, session) = asked()?;
    playlists.delete(session.user, id).await.map_err(web::fail)?;
    web::redirect(PAGE);
    Ok(())
}

pub async fn export(id: MusicPlaylistId, connection: ConnectionId, public: bool) -> Result<(), AppError> {
    let (_, session) = asked()?;
    let exports = expect_context::<Exports>();
    exports.begin(session.user, id, connection, public).await.map_err(web::fail)?;
    web::after_form(&page_of(id));
    Ok(())
}

pub async fn go_on(id: MusicExportId) -> Result<(), AppError> {
    let (exports, session) = of_export()?;
    exports.go_on(session.user, id).await.map_err(web::fail)?;
    back(&exports, session.user, id).await
}

pub async fn undo(id: MusicExportId) -> Result<(), AppError> {
    let (exports, session) = of_export()?;
    exports.undo(session.user, id).await.map_err(web::fail)?;
    back(&exports, session.user, id).await
}

pub async fn choose(id: MusicExportId, place: i32, uri: &str) -> Result<(), AppError> {
    let (exports, session) = of_export()?;
    exports.choose(session.user, id, place, uri).await.map_err(web::fail)?;
    back(&exports, session.user, id).await
}

fn of_export() -> Result<(Exports, Session), AppError> {
    Ok((expect_context::<Exports>(), session::require().map_err(web::fail)?))
}

async fn back(exports: &Exports, user: UserId, id: MusicExportId) -> Result<(), AppError> {
    let shown = exports.shown(user, None, Some(id)).await.map_err(web::fail)?;
    let to = shown.exports.first().map_or_else(|| PAGE.to_owned(), |export| page_of(export.playlist));
    web::after_form(&to);
    Ok(())
}
