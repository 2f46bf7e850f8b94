//! Random walks: whatever people do and whenever, the books are right and the last event tells the truth.

use super::*;
use crate::billing::calendar::DAY as A_DAY;
use crate::billing::template::{data, int, text};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// What a subscription is, as far as events must tell it.
fn told(subscription: &Value) -> Value {
    let items: Vec<Value> = data(subscription, "items")
        .iter()
        .map(|item| {
            json!([item["price"]["id"], item["quantity"], item["current_period_start"], item["current_period_end"]])
        })
        .collect();
    json!([
        subscription["status"],
        subscription["cancel_at_period_end"],
        subscription["cancel_at"],
        subscription["trial_end"],
        subscription["schedule"],
        subscription["pause_collection"],
        items
    ])
}

fn check(shop: &Shop, seed: u64) {
    let stripe = shop.stripe();
    let now = stripe.now();
    let events = stripe.objects("event");
    for subscription in stripe.objects("subscription") {
        let id = text(&subscription, "id");
        let last = events.iter().rev().find(|event| {
            text(event, "type").starts_with("customer.subscription.")
                && event["type"] != "customer.subscription.trial_will_end"
                && event["data"]["object"]["id"] == id
        });
        let last = &last.unwrap()["data"]["object"];
        assert_eq!(told(last), told(&subscription), "seed {seed}: the last event of {id}");
        if ["active", "trialing", "past_due", "unpaid"].contains(&text(&subscription, "status")) {
            for item in data(&subscription, "items") {
                let period = int(item, "current_period_start")..int(item, "current_period_end");
                assert!(period.contains(&now), "seed {seed}: {now} is not in {period:?} of {subscription}");
            }
        }
        assert!(
            subscription["status"] != "incomplete" || int(&subscription, "created") + 23 * 3_600 > now,
            "seed {seed}"
        );
    }
    let charges = stripe.objects("charge");
    for invoice in stripe.objects("invoice") {
        let sum = |list: &Value| list.as_array().into_iter().flatten().map(|one| int(one, "amount")).sum::<i64>();
        let lines: i64 = data(&invoice, "lines").iter().map(|line| int(line, "amount")).sum();
        let total = lines - sum(&invoice["total_discount_amounts"]) + sum(&invoice["total_taxes"]);
        assert_eq!(int(&invoice, "subtotal"), lines, "seed {seed}: {invoice}");
        assert_eq!(int(&invoice, "total"), total, "seed {seed}: {invoice}");
        assert_eq!(
            int(&invoice, "amount_due"),
            (total + int(&invoice, "starting_balance")).max(0),
            "seed {seed}: {invoice}"
        );
        if invoice["status"] == "paid" {
            let intent = stripe.intent_of(text(&invoice, "id")).unwrap_or_default();
            let paid: i64 = charges
                .iter()
                .filter(|charge| charge["payment_intent"] == intent.as_str() && charge["paid"] == true)
                .map(|charge| int(charge, "amount"))
                .sum();
            assert_eq!(int(&invoice, "amount_paid"), paid, "seed {seed}: {invoice}");
        }
    }
}

