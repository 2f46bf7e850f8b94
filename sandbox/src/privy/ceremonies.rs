//! Nonces of wallets and challenges of passkeys: each counts once, for ten minutes.

use crate::privy::problem::Problem;
use crate::privy::state::{CEREMONY_SECONDS, Privy};

impl Privy {
    /// A nonce for a wallet.
    pub fn give_nonce(&mut self, address: &str) -> String {
        let nonce = self.fresh_nonce();
        let now = self.now();
        self.nonces.insert(nonce.clone(), (address.to_owned(), now));
        nonce
    }

    /// Takes a nonce back; it must have been given for that wallet.
    pub fn take_nonce(&mut self, nonce: &str, address: &str) -> Result<(), Problem> {
        let now = self.now();
        let known = self.nonces.remove(nonce).filter(|(owner, at)| owner == address && now - at < CEREMONY_SECONDS);
        known.map(|_| ()).ok_or_else(|| Problem::credentials("Invalid or expired nonce"))
    }

    /// A challenge for a passkey, of a person or of nobody yet.
    pub fn give_challenge(&mut self, person: Option<String>) -> String {
        let challenge = self.fresh_nonce();
        let now = self.now();
        self.challenges.insert(challenge.clone(), (person, now));
        challenge
    }

    /// Takes a challenge back, with the person it was given to.
    pub fn take_challenge(&mut self, challenge: &str) -> Result<Option<String>, Problem> {
        let now = self.now();
        let known = self.challenges.remove(challenge).filter(|(_, at)| now - at < CEREMONY_SECONDS);
        known.map(|(person, _)| person).ok_or_else(|| Problem::credentials("Invalid or expired challenge"))
    }
}
