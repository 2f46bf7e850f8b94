//! What operators do about money: payments that go back, plans that end, and what they are shown of both.

use aura::{
    billing::{BillingError, EndWanted, RefundWanted},
    error::AppError,
    identity::service::operators::Operator,
    kit::{
        id::{BillingActId, TeamId, UserId},
        money::Money,
    },
};
use futures::future::join_all;
use http::StatusCode;
use sandbox::billing::{Card, Failure, FailureKind};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::{
    billing_crash::{let_it_go, other_process, until},
    billing_world::BillingWorld,
    browser::{Answer, Browser},
    other_process::kill,
    privy_world::drain,
    program::Program,
};

const OPERATOR: &str = "olga@example.com";
const PRO: &str = "aura_pro_monthly";

/// A team that pays, known here as Stripe has it.
struct Payer {
    user: UserId,
    team: TeamId,
    customer: String,
    subscription: String,
    invoice: String,
    number: String,
    intent: String,
    paid: i64,
}

impl Payer {
    async fn new(world: &BillingWorld, email: &str) -> Self {
        world.later(Duration::seconds(61));
        let (user, team) = world.person(email).await;
        let customer = world.customer(team).await;
        let subscription = world.subscribe(&customer, team, PRO, Card::PAYS)["id"].as_str().unwrap().to_owned();
        world.app.state().billing.sync_customer(&customer).await.unwrap();
        world.lose();
        let row: (String, String, String, i64) = sqlx::query_as(
            "select stripe_invoice, number, payment_intent, amount_paid from billing_invoices where team_id = $1",
        )
        .bind(uuid::Uuid::from(team))
        .fetch_one(world.app.db())
        .await
        .unwrap();
        let (invoice, number, intent, paid) = row;
        Self { user, team, customer, subscription, invoice, number, intent, paid }
    }

    fn refund(&self, world: &BillingWorld, amount: &str, left: i64) -> RefundWanted {
        RefundWanted {
            id: act_id(world),
            team: self.team,
            invoice: self.invoice.clone(),
            amount: amount.to_owned(),
            left,
            because: "asked by mail".to_owned(),
        }
    }
}

fn act_id(world: &BillingWorld) -> BillingActId {
    world.app.state().random.id(world.app.clock().now())
}

async fn signed_in(world: &BillingWorld, email: &str) -> Browser {
    world.later(Duration::seconds(61));
    let mut browser = Browser::new(&world.app);
    browser.sign_in(&world.app, email).await;
    browser
}

async fn operator(world: &BillingWorld) -> Browser {
    signed_in(world, OPERATOR).await;
    assert!(world.app.identity().set_operator(Operator::Command, OPERATOR, true).await.unwrap());
    signed_in(world, OPERATOR).await
}

/// What an operator sees of a team's money.
async fn books(browser: &mut Browser, team: TeamId) -> Value {
    let seen = browser.get_json(&format!("/api/admin/team-money?id={team}")).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text());
    seen.value()
}

fn left(books: &Value) -> i64 {
    books["payments"][0]["left"]["minor"].as_i64().unwrap_or_default()
}

/// The form of a refund, as the page has it.
fn refund_form(books: &Value, amount: &str) -> Vec<(&'static str, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    vec![
        ("id", text(&books["act"])),
        ("team", text(&books["team"]["id"])),
        ("invoice", text(&books["payments"][0]["invoice"])),
        ("amount", amount.to_owned()),
        ("left", left(books).to_string()),
        ("because", "asked by mail".to_owned()),
    ]
}

fn end_form(books: &Value) -> Vec<(&'static str, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    vec![
        ("id", text(&books["act"])),
        ("team", text(&books["team"]["id"])),
        ("subscription", text(&books["plan"]["subscription"])),
        ("because", "a stolen card".to_owned()),
    ]
}

fn fields<'a>(form: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    form.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

async fn give_back(world: &BillingWorld, browser: &mut Browser, books: &Value, amount: &str) -> Answer {
    world.later(Duration::seconds(11));
    browser.json_at("/api/admin/refund", &fields(&refund_form(books, amount))).await
}

fn fail(world: &BillingWorld, method: &str, path: &str, kind: FailureKind) {
    let failure = Failure { method: Some(method.to_owned()), path: path.to_owned(), kind, times: 1 };
    world.sandbox.stripe().knobs.failures.push(failure);
}

fn refunds(world: &BillingWorld) -> Vec<(i64, String)> {
    let all = world.sandbox.stripe().objects("refund");
    all.iter()
        .map(|one| (one["amount"].as_i64().unwrap(), one["payment_intent"].as_str().unwrap().to_owned()))
        .collect()
}

async fn letters(world: &BillingWorld, template: &str) -> i64 {
    sqlx::query_scalar("select count(*) from mails where template = $1")
        .bind(template)
        .fetch_one(world.app.db())
        .await
        .unwrap()
}

