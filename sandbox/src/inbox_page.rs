//! The first page: mails, refusals, services, what to try. Plain HTML, no script.

use crate::answer::{self, escape};
use crate::app::Sandbox;
use crate::inbox::Mail;
use crate::ledger::Entry;
use crate::texts::Text;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use std::fmt::Write;

/// `?refresh=1` loads the page again every five seconds.
#[derive(Debug, Deserialize)]
pub struct PageQuery {
    refresh: Option<String>,
}

/// What a newcomer may do here.
const TRY: [&str; 10] = [
    "Sign in to Aura with any address: the code arrives on this page.",
    "Connect GitHub and Google Calendar, then ask: \u{201c}What is on my calendar today and which issues are open?\u{201d}",
    "Connect Slack and ask: \u{201c}What is unread in #general?\u{201d}",
    "Sign in to Aura through Privy: by a code (also in a text message), with Google or Spotify, or as test-4010@privy.io with the code 401040.",
    "Press Deny on a consent page.",
    "Revoke a service below, then ask again.",
    "Write \u{201c}fail with 429\u{201d}, \u{201c}fail with 500\u{201d}, \u{201c}fail once with 500\u{201d}, \u{201c}cut the stream\u{201d}, \u{201c}no finish reason\u{201d}, \u{201c}html instead of json\u{201d} or \u{201c}hang\u{201d} in a question.",
    "Write \u{201c}answer slowly\u{201d}, then reload the page or press Stop.",
    "Subscribe with the card 4242 4242 4242 4242, then let a month pass on the page of Stripe; 4000 0000 0000 0341 is declined then.",
    "Paste SG.sandbox-key as the SendGrid key, or any other to see it refused.",
];

/// The style sheet.
pub async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css")).into_response()
}

/// The first page.
pub async fn show(State(sandbox): State<Sandbox>, Query(query): Query<PageQuery>) -> Response {
    let mails = sandbox.inbox().newest(None);
    let refusals = sandbox.ledger().refusals();
    let refresh = query.refresh.is_some();
    let mut body = String::from("<main>");
    let link =
        if refresh { "<a href=\"/\">Stop reloading</a>" } else { "<a href=\"/?refresh=1\">Reload every 5 seconds</a>" };
    let _ = write!(
        body,
        "<header><h1>Sandbox inbox</h1><p>The outside services, played on this machine. {link} · <a href=\"/_sandbox/journal\">Journal</a> · <a href=\"/_sandbox/stripe\">Stripe: clock, webhooks, test cards</a></p></header>"
    );
    section(&mut body, "Mail", &mails.iter().take(30).map(mail_item).collect::<String>(), "No mail yet.");
    let texts = sandbox.texts().newest(None);
    section(
        &mut body,
        "Text messages",
        &texts.iter().take(10).map(text_item).collect::<String>(),
        "No text message yet.",
    );
    section(
        &mut body,
        "Refused requests",
        &refusals.iter().take(20).map(refusal_item).collect::<String>(),
        "Nothing was refused.",
    );
    let tips = TRY.iter().fold(String::new(), |mut list, tip| {
        let _ = write!(list, "<li>{}</li>", escape(tip));
        list
    });
    let _ = write!(body, "<section aria-labelledby=\"try\"><h2 id=\"try\">What to try</h2><ul>{tips}</ul></section>");
    services(&mut body, &sandbox);
    body.push_str("<form method=\"post\" action=\"/_sandbox/reset\"><button type=\"submit\">Forget everything</button></form></main>");
    let page = Html(answer::page("Sandbox inbox", &body));
    if refresh { ([(header::REFRESH, "5")], page).into_response() } else { page.into_response() }
}

/// The HTML part of a mail alone, without scripts.
pub async fn mail(State(sandbox): State<Sandbox>, Path(id): Path<u64>) -> Response {
    let Some(mail) = sandbox.inbox().get(id) else {
        return answer::html(404, answer::page("No such mail", "<main><h1>No such mail</h1></main>"));
    };
    let html = if mail.html.is_empty() { format!("<pre>{}</pre>", escape(&mail.text)) } else { mail.html };
    ([(header::CONTENT_SECURITY_POLICY, "script-src 'none'; frame-src 'none'")], Html(html)).into_response()
}

