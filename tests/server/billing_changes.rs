//! Changing, ending and going on: for the amount that was shown, at the time that was said.

use aura::{
    billing::model::Standing,
    kit::{id::TeamId, money::Money},
};
use http::StatusCode;
use sandbox::billing::Card;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::{
    billing_world::BillingWorld,
    browser::{Answer, Browser},
};

/// Somebody at a browser, whose team pays.
struct Owner {
    browser: Browser,
    team: TeamId,
    customer: String,
}

impl Owner {
    /// Subscribed to a price outside our pages, for so many.
    async fn of(world: &BillingWorld, email: &str, price: &str, seats: i64) -> Self {
        // So that the limits on signing in have room.
        world.later(Duration::seconds(61));
        let (user, mut team) = world.person(email).await;
        if price.starts_with("aura_team") {
            team = world.app.state().teams.make(user, "Northbeam").await.unwrap();
        }
        let customer = world.customer(team).await;
        world.act(json!({
            "kind": "second_subscription", "customer": customer, "price": price, "quantity": seats, "card": Card::PAYS.0,
            "metadata": { "team_id": team.to_string() },
        }));
        sqlx::query("insert into billing_customers (team_id, stripe_customer, created_at) values ($1, $2, $3)")
            .bind(uuid::Uuid::from(team))
            .bind(&customer)
            .bind(world.app.clock().now())
            .execute(world.app.db())
            .await
            .unwrap();
        world.app.state().billing.sync_customer(&customer).await.unwrap();
        let mut browser = Browser::new(&world.app);
        browser.sign_in(&world.app, email).await;
        Self { browser, team, customer }
    }

    /// Comes back after a long time.
    async fn again(&mut self, world: &BillingWorld, email: &str) {
        world.later(Duration::seconds(61));
        self.browser = Browser::new(&world.app);
        self.browser.sign_in(&world.app, email).await;
    }

    /// What the page shows of a change.
    async fn preview(&mut self, plan: &str, period: &str, seats: u32) -> Value {
        let address = format!("/api/billing/plans?plan={plan}&period={period}&seats={seats}");
        let answer = self.browser.get_json(&address).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let effect = answer.value()["change"]["effect"].clone();
        assert!(effect.is_object(), "{}", answer.text());
        effect
    }

    async fn confirm(&mut self, plan: &str, period: &str, seats: u32, effect: &Value) -> Answer {
        let due = &effect["due"];
        let fields = [
            ("team", self.team.to_string()),
            ("plan", plan.to_owned()),
            ("period", period.to_owned()),
            ("seats", seats.to_string()),
            ("at", effect["at"].to_string()),
            ("due", due["minor"].to_string()),
            ("currency", due["currency"].as_str().unwrap_or_default().to_owned()),
        ];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.browser.json_at("/api/billing/change", &fields).await
    }

    async fn post(&mut self, verb: &str) -> Answer {
        let team = self.team.to_string();
        self.browser.json_at(&format!("/api/billing/{verb}"), &[("team", &team)]).await
    }

    fn subscription(&self, world: &BillingWorld) -> Value {
        let all = world.sandbox.stripe().subscriptions(&self.customer);
        assert_eq!(all.len(), 1);
        all[0].clone()
    }

    fn newest_invoice(&self, world: &BillingWorld) -> Value {
        let all = world.sandbox.stripe().objects("invoice");
        all.into_iter().rfind(|one| one["customer"] == self.customer).unwrap()
    }
}

/// Puts the prices of all plans into another currency: of a seat a month, and of one a year.
async fn sold_in(world: &BillingWorld, currency: &str, monthly: i64, yearly: i64) {
    let product = world.post("products", &[("name", "Plan")]).await;
    let product = product["id"].as_str().unwrap();
    for plan in ["pro", "team"] {
        for (period, interval, amount) in [("monthly", "month", monthly), ("yearly", "year", yearly)] {
            let (key, amount) = (format!("aura_{plan}_{period}"), amount.to_string());
            let price = [
                ("product", product),
                ("currency", currency),
                ("unit_amount", &amount),
                ("recurring[interval]", interval),
                ("lookup_key", &key),
                ("transfer_lookup_key", "true"),
            ];
            world.post("prices", &price).await;
        }
    }
    world.app.state().billing.refresh_prices().await.unwrap();
}

