//! Accounts that are closed off and opened again over the API.

use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::{
    browser::{Browser, newest_mail, wait},
    program::{Program, person_at},
    support::TestApp,
    users::operator,
};

const MIRA: &str = "mira@example.com";
const OLGA: &str = "olga@example.com";

async fn put(program: &Program, path: &str, status: &str, because: &str) -> (StatusCode, Value) {
    let answer = program.send("PUT", path, Some(&json!({ "status": status, "because": because }))).await;
    (answer.status, answer.value())
}

#[sqlx::test]
async fn us_05_whoever_is_suspended_over_the_api_is_out_everywhere_at_once_and_the_history_tells(db: PgPool) {
    let app = TestApp::new(db).await;
    let other = app.second_process().await;
    let (mira, mut browser) = person_at(&app, MIRA).await;
    let phone = Program::new(&app, mira).await;
    let there = phone.at(&other);
    wait(&app, Duration::seconds(30));
    let olga = operator(&app, OLGA).await;
    let path = format!("/api/v1/users/{mira}/status");
    assert_eq!(olga.get(&path).await.value(), json!({ "status": "active", "history": [] }));

    let (status, said) = put(&olga, &path, "suspended", "spam,\r\n and more").await;
    assert_eq!((status, &said["status"]), (StatusCode::OK, &json!("suspended")));
    assert_eq!(said["history"][0]["because"], json!("spam, and more"));
    assert_eq!(said["history"][0]["set_by"], json!(olga.user));
    assert_eq!(phone.asks().await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(there.asks().await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.viewer().await, None);
    let renewed = there.brings(&phone.refresh).await;
    assert_eq!((renewed.status, renewed.code().as_str()), (StatusCode::FORBIDDEN, "suspended"));
    let mut again = Browser::new(&other);
    again.start(MIRA, "").await;
    let code = newest_mail(&app, MIRA).await.code();
    let refused = again.json("verify-code", &[("code", &code)]).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "suspended"));
    // Asked again, nothing happens.
    let (_, again) = put(&olga, &path, "suspended", "once more").await;
    assert_eq!(again["history"].as_array().unwrap().len(), 1);

    // Opened again in the pages for operators, the same history goes on.
    let mut desk = Browser::new(&app);
    wait(&app, Duration::seconds(30));
    desk.sign_in(&app, OLGA).await;
    desk.post_form("/api/admin/restore", &[("id", &mira.to_string())]).await;
    let now = olga.get(&path).await.value();
    assert_eq!((&now["status"], &now["history"][0]["status"]), (&json!("active"), &json!("active")));
    assert_eq!(now["history"][1]["because"], json!("spam, and more"));
    let page = desk.get(&format!("/admin/people/{mira}")).await;
    assert!(page.text().contains("suspended: spam, and more"), "{}", page.text());
    assert_eq!(phone.asks().await.0, StatusCode::UNAUTHORIZED, "what ended stays ended");
    browser.sign_in(&app, MIRA).await;
}

#[sqlx::test]
async fn us_06_only_operators_with_a_recent_proof_and_a_reason_set_a_status_and_never_their_own(db: PgPool) {
    let app = TestApp::new(db).await;
    let (mira, _) = person_at(&app, MIRA).await;
    let phone = Program::new(&app, mira).await;
    let olga = operator(&app, OLGA).await;
    let path = format!("/api/v1/users/{mira}/status");
    let refused = |(status, said): (StatusCode, Value)| (status.as_u16(), said["code"].as_str().unwrap().to_owned());
    let is = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(refused(put(&phone, &path, "suspended", "x").await), is(403, "operators_only"));
    assert_eq!(refused(put(&olga, &path, "suspended", " \n").await), is(422, "reason_missing"));
    let own = format!("/api/v1/users/{}/status", olga.user);
    assert_eq!(refused(put(&olga, &own, "suspended", "x").await), is(409, "own_account"));
    let nobody = "/api/v1/users/0192f0c1-0000-7000-8000-000000000000/status";
    assert_eq!(refused(put(&olga, nobody, "suspended", "x").await), is(404, "not_found"));
    for body in [
        json!({ "status": "gone" }),
        json!({}),
        json!({ "status": "suspended", "because": "x", "set_by": mira }),
        json!({ "status": "suspended", "because": null }),
    ] {
        wait(&app, Duration::seconds(2));
        assert_eq!(olga.send("PUT", &path, Some(&body)).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    wait(&app, Duration::minutes(11));
    assert_eq!(refused(put(&olga, &path, "suspended", "x").await), is(403, "prove_first"));
    assert!(phone.is_signed_in().await);
}
