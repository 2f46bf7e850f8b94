//! Whatever order Stripe's events come in, how often, and how many of them: what stands here in the end is what stands
//! there.

use aura::{
    billing::model::Period,
    kit::id::{TeamId, UserId},
};
use futures::future::join_all;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use sandbox::billing::{Card, Delivery};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::{billing_world::BillingWorld, privy_world::drain};

/// How many random schedules there are; many more in the long suite.
const SCHEDULES: &str = "BILLING_SCHEDULES";
/// So many customers are played at a time.
const AT_ONCE: usize = 25;
/// So many teams go through orders at once; together they go through all.
const BANDS: usize = 4;

fn schedules() -> usize {
    #[expect(clippy::disallowed_methods, reason = "whoever starts a test has no other way to tell it something")]
    std::env::var(SCHEDULES).map_or(1_000, |number| number.parse().unwrap())
}

/// Somebody buys a plan on Stripe's page: their customer there.
pub async fn buy(world: &BillingWorld, user: UserId, team: TeamId, plan: &str, card: Card) -> (String, String) {
    let seats = if plan == "team" { 3 } else { 1 };
    let wanted = aura::billing::Wanted { team, plan: plan.to_owned(), period: Period::Monthly, seats };
    world.app.state().billing.checkout(user, &wanted).await.unwrap();
    let session: String =
        sqlx::query_scalar("select stripe_session from billing_checkouts where team_id = $1 and state = 'open'")
            .bind(uuid::Uuid::from(team))
            .fetch_one(world.app.db())
            .await
            .unwrap();
    world.sandbox.stripe().pay(&session, card).unwrap_or_else(|problem| panic!("{}", problem.message()));
    let customer = world.sandbox.stripe().object(&session).unwrap()["customer"].as_str().unwrap().to_owned();
    (customer, session)
}

/// As if Aura had never heard of any payment of a team.
async fn forget(world: &BillingWorld, team: TeamId, owner: &str) {
    sqlx::query(
        "with a as (delete from billing_subscriptions where team_id = $1),
              b as (delete from billing_invoices where team_id = $1),
              c as (delete from billing_notices where team_id = $1),
              d as (delete from billing_trials where key = 'team:' || $1),
              e as (update billing_customers set plan = 'free', seats = 1 where team_id = $1),
              f as (update billing_checkouts set state = 'open', settled_at = null where team_id = $1)
         delete from mails where template like 'billing%' and recipient = $2::text::citext",
    )
    .bind(uuid::Uuid::from(team))
    .bind(owner)
    .execute(world.app.db())
    .await
    .unwrap();
}

/// Every order of so many.
fn orders(of: usize) -> Vec<Vec<usize>> {
    if of == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(of - 1);
    shorter
        .iter()
        .flat_map(|order| {
            (0..of).map(|at| {
                let mut longer = order.clone();
                longer.insert(at, of - 1);
                longer
            })
        })
        .collect()
}

#[sqlx::test]
async fn bi_05_every_order_of_the_six_events_ends_the_same(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let all_orders = orders(6);
    assert_eq!(all_orders.len(), 720);
    let mut bands = Vec::new();
    for band in 0..BANDS {
        let (team, customer, six) = bought(&world, &owner_of(band)).await;
        bands.push((band, team, customer, six));
    }
    let heard = join_all(bands.iter().map(|(band, team, customer, six)| {
        let (world, all_orders) = (&world, &all_orders);
        async move {
            let mut dice = StdRng::seed_from_u64(5 + *band as u64);
            let mut heard = 0;
            for order in all_orders.iter().skip(*band).step_by(BANDS) {
                let mut posts: Vec<&Delivery> = order.iter().map(|at| &six[*at]).collect();
                if dice.random_ratio(1, 2) {
                    let (which, place) = (dice.random_range(0..6), dice.random_range(0..=6));
                    posts.insert(place, &six[which]);
                }
                goes_through(world, *team, customer, &owner_of(*band), &posts).await;
                heard += posts.len();
            }
            heard
        }
    }))
    .await;
    println!("720 orders, {} events: each ends as Stripe has it, with each letter once", heard.iter().sum::<usize>());
}

fn owner_of(band: usize) -> String {
    format!("mira{band}@example.com")
}

