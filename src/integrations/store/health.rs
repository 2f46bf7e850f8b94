use sqlx::PgExecutor;
use time::OffsetDateTime;

use crate::kit::id::{ConnectionId, UserId};

/// How a connection fares, for its owner.
pub struct HealthRow {
    pub id: ConnectionId,
    pub asked_scopes: Vec<String>,
    pub rotation_observed: bool,
    pub refresh_expires_at: Option<OffsetDateTime>,
    pub consent_expires_at: Option<OffsetDateTime>,
    pub refresh_due_at: Option<OffsetDateTime>,
    pub failing_since: Option<OffsetDateTime>,
    /// The service does not accept this installation's client at present; since when.
    pub client_refused_since: Option<OffsetDateTime>,
    /// When the service was last asked whether the access still stands.
    pub checked_at: Option<OffsetDateTime>,
}

pub async fn health(db: impl PgExecutor<'_>, user: UserId, id: ConnectionId) -> Result<Option<HealthRow>, sqlx::Error> {
    sqlx::query_as!(
        HealthRow,
        r#"select id as "id: ConnectionId", asked_scopes, rotation_observed, refresh_expires_at, consent_expires_at, refresh_due_at, failing_since,
               (select since from client_faults as fault
                where fault.provider = connections.provider
                    and fault.client_fingerprint = connections.client_fingerprint) as client_refused_since,
               (select last_done_at from connection_polls where connection_id = connections.id and kind = 'access')
                   as checked_at
           from connections where user_id = $1 and id = $2"#,
        user as UserId,
        id as ConnectionId,
    )
    .fetch_optional(db)
    .await
}

/// The same of all connections of a person.
pub async fn all_health(db: impl PgExecutor<'_>, user: UserId) -> Result<Vec<HealthRow>, sqlx::Error> {
    sqlx::query_as!(
        HealthRow,
        r#"select id as "id: ConnectionId", asked_scopes, rotation_observed, refresh_expires_at, consent_expires_at,
               refresh_due_at, failing_since,
               (select since from client_faults as fault
                where fault.provider = connections.provider
                    and fault.client_fingerprint = connections.client_fingerprint) as client_refused_since,
               (select last_done_at from connection_polls where connection_id = connections.id and kind = 'access')
                   as checked_at
           from connections where user_id = $1"#,
        user as UserId,
    )
    .fetch_all(db)
    .await
}

/// What the service said anew of the account and of what is granted. False: the tokens were replaced meanwhile.
pub async fn seen_anew(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
    version: i64,
    label: &str,
    scopes: &[String],
    state: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update connections set account_label = $4, scopes = $5, state = $6
         where user_id = $1 and id = $2 and version = $3 and state <> 'needs_reauth'",
        user as UserId,
        id as ConnectionId,
        version,
        label,
        scopes,
        state,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a warning was given. False: it was given before.
pub async fn remind_once(
    db: impl PgExecutor<'_>,
    user: UserId,
    id: ConnectionId,
    kind: &str,
    ends_at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into connection_reminders (connection_id, kind, ends_at, sent_at)
         select id, $3, $4, $5 from connections where user_id = $1 and id = $2
         on conflict do nothing",
        user as UserId,
        id as ConnectionId,
        kind,
        ends_at,
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
