//! Between the server functions about imports and the service.

use leptos::prelude::expect_context;
use serde_json::Value;

use super::{
    error::ImportError,
    model::{FaultView, ImportState, ImportView, ImportsView},
    reading::Fault,
    row::Skipped,
    service::Imports,
    store::ImportRow,
};
use crate::{
    account::files::model::size,
    error::AppError,
    identity::{
        moment,
        session::{self, Session},
    },
    kit::id::MusicImportId,
    music::error::MusicError,
    platform::web,
};

pub const PAGE: &str = "/music/import";
/// How many imports the page shows.
const SHOWN: i64 = 50;

fn asked() -> Result<(Imports, Session), AppError> {
    Ok((expect_context::<Imports>(), session::require().map_err(web::fail)?))
}

pub async fn show(taken: &str, refused: &str) -> Result<ImportsView, AppError> {
    let (imports, session) = asked()?;
    let rows = imports.list(session.user, SHOWN).await.map_err(web::fail)?;
    let now = imports.now();
    let ago = |row: &ImportRow| moment::ago(row.created_at, now, &session.time_zone);
    let mut known = ImportError::TOLD.into_iter().map(AppError::from);
    Ok(ImportsView {
        imports: rows.iter().map(|row| shown(row, &ago(row))).collect(),
        taken: taken.parse().unwrap_or(0),
        refused: known.find(|error| error.code == refused).map(|error| error.message),
    })
}

fn shown(row: &ImportRow, ago: &str) -> ImportView {
    let state = match row.state.as_str() {
        "reading" => ImportState::Reading,
        "done" => ImportState::Done,
        "removing" => ImportState::Removing,
        "removed" => ImportState::Removed,
        _ => ImportState::Waiting,
    };
    let count = |why: Skipped| row.skipped.get(why.as_str()).and_then(Value::as_i64).unwrap_or(0);
    let skipped = Skipped::ALL.into_iter().filter(|why| count(*why) > 0);
    let faults: Vec<Fault> = serde_json::from_value(row.faults.clone()).unwrap_or_default();
    let all_faults: i64 = Skipped::ALL.into_iter().filter(|why| why.is_fault()).map(count).sum();
    let percent = (row.bytes_read.max(0) * 100).checked_div(row.size).unwrap_or(0).min(100);
    ImportView {
        id: row.id,
        name: row.name.clone(),
        about: format!("{} · {ago}", size(row.size.unsigned_abs())),
        state,
        percent: u8::try_from(percent).unwrap_or(100),
        rows: row.rows_read,
        added: row.added,
        known: row.known,
        merged: row.merged,
        skipped: skipped.map(|why| (why.words().to_owned(), count(why))).collect(),
        more_faults: all_faults - i64::try_from(faults.len()).unwrap_or(0),
        faults: faults.into_iter().map(|Fault { file, row, reason }| FaultView { file, row, reason }).collect(),
        ended_early: row.ended_early.clone(),
    }
}

pub async fn remove(id: &str) -> Result<(), AppError> {
    let (imports, session) = asked()?;
    let id: MusicImportId = id.parse().map_err(|_| web::fail(ImportError::from(MusicError::NotFound("import"))))?;
    imports.remove(session.user, id).await.map_err(web::fail)?;
    web::after_form(PAGE);
    Ok(())
}
