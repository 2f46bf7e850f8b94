use thiserror::Error;

use crate::platform::http::HttpError;

/// Why Stripe did not do what it was asked. It holds no key, no address and no text of Stripe's.
#[derive(Debug, Error)]
pub enum StripeError {
    /// No answer in time, or none that says anything: whether it was done is not known.
    #[error("Stripe did not answer: {0}")]
    Unreachable(#[from] HttpError),
    /// Stripe is busy or broken, and stayed so for as long as we waited.
    #[error("Stripe answered {0} for as long as we waited")]
    Away(u16),
    /// What it keeps of an earlier call under the same key; of now it says nothing.
    #[error("Stripe told again that it had answered {0}")]
    Kept(u16),
    /// Stripe refuses; asking again changes nothing.
    #[error("Stripe refused: {status} {kind} {code} ({parameter}), request {request}")]
    Refused {
        status: u16,
        /// `type` of its error, as `card_error`.
        kind: String,
        /// Its `code`, as `resource_missing`; may be empty.
        code: String,
        /// Which parameter it is about; may be empty.
        parameter: String,
        /// Stripe's name of the request, for its dashboard.
        request: String,
    },
    /// The answer lacks something that we need.
    #[error("Stripe's answer could not be read: {0}")]
    Unreadable(String),
}

impl StripeError {
    /// Whether Stripe does not know the object that was asked for.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
            || matches!(self, Self::Refused { code, .. } if code == "resource_missing")
    }

    /// Whether it answered something that this version does not understand.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable(_))
    }

    /// Whether asking later may help.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Away(_) | Self::Kept(_))
    }

    /// Whether Stripe keeps this answer under the request's key, so that the same question gets it again for a day
    /// (<https://docs.stripe.com/api/idempotent_requests>).
    #[must_use]
    pub fn is_kept(&self) -> bool {
        match self {
            Self::Away(status) => *status >= 500,
            Self::Kept(_) | Self::Refused { .. } => true,
            Self::Unreachable(_) | Self::Unreadable(_) => false,
        }
    }
}
