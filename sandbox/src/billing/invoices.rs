//! Invoices: lines, sums, drafts, finalizing, voiding, the list.

use super::Stripe;
use super::listing::{self, Page};
use super::params::Params;
use super::problem::{Outcome, Problem};
use super::proration::share;
use super::template::{self, data, id, int, list, text};
use serde_json::{Value, json};

/// Filters of the list.
pub const FILTERS: [&str; 4] = ["customer", "subscription", "status", "collection_method"];

/// One line to be billed.
#[derive(Debug, Clone)]
pub struct Line {
    /// In minor units; negative gives back.
    pub amount: i64,
    /// For people.
    pub description: String,
    /// The price.
    pub price: Value,
    /// How many.
    pub quantity: i64,
    /// What it pays for, Unix seconds.
    pub period: (i64, i64),
    /// Whether it is a part of a period.
    pub proration: bool,
    /// The subscription item.
    pub item: String,
    /// The pending invoice item that it was.
    pub pending: Option<String>,
}

impl Stripe {
    /// A draft of a subscription's lines with its sums. Nothing is told, nothing is kept.
    pub(super) fn drafted(&self, subscription: &Value, reason: &str, lines: &[Line]) -> Value {
        let mut invoice = template::of("invoice");
        let invoice_id = id("in_");
        let currency = text(subscription, "currency");
        let customer = self.objects.get("customer", text(subscription, "customer")).cloned().unwrap_or_default();
        invoice["id"] = invoice_id.as_str().into();
        invoice["created"] = self.now().into();
        invoice["currency"] = currency.into();
        invoice["billing_reason"] = reason.into();
        invoice["customer"] = subscription["customer"].clone();
        for (field, of) in [
            ("customer_email", "email"),
            ("customer_name", "name"),
            ("customer_phone", "phone"),
            ("customer_address", "address"),
        ] {
            invoice[field] = customer[of].clone();
        }
        invoice["parent"]["subscription_details"] =
            json!({ "subscription": subscription["id"], "metadata": subscription["metadata"] });
        invoice["automatic_tax"]["enabled"] = subscription["automatic_tax"]["enabled"].clone();
        let start = lines.iter().map(|line| line.period.0).min().unwrap_or(self.now());
        invoice["period_start"] = start.min(self.now()).into();
        invoice["period_end"] = self.now().into();
        let rows: Vec<Value> = lines.iter().map(|line| row(line, &invoice_id, subscription)).collect();
        invoice["lines"] = list(&format!("/v1/invoices/{invoice_id}/lines"), rows);
        invoice["discounts"] = subscription["discounts"].clone();
        self.sum(&mut invoice, &customer);
        invoice
    }

    /// Fills in what follows from the lines: discounts, tax, total, and what the customer's balance pays of it.
    fn sum(&self, invoice: &mut Value, customer: &Value) {
        let amounts: Vec<i64> = data(invoice, "lines").iter().map(|line| int(line, "amount")).collect();
        let subtotal: i64 = amounts.iter().sum();
        let discounts = invoice["discounts"].as_array().cloned().unwrap_or_default();
        let off = self.taken_off(&discounts, text(invoice, "currency"), &amounts);
        let percent = if invoice["automatic_tax"]["enabled"] == true { i64::from(self.knobs.tax_percent) } else { 0 };
        let (mut discounted, mut tax) = (subtotal, 0);
        for (place, amount) in amounts.iter().enumerate() {
            let mut net = *amount;
            let mut told = Vec::new();
            for (discount, taken) in &off {
                let taken = taken.get(place).copied().unwrap_or_default();
                net -= taken;
                told.push(json!({ "amount": taken, "discount": discount }));
            }
            let of_line = share(net, percent, 100);
            tax += of_line;
            discounted -= amount - net;
            let row = &mut invoice["lines"]["data"][place];
            row["discount_amounts"] = told.into();
            row["taxes"] = if percent > 0 { json!([taxed(of_line, net)]) } else { json!([]) };
        }
        let total = discounted + tax;
        let balance = int(customer, "balance");
        let due = (total + balance).max(0);
        invoice["subtotal"] = subtotal.into();
        invoice["subtotal_excluding_tax"] = subtotal.into();
        invoice["total_excluding_tax"] = discounted.into();
        invoice["total"] = total.into();
        let totals =
            off.iter().map(|(discount, taken)| json!({ "amount": taken.iter().sum::<i64>(), "discount": discount }));
        invoice["total_discount_amounts"] = Value::Array(totals.collect());
        invoice["total_taxes"] = if percent > 0 { json!([taxed(tax, discounted)]) } else { json!([]) };
        if percent > 0 {
            invoice["automatic_tax"]["status"] = "complete".into();
        }
        // A negative balance is the customer's money: it pays first, and takes what is left over.
        invoice["starting_balance"] = balance.into();
        invoice["ending_balance"] = (total + balance).min(0).into();
        invoice["amount_due"] = due.into();
        invoice["amount_remaining"] = due.into();
    }

