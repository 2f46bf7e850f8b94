//! Numbers that people prove by a code.

use aura::{kit::id::UserId, platform::crypto::Place};
use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use crate::{
    browser::{dump, mails_to, newest_mail, wait},
    program::{Program, person_at},
    support::TestApp,
};

const MIRA: &str = "mira@example.com";
const PHONE: &str = "/api/v1/users/me/phone";
const CONFIRM: &str = "/api/v1/users/me/phone/confirm";
const NUMBER: &str = "+4915123456789";
const ON: &[(&str, &str)] = &[("TEXT_MESSAGES", "log"), ("RATE_LIMIT", "1000/10s")];

async fn signed_in(app: &TestApp, email: &str) -> (UserId, Program) {
    let (user, _) = person_at(app, email).await;
    (user, Program::new(app, user).await)
}

/// The words of the newest message and the number it goes to. Those of one moment are told apart by where their rows
/// lie: their ids have no order.
pub async fn newest_text(app: &TestApp) -> (Uuid, String, String) {
    let (id, number, words): (Uuid, String, String) = sqlx::query_as(
        "select id, sealed_recipient, sealed_content from text_messages order by created_at desc, ctid desc limit 1",
    )
    .fetch_one(app.db())
    .await
    .unwrap();
    let open = |column, sealed: &str| {
        let place = Place { table: "text_messages", column, row: id, owner: Uuid::nil(), provider: "" };
        String::from_utf8(app.vault().open(&place, sealed).unwrap().to_vec()).unwrap()
    };
    (id, open("sealed_recipient", &number), open("sealed_content", &words))
}

pub async fn newest_code(app: &TestApp) -> String {
    newest_text(app).await.2[..6].to_owned()
}

fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

async fn texts(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from text_messages").fetch_one(app.db()).await.unwrap()
}

async fn begin(program: &Program, number: &str) -> String {
    let begun = program.send("POST", PHONE, Some(&json!({ "number": number }))).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text());
    begun.value()["verification_id"].as_str().unwrap().to_owned()
}

async fn types(program: &Program, id: &str, code: &str) -> (StatusCode, String) {
    let answer = program.send("POST", CONFIRM, Some(&json!({ "verification_id": id, "code": code }))).await;
    let code = if answer.status == StatusCode::OK { String::new() } else { answer.code() };
    (answer.status, code)
}

#[sqlx::test]
async fn tm_03_a_number_is_added_by_the_code_of_one_message_and_removed(db: PgPool) {
    let app = TestApp::with(db, ON).await;
    let (_, program) = signed_in(&app, MIRA).await;
    assert_eq!(program.get(PHONE).await.status, StatusCode::NOT_FOUND);
    let given = json!({ "number": "01512/345 67 89", "country": "DE" });
    let begun = program.send("POST", PHONE, Some(&given)).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED);
    assert!(begun.value()["expires_at"].as_str().unwrap().starts_with("2026-03-12T12:10:00"), "{}", begun.text());
    let id = begun.value()["verification_id"].as_str().unwrap().to_owned();
    assert_eq!(texts(&app).await, 1);
    let (row, number, words) = newest_text(&app).await;
    let code = words[..6].to_owned();
    assert_eq!(number, NUMBER);
    assert!(code.bytes().all(|digit| digit.is_ascii_digit()) && words.ends_with(&format!("\n\n@localhost #{code}")));
    assert!(words.is_ascii() && words.len() <= 160, "one part, in the alphabet that costs least: {words}");
    let all = dump(&app).await;
    assert!(!all.contains(&code), "the code stands nowhere in clear");
    // Bytes are written out as digits.
    assert!(!all.contains(&hex::encode(&code)), "the code stands nowhere in clear");

    // It leaves once, and leaves nothing behind.
    app.state().texts.send(row.into()).await.unwrap();
    let (state, number, words): (String, Option<String>, Option<String>) =
        sqlx::query_as("select state, sealed_recipient, sealed_content from text_messages")
            .fetch_one(app.db())
            .await
            .unwrap();
    assert_eq!((state.as_str(), number, words), ("sent", None, None));

    wait(&app, Duration::seconds(1));
    assert_eq!(types(&program, &id, &wrong(&code)).await, (StatusCode::UNPROCESSABLE_ENTITY, "code_wrong".into()));
    assert_eq!(types(&program, &id, &code).await, (StatusCode::OK, String::new()));
    assert_eq!(types(&program, &id, &code).await, (StatusCode::GONE, "code_used".into()));
    let shown = program.get(PHONE).await.value();
    assert_eq!(shown["number"], json!(NUMBER));
    assert!(shown["verified_at"].as_str().unwrap().starts_with("2026-03-12T12:00:01"), "{shown}");
    assert_eq!(newest_mail(&app, MIRA).await.0.template, "phone_added");
    assert!(newest_mail(&app, MIRA).await.0.text.contains("+49••••89"), "most of it is hidden");

    wait(&app, Duration::seconds(1));
    let before = mails_to(&app, MIRA).await;
    assert_eq!(program.delete(PHONE).await.status, StatusCode::NO_CONTENT);
    assert_eq!(program.delete(PHONE).await.status, StatusCode::NOT_FOUND);
    assert_eq!(program.get(PHONE).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        (mails_to(&app, MIRA).await, newest_mail(&app, MIRA).await.0.template.as_str()),
        (before + 1, "phone_removed")
    );
    let lines: Vec<String> =
        sqlx::query_scalar("select kind from audit_events where kind like 'phone_%' order by created_at, id")
            .fetch_all(app.db())
            .await
            .unwrap();
    assert_eq!(lines, ["phone_added", "phone_removed"]);
}

