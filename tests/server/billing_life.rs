//! A team's money over time: outages, doubles, payments that fail, money that goes back, and teams that are gone.

use aura::{
    billing::{Repaired, model::Standing},
    identity::service::operators::Operator,
};
use http::StatusCode;
use sandbox::billing::{Card, Failure, FailureKind};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use crate::{
    billing_orders::buy,
    billing_world::BillingWorld,
    browser::{Browser, wait},
    privy_world::drain,
};

/// Every job may run again now.
async fn hurry(world: &BillingWorld) {
    sqlx::query("update graphile_worker._private_jobs set run_at = now() - interval '1 second', locked_at = null, locked_by = null")
        .execute(world.app.db())
        .await
        .unwrap();
}

async fn letters_of(world: &BillingWorld, template: &str) -> i64 {
    sqlx::query_scalar("select count(*) from mails where template = $1")
        .bind(template)
        .fetch_one(world.app.db())
        .await
        .unwrap()
}

#[sqlx::test]
async fn bi_08_an_event_that_always_fails_is_parked_and_stops_nobody_else(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (_, bad) = world.person("mira@example.com").await;
    let (_, good) = world.person("tom@example.com").await;
    let (bad_customer, good_customer) = (world.customer(bad).await, world.customer(good).await);
    world.lose();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "create function poison() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$;
         create trigger poison before insert on billing_subscriptions for each row
         when (new.stripe_customer = '{bad_customer}') execute function poison();"
    )))
    .execute(world.app.db())
    .await
    .unwrap();
    world.subscribe(&bad_customer, bad, "aura_pro_monthly", Card::PAYS);
    let posts = world.sandbox.stripe().flush_events();
    let created = posts.iter().find(|post| post.kind == "customer.subscription.created").unwrap();
    assert_eq!(world.deliver(created).await.status, StatusCode::OK);
    drain(&world.app).await;
    let next: f64 =
        sqlx::query_scalar("select extract(epoch from max(run_at) - now())::float8 from graphile_worker._private_jobs")
            .fetch_one(world.app.db())
            .await
            .unwrap();
    assert!(next > 0.0 && next < 86_400.0, "tried again later, within a day: {next}");
    world.subscribe(&good_customer, good, "aura_pro_monthly", Card::PAYS);
    world.settle().await;
    assert_eq!(world.entitlement(good).await.plan, "pro", "nobody else waits for it");
    for _ in 0..10 {
        hurry(&world).await;
        drain(&world.app).await;
    }
    let (state, tries): (String, i16) = sqlx::query_as("select state, tries from webhook_events where event_id = $1")
        .bind(&created.id)
        .fetch_one(world.app.db())
        .await
        .unwrap();
    assert_eq!((state.as_str(), tries), ("failed", 8));

    wait(&world.app, Duration::seconds(60));
    Browser::new(&world.app).sign_in(&world.app, "olga@example.com").await;
    assert!(world.app.identity().set_operator(Operator::Command, "olga@example.com", true).await.unwrap());
    wait(&world.app, Duration::seconds(60));
    let mut olga = Browser::new(&world.app);
    olga.sign_in(&world.app, "olga@example.com").await;
    let page = olga.get("/admin/events?state=failed").await;
    assert!(page.text().contains("customer.subscription.created"), "{}", page.text());
    sqlx::raw_sql("drop trigger poison on billing_subscriptions").execute(world.app.db()).await.unwrap();
    let id: uuid::Uuid = sqlx::query_scalar("select id from webhook_events where event_id = $1")
        .bind(&created.id)
        .fetch_one(world.app.db())
        .await
        .unwrap();
    let again = olga.post_form("/api/admin/run-event-again", &[("id", &id.to_string())]).await;
    assert_eq!(again.location(), "/admin/events?done=event", "{}", again.text());
    drain(&world.app).await;
    assert_eq!(world.entitlement(bad).await.plan, "pro");
}

