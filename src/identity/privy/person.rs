use serde::Serialize;
use serde_json::Value;

use super::{Privy, PrivyError, profile, store};
use crate::kit::id::UserId;

/// A person with what Privy lists for them, as programs of theirs are told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    pub id: UserId,
    /// The name in their public address; absent until they choose one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    pub display_name: String,
    /// Whether the account was made just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<bool>,
    pub linked_accounts: Vec<LinkedAccount>,
}

/// An account that Privy lists. None of these opens the account here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkedAccount {
    /// As Privy calls the kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// What its owner knows it by; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

impl Privy {
    /// Who somebody is.
    ///
    /// # Errors
    /// When the person is gone, or the database is away.
    pub async fn person(&self, user: UserId, created: Option<bool>) -> Result<Person, PrivyError> {
        let row = store::person(&self.identity.db, user).await?.ok_or(PrivyError::Gone)?;
        let accounts = store::accounts(&self.identity.db, user).await?;
        let linked_accounts = accounts
            .iter()
            .map(|account| LinkedAccount {
                kind: account.get("type").and_then(Value::as_str).unwrap_or_default().to_owned(),
                label: profile::label(account),
            })
            .collect();
        Ok(Person { id: user, handle: row.handle, display_name: row.display_name, created, linked_accounts })
    }
}
