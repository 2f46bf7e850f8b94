use std::{pin::pin, time::Duration as Wait};

use axum::body::Bytes;
use futures::{Stream, StreamExt as _};
use serde_json::{Value, json};
use time::Duration;
use tokio::{runtime::Handle, sync::mpsc, time::timeout};

use super::{
    error::ImportError,
    reading::{self, Batch, Fault, MOST_FAULTS, Place, Step},
    source_file::{Gauge, SourceFile},
    store::{self, ImportRow, NewImport},
};
use crate::{
    kit::id::{MusicImportId, UserId},
    music::{Music, error::MusicError, genres::Genres, heard::Heard, names, source::SourceKind, store as plays},
    platform::{
        clock::Clock,
        db::Db,
        files::{Files, Key},
        jobs::Jobs,
        random::Random,
    },
};

/// The folder of the file store that they lie in.
const FOLDER: &str = "imports";
/// The largest file, in bytes.
pub const LARGEST: u64 = 512 * 1024 * 1024;
/// How many of a person's files wait at once.
const MOST_OPEN: i64 = 10;
/// So long nothing may come.
const SILENCE: Wait = Wait::from_secs(60);
/// After so long without a step whoever read is taken to be gone.
const FORSAKEN: Duration = Duration::minutes(2);
/// No file lies so long without a row.
const SURELY_OVER: Duration = Duration::hours(2);
const TAKEN_BACK_AT_ONCE: i64 = 5_000;
const SWEPT_AT_ONCE: i64 = 500;
/// The job that reads an import.
pub(super) const READ: &str = "read_music_import";
/// The job that takes one back.
pub(super) const TAKE_BACK: &str = "take_back_music_import";

/// Files of plays that people bring.
#[derive(Clone)]
pub struct Imports {
    db: Db,
    clock: Clock,
    random: Random,
    files: Files,
    jobs: Jobs,
    music: Music,
}

/// What an [`Imports`] is made of.
pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub files: Files,
    pub jobs: Jobs,
    pub music: Music,
}

