//! Giving access back, also where the service is away when it is asked.

use aura::{
    integrations::{Readings, model::Verdict, service::forms::Pasting},
    kit::id::ConnectionId,
    platform::crypto::Place,
    serve,
};
use sandbox::faults::{Fault, Kind};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::{
    abroad::{Abroad, MIRA},
    browser::{dump, wait},
    oauth1::visit,
    pasted::{paste, pasted},
    support::TestApp,
    vendor::{Vendor, connect, count, fields, person, user_of},
};

const LINEAR: &str = "/api.linear.app/oauth/revoke";

async fn kinds(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("select kind from connection_events order by created_at, kind desc")
        .fetch_all(app.db())
        .await
        .unwrap()
}

#[sqlx::test]
async fn rf_11_access_that_could_not_be_given_back_is_tried_for_a_day_and_then_destroyed(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers_times(1, "POST", LINEAR, ResponseTemplate::new(200)).await;
    vendor.answers("POST", LINEAR, ResponseTemplate::new(503).insert_header("retry-after", "600")).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let integrations = &app.state().integrations;
    let id = connect(&app, user, "linear", "canary-access", Some("canary-refresh"), None).await;
    let ended = integrations.disconnect(user, id, Readings::Keep).await.unwrap();
    assert_eq!(ended.verdict, Verdict::Failed);
    assert_eq!((count(&app, "connections").await, count(&app, "revocations").await), (0, 1));
    assert!(!dump(&app).await.contains("canary-"), "what is kept is sealed");
    let sent: Vec<String> = vendor.asked(LINEAR).await.iter().map(|request| fields(request)["token"].clone()).collect();
    assert_eq!(sent, ["canary-refresh", "canary-access"]);

    // It is not asked sooner than it wants, and only for what is left.
    for _ in 0..9 {
        wait(&app, Duration::MINUTE);
        integrations.revoke_due().await.unwrap();
    }
    assert_eq!(vendor.asked(LINEAR).await.len(), 2);
    wait(&app, Duration::minutes(2));
    integrations.revoke_due().await.unwrap();
    let again = vendor.asked(LINEAR).await;
    assert_eq!((again.len(), fields(&again[2])["token"].as_str()), (3, "canary-access"));

    let mut minutes = 0;
    while count(&app, "revocations").await == 1 {
        wait(&app, Duration::minutes(30));
        integrations.revoke_due().await.unwrap();
        minutes += 30;
        assert!(minutes <= 24 * 60, "kept for longer than a day");
    }
    let tries = vendor.asked(LINEAR).await.len();
    assert!((10..60).contains(&tries), "{tries}");
    assert_eq!(kinds(&app).await, ["disconnected", "access_not_returned", "access_never_returned"]);
    wait(&app, Duration::DAY);
    integrations.revoke_due().await.unwrap();
    assert_eq!(vendor.asked(LINEAR).await.len(), tries);
}

/// What else stands beside the token, such as a password, is not needed for it and not kept.
#[sqlx::test]
async fn rf_14_a_token_of_oauth_1_and_a_session_are_tried_again_too(db: PgPool) {
    let abroad = Box::pin(Abroad::new(db)).await;
    let app = &abroad.app;
    let mut browser = abroad.signed_in(MIRA).await;
    let user = user_of(app, MIRA).await;
    assert_eq!(visit(&abroad, &mut browser, "", "mira").await, "/connections?connected=trello");
    paste(&abroad, user, "bill-com", &pasted("bill-com").with(&[]), Pasting::default()).await.unwrap();
    let calls = [("api.trello.com", "/1/tokens/"), ("gateway.prod.bill.com", "/connect/v3/logout")];
    for (host, path) in calls {
        let (host, path) = (host.to_owned(), Some(path.to_owned()));
        abroad.sandbox.faults().push(Fault { host, path, kind: Kind::Down, times: 2, retry_after: None });
    }
    let asked = || calls.map(|(host, path)| abroad.sandbox.ledger().matching(Some(host), Some(path)).len());

    for row in abroad.rows().await {
        let ended = app.state().integrations.disconnect(user, row.id.into(), Readings::Keep).await.unwrap();
        assert_eq!(ended.verdict, Verdict::Failed, "{}", row.provider);
    }
    assert_eq!((count(app, "connections").await, count(app, "revocations").await, asked()), (0, 2, [1, 1]));
    let rows: Vec<(Uuid, String, String)> =
        sqlx::query_as("select id, provider, sealed_tokens from revocations").fetch_all(app.db()).await.unwrap();
    for (row, provider, sealed) in rows {
        let place =
            Place { table: "revocations", column: "sealed_tokens", row, owner: Uuid::from(user), provider: &provider };
        let kept: Value = serde_json::from_slice(&app.vault().open(&place, &sealed).unwrap()).unwrap();
        let kept: Vec<&str> = kept
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, kept)| !kept.is_null())
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(kept, if provider == "trello" { vec!["access", "secret"] } else { vec!["access"] }, "{provider}");
    }
    wait(app, Duration::minutes(3));
    assert_eq!(app.state().integrations.revoke_due().await.unwrap(), 2, "the services are still away");
    wait(app, Duration::minutes(3));
    assert_eq!(app.state().integrations.revoke_due().await.unwrap(), 0);
    assert_eq!((count(app, "revocations").await, asked()), (0, [3, 3]));
    for (host, path) in calls {
        let last = abroad.sandbox.ledger().matching(Some(host), Some(path)).pop().unwrap();
        assert!(last.status == 200 && !last.refused, "{host}: {}", last.status);
    }
    let told = kinds(app).await;
    assert_eq!(told.iter().filter(|kind| *kind == "access_returned").count(), 2, "{told:?}");
}

