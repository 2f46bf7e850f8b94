//! Making an account with a password: nothing of a person exists before the address is proved, and nobody learns who
//! is here already.

use futures::future::join_all;
use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use crate::{
    browser::{Browser, dump, mails_to, newest_mail, wait},
    program::person_at,
    stranger::{GOOD, Stranger, access, is, other_than, refused, shape},
    support::TestApp,
};

const MIRA: &str = "mira@example.com";

async fn people(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from users").fetch_one(app.db()).await.unwrap()
}

#[sqlx::test]
async fn pw_12_nothing_of_a_person_exists_before_the_address_is_proved(db: PgPool) {
    let app = TestApp::new(db).await;
    let stranger = Stranger::new(&app);
    let given = json!({ "email": "Mira@Example.com", "password": GOOD, "display_name": " Mira\tOkafor " });
    let begun = stranger.post("registrations", &given).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text());
    assert_eq!(begun.value()["expires_at"], "2026-03-12T12:10:00Z");
    assert_eq!(people(&app).await, 0);
    let dumped = dump(&app).await;
    let code = newest_mail(&app, MIRA).await.code();
    for secret in [GOOD, "$argon2id$", "Okafor", &format!("\"{code}\"")] {
        assert!(!dumped.contains(secret), "{secret} waits in the open");
    }
    assert_eq!(refused(&stranger.log_in(MIRA, GOOD).await), is(401, "wrong_credentials"));

    // The process that takes the code is another one than that which sent it.
    let later = app.second_process().await;
    let token = access(&stranger.at(&later).confirm("registrations", &begun, &code).await);
    let sessions = stranger.send("GET", "/api/v1/sessions", &token, "").await.value();
    assert_eq!((sessions["items"][0]["kind"].as_str(), people(&app).await), (Some("app"), 1));
    let name: String = sqlx::query_scalar("select display_name from users").fetch_one(app.db()).await.unwrap();
    assert_eq!(name, "Mira Okafor");
    access(&stranger.log_in(MIRA, GOOD).await);
    let waiting: i64 = sqlx::query_scalar("select count(*) from user_verifications where sealed_payload is not null")
        .fetch_one(app.db())
        .await
        .unwrap();
    assert_eq!(waiting, 0, "what waited is gone");
    wait(&app, Duration::hours(2));
    app.identity().purge().await.unwrap();
    let rows: i64 = sqlx::query_scalar("select count(*) from user_verifications").fetch_one(app.db()).await.unwrap();
    assert_eq!(rows, 0);
}

#[sqlx::test]
async fn pw_13_a_known_address_is_answered_alike_and_told_by_letter(db: PgPool) {
    let app = TestApp::new(db).await;
    let (user, _) = person_at(&app, MIRA).await;
    let stranger = Stranger::new(&app);
    for path in ["registrations", "recoveries", "sign-in-codes"] {
        let body = |email: &str| match path {
            "registrations" => json!({ "email": email, "password": GOOD }),
            _ => json!({ "email": email }),
        };
        wait(&app, Duration::minutes(1));
        let known = stranger.post(path, &body(MIRA)).await;
        let unknown = stranger.post(path, &body("nobody@example.com")).await;
        assert_eq!(shape(&known), shape(&unknown), "{path}");
        assert_eq!(known.status, StatusCode::ACCEPTED);
        assert_eq!(known.value()["expires_at"], unknown.value()["expires_at"]);
        // A wrong code is refused alike, too.
        for begun in [&known, &unknown] {
            let wrong = if path == "recoveries" {
                stranger.recover(begun, "000000", GOOD).await
            } else {
                stranger.confirm(path, begun, "000000").await
            };
            assert_eq!(refused(&wrong), is(422, "code_wrong"), "{path}");
        }
        if path == "registrations" {
            let letter = newest_mail(&app, MIRA).await;
            assert_eq!(letter.0.template, "has_account");
            assert!(!letter.0.text.contains("confirm-email"), "{}", letter.0.text);
        }
    }
    // No recovery is written to who is not here.
    assert_eq!(mails_to(&app, "nobody@example.com").await, 2);
    let password: Option<Uuid> = sqlx::query_scalar("select user_id from passwords where user_id = $1")
        .bind(Uuid::from(user))
        .fetch_optional(app.db())
        .await
        .unwrap();
    assert_eq!(password, None, "registering again sets nothing");
}

