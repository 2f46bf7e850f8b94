//! Finding what no event has told: at start and every ten minutes, in two ways that do not depend on each other. The
//! list of events is read on from where it was read last; and all subscriptions that are not over are compared with
//! ours, for Stripe forgets events after 30 days.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stripe_billing::subscription::ListSubscription;
use stripe_core::event::ListEvent;
use time::{Duration, OffsetDateTime};

use super::{Billing, hear, notices::TRIAL_ENDS_WITHIN, sync::Present};
use crate::{
    billing::{
        BillingError,
        store::system::{self, Compared},
        stripe::objects::{List, Subscription},
    },
    kit::id::TeamId,
    platform::webhooks::{Arrived, Received},
};

/// Under which name the place in the list of events is remembered: the id of the last one that was read, or `@` and the
/// time up to which there was none.
const CURSOR: &str = "events_read_to";
const A_PAGE: i64 = 100;
/// What does not fit into one run goes on in the next.
const MOST_PAGES: usize = 50;
/// How far back the first run looks; the comparison finds whatever is older.
const FIRST_LOOK: Duration = Duration::hours(24);
const CLOCKS_APART: Duration = Duration::minutes(10);
/// Customers who owe something are read again at least so often.
const OWED_READ_EVERY: Duration = Duration::hours(6);
const MOST_AT_ONCE: i64 = 1_000;
const NOTICES_KEPT: Duration = Duration::days(400);

/// What a run has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Events that were never posted.
    pub events: u64,
    /// Subscriptions that were written otherwise.
    pub subscriptions: u64,
}

impl Billing {
    /// Reads what was missed, in both ways, and does what is due by time alone.
    ///
    /// # Errors
    /// When Stripe or the database is away. What was done until then stays done.
    pub async fn reconcile(&self) -> Result<Repaired, BillingError> {
        if !self.is_on() {
            return Ok(Repaired::default());
        }
        let events = self.missed_events().await?;
        let subscriptions = self.compare().await?;
        self.do_what_is_due().await?;
        metrics::counter!("aura_billing_missed_events_total").increment(events);
        metrics::counter!("aura_billing_drift_repaired_total").increment(subscriptions);
        if subscriptions > 0 {
            tracing::warn!(events, subscriptions, "subscriptions were not as Stripe has them, and are now");
        }
        Ok(Repaired { events, subscriptions })
    }

    /// Keeps events that were not posted, as if they had been; their jobs do the rest.
    async fn missed_events(&self) -> Result<u64, BillingError> {
        let stripe = self.stripe()?;
        let types = || hear::FOLLOWED.map(str::to_owned).to_vec();
        let mut new = 0;
        let mark = system::mark(&self.parts.db, CURSOR).await?;
        let now = self.parts.clock.now();
        let since = mark.as_deref().and_then(|mark| mark.strip_prefix('@')?.parse().ok());
        let since = since.unwrap_or_else(|| (now - FIRST_LOOK).unix_timestamp());
        let mut cursor = mark.filter(|mark| !mark.starts_with('@'));
        for _ in 0..MOST_PAGES {
            let Some(before) = cursor.clone() else { break };
            // With this cursor a page holds what is next after it, the newest first.
            let request = ListEvent::new().types(types()).ending_before(before).limit(A_PAGE);
            let page: List<Value> = match stripe.read(&request).await {
                // Forgotten after 30 days.
                Err(error) if error.is_missing() => {
                    cursor = None;
                    break;
                }
                other => other?,
            };
            new += self.keep_all(&page.data).await?;
            let Some(newest) = page.data.first().and_then(|event| event["id"].as_str()) else { return Ok(new) };
            system::set_mark(&self.parts.db, CURSOR, newest, now).await?;
            cursor = Some(newest.to_owned());
            if !page.has_more {
                return Ok(new);
            }
        }
        if cursor.is_none() {
            new += self.look_since(types(), since).await?;
        }
        Ok(new)
    }

    /// Without an event to go on from: what happened since a time, from the newest backwards.
    async fn look_since(&self, types: Vec<String>, since: i64) -> Result<u64, BillingError> {
        let stripe = self.stripe()?;
        let now = self.parts.clock.now();
        let (mut new, mut newest, mut last) = (0, None::<String>, None::<String>);
        for _ in 0..MOST_PAGES {
            let mut request =
                ListEvent::new().types(types.clone()).created(stripe_types::RangeQueryTs::gte(since)).limit(A_PAGE);
            if let Some(last) = last {
                request = request.starting_after(last);
            }
            let page: List<Value> = stripe.read(&request).await?;
            new += self.keep_all(&page.data).await?;
            let id = |event: Option<&Value>| event.and_then(|event| event["id"].as_str()).map(str::to_owned);
            newest = newest.or_else(|| id(page.data.first()));
            last = id(page.data.last());
            if !page.has_more || last.is_none() {
                break;
            }
        }
        // The clocks of two machines are not the same.
        let mark = newest.unwrap_or_else(|| format!("@{}", (now - CLOCKS_APART).unix_timestamp()));
        system::set_mark(&self.parts.db, CURSOR, &mark, now).await?;
        Ok(new)
    }

