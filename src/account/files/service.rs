mod arrival;
mod questions;

use std::ops::Range;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use time::{Duration, OffsetDateTime};
use url::Url;

use super::{
    address,
    error::FileError,
    refusals::{self, RefusedFile},
    store::{self, FileRow},
};
use crate::{
    kit::id::{FileId, UserId},
    platform::{
        audit,
        clock::Clock,
        config::FileLimits,
        crypto::Keys,
        db::Db,
        files::{Files, Key, Pieces},
        jobs::Jobs,
        random::Random,
    },
};

pub use arrival::Arriving;

/// The folder of the file store that they lie in.
const FOLDER: &str = "files";
/// How many files a person has at most.
const MOST_FILES: i64 = 10_000;
/// How many of a person's files are on their way at once.
const MOST_ARRIVING: i64 = 4;
/// The job that removes a file from the store.
pub(super) const REMOVE_FILE: &str = "remove_file";
/// The job that removes several.
pub(super) const REMOVE_FILES: &str = "remove_files";
/// Longer than any file takes to arrive.
const SURELY_OVER: Duration = Duration::hours(2);
/// How many files are removed in one step.
const REMOVED_AT_ONCE: i64 = 500;
/// How many calls to the store are under way for that.
const CALLS_AT_ONCE: usize = 8;

/// Files that people keep here.
#[derive(Clone)]
pub struct UserFiles {
    db: Db,
    clock: Clock,
    random: Random,
    keys: Keys,
    files: Files,
    jobs: Jobs,
    limits: FileLimits,
    public_url: Url,
}

/// What a [`UserFiles`] is made of.
pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub keys: Keys,
    pub files: Files,
    pub jobs: Jobs,
    pub limits: FileLimits,
    /// Where signed addresses begin.
    pub public_url: Url,
}

/// How much of their room a person uses, in bytes.
pub struct Room {
    pub used: u64,
    pub quota: u64,
    /// The largest file.
    pub largest: u64,
}

/// An address that opens a file to whoever has it.
pub struct SignedAddress {
    pub address: Url,
    pub expires_at: OffsetDateTime,
}

