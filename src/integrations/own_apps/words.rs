//! What people are told of their apps.

use crate::providers::AppFailure;

/// Said where this installation keeps no apps.
pub(in crate::integrations) const OFF: &str = "This installation has not set up apps of your own. Whoever runs it must set SPOTIFY_USER_SECRET_KEY, under which their secrets are sealed.";

/// Why an app does not work, and what to do: each reason has its own sentence. `own` is false for this installation's
/// app, `redirect` is the address that an app has to allow.
pub(in crate::integrations) fn sentence(failure: AppFailure, service: &str, own: bool, redirect: &str) -> String {
    match (failure, own) {
        (AppFailure::WrongId, _) => {
            format!("{service} knows no app with this client id. Copy it again from the settings of your app there.")
        }
        (AppFailure::WrongSecret, _) => format!(
            "{service} knows this app, but the secret is not its own. Copy the secret again, or have {service} make a new one."
        ),
        (AppFailure::RedirectMismatch, _) => format!(
            "The app does not allow the address to which people come back. Add exactly this one to its redirect addresses at {service}: {redirect}"
        ),
        (AppFailure::UserNotListed, true) => format!(
            "Your app may be used only by the people on its list, and this account is not on it. Add the account's name and e-mail address to the list at {service}, then connect again."
        ),
        (AppFailure::UserNotListed, false) => format!(
            "{service} lets Aura's own app be used only by people on a short list, and this account is not on it. With an app of your own it works."
        ),
        (AppFailure::OwnerNotPremium, true) => format!(
            "{service} lets an app be used only while the account that owns it has a Premium subscription. Check that subscription; {service} takes a few hours to notice a change."
        ),
        (AppFailure::OwnerNotPremium, false) => format!(
            "{service} does not let Aura's own app be used at the moment, because of the subscription of the account that owns it. With an app of your own it works."
        ),
        (AppFailure::MissingScope, _) => {
            format!("Not everything that Aura asked for was granted at {service}. Connect again, and allow all of it.")
        }
        (AppFailure::QuotaUsedUp, true) => format!(
            "Your app has used up the calls that {service} gives it for now; all your apps there share them. What is stored here stays. Try again later."
        ),
        (AppFailure::QuotaUsedUp, false) => format!(
            "Aura's own app has used up the calls that {service} gives it for now. Try again later, or use an app of your own."
        ),
        (AppFailure::Refused, _) => {
            format!("{service} does not accept this client id and secret together. Check both there.")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_reason_has_its_own_sentence() {
        let said = |own| AppFailure::ALL.map(|failure| sentence(failure, "Spotify", own, "https://aura.example/back"));
        for own in [true, false] {
            assert_eq!(HashSet::from(said(own)).len(), AppFailure::ALL.len());
        }
        assert!(said(true)[2].contains("https://aura.example/back"));
    }
}
