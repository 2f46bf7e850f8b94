//! ClickUp: one workspace, its tasks and their comments. Moments are milliseconds, as text.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{parts, refuse, word};
use crate::halls::opened;
use crate::log;
use crate::people::{JONAS, MIRA, Person};
use crate::shelf::{Shelf, find, find_mut};
use axum::response::Response;
use serde_json::{Value, json};

const STATES: [&str; 3] = ["to do", "in progress", "complete"];

/// Answers `api.clickup.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let token = match opened(sandbox, call, "clickup") {
        Ok(token) => token,
        Err(reason) => return wrong(401, "OAUTH_025", reason),
    };
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["api", "v2", path @ ..] = parts.as_slice() else { return wrong(404, "APP_001", "Route not found") };
    let mut shelf = sandbox.shelf();
    let body = call.json();
    match (call.method.as_str(), path) {
        ("GET", ["team"]) => {
            let members = [MIRA, JONAS].map(|person| json!({ "user": user(person) }));
            answer::json(
                200,
                json!({ "teams": [{ "id": "9011", "name": "Northbeam", "color": "#000000", "members": members }] }),
            )
        }
        ("GET", ["team", "9011", "task"]) => {
            let wanted: Vec<&str> =
                call.query.iter().filter(|(name, _)| name == "assignees[]").map(|(_, value)| value.as_str()).collect();
            let mine = |task: &Value| {
                wanted.is_empty()
                    || task["assignees"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .any(|who| wanted.contains(&who["id"].to_string().as_str()))
            };
            listed(call, tasks(&mut shelf), mine)
        }
        ("GET", ["list", list]) if *list == "90110" => answer::json(200, json!({ "id": list, "name": "Spring" })),
        ("GET", ["list", "90110", "task"]) => listed(call, tasks(&mut shelf), |_| true),
        ("POST", ["list", "90110", "task"]) => {
            let Some(name) = word(&body, "/name") else { return wrong(400, "INPUT_005", "Task name invalid") };
            let made = task(&format!("86made{}", shelf.number()), name, "to do", token.person);
            tasks(&mut shelf).push(made.clone());
            answer::json(200, made)
        }
        (_, ["task", id, ..]) if find(tasks(&mut shelf), "id", id).is_none() => {
            wrong(404, "ITEM_013", "Task not found, deleted")
        }
        ("GET", ["task", id]) => match find(tasks(&mut shelf), "id", id) {
            Some(task) => answer::json(200, task.clone()),
            None => wrong(404, "ITEM_013", "Task not found, deleted"),
        },
        ("PUT", ["task", id]) => {
            let status = word(&body, "/status");
            if status.is_some_and(|status| !STATES.contains(&status)) {
                return wrong(400, "ITEM_114", "Status does not exist");
            }
            let Some(task) = find_mut(tasks(&mut shelf), "id", id) else {
                return wrong(404, "ITEM_013", "Task not found");
            };
            if let Some(status) = status {
                task["status"]["status"] = status.into();
            }
            answer::json(200, task.clone())
        }
        (method @ ("GET" | "POST"), ["task", id, "comment"]) => {
            let comments =
                shelf.list(&format!("clickup/comments/{id}"), || vec![comment("4580", "Which colour?", JONAS)]);
            if method == "GET" {
                return answer::json(200, json!({ "comments": comments }));
            }
            let Some(text) = word(&body, "/comment_text") else {
                return wrong(400, "COMM_007", "Comment text invalid");
            };
            let id = format!("46{}", comments.len());
            comments.insert(0, comment(&id, text, token.person));
            answer::json(200, json!({ "id": id, "hist_id": "h", "date": millis(0) }))
        }
        _ => wrong(404, "APP_001", "Route not found"),
    }
}

fn wrong(status: u16, code: &str, reason: &str) -> Response {
    refuse(status, json!({ "err": reason, "ECODE": code }), format!("clickup: {reason}"))
}

fn millis(days: i64) -> String {
    ((log::now().unix_timestamp() + days * 86_400) * 1_000).to_string()
}

fn user(person: Person) -> Value {
    json!({ "id": person.number, "username": person.name, "email": person.email })
}

fn comment(id: &str, text: &str, by: Person) -> Value {
    json!({ "id": id, "comment_text": text, "comment": [{ "text": text }], "user": user(by), "resolved": false, "date": millis(-1) })
}

fn task(id: &str, name: &str, status: &str, whose: Person) -> Value {
    json!({ "id": id, "name": name, "status": { "status": status, "type": "open" }, "assignees": [user(whose)], "priority": { "priority": "high" },
        "due_date": millis(3), "url": format!("https://app.clickup.com/t/{id}"), "list": { "id": "90110", "name": "Spring" } })
}

fn tasks(shelf: &mut Shelf) -> &mut Vec<Value> {
    shelf.list("clickup/tasks", || {
        vec![
            task("86harbor1", "Paint the boathouse", "in progress", MIRA),
            task("86harbor2", "Mend the north pier", "to do", JONAS),
            task("86harbor3", "Count the buoys", "complete", MIRA),
        ]
    })
}

/// A page of a hundred; what is done is left out unless asked for.
fn listed(call: &Call, tasks: &[Value], fits: impl Fn(&Value) -> bool) -> Response {
    let Ok(page) = call.q("page").unwrap_or("0").parse::<usize>() else { return wrong(400, "INPUT_001", "page") };
    let open = |task: &&Value| call.q("include_closed") == Some("true") || task["status"]["status"] != "complete";
    let found: Vec<&Value> = tasks.iter().filter(open).filter(|task| fits(task)).skip(page * 100).take(100).collect();
    answer::json(200, json!({ "tasks": found, "last_page": found.len() < 100 }))
}