#[sqlx::test]
async fn bi_09_a_day_without_posts_is_made_good_in_one_run(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mut teams = Vec::new();
    for number in 0..6 {
        let team = world.quick_team(number).await;
        teams.push((world.customer(team).await, team));
    }
    for (customer, team) in &teams[..4] {
        world.subscribe(customer, *team, "aura_pro_monthly", Card::PAYS);
    }
    world.settle().await;
    world.app.state().billing.reconcile().await.unwrap();
    // From now on nothing is posted.
    let first = |customer: &str| world.sandbox.stripe().subscriptions(customer)[0]["id"].clone();
    for hour in 0..24 {
        world.later(Duration::hours(1));
        match hour {
            2 => drop(world.act(json!({ "kind": "cancel_now", "subscription": first(&teams[0].0) }))),
            5 => drop(world.act(json!({ "kind": "cancel_at_period_end", "subscription": first(&teams[1].0) }))),
            9 => drop(
                world.act(json!({ "kind": "change", "subscription": first(&teams[2].0), "price": "aura_pro_yearly" })),
            ),
            14 => drop(world.subscribe(&teams[4].0, teams[4].1, "aura_pro_yearly", Card::PAYS)),
            20 => drop(world.act(json!({ "kind": "refund", "subscription": first(&teams[3].0), "amount": 500 }))),
            _ => {}
        }
    }
    assert!(world.lose() > 5);
    let other = world.app.second_process().await;
    let repaired = other.state().billing.reconcile().await.unwrap();
    assert!(repaired.events > 5 && repaired.subscriptions >= 4, "{repaired:?}");
    drain(&world.app).await;
    for (customer, _) in &teams {
        world.assert_same(customer, "after a day").await;
        world.assert_same_invoices(customer, "after a day").await;
    }
    assert_eq!(world.entitlement(teams[0].1).await.plan, "free");
    assert_eq!(world.entitlement(teams[4].1).await.plan, "pro");
    assert_eq!(world.count("select amount_refunded from billing_invoices where amount_refunded > 0").await, 500);

    // After 40 days Stripe has forgotten the events, and the place in their list; the comparison knows all the same.
    world.act(json!({ "kind": "cancel_now", "subscription": first(&teams[4].0) }));
    world.subscribe(&teams[5].0, teams[5].1, "aura_pro_yearly", Card::PAYS);
    world.later(Duration::days(40));
    world.lose();
    world.app.state().billing.reconcile().await.unwrap();
    for (customer, _) in &teams {
        world.assert_same(customer, "after 40 days").await;
    }
    assert_eq!(world.entitlement(teams[5].1).await.plan, "pro");
}

#[sqlx::test]
async fn bi_10_what_a_run_repairs_is_counted_and_is_nothing_while_posts_arrive(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let team = world.quick_team(1).await;
    let customer = world.customer(team).await;
    world.subscribe(&customer, team, "aura_pro_monthly", Card::PAYS);
    world.settle().await;
    for day in 0..70 {
        world.later(Duration::days(1));
        world.settle().await;
        if day % 10 == 0 {
            let repaired = world.app.state().billing.reconcile().await.unwrap();
            assert_eq!(repaired, Repaired::default(), "day {day}");
        }
    }
    let subscription = world.sandbox.stripe().subscriptions(&customer)[0]["id"].clone();
    world.act(json!({ "kind": "cancel_at_period_end", "subscription": subscription }));
    let missed = u64::try_from(world.lose()).unwrap();
    let repaired = world.app.state().billing.reconcile().await.unwrap();
    assert_eq!(repaired, Repaired { events: missed, subscriptions: 1 });
    assert_eq!(world.app.state().billing.reconcile().await.unwrap(), Repaired::default());
}

