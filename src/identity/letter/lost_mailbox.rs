//! Letters to whoever wants another address for an account whose mailbox they cannot open, and the last one to somebody
//! who left.

use url::Url;

use crate::platform::mail::{Content, Letter, MailError};

/// The letter with the code that proves the new address.
pub fn new_mailbox(code: &str, host: &str) -> Result<Letter, MailError> {
    let how = format!(
        "Somebody who cannot open their mailbox wants to use this address for their Aura account at {host}. If it was \
         you, type this code where you typed the address. It works once, there, for 10 minutes."
    );
    Letter::compose(
        "new_mailbox",
        &format!("{code} confirms your new address"),
        &Content {
            title: "Confirm your new address",
            paragraphs: &[&how],
            code: Some(code),
            button: None,
            footer: "You get this mail because somebody typed your address. If it was not you, do nothing: without the \
                     code nothing happens. Never tell it to anybody.",
        },
    )
}

/// Tells the asker that the account keeps the address that it has.
pub fn mailbox_kept(host: &str) -> Result<Letter, MailError> {
    let what = format!(
        "You asked for this address to take the place of another one of an Aura account at {host}. That was stopped, by \
         the owner of the account or by the people who run this Aura. Nothing was changed."
    );
    Letter::compose(
        "mailbox_kept",
        "The address of the account stays as it is",
        &Content {
            title: "Nothing was changed",
            paragraphs: &[
                &what,
                "If the account is yours and you can sign in to it in any way, change its address there.",
            ],
            code: None,
            button: None,
            footer: "You get this mail because a code that we sent to this address was typed into Aura.",
        },
    )
}

/// The last letter to somebody whose account was removed.
pub fn removed(public_url: &Url) -> Result<Letter, MailError> {
    let host = public_url.host_str().unwrap_or_default();
    let what = format!(
        "Your account at {host} and what belonged to it is removed: your profile, your conversations, your connections \
         and your files. We asked each connected service to take our access back."
    );
    Letter::compose(
        "removed",
        "Your Aura account is removed",
        &Content {
            title: "Your account is removed",
            paragraphs: &[
                &what,
                "What stays for a while is a log of what happened to the account, without your name and address.",
            ],
            code: None,
            button: None,
            footer: "You get this last mail because you asked us to remove the account. There is nothing to do.",
        },
    )
}
