//! BambooHR's API of one company: the directory, who is out, time off.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{day, parts, refuse, word};
use crate::people::{EVERYBODY, JONAS, MIRA, Person};
use crate::shelf::{Shelf, find_mut};
use axum::http::HeaderValue;
use axum::response::Response;
use serde_json::{Value, json};

const STATES: [&str; 6] = ["approved", "denied", "superceded", "requested", "canceled", "denied"];

/// Answers `{subdomain}.bamboohr.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["bamboohr"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "Unauthorized", denied.reason()),
    };
    if !call.header("accept").is_some_and(|accept| accept.contains("json")) {
        return wrong(406, "XML is not played here", "Accept does not ask for JSON");
    }
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["api", "v1", path @ ..] = parts.as_slice() else { return wrong(404, "Not found", "no such address") };
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), path) {
        ("GET", ["employees", "directory"]) => answer::json(
            200,
            json!({ "fields": [{ "id": "displayName", "type": "text", "name": "Display name" }], "employees": EVERYBODY.map(employee) }),
        ),
        ("GET", ["employees", id]) => {
            let who = EVERYBODY
                .into_iter()
                .find(|person| *id == "0" && *person == token.person || *id == person.number.to_string());
            match who {
                Some(person) => answer::json(200, employee(person)),
                None => wrong(404, "Employee not found", "unknown employee"),
            }
        }
        ("GET", ["time_off", "whos_out"]) => answer::json(200, out(&shelf_list(&mut shelf))),
        ("GET", ["time_off", "requests"]) => requests(call, &shelf_list(&mut shelf)),
        ("GET", ["meta", "time_off", "types"]) => answer::json(
            200,
            json!({ "timeOffTypes": [{ "id": "78", "name": "Vacation", "units": "days" }, { "id": "79", "name": "Sick leave", "units": "days" }] }),
        ),
        ("GET", ["employees", id, "time_off", "calculator"]) => {
            if call.q("end").is_none() {
                return wrong(400, "end is required", "no end");
            }
            if *id != "0" && !EVERYBODY.iter().any(|person| person.number.to_string() == *id) {
                return wrong(404, "Employee not found", "unknown employee");
            }
            answer::json(
                200,
                json!([{ "timeOffType": "78", "name": "Vacation", "units": "days", "balance": "17.5", "end": call.q("end"), "usedYearToDate": "8" }]),
            )
        }
        ("PUT", ["employees", id, "time_off", "request"]) => ask(call, id, &mut shelf),
        ("PUT", ["time_off", "requests", id, "status"]) => {
            let body = call.json();
            let status = word(&body, "/status").unwrap_or_default();
            if !STATES.contains(&status) {
                return wrong(400, "Invalid status", "unknown status");
            }
            match find_mut(shelf.list("bamboohr/requests", seed), "id", id) {
                Some(request) => {
                    request["status"]["status"] = status.into();
                    answer::json(200, json!({}))
                }
                None => wrong(404, "Request not found", "unknown request"),
            }
        }
        _ => wrong(404, "Not found", "no such address"),
    }
}

/// The reason stands in a header of its own, beside an empty body.
fn wrong(status: u16, message: &str, reason: &str) -> Response {
    let mut response = refuse(status, json!({}), format!("bamboohr: {reason}"));
    if let Ok(value) = HeaderValue::from_str(message) {
        response.headers_mut().insert("x-bamboohr-error-message", value);
    }
    response
}

fn shelf_list(shelf: &mut Shelf) -> Vec<Value> {
    shelf.list("bamboohr/requests", seed).clone()
}

fn employee(person: Person) -> Value {
    let title = if person == MIRA { "Head of product" } else { "Engineer" };
    json!({ "id": person.number.to_string(), "displayName": person.name, "jobTitle": title, "workEmail": person.email, "department": "Product", "location": "Hamburg" })
}

fn request(id: u64, who: Person, status: &str, from: i64, to: i64) -> Value {
    json!({ "id": id.to_string(), "employeeId": who.number.to_string(), "name": who.name, "status": { "status": status, "lastChanged": day(-2) },
        "start": day(from), "end": day(to), "created": day(-9), "type": { "id": "78", "name": "Vacation" }, "amount": { "unit": "days", "amount": (to - from + 1).to_string() }, "notes": {} })
}

fn seed() -> Vec<Value> {
    vec![
        request(1_501, JONAS, "approved", 1, 4),
        request(1_502, JONAS, "requested", 40, 44),
        request(1_503, MIRA, "requested", 20, 21),
    ]
}

fn out(requests: &[Value]) -> Value {
    requests
        .iter()
        .filter(|request| request["status"]["status"] == "approved")
        .map(|request| {
            json!({ "id": request["id"], "type": "timeOff", "employeeId": request["employeeId"], "name": request["name"], "start": request["start"], "end": request["end"] })
        })
        .collect()
}

/// Needs both ends of a span; a request counts that lies in it.
fn requests(call: &Call, all: &[Value]) -> Response {
    let (Some(start), Some(end)) = (call.q("start"), call.q("end")) else {
        return wrong(400, "start and end are required", "no span");
    };
    let found: Vec<&Value> = all
        .iter()
        .filter(|one| one["end"].as_str().is_some_and(|last| last >= start))
        .filter(|one| one["start"].as_str().is_some_and(|first| first <= end))
        .filter(|one| {
            call.q("status").is_none_or(|states| states.split(',').any(|state| one["status"]["status"] == state))
        })
        .collect();
    answer::json(200, json!(found))
}

fn ask(call: &Call, id: &str, shelf: &mut Shelf) -> Response {
    let Some(who) = EVERYBODY.into_iter().find(|person| person.number.to_string() == id) else {
        return wrong(404, "Employee not found", "unknown employee");
    };
    let body = call.json();
    let (Some(start), Some(end)) = (word(&body, "/start"), word(&body, "/end")) else {
        return wrong(400, "start and end are required", "no span");
    };
    let kind = &body["timeOffTypeId"];
    if end < start || !(kind == 78 || kind == 79) {
        return wrong(400, "The request is not valid", "a span that ends before it begins, or an unknown type");
    }
    let mut made = request(shelf.number(), who, "requested", 0, 0);
    made["start"] = start.into();
    made["end"] = end.into();
    made["amount"]["amount"] = body["amount"].clone();
    shelf.list("bamboohr/requests", seed).push(made.clone());
    answer::json(201, made)
}
