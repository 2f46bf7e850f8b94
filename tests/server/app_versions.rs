//! Versions of apps, and those that are too old.

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use sqlx::PgPool;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{browser::Answer, program::Program, support::TestApp, vendor::person};

const VERSIONS: &str = "/api/v1/app-versions";
const STORE: &str = "https://apps.example.com/aura";

async fn operator(app: &TestApp) -> Program {
    let program = Program::new(app, person(app).await).await;
    sqlx::query("update users set role = 'admin' where id = $1")
        .bind(Uuid::from(program.user))
        .execute(app.db())
        .await
        .unwrap();
    program
}

fn version(platform: &str, version: &str, required: bool) -> Value {
    json!({ "platform": platform, "version": version, "required": required, "store_url": STORE })
}

async fn publish(program: &Program, new: &Value) -> Answer {
    program.send("POST", VERSIONS, Some(new)).await
}

/// A request of an app that says what it is.
async fn says(app: &TestApp, program: &Program, ask: (&str, &str), headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(ask.0).uri(ask.1).header(header::HOST, "localhost:3000");
    request = request.header(header::AUTHORIZATION, format!("Bearer {}", program.access));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if ask.0 == "POST" {
        request = request.header(header::CONTENT_TYPE, "application/json");
        Body::from(json!({ "refresh_token": program.refresh }).to_string())
    } else {
        Body::empty()
    };
    Answer::of(app.router().oneshot(request.body(body).unwrap()).await.unwrap()).await
}

