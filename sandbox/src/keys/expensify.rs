//! Expensify's integration server: one address, a form with one field, credentials inside its JSON, and a number in
//! every reply, which mostly comes with status 200.

use crate::answer;
use crate::call::{Call, find};
use crate::desk::refuse;
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `integrations.expensify.com`.
pub fn answer(call: &Call) -> Response {
    if call.path != "/Integration-Server/ExpensifyIntegrations" || call.method != "POST" {
        return crate::app::nobody(call);
    }
    if call.content_type() != "application/x-www-form-urlencoded" {
        return refused(410, "No requestJobDescription was sent");
    }
    let fields = call.fields();
    let job: Value =
        find(&fields, "requestJobDescription").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let said = |pointer: &str| job.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if said("/credentials/partnerUserID") != "aa_mira_northbeam_example"
        || said("/credentials/partnerUserSecret") != "sandbox-expensify-secret"
    {
        return refused(401, "Authentication Error");
    }
    match (said("/type"), said("/inputSettings/type")) {
        ("get", "policyList") => answer::json(
            200,
            json!({ "policyList": [{ "id": "A1B2C3D4E5F60001", "name": "Northbeam", "type": "team", "role": "admin", "outputCurrency": "EUR", "owner": "mira@northbeam.example" }], "responseCode": 200 }),
        ),
        _ => refused(404, "This job is not known"),
    }
}

fn refused(code: u16, message: &str) -> Response {
    refuse(200, json!({ "responseCode": code, "responseMessage": message }), format!("expensify: {message}"))
}
