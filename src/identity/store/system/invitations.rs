//! Who may make an account while sign-up is by invitation.

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::{
    kit::id::{InvitationId, UserId},
    platform::db::Db,
};

pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    pub used_at: Option<OffsetDateTime>,
}

pub struct NewInvitation<'a> {
    pub id: InvitationId,
    pub email: &'a str,
    pub invited_by: Option<UserId>,
    pub now: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// Invites an address, or again one whose invitation was not used; the newest counts.
pub async fn invite(connection: &mut PgConnection, new: &NewInvitation<'_>) -> sqlx::Result<()> {
    query!(
        "insert into sign_up_invitations (id, email, invited_by, created_at, expires_at)
         values ($1, $2::text::citext, $3, $4, $5)
         on conflict on constraint sign_up_invitations_email_key do update
         set id = excluded.id, invited_by = excluded.invited_by, created_at = excluded.created_at,
             expires_at = excluded.expires_at, used_at = null",
        new.id as InvitationId,
        new.email,
        new.invited_by as Option<UserId>,
        new.now,
        new.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Uses the invitation of an address that was just proved; whether there was one.
pub async fn use_invitation(connection: &mut PgConnection, email: &str, now: OffsetDateTime) -> sqlx::Result<bool> {
    let used = query!(
        "update sign_up_invitations set used_at = $2
         where email = $1::text::citext and used_at is null and expires_at > $2",
        email,
        now,
    )
    .execute(connection)
    .await?;
    Ok(used.rows_affected() == 1)
}

/// The newest invitations.
pub async fn invitations(db: &Db, limit: i64) -> sqlx::Result<Vec<Invitation>> {
    query_as!(
        Invitation,
        r#"select id as "id: InvitationId", email::text as "email!", created_at, expires_at, used_at
           from sign_up_invitations order by created_at desc, id limit $1"#,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Takes an unused invitation back; its address, where there was one.
pub async fn take_back(connection: &mut PgConnection, id: InvitationId) -> sqlx::Result<Option<String>> {
    query_scalar!(
        r#"delete from sign_up_invitations where id = $1 and used_at is null returning email::text as "email!""#,
        id as InvitationId,
    )
    .fetch_optional(connection)
    .await
}

/// Removes invitations that were used or expired before the given time; returns how many.
pub async fn purge(db: &Db, before: OffsetDateTime) -> sqlx::Result<u64> {
    let gone =
        query!("delete from sign_up_invitations where coalesce(used_at, expires_at) < $1", before).execute(db).await?;
    Ok(gone.rows_affected())
}
