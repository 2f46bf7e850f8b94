//! What a person may change about themselves.

use std::sync::Arc;

use thiserror::Error;
use time::{Duration, OffsetDateTime, macros::format_description};
use time_tz::{OffsetDateTimeExt as _, TimeZone as _, timezones};
use tokio::sync::Semaphore;

use super::{
    model::{self, NameFault, PictureFault, Profile, Theme, WayView},
    picture, store,
};
use crate::{
    error::{AppError, ErrorKind},
    identity::{
        Identity, PersonRow,
        model::avatar_address,
        service::{HandleError, IdentityError},
    },
    kit::id::UserId,
    platform::{
        audit,
        clock::Clock,
        db::Db,
        files::{Files, FilesError, Key},
        jobs::{Jobs, JobsError},
        random::Random,
        telemetry,
    },
};

/// The folder of the file store that pictures of people lie in.
const PICTURES: &str = "avatars";
/// How many pictures are unpacked at once: each may take 160 MB for a moment.
const DRAWN_AT_ONCE: usize = 2;
/// A file without an owner stays this long.
const LEFT_ALONE: Duration = Duration::hours(1);
/// The job that removes a picture which was replaced.
pub(super) const REMOVE_PICTURE: &str = "remove_picture";

/// Why something was not changed.
#[derive(Debug, Error)]
pub enum AccountError {
    /// The name cannot be shown.
    #[error("no name")]
    Name(NameFault),
    /// It is no zone of the IANA database.
    #[error("no such time zone")]
    NoSuchZone,
    /// It is no look.
    #[error("no such theme")]
    NoSuchTheme,
    /// The file cannot be a picture.
    #[error("no picture: {}", .0.code())]
    Picture(PictureFault),
    /// It has changed since it was read.
    #[error("refused: {0}")]
    Refused(AppError),
    /// The account is no longer there.
    #[error("gone")]
    Gone,
    /// The person's ways in could not be read.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Their handle could not be read.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// The file store failed.
    #[error("account: {0}")]
    Files(#[from] FilesError),
    /// The queue failed.
    #[error("account: {0}")]
    Jobs(#[from] JobsError),
    /// Drawing the picture was given up.
    #[error("account: drawing was given up")]
    Drawing,
    /// The database failed.
    #[error("account: the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<PictureFault> for AccountError {
    fn from(fault: PictureFault) -> Self {
        Self::Picture(fault)
    }
}

impl From<AccountError> for AppError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Name(NameFault::Empty) => {
                Self::new(ErrorKind::Unprocessable, "name_empty", "A name has at least one letter or digit.")
                    .on_field("display_name")
            }
            AccountError::Name(NameFault::TooLong) => {
                Self::new(ErrorKind::Unprocessable, "name_too_long", "A name has at most 100 characters.")
                    .on_field("display_name")
            }
            AccountError::NoSuchZone => Self::new(
                ErrorKind::Unprocessable,
                "time_zone_unknown",
                "This is no time zone. Choose one of the list, such as Europe/Berlin.",
            )
            .on_field("time_zone"),
            AccountError::NoSuchTheme => Self::new(
                ErrorKind::Unprocessable,
                "theme_unknown",
                "This is no look. Choose one of the three and save again.",
            ),
            AccountError::Picture(fault) => {
                let kind = match fault {
                    PictureFault::TooLarge => ErrorKind::TooLarge,
                    _ => ErrorKind::Unprocessable,
                };
                Self::new(kind, fault.code(), fault.sentence()).on_field("picture")
            }
            AccountError::Refused(error) => error,
            AccountError::Gone => Self::unauthenticated(),
            AccountError::Identity(error) => error.into(),
            AccountError::Handle(error) => error.into(),
            AccountError::Files(_) => {
                telemetry::report(&error, "account");
                Self::new(
                    ErrorKind::Unavailable,
                    "files_unavailable",
                    "Files cannot be kept or read at the moment. Try again in a few minutes.",
                )
            }
            AccountError::Jobs(_) | AccountError::Drawing | AccountError::Database(_) => {
                telemetry::report(&error, "account");
                Self::internal()
            }
        }
    }
}

