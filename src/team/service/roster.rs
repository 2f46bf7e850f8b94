//! Members who go, get another role or own the team from now on; and the end of a team.

use serde_json::json;
use sqlx::PgConnection;

use super::{TeamError, Teams, page_of, role_of};
use crate::{
    kit::id::{TeamId, UserId},
    team::{
        model::{Act, Role},
        store,
    },
};

impl Teams {
    /// Removes a member. What they began in the team goes on in their personal one.
    ///
    /// # Errors
    /// When the actor may not, there is no such member, or the database fails.
    pub async fn remove(&self, actor: UserId, team: TeamId, member: UserId) -> Result<(), TeamError> {
        let mut tx = self.parts.db.begin().await?;
        let (row, role) = self.hold(&mut tx, actor, team, Act::Remove(Role::Member)).await?;
        let removed = self.other_member(&mut tx, actor, team, member).await?;
        if !role.may(Act::Remove(removed)) {
            return Err(TeamError::NotAllowed);
        }
        self.take_out(&mut tx, team, member).await?;
        self.note_left(&mut tx, team, member).await?;
        self.record(&mut tx, actor, "team_member_removed", json!({ "team": team, "member": member })).await?;
        self.record_by(&mut tx, member, actor, "team_removed", json!({ "team": team })).await?;
        let title = format!("You are no longer in «{}»", row.name);
        let body = "You were removed from the team. Your conversations stay yours: they are in your personal team now.";
        self.tell(&mut tx, member, &title, body, "/team").await?;
        Ok(tx.commit().await?)
    }

    /// Lets a member leave.
    ///
    /// # Errors
    /// When it is no team of theirs, they own it, it is their personal one, or the database fails.
    pub async fn leave(&self, user: UserId, team: TeamId) -> Result<(), TeamError> {
        let mut tx = self.parts.db.begin().await?;
        let (row, _) = match self.hold(&mut tx, user, team, Act::Leave).await {
            Err(TeamError::NotAllowed) => return Err(TeamError::OwnerStays),
            held => held?,
        };
        self.take_out(&mut tx, team, user).await?;
        self.note_left(&mut tx, team, user).await?;
        self.record(&mut tx, user, "team_left", json!({ "team": team })).await?;
        if let Some(owner) = self.owner_of(&mut tx, team).await? {
            let name = store::members::name(&mut tx, user).await?.unwrap_or_default();
            let title = format!("{name} has left «{}»", row.name);
            self.tell(&mut tx, owner, &title, "Their seat is free.", &page_of(team)).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Makes a member an admin, or an admin a member.
    ///
    /// # Errors
    /// When the actor may not, there is no such member, it is no role that is given so, or the database fails.
    pub async fn set_role(&self, actor: UserId, team: TeamId, member: UserId, role: Role) -> Result<(), TeamError> {
        let mut tx = self.parts.db.begin().await?;
        let (row, _) = self.hold(&mut tx, actor, team, Act::SetRole).await?;
        if role == Role::Owner {
            return Err(TeamError::NoSuchRole);
        }
        if self.other_member(&mut tx, actor, team, member).await? == role {
            return Ok(());
        }
        store::members::set_role(&mut tx, member, team, role).await?;
        let detail = json!({ "team": team, "member": member, "role": role });
        self.record(&mut tx, actor, "team_role_given", detail).await?;
        self.record_by(&mut tx, member, actor, "team_role_changed", json!({ "team": team, "role": role })).await?;
        let (title, body) = match role {
            Role::Admin => (
                format!("You are an admin of «{}»", row.name),
                "You can invite people, take invitations back and remove members.",
            ),
            Role::Owner | Role::Member => {
                (format!("You are a member of «{}» again", row.name), "You no longer invite or remove people.")
            }
        };
        self.tell(&mut tx, member, &title, body, &page_of(team)).await?;
        Ok(tx.commit().await?)
    }

    /// Gives a team to another member. Its owner until now becomes an admin.
    ///
    /// # Errors
    /// When the actor may not, there is no such member, or the database fails.
    pub async fn transfer(&self, actor: UserId, team: TeamId, member: UserId) -> Result<(), TeamError> {
        let mut tx = self.parts.db.begin().await?;
        let (row, _) = self.hold(&mut tx, actor, team, Act::Transfer).await?;
        self.other_member(&mut tx, actor, team, member).await?;
        store::members::set_role(&mut tx, actor, team, Role::Admin).await?;
        self.give(&mut tx, team, &row.name, actor, member).await?;
        Ok(tx.commit().await?)
    }

    /// Closes a team: nobody is in it any more, its invitations are over, and its plan is ended by whoever bills it. What
    /// each member has asked in it stays theirs.
    ///
    /// # Errors
    /// When the actor may not, or the database fails.
    pub async fn close(&self, actor: UserId, team: TeamId) -> Result<(), TeamError> {
        let mut tx = self.parts.db.begin().await?;
        let (row, _) = self.hold(&mut tx, actor, team, Act::Close).await?;
        self.note_left(&mut tx, team, actor).await?;
        self.end(&mut tx, actor, team, &row.name).await?;
        Ok(tx.commit().await?)
    }

    /// Ends a team that is held and tells everybody in it but its owner.
    pub(super) async fn end(
        &self,
        tx: &mut PgConnection,
        owner: UserId,
        team: TeamId,
        name: &str,
    ) -> Result<(), TeamError> {
        let members = store::teams::close(tx, owner, team, self.now()).await?;
        self.record(tx, owner, "team_closed", json!({ "team": team })).await?;
        let title = format!("«{name}» was closed");
        let body = "Its owner has closed the team. Your conversations stay yours: they are in your personal team now.";
        for member in members {
            if member != owner {
                self.note_left(tx, team, member).await?;
                self.tell(tx, member, &title, body, "/team").await?;
            }
        }
        self.note_closed(tx, team).await
    }

    /// Makes a member the owner of a team that is held and has none at the moment.
    pub(super) async fn give(
        &self,
        tx: &mut PgConnection,
        team: TeamId,
        name: &str,
        from: UserId,
        to: UserId,
    ) -> Result<(), TeamError> {
        store::members::set_role(tx, to, team, Role::Owner).await?;
        self.record(tx, from, "team_given", json!({ "team": team, "to": to })).await?;
        self.record_by(tx, to, from, "team_received", json!({ "team": team })).await?;
        let title = format!("You own «{name}» now");
        let body =
            "The team was given to you, with its plan. You decide who is in it, who pays, and whether it goes on.";
        self.tell(tx, to, &title, body, &page_of(team)).await?;
        self.note_members_changed(tx, team).await
    }

    /// Takes somebody out of a team that is held.
    pub(super) async fn take_out(&self, tx: &mut PgConnection, team: TeamId, user: UserId) -> Result<(), TeamError> {
        store::members::remove(tx, user, team).await?;
        self.note_gone(tx, team).await?;
        self.note_members_changed(tx, team).await
    }

    /// What another member is.
    async fn other_member(
        &self,
        tx: &mut PgConnection,
        actor: UserId,
        team: TeamId,
        member: UserId,
    ) -> Result<Role, TeamError> {
        if member == actor {
            return Err(TeamError::Yourself);
        }
        let role = store::members::role(tx, member, team).await?;
        role.as_deref().map(role_of).ok_or(TeamError::NoSuchMember)
    }
}