/// Kind and actor of the lines about somebody's money, the oldest first, and what they say.
async fn log_of(world: &BillingWorld, subject: UserId) -> Vec<(String, Option<String>, Value)> {
    sqlx::query_as(
        "select kind, actor, detail from audit_events where subject = $1 and kind ~ '^billing_(refund|end)'
         order by created_at, kind collate \"C\"",
    )
    .bind(subject.to_string())
    .fetch_all(world.app.db())
    .await
    .unwrap()
}

fn code(error: BillingError) -> (u16, String) {
    let error = AppError::from(error);
    (error.kind.status(), error.code)
}

/// Sold from now on in this currency.
async fn sold_in(world: &BillingWorld, currency: &str, amount: &str) {
    let product = world.post("products", &[("name", "Plan")]).await;
    let price = [
        ("product", product["id"].as_str().unwrap()),
        ("currency", currency),
        ("unit_amount", amount),
        ("recurring[interval]", "month"),
        ("lookup_key", PRO),
        ("transfer_lookup_key", "true"),
    ];
    world.post("prices", &price).await;
    world.app.state().billing.refresh_prices().await.unwrap();
}

async fn hurry(world: &BillingWorld) {
    for statement in [
        "update graphile_worker._private_jobs set run_at = now() - interval '1 second', locked_at = null, locked_by = null",
        "update graphile_worker._private_job_queues set locked_at = null, locked_by = null",
    ] {
        sqlx::query(statement).execute(world.app.db()).await.unwrap();
    }
}

#[sqlx::test]
async fn ba_01_refunds_and_disputes_of_all_teams_are_listed_and_teams_are_found(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mut olga = operator(&world).await;
    let none = olga.get("/admin/money").await;
    assert!(none.status == StatusCode::OK && none.text().contains("Refunds and disputes"), "{}", none.text());
    let mira = Payer::new(&world, "mira@example.com").await;
    sold_in(&world, "jpy", "1800").await;
    let tom = Payer::new(&world, "tom@example.com").await;
    let refund = world.act(json!({ "kind": "refund", "subscription": mira.subscription, "amount": 700 }));
    world.later(Duration::minutes(1));
    let dispute =
        world.act(json!({ "kind": "dispute", "subscription": tom.subscription, "reason": "product_unacceptable" }));
    world.hear_all().await;

    let page = olga.get("/admin/money").await;
    let (newer, older) = (page.text().find("Disputed payment: ¥1,800"), page.text().find("Refund: €7.00"));
    assert!(newer.is_some() && newer < older, "{}", page.text());
    for told in [
        mira.number.as_str(),
        "succeeded",
        "needs response",
        "product_unacceptable",
        "Plan now: Pro",
        &format!("https://dashboard.stripe.com/test/payments/{}", mira.intent),
        &format!("https://dashboard.stripe.com/test/disputes/{}", dispute["id"].as_str().unwrap()),
        &format!("/admin/money/{}", tom.team),
    ] {
        assert!(page.text().contains(told), "{told} is missing: {}", page.text());
    }

    // By the number of an invoice, by ids of Stripe's, by the team's own, and from the page of a person.
    let found = [
        mira.number.to_lowercase(),
        mira.invoice.clone(),
        mira.intent.clone(),
        mira.customer.clone(),
        mira.subscription.clone(),
        refund["id"].as_str().unwrap().to_owned(),
        mira.team.to_string(),
    ];
    for words in found {
        let page = olga.get(&format!("/admin/money?q={words}")).await;
        let panel = page.text().split("Refunds and disputes").next().unwrap().to_owned();
        assert!(panel.contains(&format!("/admin/money/{}", mira.team)), "{words}: {panel}");
        assert!(!panel.contains(&tom.team.to_string()), "{words}");
    }
    assert!(olga.get("/admin/money?q=%25").await.text().contains("Nothing here has this number or id"));
    let person = olga.get(&format!("/admin/people/{}", mira.user)).await;
    assert!(person.text().contains(&format!("/admin/money/{}", mira.team)), "{}", person.text());
    let team = olga.get(&format!("/admin/money/{}", mira.team)).await;
    for told in [
        &format!("/admin/money/{}?invoice={}", mira.team, mira.invoice),
        "€7.00 of it given back",
        "End the plan now",
        "nothing goes back by it",
    ] {
        assert!(team.text().contains(told), "{told} is missing: {}", team.text());
    }
    let form = olga.get(&format!("/admin/money/{}?invoice={}", mira.team, mira.invoice)).await;
    assert!(form.text().contains("Give the money back") && form.text().contains("cannot be taken back"));
    for nowhere in [uuid::Uuid::nil().to_string(), "x".to_owned()] {
        let nobody = olga.get_json(&format!("/api/admin/team-money?id={nowhere}")).await;
        assert_eq!(nobody.status, StatusCode::NOT_FOUND, "{nowhere}");
    }

    // A page has fifty, whatever their number, and none is left out where several came in one second.
    sqlx::query(
        "insert into billing_adjustments (stripe_id, team_id, kind, currency, amount, status, created_at, synced_at)
         select 're_old' || lpad(n::text, 3, '0'), $1, 'refund', 'kwd', 5250 + n * 10, 'succeeded', $2, $2
         from generate_series(1, 120) as n",
    )
    .bind(uuid::Uuid::from(tom.team))
    .bind(world.app.clock().now() - Duration::days(100))
    .execute(world.app.db())
    .await
    .unwrap();
    let (mut before, mut seen) = (String::new(), Vec::new());
    for _ in 0..3 {
        let page = olga.get_json(&format!("/api/admin/money?before={before}")).await.value();
        let lines = page["backs"].as_array().unwrap();
        assert!(lines.len() <= 50);
        seen.extend(lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()));
        before = page["older"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!((seen.len(), before.as_str()), (122, ""));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 122);
    let first = olga.get("/admin/money").await;
    assert!(first.text().contains("KWD\u{a0}6.450") && first.text().contains("/admin/money?before=re_old"));
}

