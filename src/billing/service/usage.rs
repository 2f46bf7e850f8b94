//! What teams use of their plans. Before an answer a message and some tokens are reserved, after it they are settled, each
//! in one statement, so that nothing is used twice or beyond the limit however many ask at once.

use std::collections::HashMap;

use sqlx::PgConnection;
use time::{Date, Duration, OffsetDateTime};

use super::Billing;
use crate::{
    billing::{
        BillingError,
        model::{Entitlement, UsedDay, UsedMonth},
        store::usage::{self, Settling, Wanted},
    },
    kit::id::{RunId, TeamId},
};

/// How many tokens are kept free for an answer: about what one takes. It may take more, and then that counts. What is
/// shown with a question comes on top.
const TOKENS_OF_AN_ANSWER: i64 = 4_000;
/// For how long it is known which answer took how much.
const LEDGER_KEPT: Duration = Duration::days(400);

/// What an answer took of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The model that answered last; none where rules did.
    pub model: Option<String>,
    /// Tokens that it read.
    pub read: u64,
    /// Tokens that it wrote.
    pub written: u64,
}

impl Billing {
    /// Reserves an answer for a run of a team within what it may, in the transaction that makes the run; with so many tokens
    /// more than one usually takes.
    ///
    /// # Errors
    /// When the plan's month is used up, or the database is away.
    pub async fn reserve(
        &self,
        connection: &mut PgConnection,
        team: TeamId,
        entitlement: &Entitlement,
        run: RunId,
        more_tokens: u64,
    ) -> Result<(), BillingError> {
        let now = self.parts.clock.now();
        let wanted = Wanted {
            team,
            run,
            month: month_of(now),
            tokens: TOKENS_OF_AN_ANSWER.saturating_add(i64::try_from(more_tokens).unwrap_or(i64::MAX)),
            most_messages: entitlement.limits.messages.into(),
            most_tokens: i64::try_from(entitlement.limits.tokens).unwrap_or(i64::MAX),
        };
        if usage::reserve(connection, &wanted, now).await? {
            return Ok(());
        }
        let used = usage::month(connection, team, wanted.month).await?;
        let what = if used.messages + used.messages_reserved >= wanted.most_messages { "messages" } else { "tokens" };
        Err(BillingError::UsedUp { what, plan: entitlement.name.clone(), again: first_of_next(now) })
    }

