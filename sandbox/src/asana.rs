//! Asana's API: workspaces, projects, tasks and their comments.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, day, has, now, parts, refuse, size, slice, word};
use crate::oauth::grants::Token;
use crate::people::{EVERYBODY, JONAS, MIRA, Person};
use crate::shelf::{Shelf, find, find_mut, take};
use axum::response::Response;
use serde_json::{Value, json};

const WORKSPACE: &str = "1201";
const PROJECTS: [(&str, &str); 2] = [("1301", "Harbor 3"), ("1302", "Onboarding")];

/// Answers `app.asana.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["asana"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "Not Authorized", denied.reason()),
    };
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["api", "1.0", path @ ..] = parts.as_slice() else {
        return wrong(404, "Not found", "no such address");
    };
    let method = call.method.as_str();
    let needed = match (method, path) {
        ("GET", ["tasks", _, "stories"]) => "stories:read",
        ("POST", ["tasks", _, "stories"]) => "stories:write",
        ("GET", ["tasks", ..]) => "tasks:read",
        ("DELETE", ["tasks", ..]) => "tasks:delete",
        (_, ["tasks", ..]) => "tasks:write",
        (_, ["projects"]) => "projects:read",
        (_, ["workspaces"]) => "workspaces:read",
        (_, ["users", "me"]) => "users:read",
        _ => return wrong(404, "No matching route for request", "no such address"),
    };
    if !has(&token, &[needed, "default"]) {
        return wrong(403, &format!("missing_scope: {needed}"), needed);
    }
    let mut shelf = sandbox.shelf();
    match (method, path) {
        ("GET", ["users", "me"]) => data(200, person(token.person)),
        ("GET", ["workspaces"]) => {
            data(200, json!([{ "gid": WORKSPACE, "resource_type": "workspace", "name": "Northbeam" }]))
        }
        ("GET", ["projects"]) if call.q("workspace") == Some(WORKSPACE) => {
            data(200, PROJECTS.map(|(gid, name)| project(gid, name)).into_iter().collect())
        }
        ("GET", ["projects"]) => wrong(400, "workspace: Not a recognized ID", "unknown workspace"),
        ("GET", ["tasks"]) => listed(call, &token, shelf.list("asana/tasks", seed)),
        ("POST", ["tasks"]) => create(call, &token, &mut shelf),
        (_, ["tasks", gid, ..]) if find(shelf.list("asana/tasks", seed), "gid", gid).is_none() => {
            wrong(404, &format!("task: Unknown object: {gid}"), "unknown task")
        }
        ("GET", ["tasks", gid]) => match find(shelf.list("asana/tasks", seed), "gid", gid) {
            Some(task) => data(200, task.clone()),
            None => wrong(404, "task: Unknown object", "unknown task"),
        },
        ("PUT", ["tasks", gid]) => change(call, gid, &mut shelf),
        ("DELETE", ["tasks", gid]) => {
            take(shelf.list("asana/tasks", seed), "gid", gid);
            data(200, json!({}))
        }
        ("GET", ["tasks", gid, "stories"]) => {
            data(200, Value::Array(shelf.list(&format!("asana/stories/{gid}"), || stories(gid)).clone()))
        }
        ("POST", ["tasks", gid, "stories"]) => {
            let body = call.json();
            let Some(text) = word(&body, "/data/text") else {
                return wrong(400, "text: Missing input", "a story without text");
            };
            let made = story(&shelf.number().to_string(), token.person, text, &now());
            shelf.list(&format!("asana/stories/{gid}"), || stories(gid)).push(made.clone());
            data(201, made)
        }
        _ => wrong(404, "No matching route for request", "no such address"),
    }
}

fn data(status: u16, data: Value) -> Response {
    answer::json(status, json!({ "data": data }))
}

fn wrong(status: u16, message: &str, reason: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "help": "For more information on API status codes and how to handle them, read the docs." }] });
    refuse(status, body, format!("asana: {reason}"))
}

fn person(person: Person) -> Value {
    json!({ "gid": person.number.to_string(), "resource_type": "user", "name": person.name, "email": person.email })
}

fn project(gid: &str, name: &str) -> Value {
    json!({ "gid": gid, "resource_type": "project", "name": name, "permalink_url": format!("https://app.asana.com/0/{gid}") })
}

