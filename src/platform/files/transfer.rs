//! Files that go in and out piece by piece, so that no file is ever in memory as a whole.

use std::{
    io::{Error as IoError, SeekFrom},
    ops::Range,
    pin::Pin,
};

use axum::body::Bytes;
use futures::{Stream, TryStreamExt as _};
use object_store::{Error as StoreError, GetOptions, GetRange, GetResultPayload, buffered::BufWriter};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _},
    sync::mpsc,
    task::{JoinError, JoinHandle},
};
use tokio_util::io::ReaderStream;

use super::{Files, FilesError, Key};

/// What is sent to the store at once: the least that S3 takes of any part but the last.
const PART: usize = 5 * 1024 * 1024;
/// So many parts are under way beside the one that is gathered. What a part holds of the network's buffers takes more than
/// twice its size.
const PARTS_UNDER_WAY: usize = 1;
/// What is read of a folder at once.
const READ_AT_ONCE: usize = 256 * 1024;

/// The pieces of a file, in order.
pub type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, IoError>> + Send>>;

/// A file on its way in. Until it is finished, nothing is there under its key, and when this is dropped before, the
/// store forgets it. A task of its own talks to the store, so that nobody who stops waiting leaves half a call behind.
pub struct Upload {
    pieces: mpsc::Sender<Step>,
    task: JoinHandle<Result<(), FilesError>>,
}

enum Step {
    Piece(Bytes),
    Finish,
}

impl Upload {
    fn start(mut writer: BufWriter) -> Self {
        let (pieces, mut steps) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            while let Some(step) = steps.recv().await {
                match step {
                    Step::Piece(piece) => {
                        if let Err(error) = writer.put(piece).await {
                            let _unheard = writer.abort().await;
                            return Err(error.into());
                        }
                    }
                    Step::Finish => return Ok(writer.shutdown().await?),
                }
            }
            Ok(writer.abort().await?)
        });
        Self { pieces, task }
    }

    /// Adds a piece; waits while too much is under way.
    ///
    /// # Errors
    /// When the store is away or full.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), FilesError> {
        match self.pieces.send(Step::Piece(piece)).await {
            Ok(()) => Ok(()),
            Err(_) => self.ended().await,
        }
    }

    /// Makes the file whole: from now on it is there.
    ///
    /// # Errors
    /// When the store is away or full.
    pub async fn finish(&mut self) -> Result<(), FilesError> {
        // Where nobody takes it, what the task ended with says why.
        let _taken = self.pieces.send(Step::Finish).await;
        self.ended().await
    }

    /// Waits until the store has forgotten what has come so far, unless it was finished before.
    ///
    /// # Errors
    /// When the store is away; what it holds of the file then stays there until it forgets it by itself.
    pub async fn abort(self) -> Result<(), FilesError> {
        drop(self.pieces);
        if self.task.is_finished() {
            return Ok(());
        }
        self.task.await.map_err(broken)?
    }

    async fn ended(&mut self) -> Result<(), FilesError> {
        (&mut self.task).await.map_err(broken)?
    }
}

fn broken(error: JoinError) -> FilesError {
    FilesError::Store(StoreError::JoinError { source: error })
}

impl Files {
    /// Begins a file.
    #[must_use]
    pub fn upload(&self, key: &Key) -> Upload {
        let writer = BufWriter::with_capacity(self.store.clone(), key.place(), PART);
        Upload::start(writer.with_max_concurrency(PARTS_UNDER_WAY))
    }

    /// A file, or the part of it between two places, piece by piece; `None` where it is not there.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn read(&self, key: &Key, part: Option<Range<u64>>) -> Result<Option<Pieces>, FilesError> {
        let options = GetOptions { range: part.map(GetRange::Bounded), ..GetOptions::default() };
        let found = match self.store.get_opts(&key.place(), options).await {
            Ok(found) => found,
            Err(StoreError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Range { start, end } = found.range;
        Ok(Some(match found.payload {
            GetResultPayload::File(file, _) => {
                let mut file = File::from_std(file);
                file.seek(SeekFrom::Start(start)).await?;
                Box::pin(ReaderStream::with_capacity(file.take(end - start), READ_AT_ONCE))
            }
            GetResultPayload::Stream(pieces) => Box::pin(pieces.map_err(IoError::other)),
        }))
    }

    /// Removes what a process that was killed has left of a file on its way in. A bucket forgets that by a rule of its
    /// own, which its owner sets.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn forget_upload(&self, key: &Key) -> Result<(), FilesError> {
        self.delete(key).await?;
        let Some(folder) = &self.folder else { return Ok(()) };
        let place = folder.join(key.place().as_ref());
        let (Some(within), Some(name)) = (place.parent(), place.file_name().and_then(|name| name.to_str())) else {
            return Ok(());
        };
        let Ok(mut listed) = tokio::fs::read_dir(within).await else { return Ok(()) };
        // The store writes beside the place, under the name with a hash sign and a number behind it.
        let begun = format!("{name}#");
        while let Some(entry) = listed.next_entry().await? {
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(&begun)) {
                tokio::fs::remove_file(entry.path()).await?;
            }
        }
        // Empty by now, unless somebody else is quicker.
        let _left = tokio::fs::remove_dir(within).await;
        Ok(())
    }
}
