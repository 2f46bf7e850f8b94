//! The files that people upload: kept under keys that are made here, never under a name that somebody sent.

mod bucket;
mod key;
mod transfer;

use std::{
    future::Future,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures::TryStreamExt as _;
use object_store::{
    Error as StoreError, ObjectStore, ObjectStoreExt as _, PutPayload, local::LocalFileSystem, path::Path as Place,
};
use time::OffsetDateTime;

use super::{config::FileSettings, http::Http};

pub use self::{
    key::Key,
    transfer::{Pieces, Upload},
};

/// The file store failed. The text names a place of ours, not what somebody uploaded.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The folder cannot be made or opened.
    #[error("the folder for uploaded files cannot be used; look at FILES_DIR: {0}")]
    Folder(#[from] std::io::Error),
    /// The store itself failed.
    #[error("the file store failed: {0}")]
    Store(#[from] StoreError),
}

/// The file store of this installation.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// The folder, where it is one of this machine.
    folder: Option<PathBuf>,
}

/// How many files a sweep asks about at once.
const SWEPT_AT_ONCE: usize = 1_000;

impl Files {
    /// Where the settings say. A bucket is not asked for yet, so Aura starts while it is away.
    ///
    /// # Errors
    /// When the folder cannot be made or opened, or the bucket's settings make no address.
    pub fn open(settings: &FileSettings, http: &Http) -> Result<Self, FilesError> {
        match settings {
            FileSettings::Folder(folder) => Self::local(folder),
            FileSettings::Bucket(bucket) => Ok(Self { store: Arc::new(bucket::open(bucket, http)?), folder: None }),
        }
    }

    /// In a folder of this machine, which is made where it is not there.
    ///
    /// # Errors
    /// When it cannot be made or opened.
    pub fn local(folder: &Path) -> Result<Self, FilesError> {
        std::fs::create_dir_all(folder)?;
        // What was acknowledged is on the disk.
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store), folder: Some(folder.to_owned()) })
    }

    /// Keeps a file. It is there whole or not at all.
    ///
    /// # Errors
    /// When the store is away or full.
    pub async fn put(&self, key: &Key, bytes: Vec<u8>) -> Result<(), FilesError> {
        self.store.put(&key.place(), PutPayload::from(bytes)).await?;
        Ok(())
    }

    /// The file, if it is there.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, FilesError> {
        match self.store.get(&key.place()).await {
            Ok(found) => Ok(Some(found.bytes().await?.into())),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the files of a folder that were kept before a moment and that `used` does not name; how many. What was
    /// kept later stays, because a row may be about to name it. Nobody else's place of the folder is looked at.
    ///
    /// # Errors
    /// When the store is away, or `used` fails.
    pub async fn sweep<E, F>(
        &self,
        folder: &'static str,
        before: OffsetDateTime,
        used: impl Fn(Vec<String>) -> F,
    ) -> Result<usize, E>
    where
        E: From<FilesError>,
        F: Future<Output = Result<Vec<String>, E>>,
    {
        let mut listed =
            self.store.list(Some(&Place::from(folder))).map_err(FilesError::from).try_chunks(SWEPT_AT_ONCE);
        let mut gone = 0;
        while let Some(found) = listed.try_next().await.map_err(|error| error.1)? {
            let old = found.into_iter().filter(|file| file.last_modified.timestamp() < before.unix_timestamp());
            let keys: Vec<Key> = old
                .filter_map(|file| {
                    let within: Vec<_> = file.location.parts().skip(1).map(|part| part.as_ref().to_owned()).collect();
                    Key::parse(folder, &within.join("/"))
                })
                .collect();
            let used = used(keys.iter().map(|key| key.name().to_owned()).collect()).await?;
            for key in keys.iter().filter(|key| !used.iter().any(|used| used == key.name())) {
                self.delete(key).await?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    /// Removes a file; one that is not there is removed already.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn delete(&self, key: &Key) -> Result<(), FilesError> {
        match self.store.delete(&key.place()).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::random::Random;

    #[tokio::test]
    async fn a_file_comes_back_and_goes() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::local(&folder.path().join("new")).unwrap();
        let random = Random::seeded(1);
        let (key, other) = (Key::new(&random, "avatars", "png"), Key::new(&random, "avatars", "png"));
        files.put(&key, b"one".to_vec()).await.unwrap();
        files.put(&key, b"two".to_vec()).await.unwrap();
        assert_eq!(files.get(&key).await.unwrap().as_deref(), Some(&b"two"[..]));
        assert_eq!(files.get(&other).await.unwrap(), None);
        for _ in 0..2 {
            files.delete(&key).await.unwrap();
        }
        assert_eq!(files.get(&key).await.unwrap(), None);
    }
}