/// What is to become another of a profile; the rest stays.
#[derive(Clone, Copy, Default)]
pub struct ProfileEdit<'a> {
    pub display_name: Option<&'a str>,
    pub handle: Option<&'a str>,
    /// IANA name of a zone; the inner none: that of the browser.
    pub time_zone: Option<Option<&'a str>>,
    pub theme: Option<Theme>,
}

/// What strangers see of a person.
pub struct PublicPerson {
    /// Who it is; nobody is shown that.
    pub user: UserId,
    /// IANA name of the zone in which what they show is counted.
    pub time_zone: String,
    pub handle: String,
    pub display_name: String,
    /// Where the picture is.
    pub avatar: Option<String>,
}

/// Names, pictures and preferences.
#[derive(Clone)]
pub struct Account {
    db: Db,
    clock: Clock,
    random: Random,
    files: Files,
    jobs: Jobs,
    identity: Identity,
    drawing: Arc<Semaphore>,
}

impl Account {
    /// Over these parts.
    #[must_use]
    pub fn new(db: Db, clock: Clock, random: Random, files: Files, jobs: Jobs, identity: Identity) -> Self {
        Self { db, clock, random, files, jobs, identity, drawing: Arc::new(Semaphore::new(DRAWN_AT_ONCE)) }
    }

    /// A person, as they see themselves.
    ///
    /// # Errors
    /// When the account is gone or the database is away.
    pub async fn profile(&self, user: UserId) -> Result<Profile, AccountError> {
        let row = store::person(&mut *self.db.acquire().await?, user).await?.ok_or(AccountError::Gone)?;
        let handle = self.identity.handle(user).await?;
        let ways = self.identity.ways_in(user, None).await?;
        let mail = ways.email.iter().map(|address| WayView {
            provider: None,
            name: "Code by e-mail".to_owned(),
            label: address.clone(),
        });
        let accounts = ways.accounts.iter().map(|way| WayView {
            provider: Some(way.provider.clone()),
            name: way.name.clone(),
            label: way.label.clone(),
        });
        let ways_in = mail.chain(accounts).collect();
        Ok(Profile {
            handle,
            ways: ways_in,
            email: ways.email,
            display_name: row.display_name,
            avatar: row.avatar_key.as_deref().map(avatar_address),
            theme: Theme::parse(&row.theme).unwrap_or_default(),
            member_since: day(row.created_at, &row.time_zone),
            last_signed_in: row.last_signed_in_at.map(|moment| day_and_time(moment, &row.time_zone)),
            time_zone: row.time_zone,
            time_zone_chosen: row.time_zone_chosen,
        })
    }

