//! Who may call what: every operation of the contract, called by everybody there is, held against a table.
#![expect(clippy::disallowed_methods, reason = "whoever writes the files anew says so in the environment")]

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    contract::{document, example, operations},
    program::Program,
    support::TestApp,
    vendor::person,
};

const TABLE: &str = "tests/server/access.txt";

/// Those who ask, in the order of the table's columns. The owner is asked last: some of what they call takes away
/// what is called for.
const ACTORS: [&str; 6] = ["nobody", "revoked", "key", "other", "operator", "owner"];

/// Somebody with a session that is alive, and what an address may name of theirs.
struct Owned {
    program: Program,
    ids: BTreeMap<&'static str, String>,
}

async fn owned(app: &TestApp) -> Owned {
    let user = person(app).await;
    let program = Program::new(app, user).await;
    let spare = Program::on(app, user, None, "A tablet").await;
    let key = json!({ "name": "a key", "scopes": ["files:read"] });
    let made = program.send("POST", "/api/v1/api-keys", Some(&key)).await.value();
    let told = program.get("/api/v1/notifications").await.value();
    let hook = json!({ "url": "https://hooks.example/" });
    let hook = program.send("POST", "/api/v1/webhooks", Some(&hook)).await.value();
    let hook = hook["webhook"]["id"].as_str().unwrap().to_owned();
    let ids = BTreeMap::from([
        ("/api/v1/notifications/{id}/read", told["items"][0]["id"].as_str().unwrap().to_owned()),
        ("/api/v1/sessions/{id}", spare.session.to_string()),
        ("/api/v1/devices/{id}", spare.device.to_string()),
        ("/api/v1/api-keys/{id}", made["api_key"]["id"].as_str().unwrap().to_owned()),
        ("/api/v1/webhooks/{id}", hook.clone()),
        ("/api/v1/webhooks/{id}/secret", hook.clone()),
        ("/api/v1/webhooks/{id}/ping", hook.clone()),
        ("/api/v1/webhooks/{id}/replay", hook.clone()),
        ("/api/v1/webhooks/{id}/deliveries", hook),
        ("/api/v1/users/{id}", user.to_string()),
        ("/api/v1/users/{id}/status", user.to_string()),
    ]);
    Owned { program, ids }
}

/// What a status says of whoever asked: whether they were let in, turned away, or told that nothing is there.
fn told(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "who",
        403 => "no",
        404 => "none",
        // Let in, and then judged by what they brought.
        _ => "in",
    }
}

async fn makes_operator(app: &TestApp, program: &Program) {
    sqlx::query("update users set role = 'admin' where id = $1")
        .bind(Uuid::from(program.user))
        .execute(app.db())
        .await
        .unwrap();
}

async fn key_without_scopes(app: &TestApp, program: &Program) -> String {
    let body = json!({ "name": "narrow", "scopes": ["files:read"] });
    let made = program.send("POST", "/api/v1/api-keys", Some(&body)).await.value();
    sqlx::query("update api_keys set scopes = '{}' where user_id = $1")
        .bind(Uuid::from(program.user))
        .execute(app.db())
        .await
        .unwrap();
    made["key"].as_str().unwrap().to_owned()
}

/// `scripts/contract` writes the table anew; what has changed in it is then looked at by a person.
#[sqlx::test]
async fn ap_09_who_may_call_what_is_as_the_table_says(db: PgPool) {
    let variables = [
        ("RATE_LIMIT", "1000/10s"),
        ("FRONTEND_URL", "http://front.example"),
        ("SPOTIFY_USER_SECRET_KEY", "a secret of this installation, long enough"),
    ];
    let app = TestApp::with(db, &variables).await;
    let contract = document(&app);
    let mut table = format!("{:<34}", "operation");
    for actor in ACTORS {
        write!(table, "{actor:<10}").unwrap();
    }
    table = format!("{}\n", table.trim_end());
    for operation in operations(&contract) {
        let owner = owned(&app).await;
        let other = Program::new(&app, person(&app).await).await;
        let operator = Program::new(&app, person(&app).await).await;
        makes_operator(&app, &operator).await;
        let mut revoked = Program::new(&app, owner.program.user).await;
        revoked.delete("/api/v1/sessions/current").await;
        let key = key_without_scopes(&app, &owner.program).await;
        let by_key = owner.program.showing(&key);
        revoked = revoked.at(&app);
        let path = match owner.ids.get(operation.path.as_str()) {
            Some(id) => operation.path.replace("{id}", id),
            None => operation
                .path
                .replace("{id}", "0192f0c1-0000-7000-8000-000000000000")
                .replace("{delivery}", "0192f0c1-0000-7000-8000-000000000000")
                .replace("{platform}", "ios")
                .replace("{version}", "1.0.0")
                .replace("{service}", "spotify"),
        };
        let body = operation.body.as_ref().map(|schema| example(&contract, schema));
        let mut line = format!("{:<34}", operation.name);
        for actor in ACTORS {
            let program = match actor {
                "nobody" => owner.program.showing(""),
                "revoked" => revoked.clone(),
                "key" => by_key.clone(),
                "other" => other.clone(),
                "operator" => operator.clone(),
                _ => owner.program.clone(),
            };
            // What is streamed has no end.
            let program = program.coming_from([198, 51, 100, 7]);
            let answer = program.begin(&operation.method, &path, body.as_ref(), &[]).await;
            let status = answer.status();
            assert!(status.as_u16() < 500 || status == 503, "{} for {actor}: {status}", operation.name);
            // Where anybody may ask, a 401 is about a password or a token in the body.
            let told = if operation.guarded { told(status) } else { "open" };
            assert!(actor != "nobody" || matches!(told, "who" | "open"), "{} says who may call it", operation.name);
            write!(line, "{told:<10}").unwrap();
        }
        writeln!(table, "{}", line.trim_end()).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    if std::env::var_os("AURA_WRITE_CONTRACT").is_some() {
        fs::write(&file, &table).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    for (said, written) in table.lines().zip(expected.lines()) {
        assert_eq!(said, written);
    }
    assert_eq!(table, expected, "the table has a line for each operation: `scripts/contract` writes it");
}
