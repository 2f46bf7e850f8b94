//! The letters of signing in and about the account.

mod lost_mailbox;
mod programs;

use url::Url;

use super::service::Notice;
use crate::platform::{
    mail::{Content, Letter, MailError},
    security::{browser_name, shown_address},
};
pub use lost_mailbox::{mailbox_kept, new_mailbox, removed};
pub use programs::{has_account, program_code, recover, register};

/// What a letter about the account says: which it is, the subject, the sentences.
struct Said {
    template: &'static str,
    subject: &'static str,
    sentences: Vec<String>,
}

fn said(template: &'static str, subject: &'static str, sentence: impl Into<String>) -> Said {
    Said { template, subject, sentences: vec![sentence.into()] }
}

fn words(notice: &Notice<'_>) -> Said {
    match notice {
        Notice::Welcome { name } => said("welcome", "Welcome to Aura", format!("Hello {name}, your account is ready."))
            .and("Connect a service that you use already, then ask about it: your calendar, your issues, your mail."),
        Notice::NewBrowser { user_agent, address } => said(
            "new_browser",
            "A new browser signed in to your Aura account",
            format!("{} signed in from {}.", browser_name(user_agent), shown_address(address)),
        )
        .and("If this was you, there is nothing to do."),
        Notice::NewDevice { name, platform, address } => said(
            "new_device",
            "An app signed in to your Aura account",
            format!("An app {} signed in from {}. The device is called «{name}».", on(platform), shown_address(address)),
        )
        .and("If this was you, there is nothing to do."),
        Notice::RefreshReused { device } => said(
            "refresh_reused",
            "An app was signed out of your Aura account, to be safe",
            format!(
                "What keeps the app on «{device}» signed in was used twice. That happens when somebody has copied it, so \
                 we ended that sign-in: neither the app nor the copy works any more."
            ),
        )
        .and("Sign in again in the app. If you do not know the device, look at where else your account is open."),
        Notice::WayAdded { label } => {
            said("way_added", "A way to sign in was added", format!("{label} now opens your Aura account."))
        }
        Notice::WayRemoved { label } => {
            said("way_removed", "A way to sign in was removed", format!("{label} no longer opens your Aura account."))
        }
        Notice::AddressChanged { new, .. } => said(
            "address_changed",
            "The address of your Aura account was changed",
            format!("Your account now has the address {new}, and this one no longer opens it."),
        )
        .and(
            "If this was not you, bring this address back with the button. That works for 72 hours, signs out every \
             browser, and removes what was added since to sign in with.",
        ),
        Notice::AddressRestored => said(
            "address_restored",
            "Your Aura account has this address again",
            "Every browser is signed out. Sign in with a code that we send here.",
        ),
        Notice::PasswordSet { first } => {
            let (subject, what) = if *first {
                ("A password was set for your Aura account", "Your account can now also be opened with a password.")
            } else {
                ("The password of your Aura account was changed", "The former password opens nothing any more.")
            };
            said("password_set", subject, what)
        }
        Notice::ApiKeyMade { name } => said(
            "api_key_made",
            "An API key was made for your Aura account",
            format!("A program that has the key «{name}» can now act for you, within what you allowed it."),
        ),
        Notice::PhoneAdded { number } => said(
            "phone_added",
            "A number was added to your Aura account",
            format!("{number} was confirmed with a code. Nobody signs in with it."),
        ),
        Notice::PhoneRemoved { number } => said(
            "phone_removed",
            "The number of your Aura account was removed",
            format!("{number} no longer belongs to your account."),
        ),
        Notice::PasswordRecovered => said(
            "password_recovered",
            "A new password was set for your Aura account",
            "It was set with a code that we sent to this address. Every browser and app was signed out.",
        ),
        Notice::PasswordRemoved => said(
            "password_removed",
            "The password of your Aura account was removed",
            "It opens nothing any more. You sign in with a code by mail, or by a service.",
        ),
        Notice::SessionsEnded => said(
            "sessions_ended",
            "Devices were signed out of your Aura account",
            "You signed out other browsers and apps from one of yours. They have to sign in again.",
        ),
        Notice::Leaves { on } => said(
            "leaves",
            "Your Aura account will be removed",
            format!("You asked us to remove your account. That happens on {on}, with everything in it."),
        )
        .and("You are signed out everywhere. If you sign in before that day, the account stays and nothing is removed."),
        Notice::Stays => said(
            "stays",
            "Your Aura account stays",
            "You have signed in, so your account is not removed. Everything is as it was.",
        )
        .and("To remove it after all, ask for it once more in your settings."),
        Notice::MailboxAsked { new, until, .. } => said(
            "mailbox_asked",
            "Somebody wants another address for your Aura account",
            format!(
                "Somebody says that they cannot open this mailbox any more, and asks us to give your account the address \
                 {new} instead. The people who run this Aura decide about it after {until} (UTC)."
            ),
        )
        .and("If you read this, you can stop it: with the button, or by signing in. If it was you, there is nothing to do."),
        Notice::MailboxKept => said(
            "mailbox_stopped",
            "The address of your Aura account stays as it is",
            "Somebody had asked for another address for your account. That is stopped, because you signed in or said no.",
        ),
        Notice::MailboxReplaced { new } => said(
            "mailbox_replaced",
            "Your Aura account has another address",
            format!(
                "Somebody could not open the mailbox of the account and asked for another one. Nobody objected for a \
                 week, and the people who run this Aura agreed: the account now has the address {new}."
            ),
        )
        .and("Everything was signed out. If this is wrong, write to the people who run this Aura."),
        Notice::Suspended => said(
            "suspended",
            "Your Aura account is suspended",
            "Nobody can sign in to it for the time being. Write to the people who run this Aura if you think that this \
             is wrong.",
        ),
        Notice::Restored => said("restored", "Your Aura account is open again", "You can sign in as before."),
        Notice::RoleGranted => said(
            "role_granted",
            "You now operate this Aura",
            "Your account may see and change what concerns the whole installation. You were signed out, and can sign in \
             as before.",
        ),
        Notice::RoleTaken => said(
            "role_taken",
            "You no longer operate this Aura",
            "Your account is an ordinary one again. You were signed out, and can sign in as before.",
        ),
        Notice::SignedOutByOperator => said(
            "signed_out_by_operator",
            "You were signed out of Aura",
            "Somebody who runs this Aura has signed out all your browsers and apps. You can sign in as before.",
        ),
    }
}

