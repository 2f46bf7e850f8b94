//! What a team may do, over every state that a subscription can have.

use aura::{
    billing::{
        entitlement::{Status, Subscription, UNCLEAR_FOR, entitlement},
        model::Standing,
        plans::Plans,
    },
    kit::id::TeamId,
};
use sqlx::{ConnectOptions as _, PgPool, Row as _};
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

use crate::{outside::person, support::TestApp};

const NOW: OffsetDateTime = datetime!(2026-03-12 12:00 UTC);
const GRACE: Duration = Duration::days(7);

fn subscription(status: &str) -> Subscription {
    Subscription {
        plan: "pro".to_owned(),
        status: Status::parse(status),
        before: None,
        seats: 1,
        created_at: NOW - Duration::days(40),
        period_end: NOW + Duration::days(20),
        trial_end: None,
        cancel_at: None,
        past_due_since: None,
    }
}

fn standing(subscriptions: &[Subscription]) -> (String, Standing) {
    let plans = Plans::read(None).unwrap();
    let given = entitlement(&plans, subscriptions, NOW, GRACE);
    (given.plan, given.standing)
}

fn free() -> (String, Standing) {
    ("free".to_owned(), Standing::Free)
}

fn pro(standing: Standing) -> (String, Standing) {
    ("pro".to_owned(), standing)
}

#[test]
fn bi_16_the_table_of_rights() {
    let (end, trial_end) = (NOW + Duration::days(20), NOW + Duration::days(3));
    let second = Duration::seconds(1);
    for status in ["unpaid", "canceled", "incomplete", "incomplete_expired", "paused"] {
        for (cancel_at, trial_end) in [(None, None), (Some(end), None), (None, Some(trial_end)), (Some(NOW), Some(NOW))]
        {
            let one = Subscription { cancel_at, trial_end, past_due_since: Some(NOW), ..subscription(status) };
            assert_eq!(standing(&[one]), free(), "{status}");
        }
    }
    assert_eq!(standing(&[]), free());
    assert_eq!(standing(&[subscription("active")]), pro(Standing::Active(end.into())));
    let late = Subscription { period_end: NOW - Duration::days(2), ..subscription("active") };
    assert_eq!(
        standing(std::slice::from_ref(&late)),
        pro(Standing::Active(late.period_end.into())),
        "nobody loses a plan because Stripe's word of the renewal is late"
    );
    for status in ["active", "trialing"] {
        let ends = Subscription { cancel_at: Some(end), trial_end: Some(end), ..subscription(status) };
        assert_eq!(standing(&[ends]), pro(Standing::Ends(end.into())), "{status}");
        let over = Subscription { cancel_at: Some(NOW), ..subscription(status) };
        assert_eq!(standing(&[over]), free(), "{status}");
    }
    let trial = Subscription { trial_end: Some(trial_end), ..subscription("trialing") };
    assert_eq!(standing(&[trial]), pro(Standing::Trial(trial_end.into())));

    let owes = |since| Subscription { past_due_since: Some(since), ..subscription("past_due") };
    assert_eq!(standing(&[owes(NOW)]), pro(Standing::PastDue((NOW + GRACE).into())));
    assert_eq!(standing(&[owes(NOW - GRACE + second)]), pro(Standing::PastDue((NOW + second).into())));
    assert_eq!(standing(&[owes(NOW - GRACE)]), free());
    let leaves = Subscription { cancel_at: Some(NOW), ..owes(NOW) };
    assert_eq!(standing(&[leaves]), free(), "grace does not outlive the subscription");

    let unclear = |before: &str, since| Subscription {
        before: Some((Status::parse(before), since)),
        ..subscription("a_word_of_next_year")
    };
    assert_eq!(standing(&[unclear("active", NOW)]), pro(Standing::Unclear((NOW + UNCLEAR_FOR).into())));
    assert_eq!(standing(&[unclear("active", NOW - UNCLEAR_FOR)]), free());
    assert_eq!(standing(&[unclear("canceled", NOW)]), free());
    assert_eq!(standing(&[unclear("another_word", NOW)]), free());
    assert_eq!(standing(&[subscription("a_word_of_next_year")]), free());

    let gone = Subscription { plan: "no_longer_sold".to_owned(), ..subscription("active") };
    assert_eq!(standing(&[gone]), free(), "a plan that the table lacks gives nothing");

    let seats = Subscription { plan: "team".to_owned(), seats: 5, ..subscription("active") };
    let plans = Plans::read(None).unwrap();
    let given = entitlement(&plans, &[owes(NOW), seats.clone(), subscription("active")], NOW, GRACE);
    assert_eq!((given.plan.as_str(), given.seats), ("team", 5), "of several the best counts");
    assert_eq!(given.limits.messages, 5 * plans.get("team").unwrap().limits.messages);
    let newer = Subscription { created_at: NOW, seats: 9, ..seats.clone() };
    assert_eq!(entitlement(&plans, &[newer, seats], NOW, GRACE).seats, 5, "of two alike the older counts");
}

