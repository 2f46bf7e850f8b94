//! The customer portal: configurations, sessions, and what a person does there. The page is in [`super::pages`].

use super::Stripe;
use super::cards::{Card, Verdict};
use super::listing::{self, Page};
use super::params::Params;
use super::payments::Attempt;
use super::problem::{Outcome, Problem};
use super::template::{self, id, int, text};
use serde_json::{Value, json};

/// What a configuration takes.
pub const CONFIGURATION: [&str; 24] = [
    "business_profile.headline",
    "business_profile.privacy_policy_url",
    "business_profile.terms_of_service_url",
    "default_return_url",
    "name",
    "active",
    "metadata.*",
    "login_page.enabled",
    "features.customer_update.enabled",
    "features.customer_update.allowed_updates.*",
    "features.invoice_history.enabled",
    "features.payment_method_update.enabled",
    "features.subscription_cancel.enabled",
    "features.subscription_cancel.mode",
    "features.subscription_cancel.proration_behavior",
    "features.subscription_cancel.cancellation_reason.enabled",
    "features.subscription_cancel.cancellation_reason.options.*",
    "features.subscription_update.enabled",
    "features.subscription_update.proration_behavior",
    "features.subscription_update.default_allowed_updates.*",
    "features.subscription_update.products.*.product",
    "features.subscription_update.products.*.prices.*",
    "features.subscription_update.schedule_at_period_end.conditions.*.type",
    "features.subscription_update.trial_update_behavior",
];
/// What a session takes.
pub const SESSION: [&str; 10] = [
    "customer",
    "return_url",
    "configuration",
    "locale",
    "flow_data.type",
    "flow_data.subscription_cancel.subscription",
    "flow_data.subscription_update.subscription",
    "flow_data.after_completion.type",
    "flow_data.after_completion.redirect.return_url",
    "flow_data.after_completion.hosted_confirmation.custom_message",
];

impl Stripe {
    pub(super) fn set_configuration(&mut self, existing: Option<&str>, params: &Params) -> Outcome {
        let mut one = match existing {
            Some(id) => self.need("billing_portal.configuration", id, "id")?,
            None => {
                if !params.has("features") {
                    return Err(Problem::required("features"));
                }
                let mut one = template::of("billing_portal.configuration");
                one["id"] = id("bpc_").into();
                one["created"] = self.now().into();
                one
            }
        };
        one["updated"] = self.now().into();
        for (path, pointer) in CONFIGURATION
            .iter()
            .filter(|path| !path.contains('*'))
            .map(|path| (path, format!("/{}", path.replace('.', "/"))))
        {
            let Some(given) = params.text(path) else { continue };
            let value = match given {
                "true" => true.into(),
                "false" => false.into(),
                "" => Value::Null,
                word => word.into(),
            };
            if let Some(place) = one.pointer_mut(&pointer) {
                *place = value;
            }
        }
        for (path, pointer) in [
            ("features.customer_update.allowed_updates", "/features/customer_update/allowed_updates"),
            (
                "features.subscription_cancel.cancellation_reason.options",
                "/features/subscription_cancel/cancellation_reason/options",
            ),
            (
                "features.subscription_update.default_allowed_updates",
                "/features/subscription_update/default_allowed_updates",
            ),
        ] {
            if params.has(path)
                && let Some(place) = one.pointer_mut(pointer)
            {
                *place = params.words(path).into();
            }
        }
        params.metadata("metadata", &mut one["metadata"]);
        if existing.is_some() {
            let id = text(&one, "id").to_owned();
            return Ok(self.change(
                "billing_portal.configuration",
                &id,
                Some("billing_portal.configuration.updated"),
                |object| *object = one,
            ));
        }
        self.objects.insert(one.clone());
        self.emit("billing_portal.configuration.created", &one, None);
        Ok(one)
    }

    pub(super) fn configurations(&self, params: &Params) -> Outcome {
        let (active, is_default) = (params.flag("active")?, params.flag("is_default")?);
        let matches = |one: &Value| {
            active.is_none_or(|active| one["active"] == active)
                && is_default.is_none_or(|wanted| one["is_default"] == wanted)
        };
        let page = Page { kind: "billing_portal.configuration", url: "/v1/billing_portal/configurations" };
        listing::page(self.objects.all("billing_portal.configuration").rev(), matches, params, &page)
    }

