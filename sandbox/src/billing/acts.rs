//! What somebody does in Stripe's dashboard, or on its pages, as JSON: `{"kind": …}` and
//!
//! | kind | fields | |
//! |---|---|---|
//! | `pay` | `session`, `card`, `confirm` | on the checkout page; card by number, 4242… where absent |
//! | `pay_later`, `start_trial` | `session` | a payment that comes in three days; a trial without a card |
//! | `settle` | `session`, `comes` | the money of `pay_later` |
//! | `code` | `session`, `code` | enters a promotion code |
//! | `expire` | `session` | |
//! | `pay_invoice` | `invoice`, `card`, `confirm` | on the invoice's page |
//! | `replace_card` | `customer`, `card` | in the portal |
//! | `refund` | `invoice`, `subscription` or `charge`; `amount` | the whole where no amount is given |
//! | `dispute` | as `refund`; `reason` | |
//! | `close_dispute` | `dispute`, `won` | |
//! | `cancel_now` | `subscription` | |
//! | `cancel_at_period_end` | `subscription`, `ends` | |
//! | `change` | `subscription`, `price` (id or lookup key), `quantity` | without proration, as the dashboard offers |
//! | `pause`, `unpause` | `subscription`, `behavior` | collection alone |
//! | `second_subscription` | `customer`, `price`, `quantity`, `card` | |
//! | `delete_customer` | `customer` | |
//! | `portal_defaults` | | saves a default configuration of the portal |

use super::cards::Card;
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::subscriptions::{Beginning, First};
use super::template::{data, text};
use super::{Stripe, template};
use serde_json::{Value, json};

impl Stripe {
    /// Does one of the acts above and gives the object that it was about.
    pub fn act(&mut self, act: &Value) -> Outcome {
        self.tick();
        self.whole(|stripe| stripe.do_act(act))
    }

    fn do_act(&mut self, act: &Value) -> Outcome {
        let field = |name: &str| act[name].as_str().ok_or_else(|| Problem::required(name));
        let card = match act["card"].as_str() {
            Some(card) => {
                Card::find(card).ok_or_else(|| Problem::rule(format!("No test card has the number {card}.")))?
            }
            None => Card::PAYS,
        };
        let confirm = act["confirm"] == true;
        match act["kind"].as_str().unwrap_or_default() {
            "pay" if confirm => self.confirm(field("session")?, card).map(Value::from),
            "pay" => self.pay(field("session")?, card).map(Value::from),
            "pay_later" => self.pay_later(field("session")?).map(Value::from),
            "start_trial" => self.start_trial(field("session")?).map(Value::from),
            "settle" => {
                self.settle(field("session")?, act["comes"] != false)?;
                self.need("checkout.session", field("session")?, "session")
            }
            "code" => {
                self.enter_code(field("session")?, field("code")?)?;
                self.need("checkout.session", field("session")?, "session")
            }
            "expire" => self.expire(field("session")?),
            "pay_invoice" => {
                self.pay_hosted(field("invoice")?, card, confirm)?;
                self.need("invoice", field("invoice")?, "invoice")
            }
            "replace_card" => {
                self.replace_card(field("customer")?, card)?;
                self.customer(field("customer")?, "customer")
            }
            "refund" => {
                let mut params = json!({ "charge": self.charge_for(act)? });
                if let Some(amount) = act["amount"].as_i64() {
                    params["amount"] = amount.to_string().into();
                }
                self.create_refund(&Params(params))
            }
            "dispute" => {
                let charge = self.charge_for(act)?;
                self.open_dispute(&charge, act["reason"].as_str())
            }
            "close_dispute" => self.close_dispute(field("dispute")?, act["won"] == true),
            "cancel_now" => self.cancel_subscription(field("subscription")?, &Params(json!({}))),
            "cancel_at_period_end" => self.set_ending(field("subscription")?, act["ends"] != false),
            "change" => self.change_in_dashboard(field("subscription")?, act),
            "pause" => {
                let behavior = act["behavior"].as_str().unwrap_or("void");
                self.update_subscription(
                    field("subscription")?,
                    &Params(json!({ "pause_collection": { "behavior": behavior } })),
                )
            }
            "unpause" => self.update_subscription(field("subscription")?, &Params(json!({ "pause_collection": "" }))),
            "second_subscription" => {
                let customer = field("customer")?.to_owned();
                let method = self.new_payment_method(&customer, card, None);
                let quantity = act["quantity"].as_i64().unwrap_or(1);
                let metadata = act["metadata"].clone();
                let items = vec![(self.price_named(field("price")?)?, quantity)];
                let new = Beginning { customer, items, metadata, method: Some(method), ..Beginning::default() };
                let (id, _) = self.begin(&new, First::Attempt { owner: confirm })?;
                self.need("subscription", &id, "id")
            }
            "delete_customer" => self.delete_customer(field("customer")?),
            "portal_defaults" => {
                let params = Params(json!({ "features": { "payment_method_update": { "enabled": "true" },
                    "invoice_history": { "enabled": "true" }, "subscription_cancel": { "enabled": "true" } } }));
                let made = self.set_configuration(None, &params)?;
                Ok(self.change("billing_portal.configuration", text(&made, "id"), None, |one| {
                    one["is_default"] = true.into();
                }))
            }
            other => Err(Problem::rule(format!("No act is called {other:?}."))),
        }
    }

    /// A price by its id or its lookup key.
    fn price_named(&self, name: &str) -> Outcome<String> {
        let by_key = self.objects.having("price", "lookup_key", name).next();
        match by_key {
            Some(price) => Ok(text(price, "id").to_owned()),
            None => Ok(text(&self.price(name, "price")?, "id").to_owned()),
        }
    }

    fn change_in_dashboard(&mut self, subscription: &str, act: &Value) -> Outcome {
        let found = self.need("subscription", subscription, "subscription")?;
        let item = data(&found, "items").first().map(|item| text(item, "id").to_owned()).unwrap_or_default();
        let mut change = json!({ "id": item });
        if let Some(price) = act["price"].as_str() {
            change["price"] = self.price_named(price)?.into();
        }
        if let Some(quantity) = act["quantity"].as_i64() {
            change["quantity"] = quantity.to_string().into();
        }
        self.update_subscription(subscription, &Params(json!({ "items": [change], "proration_behavior": "none" })))
    }

    /// A customer without a session, for tests that begin elsewhere.
    pub fn new_customer(&mut self, email: &str) -> String {
        let made =
            self.create_customer(&Params(json!({ "email": email }))).unwrap_or_else(|_| template::of("customer"));
        text(&made, "id").to_owned()
    }
}
