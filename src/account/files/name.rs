//! Names of files, as people see them.

use percent_encoding::percent_decode_str;
use unicode_normalization::UnicodeNormalization as _;

use crate::account::model::is_hidden;

/// In characters.
pub const LONGEST: usize = 200;
/// So often a name may be encoded over and over.
const UNWRAPPED: usize = 5;

/// The last part of whatever path was sent, on one line, with nothing in it that hides, turns text around or means
/// something to a file system; `None` where nothing is left. Its extension stays, however long it is.
pub fn clean(sent: &str) -> Option<String> {
    let mut name = sent.to_owned();
    for _ in 0..UNWRAPPED {
        let Ok(decoded) = percent_decode_str(&name).decode_utf8() else { break };
        if decoded == name {
            break;
        }
        name = decoded.into_owned();
    }
    let last = name.rsplit(['/', '\\', '\0']).find(|part| !part.trim().is_empty())?;
    let shown: String = last
        .nfc()
        .filter(|sign| !is_hidden(*sign))
        .map(|sign| match sign {
            '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
            sign if sign.is_control() || sign.is_whitespace() => ' ',
            sign => sign,
        })
        .collect();
    let words: Vec<&str> = shown.split(' ').filter(|word| !word.is_empty()).collect();
    let name = words.join(" ");
    let name = name.trim_matches(['.', ' ']);
    if !name.chars().any(char::is_alphanumeric) {
        return None;
    }
    Some(shortened(name))
}

/// What stands behind the last dot, in small letters.
pub fn extension(name: &str) -> Option<String> {
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
}

fn shortened(name: &str) -> String {
    let letters = name.chars().count();
    if letters <= LONGEST {
        return name.to_owned();
    }
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let extension: String = extension.chars().take(20).collect();
    let stem: String = stem.chars().take(LONGEST - extension.chars().count() - 1).collect();
    if extension.is_empty() { stem } else { format!("{stem}.{extension}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_last_part_of_what_was_sent() {
        for (sent, name) in [
            ("report.pdf", Some("report.pdf")),
            ("  Über  mich.txt ", Some("Über mich.txt")),
            ("../../etc/passwd.txt", Some("passwd.txt")),
            ("..\\..\\windows\\system.ini.txt", Some("system.ini.txt")),
            ("%2e%2e%2fetc%2fpasswd.txt", Some("passwd.txt")),
            ("%252e%252e%252fpasswd.txt", Some("passwd.txt")),
            ("/tmp/", Some("tmp")),
            ("a.txt\0.png", Some("png")),
            ("evil.txt%00.png", Some("png")),
            ("100%.txt", Some("100%.txt")),
            ("a\r\nSet-Cookie: b.txt", Some("a Set-Cookie_ b.txt")),
            ("photo\u{202e}gnp.exe", Some("photognp.exe")),
            ("e\u{301}.txt", Some("é.txt")),
            (".htaccess", Some("htaccess")),
            ("name.txt. . .", Some("name.txt")),
            ("..", None),
            ("", None),
            ("   ", None),
            ("\u{200b}", None),
            ("///", None),
        ] {
            assert_eq!(clean(sent).as_deref(), name, "{sent:?}");
        }
        let long = clean(&format!("{}.pdf", "ü".repeat(400))).unwrap();
        assert_eq!((long.chars().count(), extension(&long).as_deref()), (LONGEST, Some("pdf")));
        assert!(clean(&"a".repeat(400)).unwrap().chars().count() <= LONGEST);
        assert!(clean(&format!("a.{}", "b".repeat(400))).unwrap().chars().count() <= LONGEST);
    }
}