#[sqlx::test]
async fn bl_08_what_is_shown_is_what_is_billed_in_twelve_currencies(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let currencies = [
        ("eur", 2_400, 24_000),
        ("usd", 2_599, 25_990),
        ("gbp", 1_999, 19_990),
        ("jpy", 3_801, 38_010),
        ("krw", 35_003, 350_030),
        ("clp", 22_999, 229_990),
        ("kwd", 7_990, 79_900),
        ("bhd", 9_510, 95_100),
        ("tnd", 79_990, 799_900),
        ("chf", 2_205, 22_050),
        ("sek", 26_901, 269_010),
        ("inr", 199_900, 1_999_000),
    ];
    for (at, (currency, monthly, yearly)) in currencies.into_iter().enumerate() {
        sold_in(&world, currency, monthly, yearly).await;
        let email = format!("owner{at}@example.com");
        let mut owner = Owner::of(&world, &email, "aura_team_monthly", 2).await;
        // An odd moment, so that nothing comes out even.
        world.later(Duration::seconds(777_777 + 1_234 * i64::try_from(at).unwrap()));
        owner.again(&world, &email).await;
        world.app.state().teams.choose(owner_of(&world, owner.team).await, owner.team).await.unwrap();
        for (period, seats) in [("monthly", 5), ("yearly", 7)] {
            let effect = owner.preview("team", period, seats).await;
            assert_eq!((&effect["is"], &effect["due"]["currency"]), (&json!("now"), &json!(currency)), "{effect}");
            let shown = effect["due"]["minor"].as_i64().unwrap();
            assert!(shown > 0, "{effect}");
            world.later(Duration::seconds(61));
            let done = owner.confirm("team", period, seats, &effect).await;
            assert_eq!(done.status, StatusCode::OK, "{}", done.text());
            let billed = owner.newest_invoice(&world);
            assert_eq!((&billed["amount_due"], &billed["currency"]), (&json!(shown), &json!(currency)));
            assert_eq!(billed["status"], "paid");
            assert_eq!(world.entitlement(owner.team).await.seats, seats);
        }
    }
}

async fn owner_of(world: &BillingWorld, team: TeamId) -> aura::kit::id::UserId {
    let mut connection = world.app.db().acquire().await.unwrap();
    world.app.state().teams.owner_of(&mut connection, team).await.unwrap().unwrap()
}

