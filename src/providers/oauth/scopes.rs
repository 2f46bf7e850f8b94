//! What was granted, told in the words in which it was asked for.

/// Scopes that ask for a refresh token; replies leave them out, and the token itself tells.
const OFFLINE: &[&str] = &["offline_access", "offline.access", "offline", "refresh_token"];

/// The granted scopes: each that was asked for under its own name, however the vendor writes it, then whatever else the
/// vendor names. `refreshable` is whether a refresh token came.
#[must_use]
pub fn granted(asked: &[String], told: &[String], refreshable: bool) -> Vec<String> {
    let has = |wanted: &String| {
        told.iter().any(|told| is_same(told, wanted)) || (refreshable && OFFLINE.contains(&wanted.as_str()))
    };
    let mut all: Vec<String> = asked.iter().filter(|wanted| has(wanted)).cloned().collect();
    all.extend(told.iter().filter(|told| !asked.iter().any(|wanted| is_same(told, wanted))).cloned());
    all
}

/// What was asked for and not granted.
#[must_use]
pub fn missing(asked: &[String], granted: &[String]) -> Vec<String> {
    asked.iter().filter(|wanted| !granted.contains(wanted)).cloned().collect()
}

/// Some vendors name a scope by its whole address, write it in other cases, or answer the short name of OpenID with
/// the long one.
fn is_same(told: &str, wanted: &str) -> bool {
    let told = told.to_ascii_lowercase();
    let wanted = wanted.to_ascii_lowercase();
    let last = told.rsplit('/').next().unwrap_or_default();
    let by_address =
        told.starts_with("https://") && (last == wanted || last.strip_prefix("userinfo.") == Some(&wanted));
    told == wanted || by_address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_vendors_write_otherwise_is_the_same_scope() {
        let asked = list("offline_access Mail.Read User.Read");
        let told = list("https://graph.microsoft.com/Mail.Read user.read profile");
        assert_eq!(granted(&asked, &told, true), list("offline_access Mail.Read User.Read profile"));
        assert_eq!(granted(&asked, &told, false), list("Mail.Read User.Read profile"));
        let asked = list("openid email https://www.googleapis.com/auth/drive.readonly");
        let told = list(
            "openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/drive.readonly",
        );
        assert_eq!(granted(&asked, &told, true), asked);
        assert_eq!(granted(&list("read"), &list("read_all"), true), list("read_all"));
        assert_eq!(missing(&list("a b"), &list("b c")), list("a"));
    }
}