#[sqlx::test]
async fn a_service_that_comes_back_ends_the_access(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers_times(2, "POST", LINEAR, ResponseTemplate::new(503)).await;
    vendor.answers("POST", LINEAR, ResponseTemplate::new(200)).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let integrations = &app.state().integrations;
    let id = connect(&app, user, "linear", "access", Some("refresh"), None).await;
    assert_eq!(integrations.disconnect(user, id, Readings::Keep).await.unwrap().verdict, Verdict::Failed);
    wait(&app, Duration::minutes(2));
    assert_eq!(integrations.revoke_due().await.unwrap(), 0);
    assert_eq!(vendor.asked(LINEAR).await.len(), 4);
    assert_eq!(count(&app, "revocations").await, 0);
    assert_eq!(kinds(&app).await, ["disconnected", "access_not_returned", "access_returned"]);
}

/// A process that dies between the commit and the service's answer leaves the rest to the sweep of another.
#[sqlx::test]
async fn access_whose_process_died_is_given_back_by_another(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor
        .answers_times(1, "POST", LINEAR, ResponseTemplate::new(200).set_delay(std::time::Duration::from_secs(60)))
        .await;
    vendor.answers("POST", LINEAR, ResponseTemplate::new(200)).await;
    let app = vendor.app(db).await;
    let user = person(&app).await;
    let id = connect(&app, user, "linear", "access", None, None).await;
    let integrations = app.state().integrations.clone();
    let dying = tokio::spawn(async move { integrations.disconnect(user, id, Readings::Keep).await });
    while vendor.asked(LINEAR).await.is_empty() {
        tokio::task::yield_now().await;
    }
    dying.abort();
    assert_eq!((count(&app, "connections").await, count(&app, "revocations").await), (0, 1));
    let other = Box::pin(app.second_process()).await;
    wait(&app, Duration::minutes(3));
    other.state().integrations.revoke_due().await.unwrap();
    assert_eq!(count(&app, "revocations").await, 0);
    assert_eq!(vendor.asked(LINEAR).await.len(), 2);
}

