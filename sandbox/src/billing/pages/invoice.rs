//! The page of an invoice.

use super::{alert, ask_owner, button, cards, chosen, field, page};
use crate::answer::escape;
use crate::app::Sandbox;
use crate::billing::cards::Card;
use crate::billing::checkout::money;
use crate::billing::template::{data, int, text};
use crate::call::Call;
use axum::response::Response;
use serde_json::Value;
use std::fmt::Write;

/// The page, or what its buttons do.
pub fn answer(sandbox: &Sandbox, call: &Call, id: &str) -> Response {
    if call.method != "POST" {
        return show(sandbox, id, None);
    }
    let card = chosen(call);
    let done = match field(call, "do").as_str() {
        "ask" => return page(200, "Confirm", &ask_owner(Card::ASKS_ALWAYS)),
        "fail" => return show(sandbox, id, Some("The payment was not confirmed.")),
        "confirm" => sandbox.stripe().pay_hosted(id, card, true),
        "decline" => sandbox.stripe().pay_hosted(id, Card::DECLINED, false),
        _ => sandbox.stripe().pay_hosted(id, card, false),
    };
    match done {
        Ok(()) => show(sandbox, id, None),
        Err(problem) if problem.body["error"]["code"] == "subscription_payment_intent_requires_action" => {
            page(200, "Confirm", &ask_owner(card))
        }
        Err(problem) => show(sandbox, id, Some(problem.message())),
    }
}

/// The invoice on paper, as a page to print.
pub fn paper(sandbox: &Sandbox, id: &str) -> Response {
    match sandbox.stripe().object(id) {
        Some(invoice) => page(200, "Invoice", &written(&invoice)),
        None => page(404, "Invoice", "<h1>There is no such invoice</h1>"),
    }
}

fn written(invoice: &Value) -> String {
    let currency = text(invoice, "currency");
    let mut rows = String::new();
    for line in data(invoice, "lines") {
        let _ = write!(
            rows,
            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
            escape(text(line, "description")),
            money(int(line, "amount"), currency)
        );
    }
    let tax: i64 = invoice["total_taxes"].as_array().into_iter().flatten().map(|one| int(one, "amount")).sum();
    format!(
        "<h1>Invoice {}</h1><p>{}</p><div class=\"scroll\" role=\"region\" aria-label=\"Lines\" tabindex=\"0\"><table>\
         <tbody>{rows}<tr><th scope=\"row\">Tax</th><td>{}</td></tr><tr><th scope=\"row\">Total</th><td>{}</td></tr>\
         <tr><th scope=\"row\">Due</th><td>{}</td></tr></tbody></table></div>",
        escape(text(invoice, "number")),
        escape(text(invoice, "status")),
        money(tax, currency),
        money(int(invoice, "total"), currency),
        money(int(invoice, "amount_remaining"), currency),
    )
}

fn show(sandbox: &Sandbox, id: &str, wrong: Option<&str>) -> Response {
    let Some(invoice) = sandbox.stripe().object(id) else {
        return page(404, "Invoice", "<h1>There is no such invoice</h1>");
    };
    let form = if invoice["status"] == "open" {
        format!(
            "<form method=\"post\">{}{}{}{}</form>",
            cards(),
            button("pay", "Pay", true),
            button("decline", "Card is declined", false),
            button("ask", "Ask for 3-D Secure", false)
        )
    } else {
        String::new()
    };
    let body = format!(
        "{}{}{form}<p><a href=\"/invoice.stripe.com/i/{}/pdf\">Print</a></p>",
        alert(wrong),
        written(&invoice),
        escape(id)
    );
    page(200, "Invoice", &body)
}
