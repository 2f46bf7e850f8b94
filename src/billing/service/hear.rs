//! What an event of Stripe's hints at.

use serde_json::Value;
use stripe_checkout::checkout_session::RetrieveCheckoutSession;

use super::Billing;
use crate::{
    billing::{
        BillingError,
        store::{self, system},
        stripe::objects::CheckoutSession,
    },
    platform::{jobs::JobFailed, webhooks::Post},
};

/// The name of Stripe among the senders of posts.
pub const SOURCE: &str = "stripe";

/// What the reconciler asks the list of events for: all that is followed here, and a few kinds that are not.
pub(super) const FOLLOWED: [&str; 8] = [
    "checkout.session.*",
    "customer.deleted",
    "customer.updated",
    "customer.subscription.*",
    "invoice.*",
    "subscription_schedule.*",
    "charge.*",
    "refund.*",
];

/// What is to be read anew.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Hint<'a> {
    Customer(&'a str),
    Session(&'a str),
    /// Of a charge.
    Refunds(&'a str),
    Refund(&'a str),
    Dispute(&'a str),
    Nothing,
    /// It is of a kind that is followed and does not say whom it is about.
    Unreadable,
}

impl Billing {
    /// Does what an event hints at: reads it anew at Stripe. What it says itself is not believed.
    ///
    /// # Errors
    /// When Stripe or the database is away, or when the event or what Stripe answers cannot be understood: then it is
    /// parked for an operator.
    pub async fn hear(&self, post: Post) -> Result<(), JobFailed> {
        let object = post.body.pointer("/data/object");
        let done = match hint(&post.kind, object.unwrap_or(&Value::Null)) {
            Hint::Customer(customer) => self.sync_customer(customer).await.map(drop),
            Hint::Session(session) => self.sync_session(session, &post.kind).await,
            Hint::Refunds(charge) => self.sync_refunds(charge).await,
            Hint::Refund(refund) => self.sync_refund(refund).await,
            Hint::Dispute(dispute) => self.sync_dispute(dispute).await,
            Hint::Nothing => Ok(()),
            Hint::Unreadable => {
                return Err(JobFailed::for_good(format!("parse_error: a {} does not say whom it is about", post.kind)));
            }
        };
        done.map_err(|error| match error {
            BillingError::Stripe(unreadable) if unreadable.is_unreadable() => {
                JobFailed::for_good(format!("parse_error: {unreadable}"))
            }
            error => error.into(),
        })
    }

    /// What became of a visit to Stripe's page.
    pub(super) async fn sync_session(&self, id: &str, kind: &str) -> Result<(), BillingError> {
        let session: CheckoutSession = match self.stripe()?.read(&RetrieveCheckoutSession::new(id)).await {
            Err(error) if error.is_missing() => return Ok(()),
            other => other?,
        };
        let attempt = system::checkout_of_session(&mut *self.parts.db.acquire().await?, id).await?;
        let written = session.metadata.get("team_id").filter(|team| session.client_reference_id.as_ref() == Some(team));
        let team = attempt.map(|(_, team)| team).or_else(|| written.and_then(|team| team.parse().ok()));
        if let Some(customer) = &session.customer {
            self.sync(customer.id(), team).await?;
        }
        let Some((checkout, team)) = attempt else { return Ok(()) };
        let row = store::checkouts::find(&mut *self.parts.db.acquire().await?, team, checkout).await?;
        let Some(row) = row else { return Ok(()) };
        // The session itself stays complete and unpaid; that the money will not come is said by the event alone.
        if kind == "checkout.session.async_payment_failed" && session.payment_status.as_deref() == Some("unpaid") {
            return self.settle_checkout(&row, "failed").await;
        }
        self.settle_by(&row, &session).await
    }
}

fn hint<'a>(kind: &str, object: &'a Value) -> Hint<'a> {
    let id = |field: &str| named(&object[field]);
    let found = |id: Option<&'a str>, of: fn(&'a str) -> Hint<'a>| id.map_or(Hint::Unreadable, of);
    let followed = ["customer.subscription.", "invoice.", "subscription_schedule.", "payment_method."];
    match kind {
        "customer.updated" | "customer.deleted" => found(id("id"), Hint::Customer),
        "charge.refunded" => found(id("id"), Hint::Refunds),
        "charge.refund.updated" => found(id("id"), Hint::Refund),
        kind if kind.starts_with("refund.") => found(id("id"), Hint::Refund),
        kind if kind.starts_with("charge.dispute.") => found(id("id"), Hint::Dispute),
        kind if kind.starts_with("checkout.session.") => found(id("id"), Hint::Session),
        // It is nobody's, and says so.
        kind if followed.iter().any(|start| kind.starts_with(start)) => match object.get("customer") {
            Some(Value::Null) => Hint::Nothing,
            _ => found(id("customer"), Hint::Customer),
        },
        _ => Hint::Nothing,
    }
}

/// An id, or the id of what stands there as a whole. It becomes a part of an address, so nothing else is taken for one.
fn named(value: &Value) -> Option<&str> {
    let id = value.as_str().or_else(|| value.get("id")?.as_str())?;
    let plain = (1..=255).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain.then_some(id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_only_says_whom_to_read_anew() {
        let subscription = json!({ "id": "sub_1", "customer": "cus_1" });
        assert_eq!(hint("customer.subscription.updated", &subscription), Hint::Customer("cus_1"));
        assert_eq!(hint("customer.subscription.a_kind_to_come", &subscription), Hint::Customer("cus_1"));
        let whole = json!({ "id": "in_1", "customer": { "id": "cus_2" } });
        assert_eq!(hint("invoice.paid", &whole), Hint::Customer("cus_2"));
        assert_eq!(hint("customer.deleted", &json!({ "id": "cus_3" })), Hint::Customer("cus_3"));
        assert_eq!(hint("checkout.session.completed", &json!({ "id": "cs_test_1" })), Hint::Session("cs_test_1"));
        assert_eq!(hint("charge.refunded", &json!({ "id": "ch_1" })), Hint::Refunds("ch_1"));
        assert_eq!(hint("charge.dispute.closed", &json!({ "id": "dp_1" })), Hint::Dispute("dp_1"));
        assert_eq!(hint("invoice.paid", &json!({ "id": "in_1", "customer": null })), Hint::Nothing);
        assert_eq!(hint("a.kind.to_come", &json!({ "customer": "cus_1" })), Hint::Nothing);
        for odd in [json!({}), json!({ "customer": 7 }), json!({ "customer": "../charges" }), json!({ "customer": "" })]
        {
            assert_eq!(hint("invoice.paid", &odd), Hint::Unreadable, "{odd}");
        }
        assert_eq!(hint("customer.deleted", &Value::Null), Hint::Unreadable);
    }
}
