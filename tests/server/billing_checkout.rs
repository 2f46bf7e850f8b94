//! Buying a plan: one customer, one page, one purchase, whatever is clicked and whatever Stripe does.

use aura::{
    billing::{BillingError, Wanted, model::Period, stripe::StripeError},
    error::AppError,
    kit::id::{TeamId, UserId},
};
use futures::future::join_all;
use http::StatusCode;
use sandbox::billing::{Card, Failure, FailureKind};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use url::Url;

use crate::{
    billing_world::BillingWorld,
    browser::{Answer, Browser},
    support::TestApp,
};

fn wanted(team: TeamId, plan: &str, period: Period, seats: u32) -> Wanted {
    Wanted { team, plan: plan.to_owned(), period, seats }
}

async fn click(app: &TestApp, user: UserId, wanted: &Wanted) -> Result<Url, BillingError> {
    app.state().billing.checkout(user, wanted).await
}

/// The sessions of a team at Stripe with this status.
fn sessions(world: &BillingWorld, team: TeamId, status: &str) -> Vec<String> {
    let all = world.sandbox.stripe().objects_with("checkout.session", "client_reference_id", &team.to_string());
    all.iter().filter(|one| one["status"] == status).map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn one_open(world: &BillingWorld, team: TeamId) -> String {
    let open = sessions(world, team, "open");
    assert_eq!(open.len(), 1, "{open:?}");
    open[0].clone()
}

async fn signed_in(world: &BillingWorld, email: &str) -> Browser {
    // So that the limits on signing in have room.
    world.later(Duration::seconds(61));
    let mut browser = Browser::new(&world.app);
    browser.sign_in(&world.app, email).await;
    browser
}

/// Posts the form of the page without a script.
async fn buy(browser: &mut Browser, team: TeamId, plan: &str, period: &str) -> Answer {
    let fields = [("team", &*team.to_string()), ("plan", plan), ("period", period), ("seats", "")];
    browser.post_from("/billing/plans", "/api/billing/checkout", &fields, "text/html").await
}

async fn bought(world: &BillingWorld, browser: &mut Browser, team: TeamId, card: Card) -> String {
    assert_eq!(buy(browser, team, "pro", "monthly").await.location(), "/billing/leave");
    let session = one_open(world, team);
    world.sandbox.stripe().confirm(&session, card).unwrap();
    session
}

fn fail(world: &BillingWorld, method: Option<&str>, path: &str, kind: FailureKind, times: u32) {
    let failure = Failure { method: method.map(str::to_owned), path: path.to_owned(), kind, times };
    world.sandbox.stripe().knobs.failures.push(failure);
}

fn code(error: BillingError) -> (u16, String) {
    let error = AppError::from(error);
    (error.kind.status(), error.code)
}

#[sqlx::test]
async fn bi_11_twenty_clicks_make_one_customer_and_one_page(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (user, team) = world.person("mira@example.com").await;
    let second = world.app.second_process().await;
    let monthly = wanted(team, "pro", Period::Monthly, 1);
    let clicks = (0..20).map(|at| click(if at % 2 == 0 { &world.app } else { &second }, user, &monthly));
    let urls: Vec<Url> = join_all(clicks).await.into_iter().map(Result::unwrap).collect();
    assert!(urls.iter().all(|url| *url == urls[0]), "{urls:?}");
    let customers = world.sandbox.stripe().objects("customer");
    assert_eq!(customers.len(), 1);
    assert_eq!(customers[0]["metadata"]["team_id"], team.to_string());
    assert_eq!(customers[0]["email"], "mira@example.com");
    let first = one_open(&world, team);
    let made = world.sandbox.stripe().object(&first).unwrap();
    assert_eq!(made["metadata"]["team_id"], team.to_string());
    assert_eq!((&made["allow_promotion_codes"], &made["tax_id_collection"]["enabled"]), (&json!(true), &json!(true)));
    assert_eq!(made["billing_address_collection"], "required");

    // Something else is wanted: the page that is open closes first.
    let yearly = click(&world.app, user, &wanted(team, "pro", Period::Yearly, 1)).await.unwrap();
    assert_ne!(yearly, urls[0]);
    assert_eq!(sessions(&world, team, "expired"), [first]);
    let open = one_open(&world, team);

    // It is paid, and no event ever comes: the next click finds that out.
    world.sandbox.stripe().pay(&open, Card::PAYS).unwrap();
    world.lose();
    for period in [Period::Yearly, Period::Monthly] {
        let refused = click(&world.app, user, &wanted(team, "pro", period, 1)).await.unwrap_err();
        assert!(matches!(refused, BillingError::Subscribed), "{refused}");
    }
    assert_eq!(world.entitlement(team).await.plan, "pro");
    assert_eq!(sessions(&world, team, "open"), Vec::<String>::new());

    // Where Stripe cannot be asked whether somebody pays already, nobody is let on.
    let (other, others) = world.person("noor@example.com").await;
    fail(&world, Some("GET"), "/v1/subscriptions", FailureKind::RateLimit, 1_000);
    let refused = click(&world.app, other, &wanted(others, "pro", Period::Monthly, 1)).await.unwrap_err();
    assert_eq!(code(refused), (503, "stripe_unavailable".to_owned()));
    assert_eq!(sessions(&world, others, "open"), Vec::<String>::new());
    world.sandbox.stripe().knobs.failures.clear();
    click(&world.app, other, &wanted(others, "pro", Period::Monthly, 1)).await.unwrap();
    one_open(&world, others);
}

#[sqlx::test]
async fn bi_13_coming_back_shows_the_plan_and_signs_nobody_in(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (_, team) = world.person("mira@example.com").await;
    let mut mira = signed_in(&world, "mira@example.com").await;
    let session = bought(&world, &mut mira, team, Card::PAYS).await;
    let page = format!("/billing/success?session_id={session}");

    // Whoever has the address alone is nobody: no session, no plan, not even whether there is such a payment.
    let stranger = Browser::new(&world.app).get(&page).await;
    assert!(stranger.status.is_redirection() && stranger.location().starts_with("/signin"), "{}", stranger.status);
    assert!(stranger.headers.get("set-cookie").is_none());
    world.person("noor@example.com").await;
    let mut noor = signed_in(&world, "noor@example.com").await;
    let before = noor.viewer().await;
    let foreign = noor.get(&page).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    assert!(!foreign.text().contains("Pro is yours"));
    assert_eq!(noor.viewer().await, before);
    assert_eq!(world.entitlement(team).await.plan, "free");

    // The event is late by all eternity, and the plan is there on this very page.
    let come = mira.get(&page).await;
    assert_eq!(come.status, StatusCode::OK);
    assert!(come.text().contains("Pro is yours"), "{}", come.text());
    assert_eq!(world.entitlement(team).await.plan, "pro");
    let state = || world.count("select count(*) from billing_subscriptions where status in ('active', 'trialing')");
    assert_eq!(state().await, 1);
    world.settle().await;
    assert!(mira.get(&page).await.text().contains("Pro is yours"));
    assert_eq!(state().await, 1);

    // The tab was closed: the events alone do the same.
    let (_, alone) = world.person("ada@example.com").await;
    let mut ada = signed_in(&world, "ada@example.com").await;
    bought(&world, &mut ada, alone, Card::PAYS).await;
    world.settle().await;
    assert_eq!(world.entitlement(alone).await.plan, "pro");

    // Stripe is away while somebody comes back: the page says so and asks again, and later it is there.
    let (_, away) = world.person("bo@example.com").await;
    let mut bo = signed_in(&world, "bo@example.com").await;
    let session = bought(&world, &mut bo, away, Card::PAYS).await;
    fail(&world, Some("GET"), "/v1/", FailureKind::RateLimit, 1_000);
    let waiting = bo.get(&format!("/billing/success?session_id={session}")).await;
    assert_eq!(waiting.status, StatusCode::OK);
    assert!(waiting.text().contains("being confirmed") && waiting.text().contains("http-equiv=\"refresh\""));
    world.sandbox.stripe().knobs.failures.clear();
    // So it does where Stripe refuses to say, as it does to a key that was revoked.
    let refused = world.app.second_process_with(&[("STRIPE_SECRET_KEY", "rk_test_revoked")]).await;
    let seen = bo.at(&refused).get(&format!("/billing/success?session_id={session}")).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(seen.text().contains("being confirmed"));
    assert!(bo.get(&format!("/billing/success?session_id={session}")).await.text().contains("Pro is yours"));
}

/// The team has had its trial: what it buys is paid at once.
async fn had_a_trial(world: &BillingWorld, team: TeamId) {
    sqlx::query("insert into billing_trials (key, stripe_subscription, used_at) values ($1, 'sub_before', $2)")
        .bind(format!("team:{team}"))
        .bind(world.app.clock().now())
        .execute(world.app.db())
        .await
        .unwrap();
}

#[sqlx::test]
async fn bi_15_each_way_a_payment_can_end_has_its_page(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (_, team) = world.person("mira@example.com").await;
    had_a_trial(&world, team).await;
    let mut mira = signed_in(&world, "mira@example.com").await;

    // Thought better of it: the page is open, and leads on.
    assert_eq!(buy(&mut mira, team, "pro", "monthly").await.location(), "/billing/leave");
    let session = one_open(&world, team);
    let back = world.sandbox.stripe().back(&session).unwrap();
    let left = mira.get(back.strip_prefix("http://localhost:3000").unwrap()).await;
    assert_eq!(left.status, StatusCode::OK);
    assert!(left.text().contains("Nothing was charged") && left.text().contains("Go on to payment"));
    let leaving = mira.get("/billing/leave").await;
    assert!(leaving.text().contains("http-equiv=\"refresh\"") && leaving.text().contains(&session));
    let page = |session: &str| format!("/billing/success?session_id={session}");
    assert!(mira.get(&page(&session)).await.text().contains("Nothing was paid yet"));
    let overview = mira.get("/billing").await;
    assert!(overview.text().contains("You began to buy Pro"));

    // The page was open for too long.
    world.act(json!({ "kind": "expire", "session": session }));
    assert!(mira.get(&page(&session)).await.text().contains("open for too long"));
    assert_eq!(mira.get("/billing/leave").await.status, StatusCode::NOT_FOUND);

    // The bank wants its owner (3-D Secure) and they turn it down: the page stays open, and takes another card.
    assert_eq!(buy(&mut mira, team, "pro", "yearly").await.location(), "/billing/leave");
    let session = one_open(&world, team);
    assert!(world.sandbox.stripe().pay(&session, Card::ASKS_ALWAYS).is_err());
    world.sandbox.stripe().refuse(&session);
    assert!(mira.get(&page(&session)).await.text().contains("Nothing was paid yet"));
    assert!(world.sandbox.stripe().pay(&session, Card::DECLINED).is_err());

    // The money takes days, and does not come.
    world.sandbox.stripe().pay_later(&session).unwrap();
    world.settle().await;
    assert!(mira.get(&page(&session)).await.text().contains("on its way"));
    let second = buy(&mut mira, team, "pro", "yearly").await;
    assert!(second.location().ends_with("/billing/plans"), "{}", second.location());
    world.sandbox.stripe().settle(&session, false).unwrap();
    world.settle().await;
    assert!(mira.get(&page(&session)).await.text().contains("did not come through"));

    // Money that takes days and comes.
    let (_, slow) = world.person("noor@example.com").await;
    had_a_trial(&world, slow).await;
    let mut noor = signed_in(&world, "noor@example.com").await;
    buy(&mut noor, slow, "pro", "monthly").await;
    let session = one_open(&world, slow);
    world.sandbox.stripe().pay_later(&session).unwrap();
    assert!(noor.get(&page(&session)).await.text().contains("on its way"));
    world.sandbox.stripe().settle(&session, true).unwrap();
    assert!(noor.get(&page(&session)).await.text().contains("Pro is yours"));

    // A subscription whose first payment waits for its owner: `incomplete`, and after 23 hours `incomplete_expired`.
    let (_, asked) = world.person("ada@example.com").await;
    let mut ada = signed_in(&world, "ada@example.com").await;
    let customer = world.customer(asked).await;
    world.subscribe(&customer, asked, "aura_pro_monthly", Card::ASKS_ALWAYS);
    world.settle().await;
    let overview = ada.get("/billing").await;
    assert!(overview.text().contains("Waits for a payment"), "{}", overview.text());
    assert!(overview.text().contains("is not paid") && overview.text().contains("invoice.stripe.com"));
    assert_eq!(world.entitlement(asked).await.plan, "free");
    world.later(Duration::hours(24));
    world.settle().await;
    let mut ada = signed_in(&world, "ada@example.com").await;
    let over = ada.get("/billing").await;
    assert!(over.text().contains("Choose a plan") && !over.text().contains("Waits for a payment"), "{}", over.text());
}

#[sqlx::test]
async fn bi_24_the_portal_is_the_owners_and_has_one_configuration(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (user, team) = world.person("mira@example.com").await;
    let (stranger, _) = world.person("noor@example.com").await;
    let billing = &world.app.state().billing;
    let none = billing.portal(user, team).await.unwrap_err();
    assert!(matches!(none, BillingError::NotSubscribed), "{none}");
    // Somebody has saved another configuration in Stripe's dashboard: it is not ours.
    world.act(json!({ "kind": "portal_defaults" }));
    click(&world.app, user, &wanted(team, "pro", Period::Monthly, 1)).await.unwrap();
    let before = world.sandbox.stripe().objects("billing_portal.configuration").len();
    let first = billing.portal(user, team).await.unwrap();
    assert_ne!(billing.portal(user, team).await.unwrap(), first, "each visit is one of its own");
    let second = world.app.second_process().await;
    second.state().billing.portal(user, team).await.unwrap();
    let configurations = world.sandbox.stripe().objects("billing_portal.configuration");
    assert_eq!(configurations.len(), before + 1);
    let ours = configurations.last().unwrap();
    assert_eq!(ours["features"]["subscription_cancel"]["enabled"], false);
    for one in world.sandbox.stripe().objects("billing_portal.session") {
        assert_eq!(one["configuration"], ours["id"]);
        assert_eq!(one["return_url"], "http://localhost:3000/billing");
    }
    let foreign = billing.portal(stranger, team).await.unwrap_err();
    assert_eq!(code(foreign).0, 404);
    // Somebody has removed our configuration at Stripe: it is made anew, once.
    sqlx::query("update billing_marks set value = '0 bpc_that_is_gone' where name like 'portal:%'")
        .execute(world.app.db())
        .await
        .unwrap();
    for _ in 0..2 {
        billing.portal(user, team).await.unwrap();
    }
    assert_eq!(world.sandbox.stripe().objects("billing_portal.configuration").len(), before + 2);

    // In a team of several only the owner goes there.
    let several = world.app.state().teams.make(user, "Northbeam").await.unwrap();
    join(&world, several, stranger, "admin").await;
    for refused in [
        billing.portal(stranger, several).await.unwrap_err(),
        click(&world.app, stranger, &wanted(several, "team", Period::Monthly, 2)).await.unwrap_err(),
    ] {
        assert_eq!(code(refused), (403, "not_owner".to_owned()));
    }

    // Without a script the way leads by a page of ours, and nobody else's browser can be sent along.
    let mut mira = signed_in(&world, "mira@example.com").await;
    world.app.state().teams.choose(user, team).await.unwrap();
    let fields = [("team", &*team.to_string())];
    let opened = mira.post_from("/billing", "/api/billing/portal", &fields, "text/html").await;
    assert_eq!(opened.location(), "/billing/leave?to=portal");
    let page = mira.get("/billing/leave?to=portal").await;
    assert!(page.text().contains("billing.stripe.com") && page.text().contains("http-equiv=\"refresh\""));
    let mut noor = signed_in(&world, "noor@example.com").await;
    noor.set_cookie("__Host-aura-way-out", &mira.cookie("__Host-aura-way-out").unwrap());
    assert_eq!(noor.get("/billing/leave?to=portal").await.status, StatusCode::NOT_FOUND);
}

async fn join(world: &BillingWorld, team: TeamId, user: UserId, role: &str) {
    sqlx::query("insert into team_members (team_id, user_id, role, joined_at) values ($1, $2, $3, $4)")
        .bind(uuid::Uuid::from(team))
        .bind(uuid::Uuid::from(user))
        .bind(role)
        .bind(world.app.clock().now())
        .execute(world.app.db())
        .await
        .unwrap();
}

#[sqlx::test]
async fn bi_28_without_a_key_everything_runs_and_nothing_is_sold(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut browser = Browser::new(&app);
    let pricing = browser.get("/pricing").await;
    assert_eq!(pricing.status, StatusCode::OK);
    assert!(pricing.text().contains("Billing is off here") && !pricing.text().contains("Try Pro"));
    browser.sign_in(&app, "mira@example.com").await;
    for (place, told) in [("/billing", "Billing is off here"), ("/billing/plans", "Billing is off here")] {
        let page = browser.get(place).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains(told) && !page.text().contains("Choose a plan"), "{place}");
    }
    let team: uuid::Uuid = sqlx::query_scalar("select id from teams").fetch_one(app.db()).await.unwrap();
    let team = team.to_string();
    let posts = [
        ("checkout", vec![("team", &*team), ("plan", "pro"), ("period", "monthly")]),
        ("change", vec![("team", &*team), ("plan", "pro"), ("period", "monthly")]),
        ("portal", vec![("team", &*team)]),
    ];
    for (verb, fields) in posts {
        let answer = browser.json_at(&format!("/api/billing/{verb}"), &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_IMPLEMENTED, "{verb}: {}", answer.text());
        assert!(answer.text().contains("billing_off"), "{verb}");
    }
    let success = browser.get("/billing/success?session_id=cs_test_1").await;
    assert_eq!(success.status, StatusCode::NOT_FOUND);
    let overview: Value = serde_json::from_str(browser.get_json("/api/billing/overview").await.text()).unwrap();
    assert_eq!((&overview["plan"], &overview["on"]), (&json!("free"), &json!(false)));
    // What runs in the background has nothing to do.
    app.state().billing.refresh_stale_prices().await.unwrap();
    app.state().billing.reconcile().await.unwrap();
}

