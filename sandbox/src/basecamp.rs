//! Basecamp: what is assigned, projects, to-dos and comments of one account.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, day, nothing, now, parts, refuse, word};
use crate::halls::opened;
use crate::shelf::{Shelf, find, find_mut};
use axum::response::Response;
use serde_json::{Value, json};

/// Answers `3.basecampapi.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let token = match opened(sandbox, call, "basecamp") {
        Ok(token) => token,
        Err(reason) => return wrong(401, reason),
    };
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(|part| part.trim_end_matches(".json")).collect();
    let ["99999999", path @ ..] = parts.as_slice() else { return wrong(404, "no such account") };
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), path) {
        ("GET", ["my", "assignments"]) => {
            let (first, others): (Vec<Value>, Vec<Value>) =
                open(&mut shelf).into_iter().partition(|todo| todo["id"] == 90_101);
            answer::json(200, json!({ "priorities": first, "non_priorities": others }))
        }
        ("GET", ["projects"]) => answer::json(
            200,
            json!([{ "id": 90_001, "status": "active", "name": "Harbor", "description": "The new pier", "updated_at": ago(9), "app_url": "https://3.basecamp.com/99999999/projects/90001" }]),
        ),
        ("GET", ["todolists", "90073", "todos"]) => answer::json(200, open(&mut shelf).into()),
        (_, ["todos" | "recordings", id, ..]) if find(todos(&mut shelf), "id", id).is_none() => {
            wrong(404, "no such to-do")
        }
        ("POST", ["todos", id, "completion"]) => {
            if let Some(todo) = find_mut(todos(&mut shelf), "id", id) {
                todo["completed"] = true.into();
            }
            nothing()
        }
        (method @ ("GET" | "POST"), ["recordings", id, "comments"]) => {
            let comments = shelf.list(&format!("basecamp/comments/{id}"), || {
                vec![comment(90_201, "Jonas Weil", "Which colour?", &ago(5))]
            });
            if method == "GET" {
                return answer::json(200, comments.clone().into());
            }
            let body = call.json();
            let Some(text) = word(&body, "/content") else { return wrong(422, "a comment needs content") };
            let made = comment(90_202 + comments.len(), token.person.name, text, &now());
            comments.push(made.clone());
            answer::json(201, made)
        }
        _ => wrong(404, "no such address"),
    }
}

fn wrong(status: u16, reason: &str) -> Response {
    refuse(status, json!({ "status": status, "error": reason }), format!("basecamp: {reason}"))
}

fn todos(shelf: &mut Shelf) -> &mut Vec<Value> {
    let todo = |id: u32, content: &str| {
        json!({ "id": id, "content": content, "completed": false, "type": "todo", "due_on": day(3), "assignees": [{ "id": 4101, "name": "Mira Okafor" }],
            "bucket": { "id": 90_001, "name": "Harbor" }, "parent": { "id": 90_073, "title": "Before winter" }, "app_url": format!("https://3.basecamp.com/99999999/buckets/90001/todos/{id}") })
    };
    shelf.list("basecamp/todos", || vec![todo(90_101, "Paint the boathouse"), todo(90_102, "Call the rope maker")])
}

fn open(shelf: &mut Shelf) -> Vec<Value> {
    todos(shelf).iter().filter(|todo| todo["completed"] == false).cloned().collect()
}

fn comment(id: usize, by: &str, text: &str, at: &str) -> Value {
    json!({ "id": id, "type": "Comment", "content": text, "creator": { "name": by }, "created_at": at, "app_url": format!("https://3.basecamp.com/99999999/comments/{id}") })
}