#[sqlx::test]
async fn av_02_everybody_reads_what_operators_publish(db: PgPool) {
    let app = TestApp::with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let operator = operator(&app).await;
    let nobody = operator.showing("");
    let read = async |platform: &str| nobody.get(&format!("{VERSIONS}/{platform}")).await;
    assert_eq!(read("ios").await.value(), json!({ "platform": "ios" }));
    assert_eq!(read("toaster").await.status, StatusCode::NOT_FOUND);
    for (platform, number, required) in
        [("ios", "2.10.0", false), ("ios", "2.9", true), ("ios", "2.3.0", true), ("android", "7.0.0-beta.1", false)]
    {
        let made = publish(&operator, &version(platform, number, required)).await;
        assert_eq!(
            (made.status, made.location()),
            (StatusCode::CREATED, &*format!("{VERSIONS}/{platform}")),
            "{number}"
        );
    }
    let ios = read("ios").await.value();
    assert_eq!((&ios["newest"]["version"], &ios["minimum"]["version"]), (&json!("2.10.0"), &json!("2.9.0")));
    assert_eq!(ios["store_url"], json!(STORE));
    let android = read("android").await.value();
    assert_eq!((&android["newest"]["version"], android.get("minimum")), (&json!("7.0.0-beta.1"), None));
    let listed = operator.get(VERSIONS).await.value();
    assert_eq!(listed["items"].as_array().unwrap().len(), 4);

    for (wrong, code) in [
        (version("ios", "2.04.0", true), "version_invalid"),
        (version("ios", "two", true), "version_invalid"),
        (version("ios", "", true), "version_invalid"),
        (
            json!({ "platform": "ios", "version": "3.0.0", "required": true, "store_url": "http://x.example/" }),
            "store_url_invalid",
        ),
        (
            json!({ "platform": "ios", "version": "3.0.0", "required": true, "store_url": "javascript:alert(1)" }),
            "store_url_invalid",
        ),
        (
            json!({ "platform": "ios", "version": "3.0.0", "required": true, "store_url": STORE, "notes": "x".repeat(2001) }),
            "notes_invalid",
        ),
    ] {
        let refused = publish(&operator, &wrong).await;
        assert_eq!((refused.status.as_u16(), &*refused.code()), (422, code), "{wrong}");
    }
    let again = publish(&operator, &version("ios", "2.9.0+build", false)).await;
    assert_eq!((again.status, &*again.code()), (StatusCode::CONFLICT, "version_known"));

    // For others nothing of it: neither publishing nor listing nor taking back.
    let member = Program::new(&app, person(&app).await).await;
    for (verb, path, body) in [
        ("POST", VERSIONS.to_owned(), Some(version("ios", "9.0.0", true))),
        ("GET", VERSIONS.to_owned(), None),
        ("DELETE", format!("{VERSIONS}/ios/2.9.0"), None),
    ] {
        let refused = member.send(verb, &path, body.as_ref()).await;
        assert_eq!((refused.status, &*refused.code()), (StatusCode::FORBIDDEN, "operators_only"), "{verb}");
    }
    assert_eq!(operator.delete(&format!("{VERSIONS}/ios/2.9")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(read("ios").await.value()["minimum"]["version"], json!("2.3.0"));
    assert_eq!(operator.delete(&format!("{VERSIONS}/ios/2.9")).await.status, StatusCode::NOT_FOUND);
    let lines: i64 = sqlx::query_scalar("select count(*) from audit_events where kind like 'app_version_%'")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(lines, 5);
}

#[sqlx::test]
async fn av_03_an_app_that_is_too_old_is_told_where_the_new_one_is_and_can_end(db: PgPool) {
    let app = TestApp::with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let other = app.second_process().await;
    let operator = operator(&app).await;
    let program = Program::new(&app, person(&app).await).await;
    let old: &[(&str, &str)] = &[("X-App-Platform", "ios"), ("X-App-Version", "2.3.9")];
    let list = ("GET", "/api/v1/sessions");
    assert_eq!(says(&app, &program, list, old).await.status, StatusCode::OK, "nothing is required yet");
    assert_eq!(publish(&operator, &version("ios", "2.4.0", true)).await.status, StatusCode::CREATED);

    // From the next request on, in every process.
    for process in [&app, &other] {
        let refused = says(process, &program, list, old).await;
        assert_eq!((refused.status.as_u16(), &*refused.code()), (426, "app_outdated"));
        let problem = refused.value();
        assert_eq!(
            (&problem["store_url"], &problem["kind"], &problem["status"]),
            (&json!(STORE), &json!("outdated"), &json!(426))
        );
        assert!(!problem["request_id"].as_str().unwrap().is_empty());
        assert_eq!(refused.header("link"), format!("<{STORE}>; rel=\"latest-version\""));
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    // Whoever says nothing, or nothing that is a version, is no app that is too old.
    for headers in [
        &[][..],
        &[("X-App-Platform", "ios"), ("X-App-Version", "2.4.0")],
        &[("X-App-Platform", "IOS"), ("X-App-Version", "2.4")],
        &[("X-App-Platform", "android"), ("X-App-Version", "1.0.0")],
        &[("X-App-Platform", "toaster"), ("X-App-Version", "1.0.0")],
        &[("X-App-Platform", "ios"), ("X-App-Version", "01.0.0")],
        &[("X-App-Platform", "ios"), ("X-App-Version", "old")],
        &[("X-App-Version", "1.0.0")],
        &[("X-App-Platform", "ios")],
    ] {
        assert_eq!(says(&app, &program, list, headers).await.status, StatusCode::OK, "{headers:?}");
    }
    // An old app ends in order: it asks for the new one, renews, and signs out.
    assert_eq!(says(&app, &program, ("GET", "/api/v1/app-versions/ios"), old).await.status, StatusCode::OK);
    let renewed = says(&app, &program, ("POST", "/api/v1/tokens/refresh"), old).await;
    assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.text());
    let gone = says(&app, &program, ("DELETE", "/api/v1/sessions/current"), old).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
    assert_eq!(operator.delete("/api/v1/app-versions/ios/2.4.0").await.status, StatusCode::NO_CONTENT);
    assert_eq!(says(&other, &operator, list, old).await.status, StatusCode::OK, "taken back, it counts no more");
}
