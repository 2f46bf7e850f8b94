//! Test cards. Their numbers are those of <https://docs.stripe.com/testing>; what each one does is told there.

use super::Stripe;
use super::problem::{Outcome, Problem};
use super::template::{self, id};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A card, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Card(pub &'static str);

impl Card {
    /// Pays always.
    pub const PAYS: Self = Self("4242424242424242");
    /// Pays always, of another brand and with another fingerprint.
    pub const MASTERCARD: Self = Self("5555555555554444");
    /// Is declined always.
    pub const DECLINED: Self = Self("4000000000000002");
    /// Is declined always, for want of funds.
    pub const NO_FUNDS: Self = Self("4000000000009995");
    /// Pays the first time and is declined at every renewal.
    pub const DECLINED_LATER: Self = Self("4000000000000341");
    /// Asks its owner the first time and pays from then on by itself.
    pub const ASKS_ONCE: Self = Self("4000002500003155");
    /// Asks its owner every time, at renewals too.
    pub const ASKS_ALWAYS: Self = Self("4000002760003184");
    /// All of them with what they do, for pages.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::PAYS, "pays"),
        (Self::MASTERCARD, "pays (Mastercard)"),
        (Self::DECLINED, "is declined"),
        (Self::NO_FUNDS, "is declined: insufficient funds"),
        (Self::DECLINED_LATER, "pays once, is declined at renewal"),
        (Self::ASKS_ONCE, "asks for 3-D Secure once"),
        (Self::ASKS_ALWAYS, "asks for 3-D Secure at every payment"),
    ];

    /// The card with that number, spaces or not, or the one of a token such as `pm_card_visa`.
    pub fn find(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let by_token = match text {
            "pm_card_visa" => Some(Self::PAYS),
            "pm_card_mastercard" => Some(Self::MASTERCARD),
            "pm_card_chargeDeclined" | "pm_card_visa_chargeDeclined" => Some(Self::DECLINED),
            "pm_card_chargeDeclinedInsufficientFunds" => Some(Self::NO_FUNDS),
            "pm_card_chargeCustomerFail" => Some(Self::DECLINED_LATER),
            "pm_card_authenticationRequiredOnSetup" => Some(Self::ASKS_ONCE),
            "pm_card_authenticationRequired" => Some(Self::ASKS_ALWAYS),
            _ => None,
        };
        by_token.or_else(|| Self::ALL.iter().map(|(card, _)| *card).find(|card| card.0 == digits))
    }

    /// The last four digits.
    pub fn last4(self) -> &'static str {
        self.0.get(12..).unwrap_or_default()
    }

    fn brand(self) -> &'static str {
        if self.0.starts_with('5') { "mastercard" } else { "visa" }
    }

    /// The same for the same number, whoever uses it.
    pub fn fingerprint(self) -> String {
        Sha256::digest(self.0.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A card in somebody's hands.
#[derive(Debug, Clone, Copy)]
pub struct CardState {
    /// Which.
    pub card: Card,
    /// How many payments went through.
    pub paid: u32,
    /// Whether its owner has agreed to payments to come.
    pub agreed: bool,
}

/// What the bank says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The money comes.
    Pays,
    /// It does not, with the decline code.
    Declined(&'static str),
    /// The owner must confirm.
    Asks,
}

impl Verdict {
    /// As an error of the API.
    pub fn problem(self) -> Problem {
        match self {
            Self::Declined("insufficient_funds") => {
                Problem::card("card_declined", Some("insufficient_funds"), "Your card has insufficient funds.")
            }
            Self::Declined(code) => Problem::card("card_declined", Some(code), "Your card was declined."),
            Self::Asks | Self::Pays => Problem::card(
                "subscription_payment_intent_requires_action",
                None,
                "Payment for this subscription requires additional user action before it can be completed successfully.",
            ),
        }
    }
}

impl Stripe {
    /// A payment method of a customer with this card.
    pub(super) fn new_payment_method(&mut self, customer: &str, card: Card, email: Option<&str>) -> String {
        let mut method = template::of("payment_method");
        let id = id("pm_");
        method["id"] = id.as_str().into();
        method["created"] = self.now().into();
        method["customer"] = customer.into();
        method["billing_details"]["email"] = email.into();
        let face = &mut method["card"];
        face["brand"] = card.brand().into();
        face["display_brand"] = card.brand().into();
        face["networks"]["available"] = vec![card.brand()].into();
        face["last4"] = card.last4().into();
        face["fingerprint"] = card.fingerprint().into();
        self.objects.insert(method.clone());
        self.cards.insert(id.clone(), CardState { card, paid: 0, agreed: false });
        self.emit("payment_method.attached", &method, None);
        id
    }

    /// What the card of a payment method says to a payment; `owner` confirms in person.
    pub(super) fn ask_bank(&mut self, method: &str, owner: bool) -> Verdict {
        let Some(state) = self.cards.get_mut(method) else { return Verdict::Declined("generic_decline") };
        let verdict = match state.card {
            Card::DECLINED => Verdict::Declined("generic_decline"),
            Card::NO_FUNDS => Verdict::Declined("insufficient_funds"),
            Card::DECLINED_LATER if state.paid > 0 || state.agreed => Verdict::Declined("generic_decline"),
            Card::ASKS_ALWAYS if !owner => Verdict::Asks,
            Card::ASKS_ONCE if !owner && !state.agreed => Verdict::Asks,
            _ => Verdict::Pays,
        };
        if verdict == Verdict::Pays {
            state.paid += 1;
            state.agreed = true;
        }
        verdict
    }

    /// The card is put on file without a payment, its owner in front of the page.
    pub(super) fn agree(&mut self, method: &str) {
        if let Some(state) = self.cards.get_mut(method) {
            state.agreed = true;
        }
    }

    /// The payment method that a parameter names: one of the customer's, or a token such as `pm_card_visa`, which makes
    /// a new one.
    pub(super) fn payment_method_of(&mut self, customer: &str, named: &str, param: &str) -> Outcome<String> {
        if let Some(found) = self.objects.get("payment_method", named) {
            return if found["customer"] == customer {
                Ok(named.to_owned())
            } else {
                Err(Problem::rule(format!(
                    "The customer does not have a payment method with the ID {named}. The payment method must be attached to the customer."
                )))
            };
        }
        match Card::find(named).filter(|_| named.starts_with("pm_card_")) {
            Some(card) => Ok(self.new_payment_method(customer, card, None)),
            None => Err(Problem::missing("PaymentMethod", named, param)),
        }
    }

    /// Which payment method a subscription is paid by: its own, else the customer's.
    pub(super) fn paying_method(&self, subscription: Option<&Value>, customer: &str) -> Option<String> {
        let own = subscription.and_then(|one| one["default_payment_method"].as_str());
        let of_customer =
            || self.objects.get("customer", customer)?["invoice_settings"]["default_payment_method"].as_str();
        own.or_else(of_customer).map(str::to_owned)
    }
}
