//! The outside services in one small program, for development and tests only.
//!
//! It answers as `http://localhost:4010/{host}/{path}`, plays each vendor after its own table of dialects
//! (`dialects.toml`), and refuses what the vendor would refuse, with the reason on its first page. Tests of Aura run the
//! same world within their own process.

mod airtable;
mod amplitude;
mod analytics;
mod answer;
mod apollo;
pub mod app;
mod asana;
mod bamboohr;
mod basecamp;
pub mod billing;
mod bitbucket;
mod buffer;
mod cal_com;
mod calendly;
mod call;
mod clickup;
mod close;
mod coda;
mod confluence;
mod control;
mod datadog;
mod desk;
pub mod dialects;
mod discord;
mod elevenlabs;
pub mod faults;
mod freshdesk;
mod github;
mod github_data;
mod github_issues;
mod gitlab;
mod gong;
mod google_calendar;
mod google_calendar_data;
mod google_docs;
mod graph;
mod graphql;
mod greenhouse;
mod halls;
mod help_scout;
mod hosts;
mod hubspot;
mod inbox;
mod inbox_page;
mod intercom;
mod jira;
pub mod keys;
mod ledger;
mod linear;
mod listeners;
mod log;
mod mailchimp;
mod mime;
mod mixpanel;
mod model;
mod monday;
mod new_relic;
mod notion;
pub mod oauth;
mod offices;
mod outreach;
mod pagerduty;
pub mod people;
mod pipedrive;
mod post;
mod privy;
mod quickbooks;
mod resend;
mod salesforce;
mod sendgrid;
mod sentry;
pub mod settings;
mod shelf;
mod slack;
mod slack_data;
mod smtp;
mod sns;
mod snyk;
mod soundcloud;
mod spotify;
mod spotify_data;
mod spotify_playlists;
mod stripe;
mod svix;
mod telegram;
mod texts;
mod trello;
mod twilio;
mod twitter;
mod whatsapp;
mod xero;
mod youtube;
mod zendesk;

use crate::app::Sandbox;
use crate::settings::Settings;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Serves HTTP and SMTP until a signal comes; connections that are open then are dropped. Fails, with a sentence, when
/// it cannot begin.
pub async fn run(settings: Settings) -> Result<(), String> {
    let web = bind(settings.port, "SANDBOX_PORT").await?;
    let mail = bind(settings.smtp_port, "SANDBOX_SMTP_PORT").await?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let sandbox = Sandbox::new(settings)?;
    log::line(
        "ready",
        &[("url", &sandbox.settings.base), ("smtp", &format!("127.0.0.1:{}", sandbox.settings.smtp_port))],
    );
    sandbox.stripe().send_to(Some(sandbox.settings.stripe_webhook_url()));
    for line in billing::HINTS {
        log::line("stripe", &[("hint", line)]);
    }
    tokio::select! {
        served = app::serve(web, sandbox.clone()) => served,
        () = billing::live(sandbox.clone()) => Ok(()),
        () = smtp::serve(mail, sandbox) => Ok(()),
        _ = tokio::signal::ctrl_c() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}

/// Tells on standard output why the program ends.
pub fn fatal(error: &str) {
    log::line("fatal", &[("error", error)]);
}

async fn bind(port: u16, name: &str) -> Result<TcpListener, String> {
    TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| format!("cannot listen on 127.0.0.1:{port} ({error}); set {name} to a free port"))
}
