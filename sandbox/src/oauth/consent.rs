//! The consent page, and what its two buttons do.

use crate::answer::{self, escape};
use crate::app::Sandbox;
use crate::dialects::Dialect;
use crate::log;
use crate::oauth::authorize::back;
use crate::oauth::grants::Asked;
use crate::oauth::openid::Mailbox;
use crate::people::{self, EVERYBODY};
use axum::extract::{Form, State};
use axum::response::Response;
use serde::Deserialize;
use std::fmt::Write;

/// The choice of the person in front of the page.
#[derive(Debug, Deserialize)]
pub struct Decision {
    request: String,
    #[serde(default)]
    person: String,
    /// A name that nobody here has: an account of its own.
    #[serde(default)]
    somebody: String,
    #[serde(default)]
    mailbox: Mailbox,
    decision: String,
}

/// Who wants what of whom.
pub fn page(dialect: &Dialect, asked: &Asked, id: &str) -> String {
    let name = escape(&dialect.name);
    let mut scopes = String::new();
    for scope in asked.scopes.iter().chain(&asked.user_scopes) {
        let _ = write!(scopes, "<li><code>{}</code></li>", escape(scope));
    }
    if scopes.is_empty() {
        scopes.push_str("<li>What this service gives without asking for more</li>");
    }
    let mut choices = String::new();
    for (position, person) in EVERYBODY.iter().enumerate() {
        let checked = if position == 0 { " checked" } else { "" };
        let _ = write!(
            choices,
            "<label class=\"choice\"><input type=\"radio\" name=\"person\" value=\"{}\"{checked}><span><strong>{}</strong><small>{}</small></span></label>",
            person.key, person.name, person.email
        );
    }
    choices.push_str(
        "<label class=\"choice\"><span><strong>Or somebody else</strong><input name=\"somebody\" autocomplete=\"off\" placeholder=\"a-login-name\"></span></label>",
    );
    if dialect.openid {
        choices.push_str(Mailbox::CHOICE);
    }
    let body = format!(
        "<main class=\"narrow\"><p class=\"brandline\">{name} (sandbox)</p>\
         <h1>Allow access to your {name} account?</h1>\
         <p><code>{}</code> asks for:</p><ul class=\"scopes\">{scopes}</ul>\
         <form method=\"post\" action=\"/_sandbox/consent\">\
         <input type=\"hidden\" name=\"request\" value=\"{}\">\
         <fieldset><legend>Continue as</legend>{choices}</fieldset>\
         <div class=\"actions\"><button type=\"submit\" name=\"decision\" value=\"allow\" class=\"primary\">Allow</button>\
         <button type=\"submit\" name=\"decision\" value=\"deny\">Deny</button></div></form></main>",
        escape(&asked.client_id),
        escape(id),
    );
    answer::page(&format!("{} · Allow access", dialect.name), &body)
}

/// Sends the browser back with a code, or with `access_denied`.
pub async fn decide(State(sandbox): State<Sandbox>, Form(decision): Form<Decision>) -> Response {
    let Some(asked) = sandbox.grants().take_asked(&decision.request) else {
        return answer::html(
            400,
            answer::page(
                "Too late",
                "<main class=\"narrow\"><h1>This request is over</h1><p>It was answered already, or it is older than ten minutes. Go back and connect again.</p></main>",
            ),
        );
    };
    let Some(dialect) = sandbox.dialects.by_id(&asked.service) else {
        return answer::html(400, answer::page("Unknown", "<main class=\"narrow\"><h1>No such service</h1></main>"));
    };
    let redirect = asked.redirect_uri.clone();
    let state = asked.state.clone();
    if decision.decision != "allow" {
        log::line("consent denied", &[("service", &asked.service)]);
        let pairs = [("error", "access_denied"), ("error_description", "The person said no")];
        return answer::see_other(&back(redirect.as_deref(), state.as_deref(), dialect, &pairs));
    }
    let person = people::made_up(&decision.somebody).unwrap_or_else(|| people::by_key(&decision.person));
    log::line("consent", &[("service", &asked.service), ("person", person.name)]);
    let code = sandbox.grants().issue_code(asked, person, decision.mailbox);
    let further = dialect.back.iter().filter_map(|pair| pair.split_once('='));
    let pairs: Vec<(&str, &str)> = std::iter::once(("code", code.as_str())).chain(further).collect();
    answer::see_other(&back(redirect.as_deref(), state.as_deref(), dialect, &pairs))
}
