//! What an entry of the catalogue says, in words for people.

use time::{Date, macros::format_description};

use super::model::{ServiceView, Standing};
use crate::providers::{BlankSource, Effect, Kind, ModelUse, Oauth, Provider, Scope, Session, ToolEntry};

const DAY: u64 = 24 * 60 * 60;
/// How the facts begin that the catalogue's own form has no place for; they concern who writes the entry.
const OF_THE_FORM: &str = "not expressible:";

/// Everything that is told of one service on its page.
#[derive(Clone, Debug)]
pub struct ServiceDetails {
    pub service: ServiceView,
    /// The vendor's description of its sign-in.
    pub docs: String,
    /// Where a person removes access at the vendor.
    pub manage: String,
    /// Whether its accounts open an account here.
    pub signs_in: bool,
    /// What is pasted or typed: what it is called, and where it is found.
    pub asked: Vec<(String, String)>,
    /// Where what is pasted is made.
    pub made_at: Option<String>,
    /// What consent is asked for, with the reasons.
    pub scopes: Vec<Scope>,
    /// What consent is asked for when a tool that needs it is wanted.
    pub later_scopes: Vec<Scope>,
    pub tools: Vec<ToolEntry>,
    /// What the assistant can do with it today, in a sentence or two.
    pub ability: String,
    /// Whether its data stays out of prompts by the vendor's terms.
    pub rules_only: bool,
    /// How access ends.
    pub removal: String,
    /// How long access lasts.
    pub lasts: Vec<String>,
    /// The day on which the facts were compared with the vendor's documents.
    pub checked: String,
    /// Whether that is too long ago.
    pub outdated: bool,
    /// What was not read in a document of the vendor.
    pub unverified: Vec<String>,
}

/// How one gets in, in a few words.
pub(super) fn kind(provider: &Provider) -> &'static str {
    let keys = provider.key.as_ref().map_or(0, |form| form.fields.len());
    match provider.kind {
        Kind::Partner => "By a contract with the service",
        Kind::Oauth2 | Kind::Oauth1 => "Sign in at the service",
        Kind::Session if keys == 0 => "Sign in at the service",
        Kind::Session => "Your name and password there",
        Kind::Key | Kind::Basic if keys > 1 => "Keys you paste",
        Kind::Key | Kind::Basic => "A key you paste",
        Kind::BotToken => "A bot you make there",
        Kind::Bridge => "Your own bridge",
    }
}

/// What connecting it is called.
fn verb(provider: &Provider) -> &'static str {
    match provider.kind {
        Kind::Key | Kind::Basic => "Add key",
        Kind::BotToken | Kind::Bridge => "Set up",
        Kind::Oauth2 | Kind::Oauth1 | Kind::Session | Kind::Partner => "Connect",
    }
}

/// The service as lists show it.
pub(super) fn view(provider: &Provider, standing: Standing, missing: Vec<String>, own_app: bool) -> ServiceView {
    let count = |changes: bool| {
        let tools = provider.tools.iter().filter(|tool| tool.effect.changes() == changes);
        u32::try_from(tools.count()).unwrap_or(u32::MAX)
    };
    let titles: Vec<String> = provider.tools.iter().map(|tool| tool.title.to_lowercase()).collect();
    ServiceView {
        id: provider.id.clone(),
        name: provider.name.clone(),
        category: provider.category.name().to_owned(),
        about: provider.about.clone(),
        kind: kind(provider).to_owned(),
        by_form: provider.has_form(),
        verb: verb(provider).to_owned(),
        standing,
        missing,
        partner: provider.partner || provider.kind == Kind::Partner,
        note: provider.note.clone(),
        reads: count(false),
        changes: count(true),
        tools: titles.join(" "),
        own_app,
        connected: 0,
    }
}

/// The service as its own page shows it.
pub(super) fn details(provider: &Provider, service: ServiceView, today: Date) -> ServiceDetails {
    let typed = provider.blanks.iter().filter(|blank| blank.source == BlankSource::Typed);
    let typed = typed.map(|blank| (blank.label.clone(), blank.hint.clone()));
    let pasted = provider.key.iter().flat_map(|form| &form.fields);
    let pasted = pasted.map(|field| (field.label.clone(), field.hint.clone()));
    let oauth1 = provider.oauth1.iter().flat_map(|oauth1| &oauth1.scopes).cloned();
    let mut tools = provider.tools.clone();
    tools.sort_by_key(|tool| match tool.effect {
        Effect::Read => 0,
        Effect::Write => 1,
        Effect::Destructive => 2,
    });
    ServiceDetails {
        docs: provider.docs.url().to_string(),
        manage: provider.manage.url().to_string(),
        signs_in: provider.sign_in.is_some(),
        asked: typed.chain(pasted).collect(),
        made_at: provider.key.as_ref().map(|form| form.page.url().to_string()),
        scopes: provider.scopes().iter().cloned().chain(oauth1).collect(),
        later_scopes: provider.oauth.as_ref().map(|oauth| oauth.optional_scopes.clone()).unwrap_or_default(),
        tools,
        ability: ability(provider),
        rules_only: provider.model == ModelUse::Never,
        removal: removal(provider),
        lasts: provider.oauth.as_ref().map(lasts).unwrap_or_default(),
        checked: day(provider.checked),
        outdated: provider.is_outdated(today),
        unverified: unverified(provider),
        service,
    }
}

