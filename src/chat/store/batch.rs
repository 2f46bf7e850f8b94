//! The logs of many runs, written by one statement each.

use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    chat::sheet::Leaf,
    kit::id::{ConnectionId, MessageId, RunId, ToolResultId, UserId},
};

/// How the logs of runs move on: a column each.
#[derive(Default)]
pub(in crate::chat) struct Moves {
    runs: Vec<RunId>,
    users: Vec<UserId>,
    from: Vec<i32>,
    to: Vec<i32>,
    models: Vec<Option<String>>,
}

impl<'a> FromIterator<&'a Leaf> for Moves {
    fn from_iter<I: IntoIterator<Item = &'a Leaf>>(leaves: I) -> Self {
        let mut moves = Self::default();
        for leaf in leaves {
            moves.runs.push(leaf.subject.run);
            moves.users.push(leaf.subject.user);
            moves.from.push(leaf.from);
            moves.to.push(leaf.to());
            moves.models.push(leaf.page.model.clone());
        }
        moves
    }
}

/// Renews heartbeats and moves numbers on, where the logs stand as they were left; of each run that was, whether a stop
/// was asked for.
pub(in crate::chat) async fn advance(
    connection: &mut PgConnection,
    moves: &Moves,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<(RunId, bool)>> {
    let rows = sqlx::query!(
        r#"update runs r
           set last_seq = m.until, heartbeat_at = $6, model = coalesce(m.model, r.model)
           from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[], $5::text[])
               as m (run, owner, after, until, model)
           where r.id = m.run and r.user_id = m.owner and r.state = 'running' and r.last_seq = m.after
           returning r.id as "run: RunId", r.stop_requested_at is not null as "stop!""#,
        &moves.runs as &[RunId],
        &moves.users as &[UserId],
        &moves.from,
        &moves.to,
        &moves.models as &[Option<String>],
        now,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.run, row.stop)).collect())
}

/// Where the logs of those stand that still run.
pub(in crate::chat) async fn positions(
    connection: &mut PgConnection,
    moves: &Moves,
) -> sqlx::Result<Vec<(RunId, i32)>> {
    let rows = sqlx::query!(
        r#"select r.id as "run: RunId", r.last_seq
           from unnest($1::uuid[], $2::uuid[]) as m (run, owner)
           join runs r on r.id = m.run and r.user_id = m.owner
           where r.state = 'running'"#,
        &moves.runs as &[RunId],
        &moves.users as &[UserId],
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.run, row.last_seq)).collect())
}

/// Appends events, of each run in their order.
pub(in crate::chat) async fn append(
    connection: &mut PgConnection,
    leaves: &[&Leaf],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let (mut runs, mut users, mut numbers) = (Vec::<RunId>::new(), Vec::<UserId>::new(), Vec::<i32>::new());
    let (mut kinds, mut payloads) = (Vec::<String>::new(), Vec::<Value>::new());
    for leaf in leaves {
        for (number, (kind, payload)) in
            (leaf.from.saturating_add(1)..).zip(leaf.page.kinds.iter().zip(&leaf.page.payloads))
        {
            runs.push(leaf.subject.run);
            users.push(leaf.subject.user);
            numbers.push(number);
            kinds.push(kind.clone());
            payloads.push(payload.clone());
        }
    }
    if runs.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into run_events (run_id, seq, kind, payload, created_at)
         select r.id, e.seq, e.kind, e.payload, $6
         from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::jsonb[])
             as e (run, owner, seq, kind, payload)
         join runs r on r.id = e.run and r.user_id = e.owner",
        &runs as &[RunId],
        &users as &[UserId],
        &numbers,
        &kinds,
        &payloads,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores what was read.
pub(in crate::chat) async fn insert_results(
    connection: &mut PgConnection,
    leaves: &[&Leaf],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let (mut ids, mut runs, mut users) = (Vec::<ToolResultId>::new(), Vec::<RunId>::new(), Vec::<UserId>::new());
    let (mut calls, mut connections, mut sealed) =
        (Vec::<String>::new(), Vec::<ConnectionId>::new(), Vec::<String>::new());
    for leaf in leaves {
        for result in &leaf.page.results {
            ids.push(result.id);
            runs.push(leaf.subject.run);
            users.push(leaf.subject.user);
            calls.push(result.call_id.clone());
            connections.push(result.connection);
            sealed.push(result.text.clone());
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into tool_results (id, run_id, user_id, call_id, connection_id, sealed_result, created_at)
         select t.id, t.run, t.owner, t.call, t.connection, t.sealed, $7
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[])
             as t (id, run, owner, call, connection, sealed)",
        &ids as &[ToolResultId],
        &runs as &[RunId],
        &users as &[UserId],
        &calls,
        &connections as &[ConnectionId],
        &sealed,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Copies texts so far into their answers.
pub(in crate::chat) async fn materialise(connection: &mut PgConnection, leaves: &[&Leaf]) -> sqlx::Result<()> {
    let (mut users, mut answers, mut texts) = (Vec::<UserId>::new(), Vec::<MessageId>::new(), Vec::<String>::new());
    for leaf in leaves {
        if let Some(text) = &leaf.page.so_far {
            users.push(leaf.subject.user);
            answers.push(leaf.subject.answer);
            texts.push(text.clone());
        }
    }
    if users.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update messages m set content = t.content
         from unnest($1::uuid[], $2::uuid[], $3::text[]) as t (owner, answer, content), conversations c
         where m.id = t.answer and c.id = m.conversation_id and c.user_id = t.owner",
        &users as &[UserId],
        &answers as &[MessageId],
        &texts,
    )
    .execute(connection)
    .await?;
    Ok(())
}
