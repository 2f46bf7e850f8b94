//! What people are told of a trial: until when nothing is paid, how much comes then, and what a change costs meanwhile.

use http::StatusCode;
use sandbox::billing::Card;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use crate::{billing_world::BillingWorld, browser::Browser};

#[sqlx::test]
async fn bi_31_a_trial_says_what_comes_when_and_a_change_in_it_costs_nothing_yet(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (_, team) = world.person("mira@example.com").await;
    let mut mira = Browser::new(&world.app);
    mira.sign_in(&world.app, "mira@example.com").await;
    let team = team.to_string();
    let bought =
        mira.json_at("/api/billing/checkout", &[("team", &team), ("plan", "pro"), ("period", "monthly")]).await;
    assert_eq!(bought.status, StatusCode::OK, "{}", bought.text());
    let session = world.sandbox.stripe().objects("checkout.session")[0]["id"].as_str().unwrap().to_owned();
    world.sandbox.stripe().pay(&session, Card::PAYS).unwrap();

    let told = "Then Pro costs €18 a month, plus tax where it is due, unless you cancel before.";
    let success = mira.get(&format!("/billing/success?session_id={session}")).await;
    assert!(success.text().contains("Nothing is paid until") && success.text().contains(told), "{}", success.text());
    let overview = mira.get("/billing").await;
    assert!(overview.text().contains(told), "{}", overview.text());
    let room = mira.get_json("/api/connections/room").await;
    assert_eq!(room.value(), json!({ "used": 0, "most": 68 }));

    // More, in the trial: it goes on, and nothing is charged.
    let plans = mira.get_json("/api/billing/plans?plan=pro&period=yearly&seats=1").await;
    let effect = plans.value()["change"]["effect"].clone();
    assert_eq!(effect["is"], "now", "{effect}");
    assert!(effect["trial"].is_string() && effect["due"]["minor"].as_i64().unwrap() > 0, "{effect}");
    let page = mira.get("/billing/plans?plan=pro&period=yearly&seats=1").await;
    assert!(page.text().contains("Nothing is charged now, and the trial goes on until"), "{}", page.text());
    let (at, due) = (effect["at"].to_string(), effect["due"]["minor"].to_string());
    let currency = effect["due"]["currency"].as_str().unwrap().to_owned();
    let agreed = [
        ("team", team.as_str()),
        ("plan", "pro"),
        ("period", "yearly"),
        ("seats", "1"),
        ("at", at.as_str()),
        ("due", due.as_str()),
        ("currency", currency.as_str()),
    ];
    let changed = mira.json_at("/api/billing/change", &agreed).await;
    assert_eq!((changed.status, &changed.value()["is"]), (StatusCode::OK, &json!("done")), "{}", changed.text());
    let invoices = world.sandbox.stripe().objects("invoice");
    assert!(invoices.iter().all(|invoice| invoice["amount_due"] == 0), "{invoices:?}");

    // Shortly before the end every page says it, to the owner; what is charged then is what was shown.
    world.later(Duration::days(11));
    let mut mira = Browser::new(&world.app);
    mira.sign_in(&world.app, "mira@example.com").await;
    let notice = mira.get_json("/api/billing/notice").await.value();
    let text = notice["text"].as_str().unwrap();
    assert!(text.starts_with("The trial of Pro ends soon. Nothing is paid until"), "{text}");
    assert!(text.contains("Then Pro costs €180 a year"), "{text}");
    world.later(Duration::days(4));
    let charged = world.sandbox.stripe().objects("invoice");
    assert_eq!(charged.last().unwrap()["amount_due"].to_string(), due, "{charged:?}");
}