    pub(super) fn create_portal_session(&mut self, params: &Params) -> Outcome {
        let customer = params.needed("customer")?;
        self.customer(customer, "customer")?;
        let configuration = match params.word("configuration") {
            Some(id) => self.need("billing_portal.configuration", id, "configuration")?,
            None => {
                let usual =
                    self.objects.all("billing_portal.configuration").find(|one| one["is_default"] == true).cloned();
                usual.ok_or_else(|| Problem::rule("No configuration provided and your test mode default configuration has not been created. Provide a configuration or create your default by saving your customer portal settings in test mode at https://dashboard.stripe.com/test/settings/billing/portal."))?
            }
        };
        let return_url =
            params.word("return_url").map(Value::from).unwrap_or(configuration["default_return_url"].clone());
        let mut session = template::of("billing_portal.session");
        let session_id = id("bps_");
        session["id"] = session_id.as_str().into();
        session["created"] = self.now().into();
        session["configuration"] = configuration["id"].clone();
        session["customer"] = customer.into();
        session["return_url"] = return_url.clone();
        session["locale"] = params.word("locale").into();
        session["url"] = format!("https://billing.stripe.com/p/session/{session_id}").into();
        if let Some(kind) =
            params.one_of("flow_data.type", &["payment_method_update", "subscription_cancel", "subscription_update"])?
        {
            let of = |flow: &str| params.word(&format!("flow_data.{flow}.subscription"));
            if kind != "payment_method_update" {
                let subscription =
                    of(kind).ok_or_else(|| Problem::required(&format!("flow_data[{kind}][subscription]")))?;
                self.need("subscription", subscription, &format!("flow_data[{kind}][subscription]"))?;
            }
            let after = params.word("flow_data.after_completion.type").unwrap_or("portal_homepage");
            let back = params.word("flow_data.after_completion.redirect.return_url");
            session["flow"] = json!({
                "type": kind, "subscription_update_confirm": null,
                "after_completion": { "type": after, "redirect": back.map(|url| json!({ "return_url": url })),
                    "hosted_confirmation": if after == "hosted_confirmation" { json!({ "custom_message": null }) } else { Value::Null } },
                "subscription_cancel": of("subscription_cancel").map(|id| json!({ "subscription": id, "retention": null })),
                "subscription_update": of("subscription_update").map(|id| json!({ "subscription": id })),
            });
        }
        self.objects.insert(session.clone());
        self.emit("billing_portal.session.created", &session, None);
        Ok(session)
    }

    /// A person replaces the card by which a customer pays; what is owed is tried with it at once.
    pub fn replace_card(&mut self, customer: &str, card: Card) -> Outcome<()> {
        self.customer(customer, "customer")?;
        if [Card::DECLINED, Card::NO_FUNDS].contains(&card) {
            return Err(Verdict::Declined("generic_decline").problem());
        }
        let method = self.new_payment_method(customer, card, None);
        self.agree(&method);
        self.change("customer", customer, Some("customer.updated"), |one| {
            one["invoice_settings"]["default_payment_method"] = method.as_str().into();
        });
        let live: Vec<String> = self
            .subscriptions(customer)
            .iter()
            .filter(|one| !super::subscriptions::is_over(one) && one["default_payment_method"].is_string())
            .map(|one| text(one, "id").to_owned())
            .collect();
        for subscription in live {
            self.change("subscription", &subscription, Some("customer.subscription.updated"), |one| {
                one["default_payment_method"] = method.as_str().into();
            });
        }
        let owed: Vec<String> = self
            .objects
            .having("invoice", "customer", customer)
            .filter(|one| one["status"] == "open" && one["auto_advance"] == true && int(one, "attempt_count") > 0)
            .map(|one| text(one, "id").to_owned())
            .collect();
        for invoice in owed {
            self.attempt(&invoice, &Attempt { method: None, owner: true, dunning: true });
        }
        Ok(())
    }

    /// A person pays an invoice on its page; `card` replaces nothing.
    pub fn pay_hosted(&mut self, invoice: &str, card: Card, confirms: bool) -> Outcome<()> {
        let found = self.need("invoice", invoice, "id")?;
        if found["status"] != "open" {
            return Err(Problem::rule("This invoice is not open."));
        }
        self.refuse_while_processing(invoice)?;
        let method = self.new_payment_method(text(&found, "customer"), card, None);
        match self.attempt(invoice, &Attempt { method: Some(method.clone()), owner: confirms, dunning: false }) {
            Verdict::Pays => {
                // What paid a subscription's invoice pays the next ones too.
                let subscription = super::invoices::subscription_of(&found).to_owned();
                self.change("subscription", &subscription, Some("customer.subscription.updated"), |one| {
                    one["default_payment_method"] = method.as_str().into();
                });
                Ok(())
            }
            verdict => Err(verdict.problem().kept()),
        }
    }

    /// A person ends a subscription at its period's end in the portal, or takes that back.
    pub fn set_ending(&mut self, subscription: &str, ends: bool) -> Outcome {
        let params = Params(json!({ "cancel_at_period_end": ends.to_string() }));
        self.update_subscription(subscription, &params)
    }
}
