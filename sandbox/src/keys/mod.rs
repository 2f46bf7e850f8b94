//! Services that are entered with what a person pastes: keys, names with keys, tokens of bots, passwords of bridges.
//!
//! Who is let in stands in the table, which is the sandbox's own. A call to one of these hosts that proves nobody is
//! refused as the vendor refuses it; the call that tells whose account it is is answered here, every other goes on.

pub mod agree;
pub mod bill;
pub mod expensify;
pub mod lastfm;
pub mod trello;

use crate::answer;
use crate::call::Call;
use crate::desk::refuse;
use crate::dialects::fits;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// One service and everybody whom it lets in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its id.
    pub id: String,
    /// Status of a refusal.
    refusal: u16,
    /// Body of a refusal.
    refused: Value,
    /// Body where somebody known asks for what is not theirs.
    absent: Option<Value>,
    absent_status: Option<u16>,
    /// Who is let in.
    account: Vec<Account>,
}

/// One account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    host: String,
    /// Where its secrets stand, and what they are.
    proof: BTreeMap<String, String>,
    /// `METHOD /path` of the call that tells whose it is.
    call: String,
    /// What must stand in the body, where other questions go to the same address.
    #[serde(default)]
    asks: String,
    #[serde(default = "ok")]
    status: u16,
    reply: Value,
}

fn ok() -> u16 {
    200
}

#[derive(Deserialize)]
struct Table {
    service: Vec<Service>,
}

fn table() -> &'static [Service] {
    static TABLE: OnceLock<Vec<Service>> = OnceLock::new();
    TABLE.get_or_init(|| {
        toml::from_str::<Table>(include_str!("table.toml")).map(|table| table.service).unwrap_or_default()
    })
}

/// The path for the journal: a token in it is masked.
pub fn without_secrets(host: &str, path: &str) -> Option<String> {
    let rest = path.strip_prefix("/bot").filter(|_| host == "api.telegram.org")?;
    Some(format!("/bot***{}", rest.find('/').map_or("", |at| &rest[at..])))
}

/// Answers a host of the table: a refusal, or whose account it is. None: somebody else plays the rest of it.
pub fn answer(call: &Call) -> Option<Response> {
    let service = table().iter().find(|service| service.account.iter().any(|account| account.host == call.host))?;
    let mut here = service.account.iter().filter(|account| account.host == call.host);
    let Some(account) = here.find(|account| account.proof.iter().all(|(place, secret)| shown(call, place, secret)))
    else {
        return Some(refuse(service.refusal, service.refused.clone(), format!("{}: wrong key", service.id)));
    };
    let (method, path) = account.call.split_once(' ')?;
    let asked =
        account.asks.is_empty() || call.json()["query"].as_str().is_some_and(|query| query.contains(&account.asks));
    if asked && call.method.as_str() == method && fits(&format!("{}{path}", account.host), &call.host, &call.path) {
        return Some(answer::json(account.status, account.reply.clone()));
    }
    // What stands below a thing is played elsewhere.
    let absent = service.absent.as_ref().filter(|_| call.path.trim_matches('/').matches('/').count() < 2)?;
    Some(refuse(service.absent_status.unwrap_or(404), absent.clone(), format!("{}: not theirs", service.id)))
}

/// Whether a call shows this secret in that place.
fn shown(call: &Call, place: &str, secret: &str) -> bool {
    match place.split_once(':').unwrap_or((place, "")) {
        ("bearer", _) => call.authorization("Bearer") == Some(secret),
        ("basic", _) => call.authorization("Basic") == Some(STANDARD.encode(secret).as_str()),
        ("header", name) => call.header(name) == Some(secret),
        ("query", name) => call.q(name) == Some(secret),
        ("path", _) => crate::desk::parts(call).first().is_some_and(|part| part == secret),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_and_every_account_names_its_call() {
        assert!(table().len() >= 13, "{:?}", toml::from_str::<Table>(include_str!("table.toml")).err());
        for service in table() {
            for account in &service.account {
                assert!(account.call.contains(" /") && !account.proof.is_empty(), "{}", service.id);
            }
        }
    }

    #[test]
    fn a_bots_token_does_not_reach_the_journal() {
        let masked = without_secrets("api.telegram.org", "/bot110201543%3AAAH/getMe");
        assert_eq!(masked.as_deref(), Some("/bot***/getMe"));
        assert_eq!(without_secrets("api.example.com", "/bots"), None);
    }
}
