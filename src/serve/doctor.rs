//! What this installation has set up at the outside services.

use crate::{
    platform::config::Settings,
    providers::{Kind, Provider, catalogue},
    site::ServiceCard,
};

/// Whether people can connect this service here.
fn available(settings: &Settings, provider: &Provider) -> bool {
    match provider.kind {
        Kind::Key | Kind::Basic | Kind::BotToken | Kind::Bridge => true,
        Kind::Oauth2 | Kind::Oauth1 | Kind::Session | Kind::Partner => {
            let fallback = provider.oauth.as_ref().and_then(|oauth| oauth.client_fallback.as_deref());
            settings.client(&provider.variable()).or_else(|| settings.client(fallback?)).is_some()
        }
    }
}

/// One line for each service that is off.
pub(super) fn off(settings: &Settings) -> Vec<String> {
    let off = catalogue().all().iter().filter(|provider| provider.supported() || provider.sign_in.is_some());
    let off = off.filter(|provider| !available(settings, provider));
    off.map(|provider| format!("off: {} — {}_CLIENT_ID is not set", provider.name, provider.variable())).collect()
}

/// The services as the public pages list them.
pub(super) fn cards(settings: &Settings) -> Vec<ServiceCard> {
    let card = |provider: &Provider| ServiceCard {
        id: provider.id.clone(),
        name: provider.name.clone(),
        category: provider.category.name().to_owned(),
        kind_label: match provider.kind {
            Kind::Oauth2 | Kind::Oauth1 | Kind::Session => "Sign-in at the service".into(),
            Kind::Key | Kind::Basic => "A key that you make there".into(),
            Kind::BotToken => "A bot that you make there".into(),
            Kind::Bridge => "Your own bridge".into(),
            Kind::Partner => "A contract with the service".into(),
        },
        available: available(settings, provider),
        note: provider.about.clone(),
    };
    catalogue().services().map(card).collect()
}

/// What `aura doctor` prints.
pub(super) fn tell(settings: &Settings) -> String {
    let base = settings.public_url.as_str().trim_end_matches('/');
    let mut lines = vec![format!("Aura at {base}, in {}", settings.environment)];
    lines.extend(settings.off());
    lines.push(String::new());
    for provider in catalogue().all().iter().filter(|provider| provider.supported() || provider.sign_in.is_some()) {
        let state = if available(settings, provider) { "set up" } else { "off" };
        lines.push(format!("{} ({}): {state}", provider.name, provider.id));
        match provider.kind {
            Kind::Key | Kind::Basic | Kind::BotToken | Kind::Bridge => {
                lines.push("  people bring their own key; nothing to set".into());
            }
            Kind::Oauth2 | Kind::Oauth1 | Kind::Session | Kind::Partner => {
                let name = provider.variable();
                lines.push(format!("  variables         {name}_CLIENT_ID, {name}_CLIENT_SECRET"));
                if let Some(other) = provider.oauth.as_ref().and_then(|oauth| oauth.client_fallback.as_deref()) {
                    lines.push(format!("  or, shared        {other}_CLIENT_ID, {other}_CLIENT_SECRET"));
                }
                if provider.connectable {
                    lines.push(format!("  register address  {base}/api/integrations/{}/callback", provider.id));
                }
                if provider.sign_in.is_some() {
                    lines.push(format!("  for signing in    {base}/api/auth/callback/{}", provider.id));
                }
            }
        }
    }
    lines.push(format!("Privy: {}", if settings.privy.is_some() { "set up" } else { "off" }));
    lines.push("  variables         PRIVY_APP_ID, PRIVY_APP_SECRET, PRIVY_WEBHOOK_SECRET".into());
    lines.push(format!("  allowed redirect  {base}/api/auth/privy/callback"));
    lines.push(format!("  webhook address   {base}/api/webhooks/privy"));
    lines.join("\n")
}
