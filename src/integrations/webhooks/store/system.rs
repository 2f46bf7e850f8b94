//! What works without anybody asking: which deliveries are due, how their tries end, what is old enough to go.

use sqlx::{PgConnection, PgPool, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{UserId, WebhookDeliveryId, WebhookEndpointId};

/// A try that begins.
pub struct Begun {
    pub id: WebhookDeliveryId,
    pub endpoint: WebhookEndpointId,
    pub user: UserId,
    pub event: String,
    pub payload: String,
    pub tries: i32,
    /// Names this try among all of the delivery.
    pub attempts: i32,
    pub url: String,
    pub sealed_secret: String,
    pub sealed_previous_secret: Option<String>,
    pub previous_until: Option<OffsetDateTime>,
}

/// Takes the delivery of an endpoint that has been due the longest; nobody else takes it until `lost_at`.
pub async fn begin_next(
    db: &PgPool,
    endpoint: WebhookEndpointId,
    now: OffsetDateTime,
    lost_at: OffsetDateTime,
) -> sqlx::Result<Option<Begun>> {
    query_as!(
        Begun,
        r#"with next as (
               select id from webhook_deliveries where endpoint_id = $1 and state = 'waiting' and due_at <= $2
               order by due_at, id limit 1 for update skip locked
           )
           update webhook_deliveries as d set tries = tries + 1, attempts = attempts + 1, tried_at = $2, due_at = $3
           from next, webhook_endpoints as e
           where d.id = next.id and e.id = d.endpoint_id and e.is_on
           returning d.id as "id: WebhookDeliveryId", e.id as "endpoint: WebhookEndpointId", d.user_id as "user: UserId",
               d.event, d.payload, d.tries, d.attempts, e.url, e.sealed_secret, e.sealed_previous_secret,
               e.previous_until"#,
        endpoint as WebhookEndpointId,
        now,
        lost_at,
    )
    .fetch_optional(db)
    .await
}

/// How a try ended.
pub struct Ended<'a> {
    pub id: WebhookDeliveryId,
    pub attempts: i32,
    pub state: &'a str,
    pub status: Option<i32>,
    pub answer: Option<&'a str>,
    pub problem: Option<&'a str>,
    /// When it is tried next, where it waits.
    pub due_at: OffsetDateTime,
    pub now: OffsetDateTime,
}

/// Notes how a try ended. False: the delivery was taken for lost, given up, or is gone.
pub async fn end_try(connection: &mut PgConnection, ended: &Ended<'_>) -> sqlx::Result<bool> {
    let done = query!(
        "update webhook_deliveries set state = $3, last_status = $4, last_answer = $5, problem = $6, due_at = $7,
             settled_at = case when $3 <> 'waiting' then $8::timestamptz end
         where id = $1 and attempts = $2 and state = 'waiting'",
        ended.id as WebhookDeliveryId,
        ended.attempts,
        ended.state,
        ended.status,
        ended.answer,
        ended.problem,
        ended.due_at,
        ended.now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes whether an endpoint could be reached, and keeps it until the transaction ends; since when it could not. None:
/// it is gone.
pub async fn note_reached(
    connection: &mut PgConnection,
    endpoint: WebhookEndpointId,
    reached: bool,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Option<OffsetDateTime>>> {
    query_scalar!(
        "update webhook_endpoints set failing_since = case when $2 then null else coalesce(failing_since, $3) end
         where id = $1 returning failing_since",
        endpoint as WebhookEndpointId,
        reached,
        now,
    )
    .fetch_optional(connection)
    .await
}

/// Endpoints for which something is due, the longest waiting first.
pub async fn endpoints_due(db: &PgPool, now: OffsetDateTime) -> sqlx::Result<Vec<WebhookEndpointId>> {
    query_scalar!(
        r#"select e.id as "id: WebhookEndpointId" from webhook_endpoints as e
           join webhook_deliveries as d on d.endpoint_id = e.id
           where e.is_on and d.state = 'waiting' and d.due_at <= $1
           group by e.id order by min(d.due_at) limit 500"#,
        now,
    )
    .fetch_all(db)
    .await
}

/// Removes what was posted long ago.
pub async fn purge_deliveries(db: &PgPool, before: OffsetDateTime) -> sqlx::Result<u64> {
    Ok(query!("delete from webhook_deliveries where created_at < $1", before).execute(db).await?.rows_affected())
}

/// Destroys secrets that sign no more.
pub async fn forget_previous(db: &PgPool, now: OffsetDateTime) -> sqlx::Result<u64> {
    let done = query!(
        "update webhook_endpoints set sealed_previous_secret = null, previous_until = null where previous_until <= $1",
        now,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