/// A team whose owner has bought a plan, with the six events of that.
async fn bought(world: &BillingWorld, owner: &str) -> (TeamId, String, Vec<Delivery>) {
    let (user, _) = world.person(owner).await;
    let team = world.app.state().teams.make(user, "The band").await.unwrap();
    world.no_trial(team).await;
    let (customer, _) = buy(world, user, team, "team", Card::PAYS).await;
    let subscription = world.sandbox.stripe().subscriptions(&customer)[0]["id"].as_str().unwrap().to_owned();
    world.act(json!({ "kind": "change", "subscription": subscription, "quantity": 5 }));
    world.act(json!({ "kind": "cancel_at_period_end", "subscription": subscription }));
    // The clock stands still: all of them happened in the same second.
    let all = world.sandbox.stripe().flush_events();
    let mut six: Vec<Delivery> = Vec::new();
    for kind in
        ["checkout.session.completed", "customer.subscription.created", "invoice.paid", "invoice.payment_succeeded"]
    {
        six.push(all.iter().find(|post| post.kind == kind).unwrap_or_else(|| panic!("no {kind}")).clone());
    }
    six.extend(all.iter().rev().filter(|post| post.kind == "customer.subscription.updated").take(2).cloned());
    assert_eq!(six.len(), 6);
    assert!(six.iter().all(|post| post.created == six[0].created), "in the same second");
    (team, customer, six)
}

/// Hears these, as the first that is ever heard of the team.
async fn goes_through(world: &BillingWorld, team: TeamId, customer: &str, owner: &str, posts: &[&Delivery]) {
    forget(world, team, owner).await;
    for post in posts {
        world.hear(post).await;
    }
    let told = format!("{:?}", posts.iter().map(|post| &post.kind).collect::<Vec<_>>());
    world.assert_same(customer, &told).await;
    let entitlement = world.entitlement(team).await;
    assert_eq!((entitlement.plan.as_str(), entitlement.seats, entitlement.limits.members), ("team", 5, 5), "{told}");
    let (letters, complete): (Vec<String>, i64) = sqlx::query_as(
        "select array(select template from mails where template like 'billing%' and recipient = $2::text::citext
                      order by template),
             (select count(*) from billing_checkouts where team_id = $1 and state = 'complete')",
    )
    .bind(uuid::Uuid::from(team))
    .bind(owner)
    .fetch_one(world.app.db())
    .await
    .unwrap();
    assert_eq!(letters, ["billing_receipt", "billing_started"], "{told}");
    assert_eq!(complete, 1, "{told}");
}

/// Something that happens to a customer.
fn happens(world: &BillingWorld, dice: &mut StdRng, customer: &str, team: TeamId) {
    let prices = ["aura_pro_monthly", "aura_pro_yearly"];
    let cards = [Card::PAYS, Card::PAYS, Card::MASTERCARD, Card::DECLINED_LATER, Card::ASKS_ALWAYS, Card::DECLINED];
    let card = cards[dice.random_range(0..cards.len())];
    let price = prices[dice.random_range(0..2)];
    let subscriptions = world.sandbox.stripe().subscriptions(customer);
    let live = subscriptions
        .iter()
        .find(|one| !["canceled", "incomplete_expired"].contains(&one["status"].as_str().unwrap()))
        .map(|one| one["id"].as_str().unwrap().to_owned());
    let act = match (live, dice.random_range(0..10)) {
        (None, _) => json!({
            "kind": "second_subscription", "customer": customer, "price": price, "card": card.0,
            "confirm": dice.random_ratio(1, 2), "metadata": { "team_id": team.to_string() },
        }),
        (Some(id), 0) => json!({ "kind": "cancel_now", "subscription": id }),
        (Some(id), 1) => json!({ "kind": "cancel_at_period_end", "subscription": id, "ends": dice.random_ratio(2, 3) }),
        (Some(id), 2 | 3) => json!({ "kind": "change", "subscription": id, "price": price }),
        (Some(id), 4) => json!({ "kind": "pause", "subscription": id }),
        (Some(id), 5) => json!({ "kind": "unpause", "subscription": id }),
        (Some(_), 6) => json!({ "kind": "replace_card", "customer": customer, "card": card.0 }),
        // Somebody pays a second time for what is paid already.
        (Some(_), 8) => json!({
            "kind": "second_subscription", "customer": customer, "price": price, "card": card.0,
            "metadata": { "team_id": team.to_string() },
        }),
        (Some(id), 7) => json!({ "kind": "refund", "subscription": id, "amount": 100 }),
        (Some(id), _) => {
            let invoice = world.sandbox.stripe().object(&id).unwrap()["latest_invoice"].clone();
            json!({ "kind": "pay_invoice", "invoice": invoice, "card": card.0, "confirm": dice.random_ratio(1, 2) })
        }
    };
    // What Stripe refuses did not happen.
    let _refused = world.sandbox.stripe().act(&act);
}

