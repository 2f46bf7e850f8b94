//! What is told to a person who brings an app of their own, and how a service's refusals of one are told apart.

use serde::Deserialize;

use super::Address;
use crate::platform::http::Response;

/// An app that a person registers at the service themselves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnApp {
    /// The page where apps are registered.
    pub page: Address,
    /// The path of ours to which consent given to such an app comes back, if not the one for connecting.
    pub callback: Option<String>,
    /// A regular expression that the whole client id must match.
    #[serde(default)]
    pub client_id: String,
    /// What a client id looks like, and where it is found.
    pub hint: String,
    /// What one has to know before.
    #[serde(default)]
    pub notes: Vec<String>,
    /// In their order: the first that fits counts.
    #[serde(default, rename = "sign")]
    pub signs: Vec<Sign>,
}

/// Words by which a refusal is known.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// In small letters; a part of the answer.
    pub text: String,
    pub means: AppFailure,
}

/// Why an app does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppFailure {
    /// No app has this client id.
    WrongId,
    /// The secret is not that of the app.
    WrongSecret,
    /// The app has not registered our redirect address.
    RedirectMismatch,
    /// The app may only be used by people on its list, and this one is not.
    UserNotListed,
    /// The app's owner lacks the subscription that the service wants.
    OwnerNotPremium,
    /// Not everything was granted that is needed.
    MissingScope,
    /// The app has had all the calls that it is given.
    QuotaUsedUp,
    /// Id and secret are not accepted together; the service does not say which is wrong.
    Refused,
}

impl AppFailure {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::WrongId,
        Self::WrongSecret,
        Self::RedirectMismatch,
        Self::UserNotListed,
        Self::OwnerNotPremium,
        Self::MissingScope,
        Self::QuotaUsedUp,
        Self::Refused,
    ];

    /// As rows, addresses and refusals have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongId => "wrong_id",
            Self::WrongSecret => "wrong_secret",
            Self::RedirectMismatch => "redirect_mismatch",
            Self::UserNotListed => "user_not_listed",
            Self::OwnerNotPremium => "owner_not_premium",
            Self::MissingScope => "missing_scope",
            Self::QuotaUsedUp => "quota_used_up",
            Self::Refused => "app_refused",
        }
    }

    /// From the row.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.as_str() == text)
    }
}

/// No sign of a refusal stands further back.
const READ: usize = 16 * 1024;

impl OwnApp {
    /// What a refusal says of the app. Its body may be JSON, a page or plain text.
    #[must_use]
    pub fn failure_in(&self, response: &Response) -> Option<AppFailure> {
        if response.status < 400 {
            return None;
        }
        let text = String::from_utf8_lossy(&response.body[..response.body.len().min(READ)]).to_lowercase();
        self.signs.iter().find(|sign| text.contains(&sign.text)).map(|sign| sign.means)
    }
}
