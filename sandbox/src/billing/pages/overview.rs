//! What is going on at this Stripe, and what may be done to it: `/_sandbox/stripe`.

use crate::answer::{self, escape};
use crate::app::Sandbox;
use crate::billing::Card;
use crate::billing::checkout::money;
use crate::billing::subscriptions::period;
use crate::billing::template::{data, int, text};
use crate::log;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use std::fmt::Write;
use time::OffsetDateTime;

const JUMPS: [(&str, i64); 6] = [
    ("One hour later", 3_601),
    ("One day later", 86_400),
    ("Three days later", 3 * 86_400),
    ("Two weeks later", 14 * 86_400),
    ("One month later", 31 * 86_400 + 3_700),
    ("One year later", 366 * 86_400 + 3_700),
];

/// The page.
pub async fn overview(State(sandbox): State<Sandbox>) -> Response {
    let mut stripe = sandbox.stripe();
    stripe.tick();
    let state = stripe.state();
    drop(stripe);
    let at = |moment: i64| OffsetDateTime::from_unix_timestamp(moment).map(log::rfc3339).unwrap_or_default();
    let mut body = format!(
        "<main><header><h1>Stripe</h1><p>Its clock says <strong>{}</strong>. <a href=\"/\">Inbox</a> · <a href=\"/_sandbox/stripe/state\">Everything as JSON</a> · <a href=\"/_sandbox/stripe/knobs\">Knobs</a></p></header>",
        escape(text(&state, "at"))
    );
    body.push_str("<section aria-labelledby=\"clock\"><h2 id=\"clock\">Clock</h2><div class=\"buttons\" style=\"flex-wrap:wrap\">");
    for (label, seconds) in JUMPS {
        let _ = write!(
            body,
            "<form method=\"post\" action=\"/_sandbox/stripe/advance\"><input type=\"hidden\" name=\"seconds\" value=\"{seconds}\"><button type=\"submit\">{label}</button></form>"
        );
    }
    body.push_str("</div></section><section aria-labelledby=\"webhooks\"><h2 id=\"webhooks\">Webhooks</h2>");
    let _ = write!(
        body,
        "<p>They go to <code>{}</code>, {} wait.</p><div class=\"buttons\" style=\"flex-wrap:wrap\">",
        escape(state["webhooks"]["url"].as_str().unwrap_or("nowhere")),
        state["webhooks"]["waiting"]
    );
    for (label, action, name, value) in [
        ("Hold them back", "knobs", "off", "true"),
        ("Send each three times", "knobs", "duplicate", "2"),
        ("Shuffle five at a time", "knobs", "reorder", "5"),
        ("Lose half of them", "knobs", "drop_percent", "50"),
        ("As usual", "knobs", "duplicate", "0"),
        ("Send what waits", "flush", "all", "true"),
    ] {
        let _ = write!(
            body,
            "<form method=\"post\" action=\"/_sandbox/stripe/{action}\"><input type=\"hidden\" name=\"{name}\" value=\"{value}\"><button type=\"submit\">{label}</button></form>"
        );
    }
    body.push_str("</div></section><section aria-labelledby=\"cards\"><h2 id=\"cards\">Test cards</h2><ul>");
    for (card, what) in Card::ALL {
        let _ = write!(body, "<li><code>{}</code> {what}</li>", card.0);
    }
    body.push_str(
        "</ul><p>Promotion codes: <code>WELCOME20</code>, <code>FRIENDS50</code>, <code>FIVE</code>.</p></section>",
    );
    body.push_str("<section aria-labelledby=\"subscriptions\"><h2 id=\"subscriptions\">Subscriptions</h2><div class=\"scroll\" role=\"region\" aria-label=\"Table of subscriptions\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">Subscription</th><th scope=\"col\">Customer</th><th scope=\"col\">Status</th><th scope=\"col\">Prices</th><th scope=\"col\">Period ends</th><th scope=\"col\">In the dashboard</th></tr></thead><tbody>");
    for one in state["objects"]["subscription"].as_array().into_iter().flatten().rev().take(50) {
        let id = escape(text(one, "id"));
        let prices: Vec<String> = data(one, "items")
            .iter()
            .map(|item| format!("{} × {}", int(item, "quantity"), text(&item["price"], "lookup_key")))
            .collect();
        let mut acts = String::new();
        for (kind, label) in
            [("cancel_now", "Cancel now"), ("refund", "Refund"), ("dispute", "Dispute"), ("pause", "Pause")]
        {
            let _ = write!(
                acts,
                "<form method=\"post\" action=\"/_sandbox/stripe/act\"><input type=\"hidden\" name=\"kind\" value=\"{kind}\"><input type=\"hidden\" name=\"subscription\" value=\"{id}\"><button type=\"submit\" aria-label=\"{label}: {id}\">{label}</button></form>"
            );
        }
        let _ = write!(
            body,
            "<tr><th scope=\"row\">{id}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"buttons\">{acts}</td></tr>",
            escape(text(one, "customer")),
            escape(text(one, "status")),
            escape(&prices.join(", ")),
            escape(&at(period(one).1))
        );
    }
    body.push_str(
        "</tbody></table></div></section><section aria-labelledby=\"invoices\"><h2 id=\"invoices\">Invoices</h2><ul>",
    );
    for one in state["objects"]["invoice"].as_array().into_iter().flatten().rev().take(20) {
        let id = escape(text(one, "id"));
        let _ = write!(
            body,
            "<li><a href=\"/invoice.stripe.com/i/{id}\">{}</a> {} · {} · {}</li>",
            escape(one["number"].as_str().unwrap_or("draft")),
            money(int(one, "total"), text(one, "currency")),
            escape(text(one, "status")),
            escape(&at(int(one, "created")))
        );
    }
    body.push_str("</ul></section><section aria-labelledby=\"events\"><h2 id=\"events\">Events</h2><ul>");
    for one in state["objects"]["event"].as_array().into_iter().flatten().rev().take(30) {
        let waits = if one["pending_webhooks"] == 0 { "" } else { " · not taken yet" };
        let _ = write!(
            body,
            "<li>{} <span class=\"muted\">{}{waits}</span></li>",
            escape(text(one, "type")),
            escape(&at(int(one, "created")))
        );
    }
    body.push_str("</ul></section></main>");
    Html(answer::page("Stripe · Sandbox", &body)).into_response()
}
