use url::Url;

use crate::platform::mail::{Content, Letter, MailError};

const FOOTER: &str = "You get this mail because you have connected the service. You can switch such mails off in your \
                      settings, under Notifications.";

fn at(path: &str, public_url: &Url) -> String {
    public_url.join(path).map_or_else(|_| public_url.to_string(), |address| address.to_string())
}

/// The letter about a connection that no longer works; `path` is the page of ours where it is mended.
pub fn connection_broken(service: &str, path: &str, public_url: &Url) -> Result<Letter, MailError> {
    let what = format!(
        "{service} no longer lets Aura read for you: the access was taken back there, or has ended. Until you connect it \
         again, Aura answers without it."
    );
    Letter::compose(
        "connection_broken",
        &format!("Connect {service} again"),
        &Content {
            title: "A connection no longer works",
            paragraphs: &[&what],
            code: None,
            button: Some(("Look at the connection", &at(path, public_url))),
            footer: FOOTER,
        },
    )
}

/// The letter about a consent that ends soon; `when` is written as «in 3 days».
pub fn connection_ends(service: &str, when: &str, path: &str, public_url: &Url) -> Result<Letter, MailError> {
    let what = format!(
        "{service} gives access for a limited time only, and yours ends {when}. Connect it again before that: it takes one \
         sign-in there, and nothing that you have set up here is lost."
    );
    Letter::compose(
        "connection_ends",
        &format!("Your access to {service} ends {when}"),
        &Content {
            title: "A connection ends soon",
            paragraphs: &[&what],
            code: None,
            button: Some(("Look at the connection", &at(path, public_url))),
            footer: FOOTER,
        },
    )
}

/// The letter about an address to which nothing is posted any more; `why` is a sentence.
pub fn webhook_off(host: &str, why: &str, path: &str, public_url: &Url) -> Result<Letter, MailError> {
    let what = format!("Aura no longer posts events to {host}. {why}");
    let mend = "Mend what receives them, switch the webhook on again, and let Aura post again what failed.";
    Letter::compose(
        "webhook_off",
        &format!("The webhook at {host} was switched off"),
        &Content {
            title: "A webhook was switched off",
            paragraphs: &[&what, mend],
            code: None,
            button: Some(("Look at the webhook", &at(path, public_url))),
            footer: "You get this mail because you have registered a webhook. You can switch such mails off in your settings, \
                     under Notifications.",
        },
    )
}

/// The letter about what happened in a team. The title has the team's name in it, which is its members' own word.
pub fn team(title: &str, body: &str, path: &str, public_url: &Url) -> Result<Letter, MailError> {
    Letter::compose(
        "team",
        title,
        &Content {
            title,
            paragraphs: &[body],
            code: None,
            button: Some(("Look at the team", &at(path, public_url))),
            footer: "You get this mail because you are or were in the team. You can switch such mails off in your settings, \
                     under Notifications.",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_name_the_service_and_lead_to_the_connection() {
        let url = Url::parse("https://aura.example").unwrap();
        let letter = connection_broken("GitHub", "/connections/7", &url).unwrap();
        assert_eq!(letter.subject, "Connect GitHub again");
        assert!(letter.text.contains("https://aura.example/connections/7") && letter.html.contains("GitHub"));
        let letter = connection_ends("Spotify", "in 14 days", "/connections/7", &url).unwrap();
        assert_eq!(letter.subject, "Your access to Spotify ends in 14 days");
        assert!(letter.text.contains("https://aura.example/connections/7") && letter.html.contains("in 14 days"));
        let letter = team("You own «A & B» now", "It was given to you.", "/team?team=7", &url).unwrap();
        assert_eq!(letter.subject, "You own «A & B» now");
        assert!(letter.text.contains("https://aura.example/team?team=7") && !letter.html.contains("A & B"));
    }
}
