//! An address that stands in the catalogue.

use serde::Deserialize;
use url::Url;

/// An absolute `https` address without user, password or fragment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Address(Url);

impl Address {
    /// The parsed address.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url = Url::parse(&text).map_err(|error| format!("{text}: {error}"))?;
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        if url.scheme() == "https" && url.host_str().is_some() && plain {
            Ok(Self(url))
        } else {
            Err(format!("{text}: not a plain https address"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_https_addresses_are_taken() {
        for text in
            ["http://a.example/", "a.example", "https://me@a.example/", "https://a.example/#x", "mailto:a@b.example"]
        {
            assert!(Address::try_from(text.to_owned()).is_err(), "{text}");
        }
        assert!(Address::try_from("https://a.example/b?c=d".to_owned()).is_ok());
    }
}
