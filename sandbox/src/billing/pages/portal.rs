//! The customer portal's page. It offers what its configuration allows.

use super::{alert, button, cards, chosen, field, page};
use crate::answer::{escape, see_other};
use crate::app::Sandbox;
use crate::billing::calendar::DAY;
use crate::billing::checkout::money;
use crate::billing::problem::{Outcome, Problem};
use crate::billing::subscriptions::{is_over, period};
use crate::billing::template::{data, int, text};
use crate::call::Call;
use axum::response::Response;
use serde_json::Value;
use std::fmt::Write;
use time::OffsetDateTime;

/// The page, or what its buttons do.
pub fn answer(sandbox: &Sandbox, call: &Call, id: &str) -> Response {
    let found = {
        let stripe = sandbox.stripe();
        let now = stripe.now();
        stripe.object(id).filter(|session| int(session, "created") > now - DAY)
    };
    let Some(session) = found else {
        return page(404, "Customer portal", "<h1>This link has expired</h1>");
    };
    if call.method != "POST" {
        return show(sandbox, &session, None);
    }
    let customer = text(&session, "customer").to_owned();
    let subscription = field(call, "subscription");
    let act = field(call, "do");
    let allowed = |feature: &str| enabled(sandbox, &session, feature);
    let done: Outcome<()> = match act.as_str() {
        "card" if allowed("payment_method_update") => sandbox.stripe().replace_card(&customer, chosen(call)),
        "cancel" | "resume" if allowed("subscription_cancel") => {
            end(sandbox, &session, &customer, &subscription, act == "cancel")
        }
        _ => Err(Problem::rule("This portal does not offer that.")),
    };
    match done {
        Ok(()) => match session["flow"]["after_completion"]["redirect"]["return_url"].as_str() {
            Some(url) => see_other(url),
            None => show(sandbox, &session, None),
        },
        Err(problem) => show(sandbox, &session, Some(problem.message())),
    }
}

fn configuration(sandbox: &Sandbox, session: &Value) -> Value {
    sandbox.stripe().object(text(session, "configuration")).unwrap_or_default()
}

fn enabled(sandbox: &Sandbox, session: &Value, feature: &str) -> bool {
    configuration(sandbox, session)["features"][feature]["enabled"] == true
}

fn end(sandbox: &Sandbox, session: &Value, customer: &str, subscription: &str, ends: bool) -> Outcome<()> {
    let at_once = configuration(sandbox, session)["features"]["subscription_cancel"]["mode"] == "immediately";
    let mut stripe = sandbox.stripe();
    let theirs = stripe.object(subscription).is_some_and(|one| one["customer"] == customer);
    if !theirs {
        return Err(Problem::missing("subscription", subscription, "id"));
    }
    if ends && at_once {
        stripe.end(subscription, "cancellation_requested");
        return Ok(());
    }
    stripe.whole(|stripe| stripe.set_ending(subscription, ends)).map(|_| ())
}

fn day(moment: i64) -> String {
    OffsetDateTime::from_unix_timestamp(moment).map(|at| at.date().to_string()).unwrap_or_default()
}

fn show(sandbox: &Sandbox, session: &Value, wrong: Option<&str>) -> Response {
    let customer = text(session, "customer");
    let may = |feature: &str| enabled(sandbox, session, feature);
    let mut body = format!("<h1>Customer portal</h1>{}", alert(wrong));
    let subscriptions = sandbox.stripe().subscriptions(customer);
    for one in subscriptions.iter().filter(|one| !is_over(one)) {
        let names: Vec<&str> = data(one, "items").iter().map(|item| text(&item["price"], "lookup_key")).collect();
        let ending = one["cancel_at_period_end"] == true;
        let told = if ending { "ends on" } else { "renews on" };
        let _ = write!(
            body,
            "<section class=\"card\"><h2>{}</h2><p>{} · {told} {}</p>",
            escape(&names.join(", ")),
            escape(text(one, "status")),
            day(period(one).1)
        );
        if may("subscription_cancel") {
            let (act, label) = if ending { ("resume", "Don't cancel") } else { ("cancel", "Cancel subscription") };
            let _ = write!(
                body,
                "<form method=\"post\"><input type=\"hidden\" name=\"subscription\" value=\"{}\">{}</form>",
                escape(text(one, "id")),
                button(act, label, false)
            );
        }
        body.push_str("</section>");
    }
    if may("payment_method_update") {
        let _ = write!(
            body,
            "<h2>Payment method</h2><form method=\"post\">{}{}</form>",
            cards(),
            button("card", "Replace the card", true)
        );
    }
    if may("invoice_history") {
        body.push_str("<h2>Invoices</h2><ul>");
        let invoices = sandbox.stripe().objects("invoice");
        for invoice in invoices.iter().rev().filter(|one| one["customer"] == customer && one["status"] != "draft") {
            let id = escape(text(invoice, "id"));
            let _ = write!(
                body,
                "<li><a href=\"/invoice.stripe.com/i/{id}\">{}</a> {} · {} · {}</li>",
                escape(text(invoice, "number")),
                day(int(invoice, "created")),
                money(int(invoice, "total"), text(invoice, "currency")),
                escape(text(invoice, "status"))
            );
        }
        body.push_str("</ul>");
    }
    if let Some(url) = session["return_url"].as_str() {
        let _ = write!(body, "<p><a href=\"{}\">Return</a></p>", escape(url));
    }
    page(200, "Customer portal", &body)
}
