//! Every object is complete: its keys are those of Stripe's published fixtures, and the typed structs of the official
//! API description, as async-stripe has them, read it.

use super::*;
use crate::billing::template;
use miniserde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

/// A shop in which everything has happened once.
async fn full() -> Shop {
    let shop = Shop::open();
    let configuration = shop
        .post("billing_portal/configurations", "features[subscription_cancel][enabled]=true&features[payment_method_update][enabled]=true&business_profile[headline]=Aura")
        .await;
    let (customer, id) = shop
        .subscribed("price_aura_team_monthly", 3, Card::PAYS, "&billing_address_collection=required&customer_update[name]=auto&customer_update[address]=auto&tax_id_collection[enabled]=true&automatic_tax[enabled]=true&allow_promotion_codes=true")
        .await;
    let bps = format!(
        "customer={customer}&configuration={}&return_url=http%3A%2F%2Fa&flow_data[type]=payment_method_update&flow_data[after_completion][type]=redirect&flow_data[after_completion][redirect][return_url]=http%3A%2F%2Fa",
        configuration["id"].as_str().unwrap()
    );
    shop.post("billing_portal/sessions", &bps).await;
    let trial = shop
        .session(
            &customer,
            "price_aura_pro_monthly",
            1,
            "&allow_promotion_codes=true&subscription_data[trial_period_days]=14",
        )
        .await;
    let trial_id = trial["id"].as_str().unwrap();
    shop.stripe().enter_code(trial_id, "FRIENDS50").unwrap();
    shop.stripe().pay(trial_id, Card::DECLINED_LATER).unwrap();
    let later = shop.session(&customer, "price_aura_pro_monthly", 1, "").await;
    shop.stripe().pay_later(later["id"].as_str().unwrap()).unwrap();
    shop.session(&customer, "price_aura_pro_monthly", 1, "").await;
    shop.stripe().advance(7 * DAY);
    let item = shop.object(&id)["items"]["data"][0]["id"].as_str().unwrap().to_owned();
    shop.post(&format!("subscriptions/{id}"), &format!("items[0][id]={item}&items[0][quantity]=4")).await;
    shop.post(
        &format!("subscriptions/{id}"),
        &format!("items[0][id]={item}&items[0][quantity]=6&proration_behavior=always_invoice"),
    )
    .await;
    let schedule = shop.post("subscription_schedules", &format!("from_subscription={id}")).await;
    let (start, end) = (START, START + 28 * DAY);
    shop.post(
        &format!("subscription_schedules/{}", schedule["id"].as_str().unwrap()),
        &format!("phases[0][start_date]={start}&phases[0][end_date]={end}&phases[0][items][0][price]=price_aura_team_monthly&phases[1][items][0][price]=price_aura_team_yearly"),
    )
    .await;
    shop.act(&json!({ "kind": "refund", "subscription": id, "amount": 100 }));
    shop.act(&json!({ "kind": "dispute", "subscription": id }));
    shop.act(&json!({ "kind": "second_subscription", "customer": customer, "price": "aura_pro_monthly", "card": Card::ASKS_ALWAYS.0 }));
    let pausing = shop.act(&json!({ "kind": "second_subscription", "customer": customer, "price": "aura_pro_yearly" }));
    let pausing = pausing["id"].as_str().unwrap().to_owned();
    shop.act(&json!({ "kind": "pause", "subscription": pausing }));
    shop.act(&json!({ "kind": "cancel_at_period_end", "subscription": pausing }));
    let waiting = shop.act(&json!({ "kind": "second_subscription", "customer": customer, "price": "aura_pro_monthly", "card": Card::DECLINED_LATER.0 }));
    let item = &waiting["items"]["data"][0]["id"];
    shop.post(
        &format!("subscriptions/{}", waiting["id"].as_str().unwrap()),
        &format!("items[0][id]={}&items[0][price]=price_aura_pro_yearly&proration_behavior=always_invoice&payment_behavior=pending_if_incomplete", item.as_str().unwrap()),
    )
    .await;
    shop.post("webhook_endpoints", &format!("url=https%3A%2F%2Faura.example&enabled_events[]=*&api_version={VERSION}"))
        .await;
    shop
}

fn parses<T: Deserialize>(object: &Value) {
    let text = object.to_string();
    let read: Result<T, _> = miniserde::json::from_str(&text);
    assert!(read.is_ok(), "{} is not what its type wants: {text}", std::any::type_name::<T>());
}

fn parse(object: &Value) {
    use stripe_shared as shared;
    match object["object"].as_str().unwrap_or_default() {
        "billing_portal.configuration" => parses::<stripe_billing::BillingPortalConfiguration>(object),
        "billing_portal.session" => parses::<stripe_billing::BillingPortalSession>(object),
        "charge" => parses::<shared::Charge>(object),
        "checkout.session" => parses::<shared::CheckoutSession>(object),
        "coupon" => parses::<shared::Coupon>(object),
        "customer" if object["deleted"] == true => parses::<shared::DeletedCustomer>(object),
        "customer" => parses::<shared::Customer>(object),
        "discount" => parses::<shared::Discount>(object),
        "dispute" => parses::<shared::Dispute>(object),
        "event" => {
            parses::<shared::Event>(object);
            // An upcoming invoice has no id; it is read as an invoice all the same.
            parse(&object["data"]["object"]);
        }
        "invoice" => parses::<shared::Invoice>(object),
        "invoice_payment" => parses::<shared::InvoicePayment>(object),
        "item" => parses::<shared::CheckoutSessionItem>(object),
        "payment_intent" => parses::<shared::PaymentIntent>(object),
        "payment_method" => parses::<shared::PaymentMethod>(object),
        "price" => parses::<shared::Price>(object),
        "product" => parses::<shared::Product>(object),
        "promotion_code" => parses::<shared::PromotionCode>(object),
        "refund" => parses::<shared::Refund>(object),
        "subscription" => parses::<shared::Subscription>(object),
        "subscription_schedule" => parses::<shared::SubscriptionSchedule>(object),
        // Only Stripe's pages and lists deal with these.
        "invoiceitem" | "webhook_endpoint" => {}
        other => panic!("no type for {other:?}"),
    }
}