#[sqlx::test]
async fn tm_04_a_code_has_five_tries_ten_minutes_and_one_session(db: PgPool) {
    let app = TestApp::with(db, ON).await;
    let (user, program) = signed_in(&app, MIRA).await;
    let (_, stranger) = signed_in(&app, "theo@example.com").await;
    let id = begin(&program, NUMBER).await;
    let code = newest_code(&app).await;
    // Neither another person nor another session of the same one knows it.
    let second = Program::new(&app, user).await;
    for other in [&stranger, &second] {
        assert_eq!(types(other, &id, &code).await, (StatusCode::NOT_FOUND, "not_found".into()));
    }
    for left in (0..5).rev() {
        wait(&app, Duration::seconds(61));
        let expected =
            if left > 0 { (StatusCode::UNPROCESSABLE_ENTITY, "code_wrong") } else { (StatusCode::GONE, "code_dead") };
        let told = types(&program, &id, &wrong(&code)).await;
        assert_eq!((told.0, told.1.as_str()), expected, "{left} left");
    }
    wait(&app, Duration::seconds(61));
    assert_eq!(types(&program, &id, &code).await, (StatusCode::GONE, "code_dead".into()), "the right one is too late");

    // Five tries at once are five tries.
    let program = Program::new(&app, user).await;
    let id = begin(&program, NUMBER).await;
    let code = newest_code(&app).await;
    wait(&app, Duration::minutes(10));
    assert_eq!(types(&program, &id, &code).await, (StatusCode::GONE, "code_expired".into()));
    // An older proof is not enough to begin, nor to remove.
    for (verb, body) in [("POST", Some(json!({ "number": NUMBER }))), ("DELETE", None)] {
        wait(&app, Duration::minutes(1));
        let refused = program.send(verb, PHONE, body.as_ref()).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "prove_first".into()), "{verb}");
    }
}