#[sqlx::test]
async fn ba_02_a_payment_goes_back_in_whole_or_in_part_and_never_more_than_is_left(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mira = Payer::new(&world, "mira@example.com").await;
    let mut olga = operator(&world).await;
    let olga_id: uuid::Uuid = sqlx::query_scalar("select user_id from user_emails where email = $1::text::citext")
        .bind(OPERATOR)
        .fetch_one(world.app.db())
        .await
        .unwrap();
    let eur = |minor| Money::new(minor, "eur".parse().unwrap());
    let before = books(&mut olga, mira.team).await;
    assert_eq!(left(&before), mira.paid);

    let more = eur(mira.paid + 1).plain();
    for (amount, code) in [
        (more.as_str(), "amount_wrong"),
        ("0", "amount_wrong"),
        ("-5", "amount_wrong"),
        ("5,00", "amount_wrong"),
        ("5.001", "amount_wrong"),
        ("", "amount_wrong"),
        ("<b>5</b>", "amount_wrong"),
    ] {
        let refused = give_back(&world, &mut olga, &before, amount).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, code.into()), "{amount}");
    }
    assert_eq!(world.count("select count(*) from billing_acts").await, 0);
    assert_eq!(refunds(&world), []);

    // A part, by the form of the page without a script.
    world.later(Duration::seconds(11));
    let form = refund_form(&before, "5");
    let done = olga.post_form("/api/admin/refund", &fields(&form)).await;
    assert_eq!(done.location(), format!("/admin/money/{}?done=refunded", mira.team), "{}", done.text());
    assert_eq!(refunds(&world), [(500, mira.intent.clone())]);
    // No event came, and the books are right all the same.
    let after = books(&mut olga, mira.team).await;
    assert_eq!(left(&after), mira.paid - 500);
    assert_eq!((&after["payments"][0]["refunded"], &after["acts"][0]["state"]), (&json!("€5.00"), &json!("done")));
    assert_eq!(
        (&after["backs"][0]["amount"], &after["backs"][0]["reason"]),
        (&json!("€5.00"), &json!("asked by mail"))
    );
    assert_eq!(world.entitlement(mira.team).await.plan, "pro", "the plan goes on");
    // The same form again is the same refund; with another amount it is none; a form from before knows too little.
    let again = olga.post_form("/api/admin/refund", &fields(&form)).await;
    assert_eq!(again.location(), format!("/admin/money/{}?done=refunded", mira.team));
    let mut bent = form.clone();
    bent[3].1 = "6".to_owned();
    let bent = olga.json_at("/api/admin/refund", &fields(&bent)).await;
    assert_eq!((bent.status, bent.code()), (StatusCode::CONFLICT, "offer_changed".into()));
    let mut old = before.clone();
    old["act"] = json!(act_id(&world));
    assert_eq!(give_back(&world, &mut olga, &old, "5").await.code(), "offer_changed");
    assert_eq!(refunds(&world).len(), 1);

    // All that is left; then there is nothing.
    let rest = after["payments"][0]["left"]["typed"].as_str().unwrap().to_owned();
    assert_eq!(give_back(&world, &mut olga, &after, &rest).await.status, StatusCode::OK);
    assert_eq!(refunds(&world).iter().map(|one| one.0).sum::<i64>(), mira.paid);
    let over = books(&mut olga, mira.team).await;
    assert_eq!(over["payments"][0]["left"], Value::Null);
    assert_eq!(give_back(&world, &mut olga, &over, "1").await.code(), "nothing_to_refund");

    // Told once each, also when the events come, and noted with who, what and how much.
    assert_eq!(letters(&world, "billing_refunded").await, 2);
    world.hear_all().await;
    drain(&world.app).await;
    assert_eq!(letters(&world, "billing_refunded").await, 2);
    let log = log_of(&world, mira.user).await;
    let kinds: Vec<&str> = log.iter().map(|line| line.0.as_str()).collect();
    assert_eq!(kinds, ["billing_refund_asked", "billing_refunded", "billing_refund_asked", "billing_refunded"]);
    assert!(log.iter().all(|line| line.1 == Some(olga_id.to_string())), "{log:?}");
    assert_eq!((&log[1].2["amount"], &log[1].2["currency"]), (&json!(500), &json!("eur")));
    assert_eq!(log[1].2["invoice"], json!(mira.invoice));

    // Currencies with no and with three digits; of these Stripe takes tens.
    sold_in(&world, "jpy", "1800").await;
    let tom = Payer::new(&world, "tom@example.com").await;
    let mut olga = signed_in(&world, OPERATOR).await;
    let yen = books(&mut olga, tom.team).await;
    assert_eq!(give_back(&world, &mut olga, &yen, "700.00").await.code(), "amount_wrong");
    assert_eq!(give_back(&world, &mut olga, &yen, "700").await.status, StatusCode::OK);
    sold_in(&world, "kwd", "7990").await;
    let noor = Payer::new(&world, "noor@example.com").await;
    let mut olga = signed_in(&world, OPERATOR).await;
    let dinars = books(&mut olga, noor.team).await;
    assert_eq!(give_back(&world, &mut olga, &dinars, "5.255").await.code(), "amount_wrong");
    assert_eq!(give_back(&world, &mut olga, &dinars, "5.25").await.status, StatusCode::OK);
    let of =
        |intent: &str| refunds(&world).into_iter().filter(|one| one.1 == intent).map(|one| one.0).collect::<Vec<_>>();
    assert_eq!((of(&tom.intent), of(&noor.intent)), (vec![700], vec![5_250]));
    assert!(olga.get("/admin/money").await.text().contains("KWD\u{a0}5.250"));
    // Another team's payment is none of this one's.
    let mut foreign = books(&mut olga, tom.team).await;
    foreign["payments"][0]["invoice"] = json!(noor.invoice);
    assert_eq!(give_back(&world, &mut olga, &foreign, "1").await.status, StatusCode::NOT_FOUND);
}