#[tokio::test]
async fn every_object_is_read_by_the_typed_structs() {
    let shop = full().await;
    shop.stripe().advance(40 * DAY);
    let dump = shop.stripe().state()["objects"].clone();
    for (kind, list) in dump.as_object().unwrap() {
        assert!(!list.as_array().unwrap().is_empty(), "{kind}");
        list.as_array().unwrap().iter().for_each(parse);
    }
    for kind in ["dispute", "refund", "subscription_schedule", "billing_portal.session", "checkout.session", "discount"]
    {
        assert!(dump[kind].is_array(), "{kind} is missing");
    }
    let customer = dump["customer"][0]["id"].as_str().unwrap();
    for (path, query) in [
        (
            "subscriptions",
            "status=all&expand[]=data.default_payment_method&expand[]=data.latest_invoice&expand[]=data.schedule&expand[]=data.customer&expand[]=data.items.data.price&expand[]=data.discounts",
        ),
        ("invoices", "expand[]=data.payments&expand[]=data.subscription&expand[]=data.discounts"),
        (
            "checkout/sessions",
            "expand[]=data.subscription&expand[]=data.line_items&expand[]=data.customer&expand[]=data.invoice",
        ),
        ("prices", "active=true&expand[]=data.currency_options&expand[]=data.product"),
        ("charges", "expand[]=data.payment_intent"),
    ] {
        let list = shop.get(path, &format!("limit=100&{query}")).await;
        list["data"].as_array().unwrap().iter().for_each(parse);
    }
    let live = shop.get("subscriptions", &format!("customer={customer}&status=active")).await;
    let live = live["data"].as_array().unwrap().iter().find(|one| one["cancel_at_period_end"] == false).unwrap();
    let live = live["id"].as_str().unwrap().to_owned();
    parse(&shop.post("invoices/create_preview", &format!("customer={customer}&subscription={live}")).await);
    parse(&shop.call("DELETE", &format!("customers/{customer}"), "", &[]).await.body);
    for event in shop.stripe().all_events() {
        parse(&serde_json::from_str(&event.body).unwrap());
    }
}

/// Kinds of our templates that are parts of another fixture.
fn fixture(resources: &Value, kind: &str) -> Value {
    match kind {
        "phase" => resources["subscription_schedule"]["phases"][0].clone(),
        "phase_item" => resources["subscription_schedule"]["phases"][0]["items"][0].clone(),
        "list" => resources["charge"]["refunds"].clone(),
        other => resources[other].clone(),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

#[test]
fn templates_have_the_keys_and_kinds_of_the_published_fixtures() {
    let Some(folder) = std::env::var_os("VECTORS_DIR") else {
        println!("not run: templates beside Stripe's fixtures (VECTORS_DIR is not set)");
        return;
    };
    let text = std::fs::read_to_string(Path::new(&folder).join("stripe/fixtures3.json")).unwrap();
    let fixtures: Value = serde_json::from_str(&text).unwrap();
    let templates: Value = serde_json::from_str(include_str!("../templates.json")).unwrap();
    let mut different = Vec::new();
    for (kind, template) in templates.as_object().unwrap() {
        let fixture = fixture(&fixtures["resources"], kind);
        assert!(fixture.is_object(), "{kind} is in no fixture");
        compare(kind, template, &fixture, &mut different);
        assert_eq!(template::of(kind), *template);
    }
    different.sort();
    // What the fixtures leave out, since it is null there or only in some cases there, and a key of somebody's metadata.
    let known = [
        "checkout.session.tax_id_collection is more",
        "invoice_payment.payment.payment_intent is more",
        "invoiceitem.parent.subscription_details.subscription_item is more",
        "invoiceitem.pricing.price_details is more",
        "line_item.pricing.price_details is more",
        "payment_method.metadata.order_id is absent",
    ];
    assert_eq!(different, known);
}

/// Keys and kinds of values, all the way down; null stands for everything.
fn compare(path: &str, mine: &Value, theirs: &Value, different: &mut Vec<String>) {
    if let (Value::Object(mine), Value::Object(theirs)) = (mine, theirs) {
        for (key, value) in mine {
            match theirs.get(key) {
                Some(other) => compare(&format!("{path}.{key}"), value, other, different),
                None => different.push(format!("{path}.{key} is more")),
            }
        }
        different
            .extend(theirs.keys().filter(|key| !mine.contains_key(*key)).map(|key| format!("{path}.{key} is absent")));
    } else if !mine.is_null() && !theirs.is_null() && kind_of(mine) != kind_of(theirs) {
        different.push(format!("{path} is {}", kind_of(mine)));
    }
}

#[tokio::test]
async fn what_is_answered_has_the_keys_of_the_templates() {
    let shop = full().await;
    shop.stripe().advance(40 * DAY);
    let dump = shop.stripe().state()["objects"].clone();
    let keys = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    for (kind, list) in dump.as_object().unwrap() {
        for object in list.as_array().unwrap().iter().filter(|one| one["deleted"] != true) {
            let mut mine = keys(object);
            mine.remove("currency_options");
            assert_eq!(mine, keys(&template::of(kind)), "{kind}");
        }
    }
}
