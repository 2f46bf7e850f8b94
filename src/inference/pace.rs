//! When a model is asked once more.

use std::time::Duration;

use super::{ModelError, wires::Failure};
use crate::platform::random::Random;

/// How often a question is sent, counting the first time.
const TRIES: u32 = 3;
/// About how long the first wait is; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(400);
/// Who is told to wait longer than this gives up, or goes to the next model.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// The same where there are too many requests: a person waits for the answer.
const LONGEST_LIMITED: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Pace {
    random: Random,
}

impl Pace {
    pub(super) fn new(random: Random) -> Self {
        Self { random }
    }

    /// How long to wait after so many tries; none where another would not help. What passes by itself is tried three
    /// times, a limit once more where the server says that it is short, everything else never again.
    pub(super) fn before_next(&self, tries: u32, failure: &Failure) -> Option<Duration> {
        match (&failure.error, failure.wait) {
            (ModelError::Limited { .. }, Some(wait)) => (tries == 1 && wait <= LONGEST_LIMITED).then_some(wait),
            (_, wait) if failure.passing && tries < TRIES => {
                let step = FIRST_WAIT * 2_u32.saturating_pow(tries.saturating_sub(1));
                // Up to half as long again, so that those who failed together do not come back together.
                let own = step + step / 1_000 * self.random.below(501);
                let wait = wait.unwrap_or_default();
                (wait <= LONGEST_WAIT).then(|| own.max(wait))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(error: ModelError, wait: Option<u64>) -> Failure {
        Failure { wait: wait.map(Duration::from_secs), ..Failure::from(error) }
    }

    #[test]
    fn waits_grow_and_end() {
        let broken = failure(ModelError::Unavailable, None);
        for seed in 0..200 {
            let pace = Pace::new(Random::seeded(seed));
            let waits: Vec<_> = (1..=4).map(|tries| pace.before_next(tries, &broken)).collect();
            let [Some(first), Some(second), None, None] = waits[..] else { panic!("{waits:?}") };
            assert!(
                (400..=600).contains(&first.as_millis()) && (800..=1_200).contains(&second.as_millis()),
                "{waits:?}"
            );
        }
        let pace = Pace::new(Random::seeded(1));
        let other = Pace::new(Random::seeded(2));
        assert_ne!(pace.before_next(1, &broken), other.before_next(1, &broken), "not all at the same moment");
    }

    #[test]
    fn what_the_server_asks_for_is_granted_within_reason() {
        let pace = Pace::new(Random::seeded(1));
        let seconds = |error: ModelError, wait, tries| {
            pace.before_next(tries, &failure(error, Some(wait))).map(|wait| wait.as_secs())
        };
        assert_eq!(seconds(ModelError::Unavailable, 7, 1), Some(7));
        assert_eq!(seconds(ModelError::Unavailable, 11, 1), None);
        let limited = || ModelError::Limited { retry_after: None };
        assert_eq!(seconds(limited(), 2, 1), Some(2));
        assert_eq!(seconds(limited(), 2, 2), None, "once");
        assert_eq!(seconds(limited(), 17, 1), None);
        assert_eq!(pace.before_next(1, &failure(limited(), None)), None);
    }

    #[test]
    fn a_refusal_is_never_tried_again() {
        let pace = Pace::new(Random::seeded(1));
        for error in [
            ModelError::Refused,
            ModelError::Rejected(400),
            ModelError::NotFound("m".into()),
            ModelError::Malformed,
            ModelError::Silent(Duration::from_secs(60)),
        ] {
            assert_eq!(pace.before_next(1, &failure(error.clone(), Some(1))), None, "{error:?}");
        }
    }
}
