use serde::{Deserialize, Serialize};

/// What a wallet is asked to sign for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WalletPurpose {
    /// To come in.
    #[default]
    SignIn,
    /// To become one of a person's ways in.
    Link,
    /// To show that it is still the same person.
    Prove,
}

impl WalletPurpose {
    /// As the row has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Link => "link",
            Self::Prove => "prove",
        }
    }

    /// From the row.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::SignIn, Self::Link, Self::Prove].into_iter().find(|purpose| purpose.as_str() == text)
    }
}

/// The text that a wallet is asked to sign (EIP-4361).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToSign {
    pub message: String,
}

/// What is next after a wallet has signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// A path of this site.
    pub next: String,
}
