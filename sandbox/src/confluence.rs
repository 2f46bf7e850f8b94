//! Confluence Cloud behind Atlassian's gateway: the search, spaces, new pages and comments.

use crate::answer;
use crate::app::Sandbox;
use crate::call::Call;
use crate::desk::{ago, has, mentions, now, parts, refuse, word};
use crate::shelf::{Shelf, find};
use axum::response::Response;
use serde_json::{Value, json};

/// The sites that a grant opens.
const SITES: [&str; 2] = ["1324a887-45db", "3546caa9-67fd"];

/// Answers `api.atlassian.com/ex/confluence`.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    let checked = sandbox.grants().check(call.authorization("Bearer"), &["confluence"]);
    let token = match checked {
        Ok(token) => token,
        Err(denied) => return wrong(401, "Unauthorized", denied.reason()),
    };
    let parts = parts(call);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["ex", "confluence", site, "wiki", path @ ..] = parts.as_slice() else {
        return wrong(404, "Not Found", "no such address");
    };
    if !SITES.contains(site) {
        return wrong(404, "Not Found", "no such site");
    }
    let needed = match (call.method.as_str(), path) {
        (_, ["rest", "api", "search"]) => "search:confluence",
        ("GET", _) => "read:confluence-space.summary",
        _ => "write:confluence-content",
    };
    if !has(&token, &[needed]) {
        return wrong(401, "Unauthorized; scope does not match", &format!("needs {needed}"));
    }
    let mut shelf = sandbox.shelf();
    match (call.method.as_str(), path) {
        ("GET", ["rest", "api", "search"]) => search(call, &mut shelf, site),
        ("GET", ["api", "v2", "spaces"]) => {
            let keys = call.q("keys");
            let found: Vec<Value> = spaces()
                .into_iter()
                .filter(|space| keys.is_none_or(|keys| keys.split(',').any(|key| space["key"] == key)))
                .collect();
            answer::json(200, json!({ "results": found, "_links": {} }))
        }
        ("POST", ["api", "v2", "pages"]) => {
            let body = call.json();
            let Some(title) = word(&body, "/title") else { return wrong(400, "Title is missing", "no title") };
            let space = word(&body, "/spaceId").unwrap_or_default();
            let Some(space) = find(&spaces(), "id", space).cloned() else {
                return wrong(404, "Not Found", "no such space");
            };
            let Some(text) = written(&body) else { return wrong(400, "Body is not valid", "no body") };
            let pages = pages(&mut shelf, site);
            if pages.iter().any(|page| page["title"] == title) {
                return wrong(400, "A page with this title already exists", "title taken");
            }
            let id = format!("6569{}", pages.len());
            pages.insert(0, page(&id, title, text, &now()));
            answer::json(200, json!({ "id": id, "title": title, "status": "current", "spaceId": space["id"] }))
        }
        ("POST", ["api", "v2", "footer-comments"]) => {
            let body = call.json();
            let on = word(&body, "/pageId").unwrap_or_default().to_owned();
            if find(pages(&mut shelf, site), "id", &on).is_none() {
                return wrong(404, "Not Found", "no such page");
            }
            let Some(text) = written(&body) else { return wrong(400, "Body is not valid", "no body") };
            let comments = comments(&mut shelf, site);
            let id = format!("7000{}", comments.len());
            comments
                .push(json!({ "id": id, "page": on, "excerpt": text, "title": "Re: comment", "lastModified": now() }));
            answer::json(201, json!({ "id": id, "status": "current", "pageId": on }))
        }
        _ => wrong(404, "Not Found", "no such address"),
    }
}

fn wrong(status: u16, message: &str, reason: &str) -> Response {
    refuse(status, json!({ "statusCode": status, "message": message }), format!("confluence: {reason}"))
}

/// What a body says, in a form that the second version of the API takes.
fn written(body: &Value) -> Option<&str> {
    let forms = ["storage", "atlas_doc_format", "wiki", "editor"];
    word(body, "/body/representation").filter(|form| forms.contains(form))?;
    word(body, "/body/value")
}

fn spaces() -> Vec<Value> {
    vec![
        json!({ "id": "9001", "key": "HAR", "name": "Harbor", "type": "global", "status": "current" }),
        json!({ "id": "9002", "key": "TEAM", "name": "Team", "type": "global", "status": "current" }),
    ]
}

fn page(id: &str, title: &str, text: &str, at: &str) -> Value {
    json!({ "id": id, "title": title, "excerpt": text, "lastModified": at })
}

fn pages<'a>(shelf: &'a mut Shelf, site: &str) -> &'a mut Vec<Value> {
    shelf.list(&format!("confluence/pages/{site}"), || {
        vec![
            page("65601", "Mooring rules", "Where to tie a boat, and for how long.", &ago(7)),
            page("65602", "Opening hours", "The gate opens at nine.", &ago(90)),
        ]
    })
}

fn comments<'a>(shelf: &'a mut Shelf, site: &str) -> &'a mut Vec<Value> {
    shelf.list(&format!("confluence/comments/{site}"), || {
        vec![json!({ "id": "70000", "page": "65601", "excerpt": "Does this hold in winter?", "title": "Re: Mooring rules", "lastModified": ago(6) })]
    })
}

/// The parts of CQL that are asked here.
fn search(call: &Call, shelf: &mut Shelf, site: &str) -> Response {
    let Some(cql) = call.q("cql").filter(|cql| !cql.trim().is_empty()) else {
        return wrong(400, "cql is required", "no query");
    };
    let found: Vec<Value> = if cql.starts_with("type = comment") {
        let container = cql.split("container = ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        comments(shelf, site).iter().filter(|comment| comment["page"] == container).cloned().collect()
    } else if cql.starts_with("type = page") {
        let words = cql.split_once("text ~ \"").and_then(|(_, rest)| rest.split('"').next());
        let fits = |page: &&Value| words.is_none_or(|words| mentions(page, &["/title", "/excerpt"], words));
        pages(shelf, site).iter().filter(fits).cloned().collect()
    } else {
        return wrong(400, "Could not parse cql", "unknown query");
    };
    let results: Vec<Value> = found
        .into_iter()
        .map(|one| {
            json!({ "content": { "id": one["id"], "title": one["title"], "type": "page", "status": "current" }, "title": one["title"],
                "excerpt": one["excerpt"], "lastModified": one["lastModified"], "resultGlobalContainer": { "title": "Harbor", "displayUrl": "/spaces/HAR" } })
        })
        .collect();
    answer::json(
        200,
        json!({ "results": results, "start": 0, "limit": 50, "size": results.len(), "totalSize": results.len(), "cqlQuery": cql }),
    )
}