impl Imports {
    /// Over the given parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { db, clock, random, files, jobs, music } = parts;
        Self { db, clock, random, files, jobs, music }
    }

    /// Takes a file that comes piece by piece, and has it read.
    ///
    /// # Errors
    /// When it is empty, too large or cut off, too many wait, or the store or the database is away. Nothing is kept then.
    pub async fn take<E>(
        &self,
        user: UserId,
        name: &str,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<MusicImportId, ImportError> {
        if store::count_open(&mut *self.db.acquire().await?, user).await? >= MOST_OPEN {
            return Err(ImportError::TooMany);
        }
        let name: String = names::cleaned(name).unwrap_or_else(|| "file".to_owned()).chars().take(255).collect();
        let key = Key::new(&self.random, FOLDER, "plays");
        let mut upload = self.files.upload(&key);
        let (mut pieces, mut size) = (pin!(pieces), 0_u64);
        while let Some(piece) = timeout(SILENCE, pieces.next()).await.map_err(|_| ImportError::CutOff)? {
            let piece = piece.map_err(|_| ImportError::CutOff)?;
            size += piece.len() as u64;
            if size > LARGEST {
                return Err(ImportError::TooLarge);
            }
            upload.write(piece).await?;
        }
        if size == 0 {
            return Err(ImportError::Empty);
        }
        upload.finish().await?;
        // From here on the sweep removes what has no row.
        let now = self.clock.now();
        let id: MusicImportId = self.random.id(now);
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let mut tx = self.db.begin().await?;
        plays::lock(&mut tx, user).await?;
        if store::count_open(&mut tx, user).await? >= MOST_OPEN {
            return Err(ImportError::TooMany);
        }
        store::insert(&mut tx, &NewImport { id, user, key: key.name(), name: &name, size, now }).await?;
        self.enqueue(&mut tx, READ, id).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn enqueue(
        &self,
        connection: &mut sqlx::PgConnection,
        task: &'static str,
        id: MusicImportId,
    ) -> Result<(), ImportError> {
        let key = id.to_string();
        Ok(self.jobs.enqueue(connection, task, Some(&key), json!({ "import": key })).await?)
    }

    /// A person's imports, the newest first.
    ///
    /// # Errors
    /// When the database is away.
    pub(super) async fn list(&self, user: UserId, rows: i64) -> Result<Vec<ImportRow>, ImportError> {
        Ok(store::list(&mut *self.db.acquire().await?, user, rows).await?)
    }

    /// Reads an import from where it was left to its end. Where another process reads it as well, one of the two stops.
    ///
    /// # Errors
    /// When the store or the database is away; then it goes on from the same place another time.
    pub async fn read(&self, id: MusicImportId) -> Result<(), ImportError> {
        let begun = store::begin(&mut *self.db.acquire().await?, id, self.clock.now()).await?;
        let Some(mut import) = begun else { return Ok(()) };
        let Some(key) = import.key.as_deref().and_then(|key| Key::parse(FOLDER, key)) else {
            store::finish(&mut *self.db.acquire().await?, id, import.user, self.clock.now()).await?;
            return Ok(());
        };
        let gauge = Gauge::default();
        let size = import.size.unsigned_abs();
        let file = SourceFile::new(self.files.clone(), key.clone(), size, Handle::current(), gauge.clone());
        let (steps, mut told) = mpsc::channel(1);
        let from = Place { entry: import.entry, row: import.entry_row };
        let (name, latest) = (import.name.clone(), self.clock.now() + Duration::DAY);
        let thread = tokio::task::spawn_blocking(move || {
            reading::read(file, &gauge, &name, from, latest, move |step| steps.blocking_send(step).is_ok());
        });
        while let Some(step) = told.recv().await {
            match step {
                Step::Batch(batch) => {
                    if !self.write(&mut import, *batch).await? {
                        return Ok(());
                    }
                }
                Step::End => {
                    let mut tx = self.db.begin().await?;
                    store::finish(&mut tx, id, import.user, self.clock.now()).await?;
                    Genres::enqueue(self.jobs, &mut tx, import.user).await?;
                    tx.commit().await?;
                    self.files.delete(&key).await?;
                }
                Step::Away => {
                    return Err(ImportError::Interrupted("the file store is away"));
                }
            }
        }
        if thread.await.is_err() {
            return Err(ImportError::Interrupted("its thread ended by a fault"));
        }
        Ok(())
    }

    /// Writes what was read and the place behind it, both or neither: whether to go on.
    async fn write(&self, import: &mut ImportRow, batch: Batch) -> Result<bool, ImportError> {
        let before = Place { entry: import.entry, row: import.entry_row };
        let mut kinds: Vec<(SourceKind, Vec<Heard>)> =
            SourceKind::ALL.into_iter().map(|kind| (kind, Vec::new())).collect();
        for (kind, heard) in batch.plays {
            if let Some((_, plays)) = kinds.iter_mut().find(|(of, _)| *of == kind) {
                plays.push(heard);
            }
        }
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        plays::lock(&mut tx, import.user).await?;
        for (kind, heard) in kinds.into_iter().filter(|(_, heard)| !heard.is_empty()) {
            let source = plays::source(&mut tx, self.random.id(now), import.user, kind, "", now).await?;
            let recorded = self.music.record_in(&mut tx, import.user, source, Some(import.id), &heard).await?;
            import.added += i64::try_from(recorded.added).unwrap_or(0);
            import.known += i64::try_from(recorded.known).unwrap_or(0);
            import.merged += i64::try_from(recorded.merged).unwrap_or(0);
        }
        import.entry = batch.next.entry;
        import.entry_row = batch.next.row;
        import.bytes_read = i64::try_from(batch.bytes).unwrap_or(i64::MAX).min(import.size);
        import.rows_read += batch.rows;
        for (why, rows) in batch.skipped {
            let so_far = import.skipped.get(why.as_str()).and_then(Value::as_i64).unwrap_or(0);
            import.skipped[why.as_str()] = json!(so_far + rows);
        }
        if !batch.faults.is_empty() {
            let mut faults: Vec<Fault> = serde_json::from_value(import.faults.take()).unwrap_or_default();
            faults.extend(batch.faults);
            faults.truncate(MOST_FAULTS);
            import.faults = json!(faults);
        }
        if let Some(sentence) = batch.broke_off {
            let between = if import.ended_early.is_empty() { "" } else { " " };
            import.ended_early = format!("{}{between}{sentence}", import.ended_early).chars().take(2_000).collect();
        }
        let ours = store::advance(&mut tx, import, before, now).await?;
        if ours {
            tx.commit().await?;
        }
        Ok(ours)
    }

    /// Takes back what an import brought, or stops it where it is being read.
    ///
    /// # Errors
    /// When there is no such import of theirs, or the database is away.
    pub async fn remove(&self, user: UserId, id: MusicImportId) -> Result<(), ImportError> {
        let mut tx = self.db.begin().await?;
        if !store::remove(&mut tx, id, user, self.clock.now()).await? {
            return Err(MusicError::NotFound("import").into());
        }
        self.enqueue(&mut tx, TAKE_BACK, id).await?;
        Ok(tx.commit().await?)
    }

    /// Removes the plays of an import that is being taken back, in steps. It can be done twice.
    ///
    /// # Errors
    /// When the store or the database is away.
    pub async fn take_back(&self, id: MusicImportId) -> Result<(), ImportError> {
        let of = store::removing(&mut *self.db.acquire().await?, id).await?;
        let Some((user, key)) = of else { return Ok(()) };
        if let Some(key) = key.as_deref().and_then(|key| Key::parse(FOLDER, key)) {
            self.files.delete(&key).await?;
        }
        loop {
            let now = self.clock.now();
            let mut tx = self.db.begin().await?;
            plays::lock(&mut tx, user).await?;
            if store::take_back(&mut tx, id, user, TAKEN_BACK_AT_ONCE, now).await? == 0 {
                store::removed(&mut tx, id, user, now).await?;
                plays::forget_names(&mut tx, user).await?;
                return Ok(tx.commit().await?);
            }
            tx.commit().await?;
        }
    }

    /// Has those gone on with that nobody works on any more, and removes files that no import needs. How many.
    ///
    /// # Errors
    /// When the store or the database is away.
    pub async fn sweep(&self) -> Result<usize, ImportError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        for (id, removing) in store::forsaken(&mut tx, now - FORSAKEN, SWEPT_AT_ONCE).await? {
            self.enqueue(&mut tx, if removing { TAKE_BACK } else { READ }, id).await?;
        }
        tx.commit().await?;
        let used = async |keys: Vec<String>| {
            Ok::<_, ImportError>(store::keys_in_use(&mut *self.db.acquire().await?, &keys).await?)
        };
        self.files.sweep(FOLDER, now - SURELY_OVER, used).await
    }

    /// The time by which imports are told to be old.
    pub(super) fn now(&self) -> time::OffsetDateTime {
        self.clock.now()
    }
}
