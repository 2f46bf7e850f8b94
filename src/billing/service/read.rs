//! Asking Stripe for all there is of a customer.

use stripe_billing::{
    invoice::{ListInvoice, RetrieveInvoice},
    subscription::{ListSubscription, ListSubscriptionStatus},
};
use stripe_core::customer::RetrieveCustomer;

use crate::billing::stripe::{
    Stripe, StripeError,
    objects::{Customer, Invoice, List, Subscription},
};

const A_PAGE: i64 = 100;
/// Nobody has more subscriptions than fit into these pages; whoever does is read as far as they go.
const MOST_PAGES: usize = 10;

/// A customer as Stripe has it at one moment.
pub(super) struct Read {
    /// None: Stripe does not know it, or has deleted it.
    pub(super) customer: Option<Customer>,
    pub(super) subscriptions: Vec<Subscription>,
}

/// Reads a customer with all its subscriptions.
pub(super) async fn customer(stripe: &Stripe, id: &str) -> Result<Read, StripeError> {
    let method = vec!["invoice_settings.default_payment_method".to_owned()];
    let mut found: Result<Customer, _> = stripe.read(&RetrieveCustomer::new(id).expand(method)).await;
    // Of one that was deleted there is nothing to expand, and Stripe refuses to.
    if let Err(StripeError::Refused { status: 400, .. }) = found {
        found = stripe.read(&RetrieveCustomer::new(id)).await;
    }
    let customer = match found {
        Ok(customer) => Some(customer).filter(|customer| !customer.deleted),
        Err(error) if error.is_missing() => None,
        Err(error) => return Err(error),
    };
    let subscriptions = match subscriptions(stripe, id).await {
        Err(error) if error.is_missing() => Vec::new(),
        other => other?,
    };
    Ok(Read { customer, subscriptions })
}

async fn subscriptions(stripe: &Stripe, customer: &str) -> Result<Vec<Subscription>, StripeError> {
    let mut all: Vec<Subscription> = Vec::new();
    for _ in 0..MOST_PAGES {
        let mut request = ListSubscription::new()
            .customer(customer)
            .status(ListSubscriptionStatus::All)
            .limit(A_PAGE)
            .expand(vec!["data.default_payment_method".to_owned(), "data.schedule".to_owned()]);
        if let Some(last) = all.last() {
            request = request.starting_after(last.id.clone());
        }
        let page: List<Subscription> = stripe.read(&request).await?;
        let more = page.has_more && !page.data.is_empty();
        all.extend(page.data);
        if !more {
            break;
        }
    }
    Ok(all)
}

/// A page of a customer's invoices, the newest first.
pub(super) async fn invoices(
    stripe: &Stripe,
    customer: &str,
    after: Option<&str>,
) -> Result<List<Invoice>, StripeError> {
    let mut request = ListInvoice::new().customer(customer).limit(A_PAGE).expand(vec!["data.payments".to_owned()]);
    if let Some(after) = after {
        request = request.starting_after(after);
    }
    match stripe.read(&request).await {
        Err(error) if error.is_missing() => Ok(List { data: Vec::new(), has_more: false }),
        other => other,
    }
}

/// Whether the owner of the card has to confirm the payment of an invoice.
pub(super) async fn asks_its_owner(stripe: &Stripe, invoice: &str) -> Result<bool, StripeError> {
    // Lists cannot be asked for it: that would be five steps deep, and Stripe goes four.
    let request = RetrieveInvoice::new(invoice).expand(vec!["payments.data.payment.payment_intent".to_owned()]);
    let invoice: Invoice = stripe.read(&request).await?;
    let status = invoice.payment_intent().and_then(|intent| intent.whole()?.status.clone());
    Ok(status.as_deref() == Some("requires_action"))
}