    /// Makes an invoice of these lines and of the items that waited for one.
    pub(super) fn bill(&mut self, subscription: &str, reason: &str, mut lines: Vec<Line>) -> String {
        let Some(found) = self.objects.get("subscription", subscription).cloned() else { return String::new() };
        let waiting = self.waiting_lines(subscription);
        lines.splice(0..0, waiting.clone());
        let invoice = self.drafted(&found, reason, &lines);
        let invoice_id = text(&invoice, "id").to_owned();
        for line in waiting {
            let item = line.pending.unwrap_or_default();
            self.change("invoiceitem", &item, None, |one| one["invoice"] = invoice_id.as_str().into());
        }
        self.objects.insert(invoice.clone());
        self.emit("invoice.created", &invoice, None);
        self.change("subscription", subscription, None, |one| one["latest_invoice"] = invoice_id.as_str().into());
        if int(&invoice, "subtotal") > 0 {
            self.use_up(subscription);
        }
        invoice_id
    }

    /// The items of a subscription that wait for its next invoice, as lines.
    pub(super) fn waiting_lines(&self, subscription: &str) -> Vec<Line> {
        let waiting = self.objects.all("invoiceitem").filter(|one| {
            one["invoice"].is_null() && one["parent"]["subscription_details"]["subscription"] == subscription
        });
        let line = |one: &Value| Line {
            amount: int(one, "amount"),
            description: text(one, "description").to_owned(),
            price: self
                .objects
                .get("price", text(&one["pricing"]["price_details"], "price"))
                .cloned()
                .unwrap_or_default(),
            quantity: int(one, "quantity"),
            period: (int(&one["period"], "start"), int(&one["period"], "end")),
            proration: true,
            item: text(&one["parent"]["subscription_details"], "subscription_item").to_owned(),
            pending: Some(text(one, "id").to_owned()),
        };
        waiting.map(line).collect()
    }

    /// Lets a line wait for the next invoice.
    pub(super) fn wait_for_invoice(&mut self, subscription: &Value, line: &Line) {
        let mut item = template::of("invoiceitem");
        item["id"] = id("ii_").into();
        item["date"] = self.now().into();
        item["customer"] = subscription["customer"].clone();
        item["currency"] = subscription["currency"].clone();
        item["amount"] = line.amount.into();
        item["net_amount"] = line.amount.into();
        item["description"] = line.description.as_str().into();
        item["quantity"] = line.quantity.into();
        item["quantity_decimal"] = line.quantity.to_string().into();
        item["period"] = json!({ "start": line.period.0, "end": line.period.1 });
        item["parent"]["subscription_details"] =
            json!({ "subscription": subscription["id"], "subscription_item": line.item });
        item["pricing"] = pricing(line);
        self.objects.insert(item.clone());
        self.emit("invoiceitem.created", &item, None);
    }

