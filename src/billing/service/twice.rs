//! What must not be and can happen all the same: two people pay for one team at once, or somebody has a second trial. It is
//! put right at Stripe as soon as it is seen.

use sqlx::PgConnection;
use stripe_billing::subscription::{CancelSubscription, UpdateSubscription, UpdateSubscriptionTrialEnd};
use stripe_core::refund::{CreateRefund, CreateRefundReason};
use time::OffsetDateTime;

use super::{Billing, read::Read, sync::Present};
use crate::{
    billing::{
        BillingError,
        entitlement::{Status, Subscription, entitlement},
        jobs,
        letter::Told,
        model::Standing,
        store::{
            notices,
            synced::{self, NewSubscription},
        },
        stripe::{
            StripeError,
            objects::{Adjustment, Done, Invoice},
        },
    },
    kit::{
        id::TeamId,
        money::{Currency, Money},
    },
    platform::telemetry,
};

/// A subscription of a team that was not given up.
struct Live {
    id: String,
    customer: String,
    created_at: OffsetDateTime,
    /// Whether it gives the team its plan.
    grants: bool,
}

impl Billing {
    /// Whether something was changed at Stripe, so that the customer has to be read again.
    pub(super) async fn put_right(
        &self,
        tx: &mut PgConnection,
        customer: &str,
        present: &Present,
        read: &Read,
        subscriptions: &[NewSubscription],
        invoices: &[Invoice],
    ) -> Result<bool, BillingError> {
        let closed = self.close_doubles(tx, customer, present, subscriptions, invoices).await?;
        Ok(self.end_second_trials(tx, present, read, subscriptions).await? || closed)
    }

    /// Of several subscriptions of a team the oldest that gives it its plan stays.
    async fn close_doubles(
        &self,
        tx: &mut PgConnection,
        customer: &str,
        present: &Present,
        subscriptions: &[NewSubscription],
        invoices: &[Invoice],
    ) -> Result<bool, BillingError> {
        let mut live: Vec<Live> = Vec::new();
        for one in subscriptions.iter().filter(|one| !is_nothing(&one.status)) {
            live.push(Live {
                id: one.stripe_subscription.clone(),
                customer: customer.to_owned(),
                created_at: one.created_at,
                grants: self.grants(one, present.now),
            });
        }
        // A team has one customer. Where it has had another one, that one's subscriptions count as well.
        for row in synced::of_others(tx, present.team, customer).await? {
            if !is_nothing(&row.status) {
                let grants = matches!(Status::parse(&row.status), Status::Active | Status::Trialing);
                live.push(Live {
                    id: row.stripe_subscription,
                    customer: row.stripe_customer,
                    created_at: row.created_at,
                    grants,
                });
            }
        }
        live.sort_by(|one, other| {
            (!one.grants, one.created_at, &one.id).cmp(&(!other.grants, other.created_at, &other.id))
        });
        let Some((kept, others)) = live.split_first() else { return Ok(false) };
        // Where none gives a plan, none is closed: which of them will be paid is not known.
        if !kept.grants {
            return Ok(false);
        }
        let mut closed = false;
        for double in others {
            if double.customer == customer {
                let paid = if double.created_at >= kept.created_at { invoices } else { &[] };
                self.close_double(tx, present, kept, double, paid).await?;
                closed = true;
            } else {
                jobs::enqueue_sync(&self.parts.jobs, tx, &double.customer).await?;
            }
        }
        Ok(closed)
    }

