//! The letter with the code and the link.

use url::Url;

use super::service::Notice;
use crate::platform::mail::{Content, Letter, MailError};

/// A letter to a person about their own account.
pub fn notice(notice: &Notice<'_>, public_url: &Url) -> Result<Letter, MailError> {
    let (template, subject, said) = match notice {
        Notice::Welcome { name } => {
            ("welcome", "Welcome to Aura".to_owned(), format!("Hello {name}, your account is ready."))
        }
        Notice::NewBrowser { user_agent, address } => (
            "new_browser",
            "A new browser signed in to your Aura account".to_owned(),
            format!("A browser that calls itself «{user_agent}» signed in from {address}."),
        ),
        Notice::WayAdded { label } => {
            ("way_added", "A way to sign in was added".to_owned(), format!("{label} now opens your Aura account."))
        }
        Notice::WayRemoved { label } => (
            "way_removed",
            "A way to sign in was removed".to_owned(),
            format!("{label} no longer opens your Aura account."),
        ),
        Notice::SessionsEnded => (
            "sessions_ended",
            "Your other browsers were signed out of Aura".to_owned(),
            "Every other browser that was signed in to your account is signed out.".to_owned(),
        ),
        Notice::Suspended => (
            "suspended",
            "Your Aura account is suspended".to_owned(),
            "Nobody can sign in to it for the time being. Answer this mail if you think that this is wrong.".to_owned(),
        ),
        Notice::Restored => {
            ("restored", "Your Aura account is open again".to_owned(), "You can sign in as before.".to_owned())
        }
        Notice::RoleGranted => (
            "role_granted",
            "You now operate this Aura".to_owned(),
            "Your account may see and change what concerns the whole installation.".to_owned(),
        ),
    };
    let address = public_url.join(if template == "welcome" { "/chat" } else { "/settings/security" });
    let address = address.map_or_else(|_| public_url.to_string(), |address| address.to_string());
    let button = if template == "welcome" { "Ask something" } else { "Look at your account" };
    Letter::compose(
        template,
        &subject,
        &Content {
            title: &subject,
            paragraphs: &[&said],
            code: None,
            button: Some((button, &address)),
            footer: "You get this mail because it concerns your own account. If this was not you, look at your account \
                     now and sign out everywhere.",
        },
    )
}

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
