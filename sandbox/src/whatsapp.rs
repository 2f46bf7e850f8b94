//! WhatsApp's business platform: the numbers and templates of one account, and what it sends.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{parts, refuse, word};
use axum::response::Response;
use serde_json::json;

/// Answers `graph.facebook.com` to a token that it knows.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", [_, "104101", "phone_numbers"]) => answer::json(
            200,
            json!({ "data": [{ "id": "104200", "display_phone_number": "+49 30 1234567", "verified_name": "Northbeam", "quality_rating": "GREEN" }] }),
        ),
        ("GET", [_, "104101", "message_templates"]) => answer::json(
            200,
            json!({ "data": [{ "id": "1", "name": "berth_free", "status": "APPROVED", "category": "UTILITY", "language": "en" }] }),
        ),
        ("POST", [_, "104200", "messages"]) => {
            let body = call.json();
            if body["messaging_product"] != "whatsapp" {
                return wrong(100, "(#100) The parameter messaging_product is required.");
            }
            let (Some(to), Some(text)) = (word(&body, "/to"), word(&body, "/text/body")) else {
                return wrong(100, "(#100) The parameter to is required.");
            };
            // Free words go only to who wrote within a day.
            if !to.ends_with("15112345678") {
                return wrong(131_047, "Re-engagement message");
            }
            let mut shelf = sandbox.shelf();
            let id = format!("wamid.{}", shelf.number());
            shelf.list("whatsapp/sent", Vec::new).push(json!({ "id": id, "to": to, "text": text }));
            answer::json(
                200,
                json!({ "messaging_product": "whatsapp", "contacts": [{ "input": to, "wa_id": to.trim_start_matches('+') }], "messages": [{ "id": id }] }),
            )
        }
        _ => wrong(100, "Unsupported request. Object does not exist or cannot be loaded due to missing permissions"),
    }
}

fn wrong(code: u32, message: &str) -> Response {
    let body = json!({ "error": { "message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A" } });
    refuse(400, body, format!("whatsapp: {message}"))
}
