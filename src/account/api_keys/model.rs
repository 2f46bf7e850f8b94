//! What the page shows of keys.

use serde::{Deserialize, Serialize};

use crate::kit::id::ApiKeyId;

/// A key, without the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyView {
    pub id: ApiKeyId,
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// In words: «files:read, files:write».
    pub scopes: String,
    /// In words, in the person's time zone.
    pub made: String,
    pub used: String,
    pub expires: String,
}

/// What the page is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysView {
    pub keys: Vec<KeyView>,
    /// Each scope, and what it lets a program do.
    pub scopes: Vec<(String, String)>,
    /// The key that was just made, this once.
    pub made: Option<String>,
}

/// How long a key may be chosen to last: days, and the words for it. Zero is no end.
pub const LASTS: [(u16, &str); 4] = [(30, "30 days"), (90, "90 days"), (365, "A year"), (0, "Until it is revoked")];
