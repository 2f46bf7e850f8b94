//! How this Stripe misbehaves on demand: its webhooks, its answers, its policy towards who does not pay.

use serde::{Deserialize, Serialize};

/// All knobs; what is absent in a request goes back to the usual.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// Webhooks are kept back until they are flushed or this is off again.
    pub off: bool,
    /// How many times more each webhook is sent.
    pub duplicate: u32,
    /// So many webhooks at a time change places; 0 keeps the order. What is fewer waits for a flush.
    pub reorder: usize,
    /// Percent of the webhooks that never leave. The list of events has them.
    pub drop_percent: u32,
    /// Milliseconds before a webhook leaves.
    pub delay_ms: u64,
    /// Milliseconds that each answer of the API takes, with its idempotency key in use.
    pub latency_ms: u64,
    /// What shuffling and dropping draw from.
    pub seed: u64,
    /// The next failures of the API.
    pub failures: Vec<Failure>,
    /// What becomes of a subscription whose last attempt to be paid failed: `cancel`, `unpaid` or `past_due`.
    pub after_retries: String,
    /// Days after the first attempt on which an invoice is tried again.
    pub retry_days: Vec<i64>,
    /// Percent of tax on what is billed, where the subscription has automatic tax.
    pub tax_percent: u32,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            off: false,
            duplicate: 0,
            reorder: 0,
            drop_percent: 0,
            delay_ms: 0,
            latency_ms: 0,
            seed: 1,
            failures: Vec::new(),
            after_retries: "cancel".to_owned(),
            retry_days: vec![3, 5, 7],
            tax_percent: 19,
        }
    }
}

/// A failure that waits for a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The method it waits for; any where absent.
    #[serde(default)]
    pub method: Option<String>,
    /// The beginning of the path, such as `/v1/checkout/sessions`.
    #[serde(default)]
    pub path: String,
    /// What happens.
    pub kind: FailureKind,
    /// How often.
    #[serde(default = "once")]
    pub times: u32,
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// 500, nothing was done; kept under the idempotency key, as Stripe does.
    Error,
    /// It was done, and the answer is 500 and kept under the idempotency key.
    Torn,
    /// It is done and the answer is kept, but what arrives is a 502.
    Lost,
    /// It is done and the answer is kept, but none arrives for a minute.
    Hang,
    /// 429, nothing was done, nothing kept.
    RateLimit,
    /// 409 with `lock_timeout`, nothing was done, nothing kept.
    LockTimeout,
}

fn once() -> u32 {
    1
}

impl Knobs {
    /// The failure that waits for this call; it is used up.
    pub fn take_failure(&mut self, method: &str, path: &str) -> Option<FailureKind> {
        let place = self.failures.iter().position(|failure| {
            failure.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                && path.starts_with(&failure.path)
        })?;
        let failure = self.failures.get_mut(place)?;
        let kind = failure.kind;
        failure.times = failure.times.saturating_sub(1);
        if failure.times == 0 {
            self.failures.remove(place);
        }
        Some(kind)
    }
}
