//! What other features have to know of teams, without being in them.

use sqlx::PgConnection;

use super::{TeamError, Teams, role_of};
use crate::{
    kit::id::{TeamId, UserId},
    team::{
        model::{Role, Team},
        store::{self, system::FactsRow},
    },
};

/// A team, as billing sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub name: String,
    /// It is one person's alone.
    pub personal: bool,
    pub closed: bool,
    /// None where it is closed.
    pub owner: Option<UserId>,
    pub members: i64,
    /// For how many members there is room.
    pub seats: i32,
}

impl Teams {
    /// What somebody is in a team; none: they are not in it, or there is no such team.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn role_of(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        team: TeamId,
    ) -> Result<Option<Role>, TeamError> {
        Ok(store::members::role(connection, user, team).await?.as_deref().map(role_of))
    }

    /// Name, owner, members and seats of a team; none: there is no such team.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn facts(&self, connection: &mut PgConnection, team: TeamId) -> Result<Option<Facts>, TeamError> {
        let found = store::system::facts(connection, team).await?;
        Ok(found.map(|FactsRow { name, personal, closed, owner, members, seats }| Facts {
            name,
            personal,
            closed,
            owner,
            members,
            seats: if personal { 1 } else { self.room(seats) },
        }))
    }

    /// Who owns a team; none: it is closed, or there is no such team.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn owner_of(&self, connection: &mut PgConnection, team: TeamId) -> Result<Option<UserId>, TeamError> {
        Ok(store::system::facts(connection, team).await?.and_then(|facts| facts.owner))
    }

    /// All members of a team, the longest there first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn member_ids(&self, connection: &mut PgConnection, team: TeamId) -> Result<Vec<UserId>, TeamError> {
        Ok(store::system::members(connection, team).await?)
    }

    /// A person's teams, the personal one first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn teams_of(&self, connection: &mut PgConnection, user: UserId) -> Result<Vec<Team>, TeamError> {
        let rows = store::teams::of(connection, user).await?;
        let team = |row: store::teams::TeamRow| Team {
            id: row.id,
            role: role_of(&row.role),
            name: row.name,
            personal: row.personal,
        };
        Ok(rows.into_iter().map(team).collect())
    }

    /// Writes for how many members a team's plan has room; none: as many as the free plan. Members beyond that stay, and
    /// nobody else comes in. Whether there is such a team.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_seats(&self, tx: &mut PgConnection, team: TeamId, seats: Option<i32>) -> Result<bool, TeamError> {
        Ok(store::system::set_seats(tx, team, seats).await?)
    }
}
