//! What the link of an invitation leads to, and accepting it.

use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{TeamError, Teams, page_of, role_of};
use crate::{
    error::AppError,
    identity::model::mask,
    kit::id::{TeamId, UserId},
    platform::crypto::digest,
    team::{
        model::{Joiner, Joining},
        store::{self, invitations::FoundRow},
    },
};

impl Teams {
    /// What an invitation is for, as whoever has its link may know. `address` is the viewer's own, where they are signed
    /// in and have one. Looking changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn look(&self, token: &str, viewer: Option<UserId>, address: Option<&str>) -> Result<Joining, TeamError> {
        let mut connection = self.parts.db.acquire().await?;
        let found = store::invitations::by_secret(&mut connection, &digest(token.as_bytes())).await?;
        drop(connection);
        let Some(found) = found else { return Ok(Joining::Unknown) };
        if let Err(over) = waits(&found, self.now()) {
            return Ok(Joining::Over(AppError::from(over).message));
        }
        let viewer = match (viewer, address) {
            (None, _) => Joiner::Nobody,
            (Some(_), Some(address)) if address == found.email => Joiner::Invited,
            (Some(_), _) => Joiner::Another,
        };
        let address = if viewer == Joiner::Invited { found.email } else { mask(&found.email) };
        Ok(Joining::Open { team: found.team_name, inviter: found.inviter, address, viewer })
    }

    /// Takes a seat in the team that an invitation is for, and works for it from now on. Accepted again by the same member
    /// it changes nothing.
    ///
    /// # Errors
    /// When no invitation has this secret, it has ended, it is for another address, or the team has no free seat; when
    /// the database fails.
    pub async fn accept(&self, user: UserId, token: &str) -> Result<TeamId, TeamError> {
        let now = self.now();
        let hash = digest(token.as_bytes());
        let mut tx = self.parts.db.begin().await?;
        let found = store::invitations::hold_by_secret(&mut tx, &hash).await?.ok_or(TeamError::UnknownLink)?;
        let team = found.team;
        let is_member = store::members::role(&mut tx, user, team).await?.is_some();
        if is_member && found.accepted_by == Some(user) {
            return Ok(team);
        }
        waits(&found, now)?;
        if self.parts.identity.address_within(&mut tx, user).await?.as_deref() != Some(&*found.email) {
            return Err(TeamError::OtherAddress);
        }
        if !is_member {
            let facts = self.facts(&mut tx, team).await?.ok_or(TeamError::UnknownLink)?;
            if facts.members >= i64::from(facts.seats) {
                self.refuse(&mut tx, &found, &hash, facts.owner, now).await?;
                tx.commit().await?;
                return Err(TeamError::NoSeat);
            }
            store::members::upsert(&mut tx, team, user, role_of(&found.role), now).await?;
            self.note_members_changed(&mut tx, team).await?;
        }
        store::invitations::accept_by_secret(&mut tx, &hash, user, now).await?;
        store::choices::choose(&mut tx, user, team, now).await?;
        self.record(&mut tx, user, "team_joined", json!({ "team": team, "invitation": found.id })).await?;
        tx.commit().await?;
        Ok(team)
    }

    /// Tells the owner, once for each invitation, that somebody found no seat.
    async fn refuse(
        &self,
        tx: &mut PgConnection,
        found: &FoundRow,
        hash: &[u8],
        owner: Option<UserId>,
        now: OffsetDateTime,
    ) -> Result<(), TeamError> {
        let (None, Some(owner)) = (found.refused_at, owner) else { return Ok(()) };
        let title = format!("«{}» has no free seat", found.team_name);
        let body = format!(
            "{} wanted to accept your invitation and could not, for all seats are taken. Add seats to the plan, or remove \
             a member; the invitation waits as long as it lasts.",
            found.email
        );
        self.tell(tx, owner, &title, &body, &page_of(found.team)).await?;
        Ok(store::invitations::note_refusal_by_secret(tx, hash, now).await?)
    }
}

/// Whether it can be accepted.
fn waits(found: &FoundRow, now: OffsetDateTime) -> Result<(), TeamError> {
    match found.ending.as_deref() {
        Some("accepted") => Err(TeamError::Used),
        Some("replaced") => Err(TeamError::Replaced),
        Some(_) => Err(TeamError::Revoked),
        None if found.expires_at <= now => Err(TeamError::Expired),
        None => Ok(()),
    }
}
