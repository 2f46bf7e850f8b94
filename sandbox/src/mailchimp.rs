//! Mailchimp's marketing API of one account: campaigns, reports, audiences and who is in them.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, mentions, now, parts, refuse, slice, word};
use crate::halls::opened;
use axum::response::Response;
use serde_json::{Value, json};

const AUDIENCE: &str = "a1b2c3d4e5";

/// Answers `{dc}.api.mailchimp.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    if let Err(reason) = opened(sandbox, call, "mailchimp") {
        return wrong(401, "API Key Invalid", reason);
    }
    // An account lies in one data centre.
    if call.host != "us21.api.mailchimp.com" {
        return wrong(403, "Wrong Datacenter", "another data centre");
    }
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["3.0", path @ ..] = parts.as_slice() else { return wrong(404, "Resource Not Found", "no such address") };
    let mut shelf = sandbox.shelf();
    let members = shelf.list("mailchimp/members", || {
        vec![
            member("ines@quayside.example", "Ines Duarte", "subscribed", &ago(400)),
            member("full@quayside.example", "", "cleaned", &ago(900)),
        ]
    });
    match (call.method.as_str(), path) {
        ("GET", ["campaigns"]) => listed(call, "campaigns", &campaigns()),
        ("GET", ["reports"]) => listed(call, "reports", &reports()),
        ("GET", ["lists"]) => {
            let list = json!({ "id": AUDIENCE, "name": "Friends of the harbor", "date_created": ago(9_000), "stats": { "member_count": members.len() } });
            listed(call, "lists", &[list])
        }
        ("GET", ["search-members"]) => {
            let Some(words) = call.q("query").filter(|words| !words.trim().is_empty()) else {
                return wrong(400, "Invalid Resource", "no query");
            };
            let found: Vec<&Value> =
                members.iter().filter(|one| mentions(one, &["/full_name", "/email_address"], words)).collect();
            let exact: Vec<&&Value> = found.iter().filter(|one| one["email_address"] == words).collect();
            answer::json(
                200,
                json!({ "exact_matches": { "members": exact, "total_items": exact.len() }, "full_search": { "members": found, "total_items": found.len() } }),
            )
        }
        ("POST", ["lists", AUDIENCE, "members"]) => {
            let body = call.json();
            let address = word(&body, "/email_address").filter(|address| address.contains('@'));
            let status = word(&body, "/status")
                .filter(|status| ["subscribed", "unsubscribed", "cleaned", "pending"].contains(status));
            let (Some(address), Some(status)) = (address, status) else {
                return wrong(400, "Invalid Resource", "no address or no status");
            };
            if members.iter().any(|one| one["email_address"] == address) {
                return wrong(400, "Member Exists", "is a list member already");
            }
            let made = member(address, "", status, &now());
            members.push(made.clone());
            answer::json(200, made)
        }
        _ => wrong(404, "Resource Not Found", "no such address or audience"),
    }
}

fn wrong(status: u16, title: &str, reason: &str) -> Response {
    let body = json!({ "type": "https://mailchimp.com/developer/marketing/docs/errors/", "title": title, "status": status, "detail": reason, "instance": "a" });
    refuse(status, body, format!("mailchimp: {reason}"))
}

fn member(address: &str, name: &str, status: &str, at: &str) -> Value {
    json!({ "id": format!("md5-{address}"), "email_address": address, "full_name": name, "status": status, "list_id": AUDIENCE, "last_changed": at })
}

fn campaigns() -> Vec<Value> {
    let campaign = |id: &str, title: &str, status: &str, sent: u32| {
        json!({ "id": id, "type": "regular", "status": status, "create_time": ago(60), "send_time": if sent > 0 { ago(50) } else { String::new() }, "emails_sent": sent,
            "recipients": { "list_id": AUDIENCE, "list_name": "Friends of the harbor" }, "settings": { "title": title, "subject_line": title } })
    };
    vec![campaign("c2", "Winter storage", "save", 0), campaign("c1", "The season begins", "sent", 412)]
}

fn reports() -> Vec<Value> {
    vec![
        json!({ "id": "c1", "campaign_title": "The season begins", "subject_line": "The season begins", "emails_sent": 412, "unsubscribed": 2, "send_time": ago(50),
        "opens": { "opens_total": 300, "unique_opens": 231 }, "clicks": { "clicks_total": 60, "unique_clicks": 48 } }),
    ]
}

fn listed(call: &Call, name: &str, all: &[Value]) -> Response {
    let number = |name: &str, otherwise: usize| call.q(name).map_or(Some(otherwise), |text| text.parse().ok());
    let (Some(count), Some(offset)) = (number("count", 10).filter(|count| *count <= 1_000), number("offset", 0)) else {
        return wrong(400, "Invalid Resource", "count or offset");
    };
    let (page, _) = slice(all, offset, count);
    answer::json(200, json!({ name: page, "total_items": all.len() }))
}
