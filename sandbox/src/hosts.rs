//! Which of the services of work and leisure answers at a host.

use crate::app::Sandbox;
use crate::call::Call;
use crate::{
    asana, bamboohr, datadog, gitlab, halls, jira, keys, notion, offices, pagerduty, sentry, soundcloud, stripe,
    trello, xero, zendesk,
};
use axum::response::Response;

/// Answers a request to any of them; nobody answers a host that none of them has.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    match call.host.as_str() {
        "api.atlassian.com" if call.path.starts_with("/ex/confluence/") => halls::answer(sandbox, call),
        "api.atlassian.com" => jira::answer(sandbox, call),
        "api.eu.pagerduty.com" | "api.pagerduty.com" => pagerduty::answer(sandbox, call),
        "app.asana.com" => asana::answer(sandbox, call),
        "api.soundcloud.com" => soundcloud::answer(sandbox, call),
        "api.trello.com" => keys::trello::guard(sandbox, call).unwrap_or_else(|| trello::answer(sandbox, call)),
        "api.xero.com" => xero::answer(sandbox, call),
        "gitlab.com" => gitlab::answer(sandbox, call),
        "sentry.io" => sentry::answer(sandbox, call),
        "api.notion.com" => notion::answer(sandbox, call),
        "api.stripe.com" => stripe::answer(sandbox, call),
        host if datadog::is_host(host) => datadog::answer(sandbox, call),
        host if host.ends_with(".bamboohr.com") => bamboohr::answer(sandbox, call),
        host if host.ends_with(".zendesk.com") => zendesk::answer(sandbox, call),
        _ => offices::answer(sandbox, call),
    }
}
