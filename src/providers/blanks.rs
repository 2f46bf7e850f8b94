//! What fills the blanks of an entry's addresses, and how a value is held to its blank before anything is sent there.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;
use url::{Host, Url};

use super::{Blank, BlankSource, Provider, Session};

/// Values by the names of their blanks.
pub type Blanks = BTreeMap<String, String>;

/// No value is longer.
const LONGEST: usize = 255;

/// Why a value does not fit its blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlankError {
    /// Nothing was given, and there is no default.
    #[error("nothing is given")]
    Missing,
    /// It is none of the few that there are, or has another shape.
    #[error("this does not fit")]
    Shape,
    /// It is an address, but none of the vendor's.
    #[error("this address is not the vendor's")]
    Foreign,
}

impl Blank {
    /// Whether a whole address stands here, of the vendor's or of the person's own server.
    #[must_use]
    pub fn is_address(&self) -> bool {
        !self.domains.is_empty()
            || (self.source == BlankSource::Typed && self.pattern.is_empty() && self.choices.is_empty())
    }

    /// The value as it is filled in, if it fits.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn checked(&self, given: &str) -> Result<String, BlankError> {
        let given = given.trim();
        let value = if given.is_empty() { self.default.as_str() } else { given };
        if value.is_empty() {
            return Err(BlankError::Missing);
        }
        if value.len() > LONGEST || value.chars().any(char::is_control) {
            return Err(BlankError::Shape);
        }
        if self.is_address() {
            return self.address(value);
        }
        let chosen = self.choices.is_empty() || self.choices.iter().any(|choice| choice == value);
        let whole = || Regex::new(&format!("^(?:{})$", self.pattern)).is_ok_and(|pattern| pattern.is_match(value));
        let fits = chosen && (self.pattern.is_empty() || whole());
        fits.then(|| value.to_owned()).ok_or(BlankError::Shape)
    }

    /// `https` and a host; of the vendor's servers neither a port nor a path, for they have none.
    fn address(&self, value: &str) -> Result<String, BlankError> {
        let whole = if value.contains("://") { value.to_owned() } else { format!("https://{value}") };
        let url = Url::parse(&whole).map_err(|_| BlankError::Shape)?;
        let plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && !whole.contains('\\')
            && !whole.contains('@');
        if url.scheme() != "https" || !plain {
            return Err(BlankError::Shape);
        }
        let Some(host) = url.host() else { return Err(BlankError::Shape) };
        if self.domains.is_empty() {
            return Ok(url.as_str().trim_end_matches('/').to_owned());
        }
        let Host::Domain(host) = host else { return Err(BlankError::Foreign) };
        let below = |domain: &String| host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'));
        let ours = self.domains.iter().any(|domain| host == domain || below(domain));
        if !ours || url.port().is_some() {
            return Err(BlankError::Foreign);
        }
        if url.path() != "/" {
            return Err(BlankError::Shape);
        }
        Ok(format!("https://{host}"))
    }
}

impl Provider {
    /// What a person types before consent.
    pub fn typed(&self) -> impl Iterator<Item = &Blank> {
        self.blanks.iter().filter(|blank| blank.source == BlankSource::Typed)
    }

    /// The blanks whose values come back as parameters of the callback, held to what they may be.
    ///
    /// # Errors
    /// Names the blank whose value is missing or does not fit.
    pub fn from_callback(&self, value: impl Fn(&str) -> Option<String>) -> Result<Blanks, &str> {
        let found = self.blanks.iter().filter_map(|blank| match &blank.source {
            BlankSource::Callback(parameter) => Some((blank, parameter)),
            _ => None,
        });
        found
            .map(|(blank, parameter)| {
                let checked = blank.checked(&value(parameter).unwrap_or_default()).map_err(|_| blank.name.as_str())?;
                Ok((blank.name.clone(), checked))
            })
            .collect()
    }

    /// The blanks whose values stand in a token reply, held to what they may be.
    ///
    /// # Errors
    /// Names the blank whose value is missing or does not fit.
    pub fn from_reply(&self, body: &Value) -> Result<Blanks, &str> {
        let found = self.blanks.iter().filter_map(|blank| match &blank.source {
            BlankSource::Reply(pointer) => Some((blank, pointer)),
            _ => None,
        });
        found
            .map(|(blank, pointer)| {
                let given = body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                let checked = blank.checked(given).map_err(|_| blank.name.as_str())?;
                Ok((blank.name.clone(), checked))
            })
            .collect()
    }

