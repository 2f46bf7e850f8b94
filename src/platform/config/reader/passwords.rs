//! Whether passwords are looked for in breaches.

use url::Url;

use super::Reader;

const CHECK: &str = "PASSWORD_BREACH_CHECK";

impl Reader<'_> {
    /// The address of a range search, with a slash at its end.
    pub(super) fn password_breaches(&mut self) -> Option<Url> {
        let text = self.text(CHECK).filter(|text| *text != "off")?;
        let remedy = "must be off, or the address of a range search: https://api.pwnedpasswords.com/range/";
        let url = Url::parse(&format!("{}/", text.trim_end_matches('/'))).ok();
        let url = url.filter(|url| {
            let safe = url.scheme() == "https" || (url.scheme() == "http" && self.development());
            safe && url.has_host() && url.query().is_none() && url.fragment().is_none()
        });
        if url.is_none() {
            self.errors.add(CHECK, remedy);
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use crate::platform::config::Variables;

    use super::*;

    fn read(environment: &str, text: &str) -> (Option<String>, bool) {
        let variables: Variables = [("AURA_ENV", environment), (CHECK, text)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        let mut reader = Reader::new(&variables);
        let url = reader.password_breaches().map(|url| url.to_string());
        (url, reader.errors.names(CHECK))
    }

    #[test]
    fn off_or_an_address_and_nothing_else() {
        let range = "https://api.pwnedpasswords.com/range/";
        assert_eq!(read("production", "off"), (None, false));
        for text in [range, "https://api.pwnedpasswords.com/range"] {
            assert_eq!(read("production", text), (Some(range.to_owned()), false));
        }
        assert_eq!(
            read("development", "http://127.0.0.1:9/range"),
            (Some("http://127.0.0.1:9/range/".to_owned()), false)
        );
        for text in ["on", "true", "http://api.pwnedpasswords.com/range/", "https://x.example/?q=", "ftp://x.example/"]
        {
            assert_eq!(read("production", text), (None, true), "{text}");
        }
    }
}
