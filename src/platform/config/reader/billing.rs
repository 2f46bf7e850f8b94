//! What is sold, and by whom.

use std::fs;

use secrecy::{ExposeSecret as _, SecretString};
use time::Duration;

use super::Reader;
use crate::platform::config::{BillingSettings, StripeSettings};

const KEY: &str = "STRIPE_SECRET_KEY";
const LONGEST_GRACE: u32 = 60;

impl Reader<'_> {
    pub(super) fn billing(&mut self) -> BillingSettings {
        let webhook_secrets = self.secrets("STRIPE_WEBHOOK_SECRET");
        let stripe = self.secret(KEY).and_then(|secret_key| {
            let live = self.is_live(&secret_key)?;
            Some(StripeSettings { secret_key, live, webhook_secrets })
        });
        let days = self.parsed("BILLING_GRACE_DAYS", 7, "must be a number of days");
        if days > LONGEST_GRACE {
            self.errors.add("BILLING_GRACE_DAYS", format!("is more than {LONGEST_GRACE} days"));
        }
        let daily_tokens = self
            .text("MODEL_DAILY_TOKENS")
            .is_some()
            .then(|| self.parsed("MODEL_DAILY_TOKENS", 0_u64, "must be a number of tokens"));
        BillingSettings { stripe, plans: self.plans(), grace: Duration::days(i64::from(days)), daily_tokens }
    }

    /// Whether a key moves real money; `None` where it is none (<https://docs.stripe.com/keys>).
    fn is_live(&mut self, key: &SecretString) -> Option<bool> {
        let key = key.expose_secret();
        let after = key.strip_prefix("sk_").or_else(|| key.strip_prefix("rk_"));
        match after.and_then(|rest| rest.split_once('_')) {
            Some(("live", rest)) if !rest.is_empty() => Some(true),
            Some(("test", rest)) if !rest.is_empty() => Some(false),
            _ => {
                self.errors
                    .add(KEY, "is no secret key of Stripe's: it begins with sk_live_, sk_test_, rk_live_ or rk_test_");
                None
            }
        }
    }

    fn plans(&mut self) -> Option<String> {
        let path = self.text("PLANS_FILE")?;
        match fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) => {
                self.errors.add("PLANS_FILE", format!("cannot be read: {error}"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::config::Variables;

    fn read(key: Option<&str>) -> (Option<bool>, bool) {
        let variables: Variables = [("AURA_ENV", Some("production")), (KEY, key)]
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        let mut reader = Reader::new(&variables);
        let live = reader.billing().stripe.map(|stripe| stripe.live);
        (live, reader.errors.names(KEY))
    }

    #[test]
    fn the_key_says_whether_real_money_moves() {
        assert_eq!(read(None), (None, false));
        assert_eq!(read(Some("sk_live_abc")), (Some(true), false));
        assert_eq!(read(Some("rk_test_abc")), (Some(false), false));
        for wrong in ["pk_live_abc", "sk_live_", "sk_abc", "whsec_abc"] {
            assert_eq!(read(Some(wrong)), (None, true), "{wrong}");
        }
    }
}
