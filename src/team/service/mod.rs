//! What one can do with teams.

mod error;
mod facts;
mod invitations;
mod joining;
mod leaving;
mod roster;

pub use error::TeamError;
pub use facts::Facts;
pub use invitations::INVITATION_LASTS;

use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;
use url::Url;

use super::{
    model::{self, Act, Role},
    store::{self, members::MemberRow, teams::TeamRow},
};
use crate::{
    account::notifications::Notifications,
    identity::Identity,
    kit::id::{TeamId, UserId},
    platform::{audit, clock::Clock, db::Db, jobs::Jobs, limits::Limits, mail::Outbox, random::Random},
};

/// The task that is put in when somebody has come into a team, has gone, or owns it now: `{"team": id}`.
pub const MEMBERS_CHANGED: &str = "team_members_changed";
/// The task that is put in beside it when somebody has gone: `{"team": id}`.
pub const MEMBER_GONE: &str = "team_member_gone";
/// The task that is put in for each person whose team is theirs no longer, and who stays in Aura: `{"team": id, "user": id}`.
pub const LEFT: &str = "team_left";
/// The task that is put in when a team is closed: `{"team": id}`. The personal team of somebody who leaves Aura counts as
/// closed, and its row may be gone when the task is done.
pub const CLOSED: &str = "team_closed";

/// How many teams somebody owns at most, beside their personal one.
pub const MOST_OWNED: i64 = 20;

/// What teams are made of.
#[derive(Clone)]
pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    pub jobs: Jobs,
    pub outbox: Outbox,
    pub limits: Limits,
    pub identity: Identity,
    pub notifications: Notifications,
    /// Where links in letters lead.
    pub public_url: Url,
    /// For how many members a team has room that has no plan.
    pub free_seats: i32,
}

/// Teams, their members and invitations.
#[derive(Clone)]
pub struct Teams {
    parts: Parts,
}

