//! Linear's GraphQL address: the viewer, issues, teams, projects, and the mutations that change them.

use crate::answer;
use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::desk::{mentions, now, word};
use crate::graphql::{self, Field};
use crate::log;
use crate::oauth::grants::Denied;
use crate::people::{EVERYBODY, JONAS, MIRA, Person};
use crate::shelf::{find, find_mut};
use axum::response::Response;
use serde_json::{Map, Value, json};
use time::Duration;

/// An issue.
struct Issue {
    number: u32,
    title: &'static str,
    state: &'static str,
    kind: &'static str,
    priority: u8,
    assignee: Person,
    due: Option<i64>,
}

const fn issue(
    number: u32,
    title: &'static str,
    state: &'static str,
    kind: &'static str,
    priority: u8,
    assignee: Person,
    due: Option<i64>,
) -> Issue {
    Issue { number, title, state, kind, priority, assignee, due }
}

static ISSUES: [Issue; 5] = [
    issue(312, "Write the launch announcement", "In Progress", "started", 2, MIRA, Some(1)),
    issue(309, "Check the empty states on small screens", "Todo", "unstarted", 3, MIRA, Some(4)),
    issue(305, "Agree on the retention period", "Backlog", "backlog", 0, MIRA, None),
    issue(301, "Draw the new onboarding", "Done", "completed", 2, MIRA, None),
    issue(310, "Measure the first page", "In Progress", "started", 1, JONAS, Some(2)),
];

const SHELF: &str = "linear/issues";

/// Answers `api.linear.app`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    if (call.method.as_str(), call.path.as_str()) != ("POST", "/graphql") {
        return app::nobody(call);
    }
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["linear"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return unauthenticated(denied),
    };
    let body = call.json();
    let Some(query) = body["query"].as_str() else {
        return invalid("Must provide query string.");
    };
    if !token.scopes.iter().any(|scope| scope == "read" || scope == "write" || scope == "admin") {
        return invalid("Invalid scope: `read` required");
    }
    let variables = &body["variables"];
    let changes = query.trim_start().starts_with("mutation");
    if changes && !token.scopes.iter().any(|scope| scope == "write" || scope == "admin") {
        return forbidden();
    }
    let chosen = graphql::read(query).and_then(|fields| {
        let mut data = Map::new();
        for field in &fields {
            let value = if changes {
                mutation(sandbox, field, token.person, variables)?
            } else {
                root(sandbox, field, token.person, variables)?
            };
            data.insert(field.alias.clone(), graphql::choose(&value, &field.fields, &field.name)?);
        }
        Ok(Value::Object(data))
    });
    match chosen {
        Ok(data) => answer::json(200, json!({ "data": data })),
        Err(message) => invalid(&message),
    }
}

fn unauthenticated(denied: Denied) -> Response {
    answer::refused(
        answer::json(
            401,
            json!({ "errors": [{ "message": "Authentication required, not authenticated", "extensions": {
            "type": "authentication error", "code": "AUTHENTICATION_ERROR", "statusCode": 401, "userError": true,
            "userPresentableMessage": "You need to authenticate to access this operation." } }] }),
        ),
        format!("linear: {}", denied.reason()),
    )
}

fn invalid(message: &str) -> Response {
    answer::refused(
        answer::json(
            400,
            json!({ "errors": [{ "message": message, "extensions": { "type": "graphql error", "code": "GRAPHQL_VALIDATION_FAILED", "statusCode": 400, "userError": true } }] }),
        ),
        format!("linear: {message}"),
    )
}

fn forbidden() -> Response {
    answer::refused(
        answer::json(
            403,
            json!({ "errors": [{ "message": "Invalid scope: `write` required", "extensions": { "type": "forbidden", "code": "FORBIDDEN", "statusCode": 403, "userError": true } }] }),
        ),
        "linear: needs write",
    )
}

