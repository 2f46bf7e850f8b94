//! What a question is about, and which tools serve it.

use serde_json::Value;

/// A subject, the words that raise it, and the parts of tool names that serve it, the best first.
pub struct Topic {
    /// As it is named to the person.
    pub name: &'static str,
    words: &'static [&'static str],
    tools: &'static [&'static [&'static str]],
}

static TOPICS: [Topic; 19] = [
    Topic {
        name: "your calendar",
        words: &["calendar", "today", "event", "meeting", "agenda", "schedule", "tomorrow"],
        tools: &[&["calendar", "event"], &["calendar", "list"], &["calendar"]],
    },
    Topic {
        name: "Linear",
        words: &["linear"],
        tools: &[&["linear", "my"], &["linear", "assigned"], &["linear", "issue"], &["linear"]],
    },
    Topic {
        name: "issues",
        words: &["issue", "bug"],
        tools: &[
            &["github", "my", "issue"],
            &["github", "assigned"],
            &["github", "open", "issue"],
            &["github", "list", "issue"],
            &["github", "issue"],
            &["issue"],
        ],
    },
    Topic { name: "free times", words: &["am i free", "free slot"], tools: &[&["busy"]] },
    Topic { name: "contacts", words: &["contact"], tools: &[&["find_contacts"], &["contacts"]] },
    Topic { name: "deals", words: &["deal"], tools: &[&["list_deals"], &["deals"]] },
    Topic { name: "the state of a task", words: &["status of"], tools: &[&["linear", "search"], &["search_issues"]] },
    Topic { name: "repositories", words: &["repositor"], tools: &[&["list_repositories"]] },
    Topic { name: "CI runs", words: &["ci run", "workflow run"], tools: &[&["list_runs"]] },
    Topic { name: "incidents", words: &["incident"], tools: &[&["list_incidents"], &["incident"]] },
    Topic { name: "pages", words: &["pages", "the page"], tools: &[&["search_pages"], &["recent_pages"]] },
    Topic { name: "invoices", words: &["invoice"], tools: &[&["invoices"]] },
    Topic { name: "candidates", words: &["candidate"], tools: &[&["list_candidates"]] },
    Topic {
        name: "tickets",
        words: &["ticket"],
        tools: &[&["my_tickets"], &["tickets"], &["github", "my", "issue"], &["issue"]],
    },
    Topic { name: "notifications", words: &["notification"], tools: &[&["notification"]] },
    Topic {
        name: "Slack",
        words: &["slack", "#", "unread", "channel"],
        tools: &[
            &["slack", "unread"],
            &["slack", "channel", "message"],
            &["slack", "history"],
            &["slack", "read"],
            &["slack", "message"],
            &["slack"],
        ],
    },
    Topic {
        name: "what you played",
        words: &["played", "listen", "play last", "music", "song"],
        tools: &[&["recently", "played"], &["spotify", "recent"], &["played"], &["spotify"]],
    },
    Topic { name: "bounced mail", words: &["bounce", "bounced", "undelivered"], tools: &[&["bounce"], &["sendgrid"]] },
    Topic {
        name: "mail figures",
        words: &["sendgrid", "mail stat", "delivered", "how many mails"],
        tools: &[&["sendgrid", "stat"], &["sendgrid"]],
    },
];

impl Topic {
    /// The tool that serves this subject best.
    pub fn tool<'a>(&self, tools: &'a [Value]) -> Option<&'a Value> {
        self.tools.iter().find_map(|parts| offered(tools, parts))
    }
}

fn offered<'a>(tools: &'a [Value], parts: &[&str]) -> Option<&'a Value> {
    tools.iter().find(|tool| {
        let name = tool["function"]["name"].as_str().unwrap_or_default().to_lowercase();
        parts.iter().all(|part| name.contains(part))
    })
}

/// The subjects of a question in small letters. Who names Linear means its issues, not GitHub's.
pub fn raised(lower: &str) -> Vec<&'static Topic> {
    let linear_only = lower.contains("linear") && !lower.contains("github");
    TOPICS
        .iter()
        .filter(|topic| topic.words.iter().any(|word| lower.contains(word)))
        .filter(|topic| !(linear_only && topic.name == "issues"))
        .filter(|topic| !(lower.contains("status of") && matches!(topic.name, "issues" | "Linear")))
        .filter(|topic| topic.name != "your calendar" || !only_today(lower))
        .collect()
}

/// "today" alone, beside another subject, is a time and no subject.
fn only_today(lower: &str) -> bool {
    let calendar =
        ["calendar", "event", "meeting", "agenda", "schedule", "tomorrow"].iter().any(|word| lower.contains(word));
    let other = ["issue", "slack", "#", "unread", "linear", "played", "listen", "bounce", "notification"]
        .iter()
        .any(|word| lower.contains(word));
    !calendar && other
}