async fn step(shop: &Shop, dice: &mut StdRng, customer: &str) {
    let cards = Card::ALL.map(|(card, _)| card.0);
    let prices =
        ["price_aura_pro_monthly", "price_aura_pro_yearly", "price_aura_team_monthly", "price_aura_team_yearly"];
    let price = prices.choose(dice).unwrap();
    let card = cards.choose(dice).unwrap();
    let subscriptions = shop.stripe().subscriptions(customer);
    let subscription = subscriptions.choose(dice).map(|one| text(one, "id").to_owned()).unwrap_or_default();
    let item = subscriptions
        .iter()
        .find(|one| one["id"] == subscription.as_str())
        .map(|one| text(&data(one, "items")[0], "id").to_owned());
    let item = item.unwrap_or_default();
    let invoices = shop.stripe().objects("invoice");
    let invoice = invoices.choose(dice).map(|one| text(one, "id").to_owned()).unwrap_or_default();
    let act = |act: Value| {
        // Many are refused, for good reasons.
        let _ = shop.stripe().act(&act);
    };
    let post = async |path: String, form: String| {
        let answer = shop.call("POST", &path, &form, &[]).await;
        assert!(
            answer.status < 500 && answer.status != 404 || subscription.is_empty(),
            "{path} {form}: {}",
            answer.body
        );
    };
    match dice.random_range(0..18) {
        0 | 1 => {
            let trial = if dice.random_bool(0.5) { "&subscription_data[trial_period_days]=14" } else { "" };
            let session = shop
                .session(customer, price, dice.random_range(1..5), &format!("&allow_promotion_codes=true{trial}"))
                .await;
            let code = ["WELCOME20", "FRIENDS50", "FIVE"].choose(dice);
            if dice.random_bool(0.3) {
                act(json!({ "kind": "code", "session": session["id"], "code": code }));
            }
            let kind = if dice.random_bool(0.2) { "pay_later" } else { "pay" };
            act(json!({ "kind": kind, "session": session["id"], "card": card, "confirm": dice.random_bool(0.5) }));
        }
        2 => act(json!({ "kind": "second_subscription", "customer": customer, "price": price, "card": card })),
        3 => act(json!({ "kind": "cancel_now", "subscription": subscription })),
        4 => {
            act(json!({ "kind": "cancel_at_period_end", "subscription": subscription, "ends": dice.random_bool(0.6) }));
        }
        5 => act(json!({ "kind": "replace_card", "customer": customer, "card": card })),
        6 => act(json!({ "kind": "pay_invoice", "invoice": invoice, "card": card, "confirm": true })),
        7 => act(
            json!({ "kind": if dice.random_bool(0.5) { "pause" } else { "unpause" }, "subscription": subscription }),
        ),
        8 => act(json!({ "kind": "refund", "invoice": invoice })),
        9 => act(json!({ "kind": "dispute", "invoice": invoice })),
        10 | 11 if !subscription.is_empty() => {
            let proration = ["always_invoice", "create_prorations", "none"].choose(dice).unwrap();
            let behavior = ["allow_incomplete", "error_if_incomplete", "pending_if_incomplete"].choose(dice).unwrap();
            let quantity = dice.random_range(1..9);
            post(format!("subscriptions/{subscription}"), format!("items[0][id]={item}&items[0][price]={price}&items[0][quantity]={quantity}&proration_behavior={proration}&payment_behavior={behavior}")).await;
        }
        12 if !subscription.is_empty() => {
            let schedule = shop
                .call("POST", "subscription_schedules", &format!("from_subscription={subscription}"), &[])
                .await
                .body;
            if let Some(id) = schedule["id"].as_str() {
                let phase = &schedule["phases"][0];
                post(
                    format!("subscription_schedules/{id}"),
                    format!(
                        "phases[0][start_date]={}&phases[0][end_date]={}&phases[0][items][0][price]={}&phases[0][items][0][quantity]={}&phases[1][items][0][price]={price}",
                        phase["start_date"], phase["end_date"], text(&phase["items"][0], "price"), phase["items"][0]["quantity"]
                    ),
                )
                .await;
            }
        }
        13 if !subscription.is_empty() => post(format!("subscriptions/{subscription}"), "trial_end=now".into()).await,
        14 if !subscription.is_empty() => {
            let _ = shop
                .call("DELETE", &format!("subscriptions/{subscription}"), "prorate=true&invoice_now=true", &[])
                .await;
        }
        15 => shop.stripe().advance(dice.random_range(1..40) * A_DAY),
        _ => shop.stripe().advance(dice.random_range(1..10 * A_DAY)),
    }
}

/// How many walks there are: `SANDBOX_WALKS`, else few.
fn walks() -> u64 {
    std::env::var("SANDBOX_WALKS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

#[tokio::test]
async fn the_books_are_right_after_any_walk() {
    for seed in 0..walks() {
        let shop = Shop::open();
        shop.stripe().knobs.after_retries = ["cancel", "unpaid", "past_due"][usize::try_from(seed % 3).unwrap()].into();
        let mut dice = StdRng::seed_from_u64(seed);
        let customer = shop.customer().await;
        for _ in 0..40 {
            step(&shop, &mut dice, &customer).await;
            check(&shop, seed);
        }
    }
}
