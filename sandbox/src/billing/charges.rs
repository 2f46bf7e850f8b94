//! The money itself: payment intents, charges, and which of them paid an invoice.

use super::Stripe;
use super::cards::Verdict;
use super::listing::{self, Page};
use super::params::Params;
use super::problem::Outcome;
use super::template::{self, id, int, list, text};
use serde_json::{Value, json};

impl Stripe {
    /// The payment intent of an invoice that has become due.
    pub(super) fn open_payment(&mut self, invoice: &Value) {
        let mut intent = template::of("payment_intent");
        let intent_id = id("pi_");
        intent["id"] = intent_id.as_str().into();
        intent["created"] = self.now().into();
        intent["client_secret"] = format!("{intent_id}_secret_{}", id("")).into();
        intent["amount"] = invoice["amount_due"].clone();
        intent["currency"] = invoice["currency"].clone();
        intent["customer"] = invoice["customer"].clone();
        intent["description"] = "Subscription".into();
        intent["setup_future_usage"] = "off_session".into();
        self.objects.insert(intent);
        let mut payment = template::of("invoice_payment");
        payment["id"] = id("inpay_").into();
        payment["created"] = self.now().into();
        payment["invoice"] = invoice["id"].clone();
        payment["currency"] = invoice["currency"].clone();
        payment["amount_requested"] = invoice["amount_due"].clone();
        payment["payment"]["payment_intent"] = intent_id.into();
        self.objects.insert(payment);
    }

    /// What an attempt leaves behind: a charge, and the intent's new state.
    pub(super) fn record_attempt(&mut self, invoice: &str, method: Option<&str>, verdict: Verdict) {
        let Some(intent) = self.intent_of(invoice) else { return };
        let now = self.now();
        if verdict == Verdict::Asks {
            let asked = self.change("payment_intent", &intent, None, |one| {
                one["status"] = "requires_action".into();
                one["payment_method"] = method.into();
                one["next_action"] = json!({ "type": "use_stripe_sdk", "use_stripe_sdk": {} });
            });
            self.emit("payment_intent.requires_action", &asked, None);
            return;
        }
        let paid = verdict == Verdict::Pays;
        let error = match verdict {
            Verdict::Declined(_) => verdict.problem().body["error"].clone(),
            _ => Value::Null,
        };
        let Some(found) = self.objects.get("payment_intent", &intent).cloned() else { return };
        let charge = method.map(|method| self.new_charge(&found, method, &error));
        let after = self.change("payment_intent", &intent, None, |one| {
            one["status"] = if paid { "succeeded" } else { "requires_payment_method" }.into();
            one["amount_received"] = if paid { one["amount"].clone() } else { 0.into() };
            one["payment_method"] = if paid { method.into() } else { Value::Null };
            one["latest_charge"] = charge.as_ref().map(|charge| charge["id"].clone()).into();
            one["next_action"] = Value::Null;
            one["last_payment_error"] = error;
        });
        if let Some(charge) = &charge {
            self.emit(if paid { "charge.succeeded" } else { "charge.failed" }, charge, None);
        }
        self.emit(if paid { "payment_intent.succeeded" } else { "payment_intent.payment_failed" }, &after, None);
        if paid && let Some(payment) = self.payment_of(invoice) {
            let done = self.change("invoice_payment", &payment, None, |one| {
                one["status"] = "paid".into();
                one["amount_paid"] = one["amount_requested"].clone();
                one["status_transitions"]["paid_at"] = now.into();
            });
            self.emit("invoice_payment.paid", &done, None);
        }
    }

    fn new_charge(&mut self, intent: &Value, method: &str, error: &Value) -> Value {
        let mut charge = template::of("charge");
        let charge_id = id("ch_");
        let card = self.objects.get("payment_method", method).map(|one| one["card"].clone()).unwrap_or_default();
        charge["id"] = charge_id.as_str().into();
        charge["created"] = self.now().into();
        for field in ["amount", "currency", "customer"] {
            charge[field] = intent[field].clone();
        }
        charge["payment_intent"] = intent["id"].clone();
        charge["payment_method"] = method.into();
        charge["payment_method_details"] = json!({ "type": "card", "card": {
            "brand": card["brand"], "last4": card["last4"], "exp_month": card["exp_month"], "exp_year": card["exp_year"],
            "fingerprint": card["fingerprint"], "funding": card["funding"], "country": card["country"], "network": card["brand"],
            "checks": card["checks"] } });
        charge["refunds"] = list(&format!("/v1/charges/{charge_id}/refunds"), Vec::new());
        if error.is_null() {
            charge["amount_captured"] = intent["amount"].clone();
            charge["receipt_url"] = format!("https://pay.stripe.com/receipts/{charge_id}").into();
        } else {
            charge["status"] = "failed".into();
            charge["paid"] = false.into();
            charge["captured"] = false.into();
            charge["failure_code"] = error["code"].clone();
            charge["failure_message"] = error["message"].clone();
        }
        self.objects.insert(charge.clone());
        charge
    }

    /// No more money is asked for an invoice.
    pub(super) fn cancel_payment(&mut self, invoice: &str) {
        let now = self.now();
        if let Some(intent) = self.intent_of(invoice) {
            let canceled = self.change("payment_intent", &intent, None, |one| {
                one["status"] = "canceled".into();
                one["canceled_at"] = now.into();
            });
            self.emit("payment_intent.canceled", &canceled, None);
        }
        if let Some(payment) = self.payment_of(invoice) {
            self.change("invoice_payment", &payment, None, |one| {
                one["status"] = "canceled".into();
                one["status_transitions"]["canceled_at"] = now.into();
            });
        }
    }

    fn payment_of(&self, invoice: &str) -> Option<String> {
        self.objects.having("invoice_payment", "invoice", invoice).next_back().map(|one| text(one, "id").to_owned())
    }

    /// The payment intent of an invoice.
    pub(super) fn intent_of(&self, invoice: &str) -> Option<String> {
        let payment = self.objects.having("invoice_payment", "invoice", invoice).next_back()?;
        Some(text(&payment["payment"], "payment_intent").to_owned())
    }

    /// The charge that paid an invoice.
    pub(super) fn charge_of(&self, invoice: &str) -> Option<String> {
        let intent = self.intent_of(invoice)?;
        let intent = self.objects.get("payment_intent", &intent)?;
        intent["latest_charge"].as_str().filter(|_| int(intent, "amount_received") > 0).map(str::to_owned)
    }

    pub(super) fn invoice_payments(&self, params: &Params) -> Outcome {
        let intent = params.word("payment.payment_intent");
        let matches = |one: &Value| {
            ["invoice", "status"].iter().all(|name| params.word(name).is_none_or(|wanted| one[*name] == wanted))
                && intent.is_none_or(|intent| one["payment"]["payment_intent"] == intent)
        };
        let page = Page { kind: "invoice_payment", url: "/v1/invoice_payments" };
        listing::page(self.objects.all("invoice_payment").rev(), matches, params, &page)
    }

    pub(super) fn by_customer(&self, kind: &str, url: &str, params: &Params) -> Outcome {
        let matches = |one: &Value| {
            ["customer", "payment_intent", "charge"]
                .iter()
                .all(|name| params.word(name).is_none_or(|wanted| one[*name] == wanted))
        };
        listing::page(self.objects.all(kind).rev(), matches, params, &Page { kind, url })
    }
}
