//! What operators can do, and that nobody else can.

use aura::{identity::service::operators::Operator, kit::id::UserId, serve};
use http::{Method, StatusCode};
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Browser, forms_of, mails_to, newest_mail, wait},
    program::Program,
    support::TestApp,
};

const OPERATOR: &str = "olga@example.com";
const MEMBER: &str = "mira@example.com";
const PAGES: [&str; 6] =
    ["/admin", "/admin/jobs", "/admin/events", "/admin/people", "/admin/money", "/admin/invitations"];

const NOWHERE: [&str; 3] = [
    "/admin/people/0192f0c1-0000-7000-8000-000000000000",
    "/admin/money/0192f0c1-0000-7000-8000-000000000000",
    "/admin/nowhere",
];

async fn app(db: PgPool) -> TestApp {
    TestApp::with(db, &[("LIMIT_STORE_TIMEOUT", "20000")]).await
}

async fn signed_in(app: &TestApp, email: &str) -> Browser {
    wait(app, Duration::seconds(30));
    let mut browser = Browser::new(app);
    browser.sign_in(app, email).await;
    browser
}

async fn operator(app: &TestApp) -> Browser {
    signed_in(app, OPERATOR).await;
    assert!(app.identity().set_operator(Operator::Command, OPERATOR, true).await.unwrap());
    signed_in(app, OPERATOR).await
}

async fn id_of(app: &TestApp, email: &str) -> UserId {
    let id: uuid::Uuid = sqlx::query_scalar("select user_id from user_emails where email = $1::text::citext")
        .bind(email)
        .fetch_one(app.db())
        .await
        .unwrap();
    id.into()
}

/// Kind and actor of each line about a person, the oldest first.
async fn log_of(app: &TestApp, subject: &str) -> Vec<(String, Option<String>)> {
    sqlx::query_as("select kind, actor from audit_events where subject = $1 order by created_at, id")
        .bind(subject)
        .fetch_all(app.db())
        .await
        .unwrap()
}

#[sqlx::test]
async fn ad_01_for_everybody_else_there_is_nothing(db: PgPool) {
    let app = app(db).await;
    operator(&app).await;
    let mut member = signed_in(&app, MEMBER).await;
    let mut stranger = Browser::new(&app);
    for page in PAGES.iter().copied().chain(NOWHERE) {
        let refused = member.get(page).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{page}");
        assert!(!refused.text().contains("Administration") && !refused.text().contains(OPERATOR), "{page}");
        let sent = stranger.get(page).await;
        assert!(sent.status == StatusCode::SEE_OTHER && sent.location().starts_with("/signin?next="), "{page}");
    }
    let functions: Vec<_> =
        serve::routes(app.state()).into_iter().filter(|it| it.path.starts_with("/api/admin/")).collect();
    assert!(functions.len() >= 13, "{}", functions.len());
    let id = id_of(&app, OPERATOR).await.to_string();
    for function in functions {
        wait(&app, Duration::seconds(11));
        let fields = [("id", id.as_str()), ("email", "x@example.com"), ("reason", "x"), ("words", ""), ("state", "")];
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        for (browser, status) in [(&mut stranger, StatusCode::UNAUTHORIZED), (&mut member, StatusCode::NOT_FOUND)] {
            let answer = if function.method == Method::GET {
                browser.get_json(&format!("{}?{query}", function.path)).await
            } else {
                browser.json_at(&function.path, &fields).await
            };
            assert_eq!(answer.status, status, "{}: {}", function.path, answer.text());
            assert!(!answer.text().contains(OPERATOR), "{}", function.path);
        }
    }
    assert_eq!(mails_to(&app, "x@example.com").await, 0);
}

#[sqlx::test]
async fn ad_02_with_the_role_every_page_opens_and_without_it_none(db: PgPool) {
    let app = app(db).await;
    let mut before = signed_in(&app, OPERATOR).await;
    wait(&app, Duration::seconds(1));
    assert!(app.identity().set_operator(Operator::Command, OPERATOR, true).await.unwrap());
    assert!(!app.identity().set_operator(Operator::Command, OPERATOR, true).await.unwrap(), "granted already");
    assert_eq!(before.viewer().await, None, "a session from before goes on with no other rights");
    assert!(newest_mail(&app, OPERATOR).await.0.subject.contains("operate"));
    let id = id_of(&app, OPERATOR).await.to_string();
    assert_eq!(log_of(&app, &id).await.last().unwrap(), &("role_granted".into(), Some("command line".into())));

    let mut olga = signed_in(&app, OPERATOR).await;
    for page in PAGES {
        let opened = olga.get(page).await;
        assert_eq!(opened.status, StatusCode::OK, "{page}: {}", opened.text());
        assert!(opened.text().contains("Administration"), "{page}");
    }
    assert_eq!(olga.get("/admin/nowhere").await.status, StatusCode::NOT_FOUND);

    assert!(app.identity().set_operator(Operator::Command, OPERATOR, false).await.unwrap());
    assert_eq!(olga.viewer().await, None);
    let mut olga = signed_in(&app, OPERATOR).await;
    assert_eq!(olga.get("/admin").await.status, StatusCode::NOT_FOUND);
    assert!(app.identity().set_operator(Operator::Command, "nobody@example.com", true).await.is_err());
}

