//! The services Aura knows, compiled in: a service's addresses can be changed by nobody at run time.

use std::sync::OnceLock;

use super::Provider;

const FILES: &[(&str, &str)] = &[
    ("1password", include_str!("catalogue/1password.toml")),
    ("airtable", include_str!("catalogue/airtable.toml")),
    ("amplitude", include_str!("catalogue/amplitude.toml")),
    ("apollo", include_str!("catalogue/apollo.toml")),
    ("asana", include_str!("catalogue/asana.toml")),
    ("bamboohr", include_str!("catalogue/bamboohr.toml")),
    ("basecamp", include_str!("catalogue/basecamp.toml")),
    ("bill-com", include_str!("catalogue/bill-com.toml")),
    ("bitbucket", include_str!("catalogue/bitbucket.toml")),
    ("buffer", include_str!("catalogue/buffer.toml")),
    ("cal-com", include_str!("catalogue/cal-com.toml")),
    ("calendly", include_str!("catalogue/calendly.toml")),
    ("clickup", include_str!("catalogue/clickup.toml")),
    ("close", include_str!("catalogue/close.toml")),
    ("coda", include_str!("catalogue/coda.toml")),
    ("confluence", include_str!("catalogue/confluence.toml")),
    ("datadog", include_str!("catalogue/datadog.toml")),
    ("discord", include_str!("catalogue/discord.toml")),
    ("elevenlabs", include_str!("catalogue/elevenlabs.toml")),
    ("expensify", include_str!("catalogue/expensify.toml")),
    ("freshdesk", include_str!("catalogue/freshdesk.toml")),
    ("github", include_str!("catalogue/github.toml")),
    ("gitlab", include_str!("catalogue/gitlab.toml")),
    ("gong", include_str!("catalogue/gong.toml")),
    ("google", include_str!("catalogue/google.toml")),
    ("google-analytics", include_str!("catalogue/google-analytics.toml")),
    ("google-calendar", include_str!("catalogue/google-calendar.toml")),
    ("google-docs", include_str!("catalogue/google-docs.toml")),
    ("greenhouse", include_str!("catalogue/greenhouse.toml")),
    ("help-scout", include_str!("catalogue/help-scout.toml")),
    ("hootsuite", include_str!("catalogue/hootsuite.toml")),
    ("hubspot", include_str!("catalogue/hubspot.toml")),
    ("imessage", include_str!("catalogue/imessage.toml")),
    ("intercom", include_str!("catalogue/intercom.toml")),
    ("jira", include_str!("catalogue/jira.toml")),
    ("lastfm", include_str!("catalogue/lastfm.toml")),
    ("lever", include_str!("catalogue/lever.toml")),
    ("linear", include_str!("catalogue/linear.toml")),
    ("linkedin-sales-navigator", include_str!("catalogue/linkedin-sales-navigator.toml")),
    ("mailchimp", include_str!("catalogue/mailchimp.toml")),
    ("microsoft-teams", include_str!("catalogue/microsoft-teams.toml")),
    ("mixpanel", include_str!("catalogue/mixpanel.toml")),
    ("monday", include_str!("catalogue/monday.toml")),
    ("new-relic", include_str!("catalogue/new-relic.toml")),
    ("notion", include_str!("catalogue/notion.toml")),
    ("outlook", include_str!("catalogue/outlook.toml")),
    ("outreach", include_str!("catalogue/outreach.toml")),
    ("pagerduty", include_str!("catalogue/pagerduty.toml")),
    ("pipedrive", include_str!("catalogue/pipedrive.toml")),
    ("quickbooks", include_str!("catalogue/quickbooks.toml")),
    ("salesforce", include_str!("catalogue/salesforce.toml")),
    ("segment", include_str!("catalogue/segment.toml")),
    ("sendgrid", include_str!("catalogue/sendgrid.toml")),
    ("sentry", include_str!("catalogue/sentry.toml")),
    ("signal", include_str!("catalogue/signal.toml")),
    ("slack", include_str!("catalogue/slack.toml")),
    ("snyk", include_str!("catalogue/snyk.toml")),
    ("soundcloud", include_str!("catalogue/soundcloud.toml")),
    ("spotify", include_str!("catalogue/spotify.toml")),
    ("stripe", include_str!("catalogue/stripe.toml")),
    ("telegram", include_str!("catalogue/telegram.toml")),
    ("trello", include_str!("catalogue/trello.toml")),
    ("twilio", include_str!("catalogue/twilio.toml")),
    ("twitter", include_str!("catalogue/twitter.toml")),
    ("whatsapp", include_str!("catalogue/whatsapp.toml")),
    ("workday", include_str!("catalogue/workday.toml")),
    ("xero", include_str!("catalogue/xero.toml")),
    ("youtube-music", include_str!("catalogue/youtube-music.toml")),
    ("zendesk", include_str!("catalogue/zendesk.toml")),
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

    /// The entries that people connect with what Aura does today.
    pub fn services(&self) -> impl Iterator<Item = &Provider> {
        self.providers.iter().filter(|provider| provider.supported())
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
    use super::*;
    use crate::providers::{BlankSource, Category, Effect, Kind, Template};

    /// Where the vendor knows what a client may do, and nothing is asked for at consent.
    const SCOPES_OF_THE_CLIENT: &[&str] = &[
        "basecamp",
        "clickup",
        "help-scout",
        "intercom",
        "mailchimp",
        "notion",
        "pipedrive",
        "snyk",
        "soundcloud",
        "workday",
    ];

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
            let pasted = matches!(provider.kind, Kind::Key | Kind::Basic | Kind::BotToken | Kind::Bridge);
            assert!(!pasted || provider.key.is_some(), "{id}");
            assert!(!matches!(provider.kind, Kind::Oauth2 | Kind::Oauth1) || provider.key.is_none(), "{id}");
            assert!(!provider.identity.id.is_empty() && !provider.identity.label.is_empty(), "{id}");
            assert!(!provider.about.is_empty(), "{id}");
            assert!(provider.unverified.iter().all(|fact| !fact.trim().is_empty()), "{id}");
            if let Some(oauth) = &provider.oauth {
                assert_eq!(oauth.scopes.is_empty(), SCOPES_OF_THE_CLIENT.contains(&id.as_str()), "{id}");
                for scope in oauth.scopes.iter().chain(&oauth.optional_scopes) {
                    assert!(!scope.name.trim().is_empty() && scope.reason.trim().len() > 5, "{id}: {}", scope.name);
                }
                for reserved in ["client_id", "redirect_uri", "response_type", "state", "code_challenge"] {
                    assert!(!oauth.authorize_extra.contains_key(reserved), "{id}: {reserved}");
                }
                if let Some(revoke) = &oauth.revoke {
                    assert!(Template::try_from(revoke.url.replace("{client_id}", "x")).is_ok(), "{id}");
                }
                for tool in &provider.tools {
                    assert!(
                        tool.scopes.iter().flat_map(|either| either.split('|')).all(|scope| {
                            oauth.scopes.iter().chain(&oauth.optional_scopes).any(|known| known.name == scope)
                        }),
                        "{}",
                        tool.name
                    );
                }
            }
        }
    }

    #[test]
    fn there_are_68_services_under_their_headings() {
        let count = |category| catalogue().all().iter().filter(|provider| provider.category == category).count();
        let headings = [
            (Category::Communication, 10),
            (Category::Calendars, 4),
            (Category::Crm, 8),
            (Category::Projects, 7),
            (Category::Development, 3),
            (Category::Monitoring, 8),
            (Category::Documentation, 5),
            (Category::Finance, 5),
            (Category::Hr, 4),
            (Category::Support, 10),
            (Category::Music, 4),
        ];
        for (category, services) in headings {
            assert_eq!(count(category), services, "{category}");
        }
        assert_eq!(catalogue().all().iter().filter(|provider| provider.connectable).count(), 68);
    }

    #[test]
    fn what_is_filled_in_is_known_and_cannot_lead_elsewhere() {
        for provider in catalogue().all() {
            let id = &provider.id;
            let mut named: Vec<&String> = provider.api.base.blanks().iter().collect();
            if let Some(oauth) = &provider.oauth {
                let addresses = [Some(&oauth.authorize), Some(&oauth.token), oauth.refresh.as_ref()];
                named.extend(addresses.into_iter().flatten().flat_map(Template::blanks));
            }
            let fields: Vec<&String> =
                provider.key.iter().flat_map(|form| &form.fields).map(|field| &field.name).collect();
            for name in named {
                let known = provider.blanks.iter().any(|blank| blank.name == *name) || fields.contains(&name);
                assert!(known, "{id}: {name}");
            }
            for blank in &provider.blanks {
                let at = format!("{id}: {}", blank.name);
                assert!(blank.pattern.is_empty() || regex::Regex::new(&blank.pattern).is_ok(), "{at}");
                let held = !blank.pattern.is_empty() || !blank.choices.is_empty() || !blank.domains.is_empty();
                let own_server =
                    blank.source == BlankSource::Typed && provider.api.base.begins_with() == Some(&blank.name);
                assert!(held || own_server || blank.source == BlankSource::Choice, "{at} may hold anything");
                assert!(blank.source != BlankSource::Typed || !blank.label.is_empty(), "{at}");
                assert!(blank.source != BlankSource::Choice || provider.choice.is_some(), "{at}");
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
            assert!(!sign_in.connects || oauth.scopes.iter().all(|scope| sign_in.scopes.contains(&scope.name)), "{id}");
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
    fn where_there_are_tools_two_of_them_read() {
        for provider in catalogue().services().filter(|provider| !provider.tools.is_empty()) {
            let reads = provider.tools.iter().filter(|tool| tool.effect == Effect::Read);
            assert!(reads.count() >= 2, "{}", provider.id);
        }
    }
}
