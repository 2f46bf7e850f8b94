//! What becomes of the teams of somebody who leaves Aura.

use serde_json::json;
use sqlx::PgConnection;

use super::{TeamError, Teams, role_of};
use crate::{
    kit::id::UserId,
    team::{
        model::Role,
        store::{self, teams::TeamRow},
    },
};

impl Teams {
    /// Takes somebody out of all their teams before their row goes, with all that they asked in them. What they own goes to the admin who is there longest,
    /// else to the member; a team without another member is closed, and so is their personal one. Done twice it changes
    /// nothing more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget(&self, user: UserId) -> Result<(), TeamError> {
        let mut tx = self.parts.db.begin().await?;
        if let Some(address) = self.parts.identity.address_within(&mut tx, user).await? {
            store::system::forget_address(&mut tx, &address).await?;
        }
        let teams = store::teams::of(&mut tx, user).await?;
        tx.commit().await?;
        for team in teams {
            let mut tx = self.parts.db.begin().await?;
            if let Some(team) = store::teams::hold(&mut tx, user, team.id).await? {
                self.part(&mut tx, user, &team).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    async fn part(&self, tx: &mut PgConnection, user: UserId, team: &TeamRow) -> Result<(), TeamError> {
        // Its row goes with the person's; whoever bills it has to hear of it before.
        if team.personal {
            return self.note_closed(tx, team.id).await;
        }
        let heir = store::system::heir(tx, user, team.id).await?;
        match (role_of(&team.role), heir) {
            (Role::Owner, None) => self.end(tx, user, team.id, &team.name).await,
            (Role::Owner, Some(heir)) => {
                self.take_out(tx, team.id, user).await?;
                self.give(tx, team.id, &team.name, user, heir).await
            }
            _ => {
                self.take_out(tx, team.id, user).await?;
                self.record(tx, user, "team_left", json!({ "team": team.id })).await
            }
        }
    }
}