#[sqlx::test]
async fn bi_21_changes_cost_what_was_shown_and_come_when_it_was_said(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mut mira = Owner::of(&world, "mira@example.com", "aura_pro_monthly", 1).await;
    world.later(Duration::days(10));

    // Up: at once, and only for the amount that was agreed to.
    let effect = mira.preview("pro", "yearly", 1).await;
    let mut less = effect.clone();
    less["due"]["minor"] = json!(effect["due"]["minor"].as_i64().unwrap() - 1);
    let refused = mira.confirm("pro", "yearly", 1, &less).await;
    assert_eq!((refused.status, &refused.value()["code"]), (StatusCode::CONFLICT, &json!("offer_changed")));
    assert_eq!(mira.subscription(&world)["items"]["data"][0]["price"]["recurring"]["interval"], "month");
    world.later(Duration::minutes(61));
    let late = mira.confirm("pro", "yearly", 1, &effect).await;
    assert_eq!(late.value()["code"], "offer_changed", "an offer lasts an hour");
    let effect = mira.preview("pro", "yearly", 1).await;
    let invoices = world.sandbox.stripe().objects("invoice").len() + 1;
    let mut elsewhere = Owner { browser: Browser::new(&world.app), team: mira.team, customer: mira.customer.clone() };
    elsewhere.browser.sign_in(&world.app, "mira@example.com").await;
    let (one, other) =
        futures::join!(mira.confirm("pro", "yearly", 1, &effect), elsewhere.confirm("pro", "yearly", 1, &effect));
    // Whichever comes first makes the change; the other may be told that it is being made.
    let is_done = |answer: &Answer| answer.status == StatusCode::OK && answer.value()["is"] == "done";
    assert!(is_done(&one) || is_done(&other), "{} {}", one.text(), other.text());
    assert_eq!(mira.newest_invoice(&world)["amount_due"], effect["due"]["minor"]);
    mira.confirm("pro", "yearly", 1, &effect).await;
    assert_eq!(world.sandbox.stripe().objects("invoice").len(), invoices, "further clicks, also at once, cost nothing");

    // Down: at the end of what is paid, for nothing now; it can be taken back, and comes if it is not.
    world.later(Duration::minutes(1));
    let effect = mira.preview("pro", "monthly", 1).await;
    assert_eq!(effect["is"], "later", "{effect}");
    let waits = mira.confirm("pro", "monthly", 1, &effect).await;
    assert_eq!((waits.status, &waits.value()["is"]), (StatusCode::OK, &json!("waits")), "{}", waits.text());
    assert!(mira.browser.get("/billing").await.text().contains("Becomes Pro by the month"));
    assert_eq!(mira.post("resume").await.status, StatusCode::OK);
    assert!(!mira.browser.get("/billing").await.text().contains("Becomes Pro"));
    world.later(Duration::seconds(20));
    mira.confirm("pro", "monthly", 1, &effect).await;
    assert_eq!(world.sandbox.stripe().objects("invoice").len(), invoices);
    world.later(Duration::days(366));
    world.settle().await;
    let now = mira.subscription(&world);
    assert_eq!(now["items"]["data"][0]["price"]["recurring"]["interval"], "month");
    assert_eq!(world.entitlement(mira.team).await.plan, "pro");

    // Cancelled, it goes on until it is used up; resumed, as if nothing had been.
    mira.again(&world, "mira@example.com").await;
    assert_eq!(mira.post("cancel").await.status, StatusCode::OK);
    assert!(matches!(world.entitlement(mira.team).await.standing, Standing::Ends(_)));
    let change = mira.browser.get_json("/api/billing/plans?plan=pro&period=yearly&seats=1").await;
    assert_eq!(change.value()["code"], "plan_ends");
    assert_eq!(mira.post("resume").await.status, StatusCode::OK);
    assert!(matches!(world.entitlement(mira.team).await.standing, Standing::Active(_)));
    world.later(Duration::seconds(20));
    assert_eq!(mira.post("cancel").await.status, StatusCode::OK);
    assert!(matches!(world.entitlement(mira.team).await.standing, Standing::Ends(_)), "also the second time");
    world.later(Duration::days(32));
    world.settle().await;
    assert_eq!(world.entitlement(mira.team).await.plan, "free");

    // Who had a trial gets none again, by whatever way; who had none does, once.
    let (user, team) = world.person("noor@example.com").await;
    world.later(Duration::seconds(61));
    let mut noor = Browser::new(&world.app);
    noor.sign_in(&world.app, "noor@example.com").await;
    let buy = [("team", team.to_string()), ("plan", "pro".to_owned()), ("period", "monthly".to_owned())];
    let buy: Vec<(&str, &str)> = buy.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(noor.json_at("/api/billing/checkout", &buy).await.status, StatusCode::OK);
    let open = |world: &BillingWorld| {
        let all = world.sandbox.stripe().objects("checkout.session");
        let open = all.iter().find(|one| one["status"] == "open").unwrap();
        open["id"].as_str().unwrap().to_owned()
    };
    let session = open(&world);
    world.sandbox.stripe().pay(&session, Card::MASTERCARD).unwrap();
    world.settle().await;
    assert!(matches!(world.entitlement(team).await.standing, Standing::Trial(_)));
    assert!(noor.get("/billing").await.text().contains("Nothing is paid until"));
    assert_eq!(noor.json_at("/api/billing/cancel", &buy[..1]).await.status, StatusCode::OK);
    world.later(Duration::days(15));
    world.settle().await;
    assert_eq!(world.entitlement(team).await.plan, "free");
    let mut noor = Browser::new(&world.app);
    noor.sign_in(&world.app, "noor@example.com").await;
    assert!(!noor.get("/billing/plans").await.text().contains("Try Pro"));
    noor.json_at("/api/billing/checkout", &buy).await;
    let session = open(&world);
    world.sandbox.stripe().pay(&session, Card::PAYS).unwrap();
    world.settle().await;
    assert!(matches!(world.entitlement(team).await.standing, Standing::Active(_)), "no second trial");
    let another = world.app.state().teams.make(user, "Second").await.unwrap();
    let buy = [("team", another.to_string()), ("plan", "team".to_owned()), ("period", "monthly".to_owned())];
    let buy: Vec<(&str, &str)> = buy.iter().map(|(name, value)| (*name, value.as_str())).collect();
    noor.json_at("/api/billing/checkout", &buy).await;
    let begun: i32 = sqlx::query_scalar("select trial_days from billing_checkouts where team_id = $1")
        .bind(uuid::Uuid::from(another))
        .fetch_one(world.app.db())
        .await
        .unwrap();
    assert_eq!(begun, 0, "nor for another team of the same owner");

    // A price that changes is for new subscribers; who pays the former one keeps it.
    let customer = customer_of(&world, team).await;
    let before = world.sandbox.stripe().subscriptions(&customer)[1]["items"]["data"][0]["price"]["unit_amount"].clone();
    sold_in(&world, "eur", 9_900, 99_000).await;
    world.later(Duration::days(31));
    world.settle().await;
    let mut noor = Browser::new(&world.app);
    noor.sign_in(&world.app, "noor@example.com").await;
    let after = &world.sandbox.stripe().subscriptions(&customer)[1]["items"]["data"][0]["price"]["unit_amount"];
    assert_eq!(*after, before);
    assert_eq!(world.entitlement(team).await.plan, "pro", "also under a price that has lost its key");
    world.assert_same(&customer, "under the former price").await;
    world.app.state().teams.choose(user, team).await.unwrap();
    assert!(noor.get("/pricing").await.text().contains("€99"));
    // Its currency is fixed by the first invoice: another one is not sold to the same customer.
    sold_in(&world, "usd", 9_900, 99_000).await;
    let other = noor.get_json("/api/billing/plans?plan=pro&period=yearly&seats=1").await;
    assert_eq!(other.value()["code"], "plan_unknown", "{}", other.text());
}

