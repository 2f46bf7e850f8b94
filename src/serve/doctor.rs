//! What this installation has set up at the outside services.

use time::Date;

use crate::{
    platform::config::Settings,
    providers::{FACTS_LAST, Provider, catalogue, redirect_address},
};

/// The entries that people meet: those that are connected, and those that let them in.
fn entries() -> impl Iterator<Item = &'static Provider> {
    catalogue().all().iter().filter(|provider| provider.supported() || provider.sign_in.is_some())
}

/// One line for each service that is off.
pub(super) fn off(settings: &Settings) -> Vec<String> {
    let off = entries().filter(|provider| !provider.is_set_up(settings));
    off.map(|provider| format!("off: {} — {}_CLIENT_ID is not set", provider.name, provider.variable())).collect()
}

/// What `aura doctor` prints.
#[must_use]
pub fn tell(settings: &Settings, today: Date) -> String {
    let base = settings.public_url.as_str().trim_end_matches('/');
    let mut lines = vec![format!("Aura at {base}, in {}", settings.environment)];
    lines.extend(settings.off());
    lines.push(String::new());
    for provider in entries() {
        let state = if provider.is_set_up(settings) { "set up" } else { "off" };
        lines.push(format!("{} ({}): {state}", provider.name, provider.id));
        lines.extend(wanted(provider, base));
    }
    lines.push(format!("Privy: {}", if settings.privy.is_some() { "set up" } else { "off" }));
    lines.push("  variables         PRIVY_APP_ID, PRIVY_APP_SECRET, PRIVY_WEBHOOK_SECRET".into());
    lines.push(format!("  allowed redirect  {base}/api/auth/privy/callback"));
    lines.push(format!("  webhook address   {base}/api/webhooks/privy"));
    lines.extend(outdated(today));
    lines.join("\n")
}

/// What has to be set here and registered there.
fn wanted(provider: &Provider, base: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, prefix) in provider.client_prefixes().into_iter().enumerate() {
        let what = if at == 0 { "variables       " } else { "or, shared      " };
        lines.push(format!("  {what}  {prefix}_CLIENT_ID, {prefix}_CLIENT_SECRET"));
    }
    if lines.is_empty() {
        lines.push("  people bring their own key; nothing to set".into());
    }
    for back in provider.return_paths() {
        let what = match back.purpose {
            "connecting" => "register address",
            "signing in" => "for signing in  ",
            _ => "for the broker  ",
        };
        lines.push(format!("  {what}  {base}{}", back.path));
    }
    if let Some(name) = &provider.broker {
        lines.push(format!("  for the broker    {base}/auth/{name}/callback"));
    }
    if let Some(own) = &provider.own_app {
        let path = own.callback.clone().unwrap_or_else(|| format!("/api/integrations/{}/callback", provider.id));
        lines.push(format!("  for own apps      {base}{path}"));
        // The service is known to be strict, so a wrong address shows here and not at the first sign-in.
        if let Some(fault) = redirect_address::objection(&format!("{base}{path}")) {
            lines.push(format!("  warning           {} refuses these addresses: {fault} (AUTH_URL)", provider.name));
        }
    }
    if provider.partner {
        lines.push("  works only once the service has accepted you as a partner".into());
    }
    lines
}

/// A reminder of the facts that were compared with the vendors' documents too long ago.
fn outdated(today: Date) -> Vec<String> {
    let old: Vec<_> = catalogue().all().iter().filter(|provider| provider.is_outdated(today)).collect();
    if old.is_empty() {
        return Vec::new();
    }
    let days = FACTS_LAST.whole_days();
    let mut lines = vec![String::new(), format!("Compared with the vendor's documents more than {days} days ago:")];
    lines.extend(
        old.into_iter().map(|provider| format!("  {} on {}: {}", provider.id, provider.checked, provider.docs.url())),
    );
    lines
}