#[sqlx::test]
async fn ad_03_whoever_is_suspended_is_out_at_the_next_request_everywhere(db: PgPool) {
    let app = app(db).await;
    let other = app.second_process().await;
    let mut olga = operator(&app).await;
    let mut here = signed_in(&app, MEMBER).await;
    let mut there = signed_in(&other, MEMBER).await;
    let mira = id_of(&app, MEMBER).await.to_string();
    let page = format!("/admin/people/{mira}");
    wait(&app, Duration::seconds(1));
    let done = olga.post_form("/api/admin/suspend", &[("id", &mira), ("reason", "spam,\r\n and more")]).await;
    assert_eq!((done.status, done.location()), (StatusCode::FOUND, format!("{page}?done=suspended").as_str()));
    assert_eq!((here.viewer().await, there.viewer().await), (None, None));
    assert_eq!(here.at(&other).get_json("/chat").await.status, StatusCode::UNAUTHORIZED);

    let shown = olga.get(&page).await;
    assert!(shown.text().contains("spam, and more") && shown.text().contains(MEMBER), "{}", shown.text());
    assert!(newest_mail(&app, MEMBER).await.0.subject.contains("suspended"));
    wait(&app, Duration::seconds(30));
    let mut again = Browser::new(&other);
    again.start(MEMBER, "").await;
    let code = newest_mail(&app, MEMBER).await.code();
    let refused = again.json("verify-code", &[("code", &code)]).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "suspended".into()));

    let done = olga.post_form("/api/admin/restore", &[("id", &mira)]).await;
    assert_eq!(done.location(), format!("{page}?done=restored"));
    assert_eq!(here.viewer().await, None, "a session that ended stays ended");
    signed_in(&app, MEMBER).await;
    let olga_id = id_of(&app, OPERATOR).await.to_string();
    let log = log_of(&app, &mira).await;
    for kind in ["suspended", "restored"] {
        assert!(log.contains(&(kind.into(), Some(olga_id.clone()))), "{kind}: {log:?}");
    }
}

#[sqlx::test]
async fn sessions_end_by_an_operators_hand_and_the_person_is_told(db: PgPool) {
    let app = app(db).await;
    let mut olga = operator(&app).await;
    let mut mira = signed_in(&app, MEMBER).await;
    let id = id_of(&app, MEMBER).await.to_string();
    let secret = mira.cookie("__Host-aura").unwrap();
    wait(&app, Duration::seconds(1));
    let page = olga.get(&format!("/admin/people/{id}")).await;
    assert!(forms_of(&secret).iter().all(|form| !page.text().contains(form.as_str())), "a secret is on the page");
    let done = olga.post_form("/api/admin/end-sessions", &[("id", &id)]).await;
    assert_eq!(done.status, StatusCode::FOUND, "{}", done.text());
    assert_eq!(mira.viewer().await, None);
    assert!(newest_mail(&app, MEMBER).await.0.subject.contains("signed out"));
}

#[sqlx::test]
async fn ad_04_an_operator_needs_a_reason_a_recent_proof_and_another_person(db: PgPool) {
    let app = app(db).await;
    let mut olga = operator(&app).await;
    let mut mira = signed_in(&app, MEMBER).await;
    let (own, id) = (id_of(&app, OPERATOR).await.to_string(), id_of(&app, MEMBER).await.to_string());
    let refused = olga.json_at("/api/admin/suspend", &[("id", &id), ("reason", " \n ")]).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "reason_missing".into()));
    let refused = olga.json_at("/api/admin/suspend", &[("id", &own), ("reason", "x")]).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "own_account".into()));
    let nobody = "0192f0c1-0000-7000-8000-000000000000";
    let refused = olga.json_at("/api/admin/suspend", &[("id", nobody), ("reason", "x")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    wait(&app, Duration::minutes(11));
    let refused = olga.json_at("/api/admin/suspend", &[("id", &id), ("reason", "x")]).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "prove_first".into()));
    assert_eq!(olga.get("/admin/people").await.status, StatusCode::OK, "looking needs no new proof");
    assert!(mira.viewer().await.is_some());
}

