use std::sync::Arc;

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::OffsetDateTime;

use crate::{kit::id::WebhookEventId, platform::db::Db};

pub(super) struct NewEvent {
    pub(super) id: WebhookEventId,
    pub(super) source: &'static str,
    pub(super) event_id: String,
    pub(super) kind: String,
    pub(super) sealed_body: String,
    pub(super) sent_at: OffsetDateTime,
    pub(super) received_at: OffsetDateTime,
}

pub(super) struct Event {
    pub(super) source: String,
    pub(super) kind: String,
    pub(super) sealed_body: String,
    pub(super) sent_at: OffsetDateTime,
}

/// Which of the events are new.
pub(super) async fn insert_events(
    connection: &mut PgConnection,
    events: &[Arc<NewEvent>],
) -> sqlx::Result<Vec<WebhookEventId>> {
    let ids: Vec<WebhookEventId> = events.iter().map(|event| event.id).collect();
    let sources: Vec<String> = events.iter().map(|event| event.source.to_owned()).collect();
    let event_ids: Vec<String> = events.iter().map(|event| event.event_id.clone()).collect();
    let kinds: Vec<String> = events.iter().map(|event| event.kind.clone()).collect();
    let sealed_bodies: Vec<String> = events.iter().map(|event| event.sealed_body.clone()).collect();
    let sent: Vec<OffsetDateTime> = events.iter().map(|event| event.sent_at).collect();
    let received: Vec<OffsetDateTime> = events.iter().map(|event| event.received_at).collect();
    query_scalar!(
        r#"insert into webhook_events (id, source, event_id, kind, sealed_body, sent_at, received_at)
           select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])
           on conflict on constraint webhook_events_event_key do nothing
           returning id as "id: WebhookEventId""#,
        &ids as &[WebhookEventId],
        &sources,
        &event_ids,
        &kinds,
        &sealed_bodies,
        &sent,
        &received,
    )
    .fetch_all(connection)
    .await
}

/// Begins a try: counts it and gives the event. None: it waits no more, or there is no such event.
pub(super) async fn begin_try(db: &Db, id: WebhookEventId) -> sqlx::Result<Option<Event>> {
    query_as!(
        Event,
        r#"update webhook_events set tries = least(tries, 32000) + 1 where id = $1 and state = 'waiting'
           returning source, kind, sealed_body, sent_at"#,
        id as WebhookEventId,
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn settle_done(db: &Db, id: WebhookEventId, now: OffsetDateTime) -> sqlx::Result<()> {
    query!(
        "update webhook_events set state = 'done', problem = null, settled_at = $2 where id = $1",
        id as WebhookEventId,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes why a try failed; the event waits for the next, or has failed with the last.
pub(super) async fn note_problem(
    db: &Db,
    id: WebhookEventId,
    problem: &str,
    last: bool,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    query!(
        "update webhook_events set problem = $2, state = case when $3 then 'failed' else 'waiting' end,
             settled_at = case when $3 then $4 else null::timestamptz end
         where id = $1",
        id as WebhookEventId,
        problem,
        last,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lets an event wait for its job again; whether there is such an event.
pub(super) async fn wait_again(connection: &mut PgConnection, id: WebhookEventId) -> sqlx::Result<bool> {
    let found =
        query!("update webhook_events set state = 'waiting', settled_at = null where id = $1", id as WebhookEventId,)
            .execute(connection)
            .await?;
    Ok(found.rows_affected() == 1)
}

pub(super) async fn purge(db: &Db, done_before: OffsetDateTime, before: OffsetDateTime) -> sqlx::Result<u64> {
    let gone = query!(
        "delete from webhook_events
         where (state = 'done' and settled_at < $1) or (state = 'failed' and settled_at < $2)",
        done_before,
        before,
    )
    .execute(db)
    .await?;
    Ok(gone.rows_affected())
}
