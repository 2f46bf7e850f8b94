//! What an installation registers with a service, and sets, before people can connect it there.

use super::{Provider, Session};
use crate::platform::config::{ClientCredentials, Settings};

/// An address of ours that is registered with a client, because the service sends people back to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPath {
    /// What people were doing when they left: `connecting`, `signing in`, `the token broker`.
    pub purpose: &'static str,
    /// From the installation's own address on.
    pub path: String,
}

impl Provider {
    /// What stands before `_CLIENT_ID` and `_CLIENT_SECRET` in the names of the variables, the first that is set counts.
    /// Empty where no client is needed.
    #[must_use]
    pub fn client_prefixes(&self) -> Vec<String> {
        if !self.needs_client() {
            return Vec::new();
        }
        let shared = self.oauth.as_ref().and_then(|oauth| oauth.client_fallback.clone());
        std::iter::once(self.variable()).chain(shared).collect()
    }

    /// The names of the variables that hold this installation's client.
    #[must_use]
    pub fn client_variables(&self) -> Vec<String> {
        let prefix = self.client_prefixes().into_iter().next();
        prefix.iter().flat_map(|prefix| [format!("{prefix}_CLIENT_ID"), format!("{prefix}_CLIENT_SECRET")]).collect()
    }

    /// This installation's client.
    #[must_use]
    pub fn registered_client<'a>(&self, settings: &'a Settings) -> Option<&'a ClientCredentials> {
        self.client_prefixes().iter().find_map(|prefix| settings.client(prefix))
    }

    /// Whether this installation has what the service wants of it.
    #[must_use]
    pub fn is_set_up(&self, settings: &Settings) -> bool {
        !self.needs_client() || self.registered_client(settings).is_some()
    }

    /// The addresses to register with the client.
    #[must_use]
    pub fn return_paths(&self) -> Vec<ReturnPath> {
        let leaves =
            self.oauth.is_some() || self.oauth1.is_some() || matches!(self.session, Some(Session::SignedWeb { .. }));
        let connecting = (leaves && self.connectable)
            .then(|| ReturnPath { purpose: "connecting", path: format!("/api/integrations/{}/callback", self.id) });
        let signing_in = self
            .sign_in
            .is_some()
            .then(|| ReturnPath { purpose: "signing in", path: format!("/api/auth/callback/{}", self.id) });
        let broker = self.broker.as_ref();
        let broker =
            broker.map(|name| ReturnPath { purpose: "the token broker", path: format!("/auth/{name}/callback") });
        connecting.into_iter().chain(signing_in).chain(broker).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::providers::catalogue;

    #[test]
    fn the_own_client_comes_before_a_shared_one() {
        let prefixes = |id: &str| catalogue().get(id).unwrap().client_prefixes();
        assert_eq!(prefixes("google-calendar"), ["GOOGLE_CALENDAR", "GOOGLE"]);
        assert_eq!((prefixes("github"), prefixes("sendgrid")), (vec!["GITHUB".to_owned()], Vec::new()));
        let names = catalogue().get("google-calendar").unwrap().client_variables();
        assert_eq!(names, ["GOOGLE_CALENDAR_CLIENT_ID", "GOOGLE_CALENDAR_CLIENT_SECRET"]);
    }

    #[test]
    fn who_leaves_for_a_page_of_the_service_has_an_address_to_come_back_to() {
        let paths = |id: &str| -> Vec<String> {
            catalogue().get(id).unwrap().return_paths().into_iter().map(|back| back.path).collect()
        };
        assert_eq!(paths("github"), ["/api/integrations/github/callback", "/api/auth/callback/github"]);
        assert_eq!(paths("google"), ["/api/auth/callback/google"]);
        let youtube = ["/api/integrations/youtube-music/callback", "/auth/youtube/callback"];
        assert_eq!(paths("youtube-music"), youtube);
        for leaves in ["trello", "lastfm", "xero"] {
            assert_eq!(paths(leaves), [format!("/api/integrations/{leaves}/callback")]);
        }
        for stays in ["bill-com", "twilio", "signal", "telegram"] {
            assert!(paths(stays).is_empty(), "{stays}");
        }
    }
}