#[sqlx::test]
async fn bi_12_of_two_subscriptions_the_older_stays_and_the_newer_is_paid_back(db: PgPool) {
    let world = BillingWorld::new(db).await;
    for round in 0..4 {
        let (user, team) = world.person(&format!("mira{round}@example.com")).await;
        world.no_trial(team).await;
        let (customer, _) = buy(&world, user, team, "pro", Card::PAYS).await;
        if round != 1 {
            world.hear_all().await;
        }
        world.later(Duration::minutes(1));
        world.subscribe(&customer, team, "aura_pro_yearly", Card::MASTERCARD);
        if round == 2 {
            // Stripe fails once while the money goes back: nothing is half done for good.
            let failure =
                Failure { method: Some("POST".into()), path: "/v1/refunds".into(), kind: FailureKind::Error, times: 1 };
            world.sandbox.stripe().knobs.failures.push(failure);
        }
        let mut posts = world.sandbox.stripe().flush_events();
        if round == 3 {
            posts.reverse();
        }
        for post in &posts {
            if world.try_hear(post).await.is_err() {
                assert_eq!(round, 2, "only there Stripe fails");
                // The failure is kept under its key for a while; then it is tried under another.
                world.later(Duration::hours(1));
                world.hear(post).await;
            }
            if round != 1 {
                assert_eq!(world.entitlement(team).await.plan, "pro", "it never drops");
            }
        }
        world.hear_all().await;
        let theirs = world.sandbox.stripe().subscriptions(&customer);
        let states: Vec<&Value> = theirs.iter().map(|one| &one["status"]).collect();
        assert_eq!(states, ["active", "canceled"], "round {round}");
        let refunds: Vec<Value> = world
            .sandbox
            .stripe()
            .objects("refund")
            .into_iter()
            .filter(|refund| refund["reason"] == "duplicate")
            .collect();
        assert_eq!(refunds.len(), round + 1, "the newer is paid back, once");
        world.assert_same(&customer, "doubles").await;
        let entitlement = world.entitlement(team).await;
        assert!(matches!(entitlement.standing, Standing::Active(_)), "{entitlement:?}");
        let changes: i64 =
            sqlx::query_scalar("select count(*) from audit_events where kind = 'plan_changed' and subject = $1")
                .bind(user.to_string())
                .fetch_one(world.app.db())
                .await
                .unwrap();
        assert_eq!(changes, 1, "free to pro, and nothing else");
    }
    assert_eq!(letters_of(&world, "billing_double").await, 4);
    assert_eq!(letters_of(&world, "billing_refunded").await, 0, "one letter says it all");
    assert_eq!(letters_of(&world, "billing_ended").await, 0);
}

#[sqlx::test]
async fn bi_14_a_payment_belongs_to_whom_we_wrote_into_it_and_never_to_an_address(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (_, mira) = world.person("mira@example.com").await;
    let (_, tom) = world.person("tom@example.com").await;
    // Somebody pays under Mira's address, elsewhere.
    let stranger = world.sandbox.stripe().new_customer("mira@example.com");
    world.act(json!({ "kind": "second_subscription", "customer": stranger, "price": "aura_pro_monthly" }));
    world.settle().await;
    world.app.state().billing.reconcile().await.unwrap();
    assert_eq!(world.entitlement(mira).await.plan, "free");
    assert_eq!(world.count("select count(*) from billing_subscriptions").await, 0);
    // By the team that stands in the customer, whatever the address is.
    let named =
        world.post("customers", &[("email", "mira@example.com"), ("metadata[team_id]", &tom.to_string())]).await;
    world.act(json!({ "kind": "second_subscription", "customer": named["id"], "price": "aura_pro_monthly" }));
    world.settle().await;
    assert_eq!(world.entitlement(tom).await.plan, "pro");
    assert_eq!(world.entitlement(mira).await.plan, "free");
    // By the team that stands in the subscription; and one that names no team of ours is nobody's.
    let bare = world.sandbox.stripe().new_customer("nobody@example.com");
    world.subscribe(&bare, mira, "aura_pro_monthly", Card::MASTERCARD);
    let lost = world.sandbox.stripe().new_customer("nobody@example.com");
    let unknown = json!({ "team_id": "0192f0c1-0000-7000-8000-000000000000" });
    world.act(
        json!({ "kind": "second_subscription", "customer": lost, "price": "aura_pro_monthly", "metadata": unknown }),
    );
    world.settle().await;
    assert_eq!(world.entitlement(mira).await.plan, "pro");
    assert_eq!(world.count("select count(distinct team_id) from billing_subscriptions").await, 2);
    // The books count, once they know a customer: what somebody writes into it later moves nothing.
    world
        .post(&format!("customers/{}", named["id"].as_str().unwrap()), &[("metadata[team_id]", &mira.to_string())])
        .await;
    world.settle().await;
    assert_eq!(world.entitlement(tom).await.plan, "pro");
}