#[sqlx::test]
async fn tm_05_messages_are_limited_by_number_person_country_and_day(db: PgPool) {
    let caps = [("SMS_DAILY_MAX", "8"), ("SMS_COUNTRIES", "DE,GB:1")];
    let app = TestApp::with(db, &[ON, &caps].concat()).await;
    let (user, mut program) = signed_in(&app, MIRA).await;
    let ask = async |program: &Program, number: &str| {
        let answer = program.send("POST", PHONE, Some(&json!({ "number": number }))).await;
        let code = if answer.status == StatusCode::ACCEPTED { String::new() } else { answer.code() };
        (answer.status.as_u16(), code)
    };
    // Three an hour a number, whoever asks and in whichever process.
    for _ in 0..3 {
        assert_eq!(ask(&program, NUMBER).await.0, 202);
    }
    let (_, other) = signed_in(&app, "theo@example.com").await;
    let process = app.second_process().await;
    for program in [program.clone(), other.clone(), other.at(&process)] {
        assert_eq!(ask(&program, NUMBER).await.0, 429);
    }
    assert_eq!(texts(&app).await, 3);
    // Countries that are not listed get none, and what costs its caller gets none anywhere.
    assert_eq!(ask(&program, "+12015550123").await, (422, "phone_country_closed".into()));
    assert_eq!(ask(&program, "+49 900 1234567").await, (422, "phone_not_mobile".into()));
    assert_eq!(ask(&program, "+447400123456").await.0, 202);
    assert_eq!(ask(&program, "+447400123457").await, (503, "text_messages_spent".into()), "the country's one is spent");
    // The day's in all.
    for last in 0..4 {
        assert_eq!(ask(&other, &format!("+49151234567{last}0")).await.0, 202);
    }
    assert_eq!(ask(&other, "+4915123456750").await, (503, "text_messages_spent".into()));
    assert_eq!(ask(&other.at(&process), "+4915123456750").await.0, 503, "one book for all processes");
    assert_eq!(texts(&app).await, 8);
    // A day later there are new ones.
    wait(&app, Duration::hours(25));
    program = Program::new(&app, user).await;
    assert_eq!(ask(&program, NUMBER).await.0, 202);

    // Ten a day a person, whatever the numbers, and ten a day a number, whoever asks.
    let roomy = app.second_process_with(&[("SMS_DAILY_MAX", "1000")]).await;
    wait(&app, Duration::hours(25));
    let many = Program::new(&roomy, user).await;
    for last in 0..10 {
        assert_eq!(ask(&many, &format!("+49151234567{last}1")).await.0, 202, "{last}");
    }
    assert_eq!(ask(&many, "+4915123456799").await.0, 429, "the eleventh of a person");
    let mut asked = 0;
    for hour in 0..4_u8 {
        let (user, _) = person_at(&app, &format!("person-{hour}@example.com")).await;
        let program = Program::new(&roomy, user).await;
        for _ in 0..3 {
            let (status, _) = ask(&program, NUMBER).await;
            asked += 1;
            assert_eq!(status, if asked > 10 { 429 } else { 202 }, "{asked} to one number");
        }
        wait(&app, Duration::hours(1));
    }
}

#[sqlx::test]
async fn tm_06_a_number_of_another_account_looks_free_and_is_not_given(db: PgPool) {
    let app = TestApp::with(db, ON).await;
    let (_, owner) = signed_in(&app, MIRA).await;
    let id = begin(&owner, NUMBER).await;
    assert_eq!(types(&owner, &id, &newest_code(&app).await).await.0, StatusCode::OK);
    let (_, other) = signed_in(&app, "theo@example.com").await;
    let own = "+4915123456780";
    let id = begin(&other, own).await;
    assert_eq!(types(&other, &id, &newest_code(&app).await).await.0, StatusCode::OK);

    let free = other.send("POST", PHONE, Some(&json!({ "number": "+4915123456781" }))).await;
    let taken = other.send("POST", PHONE, Some(&json!({ "number": NUMBER }))).await;
    let members =
        |answer: &crate::browser::Answer| answer.value().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        (taken.status, members(&taken), taken.header_names()),
        (free.status, members(&free), free.header_names())
    );
    let id = taken.value()["verification_id"].as_str().unwrap().to_owned();
    let before = (mails_to(&app, MIRA).await, mails_to(&app, "theo@example.com").await);
    assert_eq!(types(&other, &id, &newest_code(&app).await).await, (StatusCode::CONFLICT, "phone_taken".into()));
    assert_eq!(owner.get(PHONE).await.value()["number"], json!(NUMBER), "its owner keeps it");
    assert_eq!(other.get(PHONE).await.value()["number"], json!(own), "and nothing else changed");
    assert_eq!((mails_to(&app, MIRA).await, mails_to(&app, "theo@example.com").await), before);

    // Two that confirm the same number at once: one has it.
    let third = "+4915123456799";
    let one = begin(&owner, third).await;
    let first_code = newest_code(&app).await;
    wait(&app, Duration::seconds(1));
    let two = begin(&other, third).await;
    let second_code = newest_code(&app).await;
    let (a, b) = tokio::join!(types(&owner, &one, &first_code), types(&other, &two, &second_code));
    let mut both = [a.0.as_u16(), b.0.as_u16()];
    both.sort_unstable();
    assert_eq!(both, [200, 409]);
}

