use semver::Version;
use thiserror::Error;
use url::Url;

use super::{
    store::{self, AppVersionRow},
    version,
};
use crate::{
    error::{AppError, ErrorKind},
    kit::id::{AppVersionId, UserId},
    platform::{audit, clock::Clock, db::Db, random::Random, telemetry},
};

const LONGEST_TEXT: usize = 2_000;

/// Why a version was not published or taken back.
#[derive(Debug, Error)]
pub enum AppVersionError {
    /// It is no version.
    #[error("not a version")]
    Version,
    /// The address is none of a store.
    #[error("not an address")]
    StoreUrl,
    /// The notes are too long, or hold what no line of text does.
    #[error("not notes")]
    Notes,
    /// It was published before.
    #[error("published already")]
    Known,
    /// There is no such version.
    #[error("no such version")]
    Unknown,
    /// The database failed.
    #[error("app versions: the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<AppVersionError> for AppError {
    fn from(error: AppVersionError) -> Self {
        let unprocessable =
            |code: &str, told: &str, field: &str| Self::new(ErrorKind::Unprocessable, code, told).on_field(field);
        match error {
            AppVersionError::Version => {
                unprocessable("version_invalid", "A version is written like 2.4.1 or 2.5.0-beta.1.", "version")
            }
            AppVersionError::StoreUrl => unprocessable(
                "store_url_invalid",
                "The store's address begins with https:// and has 2000 characters at most.",
                "store_url",
            ),
            AppVersionError::Notes => {
                unprocessable("notes_invalid", "Notes are text of 2000 characters at most.", "notes")
            }
            AppVersionError::Known => Self::new(
                ErrorKind::Conflict,
                "version_known",
                "This version is there already. Remove it first to publish it anew.",
            ),
            AppVersionError::Unknown => Self::not_found("version"),
            AppVersionError::Database(_) => {
                telemetry::report(&error, "app versions");
                Self::internal()
            }
        }
    }
}

/// A version to be published.
#[derive(Clone, Copy)]
pub struct NewAppVersion<'a> {
    /// As rows have it.
    pub platform: &'a str,
    pub version: &'a str,
    pub required: bool,
    pub store_url: &'a str,
    pub notes: &'a str,
}

/// The versions of a platform that count.
pub struct Counting {
    pub newest: Option<AppVersionRow>,
    /// The newest that is required.
    pub minimum: Option<AppVersionRow>,
}

/// The versions of the apps.
#[derive(Clone)]
pub struct AppVersions {
    db: Db,
    clock: Clock,
    random: Random,
}

impl AppVersions {
    /// Over the given parts.
    #[must_use]
    pub fn new(db: Db, clock: Clock, random: Random) -> Self {
        Self { db, clock, random }
    }

    /// Publishes a version, from the next request on.
    ///
    /// # Errors
    /// When something of it is not as it must be, it is there already, or the database is away.
    pub async fn publish(&self, operator: UserId, new: NewAppVersion<'_>) -> Result<AppVersionRow, AppVersionError> {
        let version = version::read(new.version).ok_or(AppVersionError::Version)?;
        let version = version::written(&version);
        let store_url = Url::parse(new.store_url).ok().filter(|url| url.scheme() == "https" && url.has_host());
        let store_url = String::from(store_url.ok_or(AppVersionError::StoreUrl)?);
        // It stands in a header between these.
        if store_url.len() > LONGEST_TEXT || store_url.contains(['<', '>', '"']) {
            return Err(AppVersionError::StoreUrl);
        }
        let control = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
        if new.notes.chars().count() > LONGEST_TEXT || new.notes.chars().any(control) {
            return Err(AppVersionError::Notes);
        }
        if version.len() > 50 {
            return Err(AppVersionError::Version);
        }
        let now = self.clock.now();
        let row = AppVersionRow {
            id: self.random.id(now),
            platform: new.platform.to_owned(),
            version,
            required: new.required,
            store_url,
            notes: new.notes.to_owned(),
            created_at: now,
        };
        let mut tx = self.db.begin().await?;
        if !store::insert(&mut tx, &row).await? {
            return Err(AppVersionError::Known);
        }
        let detail = serde_json::json!({ "platform": row.platform, "version": row.version, "required": row.required });
        audit::record(&mut tx, &self.random, now, operator, "app_version_published", detail).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Takes a version back, from the next request on.
    ///
    /// # Errors
    /// When there is no such version, or the database is away.
    pub async fn take_back(&self, operator: UserId, platform: &str, typed: &str) -> Result<(), AppVersionError> {
        let version = version::written(&version::read(typed).ok_or(AppVersionError::Unknown)?);
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if !store::delete(&mut tx, platform, &version).await? {
            return Err(AppVersionError::Unknown);
        }
        let detail = serde_json::json!({ "platform": platform, "version": version });
        audit::record(&mut tx, &self.random, now, operator, "app_version_taken_back", detail).await?;
        Ok(tx.commit().await?)
    }

    /// All versions, the newest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn list(&self, after: Option<AppVersionId>, rows: i64) -> Result<Vec<AppVersionRow>, AppVersionError> {
        Ok(store::page(&mut *self.db.acquire().await?, after, rows).await?)
    }

    /// The newest version of a platform, and the oldest that is served.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn counting(&self, platform: &str) -> Result<Counting, AppVersionError> {
        let mut counting = Counting { newest: None, minimum: None };
        let (mut newest, mut minimum): (Option<Version>, Option<Version>) = (None, None);
        for row in store::of_platform(&mut *self.db.acquire().await?, platform).await? {
            let Some(version) = version::read(&row.version) else { continue };
            let exceeds =
                |best: &Option<Version>| best.as_ref().is_none_or(|best| best.cmp_precedence(&version).is_lt());
            if row.required && exceeds(&minimum) {
                minimum = Some(version.clone());
                counting.minimum = Some(row.clone());
            }
            if exceeds(&newest) {
                newest = Some(version);
                counting.newest = Some(row);
            }
        }
        Ok(counting)
    }

    /// Where an app of this version is updated, if it is too old; none for what is no version or no platform.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn update_of(&self, platform: &str, says: &str) -> Result<Option<(String, String)>, AppVersionError> {
        let Some(says) = version::read(says) else { return Ok(None) };
        let Counting { newest, minimum } = self.counting(platform).await?;
        let Some(minimum) = minimum.as_ref().and_then(|row| version::read(&row.version)) else { return Ok(None) };
        let update = newest.filter(|_| version::is_older(&says, &minimum));
        Ok(update.map(|newest| (version::written(&minimum), newest.store_url)))
    }
}
