//! The services that are connected by what a person pastes, with what the sandbox lets in.

use std::collections::BTreeMap;

use aura::{
    integrations::service::forms::{Pasting, Typed},
    kit::id::{ConnectionId, UserId},
};
use secrecy::SecretString;
use uuid::Uuid;

use crate::{
    abroad::Abroad,
    browser::{Answer, Browser, wait},
};

/// A service with the fields of its form.
pub struct Pasted {
    pub service: &'static str,
    pub fields: &'static [(&'static str, &'static str)],
    /// Which of them are secrets.
    pub secrets: &'static [&'static str],
    /// The account, as the connection shows it; empty where the service does not say.
    pub label: &'static str,
    /// Where its identity call arrives, for the journal.
    pub host: &'static str,
    pub verdict: &'static str,
}

const fn keyed(
    service: &'static str,
    fields: &'static [(&'static str, &'static str)],
    label: &'static str,
    host: &'static str,
) -> Pasted {
    Pasted { service, fields, secrets: &["key"], label, host, verdict: "unsupported" }
}

pub const PASTED: [Pasted; 18] = [
    keyed("1password", &[("key", "sandbox-1password-token")], "M4E2SWNZAZFTRGQHHGUFWIP6NE", "events.1password.com"),
    keyed(
        "amplitude",
        &[
            ("server", "https://amplitude.com"),
            ("api_key", "11111111111111111111111111111111"),
            ("key", "sandbox-amplitude-secret"),
        ],
        "",
        "amplitude.com",
    ),
    keyed("apollo", &[("key", "sandbox-apollo-key")], "mira@northbeam.example", "api.apollo.io"),
    Pasted {
        service: "bill-com",
        fields: &[
            ("username", "mira@northbeam.example"),
            ("password", "sandbox bill password"),
            ("organization", "00801NORTHBEAMSANDBOX"),
        ],
        secrets: &["password"],
        label: "00801NORTHBEAMSANDBOX",
        host: "gateway.prod.bill.com",
        verdict: "revoked",
    },
    keyed("coda", &[("key", "sandbox-coda-token")], "mira@northbeam.example", "coda.io"),
    Pasted {
        secrets: &["key", "api_key"],
        ..keyed(
            "datadog",
            &[("key", "sandbox-application-key"), ("api_key", "0123456789abcdef0123456789abcdef")],
            "mira@northbeam.example",
            "api.datadoghq.com",
        )
    },
    keyed("elevenlabs", &[("key", "sandbox-elevenlabs-key")], "Mira", "api.elevenlabs.io"),
    keyed(
        "expensify",
        &[("partner", "aa_mira_northbeam_example"), ("key", "sandbox-expensify-secret")],
        "",
        "integrations.expensify.com",
    ),
    keyed(
        "freshdesk",
        &[("subdomain", "northbeam"), ("key", "sandbox-freshdesk-key")],
        "mira@northbeam.example",
        "northbeam.freshdesk.com",
    ),
    keyed(
        "imessage",
        &[("server", "https://bluebubbles.northbeam.example"), ("key", "sandbox bluebubbles password")],
        "mira@northbeam.example",
        "bluebubbles.northbeam.example",
    ),
    keyed(
        "mixpanel",
        &[("username", "aura.4f2c.mp-service-account"), ("key", "sandbox-mixpanel-secret")],
        "",
        "mixpanel.com",
    ),
    keyed(
        "new-relic",
        &[("region", "api.eu"), ("key", "NRAK-SANDBOXEU")],
        "jonas@northbeam.example",
        "api.eu.newrelic.com",
    ),
    keyed("segment", &[("key", "sandbox-segment-token")], "Northbeam", "api.segmentapis.com"),
    keyed(
        "sendgrid",
        &[("server", "https://api.eu.sendgrid.com"), ("key", "SG.sandbox-key-eu")],
        "",
        "api.eu.sendgrid.com",
    ),
    keyed(
        "signal",
        &[("server", "https://signal.northbeam.example"), ("user", "mira"), ("key", "sandbox signal password")],
        "+4915112345678",
        "signal.northbeam.example",
    ),
    keyed("telegram", &[("key", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")], "@northbeam_bot", "api.telegram.org"),
    keyed(
        "twilio",
        &[
            ("account", "AC00000000000000000000000000000001"),
            ("user", "SK00000000000000000000000000000001"),
            ("key", "sandbox-twilio-secret"),
        ],
        "AC00000000000000000000000000000001",
        "api.twilio.com",
    ),
    keyed("whatsapp", &[("account", "104101"), ("key", "sandbox-whatsapp-token")], "Northbeam", "graph.facebook.com"),
];

pub fn pasted(service: &str) -> &'static Pasted {
    PASTED.iter().find(|pasted| pasted.service == service).unwrap()
}

impl Pasted {
    /// Its fields, some of them changed.
    pub fn with(&self, changes: &[(&'static str, &'static str)]) -> BTreeMap<&'static str, &'static str> {
        self.fields.iter().copied().chain(changes.iter().copied()).collect()
    }

    /// A credential that could be right and is not.
    pub fn wrong(&self) -> BTreeMap<&'static str, &'static str> {
        let secret = match self.service {
            "new-relic" => "NRAK-WRONGWRONG",
            "sendgrid" => "SG.wrong-wrong",
            "telegram" => "110201543:AAHwrongwrongwrongwrongwrongwrong00",
            "datadog" => "wrong-application-key",
            _ => "wrong and wrong again",
        };
        let secret = if matches!(self.service, "bill-com" | "signal" | "imessage") { secret } else { dashed(secret) };
        self.with(&[(self.secrets[0], secret)])
    }
}

fn dashed(text: &'static str) -> &'static str {
    if text.contains(' ') { "wrong-and-wrong-again" } else { text }
}

/// Posts the form of a service as its page does, some time after the last one.
pub async fn post(
    abroad: &Abroad,
    browser: &mut Browser,
    service: &str,
    fields: &BTreeMap<&str, &str>,
    further: &[(&str, &str)],
    accept: &str,
) -> Answer {
    // Ten starts a minute are free.
    wait(&abroad.app, time::Duration::seconds(7));
    let named: Vec<(String, &str)> = fields.iter().map(|(name, value)| (format!("fields[{name}]"), *value)).collect();
    let mut all: Vec<(&str, &str)> = vec![("service", service)];
    all.extend(further);
    all.extend(named.iter().map(|(name, value)| (name.as_str(), *value)));
    browser.post_from(&format!("/connections/add/{service}"), "/api/connections/add", &all, accept).await
}

/// Pastes without a browser: the connection, or the code of the refusal.
pub async fn paste(
    abroad: &Abroad,
    user: UserId,
    service: &str,
    fields: &BTreeMap<&str, &str>,
    pasting: Pasting,
) -> Result<ConnectionId, String> {
    let typed: Typed =
        fields.iter().map(|(name, value)| ((*name).to_owned(), SecretString::from((*value).to_owned()))).collect();
    let added = abroad.app.state().integrations.add_by_form(user, service, &typed, pasting).await;
    added.map_err(|error| aura::error::AppError::from(error).code)
}

/// Has every connection looked at as the job does a day later: what a connection is used for when nobody asks.
pub async fn look_around(abroad: &Abroad) {
    abroad.app.state().integrations.look_around().await.unwrap();
    wait(&abroad.app, time::Duration::hours(21));
    abroad.app.state().integrations.look_around().await.unwrap();
}

/// How many requests a host had that it did not refuse.
pub fn accepted(abroad: &Abroad, host: &str) -> usize {
    abroad
        .sandbox
        .ledger()
        .matching(Some(host), None)
        .iter()
        .filter(|entry| entry.status == 200 && !entry.refused)
        .count()
}

pub fn state_of(rows: &[crate::abroad::Row], id: ConnectionId) -> (String, String, i64) {
    let row = rows.iter().find(|row| row.id == Uuid::from(id)).unwrap();
    (row.state.clone(), row.account_label.clone(), row.version)
}
