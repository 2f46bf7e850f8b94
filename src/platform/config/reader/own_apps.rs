//! The secret under which apps that people bring are sealed.

use secrecy::{ExposeSecret as _, SecretString};

use super::{Reader, SECRET_LENGTH, is_weak};

const KEY: &str = "SPOTIFY_USER_SECRET_KEY";
const PREVIOUS: &str = "SPOTIFY_USER_SECRET_KEY_PREVIOUS";
const MAKE: &str = "make one with: openssl rand -base64 48";

impl Reader<'_> {
    /// The secret that writes, then the one that is being replaced; empty where people bring no apps.
    pub(super) fn own_app_secrets(&mut self) -> Vec<SecretString> {
        let Some(current) = self.secret(KEY) else { return Vec::new() };
        let text = current.expose_secret();
        if !self.development() && text.len() < SECRET_LENGTH {
            self.errors.add(KEY, format!("is shorter than {SECRET_LENGTH} bytes; {MAKE}"));
        } else if !self.development() && is_weak(text) {
            self.errors.add(KEY, format!("repeats itself too much to be random; {MAKE}"));
        }
        [Some(current), self.secret(PREVIOUS)].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::config::Variables;

    const LONG: &str = "a secret of this installation, long enough";

    fn read(environment: &str, secrets: &[(&str, &str)]) -> (usize, bool) {
        let variables: Variables = [("AURA_ENV", environment)]
            .iter()
            .chain(secrets)
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut reader = Reader::new(&variables);
        let found = reader.own_app_secrets().len();
        (found, reader.errors.names(KEY))
    }

    #[test]
    fn production_takes_no_short_or_weak_secret() {
        assert_eq!(read("production", &[]), (0, false));
        assert_eq!(read("production", &[(PREVIOUS, LONG)]), (0, false), "nothing writes");
        assert_eq!(read("production", &[(KEY, LONG)]), (1, false));
        assert_eq!(read("production", &[(KEY, LONG), (PREVIOUS, "short")]), (2, false));
        for weak in ["short", &"ab".repeat(30)] {
            assert_eq!(read("production", &[(KEY, weak)]), (1, true), "{weak}");
            assert_eq!(read("development", &[(KEY, weak)]), (1, false), "{weak}");
        }
    }
}
