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
        let (title, footer) = (printable(content.title), printable(content.footer));
        let paragraphs: Vec<_> = content.paragraphs.iter().copied().map(printable).collect();
        let paragraphs: Vec<_> = paragraphs.iter().map(String::as_str).collect();
        let button = content.button.map(|(label, address)| (printable(label), address));
        let content = &Content {
            title: &title,
            paragraphs: &paragraphs,
            code: content.code,
            button: button.as_ref().map(|(label, address)| (label.as_str(), *address)),
            footer: &footer,
        };
        let mjml = Page { content, preview: paragraphs.first().copied().unwrap_or(&title) }.render()?;
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

/// Without what the layout's parser takes for a broken file: a name must not keep a letter from being written.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, '\n' | '\t') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(words: &str) -> Letter {
        let content = Content {
            title: words,
            paragraphs: &[words, words],
            code: Some("123456"),
            button: Some((words, "https://aura.example/x?a=1&b=\"2\"")),
            footer: words,
        };
        Letter::compose("sign_in", "A subject", &content).unwrap()
    }

    /// The elements and their attributes' names, without what stands between and in them.
    fn skeleton(html: &str) -> Vec<String> {
        let tags = html.split('<').skip(1).filter_map(|tag| tag.split_once('>')).map(|(tag, _)| tag);
        tags.map(|tag| {
            let outside: String = tag.split('"').step_by(2).collect();
            outside.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect()
    }

    #[test]
    fn ml_13_what_people_wrote_stays_text() {
        let plain = skeleton(&letter("Ada").html);
        for nasty in [
            "<script>alert(1)</script> & \"Ada\" {{ code }} </mj-text>",
            "<img src=x onerror=alert(1)>",
            "\"><svg/onload=alert(1)>",
            "'-alert(1)-'",
            "</title><script>alert(1)</script>",
            "</mj-text><mj-raw><iframe src=//evil.example></iframe></mj-raw><mj-text>",
            "<!--[if mso]><b>x</b><![endif]-->",
            "<!-- open",
            "]]><script>alert(1)</script>",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "&#60;img src=x onerror=alert(1)&#62;",
            "<a href=\"javascript:alert(1)\">Ada</a>",
            "{% include \"x\" %}{{ 7*7 }}",
            "<style>body{background:url(//evil.example)}</style>",
            "\u{202e}adA \u{feff}<b\u{0}>",
            "bell \u{7} \u{1b}[31m \u{ffff}\u{fffe}\u{85}",
        ] {
            let letter = letter(nasty);
            assert_eq!(skeleton(&letter.html), plain, "{nasty}: {}", letter.html);
            assert!(letter.text.contains(&printable(nasty)) && !letter.text.contains("49"), "{nasty}: {}", letter.text);
        }
    }

    #[test]
    fn ml_14_a_letter_calls_nobody_and_is_not_cut_off() {
        let letter = letter(&"Some words. ".repeat(100));
        // Gmail cuts off what is longer than 102 kB.
        assert!(letter.html.len() < 100_000);
        for calls in ["<img", "src=", "url(", "@import", "<link", "<script"] {
            assert!(!letter.html.contains(calls), "{calls}: {}", letter.html);
        }
        assert!(letter.html.contains("prefers-color-scheme: dark") && letter.html.contains("lang=\"en\""));
        assert!(letter.html.contains("123456") && !letter.html.contains("b=\"2\""));
        assert!(letter.text.contains("123456") && letter.text.contains("https://aura.example/x?a=1&b=\"2\""));
    }

    #[test]
    fn a_subject_is_one_line() {
        let content = Content { title: "x", paragraphs: &[], code: None, button: None, footer: "x" };
        let letter = Letter::compose("sign_in", "One\r\nBcc: x@example.com\u{0}", &content).unwrap();
        assert!(!letter.subject.contains(char::is_control), "{:?}", letter.subject);
    }
}
