//! AWS KMS as the wrapper of sealing keys
//! (docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html, API_Decrypt.html).
//!
//! What is wrapped is bound to an encryption context: a blob that was made for something else does not open, and each
//! use stands in the trail of that account with these words.

use std::collections::HashMap;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_kms::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::Blob,
};
use zeroize::Zeroizing;

use super::KmsError;
use crate::platform::http::{Http, aws_sdk};

/// A sealing key has 32 bytes.
const BYTES: i32 = 32;

/// One key of the service.
pub(super) struct Kms {
    client: Client,
    key: String,
}

impl Kms {
    /// The way to this key: its id, its alias, or its ARN, which names the region as well.
    pub(super) async fn new(http: &Http, key: &str) -> Result<Self, KmsError> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(aws_sdk::client(http));
        if let Some(region) = key.strip_prefix("arn:").and_then(|arn| arn.split(':').nth(2)) {
            loader = loader.region(Region::new(region.to_owned()));
        }
        Ok(Self { client: Client::new(&loader.load().await), key: key.to_owned() })
    }

    /// What was wrapped.
    pub(super) async fn open(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KmsError> {
        let asked = self.client.decrypt().key_id(&self.key).ciphertext_blob(Blob::new(wrapped));
        let answer = asked.set_encryption_context(Some(context())).send().await.map_err(|error| sorted(&error))?;
        let plain = answer.plaintext.ok_or(KmsError::NoKey)?;
        Ok(Zeroizing::new(plain.into_inner()))
    }

    /// A new key, wrapped; its clear text is seen by nobody until it is opened.
    pub(super) async fn fresh(&self) -> Result<Vec<u8>, KmsError> {
        let asked = self.client.generate_data_key_without_plaintext().key_id(&self.key).number_of_bytes(BYTES);
        let answer = asked.set_encryption_context(Some(context())).send().await.map_err(|error| sorted(&error))?;
        answer.ciphertext_blob.map(Blob::into_inner).ok_or(KmsError::NoKey)
    }
}

fn context() -> HashMap<String, String> {
    [("app", "aura"), ("purpose", "sealing")].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn sorted<E: ProvideErrorMetadata>(error: &SdkError<E>) -> KmsError {
    match error {
        SdkError::ServiceError(told) => {
            let code = told.err().code().unwrap_or("without a code");
            KmsError::Refused(code.chars().filter(char::is_ascii_alphanumeric).take(60).collect())
        }
        SdkError::TimeoutError(_) => KmsError::Away("it takes too long"),
        SdkError::DispatchFailure(failed) if failed.is_timeout() => KmsError::Away("it takes too long"),
        SdkError::DispatchFailure(failed) if failed.is_io() => KmsError::Away("it could not be reached"),
        SdkError::DispatchFailure(_) => KmsError::Away("no credentials were found; check the role or profile"),
        SdkError::ConstructionFailure(_) => KmsError::Away("no region is set; give KMS_KEY_ID as an ARN"),
        _ => KmsError::Away("its answer could not be read"),
    }
}
