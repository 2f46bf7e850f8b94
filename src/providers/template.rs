//! An address of the catalogue in which something differs from account to account.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;
use serde::Deserialize;
use url::Url;

static BLANK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{([a-z_]+)\}").ok());

/// An absolute `https` address, in which `{name}` stands for what differs from account to account: labels of the host
/// before the vendor's own domain, parts of the path, or the whole beginning, `{name}/path`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    text: String,
    blanks: Vec<String>,
    plain: Url,
}

impl Template {
    /// The names of what is filled in.
    #[must_use]
    pub fn blanks(&self) -> &[String] {
        &self.blanks
    }

    /// The address, where nothing has to be filled in. Of another it is an address that leads nowhere.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.plain
    }

    /// The blank that stands for the whole beginning.
    #[must_use]
    pub fn begins_with(&self) -> Option<&str> {
        self.blanks.first().filter(|name| self.text.starts_with(&format!("{{{name}}}"))).map(String::as_str)
    }

    /// Whether what is filled in decides which host is called.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let host_ends = self.text.find("://").and_then(|at| self.text[at + 3..].find('/').map(|end| at + 3 + end));
        self.begins_with().is_some() || self.text[..host_ends.unwrap_or(self.text.len())].contains('{')
    }

    /// The address with these values, of which the caller knows that they fit their blanks. A value in the host cannot
    /// leave the vendor's domain, and one in the path is encoded.
    #[must_use]
    pub fn fill(&self, values: &BTreeMap<String, String>) -> Option<Url> {
        let mut text = self.text.clone();
        for name in &self.blanks {
            let (value, mark) = (values.get(name)?, format!("{{{name}}}"));
            let host_ends = text.find("://").and_then(|at| text[at + 3..].find('/').map(|end| at + 3 + end));
            let in_host = text.find(&mark)? < host_ends.unwrap_or(text.len());
            if self.begins_with() == Some(name) {
                text = text.replacen(&mark, value.trim_end_matches('/'), 1);
            } else if in_host {
                let label = |label: &str| {
                    (1..=63).contains(&label.len())
                        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                };
                if !value.split('.').all(label) {
                    return None;
                }
                text = text.replacen(&mark, value, 1);
            } else {
                let encoded = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
                text = text.replacen(&mark, &encoded.to_string(), 1);
            }
        }
        plain(&text)
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let blank = BLANK.as_ref().ok_or("no expression")?;
        let blanks: Vec<String> = blank.captures_iter(&text).map(|found| found[1].to_owned()).collect();
        let begun = blanks.first().map(|name| format!("{{{name}}}")).filter(|mark| text.starts_with(mark.as_str()));
        let filled = match &begun {
            Some(mark) => text.replacen(mark.as_str(), "https://unfilled.invalid", 1),
            None => text.clone(),
        };
        let filled = blank.replace_all(&filled, "unfilled").into_owned();
        let url = plain(&filled).ok_or_else(|| format!("{text}: not a plain https address"))?;
        let own = url.host_str().unwrap_or_default().rsplit("unfilled").next().unwrap_or_default().matches('.').count();
        if begun.is_none() && !blanks.is_empty() && own == 0 {
            return Err(format!("{text}: no domain of the vendor's own stands behind what is filled in"));
        }
        Ok(Self { text, blanks, plain: url })
    }
}

fn plain(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (url.scheme() == "https" && url.host_str().is_some() && plain).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Result<Template, String> {
        Template::try_from(text.to_owned())
    }

    fn filled(text: &str, name: &str, value: &str) -> Option<String> {
        let values = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        template(text).unwrap().fill(&values).map(String::from)
    }

    #[test]
    fn what_is_filled_in_stays_where_it_belongs() {
        let host = "https://{subdomain}.zendesk.com/api/v2";
        assert_eq!(filled(host, "subdomain", "acme").as_deref(), Some("https://acme.zendesk.com/api/v2"));
        for wrong in
            ["", "a/b", "evil.com/", "evil.com#", "evil.com?", "a@b", "a:1", "[::1]", "a..b", "%2f", "a b", "é"]
        {
            assert_eq!(filled(host, "subdomain", wrong), None, "{wrong}");
        }
        assert_eq!(filled(host, "other", "acme"), None);
        let path = "https://api.example.com/ex/{cloud}/rest";
        assert_eq!(filled(path, "cloud", "../a?b").as_deref(), Some("https://api.example.com/ex/%2E%2E%2Fa%3Fb/rest"));
        let whole = "{instance}/services";
        assert_eq!(
            filled(whole, "instance", "https://eu1.salesforce.com/").as_deref(),
            Some("https://eu1.salesforce.com/services")
        );
        for wrong in ["http://a.example", "https://me@a.example", "a.example", ""] {
            assert_eq!(filled(whole, "instance", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_address_without_a_domain_of_its_own_is_none() {
        for text in
            ["https://{host}/a", "https://a.{host}/b", "http://a.example/", "https://{a}.com#x", "a", "https://me@a.b/"]
        {
            assert!(template(text).is_err(), "{text}");
        }
        for text in ["https://a.example/", "https://{a}.b.example/{c}", "{base}/v1", "https://{a}.example/"] {
            assert!(template(text).is_ok(), "{text}");
        }
        assert_eq!(template("{base}/v1").unwrap().begins_with(), Some("base"));
        for (text, open) in [
            ("https://a.example/{c}", false),
            ("https://a.example", false),
            ("https://{a}.b.example/{c}", true),
            ("https://{a}.b.example", true),
            ("{base}/v1", true),
        ] {
            assert_eq!(template(text).unwrap().is_open(), open, "{text}");
        }
    }
}
