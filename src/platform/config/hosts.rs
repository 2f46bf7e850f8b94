//! Where outside hosts are found during development.

use std::collections::BTreeMap;

use url::Url;

/// Maps outside hosts to base addresses: `api.github.com` to `http://localhost:4000` turns
/// `https://api.github.com/user?x=1` into `http://localhost:4000/api.github.com/user?x=1`. Empty outside development.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostOverrides(BTreeMap<String, Url>);

impl HostOverrides {
    /// Reads `host=url,host=url`; the host `*` stands for every host that is not named and is not this machine.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut hosts = BTreeMap::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (host, base) = entry.split_once('=').ok_or("each entry is host=url, with commas between them")?;
            let base = Url::parse(base.trim()).map_err(|_| format!("the address for {host} is not a URL"))?;
            if !matches!(base.scheme(), "http" | "https") || base.query().is_some() {
                return Err(format!("the address for {host} must be http:// or https:// without a query"));
            }
            hosts.insert(host.trim().to_ascii_lowercase(), base);
        }
        Ok(Self(hosts))
    }

    /// Whether nothing is overridden.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The address to use instead of this one, or this one.
    #[must_use]
    pub fn apply(&self, address: &Url) -> Url {
        let Some(host) = address.host_str() else {
            return address.clone();
        };
        let outside = !matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        let Some(base) = self.0.get(host).or_else(|| self.0.get("*").filter(|_| outside)) else {
            return address.clone();
        };
        // Already there: an address that was mapped once, or one that a person wrote.
        if base.origin() == address.origin() {
            return address.clone();
        }
        let mut mapped = base.clone();
        mapped.set_path(&format!("{}/{host}{}", base.path().trim_end_matches('/'), address.path()));
        mapped.set_query(address.query());
        mapped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(overrides: &str, address: &str) -> String {
        HostOverrides::parse(overrides).unwrap().apply(&Url::parse(address).unwrap()).into()
    }

    #[test]
    fn a_named_host_wins_over_the_star() {
        let overrides = "*=http://localhost:9, api.example.com=http://127.0.0.1:8/base/";
        assert_eq!(
            mapped(overrides, "https://api.example.com/v1/me?a=b%20c"),
            "http://127.0.0.1:8/base/api.example.com/v1/me?a=b%20c"
        );
        assert_eq!(mapped(overrides, "https://other.example.com/"), "http://localhost:9/other.example.com/");
    }

    #[test]
    fn the_star_leaves_this_machine_alone() {
        assert_eq!(mapped("*=http://localhost:9", "http://127.0.0.1:8/v1"), "http://127.0.0.1:8/v1");
        assert_eq!(mapped("127.0.0.1=http://localhost:9", "http://127.0.0.1:8/v1"), "http://localhost:9/127.0.0.1/v1");
    }

    #[test]
    fn without_an_entry_an_address_stays() {
        assert_eq!(mapped("a.example=http://localhost:9", "https://b.example/x"), "https://b.example/x");
        assert_eq!(mapped("", "https://b.example/x"), "https://b.example/x");
    }

    #[test]
    fn an_address_is_mapped_once() {
        let once = mapped("*=http://localhost:9", "https://b.example/x");
        assert_eq!(mapped("*=http://localhost:9", &once), once);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["a.example", "a.example=", "a.example=ftp://x", "a.example=http://x/?q"] {
            assert!(HostOverrides::parse(text).is_err(), "{text}");
        }
    }
}
