//! The services Aura knows, compiled in: a service's addresses can be changed by nobody at run time.

use std::sync::OnceLock;

use super::Provider;

const FILES: &[(&str, &str)] = &[
    ("github", include_str!("catalogue/github.toml")),
    ("google", include_str!("catalogue/google.toml")),
    ("google-calendar", include_str!("catalogue/google-calendar.toml")),
    ("linear", include_str!("catalogue/linear.toml")),
    ("sendgrid", include_str!("catalogue/sendgrid.toml")),
    ("slack", include_str!("catalogue/slack.toml")),
    ("spotify", include_str!("catalogue/spotify.toml")),
];

/// All entries.
#[derive(Debug)]
pub struct Catalogue {
    providers: Vec<Provider>,
    faults: Vec<String>,
}

impl Catalogue {
    fn read(files: &[(&str, &str)]) -> Self {
        let mut catalogue = Self { providers: Vec::new(), faults: Vec::new() };
        for (name, text) in files {
            match toml::from_str::<Provider>(text) {
                Ok(provider) if provider.id == *name => catalogue.providers.push(provider),
                Ok(provider) => catalogue.faults.push(format!("{name}.toml calls itself {}", provider.id)),
                Err(error) => catalogue.faults.push(format!("{name}.toml: {error}")),
            }
        }
        catalogue
    }

    /// The entry with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    /// All entries, by id.
    #[must_use]
    pub fn all(&self) -> &[Provider] {
        &self.providers
    }

    /// The entries that people connect.
    pub fn services(&self) -> impl Iterator<Item = &Provider> {
        self.providers.iter().filter(|provider| provider.connectable)
    }

    /// The entries whose accounts open an account here.
    pub fn ways_in(&self) -> impl Iterator<Item = &Provider> {
        self.providers.iter().filter(|provider| provider.sign_in.is_some())
    }

    /// Entries that could not be read. A test keeps this empty.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }
}

/// The services Aura knows.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| Catalogue::read(FILES))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::providers::{Effect, Kind};

    #[test]
    fn every_entry_can_be_read() {
        assert_eq!(catalogue().faults(), &[] as &[String]);
        assert_eq!(catalogue().all().len(), FILES.len());
    }

    #[test]
    fn a_misspelt_field_is_a_fault() {
        let text = format!("colour = \"red\"\n{}", include_str!("catalogue/github.toml"));
        assert_eq!(Catalogue::read(&[("github", &text)]).faults().len(), 1);
    }

    #[test]
    fn an_entry_is_of_one_kind_and_says_what_it_asks_for() {
        for provider in catalogue().all() {
            let id = &provider.id;
            assert_eq!(provider.oauth.is_some(), provider.kind == Kind::Oauth2, "{id}");
            assert_eq!(provider.key.is_some(), provider.kind == Kind::Key, "{id}");
            assert!(!provider.identity.id.is_empty() && !provider.identity.label.is_empty(), "{id}");
            assert!(!provider.about.is_empty() && !provider.category.is_empty(), "{id}");
            assert!(provider.unverified.iter().all(|fact| !fact.trim().is_empty()), "{id}");
            if let Some(oauth) = &provider.oauth {
                assert!(!oauth.scopes.is_empty(), "{id}");
                for reserved in ["client_id", "redirect_uri", "response_type", "state", "code_challenge"] {
                    assert!(!oauth.authorize_extra.contains_key(reserved), "{id}: {reserved}");
                }
                if let Some(revoke) = &oauth.revoke {
                    assert!(
                        crate::providers::Address::try_from(revoke.url.replace("{client_id}", "x")).is_ok(),
                        "{id}"
                    );
                }
                for tool in &provider.tools {
                    assert!(tool.scopes.iter().all(|scope| oauth.scopes.contains(scope)), "{}", tool.name);
                }
            }
        }
    }

    #[test]
    fn a_way_in_names_who_vouches_and_asks_for_no_more_than_it_says() {
        let ways: Vec<_> = catalogue().ways_in().map(|provider| provider.id.as_str()).collect();
        assert_eq!(ways, ["github", "google", "spotify"]);
        for provider in catalogue().ways_in() {
            let (id, sign_in) = (&provider.id, provider.sign_in.as_ref().unwrap());
            let oauth = provider.oauth.as_ref().unwrap();
            assert!(crate::providers::Address::try_from(sign_in.issuer.clone()).is_ok(), "{id}");
            assert!(sign_in.subject.contains("{/") && sign_in.label.contains("{/"), "{id}");
            for reserved in ["client_id", "redirect_uri", "response_type", "state", "nonce", "code_challenge"] {
                assert!(!sign_in.authorize_extra.contains_key(reserved), "{id}: {reserved}");
            }
            // What is stored as a connection must be worth connecting.
            assert!(!sign_in.connects || oauth.scopes.iter().all(|scope| sign_in.scopes.contains(scope)), "{id}");
            assert!(!sign_in.connects || provider.connectable, "{id}");
            if let Some(openid) = &sign_in.openid {
                assert!(sign_in.scopes.iter().any(|scope| scope == "openid"), "{id}");
                assert!(openid.issuers.contains(&sign_in.issuer), "{id}");
            }
            // An address is looked at only where the issuer signed it.
            assert!(sign_in.owned.is_none() || sign_in.openid.is_some(), "{id}");
        }
        let scopes = |id: &str| catalogue().get(id).unwrap().sign_in.as_ref().unwrap().scopes.join(" ");
        assert_eq!(scopes("spotify"), "user-read-email user-top-read user-read-recently-played");
        assert_eq!(scopes("github"), "read:user");
        assert_eq!(scopes("google"), "openid email profile");
    }

    #[test]
    fn every_service_has_two_tools_that_read_and_every_tool_its_document() {
        let mut names = HashSet::new();
        for provider in catalogue().services() {
            let reads = provider.tools.iter().filter(|tool| tool.effect == Effect::Read);
            assert!(reads.count() >= 2, "{}", provider.id);
            for tool in &provider.tools {
                let prefix = format!("{}__", provider.id.replace('-', "_"));
                assert!(tool.name.starts_with(&prefix), "{}", tool.name);
                assert!(tool.name.len() <= 64 && names.insert(&tool.name), "{}", tool.name);
                assert!(tool.source.url().host_str().is_some(), "{}", tool.name);
                assert!(tool.unverified.as_ref().is_none_or(|fact| !fact.trim().is_empty()), "{}", tool.name);
                assert!(!tool.intents.is_empty(), "{}: the rule-based router cannot find it", tool.name);
                assert!(tool.steps.last().is_some_and(|step| step.items.is_some()), "{}", tool.name);
                assert_eq!(tool.parameters["type"], "object", "{}", tool.name);
                assert_eq!(tool.parameters["additionalProperties"], false, "{}", tool.name);
            }
        }
    }
}
