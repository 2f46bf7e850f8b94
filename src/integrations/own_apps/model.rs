//! What a browser may know of a person's own app. No client id or secret leaves the server.

use serde::{Deserialize, Serialize};

/// What the page about an own app shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAppsView {
    pub service: String,
    pub service_name: String,
    /// Why no app can be kept here; then the form is left out.
    pub off: Option<String>,
    /// The address that the app has to allow.
    pub redirect: String,
    /// Why the service would refuse that address.
    pub redirect_trouble: Option<String>,
    /// Where apps are registered, as far as that is known.
    pub page: Option<String>,
    /// The vendor's description of its sign-in.
    pub docs: String,
    /// What a client id looks like.
    pub hint: String,
    /// What one has to know before.
    pub notes: Vec<String>,
    /// What will be asked for, each with its reason.
    pub scopes: Vec<(String, String)>,
    pub app: Option<AppView>,
    /// Why the last visit to the service ended badly, in a sentence.
    pub said: Option<String>,
    /// What was typed into a form that was refused.
    pub typed_name: String,
    pub typed_id: String,
}

/// An app that was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppView {
    pub name: String,
    /// The client id's first and last letters.
    pub client_hint: String,
    pub has_secret: bool,
    pub state: Standing,
    /// Why it does not work, in a sentence.
    pub trouble: Option<String>,
    /// When it was last looked at, in words.
    pub checked: Option<String>,
    /// How many accounts are connected by it.
    pub connections: usize,
}

/// What the last look at the service has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The service could not be asked.
    Unchecked,
    Ready,
    Refused,
}

impl Standing {
    /// As the row has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Ready => "ready",
            Self::Refused => "refused",
        }
    }

    /// From the row.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "ready" => Self::Ready,
            "refused" => Self::Refused,
            _ => Self::Unchecked,
        }
    }
}
