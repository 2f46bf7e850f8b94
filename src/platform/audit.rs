//! The audit log: what happened to accounts, appended and never changed. The database itself refuses anything else.

use std::future::Future;

use axum::{extract::Request, middleware::Next, response::Response};
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    random::Random,
    security::{Client, browser_name, shown_address},
    telemetry::RequestId,
};
use crate::kit::id::{AuditId, UserId};

/// The request in which something happens.
#[derive(Clone)]
struct Circumstances {
    request_id: String,
    client: String,
}

tokio::task_local! {
    static AT_HAND: Circumstances;
}

/// Lets every line that is written while this request is answered tell the request's id and where it came from. It
/// stands inside the layers that find these out. What a job does has neither.
pub async fn witness(request: Request, next: Next) -> Response {
    let client = Client::of(request.extensions());
    let circumstances = Circumstances {
        request_id: RequestId::of(request.extensions()).as_str().to_owned(),
        client: format!("{}, {}", browser_name(&client.user_agent), shown_address(&client.ip.to_string())),
    };
    AT_HAND.scope(circumstances, next.run(request)).await
}

/// Takes the request at hand along into work that outlives it, so that what is written there tells the request's id.
pub fn witnessed<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let at_hand = AT_HAND.try_with(Clone::clone).ok();
    async move {
        match at_hand {
            Some(circumstances) => AT_HAND.scope(circumstances, work).await,
            None => work.await,
        }
    }
}

/// The id of the request in which this happens, or which began it.
#[must_use]
pub fn request_at_hand() -> Option<String> {
    AT_HAND.try_with(|at_hand| at_hand.request_id.clone()).ok()
}

/// Appends one line in the caller's transaction. `detail` holds nothing secret and nobody's words.
///
/// # Errors
/// When the database is away.
pub async fn record(
    connection: &mut PgConnection,
    random: &Random,
    now: OffsetDateTime,
    subject: UserId,
    kind: &str,
    detail: Value,
) -> Result<(), sqlx::Error> {
    append(connection, random, now, &subject.to_string(), None, kind, detail).await
}

/// The same for what somebody else did to the subject: an operator, by their id or by the name of their command.
///
/// # Errors
/// When the database is away.
pub async fn record_by(
    connection: &mut PgConnection,
    random: &Random,
    now: OffsetDateTime,
    subject: UserId,
    actor: &str,
    kind: &str,
    detail: Value,
) -> Result<(), sqlx::Error> {
    append(connection, random, now, &subject.to_string(), Some(actor), kind, detail).await
}

async fn append(
    connection: &mut PgConnection,
    random: &Random,
    now: OffsetDateTime,
    subject: &str,
    actor: Option<&str>,
    kind: &str,
    detail: Value,
) -> Result<(), sqlx::Error> {
    let at_hand = AT_HAND.try_with(Clone::clone).ok();
    sqlx::query!(
        "insert into audit_events (id, subject, actor, kind, detail, request_id, client, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        random.id::<AuditId>(now) as AuditId,
        subject,
        actor,
        kind,
        detail,
        at_hand.as_ref().map(|at_hand| at_hand.request_id.as_str()),
        // What an operator does comes from the operator's place, which does not concern the subject.
        at_hand.as_ref().filter(|_| actor.is_none()).map(|at_hand| at_hand.client.as_str()),
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// One line of the log.
pub struct AuditLine {
    pub id: AuditId,
    pub kind: String,
    pub detail: Value,
    /// The one who acted, where it was not the subject.
    pub actor: Option<String>,
    /// Where it came from.
    pub client: Option<String>,
    pub created_at: OffsetDateTime,
}

/// Which lines are read.
#[derive(Clone, Copy)]
pub enum Kinds<'a> {
    All,
    Only(&'a [&'a str]),
    Except(&'a [&'a str]),
}

/// A person's lines, newest first, from before a line on.
///
/// # Errors
/// When the database is away.
pub async fn read(
    connection: &mut PgConnection,
    subject: UserId,
    kinds: Kinds<'_>,
    before: Option<AuditId>,
    limit: i64,
) -> Result<Vec<AuditLine>, sqlx::Error> {
    let (named, only) = match kinds {
        Kinds::All => (None, true),
        Kinds::Only(named) => (Some(named), true),
        Kinds::Except(named) => (Some(named), false),
    };
    let named: Option<Vec<String>> = named.map(|named| named.iter().map(|&kind| kind.to_owned()).collect());
    sqlx::query_as!(
        AuditLine,
        r#"select id as "id: AuditId", kind, detail, actor, client, created_at from audit_events
           where subject = $1 and ($2::text[] is null or (kind = any($2)) = $3) and ($4::uuid is null or id < $4)
           order by id desc limit $5"#,
        subject.to_string(),
        named.as_deref(),
        only,
        before as Option<AuditId>,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// Takes away what is older than the given time: the one way in which lines leave the log.
///
/// # Errors
/// When the database is away.
pub async fn retire(connection: &mut PgConnection, before: OffsetDateTime) -> Result<u64, sqlx::Error> {
    let mut tx = sqlx::Connection::begin(connection).await?;
    sqlx::query!("select set_config('aura.retention', 'on', true) as set").fetch_one(&mut *tx).await?;
    let gone = sqlx::query!("delete from audit_events where created_at < $1", before).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(gone.rows_affected())
}
