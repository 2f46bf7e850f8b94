use thiserror::Error;

use crate::{
    error::{AppError, ErrorKind},
    platform::{limits::Limited, mail::MailError, telemetry},
};

/// Why signing in or out did not happen.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// What was typed is no mailbox.
    #[error("not an e-mail address")]
    NotAnAddress,
    /// What was typed is not six digits.
    #[error("not six digits")]
    NotACode,
    /// The digits are not those of the letter.
    #[error("wrong code; {left} tries left")]
    WrongCode {
        /// How many more may be tried.
        left: i16,
    },
    /// Too many wrong codes: the ceremony is dead.
    #[error("too many wrong codes")]
    Dead,
    /// The code or link has done its work.
    #[error("already used")]
    Used,
    /// The code or link is too old.
    #[error("expired")]
    Expired,
    /// The link is none of ours, or its ceremony is long gone.
    #[error("unknown link")]
    UnknownLink,
    /// This browser has begun no sign-in.
    #[error("no sign-in under way in this browser")]
    NotBegun,
    /// The link was opened in another browser than the one that began.
    #[error("opened in another browser")]
    OtherBrowser,
    /// A new mail was asked for too soon.
    #[error("too early for another mail")]
    TooEarly {
        /// Seconds to wait.
        wait: u32,
    },
    /// The session ended meanwhile.
    #[error("signed out meanwhile")]
    SignedOut,
    /// An operator has closed the account off.
    #[error("suspended")]
    Suspended,
    /// The account is no longer there.
    #[error("gone")]
    Gone,
    /// New people need an invitation, or an address of another domain.
    #[error("not invited")]
    NotInvited,
    /// Too often.
    #[error("limited")]
    Limited(Limited),
    /// The letter could not be written or put into the outbox.
    #[error("identity: the outbox failed")]
    Mail(#[from] MailError),
    /// The database failed.
    #[error("identity: the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<Limited> for IdentityError {
    fn from(limited: Limited) -> Self {
        Self::Limited(limited)
    }
}

impl From<IdentityError> for AppError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::NotAnAddress => Self::new(
                ErrorKind::Unprocessable,
                "email_invalid",
                "This is not an address we can write to. It looks like name@example.com.",
            )
            .on_field("email"),
            IdentityError::NotACode => Self::new(
                ErrorKind::Unprocessable,
                "code_invalid",
                "The code is six digits. Type or paste all of them.",
            )
            .on_field("code"),
            IdentityError::WrongCode { left } => Self::new(
                ErrorKind::Unprocessable,
                "code_wrong",
                match left {
                    1 => "This is not the code of the newest mail. You have one more try.".to_owned(),
                    left => format!("This is not the code of the newest mail. You have {left} more tries."),
                },
            )
            .on_field("code"),
            IdentityError::Dead => Self::new(
                ErrorKind::Gone,
                "code_dead",
                "Too many wrong codes: this one no longer works. Send a new code and use that.",
            )
            .on_field("code"),
            IdentityError::Used => Self::new(
                ErrorKind::Gone,
                "code_used",
                "This code or link was already used, and each works once. If you are not signed in, send a new one.",
            )
            .on_field("code"),
            IdentityError::Expired => Self::new(
                ErrorKind::Gone,
                "code_expired",
                "This code has expired: codes and links work for 10 minutes. Send a new one.",
            )
            .on_field("code"),
            IdentityError::UnknownLink => Self::new(
                ErrorKind::Gone,
                "link_unknown",
                "This link is not complete, or it has expired. Sign in again to get a new one.",
            ),
            IdentityError::NotBegun => Self::new(
                ErrorKind::Gone,
                "sign_in_not_begun",
                "No sign-in is under way in this browser, or it took longer than 10 minutes. Start again with your address.",
            ),
            IdentityError::OtherBrowser => Self::new(
                ErrorKind::Forbidden,
                "other_browser",
                "This link works only in the browser where you began. Open it there, or type the six-digit code there.",
            ),
            IdentityError::TooEarly { wait } => {
                let mut error = Self::new(
                    ErrorKind::Limited,
                    "resend_too_early",
                    format!("A mail is on its way. You can ask for another in {wait} seconds."),
                );
                error.retry_after = Some(wait);
                error
            }
            IdentityError::SignedOut => Self::unauthenticated(),
            IdentityError::Suspended => Self::new(
                ErrorKind::Forbidden,
                "suspended",
                "This account is suspended, so nobody can sign in to it. Write to the people who run this Aura.",
            ),
            IdentityError::Gone => Self::new(
                ErrorKind::Gone,
                "account_gone",
                "This account is no longer there. Sign in again to make a new one.",
            ),
            IdentityError::NotInvited => Self::new(
                ErrorKind::Forbidden,
                "not_invited",
                "New accounts need an invitation here. Ask the people who run this Aura for one, with the address you typed.",
            ),
            IdentityError::Limited(limited) => limited.into(),
            IdentityError::Mail(_) => {
                telemetry::report(&error, "sign-in mail");
                Self::internal()
            }
            IdentityError::Database(_) => {
                telemetry::report(&error, "identity");
                Self::new(
                    ErrorKind::Unavailable,
                    "database_unavailable",
                    "Signing in does not work at the moment, because our database does not answer. Try again in a minute.",
                )
            }
        }
    }
}
