//! What leaving does, across all features.

use thiserror::Error;
use time::OffsetDateTime;

use crate::{
    account::{
        Account,
        files::{FileError, UserFiles},
        service::AccountError,
    },
    error::AppError,
    identity::{Identity, service::IdentityError},
    integrations::{Integrations, Readings, model::Verdict, service::Error as ConnectionError},
    kit::id::UserId,
    platform::{clock::Clock, telemetry},
    team::{TeamError, Teams},
};

/// Why somebody did not leave.
#[derive(Debug, Error)]
pub enum DepartureError {
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Files(#[from] FileError),
    #[error(transparent)]
    Teams(#[from] TeamError),
    #[error(transparent)]
    Connections(#[from] ConnectionError),
}

impl From<DepartureError> for AppError {
    fn from(error: DepartureError) -> Self {
        match error {
            DepartureError::Identity(error) => error.into(),
            DepartureError::Account(error) => error.into(),
            DepartureError::Files(error) => error.into(),
            DepartureError::Teams(error) => error.into(),
            DepartureError::Connections(error) => error.into(),
        }
    }
}

/// What became of a person's access to services; it stands in the log when the person is gone.
#[derive(Default)]
struct Given {
    revoked: u32,
    unsupported: u32,
    failed: u32,
}

/// People who leave.
#[derive(Clone)]
pub struct Departures {
    clock: Clock,
    identity: Identity,
    account: Account,
    files: UserFiles,
    teams: Teams,
    integrations: Integrations,
}

impl Departures {
    /// Over the features that keep something outside of the database.
    #[must_use]
    pub fn new(
        clock: Clock,
        identity: Identity,
        account: Account,
        files: UserFiles,
        teams: Teams,
        integrations: Integrations,
    ) -> Self {
        Self { clock, identity, account, files, teams, integrations }
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Lets the account be removed in a week: when exactly.
    ///
    /// # Errors
    /// When the account is gone or the database is away.
    pub async fn begin(&self, user: UserId) -> Result<OffsetDateTime, DepartureError> {
        Ok(self.identity.leave(user).await?)
    }

    /// Removes everybody whose week is over; how many. Whoever could not be removed is tried again by the next sweep.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn sweep(&self) -> Result<usize, DepartureError> {
        let mut gone = 0;
        for user in self.identity.due_departures().await? {
            match self.remove(user).await {
                Ok(removed) => gone += usize::from(removed),
                Err(error) => telemetry::report(&error, "removing an account"),
            }
        }
        Ok(gone)
    }

    /// Each step can be done twice, so a crash between two of them leaves nothing behind.
    async fn remove(&self, user: UserId) -> Result<bool, DepartureError> {
        let Given { revoked, unsupported, failed } = self.disconnect(user).await?;
        self.account.forget(user).await?;
        self.files.forget(user).await?;
        self.teams.forget(user).await?;
        let detail = serde_json::json!({ "revoked": revoked, "not_revocable": unsupported, "not_revoked": failed });
        Ok(self.identity.erase(user, detail).await?)
    }

    /// Gives every access back. A service that does not answer keeps nobody here.
    async fn disconnect(&self, user: UserId) -> Result<Given, DepartureError> {
        let mut given = Given::default();
        for connection in self.integrations.connections(user).await? {
            match self.integrations.disconnect(user, connection.id, Readings::Keep).await.map(|done| done.verdict) {
                Ok(Verdict::Revoked) => given.revoked += 1,
                Ok(Verdict::Unsupported) => given.unsupported += 1,
                Ok(Verdict::Failed) => given.failed += 1,
                // Its person, or another sweep, was quicker.
                Err(ConnectionError::NotFound(_)) => {}
                Err(error) => {
                    telemetry::report(&error, "disconnecting for somebody who leaves");
                    given.failed += 1;
                }
            }
        }
        Ok(given)
    }
}
