//! Apollo: the contacts that one team keeps.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, mentions, now, refuse, word};
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `api.apollo.io` to a key that it knows.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    // A key that may search, and tell nothing of whose it is, cannot write.
    let narrow = call.header("x-api-key").is_some_and(|key| key.ends_with("-narrow"));
    let mut shelf = sandbox.shelf();
    let contacts =
        shelf.list("apollo/contacts", || vec![contact("66c1", "Ada", "Brook", "ada@tideway.example", &ago(7))]);
    let body = call.json();
    match (call.method.as_str(), call.path.as_str()) {
        ("POST", "/api/v1/contacts/search") => {
            let words = word(&body, "/q_keywords").unwrap_or_default();
            let found: Vec<&Value> = contacts
                .iter()
                .filter(|one| mentions(one, &["/name", "/email", "/organization_name"], words))
                .collect();
            answer::json(
                200,
                json!({ "contacts": found, "pagination": { "page": 1, "per_page": 50, "total_entries": found.len() } }),
            )
        }
        ("POST", "/api/v1/contacts") if narrow => {
            wrong(403, "API_INACCESSIBLE", "api/v1/contacts/create is not accessible with this api_key")
        }
        ("POST", "/api/v1/contacts") => {
            let (Some(first), Some(last)) = (word(&body, "/first_name"), word(&body, "/last_name")) else {
                return wrong(422, "INVALID", "first_name and last_name are required");
            };
            let address = word(&body, "/email").unwrap_or_default();
            if let Some(there) = contacts.iter().find(|one| body["run_dedupe"] == true && one["email"] == address) {
                return answer::json(200, json!({ "contact": there }));
            }
            let mut made = contact(&format!("66made{}", contacts.len()), first, last, address, &now());
            made["organization_name"] = body["organization_name"].clone();
            contacts.insert(0, made.clone());
            answer::json(200, json!({ "contact": made }))
        }
        _ => wrong(404, "NOT_FOUND", "no such address"),
    }
}

fn wrong(status: u16, code: &str, error: &str) -> Response {
    refuse(status, json!({ "error": error, "error_code": code }), format!("apollo: {error}"))
}

fn contact(id: &str, first: &str, last: &str, email: &str, at: &str) -> Value {
    json!({ "id": id, "first_name": first, "last_name": last, "name": format!("{first} {last}"), "title": "Harbor master", "organization_name": "Tideway",
        "email": email, "updated_at": at })
}
