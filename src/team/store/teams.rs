//! Teams, as their members reach them.

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{TeamId, UserId};

pub async fn personal(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<TeamId>> {
    query_scalar!(r#"select id as "id: TeamId" from teams where personal_of = $1"#, user as UserId)
        .fetch_optional(connection)
        .await
}

/// Makes the team, or gives the one that a parallel caller has just made. A team's first name is its owner's. What is
/// written on a conflict is no key, so that rows which only hang on the team do not wait for it.
pub async fn upsert_personal(
    connection: &mut PgConnection,
    user: UserId,
    new: TeamId,
    now: OffsetDateTime,
) -> sqlx::Result<TeamId> {
    query_scalar!(
        r#"insert into teams (id, name, personal_of, created_at)
           select $1, display_name, id, $3 from users where id = $2
           on conflict on constraint teams_personal_of_key do update set name = teams.name
           returning id as "id: TeamId""#,
        new as TeamId,
        user as UserId,
        now,
    )
    .fetch_one(connection)
    .await
}

/// How many teams somebody owns beside their personal one. Their row is locked, so that two requests cannot both make
/// the last one.
pub async fn count_owned_locked(connection: &mut PgConnection, user: UserId) -> sqlx::Result<i64> {
    query!("select id from users where id = $1 for no key update", user as UserId)
        .fetch_optional(&mut *connection)
        .await?;
    query_scalar!(
        r#"select count(*) as "count!" from team_members m join teams t on t.id = m.team_id
           where m.user_id = $1 and m.role = 'owner' and t.personal_of is null"#,
        user as UserId,
    )
    .fetch_one(connection)
    .await
}

pub async fn insert(connection: &mut PgConnection, team: TeamId, name: &str, now: OffsetDateTime) -> sqlx::Result<()> {
    query!("insert into teams (id, name, created_at) values ($1, $2, $3)", team as TeamId, name, now)
        .execute(connection)
        .await?;
    Ok(())
}

/// A team of a person's, with what they are in it.
pub struct TeamRow {
    pub id: TeamId,
    pub name: String,
    pub personal: bool,
    pub role: String,
    pub created_at: OffsetDateTime,
    /// For how many members its plan has room; none: as many as the free plan.
    pub seats: Option<i32>,
    pub members: i64,
}

/// A person's teams, the personal one first, then by name.
pub async fn of(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Vec<TeamRow>> {
    query_as!(
        TeamRow,
        r#"select t.id as "id: TeamId", t.name, t.personal_of is not null as "personal!", m.role, t.created_at, t.seats,
               (select count(*) from team_members all_members where all_members.team_id = t.id) as "members!"
           from team_members m join teams t on t.id = m.team_id
           where m.user_id = $1
           order by t.personal_of is null, lower(t.name), t.id"#,
        user as UserId,
    )
    .fetch_all(connection)
    .await
}

/// One of a person's teams.
pub async fn find(connection: &mut PgConnection, user: UserId, team: TeamId) -> sqlx::Result<Option<TeamRow>> {
    query_as!(
        TeamRow,
        r#"select t.id as "id: TeamId", t.name, t.personal_of is not null as "personal!", m.role, t.created_at, t.seats,
               (select count(*) from team_members all_members where all_members.team_id = t.id) as "members!"
           from team_members m join teams t on t.id = m.team_id
           where m.user_id = $1 and t.id = $2"#,
        user as UserId,
        team as TeamId,
    )
    .fetch_optional(connection)
    .await
}

/// The same, while no other change of the team goes on until the transaction ends. Rows that only hang on the team are
/// written meanwhile.
pub async fn hold(connection: &mut PgConnection, user: UserId, team: TeamId) -> sqlx::Result<Option<TeamRow>> {
    query!(
        "select t.id from teams t
         where t.id = $2 and exists (select from team_members m where m.team_id = t.id and m.user_id = $1)
         for no key update",
        user as UserId,
        team as TeamId,
    )
    .fetch_optional(&mut *connection)
    .await?;
    // Read once the lock is there: what was changed by whoever had it before is seen.
    find(connection, user, team).await
}

/// Gives a team of theirs another name.
pub async fn rename(connection: &mut PgConnection, owner: UserId, team: TeamId, name: &str) -> sqlx::Result<()> {
    query!(
        "update teams set name = $3
         where id = $2
             and exists (select from team_members m where m.team_id = $2 and m.user_id = $1 and m.role = 'owner')",
        owner as UserId,
        team as TeamId,
        name,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Closes a team of theirs, with its invitations and choices; its members are gone with it, their ids are returned.
pub async fn close(
    connection: &mut PgConnection,
    owner: UserId,
    team: TeamId,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<UserId>> {
    let closed = query!(
        "update teams set closed_at = $3
         where id = $2 and personal_of is null
             and exists (select from team_members m where m.team_id = $2 and m.user_id = $1 and m.role = 'owner')",
        owner as UserId,
        team as TeamId,
        now,
    )
    .execute(&mut *connection)
    .await?;
    if closed.rows_affected() == 0 {
        return Ok(Vec::new());
    }
    query!(
        "update team_invitations set ended_at = $2, ending = 'revoked' where team_id = $1 and ended_at is null",
        team as TeamId,
        now,
    )
    .execute(&mut *connection)
    .await?;
    query!("delete from team_choices where team_id = $1", team as TeamId).execute(&mut *connection).await?;
    query_scalar!(r#"delete from team_members where team_id = $1 returning user_id as "user: UserId""#, team as TeamId,)
        .fetch_all(connection)
        .await
}
