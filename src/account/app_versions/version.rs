use semver::{BuildMetadata, Version};

const LONGEST: usize = 50;

/// Reads a version as apps write it: semantic versioning 2.0, where `2` and `2.4` mean `2.0.0` and `2.4.0`. `None` for
/// all else.
pub(super) fn read(text: &str) -> Option<Version> {
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let core = text.find(['-', '+']).map_or(text, |end| &text[..end]);
    let missing = match core.split('.').count() {
        1 => ".0.0",
        2 => ".0",
        _ => "",
    };
    let whole = format!("{core}{missing}{}", &text[core.len()..]);
    Version::parse(&whole).ok()
}

/// As rows have it: what was built does not tell two versions apart.
pub(super) fn written(version: &Version) -> String {
    Version { build: BuildMetadata::EMPTY, ..version.clone() }.to_string()
}

/// Whether `version` comes before `minimum`.
pub(super) fn is_older(version: &Version, minimum: &Version) -> bool {
    version.cmp_precedence(minimum).is_lt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn av_01_versions_are_compared_as_semantic_versioning_says() {
        // What an app says, the minimum, and whether the app is too old; none: it says no version.
        let table: [(&str, &str, Option<bool>); 34] = [
            ("2.4.0", "2.4.0", Some(false)),
            ("2.3.9", "2.4.0", Some(true)),
            ("2.4.1", "2.4.0", Some(false)),
            ("1.99.99", "2.0.0", Some(true)),
            ("10.0.0", "9.9.9", Some(false)),
            ("2.10.0", "2.9.0", Some(false)),
            ("2.9.0", "2.10.0", Some(true)),
            ("0.0.1", "0.0.2", Some(true)),
            ("2", "2.0.0", Some(false)),
            ("2", "2.0.1", Some(true)),
            ("2.4", "2.4.0", Some(false)),
            ("2.4", "2.4.1", Some(true)),
            ("2.4.0-beta", "2.4.0", Some(true)),
            ("2.4.0", "2.4.0-beta", Some(false)),
            ("2.4.0-alpha", "2.4.0-beta", Some(true)),
            ("2.4.0-beta.2", "2.4.0-beta.11", Some(true)),
            ("2.4.0-beta.11", "2.4.0-beta.2", Some(false)),
            ("2.4.0-1", "2.4.0-alpha", Some(true)),
            ("2.4.0-alpha.1", "2.4.0-alpha", Some(false)),
            ("2.4-rc.1", "2.4.0", Some(true)),
            ("2.4.0+build.7", "2.4.0", Some(false)),
            ("2.4.0", "2.4.0+build.7", Some(false)),
            ("2.4.0+1", "2.4.0+2", Some(false)),
            ("2.4.0-rc.1+x", "2.4.0-rc.1", Some(false)),
            ("02.4.0", "2.4.0", None),
            ("2.04.0", "2.4.0", None),
            ("2.4.0-01", "2.4.0", None),
            ("v2.4.0", "2.4.0", None),
            ("2.4.0.1", "2.4.0", None),
            ("2..0", "2.4.0", None),
            ("", "2.4.0", None),
            (" 2.4.0", "2.4.0", None),
            ("-1.0.0", "2.4.0", None),
            ("99999999999999999999.0.0", "2.4.0", None),
        ];
        for (says, minimum, old) in table {
            let minimum = read(minimum).unwrap();
            assert_eq!(read(says).map(|version| is_older(&version, &minimum)), old, "{says} with {minimum}");
        }
        assert_eq!(read(&"9".repeat(51)), None);
        assert_eq!(written(&read("2.4-rc.1+build").unwrap()), "2.4.0-rc.1");
    }
}
