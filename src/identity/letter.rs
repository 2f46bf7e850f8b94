//! The letter with the code and the link.

use crate::platform::mail::{Content, Letter, MailError};

/// The letter of one sign-in. `host` tells the reader which installation it is from.
pub fn sign_in(code: &str, link: &str, host: &str) -> Result<Letter, MailError> {
    let how = format!(
        "Type this code in the browser where you began to sign in to Aura at {host}, or open the link in that same browser. \
         Both work once, for 10 minutes."
    );
    Letter::compose(
        "sign_in",
        &format!("{code} is your Aura sign-in code"),
        &Content {
            title: "Your sign-in code",
            paragraphs: &[&how],
            code: Some(code),
            button: Some(("Sign in to Aura", link)),
            footer: "You get this mail because somebody typed your address into Aura's sign-in page. If it was not you, \
                     do nothing: without the code nobody gets in. Never tell it to anybody.",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_link_stand_in_both_bodies() {
        let link = "https://aura.example/verify-email?token=abc-_";
        let letter = sign_in("012345", link, "aura.example").unwrap();
        assert_eq!(letter.subject, "012345 is your Aura sign-in code");
        for body in [&letter.html, &letter.text] {
            assert!(body.contains("012345") && body.contains(link) && body.contains("at aura.example"), "{body}");
        }
    }
}
