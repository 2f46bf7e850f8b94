//! When accounts were closed off and opened again, by operators.

use sqlx::{PgConnection, query, query_as};
use time::OffsetDateTime;

use crate::kit::id::{StatusId, UserId};

/// One change of a status.
pub struct StatusRow {
    pub status: String,
    /// In the operator's words; empty where none were given.
    pub because: String,
    /// None: a command, or an operator who is no longer here.
    pub set_by: Option<UserId>,
    pub created_at: OffsetDateTime,
}

pub struct NewStatus<'a> {
    pub id: StatusId,
    pub user: UserId,
    pub status: &'a str,
    pub because: &'a str,
    pub set_by: Option<UserId>,
    pub now: OffsetDateTime,
}

pub async fn insert(connection: &mut PgConnection, new: &NewStatus<'_>) -> sqlx::Result<()> {
    query!(
        "insert into statuses (id, user_id, status, because, set_by, created_at) values ($1, $2, $3, $4, $5, $6)",
        new.id as StatusId,
        new.user as UserId,
        new.status,
        new.because,
        new.set_by as Option<UserId>,
        new.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest first; at most so many.
pub async fn of(connection: &mut PgConnection, user: UserId, most: i64) -> sqlx::Result<Vec<StatusRow>> {
    query_as!(
        StatusRow,
        r#"select status, because, set_by as "set_by: UserId", created_at from statuses
           where user_id = $1 order by id desc limit $2"#,
        user as UserId,
        most,
    )
    .fetch_all(connection)
    .await
}
