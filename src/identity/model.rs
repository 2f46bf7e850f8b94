//! What the browser may know about people and about a sign-in under way.

use serde::{Deserialize, Serialize};

use crate::kit::id::UserId;

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
