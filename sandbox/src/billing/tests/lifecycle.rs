//! What the clock does to a subscription.

use super::*;

#[tokio::test]
async fn a_subscription_renews_month_by_month() {
    let shop = Shop::open();
    let (_, id) = shop.subscribed("price_aura_pro_monthly", 1, Card::PAYS, "").await;
    shop.told();
    shop.stripe().advance(28 * DAY);
    let told = shop.told();
    assert!(told.iter().any(|one| one == "invoice.upcoming"), "{told:?}");
    assert!(told.iter().any(|one| one == "customer.subscription.updated"), "{told:?}");
    assert_eq!(shop.latest_invoice(&id)["status"], "draft");
    shop.stripe().advance(3_600);
    assert_eq!(shop.latest_invoice(&id)["status"], "paid");
    assert_eq!(shop.object(&id)["items"]["data"][0]["current_period_start"], START + 28 * DAY);
    shop.stripe().advance(365 * DAY);
    let invoices = shop.stripe().objects("invoice");
    assert_eq!(invoices.len(), 13);
    assert!(invoices.iter().all(|one| one["status"] == "paid" && one["total"] == 1_800));
}

#[tokio::test]
async fn who_does_not_pay_is_asked_three_times_more() {
    for (knob, status) in [("cancel", "canceled"), ("unpaid", "unpaid"), ("past_due", "past_due")] {
        let shop = Shop::open();
        shop.stripe().knobs.after_retries = knob.into();
        let (customer, id) = shop.subscribed("price_aura_pro_monthly", 1, Card::DECLINED_LATER, "").await;
        shop.stripe().advance(28 * DAY + 3_600);
        assert_eq!(shop.object(&id)["status"], "past_due");
        assert_eq!(shop.object(&customer)["delinquent"], true);
        let first = shop.latest_invoice(&id);
        assert_eq!(first["next_payment_attempt"], START + 28 * DAY + 3_600 + 3 * DAY);
        shop.told();
        shop.stripe().advance(5 * DAY);
        assert_eq!(shop.told().iter().filter(|one| *one == "invoice.payment_failed").count(), 2);
        assert_eq!(shop.object(&id)["status"], "past_due");
        shop.stripe().advance(2 * DAY);
        assert_eq!(shop.object(&id)["status"], status);
        let told = shop.told();
        assert_eq!(told.iter().any(|one| one == "customer.subscription.deleted"), knob == "cancel", "{told:?}");
        assert_eq!(shop.latest_invoice(&id)["attempt_count"], 4);
    }
}

#[tokio::test]
async fn another_card_pays_what_is_owed() {
    let shop = Shop::open();
    let (customer, id) = shop.subscribed("price_aura_pro_monthly", 1, Card::DECLINED_LATER, "").await;
    shop.stripe().advance(28 * DAY + 3_600);
    let owed = shop.latest_invoice(&id)["id"].as_str().unwrap().to_owned();
    let (status, error) = shop.refused(&format!("invoices/{owed}/pay"), "").await;
    assert_eq!((status, error["code"].as_str()), (402, Some("card_declined")));
    shop.stripe().replace_card(&customer, Card::PAYS).unwrap();
    assert_eq!(shop.object(&id)["status"], "active");
    assert_eq!(shop.object(&owed)["status"], "paid");
    assert_eq!(shop.object(&customer)["delinquent"], false);
}

#[tokio::test]
async fn a_card_that_asks_every_time_is_paid_on_the_invoice_page() {
    let shop = Shop::open();
    let (_, id) = shop.subscribed("price_aura_pro_monthly", 1, Card::ASKS_ALWAYS, "").await;
    shop.told();
    shop.stripe().advance(28 * DAY + 3_600);
    let told = shop.told();
    assert!(told.iter().any(|one| one == "invoice.payment_action_required"), "{told:?}");
    assert_eq!(shop.object(&id)["status"], "past_due");
    let owed = shop.latest_invoice(&id);
    let owed_id = owed["id"].as_str().unwrap();
    assert_eq!(owed["hosted_invoice_url"], format!("https://invoice.stripe.com/i/{owed_id}"));
    assert!(shop.stripe().pay_hosted(owed_id, Card::ASKS_ALWAYS, false).is_err());
    shop.stripe().pay_hosted(owed_id, Card::ASKS_ALWAYS, true).unwrap();
    assert_eq!(shop.object(&id)["status"], "active");
}

