use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{UserId, WebhookDeliveryId, WebhookEndpointId};

pub struct NewDelivery<'a> {
    pub id: WebhookDeliveryId,
    pub endpoint: WebhookEndpointId,
    pub user: UserId,
    pub event: &'a str,
    pub payload: &'a str,
    pub now: OffsetDateTime,
}

/// A delivery, as its owner looks at it.
pub struct DeliveryRow {
    pub id: WebhookDeliveryId,
    pub event: String,
    pub payload: String,
    pub state: String,
    pub tries: i32,
    pub attempts: i32,
    pub due_at: OffsetDateTime,
    pub tried_at: Option<OffsetDateTime>,
    pub last_status: Option<i32>,
    pub last_answer: Option<String>,
    pub problem: Option<String>,
    pub created_at: OffsetDateTime,
    pub settled_at: Option<OffsetDateTime>,
}

pub async fn insert_delivery(connection: &mut PgConnection, new: &NewDelivery<'_>) -> sqlx::Result<()> {
    query!(
        "insert into webhook_deliveries (id, endpoint_id, user_id, event, payload, due_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $6)",
        new.id as WebhookDeliveryId,
        new.endpoint as WebhookEndpointId,
        new.user as UserId,
        new.event,
        new.payload,
        new.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What was posted to an endpoint, the newest first, from before one on; only those in a state, where one is named.
pub async fn deliveries(
    connection: &mut PgConnection,
    user: UserId,
    endpoint: WebhookEndpointId,
    state: Option<&str>,
    before: Option<WebhookDeliveryId>,
    most: i64,
) -> sqlx::Result<Vec<DeliveryRow>> {
    query_as!(
        DeliveryRow,
        r#"select id as "id: WebhookDeliveryId", event, payload, state, tries, attempts, due_at, tried_at, last_status,
               last_answer, problem, created_at, settled_at
           from webhook_deliveries
           where user_id = $1 and endpoint_id = $2 and ($3::text is null or state = $3) and ($4::uuid is null or id < $4)
           order by id desc limit $5"#,
        user as UserId,
        endpoint as WebhookEndpointId,
        state,
        before as Option<WebhookDeliveryId>,
        most,
    )
    .fetch_all(connection)
    .await
}

pub async fn delivery(
    connection: &mut PgConnection,
    user: UserId,
    endpoint: WebhookEndpointId,
    id: WebhookDeliveryId,
) -> sqlx::Result<Option<DeliveryRow>> {
    query_as!(
        DeliveryRow,
        r#"select id as "id: WebhookDeliveryId", event, payload, state, tries, attempts, due_at, tried_at, last_status,
               last_answer, problem, created_at, settled_at
           from webhook_deliveries where user_id = $1 and endpoint_id = $2 and id = $3"#,
        user as UserId,
        endpoint as WebhookEndpointId,
        id as WebhookDeliveryId,
    )
    .fetch_optional(connection)
    .await
}

/// Lets a delivery be tried anew, whatever became of it, or becomes of a try that is under way. False: there is none
/// such.
pub async fn replay(
    connection: &mut PgConnection,
    user: UserId,
    endpoint: WebhookEndpointId,
    id: WebhookDeliveryId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = query!(
        "update webhook_deliveries set state = 'waiting', tries = 0, due_at = $4, settled_at = null
         where user_id = $1 and endpoint_id = $2 and id = $3",
        user as UserId,
        endpoint as WebhookEndpointId,
        id as WebhookDeliveryId,
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The same for all that failed and are no older than a moment; how many there were.
pub async fn replay_failed(
    connection: &mut PgConnection,
    user: UserId,
    endpoint: WebhookEndpointId,
    since: OffsetDateTime,
    now: OffsetDateTime,
) -> sqlx::Result<u64> {
    let done = query!(
        "update webhook_deliveries set state = 'waiting', tries = 0, due_at = $4, settled_at = null
         where user_id = $1 and endpoint_id = $2 and state = 'failed' and created_at >= $3",
        user as UserId,
        endpoint as WebhookEndpointId,
        since,
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Gives up what waits for an endpoint; how many there were.
pub async fn give_up_waiting(
    connection: &mut PgConnection,
    user: UserId,
    endpoint: WebhookEndpointId,
    problem: &str,
    now: OffsetDateTime,
) -> sqlx::Result<u64> {
    let given = query_scalar!(
        r#"with given as (
               update webhook_deliveries set state = 'failed', problem = $3, settled_at = $4
               where user_id = $1 and endpoint_id = $2 and state = 'waiting' returning id
           )
           select count(*) as "count!" from given"#,
        user as UserId,
        endpoint as WebhookEndpointId,
        problem,
        now,
    )
    .fetch_one(connection)
    .await?;
    Ok(given.unsigned_abs())
}