impl UserFiles {
    /// Over the given parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { db, clock, random, keys, files, jobs, limits, public_url } = parts;
        Self { db, clock, random, keys, files, jobs, limits, public_url }
    }

    /// A person's files, the newest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn list(&self, user: UserId, after: Option<FileId>, rows: i64) -> Result<Vec<FileRow>, FileError> {
        Ok(store::list(&mut *self.db.acquire().await?, user, after, rows).await?)
    }

    /// How much of their room they use.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn room(&self, user: UserId) -> Result<Room, FileError> {
        let taken = store::taken(&mut *self.db.acquire().await?, user).await?;
        let FileLimits { largest, quota } = self.limits;
        Ok(Room { used: taken.size.unsigned_abs(), quota, largest })
    }

    /// One of their files.
    ///
    /// # Errors
    /// When there is no such file of theirs, or the database is away.
    pub async fn file(&self, user: UserId, id: FileId) -> Result<FileRow, FileError> {
        store::file(&mut *self.db.acquire().await?, user, id).await?.ok_or(FileError::NoSuchFile)
    }

    /// What is in a file, or in a part of it.
    ///
    /// # Errors
    /// When the store has lost it or is away.
    pub async fn content(&self, file: &FileRow, part: Option<Range<u64>>) -> Result<Pieces, FileError> {
        let key = Key::parse(FOLDER, &file.key).ok_or(FileError::NoSuchFile)?;
        self.files.read(&key, part).await?.ok_or_else(|| {
            tracing::error!(file = %file.id, "a file is not in the store");
            FileError::NoSuchFile
        })
    }

    /// An address that opens one of their files until its time is over, at most five minutes.
    ///
    /// # Errors
    /// When there is no such file of theirs, it is to last too long, or the database is away.
    pub async fn address(&self, user: UserId, id: FileId, lasts: Duration) -> Result<SignedAddress, FileError> {
        if lasts < Duration::SECOND || lasts > address::LONGEST {
            return Err(FileError::AddressLasts);
        }
        let file = self.file(user, id).await?;
        let expires_at = (self.clock.now() + lasts).replace_nanosecond(0).unwrap_or_else(|_| self.clock.now());
        Ok(SignedAddress { address: address::sign(&self.keys, &self.public_url, file.id, expires_at), expires_at })
    }

    /// The file that a signed address opens.
    ///
    /// # Errors
    /// When it is no address of ours, its time is over, the file is gone, or the database is away.
    pub async fn signed(&self, id: &str, expires: &str, signature: &str) -> Result<FileRow, FileError> {
        let id = address::verify(&self.keys, id, expires, signature, self.clock.now())?;
        store::file_by_secret(&mut *self.db.acquire().await?, id).await?.ok_or(FileError::NoSuchFile)
    }

    /// Deletes one of their files: nobody is given it from now on, and a job that exists from the same moment on
    /// removes it from the store.
    ///
    /// # Errors
    /// When there is no such file of theirs, or the database is away.
    pub async fn delete(&self, user: UserId, id: FileId) -> Result<(), FileError> {
        let mut tx = self.db.begin().await?;
        let (key, name) = store::remove(&mut tx, user, id).await?.ok_or(FileError::NoSuchFile)?;
        self.jobs.enqueue(&mut tx, REMOVE_FILE, Some(&key), serde_json::json!({ "key": key })).await?;
        let detail = serde_json::json!({ "file": name });
        audit::record(&mut tx, &self.random, self.clock.now(), user, "file_deleted", detail).await?;
        Ok(tx.commit().await?)
    }

    /// Removes a deleted file from the store.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn discard(&self, key: &str) -> Result<(), FileError> {
        match Key::parse(FOLDER, key) {
            Some(key) => Ok(self.files.delete(&key).await?),
            None => Ok(()),
        }
    }

    /// The same for several.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn discard_all(&self, keys: Vec<String>) -> Result<(), FileError> {
        stream::iter(keys)
            .map(|key| async move { self.discard(&key).await })
            .buffer_unordered(CALLS_AT_ONCE)
            .try_collect()
            .await
    }

    /// Removes all files of a person who leaves for good, from the store first. It can be done twice.
    ///
    /// # Errors
    /// When the store or the database is away.
    pub async fn forget(&self, user: UserId) -> Result<(), FileError> {
        loop {
            let keys = store::some_keys(&mut *self.db.acquire().await?, user, REMOVED_AT_ONCE).await?;
            if keys.is_empty() {
                return Ok(());
            }
            stream::iter(keys.clone())
                .map(|key| async move { self.forget_upload(&key).await })
                .buffer_unordered(CALLS_AT_ONCE)
                .try_collect::<()>()
                .await?;
            store::remove_keys(&mut *self.db.acquire().await?, user, &keys).await?;
        }
    }

    /// Removes what nobody wants any more: files whose question was never sent, and what a crash has left, rows of files
    /// that never arrived and files without a row. How many.
    ///
    /// # Errors
    /// When the store or the database is away.
    pub async fn sweep(&self) -> Result<usize, FileError> {
        let before = self.clock.now() - SURELY_OVER;
        let stale = store::system::stale_arrivals(&self.db, before, REMOVED_AT_ONCE).await?;
        for key in &stale {
            self.forget_upload(key).await?;
            store::system::remove_stale(&self.db, key).await?;
        }
        let passed = store::system::remove_passed(&self.db, self.clock.now(), REMOVED_AT_ONCE).await?;
        let gone = stale.len() + passed.len();
        self.discard_all(passed).await?;
        let used = async |keys: Vec<String>| Ok::<_, FileError>(store::system::keys_in_use(&self.db, &keys).await?);
        Ok(gone + self.files.sweep(FOLDER, before, used).await?)
    }

    async fn forget_upload(&self, key: &str) -> Result<(), FileError> {
        match Key::parse(FOLDER, key) {
            Some(key) => Ok(self.files.forget_upload(&key).await?),
            None => Ok(()),
        }
    }

    /// Files that a form of this person was refused for, as its next address names them.
    #[must_use]
    pub fn sign_refused(&self, user: UserId, files: &[RefusedFile]) -> String {
        refusals::sign(&self.keys, user, files)
    }

    /// The files that such an address names; none where it is not theirs.
    #[must_use]
    pub fn refused(&self, user: UserId, signed: &str) -> Vec<RefusedFile> {
        refusals::verify(&self.keys, user, signed)
    }

    /// The time by which files are told to be old.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }
}
