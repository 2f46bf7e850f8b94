//! How a password is kept: Argon2id, by the first choice of OWASP's Password Storage Cheat Sheet (19 MiB, 2 passes).

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version, password_hash::phc::PasswordHash,
};

use super::{Match, Password, PasswordError};

const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// What is compared with where nothing was kept. Nobody knows a password that fits.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$xl1lO78JOJqam5b57tKXRg$udHMX7xAknC67Cq6CSGWrmX7DlQ1abB6QhnMx3o6FqI";

fn hasher() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|_| PasswordError::Hashing)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// A PHC string, which says its own parameters.
pub fn make(password: &Password, salt: &[u8; 16]) -> Result<String, PasswordError> {
    let hash = hasher()?.hash_password_with_salt(password.as_bytes(), salt);
    hash.map(|hash| hash.to_string()).map_err(|_| PasswordError::Hashing)
}

/// By the parameters that it was kept by.
pub fn check(password: &Password, kept: Option<&str>) -> Match {
    let hash = kept.unwrap_or(NOBODYS);
    let same = Argon2::default().verify_password(password.as_bytes(), hash).is_ok();
    match (same, kept) {
        (true, Some(kept)) if is_weaker(kept) => Match::Weaker,
        (true, Some(_)) => Match::Yes,
        _ => Match::No,
    }
}

fn is_weaker(kept: &str) -> bool {
    let params = PasswordHash::new(kept).ok().and_then(|hash| Params::try_from(&hash).ok());
    params.is_none_or(|params| params.m_cost() < MEMORY || params.t_cost() < PASSES || params.p_cost() < LANES)
        || !kept.starts_with("$argon2id$")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(typed: &str) -> Password {
        Password::shown(typed).unwrap()
    }

    /// As `argon2 saltsaltsaltsalt -id -k <memory> -t <passes> -p 1 -l 32` prints it.
    fn kept(memory: u32, passes: u32, typed: &str) -> String {
        let params = Params::new(memory, passes, 1, None).unwrap();
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon.hash_password_with_salt(typed.as_bytes(), b"saltsaltsaltsalt").unwrap().to_string()
    }

    #[test]
    fn what_is_kept_says_how() {
        let hash = make(&password("correct horse"), b"saltsaltsaltsalt").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$"), "{hash}");
        assert_eq!(hash, kept(MEMORY, PASSES, "correct horse"));
        assert_ne!(hash, make(&password("correct horse"), b"SALTsaltsaltsalt").unwrap());
    }

    #[test]
    fn the_right_one_fits_and_no_other() {
        let hash = make(&password("correct horse"), &[7; 16]).unwrap();
        assert_eq!(check(&password("correct horse"), Some(&hash)), Match::Yes);
        for wrong in ["", "Correct horse", "correct horse ", "correct hors", "correct horse\0"] {
            assert_eq!(check(&password(wrong), Some(&hash)), Match::No, "{wrong}");
        }
        let long = "x".repeat(1024);
        let hash = make(&password(&long), &[7; 16]).unwrap();
        assert_eq!(check(&password(&long), Some(&hash)), Match::Yes);
        assert_eq!(check(&password(&long[1..]), Some(&hash)), Match::No, "the last byte counts");
    }

    #[test]
    fn what_was_kept_by_less_is_told_and_what_is_broken_fits_nothing() {
        assert_eq!(check(&password("correct horse"), Some(&kept(8_192, 2, "correct horse"))), Match::Weaker);
        assert_eq!(check(&password("correct horse"), Some(&kept(MEMORY, 1, "correct horse"))), Match::Weaker);
        assert_eq!(check(&password("correct horse"), Some(&kept(MEMORY, 3, "correct horse"))), Match::Yes);
        for broken in ["", "x", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA", "correct horse"] {
            assert_eq!(check(&password("correct horse"), Some(broken)), Match::No, "{broken}");
        }
    }

    #[test]
    fn nobodys_costs_as_much_as_anybodys() {
        assert!(!is_weaker(NOBODYS));
        let hash = PasswordHash::new(NOBODYS).unwrap();
        let params = Params::try_from(&hash).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (MEMORY, PASSES, LANES));
        assert_eq!((hash.salt.unwrap().len(), hash.hash.unwrap().len()), (16, 32));
        assert_eq!(check(&password("correct horse"), None), Match::No);
    }
}
