//! What the browser may know about people and about a sign-in under way.

mod own;
mod wallet;

pub use own::{Activity, Confirming, Device, Happening, Security, Show};
pub use wallet::{Signed, ToSign, WalletPurpose};

use serde::{Deserialize, Serialize};

use crate::kit::id::{IdentityId, UserId};

/// The signed-in person, as their own browser sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Who it is.
    pub id: UserId,
    /// What to call them.
    pub display_name: String,
    /// Their proved address, if they have one.
    pub email: Option<String>,
    /// What they may do for the installation.
    pub role: Role,
    /// IANA name of the zone in which «today» is meant.
    pub time_zone: String,
    /// Where their picture is; none: initials are drawn.
    pub avatar: Option<String>,
}

/// Which look a person wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system is set.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// All of them, as they are offered.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As the row and the form have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// From the row or the form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }

    /// What the root element says in `data-theme`; nothing where the system decides.
    #[must_use]
    pub fn attribute(self) -> Option<&'static str> {
        (self != Self::System).then(|| self.as_str())
    }
}

/// Where a picture is, by its key.
#[must_use]
pub fn avatar_address(key: &str) -> String {
    format!("/avatars/{key}")
}

/// Whether a handle can be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// By anybody; this is its one form.
    Free { handle: String },
    /// It is or was the asker's own.
    Yours { handle: String },
    /// Not at all; a sentence says why.
    No { why: String },
}

/// What somebody may do for the installation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Use it.
    #[default]
    Member,
    /// Operate it.
    Admin,
}

/// A sign-in that waits for its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// The mailbox, with most of its letters hidden.
    pub masked_email: String,
    /// In how many seconds another mail may be asked for.
    pub resend_in: u32,
}

/// A service whose accounts open this installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// Stands in addresses: `/api/auth/signin/{id}`.
    pub id: String,
    /// As the service writes it.
    pub name: String,
    /// Whether signing in with it also connects it.
    pub connects: bool,
}

/// The ways to sign in that this installation offers beside mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ways {
    pub services: Vec<Way>,
}

/// An account elsewhere that opens a person's account here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayIn {
    pub id: IdentityId,
    /// The id of the service, for its mark.
    pub provider: String,
    /// What the service is called.
    pub name: String,
    /// What its owner knows the account by.
    pub label: String,
    /// The day it was linked: `3 February 2026`.
    pub linked_on: String,
}

/// Everything that opens a person's account, for their own eyes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaysIn {
    pub email: Option<String>,
    pub accounts: Vec<WayIn>,
    /// Services whose accounts can be linked here.
    pub linkable: Vec<Way>,
    /// An account that was shown in this browser and waits for a yes or a no: the service and the account.
    pub asked: Option<(String, String)>,
}

impl WaysIn {
    /// Whether one of them can go: the last one has to stay.
    #[must_use]
    pub fn removable(&self) -> bool {
        self.accounts.len() + usize::from(self.email.is_some()) > 1
    }
}

/// `mira@example.com` becomes `m••a@example.com`: enough to recognise, too little to learn.
#[must_use]
pub fn mask(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let mut letters = local.chars();
    match (letters.next(), letters.next_back()) {
        (Some(first), Some(last)) if local.chars().count() > 2 => format!("{first}••{last}@{domain}"),
        (Some(first), _) => format!("{first}••@{domain}"),
        (None, _) => format!("••@{domain}"),
    }
}

/// The six digits of a typed or pasted code, whatever spaces and dashes stand between them.
#[must_use]
pub fn six_digits(typed: &str) -> Option<String> {
    let digits: String = typed.chars().filter(|letter| !matches!(letter, ' ' | '-' | '\u{a0}')).collect();
    (digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_hides_the_middle() {
        assert_eq!(mask("mira@example.com"), "m••a@example.com");
        assert_eq!(mask("mo@example.com"), "m••@example.com");
        assert_eq!(mask("m@example.com"), "m••@example.com");
    }

    #[test]
    fn a_code_is_six_digits_however_it_is_pasted() {
        assert_eq!(six_digits(" 123 456 ").as_deref(), Some("123456"));
        assert_eq!(six_digits("123-456").as_deref(), Some("123456"));
        assert_eq!(six_digits("12345"), None);
        assert_eq!(six_digits("1234567"), None);
        assert_eq!(six_digits("12345a"), None);
        assert_eq!(six_digits("１２３４５６"), None);
    }
}