#[sqlx::test]
async fn bi_22_a_payment_that_fails_is_told_once_an_attempt_and_forgotten_when_it_comes(db: PgPool) {
    let world = BillingWorld::new(db).await;
    world.sandbox.stripe().knobs.after_retries = "past_due".to_owned();
    let (user, team) = world.person("mira@example.com").await;
    world.no_trial(team).await;
    let (customer, _) = buy(&world, user, team, "pro", Card::DECLINED_LATER).await;
    world.hear_all().await;
    let month = |world: &BillingWorld| {
        let end = world.sandbox.stripe().subscriptions(&customer)[0]["items"]["data"][0]["current_period_end"].as_i64();
        OffsetDateTime::from_unix_timestamp(end.unwrap()).unwrap() - world.app.clock().now() + Duration::hours(2)
    };
    world.later(month(&world));
    let posts = world.sandbox.stripe().flush_events();
    for post in posts.iter().chain(&posts) {
        world.hear(post).await;
    }
    let standing = world.entitlement(team).await.standing;
    assert!(matches!(standing, Standing::PastDue(_)), "{standing:?}");
    assert_eq!(letters_of(&world, "billing_failed").await, 1);
    let told = "select count(*) from notifications where title = 'A payment for Aura failed' and link = '/billing'";
    assert_eq!(world.count(told).await, 1);
    world.later(Duration::days(3));
    world.hear_all().await;
    assert_eq!(letters_of(&world, "billing_failed").await, 2, "once an attempt");
    assert_eq!(world.entitlement(team).await.plan, "pro", "within the time of grace");
    // It is paid with another card, and one event is enough.
    let invoice = world.sandbox.stripe().subscriptions(&customer)[0]["latest_invoice"].clone();
    world.act(json!({ "kind": "pay_invoice", "invoice": invoice, "card": Card::PAYS.0 }));
    let posts = world.sandbox.stripe().flush_events();
    let paid = posts.iter().find(|post| post.kind == "invoice.paid").unwrap();
    world.hear(paid).await;
    let standing = world.entitlement(team).await.standing;
    assert!(matches!(standing, Standing::Active(_)), "{standing:?}");
    assert_eq!(letters_of(&world, "billing_receipt").await, 2);

    // The next card wants its owner every time; nobody comes, and the time of grace runs out.
    world.act(json!({ "kind": "replace_card", "customer": customer, "card": Card::ASKS_ALWAYS.0 }));
    world.later(month(&world));
    world.hear_all().await;
    assert_eq!((letters_of(&world, "billing_confirm").await, letters_of(&world, "billing_failed").await), (1, 2));
    assert_eq!(world.entitlement(team).await.plan, "pro");
    world.later(Duration::days(20));
    assert_eq!(world.entitlement(team).await.plan, "free", "by time alone");
    assert_eq!(letters_of(&world, "billing_ended").await, 0);
    for _ in 0..2 {
        world.app.state().billing.reconcile().await.unwrap();
        drain(&world.app).await;
    }
    assert_eq!(letters_of(&world, "billing_ended").await, 1, "and told once");
    assert_eq!(world.count("select count(*) from audit_events where kind = 'plan_changed'").await, 2);
    assert_eq!(world.count("select count(*) from billing_subscriptions where status = 'past_due'").await, 1);
    assert!(world.count("select count(*) from billing_invoices").await >= 3, "nothing is lost");
}

#[sqlx::test]
async fn bi_26_money_that_goes_back_is_written_down_and_a_customer_can_be_gone(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (user, team) = world.person("mira@example.com").await;
    world.no_trial(team).await;
    let (customer, _) = buy(&world, user, team, "pro", Card::PAYS).await;
    let subscription = world.sandbox.stripe().subscriptions(&customer)[0]["id"].clone();
    world.act(json!({ "kind": "refund", "subscription": subscription, "amount": 700 }));
    // The refund is heard of first, before anything is known of the payment.
    let mut posts = world.sandbox.stripe().flush_events();
    posts.reverse();
    for post in &posts {
        world.hear(post).await;
        world.hear(post).await;
    }
    let refunds: Vec<(String, i64, String, bool)> =
        sqlx::query_as("select kind, amount, status, stripe_invoice is not null from billing_adjustments")
            .fetch_all(world.app.db())
            .await
            .unwrap();
    assert_eq!(refunds, [("refund".to_owned(), 700, "succeeded".to_owned(), true)]);
    assert_eq!(world.count("select amount_refunded from billing_invoices").await, 700);
    assert_eq!(letters_of(&world, "billing_refunded").await, 1);
    let dispute = world.act(json!({ "kind": "dispute", "subscription": subscription }));
    world.hear_all().await;
    world.act(json!({ "kind": "close_dispute", "dispute": dispute["id"], "won": false }));
    world.hear_all().await;
    let disputes: Vec<String> = sqlx::query_scalar("select status from billing_adjustments where kind = 'dispute'")
        .fetch_all(world.app.db())
        .await
        .unwrap();
    assert_eq!(disputes, ["lost"]);
    assert_eq!(world.entitlement(team).await.plan, "pro", "whether the plan ends is decided by people");

    world.act(json!({ "kind": "delete_customer", "customer": customer }));
    let posts = world.sandbox.stripe().flush_events();
    assert!(posts.iter().any(|post| post.kind == "customer.deleted"));
    for post in posts.iter().rev() {
        world.hear(post).await;
    }
    assert_eq!(world.entitlement(team).await.plan, "free");
    assert_eq!(world.count("select count(*) from billing_customers where deleted_at is not null").await, 1);
    assert_eq!(letters_of(&world, "billing_ended").await, 1);
    assert_eq!(world.app.state().billing.reconcile().await.unwrap().subscriptions, 0);
    // Whoever buys again is a new customer, with the old invoices still there.
    let (second, _) = buy(&world, user, team, "pro", Card::PAYS).await;
    assert_ne!(second, customer);
    world.hear_all().await;
    assert_eq!(world.entitlement(team).await.plan, "pro");
    assert_eq!(world.count("select count(*) from billing_invoices").await, 2);
}