#[tokio::test]
async fn a_first_payment_that_never_comes_ends_after_23_hours() {
    let shop = Shop::open();
    let customer = shop.customer().await;
    let made = shop
        .post("subscriptions", &format!("customer={customer}&items[0][price]=price_aura_pro_monthly&default_payment_method=pm_card_authenticationRequired&expand[]=latest_invoice.payments"))
        .await;
    assert_eq!(made["status"], "incomplete");
    let invoice = &made["latest_invoice"];
    assert_eq!(invoice["status"], "open");
    let intent = invoice["payments"]["data"][0]["payment"]["payment_intent"].as_str().unwrap();
    assert_eq!(shop.get(&format!("payment_intents/{intent}"), "").await["status"], "requires_action");
    let id = made["id"].as_str().unwrap();
    shop.stripe().advance(23 * 3_600);
    assert_eq!(shop.object(id)["status"], "incomplete_expired");
    assert_eq!(shop.latest_invoice(id)["status"], "void");
    let (status, error) = shop
        .refused("subscriptions", &format!("customer={customer}&items[0][price]=price_aura_pro_monthly&default_payment_method=pm_card_chargeDeclined&payment_behavior=error_if_incomplete"))
        .await;
    assert_eq!((status, error["code"].as_str()), (402, Some("card_declined")));
    assert_eq!(shop.stripe().subscriptions(&customer).len(), 1, "nothing of it stays");
}

#[tokio::test]
async fn an_end_comes_at_the_period_or_at_once() {
    let shop = Shop::open();
    let (customer, id) = shop.subscribed("price_aura_pro_monthly", 1, Card::PAYS, "").await;
    let ending = shop.post(&format!("subscriptions/{id}"), "cancel_at_period_end=true").await;
    assert_eq!(ending["cancel_at"], START + 28 * DAY);
    assert_eq!(shop.post(&format!("subscriptions/{id}"), "cancel_at_period_end=false").await["cancel_at"], Value::Null);
    shop.post(&format!("subscriptions/{id}"), "cancel_at_period_end=true").await;
    shop.told();
    shop.stripe().advance(28 * DAY);
    assert_eq!(shop.told(), ["customer.subscription.deleted"]);
    assert_eq!(shop.object(&id)["status"], "canceled");
    let none = shop.get("subscriptions", &format!("customer={customer}")).await;
    assert_eq!(none["data"], json!([]));
    let all = shop.get("subscriptions", &format!("customer={customer}&status=all")).await;
    assert_eq!(all["data"].as_array().unwrap().len(), 1);
    assert_eq!(shop.call("DELETE", &format!("subscriptions/{id}"), "", &[]).await.status, 404);
    let second = shop.act(&json!({ "kind": "second_subscription", "customer": customer, "price": "aura_pro_yearly" }));
    let gone = shop
        .call(
            "DELETE",
            &format!("subscriptions/{}", second["id"].as_str().unwrap()),
            "prorate=true&invoice_now=true",
            &[],
        )
        .await;
    assert_eq!((gone.status, gone.body["status"].as_str()), (200, Some("canceled")));
    assert_eq!(shop.object(&customer)["balance"], -18_000, "what was not used comes back");
}

#[tokio::test]
async fn a_pause_takes_no_money() {
    let shop = Shop::open();
    let (_, id) = shop.subscribed("price_aura_pro_monthly", 1, Card::PAYS, "").await;
    shop.act(&json!({ "kind": "pause", "subscription": id }));
    assert_eq!(shop.object(&id)["pause_collection"]["behavior"], "void");
    shop.stripe().advance(28 * DAY + 3_600);
    assert_eq!(
        (shop.latest_invoice(&id)["status"].as_str(), shop.object(&id)["status"].as_str()),
        (Some("void"), Some("active"))
    );
    shop.act(&json!({ "kind": "unpause", "subscription": id }));
    shop.stripe().advance(31 * DAY + 3_600);
    assert_eq!(shop.latest_invoice(&id)["status"], "paid");
}

#[tokio::test]
async fn a_customer_that_is_deleted_takes_its_subscriptions_along() {
    let shop = Shop::open();
    let (customer, id) = shop.subscribed("price_aura_pro_monthly", 1, Card::PAYS, "").await;
    shop.told();
    shop.act(&json!({ "kind": "delete_customer", "customer": customer }));
    assert_eq!(
        shop.told(),
        ["invoice.updated", "customer.subscription.deleted", "customer.deleted"].map(String::from)[1..]
    );
    assert_eq!(shop.object(&id)["status"], "canceled");
}