#[sqlx::test]
async fn tm_07_without_text_messages_only_numbers_cannot_be_added(db: PgPool) {
    let app = TestApp::with(db.clone(), &[("RATE_LIMIT", "1000/10s")]).await;
    let (_, program) = signed_in(&app, MIRA).await;
    let code = json!({ "verification_id": "0192f0c1-0000-7000-8000-000000000000", "code": "123456" });
    for (path, body) in [(PHONE, json!({ "number": NUMBER })), (CONFIRM, code)] {
        let refused = program.send("POST", path, Some(&body)).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (503, "text_messages_off".into()), "{path}");
    }
    assert_eq!(program.get(PHONE).await.status, StatusCode::NOT_FOUND);
    assert!(program.is_signed_in().await);
    assert!(app.state().texts.to_string().starts_with("off: text messages"));
    let (_, mut browser) = person_at(&app, "theo@example.com").await;
    let page = browser.get("/settings/security").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text().contains("id=\"phone\""), "the settings say nothing of numbers");
    // A number that is there can still be seen and taken away.
    sqlx::query("insert into user_phones (phone, user_id, verified_at) values ($1, $2, now())")
        .bind(NUMBER)
        .bind(Uuid::from(program.user))
        .execute(&db)
        .await
        .unwrap();
    assert_eq!(program.get(PHONE).await.value()["number"], json!(NUMBER));
    assert_eq!(program.delete(PHONE).await.status, StatusCode::NO_CONTENT);
}

#[sqlx::test]
async fn tm_08_the_settings_add_and_remove_a_number_without_a_script(db: PgPool) {
    let app = TestApp::with(db, ON).await;
    let (_, mut browser) = person_at(&app, MIRA).await;
    assert!(browser.get("/settings/security").await.text().contains("id=\"phone\""));
    let begun = browser.form("start-phone", &[("number", "+49 1512 3456789")]).await;
    assert_eq!((begun.status, begun.location()), (StatusCode::FOUND, "/settings/security"));
    let page = browser.get("/settings/security").await;
    assert!(page.text().contains("We sent a text message to +49••••89"), "{}", page.text());
    let id: Uuid = sqlx::query_scalar("select id from user_verifications").fetch_one(app.db()).await.unwrap();
    assert!(page.text().contains(&id.to_string()));
    let code = newest_code(&app).await;
    let done = browser.form("finish-phone", &[("id", &id.to_string()), ("code", &code)]).await;
    assert_eq!((done.status, done.location()), (StatusCode::FOUND, "/settings/security"));
    let page = browser.get("/settings/security").await;
    assert!(page.text().contains("+4915123456789, confirmed on"), "{}", page.text());
    assert!(!page.text().contains("We sent a text message"));
    let question = page.dialog("remove-phone");
    assert!(question.contains("Remove your number?") && question.contains("action=\"/api/identity/remove-phone"));
    assert_eq!(page.text().matches("/api/identity/remove-phone").count(), 1, "only the answer removes it");
    wait(&app, Duration::minutes(11));
    let stale = browser.form("remove-phone", &[]).await;
    assert!(stale.location().starts_with("/settings/confirm"), "{}", stale.location());
}