fn root(sandbox: &Sandbox, field: &Field, person: Person, variables: &Value) -> Result<Value, String> {
    let below = |name: &str| {
        let arguments = field.fields.iter().find(|field| field.name == name).map(|field| field.arguments.as_str());
        format!("{} {variables}", arguments.unwrap_or_default())
    };
    let all = sandbox.shelf().list(SHELF, seed).clone();
    Ok(match field.name.as_str() {
        "viewer" => {
            let mut viewer = user(person);
            viewer["assignedIssues"] =
                issues(&all, &below("assignedIssues"), |issue| issue["assignee"]["email"] == person.email);
            viewer["organization"] = json!({ "id": "org-northbeam", "name": "Northbeam", "urlKey": "northbeam" });
            viewer["teams"] = connection(vec![team()]);
            viewer
        }
        "issues" => {
            let arguments = format!("{} {variables}", field.arguments);
            let mine = arguments.contains("isMe");
            issues(&all, &arguments, |issue| !mine || issue["assignee"]["email"] == person.email)
        }
        "searchIssues" => {
            let term =
                word(variables, "/term").ok_or("Variable \"$term\" of required type \"String!\" was not provided.")?;
            let found = all.iter().filter(|issue| mentions(issue, &["/title", "/description"], term));
            connection(found.cloned().collect())
        }
        "issue" => one(&all, variables)?,
        "teams" => connection(vec![team()]),
        "projects" => connection(vec![project("Harbor 3", "started", 0.72), project("Onboarding", "planned", 0.1)]),
        "users" => connection(EVERYBODY.map(user).to_vec()),
        "organization" => json!({ "id": "org-northbeam", "name": "Northbeam", "urlKey": "northbeam" }),
        other => return Err(format!("Cannot query field \"{other}\" on type \"Query\".")),
    })
}

/// The issue of the variable `id`, by its id or its identifier.
fn one(all: &[Value], variables: &Value) -> Result<Value, String> {
    let id = word(variables, "/id").unwrap_or_default();
    let found = find(all, "identifier", id).or_else(|| find(all, "id", id));
    found.cloned().ok_or_else(|| "Entity not found: Issue".to_owned())
}

fn mutation(sandbox: &Sandbox, field: &Field, person: Person, variables: &Value) -> Result<Value, String> {
    let mut shelf = sandbox.shelf();
    let made = shelf.number();
    let all = shelf.list(SHELF, seed);
    let input = &variables["input"];
    match field.name.as_str() {
        "issueCreate" => {
            let title = word(input, "/title").ok_or("Argument Validation Error: title must not be empty")?;
            if word(input, "/teamId") != Some("team-northbeam") {
                return Err("Argument Validation Error: teamId must be the id of a team".into());
            }
            let number = all.iter().filter_map(|issue| issue["number"].as_u64()).max().unwrap_or(1) + 1;
            let number = u32::try_from(number).unwrap_or(1);
            let mut new = shown(&issue(number, "", "Todo", "unstarted", 0, person, None));
            new["title"] = title.into();
            new["assignee"] = Value::Null;
            new["comments"] = connection(vec![]);
            new["createdAt"] = now().into();
            new["updatedAt"] = now().into();
            for name in ["id", "description", "priority", "dueDate"] {
                if !input[name].is_null() {
                    new[name] = input[name].clone();
                }
            }
            all.insert(0, new.clone());
            Ok(json!({ "success": true, "issue": new, "lastSyncId": 1 }))
        }
        "issueUpdate" => {
            let id = one(all, variables)?["id"].as_str().unwrap_or_default().to_owned();
            let changed = find_mut(all, "id", &id).ok_or("Entity not found: Issue")?;
            if let Some(state) = word(input, "/stateId") {
                let states = states();
                changed["state"] = find(&states, "id", state).cloned().ok_or("Entity not found: WorkflowState")?;
            }
            for name in ["title", "description", "priority", "dueDate"] {
                if !input[name].is_null() {
                    changed[name] = input[name].clone();
                }
            }
            changed["updatedAt"] = now().into();
            Ok(json!({ "success": true, "issue": changed.clone(), "lastSyncId": 2 }))
        }
        "commentCreate" => {
            let text = word(input, "/body").ok_or("Argument Validation Error: body must not be empty")?;
            let found = one(all, &json!({ "id": input["issueId"] }))?;
            let id = found["id"].as_str().unwrap_or_default();
            let changed = find_mut(all, "id", id).ok_or("Entity not found: Issue")?;
            let url = format!("{}#comment-{made}", changed["url"].as_str().unwrap_or_default());
            let comment = json!({ "id": format!("comment-{made}"), "body": text, "url": url, "createdAt": now(), "user": user(person) });
            if let Some(nodes) = changed.pointer_mut("/comments/nodes").and_then(Value::as_array_mut) {
                nodes.push(comment.clone());
            }
            Ok(json!({ "success": true, "comment": comment, "lastSyncId": 3 }))
        }
        other => Err(format!("Cannot query field \"{other}\" on type \"Mutation\".")),
    }
}

