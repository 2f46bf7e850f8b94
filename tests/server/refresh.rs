//! Renewing what a program is signed in with: lost answers, races, copied tokens, limits, ends.

use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    browser::{dump, mails_to, newest_mail, wait},
    program::{Program, person_at},
    support::TestApp,
    vendor::person,
};

const MIRA: &str = "mira@example.com";

async fn count(app: &TestApp, what: &'static str) -> i64 {
    sqlx::query_scalar(what).fetch_one(app.db()).await.unwrap()
}

async fn tokens_in(app: &TestApp) -> i64 {
    count(app, "select count(*) from refresh_tokens").await
}

async fn noted(app: &TestApp) -> i64 {
    count(app, "select count(*) from audit_events where kind = 'refresh_reused'").await
}

fn successor(answer: &crate::browser::Answer) -> String {
    answer.value()["refresh_token"].as_str().unwrap().to_owned()
}

#[sqlx::test]
async fn tk_01_fifty_at_once_in_two_processes_get_one_successor(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let user = person(&app).await;
    let here = Program::new(&app, user).await;
    let there = here.at(&other);
    assert_eq!(tokens_in(&app).await, 1);
    let asked = (0..50).map(|number| {
        let program = if number % 2 == 0 { &here } else { &there };
        program.brings(&here.refresh)
    });
    let answers = futures::future::join_all(asked).await;
    let mut successors: Vec<String> = Vec::new();
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert!(here.showing(answer.value()["access_token"].as_str().unwrap()).is_signed_in().await);
        successors.push(successor(answer));
    }
    successors.dedup();
    assert_eq!(successors.len(), 1);
    assert_ne!(successors[0], here.refresh);
    assert_eq!(tokens_in(&app).await, 2, "one new row");
    assert_eq!(there.brings(&successors[0]).await.status, StatusCode::OK);
}

#[sqlx::test]
async fn tk_02_an_answer_that_got_lost_is_given_again_for_half_a_minute(db: PgPool) {
    let app = TestApp::new(db).await;
    let user = person(&app).await;
    let mut program = Program::new(&app, user).await;
    let first = program.refresh.clone();
    let lost = successor(&program.brings(&first).await);
    // The process died after it had committed; the next one is asked.
    let restarted = app.second_process().await;
    let mut program_again = program.at(&restarted);
    wait(&app, Duration::seconds(30) - Duration::microseconds(1));
    for _ in 0..3 {
        assert_eq!(successor(&program_again.brings(&first).await), lost);
    }
    assert_eq!(program_again.renew().await.status, StatusCode::OK);
    assert_eq!(program_again.refresh, lost);
    assert_eq!(tokens_in(&app).await, 2);
    // The next one is as good as any, and its own answer may get lost too.
    let second = successor(&program_again.brings(&lost).await);
    assert_eq!(successor(&program.brings(&lost).await), second);
    program.refresh = second;
    assert_eq!(program.renew().await.status, StatusCode::OK);
    assert!(program.is_signed_in().await);
}

