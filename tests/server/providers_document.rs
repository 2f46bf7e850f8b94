//! `docs/providers.md`: what to register and to set for each service, written from the catalogue.
#![expect(clippy::disallowed_methods, reason = "whoever writes the files anew says so in the environment")]

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use aura::providers::{BlankSource, Category, Effect, Provider, Scope, catalogue};
use sqlx::PgPool;

use crate::support::TestApp;

const FILE: &str = "docs/providers.md";

const HEAD: &str = "\
# Services: what to register and what to set

Written from the catalogue (`src/providers/catalogue/*.toml`) by `scripts/contract`; change an entry, not this file.

For a service that people sign in at, register an app with its vendor, give it the addresses that stand under «Register»
with your own `AUTH_URL` in the place of `{AUTH_URL}`, and set its id and secret in the two variables. A second pair that
is named as «shared» is taken where the first is not set. `aura doctor` prints the same with your own address, and which
of them are set. Everything else needs nothing here: people bring their own key, bot or bridge.

A fact that was not read in a document of the vendor is said to be so under «Not verified». Entries whose facts were
compared with the vendor's documents more than 180 days ago are named by `aura doctor`, and say so on their own page.
";

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn scopes(said: &mut String, scopes: &[Scope], when: &str) {
    for Scope { name, reason } in scopes {
        writeln!(said, "| `{}` | to {} | {when} |", cell(name), cell(reason)).unwrap();
    }
}

/// Variables and addresses.
fn setting(said: &mut String, provider: &Provider) {
    let pairs: Vec<String> = provider
        .client_prefixes()
        .into_iter()
        .map(|prefix| format!("`{prefix}_CLIENT_ID`, `{prefix}_CLIENT_SECRET`"))
        .collect();
    match pairs.join("; shared: ") {
        none if none.is_empty() => writeln!(said, "* Variables: none; people bring their own").unwrap(),
        pairs => writeln!(said, "* Variables: {pairs}").unwrap(),
    }
    for back in provider.return_paths() {
        writeln!(said, "* Register: `{{AUTH_URL}}{}` ({})", back.path, back.purpose).unwrap();
    }
    if let Some(own) = &provider.own_app {
        let callback = own.callback.clone().unwrap_or_else(|| format!("/api/integrations/{}/callback", provider.id));
        writeln!(said, "* People with an app of their own register: `{{AUTH_URL}}{callback}`, at <{}>", own.page.url())
            .unwrap();
    }
    for blank in provider.blanks.iter().filter(|blank| blank.source == BlankSource::Typed) {
        writeln!(said, "* People type: {}", blank.label).unwrap();
    }
    for field in provider.key.iter().flat_map(|form| &form.fields) {
        writeln!(said, "* People paste: {} ({})", field.label, field.hint.trim_end_matches('.')).unwrap();
    }
}

fn entry(app: &TestApp, provider: &Provider) -> String {
    let mut said = String::new();
    let details = app.state().integrations.service_details(&provider.id);
    let kind = details.as_ref().map_or("Only lets people sign in here", |details| details.service.kind.as_str());
    write!(said, "\n### {} (`{}`)\n\n{}. {kind}.", provider.name, provider.id, provider.about).unwrap();
    if let Some(note) = &provider.note {
        write!(said, " {note}").unwrap();
    }
    if provider.partner {
        write!(said, " **Needs a partner contract.**").unwrap();
    }
    said.push_str("\n\n");
    setting(&mut said, provider);
    let documents = format!("[its documents]({})", provider.docs.url());
    writeln!(said, "* Compared with {documents} on {}", provider.checked).unwrap();
    if let Some(details) = &details {
        writeln!(said, "* Ending access: {} ([there]({}))", details.removal, details.manage).unwrap();
    }
    let oauth = provider.oauth.as_ref();
    let later = oauth.map(|oauth| oauth.optional_scopes.clone()).unwrap_or_default();
    let oauth1 = provider.oauth1.as_ref().map(|oauth1| oauth1.scopes.clone()).unwrap_or_default();
    if !(provider.scopes().is_empty() && later.is_empty() && oauth1.is_empty()) {
        said.push_str("\n| scope | why | when |\n|---|---|---|\n");
        scopes(&mut said, provider.scopes(), "always");
        scopes(&mut said, &oauth1, "always");
        scopes(&mut said, &later, "with the tool that needs it");
    }
    if !provider.tools.is_empty() {
        said.push_str("\n| tool | what it does | read in |\n|---|---|---|\n");
        for tool in &provider.tools {
            let effect = match tool.effect {
                Effect::Read => "reads",
                Effect::Write => "asks, then changes",
                Effect::Destructive => "asks, then takes away",
            };
            let read = format!("[{}]({})", tool.checked, tool.source.url());
            writeln!(said, "| `{}` | {}; {effect} | {read} |", tool.name, cell(&tool.title)).unwrap();
        }
    }
    let tools = provider.tools.iter().filter_map(|tool| Some(format!("{}: {}", tool.name, tool.unverified.as_ref()?)));
    let open: Vec<String> = provider.unverified.iter().cloned().chain(tools).collect();
    if !open.is_empty() {
        said.push_str("\nNot verified:\n\n");
        for fact in open {
            writeln!(said, "* {fact}").unwrap();
        }
    }
    said
}

fn document(app: &TestApp) -> String {
    let mut providers: Vec<_> = catalogue().all().iter().collect();
    providers.sort_by_key(|provider| (provider.category, provider.name.to_lowercase()));
    let services = providers.iter().filter(|provider| provider.connectable).count();
    let tools: usize = providers.iter().map(|provider| provider.tools.len()).sum();
    let mut said = format!("{HEAD}\n{services} services, {tools} tools.\n");
    let mut heading: Option<Category> = None;
    for provider in providers {
        if heading.replace(provider.category) != Some(provider.category) {
            writeln!(said, "\n## {}", provider.category).unwrap();
        }
        said.push_str(&entry(app, provider));
    }
    said
}

/// `scripts/contract` writes it anew.
#[sqlx::test]
async fn ga_07_the_list_of_what_to_register_is_what_the_catalogue_says(db: PgPool) {
    let app = TestApp::new(db).await;
    let said = document(&app);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("AURA_WRITE_CONTRACT").is_some() {
        fs::write(&file, &said).unwrap();
    }
    let checked_in = fs::read_to_string(&file).unwrap_or_default();
    assert!(checked_in == said, "{FILE} is not what the catalogue says: write it with `scripts/contract`");
    let lines: BTreeSet<&str> = checked_in.lines().collect();
    for provider in catalogue().all() {
        for back in provider.return_paths() {
            let line = format!("* Register: `{{AUTH_URL}}{}` ({})", back.path, back.purpose);
            assert!(lines.contains(line.as_str()), "{line}");
        }
    }
}