#[sqlx::test]
async fn bi_27_a_team_that_is_gone_pays_nothing_more_and_its_invoices_stay(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (user, _) = world.person("mira@example.com").await;
    let team = world.app.state().teams.make(user, "The band").await.unwrap();
    world.no_trial(team).await;
    let (customer, _) = buy(&world, user, team, "team", Card::PAYS).await;
    // Nothing of the payment was told yet: the subscription is found all the same.
    world.lose();
    world.app.state().teams.close(user, team).await.unwrap();
    // Stripe is away at first.
    let failure = |times| Failure {
        method: Some("DELETE".into()),
        path: "/v1/subscriptions".into(),
        kind: FailureKind::RateLimit,
        times,
    };
    world.sandbox.stripe().knobs.failures.push(failure(1));
    drain(&world.app).await;
    hurry(&world).await;
    drain(&world.app).await;
    let theirs = world.sandbox.stripe().subscriptions(&customer);
    assert_eq!(theirs[0]["status"], "canceled");
    world.assert_same(&customer, "closed").await;
    assert_eq!(
        world.count("select count(*) from billing_invoices where status = 'paid' and number is not null").await,
        1
    );
    world.app.state().billing.close(team).await.unwrap();
    world.hear_all().await;
    assert_eq!(world.sandbox.stripe().subscriptions(&customer).len(), 1, "again changes nothing");
    assert_eq!(world.entitlement(team).await.plan, "free");
    // Somebody leaves Aura altogether.
    let (tom, his) = world.person("tom@example.com").await;
    world.no_trial(his).await;
    let (customer, _) = buy(&world, tom, his, "pro", Card::PAYS).await;
    world.hear_all().await;
    world.app.state().teams.forget(tom).await.unwrap();
    drain(&world.app).await;
    assert_eq!(world.sandbox.stripe().subscriptions(&customer)[0]["status"], "canceled");
    assert_eq!(world.count("select count(*) from billing_invoices where status = 'paid'").await, 2);
}

#[sqlx::test]
async fn a_second_trial_by_the_same_card_ends_at_once(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (mira, first) = world.person("mira@example.com").await;
    let (tom, second) = world.person("tom@example.com").await;
    let (hers, _) = buy(&world, mira, first, "pro", Card::PAYS).await;
    world.hear_all().await;
    assert!(matches!(world.entitlement(first).await.standing, Standing::Trial(_)));
    let (his, _) = buy(&world, tom, second, "pro", Card::PAYS).await;
    world.hear_all().await;
    assert_eq!(world.sandbox.stripe().subscriptions(&hers)[0]["status"], "trialing");
    assert_eq!(world.sandbox.stripe().subscriptions(&his)[0]["status"], "active", "he pays from now on");
    assert!(matches!(world.entitlement(second).await.standing, Standing::Active(_)));
    let cards = world.count("select count(*) from billing_trials where key like 'card:%' and length(key) = 69").await;
    assert_eq!(cards, 1, "of the card only a digest is kept");
    // Before hers ends she is told, once.
    world.later(Duration::days(11) + Duration::hours(1));
    world.hear_all().await;
    world.app.state().billing.reconcile().await.unwrap();
    assert_eq!(letters_of(&world, "billing_trial_ends").await, 1);
}
