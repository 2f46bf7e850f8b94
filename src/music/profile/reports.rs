//! Takes what readers report about a profile, and tells the operators.

use std::net::IpAddr;

use time::Duration;

use super::{
    error::ProfileError,
    letter,
    service::{Profiles, text},
    store::reports::{self as store, NewReport},
};
use crate::{kit::id::UserId, platform::limits::Bucket};

/// The reasons, with their words.
pub const REASONS: [(&str, &str); 4] = [
    ("abuse", "It insults or threatens somebody"),
    ("impersonation", "It pretends to be somebody else"),
    ("rights", "It shows what belongs to somebody else"),
    ("other", "Something else"),
];
/// The longest report, in characters.
pub const LONGEST: usize = 1_000;
/// Operators get one letter about a profile in this time.
const ONE_LETTER: Duration = Duration::days(1);
/// How long a report is kept.
const KEPT: Duration = Duration::days(180);

impl Profiles {
    /// Takes a report of a published profile. Who reports is counted by their address for an hour, and is not kept.
    ///
    /// # Errors
    /// When it says nothing or too much, too many came from there, or the database is away.
    pub async fn report(
        &self,
        user: UserId,
        handle: &str,
        from: IpAddr,
        reason: &str,
        typed: &str,
    ) -> Result<(), ProfileError> {
        let known = REASONS.into_iter().find(|(known, _)| *known == reason);
        let (reason, told) = known.ok_or(ProfileError::NoChoice { field: "reason" })?;
        let words = text(typed, true);
        if words.is_empty() {
            return Err(ProfileError::NothingSaid);
        }
        if words.chars().count() > LONGEST {
            return Err(ProfileError::TooLong { field: "words", most: LONGEST });
        }
        self.limits.hit(Bucket::ReportHour, &from.to_string()).await?;
        let now = self.clock.now();
        let id = self.random.id(now);
        let mut tx = self.db.begin().await?;
        let is_first = !store::any_since(&mut tx, user, now - ONE_LETTER).await?;
        store::insert(&mut tx, user, &NewReport { id, reason, words: &words, now }).await?;
        if is_first {
            let page =
                self.public_url.join(&format!("/admin/people/{user}")).map_or_else(|_| String::new(), Into::into);
            let letter = letter::reported(handle, told, &words, &self.address(handle), &page)?;
            for address in self.identity.operator_addresses_within(&mut tx).await? {
                self.outbox.enqueue(&mut tx, &address, letter.clone()).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Removes reports of long ago; how many there were.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn purge_reports(&self) -> Result<u64, sqlx::Error> {
        store::purge(&self.db, self.clock.now() - KEPT).await
    }
}
