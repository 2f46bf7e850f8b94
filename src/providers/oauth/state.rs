//! The `state` parameter: `{random}.{issued}.{hmac}`. It shows that Aura made it, and when, before anything is looked
//! up: only a state that passes is worth the single-use row it belongs to.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use time::{Duration, OffsetDateTime};

use crate::platform::{crypto::Keys, random::Random};

const LABEL: &str = "oauth-state/v1";

/// How long a person may stay on a consent page.
pub const LIFETIME: Duration = Duration::minutes(10);

/// A clock of another server of ours may run ahead by so much.
const SKEW: Duration = Duration::seconds(60);

/// Why a state is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateError {
    /// Not three parts, or not ours.
    Forged,
    /// Older than ten minutes.
    Expired,
}

/// A new state, with 256 random bits.
#[must_use]
pub fn issue(keys: &Keys, random: &Random, now: OffsetDateTime) -> String {
    let secret = URL_SAFE_NO_PAD.encode(random.bytes::<32>());
    let issued = now.unix_timestamp().to_string();
    let mac = keys.mac(LABEL, &[secret.as_bytes(), issued.as_bytes()]);
    format!("{secret}.{issued}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// Whether this installation issued it within the last ten minutes.
///
/// # Errors
/// Says which of the two is not so.
pub fn verify(keys: &Keys, state: &str, now: OffsetDateTime) -> Result<(), StateError> {
    let mut parts = state.split('.');
    let (Some(secret), Some(issued), Some(mac), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(StateError::Forged);
    };
    let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| StateError::Forged)?;
    if !keys.verify(LABEL, &[secret.as_bytes(), issued.as_bytes()], &mac) {
        return Err(StateError::Forged);
    }
    let issued = issued.parse().ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let age = now - issued.ok_or(StateError::Forged)?;
    if age < -SKEW {
        Err(StateError::Forged)
    } else if age > LIFETIME {
        Err(StateError::Expired)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    fn keys(secret: &str) -> Keys {
        Keys::new(secret.to_owned().into(), None)
    }

    #[test]
    fn a_state_is_good_for_ten_minutes() {
        let keys = keys("a secret of this installation...");
        let state = issue(&keys, &Random::seeded(1), NOW);
        assert_eq!(verify(&keys, &state, NOW), Ok(()));
        assert_eq!(verify(&keys, &state, NOW + LIFETIME), Ok(()));
        assert_eq!(verify(&keys, &state, NOW + LIFETIME + Duration::SECOND), Err(StateError::Expired));
        assert_eq!(verify(&keys, &state, NOW - Duration::minutes(2)), Err(StateError::Forged));
    }

    #[test]
    fn any_other_text_is_forged() {
        let ours = keys("a secret of this installation...");
        let state = issue(&ours, &Random::seeded(1), NOW);
        let later = state.replace(&NOW.unix_timestamp().to_string(), "1795176001");
        let foreign = issue(&keys("a secret of another installation"), &Random::seeded(1), NOW);
        let longer = format!("{state}.");
        for text in ["", "a.b.c", "..", &state[1..], &state[..state.len() - 1], &later, &foreign, &longer] {
            assert_eq!(verify(&ours, text, NOW), Err(StateError::Forged), "{text}");
        }
    }

    #[test]
    fn ten_thousand_states_are_ten_thousand_different_ones() {
        let (keys, random) = (keys("a secret of this installation..."), Random::seeded(7));
        let all: HashSet<String> = (0..10_000).map(|_| issue(&keys, &random, NOW)).collect();
        assert_eq!(all.len(), 10_000);
    }
}
