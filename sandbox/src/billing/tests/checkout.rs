//! The hosted page.

use super::*;

#[tokio::test]
async fn a_card_that_pays_makes_an_active_subscription_and_tells_it() {
    let shop = Shop::open();
    let customer = shop.customer().await;
    let session = shop.session(&customer, "price_aura_pro_monthly", 1, "&allow_promotion_codes=true").await;
    let id = session["id"].as_str().unwrap();
    assert_eq!(session["url"], format!("https://checkout.stripe.com/c/pay/{id}"));
    assert_eq!((session["amount_total"].as_i64(), session["status"].as_str()), (Some(1_800), Some("open")));
    shop.told();
    let declined = shop.stripe().pay(id, Card::DECLINED).unwrap_err();
    assert_eq!((declined.status, &declined.body["error"]["code"]), (402, &json!("card_declined")));
    assert_eq!(shop.object(id)["status"], "open");
    assert!(shop.told().is_empty(), "what did not happen is not told");
    assert_eq!(shop.stripe().pay(id, Card::ASKS_ONCE).unwrap_err().body["error"]["code"], "authentication_required");
    let back = shop.stripe().pay(id, Card::PAYS).unwrap();
    assert_eq!(back, format!("http://127.0.0.1/done?session_id={id}"));
    let told = shop.told();
    for kind in [
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "checkout.session.completed",
        "charge.succeeded",
    ] {
        assert_eq!(told.iter().filter(|one| *one == kind).count(), 1, "{kind} in {told:?}");
    }
    let session = shop
        .get(
            &format!("checkout/sessions/{id}"),
            "expand[]=subscription&expand[]=line_items&expand[]=subscription.latest_invoice",
        )
        .await;
    assert_eq!((session["status"].as_str(), session["payment_status"].as_str()), (Some("complete"), Some("paid")));
    let subscription = &session["subscription"];
    assert_eq!(
        (subscription["status"].as_str(), subscription["metadata"]["team"].as_str()),
        (Some("active"), Some("t1"))
    );
    assert_eq!(subscription["latest_invoice"]["amount_paid"], 1_800);
    assert_eq!(session["line_items"]["data"][0]["quantity"], 1);
    assert_eq!(subscription["items"]["data"][0]["current_period_start"], START);
    // The first of February and of March.
    assert_eq!(subscription["items"]["data"][0]["current_period_end"], START + 28 * DAY);
    assert!(shop.stripe().pay(id, Card::PAYS).is_err(), "a session is paid once");
}

#[tokio::test]
async fn a_trial_costs_nothing_until_it_ends() {
    let shop = Shop::open();
    let more = "&subscription_data[trial_period_days]=14&payment_method_collection=if_required";
    let customer = shop.customer().await;
    let session = shop.session(&customer, "price_aura_team_monthly", 3, more).await;
    let id = session["id"].as_str().unwrap();
    shop.stripe().confirm(id, Card::DECLINED_LATER).unwrap();
    assert_eq!(shop.object(id)["payment_status"], "no_payment_required");
    let subscription = shop.stripe().subscriptions(&customer)[0].clone();
    assert_eq!(
        (subscription["status"].as_str(), subscription["trial_end"].as_i64()),
        (Some("trialing"), Some(START + 14 * DAY))
    );
    shop.told();
    shop.stripe().advance(11 * DAY);
    assert_eq!(shop.told(), ["customer.subscription.trial_will_end"]);
    shop.stripe().advance(3 * DAY);
    let id = subscription["id"].as_str().unwrap();
    assert_eq!(shop.object(id)["status"], "active");
    let invoice = shop.latest_invoice(id);
    assert_eq!((invoice["status"].as_str(), invoice["total"].as_i64()), (Some("draft"), Some(7_200)));
    // The card that was put on file does not pay now.
    shop.stripe().advance(3_600);
    assert_eq!(shop.object(id)["status"], "past_due");
    assert_eq!(shop.latest_invoice(id)["attempt_count"], 1);
}

#[tokio::test]
async fn a_trial_without_a_card_ends_as_was_asked() {
    for (act, status) in [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "past_due")] {
        let shop = Shop::open();
        let customer = shop.customer().await;
        let more = format!(
            "&subscription_data[trial_period_days]=14&payment_method_collection=if_required&subscription_data[trial_settings][end_behavior][missing_payment_method]={act}"
        );
        let session = shop.session(&customer, "price_aura_pro_monthly", 1, &more).await;
        shop.stripe().start_trial(session["id"].as_str().unwrap()).unwrap();
        shop.stripe().advance(14 * DAY + 3_700);
        assert_eq!(shop.stripe().subscriptions(&customer)[0]["status"], status, "{act}");
    }
}

#[tokio::test]
async fn money_that_comes_later_comes_or_not() {
    for comes in [true, false] {
        let shop = Shop::open();
        let customer = shop.customer().await;
        let session = shop.session(&customer, "price_aura_pro_monthly", 1, "").await;
        let id = session["id"].as_str().unwrap();
        shop.stripe().pay_later(id).unwrap();
        assert_eq!(shop.object(id)["payment_status"], "unpaid");
        assert_eq!(shop.stripe().subscriptions(&customer)[0]["status"], "active");
        shop.told();
        if comes {
            shop.stripe().advance(3 * DAY);
        } else {
            shop.stripe().settle(id, false).unwrap();
        }
        let told = shop.told();
        let (kind, status) = if comes {
            ("checkout.session.async_payment_succeeded", "active")
        } else {
            ("checkout.session.async_payment_failed", "past_due")
        };
        assert!(told.iter().any(|one| one == kind), "{told:?}");
        assert_eq!(shop.stripe().subscriptions(&customer)[0]["status"], status);
    }
}