#[sqlx::test]
async fn pw_14_a_code_works_once_for_ten_minutes_and_five_tries(db: PgPool) {
    let app = TestApp::new(db).await;
    let stranger = Stranger::new(&app);
    let wrong = |code: &str| other_than(code);

    // Five tries, counted for both processes together.
    let begun = stranger.register(MIRA, GOOD).await;
    let code = newest_mail(&app, MIRA).await.code();
    let other = app.second_process().await;
    for left in (1..5).rev() {
        let at = if left % 2 == 0 { stranger.clone() } else { stranger.at(&other) };
        let answer = at.confirm("registrations", &begun, &wrong(&code)).await;
        assert_eq!(refused(&answer), is(422, "code_wrong"));
        assert!(answer.text().contains(&if left == 1 { "one more try".to_owned() } else { format!("{left} more") }));
    }
    assert_eq!(refused(&stranger.confirm("registrations", &begun, &wrong(&code)).await), is(410, "code_dead"));
    wait(&app, Duration::minutes(1));
    assert_eq!(refused(&stranger.confirm("registrations", &begun, &code).await), is(410, "code_dead"));

    // Ten minutes.
    let begun = stranger.register(MIRA, GOOD).await;
    let code = newest_mail(&app, MIRA).await.code();
    wait(&app, Duration::minutes(10));
    assert_eq!(refused(&stranger.confirm("registrations", &begun, &code).await), is(410, "code_expired"));
    let link = newest_mail(&app, MIRA).await.link_to("/confirm-email");
    assert_eq!(Browser::new(&app).get(&link).await.status, StatusCode::GONE);

    // Another's code, another purpose's, an id that is none.
    let begun = stranger.register(MIRA, GOOD).await;
    let signing_in = stranger.post("sign-in-codes", &json!({ "email": "jonas@example.com" })).await;
    let jonas = newest_mail(&app, "jonas@example.com").await.code();
    let code = newest_mail(&app, MIRA).await.code();
    let foreign = stranger.confirm("registrations", &begun, &jonas).await;
    assert!(jonas == code || refused(&foreign) == is(422, "code_wrong"));
    let mixed = stranger.confirm("registrations", &signing_in, &jonas).await;
    assert_eq!(refused(&mixed), is(404, "verification_unknown"));
    wait(&app, Duration::seconds(11));
    for code in ["", "12345", "1234567", "١٢٣٤٥٦", "12345\0", "' or 1"] {
        assert_eq!(refused(&stranger.confirm("registrations", &begun, code).await), is(422, "code_invalid"), "{code}");
    }
    let path = format!("registrations/{}/confirm", Uuid::nil());
    let unknown = stranger.post(&path, &json!({ "code": code, "device": crate::stranger::device() })).await;
    assert_eq!(refused(&unknown), is(404, "verification_unknown"));

    // Once, however many at once.
    let (stranger, begun, code) = (&stranger, &begun, code.as_str());
    wait(&app, Duration::minutes(1));
    let both = [&app, &other];
    let ten =
        (0..4).map(|round| async move { stranger.at(both[round % 2]).confirm("registrations", begun, code).await });
    let answers = join_all(ten).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
        assert_eq!(refused(answer), is(410, "code_used"), "{}", answer.text());
    }
    assert_eq!(people(&app).await, 1);
}

#[sqlx::test]
async fn pw_15_of_many_right_answers_at_once_one_counts(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    // Each of three codes is shown as often at once as tries are allowed, by two processes.
    for round in 0..5_u8 {
        let email = format!("person-{round}@example.com");
        let stranger = Stranger::new(&app).from([198, 51, 100, round]);
        let begun = stranger.post("sign-in-codes", &json!({ "email": email })).await;
        let code = newest_mail(&app, &email).await.code();
        let (stranger, begun, code, both) = (&stranger, &begun, code.as_str(), [&app, &other]);
        let shown =
            (0..10).map(|at| async move { stranger.at(both[at % 2]).confirm("sign-in-codes", begun, code).await });
        let answers = join_all(shown).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1);
    }
    assert_eq!(people(&app).await, 5);
}

