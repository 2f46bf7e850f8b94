//! The same request twice.

use super::*;
use crate::billing::{Failure, FailureKind};

#[tokio::test]
async fn the_same_key_gives_the_same_answer_for_a_day() {
    let shop = Shop::open();
    let key = [("idempotency-key", "cust:t1")];
    let first = shop.call("POST", "customers", "name=A&email=a%40example.com", &key).await;
    // The order of parameters does not matter.
    let again = shop.call("POST", "customers", "email=a%40example.com&name=A", &key).await;
    assert_eq!(first.body, again.body);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.headers["original-request"], first.headers["request-id"]);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    let other = shop.call("POST", "customers", "name=B", &key).await;
    assert_eq!((other.status, other.body["error"]["type"].as_str()), (400, Some("idempotency_error")));
    shop.stripe().advance(DAY);
    let later = shop.call("POST", "customers", "name=B", &key).await;
    assert_eq!(later.status, 200);
    assert_ne!(later.body["id"], first.body["id"]);
}

#[tokio::test]
async fn errors_of_the_server_are_kept_and_refused_requests_are_not() {
    let shop = Shop::open();
    let fail = |kind: FailureKind| {
        shop.stripe().knobs.failures.push(Failure {
            method: Some("POST".into()),
            path: "/v1/customers".into(),
            kind,
            times: 1,
        });
    };
    fail(FailureKind::Error);
    let key = [("idempotency-key", "k1")];
    assert_eq!(shop.call("POST", "customers", "name=A", &key).await.status, 500);
    let again = shop.call("POST", "customers", "name=A", &key).await;
    assert_eq!((again.status, again.headers["idempotent-replayed"].to_str().unwrap()), (500, "true"));
    let key = [("idempotency-key", "k2")];
    fail(FailureKind::RateLimit);
    assert_eq!(shop.call("POST", "customers", "name=A", &key).await.status, 429);
    assert_eq!(shop.call("POST", "customers", "nickname=A", &key).await.status, 400);
    assert_eq!(shop.call("POST", "customers", "name=A", &key).await.status, 200);
    let key = [("idempotency-key", "k3")];
    fail(FailureKind::Lost);
    let before = shop.stripe().objects("customer").len();
    assert_eq!(shop.call("POST", "customers", "name=C", &key).await.status, 502);
    let told = shop.call("POST", "customers", "name=C", &key).await;
    assert_eq!((told.status, told.headers["idempotent-replayed"].to_str().unwrap()), (200, "true"));
    assert_eq!(shop.stripe().objects("customer").len(), before + 1);
}

#[tokio::test]
async fn two_at_once_on_one_key_are_one() {
    let shop = Shop::open();
    shop.stripe().knobs.latency_ms = 50;
    let key = [("idempotency-key", "once")];
    let (one, two) =
        tokio::join!(shop.call("POST", "customers", "name=A", &key), shop.call("POST", "customers", "name=A", &key));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let refused = if one.status == 409 { &one } else { &two };
    assert_eq!(refused.body["error"]["code"], "idempotency_key_in_use");
    assert_eq!(shop.stripe().objects("customer").len(), 1);
}
