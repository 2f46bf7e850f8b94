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
