//! Idempotency keys as <https://docs.stripe.com/api/idempotent_requests> tells: the first answer to a POST is kept for a
//! day and given again, errors of the server included; the same key with other parameters, or while the first request is
//! still under way, is refused. What was refused before it began is not kept.

use super::Stripe;
use super::calendar::DAY;
use super::problem::Problem;
use serde_json::Value;
use std::sync::Arc;

/// What is known under a key.
#[derive(Debug, Clone)]
pub struct Saved {
    /// Path and parameters of the first request.
    asked: String,
    /// When it came.
    at: i64,
    /// Id of the first request.
    pub request: String,
    /// Its answer; none while it is under way.
    pub answer: Option<(u16, Arc<Value>)>,
}

/// What a key means for a request.
#[derive(Debug)]
pub enum Met {
    /// It is new and now in use.
    Fresh,
    /// It was answered.
    Again(Saved),
}

impl Stripe {
    /// Looks a key up and takes it into use.
    pub(super) fn meet(&mut self, key: &str, asked: &str, request: &str) -> Result<Met, Problem> {
        let now = self.now();
        self.saved.retain(|_, saved| saved.at > now - DAY);
        if key.is_empty() || key.len() > 255 {
            return Err(Problem::new(
                400,
                "idempotency_error",
                None,
                "Idempotency keys have between 1 and 255 characters.",
                None,
            ));
        }
        let Some(saved) = self.saved.get(key) else {
            let saved = Saved { asked: asked.to_owned(), at: now, request: request.to_owned(), answer: None };
            self.saved.insert(key.to_owned(), saved);
            return Ok(Met::Fresh);
        };
        if saved.asked != asked {
            return Err(Problem::new(
                400,
                "idempotency_error",
                None,
                format!(
                    "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '{key}' if you meant to execute a different request."
                ),
                None,
            ));
        }
        if saved.answer.is_none() {
            return Err(Problem::new(
                409,
                "idempotency_error",
                Some("idempotency_key_in_use"),
                format!(
                    "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): {key}. Please try again later."
                ),
                None,
            ));
        }
        Ok(Met::Again(saved.clone()))
    }

    /// Keeps the answer of a key, or frees the key.
    pub(super) fn keep(&mut self, key: &str, answer: Option<(u16, Value)>) {
        match answer {
            Some((status, body)) => {
                if let Some(saved) = self.saved.get_mut(key) {
                    saved.answer = Some((status, Arc::new(body)));
                }
            }
            None => {
                self.saved.remove(key);
            }
        }
    }
}