#[sqlx::test]
async fn bl_02_random_schedules_converge(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mut dice = StdRng::seed_from_u64(2);
    let (wanted, mut played, mut events, mut lost) = (schedules(), 0, 0, 0);
    while played < wanted {
        let mut people = Vec::new();
        let began = world.app.clock().now();
        for number in 0..AT_ONCE.min(wanted - played) {
            let team = world.quick_team(played + number).await;
            people.push((world.customer(team).await, team));
        }
        for _ in 0..2 {
            for (customer, team) in &people {
                for _ in 0..dice.random_range(1..4) {
                    happens(&world, &mut dice, customer, *team);
                }
            }
            if dice.random_ratio(2, 3) {
                world.later(Duration::days(dice.random_range(1..20)));
            }
            // Permuted, doubled, dropped; some are heard at the same moment, and some long after they happened.
            let mut happened = world.sandbox.stripe().flush_ids();
            let all = happened.len();
            happened.retain(|_| dice.random_ratio(3, 4));
            lost += all - happened.len();
            let doubles: Vec<String> = happened.iter().filter(|_| dice.random_ratio(1, 10)).cloned().collect();
            happened.extend(doubles);
            happened.shuffle(&mut dice);
            happened.truncate(people.len());
            events += happened.len();
            let posts: Vec<Delivery> = happened.iter().map(|id| world.sandbox.stripe().deliver(id).unwrap()).collect();
            for together in posts.chunks(4) {
                join_all(together.iter().map(|post| world.hear(post))).await;
            }
        }
        // Mostly the list of events says nothing, as for events that are older than 30 days: then the
        // comparison alone puts everything right.
        let by_events = dice.random_ratio(1, 16);
        let read_to = if by_events {
            format!("@{}", began.unix_timestamp())
        } else {
            let newest = world.sandbox.stripe().objects("event").last().map(|event| event["id"].clone());
            newest.unwrap().as_str().unwrap().to_owned()
        };
        sqlx::query("insert into billing_marks (name, value, marked_at) values ('events_read_to', $1, $2)")
            .bind(read_to)
            .bind(began)
            .execute(world.app.db())
            .await
            .unwrap();
        world.app.state().billing.reconcile().await.unwrap();
        if by_events {
            drain(&world.app).await;
        }
        for (customer, team) in &people {
            let told = format!("schedule {played}, {customer}, by events: {by_events}");
            let (mut theirs, ours) = world.both(customer).await;
            if by_events {
                world.assert_same_invoices(customer, &told).await;
            } else {
                // Nobody misses what was over before it was ever heard of.
                let over = |one: &Value| ["canceled", "incomplete_expired"].contains(&one["status"].as_str().unwrap());
                theirs.retain(|one| !over(one) || ours.iter().any(|known| known["id"] == one["id"]));
            }
            assert_eq!(ours, theirs, "{told}");
            let theirs = world.sandbox.stripe().subscriptions(customer);
            let pays =
                theirs.iter().any(|one| ["active", "trialing", "past_due"].contains(&one["status"].as_str().unwrap()));
            let entitlement = world.entitlement(*team).await;
            assert!(pays || entitlement.plan == "free", "{told}: {entitlement:?}");
            let told_plan: Option<String> = sqlx::query_scalar("select plan from billing_customers where team_id = $1")
                .bind(uuid::Uuid::from(*team))
                .fetch_optional(world.app.db())
                .await
                .unwrap();
            assert_eq!(told_plan.as_deref().unwrap_or("free"), entitlement.plan, "{told}");
        }
        let twice = world
            .count(
                "select count(*) from (select team_id from billing_subscriptions
                 where status in ('active', 'trialing') group by team_id having count(*) > 1) twice",
            )
            .await;
        assert_eq!(twice, 0, "no team pays twice");
        played += people.len();
        // The next ones come to a Stripe that is empty, so that looking for something there stays quick.
        world.sandbox.stripe().reset();
        world.sandbox.stripe().freeze(world.app.clock().now().unix_timestamp());
        for statement in [
            "delete from billing_marks",
            "delete from billing_subscriptions",
            "delete from billing_invoices",
            "delete from billing_customers",
            "delete from webhook_events",
            "delete from graphile_worker._private_jobs",
        ] {
            sqlx::query(statement).execute(world.app.db()).await.unwrap();
        }
    }
    println!("{played} schedules, {events} events heard, {lost} lost: 0 end otherwise than Stripe has it");
}
