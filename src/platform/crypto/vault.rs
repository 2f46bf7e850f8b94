//! Seals values so that a stolen database is worth little and a moved ciphertext does not open.
//!
//! The text is `v1.<key id>.<nonce>.<ciphertext>`. What the value is bound to, its place, is authenticated with it:
//! a copy in another row, column, owner or provider stays shut.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use time::OffsetDateTime;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{KeyRing, SealedColumn, cipher};
use crate::platform::{db::Db, random::Random};

const VERSION: &str = "v1";

const CANARY: Place<'static> =
    Place { table: "sealing_canary", column: "sealed", row: Uuid::nil(), owner: Uuid::nil(), provider: "" };
const CANARY_WORDS: &[u8] = b"the sealing keys of this database";

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
    /// A key was taken out of the ring too early.
    #[error(
        "the sealing key `{key}` is not in AURA_KEYS, and {table} still needs it; put it back behind the first one, and run `aura keys rotate` before it goes"
    )]
    Missing { key: String, table: &'static str },
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

    /// How every text begins that is sealed from now on.
    pub(super) fn writing_prefix(&self) -> String {
        format!("{VERSION}.{}.", self.ring.ids().next().unwrap_or_default())
    }

    /// The place of a key in the ring; the first writes.
    #[must_use]
    pub fn standing(&self, key: &str) -> Option<usize> {
        self.ring.ids().position(|id| id == key)
    }

    /// Notes the keys of the ring, and looks for values that need one that was there before and is not any more.
    ///
    /// # Errors
    /// When there are such values, or the database is away.
    pub async fn check_ring(&self, db: &Db, columns: &[SealedColumn], now: OffsetDateTime) -> Result<(), CanaryError> {
        let ids: Vec<String> = self.ring.ids().map(str::to_owned).collect();
        sqlx::query!(
            "insert into sealing_keys (id, noted_at) select id, $2 from unnest($1::text[]) as ring (id)
             on conflict (id) do nothing",
            &ids,
            now,
        )
        .execute(db)
        .await?;
        let gone = sqlx::query_scalar!("select id from sealing_keys where id <> all($1)", &ids).fetch_all(db).await?;
        for key in gone {
            for column in columns {
                if column.needs(db, &key).await? {
                    return Err(CanaryError::Missing { key, table: column.table });
                }
            }
            sqlx::query!("delete from sealing_keys where id = $1", key).execute(db).await?;
        }
        Ok(())
    }

    /// Seals the canary with the writing key: from now on no other is needed to start.
    ///
    /// # Errors
    /// As `check_canary`.
    pub async fn renew_canary(&self, db: &Db, now: OffsetDateTime) -> Result<(), CanaryError> {
        self.check_canary(db, now).await?;
        let sealed = self.seal(&CANARY, CANARY_WORDS)?;
        sqlx::query!("update sealing_canary set sealed = $1 where id = $2", sealed, CANARY.row).execute(db).await?;
        Ok(())
    }

    /// Opens the database's canary, or sets one in an empty database: wrong keys are noticed before any request.
    pub async fn check_canary(&self, db: &Db, now: OffsetDateTime) -> Result<(), CanaryError> {
        let sealed = self.seal(&CANARY, CANARY_WORDS)?;
        // The first of several starting processes sets it; the others read what it wrote.
        sqlx::query!(
            "insert into sealing_canary (id, sealed, created_at) values ($1, $2, $3) on conflict (id) do nothing",
            CANARY.row,
            sealed,
            now,
        )
        .execute(db)
        .await?;
        let stored =
            sqlx::query_scalar!("select sealed from sealing_canary where id = $1", CANARY.row).fetch_one(db).await?;
        let opened = self.open(&CANARY, &stored)?;
        if opened.as_slice() == CANARY_WORDS { Ok(()) } else { Err(VaultError::Forged.into()) }
    }
}
