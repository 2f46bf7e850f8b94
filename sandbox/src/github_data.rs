//! What there is on the sandbox's GitHub.

use crate::log;
use crate::people::{JONAS, MIRA, Person};
use serde_json::{Value, json};
use time::Duration;

/// One issue of the world.
pub struct Issue {
    /// Number in its repository.
    pub number: u32,
    /// Title.
    pub title: &'static str,
    /// Text.
    pub body: &'static str,
    /// Whether it is open.
    pub open: bool,
    /// Who works on it.
    pub assignee: Person,
    /// Label.
    pub label: &'static str,
    /// Whole days since the last change.
    pub age: i64,
    /// A pull request is an issue as well.
    pub pull: bool,
}

/// All issues of `northbeam/harbor`, newest first.
pub static ISSUES: [Issue; 7] = [
    Issue {
        number: 1490,
        title: "Wrong time zone in digests",
        body: "The weekly digest shows UTC for everybody.",
        open: true,
        assignee: MIRA,
        label: "bug",
        age: 0,
        pull: false,
    },
    Issue {
        number: 1482,
        title: "Export hangs over 2 GB",
        body: "Large exports never end; the worker waits for the last chunk.",
        open: true,
        assignee: MIRA,
        label: "bug",
        age: 1,
        pull: false,
    },
    Issue {
        number: 1495,
        title: "Add a dark chart palette",
        body: "Charts are hard to read on dark pages.",
        open: true,
        assignee: JONAS,
        label: "design",
        age: 0,
        pull: false,
    },
    Issue {
        number: 1477,
        title: "Retry webhooks after a network error",
        body: "Deliveries are lost when the network breaks.",
        open: false,
        assignee: MIRA,
        label: "bug",
        age: 3,
        pull: false,
    },
    Issue {
        number: 1470,
        title: "Sort projects by last change",
        body: "People look for what they touched last.",
        open: false,
        assignee: MIRA,
        label: "enhancement",
        age: 9,
        pull: false,
    },
    Issue {
        number: 1468,
        title: "Document the import format",
        body: "The columns are not explained anywhere.",
        open: false,
        assignee: JONAS,
        label: "docs",
        age: 12,
        pull: false,
    },
    Issue {
        number: 1466,
        title: "Upgrade the chart library",
        body: "Moves to the next major release.",
        open: false,
        assignee: MIRA,
        label: "dependencies",
        age: 14,
        pull: true,
    },
];

/// An issue as the API shows it.
pub fn issue(issue: &Issue) -> Value {
    let updated = log::rfc3339(log::now() - Duration::days(issue.age) - Duration::hours(1));
    let created = log::rfc3339(log::now() - Duration::days(issue.age + 6));
    let kind = if issue.pull { "pull" } else { "issues" };
    let mut shown = json!({
        "id": 2_000_000 + issue.number,
        "node_id": format!("I_{}", issue.number),
        "url": format!("https://api.github.com/repos/northbeam/harbor/issues/{}", issue.number),
        "repository_url": "https://api.github.com/repos/northbeam/harbor",
        "html_url": format!("https://github.com/northbeam/harbor/{kind}/{}", issue.number),
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "state": if issue.open { "open" } else { "closed" },
        "state_reason": if issue.open { Value::Null } else { Value::from("completed") },
        "locked": false,
        "comments": 2,
        "user": user(if issue.assignee == MIRA { JONAS } else { MIRA }),
        "assignee": user(issue.assignee),
        "assignees": [user(issue.assignee)],
        "labels": [{ "id": 71, "name": issue.label, "color": "d73a4a", "default": true, "description": null }],
        "milestone": null,
        "author_association": "MEMBER",
        "created_at": created,
        "updated_at": updated,
        "closed_at": if issue.open { Value::Null } else { Value::from(updated.clone()) },
        "repository": repository("harbor", false, 231_001),
    });
    if issue.pull {
        shown["pull_request"] =
            json!({ "html_url": format!("https://github.com/northbeam/harbor/pull/{}", issue.number) });
    }
    shown
}

/// A user in short.
pub fn user(person: Person) -> Value {
    json!({
        "login": person.login,
        "id": person.number,
        "node_id": format!("U_{}", person.number),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?v=4", person.number),
        "html_url": format!("https://github.com/{}", person.login),
        "type": "User",
        "site_admin": false,
    })
}

/// A repository.
pub fn repository(name: &str, private: bool, id: u32) -> Value {
    json!({
        "id": id,
        "name": name,
        "full_name": format!("northbeam/{name}"),
        "private": private,
        "owner": { "login": "northbeam", "id": 9_001, "type": "Organization" },
        "html_url": format!("https://github.com/northbeam/{name}"),
        "description": if private { "Plans and numbers" } else { "The place where boats are booked" },
        "fork": false,
        "language": "Rust",
        "default_branch": "main",
        "visibility": if private { "private" } else { "public" },
        "open_issues_count": ISSUES.iter().filter(|issue| issue.open).count(),
        "stargazers_count": 128,
        "pushed_at": log::rfc3339(log::now() - Duration::hours(3)),
        "updated_at": log::rfc3339(log::now() - Duration::hours(3)),
    })
}

/// Unread notifications.
pub fn notifications() -> Value {
    let thread = |id: &str, title: &str, number: u32, reason: &str| {
        json!({
            "id": id,
            "unread": true,
            "reason": reason,
            "updated_at": log::rfc3339(log::now() - Duration::hours(2)),
            "last_read_at": null,
            "subject": {
                "title": title,
                "url": format!("https://api.github.com/repos/northbeam/harbor/issues/{number}"),
                "type": "Issue",
            },
            "repository": repository("harbor", false, 231_001),
        })
    };
    json!([
        thread("90001", "Export hangs over 2 GB", 1482, "assign"),
        thread("90002", "Add a dark chart palette", 1495, "mention"),
    ])
}

/// The latest runs of the workflows of `northbeam/harbor`, newest first.
pub fn runs() -> Value {
    let run = |number: u32, name: &str, title: &str, branch: &str, conclusion: Option<&str>, hours: i64| {
        let at = log::rfc3339(log::now() - Duration::hours(hours));
        json!({
            "id": 30_000_000 + number,
            "name": name,
            "display_title": title,
            "run_number": number,
            "event": "push",
            "head_branch": branch,
            "status": if conclusion.is_some() { "completed" } else { "in_progress" },
            "conclusion": conclusion,
            "html_url": format!("https://github.com/northbeam/harbor/actions/runs/{}", 30_000_000 + number),
            "created_at": at,
            "updated_at": at,
        })
    };
    let runs = [
        run(812, "Tests", "Retry webhooks", "main", None, 0),
        run(811, "Tests", "Dark chart palette", "palette", Some("failure"), 2),
        run(97, "Release", "Harbor 3.1", "main", Some("success"), 26),
    ];
    json!({ "total_count": runs.len(), "workflow_runs": runs })
}