#[sqlx::test]
async fn bl_07_only_what_is_in_the_catalogue_is_sold_and_only_to_whom_it_is_for(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (user, team) = world.person("mira@example.com").await;
    let several = world.app.state().teams.make(user, "Northbeam").await.unwrap();
    for (wrong, why) in [
        (wanted(team, "free", Period::Monthly, 1), "plan_unknown"),
        (wanted(team, "gold", Period::Monthly, 1), "plan_unknown"),
        (wanted(team, "price_1", Period::Monthly, 1), "plan_unknown"),
        (wanted(team, "team", Period::Monthly, 1), "plan_unknown"),
        (wanted(several, "pro", Period::Monthly, 1), "plan_unknown"),
        (wanted(several, "team", Period::Monthly, 0), "seats_wrong"),
        (wanted(several, "team", Period::Monthly, 10_001), "seats_wrong"),
    ] {
        let refused = click(&world.app, user, &wrong).await.unwrap_err();
        assert_eq!(code(refused), (422, why.to_owned()), "{wrong:?}");
    }
    // A price that was changed at Stripe into something that does not fit its plan.
    let product = world.post("products", &[("name", "Odd")]).await;
    let odd = [
        ("product", product["id"].as_str().unwrap()),
        ("currency", "eur"),
        ("unit_amount", "100"),
        ("recurring[interval]", "week"),
        ("lookup_key", "aura_pro_monthly"),
        ("transfer_lookup_key", "true"),
    ];
    world.post("prices", &odd).await;
    world.app.state().billing.refresh_prices().await.unwrap();
    let refused = click(&world.app, user, &wanted(team, "pro", Period::Monthly, 1)).await.unwrap_err();
    assert_eq!(code(refused).1, "plan_unknown");
    click(&world.app, user, &wanted(team, "pro", Period::Yearly, 1)).await.unwrap();
    assert_eq!(world.sandbox.stripe().objects("checkout.session").len(), 1);
    // Nobody buys for a team of somebody else.
    let (stranger, _) = world.person("noor@example.com").await;
    let refused = click(&world.app, stranger, &wanted(team, "pro", Period::Yearly, 1)).await.unwrap_err();
    assert_eq!(code(refused).0, 404);
}

