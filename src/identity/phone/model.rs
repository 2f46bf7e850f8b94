//! What the page shows of a person's number.

use serde::{Deserialize, Serialize};

use crate::kit::id::VerificationId;

/// The number, and the code that it waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneView {
    /// Whether text messages can be sent here.
    pub on: bool,
    /// E.164.
    pub number: Option<String>,
    /// Since when, in words.
    pub since: String,
    /// A code was sent and can still be typed: its verification, and the number with most digits hidden.
    pub waits: Option<(VerificationId, String)>,
}
