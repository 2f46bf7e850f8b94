//! The steps of signing in by way of Privy, each bound to the browser that began it. Codes, consents and signatures are
//! Privy's to check; what comes back is an access token, which is checked like any other.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use time::Duration;
use url::Url;
use uuid::Uuid;

use super::{
    Privy, PrivyError, Synced,
    model::{AwaitedCode, CodeWay, mask_number},
    siwe,
    store::{self, Flow, NewFlow},
};
use crate::{
    identity::{
        email,
        model::{mask, six_digits},
        next,
        service::{Arriving, IdentityError},
        wallet::Address,
    },
    kit::id::{CeremonyId, Id as _},
    platform::{crypto::digest, limits::Bucket},
};

/// As long as the cookie that binds them.
const STEP_LASTS: Duration = Duration::minutes(10);
const VERIFIER_LABEL: &str = "privy code verifier";

/// What ended well: who it is, and where they wanted to go.
pub struct Finished {
    pub synced: Synced,
    pub next: String,
}

/// A step that begins.
#[derive(Clone, Copy)]
pub struct Begin<'a> {
    /// The digest of the secret that the browser keeps.
    pub browser_hash: &'a [u8],
    /// Where the request comes from, as the limits count it.
    pub client: &'a str,
    /// Where the person wants to go.
    pub next: &'a str,
}

impl Privy {
    /// Has Privy send a code.
    ///
    /// # Errors
    /// When the way is off, the address or number is none, it is asked too often, or Privy refuses or is away.
    pub async fn start_code(&self, way: CodeWay, target: &str, begin: Begin<'_>) -> Result<(), PrivyError> {
        self.require_way(|ways| if way == CodeWay::Email { ways.email } else { ways.sms }).await?;
        let limits = &self.identity.limits;
        limits.hit(Bucket::Login, begin.client).await?;
        let target = match way {
            CodeWay::Email => {
                email::normalise(target).ok_or_else(|| PrivyError::Identity(IdentityError::NotAnAddress))?
            }
            CodeWay::Sms => number(target).ok_or(PrivyError::NotANumber)?,
        };
        limits.hit(Bucket::MailMinute, &target).await?;
        limits.hit(Bucket::MailDay, &target).await?;
        let client = &self.app()?.client;
        match way {
            CodeWay::Email => client.ask(&["passwordless", "init"], json!({ "email": target })).await?,
            CodeWay::Sms => client.ask(&["passwordless_sms", "init"], json!({ "phoneNumber": target })).await?,
        };
        self.begin(begin, way.as_str(), &target, None, None).await
    }