    async fn keep_all(&self, events: &[Value]) -> Result<u64, BillingError> {
        let mut new = 0;
        // The oldest first, though their order does not matter.
        for event in events.iter().rev() {
            let (Some(event_id), Some(kind)) = (event["id"].as_str(), event["type"].as_str()) else { continue };
            let sent_at = event["created"].as_i64().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
            let sent_at = sent_at.unwrap_or_else(|| self.parts.clock.now());
            let arrived = Arrived { event_id, kind, sent_at };
            let kept = self.parts.webhooks.keep(hear::SOURCE, arrived, event.to_string().as_bytes()).await?;
            new += u64::from(kept == Received::New);
        }
        Ok(new)
    }

    /// Reads every customer anew with a subscription that is not as ours; how many rows that changed.
    async fn compare(&self) -> Result<u64, BillingError> {
        let mut listed: Vec<String> = Vec::new();
        let mut differing: BTreeSet<String> = BTreeSet::new();
        loop {
            let mut request = ListSubscription::new().limit(A_PAGE);
            if let Some(last) = listed.last() {
                request = request.starting_after(last.clone());
            }
            let page: List<Value> = self.stripe()?.read(&request).await?;
            let ids: Vec<String> = page.data.iter().filter_map(|one| one["id"].as_str()).map(str::to_owned).collect();
            let ours: BTreeMap<String, Compared> = system::compared(&self.parts.db, &ids)
                .await?
                .into_iter()
                .map(|row| (row.stripe_subscription.clone(), row))
                .collect();
            for one in page.data {
                let id = one["id"].as_str().unwrap_or_default().to_owned();
                let customer = one["customer"].as_str().map(str::to_owned);
                let theirs = serde_json::from_value::<Subscription>(one).ok().and_then(|one| comparable(&one));
                // What cannot be read differs as well: whoever reads its customer anew says why.
                if let Some(customer) = customer
                    && (theirs.is_none() || theirs.as_ref() != ours.get(&id))
                {
                    differing.insert(customer);
                }
            }
            let more = page.has_more && !ids.is_empty();
            listed.extend(ids);
            if !more {
                break;
            }
        }
        let before = self.parts.clock.now() - OWED_READ_EVERY;
        differing.extend(system::unlisted(&self.parts.db, &listed, before, MOST_AT_ONCE).await?);
        let mut changed = 0;
        let mut failed = None;
        for customer in differing {
            // One that cannot be read keeps nobody else from being put right.
            match self.sync_customer(&customer).await {
                Ok(synced) => changed += synced.changed,
                Err(BillingError::Stripe(error)) if error.is_unreadable() => {
                    crate::platform::telemetry::report(&error, "comparing with Stripe");
                }
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) => Err(error),
            None => Ok(changed),
        }
    }

    async fn do_what_is_due(&self) -> Result<(), BillingError> {
        let now = self.parts.clock.now();
        system::expire_unanswered(&self.parts.db, now).await?;
        for session in system::stale_sessions(&self.parts.db, now, MOST_AT_ONCE).await? {
            self.sync_session(&session, "").await?;
        }
        for team in system::due(&self.parts.db, now, now + TRIAL_ENDS_WITHIN, MOST_AT_ONCE).await? {
            self.tell_by_time(team).await?;
        }
        system::purge_notices(&self.parts.db, now - NOTICES_KEPT).await?;
        Ok(())
    }

    /// A grace time that is over changes a plan without a word of Stripe's.
    async fn tell_by_time(&self, team: TeamId) -> Result<(), BillingError> {
        let mut tx = self.parts.db.begin().await?;
        let customers = system::customers_of_team(&mut tx, team).await?;
        system::lock(&mut tx, &format!("team {team}")).await?;
        let now = self.parts.clock.now();
        self.announce(&mut tx, &Present { team, now }).await?;
        let soon = system::trial_ends_untold(&mut tx, team, now, now + TRIAL_ENDS_WITHIN).await?;
        tx.commit().await?;
        // What is said of a trial is read from Stripe first: it may have been cancelled there.
        if soon {
            for customer in customers {
                self.sync_customer(&customer).await?;
            }
        }
        Ok(())
    }
}

fn comparable(read: &Subscription) -> Option<Compared> {
    let item = read.items.data.first()?;
    Some(Compared {
        stripe_subscription: read.id.clone(),
        stripe_customer: read.customer.id().to_owned(),
        status: read.status.clone(),
        stripe_price: item.price.id.clone(),
        seats: i32::try_from(item.quantity.unwrap_or(1).max(1)).unwrap_or(i32::MAX),
        period_end: item.current_period_end,
        cancel_at: read.ends(),
        trial_end: read.trial_end,
        paused: read.pause_collection.is_some(),
        stripe_schedule: read.schedule.as_ref().map(|schedule| schedule.id().to_owned()),
        latest_invoice: read.latest_invoice.as_ref().map(|invoice| invoice.id().to_owned()),
    })
}
