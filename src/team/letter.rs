//! The letter of an invitation.

use url::Url;

use crate::platform::mail::{Content, Letter, MailError};

/// The page that the link of an invitation opens.
pub const PAGE: &str = "/team/join";

/// Invites to a team. The names are other people's words: they stand in the body as what they are, and not in the
/// subject, where a mailbox shows them as ours.
pub fn invitation(inviter: &str, team: &str, token: &str, public_url: &Url) -> Result<Letter, MailError> {
    let mut address = public_url.clone();
    address.set_path(PAGE);
    address.set_query(Some(&format!("token={token}")));
    let host = public_url.host_str().unwrap_or_default();
    let who = format!("{inviter} invites you to the team «{team}» in the Aura at {host}.");
    let what = "Whoever is in a team asks their questions on its plan. What you ask and what you connect stays yours: \
                nobody else in the team sees it.";
    let how = "The link is for this address alone and works once, for 7 days. If you have no account yet, sign in with \
               this address, and it is made.";
    Letter::compose(
        "team_invitation",
        "You are invited to a team in Aura",
        &Content {
            title: "You are invited to a team",
            paragraphs: &[&who, what, how],
            code: None,
            button: Some(("Look at the invitation", address.as_str())),
            footer: "You get this mail because a member of the team typed your address. If you do not want to join, do \
                     nothing.",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_who_to_what_and_where() {
        let url = Url::parse("https://aura.example").unwrap();
        let letter = invitation("Mira", "The <b>Band</b>", "abc_-1", &url).unwrap();
        assert_eq!(letter.subject, "You are invited to a team in Aura");
        assert!(letter.text.contains("Mira invites you to the team «The <b>Band</b>»"), "{}", letter.text);
        assert!(letter.text.contains("https://aura.example/team/join?token=abc_-1"), "{}", letter.text);
        assert!(letter.html.contains("Band") && !letter.html.contains("<b>Band"));
    }
}
