//! What one can do with teams.

use sqlx::PgConnection;
use thiserror::Error;
use time::OffsetDateTime;

use super::{model::Role, store};
use crate::{
    error::AppError,
    kit::id::{TeamId, UserId},
    platform::{random::Random, telemetry},
};

/// Teams and their members.
#[derive(Clone)]
pub struct Teams {
    random: Random,
}

/// Why a team could not be used.
#[derive(Debug, Error)]
pub enum TeamError {
    /// The database refused or is away.
    #[error("teams: the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<TeamError> for AppError {
    fn from(error: TeamError) -> Self {
        telemetry::report(&error, "teams");
        Self::internal()
    }
}

impl Teams {
    /// Over the given source of ids.
    #[must_use]
    pub fn new(random: Random) -> Self {
        Self { random }
    }

    /// The person's own team, made on first use, in the caller's transaction. Two callers at once get the same one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn personal(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<TeamId, TeamError> {
        if let Some(team) = store::personal(connection, user).await? {
            return Ok(team);
        }
        let team = store::upsert_personal(connection, user, self.random.id(now), now).await?;
        store::upsert_member(connection, team, user, Role::Owner, now).await?;
        Ok(team)
    }
}
