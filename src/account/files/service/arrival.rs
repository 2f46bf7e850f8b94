//! A file on its way in.

use std::{pin::pin, time::Duration};

use axum::body::Bytes;
use futures::{Stream, StreamExt as _};
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;

use super::{FOLDER, MOST_ARRIVING, MOST_FILES, UserFiles, questions::WAITS};
use crate::{
    account::files::{
        error::FileError,
        inspection::Inspection,
        kind::Kind,
        name,
        store::{self, FileRow, NewFile},
    },
    kit::id::{FileId, UserId},
    platform::{
        files::{Key, Upload},
        telemetry,
    },
};

/// So long nothing may come.
const SILENCE: Duration = Duration::from_secs(60);

/// What a file is uploaded for.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// To be kept.
    Kept,
    /// For a question, where it may have so many bytes and must have some.
    Question { most: u64 },
}

/// What a sender says of a file before it comes.
pub struct Arriving<'a> {
    pub name: &'a str,
    /// Its `Content-Type`; empty where nothing is said.
    pub media_type: &'a str,
    /// In bytes; none where it is not known.
    pub size: Option<u64>,
}

impl UserFiles {
    /// Keeps a file that comes piece by piece.
    ///
    /// # Errors
    /// When its name, kind, size or content does not fit, it does not come to its end, or the store or the database is
    /// away. Nothing of it is kept then.
    pub async fn keep<E>(
        &self,
        user: UserId,
        arriving: Arriving<'_>,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<FileRow, FileError> {
        self.keep_as(user, arriving, Purpose::Kept, pieces).await
    }

    pub(super) async fn keep_as<E>(
        &self,
        user: UserId,
        arriving: Arriving<'_>,
        purpose: Purpose,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<FileRow, FileError> {
        let name = name::clean(arriving.name).ok_or(FileError::NoName)?;
        let extension = name::extension(&name).ok_or(FileError::NoExtension)?;
        let kind = Kind::by_extension(&extension).ok_or(FileError::KindNotTaken)?;
        if !kind.may_be_called(arriving.media_type) {
            return Err(FileError::CalledOther);
        }
        let (mut arrival, most) = self.begin(user, &name, kind, arriving.size, purpose).await?;
        let received = arrival.receive(kind, most, pieces).await;
        match received {
            Ok((0, _)) if matches!(purpose, Purpose::Question { .. }) => Err(FileError::Empty),
            Ok((size, digest)) => arrival.finish(size, &digest).await,
            Err(FileError::NoRoom { .. }) => Err(self.too_much(user, most, purpose).await),
            Err(error) => Err(error),
        }
        .inspect_err(|error| tracing::info!(%error, "a file was not kept"))
    }

    /// Sets room aside: what was announced, or else all that is left. How much may come, in bytes.
    async fn begin(
        &self,
        user: UserId,
        name: &str,
        kind: &Kind,
        announced: Option<u64>,
        purpose: Purpose,
    ) -> Result<(Arrival, u64), FileError> {
        let (now, largest) = (self.clock.now(), self.largest(purpose));
        if announced.is_some_and(|size| size > largest) {
            return Err(FileError::TooLarge { most: largest });
        }
        let mut tx = self.db.begin().await?;
        let taken = store::taken_locked(&mut tx, user).await?;
        if taken.arriving >= MOST_ARRIVING {
            return Err(FileError::TooManyAtOnce);
        }
        if taken.files >= MOST_FILES {
            return Err(FileError::TooMany);
        }
        let left = self.limits.quota.saturating_sub(taken.size.unsigned_abs());
        if announced.map_or(left == 0, |size| size > left) {
            return Err(FileError::NoRoom { left });
        }
        let most = announced.unwrap_or(largest.min(left));
        let id: FileId = self.random.id(now);
        let key = Key::named(&self.random, FOLDER, name);
        let size = i64::try_from(most).unwrap_or(i64::MAX);
        let (purpose, passes_at) = match purpose {
            Purpose::Kept => ("kept", None),
            Purpose::Question { .. } => ("question", Some(now + WAITS)),
        };
        let media_type = kind.media_type;
        let new = NewFile { id, user, key: key.name(), name, media_type, size, purpose, passes_at, now };
        store::insert_arriving(&mut tx, &new).await?;
        tx.commit().await?;
        let upload = Some(self.files.upload(&key));
        Ok((Arrival { of: self.clone(), user, id, key, upload, kept: false }, most))
    }

    fn largest(&self, purpose: Purpose) -> u64 {
        match purpose {
            Purpose::Kept => self.limits.largest,
            Purpose::Question { most } => most.min(self.limits.largest),
        }
    }

    /// Whether a file without an announced size met the largest size or the end of the room.
    async fn too_much(&self, user: UserId, most: u64, purpose: Purpose) -> FileError {
        if most == self.largest(purpose) {
            return FileError::TooLarge { most };
        }
        match self.room(user).await {
            Ok(room) => FileError::NoRoom { left: room.quota.saturating_sub(room.used).min(most) },
            Err(error) => error,
        }
    }
}

/// One file on its way. However this ends, also when its sender is gone, nothing stays behind that is not whole.
struct Arrival {
    of: UserFiles,
    user: UserId,
    id: FileId,
    key: Key,
    upload: Option<Upload>,
    kept: bool,
}

impl Arrival {
    /// Hands everything on to the store: size and SHA-256 of what came.
    async fn receive<E>(
        &mut self,
        kind: &'static Kind,
        most: u64,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<(u64, [u8; 32]), FileError> {
        let mut pieces = pin!(pieces);
        let (mut size, mut digest, mut inspection) = (0_u64, Sha256::new(), Inspection::new(kind));
        while let Some(piece) = timeout(SILENCE, pieces.next()).await.map_err(|_| FileError::CutOff)? {
            let piece = piece.map_err(|_| FileError::CutOff)?;
            size += piece.len() as u64;
            if size > most {
                return Err(FileError::NoRoom { left: 0 });
            }
            inspection.read(&piece)?;
            digest.update(&piece);
            if let Some(upload) = &mut self.upload {
                upload.write(piece).await?;
            }
        }
        inspection.finish()?;
        Ok((size, digest.finalize().into()))
    }

    async fn finish(mut self, size: u64, digest: &[u8]) -> Result<FileRow, FileError> {
        if let Some(upload) = &mut self.upload {
            upload.finish().await?;
        }
        let (now, size) = (self.of.clock.now(), i64::try_from(size).unwrap_or(i64::MAX));
        let mut connection = self.of.db.acquire().await?;
        let row = store::arrived(&mut connection, self.user, self.id, size, digest, now).await?;
        self.kept = row.is_some();
        // Its person has left meanwhile.
        row.ok_or(FileError::NoSuchFile)
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let (of, user, id, key, upload) = (self.of.clone(), self.user, self.id, self.key.clone(), self.upload.take());
        tokio::spawn(async move {
            let forgotten = async {
                if let Some(upload) = upload {
                    upload.abort().await?;
                }
                // Where the row shows the file already, nobody waited for that any more, and it stays.
                if store::remove_arriving(&mut *of.db.acquire().await?, user, id).await? {
                    of.files.delete(&key).await?;
                }
                Ok::<_, FileError>(())
            };
            // The sweep does it again.
            if let Err(error) = forgotten.await {
                telemetry::report(&error, "forgetting a file that did not arrive");
            }
        });
    }
}
