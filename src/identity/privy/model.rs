//! What the pages show of Privy.

use serde::{Deserialize, Serialize};

/// The ways in that the installation's app at Privy has switched on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivyWays {
    /// A code by mail.
    pub email: bool,
    /// A code by text message.
    pub sms: bool,
    /// The signature of an Ethereum wallet.
    pub wallet: bool,
    /// Accounts elsewhere.
    pub services: Vec<PrivyService>,
    /// Whether this browser is signed in at Privy already.
    pub here: bool,
}

impl PrivyWays {
    /// Whether there is nothing to offer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !(self.email || self.sms || self.wallet || self.here) && self.services.is_empty()
    }
}

/// A service whose account Privy takes for a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivyService {
    /// As Privy calls it.
    pub id: String,
    /// As people call it.
    pub name: String,
}

/// How Privy sends a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeWay {
    Email,
    Sms,
}

impl CodeWay {
    /// As it stands in rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }
}

/// A code that this browser waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitedCode {
    /// How it was sent.
    pub way: CodeWay,
    /// The mailbox or number, with most of it hidden.
    pub masked: String,
}

/// `+15550100123` becomes `+15•••••23`.
#[must_use]
pub fn mask_number(number: &str) -> String {
    let letters: Vec<char> = number.chars().collect();
    if letters.len() < 6 {
        return "•••".to_owned();
    }
    let end = letters.len() - 2;
    let shown = |at: usize, letter: char| if (3..end).contains(&at) { '•' } else { letter };
    letters.iter().enumerate().map(|(at, &letter)| shown(at, letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::mask_number;

    #[test]
    fn a_number_is_recognised_and_not_told() {
        assert_eq!(mask_number("+15550100123"), "+15•••••••23");
        assert_eq!(mask_number("+4912"), "•••");
        assert_eq!(mask_number(""), "•••");
    }
}
