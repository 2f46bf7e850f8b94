//! Where a browser goes after signing in: a path of this site, and nothing else.

/// Where one lands without a wish of their own.
pub const HOME: &str = "/chat";

const LONGEST: usize = 1_024;

/// The wished path if it is safe, else the home page.
///
/// Safe means: it starts with one slash, and no browser, proxy or decoder can read a host into it. So no second slash,
/// backslash, `@`, `:`, space or control character stands in the path, neither plainly nor percent-encoded, however
/// often. A query may hold more, but no backslash and no control character.
#[must_use]
pub fn safe(wish: &str) -> &str {
    if is_safe(wish) { wish } else { HOME }
}

fn is_safe(wish: &str) -> bool {
    let (path, rest) = wish.find(['?', '#']).map_or((wish, ""), |at| wish.split_at(at));
    wish.len() <= LONGEST
        && wish.is_ascii()
        && path.starts_with('/')
        && !path.contains("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'@' | b':' | b'%' | b';'))
        && !path.split('/').any(|part| part == "." || part == "..")
        && rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        // Going back to these would be a loop, or an act that nobody asked for.
        && !["/signin", "/verify-email", "/refresh", "/api"].iter().any(|&place| {
            path.strip_prefix(place).is_some_and(|after| after.is_empty() || after.starts_with('/'))
        })
}

/// The address of the sign-in page that leads back to `path`.
#[must_use]
pub fn sign_in_address(path: &str) -> String {
    handing_on("/signin", path)
}

/// The address of a place of ours that hands a wish on, where it is safe and not the home page anyway.
#[must_use]
pub fn handing_on(place: &str, wish: &str) -> String {
    if wish == HOME || !is_safe(wish) { place.to_owned() } else { format!("{place}?next={}", escape(wish)) }
}

/// Percent-encodes what is not unreserved (RFC 3986) or a slash.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            escaped.push(byte as char);
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_of_this_site_are_kept() {
        for path in ["/chat", "/chat/0192-af", "/connections?connected=github", "/", "/settings/security#sessions"] {
            assert_eq!(safe(path), path);
        }
    }

    #[test]
    fn everything_else_goes_home() {
        let payloads = [
            "",
            "chat",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/%5cevil.example",
            "/%5Cevil.example",
            "/%2fevil.example",
            "/%252fevil.example",
            "/%09//evil.example",
            "/\t/evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "/@evil.example",
            "/x@evil.example",
            "//user:word@evil.example",
            "/chat\r\nSet-Cookie: a=b",
            "/chat%0d%0aSet-Cookie:a=b",
            "/..//evil.example",
            "/./\\evil.example",
            "/chat?x=\\\\evil",
            "/ chat",
            "/\u{2024}\u{2024}/evil",
            "\u{ff0f}\u{ff0f}evil.example",
            "/api/identity/sign-out",
            "/signin?next=/signin",
            "/chat\u{0}",
        ];
        for payload in payloads {
            assert_eq!(safe(payload), HOME, "{payload:?}");
        }
        let long = format!("/{}", "a".repeat(LONGEST));
        assert_eq!(safe(&long), HOME);
    }

    #[test]
    fn the_way_back_is_escaped() {
        assert_eq!(sign_in_address("/chat"), "/signin");
        assert_eq!(sign_in_address("/connections?a=b&c=d"), "/signin?next=/connections%3Fa%3Db%26c%3Dd");
        assert_eq!(sign_in_address("//evil.example"), "/signin");
    }

    proptest! {
        #[test]
        fn no_accepted_path_leads_away(wish in "[/\\\\@:%a-z0-9.?#\t ]{0,24}") {
            let here = url::Url::parse("https://aura.example/signin").unwrap();
            let there = here.join(safe(&wish)).unwrap();
            prop_assert_eq!(there.origin(), here.origin());
        }

        #[test]
        fn no_text_at_all_leads_away(wish in any::<String>()) {
            let here = url::Url::parse("https://aura.example/signin").unwrap();
            let there = here.join(safe(&wish)).unwrap();
            prop_assert_eq!(there.origin(), here.origin());
        }
    }
}
