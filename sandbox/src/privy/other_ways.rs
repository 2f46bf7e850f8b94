//! Guests, and people whom an outside issuer vouches for.

use crate::privy::APP_ID;
use crate::privy::ask::Ask;
use crate::privy::problem::{Outcome, Problem, ok};
use crate::privy::state::Privy;
use crate::privy::users::Entered;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// `iss` of the outside issuer.
pub const OUTSIDE_ISSUER: &str = "https://login.sandbox.example";

/// `POST /guest/authenticate`: the same credential is the same guest, until the guest links something.
pub fn guest(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    if !privy.is_on("guest_auth") {
        return Err(Problem::method_off("guest"));
    }
    let credential = ask.text("guest_credential")?;
    if credential.len() < 32 {
        return Err(Problem::data("guest_credential is too short"));
    }
    let digest = crate::privy::keys::encode(Sha256::digest(credential));
    let known =
        privy.users.iter().find(|user| user.guest.as_deref() == Some(digest.as_str())).map(|user| user.id.clone());
    let entered = match known {
        Some(user) => Entered { user, is_new: false },
        None => {
            privy.may_sign_up(None)?;
            Entered { user: privy.create(&format!("guest {digest}"), Vec::new(), Some(digest)), is_new: true }
        }
    };
    privy.open_session(&entered, None)
}

/// `POST /custom_jwt_account/authenticate {token}`.
pub fn authenticate(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let account = vouched(privy, ask)?;
    let entered = privy.enter(account, ask.mode())?;
    privy.open_session(&entered, None)
}

/// `POST /custom_jwt_account/link {token}`.
pub fn link(privy: &mut Privy, ask: &Ask<'_>) -> Outcome {
    let person = privy.person(ask)?;
    let account = vouched(privy, ask)?;
    ok(privy.link(&person, account)?)
}

/// A token of the outside issuer for this app.
pub fn vouch(privy: &Privy, subject: &str, audience: &str, seconds: i64) -> String {
    let now = privy.now();
    privy
        .outside_key
        .sign(&json!({ "iss": OUTSIDE_ISSUER, "aud": audience, "sub": subject, "iat": now, "exp": now + seconds }))
}

fn vouched(privy: &Privy, ask: &Ask<'_>) -> Result<Value, Problem> {
    if !privy.is_on("custom_jwt_auth") {
        return Err(Problem::method_off("custom_jwt"));
    }
    let claims = privy.outside_key.open(ask.text("token")?);
    let sound = claims.filter(|claims| {
        claims["iss"] == OUTSIDE_ISSUER
            && claims["aud"] == APP_ID
            && claims["exp"].as_i64().is_some_and(|ends| ends > privy.now())
    });
    match sound.as_ref().and_then(|claims| claims["sub"].as_str()).filter(|subject| !subject.is_empty()) {
        Some(subject) => Ok(json!({ "type": "custom_auth", "custom_user_id": subject })),
        None => Err(Problem::credentials("Invalid JWT token provided")),
    }
}
