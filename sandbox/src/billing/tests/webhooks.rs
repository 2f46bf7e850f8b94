//! Events as they are listed and as they arrive.

use super::*;
use crate::billing::webhooks::signature;
use crate::billing::{Knobs, WEBHOOK_SECRET};

#[test]
fn the_signature_is_that_of_stripes_packages() {
    // stripe.webhooks.generateTestHeaderString({ payload: '{"id":"evt_1"}', secret: 'whsec_test', timestamp: 1700000000 })
    assert_eq!(
        signature("whsec_test", 1_700_000_000, "{\"id\":\"evt_1\"}"),
        "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925"
    );
}

#[tokio::test]
async fn events_are_posts_that_can_be_verified() {
    let shop = Shop::open();
    shop.customer().await;
    let posts = shop.stripe().take_events();
    assert_eq!(posts.len(), 1);
    let post = &posts[0];
    assert_eq!(post.signature(), signature(WEBHOOK_SECRET, START, &post.body));
    let event: Value = serde_json::from_str(&post.body).unwrap();
    assert_eq!((event["type"].as_str(), event["api_version"].as_str()), (Some("customer.created"), Some(VERSION)));
    assert!(event["request"]["id"].as_str().unwrap().starts_with("req_"));
    assert!(shop.stripe().take_events().is_empty());
    let open = shop.get("events", "delivery_success=false").await;
    assert_eq!(open["data"][0]["id"], post.id.as_str());
    shop.stripe().delivered(&post.id);
    assert_eq!(shop.get("events", "delivery_success=false").await["data"], json!([]));
    assert_eq!(shop.get(&format!("events/{}", post.id), "").await["pending_webhooks"], 0);
    // A cursor may stand on an event that the filter leaves out.
    let none = shop.get("events", &format!("delivery_success=false&ending_before={}", post.id)).await;
    assert_eq!(none["data"], json!([]));
    shop.stripe().advance(31 * DAY);
    assert_eq!(shop.get("events", "").await["data"], json!([]), "the list remembers 30 days");
}

#[tokio::test]
async fn knobs_double_reorder_drop_and_hold_back() {
    let shop = Shop::open();
    let make = async |count: usize| {
        for _ in 0..count {
            shop.customer().await;
        }
        shop.stripe()
            .objects("event")
            .iter()
            .rev()
            .take(count)
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .rev()
            .collect::<Vec<_>>()
    };
    let taken = |all: bool| {
        let mut stripe = shop.stripe();
        let posts = if all { stripe.flush_events() } else { stripe.take_events() };
        posts.into_iter().map(|post| post.id).collect::<Vec<_>>()
    };
    shop.stripe().knobs = Knobs { duplicate: 2, ..Knobs::default() };
    make(2).await;
    assert_eq!(taken(false).len(), 6);
    shop.stripe().knobs = Knobs { reorder: 8, seed: 3, ..Knobs::default() };
    let made = make(12).await;
    let (first, rest) = (taken(false), taken(true));
    assert_eq!((first.len(), rest.len()), (8, 4));
    assert_ne!(first, made[..8]);
    let mut all = [first, rest].concat();
    all.sort();
    let mut sorted = made.clone();
    sorted.sort();
    assert_eq!(all, sorted);
    shop.stripe().knobs = Knobs { drop_percent: 50, ..Knobs::default() };
    make(40).await;
    let left = taken(false).len();
    assert!((5..35).contains(&left), "{left}");
    shop.stripe().knobs = Knobs { off: true, ..Knobs::default() };
    make(3).await;
    assert!(taken(false).is_empty());
    assert_eq!(taken(true).len(), 3);
}

#[tokio::test]
async fn webhooks_are_sent_until_they_are_taken() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let shop = Shop::open();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/webhooks/stripe", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let receiver = axum::Router::new().route(
        "/api/webhooks/stripe",
        axum::routing::post(move |headers: HeaderMap, body: String| async move {
            let right = headers["stripe-signature"].to_str().unwrap() == signature(WEBHOOK_SECRET, START, &body);
            let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            axum::http::StatusCode::from_u16(if right && !first { 200 } else { 500 }).unwrap()
        }),
    );
    tokio::spawn(async move { axum::serve(listener, receiver).await.unwrap() });
    shop.stripe().send_to(Some(url));
    shop.customer().await;
    let event = shop.stripe().objects("event")[0]["id"].as_str().unwrap().to_owned();
    for _ in 0..200 {
        if shop.object(&event)["pending_webhooks"] == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(shop.object(&event)["pending_webhooks"], 0);
    assert_eq!(count.load(Ordering::SeqCst), 2);
    let sent = shop.stripe().state()["webhooks"]["sent"].clone();
    assert_eq!((sent[0]["status"].as_u64(), sent[1]["status"].as_u64()), (Some(500), Some(200)));
}
