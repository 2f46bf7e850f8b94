//! The devices that apps run on.

use aura::{identity::service::DEVICES, platform::crypto::Place};
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use crate::{
    browser::{dump, wait},
    program::Program,
    support::TestApp,
    vendor::person,
};

const PUSH: &str = "fcm:cR7_Zq-canary-push-token";

async fn listed(program: &Program) -> Vec<Value> {
    program.get("/api/v1/devices?limit=100").await.value()["items"].as_array().unwrap().clone()
}

#[sqlx::test]
async fn tk_18_devices_are_listed_named_told_of_and_removed_by_their_owner_alone(db: PgPool) {
    let app = TestApp::new(db).await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    let stranger = Program::new(&app, person(&app).await).await;
    let first = format!("/api/v1/devices/{}", program.device);

    // The one that signed in is there by itself.
    let all = listed(&program).await;
    assert_eq!(all.len(), 1);
    let expected = json!({
        "id": program.device, "name": "Mira's phone", "platform": "ios", "app_version": "2.4.1",
        "has_push_token": false, "created_at": "2026-03-12T12:00:00Z", "last_used_at": "2026-03-12T12:00:00Z",
        "current": true,
    });
    assert_eq!(all[0], expected);
    assert_eq!(program.get(&first).await.value(), expected);

    // Its name and push token change; the token is never shown, and stands nowhere in clear.
    let named = program.send("PATCH", &first, Some(&json!({ "name": "Phone «3»", "push_token": PUSH }))).await;
    assert_eq!((named.status, &named.value()["name"]), (StatusCode::OK, &json!("Phone «3»")));
    assert_eq!((&named.value()["has_push_token"], &named.value()["app_version"]), (&json!(true), &json!("2.4.1")));
    let kept = program.send("PATCH", &first, Some(&json!({ "app_version": "2.5" }))).await.value();
    assert_eq!((&kept["has_push_token"], &kept["name"]), (&json!(true), &json!("Phone «3»")));
    for shown in [named.text().to_owned(), program.get(&first).await.text().to_owned(), dump(&app).await] {
        assert!(!shown.contains("canary-push-token"), "{shown}");
    }
    let sealed: String = sqlx::query_scalar("select sealed_push_token from devices where id = $1")
        .bind(Uuid::from(program.device))
        .fetch_one(app.db())
        .await
        .unwrap();
    let place = Place {
        table: "devices",
        column: "sealed_push_token",
        row: program.device.into(),
        owner: user.into(),
        provider: "",
    };
    assert_eq!(app.vault().open(&place, &sealed).unwrap().as_slice(), PUSH.as_bytes());
    let gone = program.send("PATCH", &first, Some(&json!({ "push_token": null }))).await.value();
    assert_eq!(gone["has_push_token"], json!(false));

    // Another one is added, and this session is on it.
    let new = json!({ "name": "Mira's tablet", "platform": "android", "push_token": PUSH });
    wait(&app, Duration::seconds(1));
    let added = program.send("POST", "/api/v1/devices", Some(&new)).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    let second = added.location().to_owned();
    assert_eq!(second, format!("/api/v1/devices/{}", added.value()["id"].as_str().unwrap()));
    assert_eq!(program.get(&second).await.value(), added.value());
    let current: Vec<_> = listed(&program).await.iter().map(|device| device["current"].clone()).collect();
    assert_eq!(current, [true, false]);

    // To another person none of it is there.
    for (method, body) in [("GET", None), ("PATCH", Some(json!({ "name": "mine" }))), ("DELETE", None)] {
        let answer = stranger.send(method, &first, body.as_ref()).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "not_found"), "{method}");
    }
    assert_eq!(listed(&stranger).await.len(), 1);

    // Removing another device than this wants a recent proof; removing this one signs it out.
    wait(&app, Duration::minutes(10));
    let refused = program.delete(&first).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "prove_first"));
    let proved = Program::new(&app, user).await;
    assert_eq!(proved.delete(&first).await.status, StatusCode::NO_CONTENT);
    assert_eq!(proved.delete(&first).await.status, StatusCode::NOT_FOUND);
    assert!(program.is_signed_in().await, "nothing was signed in on that one any more");
    assert_eq!(program.delete(&second).await.status, StatusCode::NO_CONTENT);
    assert_eq!(program.asks().await.1, "session_ended");
    assert_eq!(program.brings(&program.refresh).await.code(), "session_ended");
    assert!(proved.is_signed_in().await && stranger.is_signed_in().await);
}

