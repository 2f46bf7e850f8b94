//! Warnings before a right ends by itself.

use time::{Duration, OffsetDateTime};

use super::{Error, Integrations};
use crate::{
    integrations::store::{self, system, system::EndingRow},
    platform::telemetry,
};

/// No warning is given earlier.
const FIRST: Duration = Duration::days(14);
const SECOND: Duration = Duration::days(3);
/// A grant that is not kept alive: its service was away for long.
const LAST_CHANCE: Duration = Duration::days(7);
const PAGE: i64 = 200;

impl Integrations {
    /// Warns of every consent that ends in 14 and in 3 days, and of every grant that could not be kept alive; each once.
    /// How many warnings were given.
    ///
    /// # Errors
    /// When the database is away; what was not reached is warned of by the next sweep.
    pub async fn remind(&self) -> Result<u32, Error> {
        let now = self.clock.now();
        let (mut after, mut given) = (None, 0);
        loop {
            let rows = system::ending(&self.db, now, now + FIRST, after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(given) };
            after = Some(last.id);
            for row in &rows {
                for (kind, ends_at) in warnings(row, now) {
                    match self.remind_of(row, kind, ends_at).await {
                        Ok(new) => given += u32::from(new),
                        // One person's trouble keeps nobody else from being warned.
                        Err(error) => telemetry::report(&error, "a warning could not be given"),
                    }
                }
            }
        }
    }

    async fn remind_of(&self, row: &EndingRow, kind: &str, ends_at: OffsetDateTime) -> Result<bool, Error> {
        let Some(provider) = self.catalogue.get(&row.provider) else { return Ok(false) };
        let now = self.clock.now();
        let mut transaction = self.db.begin().await?;
        let new = store::remind_once(&mut *transaction, row.user, row.id, kind, ends_at, now).await?;
        if new {
            let days = (ends_at - now).whole_hours().max(1).unsigned_abs().div_ceil(24);
            let days = i64::try_from(days).unwrap_or(i64::MAX);
            let link = format!("/connections/{}", row.id);
            self.notifications.connection_ends(&mut transaction, row.user, &provider.name, days, &link).await?;
            let connection = Some(row.id);
            self.changed_within(&mut transaction, row.user, connection, &provider.id, "reminded", Some(kind)).await?;
        }
        transaction.commit().await?;
        Ok(new)
    }
}

/// What is to be warned of by now.
fn warnings(row: &EndingRow, now: OffsetDateTime) -> Vec<(&'static str, OffsetDateTime)> {
    let mut due = Vec::new();
    if let Some(ends_at) = row.consent_expires_at.filter(|ends_at| *ends_at > now) {
        if ends_at - now <= SECOND {
            due.push(("consent_3", ends_at));
        } else if ends_at - now <= FIRST {
            due.push(("consent_14", ends_at));
        }
    }
    if let Some(ends_at) = row.refresh_expires_at.filter(|ends_at| *ends_at > now) {
        let life = row.issued_at.map_or(Duration::MAX, |issued_at| ends_at - issued_at);
        // Half of its life ago it should have been renewed.
        if ends_at - now <= LAST_CHANCE && ends_at - now <= life / 2_i32 {
            due.push(("refresh_7", ends_at));
        }
    }
    due
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::kit::id::{ConnectionId, Id as _, UserId};

    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    fn kinds(consent: Option<i64>, refresh: Option<(i64, i64)>) -> Vec<&'static str> {
        let row = EndingRow {
            user: UserId::from_bytes([0; 16]),
            id: ConnectionId::from_bytes([0; 16]),
            provider: "spotify".into(),
            consent_expires_at: consent.map(|hours| NOW + Duration::hours(hours)),
            refresh_expires_at: refresh.map(|(_, hours)| NOW + Duration::hours(hours)),
            issued_at: refresh.map(|(age, _)| NOW - Duration::hours(age)),
        };
        warnings(&row, NOW).into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn each_warning_has_its_days() {
        let table: [(Option<i64>, &[&str]); 7] = [
            (None, &[]),
            (Some(15 * 24), &[]),
            (Some(14 * 24), &["consent_14"]),
            (Some(3 * 24 + 1), &["consent_14"]),
            (Some(3 * 24), &["consent_3"]),
            (Some(1), &["consent_3"]),
            (Some(0), &[]),
        ];
        for (hours, expected) in table {
            assert_eq!(kinds(hours, None), expected, "{hours:?}");
        }
    }

    #[test]
    fn a_grant_that_is_renewed_in_time_is_not_warned_of() {
        let table: [((i64, i64), &[&str]); 5] = [
            // Of a day, renewed every eight hours.
            ((8, 16), &[]),
            ((14, 10), &["refresh_7"]),
            // Of sixty days.
            ((53 * 24, 7 * 24), &["refresh_7"]),
            ((53 * 24 - 1, 7 * 24 + 1), &[]),
            ((60 * 24, 0), &[]),
        ];
        for (ages, expected) in table {
            assert_eq!(kinds(None, Some(ages)), expected, "{ages:?}");
        }
    }
}