async fn customer_of(world: &BillingWorld, team: TeamId) -> String {
    sqlx::query_scalar("select stripe_customer from billing_customers where team_id = $1")
        .bind(uuid::Uuid::from(team))
        .fetch_one(world.app.db())
        .await
        .unwrap()
}

#[sqlx::test]
async fn bi_23_invoices_are_listed_with_number_tax_and_links_in_every_kind_of_currency(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mut mira = Owner::of(&world, "mira@example.com", "aura_pro_monthly", 1).await;
    let first = mira.newest_invoice(&world);
    for (number, currency, total, tax) in [("YEN-1", "jpy", 1_800_i64, 164_i64), ("DIN-1", "kwd", 5_250, 250)] {
        sqlx::query(
            "insert into billing_invoices (stripe_invoice, team_id, number, status, currency, total, tax, amount_due,
                 amount_paid, hosted_url, pdf_url, period_start, period_end, created_at, synced_at)
             values ('in_' || $1, $2, $1, 'paid', $3, $4, $5, $4, $4, 'https://invoice.stripe.com/i/' || $1,
                 'https://pay.stripe.com/invoice/' || $1 || '/pdf', $6, $6, $6, $6)",
        )
        .bind(number)
        .bind(uuid::Uuid::from(mira.team))
        .bind(currency)
        .bind(total)
        .bind(tax)
        .bind(world.app.clock().now())
        .execute(world.app.db())
        .await
        .unwrap();
    }
    let page = mira.browser.get("/billing").await;
    let eur: Money = serde_json::from_value(json!({ "minor": first["total"], "currency": first["currency"] })).unwrap();
    for told in [
        first["number"].as_str().unwrap(),
        &eur.to_string(),
        "12 March",
        "Paid",
        "YEN-1",
        "¥1,800",
        "¥164",
        "DIN-1",
        "KWD\u{a0}5.250",
        "KWD\u{a0}0.250",
        "invoice.stripe.com/i/YEN-1",
        "Download DIN-1",
    ] {
        assert!(page.text().contains(told), "{told} is missing");
    }
    let minor: (i64, String) = sqlx::query_as("select total, currency from billing_invoices where number = $1")
        .bind(first["number"].as_str())
        .fetch_one(world.app.db())
        .await
        .unwrap();
    assert_eq!((json!(minor.0), json!(minor.1)), (first["total"].clone(), first["currency"].clone()));
    // Whoever is only a member sees the plan, and no money.
    world.later(Duration::seconds(61));
    let (noor, _) = world.person("noor@example.com").await;
    let several = Owner::of(&world, "ada@example.com", "aura_team_monthly", 3).await;
    sqlx::query("insert into team_members (team_id, user_id, role, joined_at) values ($1, $2, 'member', $3)")
        .bind(uuid::Uuid::from(several.team))
        .bind(uuid::Uuid::from(noor))
        .bind(world.app.clock().now())
        .execute(world.app.db())
        .await
        .unwrap();
    world.app.state().teams.choose(noor, several.team).await.unwrap();
    world.later(Duration::seconds(61));
    let mut browser = Browser::new(&world.app);
    browser.sign_in(&world.app, "noor@example.com").await;
    let seen = browser.get("/billing").await;
    assert!(seen.text().contains("Team") && !seen.text().contains("Invoices") && !seen.text().contains("Cancel plan"));
    assert_eq!(browser.get_json("/api/billing/overview").await.value()["money"], Value::Null);
    let cancel = [("team", several.team.to_string())];
    let cancel = browser.json_at("/api/billing/cancel", &[("team", &cancel[0].1)]).await;
    assert_eq!(cancel.status, StatusCode::FORBIDDEN);
}