fn task(gid: &str, name: &str, who: Person, place: usize, due: Option<String>, done: bool) -> Value {
    let (project_gid, project_name) = PROJECTS.get(place).copied().unwrap_or(PROJECTS[0]);
    json!({
        "gid": gid, "resource_type": "task", "name": name, "completed": done, "due_on": due, "notes": "",
        "assignee": person(who), "projects": [project(project_gid, project_name)],
        "workspace": { "gid": WORKSPACE, "name": "Northbeam" },
        "permalink_url": format!("https://app.asana.com/0/{project_gid}/{gid}"),
        "modified_at": ago(5), "created_at": ago(120),
    })
}

fn seed() -> Vec<Value> {
    vec![
        task("1401", "Choose the photos for the launch", MIRA, 0, Some(day(1)), false),
        task("1402", "Ask three harbours for a quote", MIRA, 0, Some(day(6)), false),
        task("1403", "Shorten the sign-up form", MIRA, 1, None, false),
        task("1404", "Order the printed maps", MIRA, 0, Some(day(-3)), true),
        task("1405", "Measure the first week", JONAS, 1, Some(day(4)), false),
    ]
}

fn stories(gid: &str) -> Vec<Value> {
    vec![story(&format!("{gid}1"), JONAS, "The new ones are in the shared folder.", &ago(26))]
}

fn story(gid: &str, by: Person, text: &str, at: &str) -> Value {
    json!({ "gid": gid, "resource_type": "story", "type": "comment", "resource_subtype": "comment_added", "text": text, "created_at": at, "created_by": person(by) })
}

/// A list needs a project, or a workspace together with an assignee.
fn listed(call: &Call, token: &Token, tasks: &[Value]) -> Response {
    let open_only = call.q("completed_since").is_some();
    let fits: Box<dyn Fn(&Value) -> bool> = match (call.q("project"), call.q("assignee"), call.q("workspace")) {
        (Some(project), None, None) if PROJECTS.iter().any(|(gid, _)| *gid == project) => {
            Box::new(move |task| task["projects"][0]["gid"] == project)
        }
        (Some(_), None, None) => return wrong(404, "project: Unknown object", "unknown project"),
        (None, Some(who), Some(WORKSPACE)) => {
            let me = token.person.number.to_string();
            let gid = if who == "me" { me } else { who.to_owned() };
            Box::new(move |task| task["assignee"]["gid"] == gid.as_str())
        }
        _ => {
            return wrong(
                400,
                "You should specify exactly one of project, tag, section, user_task_list, or assignee + workspace",
                "a list of nothing",
            );
        }
    };
    let Some(size) = size(call, "limit", 100, 100) else {
        return wrong(400, "limit: Must be between 1 and 100", "limit");
    };
    let found: Vec<Value> =
        tasks.iter().filter(|task| fits(task) && !(open_only && task["completed"] == true)).cloned().collect();
    let skip = call.q("offset").and_then(|offset| offset.strip_prefix("at-")?.parse().ok()).unwrap_or(0);
    let (page, more) = slice(&found, skip, size);
    let next = more.then(|| json!({ "offset": format!("at-{}", skip + size), "path": "/tasks", "uri": "https://app.asana.com/api/1.0/tasks" }));
    answer::json(200, json!({ "data": page, "next_page": next }))
}

fn create(call: &Call, token: &Token, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let Some(name) = word(&body, "/data/name") else {
        return wrong(400, "name: Missing input", "a task without a name");
    };
    let project = word(&body, "/data/projects/0");
    if word(&body, "/data/workspace").is_none() && project.is_none() {
        return wrong(400, "workspace: Missing input", "a task without a place");
    }
    let place = match project {
        None => 0,
        Some(wanted) => match PROJECTS.iter().position(|(gid, _)| *gid == wanted) {
            Some(place) => place,
            None => return wrong(404, &format!("project: Unknown object: {wanted}"), "unknown project"),
        },
    };
    let who = EVERYBODY.into_iter().find(|person| body["data"]["assignee"] == person.number.to_string().as_str());
    let due = word(&body, "/data/due_on").map(str::to_owned);
    let mut made = task(&shelf.number().to_string(), name, who.unwrap_or(token.person), place, due, false);
    made["notes"] = body["data"]["notes"].as_str().unwrap_or_default().into();
    shelf.list("asana/tasks", seed).insert(0, made.clone());
    data(201, made)
}

fn change(call: &Call, gid: &str, shelf: &mut Shelf) -> Response {
    let body = call.json();
    let Some(task) = find_mut(shelf.list("asana/tasks", seed), "gid", gid) else {
        return wrong(404, "task: Unknown object", "unknown task");
    };
    for field in ["name", "notes", "due_on", "completed"] {
        if !body["data"][field].is_null() {
            task[field] = body["data"][field].clone();
        }
    }
    task["modified_at"] = now().into();
    data(200, task.clone())
}
