#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, sync::OnceLock};

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};

/// Where the pair lies that signs the tokens of the tests.
pub struct TokenKeys {
    pub private: String,
    pub public: String,
    _folder: tempfile::TempDir,
}

/// One pair for all tests of a process.
pub fn pair() -> &'static TokenKeys {
    static PAIR: OnceLock<TokenKeys> = OnceLock::new();
    PAIR.get_or_init(new)
}

/// A new pair.
pub fn new() -> TokenKeys {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let write = |name: &str, label: &str, der: &[u8]| {
        let path = folder.path().join(name);
        let body = BASE64_STANDARD.encode(der);
        fs::write(&path, format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let private = write("private.pem", "PRIVATE KEY", key.as_der().unwrap().as_ref());
    let public: PublicKeyX509Der = key.public_key().as_der().unwrap();
    let public = write("public.pem", "PUBLIC KEY", public.as_ref());
    TokenKeys { private, public, _folder: folder }
}
