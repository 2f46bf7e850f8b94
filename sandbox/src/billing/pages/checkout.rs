//! The page where a person pays.

use super::{alert, ask_owner, button, cards, chosen, field, page};
use crate::answer::{escape, see_other};
use crate::app::Sandbox;
use crate::billing::cards::Card;
use crate::billing::checkout::money;
use crate::billing::problem::{Outcome, Problem};
use crate::call::Call;
use axum::response::Response;
use serde_json::Value;

/// The page, or what its buttons do.
pub fn answer(sandbox: &Sandbox, call: &Call, id: &str) -> Response {
    if call.method != "POST" {
        return show(sandbox, id, None);
    }
    let card = chosen(call);
    let act = field(call, "do");
    let code = field(call, "promotion_code");
    let mut stripe = sandbox.stripe();
    if act == "back" {
        let back = stripe.back(id);
        drop(stripe);
        return back.map_or_else(|| show(sandbox, id, Some("There is no way back.")), |to| see_other(&to));
    }
    if act == "fail" {
        let problem = stripe.refuse(id);
        drop(stripe);
        return show(sandbox, id, Some(problem.message()));
    }
    if act == "ask" {
        drop(stripe);
        return page(200, "Confirm", &ask_owner(Card::ASKS_ONCE));
    }
    let done: Outcome<Option<String>> = stripe.whole(|stripe| {
        if !code.trim().is_empty() && act != "confirm" {
            stripe.enter_code(id, &code)?;
        }
        match act.as_str() {
            "code" => Ok(None),
            "pay" => stripe.pay(id, card).map(Some),
            "decline" => stripe.pay(id, Card::DECLINED).map(Some),
            "confirm" => stripe.confirm(id, card).map(Some),
            "later" => stripe.pay_later(id).map(Some),
            "trial" => stripe.start_trial(id).map(Some),
            _ => Err(Problem::rule("That button is not on this page.")),
        }
    });
    drop(stripe);
    match done {
        Ok(Some(to)) => see_other(&to),
        Ok(None) => show(sandbox, id, None),
        Err(problem) if problem.body["error"]["code"] == "authentication_required" => {
            page(200, "Confirm", &ask_owner(card))
        }
        Err(problem) => show(sandbox, id, Some(problem.message())),
    }
}

fn show(sandbox: &Sandbox, id: &str, wrong: Option<&str>) -> Response {
    let stripe = sandbox.stripe();
    let Some(session) = stripe.object(id) else {
        return page(
            404,
            "Checkout",
            "<h1>Something went wrong</h1><p>The page you were looking for could not be found.</p>",
        );
    };
    let Some((what, _, currency)) = stripe.summary(id) else { return page(404, "Checkout", "<h1>Nothing to pay</h1>") };
    let back = session["cancel_url"].as_str();
    let way_back =
        back.map(|url| format!("<p><a href=\"{}\">Back to the shop</a></p>", escape(url))).unwrap_or_default();
    match session["status"].as_str() {
        Some("complete") => {
            return page(200, "Checkout", "<h1>You are all done here</h1><p>This checkout session was completed.</p>");
        }
        Some("expired") => {
            return page(200, "Checkout", &format!("<h1>This checkout session has timed out</h1>{way_back}"));
        }
        _ => {}
    }
    let total = session["amount_total"].as_i64().unwrap_or_default();
    let off = session["total_details"]["amount_discount"].as_i64().unwrap_or_default();
    let discount = if off > 0 { format!("<p>Promotion code: −{}</p>", money(off, &currency)) } else { String::new() };
    let order = stripe.orders.get(id).cloned().unwrap_or_default();
    let now = stripe.now();
    let days = order.trial_days.or(order.trial_end.map(|end| (end - now) / 86_400));
    let trial = days.map(|days| format!("<p>{days} days free, then this amount.</p>")).unwrap_or_default();
    let promotion = if session["allow_promotion_codes"] == true {
        format!(
            "<p><label for=\"code\">Promotion code</label><br><input id=\"code\" name=\"promotion_code\" autocomplete=\"off\" placeholder=\"WELCOME20\"></p>{}",
            button("code", "Apply", false)
        )
    } else {
        String::new()
    };
    let without = if days.is_some() && session["payment_method_collection"] == "if_required" {
        button("trial", "Start the trial without a card", false)
    } else {
        String::new()
    };
    let email = session["customer_email"]
        .as_str()
        .map(str::to_owned)
        .or_else(|| stripe.object(session["customer"].as_str()?)?["email"].as_str().map(str::to_owned));
    let extra = [("billing_address_collection", "The billing address is taken: Hafenstraße 1, 10115 Berlin.")];
    let taken: String = extra
        .iter()
        .filter(|(name, _)| session[*name] == "required")
        .map(|(_, told)| format!("<p class=\"muted\">{told}</p>"))
        .collect();
    let tax_id = if session["tax_id_collection"]["enabled"] == Value::Bool(true) {
        "<p class=\"muted\">The tax id is taken: DE123456789.</p>"
    } else {
        ""
    };
    let body = format!(
        "<h1>Subscribe</h1>{}<p>{}</p><p class=\"code\">{}</p>{discount}{trial}<p class=\"muted\">{}</p>{taken}{tax_id}\
         <form method=\"post\">{promotion}{}{}{without}{}{}{}{}</form>",
        alert(wrong),
        escape(&what),
        money(total, &currency),
        escape(&email.unwrap_or_default()),
        cards(),
        button("pay", "Pay", true),
        button("decline", "Card is declined", false),
        button("ask", "Ask for 3-D Secure", false),
        button("later", "Pay later (async)", false),
        button("back", "Back", false),
    );
    page(200, "Checkout", &body)
}
