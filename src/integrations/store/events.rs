use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::id::{ConnectionId, UserId};

/// Something that happened to a connection; appended, never changed.
pub struct NewEvent<'a> {
    pub id: Uuid,
    pub user: UserId,
    pub connection: Option<ConnectionId>,
    pub provider: &'a str,
    pub kind: &'a str,
    /// Never a token and never what was read.
    pub detail: Option<&'a str>,
    pub now: OffsetDateTime,
}

/// The same as it is stored.
pub struct EventRow {
    pub id: Uuid,
    pub kind: String,
    pub detail: Option<String>,
    pub created_at: OffsetDateTime,
}

pub async fn record(db: impl PgExecutor<'_>, event: &NewEvent<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into connection_events (id, user_id, connection_id, provider, kind, detail, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        event.id,
        event.user as UserId,
        event.connection.map(Uuid::from),
        event.provider,
        event.kind,
        event.detail,
        event.now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What happened to a connection, the newest first, from before one on; at most so many.
pub async fn events(
    db: impl PgExecutor<'_>,
    user: UserId,
    connection: ConnectionId,
    before: Option<Uuid>,
    most: i64,
) -> Result<Vec<EventRow>, sqlx::Error> {
    sqlx::query_as!(
        EventRow,
        "select id, kind, detail, created_at from connection_events
         where user_id = $1 and connection_id = $2 and ($3::uuid is null or id < $3)
         order by id desc limit $4",
        user as UserId,
        Uuid::from(connection),
        before,
        most,
    )
    .fetch_all(db)
    .await
}

/// When and by what a connection was used last.
pub async fn last_use(
    db: impl PgExecutor<'_>,
    user: UserId,
    connection: ConnectionId,
) -> Result<Option<EventRow>, sqlx::Error> {
    sqlx::query_as!(
        EventRow,
        "select id, kind, detail, created_at from connection_events
         where user_id = $1 and connection_id = $2 and kind = 'used'
         order by id desc limit 1",
        user as UserId,
        Uuid::from(connection),
    )
    .fetch_optional(db)
    .await
}
