//! Invitations: for a team's members who may invite, and for whoever has the secret of one.

use sqlx::{PgConnection, query, query_as};
use time::OffsetDateTime;

use crate::{
    kit::id::{TeamId, TeamInvitationId, UserId},
    team::model::Role,
};

pub struct NewInvitation<'a> {
    pub id: TeamInvitationId,
    pub team: TeamId,
    pub email: &'a str,
    pub role: Role,
    pub token_hash: &'a [u8],
    pub invited_by: UserId,
    pub now: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// Invites an address. An invitation of the same address that waits is replaced: its link is over.
pub async fn replace(connection: &mut PgConnection, new: &NewInvitation<'_>) -> sqlx::Result<()> {
    query!(
        "update team_invitations set ended_at = $4, ending = 'replaced'
         where team_id = $2 and email = $3::text::citext and ended_at is null
             and exists (select from team_members m where m.team_id = $2 and m.user_id = $1)",
        new.invited_by as UserId,
        new.team as TeamId,
        new.email,
        new.now,
    )
    .execute(&mut *connection)
    .await?;
    query!(
        "insert into team_invitations (id, team_id, email, role, token_hash, invited_by, created_at, expires_at)
         select $1, m.team_id, $3::text::citext, $4, $5, m.user_id, $7, $8
         from team_members m where m.team_id = $2 and m.user_id = $6",
        new.id as TeamInvitationId,
        new.team as TeamId,
        new.email,
        new.role.as_str(),
        new.token_hash,
        new.invited_by as UserId,
        new.now,
        new.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// An invitation that waits.
pub struct OpenRow {
    pub id: TeamInvitationId,
    pub email: String,
    pub role: String,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// Those of a team of the viewer's that wait, the newest first, whether or not their time is over.
pub async fn open(connection: &mut PgConnection, viewer: UserId, team: TeamId) -> sqlx::Result<Vec<OpenRow>> {
    query_as!(
        OpenRow,
        r#"select id as "id: TeamInvitationId", email::text as "email!", role, created_at, expires_at
           from team_invitations
           where team_id = $2 and ended_at is null
               and exists (select from team_members m where m.team_id = $2 and m.user_id = $1)
           order by created_at desc, id desc"#,
        viewer as UserId,
        team as TeamId,
    )
    .fetch_all(connection)
    .await
}

/// One of them.
pub async fn open_one(
    connection: &mut PgConnection,
    viewer: UserId,
    team: TeamId,
    id: TeamInvitationId,
) -> sqlx::Result<Option<OpenRow>> {
    query_as!(
        OpenRow,
        r#"select id as "id: TeamInvitationId", email::text as "email!", role, created_at, expires_at
           from team_invitations
           where team_id = $2 and id = $3 and ended_at is null
               and exists (select from team_members m where m.team_id = $2 and m.user_id = $1)"#,
        viewer as UserId,
        team as TeamId,
        id as TeamInvitationId,
    )
    .fetch_optional(connection)
    .await
}

/// Takes one back; whether it waited.
pub async fn revoke(
    connection: &mut PgConnection,
    actor: UserId,
    team: TeamId,
    id: TeamInvitationId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = query!(
        "update team_invitations set ended_at = $4, ending = 'revoked'
         where team_id = $2 and id = $3 and ended_at is null
             and exists (select from team_members m where m.team_id = $2 and m.user_id = $1)",
        actor as UserId,
        team as TeamId,
        id as TeamInvitationId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An invitation as its link finds it.
pub struct FoundRow {
    pub id: TeamInvitationId,
    pub team: TeamId,
    pub team_name: String,
    pub inviter: Option<String>,
    pub email: String,
    pub role: String,
    pub expires_at: OffsetDateTime,
    pub ending: Option<String>,
    pub accepted_by: Option<UserId>,
    pub refused_at: Option<OffsetDateTime>,
}

/// The invitation whose link has this secret.
pub async fn by_secret(connection: &mut PgConnection, hash: &[u8]) -> sqlx::Result<Option<FoundRow>> {
    query_as!(
        FoundRow,
        r#"select i.id as "id: TeamInvitationId", i.team_id as "team: TeamId", t.name as team_name,
               u.display_name as "inviter?", i.email::text as "email!", i.role, i.expires_at, i.ending,
               i.accepted_by as "accepted_by: UserId", i.refused_at
           from team_invitations i
           join teams t on t.id = i.team_id
           left join users u on u.id = i.invited_by
           where i.token_hash = $1"#,
        hash,
    )
    .fetch_optional(connection)
    .await
}

/// The same, while no other change of its team goes on until the transaction ends.
pub async fn hold_by_secret(connection: &mut PgConnection, hash: &[u8]) -> sqlx::Result<Option<FoundRow>> {
    query!(
        "select t.id from teams t join team_invitations i on i.team_id = t.id where i.token_hash = $1
         for no key update of t",
        hash,
    )
    .fetch_optional(&mut *connection)
    .await?;
    by_secret(connection, hash).await
}

/// Notes that the one with this secret was accepted.
pub async fn accept_by_secret(
    connection: &mut PgConnection,
    hash: &[u8],
    user: UserId,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "update team_invitations set ended_at = $3, ending = 'accepted', accepted_by = $2
         where token_hash = $1 and ended_at is null",
        hash,
        user as UserId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that there was no seat for the one with this secret.
pub async fn note_refusal_by_secret(
    connection: &mut PgConnection,
    hash: &[u8],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!("update team_invitations set refused_at = $2 where token_hash = $1", hash, now).execute(connection).await?;
    Ok(())
}