/// «on iOS», by the name of a platform in a row.
pub fn on(platform: &str) -> &'static str {
    match platform {
        "ios" => "on iOS",
        "android" => "on Android",
        "macos" => "on macOS",
        "windows" => "on Windows",
        "linux" => "on Linux",
        "web" => "on the web",
        _ => "on a device",
    }
}

impl Said {
    fn and(mut self, sentence: &str) -> Self {
        self.sentences.push(sentence.to_owned());
        self
    }
}

/// The same as the app tells it: a title and a sentence. Letters speak of the mailbox that they lie in, the app cannot.
pub fn in_app(notice: &Notice<'_>) -> (String, String) {
    let Said { subject, sentences, .. } = words(notice);
    let body = match notice {
        Notice::AddressChanged { new, .. } => {
            format!(
                "Your account now has the address {new}. The one before got a mail that brings it back for 72 hours."
            )
        }
        Notice::AddressRestored => {
            "Your account has the address again that it had before. Every browser was signed out.".to_owned()
        }
        Notice::MailboxAsked { new, until, .. } => format!(
            "Somebody says that they cannot open your mailbox any more, and asks us to give your account the address {new} \
             instead. It is decided after {until} (UTC), unless you stop it."
        ),
        _ => sentences.into_iter().next().unwrap_or_default(),
    };
    let title = match notice {
        Notice::AddressRestored => "Your account has its former address again",
        _ => subject,
    };
    (title.to_owned(), body)
}

