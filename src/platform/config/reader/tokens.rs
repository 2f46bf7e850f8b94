//! The keys of our own tokens.

use std::fs;

use secrecy::SecretString;
use time::Duration;
use url::Url;

use super::{Reader, list};
use crate::platform::{config::TokenSettings, crypto::jwt::Issuer};

const PRIVATE: &str = "JWT_PRIVATE_KEY_PATH";
const PUBLIC: &str = "JWT_PUBLIC_KEY_PATH";
const MAKE: &str =
    "make a pair with: openssl genrsa -out private.pem 2048 && openssl rsa -in private.pem -pubout -out public.pem";

impl Reader<'_> {
    pub(super) fn tokens(&mut self) -> Option<TokenSettings> {
        let access_lasts = self.days("JWT_EXPIRY_DAYS", 7);
        let refresh_lasts = self.days("REFRESH_TOKEN_EXPIRY_DAYS", 30);
        let private = self.key_files(PRIVATE).and_then(|mut files| files.pop());
        let public = self.key_files(PUBLIC);
        let (private, public) = (private?, public?);
        match Issuer::new(&SecretString::from(private), &public) {
            Ok(issuer) => Some(TokenSettings { issuer, access_lasts, refresh_lasts }),
            Err(error) => {
                let remedy = format!(
                    "{} and {} must hold an RSA key and, first, the public key of the same pair ({error}); {MAKE}",
                    self.text(PRIVATE).unwrap_or_default(),
                    self.text(PUBLIC).unwrap_or_default(),
                );
                self.errors.add(PRIVATE, remedy);
                None
            }
        }
    }

    /// The origin of a front end that shows our tokens from a browser.
    pub(super) fn front_end(&mut self) -> Option<Url> {
        let text = self.text("FRONTEND_URL")?;
        let plain = |url: &Url| {
            url.has_host()
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
        };
        let safe = |url: &Url| url.scheme() == "https" || (url.scheme() == "http" && self.development());
        match Url::parse(text).ok().filter(plain) {
            Some(url) if safe(&url) => Some(url),
            Some(_) => {
                self.errors.add("FRONTEND_URL", "must begin with https:// outside development");
                None
            }
            None => {
                self.errors.add("FRONTEND_URL", "must be scheme and host only, such as https://app.example.com");
                None
            }
        }
    }

    /// Whether a browser may have access tokens of services.
    pub(super) fn broker_direct(&mut self) -> bool {
        match self.text("TOKEN_BROKER_DIRECT") {
            None | Some("off") => false,
            Some("on") => true,
            Some(_) => {
                self.errors.add("TOKEN_BROKER_DIRECT", "must be on or off");
                false
            }
        }
    }

    /// What stands in the files that a variable names; all that cannot be read are told by their path.
    fn key_files(&mut self, name: &str) -> Option<Vec<String>> {
        let Some(paths) = self.text(name) else {
            self.errors.add(name, format!("is not set; give the path of an RSA key in PEM, or {MAKE}"));
            return None;
        };
        let mut contents = Vec::new();
        for path in list(paths) {
            match fs::read_to_string(&path) {
                Ok(content) => contents.push(content),
                Err(error) => {
                    let kind = error.kind();
                    self.errors
                        .add(name, format!("{path} cannot be read ({kind}); check the path and its owner, or {MAKE}"));
                }
            }
        }
        (!contents.is_empty() && !self.errors.names(name)).then_some(contents)
    }

    fn days(&mut self, name: &str, usual: i64) -> Duration {
        let days = self.parsed(name, usual, "must be a number of days, from 1 to 365");
        if !(1..=365).contains(&days) {
            self.errors.add(name, "must be a number of days, from 1 to 365");
        }
        Duration::days(days)
    }
}
