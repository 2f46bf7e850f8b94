//! The team that somebody works for at the moment.

use sqlx::{PgConnection, query, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{TeamId, UserId};

/// The team that was chosen, as long as they are in it.
pub async fn chosen(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<TeamId>> {
    query_scalar!(
        r#"select c.team_id as "team: TeamId" from team_choices c
           join team_members m on m.team_id = c.team_id and m.user_id = c.user_id
           where c.user_id = $1"#,
        user as UserId,
    )
    .fetch_optional(connection)
    .await
}

/// Chooses a team of theirs; whether it is one.
pub async fn choose(
    connection: &mut PgConnection,
    user: UserId,
    team: TeamId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = query!(
        "insert into team_choices (user_id, team_id, chosen_at)
         select user_id, team_id, $3 from team_members where user_id = $1 and team_id = $2
         on conflict (user_id) do update set team_id = excluded.team_id, chosen_at = excluded.chosen_at",
        user as UserId,
        team as TeamId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