/// A letter to a person about their own account.
pub fn notice(notice: &Notice<'_>, public_url: &Url) -> Result<Letter, MailError> {
    let Said { template, subject, sentences } = words(notice);
    let at = |path: &str| public_url.join(path).map_or_else(|_| public_url.to_string(), |address| address.to_string());
    let (button, address) = match notice {
        Notice::Welcome { .. } => ("Ask something", at("/chat")),
        Notice::AddressChanged { undo, .. } => ("Bring this address back", (*undo).to_owned()),
        Notice::MailboxAsked { stop, .. } => ("Stop it", (*stop).to_owned()),
        Notice::Leaves { .. } => ("Sign in and stay", at("/signin")),
        Notice::MailboxReplaced { .. } => ("Sign in", at("/signin")),
        Notice::AddressRestored | Notice::Restored => ("Sign in", at("/signin")),
        Notice::Suspended => ("Go to Aura", at("/")),
        _ => ("Look at your account", at("/settings/security")),
    };
    let footer = match notice {
        Notice::Welcome { .. } => "You get this mail once, because you made an account with this address.",
        Notice::AddressChanged { .. } => {
            "You get this mail because this address belonged to the account. If you made the change yourself, there is \
             nothing to do."
        }
        Notice::Suspended | Notice::Restored | Notice::MailboxAsked { .. } | Notice::MailboxReplaced { .. } => {
            "You get this mail because it concerns your own account."
        }
        _ => {
            "You get this mail because it concerns your own account. If this was not you, look at your account now and \
             sign out everywhere."
        }
    };
    let paragraphs: Vec<&str> = sentences.iter().map(String::as_str).collect();
    let content =
        Content { title: subject, paragraphs: &paragraphs, code: None, button: Some((button, &address)), footer };
    Letter::compose(template, subject, &content)
}

/// The letter with the code that proves anew who somebody is.
pub fn prove(code: &str, host: &str) -> Result<Letter, MailError> {
    let how = format!(
        "Type this code in the browser where Aura at {host} asked you to confirm that it is you. It works once, there, \
         for 10 minutes."
    );
    Letter::compose(
        "prove",
        &format!("{code} confirms that it is you"),
        &Content {
            title: "Confirm that it is you",
            paragraphs: &[&how],
            code: Some(code),
            button: None,
            footer: "You get this mail because somebody who is signed in to your account wants to change something \
                     important. If it was not you, tell nobody the code and sign out everywhere.",
        },
    )
}

/// The letter with the code that proves that a new address is somebody's.
pub fn confirm_address(code: &str, host: &str) -> Result<Letter, MailError> {
    let how = format!(
        "Somebody wants to use this address for their Aura account at {host}. If it was you, type this code where you \
         typed the address. It works once, there, for 10 minutes."
    );
    Letter::compose(
        "confirm_address",
        &format!("{code} confirms your new address"),
        &Content {
            title: "Confirm your new address",
            paragraphs: &[&how],
            code: Some(code),
            button: None,
            footer: "You get this mail because somebody typed your address into their account's settings. If it was \
                     not you, do nothing: without the code it does not become theirs. Never tell it to anybody.",
        },
    )
}

