//! Buying a plan, on Stripe's page.
//!
//! The row of an attempt is written before Stripe is asked, and a team has one open row at most: that row is the lock
//! against a second purchase. Whether the team pays already is asked of Stripe while the row is held. Everything that
//! Stripe is asked with stands in the row, so that the same click, repeated after whatever failure, is the same request
//! under the same key, and gets the same page.

use std::{collections::HashMap, time::Duration as Wait};

use serde_json::json;
use stripe_billing::subscription::CancelSubscription;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionCustomerUpdate, CreateCheckoutSessionCustomerUpdateAddress,
    CreateCheckoutSessionCustomerUpdateName, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionPaymentMethodCollection, CreateCheckoutSessionSubscriptionData,
    CreateCheckoutSessionTaxIdCollection, ExpireCheckoutSession, ListCheckoutSession, RetrieveCheckoutSession,
};
use stripe_shared::{CheckoutSessionBillingAddressCollection, CheckoutSessionMode, CheckoutSessionStatus};
use time::{Duration, OffsetDateTime};
use tokio::time::timeout;
use url::Url;

use super::Billing;
use crate::{
    billing::{
        BillingError,
        model::{Audience, Period},
        plans::Plan,
        store::{self, checkouts::CheckoutRow},
        stripe::{
            Stripe, StripeError,
            objects::{CheckoutSession, Done, List},
        },
    },
    kit::id::{CheckoutId, TeamId, UserId},
    platform::{audit, http::HttpError},
    team::{Facts, model::Role},
};

/// For how long Stripe's page can be paid.
const OPEN_FOR: Duration = Duration::hours(2);
/// For how long a page is asked for whose making failed. Stripe takes no end that is less than half an hour away.
const MADE_WITHIN: Duration = Duration::hours(1);
/// For how long it is known who tried to buy what.
const KEPT_FOR: Duration = Duration::days(400);
/// A person waits for it.
const DEADLINE: Wait = Wait::from_secs(20);
/// How many seats can be bought at once.
const MOST_SEATS: u32 = 10_000;
/// So often an attempt makes way for another one before the person is asked to try again.
const ROUNDS: usize = 4;

/// What somebody wants to buy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub team: TeamId,
    /// The plan's id.
    pub plan: String,
    pub period: Period,
    /// One where the plan has none.
    pub seats: u32,
}

/// A purchase that may be made.
struct Purchase<'a> {
    user: UserId,
    wanted: &'a Wanted,
    facts: &'a Facts,
    plan: &'a Plan,
    seats: u32,
    price: &'a str,
}

impl Billing {
    /// Stripe's page where this is bought: a new one, or the one that is open for it already.
    ///
    /// # Errors
    /// When somebody else owns the team, the plan is not for it, it pays already, or Stripe refuses or is away. In none
    /// of these is anything charged.
    pub async fn checkout(&self, user: UserId, wanted: &Wanted) -> Result<Url, BillingError> {
        timeout(DEADLINE, self.lead_to_checkout(user, wanted)).await.unwrap_or(Err(away()))
    }

    async fn lead_to_checkout(&self, user: UserId, wanted: &Wanted) -> Result<Url, BillingError> {
        let stripe = self.stripe()?;
        let facts = self.owned(user, wanted.team).await?;
        let plan = self.parts.plans.get(&wanted.plan).filter(|plan| is_for(plan, &facts));
        let plan = plan.ok_or(BillingError::UnknownPlan)?;
        let seats = seats_of(plan, wanted.seats, &facts)?;
        let price = self.price(plan, wanted.period).await?;
        let purchase = Purchase { user, wanted, facts: &facts, plan, seats, price: &price.stripe_price };
        for round in 1..=ROUNDS {
            match self.go_to_page(stripe, &purchase).await {
                Ok(Some(url)) => return Ok(stripe.address(&url)),
                Ok(None) => {}
                // An earlier call failed and nobody was there any more to note it; now it is noted.
                Err(BillingError::Stripe(StripeError::Kept(_))) if round < ROUNDS => {}
                Err(error) => return Err(error),
            }
        }
        Err(BillingError::Changed)
    }

