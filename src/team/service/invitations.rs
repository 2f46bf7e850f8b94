//! Inviting somebody, again too, and taking that back.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use time::Duration;

use super::{TeamError, Teams, allow, role_of};
use crate::{
    identity::email,
    kit::id::{TeamId, TeamInvitationId, UserId},
    platform::{crypto::digest, limits::Bucket},
    team::{
        letter,
        model::{Act, Role},
        store::{
            self,
            invitations::{NewInvitation, OpenRow},
        },
    },
};

/// How long an invitation can be accepted.
pub const INVITATION_LASTS: Duration = Duration::days(7);
/// How long one that ended stays in the table, so that its link can say why it does not work.
pub(super) const REMEMBERED: Duration = Duration::days(30);

impl Teams {
    /// Invites an address. An invitation of the same address that waits is renewed: the link of the new letter works, the
    /// one before does not.
    ///
    /// # Errors
    /// When they may not, what was typed is no address or a member's, it happens too often, or the database fails.
    pub async fn invite(&self, user: UserId, team: TeamId, typed: &str, role: Role) -> Result<(), TeamError> {
        let act = Act::Invite(role);
        let email = email::normalise(typed).ok_or(TeamError::NotAnAddress)?;
        // Whoever may not is told so, and counts for nothing.
        allow(&self.find(user, team).await?, act)?;
        self.count(team, &email).await?;
        let now = self.now();
        let mut tx = self.parts.db.begin().await?;
        let (row, _) = self.hold(&mut tx, user, team, act).await?;
        if store::members::has_address(&mut tx, user, team, &email).await? {
            return Err(TeamError::AlreadyMember);
        }
        let token = BASE64_URL_SAFE_NO_PAD.encode(self.parts.random.bytes::<32>());
        let id: TeamInvitationId = self.parts.random.id(now);
        let new = NewInvitation {
            id,
            team,
            email: &email,
            role,
            token_hash: &digest(token.as_bytes()),
            invited_by: user,
            now,
            expires_at: now + INVITATION_LASTS,
        };
        store::invitations::replace(&mut tx, &new).await?;
        self.record(&mut tx, user, "team_invited", json!({ "team": team, "invitation": id })).await?;
        let inviter = store::members::name(&mut tx, user).await?.unwrap_or_default();
        let letter = letter::invitation(&inviter, &row.name, &token, &self.parts.public_url)?;
        self.parts.outbox.enqueue(&mut tx, &email, letter).await?;
        Ok(tx.commit().await?)
    }

    /// Sends an invitation that waits once more, with a new link and from now on for as long as a new one.
    ///
    /// # Errors
    /// As for a new one, and when there is none such.
    pub async fn invite_again(&self, user: UserId, team: TeamId, id: TeamInvitationId) -> Result<(), TeamError> {
        let mut connection = self.parts.db.acquire().await?;
        let row = store::teams::find(&mut connection, user, team).await?.ok_or(TeamError::NotFound)?;
        // Who may invite nobody learns of no invitation.
        allow(&row, Act::Revoke)?;
        let found = store::invitations::open_one(&mut connection, user, team, id).await?;
        drop(connection);
        let OpenRow { email, role, .. } = found.ok_or(TeamError::NoSuchInvitation)?;
        self.invite(user, team, &email, role_of(&role)).await
    }

    /// Takes an invitation back: its link works no more.
    ///
    /// # Errors
    /// When they may not, there is none such, or the database fails.
    pub async fn revoke(&self, user: UserId, team: TeamId, id: TeamInvitationId) -> Result<(), TeamError> {
        let now = self.now();
        let mut tx = self.parts.db.begin().await?;
        self.hold(&mut tx, user, team, Act::Revoke).await?;
        if !store::invitations::revoke(&mut tx, user, team, id, now).await? {
            return Err(TeamError::NoSuchInvitation);
        }
        self.record(&mut tx, user, "team_invitation_revoked", json!({ "team": team, "invitation": id })).await?;
        Ok(tx.commit().await?)
    }

    /// The invitations of a team that wait, for those who may invite.
    ///
    /// # Errors
    /// When they may not, or the database fails.
    pub async fn invitations(&self, user: UserId, team: TeamId) -> Result<Vec<OpenRow>, TeamError> {
        let mut connection = self.parts.db.acquire().await?;
        let row = store::teams::find(&mut connection, user, team).await?.ok_or(TeamError::NotFound)?;
        allow(&row, Act::Revoke)?;
        Ok(store::invitations::open(&mut connection, user, team).await?)
    }

    /// Counts a letter: seldom to one address from one team, seldom to one address at all, and not too many from a team.
    async fn count(&self, team: TeamId, email: &str) -> Result<(), TeamError> {
        let limits = &self.parts.limits;
        let here = format!("{team} {email}");
        limits.hit(Bucket::InvitationMinute, &here).await?;
        limits.hit(Bucket::InvitationDay, &here).await?;
        limits.hit(Bucket::InvitedDay, email).await?;
        Ok(limits.hit(Bucket::TeamInvitationsDay, &team.to_string()).await?)
    }
}
