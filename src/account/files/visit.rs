//! Between the server functions about files and the service.

use leptos::prelude::expect_context;

use super::{
    error::FileError,
    kind::Kind,
    model::{FileView, FilesView, Said, size},
    refusals::RefusedFile,
    service::{Room, UserFiles},
    store::FileRow,
};
use crate::{
    error::AppError,
    identity::{
        moment,
        session::{self, Session},
    },
    kit::id::FileId,
    platform::web,
};

const PAGE: &str = "/settings/files";
/// How many files a page shows.
const SHOWN: usize = 50;

fn asked() -> Result<(UserFiles, Session), AppError> {
    Ok((expect_context::<UserFiles>(), session::require().map_err(web::fail)?))
}

pub async fn show(older: &str, said: &str, kept: &str, refused: &str) -> Result<FilesView, AppError> {
    let (files, session) = asked()?;
    let after: Option<FileId> = older.parse().ok();
    let mut rows = files.list(session.user, after, SHOWN as i64 + 1).await.map_err(web::fail)?;
    let room = files.room(session.user).await.map_err(web::fail)?;
    let more = rows.len() > SHOWN;
    rows.truncate(SHOWN);
    let show = |row: &FileRow| FileView {
        id: row.id,
        name: row.name.clone(),
        size: size(row.size.unsigned_abs()),
        added: moment::ago(row.created_at, files.now(), &session.time_zone),
    };
    let said = told(said, kept.parse().ok(), &files.refused(session.user, refused), &room);
    let Room { used, quota, largest } = room;
    Ok(FilesView {
        older: rows.last().filter(|_| more).map(|row| row.id.to_string()),
        files: rows.iter().map(show).collect(),
        used,
        quota,
        largest: size(largest),
        accepted: Kind::all_extensions(),
        said,
    })
}

pub async fn delete(id: &str) -> Result<(), AppError> {
    let (files, session) = asked()?;
    let id: FileId = id.parse().map_err(|_| web::fail(FileError::NoSuchFile))?;
    files.delete(session.user, id).await.map_err(web::fail)?;
    web::after_form(&format!("{PAGE}?file=deleted"));
    Ok(())
}

/// What a code in the address stands for. The words are ours, whoever wrote the address, but for the names of files.
fn told(code: &str, kept: Option<u16>, files: &[RefusedFile], room: &Room) -> Option<Said> {
    match code {
        "" => return None,
        "kept" => return Some(Said::Kept(kept.unwrap_or(1))),
        "deleted" => return Some(Said::Deleted),
        _ => {}
    }
    let refusals = [
        FileError::NoSuchFile,
        FileError::NoName,
        FileError::NoExtension,
        FileError::KindNotTaken,
        FileError::CalledOther,
        FileError::OtherKind,
        FileError::Mixed,
        FileError::NoText,
        FileError::TooManyPixels,
        FileError::TooLarge { most: room.largest },
        FileError::NoRoom { left: room.quota.saturating_sub(room.used) },
        FileError::TooMany,
        FileError::TooManyAtOnce,
        FileError::Missing,
        FileError::CutOff,
    ];
    let known: Vec<AppError> = refusals.into_iter().map(AppError::from).collect();
    let sentence = |code: &str| known.iter().find(|error| error.code == code).map(|error| error.message.as_str());
    let each = |file: &RefusedFile| Some(format!("«{}»: {}", file.name, sentence(&file.code)?));
    let mut told: Vec<String> = files.iter().filter_map(each).collect();
    if told.is_empty() {
        told.push(sentence(code)?.to_owned());
    }
    Some(Said::Refused { kept: kept.unwrap_or(0), told })
}
