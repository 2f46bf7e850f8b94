//! Which of the services of documents, posts and figures answers at a host.

use crate::app::{self, Sandbox};
use crate::call::Call;
use crate::oauth::grants::Token;
use crate::{
    airtable, amplitude, analytics, apollo, basecamp, bitbucket, buffer, clickup, coda, confluence, elevenlabs,
    freshdesk, gong, google_docs, help_scout, mailchimp, mixpanel, monday, new_relic, outreach, quickbooks, snyk,
    telegram, twitter, whatsapp, youtube,
};
use axum::response::Response;

/// Answers a request to any of them; nobody answers a host that none of them has.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    match call.host.as_str() {
        "3.basecampapi.com" => basecamp::answer(sandbox, call),
        "amplitude.com" | "analytics.eu.amplitude.com" => amplitude::answer(call),
        "analyticsdata.googleapis.com" => analytics::answer(sandbox, call),
        "api.buffer.com" => buffer::answer(sandbox, call),
        "api.newrelic.com" | "api.eu.newrelic.com" => new_relic::answer(call),
        "api.outreach.io" => outreach::answer(sandbox, call),
        "api.snyk.io" => snyk::answer(sandbox, call),
        "coda.io" => coda::answer(sandbox, call),
        "graph.facebook.com" => whatsapp::answer(sandbox, call),
        "mixpanel.com" | "eu.mixpanel.com" => mixpanel::answer(sandbox, call),
        "api.apollo.io" => apollo::answer(sandbox, call),
        "api.airtable.com" => airtable::answer(sandbox, call),
        "api.atlassian.com" => confluence::answer(sandbox, call),
        "api.bitbucket.org" => bitbucket::answer(sandbox, call),
        "api.clickup.com" => clickup::answer(sandbox, call),
        "api.elevenlabs.io" => elevenlabs::answer(call),
        "api.helpscout.net" => help_scout::answer(sandbox, call),
        "api.monday.com" => monday::answer(sandbox, call),
        "api.telegram.org" => telegram::answer(sandbox, call),
        "api.x.com" => twitter::answer(sandbox, call),
        "docs.googleapis.com" => google_docs::answer(sandbox, call),
        "quickbooks.api.intuit.com" => quickbooks::answer(sandbox, call),
        "www.googleapis.com" if call.path.starts_with("/drive/") => google_docs::answer(sandbox, call),
        "www.googleapis.com" => youtube::answer(sandbox, call),
        host if host.ends_with(".api.gong.io") => gong::answer(sandbox, call),
        host if host.ends_with(".freshdesk.com") => freshdesk::answer(sandbox, call),
        host if host.ends_with(".api.mailchimp.com") => mailchimp::answer(sandbox, call),
        _ => app::nobody(call),
    }
}

/// Whose token a call shows, or why it opens nothing.
pub fn opened(sandbox: &Sandbox, call: &Call, service: &str) -> Result<Token, &'static str> {
    sandbox.grants().check(call.authorization("Bearer"), &[service]).map_err(|denied| denied.reason())
}