#[sqlx::test]
async fn pw_16_the_link_asks_for_the_password_and_opening_it_changes_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let stranger = Stranger::new(&app);
    let begun = stranger.register(MIRA, GOOD).await;
    let letter = newest_mail(&app, MIRA).await;
    let link = letter.link_to("/confirm-email");
    let token = link.split_once("token=").unwrap().1.to_owned();
    // A program that looks into mail, and then a person in another browser than the app's.
    let mut browser = Browser::new(&app);
    for _ in 0..5 {
        browser.head(&link).await;
        let page = browser.get(&link).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains("m••a@example.com") && !page.text().contains(MIRA), "{}", page.text());
    }
    assert_eq!(people(&app).await, 0);
    let confirm = |password| [("token", token.as_str()), ("password", password)];
    // Whoever did not register, and presses the button all the same, makes no account that somebody else can open.
    let wrong = browser.form_from(&link, "confirm-email", &confirm("not this one")).await;
    assert!(browser.get(wrong.location()).await.text().contains("not the password that was chosen"));
    assert_eq!(people(&app).await, 0);
    let done = browser.form_from(&link, "confirm-email", &confirm(GOOD)).await;
    assert_eq!(done.location(), "/confirm-email?done=yes");
    assert!(browser.get(done.location()).await.text().contains("Your address is confirmed"));
    assert_eq!((people(&app).await, browser.viewer().await), (1, None));
    access(&stranger.log_in(MIRA, GOOD).await);

    // Once: neither the link nor the code beside it does it again.
    let page = browser.get(&link).await;
    assert_eq!(page.status, StatusCode::GONE, "{}", page.text());
    let again = browser.json("confirm-email", &confirm(GOOD)).await;
    assert_eq!(refused(&again), is(410, "link_over"));
    assert_eq!(refused(&stranger.confirm("registrations", &begun, &letter.code()).await), is(410, "code_used"));
    for token in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(browser.get(&format!("/confirm-email?token={token}")).await.status, StatusCode::GONE);
        let answer = browser.json("confirm-email", &[("token", token), ("password", GOOD)]).await;
        assert_eq!(refused(&answer), is(410, "link_over"));
    }
}

#[sqlx::test]
async fn pw_17_guesses_at_the_links_password_end_it(db: PgPool) {
    let app = TestApp::new(db).await;
    let begun = Stranger::new(&app).register(MIRA, GOOD).await;
    let letter = newest_mail(&app, MIRA).await;
    let link = letter.link_to("/confirm-email");
    let token = link.split_once("token=").unwrap().1;
    let mut browser = Browser::new(&app);
    for _ in 0..5 {
        let guess = browser.json("confirm-email", &[("token", token), ("password", "not this one")]).await;
        assert_eq!(refused(&guess), is(422, "password_other"));
    }
    wait(&app, Duration::minutes(1));
    let right = browser.json("confirm-email", &[("token", token), ("password", GOOD)]).await;
    assert_eq!(refused(&right), is(410, "code_dead"));
    assert_eq!(
        refused(&Stranger::new(&app).confirm("registrations", &begun, &letter.code()).await),
        is(410, "code_dead")
    );
}

