use thiserror::Error;

/// Why a token is not believed. It never holds a part of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JwtError {
    /// Longer than any token that we take.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of canonical base64url with JSON objects in them, or a member that stands there twice.
    #[error("the token cannot be read")]
    Malformed,
    /// Signed in a way that is not taken here, or that the key is not for.
    #[error("the token is signed in a way that is not accepted")]
    Algorithm,
    /// It says that one must understand something that we do not (RFC 7515 §4.1.11).
    #[error("the token demands an extension that is not known")]
    Critical,
    /// No key of the set, or more than one, is the one that it names.
    #[error("the token names no key of its issuer")]
    UnknownKey,
    /// The signature is another's.
    #[error("the token's signature is wrong")]
    Signature,
    /// A token of another kind.
    #[error("the token is of another kind")]
    Type,
    /// A claim is missing, or says something else than it must.
    #[error("the token's `{0}` is missing or wrong")]
    Claim(&'static str),
    /// It was valid until some time ago.
    #[error("the token has expired")]
    Expired,
    /// It is valid from some later time on, or was issued in the future.
    #[error("the token is not valid yet")]
    NotYet,
    /// A list of keys that holds none which could check a signature.
    #[error("the key cannot be read")]
    NoKey,
    /// The issuer's keys could not be fetched, and none are at hand.
    #[error("the issuer's keys could not be fetched")]
    Unavailable,
}
