use zeroize::Zeroizing;

use super::KmsError;
use crate::platform::http::Http;

/// This build has no SDK.
pub(super) struct Kms;

#[expect(clippy::unused_async, reason = "the ways that these stand for wait")]
impl Kms {
    pub(super) async fn new(_: &Http, _: &str) -> Result<Self, KmsError> {
        Err(KmsError::NotBuiltIn)
    }

    pub(super) async fn open(&self, _: &[u8]) -> Result<Zeroizing<Vec<u8>>, KmsError> {
        Err(KmsError::NotBuiltIn)
    }

    pub(super) async fn fresh(&self) -> Result<Vec<u8>, KmsError> {
        Err(KmsError::NotBuiltIn)
    }
}
