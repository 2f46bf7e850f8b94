//! What the owner of a team is told of its money, once each: the key is written in the transaction that puts the letter
//! into the outbox. What is told follows from how things stand, and not from events, so none of it is lost with one.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::{Billing, read, sync::Present};
use crate::{
    billing::{
        BillingError,
        entitlement::Status,
        letter::{self, Told},
        model::Period,
        store::{notices, synced::NewSubscription},
        stripe::objects::Invoice,
    },
    kit::money::{Currency, Money},
};

/// What is older than this when it is seen for the first time is history, and no news: as when an installation is moved.
const NEWS_FOR: Duration = Duration::days(7);
/// For how long Stripe goes on trying, and longer.
const OWED_FOR: Duration = Duration::days(60);
/// How long before its end a trial is spoken of; Stripe says it at the same time.
pub(super) const TRIAL_ENDS_WITHIN: Duration = Duration::days(3);

impl Billing {
    /// Tells whatever follows from a customer's subscriptions and invoices.
    pub(super) async fn tell_of_money(
        &self,
        tx: &mut PgConnection,
        present: &Present,
        subscriptions: &[NewSubscription],
        invoices: &[Invoice],
    ) -> Result<(), BillingError> {
        for subscription in subscriptions {
            self.tell_of_subscription(tx, present, subscription).await?;
        }
        for invoice in invoices {
            match invoice.status.as_deref() {
                Some("paid") => self.tell_of_receipt(tx, present, invoice).await?,
                Some("open") => {
                    let of = invoice.subscription();
                    let begun =
                        subscriptions.iter().filter(|one| Some(one.stripe_subscription.as_str()) == of).any(|one| {
                            !matches!(Status::parse(&one.status), Status::Incomplete | Status::IncompleteExpired)
                        });
                    // While somebody pays for the first time they sit before Stripe's page, which says it all.
                    if begun {
                        self.tell_of_failure(tx, present, invoice).await?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn tell_of_subscription(
        &self,
        tx: &mut PgConnection,
        present: &Present,
        one: &NewSubscription,
    ) -> Result<(), BillingError> {
        let status = Status::parse(&one.status);
        if !matches!(status, Status::Active | Status::Trialing) {
            return Ok(());
        }
        let trial_ends = one.trial_end.filter(|_| status == Status::Trialing);
        let amount = one
            .currency
            .parse()
            .ok()
            .map(|currency: Currency| Money::new(one.unit_amount.saturating_mul(i64::from(one.seats)), currency));
        let plan = self.parts.plans.get(&one.plan).map_or(one.plan.as_str(), |plan| plan.name.as_str());
        let period = Period::parse(one.period).unwrap_or(Period::Monthly);
        if present.now - one.created_at < NEWS_FOR {
            let told = Told::Started { plan, period, seats: one.seats, amount, renews: one.period_end, trial_ends };
            self.tell(tx, present, &format!("started:{}", one.stripe_subscription), &told).await?;
        }
        if let Some(ends) = trial_ends
            && one.cancel_at.is_none()
            && ends > present.now
            && ends - present.now <= TRIAL_ENDS_WITHIN
        {
            let key = format!("trial:{}:{}", one.stripe_subscription, ends.unix_timestamp());
            self.tell(tx, present, &key, &Told::TrialEnds { plan, period, amount, ends }).await?;
        }
        Ok(())
    }

    async fn tell_of_receipt(
        &self,
        tx: &mut PgConnection,
        present: &Present,
        invoice: &Invoice,
    ) -> Result<(), BillingError> {
        let paid_at = invoice.status_transitions.paid_at.unwrap_or(invoice.created);
        let (Ok(currency), true) = (invoice.currency.parse::<Currency>(), invoice.amount_paid > 0) else {
            return Ok(());
        };
        if present.now - paid_at >= NEWS_FOR {
            return Ok(());
        }
        let page = self.invoice_page(invoice.hosted_invoice_url.as_deref());
        let told = Told::Receipt {
            number: invoice.number.as_deref().unwrap_or(&invoice.id),
            amount: Money::new(invoice.amount_paid, currency),
            tax: Some(invoice.tax()).filter(|tax| *tax != 0).map(|tax| Money::new(tax, currency)),
            page: page.as_deref(),
        };
        self.tell(tx, present, &format!("receipt:{}", invoice.id), &told).await
    }

    async fn tell_of_failure(
        &self,
        tx: &mut PgConnection,
        present: &Present,
        invoice: &Invoice,
    ) -> Result<(), BillingError> {
        let news = present.now - invoice.created < OWED_FOR;
        let (Ok(currency), true) = (invoice.currency.parse::<Currency>(), news) else { return Ok(()) };
        if invoice.attempt_count < 1 || invoice.amount_due <= 0 {
            return Ok(());
        }
        let key = format!("failed:{}:{}", invoice.id, invoice.attempt_count);
        if !notices::note(tx, present.team, &key, present.now).await? {
            return Ok(());
        }
        let amount = Money::new(invoice.amount_due, currency);
        let page = self.invoice_page(invoice.hosted_invoice_url.as_deref());
        let page = page.as_deref();
        let told = if read::asks_its_owner(self.stripe()?, &invoice.id).await? {
            Told::Confirm { amount, page }
        } else {
            Told::Failed { amount, page, again: invoice.next_payment_attempt }
        };
        self.say(tx, present, &told).await?;
        if let Some(owner) = self.parts.teams.owner_of(tx, present.team).await? {
            let (title, body) = letter::in_app(&told);
            self.parts.board.money(tx, owner, &title, &body).await?;
        }
        Ok(())
    }

    /// Tells that a plan is over.
    pub(super) async fn tell_of_end(
        &self,
        tx: &mut PgConnection,
        present: &Present,
        plan: &str,
    ) -> Result<(), BillingError> {
        let name = self.parts.plans.get(plan).map_or(plan, |plan| plan.name.as_str());
        // The change that is told of has been written in this transaction, so nobody else tells it.
        self.say(tx, present, &Told::Ended { plan: name }).await
    }

    /// Tells that money went back, unless that was told already.
    pub(super) async fn tell_of_refund(
        &self,
        tx: &mut PgConnection,
        present: &Present,
        refund: &str,
        amount: Money,
        made_at: OffsetDateTime,
    ) -> Result<(), BillingError> {
        if present.now - made_at >= NEWS_FOR {
            return Ok(());
        }
        self.tell(tx, present, &format!("refund:{refund}"), &Told::Refunded { amount }).await
    }

    /// Tells the owner something, once under this key.
    pub(super) async fn tell(
        &self,
        tx: &mut PgConnection,
        present: &Present,
        key: &str,
        told: &Told<'_>,
    ) -> Result<(), BillingError> {
        if notices::note(tx, present.team, key, present.now).await? {
            self.say(tx, present, told).await?;
        }
        Ok(())
    }

    async fn say(&self, tx: &mut PgConnection, present: &Present, told: &Told<'_>) -> Result<(), BillingError> {
        let Some(facts) = self.parts.teams.facts(tx, present.team).await? else { return Ok(()) };
        let Some(owner) = facts.owner else { return Ok(()) };
        let Some(address) = self.parts.identity.address_within(tx, owner).await? else { return Ok(()) };
        let team = Some(facts.name.as_str()).filter(|_| !facts.personal);
        let letter = letter::about_money(told, present.team, team, &self.parts.public_url)?;
        Ok(self.parts.outbox.enqueue(tx, &address, letter).await?)
    }

    /// Stripe's page of an invoice, as a browser finds it.
    fn invoice_page(&self, url: Option<&str>) -> Option<String> {
        url.map(|url| self.outside(url)).filter(|url| !url.is_empty())
    }
}