fn section(body: &mut String, title: &str, items: &str, empty: &str) {
    let id = title.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    let _ = write!(body, "<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{title}</h2>");
    if items.is_empty() {
        let _ = write!(body, "<p class=\"muted\">{empty}</p>");
    } else {
        let _ = write!(body, "<ul class=\"cards\">{items}</ul>");
    }
    body.push_str("</section>");
}

fn mail_item(mail: &Mail) -> String {
    let mut item = format!(
        "<li class=\"card\"><h3>{}</h3><p class=\"muted\">from {} · to {} · by {} · {}</p>",
        escape(&mail.subject),
        escape(&mail.from),
        escape(&mail.to.join(", ")),
        escape(&mail.by),
        escape(&mail.at)
    );
    if let Some(code) = &mail.code {
        let _ = write!(item, "<p class=\"code\">{}</p>", escape(code));
    }
    for link in mail.links.iter().take(6) {
        let link = escape(link);
        let _ = write!(item, "<p><a href=\"{link}\">{link}</a></p>");
    }
    let _ = write!(
        item,
        "<details><summary>Text</summary><pre>{}</pre></details><p><a href=\"/_sandbox/mail/{}\">As the reader sees it<span class=\"hidden\">: mail {}</span></a></p></li>",
        escape(&mail.text),
        mail.id,
        mail.id
    );
    item
}

fn text_item(text: &Text) -> String {
    let code = text.code.as_deref().map(|code| format!("<p class=\"code\">{}</p>", escape(code))).unwrap_or_default();
    format!(
        "<li class=\"card\"><p class=\"muted\">to {} · {}</p>{code}<p>{}</p></li>",
        escape(&text.to),
        escape(&text.at),
        escape(&text.text)
    )
}

fn refusal_item(entry: &Entry) -> String {
    format!(
        "<li class=\"card\"><p><strong>{}</strong></p><p class=\"muted\">{} {}{} · {} · {}</p></li>",
        escape(&entry.note),
        escape(&entry.method),
        escape(&entry.host),
        escape(&entry.path),
        entry.status,
        escape(&entry.at)
    )
}

fn services(body: &mut String, sandbox: &Sandbox) {
    body.push_str("<section aria-labelledby=\"services\"><h2 id=\"services\">Services</h2><p>Client id <code>sandbox-{id}</code>, secret <code>sandbox-secret</code>. SendGrid is connected with the key <code>SG.sandbox-key</code>.</p><div class=\"scroll\" role=\"region\" aria-label=\"Table of services\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">Service</th><th scope=\"col\">Id</th><th scope=\"col\">Authorize</th><th scope=\"col\">PKCE</th><th scope=\"col\">Refresh</th><th scope=\"col\">Live tokens</th><th scope=\"col\">Break it</th></tr></thead><tbody>");
    for dialect in sandbox.dialects.all() {
        let live = sandbox.grants().live(&dialect.id);
        let id = escape(&dialect.id);
        let name = escape(&dialect.name);
        let buttons = if live == 0 {
            String::new()
        } else {
            format!(
                "<form method=\"post\" action=\"/_sandbox/expire\"><input type=\"hidden\" name=\"service\" value=\"{id}\"><button type=\"submit\" aria-label=\"Expire {name}\">Expire</button></form><form method=\"post\" action=\"/_sandbox/revoke\"><input type=\"hidden\" name=\"service\" value=\"{id}\"><button type=\"submit\" aria-label=\"Revoke {name}\">Revoke</button></form>"
            )
        };
        let _ = write!(
            body,
            "<tr><th scope=\"row\">{name}</th><td>{id}</td><td><code>{}</code></td><td>{:?}</td><td>{:?}</td><td>{live}</td><td class=\"buttons\">{buttons}</td></tr>",
            escape(&dialect.authorize),
            dialect.pkce,
            dialect.refresh
        );
    }
    body.push_str("</tbody></table></div></section>");
}
