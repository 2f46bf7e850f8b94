//! The audit log: what happened to accounts, appended and never changed.

use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::random::Random;
use crate::kit::id::{AuditId, UserId};

/// Appends one line in the caller's transaction. `detail` holds nothing secret and nobody's words.
pub async fn record(
    connection: &mut PgConnection,
    random: &Random,
    now: OffsetDateTime,
    subject: UserId,
    kind: &str,
    detail: Value,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into audit_events (id, subject, kind, detail, created_at) values ($1, $2, $3, $4, $5)",
        random.id::<AuditId>(now) as AuditId,
        subject.to_string(),
        kind,
        detail,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
