use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::kit::id::{UserId, WebhookEndpointId};

/// An endpoint, as it is stored. The secrets are not read with it.
pub struct EndpointRow {
    pub id: WebhookEndpointId,
    pub name: String,
    pub url: String,
    /// None: all.
    pub events: Vec<String>,
    pub off_reason: Option<String>,
    pub failing_since: Option<OffsetDateTime>,
    pub previous_until: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
}

pub struct NewEndpoint<'a> {
    pub id: WebhookEndpointId,
    pub user: UserId,
    pub name: &'a str,
    pub url: &'a str,
    pub events: &'a [String],
    pub sealed_secret: &'a str,
    pub now: OffsetDateTime,
}

/// How many a person has. Their row is locked, so that two requests cannot both make the last one.
pub async fn count_locked(connection: &mut PgConnection, user: UserId) -> sqlx::Result<i64> {
    query!("select from users where id = $1 for update", user as UserId).execute(&mut *connection).await?;
    query_scalar!(r#"select count(*) as "count!" from webhook_endpoints where user_id = $1"#, user as UserId)
        .fetch_one(connection)
        .await
}

pub async fn insert(connection: &mut PgConnection, new: &NewEndpoint<'_>) -> sqlx::Result<()> {
    query!(
        "insert into webhook_endpoints (id, user_id, name, url, events, sealed_secret, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        new.id as WebhookEndpointId,
        new.user as UserId,
        new.name,
        new.url,
        new.events,
        new.sealed_secret,
        new.now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A person's endpoints, the newest first, from before one on.
pub async fn endpoints(
    connection: &mut PgConnection,
    user: UserId,
    before: Option<WebhookEndpointId>,
    most: i64,
) -> sqlx::Result<Vec<EndpointRow>> {
    query_as!(
        EndpointRow,
        r#"select id as "id: WebhookEndpointId", name, url, events, off_reason, failing_since, previous_until, created_at
           from webhook_endpoints where user_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3"#,
        user as UserId,
        before as Option<WebhookEndpointId>,
        most,
    )
    .fetch_all(connection)
    .await
}

pub async fn endpoint(
    connection: &mut PgConnection,
    user: UserId,
    id: WebhookEndpointId,
) -> sqlx::Result<Option<EndpointRow>> {
    query_as!(
        EndpointRow,
        r#"select id as "id: WebhookEndpointId", name, url, events, off_reason, failing_since, previous_until, created_at
           from webhook_endpoints where user_id = $1 and id = $2"#,
        user as UserId,
        id as WebhookEndpointId,
    )
    .fetch_optional(connection)
    .await
}

/// Keeps an endpoint as it is until the transaction ends; gives its sealed secret. Whoever changes deliveries of an
/// endpoint holds it first.
pub async fn hold(connection: &mut PgConnection, user: UserId, id: WebhookEndpointId) -> sqlx::Result<Option<String>> {
    query_scalar!(
        "select sealed_secret from webhook_endpoints where user_id = $1 and id = $2 for no key update",
        user as UserId,
        id as WebhookEndpointId,
    )
    .fetch_optional(connection)
    .await
}

/// The endpoints of a person that want to hear of a type of event, in the order of their ids. They stay until the
/// transaction ends.
pub async fn listening(
    connection: &mut PgConnection,
    user: UserId,
    event: &str,
) -> sqlx::Result<Vec<WebhookEndpointId>> {
    query_scalar!(
        r#"select id as "id: WebhookEndpointId" from webhook_endpoints
           where user_id = $1 and is_on and (events = '{}' or $2 = any(events)) order by id for key share"#,
        user as UserId,
        event,
    )
    .fetch_all(connection)
    .await
}

/// Changes what is given. False: there is none such.
pub async fn change(
    connection: &mut PgConnection,
    user: UserId,
    id: WebhookEndpointId,
    name: Option<&str>,
    url: Option<&str>,
    events: Option<&[String]>,
) -> sqlx::Result<bool> {
    let done = query!(
        "update webhook_endpoints set name = coalesce($3, name), events = coalesce($5, events),
             url = coalesce($4, url),
             failing_since = case when $4 is null or $4 = url then failing_since end
         where user_id = $1 and id = $2",
        user as UserId,
        id as WebhookEndpointId,
        name,
        url,
        events,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Switches one on that is off. False: it is on, or there is none such.
pub async fn switch_on(connection: &mut PgConnection, user: UserId, id: WebhookEndpointId) -> sqlx::Result<bool> {
    let done = query!(
        "update webhook_endpoints set is_on = true, off_reason = null, failing_since = null
         where user_id = $1 and id = $2 and not is_on",
        user as UserId,
        id as WebhookEndpointId,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Switches one off that is on. False: it is off, or there is none such.
pub async fn switch_off(
    connection: &mut PgConnection,
    user: UserId,
    id: WebhookEndpointId,
    reason: &str,
) -> sqlx::Result<bool> {
    let done = query!(
        "update webhook_endpoints set is_on = false, off_reason = $3 where user_id = $1 and id = $2 and is_on",
        user as UserId,
        id as WebhookEndpointId,
        reason,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts another secret in the place of the one that signs, which goes on signing for a while.
pub async fn rotate(
    connection: &mut PgConnection,
    user: UserId,
    id: WebhookEndpointId,
    sealed_secret: &str,
    sealed_previous_secret: &str,
    previous_until: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "update webhook_endpoints set sealed_secret = $3, sealed_previous_secret = $4, previous_until = $5
         where user_id = $1 and id = $2",
        user as UserId,
        id as WebhookEndpointId,
        sealed_secret,
        sealed_previous_secret,
        previous_until,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes one with everything that was posted to it. False: there is none such.
pub async fn delete(connection: &mut PgConnection, user: UserId, id: WebhookEndpointId) -> sqlx::Result<bool> {
    let done = query!(
        "delete from webhook_endpoints where user_id = $1 and id = $2",
        user as UserId,
        id as WebhookEndpointId,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
