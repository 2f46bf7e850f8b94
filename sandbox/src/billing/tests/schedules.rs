//! Changes at the end of a period.

use super::*;

#[tokio::test]
async fn a_downgrade_comes_when_its_phase_begins() {
    let shop = Shop::open();
    let (_, id) = shop.subscribed("price_aura_pro_yearly", 1, Card::PAYS, "").await;
    let schedule = shop.post("subscription_schedules", &format!("from_subscription={id}")).await;
    let schedule_id = schedule["id"].as_str().unwrap();
    let (start, end) = (START, START + 365 * DAY);
    assert_eq!(schedule["current_phase"], json!({ "start_date": start, "end_date": end }));
    let changed = shop
        .post(&format!("subscription_schedules/{schedule_id}"), &format!(
            "end_behavior=release&phases[0][start_date]={start}&phases[0][end_date]={end}&phases[0][items][0][price]=price_aura_pro_yearly&phases[0][items][0][quantity]=1\
             &phases[1][items][0][price]=price_aura_pro_monthly&phases[1][items][0][quantity]=1&phases[1][duration][interval]=month&phases[1][duration][interval_count]=1&phases[1][proration_behavior]=none"
        ))
        .await;
    assert_eq!(changed["phases"].as_array().unwrap().len(), 2);
    let (status, error) = shop.refused(&format!("subscriptions/{id}"), "cancel_at_period_end=true").await;
    assert_eq!(status, 400);
    assert!(error["message"].as_str().unwrap().contains("managed by the subscription schedule"));
    shop.told();
    shop.stripe().advance(365 * DAY + 3_600);
    let after = shop.object(&id);
    assert_eq!(after["items"]["data"][0]["price"]["lookup_key"], "aura_pro_monthly");
    assert_eq!(shop.latest_invoice(&id)["amount_paid"], 1_800);
    assert_eq!(after["schedule"], schedule_id);
    shop.stripe().advance(31 * DAY);
    assert_eq!(shop.object(schedule_id)["status"], "released");
    assert_eq!(shop.object(&id)["schedule"], Value::Null);
    let told = shop.told();
    assert!(told.iter().any(|one| one == "subscription_schedule.released"), "{told:?}");
}

#[tokio::test]
async fn a_schedule_is_released_and_changes_nothing() {
    let shop = Shop::open();
    let (_, id) = shop.subscribed("price_aura_pro_monthly", 1, Card::PAYS, "").await;
    let schedule = shop.post("subscription_schedules", &format!("from_subscription={id}")).await;
    let expanded = shop.get(&format!("subscriptions/{id}"), "expand[]=schedule").await;
    assert_eq!(expanded["schedule"]["status"], "active");
    let released = shop.post(&format!("subscription_schedules/{}/release", schedule["id"].as_str().unwrap()), "").await;
    assert_eq!(
        (released["status"].as_str(), released["released_subscription"].as_str()),
        (Some("released"), Some(id.as_str()))
    );
    assert_eq!(shop.object(&id)["schedule"], Value::Null);
    shop.refused(&format!("subscription_schedules/{}/release", schedule["id"].as_str().unwrap()), "").await;
    shop.refused("subscription_schedules", "from_subscription=sub_none").await;
}
