//! What can go wrong between Aura and a model, each with the sentence that a person reads.

use std::time::Duration;

/// Why there is no answer, or no whole one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Too many requests, or the account behind the key is out of money.
    #[error("the model refused for now: too many requests")]
    Limited {
        /// How long it asks us to wait.
        retry_after: Option<u32>,
    },
    /// The key is wrong or may not use the model.
    #[error("the model refused the key")]
    Refused,
    /// The server behind the address fails or cannot be reached.
    #[error("the model is not available")]
    Unavailable,
    /// Nothing came for so long.
    #[error("the model was silent for {} seconds", .0.as_secs())]
    Silent(Duration),
    /// The connection ended before the model said that it was done.
    #[error("the answer was cut off")]
    CutOff,
    /// What came is not in the protocol.
    #[error("the model's answer could not be read")]
    Malformed,
    /// No such model at this address.
    #[error("the model {0} does not exist at this address")]
    NotFound(String),
    /// The model's server did not accept the question.
    #[error("the model did not accept the request (status {0})")]
    Rejected(u16),
    /// The answer is not kept there, or no longer.
    #[error("this answer cannot be gone on with")]
    CannotResume,
}

impl ModelError {
    /// Whether the same question may be answered in a moment.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable | Self::CutOff)
    }

    /// Whether another model may answer where this one does not.
    #[must_use]
    pub fn is_the_models(&self) -> bool {
        self.is_passing() || matches!(self, Self::NotFound(_) | Self::Silent(_))
    }

    /// Stable, for logs and programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Limited { .. } => "model_limited",
            Self::Refused => "model_refused",
            Self::Unavailable => "model_unavailable",
            Self::Silent(_) => "model_silent",
            Self::CutOff => "model_cut_off",
            Self::Malformed => "model_malformed",
            Self::NotFound(_) => "model_not_found",
            Self::Rejected(_) => "model_rejected",
            Self::CannotResume => "model_cannot_resume",
        }
    }

    /// What happened and what to do, for the person who asked.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Limited { retry_after: Some(seconds) } => {
                format!("The model has too much to do right now. Wait {seconds} seconds, then try again.")
            }
            Self::Limited { retry_after: None } => {
                "The model has too much to do right now. Wait a minute, then try again.".into()
            }
            Self::Refused => {
                "The model did not accept this installation's key. Whoever runs it has to check the key.".into()
            }
            Self::Unavailable => "The model is not available at the moment. Try again in a minute.".into(),
            Self::Silent(patience) => format!(
                "The model said nothing for {} seconds, so Aura stopped waiting. Try again.",
                patience.as_secs().max(1)
            ),
            Self::CutOff => {
                "The model's answer broke off before it was complete. What had arrived is above. Try again.".into()
            }
            Self::Malformed => "The model sent something that Aura could not read. Try again.".into(),
            Self::NotFound(model) => format!(
                "The model “{model}” does not exist at this installation's address. Whoever runs it has to name another."
            ),
            Self::Rejected(status) => {
                format!("The model did not accept the question (status {status}). Try a shorter or simpler one.")
            }
            Self::CannotResume => "The model no longer has this answer. What had arrived is above. Try again.".into(),
        }
    }
}
