//! The rows of teams and their members.

use sqlx::{PgConnection, query, query_scalar};
use time::OffsetDateTime;

use super::model::Role;
use crate::kit::id::{TeamId, UserId};

pub async fn personal(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<TeamId>> {
    query_scalar!(r#"select id as "id: TeamId" from teams where personal_of = $1"#, user as UserId)
        .fetch_optional(connection)
        .await
}

/// Makes the team, or gives the one that a parallel caller has just made. A team's first name is its owner's.
pub async fn upsert_personal(
    connection: &mut PgConnection,
    user: UserId,
    new: TeamId,
    now: OffsetDateTime,
) -> sqlx::Result<TeamId> {
    query_scalar!(
        r#"insert into teams (id, name, personal_of, created_at)
           select $1, display_name, id, $3 from users where id = $2
           on conflict on constraint teams_personal_of_key do update set personal_of = excluded.personal_of
           returning id as "id: TeamId""#,
        new as TeamId,
        user as UserId,
        now,
    )
    .fetch_one(connection)
    .await
}

pub async fn upsert_member(
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