    /// The code that a browser waits for.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn awaited_code(&self, browser_hash: Option<[u8; 32]>) -> Result<Option<AwaitedCode>, PrivyError> {
        Ok(match self.under_way(browser_hash).await {
            Ok((CodeWay::Email, flow)) => Some(AwaitedCode { way: CodeWay::Email, masked: mask(&flow.target) }),
            Ok((CodeWay::Sms, flow)) => Some(AwaitedCode { way: CodeWay::Sms, masked: mask_number(&flow.target) }),
            Err(PrivyError::NotBegun | PrivyError::NotSetUp) => None,
            Err(error) => return Err(error),
        })
    }

    /// Signs in with the code that Privy sent.
    ///
    /// # Errors
    /// When none is awaited, it is wrong, it is tried too often, or Privy is away.
    pub async fn finish_code(
        &self,
        typed: &str,
        browser_hash: Option<[u8; 32]>,
        arriving: Arriving<'_>,
    ) -> Result<Finished, PrivyError> {
        let (way, flow) = self.under_way(browser_hash).await?;
        self.identity.limits.hit(Bucket::Auth, &flow.target).await?;
        let code = six_digits(typed).ok_or(PrivyError::Identity(IdentityError::NotACode))?;
        let client = &self.app()?.client;
        let answer = match way {
            CodeWay::Email => {
                client.ask(&["passwordless", "authenticate"], json!({ "email": flow.target, "code": code })).await?
            }
            CodeWay::Sms => {
                let body = json!({ "phoneNumber": flow.target, "code": code });
                client.ask(&["passwordless_sms", "authenticate"], body).await?
            }
        };
        self.take(browser_hash, way.as_str(), None).await?;
        self.vouched(&answer, &flow, arriving).await
    }

    /// The address of the consent page of a service.
    ///
    /// # Errors
    /// When the service is off, it is asked too often, or Privy refuses or is away.
    pub async fn start_consent(&self, service: &str, begin: Begin<'_>) -> Result<Url, PrivyError> {
        self.require_way(|ways| ways.services.iter().any(|offered| offered.id == service)).await?;
        self.identity.limits.hit(Bucket::Login, begin.client).await?;
        let state = BASE64_URL_SAFE_NO_PAD.encode(self.identity.random.bytes::<36>());
        let mut back = self.identity.public_url.clone();
        back.set_path("/api/auth/privy/callback");
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(self.verifier(&state).as_bytes()));
        let client = &self.app()?.client;
        let body = json!({
            "provider": service, "redirect_to": back, "code_challenge": challenge, "state_code": state,
        });
        let answer = client.ask(&["oauth", "init"], body).await?;
        let address = answer.get("url").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
        let address = address.filter(|url| matches!(url.scheme(), "https" | "http")).ok_or(PrivyError::Away)?;
        self.begin(begin, "oauth", service, Some(&state), None).await?;
        Ok(client.found(&address))
    }

    /// Signs in with what the consent page gave.
    ///
    /// # Errors
    /// When this browser has not begun it, the state is another, or Privy refuses or is away.
    pub async fn finish_consent(
        &self,
        state: &str,
        code: &str,
        service: Option<&str>,
        browser_hash: Option<[u8; 32]>,
        arriving: Arriving<'_>,
    ) -> Result<Finished, PrivyError> {
        self.app()?;
        let flow = self.take(browser_hash, "oauth", Some(state)).await?;
        if service.is_some_and(|service| service != flow.target) {
            return Err(PrivyError::NotBegun);
        }
        let body = json!({
            "authorization_code": code, "state_code": state, "code_verifier": self.verifier(state),
        });
        let answer = self.app()?.client.ask(&["oauth", "authenticate"], body).await?;
        self.vouched(&answer, &flow, arriving).await
    }

    /// The text that a wallet is asked to sign (EIP-4361), with Privy's nonce in it.
    ///
    /// # Errors
    /// When wallets are off, the address is none, it is asked too often, or Privy refuses or is away.
    pub async fn start_wallet(&self, wallet: &str, begin: Begin<'_>) -> Result<String, PrivyError> {
        self.require_way(|ways| ways.wallet).await?;
        self.identity.limits.hit(Bucket::Login, begin.client).await?;
        let wallet = Address::parse(wallet).ok_or(PrivyError::NotAWallet)?.with_checksum();
        let answer = self.app()?.client.ask(&["siwe", "init"], json!({ "address": wallet })).await?;
        let nonce = answer.get("nonce").and_then(Value::as_str).filter(|nonce| siwe::is_nonce(nonce));
        let nonce = nonce.ok_or(PrivyError::Away)?;
        let message = siwe::message(&self.identity.public_url, &wallet, nonce, self.identity.clock.now());
        self.begin(begin, "wallet", &wallet, None, Some(&message)).await?;
        Ok(message)
    }

    /// Signs in with a wallet's signature of the text.
    ///
    /// # Errors
    /// When this browser has not begun it, the signature is wrong, or Privy refuses or is away.
    pub async fn finish_wallet(
        &self,
        signature: &str,
        browser_hash: Option<[u8; 32]>,
        arriving: Arriving<'_>,
    ) -> Result<Finished, PrivyError> {
        self.app()?;
        let flow = self.take(browser_hash, "wallet", None).await?;
        let message = flow.message.as_deref().ok_or(PrivyError::NotBegun)?;
        let body = json!({
            "message": message, "signature": signature, "chainId": "eip155:1", "walletClientType": null,
            "connectorType": null,
        });
        let answer = self.app()?.client.ask(&["siwe", "authenticate"], body).await?;
        self.vouched(&answer, &flow, arriving).await
    }

    /// Nothing of it is stored: it follows from the state, and from a key that only this installation has.
    fn verifier(&self, state: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.identity.keys.mac(VERIFIER_LABEL, &[state.as_bytes()]))
    }

    async fn begin(
        &self,
        begin: Begin<'_>,
        way: &str,
        target: &str,
        state: Option<&str>,
        message: Option<&str>,
    ) -> Result<(), PrivyError> {
        let now = self.identity.clock.now();
        let state_hash = state.map(|state| digest(state.as_bytes()));
        let new = NewFlow {
            id: Uuid::from_bytes(self.identity.random.id::<CeremonyId>(now).bytes()),
            browser_hash: begin.browser_hash,
            way,
            target,
            state_hash: state_hash.as_ref().map(<[u8; 32]>::as_slice),
            message,
            next_path: next::safe(begin.next),
            created_at: now,
            expires_at: now + STEP_LASTS,
        };
        Ok(store::insert_flow(&self.identity.db, &new).await?)
    }

    async fn under_way(&self, browser_hash: Option<[u8; 32]>) -> Result<(CodeWay, Flow), PrivyError> {
        self.app()?;
        let browser_hash = browser_hash.ok_or(PrivyError::NotBegun)?;
        let flow = store::flow_by_secret(&self.identity.db, &browser_hash).await?.ok_or(PrivyError::NotBegun)?;
        let way = match flow.way.as_str() {
            "email" => CodeWay::Email,
            "sms" => CodeWay::Sms,
            _ => return Err(PrivyError::NotBegun),
        };
        if flow.expires_at > self.identity.clock.now() { Ok((way, flow)) } else { Err(PrivyError::NotBegun) }
    }

    /// Takes the step away: it is finished once.
    async fn take(&self, browser_hash: Option<[u8; 32]>, way: &str, state: Option<&str>) -> Result<Flow, PrivyError> {
        let browser_hash = browser_hash.ok_or(PrivyError::NotBegun)?;
        let state_hash = state.map(|state| digest(state.as_bytes()));
        let state_hash = state_hash.as_ref().map(<[u8; 32]>::as_slice);
        let flow = store::take_flow_by_secret(&self.identity.db, &browser_hash, way, state_hash).await?;
        flow.filter(|flow| flow.expires_at > self.identity.clock.now()).ok_or(PrivyError::NotBegun)
    }

    /// Privy's other tokens are not kept: its session is not ours to prolong.
    async fn vouched(&self, answer: &Value, flow: &Flow, arriving: Arriving<'_>) -> Result<Finished, PrivyError> {
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        let token = text("token").ok_or(PrivyError::Away)?;
        let synced = self.sync(Some(token), text("identity_token"), arriving).await?;
        Ok(Finished { synced, next: next::safe(&flow.next_path).to_owned() })
    }
}

/// A telephone number in its international form (E.164).
fn number(typed: &str) -> Option<String> {
    let digits: String =
        typed.trim().chars().filter(|letter| !matches!(letter, ' ' | '-' | '(' | ')' | '.' | '\u{a0}')).collect();
    let rest = digits.strip_prefix('+')?;
    let fine =
        (7..=15).contains(&rest.len()) && rest.bytes().all(|digit| digit.is_ascii_digit()) && !rest.starts_with('0');
    fine.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_number_has_one_form() {
        for typed in ["+15550100123", " +1 (555) 010-0123 ", "+1.555.010.0123"] {
            assert_eq!(number(typed).as_deref(), Some("+15550100123"), "{typed}");
        }
        for typed in [
            "",
            "15550100123",
            "+0155501",
            "+1",
            "+123456",
            "+1234567890123456",
            "+1555x100123",
            "++15550100123",
            "+１２３４５６７８",
        ] {
            assert_eq!(number(typed), None, "{typed}");
        }
    }
}