#[sqlx::test]
async fn vendors_with_a_way_of_their_own_get_access_back_in_it(db: PgPool) {
    let vendor = Vendor::start().await;
    let settings = [
        ("NOTION_CLIENT_ID", "client-of-notion"),
        ("NOTION_CLIENT_SECRET", "s"),
        ("SOUNDCLOUD_CLIENT_ID", "client-of-soundcloud"),
        ("SOUNDCLOUD_CLIENT_SECRET", "s"),
        ("STRIPE_CLIENT_ID", "ca_1"),
        ("STRIPE_CLIENT_SECRET", "sk_test_1"),
        ("CALENDLY_CLIENT_ID", "client-of-calendly"),
        ("CALENDLY_CLIENT_SECRET", "s"),
    ];
    let ok = ResponseTemplate::new(200).set_body_json(json!({}));
    let gone = ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_token"}));
    vendor.answers("POST", "/api.notion.com/v1/oauth/revoke", ok.clone()).await;
    vendor.answers("POST", "/secure.soundcloud.com/sign-out", ok.clone()).await;
    vendor.answers("POST", "/connect.stripe.com/oauth/deauthorize", ok.clone()).await;
    vendor.answers_times(1, "POST", "/auth.calendly.com/oauth/revoke", ok).await;
    // The refresh token has taken the access token with it.
    vendor.answers("POST", "/auth.calendly.com/oauth/revoke", gone).await;
    let app = vendor.app_with(db, &settings).await;
    let user = person(&app).await;
    let end = async |service: &str| {
        let id: ConnectionId = connect(&app, user, service, "access", Some("refresh"), None).await;
        let verdict = app.state().integrations.disconnect(user, id, Readings::Keep).await.unwrap().verdict;
        assert_eq!(verdict, Verdict::Revoked, "{service}");
        id
    };
    end("notion").await;
    let asked = vendor.asked("/api.notion.com/v1/oauth/revoke").await;
    let body: Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(body, json!({"token": "refresh", "token_type_hint": "refresh_token"}));
    assert!(asked[0].headers.contains_key("notion-version") && asked[0].headers.contains_key("authorization"));
    end("soundcloud").await;
    let asked = vendor.asked("/secure.soundcloud.com/sign-out").await;
    let body: Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!((asked.len(), body), (1, json!({"access_token": "access"})));
    assert!(!asked[0].headers.contains_key("authorization"));
    let id = end("stripe").await;
    let asked = vendor.asked("/connect.stripe.com/oauth/deauthorize").await;
    assert_eq!((asked.len(), fields(&asked[0])["client_id"].as_str()), (1, "ca_1"));
    assert_eq!(fields(&asked[0])["stripe_user_id"], id.to_string(), "the account's id");
    assert_eq!(asked[0].headers["authorization"], "Bearer sk_test_1");
    end("calendly").await;
    assert_eq!(count(&app, "revocations").await, 0);
}

#[sqlx::test]
async fn cp_04_by_choice_what_was_read_goes_with_the_connection_and_nothing_else_does(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app(db).await;
    let integrations = &app.state().integrations;
    let (mira, jonas) = (person(&app).await, person(&app).await);
    let now = app.clock().now();
    let read = async |user: aura::kit::id::UserId, connection: ConnectionId| {
        let ids: [Uuid; 6] = std::array::from_fn(|_| Uuid::from_bytes(app.state().random.bytes()));
        let [team, conversation, question, answer, run, result] = ids;
        let mut all = app.db().begin().await.unwrap();
        for (statement, values) in [
            (
                "insert into teams (id, name, personal_of, created_at) values ($1, 'team', $2, $3)",
                [team, Uuid::from(user)],
            ),
            (
                "insert into conversations (id, team_id, user_id, title, created_at, updated_at) values ($1, (select id from teams where personal_of = $2), $2, 't', $3, $3)",
                [conversation, Uuid::from(user)],
            ),
            (
                "insert into messages (id, conversation_id, author, content, created_at) values ($1, $2, 'person', 'q', $3)",
                [question, conversation],
            ),
            (
                "insert into messages (id, conversation_id, author, content, created_at) values ($1, $2, 'assistant', 'a', $3)",
                [answer, conversation],
            ),
        ] {
            sqlx::query(statement).bind(values[0]).bind(values[1]).bind(now).execute(&mut *all).await.unwrap();
        }
        sqlx::query(
            "insert into runs (id, conversation_id, user_id, question_id, answer_id, state, heartbeat_at, created_at)
             values ($1, $2, $3, $4, $5, 'finished', $6, $6)",
        )
        .bind(run)
        .bind(conversation)
        .bind(Uuid::from(user))
        .bind(question)
        .bind(answer)
        .bind(now)
        .execute(&mut *all)
        .await
        .unwrap();
        sqlx::query(
            "insert into tool_results (id, run_id, user_id, call_id, connection_id, sealed_result, created_at)
             values ($1, $2, $3, 'c1', $4, 'sealed', $5)",
        )
        .bind(result)
        .bind(run)
        .bind(Uuid::from(user))
        .bind(Uuid::from(connection))
        .bind(now)
        .execute(&mut *all)
        .await
        .unwrap();
        all.commit().await.unwrap();
    };
    let hers = connect(&app, mira, "spotify", "a", None, None).await;
    let kept = connect(&app, jonas, "spotify", "a", None, None).await;
    read(mira, hers).await;
    read(jonas, kept).await;
    let jobs = serve::jobs(app.state());
    integrations.disconnect(jonas, kept, Readings::Keep).await.unwrap();
    jobs.drain(app.db()).await.unwrap();
    assert_eq!(count(&app, "tool_results").await, 2, "what was read stays unless it is to go");
    integrations.disconnect(mira, hers, Readings::Forget).await.unwrap();
    jobs.drain(app.db()).await.unwrap();
    let left: Uuid = sqlx::query_scalar("select connection_id from tool_results").fetch_one(app.db()).await.unwrap();
    assert_eq!(left, Uuid::from(kept));
}
