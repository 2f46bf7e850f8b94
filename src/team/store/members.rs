//! Who is in a team. What changes it runs while the team's row is held.

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::{
    kit::id::{TeamId, UserId},
    team::model::Role,
};

/// Somebody in a team.
pub struct MemberRow {
    pub user: UserId,
    pub display_name: String,
    pub avatar_key: Option<String>,
    pub email: Option<String>,
    pub role: String,
    pub joined_at: OffsetDateTime,
}

/// The members of a team of the viewer's: the owner, the admins, then the others, each by how long they are there.
pub async fn of(connection: &mut PgConnection, viewer: UserId, team: TeamId) -> sqlx::Result<Vec<MemberRow>> {
    query_as!(
        MemberRow,
        r#"select m.user_id as "user: UserId", u.display_name, u.avatar_key, e.email::text as "email?", m.role, m.joined_at
           from team_members m
           join users u on u.id = m.user_id
           left join user_emails e on e.user_id = m.user_id
           where m.team_id = $2
               and exists (select from team_members v where v.team_id = $2 and v.user_id = $1)
           order by array_position(array['owner', 'admin', 'member'], m.role), m.joined_at, m.user_id"#,
        viewer as UserId,
        team as TeamId,
    )
    .fetch_all(connection)
    .await
}

/// What somebody is in a team.
pub async fn role(connection: &mut PgConnection, user: UserId, team: TeamId) -> sqlx::Result<Option<String>> {
    query_scalar!("select role from team_members where team_id = $2 and user_id = $1", user as UserId, team as TeamId,)
        .fetch_optional(connection)
        .await
}

/// What a member is called.
pub async fn name(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<String>> {
    query_scalar!("select display_name from users where id = $1", user as UserId).fetch_optional(connection).await
}

/// Whether somebody with this proved address is in a team of the asker's.
pub async fn has_address(
    connection: &mut PgConnection,
    asker: UserId,
    team: TeamId,
    email: &str,
) -> sqlx::Result<bool> {
    query_scalar!(
        r#"select exists (
               select from team_members m join user_emails e on e.user_id = m.user_id
               where m.team_id = $2 and e.email = $3::text::citext
                   and exists (select from team_members v where v.team_id = $2 and v.user_id = $1)
           ) as "found!""#,
        asker as UserId,
        team as TeamId,
        email,
    )
    .fetch_one(connection)
    .await
}

pub async fn upsert(
    connection: &mut PgConnection,
    team: TeamId,
    user: UserId,
    role: Role,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "insert into team_members (team_id, user_id, role, joined_at) values ($1, $2, $3, $4) on conflict do nothing",
        team as TeamId,
        user as UserId,
        role.as_str(),
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes somebody out of a team, and the team out of their choice.
pub async fn remove(connection: &mut PgConnection, user: UserId, team: TeamId) -> sqlx::Result<()> {
    query!("delete from team_choices where user_id = $1 and team_id = $2", user as UserId, team as TeamId)
        .execute(&mut *connection)
        .await?;
    query!("delete from team_members where user_id = $1 and team_id = $2", user as UserId, team as TeamId)
        .execute(connection)
        .await?;
    Ok(())
}

pub async fn set_role(connection: &mut PgConnection, user: UserId, team: TeamId, role: Role) -> sqlx::Result<()> {
    query!(
        "update team_members set role = $3 where user_id = $1 and team_id = $2",
        user as UserId,
        team as TeamId,
        role.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
