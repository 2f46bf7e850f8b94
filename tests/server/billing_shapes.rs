//! The shapes that Stripe publishes, read by ours.

use std::{fs, path::PathBuf};

use aura::billing::stripe::objects::{
    Adjustment, Charge, CheckoutSession, Customer, Invoice, PaymentMethod, Schedule, Subscription,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

#[expect(clippy::print_stdout, reason = "a judge that is absent says so in one line")]
fn published() -> Option<Value> {
    #[expect(clippy::disallowed_methods, reason = "where the vectors are is the environment's to say")]
    let Some(folder) = std::env::var_os("VECTORS_DIR") else {
        println!("not run: shapes that Stripe publishes (VECTORS_DIR is not set)");
        return None;
    };
    let text = fs::read(PathBuf::from(folder).join("stripe/fixtures3.json")).unwrap();
    Some(serde_json::from_slice::<Value>(&text).unwrap()["resources"].take())
}

fn read<T: DeserializeOwned>(all: &Value, kind: &str) -> T {
    serde_json::from_value(all[kind].clone()).unwrap_or_else(|error| panic!("{kind}: {error}"))
}

#[test]
fn stripes_published_shapes_are_read() {
    let Some(all) = published() else { return };
    let subscription: Subscription = read(&all, "subscription");
    assert!(subscription.id.starts_with("sub_") && subscription.customer.id().starts_with("cus_"));
    assert_eq!(subscription.items.data[0].quantity, Some(1));
    assert_eq!(subscription.items.data[0].price.unit_amount, Some(2_000));
    assert_eq!(subscription.items.data[0].current_period_end.unix_timestamp(), 976_287_773);
    let invoice: Invoice = read(&all, "invoice");
    assert_eq!((invoice.total, invoice.subscription(), invoice.tax()), (1_000, Some("subscription"), 0));
    let mut taxed = all["invoice"].clone();
    taxed["total_taxes"] = serde_json::json!([{ "amount": 190 }, { "amount": 20 }]);
    assert_eq!(serde_json::from_value::<Invoice>(taxed).unwrap().tax(), 210);
    let session: CheckoutSession = read(&all, "checkout.session");
    assert_eq!(session.status.as_deref(), Some("open"));
    assert!(!read::<Customer>(&all, "customer").deleted);
    assert!(read::<Customer>(&all, "deleted_customer").deleted);
    let card = read::<PaymentMethod>(&all, "payment_method").card.unwrap();
    assert_eq!((card.last4.as_deref(), card.exp_year), (Some("4242"), Some(2030)));
    assert_eq!(read::<Adjustment>(&all, "refund").amount, 100);
    assert_eq!(read::<Adjustment>(&all, "dispute").status.as_deref(), Some("warning_needs_response"));
    let _: Charge = read(&all, "charge");
    let schedule: Schedule = read(&all, "subscription_schedule");
    assert_eq!(schedule.phases[0].items[0].quantity, Some(1));

    // Whatever else there is in them may go: only what is named by our types is needed.
    let needed = ["id", "customer", "status", "currency", "created", "items"];
    let whole = all["subscription"].as_object().unwrap();
    for gone in whole.keys() {
        let mut less = whole.clone();
        less.remove(gone);
        let read = serde_json::from_value::<Subscription>(less.into());
        assert_eq!(read.is_ok(), !needed.contains(&gone.as_str()), "{gone}");
    }
}
