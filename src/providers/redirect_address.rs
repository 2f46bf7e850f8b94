//! Whether an authorization server of today takes an address to come back to. The rules are those of Spotify's «Redirect
//! URIs» (in force for every app since 27 November 2025), RFC 6749 §3.1.2 and RFC 8252 §7.3: https, or the loopback
//! address in numbers; compared letter by letter, so it must be written as browsers write it.

use url::{Host, Url};

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectFault {
    #[error("this is no whole address; write it with https:// and a host")]
    NoAddress,
    #[error("it must begin with https://; http:// is taken only with 127.0.0.1 or [::1]")]
    NotHttps,
    #[error("the name localhost is not taken; write http://127.0.0.1 with the port instead")]
    Localhost,
    #[error("it must not have a fragment; leave out # and what follows")]
    Fragment,
    #[error("it must not have a name or a password before the host")]
    UserInfo,
    #[error("it must be one whole address, without *")]
    Wildcard,
    #[error("it is not written as browsers write it, and is compared letter by letter; write it in its plain form")]
    NotPlain,
}

/// What is wrong with an address to come back to; none where it is taken.
#[must_use]
pub fn objection(address: &str) -> Option<RedirectFault> {
    let Ok(url) = Url::parse(address) else { return Some(RedirectFault::NoAddress) };
    if !matches!(url.scheme(), "http" | "https") {
        return Some(if url.has_host() { RedirectFault::NotHttps } else { RedirectFault::NoAddress });
    }
    if url.fragment().is_some() {
        return Some(RedirectFault::Fragment);
    }
    if !url.username().is_empty() || url.password().is_some() || address.contains('@') {
        return Some(RedirectFault::UserInfo);
    }
    if address.contains('*') {
        return Some(RedirectFault::Wildcard);
    }
    let loopback = match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            if name == "localhost" || name.ends_with(".localhost") {
                return Some(RedirectFault::Localhost);
            }
            false
        }
        Some(Host::Ipv4(ip)) => ip == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(ip)) => ip == std::net::Ipv6Addr::LOCALHOST,
        None => return Some(RedirectFault::NoAddress),
    };
    if url.scheme() == "http" && !loopback {
        return Some(RedirectFault::NotHttps);
    }
    // The one difference that is none: an address without a path ends with its host.
    let plain = url.as_str() == address || url.as_str().strip_suffix('/') == Some(address);
    (!plain).then_some(RedirectFault::NotPlain)
}

#[cfg(test)]
mod tests {
    use super::{RedirectFault as Fault, *};

    #[test]
    fn ow_02_twenty_four_addresses_are_judged_as_the_service_judges_them() {
        let table = [
            ("https://aura.example/api/spotify/callback", None),
            ("https://aura.example:8443/callback?app=1", None),
            ("https://192.0.2.7/callback", None),
            ("http://127.0.0.1/callback", None),
            ("http://127.0.0.1:3000/callback", None),
            ("http://127.0.0.1:3000", None),
            ("http://[::1]:3000/callback", None),
            ("http://localhost:3000/callback", Some(Fault::Localhost)),
            ("https://localhost/callback", Some(Fault::Localhost)),
            ("http://aura.localhost:3000/callback", Some(Fault::Localhost)),
            ("http://LOCALHOST./callback", Some(Fault::Localhost)),
            ("http://aura.example/callback", Some(Fault::NotHttps)),
            ("http://192.168.0.7:3000/callback", Some(Fault::NotHttps)),
            ("http://127.0.0.2:3000/callback", Some(Fault::NotHttps)),
            ("http://0.0.0.0:3000/callback", Some(Fault::NotHttps)),
            ("aura://aura/callback", Some(Fault::NotHttps)),
            ("https://aura.example/callback#here", Some(Fault::Fragment)),
            ("https://mira:secret@aura.example/callback", Some(Fault::UserInfo)),
            ("https://@aura.example/callback", Some(Fault::UserInfo)),
            ("https://*.aura.example/callback", Some(Fault::Wildcard)),
            ("http://127.1:3000/callback", Some(Fault::NotPlain)),
            ("HTTPS://Aura.example/a/../callback", Some(Fault::NotPlain)),
            ("/api/spotify/callback", Some(Fault::NoAddress)),
            ("javascript:alert(1)", Some(Fault::NoAddress)),
        ];
        for (address, judged) in table {
            assert_eq!(objection(address), judged, "{address}");
        }
        assert_eq!(table.len(), 24);
        assert!(Fault::Localhost.to_string().contains("127.0.0.1"), "it says what to write instead");
    }
}
