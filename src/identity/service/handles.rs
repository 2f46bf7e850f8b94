//! The names in addresses: taking one, keeping those one had, and where each leads.

use sqlx::PgConnection;
use thiserror::Error;
use time::Duration;

use super::Identity;
use crate::{
    error::{AppError, ErrorKind},
    identity::{
        handle::{self, HandleFault},
        model::Availability,
        store::{self, HandleOwner},
    },
    kit::id::UserId,
    platform::{audit, db::Constraint as _, telemetry},
};

/// How many new handles a person may take in a day.
const A_DAY: i64 = 3;
/// How many may be theirs in all: a handle that was given up stays taken.
const IN_ALL: i64 = 10;

/// Why a handle was not taken.
#[derive(Debug, Error)]
pub enum HandleError {
    /// It can be nobody's.
    #[error("no handle")]
    Fault(HandleFault),
    /// It is somebody else's, or was.
    #[error("taken")]
    Taken,
    /// Too many new ones since yesterday.
    #[error("too many changes in a day")]
    TooOften,
    /// Too many in all.
    #[error("too many handles")]
    TooMany,
    /// The database failed.
    #[error("handles: the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<HandleError> for AppError {
    fn from(error: HandleError) -> Self {
        match error {
            HandleError::Fault(fault) => Self::new(ErrorKind::Unprocessable, "handle_invalid", fault.sentence()),
            HandleError::Taken => {
                Self::new(ErrorKind::Conflict, "handle_taken", "Somebody has this handle. Choose another.")
            }
            HandleError::TooOften => Self::new(
                ErrorKind::Unprocessable,
                "handle_too_often",
                "You took three new handles since yesterday. Try again tomorrow, or go back to one you had.",
            ),
            HandleError::TooMany => Self::new(
                ErrorKind::Unprocessable,
                "handle_too_many",
                "Ten handles are yours already, and none of them is given to anybody else. Go back to one of those.",
            ),
            HandleError::Database(_) => {
                telemetry::report(&error, "handles");
                return Self::internal();
            }
        }
        .on_field("handle")
    }
}

impl Identity {
    /// The handle that a person has now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn handle(&self, user: UserId) -> Result<Option<String>, HandleError> {
        Ok(store::handle_of(&mut *self.db.acquire().await?, user).await?)
    }

    /// Where a handle in an address leads; `None` for what is no handle, nobody's, or of somebody suspended.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn handle_owner(&self, written: &str) -> Result<Option<HandleOwner>, HandleError> {
        // An address is taken as it is: what is put right in a form would be a second address here.
        let handle = handle::parse(written).ok().filter(|handle| handle.eq_ignore_ascii_case(written));
        let Some(handle) = handle else { return Ok(None) };
        Ok(store::owner_of_handle(&mut *self.db.acquire().await?, &handle).await?)
    }

    /// Whether a person could take this handle now.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn handle_availability(&self, user: UserId, typed: &str) -> Result<Availability, HandleError> {
        let handle = match handle::parse(typed) {
            Ok(handle) => handle,
            Err(fault) => return Ok(Availability::No { why: fault.sentence().to_owned() }),
        };
        let mut connection = self.db.acquire().await?;
        let holder = store::holder_of_handle(&mut connection, &handle).await?;
        Ok(match holder {
            None => Availability::Free { handle },
            Some(holder) if holder == user => Availability::Yours { handle },
            Some(_) => Availability::No { why: AppError::from(HandleError::Taken).message },
        })
    }

    /// Gives a person this handle. The one they had until now stays theirs and leads to it. Of two people who take the
    /// same one at once, one gets it.
    ///
    /// # Errors
    /// When it is no handle, somebody else's, one too many, or the database is away.
    pub async fn take_handle(&self, user: UserId, typed: &str) -> Result<String, HandleError> {
        let mut tx = self.db.begin().await?;
        let handle = self.take_handle_within(&mut tx, user, typed).await?;
        tx.commit().await?;
        Ok(handle)
    }

    /// The same in the caller's transaction, which has to end when this is refused.
    ///
    /// # Errors
    /// As [`Identity::take_handle`].
    pub async fn take_handle_within(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        typed: &str,
    ) -> Result<String, HandleError> {
        let handle = handle::parse(typed).map_err(HandleError::Fault)?;
        let now = self.clock.now();
        // One change of a person at a time, so that the counts hold.
        store::lock_key(tx, &format!("handles {user}")).await?;
        if store::handle_of(tx, user).await?.as_deref() == Some(&*handle) {
            return Ok(handle);
        }
        store::lay_down_handle(tx, user).await?;
        if !store::take_up_handle(tx, user, &handle).await? {
            if store::holder_of_handle(tx, &handle).await?.is_some() {
                return Err(HandleError::Taken);
            }
            let (lately, all) = store::count_handles(tx, user, now - Duration::days(1)).await?;
            if all >= IN_ALL {
                return Err(HandleError::TooMany);
            }
            if lately >= A_DAY {
                return Err(HandleError::TooOften);
            }
            let inserted = store::insert_handle(tx, user, &handle, now).await;
            inserted.on_constraint("handles_pkey", || HandleError::Taken)?;
        }
        audit::record(tx, &self.random, now, user, "handle_changed", serde_json::json!({})).await?;
        Ok(handle)
    }
}
