//! Jira Cloud behind Atlassian's gateway: sites, projects, issues, comments, transitions.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, day, has, mentions, nothing, now, parts, refuse, size, slice, word};
use crate::oauth::grants::Token;
use crate::people::{JONAS, MIRA, Person};
use crate::shelf::{Shelf, find, find_mut};
use axum::response::Response;
use serde_json::{Value, json};

/// The sites that a grant opens.
const SITES: [(&str, &str); 2] =
    [("11111111-aaaa-4aaa-8aaa-000000000001", "northbeam"), ("11111111-aaaa-4aaa-8aaa-000000000002", "tideway")];
const STATES: [(&str, &str, &str); 3] =
    [("11", "To Do", "new"), ("21", "In Progress", "indeterminate"), ("31", "Done", "done")];

/// Answers `api.atlassian.com`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["jira"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => {
            return refuse(
                401,
                json!({ "code": 401, "message": "Unauthorized" }),
                format!("jira: {}", denied.reason()),
            );
        }
    };
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let method = call.method.as_str();
    let (site, path) = match parts.as_slice() {
        ["oauth", "token", "accessible-resources"] => return answer::json(200, sites(&token)),
        ["ex", "jira", site, "rest", "api", "3", path @ ..] if SITES.iter().any(|(id, _)| id == site) => (*site, path),
        _ => return wrong(404, "No such site or address."),
    };
    let needed = match (method, path) {
        (_, ["myself"]) => ["read:jira-user", "read:me"],
        ("GET", _) => ["read:jira-work", "read:jira-work"],
        _ => ["write:jira-work", "write:jira-work"],
    };
    if !has(&token, &needed) {
        let body = json!({ "code": 401, "message": "Unauthorized; scope does not match" });
        return refuse(401, body, format!("jira: needs {}", needed[0]));
    }
    let mut shelf = sandbox.shelf();
    let issues = format!("jira/issues/{site}");
    let issues = issues.as_str();
    match (method, path) {
        ("GET", ["myself"]) => answer::json(200, person(token.person)),
        ("GET", ["project", "search"]) => answer::json(
            200,
            json!({ "startAt": 0, "maxResults": 50, "total": 1, "isLast": true, "values": [project()] }),
        ),
        ("GET", ["search", "jql"]) => search(call, token.person, shelf.list(issues, seed)),
        ("POST", ["issue"]) => create(call, token.person, &mut shelf, issues),
        (_, ["issue", key, ..]) if find(shelf.list(issues, seed), "key", key).is_none() => {
            wrong(404, "Issue does not exist or you do not have permission to see it.")
        }
        ("GET", ["issue", key]) => match find(shelf.list(issues, seed), "key", key) {
            Some(issue) => answer::json(200, issue.clone()),
            None => wrong(404, "Issue does not exist."),
        },
        ("GET", ["issue", key, "comment"]) => {
            let comments = shelf.list(&format!("{issues}/{key}"), comments);
            answer::json(200, json!({ "startAt": 0, "maxResults": 50, "total": comments.len(), "comments": comments }))
        }
        ("POST", ["issue", key, "comment"]) => {
            let body = call.json();
            if !document(&body["body"]) {
                return wrong(400, "Comment body is not valid!");
            }
            let made = comment(&shelf.number().to_string(), token.person, &body["body"], &now());
            shelf.list(&format!("{issues}/{key}"), comments).push(made.clone());
            answer::json(201, made)
        }
        ("GET", ["issue", _, "transitions"]) => {
            let all: Vec<Value> = STATES
                .iter()
                .map(|(id, name, _)| json!({ "id": id, "name": name, "to": status(name), "isAvailable": true }))
                .collect();
            answer::json(200, json!({ "expand": "transitions", "transitions": all }))
        }
        ("POST", ["issue", key, "transitions"]) => {
            let body = call.json();
            let wanted = word(&body, "/transition/id");
            let Some((_, name, _)) = STATES.iter().find(|(id, _, _)| Some(*id) == wanted) else {
                return wrong(400, "It seems that you have tried to perform an illegal workflow operation.");
            };
            if let Some(issue) = find_mut(shelf.list(issues, seed), "key", key) {
                issue["fields"]["status"] = status(name);
                issue["fields"]["updated"] = now().into();
            }
            nothing()
        }
        _ => wrong(404, "No such address."),
    }
}

fn wrong(status: u16, message: &str) -> Response {
    refuse(status, json!({ "errorMessages": [message], "errors": {} }), format!("jira: {message}"))
}

fn sites(token: &Token) -> Value {
    SITES
        .iter()
        .map(|(id, name)| {
            json!({ "id": id, "name": name, "url": format!("https://{name}.atlassian.net"), "scopes": token.scopes, "avatarUrl": "" })
        })
        .collect()
}

