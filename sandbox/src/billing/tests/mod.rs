//! What this Stripe does, end to end, over its router.

mod checkout;
mod idempotency;
mod lifecycle;
mod money;
mod schedules;
mod shapes;
mod walks;
mod webhooks;

use super::{Card, SECRET_KEY, Stripe, VERSION};
use crate::app::{Sandbox, router};
use crate::settings::Settings;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::MutexGuard;
use tower::ServiceExt;

/// The first of February 2027: the month has 28 days, the year 365.
pub const START: i64 = 1_801_440_000;
pub const DAY: i64 = 86_400;

/// A sandbox with a clock that stands still, and what a client of the API says to it.
pub struct Shop {
    pub sandbox: Sandbox,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Shop {
    pub fn open() -> Self {
        let settings = Settings { port: 0, smtp_port: 0, base: "http://localhost:4010".into(), model_delay_ms: 0 };
        let sandbox = Sandbox::new(settings).unwrap();
        sandbox.stripe().freeze(START);
        Self { sandbox }
    }

    pub fn stripe(&self) -> MutexGuard<'_, Stripe> {
        self.sandbox.stripe()
    }

    pub async fn call(&self, method: &str, path: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
        let get = method == "GET" && !form.is_empty();
        let uri = if get { format!("/api.stripe.com/v1/{path}?{form}") } else { format!("/api.stripe.com/v1/{path}") };
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header("user-agent", "Aura/test")
            .header("authorization", format!("Bearer {SECRET_KEY}"))
            .header("stripe-version", VERSION)
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if get { Body::empty() } else { Body::from(form.to_owned()) };
        self.send(request.body(body).unwrap()).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = router(self.sandbox.clone()).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// A POST that is taken.
    pub async fn post(&self, path: &str, form: &str) -> Value {
        let answer = self.call("POST", path, form, &[]).await;
        assert_eq!(answer.status, 200, "{path} {form}: {}", answer.body);
        answer.body
    }

    /// A POST that is refused.
    pub async fn refused(&self, path: &str, form: &str) -> (u16, Value) {
        let answer = self.call("POST", path, form, &[]).await;
        assert_ne!(answer.status, 200, "{path} {form}: {}", answer.body);
        (answer.status, answer.body["error"].clone())
    }

    pub async fn get(&self, path: &str, query: &str) -> Value {
        let answer = self.call("GET", path, query, &[]).await;
        assert_eq!(answer.status, 200, "{path} {query}: {}", answer.body);
        answer.body
    }

    pub async fn customer(&self) -> String {
        let made = self.post("customers", "email=mira%40example.com&name=Mira&metadata[team]=t1").await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// An open session for one thing.
    pub async fn session(&self, customer: &str, price: &str, quantity: u32, more: &str) -> Value {
        self.post("checkout/sessions", &format!(
            "mode=subscription&customer={customer}&client_reference_id=t1&line_items[0][price]={price}&line_items[0][quantity]={quantity}\
             &success_url=http%3A%2F%2F127.0.0.1%2Fdone%3Fsession_id%3D%7BCHECKOUT_SESSION_ID%7D&cancel_url=http%3A%2F%2F127.0.0.1%2Fpricing\
             &subscription_data[metadata][team]=t1&metadata[team]=t1{more}"
        ))
        .await
    }

    /// A paid subscription: (customer, subscription).
    pub async fn subscribed(&self, price: &str, quantity: u32, card: Card, more: &str) -> (String, String) {
        let customer = self.customer().await;
        let session = self.session(&customer, price, quantity, more).await;
        self.stripe().confirm(session["id"].as_str().unwrap(), card).unwrap();
        let subscription = self.stripe().subscriptions(&customer)[0]["id"].as_str().unwrap().to_owned();
        (customer, subscription)
    }

    pub fn object(&self, id: &str) -> Value {
        self.stripe().object(id).unwrap()
    }

    /// Types of the events since the last time.
    pub fn told(&self) -> Vec<String> {
        self.stripe().take_events().into_iter().map(|event| event.kind).collect()
    }

    pub fn act(&self, act: &Value) -> Value {
        self.stripe().act(act).unwrap()
    }

    pub fn latest_invoice(&self, subscription: &str) -> Value {
        let id = self.object(subscription)["latest_invoice"].as_str().unwrap().to_owned();
        self.object(&id)
    }
}

#[tokio::test]
async fn keys_versions_and_parameters_are_checked() {
    let shop = Shop::open();
    let request = |key: &str, version: Option<&str>| {
        let mut request = Request::builder()
            .uri("/api.stripe.com/v1/customers")
            .header("user-agent", "Aura/test")
            .header("authorization", format!("Bearer {key}"));
        if let Some(version) = version {
            request = request.header("stripe-version", version);
        }
        request.body(Body::empty()).unwrap()
    };
    let answer = shop.send(request("sk_live_1", Some(VERSION))).await;
    assert_eq!(answer.status, 401);
    assert!(answer.body["error"]["message"].as_str().unwrap().starts_with("Invalid API Key provided"));
    assert_eq!(shop.send(request("sk_test_any", None)).await.status, 400);
    assert_eq!(shop.send(request("sk_test_any", Some("2020-08-27"))).await.status, 400);
    let good = shop.send(request("sk_test_any", Some(VERSION))).await;
    assert_eq!(good.status, 200);
    assert!(good.headers["request-id"].to_str().unwrap().starts_with("req_"));
    let (status, error) = shop.refused("customers", "nickname=x").await;
    assert_eq!((status, error["code"].as_str()), (400, Some("parameter_unknown")));
    let (status, error) = shop.refused("checkout/sessions", "mode=subscription").await;
    assert_eq!((status, error["code"].as_str()), (400, Some("parameter_missing")));
    assert_eq!(shop.call("GET", "customers/cus_none", "", &[]).await.status, 404);
    let why = shop.sandbox.refusals();
    assert!(why.iter().any(|note| note.contains("No Stripe-Version header")), "{why:?}");
    // The Stripe of connected accounts is still there.
    let answer = shop.send(request("tok_1", None)).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn prices_are_found_by_their_lookup_keys() {
    let shop = Shop::open();
    let found = shop
        .get("prices", "lookup_keys[]=aura_pro_monthly&lookup_keys[]=aura_team_yearly&active=true&expand[]=data.product&expand[]=data.currency_options")
        .await;
    let mut found: Vec<(String, i64, i64)> = found["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|price| {
            assert!(price["product"]["name"].is_string());
            (
                price["lookup_key"].as_str().unwrap().to_owned(),
                price["unit_amount"].as_i64().unwrap(),
                price["currency_options"]["jpy"]["unit_amount"].as_i64().unwrap(),
            )
        })
        .collect();
    found.sort();
    assert_eq!(found, [("aura_pro_monthly".into(), 1_800, 2_900), ("aura_team_yearly".into(), 24_000, 39_000)]);
    let plain = shop.get("prices", "lookup_keys[0]=aura_pro_monthly").await;
    assert!(plain["data"][0].get("currency_options").is_none());
}

#[tokio::test]
async fn lists_go_by_cursors_in_both_ways() {
    let shop = Shop::open();
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(shop.customer().await);
    }
    ids.reverse();
    let page = shop.get("customers", "limit=2").await;
    assert_eq!((page["data"][0]["id"].as_str(), page["has_more"].as_bool()), (Some(ids[0].as_str()), Some(true)));
    let next = shop.get("customers", &format!("limit=2&starting_after={}", ids[1])).await;
    assert_eq!(next["data"][1]["id"], ids[3].as_str());
    let before = shop.get("customers", &format!("limit=2&ending_before={}", ids[3])).await;
    assert_eq!(
        (before["data"][0]["id"].as_str(), before["data"][1]["id"].as_str()),
        (Some(ids[1].as_str()), Some(ids[2].as_str()))
    );
    let last = shop.get("customers", &format!("limit=2&starting_after={}", ids[3])).await;
    assert_eq!((last["data"].as_array().unwrap().len(), last["has_more"].as_bool()), (1, Some(false)));
    assert_eq!(shop.call("GET", "customers", "limit=0", &[]).await.status, 400);
    let gone = shop.call("DELETE", &format!("customers/{}", ids[0]), "", &[]).await;
    assert_eq!(gone.body, json!({ "id": ids[0], "object": "customer", "deleted": true }));
    assert_eq!(shop.get(&format!("customers/{}", ids[0]), "").await["deleted"], true);
    assert_eq!(shop.refused("checkout/sessions", &format!("mode=subscription&customer={}&success_url=http%3A%2F%2Fa&line_items[0][price]=price_aura_pro_monthly&line_items[0][quantity]=1", ids[0])).await.1["code"], "resource_missing");
}

#[tokio::test]
async fn requests_of_one_connection_are_told_apart_from_those_of_another() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let shop = Shop::open();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(crate::app::serve(listener, shop.sandbox.clone()));
    let request = |close: &str| {
        format!(
            "GET /api.stripe.com/v1/customers HTTP/1.1\r\nHost: x\r\nUser-Agent: Aura/test\r\nAuthorization: Bearer {SECRET_KEY}\r\nStripe-Version: {VERSION}\r\nConnection: {close}\r\n\r\n"
        )
    };
    for _ in 0..2 {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all((request("keep-alive") + &request("close")).as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.matches("HTTP/1.1 200").count(), 2, "{answer}");
    }
    assert_eq!(shop.stripe().connections(), 2);
    let journal = shop.sandbox.ledger().matching(Some("api.stripe.com"), None);
    assert_eq!(journal.len(), 4);
    assert!(journal.iter().all(|entry| entry.connection.is_some()));
}

