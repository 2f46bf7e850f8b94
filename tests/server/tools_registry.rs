//! The rules that every tool of the catalogue keeps.

use std::collections::{BTreeMap, BTreeSet};

use aura::{
    integrations::tools,
    providers::{Effect, Pages, Provider, Step, ToolEntry, catalogue},
};
use serde_json::Value;
use time::macros::date;

/// Where vendors document what they have under other domains.
const DOCUMENTS: &[(&str, &[&str])] =
    &[("google", &["developers.google.com"]), ("microsoft", &["learn.microsoft.com"]), ("slack", &["docs.slack.dev"])];

/// What every template may name.
const ALWAYS: &[&str] = &[
    "account",
    "account_label",
    "account_id",
    "zone",
    "now",
    "today",
    "today_start",
    "today_end",
    "week_ago",
    "month_ago",
    "day_start",
    "day_end",
    "day_label",
    "each",
];

fn all() -> impl Iterator<Item = (&'static Provider, &'static ToolEntry)> {
    catalogue().all().iter().flat_map(|provider| provider.tools.iter().map(move |tool| (provider, tool)))
}

#[test]
fn tl_03_every_tool_names_the_document_it_was_read_in_and_the_day() {
    let mut foreign = Vec::new();
    for (provider, tool) in all() {
        let host = tool.source.url().host_str().unwrap();
        let domain = |host: &str| host.rsplit('.').take(2).collect::<Vec<_>>().join(".");
        let mut own: BTreeSet<String> =
            [provider.docs.url(), provider.manage.url()].iter().filter_map(|url| url.host_str().map(domain)).collect();
        own.extend(provider.api.base.url().host_str().map(domain));
        let documents = DOCUMENTS.iter().flat_map(|(_, hosts)| hosts.iter());
        let known = own.contains(&domain(host))
            || matches!(host, "github.com" | "raw.githubusercontent.com")
            || documents.clone().any(|known| *known == host);
        if !known {
            foreign.push(format!("{}: {}", tool.name, tool.source.url()));
        }
        assert!(tool.checked >= date!(2026 - 11 - 20) && tool.checked <= date!(2027 - 12 - 31), "{}", tool.name);
        assert!(tool.unverified.as_ref().is_none_or(|fact| !fact.trim().is_empty()), "{}", tool.name);
        // A repository's front page is no document.
        assert!(tool.source.url().path().len() > 3, "{}", tool.name);
    }
    assert!(foreign.is_empty(), "{}", foreign.join("\n"));
}

#[test]
fn tl_04_every_example_fits_its_schema_and_every_schema_is_closed() {
    for tool in tools::all() {
        tool.check(tool.example()).unwrap_or_else(|error| panic!("{}: {error}", tool.name));
        let schema = &tool.parameters;
        assert_eq!(schema["type"], "object", "{}", tool.name);
        assert_eq!(schema["additionalProperties"], false, "{}", tool.name);
        let properties = schema["properties"].as_object().unwrap();
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(properties.contains_key(name.as_str().unwrap()), "{}: {name}", tool.name);
        }
        for (name, property) in properties {
            let at = format!("{}: {name}", tool.name);
            assert!(property["description"].as_str().is_some_and(|text| text.len() > 3), "{at}");
            let kind = property["type"].as_str().unwrap();
            assert!(matches!(kind, "string" | "integer" | "number" | "boolean" | "array" | "object"), "{at}");
            assert!(kind != "array" || property["items"].is_object(), "{at}");
            if let Some(pattern) = property["pattern"].as_str() {
                assert!(regex::Regex::new(&format!("^(?:{pattern})$")).is_ok(), "{at}");
            }
            if let Some(format) = property["format"].as_str() {
                assert!(matches!(format, "date" | "date-time" | "email" | "uri"), "{at}");
            }
            // What is filled in is held against the same schema.
            if let Some(default) = property.get("default") {
                let mut example = tool.example().clone();
                example.as_object_mut().unwrap().insert(name.clone(), default.clone());
                tool.check(&example).unwrap_or_else(|error| panic!("{at}: {error}"));
            }
        }
        let mut unknown = tool.example().clone();
        unknown.as_object_mut().unwrap().insert("unknown_argument".into(), Value::Null);
        assert!(tool.check(&unknown).is_err(), "{}", tool.name);
    }
}