#[sqlx::test]
async fn ba_03_twenty_clicks_in_two_processes_are_one_refund(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mira = Payer::new(&world, "mira@example.com").await;
    let second = world.app.second_process().await;
    let processes = [&world.app, &second];
    // One form, sent by an impatient operator; and another one's, who saw the same payment.
    let (one, other) = (mira.refund(&world, "5", mira.paid), mira.refund(&world, "5", mira.paid));
    let clicks = (0..20).map(|at| {
        let wanted = if at % 5 == 4 { &other } else { &one };
        let billing = &processes[at % 2].state().billing;
        async move { (wanted.id, billing.refund(mira.user, wanted).await) }
    });
    let answers = join_all(clicks).await;
    let winner = answers.iter().find(|answer| answer.1.is_ok()).unwrap().0;
    for (id, answer) in answers {
        match answer {
            Ok(()) => assert_eq!(id, winner),
            Err(error) => {
                assert_ne!(id, winner);
                let (status, code) = code(error);
                assert!(status == 409 && ["act_under_way", "offer_changed"].contains(&code.as_str()), "{code}");
            }
        }
    }
    drain(&world.app).await;
    drain(&second).await;
    assert_eq!(refunds(&world), [(500, mira.intent.clone())]);
    assert_eq!(world.count("select count(*) from billing_acts where state = 'done'").await, 1);
    assert_eq!(world.count("select amount_refunded from billing_invoices").await, 500);
    assert_eq!(letters(&world, "billing_refunded").await, 1);
    assert_eq!(log_of(&world, mira.user).await.len(), 2);
}

