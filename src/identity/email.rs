//! Addresses as people type them, brought into the one form in which they are compared, stored and written to.

use unicode_normalization::UnicodeNormalization as _;

/// The longest address that can be delivered to (RFC 5321 §4.5.3.1.3, without the angle brackets).
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;

/// The address in its one form: NFKC, lower case, the domain in its ASCII form. `None` when it is none.
///
/// Only plain ASCII local parts are taken. That leaves out quoted ones and with them every trick with spaces, commas
/// and line ends in a mail's header; and an `＠` that merely looks like one is refused instead of repaired.
pub fn normalise(typed: &str) -> Option<String> {
    let typed = typed.trim_matches(' ');
    if typed.len() > 4 * LONGEST || typed.chars().any(|letter| letter.is_control() || is_look_alike(letter)) {
        return None;
    }
    let composed: String = typed.nfkc().collect();
    let (local, domain) = composed.split_once('@')?;
    let domain = idna::domain_to_ascii_strict(domain).ok()?.to_ascii_lowercase();
    let local = local.to_ascii_lowercase();
    let whole = format!("{local}@{domain}");
    (whole.len() <= LONGEST && is_dot_atom(&local) && is_domain(&domain)).then_some(whole)
}

/// What was typed, on one line.
pub fn one_line(typed: &str) -> String {
    typed
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A name as the profile takes it: on one line, at most 100 characters, never empty.
pub fn display_name(given: &str) -> String {
    let words: Vec<&str> = given.split(|letter: char| letter.is_whitespace() || letter.is_control()).collect();
    let name: String = words.join(" ").trim().chars().take(100).collect();
    if name.is_empty() { "Somebody".to_owned() } else { name }
}

/// What a person is called until they say otherwise: the address up to its `@`.
pub fn name_of(email: &str) -> String {
    let local = email.split('@').next().unwrap_or(email);
    local.split('+').next().filter(|name| !name.is_empty()).unwrap_or(local).to_owned()
}

/// Small, full-width and other at-signs, and dots that are none.
fn is_look_alike(letter: char) -> bool {
    matches!(letter, '\u{ff20}' | '\u{fe6b}' | '\u{ff0e}' | '\u{fe52}' | '\u{2024}')
}

fn is_dot_atom(local: &str) -> bool {
    local.len() <= LONGEST_LOCAL
        && local.split('.').all(|part| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
        })
}

fn is_domain(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    labels.len() > 1
        && labels.iter().all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
        // An address of a machine in numbers is no mailbox of a person.
        && labels.last().is_some_and(|top| !top.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_form() {
        for (typed, normal) in [
            ("mira@example.com", "mira@example.com"),
            ("  Mira@Example.COM ", "mira@example.com"),
            ("mira+aura@example.com", "mira+aura@example.com"),
            ("mira@bücher.example", "mira@xn--bcher-kva.example"),
            ("o'neil@sub.example.co.uk", "o'neil@sub.example.co.uk"),
        ] {
            assert_eq!(normalise(typed).as_deref(), Some(normal), "{typed}");
        }
    }

    #[test]
    fn what_is_no_mailbox_is_refused() {
        for typed in [
            "",
            "@",
            "mira",
            "mira@",
            "@example.com",
            "mira@localhost",
            "mira@@example.com",
            "a@b@example.com",
            "mira\u{ff20}example.com",
            "mira@example\u{2024}com",
            "mira@example.com\r\nBcc: all@example.com",
            "mira@example.com\nSubject: x",
            "\"mira x\"@example.com",
            "mira <mira@example.com>",
            "mira@example.com,b@c.de",
            "mira@example.com, b@c.de",
            ".mira@example.com",
            "mi..ra@example.com",
            "mira.@example.com",
            "mira@-example.com",
            "mira@example..com",
            "mira@[127.0.0.1]",
            "mira@127.0.0.1",
            "mi ra@example.com",
            "mira@exa mple.com",
            "mira\0@example.com",
            "mira@example.com%0d%0abcc:x@y.example",
            "міра@example.com",
        ] {
            assert_eq!(normalise(typed), None, "{typed:?}");
        }
        assert_eq!(normalise(&format!("{}@example.com", "a".repeat(65))), None);
        assert_eq!(normalise(&format!("a@{}.com", "b.".repeat(130))), None);
        assert_eq!(normalise(&"a@b.example".repeat(1_000)), None);
    }

    #[test]
    fn a_name_is_the_part_before_plus_and_at() {
        assert_eq!(name_of("mira@example.com"), "mira");
        assert_eq!(name_of("mira+aura@example.com"), "mira");
        assert_eq!(name_of("+x@example.com"), "+x");
    }
}
