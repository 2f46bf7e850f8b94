//! What was asked, allowed and issued: pending consents, codes, tokens.

use crate::log;
use crate::oauth::openid::Mailbox;
use crate::people::Person;
use rand::distr::{Alphanumeric, SampleString};
use std::collections::HashMap;
use time::{Duration, OffsetDateTime};

/// A code or a pending consent is good for ten minutes.
const CODE_LIFE: Duration = Duration::minutes(10);

/// A checked authorize request that waits for the person.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Service id of the dialect.
    pub service: String,
    /// Client.
    pub client_id: String,
    /// Where the answer goes, exactly as sent.
    pub redirect_uri: Option<String>,
    /// Echoed to the client.
    pub state: Option<String>,
    /// Scopes of the token.
    pub scopes: Vec<String>,
    /// Slack's scopes of the person's own token.
    pub user_scopes: Vec<String>,
    /// S256 challenge where the vendor checks it.
    pub challenge: Option<String>,
    /// What an id token repeats.
    pub nonce: Option<String>,
    /// A refresh token will come along.
    pub offline: bool,
    /// When it was asked.
    pub at: OffsetDateTime,
}

/// An issued code.
#[derive(Debug, Clone)]
pub struct Code {
    /// What it stands for.
    pub asked: Asked,
    /// Who allowed it.
    pub person: Person,
    /// What an id token says of their address.
    pub mailbox: Mailbox,
    /// It was exchanged; holds the family that came of it.
    pub family: Option<u64>,
    /// When it was issued.
    pub at: OffsetDateTime,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Calls the API.
    Access,
    /// Gets new access tokens.
    Refresh,
}

/// Whether a token works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It does.
    Live,
    /// It was exchanged for another at that time.
    Spent(OffsetDateTime),
    /// It was taken back.
    Revoked,
}

/// An issued token.
#[derive(Debug, Clone)]
pub struct Token {
    /// Access or refresh.
    pub kind: Kind,
    /// Service id.
    pub service: String,
    /// Client it was issued to.
    pub client_id: String,
    /// Whose account.
    pub person: Person,
    /// Granted scopes.
    pub scopes: Vec<String>,
    /// All tokens that came of one consent.
    pub family: u64,
    /// When it ends.
    pub expires: Option<OffsetDateTime>,
    /// Whether it works.
    pub life: Life,
}

/// Why an access token does not open an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// None was sent.
    Missing,
    /// Nobody issued it, or it is for another service.
    Unknown,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
}

impl Denied {
    /// In words, for the journal.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "no access token",
            Self::Unknown => "an access token that was not issued here for this service",
            Self::Expired => "an expired access token",
            Self::Revoked => "a revoked access token",
        }
    }
}

/// Everything issued so far.
#[derive(Debug, Default)]
pub struct Grants {
    asked: HashMap<String, Asked>,
    codes: HashMap<String, Code>,
    tokens: HashMap<String, Token>,
    families: u64,
}

impl Grants {
    /// Keeps a request for the consent page and names it.
    pub fn ask(&mut self, asked: Asked) -> String {
        let id = random(24);
        self.asked.insert(id.clone(), asked);
        id
    }

    /// Takes a request off the consent page; once, within ten minutes.
    pub fn take_asked(&mut self, id: &str) -> Option<Asked> {
        self.asked.remove(id).filter(|asked| log::now() - asked.at < CODE_LIFE)
    }

    /// Issues a code.
    pub fn issue_code(&mut self, asked: Asked, person: Person, mailbox: Mailbox) -> String {
        let code = random(32);
        self.codes.insert(code.clone(), Code { asked, person, mailbox, family: None, at: log::now() });
        code
    }

    /// A code and whether its ten minutes are over.
    pub fn code(&self, code: &str) -> Option<(Code, bool)> {
        let found = self.codes.get(code)?;
        Some((found.clone(), log::now() - found.at >= CODE_LIFE))
    }

    /// Spends a code and opens the family of its tokens.
    pub fn spend_code(&mut self, code: &str) -> u64 {
        self.families += 1;
        if let Some(found) = self.codes.get_mut(code) {
            found.family = Some(self.families);
        }
        self.families
    }

    /// Issues a token.
    pub fn issue(&mut self, prefix: &str, token: Token) -> String {
        let value = format!("{prefix}{}", random(40));
        self.tokens.insert(value.clone(), token);
        value
    }

    /// A token by its value.
    pub fn token(&self, value: &str) -> Option<&Token> {
        self.tokens.get(value)
    }

    /// Marks a refresh token as exchanged, once.
    pub fn spend(&mut self, value: &str) {
        if let Some(token) = self.tokens.get_mut(value)
            && token.life == Life::Live
        {
            token.life = Life::Spent(log::now());
        }
    }

    /// Ends access tokens of a family, as vendors do that keep only the newest one.
    pub fn end_access(&mut self, family: u64) {
        self.end(|token| token.family == family && token.kind == Kind::Access);
    }

    /// Ends a whole family.
    pub fn end_family(&mut self, family: u64) {
        self.end(|token| token.family == family);
    }

    /// Ends one token.
    pub fn end_one(&mut self, value: &str) {
        if let Some(token) = self.tokens.get_mut(value) {
            token.life = Life::Revoked;
        }
    }

    /// Ends every grant of a client at a service, of one person when named.
    pub fn end_client(&mut self, client_id: &str, person: Person) {
        self.end(|token| token.client_id == client_id && token.person == person);
    }

    /// Ends all tokens of a service, as when people withdraw their consent.
    pub fn end_service(&mut self, service: Option<&str>) -> usize {
        self.end(|token| service.is_none_or(|service| token.service == service))
    }

    /// Lets all access tokens of a service expire.
    pub fn expire_service(&mut self, service: Option<&str>) -> usize {
        let mut count = 0;
        let past = log::now() - Duration::seconds(1);
        for token in self.tokens.values_mut() {
            if token.kind == Kind::Access && service.is_none_or(|service| token.service == service) {
                token.expires = Some(past);
                count += 1;
            }
        }
        count
    }

    /// The token behind a value that opens one of these services.
    pub fn check(&self, value: Option<&str>, services: &[&str]) -> Result<Token, Denied> {
        let value = value.filter(|value| !value.is_empty()).ok_or(Denied::Missing)?;
        let token = self
            .tokens
            .get(value)
            .filter(|token| token.kind == Kind::Access && services.contains(&token.service.as_str()))
            .ok_or(Denied::Unknown)?;
        if token.life != Life::Live {
            return Err(Denied::Revoked);
        }
        if token.expires.is_some_and(|expires| expires <= log::now()) {
            return Err(Denied::Expired);
        }
        Ok(token.clone())
    }

    /// How many live access tokens a service has.
    pub fn live(&self, service: &str) -> usize {
        self.tokens
            .values()
            .filter(|token| token.service == service && token.kind == Kind::Access && token.life == Life::Live)
            .count()
    }

    fn end(&mut self, which: impl Fn(&Token) -> bool) -> usize {
        let mut count = 0;
        for token in self.tokens.values_mut() {
            if which(token) && token.life != Life::Revoked {
                token.life = Life::Revoked;
                count += 1;
            }
        }
        count
    }
}

fn random(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}