#[sqlx::test]
async fn ba_04_what_stripe_does_not_answer_is_kept_and_done_once(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mira = Payer::new(&world, "mira@example.com").await;
    let tom = Payer::new(&world, "tom@example.com").await;
    let mut olga = operator(&world).await;
    fail(&world, "POST", "/v1/refunds", FailureKind::Error);
    let seen = books(&mut olga, mira.team).await;
    let waits = give_back(&world, &mut olga, &seen, "5").await;
    assert_eq!((waits.status, waits.code()), (StatusCode::SERVICE_UNAVAILABLE, "act_waits".into()));
    assert!(waits.text().contains("written down"), "{}", waits.text());
    assert_eq!(refunds(&world), []);
    let page = olga.get("/admin/money").await;
    assert!(page.text().contains("Waits for Stripe") && page.text().contains("Refund of €5.00"), "{}", page.text());
    let front = olga.get("/admin").await;
    let counted = front.text().split("Refunds and ends of plans that wait for Stripe").nth(1).unwrap().to_owned();
    assert!(counted.split("</li>").next().is_some_and(|row| row.contains('1')), "{counted}");
    // What may be on its way counts as gone.
    let meanwhile = books(&mut olga, mira.team).await;
    assert_eq!(left(&meanwhile), mira.paid - 500);
    assert_eq!(give_back(&world, &mut olga, &meanwhile, "5").await.code(), "act_under_way");

    // Stripe had made it in spite of its answer: it is found, and none is made beside it.
    let act = seen["act"].as_str().unwrap().to_owned();
    let made = [("payment_intent", mira.intent.as_str()), ("amount", "500"), ("metadata[act_id]", act.as_str())];
    let made = world.post("refunds", &made).await;
    world.later(Duration::seconds(11));
    let done = olga.json_at("/api/admin/try-money-again", &[("id", &act)]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    assert_eq!(refunds(&world).len(), 1);
    let refund: String =
        sqlx::query_scalar("select stripe_refund from billing_acts").fetch_one(world.app.db()).await.unwrap();
    assert_eq!(json!(refund), made["id"]);

    // Nobody presses anything: its job goes on. And what cannot be read afterwards is read later.
    fail(&world, "POST", "/v1/refunds", FailureKind::Error);
    let seen = books(&mut olga, tom.team).await;
    assert_eq!(give_back(&world, &mut olga, &seen, "5").await.code(), "act_waits");
    hurry(&world).await;
    drain(&world.app).await;
    assert_eq!(refunds(&world).len(), 2);
    assert_eq!(world.count("select count(*) from billing_acts where state = 'open'").await, 0);
    fail(&world, "GET", "/v1/refunds/", FailureKind::Error);
    for _ in 0..40 {
        fail(&world, "GET", "/v1/refunds/", FailureKind::Error);
    }
    let seen = books(&mut olga, tom.team).await;
    let billing = world.app.state().billing.clone();
    let wanted = RefundWanted { id: act_id(&world), left: left(&seen), ..tom.refund(&world, "2", 0) };
    let asked = tokio::spawn(async move { billing.refund(tom.user, &wanted).await });
    until("Stripe has made it", || async { refunds(&world).len() == 3 }).await;
    until("it stands here", || async {
        world.count("select count(*) from billing_acts where state = 'done'").await == 3
    })
    .await;
    assert_eq!(left(&books(&mut olga, tom.team).await), tom.paid - 700, "also before it was read");
    world.sandbox.stripe().knobs.failures.clear();
    asked.await.unwrap().unwrap();
    hurry(&world).await;
    drain(&world.app).await;
    assert_eq!(left(&books(&mut olga, tom.team).await), tom.paid - 700);
    assert_eq!(world.count("select count(*) from billing_adjustments").await, 3);
    assert_eq!(letters(&world, "billing_refunded").await, 3);
}

#[sqlx::test]
async fn ba_05_killed_while_stripe_answers_it_is_one_refund(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mira = Payer::new(&world, "mira@example.com").await;
    drain(&world.app).await;
    let asked = || async { world.sandbox.stripe().knobs.failures.is_empty() };
    // Whoever pressed the button is gone before Stripe has answered.
    fail(&world, "POST", "/v1/refunds", FailureKind::Hang);
    let (billing, wanted) = (world.app.state().billing.clone(), mira.refund(&world, "5", mira.paid));
    let pressed = tokio::spawn(async move { billing.refund(mira.user, &wanted).await });
    until("it is asked", asked).await;
    pressed.abort();
    assert!(pressed.await.unwrap_err().is_cancelled());
    // So is the process that does its job.
    fail(&world, "POST", "/v1/refunds", FailureKind::Hang);
    let mut child = other_process(&world, None).await;
    let_it_go(&mut child).await;
    until("it is asked again", asked).await;
    kill(child).await;
    // Stripe answers a repetition at once, so the process may have noted it just before it died.
    assert_eq!(world.count("select count(*) from billing_acts").await, 1);
    hurry(&world).await;
    drain(&world.app).await;
    assert_eq!(refunds(&world), [(500, mira.intent.clone())]);
    assert_eq!(world.count("select count(*) from billing_acts where state = 'done'").await, 1);
    assert_eq!(world.count("select amount_refunded from billing_invoices").await, 500);
    assert_eq!(letters(&world, "billing_refunded").await, 1);
    let log = log_of(&world, mira.user).await;
    assert_eq!(log.len(), 2, "{log:?}");
}

#[sqlx::test]
async fn ba_06_what_stripe_refuses_is_told_with_what_to_do_and_what_it_says_now(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mira = Payer::new(&world, "mira@example.com").await;
    let mut olga = operator(&world).await;
    let seen = books(&mut olga, mira.team).await;
    // Somebody was quicker, in the dashboard, and the event was lost.
    world.act(json!({ "kind": "refund", "subscription": mira.subscription, "amount": mira.paid - 100 }));
    world.lose();
    let refused = give_back(&world, &mut olga, &seen, "5").await;
    assert_eq!((refused.status, refused.code()), (StatusCode::BAD_GATEWAY, "act_refused".into()));
    assert!(refused.text().contains("dashboard") && refused.text().contains("nothing was done"), "{}", refused.text());
    assert_eq!(refunds(&world).len(), 1);
    let now = books(&mut olga, mira.team).await;
    assert_eq!((left(&now), &now["acts"][0]["state"]), (100, &json!("refused")));
    assert!(now["acts"][0]["problem"].as_str().is_some_and(|word| !word.is_empty()), "{now}");
    // The same form is refused as before, without another question; a new one is done.
    assert_eq!(give_back(&world, &mut olga, &seen, "5").await.code(), "act_refused");
    assert_eq!(give_back(&world, &mut olga, &now, "1").await.status, StatusCode::OK);
    let kinds: Vec<String> = log_of(&world, mira.user).await.into_iter().map(|line| line.0).collect();
    assert_eq!(kinds, ["billing_refund_asked", "billing_refund_refused", "billing_refund_asked", "billing_refunded"]);
    // What was paid elsewhere than at Stripe cannot go back from there.
    sqlx::query("update billing_invoices set payment_intent = null, amount_refunded = 0")
        .execute(world.app.db())
        .await
        .unwrap();
    let elsewhere = books(&mut olga, mira.team).await;
    assert_eq!(elsewhere["payments"][0]["left"], Value::Null);
    assert_eq!(give_back(&world, &mut olga, &elsewhere, "1").await.code(), "nothing_to_refund");
}

#[sqlx::test]
async fn ba_07_a_plan_ends_at_once_everywhere_and_nothing_is_billed_or_given_back_by_it(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mira = Payer::new(&world, "mira@example.com").await;
    let mut olga = operator(&world).await;
    let second = world.app.second_process().await;
    let plan = async || {
        let mut connection = second.db().acquire().await.unwrap();
        second.state().billing.entitlement(&mut connection, mira.team).await.unwrap().plan
    };
    assert_eq!(plan().await, "pro");
    let seen = books(&mut olga, mira.team).await;
    let mut other = seen.clone();
    other["plan"]["subscription"] = json!("sub_another");
    let changed = olga.json_at("/api/admin/end-plan", &fields(&end_form(&other))).await;
    assert_eq!((changed.status, changed.code()), (StatusCode::CONFLICT, "offer_changed".into()));

    // Stripe does it, but what arrives is a failure: asked again, it is over already.
    fail(&world, "DELETE", "/v1/subscriptions", FailureKind::Lost);
    let form = end_form(&seen);
    let done = olga.post_form("/api/admin/end-plan", &fields(&form)).await;
    assert_eq!(done.location(), format!("/admin/money/{}?done=plan_ended", mira.team), "{}", done.text());
    assert_eq!(plan().await, "free");
    let theirs = world.sandbox.stripe().subscriptions(&mira.customer);
    assert_eq!(theirs[0]["status"], "canceled");
    world.assert_same(&mira.customer, "no event came").await;
    assert_eq!(world.sandbox.stripe().objects("invoice").len(), 1, "nothing is billed");
    assert_eq!(refunds(&world), [], "and nothing goes back");
    assert_eq!(letters(&world, "billing_ended").await, 1);

    // Again it changes nothing: by the form, by its job, by events.
    let again = olga.post_form("/api/admin/end-plan", &fields(&form)).await;
    assert_eq!(again.location(), format!("/admin/money/{}?done=plan_ended", mira.team));
    world.hear_all().await;
    drain(&world.app).await;
    assert_eq!(letters(&world, "billing_ended").await, 1);
    let log = log_of(&world, mira.user).await;
    let kinds: Vec<&str> = log.iter().map(|line| line.0.as_str()).collect();
    assert_eq!(kinds, ["billing_end_asked", "billing_ended"]);
    assert!(log[1].1.is_some() && log[1].2["plan"] == "pro", "{log:?}");
    let over = books(&mut olga, mira.team).await;
    assert_eq!((&over["plan"], &over["team"]["plan"]), (&Value::Null, &json!("Free")));
    let fresh = EndWanted {
        id: act_id(&world),
        team: mira.team,
        subscription: mira.subscription.clone(),
        because: "x".to_owned(),
    };
    let none = world.app.state().billing.end_now(mira.user, &fresh).await.unwrap_err();
    assert_eq!(code(none), (409, "not_subscribed".to_owned()));
    // What was paid can still go back.
    world.later(Duration::seconds(11));
    assert_eq!(give_back(&world, &mut olga, &over, "1").await.status, StatusCode::OK);
}

#[sqlx::test]
async fn ba_08_only_operators_with_a_recent_proof_and_a_reason_move_money(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mira = Payer::new(&world, "mira@example.com").await;
    let mut olga = operator(&world).await;
    let seen = books(&mut olga, mira.team).await;
    let (refund, end) = (refund_form(&seen, "5"), end_form(&seen));
    let acts = [("/api/admin/refund", &refund), ("/api/admin/end-plan", &end)];
    // The owner of the team is no operator.
    let mut owner = signed_in(&world, "mira@example.com").await;
    let mut stranger = Browser::new(&world.app);
    for (place, form) in acts {
        assert_eq!(owner.json_at(place, &fields(form)).await.status, StatusCode::NOT_FOUND, "{place}");
        assert_eq!(stranger.json_at(place, &fields(form)).await.status, StatusCode::UNAUTHORIZED, "{place}");
        let mut silent = form.clone();
        silent.last_mut().unwrap().1 = " \n ".to_owned();
        let refused = olga.json_at(place, &fields(&silent)).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "reason_missing".into()));
    }
    for page in ["/admin/money".to_owned(), format!("/admin/money/{}", mira.team)] {
        assert_eq!(owner.get(&page).await.status, StatusCode::NOT_FOUND);
        assert!(stranger.get(&page).await.location().starts_with("/signin?next="));
    }
    world.later(Duration::minutes(11));
    for (place, form) in acts {
        let old = olga.json_at(place, &fields(form)).await;
        assert_eq!((old.status, old.code()), (StatusCode::FORBIDDEN, "prove_first".into()), "{place}");
    }
    assert_eq!(olga.get("/admin/money").await.status, StatusCode::OK, "looking needs no new proof");
    assert_eq!(world.count("select count(*) from billing_acts").await, 0);
    assert_eq!((refunds(&world), world.entitlement(mira.team).await.plan.as_str()), (Vec::new(), "pro"));
    // Whatever an operator writes stays text, on one line, and is nobody else's.
    let mut olga = signed_in(&world, OPERATOR).await;
    let mut loud = refund.clone();
    loud[5].1 = "<script>alert(1)</script>\r\nsecond".to_owned();
    assert_eq!(olga.json_at("/api/admin/refund", &fields(&loud)).await.status, StatusCode::OK);
    let page = olga.get(&format!("/admin/money/{}", mira.team)).await;
    assert!(page.text().contains("alert(1)") && !page.text().contains("<script>alert"), "{}", page.text());
    assert_eq!(world.count("select count(*) from billing_acts where because like '%</script> second'").await, 1);
    let mut owner = signed_in(&world, "mira@example.com").await;
    assert!(!owner.get("/billing").await.text().contains("alert(1)"));
    assert_eq!(world.count("select count(*) from audit_events where detail::text like '%alert%'").await, 0);
}