#[tokio::test]
async fn what_cannot_be_expanded_is_refused() {
    let shop = Shop::open();
    let (_, id) = shop.subscribed("price_aura_pro_monthly", 1, Card::PAYS, "").await;
    let path = format!("subscriptions/{id}");
    let found = shop.get(&path, "expand[]=customer&expand[]=items.data.price.product&expand[]=schedule").await;
    assert_eq!((found["customer"]["email"].as_str(), &found["schedule"]), (Some("mira@example.com"), &Value::Null));
    assert_eq!(found["items"]["data"][0]["price"]["product"]["name"], "Aura Pro");
    assert_eq!(shop.call("GET", &path, "expand[]=nothing", &[]).await.status, 400);
    let deep = |path: &str| format!("expand[]={path}");
    let four = "latest_invoice.customer.invoice_settings.default_payment_method";
    assert_eq!(shop.call("GET", &path, &deep(four), &[]).await.status, 200);
    assert_eq!(shop.call("GET", &path, &deep(&format!("{four}.customer")), &[]).await.status, 400);
}

#[tokio::test]
async fn a_shop_whose_clock_is_behind_can_still_sell() {
    let shop = Shop::open();
    shop.stripe().freeze(None);
    let now = shop.stripe().now();
    shop.stripe().advance(40 * DAY);
    let customer = shop.customer().await;
    let session = shop.session(&customer, "price_aura_pro_monthly", 1, &format!("&expires_at={}", now + 3_600)).await;
    let left = session["expires_at"].as_i64().unwrap() - shop.stripe().now();
    assert!((3_500..=3_600).contains(&left), "{left}");
}