    async fn close_double(
        &self,
        tx: &mut PgConnection,
        present: &Present,
        kept: &Live,
        double: &Live,
        invoices: &[Invoice],
    ) -> Result<(), BillingError> {
        let stripe = self.stripe()?;
        // The money first: once the subscription is over, nobody would look for it.
        let mut refunded: Option<Money> = None;
        for invoice in invoices.iter().filter(|invoice| invoice.subscription() == Some(&double.id)) {
            if invoice.amount_paid <= 0 {
                continue;
            }
            let Some(intent) = invoice.payment_intent() else {
                telemetry::report(&BillingError::NotRefunded(invoice.id.clone()), "a second subscription of a team");
                continue;
            };
            let request = CreateRefund::new().payment_intent(intent.id()).reason(CreateRefundReason::Duplicate);
            let key = format!("duplicate-refund:{}:{}", invoice.id, hour(present.now));
            match stripe.write::<Adjustment>(&request, &key).await {
                Ok(refund) => {
                    // The letter about the whole says it; a second one would be taken for a second refund.
                    notices::note(tx, present.team, &format!("refund:{}", refund.id), present.now).await?;
                    if let Ok(currency) = refund.currency.parse::<Currency>() {
                        let before = refunded.map_or(0, |money| money.minor);
                        refunded = Some(Money::new(before + refund.amount, currency));
                    }
                }
                Err(StripeError::Refused { code, .. }) if code == "charge_already_refunded" => {
                    if let Ok(currency) = invoice.currency.parse::<Currency>() {
                        refunded = refunded.or(Some(Money::new(invoice.amount_paid, currency)));
                    }
                }
                Err(error) if error.is_passing() => return Err(error.into()),
                Err(error) => telemetry::report(&error, "refunding a second subscription of a team"),
            }
        }
        let request = CancelSubscription::new(double.id.clone()).invoice_now(false).prorate(false);
        match stripe.write::<Done>(&request, &format!("duplicate-cancel:{}:{}", double.id, hour(present.now))).await {
            Err(error) if !error.is_missing() => return Err(error.into()),
            _ => {}
        }
        telemetry::report(
            &BillingError::PaidTwice { kept: kept.id.clone(), closed: double.id.clone() },
            "a second subscription of a team",
        );
        metrics::counter!("aura_billing_doubles_total").increment(1);
        self.tell(tx, present, &format!("duplicate:{}", double.id), &Told::Double { refunded }).await
    }

    /// Ends trials of whoever has had one. Whoever comes second pays from now on.
    async fn end_second_trials(
        &self,
        tx: &mut PgConnection,
        present: &Present,
        read: &Read,
        subscriptions: &[NewSubscription],
    ) -> Result<bool, BillingError> {
        let mut ended = false;
        for trial in subscriptions.iter().filter(|one| Status::parse(&one.status) == Status::Trialing) {
            let keys = self.trial_keys(tx, present.team, read, &trial.stripe_subscription).await?;
            if !notices::note_trial(tx, &keys, &trial.stripe_subscription, present.now).await? {
                continue;
            }
            let request =
                UpdateSubscription::new(trial.stripe_subscription.clone()).trial_end(UpdateSubscriptionTrialEnd::Now);
            let key = format!("trial-end:{}:{}", trial.stripe_subscription, hour(present.now));
            match self.stripe()?.write::<Done>(&request, &key).await {
                Ok(Done {}) => ended = true,
                Err(error) if error.is_passing() => return Err(error.into()),
                Err(error) => telemetry::report(&error, "ending a second trial"),
            }
        }
        Ok(ended)
    }

    async fn trial_keys(
        &self,
        tx: &mut PgConnection,
        team: TeamId,
        read: &Read,
        subscription: &str,
    ) -> Result<Vec<String>, BillingError> {
        let mut keys = vec![format!("team:{team}")];
        if let Some(owner) = self.parts.teams.owner_of(tx, team).await? {
            keys.push(format!("user:{owner}"));
        }
        let own = read.subscriptions.iter().find(|one| one.id == subscription);
        let method = own.and_then(|one| one.default_payment_method.as_ref()?.whole());
        let method = method.or_else(|| read.customer.as_ref()?.payment_method());
        if let Some(fingerprint) = method.and_then(|method| method.card.as_ref()?.fingerprint.as_deref()) {
            let digest = self.parts.keys.mac("billing trial card", &[fingerprint.as_bytes()]);
            keys.push(format!("card:{}", hex::encode(digest)));
        }
        keys.sort_unstable();
        Ok(keys)
    }

    fn grants(&self, one: &NewSubscription, now: OffsetDateTime) -> bool {
        let alone = Subscription {
            plan: one.plan.clone(),
            status: Status::parse(&one.status),
            before: one.status_before.as_deref().map(Status::parse).zip(one.unclear_since),
            seats: 1,
            created_at: one.created_at,
            period_end: one.period_end,
            trial_end: one.trial_end,
            cancel_at: one.cancel_at,
            past_due_since: one.past_due_since,
        };
        entitlement(&self.parts.plans, &[alone], now, self.parts.grace).standing != Standing::Free
    }
}

/// Over, or never begun.
fn is_nothing(status: &str) -> bool {
    let status = Status::parse(status);
    status.is_over() || status == Status::Incomplete
}

/// Stripe keeps a failure under its key as well, for a day; so the key is another one in the next hour. What was done
/// already is refused then, and that is taken for done.
fn hour(now: OffsetDateTime) -> i64 {
    now.unix_timestamp() / 3_600
}
