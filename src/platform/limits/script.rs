//! One hit as a script that a Redis server runs in one piece, and what it is given and answers.
//!
//! A key holds a sorted set: the moment of each hit as its score, in microseconds since 1970, which a double holds
//! exactly. The moment comes from the caller's clock, so that every store decides by the same one; the server's own clock
//! only removes what nobody has touched for a whole window.

use time::OffsetDateTime;

use super::{Decision, Rule, StoreAway, micros, moment};

/// Takes now, the moment before which hits have left the window, how many fit, and the window in milliseconds. Answers
/// with nothing when the hit was counted, else with the oldest hit in the window, as `moment:number`.
pub(super) const CODE: &str = r"
local key, now, horizon = KEYS[1], ARGV[1], ARGV[2]
if redis.call('ZCOUNT', key, '(' .. horizon, '+inf') >= tonumber(ARGV[3]) then
    return redis.call('ZRANGEBYSCORE', key, '(' .. horizon, '+inf', 'LIMIT', 0, 1)[1]
end
redis.call('ZREMRANGEBYSCORE', key, '-inf', horizon)
local number = 0
while redis.call('ZADD', key, 'NX', now, now .. ':' .. number) == 0 do
    number = number + 1
end
redis.call('PEXPIRE', key, ARGV[4])
return ''
";

/// The key of a window: no address and no mailbox can be read in it.
pub(super) fn key(rule: Rule, key: &[u8; 32]) -> String {
    format!("aura:limit:{}:{}", rule.bucket.name(), hex::encode(key))
}

/// What the script is given, in its order.
pub(super) fn arguments(rule: Rule, now: OffsetDateTime) -> [String; 4] {
    [
        micros(now).to_string(),
        micros(now - rule.window).to_string(),
        rule.max.to_string(),
        rule.window.whole_milliseconds().to_string(),
    ]
}

/// What its answer means.
pub(super) fn decision(answer: &str) -> Result<Decision, StoreAway> {
    if answer.is_empty() {
        return Ok(Decision::Allowed);
    }
    let oldest = answer.split(':').next().and_then(|oldest| oldest.parse().ok());
    let oldest = oldest.ok_or_else(|| StoreAway("its answer makes no sense".to_owned()))?;
    Ok(Decision::Refused { oldest: moment(oldest) })
}