    /// Settles what a run took, once, in the transaction that ends the run. What rules answered and what failed does not
    /// count.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn settle(
        &self,
        connection: &mut PgConnection,
        run: RunId,
        taken: &Taken,
        failed: bool,
    ) -> Result<(), BillingError> {
        let now = self.parts.clock.now();
        let settling = Settling {
            run,
            model: taken.model.as_deref(),
            read: i64::try_from(taken.read).unwrap_or(i64::MAX / 4),
            written: i64::try_from(taken.written).unwrap_or(i64::MAX / 4),
            counts: taken.model.is_some() && !failed,
            day: now.date(),
            daily: self.parts.daily_tokens.map(|tokens| i64::try_from(tokens).unwrap_or(i64::MAX)),
        };
        if usage::settle(connection, &settling, now).await? {
            tell_tripped(settling.day);
        }
        Ok(())
    }

    /// Whether a team's month has room for so many tokens more.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn has_room(&self, team: TeamId, tokens: u64) -> Result<bool, BillingError> {
        let mut connection = self.parts.db.acquire().await?;
        let most = self.entitlement(&mut connection, team).await?.limits.tokens;
        let used = usage::month(&mut connection, team, month_of(self.parts.clock.now())).await?.tokens;
        Ok(u64::try_from(used).unwrap_or_default().saturating_add(tokens) <= most)
    }

    /// Notes what was taken of the model beside answers, under an id of its own: it counts in tokens, and is no message.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn charge(
        &self,
        connection: &mut PgConnection,
        team: TeamId,
        id: RunId,
        taken: &Taken,
    ) -> Result<(), BillingError> {
        let now = self.parts.clock.now();
        let charge = usage::Charge {
            id,
            team,
            month: month_of(now),
            model: taken.model.as_deref(),
            read: i64::try_from(taken.read).unwrap_or(i64::MAX / 4),
            written: i64::try_from(taken.written).unwrap_or(i64::MAX / 4),
            day: now.date(),
            daily: self.parts.daily_tokens.map(|tokens| i64::try_from(tokens).unwrap_or(i64::MAX)),
        };
        if usage::charge(connection, &charge, now).await? {
            tell_tripped(charge.day);
        }
        Ok(())
    }

    /// Whether the model may still be asked today, for anybody.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn has_model_budget(&self) -> Result<bool, BillingError> {
        let Some(most) = self.parts.daily_tokens else { return Ok(true) };
        let spent = usage::tokens_of(&self.parts.db, self.parts.clock.now().date()).await?;
        Ok(u64::try_from(spent).unwrap_or_default() < most)
    }

    /// What a team has used of this month, and what it may.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn used_month(&self, connection: &mut PgConnection, team: TeamId) -> Result<UsedMonth, BillingError> {
        let now = self.parts.clock.now();
        let limits = self.entitlement(connection, team).await?.limits;
        let used = usage::month(connection, team, month_of(now)).await?;
        let days = usage::days(connection, team, month_of(now)).await?;
        Ok(UsedMonth {
            name: now.month().to_string(),
            messages: u32::try_from(used.messages + used.messages_reserved).unwrap_or(u32::MAX),
            tokens: u64::try_from(used.tokens).unwrap_or_default(),
            most_messages: limits.messages,
            most_tokens: limits.tokens,
            again: first_of_next(now).into(),
            days: days
                .into_iter()
                .map(|row| UsedDay {
                    day: row.day.day(),
                    messages: u32::try_from(row.messages).unwrap_or(u32::MAX),
                    tokens: u64::try_from(row.tokens).unwrap_or_default(),
                })
                .collect(),
        })
    }

    /// What these answers took of the model, of those that are settled and of which it is still known. The caller knows
    /// whose they are.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn taken_by(&self, runs: &[RunId]) -> Result<HashMap<RunId, Taken>, BillingError> {
        let count = |tokens: i64| u64::try_from(tokens).unwrap_or_default();
        let taken = usage::taken_by(&self.parts.db, runs).await?.into_iter().map(|row| {
            (row.run, Taken { model: row.model, read: count(row.tokens_read), written: count(row.tokens_written) })
        });
        Ok(taken.collect())
    }

    /// Forgets the single answers of months that are long over.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget_old_usage(&self) -> Result<u64, BillingError> {
        Ok(usage::forget(&self.parts.db, month_of(self.parts.clock.now() - LEDGER_KEPT)).await?)
    }
}

fn tell_tripped(day: Date) {
    metrics::counter!("aura_model_budget_trips_total").increment(1);
    tracing::error!(
        %day,
        "the model's budget for today is used up: questions are answered by rules until midnight UTC"
    );
}

/// The first day of the month, in UTC: the month goes on whatever becomes of a subscription.
fn month_of(moment: OffsetDateTime) -> Date {
    moment.date().replace_day(1).unwrap_or(moment.date())
}

fn first_of_next(moment: OffsetDateTime) -> OffsetDateTime {
    // The 32nd day after the first always lies in the next month.
    month_of(month_of(moment).midnight().assume_utc() + Duration::days(32)).midnight().assume_utc()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_month_begins_with_its_first_day() {
        for (now, next) in [
            (datetime!(2026-01-31 23:59:59.999 UTC), datetime!(2026-02-01 0:00 UTC)),
            (datetime!(2026-02-01 0:00 UTC), datetime!(2026-03-01 0:00 UTC)),
            (datetime!(2024-02-29 12:00 UTC), datetime!(2024-03-01 0:00 UTC)),
            (datetime!(2026-12-01 0:00 UTC), datetime!(2027-01-01 0:00 UTC)),
        ] {
            assert_eq!(first_of_next(now), next, "{now}");
        }
    }
}
