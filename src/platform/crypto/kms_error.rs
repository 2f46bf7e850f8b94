/// The key service did not do what it was asked. It tells nothing of any key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KmsError {
    /// A key is wrapped, and no key service is set.
    #[error("a key of AURA_KEYS is wrapped; set KMS_KEY_ID to the key that opens it")]
    Unset,
    /// This build has no SDK of AWS.
    #[error("this build knows no AWS KMS; use one with the feature `aws`")]
    NotBuiltIn,
    /// Nothing was heard.
    #[error("AWS KMS does not answer ({0})")]
    Away(&'static str),
    /// It refused, with this code.
    #[error("AWS KMS refused: {0}")]
    Refused(String),
    /// What came back is no sealing key.
    #[error("what AWS KMS opened is not a key of 32 bytes")]
    NoKey,
}
