//! Stripe's hosted pages, and the page of this Stripe itself. Plain HTML, no script.

mod checkout;
mod invoice;
mod overview;
mod portal;

pub use overview::overview;

use super::cards::Card;
use super::webhooks;
use crate::answer::{self, escape};
use crate::app::Sandbox;
use crate::call::{Call, find};
use axum::response::Response;
use std::fmt::Write;

/// Whether a host shows pages of Stripe.
pub fn is_host(host: &str) -> bool {
    matches!(host, "checkout.stripe.com" | "billing.stripe.com" | "invoice.stripe.com" | "pay.stripe.com")
}

/// A page, or what a button on it does.
pub fn answer(sandbox: &Sandbox, call: &Call) -> Response {
    sandbox.stripe().tick();
    let path: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    let response = match (call.host.as_str(), path.as_slice()) {
        ("checkout.stripe.com", ["c", "pay", id]) => checkout::answer(sandbox, call, id),
        ("billing.stripe.com", ["p", "session", id]) => portal::answer(sandbox, call, id),
        ("invoice.stripe.com", ["i", id]) => invoice::answer(sandbox, call, id),
        ("invoice.stripe.com", ["i", id, "pdf"]) => invoice::paper(sandbox, id),
        ("pay.stripe.com", ["receipts", _]) => page(200, "Receipt", "<h1>Receipt</h1><p>Paid. Thank you.</p>"),
        _ => page(404, "Not found", "<h1>Nothing is here</h1>"),
    };
    webhooks::flush(sandbox);
    answer::noted(response, "stripe: a hosted page")
}

/// A narrow page in the sandbox's style.
fn page(status: u16, title: &str, body: &str) -> Response {
    let body = format!("<main class=\"narrow\"><p class=\"brandline\">Stripe (sandbox) · test mode</p>{body}</main>");
    answer::html(status, answer::page(&format!("{title} · Stripe"), &body))
}

/// What was wrong, above a page.
fn alert(message: Option<&str>) -> String {
    message
        .map(|message| format!("<p role=\"alert\" class=\"card\"><strong>{}</strong></p>", escape(message)))
        .unwrap_or_default()
}

/// The field of a form that a page has sent.
fn field(call: &Call, name: &str) -> String {
    find(&call.fields(), name).unwrap_or_default().to_owned()
}

/// The card that was chosen on a page.
fn chosen(call: &Call) -> Card {
    Card::find(&field(call, "card")).unwrap_or(Card::PAYS)
}

/// A choice of test cards.
fn cards() -> String {
    let mut options = String::new();
    for (card, what) in Card::ALL {
        let _ = write!(options, "<option value=\"{}\">···· {} {what}</option>", card.0, card.last4());
    }
    format!("<p><label for=\"card\">Test card</label><br><select id=\"card\" name=\"card\">{options}</select></p>")
}

/// A button that sends what to do.
fn button(act: &str, label: &str, primary: bool) -> String {
    let class = if primary { " class=\"primary\"" } else { "" };
    format!("<p><button{class} type=\"submit\" name=\"do\" value=\"{act}\">{}</button></p>", escape(label))
}

/// What the owner of a card is asked.
fn ask_owner(card: Card) -> String {
    format!(
        "<h1>Confirm the payment</h1><p>The bank of the card that ends in {} wants its owner to confirm (3-D Secure).</p>\
         <form method=\"post\"><input type=\"hidden\" name=\"card\" value=\"{}\">{}{}</form>",
        card.last4(),
        card.0,
        button("confirm", "Confirm", true),
        button("fail", "Fail", false)
    )
}
