//! Consent pages that are not OAuth 2's: who is asked, what the two buttons do.

use crate::answer::{self, escape};
use crate::app::Sandbox;
use crate::keys::{lastfm, trello};
use crate::log;
use crate::people::{self, EVERYBODY, Person};
use axum::extract::{Form, State};
use axum::response::Response;
use serde::Deserialize;
use std::fmt::Write;

/// The choice of the person in front of the page.
#[derive(Debug, Deserialize)]
pub struct Decision {
    service: String,
    request: String,
    #[serde(default)]
    person: String,
    decision: String,
}

/// The page of a service for one request.
pub fn page(service: &str, name: &str, asks: &str, request: &str) -> Response {
    let mut choices = String::new();
    for (position, person) in EVERYBODY.iter().enumerate() {
        let checked = if position == 0 { " checked" } else { "" };
        let _ = write!(
            choices,
            "<label class=\"choice\"><input type=\"radio\" name=\"person\" value=\"{}\"{checked}><span><strong>{}</strong><small>{}</small></span></label>",
            person.key, person.name, person.email
        );
    }
    let body = format!(
        "<main class=\"narrow\"><p class=\"brandline\">{name} (sandbox)</p><h1>Allow access to your {name} account?</h1><p>{}</p>\
         <form method=\"post\" action=\"/_sandbox/agree\"><input type=\"hidden\" name=\"service\" value=\"{service}\">\
         <input type=\"hidden\" name=\"request\" value=\"{}\"><fieldset><legend>Continue as</legend>{choices}</fieldset>\
         <div class=\"actions\"><button type=\"submit\" name=\"decision\" value=\"allow\" class=\"primary\">Allow</button>\
         <button type=\"submit\" name=\"decision\" value=\"deny\">Deny</button></div></form></main>",
        escape(asks),
        escape(request),
    );
    answer::html(200, answer::page(&format!("{name} · Allow access"), &body))
}

/// Sends the browser back, as the service does.
pub async fn decide(State(sandbox): State<Sandbox>, Form(decision): Form<Decision>) -> Response {
    let person: Option<Person> = (decision.decision == "allow").then(|| people::by_key(&decision.person));
    log::line("consent", &[("service", &decision.service), ("person", person.map_or("nobody", |person| person.name))]);
    let back = match decision.service.as_str() {
        "trello" => trello::decided(&sandbox, &decision.request, person),
        _ => lastfm::decided(&sandbox, &decision.request, person),
    };
    back.map_or_else(
        || answer::html(400, answer::page("Too late", "<main class=\"narrow\"><h1>This request is over</h1></main>")),
        |address| answer::see_other(&address),
    )
}