    /// Stripe's page for this. `None`: what was open has made way, and the next try begins anew.
    async fn go_to_page(&self, stripe: &Stripe, purchase: &Purchase<'_>) -> Result<Option<Url>, BillingError> {
        let Purchase { user, wanted, facts, plan, seats, price } = *purchase;
        self.refuse_second(wanted.team).await?;
        let open = store::checkouts::open(&mut *self.parts.db.acquire().await?, wanted.team).await?;
        let row = match open {
            Some(row) if self.is_for_this(&row, wanted, seats, price) => row,
            Some(row) => {
                self.give_up(stripe, &row).await?;
                return Ok(None);
            }
            None => {
                let customer = self.customer(wanted.team, facts, user).await?;
                let trial_days = self.trial_days(plan, wanted.team, user).await?;
                let now = self.parts.clock.now();
                let row = CheckoutRow {
                    id: self.parts.random.id(now),
                    team: wanted.team,
                    user,
                    plan: plan.id.clone(),
                    period: wanted.period.as_str().to_owned(),
                    seats: i32::try_from(seats).unwrap_or(1),
                    stripe_customer: customer,
                    stripe_price: price.to_owned(),
                    trial_days,
                    attempt: 1,
                    stripe_session: None,
                    url: None,
                    state: "open".to_owned(),
                    created_at: now,
                    expires_at: whole_seconds(now + OPEN_FOR),
                };
                if !self.begin_checkout(&row).await? {
                    return Ok(None);
                }
                row
            }
        };
        self.page_of(stripe, &row).await
    }

