use sqlx::PgExecutor;
use time::OffsetDateTime;

/// A client that its service does not accept, and how many connections stand on it.
pub struct FaultRow {
    pub provider: String,
    pub since: OffsetDateTime,
    pub last_seen_at: OffsetDateTime,
    pub connections: i64,
}

/// Notes that a service does not accept a client of this installation.
pub async fn note_fault(
    db: impl PgExecutor<'_>,
    provider: &str,
    fingerprint: &[u8],
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into client_faults (provider, client_fingerprint, since, last_seen_at) values ($1, $2, $3, $3)
         on conflict (provider, client_fingerprint) do update set last_seen_at = excluded.last_seen_at",
        provider,
        fingerprint,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets the fault, since the client has just been accepted. False: there was none.
pub async fn settle_fault(db: impl PgExecutor<'_>, provider: &str, fingerprint: &[u8]) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "delete from client_faults where provider = $1 and client_fingerprint = $2",
        provider,
        fingerprint,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Lets everything that waits for a client go on at once.
pub async fn resume(db: impl PgExecutor<'_>, provider: &str, fingerprint: &[u8]) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "update connections set paused_until = null
         where provider = $1 and client_fingerprint = $2 and paused_until is not null",
        provider,
        fingerprint,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// All of them, the oldest first.
pub async fn faults(db: impl PgExecutor<'_>) -> Result<Vec<FaultRow>, sqlx::Error> {
    sqlx::query_as!(
        FaultRow,
        r#"select fault.provider, fault.since, fault.last_seen_at,
               (select count(*) from connections
                where provider = fault.provider and client_fingerprint = fault.client_fingerprint
                    and state <> 'needs_reauth') as "connections!"
           from client_faults as fault order by fault.since"#,
    )
    .fetch_all(db)
    .await
}
