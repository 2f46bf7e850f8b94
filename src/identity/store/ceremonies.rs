use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{CeremonyId, SessionId, UserId};

/// One attempt to sign in.
pub struct Ceremony {
    pub id: CeremonyId,
    pub browser_hash: Vec<u8>,
    pub email: String,
    pub code_mac: Vec<u8>,
    pub next_path: String,
    pub time_zone: String,
    pub tries: i16,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    pub consumed_at: Option<OffsetDateTime>,
}

pub struct NewCeremony<'a> {
    pub id: CeremonyId,
    pub browser_hash: &'a [u8],
    pub email: &'a str,
    pub code_mac: &'a [u8],
    pub link_hash: &'a [u8],
    pub next_path: &'a str,
    pub time_zone: &'a str,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

pub async fn insert_ceremony(connection: &mut PgConnection, new: &NewCeremony<'_>) -> sqlx::Result<()> {
    query!(
        "insert into sign_in_ceremonies
             (id, browser_hash, email, code_mac, link_hash, next_path, time_zone, created_at, expires_at)
         values ($1, $2, $3::text::citext, $4, $5, $6, $7, $8, $9)",
        new.id as CeremonyId,
        new.browser_hash,
        new.email,
        new.code_mac,
        new.link_hash,
        new.next_path,
        new.time_zone,
        new.created_at,
        new.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest sign-in of the browser that keeps this secret.
pub async fn ceremony_by_secret(connection: &mut PgConnection, browser_hash: &[u8]) -> sqlx::Result<Option<Ceremony>> {
    query_as!(
        Ceremony,
        r#"select id as "id: CeremonyId", browser_hash, email::text as "email!", code_mac, next_path, time_zone, tries,
                  created_at, expires_at, consumed_at
           from sign_in_ceremonies where browser_hash = $1 and purpose = 'sign_in' order by created_at desc limit 1"#,
        browser_hash,
    )
    .fetch_optional(connection)
    .await
}

pub async fn ceremony_by_link_secret(
    connection: &mut PgConnection,
    link_hash: &[u8],
) -> sqlx::Result<Option<Ceremony>> {
    query_as!(
        Ceremony,
        r#"select id as "id: CeremonyId", browser_hash, email::text as "email!", code_mac, next_path, time_zone, tries,
                  created_at, expires_at, consumed_at
           from sign_in_ceremonies where link_hash = $1 and purpose = 'sign_in'"#,
        link_hash,
    )
    .fetch_optional(connection)
    .await
}

/// Counts a try and tells which it was; `None` when there have been as many as are allowed.
pub async fn count_try(
    connection: &mut PgConnection,
    browser_hash: &[u8],
    id: CeremonyId,
    most: i16,
) -> sqlx::Result<Option<i16>> {
    query_scalar!(
        "update sign_in_ceremonies set tries = tries + 1
         where id = $1 and browser_hash = $2 and tries < $3
         returning tries",
        id as CeremonyId,
        browser_hash,
        most,
    )
    .fetch_optional(connection)
    .await
}

/// Whether it was this call that consumed it.
pub async fn consume_ceremony(
    connection: &mut PgConnection,
    browser_hash: &[u8],
    id: CeremonyId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let consumed = query!(
        "update sign_in_ceremonies set consumed_at = $3
         where id = $1 and browser_hash = $2 and consumed_at is null and expires_at > $3",
        id as CeremonyId,
        browser_hash,
        now,
    )
    .execute(connection)
    .await?;
    Ok(consumed.rows_affected() == 1)
}

/// What a code is for that somebody gets who is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To prove anew who they are.
    Prove,
    /// To prove that a new address is theirs.
    ChangeEmail,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Prove => "prove",
            Self::ChangeEmail => "change_email",
        }
    }
}

/// Turns a ceremony that was just written into one that belongs to a session.
pub async fn give_ceremony(
    connection: &mut PgConnection,
    id: CeremonyId,
    purpose: Purpose,
    user: UserId,
    session: SessionId,
) -> sqlx::Result<()> {
    query!(
        "update sign_in_ceremonies set purpose = $2, user_id = $3, session_id = $4 where id = $1 and user_id is null",
        id as CeremonyId,
        purpose.as_str(),
        user as UserId,
        session as SessionId,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest ceremony of a session for a purpose.
pub async fn own_ceremony(
    connection: &mut PgConnection,
    user: UserId,
    session: SessionId,
    purpose: Purpose,
) -> sqlx::Result<Option<Ceremony>> {
    query_as!(
        Ceremony,
        r#"select id as "id: CeremonyId", browser_hash, email::text as "email!", code_mac, next_path, time_zone, tries,
                  created_at, expires_at, consumed_at
           from sign_in_ceremonies where user_id = $1 and session_id = $2 and purpose = $3
           order by created_at desc limit 1"#,
        user as UserId,
        session as SessionId,
        purpose.as_str(),
    )
    .fetch_optional(connection)
    .await
}

/// Forgets whatever of a person's waits to be finished: codes, signatures, links. It was begun by somebody who may not
/// have been them.
pub async fn forget_pending(connection: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    query!("delete from sign_in_ceremonies where user_id = $1", user as UserId).execute(&mut *connection).await?;
    query!("delete from wallet_challenges where user_id = $1", user as UserId).execute(&mut *connection).await?;
    query!("delete from pending_links where user_id = $1", user as UserId).execute(connection).await?;
    Ok(())
}