/// The letter to somebody whose address another account wanted to have.
pub fn address_known(host: &str) -> Result<Letter, MailError> {
    let what = format!(
        "Somebody wanted to use this address for their Aura account at {host}. It belongs to an account already, so \
         nothing was changed."
    );
    Letter::compose(
        "address_known",
        "Your address belongs to an Aura account already",
        &Content {
            title: "This address is taken, by you",
            paragraphs: &[&what, "If it was you: sign in with this address instead, or change it there first."],
            code: None,
            button: None,
            footer: "You get this mail because somebody typed your address into their account's settings. If it was not \
                     you, there is nothing to do.",
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
    fn every_notice_is_a_letter_that_says_what_to_do() {
        let public_url = Url::parse("https://aura.example").unwrap();
        let undo = "https://aura.example/undo-email?token=abc";
        let notices = [
            (Notice::Welcome { name: "<b>Mira</b>" }, "welcome", "/chat"),
            (Notice::NewBrowser { user_agent: "curl/8", address: "192.0.2.7" }, "new_browser", "/settings/security"),
            (
                Notice::NewDevice { name: "<b>Mira's phone</b>", platform: "ios", address: "192.0.2.7" },
                "new_device",
                "/settings/security",
            ),
            (Notice::RefreshReused { device: "<b>Mira's phone</b>" }, "refresh_reused", "/settings/security"),
            (Notice::WayAdded { label: "GitHub (mira)" }, "way_added", "/settings/security"),
            (Notice::WayRemoved { label: "GitHub (mira)" }, "way_removed", "/settings/security"),
            (Notice::AddressChanged { new: "m••a@new.example", undo }, "address_changed", "/undo-email?token=abc"),
            (Notice::AddressRestored, "address_restored", "/signin"),
            (Notice::PasswordSet { first: true }, "password_set", "/settings/security"),
            (Notice::PasswordSet { first: false }, "password_set", "/settings/security"),
            (Notice::PasswordRecovered, "password_recovered", "/settings/security"),
            (Notice::ApiKeyMade { name: "backup" }, "api_key_made", "/settings/security"),
            (Notice::PasswordRemoved, "password_removed", "/settings/security"),
            (Notice::PhoneAdded { number: "+49••••89" }, "phone_added", "/settings/security"),
            (Notice::PhoneRemoved { number: "+49••••89" }, "phone_removed", "/settings/security"),
            (Notice::Leaves { on: "19 March, 12:00" }, "leaves", "/signin"),
            (Notice::Stays, "stays", "/settings/security"),
            (
                Notice::MailboxAsked {
                    new: "m••a@new.example",
                    until: "19 March, 12:00",
                    stop: "https://aura.example/stop-recovery?token=abc",
                },
                "mailbox_asked",
                "/stop-recovery?token=abc",
            ),
            (Notice::MailboxKept, "mailbox_stopped", "/settings/security"),
            (Notice::MailboxReplaced { new: "m••a@new.example" }, "mailbox_replaced", "/signin"),
            (Notice::SessionsEnded, "sessions_ended", "/settings/security"),
            (Notice::Suspended, "suspended", "/"),
            (Notice::Restored, "restored", "/signin"),
            (Notice::RoleGranted, "role_granted", "/settings/security"),
            (Notice::RoleTaken, "role_taken", "/settings/security"),
            (Notice::SignedOutByOperator, "signed_out_by_operator", "/settings/security"),
        ];
        for (one, template, leads_to) in notices {
            let letter = notice(&one, &public_url).unwrap();
            assert_eq!(letter.template, template);
            let (title, body) = in_app(&one);
            assert!(!title.is_empty() && body.ends_with('.'), "{template}: {body}");
            assert!(
                !body.contains("token=") && !body.contains("192.0.2.7"),
                "what opens something is in the letter: {body}"
            );
            assert!(
                !body.contains("this mailbox") && !body.contains("this one") && !body.contains("send here"),
                "{body}"
            );
            assert!(letter.text.contains(&format!("https://aura.example{leads_to}")), "{}", letter.text);
            assert!(letter.html.contains("prefers-color-scheme") && !letter.html.contains("<b>Mira"), "{template}");
            assert!(!letter.text.contains("192.0.2.7"), "the last part of an address is hidden");
        }
    }

    #[test]
    fn only_who_may_have_the_code_gets_it() {
        for letter in [prove("012345", "aura.example").unwrap(), confirm_address("012345", "aura.example").unwrap()] {
            assert!(letter.subject.starts_with("012345 ") && letter.text.contains("012345"), "{}", letter.text);
            assert!(letter.html.contains("012345") && !letter.text.contains("http"), "a code comes without a link");
        }
        let known = address_known("aura.example").unwrap();
        assert!(!known.text.contains("code, for 10 minutes") && !known.html.contains("http://aura"), "{}", known.text);
    }

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
