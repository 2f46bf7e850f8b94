use crate::{
    error::{AppError, ErrorKind},
    identity::service::IdentityError,
    platform::{
        crypto::{VaultError, jwt::JwtError},
        telemetry,
    },
    providers::oauth::errors::OauthError,
};

/// Why something with connections did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} not found")]
    NotFound(&'static str),
    #[error("{service} is not set up on this installation")]
    NotSetUp { service: String, missing: Vec<String> },
    #[error("{0} is connected in another way")]
    WrongKind(String),
    /// The return from a consent page does not belong to a visit of this browser. The code says what is wrong.
    #[error("the return is refused: {0}")]
    BadReturn(&'static str),
    /// The visit took too long.
    #[error("the visit to the consent page has expired")]
    Expired,
    /// The service's token endpoint refused.
    #[error("{service}: {error}")]
    Exchange { service: String, error: OauthError },
    /// The service did not say whose account it is.
    #[error("{service} did not say whose account it is")]
    Anonymous { service: String },
    /// What the service signed does not prove whose account it is.
    #[error("{service}'s id token is refused: {error}")]
    NotProved { service: String, error: JwtError },
    /// The account does not open what it was to open.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The pasted key is not accepted.
    #[error("{service} does not accept the key")]
    BadKey { service: String },
    /// What was typed is no such key.
    #[error("not a key of {service}")]
    NotAKey { service: String, hint: String },
    #[error("integrations: sealing failed: {0}")]
    Vault(#[from] VaultError),
    #[error("integrations: the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("integrations: a task was lost")]
    Lost(#[from] tokio::task::JoinError),
}

impl From<Error> for AppError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(what) => Self::not_found(what),
            Error::NotSetUp { service, missing } => Self::new(
                ErrorKind::NotSetUp,
                "service_not_set_up",
                format!(
                    "This installation has not set up {service}. Whoever runs it must set {}.",
                    missing.join(" and ")
                ),
            ),
            Error::WrongKind(service) => Self::new(
                ErrorKind::Invalid,
                "wrong_kind",
                format!("{service} is connected in another way. Use the form on the connections page."),
            ),
            Error::BadReturn(code) => Self::new(
                ErrorKind::Invalid,
                code,
                "This sign-in was not begun in this browser, or it was finished already. Go back to the page where you began, and start again.",
            ),
            Error::Expired => Self::new(
                ErrorKind::Gone,
                "state_expired",
                "This sign-in took longer than ten minutes. Go back to the page where you began, and start again.",
            ),
            Error::Exchange { service, error } => exchange(&service, error),
            Error::Anonymous { service } => Self::new(
                ErrorKind::Upstream,
                "identity_failed",
                format!(
                    "{service} let you in but did not say whose account it is, so nothing was changed here. Try again."
                ),
            ),
            Error::NotProved { service, error } => {
                tracing::warn!(%service, %error, "an id token was refused");
                Self::new(
                    ErrorKind::Upstream,
                    "id_token_refused",
                    format!(
                        "The answer of {service} does not prove who you are, so nothing was changed here. Start again; if it stays, tell the people who run this Aura."
                    ),
                )
            }
            Error::Identity(error) => error.into(),
            Error::BadKey { service } => Self::new(
                ErrorKind::Unprocessable,
                "key_refused",
                format!("{service} does not accept this key. Check that it is whole and still active there."),
            )
            .on_field("key"),
            Error::NotAKey { service, hint } => Self::new(
                ErrorKind::Unprocessable,
                "key_malformed",
                format!("This does not look like a key of {service}. {hint}"),
            )
            .on_field("key"),
            Error::Vault(_) | Error::Database(_) | Error::Lost(_) => {
                telemetry::report(&error, "integrations");
                Self::internal()
            }
        }
    }
}

fn exchange(service: &str, error: OauthError) -> AppError {
    let (kind, code, message) = match error {
        OauthError::InvalidGrant => (
            ErrorKind::Gone,
            "code_refused",
            format!(
                "{service} does not accept the sign-in any more. Go back to the page where you began, and start again."
            ),
        ),
        OauthError::AccessDenied => (
            ErrorKind::Forbidden,
            "access_denied",
            format!("{service} says that access was declined. Nothing was changed here."),
        ),
        OauthError::ClientWrong | OauthError::Refused => (
            ErrorKind::Upstream,
            "client_refused",
            format!(
                "{service} does not accept this installation. Whoever runs it must check the client id, its secret and the redirect address."
            ),
        ),
        OauthError::Limited { retry_after } => {
            let mut limited = AppError::limited(retry_after);
            limited.message = format!("{service} asks to wait {retry_after} seconds. Then try again.");
            return limited;
        }
        OauthError::Outage | OauthError::NoReply | OauthError::Malformed => (
            ErrorKind::Upstream,
            "service_away",
            format!(
                "{service} does not answer properly at the moment, so nothing was changed here. Try again in a few minutes."
            ),
        ),
    };
    AppError::new(kind, code, message)
}