#[sqlx::test]
async fn ba_09_without_a_key_of_stripes_the_list_stays_and_nothing_is_moved(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mira = Payer::new(&world, "mira@example.com").await;
    let mut olga = operator(&world).await;
    let seen = books(&mut olga, mira.team).await;
    world.act(json!({ "kind": "refund", "subscription": mira.subscription, "amount": 700 }));
    world.hear_all().await;
    let off =
        Box::pin(world.app.second_process_with(&[("STRIPE_SECRET_KEY", ""), ("STRIPE_WEBHOOK_SECRET", "")])).await;
    let mut there = olga.at(&off);
    let page = there.get("/admin/money").await;
    assert!(page.text().contains("Billing is off here") && page.text().contains("Refund: €7.00"), "{}", page.text());
    for (place, form) in [("/api/admin/refund", refund_form(&seen, "5")), ("/api/admin/end-plan", end_form(&seen))] {
        assert_eq!(there.json_at(place, &fields(&form)).await.code(), "billing_off", "{place}");
    }
    assert_eq!(world.count("select count(*) from billing_acts").await, 0);
}

#[sqlx::test]
async fn ba_10_a_refund_that_does_not_arrive_is_counted_once_and_can_be_made_again(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mira = Payer::new(&world, "mira@example.com").await;
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let figures = recorder.handle();
    // The test runs on one thread, and so does whatever it waits for.
    let _here = metrics::set_default_local_recorder(&recorder);
    let counted = || {
        figures.render().lines().find(|line| line.starts_with("aura_billing_refunds_failed_total")).map(str::to_owned)
    };
    let wanted = mira.refund(&world, "5", mira.paid);
    world.app.state().billing.refund(mira.user, &wanted).await.unwrap();
    let refund = world.sandbox.stripe().objects("refund")[0]["id"].as_str().unwrap().to_owned();
    let posts = world.sandbox.stripe().flush_events();
    let told = posts.iter().find(|post| post.kind == "refund.created").unwrap();
    world.hear(told).await;
    assert_eq!(counted(), None, "it is on its way");
    // The card is closed, and the money comes back to us.
    world.sandbox.stripe().bend(&refund, &json!({ "status": "failed" })).unwrap();
    world.hear(told).await;
    world.hear(told).await;
    assert_eq!(counted().as_deref(), Some("aura_billing_refunds_failed_total 1"));
    assert_eq!(world.count("select amount_refunded from billing_invoices").await, 0);
    let books = world.app.state().billing.books(mira.team).await.unwrap();
    assert_eq!((books.payments[0].left.minor, books.backs[0].status.as_str()), (mira.paid, "failed"));
}

