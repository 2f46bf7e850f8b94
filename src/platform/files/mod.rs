//! The files that people upload: kept under keys that are made here, never under a name that somebody sent.

use std::{path::Path, sync::Arc};

use futures::TryStreamExt as _;
use object_store::{
    Error as StoreError, ObjectStore, ObjectStoreExt as _, PutPayload, local::LocalFileSystem, path::Path as Place,
};

use time::OffsetDateTime;

use super::random::Random;

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

/// Where one file lies: a folder of ours and a name that nobody can guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    folder: &'static str,
    name: String,
}

const RANDOM: usize = 16;

impl Key {
    /// A new one. The extension, without a dot, says what the file was written as.
    #[must_use]
    pub fn new(random: &Random, folder: &'static str, extension: &'static str) -> Self {
        let name = hex::encode(random.bytes::<RANDOM>());
        Self { folder, name: format!("{name}.{extension}") }
    }

    /// One that was made here before; `None` for everything else, so that no path can be smuggled in.
    #[must_use]
    pub fn parse(folder: &'static str, name: &str) -> Option<Self> {
        let (random, extension) = name.split_once('.')?;
        let made = random.len() == 2 * RANDOM
            && random.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit))
            && (1..=5).contains(&extension.len())
            && extension.bytes().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit());
        made.then(|| Self { folder, name: name.to_owned() })
    }

    /// The name within its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it was written as, without a dot.
    #[must_use]
    pub fn extension(&self) -> &str {
        self.name.split_once('.').map_or("", |(_, extension)| extension)
    }

    fn place(&self) -> Place {
        Place::from_iter([self.folder, &self.name])
    }
}

/// The file store of this installation.
#[derive(Clone)]
pub struct Files(Arc<dyn ObjectStore>);

impl Files {
    /// In a folder of this machine, which is made where it is not there.
    ///
    /// # Errors
    /// When it cannot be made or opened.
    pub fn local(folder: &Path) -> Result<Self, FilesError> {
        std::fs::create_dir_all(folder)?;
        // What was acknowledged is on the disk.
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self(Arc::new(store)))
    }

    /// Keeps a file. It is there whole or not at all.
    ///
    /// # Errors
    /// When the store is away or full.
    pub async fn put(&self, key: &Key, bytes: Vec<u8>) -> Result<(), FilesError> {
        self.0.put(&key.place(), PutPayload::from(bytes)).await?;
        Ok(())
    }

    /// The file, if it is there.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, FilesError> {
        match self.0.get(&key.place()).await {
            Ok(found) => Ok(Some(found.bytes().await?.into())),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The files of a folder, each with the moment it was kept.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn list(&self, folder: &'static str) -> Result<Vec<(Key, OffsetDateTime)>, FilesError> {
        let found: Vec<_> = self.0.list(Some(&Place::from(folder))).try_collect().await?;
        let files = found.into_iter().filter_map(|file| {
            let key = Key::parse(folder, file.location.filename()?)?;
            Some((key, OffsetDateTime::from_unix_timestamp(file.last_modified.timestamp()).ok()?))
        });
        Ok(files.collect())
    }

    /// Removes a file; one that is not there is removed already.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn delete(&self, key: &Key) -> Result<(), FilesError> {
        match self.0.delete(&key.place()).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_made_here_is_a_key() {
        let key = Key::new(&Random::seeded(1), "avatars", "png");
        assert_eq!(Key::parse("avatars", key.name()), Some(key.clone()));
        assert_eq!(key.extension(), "png");
        let name = "0123456789abcdef0123456789abcdef";
        for wrong in [
            String::new(),
            name.to_owned(),
            format!("{name}."),
            format!("{name}.p/g"),
            format!("{name}.png.png"),
            format!("{}.png", name.to_uppercase()),
            format!("../{name}.png"),
            format!("..%2f{}.png", &name[5..]),
            "../../../../etc/passwd".to_owned(),
            format!("{}/{}.png", &name[..15], &name[..16]),
            format!("{name}.pn\0"),
        ] {
            assert_eq!(Key::parse("avatars", &wrong), None, "{wrong}");
        }
    }

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
        let listed: Vec<Key> = files.list("avatars").await.unwrap().into_iter().map(|(key, _)| key).collect();
        assert_eq!(listed, std::slice::from_ref(&key));
        assert!(files.list("other").await.unwrap().is_empty());
        for _ in 0..2 {
            files.delete(&key).await.unwrap();
        }
        assert_eq!(files.get(&key).await.unwrap(), None);
    }
}