#[sqlx::test]
async fn tk_03_a_used_token_that_comes_back_ends_the_session_and_tells_its_owner(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, _) = person_at(&app, MIRA).await;
    let bystander = Program::new(&app, user).await;
    let hash = |token: &str| aura::platform::crypto::digest(token.as_bytes());
    let ways = [
        "after half a minute",
        "with its successor used",
        "as a grandparent",
        "with a successor that was kept too long",
    ];
    for (at, how) in ways.into_iter().enumerate() {
        let mut program = Program::on(&app, user, None, "<b>Phone</b>").await;
        let (first, mails) = (program.refresh.clone(), mails_to(&app, MIRA).await);
        program.renew().await;
        match at {
            0 => wait(&app, Duration::seconds(30)),
            1 => assert_eq!(program.brings(&program.refresh).await.status, StatusCode::OK),
            3 => {
                // The successor was used, and is there to be given again all the same.
                let kept: String =
                    sqlx::query_scalar("select sealed_successor from refresh_tokens where token_hash = $1")
                        .bind(hash(&first))
                        .fetch_one(app.db())
                        .await
                        .unwrap();
                program.renew().await;
                sqlx::query("update refresh_tokens set sealed_successor = $1 where token_hash = $2")
                    .bind(kept)
                    .bind(hash(&first))
                    .execute(app.db())
                    .await
                    .unwrap();
            }
            _ => {
                program.renew().await;
                program.renew().await;
            }
        }
        let lines = noted(&app).await;
        assert!(program.is_signed_in().await, "{how}");
        let answer = program.brings(&first).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "refresh_reused"), "{how}");
        assert_eq!(program.asks().await, (StatusCode::UNAUTHORIZED, "session_ended".to_owned()), "{how}");
        // The one who copied and the one who was copied are both out, and the owner is told once.
        for token in [program.refresh.clone(), first] {
            let answer = program.brings(&token).await;
            assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "session_ended"), "{how}");
        }
        assert_eq!(mails_to(&app, MIRA).await, mails + 1, "{how}");
        assert_eq!(noted(&app).await, lines + 1, "{how}");
        let letter = newest_mail(&app, MIRA).await.0;
        assert_eq!(letter.template, "refresh_reused");
        assert!(letter.text.contains("<b>Phone</b>") && !letter.html.contains("<b>Phone"), "{}", letter.html);
        assert!(bystander.is_signed_in().await, "{how}: another session of the same person goes on");
    }
}

/// Two who bring a copied token at the same time end one session, with one letter.
#[sqlx::test]
async fn copies_that_come_back_together_make_one_letter(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, _) = person_at(&app, MIRA).await;
    let mut program = Program::new(&app, user).await;
    let first = program.refresh.clone();
    program.renew().await;
    program.renew().await;
    let mails = mails_to(&app, MIRA).await;
    let answers = futures::future::join_all((0..8).map(|_| program.brings(&first))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::UNAUTHORIZED));
    assert_eq!((mails_to(&app, MIRA).await, noted(&app).await), (mails + 1, 1));
}

#[sqlx::test]
async fn tk_04_the_last_day_of_a_session_does_not_move(db: PgPool) {
    let app = TestApp::new(db).await;
    let settings = [("REFRESH_TOKEN_EXPIRY_DAYS", "2"), ("JWT_EXPIRY_DAYS", "1")];
    for (app, days) in [(&app, 30), (&app.second_process_with(&settings).await, 2)] {
        let mut program = Program::new(app, person(app).await).await;
        let last = app.clock().now() + Duration::days(days);
        for _ in 1..days {
            wait(app, Duration::days(1));
            let said = program.renew().await.value();
            let expires = OffsetDateTime::parse(said["refresh_expires_at"].as_str().unwrap(), &Rfc3339).unwrap();
            assert_eq!(expires, last);
            // An access token does not outlive its session.
            let left = (last - app.clock().now()).whole_seconds();
            assert_eq!(said["expires_in"], json!(left.min(if days == 2 { 86_400 } else { 604_800 })));
        }
        wait(app, last - app.clock().now() - Duration::seconds(1));
        assert_eq!(program.renew().await.value()["expires_in"], json!(1));
        assert!(program.is_signed_in().await);
        wait(app, Duration::seconds(1));
        let answer = program.renew().await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "refresh_expired"));
        assert!(!program.is_signed_in().await);
    }
}

