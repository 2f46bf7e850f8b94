//! What teams use of a month: reserved before an answer, settled after it.

use sqlx::{PgConnection, query, query_as, query_scalar};
use time::{Date, OffsetDateTime};

use crate::{
    kit::id::{RunId, TeamId},
    platform::db::Db,
};

/// What is to be reserved, and within which limits.
pub struct Wanted {
    pub team: TeamId,
    pub run: RunId,
    /// The first day of the month.
    pub month: Date,
    pub tokens: i64,
    pub most_messages: i64,
    pub most_tokens: i64,
}

/// Reserves one message and some tokens, if the month has room for them; whether it had.
pub async fn reserve(connection: &mut PgConnection, wanted: &Wanted, now: OffsetDateTime) -> sqlx::Result<bool> {
    let done = query!(
        "with room as (
             insert into usage_months as m (team_id, month, messages_reserved, tokens_reserved)
             select $1, $2, 1, $4::bigint where $5::bigint >= 1 and $6::bigint >= $4
             on conflict (team_id, month) do update
                 set messages_reserved = m.messages_reserved + 1, tokens_reserved = m.tokens_reserved + $4
                 where m.messages + m.messages_reserved < $5 and m.tokens + m.tokens_reserved + $4 <= $6
             returning team_id, month
         )
         insert into usage_ledger (run_id, team_id, month, state, tokens_reserved, reserved_at)
         select $3, team_id, month, 'reserved', $4, $7 from room",
        wanted.team as TeamId,
        wanted.month,
        wanted.run as RunId,
        wanted.tokens,
        wanted.most_messages,
        wanted.most_tokens,
        now,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What an answer took.
pub struct Settling<'a> {
    pub run: RunId,
    pub model: Option<&'a str>,
    pub read: i64,
    pub written: i64,
    /// Whether the month counts it; the ledger does in any case.
    pub counts: bool,
    pub day: Date,
    /// What all answers of a day may take together.
    pub daily: Option<i64>,
}

/// Settles a reservation, once; whether this used up the day's budget.
pub async fn settle(connection: &mut PgConnection, settling: &Settling<'_>, now: OffsetDateTime) -> sqlx::Result<bool> {
    query_scalar!(
        r#"with settled as (
             update usage_ledger
             set state = case when $5 then 'settled' else 'released' end, model = $2, tokens_read = $3,
                 tokens_written = $4, settled_at = $6
             where run_id = $1 and state = 'reserved'
             returning team_id, month, tokens_reserved
         ), counted as (
             update usage_months m
             set messages_reserved = m.messages_reserved - 1, tokens_reserved = m.tokens_reserved - settled.tokens_reserved,
                 messages = m.messages + case when $5 then 1 else 0 end,
                 tokens = m.tokens + case when $5 then $3::bigint + $4::bigint else 0 end
             from settled where m.team_id = settled.team_id and m.month = settled.month
         ), spent as (
             insert into usage_days as d (day, tokens, tripped_at)
             select $7, $3 + $4, case when $3 + $4 >= $8 then $6::timestamptz end from settled where $3 + $4 > 0
             on conflict (day) do update set tokens = d.tokens + excluded.tokens,
                 tripped_at = coalesce(d.tripped_at, case when d.tokens + excluded.tokens >= $8 then $6 end)
             returning tokens >= $8 and tokens - ($3 + $4) < $8 as tripped
         )
         select exists (select from spent where tripped) as "tripped!""#,
        settling.run as RunId,
        settling.model,
        settling.read,
        settling.written,
        settling.counts,
        now,
        settling.day,
        settling.daily,
    )
    .fetch_one(connection)
    .await
}

/// What was taken beside answers.
pub struct Charge<'a> {
    pub id: RunId,
    pub team: TeamId,
    /// The first day of the month.
    pub month: Date,
    pub model: Option<&'a str>,
    pub read: i64,
    pub written: i64,
    pub day: Date,
    /// What all may take on a day together.
    pub daily: Option<i64>,
}