#[sqlx::test]
async fn tk_19_what_is_told_of_a_device_is_checked(db: PgPool) {
    let app = TestApp::new(db).await;
    let program = Program::new(&app, person(&app).await).await;
    let first = format!("/api/v1/devices/{}", program.device);
    let before = program.get(&first).await.value();
    let long = "n".repeat(101);
    for (member, value) in [
        ("name", json!("")),
        ("name", json!(long)),
        ("name", json!("two\nlines")),
        ("name", json!("nul\u{0}")),
        ("name", json!("high\u{85}")),
        ("name", json!(7)),
        ("platform", json!("amiga")),
        ("platform", json!("iOS")),
        ("app_version", json!("")),
        ("app_version", json!("1 2")),
        ("app_version", json!("9".repeat(51))),
        ("push_token", json!("")),
        ("push_token", json!("ü")),
        ("push_token", json!("p".repeat(4_097))),
        ("id", json!(program.device)),
        ("user_id", json!(program.user)),
        ("created_at", json!("2020-01-01T00:00:00Z")),
    ] {
        wait(&app, Duration::seconds(3));
        let mut new = json!({ "name": "phone", "platform": "ios" });
        new[member] = value.clone();
        let added = program.send("POST", "/api/v1/devices", Some(&new)).await;
        let changed = program.send("PATCH", &first, Some(&json!({ member: value }))).await;
        for answer in [added, changed] {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{member}: {}", answer.text());
        }
    }
    assert_eq!(listed(&program).await.len(), 1);
    assert_eq!(program.get(&first).await.value(), before);
    // What is just long enough is taken.
    let most = json!({ "name": "ñ".repeat(100), "platform": "other", "app_version": "9".repeat(50),
        "push_token": "p".repeat(4_096) });
    assert_eq!(program.send("POST", "/api/v1/devices", Some(&most)).await.status, StatusCode::CREATED);
}

#[sqlx::test]
async fn tk_20_a_person_has_fifty_devices_and_signing_in_makes_room(db: PgPool) {
    let app = TestApp::new(db).await;
    let user = person(&app).await;
    let oldest = Program::new(&app, user).await;
    let mut programs = Vec::new();
    for number in 1..DEVICES {
        wait(&app, Duration::seconds(10));
        programs.push(Program::on(&app, user, None, &format!("device {number}")).await);
    }
    let newest = programs.last().unwrap();
    let new = json!({ "name": "one more", "platform": "ios" });
    let full = newest.send("POST", "/api/v1/devices", Some(&new)).await;
    assert_eq!((full.status, full.code().as_str()), (StatusCode::CONFLICT, "too_many_devices"));
    assert!(oldest.is_signed_in().await);
    // Whoever signs in is never kept out: the device that rested longest makes room.
    let (one, two) = tokio::join!(Program::on(&app, user, None, "51"), Program::on(&app, user, None, "52"));
    assert!(one.is_signed_in().await && two.is_signed_in().await);
    assert!(!oldest.is_signed_in().await && !programs[0].is_signed_in().await && programs[1].is_signed_in().await);
    assert_eq!(listed(&one).await.len(), 50);
}

/// Signing in, renewing and removing the device at the same moment: nothing stays signed in on a device that is gone, and
/// nobody waits for ever.
#[sqlx::test]
async fn nothing_stays_signed_in_on_a_device_that_is_removed_at_that_moment(db: PgPool) {
    let app = TestApp::new(db).await;
    let user = person(&app).await;
    let remover = Program::new(&app, user).await;
    for _ in 0..20 {
        wait(&app, Duration::seconds(20));
        let (mut first, second) = (Program::new(&app, user).await, Program::new(&app, user).await);
        let device = first.device;
        let path = format!("/api/v1/devices/{device}");
        let (renewed, removed, again) = tokio::join!(
            first.renew(),
            app.identity().remove_device(user, device),
            Program::on(&app, user, Some(device), "again")
        );
        assert!(removed.is_ok() && matches!(renewed.status, StatusCode::OK | StatusCode::UNAUTHORIZED));
        assert!(!first.is_signed_in().await && second.is_signed_in().await);
        assert_eq!(again.is_signed_in().await, again.device != device);
        assert_eq!(remover.get(&path).await.status, StatusCode::NOT_FOUND);
        let lost: i64 = sqlx::query_scalar(
            "select count(*) from sessions where kind = 'api' and ended_at is null and device_id is null",
        )
        .fetch_one(app.db())
        .await
        .unwrap();
        assert_eq!(lost, 0, "a living session without a device");
    }
}
