//! The devices that apps run on: what they are called, how they are told news, and sending them away.

use sqlx::PgConnection;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Identity, IdentityError, ProgramDevice};
use crate::{
    error::{AppError, ErrorKind},
    identity::store::{self, NewDevice, ProgramDeviceRow},
    kit::id::{DeviceId, SessionId, UserId},
    platform::{
        audit,
        bus::Topic,
        crypto::{Place, VaultError},
        telemetry,
    },
};

/// How many devices a person can have.
pub const DEVICES: i64 = 50;

/// Why nothing was done with a device.
#[derive(Debug, Error)]
pub enum DeviceError {
    /// There is no such device of theirs.
    #[error("no such device")]
    NoSuchDevice,
    /// They have as many as there can be.
    #[error("too many devices")]
    TooMany,
    /// A push token could not be sealed.
    #[error("identity: sealing a push token failed: {0}")]
    Sealing(#[from] VaultError),
    /// Everything else.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl From<sqlx::Error> for DeviceError {
    fn from(error: sqlx::Error) -> Self {
        Self::Identity(error.into())
    }
}

impl From<DeviceError> for AppError {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::NoSuchDevice => Self::not_found("device"),
            DeviceError::TooMany => Self::new(
                ErrorKind::Conflict,
                "too_many_devices",
                format!("There can be {DEVICES} devices. Remove one that you no longer use, then add this one."),
            ),
            DeviceError::Sealing(error) => {
                telemetry::report(&error, "push tokens");
                Self::internal()
            }
            DeviceError::Identity(error) => error.into(),
        }
    }
}

/// What about a device is to become another.
#[derive(Clone, Copy, Default)]
pub struct DeviceChange<'a> {
    pub name: Option<&'a str>,
    pub app_version: Option<&'a str>,
    /// `Some(None)` takes it away.
    pub push_token: Option<Option<&'a str>>,
}

