use sqlx::PgExecutor;
use time::OffsetDateTime;

use crate::kit::id::{ConnectionId, UserId};

/// A connection that ends soon.
pub struct EndingRow {
    pub user: UserId,
    pub id: ConnectionId,
    pub provider: String,
    pub consent_expires_at: Option<OffsetDateTime>,
    pub refresh_expires_at: Option<OffsetDateTime>,
    /// When the present tokens were handed out.
    pub issued_at: Option<OffsetDateTime>,
}

/// Connections that work and end between now and a moment,; from after an
/// id on, at most so many.
pub async fn ending(
    db: impl PgExecutor<'_>,
    now: OffsetDateTime,
    until: OffsetDateTime,
    after: Option<ConnectionId>,
    most: i64,
) -> Result<Vec<EndingRow>, sqlx::Error> {
    sqlx::query_as!(
        EndingRow,
        r#"select id as "id: ConnectionId", user_id as "user: UserId", provider, consent_expires_at,
               refresh_expires_at, issued_at
           from connections
           where least(consent_expires_at, refresh_expires_at) <= $2
               and (consent_expires_at > $1 or refresh_expires_at > $1)
               and state <> 'needs_reauth' and ($3::uuid is null or id > $3)
           order by id limit $4"#,
        now,
        until,
        after as Option<ConnectionId>,
        most,
    )
    .fetch_all(db)
    .await
}
