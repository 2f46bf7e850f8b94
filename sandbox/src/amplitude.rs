//! Amplitude: who is in one project. Its kinds of events are told with whose project it is.

use crate::answer;
use crate::call::Call;
use crate::desk::refuse;
use axum::response::Response;
use serde_json::json;

/// Answers Amplitude's hosts to a key that they know.
pub fn answer(call: &Call) -> Response {
    let asked = call.q("user");
    match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/api/2/usersearch") if asked.is_some() => {
            let known = asked.filter(|user| ["ines@quayside.example", "41"].contains(user));
            let matches: Vec<_> =
                known.map(|_| json!({ "user_id": "ines@quayside.example", "amplitude_id": 41 })).into_iter().collect();
            answer::json(200, json!({ "matches": matches, "type": "match_user_or_device_id" }))
        }
        ("GET", "/api/2/usersearch") => wrong(400, "user is missing"),
        _ => wrong(404, "not found"),
    }
}

fn wrong(status: u16, message: &str) -> Response {
    refuse(
        status,
        json!({ "error": { "http_code": status, "type": "invalid", "message": message } }),
        format!("amplitude: {message}"),
    )
}
