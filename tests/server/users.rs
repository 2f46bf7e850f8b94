//! People over the API: oneself, and all of them for operators.

use aura::identity::service::operators::Operator;
use axum::body::Body;
use http::{Request, StatusCode, header};
use image::ImageFormat;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use tower::ServiceExt as _;

use crate::{
    browser::{Answer, wait},
    program::{Program, person_at},
    support::TestApp,
};

const ME: &str = "/api/v1/users/me";
const MIRA: &str = "mira@example.com";
const OLGA: &str = "olga@example.com";

/// Sends with these headers.
async fn send(
    app: &TestApp,
    program: &Program,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost:3000")
        .header(header::AUTHORIZATION, format!("Bearer {}", program.access));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(app.router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()).await
}

async fn patch(app: &TestApp, program: &Program, tag: &str, edit: &Value) -> Answer {
    let headers = [("if-match", tag), ("content-type", "application/merge-patch+json")];
    send(app, program, "PATCH", ME, &headers[usize::from(tag.is_empty())..], edit.to_string().into_bytes()).await
}

pub async fn operator(app: &TestApp, email: &str) -> Program {
    let (user, _) = person_at(app, email).await;
    app.identity().set_operator(Operator::Command, email, true).await.unwrap();
    Program::new(app, user).await
}

#[sqlx::test]
async fn us_01_a_person_reads_and_changes_themselves_and_nothing_that_is_not_theirs_to_change(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, _) = person_at(&app, MIRA).await;
    let program = Program::new(&app, user).await;
    let me = program.get(ME).await;
    let expected = json!({
        "id": user, "display_name": me.value()["display_name"], "email": MIRA,
        "email_verified_at": me.value()["email_verified_at"], "time_zone": "UTC", "theme": "system",
        "role": "member", "status": "active", "created_at": me.value()["created_at"],
        "last_signed_in_at": me.value()["last_signed_in_at"],
    });
    assert_eq!((me.status, me.value()), (StatusCode::OK, expected));
    assert!(me.header("etag").starts_with('"') && me.header("etag").len() > 20, "{}", me.header("etag"));

    let edit = json!({ "display_name": "  Mira \t Okafor ", "handle": "Mira_O", "time_zone": "Europe/Berlin", "theme": "dark" });
    let changed = patch(&app, &program, me.header("etag"), &edit).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    let now = changed.value();
    assert_eq!(
        (&now["display_name"], &now["handle"], &now["time_zone"], &now["theme"]),
        (&json!("Mira Okafor"), &json!("mira_o"), &json!("Europe/Berlin"), &json!("dark"))
    );
    let read = program.get(ME).await;
    assert_eq!((read.value(), read.header("etag")), (now.clone(), changed.header("etag")));
    // What is not named stays; `null` gives the zone back to the browser, and nothing else can be null.
    let zone = patch(&app, &program, "", &json!({ "time_zone": null })).await;
    assert_eq!((zone.status, &zone.value()["display_name"]), (StatusCode::OK, &json!("Mira Okafor")));
    let before = program.get(ME).await.value();
    for edit in [
        json!({ "role": "admin" }),
        json!({ "status": "active" }),
        json!({ "email": "other@example.com" }),
        json!({ "email_verified_at": "2020-01-01T00:00:00Z" }),
        json!({ "id": user }),
        json!({ "created_at": "2020-01-01T00:00:00Z", "theme": "light" }),
        json!({ "display_name": null }),
        json!({ "handle": null }),
        json!({ "theme": null }),
        json!({ "theme": "neon" }),
        json!({ "display_name": "\u{200b}" }),
        json!({ "display_name": "x".repeat(101) }),
        json!({ "handle": "admin" }),
        json!({ "handle": "é" }),
        json!({ "time_zone": "Nowhere/Land" }),
        // One wrong member spoils the whole change.
        json!({ "display_name": "New", "theme": "light", "handle": "a" }),
        json!([]),
        json!(["A name in the first place"]),
    ] {
        wait(&app, Duration::seconds(2));
        let refused = patch(&app, &program, "", &edit).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{edit}: {}", refused.text());
    }
    assert_eq!(program.get(ME).await.value(), before);
    let role: String = sqlx::query_scalar("select role from users").fetch_one(app.db()).await.unwrap();
    assert_eq!(role, "member");
}

#[sqlx::test]
async fn us_02_of_two_who_change_what_both_have_read_one_does(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let (user, _) = person_at(&app, MIRA).await;
    let program = Program::new(&app, user).await;
    for round in 0..5 {
        wait(&app, Duration::seconds(11));
        let tag = program.get(ME).await.header("etag").to_owned();
        let (one, two) =
            (json!({ "display_name": format!("one {round}") }), json!({ "display_name": format!("two {round}") }));
        let (first, second) = tokio::join!(patch(&app, &program, &tag, &one), patch(&other, &program, &tag, &two));
        let statuses = [first.status, second.status];
        assert!(
            statuses.contains(&StatusCode::OK) && statuses.contains(&StatusCode::PRECONDITION_FAILED),
            "{statuses:?}"
        );
        let (won, lost) = if first.status == StatusCode::OK { (first, second) } else { (second, first) };
        assert_eq!(lost.code(), "changed");
        let now = program.get(ME).await;
        assert_eq!((now.value(), now.header("etag")), (won.value(), won.header("etag")));
    }
    // The tag that was read before the race names nothing any more; a star names whatever there is.
    let stale = patch(&app, &program, "\"0123456789abcdef0123456789abcdef\"", &json!({ "theme": "dark" })).await;
    assert_eq!((stale.status, stale.code().as_str()), (StatusCode::PRECONDITION_FAILED, "changed"));
    assert_eq!(patch(&app, &program, "*", &json!({ "theme": "dark" })).await.status, StatusCode::OK);
}

