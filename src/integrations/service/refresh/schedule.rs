//! When tokens are renewed: how fresh they are for somebody who needs one, and when they are due though nobody asks.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{integrations::store::ConnectionRow, kit::id::ConnectionId, platform::crypto::digest};

/// Whoever did not use a connection for so long gets a token when they ask; until then only the grant is kept alive.
const ATTENDED: Duration = Duration::days(3);

/// How far a row's tokens carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    Good,
    /// Good for the moment, but to be renewed ahead.
    Due,
    Dead,
}

/// Tokens are renewed five minutes ahead or a fifth of their life, whichever is more, but never before half of it.
pub(super) fn freshness(row: &ConnectionRow, now: OffsetDateTime) -> Freshness {
    let Some(expires_at) = row.access_expires_at else {
        return Freshness::Good;
    };
    if now >= expires_at {
        return Freshness::Dead;
    }
    let life = (expires_at - row.issued_at.unwrap_or(row.updated_at)).max(Duration::ZERO);
    if now >= expires_at - ahead(life) { Freshness::Due } else { Freshness::Good }
}

fn ahead(life: Duration) -> Duration {
    (life / 5_i32).max(Duration::minutes(5)).min(life / 2_i32)
}

/// Whether somebody uses it these days.
pub(super) fn is_attended(row: &ConnectionRow, now: OffsetDateTime) -> bool {
    is_used(row.last_used_at.unwrap_or(row.created_at), now)
}

/// Whether a last use is not long ago.
pub(super) fn is_used(last: OffsetDateTime, now: OffsetDateTime) -> bool {
    now < last + ATTENDED
}

/// What a renewal or a consent has brought.
#[derive(Clone, Copy)]
pub(in crate::integrations::service) struct Rights {
    pub(in crate::integrations::service) access_expires_at: Option<OffsetDateTime>,
    pub(in crate::integrations::service) refresh_expires_at: Option<OffsetDateTime>,
    /// The first tokens of a consent. They are renewed at any time between a tenth and four fifths of their life, so that
    /// people who connected in the same minute are apart from then on.
    pub(in crate::integrations::service) first: bool,
    /// Whether tokens are renewed before anybody asks for them.
    pub(in crate::integrations::service) attended: bool,
}

/// When tokens that were handed out now are renewed though nobody asks; never where nothing ends. The grant itself is
/// kept alive at a third of the time for which it may lie unused.
pub(in crate::integrations::service) fn due(
    id: ConnectionId,
    rights: Rights,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    let share = share(id);
    let part = |life: Duration, from: f64, to: f64| now + life * (from + (to - from) * share);
    let by_access = rights.access_expires_at.filter(|_| rights.attended).map(|expires_at| {
        let life = (expires_at - now).max(Duration::ZERO);
        let latest = expires_at - ahead(life);
        let wished = if rights.first { part(life, 0.1, 0.8) } else { latest - life * (share * 0.1) };
        wished.min(latest)
    });
    let by_grant = rights.refresh_expires_at.map(|expires_at| part(expires_at - now, 0.3, 0.333));
    [by_access, by_grant].into_iter().flatten().min()
}

/// A number from 0 up to 1 that belongs to a connection, so that not all are due in the same second.
pub(in crate::integrations::service) fn share(id: ConnectionId) -> f64 {
    let print = digest(Uuid::from(id).as_bytes());
    f64::from(u32::from_be_bytes([print[0], print[1], print[2], print[3]])) / (f64::from(u32::MAX) + 1.0)
}

/// How long a service is left alone after so many failures in a row: twice as long each time, up to five minutes, more
/// or less by a quarter. `chance` is from 0 up to 1,000.
pub(in crate::integrations::service) fn rest(failures: u32, chance: u32) -> Duration {
    let seconds = f64::from((1_u32 << failures.clamp(1, 9)).min(300));
    Duration::seconds_f64(seconds * (0.75 + f64::from(chance) / 2_000.0))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::kit::id::Id as _;

    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    fn id(number: u32) -> ConnectionId {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        ConnectionId::from_bytes(bytes)
    }

    fn rights(access: Option<Duration>, refresh: Option<Duration>) -> Rights {
        Rights {
            access_expires_at: access.map(|life| NOW + life),
            refresh_expires_at: refresh.map(|life| NOW + life),
            first: false,
            attended: true,
        }
    }

    #[test]
    fn tokens_are_due_ahead_of_their_end_and_not_before_half_of_it() {
        for number in 0..1_000 {
            for life in [Duration::seconds(10), Duration::minutes(8), Duration::HOUR, Duration::days(60)] {
                let due = due(id(number), rights(Some(life), None), NOW).unwrap();
                assert!(due >= NOW + life * 0.4 && due <= NOW + life - ahead(life), "{life}: {due}");
            }
        }
    }

    #[test]
    fn a_grant_is_kept_alive_at_a_third_of_its_idle_life() {
        let idle = Duration::days(14);
        for number in 0..1_000 {
            let unattended = Rights { attended: false, ..rights(Some(Duration::HOUR), Some(idle)) };
            let due = due(id(number), unattended, NOW).unwrap();
            assert!(due > NOW + Duration::days(4) && due <= NOW + idle / 3_i32, "{due}");
        }
        assert_eq!(due(id(1), Rights { attended: false, ..rights(Some(Duration::HOUR), None) }, NOW), None);
        assert_eq!(due(id(1), rights(None, None), NOW), None);
    }

    #[test]
    fn the_share_of_a_connection_stays_and_spreads_evenly() {
        assert!((share(id(7)) - share(id(7))).abs() < f64::EPSILON);
        let mut tenths = [0_u32; 10];
        for number in 0..10_000 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number from 0 to 9")]
            let tenth = (share(id(number)) * 10.0) as usize;
            tenths[tenth] += 1;
        }
        assert!(tenths.iter().all(|count| (850..1_150).contains(count)), "{tenths:?}");
    }

    #[test]
    fn a_service_is_left_alone_longer_and_longer() {
        let middle: Vec<i64> = (1..=12).map(|failures| rest(failures, 500).whole_seconds()).collect();
        assert_eq!(middle, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]);
        assert_eq!((rest(9, 0).whole_seconds(), rest(9, 999).whole_seconds()), (225, 374));
    }
}