    /// The parameters of a callback that this entry reads beside those of every vendor.
    pub fn callback_parameters(&self) -> impl Iterator<Item = &str> {
        let signed: &[&str] = match (&self.oauth1, &self.session) {
            (Some(_), _) => &["oauth_token", "oauth_verifier", "denied", "oauth_problem"],
            (None, Some(Session::SignedWeb { .. })) => &["token"],
            _ => &[],
        };
        let told = self.blanks.iter().filter_map(|blank| match &blank.source {
            BlankSource::Callback(parameter) => Some(parameter.as_str()),
            _ => None,
        });
        told.chain(signed.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::catalogue;

    fn blank(id: &str, name: &str) -> &'static Blank {
        catalogue().get(id).unwrap().blanks.iter().find(|blank| blank.name == name).unwrap()
    }

    #[test]
    fn oa_01_a_tenant_that_is_not_the_vendors_is_refused() {
        let host = blank("zendesk", "subdomain");
        assert_eq!(host.checked(" acme ").as_deref(), Ok("acme"));
        for tenant in [
            "",
            "acme.evil.example",
            "acme.zendesk.com",
            "evil.example/",
            "evil.example#",
            "evil.example?",
            "a@evil.example",
            "acme:8443",
            "127.0.0.1",
            "[::1]",
            "-acme",
            "acme-",
            "ac me",
            "acme\r\nx",
            "%61cme",
            "ácme",
            "ACME",
            "a/../b",
            "x\\y",
        ] {
            assert!(host.checked(tenant).is_err(), "{tenant}");
        }
        let whole = blank("salesforce", "instance");
        for fine in ["https://eu1.salesforce.com", "https://acme.my.salesforce.com/", "https://x.force.com"] {
            assert_eq!(whole.checked(fine).as_deref(), Ok(fine.trim_end_matches('/')));
        }
        for tenant in [
            "https://salesforce.com.evil.example",
            "https://evilsalesforce.com",
            "https://salesforce.com@evil.example",
            "https://evil.example/salesforce.com",
            "https://evil.example#.salesforce.com",
            "https://evil.example?.salesforce.com",
            "https://evil.example\\.salesforce.com",
            "https://me:pw@eu1.salesforce.com",
            "https://eu1.salesforce.com:8443",
            "https://127.0.0.1",
            "https://2130706433",
            "https://0x7f.1",
            "https://[::1]",
            "https://169.254.169.254",
            "http://eu1.salesforce.com",
            "ftp://eu1.salesforce.com",
            "https://eu1.salesforce.com/other",
            "https://eu1.salesforce.com?x",
            "https://",
            "javascript:alert(1)",
        ] {
            assert!(whole.checked(tenant).is_err(), "{tenant}");
        }
    }

    #[test]
    fn a_few_values_are_those_and_a_default_stands_for_nothing() {
        let region = blank("pagerduty", "region");
        assert_eq!(region.checked("").as_deref(), Ok("api"));
        assert_eq!(region.checked("api.eu").as_deref(), Ok("api.eu"));
        assert_eq!(region.checked("api.evil"), Err(BlankError::Shape));
        assert_eq!(blank("zendesk", "subdomain").checked(""), Err(BlankError::Missing));
        let typed = blank("workday", "services");
        assert_eq!(typed.checked("wd2-impl.workday.com").as_deref(), Ok("https://wd2-impl.workday.com"));
        assert_eq!(typed.checked("https://evil.example"), Err(BlankError::Foreign));
    }

    #[test]
    fn what_comes_back_is_held_to_its_blank() {
        let quickbooks = catalogue().get("quickbooks").unwrap();
        assert_eq!(quickbooks.callback_parameters().collect::<Vec<_>>(), ["realmId"]);
        let found = quickbooks.from_callback(|name| (name == "realmId").then(|| "9130".to_owned()));
        assert_eq!(found, Ok(BTreeMap::from([("realm_id".to_owned(), "9130".to_owned())])));
        for wrong in ["", "9130/../x", "evil", "9130 "] {
            let found = quickbooks.from_callback(|_| Some(wrong.to_owned()));
            assert_eq!(found.is_err(), wrong.trim() != "9130", "{wrong}");
        }
        let pipedrive = catalogue().get("pipedrive").unwrap();
        let reply = serde_json::json!({"api_domain": "https://northbeam.pipedrive.com"});
        assert_eq!(pipedrive.from_reply(&reply).unwrap()["domain"], "https://northbeam.pipedrive.com");
        for wrong in [serde_json::json!({}), serde_json::json!({"api_domain": "https://evil.example"})] {
            assert_eq!(pipedrive.from_reply(&wrong), Err("domain"));
        }
    }
}