#[sqlx::test]
async fn bi_25_thirteen_months_with_a_renewal_that_fails_are_the_same_here_and_there(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mira = Owner::of(&world, "mira@example.com", "aura_pro_monthly", 1).await;
    world.settle().await;
    for month in 1..=13 {
        if month == 7 {
            world.act(json!({ "kind": "replace_card", "customer": mira.customer, "card": Card::DECLINED_LATER.0 }));
        }
        let end = mira.subscription(&world)["items"]["data"][0]["current_period_end"].as_i64().unwrap();
        let now = world.app.clock().now().unix_timestamp();
        // Past the end, and the hour that an invoice stays a draft.
        world.later(Duration::seconds(end - now + 2 * 3_600));
        world.settle().await;
        let entitlement = world.entitlement(mira.team).await;
        assert_eq!(entitlement.plan, "pro", "month {month}");
        if month == 7 {
            assert!(matches!(entitlement.standing, Standing::PastDue(_)), "{entitlement:?}");
            world.act(json!({ "kind": "replace_card", "customer": mira.customer, "card": Card::PAYS.0 }));
            world.settle().await;
        }
        let standing = world.entitlement(mira.team).await.standing;
        assert!(matches!(standing, Standing::Active(_)), "month {month}: {standing:?}");
        world.assert_same(&mira.customer, &format!("month {month}")).await;
        world.assert_same_invoices(&mira.customer, &format!("month {month}")).await;
    }
    assert_eq!(
        world.count("select count(*) from billing_invoices where status = 'paid' and amount_paid > 0").await,
        14
    );
    // And with no event at all the reconciler finds the same.
    world.later(Duration::days(32));
    world.lose();
    world.app.state().billing.reconcile().await.unwrap();
    world.assert_same(&mira.customer, "after a month of silence").await;
    world.assert_same_invoices(&mira.customer, "after a month of silence").await;
}