    /// Gives a draft its number and opens it; what is due nothing is paid at once.
    pub(super) fn finalize(&mut self, invoice: &str) {
        let Some(found) = self.objects.get("invoice", invoice).cloned() else { return };
        if found["status"] != "draft" {
            return;
        }
        let now = self.now();
        let customer_id = text(&found, "customer").to_owned();
        let Some(customer) = self.objects.get("customer", &customer_id).cloned() else { return };
        let (prefix, sequence) =
            (text(&customer, "invoice_prefix").to_owned(), int(&customer, "next_invoice_sequence"));
        let mut fresh = found.clone();
        self.sum(&mut fresh, &customer);
        let ending = fresh["ending_balance"].clone();
        let open = self.change("invoice", invoice, None, |one| {
            *one = fresh;
            one["number"] = format!("{prefix}-{sequence:04}").into();
            one["status"] = "open".into();
            one["effective_at"] = now.into();
            one["status_transitions"]["finalized_at"] = now.into();
            one["automatically_finalizes_at"] = Value::Null;
            one["hosted_invoice_url"] = format!("https://invoice.stripe.com/i/{invoice}").into();
            one["invoice_pdf"] = format!("https://invoice.stripe.com/i/{invoice}/pdf").into();
        });
        let event = if customer["balance"] == ending { None } else { Some("customer.updated") };
        self.change("customer", &customer_id, event, |one| {
            one["next_invoice_sequence"] = (sequence + 1).into();
            one["balance"] = ending;
        });
        self.emit("invoice.finalized", &open, Some(json!({ "status": "draft", "number": null })));
        if int(&open, "amount_due") == 0 {
            self.paid(invoice, 0);
        } else {
            self.open_payment(&open);
        }
    }

    pub(super) fn void(&mut self, invoice: &str) -> Outcome {
        let found = self.need("invoice", invoice, "id")?;
        if found["status"] != "open" && found["status"] != "uncollectible" {
            return Err(Problem::rule("You can only pass in open or uncollectible invoices."));
        }
        let now = self.now();
        self.cancel_payment(invoice);
        let void = self.change("invoice", invoice, None, |one| {
            one["status"] = "void".into();
            one["amount_remaining"] = 0.into();
            one["next_payment_attempt"] = Value::Null;
            one["status_transitions"]["voided_at"] = now.into();
        });
        self.emit("invoice.voided", &void, Some(json!({ "status": found["status"] })));
        Ok(void)
    }

    pub(super) fn invoices(&self, params: &Params) -> Outcome {
        for (name, kind) in [("customer", "customer"), ("subscription", "subscription")] {
            if let Some(id) = params.word(name) {
                self.need(kind, id, name)?;
            }
        }
        let matches = |one: &Value| {
            ["customer", "status", "collection_method"]
                .iter()
                .all(|name| params.word(name).is_none_or(|wanted| one[*name] == wanted))
                && params.word("subscription").is_none_or(|wanted| subscription_of(one) == wanted)
        };
        listing::page(
            self.objects.all("invoice").rev(),
            matches,
            params,
            &Page { kind: "invoice", url: "/v1/invoices" },
        )
    }
}

/// The subscription that an invoice is of.
pub fn subscription_of(invoice: &Value) -> &str {
    text(&invoice["parent"]["subscription_details"], "subscription")
}

fn pricing(line: &Line) -> Value {
    json!({ "type": "price_details", "unit_amount_decimal": line.price["unit_amount_decimal"],
        "price_details": { "price": line.price["id"], "product": line.price["product"] } })
}

fn taxed(amount: i64, of: i64) -> Value {
    json!({ "amount": amount, "tax_behavior": "exclusive", "tax_rate_details": null, "taxability_reason": "standard_rated",
        "taxable_amount": of, "type": "tax_rate_details" })
}

fn row(line: &Line, invoice: &str, subscription: &Value) -> Value {
    let mut row = template::of("line_item");
    row["id"] = id("il_").into();
    row["invoice"] = invoice.into();
    row["amount"] = line.amount.into();
    row["subtotal"] = line.amount.into();
    row["currency"] = subscription["currency"].clone();
    row["description"] = line.description.as_str().into();
    row["quantity"] = line.quantity.into();
    row["quantity_decimal"] = line.quantity.to_string().into();
    row["period"] = json!({ "start": line.period.0, "end": line.period.1 });
    row["pricing"] = pricing(line);
    row["subscription"] = subscription["id"].clone();
    row["metadata"] = subscription["metadata"].clone();
    let details = &mut row["parent"]["subscription_item_details"];
    details["invoice_item"] = line.pending.as_deref().into();
    details["proration"] = line.proration.into();
    details["subscription"] = subscription["id"].clone();
    details["subscription_item"] = line.item.as_str().into();
    row
}