#[test]
fn tl_05_what_a_tool_does_fits_what_it_says_it_does() {
    let mut names = BTreeSet::new();
    for (provider, tool) in all() {
        let name = &tool.name;
        let prefix = format!("{}__", provider.id.replace('-', "_"));
        let verb = name.strip_prefix(&prefix).unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        assert!(!verb.is_empty() && verb.bytes().all(plain) && name.len() <= 64 && names.insert(name), "{name}");
        assert!(!tool.title.is_empty() && tool.title.len() <= 60 && tool.description.len() > 15, "{name}");
        assert!(tool.max_bytes <= 2 * 1024 * 1024 && (1..=100).contains(&tool.max_lines), "{name}");
        let last = tool.steps.last().unwrap();
        let writes = |step: &Step| step.graphql.is_none() && !matches!(step.method.as_str(), "GET" | "POST" | "HEAD");
        if tool.effect == Effect::Read {
            assert!(tool.noun.iter().all(|word| !word.is_empty()) && tool.done.is_empty(), "{name}");
            assert!(last.items.is_some() && tool.steps.iter().all(|step| step.made.is_none()), "{name}");
            assert!(!tool.steps.iter().any(writes), "{name}: looks, and changes");
        } else {
            assert!(!tool.done.is_empty() && tool.intents.is_empty() && tool.question.is_empty(), "{name}");
            assert!(last.made.is_some() && last.items.is_none(), "{name}: does not say what was made");
            assert!(last.graphql.is_some() || last.method != "GET", "{name}: changes nothing");
            assert!(!tool.detail.is_empty(), "{name}: nothing says what exactly is approved");
        }
        // What is undone can be done again.
        let deletes = last.method == "DELETE" && !verb.starts_with("un");
        assert!(!deletes || tool.effect == Effect::Destructive, "{name}: takes something away");
        for step in &tool.steps {
            let bodies = [step.json.is_some(), !step.form.is_empty(), step.graphql.is_some()];
            assert!(bodies.iter().filter(|there| **there).count() <= 1, "{name}: two bodies");
            assert!(step.path.starts_with('/') || step.path.is_empty(), "{name}");
            assert!(step.idempotency.is_none() || tool.effect.changes(), "{name}");
            assert!(step.variables.is_none() || step.graphql.is_some(), "{name}");
            match &step.pages {
                Some(Pages::Cursor { parameter, field, .. }) => {
                    assert!(parameter.is_some() || (field.is_some() && step.json.is_some()), "{name}");
                }
                Some(Pages::Graphql { .. }) => assert!(step.graphql.is_some(), "{name}"),
                _ => {}
            }
        }
    }
}

#[test]
fn tl_06_every_template_names_something_that_there_is() {
    for (provider, tool) in all() {
        let properties = tool.parameters["properties"].as_object().unwrap();
        let mut known: BTreeSet<&str> = ALWAYS.iter().copied().chain(properties.keys().map(String::as_str)).collect();
        known.extend(provider.blanks.iter().map(|blank| blank.name.as_str()));
        let open = provider.key.iter().flat_map(|form| &form.fields).filter(|field| !field.secret);
        known.extend(open.map(|field| field.name.as_str()));
        for step in &tool.steps {
            let mut texts: Vec<String> = vec![step.path.clone()];
            texts.extend(step.query.values().chain(step.headers.values()).chain(step.form.values()).cloned());
            for body in [&step.json, &step.variables].into_iter().flatten() {
                collect(body, &mut texts);
            }
            texts.extend(step.when.iter().map(|name| format!("{{{name}}}")));
            for text in &texts {
                for name in named(text) {
                    assert!(known.contains(name.as_str()), "{}: {{{name}}} in {text}", tool.name);
                }
            }
            for pick in &step.picks {
                known.insert(&pick.name);
            }
        }
        for name in named(&tool.detail) {
            assert!(known.contains(name.as_str()), "{}: {{{name}}} in its detail", tool.name);
        }
    }
}

fn collect(body: &Value, texts: &mut Vec<String>) {
    match body {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|entry| collect(entry, texts)),
        Value::Object(fields) => {
            if let Some(name) = fields.get("$each").and_then(Value::as_str) {
                texts.push(format!("{{{name}}}"));
            }
            fields.iter().filter(|(name, _)| *name != "$each").for_each(|(_, field)| collect(field, texts));
        }
        _ => {}
    }
}

/// The names in a template, without their filters; what is in braces and no name is none.
fn named(text: &str) -> Vec<String> {
    let found = regex::Regex::new(r"\{([a-z][a-z0-9_]*)(?:\|[a-z_]+)*\}").unwrap();
    found.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

#[test]
fn tl_07_there_are_enough_tools_over_all_headings() {
    let mut by_service: BTreeMap<&str, usize> = BTreeMap::new();
    let mut headings = BTreeSet::new();
    for (provider, _) in all() {
        *by_service.entry(&provider.id).or_default() += 1;
        headings.insert(provider.category);
    }
    let tools: usize = by_service.values().sum();
    let lead = by_service.values().filter(|count| **count >= 4).count();
    assert!(tools >= 300, "{tools} tools: {by_service:?}");
    assert!(by_service.len() >= 57, "{by_service:?}");
    assert!(lead >= 40, "{lead} services with four tools or more: {by_service:?}");
    assert!(headings.len() >= 10, "{headings:?}");
}

#[test]
fn tl_08_a_tool_without_its_scopes_is_off_and_says_what_it_lacks() {
    let tool = tools::find("slack__send_message").unwrap();
    let reads = ["channels:read".to_owned()];
    let off = tool.off(&reads).unwrap();
    assert!(off.contains("Slack") && off.contains("write messages in your name"), "{off}");
    assert_eq!(tool.off(&["channels:read".to_owned(), "chat:write".to_owned()]), None);
    let either = tools::find("outlook__list_events").unwrap();
    assert!(either.off(&[]).is_some());
    assert_eq!(either.off(&["Calendars.ReadWrite".to_owned()]), None);
    for (provider, tool) in all() {
        let oauth = provider.oauth.as_ref();
        let known: Vec<String> = oauth
            .iter()
            .flat_map(|oauth| oauth.scopes.iter().chain(&oauth.optional_scopes))
            .chain(provider.oauth1.iter().flat_map(|oauth1| &oauth1.scopes))
            .map(|scope| scope.name.clone())
            .collect();
        // With all that can be granted everything is on.
        assert!(known.is_empty() && tool.scopes.is_empty() || tool.is_open(&known), "{}: {:?}", tool.name, tool.scopes);
    }
}
