use url::Url;

use super::{Password, PasswordError, breaches::Breaches, hash, policy, pool::Pool};
use crate::platform::{http::Http, random::Random};

/// The passwords of this installation.
#[derive(Clone)]
pub struct Passwords {
    random: Random,
    pool: Pool,
    breaches: Option<Breaches>,
}

/// Whether a password is the one that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// It is not, or none was kept.
    No,
    /// It is.
    Yes,
    /// It is, and was kept by weaker parameters than those of today.
    Weaker,
}

impl Passwords {
    /// `range` is where digests of passwords that were found in breaches can be asked for; none: nobody is asked.
    #[must_use]
    pub fn new(random: Random, http: Http, range: Option<Url>) -> Self {
        Self { random, pool: Pool::sized(), breaches: range.map(|range| Breaches::new(http, range)) }
    }

    /// Takes a password that somebody chose, or says what is wrong with it. `about` is what is known of them: their
    /// address and name are bad passwords.
    ///
    /// # Errors
    /// When it is too short, too long, or one that others would guess, or when too many wait already.
    pub async fn accept(&self, typed: &str, about: &[&str]) -> Result<Password, PasswordError> {
        let password = Password::chosen(typed)?;
        let about: Vec<String> = about.iter().map(|&word| word.to_owned()).collect();
        let guessed = password.clone();
        if self.pool.run(move || policy::is_guessable(&guessed, &about)).await? {
            return Err(PasswordError::Common);
        }
        if let Some(breaches) = &self.breaches
            && breaches.has(&password).await
        {
            return Err(PasswordError::Breached);
        }
        Ok(password)
    }

    /// What is kept of a password.
    ///
    /// # Errors
    /// When too many wait already.
    pub async fn hash(&self, password: Password) -> Result<String, PasswordError> {
        let salt = self.random.bytes();
        self.pool.run(move || hash::make(&password, &salt)).await?
    }

    /// Whether this is the password that was kept. Where none was, the same work is done for nothing, so that how long
    /// it takes tells nobody who is here.
    ///
    /// # Errors
    /// When too many wait already.
    pub async fn check(&self, password: Password, kept: Option<String>) -> Result<Match, PasswordError> {
        self.pool.run(move || hash::check(&password, kept.as_deref())).await
    }
}
