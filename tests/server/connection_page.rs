//! The page of one connection, and the same for programs.

use aura::integrations::jobs;
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::{
    browser::{Answer, Browser, wait},
    program::{Program, person_at},
    support::TestApp,
    vendor::{EVENTS, GOOGLE_TOKEN, Vendor, ask, connect, count},
};

const MIRA: &str = "mira@example.com";
const LIST: &str = "/api/v1/connections";

async fn events_of(app: &TestApp, user: aura::kit::id::UserId, id: aura::kit::id::ConnectionId, how_many: u32) {
    for number in 0..how_many {
        let at = app.clock().now() + Duration::seconds(i64::from(number));
        let event: aura::kit::id::ConnectionId = app.state().random.id(at);
        sqlx::query(
            "insert into connection_events (id, user_id, connection_id, provider, kind, created_at)
             values ($1, $2, $3, 'google-calendar', 'renewed', $4)",
        )
        .bind(Uuid::from(event))
        .bind(Uuid::from(user))
        .bind(Uuid::from(id))
        .bind(at)
        .execute(app.db())
        .await
        .unwrap();
    }
}

#[sqlx::test]
async fn cp_01_the_page_says_how_a_connection_fares_and_mends_it_without_a_script(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.json("GET", EVENTS, json!({"items": []})).await;
    let app = vendor.app_with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let (user, mut browser) = person_at(&app, MIRA).await;
    let soon = app.clock().now() + Duration::HOUR;
    let id = connect(&app, user, "google-calendar", "canary-access", Some("canary-refresh"), Some(soon)).await;
    sqlx::query("update connections set consent_expires_at = $1, asked_scopes = scopes")
        .bind(app.clock().now() + Duration::days(20))
        .execute(app.db())
        .await
        .unwrap();
    app.state().integrations.renew_due().await.unwrap();
    ask(&app, user, id, "google_calendar__list_events", json!({})).await.unwrap();
    let address = format!("/connections/{id}");
    let page = browser.get(&address).await;
    assert_eq!(page.status, StatusCode::OK);
    let shown = page.text().split("<template").next().unwrap();
    let entry = aura::providers::catalogue().get("google-calendar").unwrap();
    let reason = format!("To {}", entry.scopes()[0].reason);
    for words in [
        "It works.",
        "mira",
        &entry.scopes()[0].name,
        &reason,
        "Granted",
        "for an answer",
        "Next renewal",
        "Today, ",
        "in 20 days",
        "Keep it from the model",
        "Also delete what was read through it",
        "Export all of it as JSON",
    ] {
        let words = if words == "for an answer" { "by Aura" } else { words };
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!page.text().contains("canary-") && !shown.contains("Not used yet"));

    // The switch is a plain form.
    let connection = id.to_string();
    let kept = browser.post_form("/api/connections/let-models-see", &[("connection", &connection)]).await;
    assert_eq!(kept.location(), address, "{}", kept.text());
    assert!(browser.get(&address).await.text().contains("Let the model see it"));
    let fields = [("connection", connection.as_str()), ("may", "true")];
    browser.post_form("/api/connections/let-models-see", &fields).await;
    assert!(browser.get(&address).await.text().contains("Keep it from the model"));
    for kind in ["hidden_from_models", "shown_to_models"] {
        assert_eq!(count(&app, &format!("connection_events where kind = '{kind}'")).await, 1, "{kind}");
    }

    // What was not granted, and when the service was asked last.
    let sql = "insert into connection_polls (connection_id, kind, due_at, last_done_at) values ($1, 'access', $2, $2)";
    sqlx::query(sql).bind(Uuid::from(id)).bind(app.clock().now()).execute(app.db()).await.unwrap();
    assert!(!browser.get(&address).await.text().contains(">Not granted<"));
    sqlx::query("update connections set scopes = '{}', state = 'partial'").execute(app.db()).await.unwrap();
    let partly = browser.get(&address).await;
    for words in ["Last checked", "Partly granted", ">Not granted<", "Add what is missing"] {
        assert!(partly.text().contains(words), "{words}: {}", partly.text());
    }
    sqlx::query("update connections set scopes = asked_scopes, state = 'active'").execute(app.db()).await.unwrap();

    // The service is away.
    vendor.answers("POST", GOOGLE_TOKEN, ResponseTemplate::new(503)).await;
    wait(&app, Duration::minutes(50));
    app.state().integrations.renew_due().await.unwrap();
    let waiting = browser.get(&address).await;
    assert!(waiting.text().contains("Aura tries again by itself"), "{}", waiting.text());
    assert!(!waiting.text().contains("Sign in again"));

    // It was withdrawn there.
    vendor.server.reset().await;
    let gone = ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"}));
    vendor.answers("POST", GOOGLE_TOKEN, gone).await;
    wait(&app, Duration::HOUR);
    app.state().integrations.renew_due().await.unwrap();
    let broken = browser.get(&address).await;
    let mend = format!("/api/integrations/google-calendar?reconnect={id}");
    let shown = broken.text().split("<template").next().unwrap();
    let link = shown.split(&format!("href=\"{mend}\"")).nth(1).unwrap_or_else(|| panic!("no way to mend it: {shown}"));
    assert!(link.split("</a>").next().unwrap().contains("Sign in again"), "{shown}");

    let end = [("connection", connection.as_str()), ("forget", "true")];
    let ended = browser.post_form("/api/connections/disconnect", &end).await;
    assert!(ended.location().starts_with("/connections?disconnected=google-calendar"), "{}", ended.text());
    assert_eq!(count(&app, "connections").await, 0);
}

