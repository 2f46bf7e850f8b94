//! What asks for no member: what billing has to know and to write, and what is removed.

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::{
    kit::id::{TeamId, UserId},
    platform::db::Db,
};

/// What there is to know of a team without being in it.
pub struct FactsRow {
    pub name: String,
    pub personal: bool,
    pub closed: bool,
    pub owner: Option<UserId>,
    pub members: i64,
    pub seats: Option<i32>,
}

pub async fn facts(connection: &mut PgConnection, team: TeamId) -> sqlx::Result<Option<FactsRow>> {
    query_as!(
        FactsRow,
        r#"select t.name, t.personal_of is not null as "personal!", t.closed_at is not null as "closed!", t.seats,
               (select m.user_id from team_members m where m.team_id = t.id and m.role = 'owner') as "owner: UserId",
               (select count(*) from team_members m where m.team_id = t.id) as "members!"
           from teams t where t.id = $1"#,
        team as TeamId,
    )
    .fetch_optional(connection)
    .await
}

/// All members, the longest there first.
pub async fn members(connection: &mut PgConnection, team: TeamId) -> sqlx::Result<Vec<UserId>> {
    query_scalar!(
        r#"select user_id as "user: UserId" from team_members where team_id = $1 order by joined_at, user_id"#,
        team as TeamId,
    )
    .fetch_all(connection)
    .await
}

/// Who gets a team whose owner is gone: the oldest admin, else the oldest member.
pub async fn heir(connection: &mut PgConnection, owner: UserId, team: TeamId) -> sqlx::Result<Option<UserId>> {
    query_scalar!(
        r#"select user_id as "user: UserId" from team_members
           where team_id = $2 and user_id <> $1
           order by role = 'admin' desc, joined_at, user_id limit 1"#,
        owner as UserId,
        team as TeamId,
    )
    .fetch_optional(connection)
    .await
}

/// Writes for how many members there is room; none: as many as the free plan has. Whether there is such a team.
pub async fn set_seats(connection: &mut PgConnection, team: TeamId, seats: Option<i32>) -> sqlx::Result<bool> {
    let done = query!("update teams set seats = $2 where id = $1", team as TeamId, seats).execute(connection).await?;
    Ok(done.rows_affected() == 1)
}

/// Removes every invitation of an address.
pub async fn forget_address(connection: &mut PgConnection, email: &str) -> sqlx::Result<()> {
    query!("delete from team_invitations where email = $1::text::citext", email).execute(connection).await?;
    Ok(())
}

/// Removes invitations that ended or ran out before the given time; how many.
pub async fn purge(db: &Db, before: OffsetDateTime) -> sqlx::Result<u64> {
    let gone =
        query!("delete from team_invitations where least(ended_at, expires_at) < $1", before).execute(db).await?;
    Ok(gone.rows_affected())
}
