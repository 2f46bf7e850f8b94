//! The letter about a profile that everybody can see from now on.

use crate::platform::mail::{Content, Letter, MailError};

/// Tells its owner where it is; `again` where only what it shows has changed.
pub fn published(address: &str, again: bool) -> Result<Letter, MailError> {
    let (subject, title) = if again {
        ("Your music profile shows your changes", "Your changes are public")
    } else {
        ("Your music profile is public", "Your profile is public")
    };
    let what = format!("Everybody who has this address sees what you chose to show: {address}");
    let back = "You can change what it shows, or take it back, at any time under Music, Profile.";
    Letter::compose(
        "profile_published",
        subject,
        &Content {
            title,
            paragraphs: &[&what, back],
            code: None,
            button: Some(("Look at it", address)),
            footer: "You get this mail because your music profile was published from your account.",
        },
    )
}

/// Tells an operator that somebody reported a profile. The words are the reader's own.
pub fn reported(handle: &str, reason: &str, words: &str, profile: &str, page: &str) -> Result<Letter, MailError> {
    let what = format!("Somebody reported the profile {profile}: {reason}. They wrote:");
    let then = "Further reports of this profile within a day are kept and send no mail. Who reported it is not known.";
    Letter::compose(
        "profile_reported",
        &format!("The profile @{handle} was reported"),
        &Content {
            title: "A profile was reported",
            paragraphs: &[&what, words, then],
            code: None,
            button: Some(("Look at the account", page)),
            footer: "You get this mail because you act for this installation.",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_the_address_and_the_way_back() {
        let letter = published("https://aura.example/@mira", false).unwrap();
        assert!(letter.text.contains("https://aura.example/@mira") && letter.text.contains("take it back"));
        assert_ne!(letter.subject, published("https://aura.example/@mira", true).unwrap().subject);
    }
}
