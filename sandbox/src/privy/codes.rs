//! Codes of six digits by e-mail and by text message.

use crate::privy::accounts::{self, handle};
use crate::privy::app::{TEST_CODE, TEST_EMAIL, TEST_PHONE};
use crate::privy::ask::Ask;
use crate::privy::problem::{Outcome, Problem, ok};
use crate::privy::state::{CEREMONY_SECONDS, Message, Privy, Sent};
use rand::Rng;
use serde_json::{Value, json};

/// Codes to one address or number within a minute.
const MOST_A_MINUTE: usize = 5;
/// Wrong answers until a code is dead.
const MOST_WRONG: u32 = 5;

/// By which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `passwordless`.
    Mail,
    /// `passwordless_sms`.
    Text,
}

impl Way {
    fn field(self) -> &'static str {
        match self {
            Self::Mail => "email",
            Self::Text => "phoneNumber",
        }
    }

    fn account(self, handle: &str) -> Result<Value, Problem> {
        match self {
            Self::Mail => accounts::email(handle),
            Self::Text => accounts::phone(handle),
        }
    }

    /// The account a body names, where the app allows the way.
    fn asked(self, privy: &Privy, ask: &Ask<'_>) -> Result<Value, Problem> {
        let (setting, name) = match self {
            Self::Mail => ("email_auth", "email"),
            Self::Text => ("sms_auth", "phone"),
        };
        if !privy.is_on(setting) {
            return Err(Problem::method_off(name));
        }
        let account = self.account(ask.text(self.field())?)?;
        if privy.is_on("disable_plus_emails") && handle(&account).1.contains('+') && self == Self::Mail {
            return Err(Problem::new(400, "disallowed_plus_email", "Email addresses with a plus are not allowed"));
        }
        Ok(account)
    }
}

/// `/init`.
pub fn begin(privy: &mut Privy, ask: &Ask<'_>, way: Way) -> Outcome {
    let account = way.asked(privy, ask)?;
    if privy.is_on("captcha_enabled") && ask.option("token") != Some("sandbox-captcha") {
        return Err(Problem::new(400, "invalid_captcha", "Invalid captcha"));
    }
    let key = handle(&account);
    privy.check_allowlist(&key)?;
    let now = privy.now();
    let sendings = privy.sendings.entry(key.1.clone()).or_default();
    sendings.retain(|at| now - at < 60);
    if sendings.len() >= MOST_A_MINUTE {
        return Err(Problem::new(429, "too_many_requests", "Too many requests"));
    }
    sendings.push(now);
    let code = format!("{:06}", rand::rng().random_range(0..1_000_000));
    privy.codes.insert(key.1.clone(), Sent { code: code.clone(), at: now, wrong: 0 });
    privy.messages.push(match way {
        Way::Mail => Message::Mail(key.1, code),
        Way::Text => Message::Text(key.1, code),
    });
    ok(json!({ "success": true }))
}

/// `/authenticate`.
pub fn authenticate(privy: &mut Privy, ask: &Ask<'_>, way: Way) -> Outcome {
    let account = way.asked(privy, ask)?;
    spend(privy, &handle(&account).1, ask.text("code")?)?;
    let entered = privy.enter(account, ask.mode())?;
    privy.open_session(&entered, None)
}

/// `/link`.
pub fn link(privy: &mut Privy, ask: &Ask<'_>, way: Way) -> Outcome {
    let person = privy.person(ask)?;
    let account = way.asked(privy, ask)?;
    spend(privy, &handle(&account).1, ask.text("code")?)?;
    ok(privy.link(&person, account)?)
}

/// `/unlink`: the field is `address` for mail.
pub fn unlink(privy: &mut Privy, ask: &Ask<'_>, way: Way) -> Outcome {
    let person = privy.person(ask)?;
    let named = ask.text(if way == Way::Mail { "address" } else { way.field() })?;
    ok(privy.unlink(&person, &handle(&way.account(named)?))?)
}

/// `/update`: one pair of names in each of the two styles.
pub fn update(privy: &mut Privy, ask: &Ask<'_>, way: Way) -> Outcome {
    let person = privy.person(ask)?;
    let (old, new) = match way {
        Way::Mail => (ask.text("oldAddress")?, ask.text("newAddress")?),
        Way::Text => (ask.text("old_phone_number")?, ask.text("new_phone_number")?),
    };
    let (old, account) = (way.account(old)?, way.account(new)?);
    spend(privy, &handle(&account).1, ask.text("code")?)?;
    ok(privy.replace(&person, &handle(&old), account)?)
}

/// A code counts once, for ten minutes and five tries; the test account has its own that lasts.
fn spend(privy: &mut Privy, to: &str, code: &str) -> Result<(), Problem> {
    let refused = || Problem::credentials("Invalid email or phone verification code");
    if [TEST_EMAIL, TEST_PHONE].contains(&to) {
        return if code == TEST_CODE { Ok(()) } else { Err(refused()) };
    }
    let now = privy.now();
    let sent = privy.codes.get_mut(to).ok_or_else(refused)?;
    if now - sent.at >= CEREMONY_SECONDS || sent.wrong >= MOST_WRONG {
        privy.codes.remove(to);
        return Err(refused());
    }
    if sent.code != code {
        sent.wrong += 1;
        return Err(refused());
    }
    privy.codes.remove(to);
    Ok(())
}
