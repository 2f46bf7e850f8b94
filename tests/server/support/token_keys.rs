#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path, sync::OnceLock};

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
    /// None: it stays for the next ones.
    _folder: Option<tempfile::TempDir>,
}

/// One pair for all tests.
pub fn pair() -> &'static TokenKeys {
    static PAIR: OnceLock<TokenKeys> = OnceLock::new();
    PAIR.get_or_init(kept)
}

/// The pair of an earlier process: each test is one of its own, and to make a pair takes longer than many of them.
fn kept() -> TokenKeys {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let place = target.join("token-keys");
    if !place.exists() {
        fs::create_dir_all(target).unwrap();
        let made = new_in(tempfile::tempdir_in(target).unwrap());
        // It appears as a whole. Of several processes the first one's stays.
        let _another_was_first = fs::rename(Path::new(&made.private).parent().unwrap(), &place);
    }
    let path = |name: &str| place.join(name).to_str().unwrap().to_owned();
    TokenKeys { private: path("private.pem"), public: path("public.pem"), _folder: None }
}

/// A new pair.
pub fn new() -> TokenKeys {
    new_in(tempfile::tempdir().unwrap())
}

fn new_in(folder: tempfile::TempDir) -> TokenKeys {
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
    TokenKeys { private, public, _folder: Some(folder) }
}