fn person(person: Person) -> Value {
    json!({ "accountId": format!("acc-{}", person.number), "displayName": person.name, "emailAddress": person.email, "active": true, "timeZone": "Europe/Berlin" })
}

fn project() -> Value {
    json!({ "id": "10000", "key": "HAR", "name": "Harbor", "projectTypeKey": "software", "style": "classic" })
}

fn status(name: &str) -> Value {
    let kind = STATES.iter().find(|state| state.1 == name).map_or("new", |state| state.2);
    json!({ "name": name, "id": kind, "statusCategory": { "key": kind, "name": name } })
}

fn issue(number: u64, summary: &str, state: &str, who: Person, due: Option<String>) -> Value {
    json!({ "id": (10_000 + number).to_string(), "key": format!("HAR-{number}"), "fields": {
        "summary": summary, "status": status(state), "project": project(), "assignee": person(who), "issuetype": { "name": "Task" },
        "duedate": due, "created": ago(200), "updated": ago(4), "priority": { "name": "Medium" } } })
}

fn seed() -> Vec<Value> {
    vec![
        issue(41, "Show the tide on the berth page", "In Progress", MIRA, Some(day(2))),
        issue(40, "Berths without a price cannot be booked", "To Do", MIRA, None),
        issue(38, "Move the price list", "Done", MIRA, None),
        issue(42, "Count the free berths", "To Do", JONAS, Some(day(5))),
    ]
}

fn text_document(text: &str) -> Value {
    json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }] })
}

/// Texts are Atlassian documents, not strings.
fn document(body: &Value) -> bool {
    body["type"] == "doc" && body["version"] == 1 && body["content"].as_array().is_some_and(|parts| !parts.is_empty())
}

fn comments() -> Vec<Value> {
    vec![comment("501", JONAS, &text_document("The tables come from the harbour master."), &ago(28))]
}

fn comment(id: &str, by: Person, body: &Value, at: &str) -> Value {
    json!({ "id": id, "author": person(by), "body": body, "created": at, "updated": at })
}

/// The parts of JQL that are asked here: the caller's own, unfinished ones, words.
fn search(call: &Call, who: Person, issues: &[Value]) -> Response {
    let Some(jql) = call.q("jql").filter(|jql| !jql.trim().is_empty()) else {
        return wrong(
            400,
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
        );
    };
    let Some(size) = size(call, "maxResults", 50, 5_000) else {
        return wrong(400, "The value of maxResults is wrong.");
    };
    let bare = call.q("fields").is_none();
    let words = jql.split_once("text ~ \"").and_then(|(_, rest)| rest.split_once('"')).map(|(words, _)| words);
    let found: Vec<Value> = issues
        .iter()
        .filter(|issue| !jql.contains("currentUser()") || issue["fields"]["assignee"]["emailAddress"] == who.email)
        .filter(|issue| {
            !jql.contains("statusCategory != Done") || issue["fields"]["status"]["statusCategory"]["key"] != "done"
        })
        .filter(|issue| words.is_none_or(|words| mentions(issue, &["/fields/summary"], words)))
        // Without a list of fields the search gives ids only.
        .map(|issue| if bare { json!({ "id": issue["id"] }) } else { issue.clone() })
        .collect();
    let skip = call.q("nextPageToken").and_then(|mark| mark.strip_prefix("at-")?.parse().ok()).unwrap_or(0);
    let (page, more) = slice(&found, skip, size);
    let mut body = json!({ "issues": page, "isLast": !more });
    if more {
        body["nextPageToken"] = format!("at-{}", skip + size).into();
    }
    answer::json(200, body)
}

fn create(call: &Call, who: Person, shelf: &mut Shelf, issues: &str) -> Response {
    let body = call.json();
    let Some(summary) = word(&body, "/fields/summary") else {
        return wrong(400, "You must specify a summary of the issue.");
    };
    if word(&body, "/fields/project/key") != Some("HAR") {
        return wrong(400, "Specify a valid project ID or key");
    }
    if !["Task", "Bug", "Story"].contains(&word(&body, "/fields/issuetype/name").unwrap_or_default()) {
        return wrong(400, "Specify a valid issue type");
    }
    if !body["fields"]["description"].is_null() && !document(&body["fields"]["description"]) {
        return wrong(400, "Operation value must be an Atlassian Document");
    }
    let list = shelf.list(issues, seed);
    let number = 43 + u64::try_from(list.len().saturating_sub(4)).unwrap_or(0);
    let mut made = issue(number, summary, "To Do", who, None);
    made["fields"]["updated"] = now().into();
    list.insert(0, made.clone());
    answer::json(
        201,
        json!({ "id": made["id"], "key": made["key"], "self": format!("https://api.atlassian.com/rest/api/3/issue/{number}") }),
    )
}