fn states() -> Vec<Value> {
    let state = |name: &str, kind: &str| json!({ "id": format!("state-{kind}"), "name": name, "type": kind, "color": "#5e6ad2" });
    vec![
        state("Backlog", "backlog"),
        state("Todo", "unstarted"),
        state("In Progress", "started"),
        state("Done", "completed"),
        state("Canceled", "canceled"),
    ]
}

fn connection(nodes: Vec<Value>) -> Value {
    json!({ "nodes": nodes, "pageInfo": { "hasNextPage": false, "hasPreviousPage": false, "endCursor": null, "startCursor": null } })
}

/// A filter that speaks of finished or cancelled states means: without them.
fn issues(all: &[Value], arguments: &str, which: impl Fn(&Value) -> bool) -> Value {
    let open_only = arguments.contains("completed") || arguments.contains("canceled");
    let ended = |issue: &Value| ["completed", "canceled"].iter().any(|kind| issue["state"]["type"] == *kind);
    connection(all.iter().filter(|issue| which(issue) && !(open_only && ended(issue))).cloned().collect())
}

fn seed() -> Vec<Value> {
    ISSUES.iter().map(shown).collect()
}

fn shown(issue: &Issue) -> Value {
    let at = log::rfc3339(log::now() - Duration::hours(i64::from(320 - issue.number.min(320))));
    let done = if issue.kind == "completed" { Value::from(at.clone()) } else { Value::Null };
    let due = issue.due.map(|days| (log::now() + Duration::days(days)).date().to_string());
    json!({
        "id": format!("issue-{}", issue.number),
        "identifier": format!("NOR-{}", issue.number),
        "number": issue.number,
        "title": issue.title,
        "description": "",
        "url": format!("https://linear.app/northbeam/issue/NOR-{}", issue.number),
        "priority": issue.priority,
        "priorityLabel": (["No priority", "Urgent", "High", "Medium", "Low"].get(usize::from(issue.priority))),
        "estimate": null,
        "dueDate": due,
        "createdAt": at,
        "updatedAt": at,
        "completedAt": done,
        "canceledAt": null,
        "state": { "id": format!("state-{}", issue.kind), "name": issue.state, "type": issue.kind, "color": "#5e6ad2" },
        "assignee": user(issue.assignee),
        "creator": user(JONAS),
        "team": team(),
        "project": project("Harbor 3", "started", 0.72),
        "labels": connection(vec![]),
        "comments": connection(vec![json!({
            "id": format!("comment-{}", issue.number),
            "body": "Who reads it before it goes out?",
            "url": format!("https://linear.app/northbeam/issue/NOR-{}#comment", issue.number),
            "createdAt": at,
            "user": user(JONAS),
        })]),
    })
}

fn user(person: Person) -> Value {
    json!({
        "id": format!("user-{}", person.number),
        "name": person.name,
        "displayName": person.login,
        "email": person.email,
        "avatarUrl": null,
        "active": true,
        "admin": person == MIRA,
        "isMe": true,
        "url": format!("https://linear.app/northbeam/profiles/{}", person.login),
    })
}

fn team() -> Value {
    json!({ "id": "team-northbeam", "key": "NOR", "name": "Northbeam", "description": null, "private": false, "timezone": "Europe/Berlin", "states": connection(states()) })
}

fn project(name: &str, state: &str, progress: f64) -> Value {
    json!({
        "id": format!("project-{}", name.to_lowercase().replace(' ', "-")),
        "name": name,
        "description": "",
        "state": state,
        "progress": progress,
        "url": format!("https://linear.app/northbeam/project/{}", name.to_lowercase().replace(' ', "-")),
        "targetDate": (log::now() + Duration::days(21)).date().to_string(),
        "startDate": null,
        "updatedAt": log::rfc3339(log::now() - Duration::hours(5)),
    })
}
