//! Which of the three modes this process runs in.

use std::fmt;

/// Decided by `AURA_ENV`; absent means production, so that forgetting it is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// One machine, `http://`, outside services played by something else.
    Development,
    /// Every check of production, and a banner on each page.
    Staging,
    /// People depend on it.
    Production,
}

impl Environment {
    /// Reads the value of `AURA_ENV`.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None | Some("production") => Some(Self::Production),
            Some("staging") => Some(Self::Staging),
            Some("development") => Some(Self::Development),
            Some(_) => None,
        }
    }

    /// Only here may addresses be `http://` and hosts be overridden.
    #[must_use]
    pub fn is_development(self) -> bool {
        self == Self::Development
    }

    /// Whether each page says that this installation is for trying things out.
    #[must_use]
    pub fn is_staging(self) -> bool {
        self == Self::Staging
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        })
    }
}
