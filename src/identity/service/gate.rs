//! Who may make an account. Whoever has one is never asked, and what a stranger hears before their address is proved
//! is the same for everybody: this is asked only afterwards.

use std::{collections::HashSet, sync::LazyLock};

use sqlx::PgConnection;

use super::{Identity, IdentityError};
use crate::{
    identity::store::system::invitations,
    platform::{config::SignUpPolicy, limits::Bucket},
};

/// Domains whose mailboxes are thrown away, as mailchecker collects them.
static DISPOSABLE: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let mut domains: HashSet<&str> = mailchecker::blacklist().into_iter().collect();
    for relay in RELAYS {
        domains.remove(relay);
    }
    domains
});

/// Services of that list that hide an address and yet reach its owner for good: DuckDuckGo, Firefox Relay, SimpleLogin,
/// Proton Pass, addy.io, Apple.
const RELAYS: [&str; 14] = [
    "duck.com",
    "mozmail.com",
    "simplelogin.com",
    "simplelogin.co",
    "simplelogin.fr",
    "aleeas.com",
    "slmail.me",
    "passmail.net",
    "passmail.com",
    "passinbox.com",
    "addy.io",
    "anonaddy.com",
    "anonaddy.me",
    "privaterelay.appleid.com",
];

impl Identity {
    /// Lets a new person in, or says why not. `address` is proved; `client` is where the request comes from, as the
    /// limits count it.
    pub(super) async fn admit(
        &self,
        tx: &mut PgConnection,
        address: Option<&str>,
        client: &str,
    ) -> Result<(), IdentityError> {
        // An invitation opens every gate, and is used up by this account alone: both are one transaction.
        let invited = match address {
            Some(address) => invitations::use_invitation(tx, address, self.clock.now()).await?,
            None => false,
        };
        if !invited {
            self.fits(address)?;
        }
        self.limits.hit(Bucket::SignUpDay, client).await?;
        Ok(())
    }

    fn fits(&self, address: Option<&str>) -> Result<(), IdentityError> {
        let domain = address.and_then(|address| address.rsplit_once('@')).map(|(_, domain)| domain);
        match &self.sign_up {
            SignUpPolicy::Open => {}
            SignUpPolicy::Domains(allowed) if domain.is_some_and(|domain| allowed.iter().any(|a| a == domain)) => {
                return Ok(());
            }
            SignUpPolicy::Domains(_) | SignUpPolicy::Invitation => return Err(IdentityError::NotInvited),
        }
        if domain.is_some_and(is_disposable) { Err(IdentityError::Disposable) } else { Ok(()) }
    }
}

/// Whether the domain, or one that it lies below, hands out mailboxes for minutes.
fn is_disposable(domain: &str) -> bool {
    let mut rest = Some(domain);
    while let Some(name) = rest.filter(|name| name.contains('.')) {
        if RELAYS.contains(&name) {
            return false;
        }
        if DISPOSABLE.contains(name) {
            return true;
        }
        rest = name.split_once('.').map(|(_, above)| above);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_for_minutes_are_known_and_lasting_ones_are_left_alone() {
        for domain in ["mailinator.com", "yopmail.com", "guerrillamail.com", "any.name.mailinator.com"] {
            assert!(is_disposable(domain), "{domain}");
        }
        for domain in [
            "example.com",
            "gmail.com",
            "outlook.com",
            "proton.me",
            "web.de",
            "duck.com",
            "mozmail.com",
            "sub.mozmail.com",
            "privaterelay.appleid.com",
            "xmailinator.example",
            "com",
        ] {
            assert!(!is_disposable(domain), "{domain}");
        }
    }
}
