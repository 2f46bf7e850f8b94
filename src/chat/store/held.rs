//! Answers that the model's operator keeps while they are written.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    chat::sheet::Leaf,
    kit::id::{RunId, UserId},
};

/// How often an answer changes hands: one that each process dies of is left alone.
const TAKEN_OVER: i32 = 3;

/// Notes them.
pub(in crate::chat) async fn insert(connection: &mut PgConnection, leaves: &[&Leaf]) -> sqlx::Result<()> {
    let (mut runs, mut users) = (Vec::<RunId>::new(), Vec::<UserId>::new());
    let (mut models, mut responses) = (Vec::<String>::new(), Vec::<String>::new());
    let (mut before, mut sealed, mut since) = (Vec::<i32>::new(), Vec::<String>::new(), Vec::<OffsetDateTime>::new());
    for leaf in leaves {
        if let Some(held) = &leaf.page.held {
            runs.push(leaf.subject.run);
            users.push(leaf.subject.user);
            models.push(held.model.clone());
            responses.push(held.response.clone());
            before.push(i32::try_from(held.text_before).unwrap_or(i32::MAX));
            sealed.push(held.sealed_turn.clone());
            since.push(held.since);
        }
    }
    if runs.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into held_answers (id, user_id, model, response, text_before, sealed_turn, since)
         select r.id, r.user_id, h.model, h.response, h.text_before, h.sealed, h.since
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::timestamptz[])
             as h (run, owner, model, response, text_before, sealed, since)
         join runs r on r.id = h.run and r.user_id = h.owner
         on conflict (id) do update set model = excluded.model, response = excluded.response,
             text_before = excluded.text_before, sealed_turn = excluded.sealed_turn, since = excluded.since,
             taken_over = 0",
        &runs as &[RunId],
        &users as &[UserId],
        &models,
        &responses,
        &before,
        &sealed,
        &since,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What was noted of an answer.
pub(in crate::chat) struct HeldRow {
    pub model: String,
    pub response: String,
    pub text_before: i32,
    pub sealed_turn: String,
}

/// Takes over the answer of a run that has lost its process. Not one of which changes have come already: to hear it once
/// more would make them once more.
pub(in crate::chat) async fn take(
    connection: &mut PgConnection,
    user: UserId,
    run: RunId,
) -> sqlx::Result<Option<HeldRow>> {
    sqlx::query_as!(
        HeldRow,
        "update held_answers h set taken_over = taken_over + 1
         where h.id = $2 and h.user_id = $1 and h.taken_over < $3
             and not exists (
                 select from run_proposals p where p.run_id = h.id and p.user_id = $1 and p.created_at >= h.since)
             and not exists (select from runs r where r.id = h.id and r.stop_requested_at is not null)
         returning h.model, h.response, h.text_before, h.sealed_turn",
        user as UserId,
        run as RunId,
        TAKEN_OVER,
    )
    .fetch_optional(connection)
    .await
}

/// Forgets it, because its run waits or has ended.
pub(in crate::chat) async fn remove(connection: &mut PgConnection, user: UserId, run: RunId) -> sqlx::Result<()> {
    sqlx::query!("delete from held_answers where id = $2 and user_id = $1", user as UserId, run as RunId)
        .execute(connection)
        .await?;
    Ok(())
}

/// Lets go of a run that still stands at this number: any process may take it over at once.
pub(in crate::chat) async fn let_go(
    connection: &mut PgConnection,
    user: UserId,
    run: RunId,
    seq: i32,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update runs set heartbeat_at = 'epoch'
         where id = $2 and user_id = $1 and state = 'running' and last_seq = $3",
        user as UserId,
        run as RunId,
        seq,
    )
    .execute(connection)
    .await?;
    Ok(())
}
