//! Letters that programs ask for: their codes are typed into an app.

use url::Url;

use crate::platform::mail::{Content, Letter, MailError};

/// The letter of a registration. `token` is the secret of its link.
pub fn register(code: &str, token: &str, public_url: &Url) -> Result<Letter, MailError> {
    let host = public_url.host_str().unwrap_or_default();
    let mut link = public_url.clone();
    link.set_path("/confirm-email");
    link.query_pairs_mut().append_pair("token", token);
    let how = format!(
        "Type this code into the app where you made your account at {host}, or open the link and give the password that \
         you chose. Both work once, for 10 minutes."
    );
    Letter::compose(
        "register",
        &format!("{code} confirms your address"),
        &Content {
            title: "Confirm your address",
            paragraphs: &[&how],
            code: Some(code),
            button: Some(("Confirm your address", link.as_str())),
            footer: "You get this mail because somebody typed your address to make an Aura account. If it was not you, do \
                     nothing: without the code there is no account. Never tell it to anybody.",
        },
    )
}

/// The letter to somebody who has an account, whose address was typed to make one.
pub fn has_account(public_url: &Url) -> Result<Letter, MailError> {
    let what = format!(
        "Somebody wanted to make an account with this address at {}. You have one already, so nothing was changed.",
        public_url.host_str().unwrap_or_default()
    );
    let sign_in = public_url.join("/signin").map_or_else(|_| public_url.to_string(), |address| address.to_string());
    Letter::compose(
        "has_account",
        "You have an Aura account already",
        &Content {
            title: "You have an account already",
            paragraphs: &[
                &what,
                "If it was you: sign in with a code by mail. You can then set a password in your security settings.",
            ],
            code: None,
            button: Some(("Sign in", &sign_in)),
            footer: "You get this mail because somebody typed your address to make an Aura account. If it was not you, \
                     there is nothing to do.",
        },
    )
}

/// The letter with the code that sets a new password.
pub fn recover(code: &str, host: &str) -> Result<Letter, MailError> {
    let how = format!(
        "Type this code into the app where you asked for a new password for Aura at {host}. It works once, for 10 \
         minutes. Every browser and app is signed out then."
    );
    Letter::compose(
        "recover",
        &format!("{code} sets a new password"),
        &Content {
            title: "Set a new password",
            paragraphs: &[&how],
            code: Some(code),
            button: None,
            footer: "You get this mail because somebody asked for a new password for your account. If it was not you, do \
                     nothing: your password stays. Never tell the code to anybody.",
        },
    )
}

/// The letter with the code that signs an app in.
pub fn program_code(code: &str, host: &str) -> Result<Letter, MailError> {
    let how = format!(
        "Type this code into the app where you began to sign in to Aura at {host}. It works once, for 10 minutes."
    );
    Letter::compose(
        "program_code",
        &format!("{code} is your Aura sign-in code"),
        &Content {
            title: "Your sign-in code",
            paragraphs: &[&how],
            code: Some(code),
            button: None,
            footer: "You get this mail because somebody typed your address to sign in to Aura with an app. If it was not \
                     you, do nothing: without the code nobody gets in. Never tell it to anybody.",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_where_it_is_read_and_a_link_only_where_it_does_something() {
        let public_url = Url::parse("https://aura.example").unwrap();
        let register = register("012345", "abc-_", &public_url).unwrap();
        for body in [&register.html, &register.text] {
            assert!(
                body.contains("012345") && body.contains("https://aura.example/confirm-email?token=abc-_"),
                "{body}"
            );
        }
        for letter in [recover("012345", "aura.example").unwrap(), program_code("012345", "aura.example").unwrap()] {
            assert!(letter.subject.starts_with("012345 ") && letter.text.contains("012345"), "{}", letter.text);
            assert!(!letter.text.contains("http"), "a code comes without a link: {}", letter.text);
        }
        let known = has_account(&public_url).unwrap();
        assert!(known.text.contains("https://aura.example/signin") && !known.text.contains("token"), "{}", known.text);
    }
}
