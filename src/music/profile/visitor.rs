//! Who looks at a profile, as far as it is counted.

use std::net::IpAddr;

use time::Date;

use crate::{kit::id::UserId, platform::crypto::Keys};

const LABEL: &str = "aura music profile visitor";

/// What stands in the names of programs that go through the web, read links that people send, or watch whether pages
/// answer. They say so themselves, as the lists of their makers have it; in lower case.
const PROGRAMS: [&str; 26] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "facebookexternalhit",
    "facebookcatalog",
    "meta-externalagent",
    "whatsapp",
    "embedly",
    "preview",
    "pinterest/",
    "vkshare",
    "mastodon",
    "fediverse",
    "curl/",
    "wget/",
    "python-requests",
    "python-urllib",
    "aiohttp",
    "httpx",
    "go-http-client",
    "okhttp",
    "java/",
    "libwww",
    "lighthouse",
    "monitor",
];

/// Somebody who looks at a profile.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Who they are, where they are signed in.
    pub user: Option<UserId>,
    /// Where they come from.
    pub ip: IpAddr,
    /// What their browser calls itself.
    pub agent: String,
    /// Whether a browser fetches the page in case that somebody wants it.
    pub is_ahead: bool,
}

impl Visitor {
    /// Whether nobody is there who reads.
    #[must_use]
    pub fn is_program(&self) -> bool {
        let agent = self.agent.to_ascii_lowercase();
        self.is_ahead || agent.is_empty() || PROGRAMS.iter().any(|program| agent.contains(program))
    }

    /// What is kept of them: the same for all their visits to this profile on this day, and nothing to anybody without
    /// the key.
    #[must_use]
    pub fn mark(&self, keys: &Keys, owner: UserId, day: Date) -> [u8; 16] {
        let who = match self.user {
            Some(user) => format!("user {user}"),
            None => format!("guest {} {}", self.ip, self.agent),
        };
        let (owner, day) = (owner.to_string(), day.to_string());
        let mac = keys.mac(LABEL, &[owner.as_bytes(), day.as_bytes(), who.as_bytes()]);
        let mut mark = [0; 16];
        mark.copy_from_slice(&mac[..16]);
        mark
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn programs_are_known_by_what_they_call_themselves_and_browsers_are_none() {
        let visitor = |agent: &str| Visitor {
            user: None,
            ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            agent: agent.to_owned(),
            is_ahead: false,
        };
        for agent in [
            "",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "facebookexternalhit/1.1",
            "Slackbot-LinkExpanding 1.0",
            "curl/8.5.0",
            "Mozilla/5.0 (compatible; YandexBot/3.0)",
        ] {
            assert!(visitor(agent).is_program(), "{agent}");
        }
        for agent in [
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
        ] {
            assert!(!visitor(agent).is_program(), "{agent}");
        }
        assert!(Visitor { is_ahead: true, ..visitor("Mozilla/5.0 Firefox/140.0") }.is_program());
    }
}