#[sqlx::test]
async fn cp_03_somebody_elses_connection_is_not_there_for_any_request(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app_with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let (mira, mut hers) = person_at(&app, MIRA).await;
    let (jonas, mut his) = person_at(&app, "jonas@example.com").await;
    let id = connect(&app, mira, "spotify", "a", None, None).await;
    events_of(&app, mira, id, 3).await;
    let (owner, stranger) = (Program::new(&app, mira).await, Program::new(&app, jonas).await);
    let one = format!("{LIST}/{id}");
    let edit = json!({ "models_may_see": false });
    let requests =
        [("GET", one.clone(), None), ("GET", format!("{one}/events"), None), ("PATCH", one.clone(), Some(&edit))];
    for (method, path, body) in &requests {
        assert_eq!(owner.send(method, path, *body).await.status, StatusCode::OK, "{method} {path}");
        let refused = stranger.send(method, path, *body).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::NOT_FOUND, "not_found"), "{method} {path}");
    }
    assert_eq!(stranger.delete(&one).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.get(LIST).await.value()["items"], json!([]));
    let page = his.get(&format!("/connections/{id}")).await;
    assert!(!page.text().contains("Spotify"), "{}", page.text());
    let export = format!("/api/connections/{id}/events.json");
    assert_eq!(his.get_json(&export).await.status, StatusCode::NOT_FOUND);
    assert_eq!(hers.get_json(&export).await.status, StatusCode::OK);
    assert_eq!(Browser::new(&app).get_json(&export).await.status, StatusCode::UNAUTHORIZED);
    for wrong in ["nonsense", "0192f0c1-0000-7000-8000-000000000000"] {
        assert_eq!(owner.get(&format!("{LIST}/{wrong}")).await.status.as_u16() / 100, 4, "{wrong}");
        assert!(!hers.get(&format!("/connections/{wrong}")).await.text().contains("Spotify"));
    }
    let switch = [("connection", id.to_string())];
    let switch: Vec<(&str, &str)> = switch.iter().map(|(name, value)| (*name, value.as_str())).collect();
    his.post_form("/api/connections/let-models-see", &switch).await;
    assert_eq!(count(&app, "connections where not for_model").await, 1, "only its owner's own choice counts");
}

/// How many lines of the log say so; the page's data for a browser says it once more.
fn renewals_on(page: &Answer) -> usize {
    let table = page.text().split("<tbody").last().unwrap().split("</tbody>").next().unwrap();
    table.matches("The access was renewed").count()
}

#[sqlx::test]
async fn cp_05_the_log_is_paged_exported_and_kept_for_90_days(db: PgPool) {
    let vendor = Vendor::start().await;
    let app = vendor.app_with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let (user, mut browser) = person_at(&app, MIRA).await;
    let id = connect(&app, user, "google-calendar", "a", None, None).await;
    events_of(&app, user, id, 60).await;
    let program = Program::new(&app, user).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = program.get(&format!("{LIST}/{id}/events?limit=25{cursor}")).await.value();
        let items = page["items"].as_array().unwrap().clone();
        assert!(items.iter().all(|item| item["kind"] == "renewed" && item["what"] == "The access was renewed"));
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 60);
    assert!(seen.is_sorted_by(|a, b| a > b), "the newest first, each once");

    let first = browser.get(&format!("/connections/{id}")).await;
    assert_eq!(renewals_on(&first), 25);
    let older = format!("/connections/{id}?before=");
    let at = first.text().find(&older).expect("a way to the older ones") + older.len();
    let before = &first.text()[at..at + 36];
    assert_eq!(before, seen[24]);
    let second = browser.get(&format!("{older}{before}")).await;
    assert_eq!(renewals_on(&second), 25);
    let file = browser.get_json(&format!("/api/connections/{id}/events.json")).await;
    assert!(file.header("content-disposition").contains("attachment") && file.header("cache-control") == "no-store");
    let file: Value = file.value();
    assert_eq!((file["events"].as_array().unwrap().len(), &file["account"]), (60, &json!("mira")));
    // Of a use it says by what.
    vendor.json("GET", EVENTS, json!({"items": []})).await;
    let used = connect(&app, user, "google-calendar", "a", None, None).await;
    ask(&app, user, used, "google_calendar__list_events", json!({})).await.unwrap();
    let listed = program.get(&format!("{LIST}/{used}/events")).await.value();
    let file: Value = browser.get_json(&format!("/api/connections/{used}/events.json")).await.value();
    for line in [&listed["items"][0], &file["events"][0]] {
        assert_eq!((&line["kind"], &line["tool"]), (&json!("used"), &json!("google_calendar__list_events")));
        let title = aura::integrations::tools::find("google_calendar__list_events").unwrap().title;
        assert_eq!(line["what"], format!("Used: «{title}» by Aura"));
    }

    let connections = &app.state().integrations;
    wait(&app, jobs::EVENTS_KEPT - Duration::SECOND);
    jobs::purge(connections).await.unwrap();
    assert_eq!(count(&app, "connection_events where kind = 'renewed'").await, 60);
    wait(&app, Duration::minutes(2));
    jobs::purge(connections).await.unwrap();
    assert_eq!(count(&app, "connection_events where kind = 'renewed'").await, 0);
}

