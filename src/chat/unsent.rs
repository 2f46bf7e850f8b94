//! The answer to a plain form whose question was refused: a page that has the question, so that nothing that was typed is
//! lost, however long it is, and the files that were taken.

use axum::response::{Html, IntoResponse as _, Response};
use http::{StatusCode, header};
use leptos::prelude::*;

use super::model::Asking;
use crate::{
    error::{AppError, ErrorKind},
    identity::next,
    integrations::plain,
    platform::refusal,
    ui::{Button, LinkButton, Look, escaped},
};

/// The page, with the status of the refusal.
pub(super) fn page(error: &AppError, asking: Asking, kept: Vec<String>, stylesheet: &str) -> Response {
    let status = StatusCode::from_u16(error.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = error.message.clone();
    let Asking { conversation, text, key, after, beside, again, files } = asking;
    let is_signed_out = error.kind == ErrorKind::Unauthenticated;
    let back = if conversation.is_empty() { "/chat".to_owned() } else { format!("/chat/{conversation}") };
    let sign_in = is_signed_out.then(|| next::sign_in_address(&back));
    let hidden = [("conversation", conversation), ("key", key), ("after", after), ("beside", beside), ("again", again)];
    let names = (!kept.is_empty()).then(|| format!("It comes with {}.", kept.join(", ")));
    let hidden: Vec<(&str, String)> = hidden.into_iter().chain(files.into_iter().map(|file| ("files", file))).collect();
    let body = move || {
        let hidden = hidden
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
            .collect_view();
        view! {
            <h1>"Your question was not sent"</h1>
            <p role="alert">{message}</p>
            {sign_in
                .map(|address| {
                    view! {
                        <p>
                            "Sign in, in another tab, then come back here and send it again. "
                            <a href=address target="_blank" rel="noopener">"Sign in"</a>
                        </p>
                    }
                })}
            <form class="stack" method="post" action="/api/chat">
                {hidden}
                <div class="field">
                    <label for="message">"Your question"</label>
                    <textarea class="input" id="message" name="text" rows="8" inner_html=escaped(&text)></textarea>
                </div>
                {names.map(|names| view! { <p class="muted">{names}</p> })}
                <div class="actions">
                    <Button look=Look::Primary>"Send again"</Button>
                    <LinkButton href=back>"Back to the conversation"</LinkButton>
                </div>
            </form>
        }
        .into_any()
    };
    let mut response = (status, Html(plain::document("Not sent", stylesheet, body))).into_response();
    response.headers_mut().extend(refusal::limit_headers(error));
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}