/// Lets somebody sit in a team, whoever invited them.
async fn seat(world: &BillingWorld, team: TeamId, name: &str) -> UserId {
    let now = world.app.clock().now();
    let member: UserId = world.app.state().random.id(now);
    sqlx::query("insert into users (id, display_name, created_at) values ($1, $2, $3)")
        .bind(uuid::Uuid::from(member))
        .bind(name)
        .bind(now)
        .execute(world.app.db())
        .await
        .unwrap();
    sqlx::query("insert into team_members (team_id, user_id, role, joined_at) values ($1, $2, 'member', $3)")
        .bind(uuid::Uuid::from(team))
        .bind(uuid::Uuid::from(member))
        .bind(now)
        .execute(world.app.db())
        .await
        .unwrap();
    member
}

/// A team that is paid for by the seat, with so many members.
async fn seated(world: &BillingWorld, seats: i64) -> (UserId, TeamId, String, Vec<UserId>) {
    let (ada, _) = world.person("ada@example.com").await;
    let team = world.app.state().teams.make(ada, "Northbeam").await.unwrap();
    let mut members = Vec::new();
    for number in 1..seats {
        members.push(seat(world, team, &format!("Person {number}")).await);
    }
    let customer = world.customer(team).await;
    world.act(json!({
        "kind": "second_subscription", "customer": customer, "price": "aura_team_monthly", "quantity": seats,
        "card": Card::PAYS.0, "metadata": { "team_id": team.to_string() },
    }));
    world.app.state().billing.sync_customer(&customer).await.unwrap();
    (ada, team, customer, members)
}

