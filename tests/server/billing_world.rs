//! Aura with the sandbox's Stripe behind it, and what Stripe tells of, handed over by the test.

use aura::{
    billing::model::Entitlement,
    kit::id::{TeamId, UserId},
    platform::{jobs::JobFailed, webhooks::Post},
};
use http::StatusCode;
use sandbox::{
    app::{Sandbox, serve},
    billing::{Card, Delivery},
    settings::Settings,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::Browser,
    privy_world::{Reply, call, drain},
    support::TestApp,
};

pub const PLACE: &str = "/api/webhooks/stripe";
pub const KEY: &str = "sk_test_sandbox_billing";
pub const SECRET: &str = "whsec_sandbox_billing";

pub struct BillingWorld {
    pub sandbox: Sandbox,
    pub app: TestApp,
    pub base: String,
    /// Whoever calls Stripe beside Aura. To make one is slow.
    outside: reqwest::Client,
}

/// The variables of an Aura whose Stripe is there.
pub fn variables(base: &str) -> [(String, String); 4] {
    [
        ("HOST_OVERRIDES", format!("*={base}").as_str()),
        ("STRIPE_SECRET_KEY", KEY),
        ("STRIPE_WEBHOOK_SECRET", SECRET),
        ("LIMIT_STORE_TIMEOUT", "20000"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

impl BillingWorld {
    pub async fn new(db: PgPool) -> Self {
        Self::with(db, &[]).await
    }

    pub async fn with(db: PgPool, more: &[(&str, &str)]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let sandbox = Sandbox::new(Settings { port: 0, smtp_port: 0, base: base.clone(), model_delay_ms: 0 }).unwrap();
        tokio::spawn(serve(listener, sandbox.clone()));
        let own = variables(&base);
        let all: Vec<(&str, &str)> =
            own.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(more.iter().copied()).collect();
        let app = Box::pin(TestApp::with(db, &all)).await;
        sandbox.stripe().freeze(app.clock().now().unix_timestamp());
        app.state().billing.refresh_prices().await.unwrap();
        Self { sandbox, app, base, outside: Self::outsider() }
    }

    /// Somebody with an account, and their personal team.
    pub async fn person(&self, email: &str) -> (UserId, TeamId) {
        Browser::new(&self.app).sign_in(&self.app, email).await;
        let id: uuid::Uuid = sqlx::query_scalar("select user_id from user_emails where email = $1::text::citext")
            .bind(email)
            .fetch_one(self.app.db())
            .await
            .unwrap();
        let mut connection = self.app.db().acquire().await.unwrap();
        let now = self.app.clock().now();
        let team = self.app.state().teams.personal(&mut connection, id.into(), now).await.unwrap();
        (id.into(), team)
    }

    /// A person without a mailbox who owns a team: for crowds.
    pub async fn quick_team(&self, number: usize) -> TeamId {
        let now = self.app.clock().now();
        let user: UserId = self.app.state().random.id(now);
        let db = self.app.db();
        sqlx::query("insert into users (id, display_name, created_at) values ($1, $2, $3)")
            .bind(uuid::Uuid::from(user))
            .bind(format!("Person {number}"))
            .bind(now)
            .execute(db)
            .await
            .unwrap();
        let mut connection = db.acquire().await.unwrap();
        self.app.state().teams.personal(&mut connection, user, now).await.unwrap()
    }

    /// A customer of Stripe's that was made for a team.
    pub async fn customer(&self, team: TeamId) -> String {
        self.post("customers", &[("metadata[team_id]", &team.to_string())]).await["id"].as_str().unwrap().to_owned()
    }

    #[expect(clippy::disallowed_methods, reason = "it is nothing of Aura's that goes out here")]
    fn outsider() -> reqwest::Client {
        reqwest::Client::new()
    }

    /// A call to Stripe that is not Aura's.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let answer = self
            .outside
            .post(format!("{}/api.stripe.com/v1/{path}", self.base))
            .bearer_auth(KEY)
            .header("user-agent", "Aura/test")
            .header("stripe-version", sandbox::billing::VERSION)
            .form(form)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{path}: {body}");
        body
    }

    /// Somebody subscribes outside our pages.
    pub fn subscribe(&self, customer: &str, team: TeamId, price: &str, card: Card) -> Value {
        self.act(json!({
            "kind": "second_subscription", "customer": customer, "price": price, "card": card.0,
            "metadata": { "team_id": team.to_string() },
        }))
    }

    pub fn act(&self, act: Value) -> Value {
        self.sandbox.stripe().act(&act).unwrap_or_else(|problem| panic!("{act}: {}", problem.message()))
    }

    /// The post of an event, as it arrives.
    pub async fn deliver(&self, post: &Delivery) -> Reply {
        let headers: Vec<(&str, &str)> =
            post.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let reply = call(&self.app, "POST", PLACE, &headers, post.body.clone().into_bytes()).await;
        if reply.status == StatusCode::OK {
            self.sandbox.stripe().delivered(&post.id);
        }
        reply
    }

    /// Whatever has happened is told, and done.
    pub async fn settle(&self) {
        let posts = self.sandbox.stripe().flush_events();
        for post in &posts {
            assert_eq!(self.deliver(post).await.status, StatusCode::OK, "{}", post.kind);
        }
        drain(&self.app).await;
    }

    /// What has happened is never told.
    pub fn lose(&self) -> usize {
        self.sandbox.stripe().flush_ids().len()
    }

    /// Hears an event without the queue, as its job would.
    pub async fn hear(&self, post: &Delivery) {
        self.try_hear(post).await.unwrap_or_else(|failed| panic!("{}: {}", post.kind, failed.reason()));
    }

    pub async fn try_hear(&self, post: &Delivery) -> Result<(), JobFailed> {
        let body: Value = serde_json::from_str(&post.body).unwrap();
        let sent_at = self.app.clock().now();
        let id = self.app.state().random.id(sent_at);
        self.app.state().billing.hear(Post { id, kind: post.kind.clone(), body, sent_at }).await
    }

    /// Hears all that has happened.
    pub async fn hear_all(&self) {
        let posts = self.sandbox.stripe().flush_events();
        for post in &posts {
            self.hear(post).await;
        }
    }

    /// Nobody of this team gets a trial any more, so that what is bought is paid at once.
    pub async fn no_trial(&self, team: TeamId) {
        sqlx::query("insert into billing_trials (key, stripe_subscription, used_at) values ($1, 'sub_long_ago', $2)")
            .bind(format!("team:{team}"))
            .bind(self.app.clock().now())
            .execute(self.app.db())
            .await
            .unwrap();
    }

    /// Time goes by, here and at Stripe.
    pub fn later(&self, by: Duration) {
        self.app.clock().advance(by);
        self.sandbox.stripe().advance(by.whole_seconds());
    }

    pub async fn entitlement(&self, team: TeamId) -> Entitlement {
        let mut connection = self.app.db().acquire().await.unwrap();
        self.app.state().billing.entitlement(&mut connection, team).await.unwrap()
    }

    /// What is counted by a query.
    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(self.app.db()).await.unwrap()
    }

    /// The templates of all letters about money, in order.
    pub async fn letters(&self) -> Vec<String> {
        sqlx::query_scalar("select template from mails where template like 'billing%' order by template")
            .fetch_all(self.app.db())
            .await
            .unwrap()
    }

    /// Each subscription as Stripe has it, and as we have it, in the same words.
    pub async fn both(&self, customer: &str) -> (Vec<Value>, Vec<Value>) {
        let mut theirs: Vec<Value> = self.sandbox.stripe().subscriptions(customer).iter().map(as_told).collect();
        let mut ours: Vec<Value> = sqlx::query_scalar(
            "select jsonb_build_object('id', stripe_subscription, 'status', status, 'price', stripe_price, 'seats', seats,
                 'start', extract(epoch from period_start)::bigint, 'end', extract(epoch from period_end)::bigint,
                 'cancel_at', extract(epoch from cancel_at)::bigint, 'trial_end', extract(epoch from trial_end)::bigint,
                 'ended_at', extract(epoch from ended_at)::bigint, 'paused', paused, 'invoice', latest_invoice)
             from billing_subscriptions where stripe_customer = $1",
        )
        .bind(customer)
        .fetch_all(self.app.db())
        .await
        .unwrap();
        for all in [&mut theirs, &mut ours] {
            all.sort_by_key(|one| one["id"].as_str().unwrap().to_owned());
        }
        (theirs, ours)
    }

    pub async fn assert_same(&self, customer: &str, told: &str) {
        let (theirs, ours) = self.both(customer).await;
        assert_eq!(ours, theirs, "{told}");
    }

    /// Each invoice's status, as Stripe has it and as we have it.
    pub async fn assert_same_invoices(&self, customer: &str, told: &str) {
        let mut theirs: Vec<(String, String, i64)> = self
            .sandbox
            .stripe()
            .objects_with("invoice", "customer", customer)
            .iter()
            .map(|one| {
                let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
                (text("id"), text("status"), one["amount_paid"].as_i64().unwrap())
            })
            .collect();
        theirs.sort();
        let ids: Vec<String> = theirs.iter().map(|one| one.0.clone()).collect();
        let ours: Vec<(String, String, i64)> = sqlx::query_as(
            "select stripe_invoice, status, amount_paid from billing_invoices where stripe_invoice = any($1)
             order by stripe_invoice collate \"C\"",
        )
        .bind(&ids)
        .fetch_all(self.app.db())
        .await
        .unwrap();
        assert_eq!(ours, theirs, "{told}");
    }
}

fn as_told(one: &Value) -> Value {
    let item = &one["items"]["data"][0];
    let ends = if one["cancel_at"].is_null() && one["cancel_at_period_end"] == true {
        item["current_period_end"].clone()
    } else {
        one["cancel_at"].clone()
    };
    json!({
        "id": one["id"], "status": one["status"], "price": item["price"]["id"], "seats": item["quantity"],
        "start": item["current_period_start"], "end": item["current_period_end"], "cancel_at": ends,
        "trial_end": one["trial_end"], "ended_at": one["ended_at"], "paused": !one["pause_collection"].is_null(),
        "invoice": one["latest_invoice"],
    })
}