#[sqlx::test]
async fn us_03_a_picture_is_put_drawn_anew_and_taken_away(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::with(db, &[("FILES_DIR", folder.path().to_str().unwrap())]).await;
    let (user, _) = person_at(&app, MIRA).await;
    let program = Program::new(&app, user).await;
    let address = format!("{ME}/avatar");
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(40, 30).write_to(&mut png, ImageFormat::Png).unwrap();
    // What cameras and others write into a file comes after the picture here.
    let mut png = png.into_inner();
    png.extend_from_slice(b"canary-of-a-camera");
    let put = async |kind: &str, file: Vec<u8>| {
        wait(&app, Duration::seconds(2));
        send(&app, &program, "PUT", &address, &[("content-type", kind)], file).await
    };
    for (kind, file, status, code) in [
        ("application/json", png.clone(), 415, "unsupported_media_type"),
        ("image/svg+xml", b"<svg/>".to_vec(), 415, "unsupported_media_type"),
        ("image/png", b"<html>".to_vec(), 422, "picture_kind"),
        ("image/png", Vec::new(), 422, "picture_missing"),
        ("image/png", vec![0; 5 * 1024 * 1024 + 1], 413, "picture_too_large"),
    ] {
        let refused = put(kind, file).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (status, code), "{kind}");
    }
    let done = put("image/png", png).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    let shown = done.value()["avatar_url"].as_str().unwrap().to_owned();
    let picture = send(&app, &program, "GET", &shown, &[], Vec::new()).await;
    assert_eq!((picture.status, picture.header("x-content-type-options")), (StatusCode::OK, "nosniff"));
    assert!(!picture.text().contains("canary-of-a-camera"), "it is drawn anew");
    assert_eq!(program.delete(&address).await.status, StatusCode::NO_CONTENT);
    assert_eq!(program.get(ME).await.value().get("avatar_url"), None);
}

#[sqlx::test]
async fn us_04_operators_find_people_and_everybody_else_only_themselves(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mira, _) = person_at(&app, MIRA).await;
    wait(&app, Duration::seconds(1));
    let (jonas, _) = person_at(&app, "jonas@example.com").await;
    wait(&app, Duration::seconds(1));
    let olga = operator(&app, OLGA).await;
    let program = Program::new(&app, mira).await;
    app.identity().take_handle(mira, "mira_o").await.unwrap();

    sqlx::query("insert into user_phones (phone, user_id, verified_at) values ('+4915123456789', $1, $2)")
        .bind(sqlx::types::Uuid::from(mira))
        .bind(app.clock().now())
        .execute(app.db())
        .await
        .unwrap();
    assert_eq!(program.get(ME).await.value()["phone"], json!("+4915123456789"));

    // To each other they do not exist.
    let one = |id: &dyn std::fmt::Display| format!("/api/v1/users/{id}");
    assert_eq!(program.get(&one(&mira)).await.value()["email"], json!(MIRA));
    let nobody = "0192f0c1-0000-7000-8000-000000000000";
    let (foreign, none) = (program.get(&one(&jonas)).await, program.get(&one(&nobody)).await);
    assert_eq!((foreign.status, none.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!((foreign.code(), foreign.value()["detail"].clone()), (none.code(), none.value()["detail"].clone()));
    for path in ["/api/v1/users".to_owned(), format!("{}/status", one(&mira))] {
        let refused = program.get(&path).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "operators_only"), "{path}");
    }

    assert_eq!(olga.get(&one(&jonas)).await.value()["email"], json!("jonas@example.com"));
    assert_eq!(olga.get(&one(&nobody)).await.status, StatusCode::NOT_FOUND);
    let found = async |query: &str| -> Vec<String> {
        let page = olga.get(&format!("/api/v1/users{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let items = page.value()["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["email"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found("").await, [OLGA, "jonas@example.com", MIRA]);
    assert_eq!(found("?email=MIRA@example.com").await, [MIRA]);
    assert_eq!(found("?handle=MIRA").await, [MIRA]);
    assert_eq!(found("?handle=ira").await, Vec::<String>::new());
    assert_eq!(found("?handle=%25").await, Vec::<String>::new());
    assert_eq!(found("?status=suspended").await, Vec::<String>::new());
    let first = olga.get("/api/v1/users?limit=2").await.value();
    let rest = found(&format!("?limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!((first["items"].as_array().unwrap().len(), rest), (2, vec![MIRA.to_owned()]));
    for query in ["?limit=0", "?limit=101", "?cursor=x", "?status=gone", "?role=admin", "?email=x", "?handle="] {
        assert_eq!(
            olga.get(&format!("/api/v1/users{query}")).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{query}"
        );
    }
}
