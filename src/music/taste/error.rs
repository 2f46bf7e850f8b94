//! Why no text was written.

use crate::{
    billing::BillingError,
    error::{AppError, ErrorKind},
    inference::ModelError,
    platform::telemetry,
    team::TeamError,
};

/// Everything that can go wrong with a text about somebody's listening.
#[derive(Debug, thiserror::Error)]
pub enum TasteError {
    /// There is no model, or its budget of the day is used up.
    #[error("no model")]
    Off,
    /// The team's month has no room for it.
    #[error("the month is used up")]
    UsedUp,
    /// Too little is known to say anything.
    #[error("too little was played")]
    TooLittle,
    /// Release years are not known.
    #[error("no release years")]
    NoYears,
    /// Twice an answer that cannot be used; why the last one could not.
    #[error("the model's answer cannot be used: {0}")]
    Unusable(String),
    #[error("the model gave no answer: {0}")]
    Model(#[from] ModelError),
    #[error("taste: {0}")]
    Billing(#[from] BillingError),
    #[error("taste: {0}")]
    Team(#[from] TeamError),
    #[error("taste: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<TasteError> for AppError {
    fn from(error: TasteError) -> Self {
        let conflict = |code: &str, message: &str| Self::new(ErrorKind::Conflict, code, message);
        match error {
            TasteError::Off => {
                conflict("ai_off", "No model can be asked here at the moment. What was written before is still there.")
            }
            TasteError::UsedUp => conflict(
                "month_used_up",
                "Your plan's month has no room left for this. It begins anew with the next month, or with a larger plan.",
            ),
            TasteError::TooLittle => conflict(
                "too_little_played",
                "Too little is known of what you played in the last twelve months. Add a source or import a file, then ask again.",
            ),
            TasteError::NoYears => conflict(
                "years_unknown",
                "It is not known when the music you play came out, so there is nothing to guess an age from.",
            ),
            TasteError::Unusable(_) => Self::new(
                ErrorKind::Unavailable,
                "model_answer_unusable",
                "The model wrote something that is not in your data, twice. Nothing was changed; you can ask it again.",
            ),
            TasteError::Model(error) => Self::new(ErrorKind::Unavailable, error.code(), error.sentence()),
            TasteError::Billing(error) => error.into(),
            TasteError::Team(error) => error.into(),
            other => {
                telemetry::report(&other, "music taste");
                Self::internal()
            }
        }
    }
}
