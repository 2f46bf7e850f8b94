//! Why a music service told nothing: by our own limit, by theirs, or because they are away. The three are different.

use crate::{
    error::{AppError, ErrorKind},
    platform::telemetry,
};

/// Why nothing was read. Seconds are those until another try makes sense.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("the service is not set up here")]
    NotSetUp,
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("the account is private")]
    Private,
    #[error("the service does not accept this installation's key")]
    KeyRefused,
    #[error("too many calls wait here already")]
    ThrottledLocally { retry_after: u32 },
    #[error("the service asks to slow down")]
    RateLimited { retry_after: u32 },
    #[error("the app's quota at the service is used up")]
    QuotaUsedUp { retry_after: u32 },
    #[error("the service is away")]
    Unavailable,
    #[error("the service answered for somebody else")]
    SomebodyElse,
    #[error("the service's answer cannot be read")]
    Unreadable,
    #[error("the person must sign in there again")]
    NeedsReconnect,
    /// The app may not read this; the code says why.
    #[error("the service does not let this be read: {0}")]
    NotAllowed(&'static str),
    #[error("the account is not connected any more")]
    NotConnected,
    #[error("music: the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("music: what was read could not be kept: {0}")]
    NotKept(String),
}

impl Trouble {
    /// Stable; it stands in rows, logs and answers.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSetUp => "provider_not_set_up",
            Self::NoSuchAccount => "no_such_account",
            Self::Private => "account_private",
            Self::KeyRefused => "provider_key_refused",
            Self::ThrottledLocally { .. } => "throttled_locally",
            Self::RateLimited { .. } => "provider_rate_limited",
            Self::QuotaUsedUp { .. } => "provider_quota_used_up",
            Self::Unavailable => "provider_unavailable",
            Self::SomebodyElse => "answer_of_somebody_else",
            Self::Unreadable => "answer_unreadable",
            Self::NeedsReconnect => "needs_reauth",
            Self::NotAllowed(code) => code,
            Self::NotConnected => "not_connected",
            Self::Database(_) | Self::NotKept(_) => "internal",
        }
    }

    /// How long the service, or our own line, asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::ThrottledLocally { retry_after }
            | Self::RateLimited { retry_after }
            | Self::QuotaUsedUp { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// Whether the whole app at the service has to wait, whoever's account is read with it.
    #[must_use]
    pub fn is_of_the_app(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::QuotaUsedUp { .. })
    }

    /// As a refusal, with the service's name.
    #[must_use]
    pub fn refusal(&self, service: &str) -> AppError {
        let kind = match self {
            Self::NotSetUp => ErrorKind::NotSetUp,
            Self::NoSuchAccount | Self::Private => ErrorKind::Unprocessable,
            Self::ThrottledLocally { .. } | Self::RateLimited { .. } | Self::QuotaUsedUp { .. } => ErrorKind::Limited,
            Self::NeedsReconnect | Self::NotConnected | Self::NotAllowed(_) => ErrorKind::Conflict,
            Self::KeyRefused | Self::Unavailable | Self::SomebodyElse | Self::Unreadable => ErrorKind::Upstream,
            Self::Database(_) | Self::NotKept(_) => {
                telemetry::report(self, "a music source could not be read");
                return AppError::internal();
            }
        };
        let mut error = AppError::new(kind, self.code(), words(self.code(), service));
        error.retry_after = self.retry_after();
        error
    }
}

/// What a code means, and what can be done about it.
#[must_use]
pub fn words(code: &str, service: &str) -> String {
    match code {
        "provider_not_set_up" => {
            format!("{service} is not set up on this installation. Whoever runs it can change that.")
        }
        "no_such_account" => format!("{service} knows nobody by this name. Check how it is written there."),
        "account_private" => {
            format!("This {service} profile is private. Open it in the privacy settings there, then try again.")
        }
        "provider_key_refused" => format!(
            "{service} does not accept this installation at present, and whoever runs it can see why. What was read stays."
        ),
        "throttled_locally" => format!("Many wait for {service} at the moment. It is tried again by itself."),
        "provider_rate_limited" => format!("{service} asks to wait. What was read before is shown meanwhile."),
        "provider_quota_used_up" => format!(
            "The app's quota at {service} is used up. What was read before is shown until {service} gives more."
        ),
        "provider_unavailable" => {
            format!("{service} does not answer properly at the moment. It is tried again by itself.")
        }
        "answer_of_somebody_else" => {
            format!("{service} answered with somebody else's data, which was thrown away. It is tried again by itself.")
        }
        "answer_unreadable" => format!("{service} answered in a way that cannot be read. It is tried again by itself."),
        "needs_reauth" => format!("{service} asks you to sign in there again. Reconnect it on the connections page."),
        "user_not_listed" => format!(
            "{service} does not know you as a user of this app. Add your account to the app's users in its dashboard."
        ),
        "owner_not_premium" => format!("{service} stopped this app, because its owner has no Premium any more."),
        "missing_scope" => {
            format!("{service} was not asked for this permission. Reconnect it on the connections page.")
        }
        "not_connected" => format!("{service} is not connected any more."),
        "refused" => format!("{service} does not let this be read. Reconnect it on the connections page."),
        _ => "Something went wrong on our side. It is tried again by itself.".to_owned(),
    }
}