#[sqlx::test]
async fn tk_05_what_is_no_token_of_ours_is_answered_alike_and_seldom(db: PgPool) {
    let app = TestApp::new(db).await;
    let program = Program::new(&app, person(&app).await).await;
    let stranger = Program::new(&app, person(&app).await).await;
    let unlike = |answer: crate::browser::Answer| {
        let mut said = answer.value();
        said.as_object_mut().unwrap().remove("request_id");
        (answer.status, answer.header_names(), said)
    };
    let unknown = unlike(program.brings(&"0".repeat(64)).await);
    assert_eq!((unknown.0, unknown.2["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("refresh_invalid")));
    let hash = hex::encode(aura::platform::crypto::digest(program.refresh.as_bytes()));
    let shorter = program.refresh[..63].to_owned();
    for token in ["", "a", "\u{0}", &program.refresh.to_uppercase(), &shorter, &hash, &program.access] {
        assert_eq!(unlike(program.brings(token).await), unknown, "{token}");
    }
    // A right token that another device brings is not believed, and not spent.
    let elsewhere = json!({ "refresh_token": program.refresh, "device": { "id": stranger.device } });
    let address = "/api/v1/tokens/refresh";
    assert_eq!(unlike(program.showing("").send("POST", address, Some(&elsewhere)).await), unknown);
    for _ in 9..20 {
        assert_eq!(program.brings("x").await.status, StatusCode::UNAUTHORIZED);
    }
    let limited = program.brings("x").await;
    assert_eq!((limited.status, limited.retry_after()), (StatusCode::TOO_MANY_REQUESTS, 60));
    assert_eq!(program.coming_from([192, 0, 2, 8]).brings("x").await.status, StatusCode::UNAUTHORIZED);
    // Who shares the address with whoever tries is not kept out.
    let right = json!({ "refresh_token": program.refresh, "device": { "id": program.device, "app_version": "3.0" } });
    assert_eq!(program.showing("").send("POST", address, Some(&right)).await.status, StatusCode::OK);
    let version: String = sqlx::query_scalar("select app_version from devices where id = $1")
        .bind(Uuid::from(program.device))
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(version, "3.0");
}

#[sqlx::test]
async fn what_is_no_request_to_renew_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    let program = Program::new(&app, person(&app).await).await;
    let token = &program.refresh;
    let bad: [Value; 8] = [
        json!({}),
        json!({ "refresh_token": null }),
        json!({ "refresh_token": 7 }),
        json!({ "refresh_token": token, "role": "admin" }),
        json!({ "refresh_token": token, "device": "phone" }),
        json!({ "refresh_token": token, "device": { "id": "phone" } }),
        json!({ "refresh_token": token, "device": { "app_version": "" } }),
        json!({ "refresh_token": token, "device": { "app_version": "1\u{0}" } }),
    ];
    for body in &bad {
        let answer = program.send("POST", "/api/v1/tokens/refresh", Some(body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", answer.text());
    }
    assert_eq!(program.brings(token).await.status, StatusCode::OK, "none of them spent it");
}

#[sqlx::test]
async fn tk_06_a_person_renews_twenty_times_a_minute_and_repeats_freely(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let user = person(&app).await;
    let (mut one, mut two) = (Program::new(&app, user).await, Program::new(&other, user).await);
    let mut stranger = Program::new(&app, person(&app).await).await;
    let start = app.clock().now();
    for round in 0..10 {
        for program in [&mut one, &mut two] {
            let before = program.refresh.clone();
            assert_eq!(program.renew().await.status, StatusCode::OK, "round {round}");
            for _ in 0..3 {
                assert_eq!(successor(&program.brings(&before).await), program.refresh);
            }
        }
        wait(&app, Duration::seconds(1));
    }
    let spent = (one.refresh.clone(), tokens_in(&app).await);
    for program in [&mut one, &mut two] {
        let limited = program.renew().await;
        assert_eq!((limited.status, limited.retry_after()), (StatusCode::TOO_MANY_REQUESTS, 50), "{}", limited.text());
        assert_eq!(limited.header("ratelimit-policy"), "\"refresh\";q=20;w=60");
    }
    assert_eq!(stranger.renew().await.status, StatusCode::OK);
    assert_eq!(tokens_in(&app).await, spent.1 + 1);
    // What was refused was not spent, and the window slides.
    wait(&app, start + Duration::seconds(60) - app.clock().now() - Duration::microseconds(1));
    assert_eq!(one.renew().await.status, StatusCode::TOO_MANY_REQUESTS);
    wait(&app, Duration::microseconds(1));
    assert_eq!((one.renew().await.status, two.renew().await.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(one.renew().await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[sqlx::test]
async fn tk_07_only_hashes_are_stored_and_a_successor_only_as_long_as_it_can_be_asked_for(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut program = Program::new(&app, person(&app).await).await;
    let sealed = || async {
        sqlx::query_scalar::<_, String>(
            "select sealed_successor from refresh_tokens where sealed_successor is not null",
        )
        .fetch_all(app.db())
        .await
        .unwrap()
    };
    let mut secrets = vec![program.refresh.clone(), program.access.clone()];
    for _ in 0..3 {
        program.renew().await;
        secrets.extend([program.refresh.clone(), program.access.clone()]);
        assert_eq!(sealed().await.len(), 1, "what the one before kept is gone as soon as it was used");
    }
    for token in secrets.iter().step_by(2) {
        assert!(token.len() == 64 && token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{token}");
    }
    let written = dump(&app).await;
    for secret in &secrets {
        assert!(!written.contains(secret.as_str()), "a token stands in the database");
        // Bytes are written out as digits.
        assert!(!written.contains(&hex::encode(&secret[..24])), "a token stands in the database");
    }
    assert!(written.contains(&hex::encode(aura::platform::crypto::digest(program.refresh.as_bytes()))));
    app.identity().forget_successors().await.unwrap();
    assert_eq!(sealed().await.len(), 1);
    wait(&app, Duration::seconds(30));
    app.identity().forget_successors().await.unwrap();
    assert_eq!(sealed().await.len(), 0);
    assert_eq!(program.renew().await.status, StatusCode::OK, "the newest token works as before");
    // A sealed successor that is laid into another row opens nothing there.
    let before = program.refresh.clone();
    program.renew().await;
    let other = Program::new(&app, person(&app).await).await;
    other.brings(&other.refresh).await;
    let moved = "update refresh_tokens t set sealed_successor = o.sealed_successor from refresh_tokens o
                 where t.token_hash = $1 and o.token_hash = $2";
    sqlx::query(moved)
        .bind(aura::platform::crypto::digest(other.refresh.as_bytes()))
        .bind(aura::platform::crypto::digest(before.as_bytes()))
        .execute(app.db())
        .await
        .unwrap();
    assert_eq!(other.brings(&other.refresh).await.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[sqlx::test]
async fn tk_08_a_suspended_person_renews_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let user = person(&app).await;
    let program = Program::new(&app, user).await;
    sqlx::query("update users set status = 'suspended' where id = $1")
        .bind(Uuid::from(user))
        .execute(app.db())
        .await
        .unwrap();
    let answer = program.brings(&program.refresh).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "suspended"));
    assert_eq!(program.asks().await, (StatusCode::UNAUTHORIZED, "session_ended".to_owned()));
    sqlx::query("update users set status = 'active'").execute(app.db()).await.unwrap();
    assert_eq!(program.brings(&program.refresh).await.status, StatusCode::OK, "the token was not spent");
}

/// What can no longer be used goes, with everything that hangs on it.
#[sqlx::test]
async fn tokens_go_with_their_session_and_devices_that_nobody_uses_after_them(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut program = Program::new(&app, person(&app).await).await;
    let left = || async { (tokens_in(&app).await, count(&app, "select count(*) from devices").await) };
    for _ in 0..3 {
        program.renew().await;
    }
    wait(&app, Duration::days(60) - Duration::seconds(1));
    app.identity().purge().await.unwrap();
    assert_eq!(left().await, (4, 1), "an expired session stays to be looked at");
    wait(&app, Duration::seconds(2));
    app.identity().purge().await.unwrap();
    assert_eq!(left().await, (0, 1));
    wait(&app, Duration::days(340));
    app.identity().purge().await.unwrap();
    assert_eq!(left().await, (0, 0));
}