/// What the assistant can do with it today. Where there are no tools, no more is promised than the connection itself.
fn ability(provider: &Provider) -> String {
    if !provider.tools.is_empty() {
        return "What reads runs when you ask. What changes something is shown to you first, and runs once, when you \
                approve exactly that."
            .to_owned();
    }
    let name = &provider.name;
    let whose = if provider.identity.anonymous { "keep the connection alive" } else { "say whose account it is" };
    let contract = if provider.partner || provider.kind == Kind::Partner { "With the contract, " } else { "" };
    format!(
        "{contract}Aura can connect {name} and {whose}. It has no tools for {name} yet, so nothing can be asked of it: \
         nothing is read there and nothing is changed."
    )
}

/// The facts that were not read in a document of the vendor.
pub(super) fn unverified(provider: &Provider) -> Vec<String> {
    let facts = provider.unverified.iter().filter(|fact| !fact.starts_with(OF_THE_FORM)).cloned();
    let tools = provider.tools.iter();
    facts.chain(tools.filter_map(|tool| Some(format!("{}: {}", tool.name, tool.unverified.as_ref()?)))).collect()
}

/// Whether disconnecting calls the service to end the access.
#[must_use]
fn revokes(provider: &Provider) -> bool {
    provider.oauth.as_ref().is_some_and(|oauth| oauth.revoke.is_some())
        || provider.oauth1.as_ref().is_some_and(|oauth1| oauth1.revoke.is_some())
        || matches!(provider.session, Some(Session::Login { logout: Some(_), .. }))
}

fn removal(provider: &Provider) -> String {
    let name = &provider.name;
    match provider.kind {
        _ if revokes(provider) => format!(
            "Disconnecting asks {name} to end the access, and deletes what Aura had stored for it. Should {name} not \
             confirm, you are told so, and remove it there."
        ),
        Kind::Bridge => {
            "Disconnecting deletes what you gave to Aura. To shut everybody else out, change the password of \
             your bridge."
                .to_owned()
        }
        Kind::Key | Kind::Basic | Kind::BotToken | Kind::Session if provider.has_form() => {
            format!("Disconnecting deletes what you gave to Aura. It goes on working at {name} until you end it there.")
        }
        _ => format!(
            "{name} has no call that ends the access. Disconnecting deletes what Aura had stored; remove Aura at {name}, \
             too."
        ),
    }
}

fn lasts(oauth: &Oauth) -> Vec<String> {
    let whole = oauth.consent_ttl.map(|seconds| {
        format!("Consent ends after {}, however much it is used; then you agree once more.", span(seconds))
    });
    let unused = oauth.refresh_ttl.map(|seconds| format!("Access that nobody uses ends after {}.", span(seconds)));
    whole.into_iter().chain(unused).collect()
}

fn span(seconds: u64) -> String {
    match (seconds / DAY, seconds / 3600) {
        (1, _) => "a day".to_owned(),
        (0, 1) => "an hour".to_owned(),
        (0, hours) => format!("{hours} hours"),
        (days, _) => format!("{days} days"),
    }
}

fn day(date: Date) -> String {
    date.format(format_description!("[day padding:none] [month repr:long] [year]")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::catalogue;

    fn said(id: &str, tell: fn(&Provider) -> String) -> String {
        tell(catalogue().get(id).unwrap())
    }

    #[test]
    fn each_kind_is_called_what_it_is() {
        let kinds = [
            ("github", "Sign in at the service"),
            ("trello", "Sign in at the service"),
            ("lastfm", "Sign in at the service"),
            ("bill-com", "Your name and password there"),
            ("coda", "A key you paste"),
            ("freshdesk", "A key you paste"),
            ("datadog", "Keys you paste"),
            ("expensify", "Keys you paste"),
            ("telegram", "A bot you make there"),
            ("signal", "Your own bridge"),
            ("imessage", "Your own bridge"),
        ];
        for (id, told) in kinds {
            assert_eq!(said(id, |provider| kind(provider).to_owned()), told, "{id}");
        }
    }

    #[test]
    fn nobody_is_promised_a_revocation_that_the_service_does_not_have() {
        for provider in catalogue().all() {
            let told = removal(provider);
            assert_eq!(told.contains("asks"), revokes(provider), "{}: {told}", provider.id);
        }
        assert!(said("github", removal).contains("asks GitHub"));
        assert!(said("jira", removal).contains("has no call"));
        assert!(said("coda", removal).contains("until you end it there"));
        assert!(said("imessage", removal).contains("your bridge"));
    }

    #[test]
    fn a_service_without_tools_is_promised_no_more_than_the_connection() {
        assert_eq!(
            said("1password", ability),
            "Aura can connect 1Password and say whose account it is. It has no tools for 1Password yet, so nothing can \
             be asked of it: nothing is read there and nothing is changed."
        );
        assert!(said("lever", ability).starts_with("With the contract, Aura can connect Lever and keep the"));
        assert!(said("telegram", ability).starts_with("What reads runs when you ask."));
    }

    #[test]
    fn a_span_is_told_in_the_largest_whole_unit() {
        let told = |seconds| span(seconds);
        assert_eq!(
            [told(3600), told(7200), told(86_400), told(15_552_000)],
            ["an hour", "2 hours", "a day", "180 days"]
        );
    }
}