#[sqlx::test]
async fn pw_18_who_registers_anothers_address_gets_nothing_of_their_account(db: PgPool) {
    let app = TestApp::new(db).await;
    let thief = Stranger::new(&app).from([203, 0, 113, 66]);
    // They register, twice, and ask for a new password, before the owner comes …
    let begun = [thief.register(MIRA, GOOD).await, thief.register(MIRA, GOOD).await];
    let recovery = thief.post("recoveries", &json!({ "email": MIRA })).await;
    let letter = newest_mail(&app, MIRA).await;
    let token = letter.link_to("/confirm-email").split_once("token=").unwrap().1.to_owned();
    // … who comes in with a code in a browser.
    wait(&app, Duration::minutes(1));
    let (_, mut owner) = person_at(&app, MIRA).await;
    assert_eq!(refused(&thief.log_in(MIRA, GOOD).await), is(401, "wrong_credentials"));
    // Even somebody who saw the letter makes nothing of it any more: not of its code, and not of its link.
    for begun in &begun {
        assert_eq!(refused(&thief.confirm("registrations", begun, &letter.code()).await), is(410, "code_used"));
    }
    assert_eq!(refused(&thief.recover(&recovery, "123456", GOOD).await), is(410, "code_used"));
    wait(&app, Duration::minutes(1));
    let page = Browser::new(&app).json("confirm-email", &[("token", &token), ("password", GOOD)]).await;
    assert_eq!(refused(&page), is(410, "link_over"));
    let passwords: i64 = sqlx::query_scalar("select count(*) from passwords").fetch_one(app.db()).await.unwrap();
    assert_eq!((passwords, people(&app).await), (0, 1));
    assert!(owner.viewer().await.is_some());

    // The same when the owner's app signs in by a code, or the owner's own registration is first.
    for (email, by_code) in [("jonas@example.com", true), ("ada@example.com", false)] {
        wait(&app, Duration::minutes(2));
        let owner = Stranger::new(&app);
        let stolen = thief.register(email, GOOD).await;
        let seen = newest_mail(&app, email).await.code();
        wait(&app, Duration::milliseconds(1));
        if by_code {
            let begun = owner.post("sign-in-codes", &json!({ "email": email })).await;
            let code = newest_mail(&app, email).await.code();
            access(&owner.confirm("sign-in-codes", &begun, &code).await);
        } else {
            owner.joins(&app, email, "wexlqvzj und mehr").await;
        }
        assert_eq!(refused(&thief.confirm("registrations", &stolen, &seen).await), is(410, "code_used"), "{email}");
        assert_eq!(refused(&thief.log_in(email, GOOD).await), is(401, "wrong_credentials"), "{email}");
    }
}

#[sqlx::test]
async fn pw_19_registering_is_no_way_around_the_gate(db: PgPool) {
    let app = TestApp::with(db, &[("SIGN_UP", "invitation")]).await;
    for path in ["registrations", "sign-in-codes"] {
        let stranger = Stranger::new(&app);
        let body =
            if path == "registrations" { json!({ "email": MIRA, "password": GOOD }) } else { json!({ "email": MIRA }) };
        wait(&app, Duration::minutes(1));
        let begun = stranger.post(path, &body).await;
        let code = newest_mail(&app, MIRA).await.code();
        assert_eq!(refused(&stranger.confirm(path, &begun, &code).await), is(403, "not_invited"));
    }
    assert_eq!(people(&app).await, 0);
    let open = app.second_process_with(&[("SIGN_UP", "open")]).await;
    let stranger = Stranger::new(&open);
    let begun = stranger.register("x@mailinator.com", GOOD).await;
    let code = newest_mail(&open, "x@mailinator.com").await.code();
    assert_eq!(refused(&stranger.confirm("registrations", &begun, &code).await), is(403, "address_disposable"));
    assert_eq!(people(&app).await, 0);
}

#[sqlx::test]
async fn pw_20_a_mailbox_gets_five_letters_a_minute_and_ten_a_day(db: PgPool) {
    let app = TestApp::new(db).await;
    for (email, known) in [(MIRA, true), ("nobody@example.com", false)] {
        if known {
            person_at(&app, email).await;
            wait(&app, Duration::days(1));
        }
        let mut begun = Vec::new();
        for round in 0..12_u8 {
            let stranger = Stranger::new(&app).from([198, 51, 100, round]);
            let path = ["registrations", "recoveries", "sign-in-codes"][usize::from(round % 3)];
            let body = match path {
                "registrations" => json!({ "email": email, "password": GOOD }),
                _ => json!({ "email": email }),
            };
            begun.push(stranger.post(path, &body).await.status.as_u16());
            if round == 5 || round == 10 {
                wait(&app, Duration::minutes(1));
            }
        }
        assert_eq!(begun, [202, 202, 202, 202, 202, 429, 202, 202, 202, 202, 202, 429], "{email}");
        wait(&app, Duration::days(1));
    }
}
