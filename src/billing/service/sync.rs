//! Writing down what Stripe says of a customer. Events, people who come back, and the reconciler all end here: whatever
//! they hint at, the customer is locked, read anew as a whole, and written in one transaction with all that follows from
//! it. So they may come in any order, twice, or not at all.

use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    Billing,
    read::{self, Read},
};
use crate::{
    billing::{
        BillingError,
        entitlement::Status,
        model::FREE,
        store::{
            self, notices,
            synced::{self, CustomerFacts, Former, NewSubscription},
            system,
        },
        stripe::objects::{Card, Invoice},
    },
    kit::id::TeamId,
    platform::{audit, bus::Topic, telemetry},
};

/// So often is read again because something was put right at Stripe.
const ROUNDS: usize = 4;

/// What was found of a customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// None: it is the customer of no team here.
    pub team: Option<TeamId>,
    /// How many subscriptions were written otherwise than they stood.
    pub changed: u64,
}

/// Somebody may be told of what happened meanwhile; what is older is history.
pub(super) struct Present {
    pub(super) team: TeamId,
    pub(super) now: OffsetDateTime,
}

impl Billing {
    /// Reads a customer anew and writes down what is.
    ///
    /// # Errors
    /// When nothing is sold here, Stripe does not answer or cannot be understood, or the database fails. Then nothing has
    /// changed here.
    pub async fn sync_customer(&self, customer: &str) -> Result<Synced, BillingError> {
        self.sync(customer, None).await
    }

    /// The same, where the team is known from elsewhere: from what was bought.
    pub(super) async fn sync(&self, customer: &str, bought_for: Option<TeamId>) -> Result<Synced, BillingError> {
        let stripe = self.stripe()?;
        // A closed semaphore would be a fault of ours; waiting for a turn is all that it is for.
        let _turn = self.turns.acquire().await.ok();
        let mut tx = self.parts.db.begin().await?;
        system::lock(&mut tx, customer).await?;
        for round in 1..=ROUNDS {
            let read = read::customer(stripe, customer).await?;
            let Some(team) = self.team_of(&mut tx, customer, &read, bought_for).await? else {
                tracing::debug!(customer, "Stripe has a customer that is none of ours");
                return Ok(Synced::default());
            };
            system::lock(&mut tx, &format!("team {team}")).await?;
            let present = Present { team, now: self.parts.clock.now() };
            let invoices = self.recent_invoices(&mut tx, customer, team).await?;
            let subscriptions = self.converted(&mut tx, &read, team, present.now).await?;
            if round < ROUNDS && self.put_right(&mut tx, customer, &present, &read, &subscriptions, &invoices).await? {
                continue;
            }
            let changed = self.write(&mut tx, customer, &present, &read, &subscriptions, &invoices).await?;
            tx.commit().await?;
            metrics::counter!("aura_billing_syncs_total").increment(1);
            return Ok(Synced { team: Some(team), changed });
        }
        Ok(Synced::default())
    }

    /// By our own books, else by what we wrote into the customer or the subscription. Never by an address.
    async fn team_of(
        &self,
        tx: &mut PgConnection,
        customer: &str,
        read: &Read,
        bought_for: Option<TeamId>,
    ) -> Result<Option<TeamId>, BillingError> {
        if let Some(team) = system::team_of_customer(tx, customer).await? {
            return Ok(Some(team));
        }
        let written = read
            .customer
            .iter()
            .map(|customer| &customer.metadata)
            .chain(read.subscriptions.iter().map(|subscription| &subscription.metadata))
            .filter_map(|metadata| metadata.get("team_id")?.parse().ok());
        for team in written.chain(bought_for) {
            if self.parts.teams.facts(tx, team).await?.is_some() {
                return Ok(Some(team));
            }
        }
        Ok(None)
    }

    /// The newest invoices, as far back as there are any that are not known yet.
    async fn recent_invoices(
        &self,
        tx: &mut PgConnection,
        customer: &str,
        team: TeamId,
    ) -> Result<Vec<Invoice>, BillingError> {
        let stripe = self.stripe()?;
        let mut all: Vec<Invoice> = Vec::new();
        loop {
            let page = read::invoices(stripe, customer, all.last().map(|invoice| invoice.id.as_str())).await?;
            let ids: Vec<String> = page.data.iter().map(|invoice| invoice.id.clone()).collect();
            all.extend(page.data);
            if !page.has_more || ids.is_empty() || store::invoices::unknown(tx, team, &ids).await? == 0 {
                return Ok(all);
            }
        }
    }

    async fn converted(
        &self,
        tx: &mut PgConnection,
        read: &Read,
        team: TeamId,
        now: OffsetDateTime,
    ) -> Result<Vec<NewSubscription>, BillingError> {
        let former = synced::former(tx, team).await?;
        let prices = store::prices::all(tx).await?;
        let books = super::convert::Books { plans: &self.parts.plans, prices: &prices, now };
        let mut all = Vec::new();
        for subscription in &read.subscriptions {
            let before = former.iter().find(|row| row.stripe_subscription == subscription.id);
            let Some(new) = books.subscription(subscription, before) else {
                tracing::warn!(subscription = subscription.id, "a subscription is of none of our plans");
                continue;
            };
            if Status::parse(&new.status) == Status::Unknown && before.is_none_or(|row| row.status != new.status) {
                telemetry::report(&BillingError::UnknownStatus(new.status.clone()), "Stripe");
            }
            all.push(new);
        }
        all.sort_by(|one, other| {
            (one.created_at, &one.stripe_subscription).cmp(&(other.created_at, &other.stripe_subscription))
        });
        Ok(all)
    }