impl Teams {
    /// Over the given parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// The person's own team, made on first use, in the caller's transaction where there is one. Two callers at once get the
    /// same one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn personal(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<TeamId, TeamError> {
        if let Some(team) = store::teams::personal(connection, user).await? {
            return Ok(team);
        }
        // Also for a caller without a transaction the team is never there without its member.
        let mut tx = connection.begin().await?;
        let team = store::teams::upsert_personal(&mut tx, user, self.parts.random.id(now), now).await?;
        store::members::upsert(&mut tx, team, user, Role::Owner, now).await?;
        tx.commit().await?;
        Ok(team)
    }

    /// The team that the person works for at the moment: what they have chosen, as long as they are in it, else their
    /// personal one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn chosen(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<TeamId, TeamError> {
        match store::choices::chosen(connection, user).await? {
            Some(team) => Ok(team),
            None => self.personal(connection, user, now).await,
        }
    }

    /// The team that something of the person's goes on in: the one that it was made in, as long as they are a member,
    /// else their personal one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn going_on(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        team: TeamId,
        now: OffsetDateTime,
    ) -> Result<TeamId, TeamError> {
        match store::members::role(connection, user, team).await? {
            Some(_) => Ok(team),
            None => self.personal(connection, user, now).await,
        }
    }

    /// Chooses the team that the person works for from now on.
    ///
    /// # Errors
    /// When it is none of theirs, or the database fails.
    pub async fn choose(&self, user: UserId, team: TeamId) -> Result<(), TeamError> {
        let mut connection = self.parts.db.acquire().await?;
        let chosen = store::choices::choose(&mut connection, user, team, self.now()).await?;
        if chosen { Ok(()) } else { Err(TeamError::NotFound) }
    }

    /// A person's teams, the personal one first, and the one that is chosen.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn own(&self, user: UserId) -> Result<(Vec<TeamRow>, TeamId), TeamError> {
        let mut tx = self.parts.db.begin().await?;
        // It makes the personal one where there is none yet.
        self.personal(&mut tx, user, self.now()).await?;
        let chosen = self.chosen(&mut tx, user, self.now()).await?;
        let teams = store::teams::of(&mut tx, user).await?;
        tx.commit().await?;
        Ok((teams, chosen))
    }

    /// One of a person's teams.
    ///
    /// # Errors
    /// When it is none of theirs, or the database fails.
    pub async fn find(&self, user: UserId, team: TeamId) -> Result<TeamRow, TeamError> {
        let mut connection = self.parts.db.acquire().await?;
        store::teams::find(&mut connection, user, team).await?.ok_or(TeamError::NotFound)
    }

    /// The members of a team of theirs, the owner first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn members(&self, user: UserId, team: TeamId) -> Result<Vec<MemberRow>, TeamError> {
        Ok(store::members::of(&mut *self.parts.db.acquire().await?, user, team).await?)
    }

    /// Makes a team that the person owns and works for from now on.
    ///
    /// # Errors
    /// When the name cannot be shown, they own too many teams, or the database fails.
    pub async fn make(&self, user: UserId, typed: &str) -> Result<TeamId, TeamError> {
        let name = model::name(typed).map_err(TeamError::Name)?;
        let now = self.now();
        let mut tx = self.parts.db.begin().await?;
        if store::teams::count_owned_locked(&mut tx, user).await? >= MOST_OWNED {
            return Err(TeamError::TooMany);
        }
        let team: TeamId = self.parts.random.id(now);
        store::teams::insert(&mut tx, team, &name, now).await?;
        store::members::upsert(&mut tx, team, user, Role::Owner, now).await?;
        store::choices::choose(&mut tx, user, team, now).await?;
        self.record(&mut tx, user, "team_made", json!({ "team": team })).await?;
        tx.commit().await?;
        Ok(team)
    }

    /// Gives a team another name, and gives that as it is kept.
    ///
    /// # Errors
    /// When they may not, the name cannot be shown, or the database fails.
    pub async fn rename(&self, user: UserId, team: TeamId, typed: &str) -> Result<String, TeamError> {
        let name = model::name(typed).map_err(TeamError::Name)?;
        let mut tx = self.parts.db.begin().await?;
        self.hold(&mut tx, user, team, Act::Rename).await?;
        store::teams::rename(&mut tx, user, team, &name).await?;
        self.record(&mut tx, user, "team_renamed", json!({ "team": team })).await?;
        tx.commit().await?;
        Ok(name)
    }

    /// For how many members there is room in it.
    #[must_use]
    pub fn seats(&self, team: &TeamRow) -> i32 {
        if team.personal { 1 } else { self.room(team.seats) }
    }

    /// The time by which things are judged.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.parts.clock.now()
    }

    fn room(&self, seats: Option<i32>) -> i32 {
        seats.unwrap_or(self.parts.free_seats)
    }

    /// The team, held against other changes, and what the actor is in it, if that may do this.
    async fn hold(
        &self,
        tx: &mut PgConnection,
        actor: UserId,
        team: TeamId,
        act: Act,
    ) -> Result<(TeamRow, Role), TeamError> {
        let row = store::teams::hold(tx, actor, team).await?.ok_or(TeamError::NotFound)?;
        let role = allow(&row, act)?;
        Ok((row, role))
    }

    async fn record(&self, tx: &mut PgConnection, user: UserId, kind: &str, detail: Value) -> Result<(), TeamError> {
        Ok(audit::record(tx, &self.parts.random, self.now(), user, kind, detail).await?)
    }

    /// The same for what somebody of the team has done to another.
    async fn record_by(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        actor: UserId,
        kind: &str,
        detail: Value,
    ) -> Result<(), TeamError> {
        let random = &self.parts.random;
        Ok(audit::record_by(tx, random, self.now(), user, &actor.to_string(), kind, detail).await?)
    }

    async fn note_members_changed(&self, tx: &mut PgConnection, team: TeamId) -> Result<(), TeamError> {
        let payload = json!({ "team": team });
        Ok(self.parts.jobs.enqueue(tx, MEMBERS_CHANGED, Some(&team.to_string()), payload).await?)
    }

    async fn note_gone(&self, tx: &mut PgConnection, team: TeamId) -> Result<(), TeamError> {
        let payload = json!({ "team": team });
        Ok(self.parts.jobs.enqueue(tx, MEMBER_GONE, Some(&team.to_string()), payload).await?)
    }

    async fn note_left(&self, tx: &mut PgConnection, team: TeamId, user: UserId) -> Result<(), TeamError> {
        let payload = json!({ "team": team, "user": user });
        Ok(self.parts.jobs.enqueue(tx, LEFT, Some(&format!("{team}:{user}")), payload).await?)
    }

    async fn note_closed(&self, tx: &mut PgConnection, team: TeamId) -> Result<(), TeamError> {
        let payload = json!({ "team": team });
        Ok(self.parts.jobs.enqueue(tx, CLOSED, Some(&team.to_string()), payload).await?)
    }

    /// Tells somebody what has happened in a team; the link leads to it.
    async fn tell(
        &self,
        tx: &mut PgConnection,
        user: UserId,
        title: &str,
        body: &str,
        link: &str,
    ) -> Result<(), TeamError> {
        Ok(self.parts.notifications.team(tx, user, title, body, link).await?)
    }

    /// Removes invitations that have ended long ago; how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purge(&self) -> Result<u64, TeamError> {
        Ok(store::system::purge(&self.parts.db, self.now() - invitations::REMEMBERED).await?)
    }
}

/// What somebody is in a team, if that may do this there.
fn allow(row: &TeamRow, act: Act) -> Result<Role, TeamError> {
    if row.personal && !model::is_personal_act(act) {
        return Err(TeamError::Personal);
    }
    let role = role_of(&row.role);
    if role.may(act) { Ok(role) } else { Err(TeamError::NotAllowed) }
}

/// The role of a row; the table holds no others.
fn role_of(word: &str) -> Role {
    Role::parse(word).unwrap_or(Role::Member)
}

/// The page of a team.
fn page_of(team: TeamId) -> String {
    format!("/team?team={team}")
}