/// A paid plan as it stands in the table.
pub async fn subscribe(app: &TestApp, team: TeamId, name: &str, plan: &str, seats: i32) {
    let now = app.clock().now();
    sqlx::query(
        "insert into billing_subscriptions (stripe_subscription, team_id, stripe_customer, plan, period, status,
             stripe_item, stripe_price, seats, currency, unit_amount, created_at, period_start, period_end, synced_at)
         values ($1, $2, 'cus_1', $3, 'monthly', 'active', 'si_1', 'price_1', $4, 'eur', 1800, $5, $5, $6, $5)",
    )
    .bind(name)
    .bind(Uuid::from(team))
    .bind(plan)
    .bind(seats)
    .bind(now)
    .bind(now + Duration::days(30))
    .execute(app.db())
    .await
    .unwrap();
}

/// The personal team of somebody.
pub async fn personal(app: &TestApp, user: aura::kit::id::UserId) -> TeamId {
    let mut connection = app.db().acquire().await.unwrap();
    app.state().teams.personal(&mut connection, user, app.clock().now()).await.unwrap()
}

/// The plan of a team, as a process sees it.
pub async fn plan(app: &TestApp, team: TeamId) -> String {
    let mut connection = app.db().acquire().await.unwrap();
    app.state().billing.entitlement(&mut connection, team).await.unwrap().plan
}

#[sqlx::test]
async fn bi_17_every_process_sees_a_change_at_once_and_asks_nobody(db: PgPool) {
    // Whoever asks Stripe in these tests reaches a port where nothing listens, and fails.
    let app = TestApp::with(db, &[("STRIPE_SECRET_KEY", "sk_test_nobody"), ("STRIPE_WEBHOOK_SECRET", "whsec_x")]).await;
    let other = app.second_process().await;
    let team = personal(&app, person(&app, "mira").await.user).await;
    assert_eq!((plan(&app, team).await, plan(&other, team).await), ("free".to_owned(), "free".to_owned()));
    subscribe(&app, team, "sub_1", "pro", 1).await;
    assert_eq!((plan(&app, team).await, plan(&other, team).await), ("pro".to_owned(), "pro".to_owned()));
    sqlx::query("update billing_subscriptions set status = 'canceled'").execute(app.db()).await.unwrap();
    assert_eq!((plan(&app, team).await, plan(&other, team).await), ("free".to_owned(), "free".to_owned()));

    // On a connection that has prepared nothing yet: what it prepares is all that is asked of the database.
    let mut connection = app.db().connect_options().connect().await.unwrap();
    app.state().billing.entitlement(&mut connection, team).await.unwrap();
    sqlx::raw_sql("set enable_seqscan = off").execute(&mut connection).await.unwrap();
    let prepared: Vec<String> = sqlx::raw_sql("select name from pg_prepared_statements where not from_sql")
        .fetch_all(&mut connection)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get("name"))
        .collect();
    assert_eq!(prepared.len(), 1, "one query");
    let explain = format!("explain execute {}(array['{team}'::uuid])", prepared[0]);
    let explained: Vec<String> = sqlx::raw_sql(sqlx::AssertSqlSafe(explain))
        .fetch_all(&mut connection)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert!(explained.concat().contains("billing_subscriptions_team"), "by an index: {explained:?}");
}
