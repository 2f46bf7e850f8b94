//! Exact money: proration, previews, refunds.

use super::*;

/// What a preview of a change says, then what the change bills.
async fn both(shop: &Shop, subscription: &str, items: &str, more: &str) -> (i64, i64, i64) {
    let item = shop.object(subscription)["items"]["data"][0]["id"].as_str().unwrap().to_owned();
    let items = items.replace("ITEM", &item);
    let at = shop.stripe().now();
    let details =
        items.split('&').map(|pair| format!("subscription_details[items][0]{pair}")).collect::<Vec<_>>().join("&");
    let preview = shop
        .post("invoices/create_preview", &format!("subscription={subscription}&{details}&subscription_details[proration_behavior]=always_invoice&subscription_details[proration_date]={at}"))
        .await;
    let change = items.split('&').map(|pair| format!("items[0]{pair}")).collect::<Vec<_>>().join("&");
    shop.post(
        &format!("subscriptions/{subscription}"),
        &format!("{change}&proration_behavior=always_invoice&proration_date={at}{more}"),
    )
    .await;
    let billed = shop.latest_invoice(subscription);
    let number = |invoice: &Value, field: &str| invoice[field].as_i64().unwrap();
    assert_eq!(number(&preview, "total"), number(&billed, "total"));
    assert_eq!(number(&preview, "amount_due"), number(&billed, "amount_due"));
    (number(&billed, "total"), number(&billed, "amount_due"), number(&billed, "amount_paid"))
}

#[tokio::test]
async fn a_preview_is_what_the_change_bills_to_the_cent() {
    // (price, seats, currency, days gone by, total)
    for (price, currency, days, total) in [
        ("price_aura_team_monthly", "eur", 7, 3_600),
        ("price_aura_team_monthly", "jpy", 7, 5_850),
        ("price_aura_team_monthly", "kwd", 7, 12_000),
        ("price_aura_team_monthly", "usd", 9, 3_528),
        ("price_aura_team_yearly", "gbp", 100, 30_493),
    ] {
        let shop = Shop::open();
        let (_, id) = shop.subscribed(price, 3, Card::PAYS, &format!("&currency={currency}")).await;
        shop.stripe().advance(days * DAY);
        let (billed, due, paid) = both(&shop, &id, "[id]=ITEM&[quantity]=5", "").await;
        assert_eq!((billed, due, paid), (total, total, total), "{price} {currency}");
    }
}

#[tokio::test]
async fn another_interval_begins_a_new_period_and_gives_back_the_old() {
    let shop = Shop::open();
    let (_, id) = shop.subscribed("price_aura_pro_monthly", 1, Card::PAYS, "").await;
    shop.stripe().advance(14 * DAY);
    let (total, due, _) = both(&shop, &id, "[id]=ITEM&[price]=price_aura_pro_yearly", "").await;
    assert_eq!((total, due), (18_000 - 900, 17_100));
    let item = shop.object(&id)["items"]["data"][0].clone();
    assert_eq!(item["current_period_start"], START + 14 * DAY);
    assert_eq!(item["current_period_end"], START + (14 + 365) * DAY);
}

