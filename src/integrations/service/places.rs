//! Which place a consent is for, where one consent opens several: sites, organisations, properties.

use std::time::Duration;

use http::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use url::Url;

use super::{Error, Integrations, consent::Consent};
use crate::{
    integrations::executor,
    platform::http::Request,
    providers::{Choice, Condition, Provider, oauth::errors::OauthError},
};

/// No list is longer: nobody reads on.
const MOST: usize = 200;
/// No name is longer, in letters.
const LONGEST: usize = 120;
const LARGEST: usize = 1024 * 1024;

/// One place among several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What fills the blank.
    pub id: String,
    /// The service's name for it, in one line.
    pub label: String,
}

impl Integrations {
    /// The places that a consent opens; none at all where the service has nothing to choose.
    pub(super) async fn places(&self, provider: &Provider, consent: &Consent) -> Result<Option<Vec<Place>>, Error> {
        let Some(choice) = provider.choice.as_ref().filter(|choice| !consent.blanks.contains_key(&choice.blank)) else {
            return Ok(None);
        };
        let service = || provider.name.clone();
        let away = |error| Error::Exchange { service: service(), error };
        let url = Url::parse(&choice.path).map_err(|_| Error::Anonymous { service: service() })?;
        let scheme = choice.scheme.as_ref().unwrap_or(&provider.api.scheme);
        let token = format!("{scheme} {}", consent.tokens.access.expose_secret());
        let request = Request::new(Method::GET, url)
            .limit(LARGEST)
            .deadline(Duration::from_secs(10))
            .secret_header("authorization", token.into());
        let response = self.http.send(request).await.map_err(|error| away(error.into()))?;
        let body = match response.status {
            200..=299 => serde_json::from_slice(&response.body).map_err(|_| away(OauthError::Malformed))?,
            401 | 403 | 404 => return Err(Error::NoPlace { service: service() }),
            429 => {
                let retry_after = response.retry_after(self.clock.now()).unwrap_or(30);
                return Err(away(OauthError::Limited { retry_after }));
            }
            _ => return Err(away(OauthError::Outage)),
        };
        let found = read(provider, choice, &body);
        if found.is_empty() { Err(Error::NoPlace { service: service() }) } else { Ok(Some(found)) }
    }
}

fn read(provider: &Provider, choice: &Choice, body: &Value) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for entry in entries(&choice.from, body) {
        if !choice.only.iter().all(|condition| fits(condition, &entry)) {
            continue;
        }
        let id = executor::fill_from(&choice.id, &entry);
        let id = id.strip_prefix(choice.id_prefix.as_str()).unwrap_or(&id);
        // What does not fit the blank cannot be called, so it is not offered.
        let Some(id) = provider.blank(&choice.blank).and_then(|blank| blank.checked(id).ok()) else { continue };
        let label = line(&executor::fill_from(&choice.label, &entry));
        if !places.iter().any(|place| place.id == id) {
            places.push(Place { label: if label.is_empty() { id.clone() } else { label }, id });
        }
    }
    places.truncate(MOST);
    places
}

/// Whether an entry is as the condition wants it; of a list one entry has to be.
fn fits(condition: &Condition, entry: &Value) -> bool {
    let found = entry.pointer(&condition.pointer).filter(|value| !value.is_null() && **value != Value::Bool(false));
    let is = |value: &Value, wanted: &str| value.as_str() == Some(wanted);
    let equal = condition.equals.as_deref().is_none_or(|wanted| match found {
        Some(Value::Array(entries)) => entries.iter().any(|value| is(value, wanted)),
        Some(value) => is(value, wanted),
        None => false,
    });
    equal && condition.present.is_none_or(|wanted| wanted == found.is_some())
}

/// The entries of the list at a pointer, of all lists where `/*` stands for the entries of another, or the one object
/// that is there.
fn entries(pointer: &str, body: &Value) -> Vec<Value> {
    if let Some((outer, inner)) = pointer.split_once("/*") {
        return entries(outer, body).iter().flat_map(|entry| entries(inner, entry)).collect();
    }
    match body.pointer(pointer) {
        Some(Value::Array(list)) => list.iter().map(whole).collect(),
        Some(object @ Value::Object(_)) => vec![object.clone()],
        _ => Vec::new(),
    }
}

fn whole(entry: &Value) -> Value {
    if entry.is_object() { entry.clone() } else { json!({ "": entry }) }
}

/// One line of text.
fn line(text: &str) -> String {
    let words: Vec<&str> = text.split(|letter: char| letter.is_control() || letter.is_whitespace()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.trim_matches([' ', ',']).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::catalogue;

    fn found(id: &str, body: &Value) -> Vec<(String, String)> {
        let provider = catalogue().get(id).unwrap();
        let places = read(provider, provider.choice.as_ref().unwrap(), body);
        places.into_iter().map(|place| (place.id, place.label)).collect()
    }

    fn pair(id: &str, label: &str) -> (String, String) {
        (id.to_owned(), label.to_owned())
    }

    #[test]
    fn oa_07_places_are_read_from_lists_lists_in_lists_and_a_single_object() {
        let sites = json!([
            {"id": "11-aa", "name": "North", "url": "https://north.atlassian.net", "scopes": ["read:jira-work"]},
            {"id": "22-bb", "name": "South", "url": "https://south.atlassian.net", "scopes": ["read:confluence-content.all"]},
            {"id": "../evil", "name": "Evil", "url": "x", "scopes": ["read:jira-work"]},
        ]);
        assert_eq!(found("jira", &sites), [pair("11-aa", "North, https://north.atlassian.net")]);
        assert_eq!(found("confluence", &sites), [pair("22-bb", "South, https://south.atlassian.net")]);
        let accounts = json!({"accounts": [
            {"product": "bc3", "id": 7, "name": "North"}, {"product": "bcx", "id": 8, "name": "Old"},
            {"product": "bc3", "id": 7, "name": "Twice"}, {"product": "bc3", "name": "No id"},
        ]});
        assert_eq!(found("basecamp", &accounts), [pair("7", "North")]);
        let properties = json!({"accountSummaries": [
            {"displayName": "A", "propertySummaries": [
                {"property": "properties/1001", "displayName": "Shop"}, {"property": "properties/1002"},
            ]},
            {"displayName": "B"},
            {"displayName": "C", "propertySummaries": [{"property": "properties/1003", "displayName": "Blog"}]},
        ]});
        assert_eq!(
            found("google-analytics", &properties),
            [pair("1001", "Shop"), pair("1002", "1002"), pair("1003", "Blog")]
        );
        assert_eq!(found("mailchimp", &json!({"dc": "us21", "accountname": "North"})), [pair("us21", "North")]);
        for nothing in [json!(null), json!([]), json!({}), json!("x"), json!([1, null, [], "x"])] {
            for id in ["jira", "basecamp", "google-analytics", "mailchimp", "xero", "sentry"] {
                assert_eq!(found(id, &nothing), [], "{id} {nothing}");
            }
        }
    }

    #[test]
    fn a_name_is_one_line_and_no_longer_than_a_line() {
        assert_eq!(line("a\u{0}b\r\n <i>c</i>\t d"), "a b <i>c</i> d");
        assert_eq!(line(&"x".repeat(500)).len(), LONGEST);
        let many = Value::Array((0..500).map(|id| json!({"id": id, "name": "n"})).collect());
        assert_eq!(found("sentry", &many).len(), MOST);
    }
}