#[sqlx::test]
async fn cp_06_programs_see_change_and_end_connections_within_their_scopes(db: PgPool) {
    let vendor = Vendor::start().await;
    vendor.answers("POST", "/api.linear.app/oauth/revoke", ResponseTemplate::new(200)).await;
    let app = vendor.app_with(db, &[("RATE_LIMIT", "1000/10s")]).await;
    let (user, _) = person_at(&app, MIRA).await;
    let program = Program::new(&app, user).await;
    let mut ids = Vec::new();
    for service in ["linear", "spotify", "github"] {
        ids.push(connect(&app, user, service, "canary-access", Some("canary-refresh"), None).await);
        wait(&app, Duration::SECOND);
    }
    let listed = program.get(&format!("{LIST}?limit=2")).await.value();
    let services: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|item| item["service"].as_str().unwrap()).collect();
    assert_eq!(services, ["github", "spotify"]);
    assert_eq!(listed["items"][1]["models"], "forbidden");
    let rest = program.get(&format!("{LIST}?cursor={}", listed["next_cursor"].as_str().unwrap())).await.value();
    assert_eq!((rest["items"].as_array().unwrap().len(), rest["items"][0]["service"].as_str()), (1, Some("linear")));
    assert!(!listed.to_string().contains("canary-"));
    let one = format!("{LIST}/{}", ids[0]);
    let changed = program.send("PATCH", &one, Some(&json!({ "models_may_see": false }))).await;
    assert_eq!(changed.value()["models"], "withheld");
    for wrong in [json!({}), json!({ "models_may_see": "no" }), json!({ "models_may_see": true, "state": "active" })] {
        assert_eq!(program.send("PATCH", &one, Some(&wrong)).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let key = async |scope: &str| {
        let made = program.send("POST", "/api/v1/api-keys", Some(&json!({ "name": "k", "scopes": [scope] }))).await;
        program.showing(made.value()["key"].as_str().unwrap())
    };
    let (reading, writing, neither) =
        (key("connections:read").await, key("connections:write").await, key("profile:read").await);
    for path in [LIST.to_owned(), one.clone(), format!("{one}/events")] {
        for (program, status) in [(&reading, 200), (&writing, 403), (&neither, 403)] {
            assert_eq!(program.get(&path).await.status.as_u16(), status, "{path}");
        }
    }
    let statuses = async |program: &Program| {
        let seen = program.get(&one).await.status.as_u16();
        (seen, program.send("PATCH", &one, Some(&json!({ "models_may_see": true }))).await.status.as_u16())
    };
    assert_eq!(statuses(&reading).await, (200, 403));
    assert_eq!(statuses(&writing).await, (403, 200));
    assert_eq!(statuses(&neither).await, (403, 403));
    assert_eq!(reading.delete(&one).await.status, StatusCode::FORBIDDEN);
    let ended = writing.delete(&format!("{one}?forget_readings=true")).await;
    assert_eq!((ended.status, ended.value()["verdict"].as_str()), (StatusCode::OK, Some("revoked")));
    let forgetting = "graphile_worker._private_jobs where payload ->> 'task' = 'forget_readings'";
    assert_eq!(count(&app, forgetting).await, 1, "what was read goes, too");
    let kept = format!("{LIST}/{}", ids[1]);
    assert_eq!(writing.delete(&kept).await.status, StatusCode::OK);
    assert_eq!(count(&app, forgetting).await, 1, "and stays where that was not wished");
    assert_eq!(program.get(&one).await.status, StatusCode::NOT_FOUND);
}