    async fn write(
        &self,
        tx: &mut PgConnection,
        customer: &str,
        present: &Present,
        read: &Read,
        subscriptions: &[NewSubscription],
        invoices: &[Invoice],
    ) -> Result<u64, BillingError> {
        let Present { team, now } = *present;
        let mut changed = 0;
        for subscription in subscriptions {
            changed += u64::from(synced::upsert(tx, team, subscription, now).await?);
        }
        let there: Vec<String> = read.subscriptions.iter().map(|subscription| subscription.id.clone()).collect();
        changed += synced::end_others(tx, team, customer, &there, now).await?;
        synced::customer(tx, team, customer, &facts(read), now).await?;
        for invoice in invoices {
            if let Some(new) = super::convert::invoice(invoice) {
                store::invoices::upsert(tx, team, &new, now).await?;
            }
        }
        store::invoices::count_refunds(tx, team).await?;
        self.tell_of_money(tx, present, subscriptions, invoices).await?;
        self.announce(tx, present).await?;
        Ok(changed)
    }

    /// Tells everybody of a plan that is another one now: the team's seats, the log, the pages, the owner.
    pub(super) async fn announce(&self, tx: &mut PgConnection, present: &Present) -> Result<(), BillingError> {
        let Present { team, now } = *present;
        let entitlement = self.entitlement(tx, team).await?;
        let facts = self.parts.teams.facts(tx, team).await?;
        let room = i32::try_from(entitlement.limits.members).unwrap_or(i32::MAX);
        if facts.as_ref().is_some_and(|facts| !facts.personal && facts.seats != room) {
            let room = Some(room).filter(|_| entitlement.plan != FREE);
            self.parts.teams.set_seats(tx, team, room).await?;
        }
        let Some((plan, seats)) = synced::told(tx, team).await? else { return Ok(()) };
        let new_seats = i32::try_from(entitlement.seats).unwrap_or(i32::MAX);
        if plan == entitlement.plan && seats == new_seats {
            return Ok(());
        }
        synced::tell(tx, team, &entitlement.plan, new_seats).await?;
        if let Some(owner) = facts.and_then(|facts| facts.owner) {
            let detail = json!({
                "team": team, "from": plan, "to": entitlement.plan, "seats": new_seats, "former_seats": seats,
            });
            audit::record(tx, &self.parts.random, now, owner, "plan_changed", detail).await?;
        }
        self.parts.bus.notify(tx, Topic::EntitlementChanged, &team.to_string()).await?;
        metrics::counter!("aura_plan_changes_total", "to" => entitlement.plan.clone()).increment(1);
        if entitlement.plan == FREE {
            self.tell_of_end(tx, present, &plan).await?;
        }
        Ok(())
    }

    /// Whether a trial was had already, by the team or by its owner. Whether the card had one is seen when it is used.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn trial_used(&self, team: TeamId, owner: crate::kit::id::UserId) -> Result<bool, BillingError> {
        let mut connection = self.parts.db.acquire().await?;
        Ok(notices::had_trial(&mut connection, &[format!("team:{team}"), format!("user:{owner}")]).await?)
    }
}

/// What is known of the customer: by what it pays, and in which currency.
fn facts(read: &Read) -> CustomerFacts {
    let of_subscription = read
        .subscriptions
        .iter()
        .filter(|subscription| !Status::parse(&subscription.status).is_over())
        .find_map(|subscription| subscription.default_payment_method.as_ref()?.whole());
    let method = of_subscription.or_else(|| read.customer.as_ref()?.payment_method());
    let card = method.and_then(|method| method.card.as_ref());
    let digits = |text: &&String| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let currency = |text: &&String| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_lowercase());
    CustomerFacts {
        currency: read.customer.as_ref().and_then(|customer| customer.currency.as_ref()).filter(currency).cloned(),
        card_brand: card.and_then(|card| card.brand.as_deref()).map(|brand| super::convert::word(brand, 40)),
        card_last4: card.and_then(|card| card.last4.as_ref()).filter(digits).cloned(),
        card_expires: card.and_then(expiry),
        deleted: read.customer.is_none(),
    }
}

fn expiry(card: &Card) -> Option<String> {
    let (month, year) = (card.exp_month?, card.exp_year?);
    ((1..=12).contains(&month) && (1000..=9999).contains(&year)).then(|| format!("{month:02}/{year}"))
}

/// What of the former row goes on while the status is one that we do not know.
pub(super) fn unclear(former: Option<&Former>, now: OffsetDateTime) -> (Option<String>, OffsetDateTime) {
    match former {
        Some(row) if Status::parse(&row.status) == Status::Unknown => {
            (row.status_before.clone(), row.unclear_since.unwrap_or(now))
        }
        Some(row) => (Some(row.status.clone()), now),
        None => (None, now),
    }
}