#[sqlx::test]
async fn bi_29_seats_follow_the_members_at_the_end_of_what_is_paid(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let (ada, team, customer, members) = seated(&world, 4).await;
    let next = async || -> Option<i32> {
        sqlx::query_scalar("select next_seats from billing_subscriptions where team_id = $1")
            .bind(uuid::Uuid::from(team))
            .fetch_one(world.app.db())
            .await
            .unwrap()
    };
    let quantity = || world.sandbox.stripe().subscriptions(&customer)[0]["items"]["data"][0]["quantity"].clone();
    let invoices = world.sandbox.stripe().objects("invoice").len();
    for gone in &members[..2] {
        world.later(Duration::minutes(1));
        world.app.state().teams.remove(ada, team, *gone).await.unwrap();
        drain(&world.app).await;
    }
    assert_eq!((next().await, quantity()), (Some(2), json!(4)), "what is paid stays until its end");
    assert_eq!(world.entitlement(team).await.seats, 4);
    assert_eq!(world.sandbox.stripe().objects("invoice").len(), invoices);
    let billing = &world.app.state().billing;
    // Asked again, it waits as it did.
    billing.follow_members(team, true).await.unwrap();
    assert_eq!(next().await, Some(2));
    // Who comes in meanwhile sits on a seat that is paid already, and keeps it; then they leave as well.
    let again = seat(&world, team, "Person again").await;
    for (somebody_left, seats) in [(false, 3), (true, 3)] {
        world.later(Duration::minutes(1));
        billing.follow_members(team, somebody_left).await.unwrap();
        assert_eq!((next().await, quantity()), (Some(seats), json!(4)));
    }
    world.app.state().teams.remove(ada, team, again).await.unwrap();
    drain(&world.app).await;
    assert_eq!(next().await, Some(2));
    world.later(Duration::days(32));
    world.settle().await;
    assert_eq!((quantity(), world.entitlement(team).await.seats), (json!(2), 2));
    // A personal team and one without a plan have nothing to follow.
    let (_, own) = world.person("tom@example.com").await;
    billing.follow_members(own, true).await.unwrap();
    let free = world.app.state().teams.make(ada, "Without a plan").await.unwrap();
    billing.follow_members(free, true).await.unwrap();
}

#[sqlx::test]
async fn bi_30_programs_read_the_plan_its_limits_and_what_is_used_and_no_money(db: PgPool) {
    let world = BillingWorld::new(db).await;
    let mira = Payer::new(&world, "mira@example.com").await;
    let (tom, his) = world.person("tom@example.com").await;
    let program = Program::new(&world.app, mira.user).await;
    let answer = program.get("/api/v1/billing").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let plan = answer.value();
    assert_eq!((&plan["team"], &plan["plan"], &plan["standing"]), (&json!(mira.team), &json!("pro"), &json!("active")));
    let limits = world.entitlement(mira.team).await.limits;
    assert_eq!((&plan["limits"]["messages"], &plan["seats"]), (&json!(limits.messages), &json!(1)));
    assert_eq!((&plan["usage"]["messages"], &plan["usage"]["resets_at"]), (&json!(0), &json!("2026-04-01T00:00:00Z")));
    assert!(plan["until"].as_str().is_some_and(|until| until.starts_with("2026-04-12T")), "{plan}");
    for money in ["amount", "invoice", "eur", "cus_", "sub_", "last4"] {
        assert!(!answer.text().contains(money), "{money}: {}", answer.text());
    }
    let free = Program::new(&world.app, tom).await.get("/api/v1/billing").await.value();
    assert_eq!((&free["team"], &free["plan"], &free["standing"]), (&json!(his), &json!("free"), &json!("free")));
    assert_eq!(free.get("until"), None);
    assert_eq!(program.showing("").get("/api/v1/billing").await.status, StatusCode::UNAUTHORIZED);
}
