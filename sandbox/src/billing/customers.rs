//! Customers and their cards.

use super::Stripe;
use super::listing::{self, Page};
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::state::belongs;
use super::template::{self, id, text};
use serde_json::{Value, json};

/// Fields of a customer.
pub const CUSTOMER: [&str; 15] = [
    "name",
    "email",
    "phone",
    "description",
    "metadata.*",
    "address.city",
    "address.country",
    "address.line1",
    "address.line2",
    "address.postal_code",
    "address.state",
    "preferred_locales.*",
    "tax_exempt",
    "payment_method",
    "invoice_settings.default_payment_method",
];

impl Stripe {
    pub(super) fn create_customer(&mut self, params: &Params) -> Outcome {
        let mut customer = template::of("customer");
        let id = id("cus_");
        customer["id"] = id.as_str().into();
        customer["created"] = self.now().into();
        customer["invoice_prefix"] = id.get(4..12).unwrap_or_default().to_uppercase().into();
        set(&mut customer, params)?;
        self.objects.insert(customer.clone());
        if let Some(named) = params.word("payment_method") {
            self.payment_method_of(&id, named, "payment_method")?;
        }
        self.emit("customer.created", &customer, None);
        Ok(customer)
    }

    pub(super) fn update_customer(&mut self, id: &str, params: &Params) -> Outcome {
        let mut customer = self.customer(id, "id")?;
        set(&mut customer, params)?;
        if let Some(named) = params.text("invoice_settings.default_payment_method") {
            let method = if named.is_empty() {
                Value::Null
            } else {
                self.payment_method_of(id, named, "invoice_settings[default_payment_method]")?.into()
            };
            customer["invoice_settings"]["default_payment_method"] = method;
        }
        Ok(self.change("customer", id, Some("customer.updated"), |object| *object = customer))
    }

    pub(super) fn get_customer(&self, id: &str) -> Outcome {
        self.need("customer", id, "id")
    }

    pub(super) fn customers(&self, params: &Params) -> Outcome {
        let email = params.word("email");
        let matches = |one: &Value| one["deleted"] != true && email.is_none_or(|email| one["email"] == email);
        listing::page(
            self.objects.all("customer").rev(),
            matches,
            params,
            &Page { kind: "customer", url: "/v1/customers" },
        )
    }

    /// Ends what the customer has and leaves `deleted: true` behind.
    pub(super) fn delete_customer(&mut self, id: &str) -> Outcome {
        let customer = self.customer(id, "id")?;
        let live: Vec<String> = self
            .subscriptions(id)
            .iter()
            .filter(|one| !super::subscriptions::is_over(one))
            .map(|one| text(one, "id").to_owned())
            .collect();
        for subscription in live {
            self.end(&subscription, "cancellation_requested");
        }
        let open: Vec<String> = self
            .objects
            .having("checkout.session", "customer", id)
            .filter(|one| one["status"] == "open")
            .map(|one| text(one, "id").to_owned())
            .collect();
        for session in open {
            self.expire_session(&session);
        }
        let mut gone = template::of("deleted_customer");
        gone["id"] = id.into();
        self.change("customer", id, None, |object| *object = gone.clone());
        self.emit("customer.deleted", &customer, None);
        Ok(gone)
    }

    pub(super) fn payment_methods(&self, params: &Params, customer: Option<&str>) -> Outcome {
        let customer = customer.or(params.word("customer"));
        if let Some(customer) = customer {
            self.customer(customer, "customer")?;
        }
        let kind = params.word("type");
        let matches = |one: &Value| {
            customer.is_none_or(|customer| belongs(one, customer)) && kind.is_none_or(|kind| one["type"] == kind)
        };
        let page = Page { kind: "payment_method", url: "/v1/payment_methods" };
        listing::page(self.objects.all("payment_method").rev(), matches, params, &page)
    }

    pub(super) fn attach(&mut self, id: &str, params: &Params) -> Outcome {
        let customer = params.needed("customer")?;
        self.customer(customer, "customer")?;
        let method = self.payment_method_of(customer, id, "id")?;
        if self
            .cards
            .get(&method)
            .is_some_and(|state| matches!(state.card, super::Card::DECLINED | super::Card::NO_FUNDS))
        {
            return Err(super::cards::Verdict::Declined("generic_decline").problem());
        }
        self.need("payment_method", &method, "id")
    }

    pub(super) fn detach(&mut self, id: &str) -> Outcome {
        let method = self.need("payment_method", id, "id")?;
        let customer = text(&method, "customer").to_owned();
        self.change("customer", &customer, Some("customer.updated"), |one| {
            if one["invoice_settings"]["default_payment_method"] == id {
                one["invoice_settings"]["default_payment_method"] = Value::Null;
            }
        });
        let method = self.change("payment_method", id, None, |one| one["customer"] = Value::Null);
        self.emit("payment_method.detached", &method, Some(json!({ "customer": customer })));
        Ok(method)
    }

    /// The currency of a customer is that of its first invoice or subscription for ever.
    pub(super) fn settle_currency(&mut self, customer: &str, currency: &str) -> Outcome<()> {
        let found = self.customer(customer, "customer")?;
        match found["currency"].as_str() {
            Some(other) if other != currency => Err(Problem::rule(format!(
                "You cannot combine currencies on a single customer. This customer has an active subscription, subscription schedule, discount, quote, or invoice item with currency {other}"
            ))),
            Some(_) => Ok(()),
            None => {
                self.change("customer", customer, None, |one| one["currency"] = currency.into());
                Ok(())
            }
        }
    }
}

fn set(customer: &mut Value, params: &Params) -> Outcome<()> {
    for field in ["name", "email", "phone", "description"] {
        if let Some(given) = params.text(field) {
            if given.len() > 512 {
                return Err(Problem::invalid(
                    "parameter_invalid_string_blank",
                    format!("Invalid string: {field} is too long"),
                    field,
                ));
            }
            customer[field] = if given.is_empty() { Value::Null } else { given.into() };
        }
    }
    if params.word("email").is_some_and(|email| !email.contains('@')) {
        let given = params.word("email").unwrap_or_default();
        return Err(Problem::invalid("email_invalid", format!("Invalid email address: {given}"), "email"));
    }
    if let Some(given) = params.at("address") {
        let fields = ["city", "country", "line1", "line2", "postal_code", "state"];
        customer["address"] = if given.is_object() {
            let entries = fields.map(|field| (field.to_owned(), given[field].clone()));
            Value::Object(entries.into_iter().collect())
        } else {
            Value::Null
        };
    }
    if let Some(exempt) = params.one_of("tax_exempt", &["none", "exempt", "reverse"])? {
        customer["tax_exempt"] = exempt.into();
    }
    if params.has("preferred_locales") {
        customer["preferred_locales"] = params.words("preferred_locales").into();
    }
    params.metadata("metadata", &mut customer["metadata"]);
    Ok(())
}
