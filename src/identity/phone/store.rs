use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{SessionId, UserId, VerificationId};

/// A number of a person.
pub struct PhoneRow {
    pub phone: String,
    pub verified_at: OffsetDateTime,
}

pub async fn phone_of(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<PhoneRow>> {
    query_as!(PhoneRow, "select phone, verified_at from user_phones where user_id = $1", user as UserId)
        .fetch_optional(connection)
        .await
}

/// Gives a person this number in place of theirs; whether it was free.
pub async fn put_phone(
    connection: &mut PgConnection,
    user: UserId,
    phone: &str,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    query!("delete from user_phones where user_id = $1 and phone <> $2", user as UserId, phone)
        .execute(&mut *connection)
        .await?;
    let put = query!(
        "insert into user_phones (phone, user_id, verified_at) values ($1, $2, $3)
         on conflict (phone) do update set verified_at = excluded.verified_at where user_phones.user_id = $2",
        phone,
        user as UserId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(put.rows_affected() == 1)
}

/// Takes the number away and tells which it was.
pub async fn delete_phone(connection: &mut PgConnection, user: UserId) -> sqlx::Result<Option<String>> {
    query_scalar!("delete from user_phones where user_id = $1 returning phone", user as UserId)
        .fetch_optional(connection)
        .await
}

/// A number that has to be proved.
pub struct Waiting {
    pub id: VerificationId,
    pub phone: String,
    pub code_mac: Vec<u8>,
    pub tries: i16,
    pub expires_at: OffsetDateTime,
    pub consumed_at: Option<OffsetDateTime>,
}

pub struct NewWaiting<'a> {
    pub id: VerificationId,
    pub user: UserId,
    pub session: SessionId,
    pub phone: &'a str,
    pub code_mac: &'a [u8],
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

pub async fn insert_waiting(connection: &mut PgConnection, new: &NewWaiting<'_>) -> sqlx::Result<()> {
    query!(
        "insert into user_verifications
             (id, purpose, user_id, session_id, target, code_mac, created_at, expires_at)
         values ($1, 'phone', $2, $3, $4::text::citext, $5, $6, $7)",
        new.id as VerificationId,
        new.user as UserId,
        new.session as SessionId,
        new.phone,
        new.code_mac,
        new.created_at,
        new.expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What waits under this id, of this person and in this session.
pub async fn waiting(
    connection: &mut PgConnection,
    user: UserId,
    session: SessionId,
    id: VerificationId,
) -> sqlx::Result<Option<Waiting>> {
    query_as!(
        Waiting,
        r#"select id as "id: VerificationId", target::text as "phone!", code_mac, tries, expires_at, consumed_at
           from user_verifications where id = $1 and user_id = $2 and session_id = $3 and purpose = 'phone'"#,
        id as VerificationId,
        user as UserId,
        session as SessionId,
    )
    .fetch_optional(connection)
    .await
}

/// The newest of this session, be it of use or not.
pub async fn newest_waiting(
    connection: &mut PgConnection,
    user: UserId,
    session: SessionId,
) -> sqlx::Result<Option<Waiting>> {
    query_as!(
        Waiting,
        r#"select id as "id: VerificationId", target::text as "phone!", code_mac, tries, expires_at, consumed_at
           from user_verifications where user_id = $1 and session_id = $2 and purpose = 'phone'
           order by created_at desc, id desc limit 1"#,
        user as UserId,
        session as SessionId,
    )
    .fetch_optional(connection)
    .await
}

/// Counts a try and tells which it was; `None` when there have been as many as are allowed.
pub async fn count_try(
    connection: &mut PgConnection,
    user: UserId,
    id: VerificationId,
    most: i16,
) -> sqlx::Result<Option<i16>> {
    query_scalar!(
        "update user_verifications set tries = tries + 1 where id = $1 and user_id = $2 and tries < $3 returning tries",
        id as VerificationId,
        user as UserId,
        most,
    )
    .fetch_optional(connection)
    .await
}

/// Whether it was this call that consumed it. Others of theirs for a number end with it.
pub async fn consume(
    connection: &mut PgConnection,
    user: UserId,
    id: VerificationId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let consumed = query!(
        "update user_verifications set consumed_at = $3
         where id = $1 and user_id = $2 and consumed_at is null and expires_at > $3",
        id as VerificationId,
        user as UserId,
        now,
    )
    .execute(&mut *connection)
    .await?;
    query!(
        "update user_verifications set consumed_at = $2
         where user_id = $1 and purpose = 'phone' and consumed_at is null",
        user as UserId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(consumed.rows_affected() == 1)
}