#[tokio::test]
async fn what_waits_is_on_the_next_invoice_and_in_its_preview() {
    let shop = Shop::open();
    let (customer, id) = shop.subscribed("price_aura_team_monthly", 2, Card::PAYS, "").await;
    shop.stripe().advance(14 * DAY);
    let item = shop.object(&id)["items"]["data"][0]["id"].as_str().unwrap().to_owned();
    shop.post(&format!("subscriptions/{id}"), &format!("items[0][id]={item}&items[0][quantity]=4")).await;
    let preview = shop.post("invoices/create_preview", &format!("customer={customer}&subscription={id}")).await;
    assert_eq!(preview["total"], 2 * 2_400 / 2 + 4 * 2_400);
    shop.stripe().advance(14 * DAY + 3_600);
    let billed = shop.latest_invoice(&id);
    assert_eq!(billed["total"], preview["total"]);
    assert_eq!(billed["lines"]["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn fewer_seats_leave_a_balance_that_pays_next_time() {
    let shop = Shop::open();
    let (customer, id) = shop.subscribed("price_aura_team_monthly", 4, Card::PAYS, "").await;
    shop.stripe().advance(14 * DAY);
    let (total, due, _) = both(&shop, &id, "[id]=ITEM&[quantity]=1", "").await;
    assert_eq!((total, due), (-3_600, 0));
    assert_eq!(shop.object(&customer)["balance"], -3_600);
    shop.stripe().advance(14 * DAY + 3_600);
    assert_eq!(shop.latest_invoice(&id)["amount_due"], 0);
    assert_eq!(shop.object(&customer)["balance"], -1_200);
}

#[tokio::test]
async fn a_change_that_is_not_paid_stays_waits_or_never_was() {
    let change = |behavior: &str, item: &str| {
        format!(
            "items[0][id]={item}&items[0][price]=price_aura_pro_yearly&proration_behavior=always_invoice&payment_behavior={behavior}"
        )
    };
    for behavior in ["allow_incomplete", "error_if_incomplete", "pending_if_incomplete"] {
        let shop = Shop::open();
        let (customer, id) = shop.subscribed("price_aura_pro_monthly", 1, Card::DECLINED_LATER, "").await;
        let item = shop.object(&id)["items"]["data"][0]["id"].as_str().unwrap().to_owned();
        let answer = shop.call("POST", &format!("subscriptions/{id}"), &change(behavior, &item), &[]).await;
        let price = shop.object(&id)["items"]["data"][0]["price"]["lookup_key"].as_str().unwrap().to_owned();
        match behavior {
            "allow_incomplete" => {
                assert_eq!(
                    (answer.status, answer.body["status"].as_str(), price.as_str()),
                    (200, Some("past_due"), "aura_pro_yearly")
                );
            }
            "error_if_incomplete" => {
                assert_eq!((answer.status, price.as_str()), (402, "aura_pro_monthly"));
                assert_eq!(shop.object(&id)["status"], "active");
                assert_eq!(shop.stripe().objects("invoice").len(), 1);
            }
            _ => {
                assert_eq!((answer.status, price.as_str()), (200, "aura_pro_monthly"));
                assert!(answer.body["pending_update"]["expires_at"].is_i64());
                shop.stripe().replace_card(&customer, Card::PAYS).unwrap();
                let invoice = shop.latest_invoice(&id);
                if invoice["status"] == "open" {
                    shop.post(&format!("invoices/{}/pay", invoice["id"].as_str().unwrap()), "").await;
                }
                let after = shop.object(&id);
                assert_eq!(
                    (after["items"]["data"][0]["price"]["lookup_key"].as_str(), &after["pending_update"]),
                    (Some("aura_pro_yearly"), &Value::Null)
                );
            }
        }
    }
}

#[tokio::test]
async fn refunds_and_disputes_leave_their_traces() {
    let shop = Shop::open();
    let (_, id) = shop.subscribed("price_aura_pro_monthly", 1, Card::PAYS, "").await;
    let invoice = shop.latest_invoice(&id)["id"].as_str().unwrap().to_owned();
    let payments = shop.get("invoice_payments", &format!("invoice={invoice}")).await;
    let intent = payments["data"][0]["payment"]["payment_intent"].as_str().unwrap().to_owned();
    shop.told();
    shop.post("refunds", &format!("payment_intent={intent}&amount=800&reason=requested_by_customer")).await;
    assert_eq!(shop.told(), ["charge.refunded", "refund.created"]);
    let (_, error) = shop.refused("refunds", &format!("payment_intent={intent}&amount=1001")).await;
    assert_eq!(error["code"], "amount_too_large");
    shop.act(&json!({ "kind": "refund", "invoice": invoice }));
    let (_, error) = shop.refused("refunds", &format!("payment_intent={intent}")).await;
    assert_eq!(error["code"], "charge_already_refunded");
    shop.told();
    let dispute = shop.act(&json!({ "kind": "dispute", "subscription": id }));
    shop.act(&json!({ "kind": "close_dispute", "dispute": dispute["id"], "won": false }));
    assert_eq!(
        shop.told(),
        ["charge.updated", "charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"]
    );
}

#[tokio::test]
async fn a_customer_has_one_currency_for_ever() {
    let shop = Shop::open();
    let (customer, _) = shop.subscribed("price_aura_pro_monthly", 1, Card::PAYS, "&currency=jpy").await;
    assert_eq!(shop.object(&customer)["currency"], "jpy");
    let (_, error) = shop
        .refused("checkout/sessions", &format!("mode=subscription&customer={customer}&success_url=http%3A%2F%2Fa&line_items[0][price]=price_aura_pro_monthly&line_items[0][quantity]=1&currency=eur"))
        .await;
    assert!(error["message"].as_str().unwrap().starts_with("You cannot combine currencies"));
}

#[tokio::test]
async fn tax_comes_on_top_where_it_is_computed() {
    let shop = Shop::open();
    let (_, id) = shop.subscribed("price_aura_pro_monthly", 1, Card::PAYS, "&automatic_tax[enabled]=true").await;
    let invoice = shop.latest_invoice(&id);
    assert_eq!(
        (invoice["subtotal"].as_i64(), invoice["total_taxes"][0]["amount"].as_i64(), invoice["total"].as_i64()),
        (Some(1_800), Some(342), Some(2_142))
    );
}
