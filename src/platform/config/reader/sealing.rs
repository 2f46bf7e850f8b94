//! The keys that seal what is stored.

use secrecy::ExposeSecret as _;

use super::Reader;
use crate::platform::{
    config::{ConfigErrors, HostOverrides, Variables},
    crypto::SealingKeys,
};

const KEYS: &str = "AURA_KEYS";
const SINGLE: &str = "ENCRYPTION_KEY";
pub(super) const KMS_KEY: &str = "KMS_KEY_ID";

impl Reader<'_> {
    pub(super) fn sealing_keys(&mut self, kms: bool) -> Option<SealingKeys> {
        if let Some(keys) = self.secret(KEYS) {
            let keys = SealingKeys::parse(keys.expose_secret())
                .map_err(|error| self.errors.add(KEYS, format!("{error}; write k1:KEY with the output of `aura keys`")))
                .ok()?;
            if keys.any_wrapped() && !kms {
                self.errors.add(KMS_KEY, "is not set, and a key of AURA_KEYS is wrapped by a key of AWS KMS");
            }
            return Some(keys);
        }
        if let Some(key) = self.secret(SINGLE) {
            return SealingKeys::single(key.expose_secret())
                .map_err(|error| {
                    self.errors.add(SINGLE, format!("{error}; use AURA_KEYS with the output of `aura keys`"));
                })
                .ok();
        }
        if !self.failed_file(KEYS) && !self.failed_file(SINGLE) {
            self.errors.add(
                KEYS,
                "is not set; put the output of `aura keys` here, and keep it: what it sealed opens with nothing else",
            );
        }
        None
    }
}

/// What is needed to make the first key of an installation, before its other settings are there: the key of AWS KMS
/// that is to wrap it, if any, and where outside hosts are found.
///
/// # Errors
/// When the overrides of hosts are not well written.
pub fn key_maker(variables: &Variables) -> Result<(Option<String>, HostOverrides), ConfigErrors> {
    let mut reader = Reader::new(variables);
    let kms_key = reader.text(KMS_KEY).map(str::to_owned);
    let overrides = reader.host_overrides();
    if reader.errors.0.is_empty() { Ok((kms_key, overrides)) } else { Err(reader.errors) }
}