/// For how many teams clicks, payments and failures of Stripe's come together. With more of them Stripe also keeps silent
/// now and then, which takes time.
const ROUNDS: &str = "CHECKOUT_ROUNDS";
/// What the draws begin with: each seed is another course of events.
const SEED: &str = "CHECKOUT_SEED";

#[sqlx::test]
#[expect(clippy::disallowed_methods, reason = "whoever starts a test has no other way to tell it something")]
async fn bl_05_concurrent_checkouts_with_faults_never_make_two_subscriptions(db: PgPool) {
    let rounds: usize = std::env::var(ROUNDS).map_or(200, |number| number.parse().unwrap());
    let hang = rounds > 200;
    let world = BillingWorld::new(db).await;
    let mut seed = std::env::var(SEED).map_or(0x5eed_u64, |number| number.parse().unwrap());
    let mut draw = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut teams = Vec::new();
    for number in 0..rounds {
        let team = world.quick_team(number).await;
        let mut connection = world.app.db().acquire().await.unwrap();
        let user = world.app.state().teams.owner_of(&mut connection, team).await.unwrap().unwrap();
        teams.push((user, team));
    }
    let second = world.app.second_process().await;
    for few in teams.chunks(20) {
        for _ in 0..few.len() {
            let kind = match draw(if hang { 200 } else { 120 }) {
                0..20 => FailureKind::Error,
                20..30 => FailureKind::Torn,
                30..70 => FailureKind::Lost,
                70..95 => FailureKind::RateLimit,
                95..120 => FailureKind::LockTimeout,
                120 => FailureKind::Hang,
                _ => continue,
            };
            let (method, path) =
                [("POST", "/v1/checkout/sessions"), ("POST", "/v1/customers"), ("GET", "/v1/"), ("POST", "/v1/")]
                    [usize::try_from(draw(4)).unwrap()];
            fail(&world, Some(method), path, kind, 1);
        }
        let tried = few.iter().map(|&(user, team)| {
            let periods: Vec<Period> =
                (0..3).map(|_| if draw(4) == 0 { Period::Yearly } else { Period::Monthly }).collect();
            let (world, second) = (&world, &second);
            async move {
                let clicks = periods.iter().enumerate().map(|(at, &period)| async move {
                    let app = if at % 2 == 0 { &world.app } else { second };
                    let found = click(app, user, &wanted(team, "pro", period, 1)).await;
                    // Whoever got a page pays it at once, while the others still click.
                    for session in found.is_ok().then(|| sessions(world, team, "open")).into_iter().flatten() {
                        let _closed_meanwhile = world.sandbox.stripe().pay(&session, Card::PAYS);
                    }
                });
                join_all(clicks).await;
            }
        });
        join_all(tried).await;
        world.sandbox.stripe().knobs.failures.clear();
        // Once Stripe is well again everybody gets what they wanted, and nobody twice.
        let again = few.iter().map(|&(user, team)| {
            let world = &world;
            async move {
                for _ in 0..6 {
                    match click(&world.app, user, &wanted(team, "pro", Period::Monthly, 1)).await {
                        Err(BillingError::Subscribed) => return,
                        Ok(_) => {
                            let session = one_open(world, team);
                            world.sandbox.stripe().pay(&session, Card::PAYS).unwrap();
                        }
                        Err(BillingError::Changed) => {}
                        // A machine with much else to do is a slow Stripe: one clicks again.
                        Err(BillingError::Stripe(StripeError::Unreachable(_))) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                panic!("{team} could not buy");
            }
        });
        join_all(again).await;
        world.lose();
    }
    world.app.state().billing.reconcile().await.unwrap();
    let made = world.sandbox.stripe().objects("subscription");
    let (live, closed): (Vec<&Value>, Vec<&Value>) = made.iter().partition(|one| one["status"] != "canceled");
    for (_, team) in &teams {
        let of_team: Vec<&&Value> = live.iter().filter(|one| one["metadata"]["team_id"] == team.to_string()).collect();
        assert_eq!(of_team.len(), 1, "{of_team:#?}");
    }
    assert_eq!(live.len(), rounds);
    // A call that Stripe carried out after we had given it up may have opened a second page, and somebody may have paid
    // there: then that is over, and the money is back. Nothing else ends here.
    let back = world.sandbox.stripe().objects("refund");
    let doubles = back.iter().filter(|refund| refund["reason"] == "duplicate").count();
    let paid = closed.iter().filter(|one| one["trial_end"].is_null()).count();
    assert_eq!((doubles, back.len()), (paid, paid), "{closed:#?}");
    println!("{rounds} teams, each with one subscription; {} second ones closed", closed.len());
}

#[sqlx::test]
async fn bl_11_a_failure_that_nobody_was_there_to_note_stops_no_later_click(db: PgPool) {
    let world = BillingWorld::new(db).await;
    for (number, path, table) in
        [(0, "/v1/checkout/sessions", "billing_checkouts"), (1, "/v1/customers", "billing_customers")]
    {
        let team = world.quick_team(number).await;
        let mut connection = world.app.db().acquire().await.unwrap();
        let user = world.app.state().teams.owner_of(&mut connection, team).await.unwrap().unwrap();
        let wanted = wanted(team, "pro", Period::Monthly, 1);
        fail(&world, Some("POST"), path, FailureKind::Error, 1);
        let refused = click(&world.app, user, &wanted).await.unwrap_err();
        assert_eq!(code(refused), (503, "stripe_unavailable".to_owned()));
        // As if its process had ended before it could note that Stripe keeps this answer.
        let forgotten = format!("update {table} set attempt = 1 where team_id = $1 and attempt = 2");
        let forgotten =
            sqlx::query(sqlx::AssertSqlSafe(forgotten)).bind(uuid::Uuid::from(team)).execute(world.app.db());
        assert_eq!(forgotten.await.unwrap().rows_affected(), 1, "{table}");
        click(&world.app, user, &wanted).await.unwrap();
        let session = one_open(&world, team);
        world.sandbox.stripe().pay(&session, Card::PAYS).unwrap();
    }
}

#[sqlx::test]
async fn bl_10_parallel_calls_share_their_connections(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let call = || async { world.app.state().billing.refresh_prices().await.unwrap() };
    join_all((0..200).map(|_| call())).await;
    let after_one = world.sandbox.stripe().connections();
    for _ in 0..9 {
        join_all((0..200).map(|_| call())).await;
    }
    let calls = 10 * 200;
    let opened = world.sandbox.stripe().connections();
    assert!((1..=400).contains(&opened), "{opened} connections for {calls} calls, {after_one} of them at first");
}