#[sqlx::test]
async fn people_are_found_by_id_address_handle_and_name(db: PgPool) {
    let app = app(db).await;
    let mut olga = operator(&app).await;
    signed_in(&app, MEMBER).await;
    signed_in(&app, "jonas_%@example.com").await;
    let id = id_of(&app, MEMBER).await.to_string();
    sqlx::query("update users set display_name = 'Mira Okafor' where id = $1::text::uuid")
        .bind(&id)
        .execute(app.db())
        .await
        .unwrap();
    for (words, found, not) in [
        (id.as_str(), MEMBER, "jonas_"),
        ("MIRA@ex", MEMBER, "jonas_"),
        ("okafor", MEMBER, "jonas_"),
        ("%25", "jonas_", MEMBER),
        ("", MEMBER, "nobody"),
    ] {
        let page = olga.get(&format!("/admin/people?q={words}")).await;
        let listed = page.text().split("class=\"rows\"").nth(1).unwrap_or_default().to_owned();
        assert!(listed.contains(found) && !listed.contains(not), "{words}: {listed}");
    }
    let none = olga.get("/admin/people?q=%3Cscript%3E").await;
    assert!(none.text().contains("Nobody fits") && !none.text().contains("<script>\""), "{}", none.text());
}

#[sqlx::test]
async fn ad_05_a_dead_mail_is_sent_again(db: PgPool) {
    let app = app(db).await;
    let mut olga = operator(&app).await;
    Browser::new(&app).start("dead@example.com", "").await;
    sqlx::query("update mails set state = 'failed', problem = 'the mailbox is full', settled_at = created_at where recipient = 'dead@example.com'")
        .execute(app.db())
        .await
        .unwrap();
    let id: uuid::Uuid = sqlx::query_scalar("select id from mails where recipient = 'dead@example.com'")
        .fetch_one(app.db())
        .await
        .unwrap();
    let page = olga.get("/admin/jobs").await;
    assert!(page.text().contains("dead@example.com") && page.text().contains("the mailbox is full"), "{}", page.text());
    let code = newest_mail(&app, "dead@example.com").await.code();
    assert!(!page.text().contains(&code), "what is in a letter is nobody's business");
    let done = olga.post_form("/api/admin/send-mail-again", &[("id", &id.to_string())]).await;
    assert_eq!(done.location(), "/admin/jobs?done=mail", "{}", done.text());
    let state: String =
        sqlx::query_scalar("select state from mails where id = $1").bind(id).fetch_one(app.db()).await.unwrap();
    assert_eq!(state, "waiting");
    let again = olga.json_at("/api/admin/send-mail-again", &[("id", &id.to_string())]).await;
    assert_eq!((again.status, again.code()), (StatusCode::CONFLICT, "nothing_to_run".into()));
    let own = id_of(&app, OPERATOR).await.to_string();
    assert_eq!(log_of(&app, &own).await.last().unwrap(), &("mail_sent_again".into(), Some(own)));
}

/// Number and words are gone by then, so all that can be told is why.
#[sqlx::test]
async fn text_messages_that_were_given_up_are_told_without_their_number(db: PgPool) {
    let app = app(db).await;
    let mut olga = operator(&app).await;
    let nothing = olga.get("/admin/jobs").await;
    assert!(nothing.text().contains("None. A text message is tried"), "{}", nothing.text());
    let rows = "insert into text_messages (id, template, country, created_at, due_at, useless_at, state, problem, tries, settled_at)
                select gen_random_uuid(), 'phone', country, $1, $1, $1, state, problem, 3, $1
                from (values ('DE', 'failed', 'the service refused it: OptedOut'), ('FR', 'sent', null))
                    as rows (country, state, problem)";
    sqlx::query(rows).bind(app.clock().now()).execute(app.db()).await.unwrap();
    let page = olga.get("/admin/jobs").await;
    assert!(page.text().contains("phone to DE") && page.text().contains("OptedOut"), "{}", page.text());
    assert!(page.text().contains("3 tries") && !page.text().contains("phone to FR"), "{}", page.text());
    let front = olga.get("/admin").await;
    let counted = front.text().split("Text messages that did not leave").nth(1).unwrap_or_default().to_owned();
    assert!(counted.split("</li>").next().is_some_and(|row| row.contains('1')), "{counted}");
}

