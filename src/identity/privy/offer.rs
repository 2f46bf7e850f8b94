//! Which ways the app at Privy has switched on. Its settings are read now and then, and a sign-in page never waits
//! long for them.

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::{
    Privy, PrivyError,
    model::{PrivyService, PrivyWays},
};

const KEPT: Duration = Duration::minutes(10);
/// How long one waits before asking again a Privy that did not answer.
const AWAY: Duration = Duration::minutes(1);

/// The services that its apps can have, by its id, in the order in which they are shown. The switch of each is
/// called `{id}_oauth`.
const SERVICES: [(&str, &str); 12] = [
    ("google", "Google"),
    ("apple", "Apple"),
    ("spotify", "Spotify"),
    ("github", "GitHub"),
    ("discord", "Discord"),
    ("twitter", "X"),
    ("linkedin", "LinkedIn"),
    ("tiktok", "TikTok"),
    ("instagram", "Instagram"),
    ("line", "LINE"),
    ("twitch", "Twitch"),
    ("telegram", "Telegram"),
];

/// What was read, and until when it is good.
pub(super) struct Offer {
    ways: PrivyWays,
    until: OffsetDateTime,
}

impl Privy {
    /// The ways that are on. Without an app, or while Privy is away and nothing is known, there are none.
    pub async fn ways(&self) -> PrivyWays {
        let Ok(app) = self.app() else { return PrivyWays::default() };
        let now = self.identity.clock.now();
        let mut kept = app.offer.lock().await;
        if let Some(offer) = kept.as_ref().filter(|offer| now < offer.until) {
            return offer.ways.clone();
        }
        let (ways, lasts) = match app.client.app().await {
            Ok(settings) => (read(&settings), KEPT),
            Err(_) => (kept.take().map(|offer| offer.ways).unwrap_or_default(), AWAY),
        };
        *kept = Some(Offer { ways: ways.clone(), until: now + lasts });
        ways
    }

    pub(super) async fn require_way(&self, on: impl FnOnce(&PrivyWays) -> bool) -> Result<(), PrivyError> {
        self.app()?;
        if on(&self.ways().await) { Ok(()) } else { Err(PrivyError::NotOffered) }
    }
}

/// An app that wants a captcha solved gets its codes and consents only from a browser with Privy's own script, which
/// we do not load; wallets need none.
fn read(settings: &Value) -> PrivyWays {
    let on = |name: &str| settings.get(name).and_then(Value::as_bool).unwrap_or(false);
    let free = !on("captcha_enabled");
    if !free {
        tracing::warn!("the app at Privy wants a captcha, so none of its ways is offered here");
    }
    let services = SERVICES
        .iter()
        .filter(|(id, _)| free && on(&format!("{id}_oauth")))
        .map(|&(id, name)| PrivyService { id: id.to_owned(), name: name.to_owned() })
        .collect();
    PrivyWays {
        email: free && on("email_auth"),
        sms: free && on("sms_auth"),
        wallet: free && on("wallet_auth"),
        services,
        here: false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_switched_on_is_offered() {
        let settings = json!({ "email_auth": true, "sms_auth": false, "wallet_auth": true, "spotify_oauth": true, "google_oauth": true });
        let ways = read(&settings);
        let services: Vec<_> = ways.services.iter().map(|service| service.name.as_str()).collect();
        assert_eq!((ways.email, ways.sms, ways.wallet), (true, false, true));
        assert_eq!(services, ["Google", "Spotify"]);
        assert!(read(&json!({})).is_empty());
        let mut guarded = settings;
        guarded["captcha_enabled"] = json!(true);
        let ways = read(&guarded);
        assert!(ways.is_empty(), "{ways:?}");
    }
}