    /// What strangers see at an address with this handle; `None` where there is nobody.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn public_person(&self, written: &str) -> Result<Option<PublicPerson>, AccountError> {
        let Some(owner) = self.identity.handle_owner(written).await? else { return Ok(None) };
        let row = store::person(&mut *self.db.acquire().await?, owner.user).await?;
        Ok(row.map(|row| PublicPerson {
            user: owner.user,
            time_zone: row.time_zone,
            handle: owner.current,
            display_name: row.display_name,
            avatar: row.avatar_key.as_deref().map(avatar_address),
        }))
    }

    /// A person, as programs are shown them.
    ///
    /// # Errors
    /// When the account is gone or the database is away.
    pub async fn person(&self, user: UserId) -> Result<PersonRow, AccountError> {
        Ok(self.identity.person(user).await?)
    }

    /// Changes several things at once, or nothing. `seen` is asked with what is there now, and may refuse; until the
    /// change is done nobody else makes one.
    ///
    /// # Errors
    /// When `seen` refuses, something of it cannot be taken, or the database is away.
    pub async fn change(
        &self,
        user: UserId,
        edit: &ProfileEdit<'_>,
        seen: impl FnOnce(PersonRow) -> Result<(), AppError>,
    ) -> Result<PersonRow, AccountError> {
        let mut tx = self.db.begin().await?;
        seen(self.identity.person_within(&mut tx, user).await?).map_err(AccountError::Refused)?;
        if let Some(typed) = edit.display_name {
            let name = model::display_name(typed).map_err(AccountError::Name)?;
            store::set_display_name(&mut tx, user, &name).await?;
        }
        if let Some(theme) = edit.theme {
            store::set_theme(&mut tx, user, theme.as_str()).await?;
        }
        if let Some(zone) = edit.time_zone {
            store::choose_time_zone(&mut tx, user, zone.map(known_zone).transpose()?).await?;
        }
        // Last, because a handle that is taken meanwhile ends the transaction.
        if let Some(handle) = edit.handle {
            self.identity.take_handle_within(&mut tx, user, handle).await?;
        }
        let row = self.identity.person_within(&mut tx, user).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Changes the name, and gives it as it is kept.
    ///
    /// # Errors
    /// When it cannot be shown, or the database is away.
    pub async fn rename(&self, user: UserId, typed: &str) -> Result<String, AccountError> {
        let name = model::display_name(typed).map_err(AccountError::Name)?;
        store::set_display_name(&mut *self.db.acquire().await?, user, &name).await?;
        Ok(name)
    }

    /// Changes the look.
    ///
    /// # Errors
    /// When it is none of the three, or the database is away.
    pub async fn set_theme(&self, user: UserId, theme: &str) -> Result<Theme, AccountError> {
        let theme = Theme::parse(theme).ok_or(AccountError::NoSuchTheme)?;
        store::set_theme(&mut *self.db.acquire().await?, user, theme.as_str()).await?;
        Ok(theme)
    }

    /// Chooses the zone in which «today» is meant; nothing typed: that of the browser, from the next sign-in on.
    ///
    /// # Errors
    /// When there is no such zone, or the database is away.
    pub async fn choose_time_zone(&self, user: UserId, typed: &str) -> Result<(), AccountError> {
        let typed = typed.trim();
        let zone = (!typed.is_empty()).then(|| known_zone(typed)).transpose()?;
        store::choose_time_zone(&mut *self.db.acquire().await?, user, zone).await?;
        Ok(())
    }

    /// Draws this person's picture from a file that they sent, and removes the one they had.
    ///
    /// # Errors
    /// When the file cannot be a picture, or the file store or the database is away.
    pub async fn set_picture(
        &self,
        user: UserId,
        file: Vec<u8>,
        file_name: Option<String>,
    ) -> Result<(), AccountError> {
        let _turn = self.drawing.acquire().await.map_err(|_| AccountError::Drawing)?;
        let drawn = tokio::task::spawn_blocking(move || picture::redraw(&file, file_name.as_deref()));
        let drawn = drawn.await.map_err(|_| AccountError::Drawing)??;
        let key = Key::new(&self.random, PICTURES, drawn.extension);
        self.files.put(&key, drawn.bytes).await?;
        let replaced = self.replace(user, Some(&key)).await;
        if replaced.is_err() {
            // Nothing points to it; where this fails too, the file stays and the log says so.
            if let Err(error) = self.files.delete(&key).await {
                telemetry::report(&error, "removing a picture that nobody has");
            }
        }
        replaced
    }

    /// Takes this person's picture away; initials are drawn from then on.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn remove_picture(&self, user: UserId) -> Result<(), AccountError> {
        self.replace(user, None).await
    }

    /// Removes what lies in the file store for a person who leaves for good.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget(&self, user: UserId) -> Result<(), AccountError> {
        let mut tx = self.db.begin().await?;
        if let Some(picture) = store::replace_avatar(&mut tx, user, None).await? {
            let payload = serde_json::json!({ "key": picture });
            self.jobs.enqueue(&mut tx, REMOVE_PICTURE, Some(&picture), payload).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The old file is removed by a job that exists exactly when the change does.
    async fn replace(&self, user: UserId, key: Option<&Key>) -> Result<(), AccountError> {
        let mut tx = self.db.begin().await?;
        let before = store::replace_avatar(&mut tx, user, key.map(Key::name)).await?;
        if let Some(before) = before {
            let payload = serde_json::json!({ "key": before });
            self.jobs.enqueue(&mut tx, REMOVE_PICTURE, Some(&before), payload).await?;
        }
        let detail = serde_json::json!({ "picture": if key.is_some() { "changed" } else { "removed" } });
        audit::record(&mut tx, &self.random, self.clock.now(), user, "picture_changed", detail).await?;
        Ok(tx.commit().await?)
    }

    /// A picture by the name in its address, with the type it is served as.
    ///
    /// # Errors
    /// When the file store is away.
    pub async fn picture(&self, name: &str) -> Result<Option<(Vec<u8>, &'static str)>, AccountError> {
        let Some(key) = Key::parse(PICTURES, name) else { return Ok(None) };
        let Some(media_type) = picture::media_type(key.extension()) else { return Ok(None) };
        Ok(self.files.get(&key).await?.map(|bytes| (bytes, media_type)))
    }

    /// Removes files that are nobody's picture: what a crash or the deletion of an account left behind. Those of the
    /// last hour stay, because their person's row may be about to name them.
    ///
    /// # Errors
    /// When the file store or the database is away.
    pub async fn sweep_pictures(&self) -> Result<usize, AccountError> {
        let before = self.clock.now() - LEFT_ALONE;
        let used = async |names: Vec<String>| Ok(store::system::pictures_in_use(&self.db, &names).await?);
        self.files.sweep(PICTURES, before, used).await
    }

    /// Removes the file of a picture that was replaced.
    ///
    /// # Errors
    /// When the file store is away.
    pub async fn discard_picture(&self, name: &str) -> Result<(), AccountError> {
        match Key::parse(PICTURES, name) {
            Some(key) => Ok(self.files.delete(&key).await?),
            None => Ok(()),
        }
    }
}