#[sqlx::test]
async fn apps_are_told_by_the_name_of_their_device(db: PgPool) {
    let app = app(db).await;
    let mut olga = operator(&app).await;
    signed_in(&app, MEMBER).await;
    let mira = id_of(&app, MEMBER).await;
    Program::on(&app, mira, None, "Mira's old phone").await;
    let page = olga.get(&format!("/admin/people/{mira}")).await;
    assert!(page.text().contains("Mira's old phone") && page.text().contains("App on iOS"), "{}", page.text());
    assert!(!page.text().contains("Aura/2.4.1"), "what a program calls itself tells nobody anything");
}

#[sqlx::test]
async fn ad_06_a_job_that_was_given_up_runs_again(db: PgPool) {
    let app = app(db).await;
    let mut olga = operator(&app).await;
    let id: i64 = sqlx::query_scalar(
        "select id from graphile_worker.add_job('aura', payload => '{\"task\": \"count_stars\", \"payload\": {}}'::json, max_attempts => 8)",
    )
    .fetch_one(app.db())
    .await
    .unwrap();
    let give_up = "update graphile_worker._private_jobs set attempts = 8, last_error = 'too many stars' where id = $1";
    sqlx::query(give_up).bind(id).execute(app.db()).await.unwrap();
    assert_eq!(aura::platform::jobs::given_up(app.db()).await.unwrap(), 1);
    let page = olga.get("/admin/jobs").await;
    assert!(page.text().contains("count_stars") && page.text().contains("too many stars"), "{}", page.text());
    let done = olga.post_form("/api/admin/run-job-again", &[("id", &id.to_string())]).await;
    assert_eq!(done.location(), "/admin/jobs?done=job", "{}", done.text());
    let tries: i16 = sqlx::query_scalar("select attempts from graphile_worker._private_jobs where id = $1")
        .bind(id)
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(tries, 0);
    let none = olga.json_at("/api/admin/run-job-again", &[("id", "999999")]).await;
    assert_eq!(none.status, StatusCode::CONFLICT);
}

#[sqlx::test]
async fn ad_07_an_event_that_failed_is_done_again(db: PgPool) {
    let app = app(db).await;
    let mut olga = operator(&app).await;
    let id = uuid::Uuid::from_u128(7);
    sqlx::query(
        "insert into webhook_events (id, source, event_id, kind, sealed_body, state, problem, sent_at, received_at)
         values ($1, 'resend', 'msg_1', 'email.bounced', 'sealed', 'failed', 'nobody knows it', $2, $2)",
    )
    .bind(id)
    .bind(app.clock().now())
    .execute(app.db())
    .await
    .unwrap();
    for (state, listed) in [("", true), ("failed", true), ("done", false), ("nonsense", true)] {
        let page = olga.get(&format!("/admin/events?state={state}")).await;
        assert_eq!(page.text().contains("email.bounced"), listed, "{state}");
    }
    let done = olga.post_form("/api/admin/run-event-again", &[("id", &id.to_string())]).await;
    assert_eq!(done.location(), "/admin/events?done=event", "{}", done.text());
    let state: String = sqlx::query_scalar("select state from webhook_events").fetch_one(app.db()).await.unwrap();
    assert_eq!(state, "waiting");
}

#[sqlx::test]
async fn invitations_are_sent_listed_and_taken_back(db: PgPool) {
    let app = app(db).await;
    let mut olga = operator(&app).await;
    let done = olga.post_form("/api/admin/invite", &[("email", "New@Example.com")]).await;
    assert_eq!(done.location(), "/admin/invitations?done=invited", "{}", done.text());
    assert_eq!(mails_to(&app, "new@example.com").await, 1);
    assert!(olga.get("/admin/invitations").await.text().contains("new@example.com"));
    for (email, code) in [
        ("no address", "email_invalid"),
        (OPERATOR, "has_account"),
        ("x@example.com\r\nBcc: y@example.com", "email_invalid"),
    ] {
        let refused = olga.json_at("/api/admin/invite", &[("email", email)]).await;
        assert_eq!(refused.code(), code, "{email}");
    }
    let id = app.identity().invitations().await.unwrap()[0].id.to_string();
    let done = olga.post_form("/api/admin/take-back-invitation", &[("id", &id)]).await;
    assert_eq!(done.location(), "/admin/invitations?done=taken_back");
    assert!(app.identity().invitations().await.unwrap().is_empty());
}