/// Notes what was taken beside answers: tokens of the month and of the day, and no message. Whether this used up the day's
/// budget.
pub async fn charge(connection: &mut PgConnection, charge: &Charge<'_>, now: OffsetDateTime) -> sqlx::Result<bool> {
    query_scalar!(
        r#"with noted as (
             insert into usage_ledger (run_id, team_id, month, state, tokens_reserved, model, tokens_read, tokens_written,
                 reserved_at, settled_at, messages)
             values ($1, $2, $3, 'settled', 0, $4, $5, $6, $7, $7, 0)
             returning tokens_read + tokens_written as tokens
         ), counted as (
             insert into usage_months as m (team_id, month, tokens) select $2, $3, tokens from noted
             on conflict (team_id, month) do update set tokens = m.tokens + excluded.tokens
         ), spent as (
             insert into usage_days as d (day, tokens, tripped_at)
             select $8, tokens, case when tokens >= $9 then $7::timestamptz end from noted where tokens > 0
             on conflict (day) do update set tokens = d.tokens + excluded.tokens,
                 tripped_at = coalesce(d.tripped_at, case when d.tokens + excluded.tokens >= $9 then $7 end)
             returning tokens >= $9 and tokens - ($5 + $6) < $9 as tripped
         )
         select exists (select from spent where tripped) as "tripped!""#,
        charge.id as RunId,
        charge.team as TeamId,
        charge.month,
        charge.model,
        charge.read,
        charge.written,
        now,
        charge.day,
        charge.daily,
    )
    .fetch_one(connection)
    .await
}

/// How much of a month is used, and how much is reserved.
#[derive(Clone, Copy, Debug, Default)]
pub struct MonthRow {
    pub messages: i64,
    pub messages_reserved: i64,
    pub tokens: i64,
}

pub async fn month(connection: &mut PgConnection, team: TeamId, month: Date) -> sqlx::Result<MonthRow> {
    let row = query_as!(
        MonthRow,
        "select messages, messages_reserved, tokens from usage_months where team_id = $1 and month = $2",
        team as TeamId,
        month,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.unwrap_or_default())
}

/// A day of a month with answers that count.
pub struct DayRow {
    pub day: Date,
    pub messages: i64,
    pub tokens: i64,
}

pub async fn days(connection: &mut PgConnection, team: TeamId, month: Date) -> sqlx::Result<Vec<DayRow>> {
    query_as!(
        DayRow,
        r#"select (settled_at at time zone 'UTC')::date as "day!", sum(messages)::bigint as "messages!",
               sum(tokens_read + tokens_written)::bigint as "tokens!"
           from usage_ledger where team_id = $1 and month = $2 and state = 'settled'
           group by 1 order by 1"#,
        team as TeamId,
        month,
    )
    .fetch_all(connection)
    .await
}

/// How many tokens all answers of a day have taken.
pub async fn tokens_of(db: &Db, day: Date) -> sqlx::Result<i64> {
    let tokens = query_scalar!("select tokens from usage_days where day = $1", day).fetch_optional(db).await?;
    Ok(tokens.unwrap_or_default())
}

/// What one answer took.
pub struct TakenRow {
    pub run: RunId,
    pub model: Option<String>,
    pub tokens_read: i64,
    pub tokens_written: i64,
}

/// What these answers took.
pub async fn taken_by(db: &Db, runs: &[RunId]) -> sqlx::Result<Vec<TakenRow>> {
    query_as!(
        TakenRow,
        r#"select run_id as "run: RunId", model, tokens_read, tokens_written from usage_ledger
           where run_id = any($1) and state = 'settled'"#,
        runs as &[RunId],
    )
    .fetch_all(db)
    .await
}

/// Forgets who used what on which day of months that are long over; the sums of the months stay.
pub async fn forget(db: &Db, before: Date) -> sqlx::Result<u64> {
    let gone = query!("delete from usage_ledger where month < $1 and state <> 'reserved'", before).execute(db).await?;
    Ok(gone.rows_affected())
}