#[tokio::test]
async fn sessions_end_by_the_clock_and_by_hand() {
    let shop = Shop::open();
    let customer = shop.customer().await;
    let one = shop.session(&customer, "price_aura_pro_monthly", 1, "").await;
    let two = shop.session(&customer, "price_aura_pro_monthly", 1, &format!("&expires_at={}", START + 1_800)).await;
    let open = shop.get("checkout/sessions", &format!("customer={customer}&status=open")).await;
    assert_eq!(open["data"].as_array().unwrap().len(), 2);
    shop.told();
    shop.stripe().advance(1_800);
    assert_eq!(shop.object(two["id"].as_str().unwrap())["status"], "expired");
    assert_eq!(shop.told(), ["checkout.session.expired"]);
    let id = one["id"].as_str().unwrap();
    assert_eq!(shop.post(&format!("checkout/sessions/{id}/expire"), "").await["status"], "expired");
    let (status, _) = shop.refused(&format!("checkout/sessions/{id}/expire"), "").await;
    assert_eq!(status, 400);
    assert!(shop.stripe().pay(id, Card::PAYS).is_err());
}

#[tokio::test]
async fn promotion_codes_take_off_what_they_promise() {
    let shop = Shop::open();
    let customer = shop.customer().await;
    let session = shop.session(&customer, "price_aura_pro_monthly", 1, "&allow_promotion_codes=true").await;
    let id = session["id"].as_str().unwrap();
    assert!(shop.stripe().enter_code(id, "NOTHING").is_err());
    shop.stripe().enter_code(id, "welcome20").unwrap();
    assert_eq!(shop.object(id)["amount_total"], 1_440);
    shop.stripe().pay(id, Card::PAYS).unwrap();
    let subscription = shop.stripe().subscriptions(&customer)[0]["id"].as_str().unwrap().to_owned();
    let first = shop.latest_invoice(&subscription);
    assert_eq!((first["subtotal"].as_i64(), first["amount_paid"].as_i64()), (Some(1_800), Some(1_440)));
    shop.stripe().advance(28 * DAY + 3_600);
    assert_eq!(shop.latest_invoice(&subscription)["amount_paid"], 1_800, "it was for once");
}

#[tokio::test]
async fn the_pages_do_what_their_buttons_say() {
    let shop = Shop::open();
    let customer = shop.customer().await;
    let session = shop.session(&customer, "price_aura_pro_monthly", 1, "&allow_promotion_codes=true").await;
    let id = session["id"].as_str().unwrap();
    let page = |method: &str, path: String, form: &str| {
        Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap()
    };
    let at = format!("/checkout.stripe.com/c/pay/{id}");
    let shown = shop.send(page("GET", at.clone(), "")).await;
    assert!(shown.body.as_str().unwrap().contains("EUR 18.00"), "{}", shown.body);
    let back = shop.send(page("POST", at.clone(), "do=back")).await;
    assert_eq!((back.status, back.headers["location"].to_str().unwrap()), (303, "http://127.0.0.1/pricing"));
    let declined = shop.send(page("POST", at.clone(), "do=decline")).await;
    assert!(declined.body.as_str().unwrap().contains("Your card was declined."));
    let coded = shop.send(page("POST", at.clone(), "do=code&promotion_code=WELCOME20")).await;
    assert!(coded.body.as_str().unwrap().contains("EUR 14.40"));
    let asked = shop.send(page("POST", at.clone(), "do=pay&card=4000002760003184")).await;
    assert!(asked.body.as_str().unwrap().contains("Confirm the payment"));
    let done = shop.send(page("POST", at.clone(), "do=confirm&card=4000002760003184")).await;
    assert_eq!(done.status, 303);
    let invoice = shop.stripe().objects("invoice")[0]["id"].as_str().unwrap().to_owned();
    let shown = shop.send(page("GET", format!("/invoice.stripe.com/i/{invoice}"), "")).await;
    assert!(shown.body.as_str().unwrap().contains("Total"));
    let overview = shop.send(page("GET", "/_sandbox/stripe".into(), "")).await;
    assert!(overview.body.as_str().unwrap().contains("One month later"), "{}", overview.body);
    // The portal needs a configuration, which lets people do what it allows.
    let (_, error) = shop.refused("billing_portal/sessions", &format!("customer={customer}")).await;
    assert!(error["message"].as_str().unwrap().contains("No configuration provided"));
    let configuration = shop
        .post("billing_portal/configurations", "features[subscription_cancel][enabled]=true&features[payment_method_update][enabled]=true&features[invoice_history][enabled]=true")
        .await;
    let portal = shop
        .post(
            "billing_portal/sessions",
            &format!(
                "customer={customer}&return_url=http%3A%2F%2F127.0.0.1%2Fbilling&configuration={}",
                configuration["id"].as_str().unwrap()
            ),
        )
        .await;
    let at = format!("/billing.stripe.com/p/session/{}", portal["id"].as_str().unwrap());
    let subscription = shop.stripe().subscriptions(&customer)[0]["id"].as_str().unwrap().to_owned();
    let ended = shop.send(page("POST", at.clone(), &format!("do=cancel&subscription={subscription}"))).await;
    assert!(ended.body.as_str().unwrap().contains("Don&#39;t cancel"), "{}", ended.body);
    assert_eq!(shop.object(&subscription)["cancel_at_period_end"], true);
    shop.send(page("POST", at.clone(), &format!("do=resume&subscription={subscription}"))).await;
    assert_eq!(shop.object(&subscription)["cancel_at_period_end"], false);
    shop.send(page("POST", at, "do=card&card=5555555555554444")).await;
    let paying = shop.get(&format!("subscriptions/{subscription}"), "expand[]=default_payment_method").await;
    assert_eq!(paying["default_payment_method"]["card"]["last4"], "4444");
}
