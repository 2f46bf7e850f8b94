use url::Url;

use crate::platform::mail::{Content, Letter, MailError};

/// The letter about a connection that no longer works.
pub fn connection_broken(service: &str, public_url: &Url) -> Result<Letter, MailError> {
    let at = |path: &str| public_url.join(path).map_or_else(|_| public_url.to_string(), |address| address.to_string());
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
            button: Some(("Look at your connections", &at("/connections"))),
            footer: "You get this mail because you have connected the service. You can switch such mails off in your \
                     settings, under Notifications.",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_the_service_and_leads_to_the_connections() {
        let letter = connection_broken("GitHub", &Url::parse("https://aura.example").unwrap()).unwrap();
        assert_eq!(letter.subject, "Connect GitHub again");
        assert!(letter.text.contains("https://aura.example/connections") && letter.html.contains("GitHub"));
    }
}
