//! What a mail says, as a page and as plain text.

use askama::Template;
use mrml::prelude::render::RenderOptions;
use serde::{Deserialize, Serialize};

use super::MailError;

/// A finished letter.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Which template it came from, for the outbox's table.
    pub template: String,
    /// The subject line.
    pub subject: String,
    /// The body for readers that show pages.
    pub html: String,
    /// The body for all others.
    pub text: String,
}

/// What a letter in the house's layout says.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// The heading.
    pub title: &'a str,
    /// What stands below it.
    pub paragraphs: &'a [&'a str],
    /// A code to type, in large figures.
    pub code: Option<&'a str>,
    /// A label and the address it leads to.
    pub button: Option<(&'a str, &'a str)>,
    /// Why this mail came, in small print.
    pub footer: &'a str,
}

#[derive(Template)]
#[template(path = "platform/mail/layout.mjml", escape = "html")]
struct Page<'a> {
    content: &'a Content<'a>,
    preview: &'a str,
}

#[derive(Template)]
#[template(path = "platform/mail/layout.txt", escape = "none")]
struct Text<'a> {
    content: &'a Content<'a>,
}

impl Letter {
    /// A letter in the house's layout. Everything in it is escaped.
    pub fn compose(template: &str, subject: &str, content: &Content<'_>) -> Result<Self, MailError> {
        let preview = content.paragraphs.first().copied().unwrap_or(content.title);
        let mjml = Page { content, preview }.render()?;
        let text = Text { content }.render()?;
        Self::from_mjml(template, subject, &mjml, text)
    }

    /// A letter from a template of its own, whose values are escaped already.
    pub fn from_mjml(template: &str, subject: &str, mjml: &str, text: String) -> Result<Self, MailError> {
        let parsed = mrml::parse(mjml).map_err(|error| MailError::Layout(error.to_string()))?;
        let html =
            parsed.element.render(&RenderOptions::default()).map_err(|error| MailError::Layout(error.to_string()))?;
        // A line break in a subject would begin a new header.
        let subject = subject.split(|c: char| c.is_control()).collect::<Vec<_>>().join(" ");
        Ok(Self { template: template.to_owned(), subject, html, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_stays_text() {
        let nasty = "<script>alert(1)</script> & \"Ada\" {{ code }} </mj-text>";
        let content = Content {
            title: nasty,
            paragraphs: &[nasty],
            code: Some("123456"),
            button: Some((nasty, "https://aura.example/x?a=1&b=\"2\"")),
            footer: nasty,
        };
        let letter = Letter::compose("sign_in", "One\r\nBcc: x@example.com", &content).unwrap();
        assert!(!letter.html.contains("<script"), "{}", letter.html);
        assert!(!letter.html.contains("b=\"2\""), "{}", letter.html);
        assert!(letter.html.contains("alert(1)") && letter.html.contains("123456"));
        assert!(
            letter.text.contains(nasty)
                && letter.text.contains("123456")
                && letter.text.contains("https://aura.example/x?a=1&b=\"2\"")
        );
        assert!(!letter.subject.contains(['\r', '\n']));
        assert!(letter.html.len() < 100_000);
    }
}
