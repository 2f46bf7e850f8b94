//! Text messages by the SDK of AWS, judged by a service that others wrote: PyPI's `moto`.

use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    aws::{Judge, World},
    phones::newest_code,
    program::{Program, person_at},
    support::TestApp,
};

const NUMBER: &str = "+4915123456789";

/// Asks for a code for the number, and lets its message leave. The code.
async fn asks(app: &TestApp) -> (Uuid, String) {
    let (user, _) = person_at(app, "mira@example.com").await;
    let program = Program::new(app, user).await;
    let begun = program.send("POST", "/api/v1/users/me/phone", Some(&json!({ "number": NUMBER }))).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text());
    let code = newest_code(app).await;
    let id: Uuid = sqlx::query_scalar("select id from text_messages").fetch_one(app.db()).await.unwrap();
    app.state().texts.send(id.into()).await.unwrap();
    (id, code)
}

async fn outcome(app: &TestApp) -> (String, Option<String>, Option<String>) {
    sqlx::query_as("select state, problem, service_id from text_messages").fetch_one(app.db()).await.unwrap()
}

#[sqlx::test]
async fn tm_11_a_service_that_others_wrote_takes_the_message_of_the_real_sdk(db: PgPool) {
    let Some(mut judge) = Judge::start().await else {
        println!("not run: the SNS that others wrote (no moto; scripts/setup test installs it)");
        return;
    };
    let (world, overrides) = World::start(Some(judge.port), "").await;
    let app = TestApp::with(db, &[("HOST_OVERRIDES", &overrides), ("SNS_REGION", "eu-central-1")]).await;
    assert_eq!(app.state().texts.to_string(), "text messages leave by SNS in eu-central-1");
    let (_, code) = asks(&app).await;
    let (state, problem, service_id) = outcome(&app).await;
    assert_eq!((state.as_str(), problem), ("sent", None));
    assert!(service_id.is_some_and(|id| id.len() == 36), "the id that the service gave it");
    let messages = judge.messages().await;
    assert_eq!(messages.as_array().unwrap().len(), 1);
    assert_eq!(messages[0][0], json!(NUMBER));
    assert!(messages[0][1].as_str().unwrap().starts_with(&code), "{messages}");
    let asked = world.asked.lock().unwrap();
    assert_eq!(asked.len(), 1, "once");
    let (headers, body) = &asked[0];
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let field =
        |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
    assert_eq!((field("Action").as_str(), field("PhoneNumber").as_str()), ("Publish", NUMBER));
    assert!(field("Message").starts_with(&code) && body.contains("Transactional"), "{body}");
    let said = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert!(said("authorization").contains("/eu-central-1/sns/aws4_request"), "{}", said("authorization"));
    assert!(said("user-agent").starts_with("Aura/"), "{}", said("user-agent"));
}

#[sqlx::test]
async fn tm_12_credentials_come_by_the_chain_of_the_sdk_and_never_from_a_file_store(db: PgPool) {
    let refusal = "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
        <Code>Throttling</Code><Message>to +4915123456789</Message></Error><RequestId>x</RequestId></ErrorResponse>";
    let (world, overrides) = World::start(None, refusal).await;
    let variables = [
        ("HOST_OVERRIDES", &*overrides),
        ("TEXT_MESSAGES", "sns"),
        ("S3_ACCESS_KEY", "AKIAOFTHEFILESTORE"),
        ("S3_SECRET_KEY", "canary-secret-of-the-file-store"),
    ];
    let app = TestApp::with(db, &variables).await;
    asks(&app).await;
    let (state, problem, _) = outcome(&app).await;
    assert_eq!(state, "waiting", "it passes: the message is tried again");
    assert_eq!(problem.as_deref(), Some("the service did not take it: Throttling (400)"), "its words hold the number");
    let asked = world.asked.lock().unwrap();
    assert_eq!(asked.len(), 1, "the SDK repeats nothing by itself");
    let shown = asked[0].0["authorization"].to_str().unwrap().to_owned();
    assert!(shown.contains("Credential=ASIAOFTHEINSTANCE/") && shown.contains("/us-east-1/sns/"), "{shown}");
}

#[sqlx::test]
async fn tm_13_a_number_that_wants_no_messages_is_not_asked_again(db: PgPool) {
    let refusal = "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
        <Code>OptedOut</Code><Message>no</Message></Error><RequestId>x</RequestId></ErrorResponse>";
    let (_, overrides) = World::start(None, refusal).await;
    let app = TestApp::with(db, &[("HOST_OVERRIDES", &overrides), ("TEXT_MESSAGES", "sns")]).await;
    asks(&app).await;
    let (state, problem, _) = outcome(&app).await;
    assert_eq!((state.as_str(), problem.as_deref()), ("failed", Some("the service refused it: OptedOut")));
}