    /// Forgets attempts of long ago; what was bought stands in subscriptions and invoices.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_old_checkouts(&self) -> Result<u64, BillingError> {
        Ok(store::system::purge_checkouts(&self.parts.db, self.parts.clock.now() - KEPT_FOR).await?)
    }

    /// Whether an open attempt is for the same, and can still be paid.
    fn is_for_this(&self, row: &CheckoutRow, wanted: &Wanted, seats: u32, price: &str) -> bool {
        let now = self.parts.clock.now();
        let lives = match row.stripe_session {
            Some(_) => now + Duration::minutes(1) < row.expires_at,
            None => now < row.created_at + MADE_WITHIN,
        };
        lives
            && row.plan == wanted.plan
            && row.period == wanted.period.as_str()
            && u32::try_from(row.seats) == Ok(seats)
            && row.stripe_price == price
    }

    async fn begin_checkout(&self, row: &CheckoutRow) -> Result<bool, BillingError> {
        let mut tx = self.parts.db.begin().await?;
        if !store::checkouts::begin(&mut tx, row).await? {
            return Ok(false);
        }
        let told = json!({ "team": row.team, "plan": row.plan, "period": row.period, "seats": row.seats });
        audit::record(&mut tx, &self.parts.random, row.created_at, row.user, "billing_checkout", told).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The page of an open attempt. `None`: the attempt is over, and another one may begin.
    async fn page_of(&self, stripe: &Stripe, row: &CheckoutRow) -> Result<Option<Url>, BillingError> {
        if row.stripe_session.is_none() {
            // No other purchase can begin while this row is open, so what Stripe says now holds until it is paid.
            if let Err(error) = self.ask_for_subscriptions(stripe, row).await {
                if matches!(error, BillingError::Subscribed) {
                    self.settle_checkout(row, "failed").await?;
                }
                return Err(error);
            }
        }
        let Some(session) = self.session_of(stripe, row).await? else { return Ok(None) };
        let url = session.url.as_deref().and_then(|url| Url::parse(url).ok());
        match url {
            Some(url) if session.status.as_deref().is_none_or(|status| status == "open") => Ok(Some(url)),
            _ => {
                self.settle_by(row, &session).await?;
                Ok(None)
            }
        }
    }

    /// Whether the team pays already, as Stripe has it. What waits for a first payment that never came makes way.
    async fn ask_for_subscriptions(&self, stripe: &Stripe, row: &CheckoutRow) -> Result<(), BillingError> {
        self.sync_customer(&row.stripe_customer).await?;
        let live = store::shown::live(&mut *self.parts.db.acquire().await?, row.team).await?;
        if live.iter().any(|subscription| subscription.status != "incomplete") {
            return Err(BillingError::Subscribed);
        }
        for unpaid in &live {
            let request = CancelSubscription::new(unpaid.stripe_subscription.clone());
            stripe.write::<Done>(&request, &format!("give-up:{}", unpaid.stripe_subscription)).await?;
        }
        if !live.is_empty() {
            self.sync_customer(&row.stripe_customer).await?;
        }
        Ok(())
    }

    /// Stripe's session of an attempt, made where there is none. `None`: it can no longer be made.
    async fn session_of(&self, stripe: &Stripe, row: &CheckoutRow) -> Result<Option<CheckoutSession>, BillingError> {
        if let Some(session) = &row.stripe_session {
            return Ok(Some(stripe.read(&RetrieveCheckoutSession::new(session.clone())).await?));
        }
        let stale = row.created_at + MADE_WITHIN <= self.parts.clock.now();
        if row.attempt > 1 || stale {
            // What an earlier try has made in spite of its answer is taken up; there is no second page.
            if let Some(session) = self.made_before(stripe, row).await? {
                return Ok(Some(self.keep(row, session).await?));
            }
        }
        if stale {
            self.settle_checkout(row, "failed").await?;
            return Ok(None);
        }
        let key = format!("checkout:{}:{}", row.id, row.attempt);
        match stripe.write::<CheckoutSession>(&self.request(row), &key).await {
            Ok(session) => Ok(Some(self.keep(row, session).await?)),
            Err(error @ StripeError::Refused { .. }) => {
                self.settle_checkout(row, "failed").await?;
                Err(error.into())
            }
            Err(error) => {
                if error.is_kept() {
                    let mut connection = self.parts.db.acquire().await?;
                    store::checkouts::try_anew(&mut connection, row.team, row.id, row.attempt).await?;
                }
                Err(error.into())
            }
        }
    }

    async fn made_before(&self, stripe: &Stripe, row: &CheckoutRow) -> Result<Option<CheckoutSession>, BillingError> {
        let request = ListCheckoutSession::new()
            .customer(row.stripe_customer.clone())
            .status(CheckoutSessionStatus::Open)
            .limit(100);
        let open: List<CheckoutSession> = stripe.read(&request).await?;
        let id = row.id.to_string();
        Ok(open.data.into_iter().find(|session| session.metadata.get("checkout_id") == Some(&id)))
    }

    async fn keep(&self, row: &CheckoutRow, session: CheckoutSession) -> Result<CheckoutSession, BillingError> {
        if let Some(url) = &session.url {
            let mut connection = self.parts.db.acquire().await?;
            store::checkouts::made(&mut connection, row.team, row.id, &session.id, url).await?;
        }
        Ok(session)
    }

    /// Closes the page of an attempt that makes way for another one.
    async fn give_up(&self, stripe: &Stripe, row: &CheckoutRow) -> Result<(), BillingError> {
        let Some(session) = self.session_of(stripe, row).await? else { return Ok(()) };
        if session.status.as_deref().is_some_and(|status| status != "open") {
            return self.settle_by(row, &session).await;
        }
        let request = ExpireCheckoutSession::new(session.id.clone());
        match stripe.write::<CheckoutSession>(&request, &format!("expire:{}", session.id)).await {
            Ok(session) => self.settle_by(row, &session).await,
            // It was paid or it ended a moment ago.
            Err(StripeError::Refused { .. }) => {
                let session: CheckoutSession = stripe.read(&RetrieveCheckoutSession::new(session.id)).await?;
                self.settle_by(row, &session).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes down what Stripe says became of an attempt; of a paid one, what was bought.
    pub(super) async fn settle_by(&self, row: &CheckoutRow, session: &CheckoutSession) -> Result<(), BillingError> {
        match (session.status.as_deref(), session.payment_status.as_deref()) {
            (Some("complete"), Some("unpaid")) => {
                self.sync_customer(&row.stripe_customer).await?;
                // The money does not come any more where what it was for is over.
                let live = store::shown::live(&mut *self.parts.db.acquire().await?, row.team).await?;
                self.settle_checkout(row, if live.is_empty() { "failed" } else { "processing" }).await
            }
            (Some("complete"), _) => {
                self.sync_customer(&row.stripe_customer).await?;
                self.settle_checkout(row, "complete").await
            }
            (Some("expired"), _) => self.settle_checkout(row, "expired").await,
            _ => Ok(()),
        }
    }

    pub(super) async fn settle_checkout(&self, row: &CheckoutRow, state: &str) -> Result<(), BillingError> {
        let mut connection = self.parts.db.acquire().await?;
        store::checkouts::settle(&mut connection, row.team, row.id, state, self.parts.clock.now()).await?;
        Ok(())
    }

    /// What is known here already: a plan that is paid, or a payment that is on its way.
    async fn refuse_second(&self, team: TeamId) -> Result<(), BillingError> {
        let mut connection = self.parts.db.acquire().await?;
        let live = store::shown::live(&mut connection, team).await?;
        if live.iter().any(|subscription| subscription.status != "incomplete") {
            return Err(BillingError::Subscribed);
        }
        match store::checkouts::processing(&mut connection, team).await? {
            Some(_) => Err(BillingError::PaymentUnderWay),
            None => Ok(()),
        }
    }

    async fn trial_days(&self, plan: &Plan, team: TeamId, owner: UserId) -> Result<i32, BillingError> {
        if plan.trial_days == 0 || self.trial_used(team, owner).await? {
            return Ok(0);
        }
        Ok(i32::try_from(plan.trial_days).unwrap_or(0))
    }

    /// What a team is, for its owner alone.
    pub(super) async fn owned(&self, user: UserId, team: TeamId) -> Result<Facts, BillingError> {
        let mut connection = self.parts.db.acquire().await?;
        let role = self.parts.teams.role_of(&mut connection, user, team).await?;
        match role {
            None => return Err(BillingError::NotFound("team")),
            Some(Role::Owner) => {}
            Some(Role::Admin | Role::Member) => return Err(BillingError::NotOwner),
        }
        self.parts.teams.facts(&mut connection, team).await?.ok_or(BillingError::NotFound("team"))
    }

    fn request(&self, row: &CheckoutRow) -> CreateCheckoutSession {
        let metadata: HashMap<String, String> = [
            ("team_id", row.team.to_string()),
            ("checkout_id", row.id.to_string()),
            ("plan", row.plan.clone()),
            ("period", row.period.clone()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        let item = CreateCheckoutSessionLineItems {
            price: Some(row.stripe_price.clone()),
            quantity: u64::try_from(row.seats).ok(),
            ..CreateCheckoutSessionLineItems::new()
        };
        let subscription = CreateCheckoutSessionSubscriptionData {
            metadata: Some(metadata.clone()),
            trial_period_days: u32::try_from(row.trial_days).ok().filter(|days| *days > 0),
            ..CreateCheckoutSessionSubscriptionData::new()
        };
        let update = CreateCheckoutSessionCustomerUpdate {
            address: Some(CreateCheckoutSessionCustomerUpdateAddress::Auto),
            name: Some(CreateCheckoutSessionCustomerUpdateName::Auto),
            ..CreateCheckoutSessionCustomerUpdate::new()
        };
        let base = self.parts.public_url.as_str().trim_end_matches('/');
        CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Subscription)
            .customer(row.stripe_customer.clone())
            .client_reference_id(row.team.to_string())
            .metadata(metadata)
            .line_items(vec![item])
            .subscription_data(subscription)
            .allow_promotion_codes(true)
            .tax_id_collection(CreateCheckoutSessionTaxIdCollection::new(true))
            .billing_address_collection(CheckoutSessionBillingAddressCollection::Required)
            .customer_update(update)
            // Also for a trial: who begins one can be charged when it ends, and has one trial, not many.
            .payment_method_collection(CreateCheckoutSessionPaymentMethodCollection::Always)
            .success_url(format!("{base}/billing/success?session_id={{CHECKOUT_SESSION_ID}}"))
            .cancel_url(format!("{base}/billing/cancelled?checkout={}", row.id))
            .expires_at(row.expires_at.unix_timestamp())
    }

    /// An attempt of a team of the person's, by its id.
    pub(super) async fn own_checkout(&self, user: UserId, id: CheckoutId) -> Result<CheckoutRow, BillingError> {
        let mut connection = self.parts.db.acquire().await?;
        for team in self.parts.teams.teams_of(&mut connection, user).await? {
            if team.role == Role::Member {
                continue;
            }
            if let Some(row) = store::checkouts::find(&mut connection, team.id, id).await? {
                return Ok(row);
            }
        }
        Err(BillingError::NotFound("payment"))
    }
}

/// Whether a plan is sold to such a team.
pub(super) fn is_for(plan: &Plan, facts: &Facts) -> bool {
    match plan.audience {
        Audience::Everyone => false,
        Audience::Person => facts.personal,
        Audience::Team => !facts.personal,
    }
}

/// For how many seats is paid: for all members at least.
pub(super) fn seats_of(plan: &Plan, wanted: u32, facts: &Facts) -> Result<u32, BillingError> {
    if !plan.per_seat {
        return Ok(1);
    }
    let members = u32::try_from(facts.members).unwrap_or(MOST_SEATS);
    if wanted < members || wanted == 0 || wanted > MOST_SEATS {
        return Err(BillingError::Seats { members: members.max(1), most: MOST_SEATS });
    }
    Ok(wanted)
}

pub(super) fn away() -> BillingError {
    StripeError::Unreachable(HttpError::Timeout).into()
}

fn whole_seconds(moment: OffsetDateTime) -> OffsetDateTime {
    moment.replace_nanosecond(0).unwrap_or(moment)
}
