//! BILL's API: a session begun with name, password, organization and the program's developer key, which ends after 35
//! minutes unused; every call shows both.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{refuse, word};
use crate::log;
use axum::response::Response;
use serde_json::{Value, json};

const DEVELOPER_KEY: &str = "sandbox-secret";
const ORGANIZATION: &str = "00801NORTHBEAMSANDBOX";
const IDLE: i64 = 35 * 60;
/// Address, password and id of everybody.
const PEOPLE: [(&str, &str, &str); 2] = [
    ("mira@northbeam.example", "sandbox bill password", "00601MIRA"),
    ("jonas@northbeam.example", "sandbox bill password of jonas", "00601JONAS"),
];
/// Something stands there once everybody has changed their password.
pub const CHANGED: &str = "bill-com/changed";
/// Where the open sessions stand.
pub const SESSIONS: &str = "bill-com/sessions";

/// Answers `gateway.prod.bill.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    match (call.method.as_str(), call.path.as_str()) {
        ("POST", "/connect/v3/login") => log_in(sandbox, call),
        (method, path) => {
            if call.header("devkey") != Some(DEVELOPER_KEY) {
                return refused(401, "BDC_1105", "The developer key is invalid.");
            }
            let Some(user) = session(sandbox, call) else {
                return refused(401, "BDC_1109", "Session is invalid. Please log in.");
            };
            match (method, path) {
                ("GET", "/connect/v3/login/session") => answer::json(
                    200,
                    json!({ "organizationId": ORGANIZATION, "userId": user, "mfaStatus": "NOT_SETUP", "mfaBypass": false }),
                ),
                ("POST", "/connect/v3/logout") => {
                    let id = call.header("sessionid").unwrap_or_default().to_owned();
                    sandbox.shelf().list(SESSIONS, Vec::new).retain(|open| open["id"] != id.as_str());
                    answer::json(200, json!({}))
                }
                _ => crate::app::nobody(call),
            }
        }
    }
}

fn log_in(sandbox: &Sandbox, call: &Call) -> Response {
    let body = call.json();
    let said = |name: &str| word(&body, &format!("/{name}")).unwrap_or_default().to_owned();
    if said("devKey") != DEVELOPER_KEY {
        return refused(401, "BDC_1105", "The developer key is invalid.");
    }
    if said("organizationId") != ORGANIZATION {
        return refused(404, "BDC_1171", "This organization does not exist.");
    }
    let changed = !sandbox.shelf().list(CHANGED, Vec::new).is_empty();
    let known =
        PEOPLE.iter().find(|(address, password, _)| said("username") == *address && said("password") == *password);
    let Some((_, _, user)) = known.filter(|_| !changed) else {
        return refused(401, "BDC_1102", "The user name or password is not valid.");
    };
    let mut shelf = sandbox.shelf();
    let id = format!("sandbox-bill-session-{}", shelf.number());
    let open = json!({ "id": id, "user": user, "used": log::now().unix_timestamp() });
    shelf.list(SESSIONS, Vec::new).push(open);
    answer::json(200, json!({ "sessionId": id, "organizationId": ORGANIZATION, "userId": user, "trusted": false }))
}

/// The person behind a session that is open, which this call keeps open.
fn session(sandbox: &Sandbox, call: &Call) -> Option<String> {
    let id = call.header("sessionid")?.to_owned();
    let now = log::now().unix_timestamp();
    let mut shelf = sandbox.shelf();
    let open = shelf.list(SESSIONS, Vec::new).iter_mut().find(|open| open["id"] == id.as_str())?;
    if now - open["used"].as_i64()? > IDLE {
        return None;
    }
    open["used"] = Value::from(now);
    Some(open["user"].as_str()?.to_owned())
}

fn refused(status: u16, code: &str, message: &str) -> Response {
    let body = json!([{ "timestamp": log::rfc3339(log::now()), "code": code, "severity": "ERROR", "category": "APPLICATION", "message": message }]);
    refuse(status, body, format!("bill: {message}"))
}