impl Identity {
    /// The person's devices, the newest first, from before one on; at most so many.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn devices(
        &self,
        user: UserId,
        before: Option<DeviceId>,
        most: i64,
    ) -> Result<Vec<ProgramDeviceRow>, DeviceError> {
        let mut connection = self.db.acquire().await?;
        Ok(store::devices_of(&mut connection, user, before, most).await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// When it is none of theirs, or the database is away.
    pub async fn own_device(&self, user: UserId, id: DeviceId) -> Result<ProgramDeviceRow, DeviceError> {
        let mut connection = self.db.acquire().await?;
        store::own_device(&mut connection, user, id).await?.ok_or(DeviceError::NoSuchDevice)
    }

    /// Adds a device, which the session that asks is on from then on.
    ///
    /// # Errors
    /// When there are as many as there can be, or the database is away.
    pub async fn add_device(
        &self,
        user: UserId,
        session: SessionId,
        device: &ProgramDevice<'_>,
        push_token: Option<&str>,
    ) -> Result<ProgramDeviceRow, DeviceError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::lock_person(&mut tx, user).await?;
        if store::count_devices(&mut tx, user).await? >= DEVICES {
            return Err(DeviceError::TooMany);
        }
        let id = self.insert_device(&mut tx, user, device, now).await?;
        if let Some(token) = push_token {
            let change = DeviceChange { push_token: Some(Some(token)), ..DeviceChange::default() };
            self.change(&mut tx, user, id, change).await?;
        }
        store::set_session_device(&mut tx, user, session, id).await?;
        let detail = serde_json::json!({ "device": device.name });
        audit::record(&mut tx, &self.random, now, user, "device_added", detail).await?;
        let row = store::own_device(&mut tx, user, id).await?.ok_or(DeviceError::NoSuchDevice)?;
        tx.commit().await?;
        Ok(row)
    }

    /// Changes what is given about a device, and shows it.
    ///
    /// # Errors
    /// When it is none of theirs, or the database is away.
    pub async fn change_device(
        &self,
        user: UserId,
        id: DeviceId,
        change: DeviceChange<'_>,
    ) -> Result<ProgramDeviceRow, DeviceError> {
        let mut tx = self.db.begin().await?;
        self.change(&mut tx, user, id, change).await?;
        let row = store::own_device(&mut tx, user, id).await?.ok_or(DeviceError::NoSuchDevice)?;
        tx.commit().await?;
        Ok(row)
    }

    /// Takes a device away and ends what is signed in on it.
    ///
    /// # Errors
    /// When it is none of theirs, or the database is away.
    pub async fn remove_device(&self, user: UserId, id: DeviceId) -> Result<(), DeviceError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let Some((name, sessions)) = self.drop_device(&mut tx, user, id, now).await? else {
            return Err(DeviceError::NoSuchDevice);
        };
        let detail = serde_json::json!({ "device": name, "sessions": sessions });
        audit::record(&mut tx, &self.random, now, user, "device_removed", detail).await?;
        Ok(tx.commit().await?)
    }

    /// The row of the device that a person signs in from, made where there is none of theirs. Whether it is new. Where
    /// there are as many as there can be, the one that nobody has used for the longest time makes room.
    pub(super) async fn device_of(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        device: &ProgramDevice<'_>,
        now: OffsetDateTime,
    ) -> Result<(DeviceId, bool), IdentityError> {
        if let Some(id) = device.id
            && store::note_device(tx, user, id, device.app_version, now).await?
        {
            return Ok((id, false));
        }
        store::lock_person(tx, user).await?;
        if store::count_devices(tx, user).await? >= DEVICES
            && let Some(old) = store::unused_longest(tx, user).await?
            && let Some((name, sessions)) = self.drop_device(tx, user, old, now).await?
        {
            let detail = serde_json::json!({ "device": name, "sessions": sessions, "made_room": true });
            audit::record(tx, &self.random, now, user, "device_removed", detail).await?;
        }
        Ok((self.insert_device(tx, user, device, now).await?, true))
    }

    async fn insert_device(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        device: &ProgramDevice<'_>,
        now: OffsetDateTime,
    ) -> Result<DeviceId, IdentityError> {
        let id: DeviceId = self.random.id(now);
        let new =
            NewDevice { id, user, name: device.name, platform: device.platform, app_version: device.app_version, now };
        store::insert_device(tx, &new).await?;
        Ok(id)
    }

    /// Its name, and how many sessions ended; nothing where it is none of theirs. The device is locked before its
    /// sessions, as renewing and signing in do it: whoever signs in on it at this moment is out too, or on a new one.
    async fn drop_device(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        id: DeviceId,
        now: OffsetDateTime,
    ) -> Result<Option<(String, usize)>, IdentityError> {
        if !store::lock_device(tx, user, id).await? {
            return Ok(None);
        }
        let ended = store::end_sessions_of_device(tx, user, id, now).await?;
        for session in &ended {
            self.bus.notify(tx, Topic::SessionEnded, &session.to_string()).await?;
        }
        let name = store::delete_device(tx, user, id).await?;
        Ok(name.map(|name| (name, ended.len())))
    }

    async fn change(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        id: DeviceId,
        change: DeviceChange<'_>,
    ) -> Result<(), DeviceError> {
        let seal = |token: &str| {
            let place = Place {
                table: "devices",
                column: "sealed_push_token",
                row: id.into(),
                owner: Uuid::from(user),
                provider: "",
            };
            self.vault.seal(&place, token.as_bytes())
        };
        let sealed = match change.push_token {
            Some(Some(token)) => Some(Some(seal(token)?)),
            Some(None) => Some(None),
            None => None,
        };
        let sealed = sealed.as_ref().map(Option::as_deref);
        if store::change_device(tx, user, id, change.name, change.app_version, sealed).await? {
            return Ok(());
        }
        Err(DeviceError::NoSuchDevice)
    }
}