fn known_zone(typed: &str) -> Result<&'static str, AccountError> {
    timezones::iter().find(|zone| zone.name() == typed).map(|zone| zone.name()).ok_or(AccountError::NoSuchZone)
}

/// The zones that are offered: those named after a place, and UTC.
#[must_use]
pub fn time_zones() -> Vec<String> {
    let mut names: Vec<String> = timezones::iter()
        .map(|zone| zone.name())
        .filter(|name| *name == "UTC" || (name.contains('/') && !name.starts_with("Etc/") && !name.starts_with("US/")))
        .map(str::to_owned)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn local(moment: OffsetDateTime, zone: &str) -> OffsetDateTime {
    timezones::get_by_name(zone).map_or(moment, |zone| moment.to_timezone(zone))
}

fn day(moment: OffsetDateTime, zone: &str) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year]");
    local(moment, zone).format(format).unwrap_or_default()
}

fn day_and_time(moment: OffsetDateTime, zone: &str) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute]");
    local(moment, zone).format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_offered_zones_are_known_and_few_enough_to_send() {
        let zones = time_zones();
        assert!((350..620).contains(&zones.len()), "{}", zones.len());
        for zone in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata"] {
            assert!(zones.iter().any(|known| known == zone), "{zone}");
        }
        assert!(zones.iter().all(|zone| timezones::get_by_name(zone).is_some()));
    }

    #[test]
    fn days_are_those_of_the_person() {
        let moment = datetime!(2026-03-31 23:30 UTC);
        assert_eq!(day(moment, "Asia/Tokyo"), "1 April 2026");
        assert_eq!(day_and_time(moment, "Asia/Tokyo"), "1 April 2026, 08:30");
        assert_eq!(day(moment, "Nowhere/Land"), "31 March 2026");
    }
}
