//! Seals values so that a stolen database is worth little and a moved ciphertext does not open.
//!
//! The text is `v1.<key id>.<nonce>.<ciphertext>`. What the value is bound to, its place, is authenticated with it:
//! a copy in another row, column, owner or provider stays shut.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use time::OffsetDateTime;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{KeyRing, cipher};
use crate::platform::{db::Db, random::Random};

const VERSION: &str = "v1";

/// Where a sealed value lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The row's id.
    pub row: Uuid,
    /// Whose it is; nil where nobody's.
    pub owner: Uuid,
    /// The outside service it belongs to; empty where none.
    pub provider: &'a str,
}

impl Place<'_> {
    /// Each field behind its length, so that no two places write the same bytes.
    fn associated(&self) -> Vec<u8> {
        let fields: [&[u8]; 6] = [
            VERSION.as_bytes(),
            self.table.as_bytes(),
            self.column.as_bytes(),
            self.row.as_bytes(),
            self.owner.as_bytes(),
            self.provider.as_bytes(),
        ];
        let mut bytes = Vec::with_capacity(128);
        for field in fields {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field);
        }
        bytes
    }
}

/// Why a value was not sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Not the four parts of a sealed text.
    #[error("not a sealed text")]
    Malformed,
    /// A version that this program does not know.
    #[error("sealed with a version that this program does not know")]
    UnknownVersion,
    /// A key that is not in the ring.
    #[error("sealed with the key `{0}`, which is not in the ring")]
    UnknownKey(String),
    /// Another place, another key under the same id, or changed bytes.
    #[error("the sealed text does not open here")]
    Forged,
    /// The value is larger than the cipher can take.
    #[error("too large to seal")]
    TooLarge,
}

/// The canary did not open, or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CanaryError {
    /// The database failed.
    #[error("the sealing canary could not be read: {0}")]
    Database(#[from] sqlx::Error),
    /// The ring is not the one that sealed the data.
    #[error("the sealing keys do not open what this database holds: {0}")]
    Keys(#[from] VaultError),
}

/// Seals and opens with the keys of a ring.
#[derive(Clone, Debug)]
pub struct Vault {
    ring: KeyRing,
    random: Random,
}

impl Vault {
    /// A vault over these keys.
    #[must_use]
    pub fn new(ring: KeyRing, random: Random) -> Self {
        Self { ring, random }
    }

    /// Seals a value for one place.
    pub fn seal(&self, place: &Place<'_>, plain: &[u8]) -> Result<String, VaultError> {
        let (id, key) = self.ring.writing().ok_or_else(|| VaultError::UnknownKey(String::new()))?;
        let nonce: [u8; 12] = self.random.bytes();
        let sealed = cipher::encrypt(key, &nonce, &place.associated(), plain).map_err(|_| VaultError::TooLarge)?;
        Ok(format!("{VERSION}.{id}.{}.{}", URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Opens a text that was sealed for this very place.
    pub fn open(&self, place: &Place<'_>, sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let mut parts = sealed.split('.');
        let (Some(version), Some(id), Some(nonce), Some(bytes), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(VaultError::Malformed);
        };
        if version != VERSION {
            return Err(VaultError::UnknownVersion);
        }
        let key = self.ring.named(id).ok_or_else(|| VaultError::UnknownKey(id.chars().take(16).collect()))?;
        let nonce = URL_SAFE_NO_PAD.decode(nonce).map_err(|_| VaultError::Malformed)?;
        let bytes = URL_SAFE_NO_PAD.decode(bytes).map_err(|_| VaultError::Malformed)?;
        cipher::decrypt(key, &nonce, &place.associated(), &bytes).map_err(|error| match error {
            cipher::CipherError::Size => VaultError::Malformed,
            cipher::CipherError::Forged => VaultError::Forged,
        })
    }

    /// Opens the database's canary, or sets one in an empty database: wrong keys are noticed before any request.
    pub async fn check_canary(&self, db: &Db, now: OffsetDateTime) -> Result<(), CanaryError> {
        const WORDS: &[u8] = b"the sealing keys of this database";
        let place =
            Place { table: "sealing_canary", column: "sealed", row: Uuid::nil(), owner: Uuid::nil(), provider: "" };
        let sealed = self.seal(&place, WORDS)?;
        // The first of several starting processes sets it; the others read what it wrote.
        sqlx::query!(
            "insert into sealing_canary (id, sealed, created_at) values ($1, $2, $3) on conflict (id) do nothing",
            place.row,
            sealed,
            now,
        )
        .execute(db)
        .await?;
        let stored =
            sqlx::query_scalar!("select sealed from sealing_canary where id = $1", place.row).fetch_one(db).await?;
        let opened = self.open(&place, &stored)?;
        if opened.as_slice() == WORDS { Ok(()) } else { Err(VaultError::Forged.into()) }
    }
}
